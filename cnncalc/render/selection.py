"""Which columns and rows of a report are shown, and in which order."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING

from cnncalc.analysis.trace import Report
from cnncalc.diagnostics import Diagnostic, UsageError, listed, nearest
from cnncalc.layers import find
from cnncalc.named_tuples import NamedTuple
from cnncalc.symbolic.expr import Dim

if TYPE_CHECKING:  # JSON has everything, and loads no tables
    from cnncalc.render.rows import Row

FIGURES = ("params", "trainable", "buffers", "macs", "flops", "activations")  # what rows are held to and sorted by
_COMPARED = r"(\w+)\s*(<=|>=|<|>|==|=)\s*(\S.*)"


class Selection(NamedTuple):
    """What the reader asks to see. Nothing of it is asked: all rows, and the columns that there is room for."""

    columns: str = ""  # `layer,output,params`; `+flops` beside the usual ones, `-type` without one of them
    filters: Sequence[str] = ()  # `layer3.*`, `conv2d`, `params>=1M`; all of them hold
    sort: str = ""  # a figure, `-macs` for the largest first
    top: int | None = None  # at most so many rows

    @property
    def is_flat(self) -> bool:
        """Are rows picked or put in another order, so that no level comes around them?"""
        return bool(self.filters or self.sort or self.top)

    def check(self) -> None:
        """Raises UsageError for a column, a figure or a filter that there is not."""
        if self.columns:
            self.names(())
        for text in self.filters:
            _held(text)
        _key(self.sort)

    def names(self, usual: Sequence[str]) -> list[str]:
        """The columns to show, where `usual` are those of nobody's choice. Raises UsageError."""
        from cnncalc.render.table_columns import COLUMNS

        words = [word.strip() for word in self.columns.split(",") if word.strip()]
        changes = [word for word in words if word[0] in "+-"]
        if changes and len(changes) < len(words):
            message = "--columns takes all columns by name, or those to add and to leave out: +flops,-type"
            raise UsageError(Diagnostic("bad-option", message))
        found = list(usual) if changes or not words else []
        for word in words:
            name = word.lstrip("+-").lower()
            if name not in COLUMNS:
                near = nearest(name, list(COLUMNS))
                hint = f"did you mean {near[0]}?" if near else f"there are {listed(list(COLUMNS))}"
                raise UsageError(Diagnostic("unknown-column", f"there is no column {name}", hint=hint))
            if word[0] == "-":
                found = [other for other in found if other != name]
            elif name not in found:
                found.append(name)
        return found

    def rows(self, report: Report, depth: int | None) -> list[Row]:
        """The rows to show: levels unfolded to a depth, or picked and sorted layers. Raises UsageError."""
        from cnncalc.render.rows import hierarchy, readable_depth, unfolded

        top = hierarchy(report)
        if not self.is_flat:
            return unfolded(top, depth or readable_depth(top))
        rows = [row for row in unfolded(top, depth or 10**9) if row.layer or (depth and row.depth + 1 == depth)]
        for text in self.filters:
            held = _held(text)
            rows = [row for row in rows if held(row, report)]
        figure, down = _key(self.sort)
        if figure == "name":
            rows.sort(key=lambda row: row.path, reverse=down)
        elif figure:
            # Closed forms have no order; they stay as they are, after the numbers.
            def order(row: Row) -> tuple[bool, int]:
                value = _figure(row, report, figure)
                return not isinstance(value, int), (-value if down else value) if isinstance(value, int) else 0

            rows.sort(key=order)
        return rows[: self.top] if self.top else rows


def _key(sort: str) -> tuple[str, bool]:
    """A figure, and whether the largest come first."""
    name, down = sort.removeprefix("-").lower(), sort.startswith("-")
    if sort and name not in (*FIGURES, "name"):
        near = nearest(name, ["name", *FIGURES])
        hint = f"did you mean {near[0]}?" if near else f"by {listed(['name', *FIGURES], 'or')}; -macs for the largest"
        raise UsageError(Diagnostic("bad-option", f"rows cannot be sorted by {name}", hint=hint))
    return name, down


def _figure(row: Row, report: Report, name: str) -> Dim:
    if name in ("params", "macs"):
        return row.params if name == "params" else row.macs
    return row.sum(report, name)


def _held(text: str) -> Callable[[Row, Report], bool]:
    """What a filter asks of a row. Raises UsageError."""
    compared = re.fullmatch(_COMPARED, text)
    if compared is None:
        words = text.strip()
        known = find(words)

        def named(row: Row, report: Report) -> bool:
            if any(fnmatchcase(name, words) for name in (row.path, row.label, row.type)):
                return True
            own = find(row.type) if known and row.layer else None
            if known and own and own.family is known.family and known.ndim in (None, own.ndim):
                return True
            return row.path.startswith(f"{words}.")

        return named
    name, sign, number = compared[1].lower(), compared[2], compared[3]
    if name not in FIGURES:
        near = nearest(name, list(FIGURES))
        hint = f"did you mean {near[0]}?" if near else f"there are {listed(list(FIGURES))}"
        raise UsageError(Diagnostic("bad-option", f"--filter knows no figure {name}", hint=hint))
    from cnncalc.analysis.quantities import option_bound

    low, high = (option_bound("--filter", bound, number) for bound in (">=", "<="))

    def compares(row: Row, report: Report) -> bool:
        value = _figure(row, report, name)
        if not isinstance(value, int):
            return False  # nothing is said of a closed form
        return {
            "<=": value <= high,
            ">=": value >= low,
            "<": value < low,
            ">": value > high,
            "=": low == value == high,
            "==": low == value == high,
        }[sign]

    return compares
