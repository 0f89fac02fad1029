"""The texts of a YAML file: chains, expressions, names and shapes, each parsed once."""

from __future__ import annotations

import re
from collections.abc import Iterable

from cnncalc.diagnostics import Source, Span
from cnncalc.language.read.given import shape_hint
from cnncalc.language.run.evaluate import evaluate
from cnncalc.language.run.functions import FUNCTIONS
from cnncalc.language.run.scope import Scope, defined, fail
from cnncalc.language.text.expressions import KEYWORDS
from cnncalc.language.text.inline import Parser
from cnncalc.language.text.limits import Limits
from cnncalc.language.text.tree import Call, Chain, Expression
from cnncalc.language.text.yaml_tree import List, Scalar, Table, Tree
from cnncalc.layers.kinds import FALSE, TRUE, Value, Word

NAME = re.compile(r"[^\W\d]\w*")


class Texts:
    """What the scalars of one file say. `own` are names of its blocks and shared layers, which stand for no layer."""

    def __init__(self, source: Source, limits: Limits, own: Iterable[str]) -> None:
        self.source = source
        self.limits = limits
        self.own = frozenset(own)
        self.calls: dict[Scalar, Call | None] = {}  # the calls that items are, by their keys
        self._chains: dict[Scalar, Chain] = {}
        self._expressions: dict[Scalar, Expression] = {}
        self._labels: set[Scalar] = set()  # names that need no work
        self._parts: dict[Scalar, list[str | Expression]] = {}

    def parser(self, scalar: Scalar) -> Parser:
        return Parser(self.source, scalar.inner.start, scalar.inner.end, self.limits, self.own)

    def expression(self, scalar: Scalar) -> Expression:
        """The expression in a text, parsed once."""
        known = self._expressions.get(scalar)
        if known is not None:
            return known
        parser = self.parser(scalar)
        if parser.next.kind == "end":
            raise fail("bad-spec", "expected a value here", scalar.span)
        if re.fullmatch(r"\d+(:\d+)+", scalar.text):
            hint = "some readers of YAML take it for a time; write one number"
            raise fail("bad-number", f"{scalar.text} is no number", scalar.span, hint)
        expression = parser.value()
        if parser.next.kind != "end":
            parser.unexpected("the end of the value")
        self._expressions[scalar] = expression
        return expression

    def value(self, tree: Tree, scope: Scope) -> Value:
        """A value as it is written in YAML: an expression, or a list."""
        if isinstance(tree, List):
            return tuple(self.value(item, scope) for item in tree.items)
        if isinstance(tree, Table):
            raise fail("bad-spec", "a value is a number, a word or a list, not a table", tree.span)
        if tree.text.isdecimal() and len(tree.text) < 10 and (tree.text[0] != "0" or tree.text == "0"):
            return int(tree.text)
        value = evaluate(self.expression(tree), scope)
        return value in TRUE if isinstance(value, Word) and value in TRUE | FALSE else value

    def is_parsed(self, scalar: Scalar) -> bool:
        """Has it been read as a chain?"""
        return scalar in self._chains

    def chain(self, scalar: Scalar) -> Chain:
        """The chain in a text, parsed once."""
        chain = self._chains.get(scalar)
        if chain is None:
            parser = self.parser(scalar)
            if parser.next.kind == "end":
                raise fail("empty-spec", "expected a layer here", scalar.span)
            chain = parser.chain()
            if parser.next.kind != "end":
                parser.unexpected("->")
            self._chains[scalar] = chain
        return chain

    def label(self, key: Scalar, scope: Scope) -> str:
        """A name, with `{i + 1}` worked out."""
        text = key.text
        if key in self._labels:
            return text
        if "{" in text:
            parts = [
                part if isinstance(part, str) else str(defined(evaluate(part, scope), part, scope))
                for part in self._label_parts(key)
            ]
            text = "".join(parts)
        if not re.fullmatch(r"\w[\w-]*(\.\w[\w-]*)*", text):
            raise fail("bad-spec", f"{text!r} is no name", key.span, "a name has letters, digits, _ and -")
        if text is key.text:
            self._labels.add(key)
        return text

    def _label_parts(self, key: Scalar) -> list[str | Expression]:
        """The texts of a name, and the expressions between them, parsed once."""
        known = self._parts.get(key)
        if known is not None:
            return known
        parts: list[str | Expression] = []
        at = key.inner.start
        for match in re.finditer(r"([^{}]+)|\{([^{}]*)\}|[{}]", key.inner.text):
            if match[0] in ("{", "}"):
                place = Span(self.source, at + match.start(), at + match.end())
                meaning = "is not closed" if match[0] == "{" else "closes nothing"
                raise fail("unclosed-bracket", f"the {match[0]} {meaning}", place, "write stage{i} or stage{i + 1}")
            if match[1]:
                parts.append(match[1])
            else:
                parser = Parser(self.source, at + match.start(2), at + match.end(2), self.limits)
                parts.append(parser.value())
                if parser.next.kind != "end":
                    parser.unexpected("}")
        self._parts[key] = parts
        return parts

    def shape(self, scalar: Scalar, scope: Scope) -> tuple[Value, ...]:
        parser = self.parser(scalar)
        shape = parser.input_shape()
        if shape is None or parser.next.kind != "end":
            raise fail("bad-shape", f"{scalar.text} is no shape", scalar.span, shape_hint(scalar.text))
        return tuple(evaluate(item, scope) for item in shape.items)


def text_of(tree: Tree, what: str) -> Scalar:
    """The text that a key holds. Raises CnncalcError for a list or table; `what` is what it says."""
    if not isinstance(tree, Scalar):
        hint = "write 3x224x224, or (3, 2*H, W)" if what.startswith("the shape") else None
        raise fail("bad-spec", f"{what} is a text here, not a {kind(tree)}", tree.span, hint)
    return tree


def check_name(name: str, span: Span) -> None:
    """Refuse a name that means something else already."""
    if not NAME.fullmatch(name):
        raise fail("bad-spec", f"{name!r} is no name", span, "a name has letters, digits and _")
    if name in KEYWORDS or name in FUNCTIONS or name in ("channels", "size", "input", "None") or name in TRUE | FALSE:
        raise fail("name-taken", f"{name} is a word of the language", span, "choose another name")


def quoted(key: Scalar) -> bool:
    """Is a key in single quotes, and therefore for a name and no word? JSON's are double, and say nothing."""
    return key.span.text.startswith("'")


def kind(tree: Tree) -> str:
    """What is in YAML, in a sentence."""
    return "list" if isinstance(tree, List) else "table" if isinstance(tree, Table) else "text"
