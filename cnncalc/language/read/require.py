"""`require`: conditions on arguments, each perhaps with what to say where it does not hold."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Protocol

from cnncalc.diagnostics import CnncalcError, Diagnostic, Source, Span, listed
from cnncalc.language.run.evaluate import evaluate
from cnncalc.language.run.scope import Scope, describe, fail, truth
from cnncalc.language.text.tree import Argument, Call, Expression, Function, Name, Operation, Several
from cnncalc.language.text.yaml_tree import List, Scalar, Tree
from cnncalc.layers.kinds import Value, said

if TYPE_CHECKING:
    from collections.abc import Mapping

LONG = 60  # characters of a value in a message


class ExpressionReader(Protocol):
    """What reads an expression out of a text of YAML."""

    def expression(self, scalar: Scalar) -> Expression: ...


def check(
    reader: ExpressionReader,
    tree: Tree,
    scope: Scope,
    settings: Mapping[str, Source] | None = None,
    notes: Iterable[str] = (),
) -> None:
    """Raise CnncalcError with all conditions that do not hold.

    One that depends on an open size is passed over: the layers say what they need of it.
    """
    found: list[Diagnostic] = []
    for scalar, why in conditions(tree):
        node = reader.expression(scalar)
        more = [*notes, *(f"--set {settings[name].text}" for name in names(node) if settings and name in settings)]
        try:
            if truth(evaluate(node, scope), node, scope):
                continue
        except CnncalcError as error:
            if error.diagnostics[0].code != "open-condition":
                found += [d._replace(notes=(*d.notes, *more), hint=None) for d in error.diagnostics]
            continue
        values = [f"{text} is {shown(evaluate(part, scope))}" for text, part in parts(node, scope)]
        but = f", but {listed(values)}" if values else ""
        message = f"{why or f'{scalar.text} is required'}{but}"
        found.append(Diagnostic("unmet-requirement", message, span=scalar.span, notes=tuple(more)))
    if found:
        raise CnncalcError(*found)


def conditions(tree: Tree) -> Iterator[tuple[Scalar, str | None]]:
    """The conditions with their sentences: a text, a list of such, or a table of both."""
    for item in tree.items if isinstance(tree, List) else [tree]:
        if isinstance(item, Scalar):
            yield item, None
            continue
        if isinstance(item, List):
            raise fail("bad-spec", "a condition is a text, not a list", item.span, "require: {width > 0: why}")
        for key, why in item.entries:
            if not isinstance(why, Scalar):
                form = "list" if isinstance(why, List) else "table"
                raise fail("bad-spec", f"what is said of a condition is a text, not a {form}", why.span)
            yield key, why.text or None


def shown(value: Value) -> str:
    return shortened(said(value) if isinstance(value, tuple) else describe(value))


def shortened(text: str) -> str:
    return text if len(text) <= LONG else f"{text[: LONG - 4]} ..."


def walk(node: Expression) -> Iterator[Expression]:
    """The expression, and all in it."""
    yield node
    inner: list[Expression] = []
    if isinstance(node, Operation):
        inner = node.operands
    elif isinstance(node, Function | Call):
        inner = [each.value if isinstance(each, Argument) else each for each in node.arguments]
    elif isinstance(node, Several):
        inner = node.items
    for each in inner:
        yield from walk(each)


def names(node: Expression) -> list[str]:
    """The names in an expression, each once."""
    return list(dict.fromkeys(each.text for each in walk(node) if isinstance(each, Name)))


def parts(node: Expression, scope: Scope) -> list[tuple[str, Expression]]:
    """What a condition is about: the arguments in it, and sizes of values."""
    found: dict[str, Expression] = {}
    for each in walk(node):
        size = isinstance(each, Function) and each.name in ("channels", "size")
        if size or (isinstance(each, Name) and (each.text in scope.local or each.text == "channels")):
            found.setdefault(each.span.text, each)
    return list(found.items())


def called_at(span: Span) -> str:
    """A note that says which call it is about."""
    line, _ = span.source.position(span.start)
    return f"the call is {shortened(span.text)}, in line {line} of {span.source.name}"
