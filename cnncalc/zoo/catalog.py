"""The networks of the zoo with their figures, as they are stored beside their specs."""

from __future__ import annotations

import csv
from collections.abc import Sequence
from pathlib import Path

from cnncalc.diagnostics import Diagnostic, UsageError, listed, nearest
from cnncalc.layers.shapes import Shape
from cnncalc.named_tuples import NamedTuple
from cnncalc.symbolic.expr import Dim

STORED = Path(__file__).with_name("figures.csv")
COLUMNS = ("name", "family", "year", "inputs", "params", "macs", "source")


class Entry(NamedTuple):
    """A network with its figures at its own input size."""

    name: str
    family: str
    year: int
    inputs: dict[str, Shape]
    params: Dim
    macs: Dim
    source: str


class Filter(NamedTuple):
    """Which networks are wanted. Bounds are included; None is no bound."""

    families: Sequence[str] = ()
    search: str = ""  # in the name or the source, whichever letters are large
    years: tuple[int, int] | None = None
    params: tuple[int | None, int | None] = (None, None)
    macs: tuple[int | None, int | None] = (None, None)

    def about(self, entry: Entry) -> bool:
        """Does what is written about the network fit?"""
        return (
            (not self.families or entry.family in self.families)
            and self.search.lower() in f"{entry.name}\n{entry.source}".lower()
            and (self.years is None or self.years[0] <= entry.year <= self.years[1])
        )

    def figures(self, entry: Entry) -> bool:
        """Do its figures fit?"""
        return _within(entry.params, self.params) and _within(entry.macs, self.macs)


def _within(value: Dim, bounds: tuple[int | None, int | None]) -> bool:
    least, most = bounds
    if least is None and most is None:
        return True
    return isinstance(value, int) and (least is None or value >= least) and (most is None or value <= most)


SORTS = ("family", "name", "params", "macs", "year")


ALL = Filter()


def entries(wanted: Filter = ALL, sort: str = "family") -> list[Entry]:
    """The networks that are wanted, whatever their figures are, sorted by a key; after a `-` the last comes first.

    Raises UsageError for a family or a key that there is not.
    """
    key = sort.removeprefix("-")
    if key not in SORTS:
        near = nearest(key, SORTS)
        hint = f"did you mean {near[0]}?" if near else f"there are {listed(list(SORTS))}"
        raise UsageError(Diagnostic("unknown-option", f"the zoo does not sort by {key}", hint=hint))
    every = stored()
    _check_families(wanted.families, every)
    found = [entry for entry in every if wanted.about(entry)]
    return sorted(found, key=lambda entry: _sortable(getattr(entry, key)), reverse=key != sort)


def _sortable(value: Dim | str) -> tuple[bool, int | str]:
    """Closed forms have no order, and come after the numbers."""
    return (False, value) if isinstance(value, int | str) else (True, 0)


def _check_families(families: Sequence[str], every: Sequence[Entry]) -> None:
    there_are = sorted({entry.family for entry in every})
    for family in families:
        if family not in there_are:
            near = nearest(family, there_are)
            hint = f"did you mean {near[0]}?" if near else f"there are {listed(there_are)}"
            raise UsageError(Diagnostic("unknown-family", f"the zoo has no family {family}", hint=hint))


def stored() -> list[Entry]:
    """Every network with the figures in `figures.csv`; a test holds them to the computed ones."""
    with open(STORED, encoding="utf-8", newline="") as file:
        return [
            Entry(
                row["name"],
                row["family"],
                int(row["year"]),
                {name: tuple(map(int, shape.split("x"))) for name, shape in _pairs(row["inputs"])},
                int(row["params"]),
                int(row["macs"]),
                row["source"],
            )
            for row in csv.DictReader(file)
        ]


def _pairs(text: str) -> list[tuple[str, str]]:
    """`image=3x224x224 mask=1x224x224`."""
    return [(name, shape) for name, _, shape in (part.partition("=") for part in text.split())]
