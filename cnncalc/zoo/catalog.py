"""The networks of the zoo with their figures, computed each time."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from cnncalc.analysis.trace import Costs, trace
from cnncalc.diagnostics import Diagnostic, UsageError, listed, nearest
from cnncalc.language.read.document import Document
from cnncalc.language.read.given import Options
from cnncalc.language.run.copies import Known
from cnncalc.language.text.limits import Limits
from cnncalc.language.text.source import files_beside, load
from cnncalc.language.text.zoo_files import zoo_names
from cnncalc.layers.shapes import Shape
from cnncalc.symbolic.expr import Dim


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
    """The networks that are wanted, whatever their figures are, sorted by a key; behind a `-` the last comes first.

    Raises UsageError for a family or a key that there is not.
    """
    key = sort.removeprefix("-")
    if key not in SORTS:
        near = nearest(key, SORTS)
        hint = f"did you mean {near[0]}?" if near else f"there are {listed(list(SORTS))}"
        raise UsageError(Diagnostic("unknown-option", f"the zoo does not sort by {key}", hint=hint))
    _check_families(wanted.families)
    costs: Costs = {}
    found = [_computed(*written, costs) for written in written_entries() if wanted.about(written[0])]
    return sorted(found, key=lambda entry: _sortable(getattr(entry, key)), reverse=key != sort)


def _sortable(value: Dim | str) -> tuple[bool, int | str]:
    """Closed forms have no order, and stand behind the numbers."""
    return (False, value) if isinstance(value, int | str) else (True, 0)


def _check_families(families: Sequence[str]) -> None:
    there_are = sorted({path.stem for path, _ in zoo_names().values()})
    for family in families:
        if family not in there_are:
            near = nearest(family, there_are)
            hint = f"did you mean {near[0]}?" if near else f"there are {listed(there_are)}"
            raise UsageError(Diagnostic("unknown-family", f"the zoo has no family {family}", hint=hint))


def written_entries() -> list[tuple[Entry, Document, str | None]]:
    """What is written about each network, without its figures; its document, and its variant there."""
    limits = Limits()
    options = Options(limits=limits, shared={}, known=Known())
    documents: dict[str, Document] = {}
    found = []
    for name, (path, variant) in zoo_names().items():
        document = documents.get(path.stem)
        if document is None:
            source, beside = load(path, limits, f"zoo:{path.stem}"), files_beside(path, limits)
            document = documents[path.stem] = Document(source, options._replace(beside=beside))
        year, about = document.about("year", variant), document.about("source", variant)
        found.append((Entry(name, path.stem, int(year or 0), {}, 0, 0, about or ""), document, variant))
    return found


def _computed(entry: Entry, document: Document, variant: str | None, costs: Costs) -> Entry:
    report = trace(document.network(variant), costs=costs)
    return entry._replace(inputs=report.inputs, params=report.totals.params, macs=report.totals.macs)
