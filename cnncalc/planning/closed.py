"""The best numbers for two unknowns that have too many to be tried, by the closed forms of the network.

The spec is read once, with an open size for each unknown. Where the limits leave pairs of numbers, the figure that is
to be largest or least is worked out at the end of each row of pairs, as it only ever rises or falls there.
"""

from __future__ import annotations

from cnncalc.analysis.trace import Report
from cnncalc.diagnostics import CnncalcError
from cnncalc.language.run.builder import NeedsArguments
from cnncalc.language.run.scope import Key, NeedsNumber
from cnncalc.named_tuples import NamedTuple
from cnncalc.planning.best import Aim
from cnncalc.planning.extreme import ends_of
from cnncalc.planning.network import Network, Tried
from cnncalc.planning.ranges import Free
from cnncalc.planning.sizes import always, conditions, solved
from cnncalc.planning.tried import Layers
from cnncalc.planning.unknowns import Names, Unknown
from cnncalc.planning.wishes import Measured, Wishes
from cnncalc.symbolic.compile import compiled
from cnncalc.symbolic.expr import Expr, symbol, symbols
from cnncalc.symbolic.scan import directions
from cnncalc.symbolic.sets import Sizes

FEW = 100_000  # combinations that are tried one by one instead


class Numbers(NamedTuple):
    """Numbers for all unknowns, and what the network comes to with them."""

    numbers: dict[Key, int]
    report: Report
    measured: Measured


class Best(NamedTuple):
    """What has the most or the least of a figure, and the next that would have more and breaks a limit."""

    unknowns: list[Unknown]
    found: list[Numbers]
    beyond: Numbers | None


def best_closed(network: Network, wishes: Wishes, names: Names, aim: Aim) -> Best | None:
    """The best of all numbers for two unknowns; None where closed forms do not tell it, or all can be tried."""
    try:
        report = opened(network, names)
    except CnncalcError:
        return None
    unknowns = {open_name(unknown): unknown for unknown in names.met.values()}
    if report is None or len(unknowns) != 2 or set(report.symbols) != set(unknowns):
        return None
    if wishes.of_whole_layers:
        return None
    measured = wishes.measured(report)
    known = [one for one in conditions(report, measured) if not one.wished]
    if measured.wrong_rank is not None or not all(map(always, known)):
        return None
    value = None if aim.of_size else aim.figure_of(report)
    if not isinstance(value, Expr) or symbols(value) != set(unknowns):
        return None
    rises = directions(value)
    if any(rises.get(name) not in (1, -1) for name in unknowns):
        return None
    ranges = {name: Free(name, one.values, one.span) for name, one in unknowns.items()}
    found = solved(report, measured, list(unknowns), ranges)
    if found.undecided is not None or found.partly or not found.some:
        return None
    rows: list[dict[str, Sizes]] = [found.sizes]
    if found.pairs is not None:
        if found.pairs.looked_at is not None:
            return None
        rows = [{found.pairs.first: one, found.pairs.second: other} for one, other in found.pairs.rows]
    at = compiled([value])
    ends = list(ends_of(rows, {name: (way == 1) == aim.largest for name, way in rises.items()}))
    worth = [at(end)[0] * (-1 if aim.largest else 1) for end in ends]
    best = [end for end, each in zip(ends, worth) if each == min(worth)]
    kept = [numbers_at(network, wishes, unknowns, end) for end in best]
    if not all(one is not None and one.measured.holds for one in kept):
        return None  # the network itself says otherwise than its closed forms
    beyond = [
        numbers_at(network, wishes, unknowns, {**best[0], name: best[0][name] + (1 if rises[name] == 1 else -1)})
        for name in unknowns
    ]
    over = [one for one in beyond if one is not None and not one.measured.holds]
    nearest = min(over, key=lambda one: abs(aim.of(one.report) - min(worth)), default=None)
    return Best(list(unknowns.values()), [one for one in kept if one is not None], nearest)


def opened(network: Network, names: Names) -> Report | None:
    """The figures with an open size for each unknown; None where one is asked for that closed forms do not hold."""
    numbers: dict[Key, Expr] = {}
    while True:
        try:
            return network.report(network.graph({}, Tried(numbers)))
        except NeedsNumber:
            return None
        except NeedsArguments as need:
            layers = Layers(need, names)
            if any(unknown.values.count**2 < FEW or unknown.key in numbers for unknown in layers.unknowns):
                return None
            numbers.update({unknown.key: symbol(open_name(unknown)) for unknown in layers.unknowns})


def open_name(unknown: Unknown) -> str:
    """The name of the open size for an unknown, which no open size of a spec has."""
    return f"?{unknown.name}"


def numbers_at(network: Network, wishes: Wishes, unknowns: dict[str, Unknown], sizes: dict[str, int]) -> Numbers | None:
    """The network read with these numbers; None where it does not run, or they are out of their ranges."""
    if any(sizes[name] not in unknown.values for name, unknown in unknowns.items()):
        return None
    numbers = {unknown.key: sizes[name] for name, unknown in unknowns.items()}
    try:
        report = network.report(network.graph({}, Tried(numbers)))
        return Numbers(numbers, report, wishes.measured(report))
    except CnncalcError:
        return None
