"""What cnncalc has to say about a text: data, with its place. Printing is in `cnncalc.render`."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

from cnncalc.named_tuples import NamedTuple

if TYPE_CHECKING:
    from typing_extensions import Self

ACTED_ON = "[\0-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff]"
"""What a terminal, a log or an editor acts on and does not show: controls, ends of lines, turns of direction; and
halves of characters, which no file can hold."""


def escaped(text: str) -> str:
    """The text with what would be acted on in the form that Python writes it in.

    Everything that a user wrote goes through this on its way into a line of text.

    >>> print(escaped("a\\n::stop-commands::b\\x1b[31m"))
    a\\n::stop-commands::b\\x1b[31m
    """
    if text.isprintable():
        return text
    import re  # loaded already where a text was read

    return re.sub(ACTED_ON, lambda char: char[0].encode("unicode_escape").decode(), text)


class Source:
    """A text that was read, and the name by which messages call it."""

    __slots__ = ("_starts", "name", "text")

    def __init__(self, name: str, text: str) -> None:
        self.name = name
        self.text = text
        self._starts: list[int] | None = None

    @property
    def _line_starts(self) -> list[int]:
        if self._starts is None:
            self._starts = [0, *(i + 1 for i, char in enumerate(self.text) if char == "\n")]
        return self._starts

    def position(self, offset: int) -> tuple[int, int]:
        """Line and column of an offset, both counted from 1."""
        from bisect import bisect_right

        line = bisect_right(self._line_starts, offset)
        return line, offset - self._line_starts[line - 1] + 1

    def offset(self, line: int, column: int) -> int:
        """The offset of a line and a column, both counted from 1."""
        return self._line_starts[line - 1] + column - 1

    def line(self, number: int) -> str:
        """The text of a line, counted from 1, without its end."""
        start = self._line_starts[number - 1]
        end = self.text.find("\n", start)
        return self.text[start : end if end >= 0 else len(self.text)].rstrip("\r")

    def code(self, number: int) -> Span | None:
        """A line without the spaces around it; None where there is none of that number.

        >>> Source("net.py", "    y = 1").code(1).text
        'y = 1'
        """
        if not 1 <= number <= self.text.count("\n") + 1:
            return None
        text = self.line(number)
        start = self.offset(number, 1) + len(text) - len(text.lstrip())
        return Span(self, start, start + len(text.strip()))


class Span(NamedTuple):
    """A stretch of a source: `start` up to and without `end`, as offsets into its text."""

    source: Source
    start: int
    end: int

    @property
    def text(self) -> str:
        return self.source.text[self.start : self.end]

    def to(self, other: Span) -> Span:
        """From the start of this span to the end of the other."""
        return Span(self.source, self.start, max(self.end, other.end))


class Edit(NamedTuple):
    """A text in place of a stretch of a source."""

    span: Span
    text: str


class Fix(NamedTuple):
    """What would do what a message asks for, as changes of the text."""

    said: str  # what it does
    edits: tuple[Edit, ...]
    paths: tuple[str, ...] = ()  # the layers that lose parameters, where nothing else may change
    layer: str = ""  # the kind of layer that it adds


class _Parts(NamedTuple):
    code: str  # kebab-case, listed in docs/errors.md
    message: str
    severity: str  # error or warning
    span: Span | None  # None where there is no text to point at
    notes: tuple[str, ...]  # where the values come from
    hint: str | None  # what would work
    fix: Fix | None  # and as changes of the text, where it is mechanical


class Diagnostic(_Parts):
    """One finding. The message is one sentence that stands alone, on one line, as are notes and hint."""

    __slots__ = ()

    def __new__(
        cls,
        code: str,
        message: str,
        severity: str = "error",
        span: Span | None = None,
        notes: tuple[str, ...] = (),
        hint: str | None = None,
        fix: Fix | None = None,
    ) -> Self:
        # Messages hold what was written, which is escaped here, once for all ways to show it.
        shown = tuple([escaped(note) for note in notes]) if notes else ()
        return super().__new__(cls, code, escaped(message), severity, span, shown, hint and escaped(hint), fix)

    @classmethod
    def _make(cls, iterable: Iterable[Any]) -> Self:  # type: ignore[override]  # which _replace calls
        return cls(*iterable)

    def to_dict(self) -> dict[str, object]:
        """The diagnostic as it is in the JSON envelope."""
        place: dict[str, object] = dict.fromkeys(("file", "line", "column", "end_line", "end_column"))
        if self.span is not None:
            line, column = self.span.source.position(self.span.start)
            end_line, end_column = self.span.source.position(max(self.span.start, self.span.end))
            place = {
                "file": self.span.source.name,
                "line": line,
                "column": column,
                "end_line": end_line,
                "end_column": end_column,
            }
        head: dict[str, object] = {"code": self.code, "severity": self.severity, "message": self.message}
        return head | place | {"notes": list(self.notes), "hint": self.hint}


class CnncalcError(Exception):
    """The input is wrong. `diagnostics` says what, where, and what would work.

    >>> import cnncalc
    >>> try:
    ...     cnncalc.calc("3x5x5 -> conv 8 k7")
    ... except cnncalc.CnncalcError as error:
    ...     print(error)
    error[kernel-too-large]: the kernel of conv2d is 7x7, but its input is only 5x5
     --> <spec>:1:10
      |
    1 | 3x5x5 -> conv 8 k7
      |          ^^^^^^^^^
      = hint: the smallest input that works is 3x7x7; k5 fits here
    """

    def __init__(self, *diagnostics: Diagnostic) -> None:
        super().__init__("\n".join(d.message for d in diagnostics))
        self.diagnostics = diagnostics
        self.so_far: object = None  # the graph up to the mistake, where there is one

    def __str__(self) -> str:
        """Every diagnostic as the command line shows it, with its place, notes and hint."""
        from cnncalc.render.diagnostics import diagnostics_text

        return diagnostics_text(self.diagnostics)

    @property
    def message(self) -> str:
        """What is wrong in a sentence; of several mistakes each on a line."""
        return "\n".join(diagnostic.message for diagnostic in self.diagnostics)

    def reached(self, graph: object) -> CnncalcError:
        """The error, with the graph as far as it was read."""
        self.so_far = graph
        return self


class UsageError(CnncalcError):
    """The command or the call is wrong, not what it was given to read. Exit code 2."""


def envelope(ok: bool, results: Mapping[str, Any], diagnostics: Iterable[Diagnostic] = ()) -> dict[str, Any]:
    """What every command gives as JSON: the version, whether all is well, its own results, and what there is to say.

    >>> envelope(True, {"networks": []})
    {'cnncalc': 1, 'ok': True, 'networks': [], 'diagnostics': []}
    """
    return {"cnncalc": 1, "ok": ok, **results, "diagnostics": [each.to_dict() for each in diagnostics]}


def nearest(name: str, names: list[str] | tuple[str, ...], limit: int = 1) -> list[str]:
    """The names that the writer may have meant, best first: in another case, begun, or misspelt; none that is far off.

    >>> nearest("linaer", ["linear", "bilinear"]), nearest("residual", ["real"]), nearest("resnet", ["resnet18", "vgg"])
    (['linear'], [], ['resnet18'])
    """
    from difflib import get_close_matches  # 2 ms, needed for mistakes only

    typed = name.lower()
    lower = {n.lower(): n for n in reversed(names)}
    found = [lower[typed]] if typed in lower else []
    if len(typed) > 2:
        found += [n for n in names if n.lower().startswith(typed) and n not in found]
    found += [lower[n] for n in get_close_matches(typed, list(lower), limit, 0.75) if lower[n] not in found]
    return found[:limit]


def listed(items: list[str] | tuple[str, ...], last: str = "and") -> str:
    """`a`, `a and b`, `a, b and c`."""
    if len(items) < 2:
        return "".join(items)
    return f"{', '.join(items[:-1])} {last} {items[-1]}"
