"""Tables of Markdown: their cells with places, and what the columns of a table of networks hold."""

from __future__ import annotations

import re
from collections.abc import Iterator
from fractions import Fraction
from itertools import pairwise

from cnncalc.diagnostics import Source, Span
from cnncalc.named_tuples import NamedTuple

_RULE = re.compile(r"\s*\|?\s*:?-+:?\s*(\|\s*:?-+:?\s*)*\|?\s*")
_FENCE = re.compile(r"\s{0,3}(```+|~~~+)")
_LINK = re.compile(r"\[([^\]]*)\]\(\s*<?([^)\s>]*)>?[^)]*\)")
_UNIT = re.compile(r"\(([^()]*)\)|\[([^\[\]]*)\]|[,/]\s*([kmgbt]|million|billion)s?$", re.IGNORECASE)
POWERS = {"k": 3, "m": 6, "g": 9, "b": 9, "t": 12, "million": 6, "billion": 9, "10^6": 6, "10^9": 9, "1e6": 6, "1e9": 9}
FIGURES = {
    "params": r"(?:number of |num |no |n )?(?:trainable |model )?param(?:s|eters?|eter count| count)?",
    "macs": r"([kmgbt]?)\s?(?:macs?|madds?|mult adds?|multi adds?|multiply adds?|multiply accumulates?)",
    "flops": r"([kmgbt]?)\s?flops?",
    "activations": r"(?:acts?|activations?)",
}
INPUT = r"(?:(?:input|image|img|test|crop)(?: size| resolution| res| shape)?|resolution|res)(?: px)?"
NAME = r"(?:the )?(?:model|network|net|name|arch|architecture|backbone|encoder|variant|spec)s?(?: name)?"
_NUMBER = re.compile(
    r"[~≈]?\s*(\d{1,3}(?:[, _]\d{3})+|\d+)(\.\d+)?\s*([kmgbt]?)(?:params?|macs?|flops?)?", re.IGNORECASE
)
EMPTY = ("", "-", "--", "—", "–", "n/a", "na", "?", "tbd")


class Cell(NamedTuple):
    """A cell as it is written, without the spaces around it."""

    span: Span

    @property
    def text(self) -> str:
        """What a reader of the page sees."""
        text = re.sub(r"!\[[^\]]*\]\([^)]*\)|<sup>.*?</sup>|\[\^[^\]]*\]", "", self.span.text)
        text = re.sub(r"<br\s*/?>", " ", _LINK.sub(r"\1", text))
        return re.sub(r"<[^>]*>|[*`]|(?<!\w)_|_(?!\w)|[†‡§]", "", text).replace("\\|", "|").strip()

    @property
    def links(self) -> list[str]:
        """Where the links of the cell lead, and what is in it as code."""
        return [match[2] for match in _LINK.finditer(self.span.text)] + re.findall(r"`([^`]+)`", self.span.text)


class Table(NamedTuple):
    """A table, each row with its cells."""

    header: list[Cell]
    rows: list[list[Cell]]

    @property
    def line(self) -> int:
        span = self.header[0].span
        return span.source.position(span.start)[0]


class Column(NamedTuple):
    """What a column holds: name, input, or a figure in units of a power of ten; None where each cell says its own."""

    kind: str
    power: int | None = None


class Printed(NamedTuple):
    """A figure as a table prints it: its value, and the unit of its last digit."""

    value: Fraction
    unit: Fraction

    def holds(self, actual: int) -> bool:
        """Is this the figure, rounded to the digits that are printed?

        >>> Printed(Fraction(11_700_000), Fraction(100_000)).holds(11_689_512)
        True
        """
        return 2 * abs(self.value - actual) <= self.unit if self.unit > 1 else self.value == actual


def tables(source: Source) -> list[Table]:
    """The tables of a text, but for what is in fences of code."""
    found: list[Table] = []
    lines = list(_lines(source))
    at = 0
    while at + 1 < len(lines):
        (start, text), (_, rule) = lines[at], lines[at + 1]
        header = _cells(source, start, text) if "|" in text and "|" in rule and _RULE.fullmatch(rule) else []
        at += 1
        if not header:
            continue
        rows: list[list[Cell]] = []
        at += 1
        while at < len(lines) and "|" in lines[at][1]:
            rows.append(_cells(source, *lines[at]))
            at += 1
        found.append(Table(header, rows))
    return found


def _lines(source: Source) -> Iterator[tuple[int, str]]:
    fence, at = "", 0
    for line in source.text.split("\n"):
        mark = _FENCE.match(line)
        if fence:
            if mark and mark[1].startswith(fence):
                fence = ""
            yield at, ""
        elif mark:
            fence = mark[1]
            yield at, ""
        else:
            yield at, line
        at += len(line) + 1


def _cells(source: Source, start: int, line: str) -> list[Cell]:
    ends = [match.start() for match in re.finditer(r"(?<!\\)\|", line)]
    if line[: ends[0]].strip():
        ends.insert(0, -1)
    if line[ends[-1] + 1 :].strip():
        ends.append(len(line))
    found = []
    for left, right in pairwise(ends):
        inner = line[left + 1 : right]
        first = start + left + 1 + len(inner) - len(inner.lstrip())
        found.append(Cell(Span(source, first, max(first, first + len(inner.strip())))))
    return found


def column(header: str) -> Column | None:
    """What a column with this header holds; None where that is not known.

    >>> column("#Params (M)"), column("GFLOPs"), column("Input size"), column("Top-1")
    (Column(kind='params', power=6), Column(kind='flops', power=9), Column(kind='input', power=None), None)
    """
    unit = _UNIT.search(header)
    power = _power(next(filter(None, unit.groups()), "")) if unit else None
    rest = _UNIT.sub(" ", header) if unit and power is not None else header
    words = " ".join(re.sub(r"[^a-z0-9]+", " ", rest.lower()).split())
    if re.fullmatch(NAME, words):
        return Column("name")
    if re.fullmatch(INPUT, re.sub(r" (?:px|pixels?|h w|hxw)$", "", words)):
        return Column("input")
    for kind, pattern in FIGURES.items():
        match = re.fullmatch(pattern, words)
        if match and not (unit and power is None):
            prefix = match[1] if match.groups() else ""
            return Column(kind, POWERS[prefix] if prefix else power)
    return None


def looks_like_figures(header: str) -> bool:
    """Does a header that is not understood speak of figures that are compared?"""
    return re.search(r"params?\b|parameters|flops|\bmacs?\b|gmacs|madds|mult-?adds", header.lower()) is not None


def _power(text: str) -> int | None:
    text = re.sub(r"params?|macs?|flops?|[x×·\s]", "", text.lower())
    return POWERS.get(text, POWERS.get(text.removesuffix("s")))


def printed(text: str, power: int | None) -> Printed | None:
    """The figure in a cell; None where it cannot be read.

    >>> printed("11.7", 6).value, printed("25,557,032", None).unit, printed("4.1G", None).unit, printed("4 / 8", 9)
    (Fraction(11700000, 1), Fraction(1, 1), Fraction(100000000, 1), None)
    """
    match = _NUMBER.fullmatch(text.strip())
    if match is None or (match[3] and power is not None and POWERS[match[3].lower()] != power):
        return None
    scale = POWERS[match[3].lower()] if match[3] else power or 0
    digits = (match[2] or ".")[1:]
    whole = re.sub(r"[, _]", "", match[1])
    unit = Fraction(10) ** (scale - len(digits))
    return Printed(int(whole + digits) * unit, unit)


def as_printed(actual: int, like: Printed, power: int | None, text: str) -> str:
    """A figure as a cell would print it: `11.7` for 11,689,512 where the cell has one digit after the point."""
    suffix = (re.search(r"[kmgbtKMGBT](?=\s*$)", text) or [""])[0]
    scale = Fraction(10) ** (POWERS[suffix.lower()] if suffix else power or 0)
    digits = 0
    while like.unit * 10**digits < scale:
        digits += 1
    shown = f"{float(round(Fraction(actual) / scale, digits)):,.{digits}f}"
    return shown + suffix
