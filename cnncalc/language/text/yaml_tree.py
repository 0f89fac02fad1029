"""YAML as a tree that knows where everything is. Built from PyYAML's events, so that nothing is
guessed: a scalar is its text, a key occurs once, and anchors are refused."""

from __future__ import annotations

import re
from typing import Any, TypeAlias

from cnncalc.diagnostics import CnncalcError, Diagnostic, Source, Span
from cnncalc.language.text.limits import Limits


class Scalar:
    """A text: a chain, a number, a name. `inner` is where its characters are, without quotes."""

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
    except UnicodeEncodeError as error:  # half a character, which no file can have
        message = f"YAML has no character U+{ord(source.text[error.start]):04X}"
        place = Span(source, error.start, error.start + 1)
        raise CnncalcError(Diagnostic("bad-yaml", message, span=place, hint="leave it out")) from None
    except yaml.MarkedYAMLError as error:
        raise _broken(source, error) from None
    except yaml.YAMLError as error:
        raise _unreadable(source, error) from None


def _unreadable(source: Source, error: Any) -> CnncalcError:
    """A character that YAML refuses wherever it is."""
    at = source.text.find(chr(error.character)) if isinstance(getattr(error, "character", None), int) else -1
    if at < 0:
        return CnncalcError(Diagnostic("bad-yaml", f"this is no YAML: {_sentence(str(error))}"))
    message = f"YAML has no character U+{ord(source.text[at]):04X}"
    return CnncalcError(Diagnostic("bad-yaml", message, span=Span(source, at, at + 1), hint="leave it out"))


COLUMN = "the items of a list, and the keys of a table, start in one column"
QUOTES = 'a text with ": " in it, or with a mark at its start, goes in quotes'
MARK = 'put it in quotes, as in ">= 1k"'
# What libyaml says, as the start of its problem; what that means; whether its context is the place; a hint.
PROBLEMS: tuple[tuple[str, str, bool, str | None], ...] = (
    ("did not find expected ',' or ']'", "the [ is not closed", True, "add ], or a comma between its items"),
    ("did not find expected ',' or '}'", "the { is not closed", True, "add }, or a comma between its entries"),
    ("found unexpected end of stream", "a quoted text is not closed", True, "add the quote at its end"),
    ("did not find expected comment or line break", "a > or | starts a text over several lines", False, MARK),
    ("expected chomping or indentation", "a > or | starts a text over several lines", False, MARK),
    ("did not find expected key", "this is not in the column of the keys above it", False, COLUMN),
    ("did not find expected '-' indicator", "this is not in the column of the items above it", False, COLUMN),
    ("could not find expected ':'", "a key has no colon after it", True, "a key and its value: `input: 3x32x32`"),
    ("did not find expected <document start>", "a text goes on after the end of the spec", False, COLUMN),
    ("found unknown escape character", "there is no such escape", False, "single quotes take a text as it is"),
    ("found undefined tag handle", "tags are not part of the language", False, "leave it out"),
    ("block sequence entries are not allowed", "a list starts in a line of its own", False, COLUMN),
)


def _broken(source: Source, error: Any) -> CnncalcError:
    problem = _sentence(str(error.problem))
    mark, hint = error.problem_mark or error.context_mark, None
    start = min(mark.index, len(source.text)) if mark else 0
    message = f"this is no YAML: {problem}"
    line = source.line(source.position(start)[0])
    if "\t" in line[: len(line) - len(line.lstrip())]:
        message, hint = "a line starts with a tab", "YAML is indented with spaces"
        start = source.offset(source.position(start)[0], line.index("\t") + 1)
    elif problem.startswith("found character that cannot start"):
        message, hint = f"no text can start with {source.text[start : start + 1]} in YAML", "put the text in quotes"
    elif problem.startswith("mapping values are not allowed"):
        message, hint = _stray_colon(source, start)
    else:
        for begin, meaning, at_context, what_works in PROBLEMS:
            if problem.startswith(begin):
                message, hint = meaning, what_works
                if at_context and error.context_mark:
                    start = min(error.context_mark.index, len(source.text))
                break
    return CnncalcError(
        Diagnostic("bad-yaml", message, span=Span(source, start, min(start + 1, len(source.text))), hint=hint)
    )


def _stray_colon(source: Source, at: int) -> tuple[str, str]:
    """What a colon means where YAML can have none: a second one, or one after a text that goes on."""
    number, column = source.position(at)
    above = source.line(number - 1).strip() if number > 1 else ""
    if re.search(r":\s", source.line(number)[: column - 1]):
        return "a text has a second colon", QUOTES
    if re.search(r":\S", above):
        return "the colon in the line above has no space after it", "a key and its value: `input: 3x32x32`"
    if ":" not in above:
        return "the line above has no colon", "a key and its value: `input: 3x32x32`"
    return "a key is indented more than the key above it", COLUMN


def _sentence(text: str) -> str:
    return " ".join(text.split()).rstrip(".")


class _Reader:
    """Events to a tree."""

    def __init__(self, source: Source, events: Any, limits: Limits) -> None:
        self.source = source
        self.events = iter(events)
        self.limits = limits
        from yaml import events

        self.kinds = events

    def document(self) -> Tree | None:
        tree: Tree | None = None
        for event in self.events:
            if isinstance(event, self.kinds.DocumentStartEvent):
                if tree is not None:
                    message = "a second document starts here, and a spec is one"
                    raise self.fail("bad-yaml", message, event, "put it in a file of its own")
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
        kinds = self.kinds
        if depth > self.limits["depth"]:
            raise self.limits.exceeded("depth", "lists are nested too deeply", self.span(event))
        if isinstance(event, kinds.AliasEvent) or getattr(event, "anchor", None):
            raise self.fail(
                "yaml-alias",
                "anchors and aliases are not part of the language",
                event,
                "use a block with arguments, or arguments with names",
            )
        if getattr(event, "tag", None) not in (None, "!"):
            tag = self.span(event).text.split()[0]
            raise self.fail("bad-yaml", f"the tag {tag} is not part of the language", event, "leave it out")
        if isinstance(event, kinds.ScalarEvent):
            return self.scalar(event)
        if isinstance(event, kinds.SequenceStartEvent):
            items: list[Tree] = []
            while not isinstance(inner := next(self.events), kinds.SequenceEndEvent):
                items.append(self.tree(inner, depth + 1))
            return List(items, self.span(event, inner))
        return self.table(event, depth)

    def table(self, event: Any, depth: int) -> Table:
        entries: list[tuple[Scalar, Tree]] = []
        places: dict[str, Span] = {}
        while not isinstance(inner := next(self.events), self.kinds.MappingEndEvent):
            key = self.tree(inner, depth + 1)
            if not isinstance(key, Scalar):
                what = "list" if isinstance(key, List) else "table"
                hint = "a { in a text, as in c{i}, goes in quotes" if what == "table" else None
                raise CnncalcError(Diagnostic("bad-yaml", f"a key is a text, not a {what}", span=key.span, hint=hint))
            if key.text == "<<":
                raise self.fail(
                    "yaml-alias", "merge keys are not part of the language", inner, "use `use:` or arguments"
                )
            if key.text in places:
                line, _ = self.source.position(places[key.text].start)
                raise self.fail(
                    "duplicate-key", f"the key {key.text} occurs twice, first in line {line}", inner, "rename one"
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
            over_lines = "\n" in inner.text and "\\" not in inner.text.replace("\\\n", "")
            if inner.text != event.value and not (over_lines or (event.style == "'" and "\n" in inner.text)):
                message = "escapes in quotes are not part of the language"
                raise self.fail("bad-yaml", message, event, "write the characters themselves")
        elif event.style in ("|", ">"):
            head = raw.find("\n")
            inner = Span(self.source, span.start + (head + 1 if head >= 0 else len(raw)), span.end)
        return Scalar(event.value.strip(), span, inner, event.style is None or event.style == "")
