"""What is left of each limit at the largest open size that fits; where none does, by how much the smallest misses."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import islice

from cnncalc.analysis.trace import Report
from cnncalc.diagnostics import CnncalcError
from cnncalc.named_tuples import NamedTuple
from cnncalc.planning.best import Budget, budgets
from cnncalc.planning.search import Search
from cnncalc.planning.wishes import Measured

TRIED = 64  # sizes after the largest that are tried for one at which the network runs


class At(NamedTuple):
    """What a network comes to at some sizes."""

    sizes: dict[str, int]
    measured: Measured


class Edge(NamedTuple):
    """The largest that fits, by what is left of each limit, and the next that does not."""

    budgets: list[Budget]
    next: At | None


def edge(search: Search) -> Edge | None:
    """The edge of the only open size; None where there are several, no limit, or no largest."""
    if len(search.families) != 1:
        return None
    (family,) = search.families
    if family.sizes is None or family.settings or family.groups or family.sizes.pairs:
        return None
    fixed = {name: one.smallest() or 1 for name, one in family.sizes.sizes.items() if one.number() == 1}
    left = [name for name in family.sizes.sizes if name not in fixed]
    if len(left) != 1:
        return None
    name, sizes = left[0], family.sizes.sizes[left[0]]
    largest = sizes.largest()
    limited = any(m.axis is None and isinstance(m.bounds.high, int) for m in family.measured(search.wishes).measures)
    if largest is None or not limited:
        return None
    there = at(search, family.report, {**fixed, name: largest})
    if there is None:
        return None
    behind = (at(search, family.report, {**fixed, name: n}) for n in range(largest + 1, largest + TRIED))
    beyond = next((found for found in behind if found is not None and not found.measured.holds), None)
    return Edge(budgets(there.measured, beyond.measured if beyond else None), beyond)


def smallest(search: Search) -> At | None:
    """What a network comes to at the smallest sizes that it runs at; None where it is not known."""
    report = search.opened_report
    if report is None or not report.symbols:
        return None
    sizes = report.smallest_input
    return None if sizes is None else at(search, report, dict(islice(sizes.items(), 8)))


def at(search: Search, report: Report, sizes: Mapping[str, int]) -> At | None:
    """What a network comes to at some sizes; None where it does not run there."""
    try:
        found = search.wishes.measured(report.at(**sizes))
    except CnncalcError:
        return None
    return At(dict(sizes), found)
