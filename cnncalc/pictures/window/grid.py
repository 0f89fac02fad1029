"""Cells in rows and columns, as they are drawn: where each position is, in pixels."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from cnncalc.pictures.letters import text_width
from cnncalc.pictures.svg import Canvas, number

TICKS = 14.0
"""Pixels for the numbers of rows and columns."""


def square(x: float, y: float, side: float) -> str:
    """A cell as a part of a path."""
    return f"M{number(x)} {number(y)}h{number(side)}v{number(side)}h-{number(side)}z"


class Grid:
    """Rows and columns of cells of one size, with gaps where some are left out."""

    def __init__(self, rows: Sequence[int | None], columns: Sequence[int | None], cell: float) -> None:
        self.cell = cell
        self.gap = max(12.0, round(cell * 0.6))
        self.down, self.height, self.rests_down = self._places(rows)
        self.across, self.width, self.rests_across = self._places(columns)
        self.left = self.top = 0.0  # set when it is known

    def _places(self, positions: Sequence[int | None]) -> tuple[dict[int, float], float, list[float]]:
        """Where each position begins, how long all are, and where the gaps begin."""
        places: dict[int, float] = {}
        rests: list[float] = []
        at = 0.0
        for position in positions:
            if position is None:
                rests.append(at)
                at += self.gap
            else:
                places[position] = at
                at += self.cell
        return places, at, rests

    def corner(self, row: int, column: int) -> tuple[float, float]:
        """The upper left corner of a cell."""
        return self.left + self.across[column], self.top + self.down[row]

    def middle(self, row: int, column: int) -> tuple[float, float]:
        x, y = self.corner(row, column)
        return x + self.cell / 2, y + self.cell / 2

    def squares(self, places: Iterable[tuple[int, int]]) -> str:
        """Cells as a path."""
        return "".join(square(*self.corner(*place), self.cell) for place in places)

    def paint_rests(self, canvas: Canvas) -> None:
        """Dots where rows or columns are left out."""
        steps = ""
        inset = self.gap / 4
        for x in self.rests_across:
            for y in self.down.values():
                middle = self.top + y + self.cell / 2
                steps += f"M{number(self.left + x + inset)} {number(middle)}h{number(self.gap - 2 * inset)}"
        for y in self.rests_down:
            for x in self.across.values():
                middle = self.left + x + self.cell / 2
                steps += f"M{number(middle)} {number(self.top + y + inset)}v{number(self.gap - 2 * inset)}"
        if steps:
            canvas.path(steps, "rest")

    def paint_ticks(self, canvas: Canvas, rows: int, columns: int, numbered_rows: bool) -> None:
        """The numbers of the positions of the axes: of all that there is room for, and of the last."""
        for places, size, across in ((self.across, columns, True), (self.down, rows, False)):
            if not across and not numbered_rows:
                continue
            inside = [position for position in places if 0 <= position < size]
            end = -1e9
            for position in inside:
                middle = places[position] + self.cell / 2
                half = text_width(str(position), 9) / 2 + 2 if across else 5.5
                last = places[inside[-1]] + self.cell / 2
                room = text_width(str(inside[-1]), 9) + 4 if across else 11
                if middle - half < end or (position != inside[-1] and middle + half > last - room / 2):
                    continue
                end = middle + half
                if across:
                    canvas.text(self.left + middle, self.top - 4, str(position), "tick", "middle")
                else:
                    canvas.text(self.left - 4, self.top + middle + 3, str(position), "tick", "end")
