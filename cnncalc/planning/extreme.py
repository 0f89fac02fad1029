"""Of the open sizes that fit, those with the most or the least of a figure.

Where a figure only ever rises or falls with a size, the best is at an end of what fits; else each size is tried.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from fractions import Fraction
from itertools import product
from math import prod

from cnncalc.diagnostics import CnncalcError, Diagnostic
from cnncalc.planning.best import Aim
from cnncalc.planning.edge import TRIED, At, at
from cnncalc.planning.search import Search, SolutionFamily
from cnncalc.planning.sizes import Solved
from cnncalc.symbolic.expr import Dim, substitute, symbol, symbols
from cnncalc.symbolic.scan import directions, evaluator
from cnncalc.symbolic.sets import Sizes

MOST = 100_000  # combinations of sizes at which a figure is worked out


def ends_of(rows: Sequence[Mapping[str, Sizes]], largest: Mapping[str, bool]) -> Iterator[dict[str, int]]:
    """The end of each row, to the largest or the smallest of each size."""
    for row in rows:
        end = {name: sizes.largest() if largest[name] else sizes.smallest() for name, sizes in row.items()}
        if all(n is not None for n in end.values()):
            yield {name: n for name, n in end.items() if n is not None}


def settled(search: Search, aim: Aim) -> list[SolutionFamily]:
    """The families with their open sizes put at the best of what fits. Raises CnncalcError where that is not told."""
    return [each for family in search.families for each in best_of(search, family, aim)]


def best_of(search: Search, family: SolutionFamily, aim: Aim) -> list[SolutionFamily]:
    """A family at each of the sizes that are the best; as it is where the figure depends on none.

    Raises CnncalcError where the figure depends on sizes that stay open.
    """
    value = aim.figure_of(family.report)
    if isinstance(value, int):
        return [family]
    if family.sizes is None or not symbols(value) <= family.sizes.sizes.keys():
        raise CnncalcError(aim.undecided(value))
    places = [place for row in rows_of(family.sizes) for place in best_places(row, value, aim)]
    places.sort(key=lambda each: Fraction(max(each[0].values()), min(each[0].values())))  # squares are usual
    at_place = evaluator([value])
    scored = [(got[0], place, row) for place, row in places if (got := at_place(place)) is not None]
    if not scored:
        raise CnncalcError(aim.undecided(value))
    best = (max if aim.largest else min)(score for score, _, _ in scored)
    found = []
    for score, place, row in scored:
        if score == best:
            sizes = row | {name: Sizes.among(name, [n]) for name, n in place.items()}
            alone = {name: n for name, own in sizes.items() if own.number() == 1 and (n := own.smallest())}
            report = family.report.at(**alone)
            found.append(family._replace(sizes=Solved(sizes, family.sizes.partly), report=report))
    return found


def rows_of(solved: Solved) -> list[dict[str, Sizes]]:
    """Sizes of which any of the one go with any of the others. Raises CnncalcError where there is no end of them."""
    pairs = solved.pairs
    if pairs is None:
        return [solved.sizes]
    if pairs.looked_at is not None:
        message = f"{pairs.first} was looked at up to {pairs.looked_at:,}, and goes on, so that the best is not known"
        raise CnncalcError(Diagnostic("not-decided", message, hint=f"--free {pairs.first}=1:{pairs.looked_at} ends it"))
    return [{**solved.sizes, pairs.first: one, pairs.second: other} for one, other in pairs.rows]


def directions_among(value: Dim, sizes: Mapping[str, Sizes]) -> dict[str, int]:
    """As `directions`, from the least of each size on: (H - 2)*(W - 2) only rises where both are 2 or more."""
    least = {name: (sizes[name].smallest() or 1) - 1 for name in symbols(value)}
    return directions(substitute(value, {name: symbol(name) + n for name, n in least.items() if n}))


def best_places(row: dict[str, Sizes], value: Dim, aim: Aim) -> Iterator[tuple[dict[str, int], dict[str, Sizes]]]:
    """Sizes among which are the best of a row, each with the row. Raises CnncalcError where there is no best."""
    ways = directions_among(value, row)
    tried: dict[str, Sequence[int]] = {}
    for name in sorted(symbols(value)):
        sizes, way = row[name], ways.get(name, 0)
        if way:
            end = sizes.largest() if (way == 1) == aim.largest else sizes.smallest()
            if end is None:
                verb = "rises" if aim.of_size else "rise" if way == 1 else "fall"
                message = f"{aim.figure} {verb} with {name}, and nothing that is wanted ends it"
                message = f"nothing that is wanted ends {name}" if aim.of_size else message
                hint = f"--max-macs 4G and the like, or --free {name}=1:512"
                raise CnncalcError(Diagnostic("not-decided", message, hint=hint))
            tried[name] = (end,)
        else:
            count = sizes.number()
            if count is None or count > MOST:
                raise CnncalcError(aim.undecided(value))
            tried[name] = tuple(sizes.members())
    if prod(map(len, tried.values())) > MOST:
        raise CnncalcError(aim.undecided(value))
    for numbers in product(*tried.values()):
        yield dict(zip(tried, numbers)), row


def beyond(search: Search, opened: SolutionFamily, best: SolutionFamily, aim: Aim) -> At | None:
    """The next sizes that would be better and break a limit: one of them is changed, by the least that does."""
    assert best.sizes is not None
    place = {name: sizes.smallest() or 1 for name, sizes in best.sizes.sizes.items()}
    value = aim.figure_of(opened.report)
    assert opened.sizes is not None
    ways = directions_among(value, opened.sizes.sizes)
    found: list[tuple[int, At]] = []
    for name in sorted(symbols(value)):
        step = ways.get(name, 0) * (1 if aim.largest else -1)
        for n in range(place[name] + step, max(0, place[name] + TRIED * step), step) if step else ():
            there = at(search, opened.report, {**place, name: n})
            if there is not None and not there.measured.holds:
                worth = evaluator([value])(there.sizes)
                found.append((worth[0] if worth else 0, there))
                break
    return (min if aim.largest else max)(found, key=lambda each: each[0])[1] if found else None
