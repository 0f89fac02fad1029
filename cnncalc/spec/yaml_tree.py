"""YAML as a tree that knows where everything stands. Built from PyYAML's events, so that nothing is
guessed: a scalar is its text, a key stands once, and anchors are refused."""

from __future__ import annotations

from typing import Any, TypeAlias

from cnncalc.diagnostics import CnncalcError, Diagnostic, Source, Span
from cnncalc.spec.limits import Limits


class Scalar:
    """A text: a chain, a number, a name. `inner` is where its characters stand, without quotes."""

    __slots__ = ("inner", "plain", "span", "text")

    def __init__(self, text: str, span: Span, inner: Span, plain: bool) -> None:
        self.text = text
        self.span = span
        self.inner = inner
        self.plain = plain


class List:
    """`- a` or `[a, b]`"""

    __slots__ = ("items", "span")

    def __init__(self, items: list[Tree], span: Span) -> None:
        self.items = items
        self.span = span


class Table:
    """`key: value`, each key once."""

    __slots__ = ("entries", "span")

    def __init__(self, entries: list[tuple[Scalar, Tree]], span: Span) -> None:
        self.entries = entries
        self.span = span

    def get(self, key: str) -> Tree | None:
        return next((value for scalar, value in self.entries if scalar.text == key), None)


Tree: TypeAlias = Scalar | List | Table


def yaml_tree(source: Source, limits: Limits) -> Tree | None:
    """The tree of a source, None where it is empty. Raises CnncalcError."""
    import yaml  # 20 ms, needed for YAML only

    loader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    try:
        return _Reader(source, yaml.parse(source.text, Loader=loader), limits).document()
    except yaml.MarkedYAMLError as error:
        raise _broken(source, error) from None
    except yaml.YAMLError as error:
        raise CnncalcError(Diagnostic("bad-yaml", f"this is no YAML: {_sentence(str(error))}", span=None)) from None


def _broken(source: Source, error: Any) -> CnncalcError:
    mark = error.problem_mark or error.context_mark
    span = Span(source, min(mark.index, len(source.text)), min(mark.index + 1, len(source.text))) if mark else None
    line = source.line(source.position(span.start)[0]) if span else ""
    hint = None
    if "\t" in line[: len(line) - len(line.lstrip())] or "'\\t'" in str(error.problem):
        hint = "YAML is indented with spaces, not with tabs"
    elif "mapping values are not allowed" in str(error.problem):
        hint = 'a text with ": " in it stands in quotes'
    context = f"{error.context}: " if error.context else ""
    return CnncalcError(
        Diagnostic("bad-yaml", f"this is no YAML: {_sentence(context + error.problem)}", span=span, hint=hint)
    )


def _sentence(text: str) -> str:
    return " ".join(text.split()).rstrip(".")


class _Reader:
    """Events to a tree."""

    def __init__(self, source: Source, events: Any, limits: Limits) -> None:
        self.source = source
        self.events = iter(events)
        self.limits = limits

    def document(self) -> Tree | None:
        from yaml import events as kinds

        tree: Tree | None = None
        for event in self.events:
            if isinstance(event, kinds.DocumentStartEvent):
                if tree is not None:
                    raise self.fail("bad-yaml", "there is a second document, and a spec is one", event)
                tree = self.tree(next(self.events), 0)
        return None if isinstance(tree, Scalar) and not tree.text else tree

    def fail(self, code: str, message: str, event: Any, hint: str | None = None) -> CnncalcError:
        return CnncalcError(Diagnostic(code, message, span=self.span(event), hint=hint))

    def span(self, event: Any, end: Any = None) -> Span:
        start, stop = event.start_mark.index, (end or event).end_mark.index
        text = self.source.text
        while stop > start and text[stop - 1 : stop].isspace():
            stop -= 1
        return Span(self.source, start, max(start, stop))

    def tree(self, event: Any, depth: int) -> Tree:
        from yaml import events as kinds

        if depth > self.limits["depth"]:
            raise self.limits.exceeded("depth", "lists stand in lists too deeply", self.span(event))
        if isinstance(event, kinds.AliasEvent) or getattr(event, "anchor", None):
            raise self.fail(
                "yaml-alias",
                "anchors and aliases are not part of the language",
                event,
                "use a block with arguments, or arguments with names",
            )
        if getattr(event, "tag", None) and not isinstance(event, kinds.ScalarEvent | kinds.CollectionStartEvent):
            raise self.fail("bad-yaml", "tags are not part of the language", event)
        if getattr(event, "tag", None) not in (None, "!"):
            raise self.fail("bad-yaml", f"the tag {event.tag} is not part of the language", event, "leave it out")
        if isinstance(event, kinds.ScalarEvent):
            return self.scalar(event)
        if isinstance(event, kinds.SequenceStartEvent):
            items: list[Tree] = []
            while not isinstance(inner := next(self.events), kinds.SequenceEndEvent):
                items.append(self.tree(inner, depth + 1))
            return List(items, self.span(event, inner))
        return self.table(event, depth)

    def table(self, event: Any, depth: int) -> Table:
        from yaml import events as kinds

        entries: list[tuple[Scalar, Tree]] = []
        places: dict[str, Span] = {}
        while not isinstance(inner := next(self.events), kinds.MappingEndEvent):
            key = self.tree(inner, depth + 1)
            if not isinstance(key, Scalar):
                raise CnncalcError(Diagnostic("bad-yaml", "a key is a text", span=key.span))
            if key.text == "<<":
                raise self.fail(
                    "yaml-alias", "merge keys are not part of the language", inner, "use `use:` or arguments"
                )
            if key.text in places:
                line, _ = self.source.position(places[key.text].start)
                raise self.fail(
                    "duplicate-key", f"the key {key.text} stands twice, first in line {line}", inner, "rename one"
                )
            places[key.text] = key.span
            entries.append((key, self.tree(next(self.events), depth + 1)))
        return Table(entries, self.span(event, inner))

    def scalar(self, event: Any) -> Scalar:
        span = self.span(event)
        inner = span
        raw = span.text
        if event.style in ("'", '"'):
            inner = Span(self.source, span.start + 1, max(span.start + 1, span.end - 1))
            if inner.text != event.value and "\n" not in inner.text:
                raise self.fail("bad-yaml", "escapes in quotes are not part of the language", event)
        elif event.style in ("|", ">"):
            head = raw.find("\n")
            inner = Span(self.source, span.start + (head + 1 if head >= 0 else len(raw)), span.end)
        return Scalar(event.value.strip(), span, inner, event.style is None or event.style == "")
