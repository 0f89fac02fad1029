"""The smallest sizes that meet what layers need."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from heapq import heappop, heappush

from cnncalc.symbolic.bounds import bounds
from cnncalc.symbolic.equations import solve
from cnncalc.symbolic.expr import Dim, Expr, substitute, symbols
from cnncalc.symbolic.scan import affordable, cost, directions, evaluator, first_from, shape_of

STEPS = 200_000  # evaluations of short values in one search


class _Spent(Exception):
    """The search has used up its steps."""


class _Condition:
    """A value that has to be 0, or else 0 or more."""

    __slots__ = ("at", "cost", "directions", "equation", "names", "solutions", "value")

    def __init__(self, value: Expr, equation: bool) -> None:
        self.value = value
        self.equation = equation
        self.names = symbols(value)
        self.at = evaluator([value])
        self.cost = 1 + cost(value) // 10
        self.directions = directions(value)
        alone = equation and len(self.names) == 1
        self.solutions = solve(value, *self.names) if alone else None

    def holds(self, sizes: Mapping[str, int]) -> bool:
        got = self.at(sizes)
        return got is not None and (got[0] == 0 if self.equation else got[0] >= 0)

    def next(self, sizes: dict[str, int], name: str, least: int, steps: list[int]) -> int | None:
        """The first size of `name` from `least` on at which it holds, beside the other sizes."""

        def tried(n: int) -> dict[str, int]:
            steps[0] -= self.cost
            if steps[0] < 0:
                raise _Spent
            sizes[name] = n
            return sizes

        if self.holds(tried(least)):
            return least
        if self.solutions is not None:
            steps[0] -= 4 + len(self.solutions.residues) // 10
            return self.solutions.smallest(least)
        sign = self.directions[name]
        if not sign:
            n = least + 1
            while not self.holds(tried(n)):
                n += 1
            return n
        if not self.equation and sign < 0:
            return None

        def risen(n: int) -> bool:
            got = self.at(tried(n))
            return got is not None and sign * got[0] >= 0

        found = first_from(risen, least)
        return found if found is not None and self.holds(tried(found)) else None


def smallest(requirements: Sequence[Dim], equations: Sequence[tuple[Dim, Dim]]) -> dict[str, int] | None:
    """The smallest sizes at which each requirement is 0 or more and both sides of each equation agree.

    Symbols that a requirement or an equation holds together get the sizes with the smallest sum; `smaller` says
    whether others are smaller in one of them. None where no sizes do, or none were found within the bound.

    >>> from cnncalc.symbolic.expr import symbol
    >>> H, W = symbol("H"), symbol("W")
    >>> smallest([(H - 7)//2, H*W - 100], [(W % 16, 0)])
    {'H': 7, 'W': 16}
    """
    try:
        return _searched(requirements, equations, [STEPS])
    except _Spent:
        return None


def smaller(
    found: Mapping[str, int], requirements: Sequence[Dim], equations: Sequence[tuple[Dim, Dim]]
) -> dict[str, dict[str, int] | None]:
    """For each symbol that has smaller sizes beside larger ones of others than those that `smallest` found: such sizes.

    None instead of the sizes where it is not decided whether there are any.

    >>> from cnncalc.symbolic.expr import symbol
    >>> H, W = symbol("H"), symbol("W")
    >>> smaller({"H": 1, "W": 3}, [], [((H*W) % 3, 0)])
    {'W': {'H': 3, 'W': 1}}
    """
    examples: dict[str, dict[str, int] | None] = {}
    every = [*requirements, *(side for equation in equations for side in equation)]
    putting = 5 * sum(cost(value) for value in every if isinstance(value, Expr))
    for name, size in found.items():
        group = _beside(name, [*requirements, *(a - b for a, b in equations)])
        if size == 1 or len(group) == 1:
            continue
        steps = [STEPS // 4]
        try:
            for less in range(1, size):
                steps[0] -= 50 + putting
                if steps[0] < 0:
                    raise _Spent
                put = {name: less}
                sides = [(substitute(a, put), substitute(b, put)) for a, b in equations]
                steps[0] -= sum(solving(a - b) for a, b in sides)
                if steps[0] < 0:
                    raise _Spent
                example = _searched([substitute(value, put) for value in requirements], sides, steps)
                if example is not None:
                    examples[name] = {**found, **{n: example.get(n, 1) for n in group}, name: less}
                    break
        except _Spent:
            examples[name] = None
        except ZeroDivisionError:
            continue
    return examples


def solving(value: Dim) -> int:
    """How many evaluations of short values it takes to solve an equation in one symbol."""
    shape = shape_of(value)
    if not shape or len(shape) > 1 or not isinstance(value, Expr):
        return 0
    ((period, degree, _, start),) = shape.values()
    count = start + period * (degree + 1)
    return count * (10 + cost(value)) // 20 if count <= affordable(value) else 0


def _beside(name: str, values: Sequence[Dim]) -> set[str]:
    """The symbols that conditions hold together with a symbol, and itself."""
    group = {name}
    while True:
        more = group.union(*(names for names in map(symbols, values) if names & group))
        if more == group:
            return group
        group = more


def _searched(
    requirements: Sequence[Dim], equations: Sequence[tuple[Dim, Dim]], steps: list[int]
) -> dict[str, int] | None:
    """The smallest sizes; None where there are none. Raises _Spent where the steps do not suffice."""
    sides = [side for equation in equations for side in equation]
    names = sorted(set().union(*map(symbols, [*requirements, *sides])))
    wanted = {(value, False): None for value in requirements} | {(a - b, True): None for a, b in equations}
    if any(_never(value, equation) for value, equation in wanted):
        return None
    conditions = [_Condition(value, equation) for value, equation in wanted if isinstance(value, Expr)]
    sizes: dict[str, int] = {}
    for group in _groups(names, conditions):
        among = [condition for condition in conditions if condition.names <= set(group)]
        found = _smallest_together(group, among, steps)
        if found is None:
            return None
        sizes.update(found)
    # Sides whose difference has lost an open divisor are looked at once more.
    return sizes if evaluator([*requirements, *sides])(sizes) is not None else None


def _never(value: Dim, equation: bool) -> bool:
    low, high = bounds(value)
    return (high is not None and high < 0) or (equation and low is not None and low > 0)


def _groups(names: Sequence[str], conditions: Sequence[_Condition]) -> list[list[str]]:
    """The symbols, those together that a condition holds together."""
    groups = [{name} for name in names]
    for condition in conditions:
        apart = [group for group in groups if not group & condition.names]
        groups = [*apart, set().union(*(group for group in groups if group & condition.names))]
    return [sorted(group) for group in groups]


def _smallest_together(names: list[str], conditions: Sequence[_Condition], steps: list[int]) -> dict[str, int] | None:
    """Sizes of all symbols but one in the order of their sum; the one is solved for, where it can be."""
    alone = {name: [c for c in conditions if c.names == {name}] for name in names}
    joint = [c for c in conditions if len(c.names) > 1]
    solved = next((n for n in reversed(names) if all(c.directions.get(n, 1) for c in joint)), None)
    drawn = [name for name in names if name != solved]
    within = [c for c in joint if solved not in c.names]
    across = [*alone.get(solved or "", ()), *(c for c in joint if solved in c.names)]

    def least(name: str, n: int, sizes: dict[str, int], among: Sequence[_Condition]) -> int | None:
        while True:
            start = n
            for condition in among:
                found = condition.next(sizes, name, n, steps)
                if found is None:
                    return None
                n = found
            if n == start:
                return n

    first = {name: least(name, 1, {}, alone[name]) for name in names}
    starts = [n for n in first.values() if n is not None]
    if len(starts) < len(names):
        return None
    base = (first[solved] or 0) if solved else 0
    begin = tuple(n for name in drawn if (n := first[name]) is not None)
    best: tuple[int, list[int]] | None = None
    # Each step raises one symbol, never one before that which the last step raised: no sizes come twice.
    heap = [(sum(begin), begin, 0)]
    while heap and (best is None or heap[0][0] + base <= best[0]):
        total, numbers, raised = heappop(heap)
        sizes = dict(zip(drawn, numbers))
        steps[0] -= 1 + len(drawn) ** 2 + sum(condition.cost for condition in within)
        if steps[0] < 0:
            raise _Spent
        if all(condition.holds(sizes) for condition in within):
            last = least(solved, base, sizes, across) if solved else 0
            if last is not None:
                whole = {**sizes, solved: last} if solved else sizes
                found = (total + last, [whole[name] for name in names])
                best = found if best is None else min(best, found)
        for i in range(raised, len(drawn)):
            more = least(drawn[i], numbers[i] + 1, {}, alone[drawn[i]])
            if more is not None:
                heappush(heap, (total + more - numbers[i], (*numbers[:i], more, *numbers[i + 1 :]), i))
    return dict(zip(names, best[1])) if best else None
