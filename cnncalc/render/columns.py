"""Columns of figures: their widths, bars, and texts that fold between terms."""

from __future__ import annotations

import re

from cnncalc.diagnostics import escaped
from cnncalc.render.style import columns
from cnncalc.symbolic.expr import Dim

BAR = 8  # columns of a full bar


EIGHTHS = " ▏▎▍▌▋▊▉█"


GAP = "  "


NARROWEST = 28  # columns of the terminal for a closed form


class Column:
    """A column of a table, of at most `most` columns of the terminal. Longer cells are cut, or go on below."""

    __slots__ = ("cells", "name", "parts", "right", "style", "title", "width", "widths")

    def __init__(
        self,
        title: str,
        cells: list[str],
        *,
        right: bool = False,
        style: str = "",
        most: int = 10**6,
        name: str = "",
    ) -> None:
        self.title = title
        self.name = name  # what it is known by, where several have one title
        self.cells = cells = list(map(escaped, cells))
        self.right = right
        self.style = style
        self.parts: list[list[str]] | None = None  # the lines of each cell, where some need several
        self.widths = list(map(columns, cells))
        self.width = min(most, max([columns(title), *self.widths]))

    def cut(self, most: int) -> Column:
        """The same column, no wider than this."""
        return Column(self.title, self.cells, right=self.right, style=self.style, most=most, name=self.name)

    def wrapped(self, most: int) -> Column:
        """The same column, no wider than this; what is longer goes on below."""
        if self.width <= most:
            return self
        parts = [[cell] if width <= most else filled(cell, most) for cell, width in zip(self.cells, self.widths)]
        width = max(columns(self.title), *(columns(part) for lines in parts for part in lines))
        column = self.cut(min(most, width))
        column.parts = parts
        return column

    def cell(self, row: int) -> str:
        """A cell, as wide as the column."""
        return fitted(self.cells[row], self.widths[row], self.width, self.right)

    def lines(self, row: int) -> list[str]:
        """A cell over as many lines as it needs."""
        if self.parts is None:
            return [self.cell(row)]
        return [fitted(text, columns(text), self.width, self.right) for text in self.parts[row]]


def figure(value: Dim) -> str:
    """A figure with thousands separators, or its closed form."""
    return f"{value:,}" if isinstance(value, int) else str(value)


def bar(share: float, unicode: bool) -> str:
    if not unicode:
        return "#" * round(share * BAR)
    eighths = round(share * BAR * 8)
    if share > 0 and eighths == 0:
        return EIGHTHS[1]
    return "█" * (eighths // 8) + EIGHTHS[eighths % 8].strip()


def fitted(text: str, width: int, room: int, right: bool) -> str:
    """A text of some width in the room of its column."""
    if width > room:
        text, width = text[: room - 3] + "...", room
    space = " " * (room - width)
    return space + text if right else text + space


def scaled(value: int, unit: str, zeros: bool = False) -> str:
    """Three digits and a prefix: 4.09 G. Powers of 1,000. `zeros` at the end are left out, or kept: 31 M, 31.0 M."""
    scaled, prefixes = float(value), ["", "k", "M", "G", "T", "P", "E"]
    while scaled >= 999.5 and len(prefixes) > 1:
        scaled, prefixes = scaled / 1000, prefixes[1:]
    text = f"{scaled:#.3g}".removesuffix(".") if zeros and value >= 1000 else f"{scaled:.3g}"
    return f"{text} {prefixes[0]}{unit}".rstrip()


def sentence(head: str, text: str, width: int | None) -> list[str]:
    """A sentence after its head, cut at spaces into lines that begin below it; one line where there is no width.

    >>> sentence("note: ", "a stride of 2 leaves pixels unread", 24)
    ['note: a stride of 2', '    leaves pixels unread']
    """
    if width is None or columns(head) + columns(text) <= width:
        return [f"{head}{text}"]
    margin = min(columns(head), max(0, width - 20))
    lines = [head]
    fresh = True
    for word in text.split(" "):
        joined = f"{lines[-1]}{'' if fresh else ' '}{word}"
        if columns(joined) > width and not fresh:
            lines.append(f"{' ' * margin}{word}")
        else:
            lines[-1] = joined
        fresh = False
    return lines


def filled(text: str, width: int) -> list[str]:
    """Lines of at most some width: the terms of a sum, or the axes of a shape, kept whole where they fit."""
    lines = [""]
    for piece in _split(text, TERMS):
        factors = [piece] if columns(piece) <= width else _split(piece, FACTORS)
        for i, factor in enumerate(factors):
            joined = f"{lines[-1]}{'' if i else ' '}{factor}".strip()
            if lines[-1] and columns(joined) > width:
                lines.append(factor)
            else:
                lines[-1] = joined
    return lines


TERMS = r"(?<= x) | (?=[+-] )"
FACTORS = r"(?<=[*·])"


def _split(text: str, where: str) -> list[str]:
    """The parts between the matches that are in no brackets."""
    parts, depth, start, seen = [], 0, 0, 0
    for match in re.finditer(where, text):
        passed = text[seen : match.start()]
        depth += sum(passed.count(mark) for mark in "(⌊") - sum(passed.count(mark) for mark in ")⌋")
        seen = match.start()
        if depth == 0:
            parts.append(text[start : match.start()])
            start = match.end()
    return [*parts, text[start:]]
