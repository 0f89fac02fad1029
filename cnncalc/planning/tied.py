"""Two open sizes that conditions tie together: for each value of the one, all values of the other.

The one is that which the conditions leave the fewer values. Where the other only ever rises or falls in a condition its
threshold is found by bisection, near that of the value before; else the condition is solved for it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from cnncalc.named_tuples import NamedTuple
from cnncalc.symbolic.compile import compiled
from cnncalc.symbolic.expr import Dim, substitute, symbol
from cnncalc.symbolic.scan import FAR, directions, evaluator, first_from, open_divisors
from cnncalc.symbolic.sets import Sizes, Stretch, nonnegative, zeros

MOST = 4096  # values of the first size that are gone through
MOST_ENDLESS = 512  # where they have no end
MOST_SOLVED = 128  # where each takes more than a bisection


class Pairs(NamedTuple):
    """Values of two sizes that go together."""

    first: str
    second: str
    rows: tuple[tuple[Sizes, Sizes], ...]  # any of the one goes with any of the other
    looked_at: int | None = None  # as far as the first was gone through; None: to its end

    def at(self, n: int) -> Sizes:
        """The values of the second beside one of the first."""
        return next((seconds for firsts, seconds in self.rows if firsts.has(n)), Sizes(self.second, ()))

    def to_dict(self) -> dict[str, Any]:
        """The pairs as they are in the JSON."""
        rows = [{self.first: one.to_dict(), self.second: other.to_dict()} for one, other in self.rows]
        return {"sizes": [self.first, self.second], "rows": rows, "complete": self.looked_at is None}


def both(one: Sizes, other: Sizes) -> Sizes:
    """What is in both; one by one where their pattern is too long."""
    found = one.both(other)
    return found if found is not None else Sizes.among(one.name, filter(one.has, other.members()))


def tied(values: Sequence[tuple[Dim, bool]], known: Mapping[str, Sizes]) -> Pairs | None:
    """The pairs of two sizes at which each value is 0, if it is an equation, or else 0 or more; None if undecided.

    `known` has what each of them can be by itself.

    >>> from cnncalc.symbolic.expr import symbol
    >>> H, W = symbol("H"), symbol("W")
    >>> for one, other in tied([(H*W - 6, True)], {"H": Sizes.every("H"), "W": Sizes.every("W")}).rows:
    ...     print(one.words(), other.words())
    H is 1 W is 6
    H is 2 W is 3
    H is 3 W is 2
    H is 6 W is 1
    """
    if any(True for value, _ in values for _ in open_divisors(value)):
        return None
    # Sizes are counted from their least on, where (H - 2)*(W - 2) is H*W and only rises.
    least = {name: (sizes.smallest() or 1) - 1 for name, sizes in known.items()}
    values = [(substitute(value, {n: symbol(n) + k for n, k in least.items() if k}), eq) for value, eq in values]
    known = {name: shifted(sizes, -least[name]) for name, sizes in known.items()}
    ranges = {}
    for first, second in (tuple(known), tuple(known)[::-1]):
        ranges[first] = limited(values, known[first], second)
    counts = {name: sizes.number() for name, sizes in ranges.items()}
    first, second = sorted(known, key=lambda name: (counts[name] is None, counts[name] or 0))
    solving = [Solving(value, equation, first, second) for value, equation in values]
    count = counts[first]
    most = MOST_SOLVED if not all(one.sign for one in solving) else MOST_ENDLESS if count is None else MOST
    rows: dict[Sizes, list[int]] = {}
    last = 0
    for n in numbers(ranges[first], most):
        last = n
        found: Sizes | None = known[second]
        for one in solving:
            more = one.at(n)
            if more is None or found is None:
                return None
            found = both(found, more)
        if found:
            rows.setdefault(found, []).append(n)
    ended = count is not None and count <= most
    by = least[first]
    kept = [(Sizes.among(first, [n + by for n in ns]), shifted(others, least[second])) for others, ns in rows.items()]
    return Pairs(first, second, tuple(kept), None if ended else last + by)


def shifted(sizes: Sizes, by: int) -> Sizes:
    """The sizes with a number added to each; those that fall below 1 are left out."""
    moved = [
        Stretch(
            max(1, s.first + by), s.last and s.last + by, s.period, frozenset((n + by) % s.period for n in s.residues)
        )
        for s in sizes.stretches
        if s.last is None or s.last + by >= 1
    ]
    return Sizes.of(sizes.name, moved) if by else sizes


def numbers(sizes: Sizes, most: int) -> Iterator[int]:
    """The first of the sizes, as many as are gone through."""
    for _, n in zip(range(most), sizes.members()):
        yield n


def limited(values: Sequence[tuple[Dim, bool]], sizes: Sizes, other: str) -> Sizes:
    """What the conditions leave of one size where the other is 1: those that only fall with the other.

    An equation is two of them.
    """
    for value, equation in values:
        for side in (value, -value) if equation else (value,):
            if directions(side).get(other, 0) == -1:
                found = nonnegative(substitute(side, {other: 1}), sizes.name)
                sizes = both(sizes, found) if found is not None else sizes
    return sizes


class Solving:
    """One condition, solved for the second size beside many values of the first."""

    def __init__(self, value: Dim, equation: bool, first: str, second: str) -> None:
        self.value, self.equation, self.first, self.second = value, equation, first, second
        self.sign = directions(value).get(second, 0)
        self.at_sizes = evaluator([value])
        self._compiled = compiled([value])
        self._near = {0: 1, 1: 1}

    def at(self, n: int) -> Sizes | None:
        """The second sizes beside a first; None where that is not decided."""
        if not self.sign:
            put_in = substitute(self.value, {self.first: n})
            return (zeros if self.equation else nonnegative)(put_in, self.second)
        if not self.equation:
            return self.bounded(n, 0)
        # value == 0: from where it is 0 or more to where it is more than 0, in the order that it rises or falls
        above, beyond = self.bounded(n, 0), self.bounded(n, 1)
        return difference(above, beyond)

    def bounded(self, n: int, least: int) -> Sizes:
        """Where the value is `least` or more: up to some size if it falls, or from one on if it rises."""
        sizes = {self.first: n, self.second: 1}

        def turned(m: int) -> bool:
            sizes[self.second] = m
            return bool((self._compiled(sizes)[0] >= least) == (self.sign > 0))

        turn = near(turned, self._near[least])
        self._near[least] = turn or 1
        if turn is None:
            return Sizes(self.second, ()) if self.sign > 0 else Sizes.every(self.second)
        if self.sign > 0:
            return Sizes.of(self.second, [Stretch(turn, None)])
        return Sizes.of(self.second, [Stretch(1, turn - 1)] if turn > 1 else [])


def difference(one: Sizes, other: Sizes) -> Sizes:
    """The first without the second, both of them one stretch to or from an end, the second within the first."""
    if not one or not other:
        return one
    (a,), (b,) = one.stretches, other.stretches
    if a.last is None and b.last is None:
        return Sizes.of(one.name, [Stretch(a.first, b.first - 1)] if b.first > a.first else [])
    if b.last is None:
        return Sizes(one.name, ())
    last = a.last
    return Sizes.of(one.name, [Stretch(b.last + 1, last)] if last is None or last > b.last else [])


def near(turned: Callable[[int], bool], guess: int) -> int | None:
    """The first number, 1 or more, from which on a condition holds; the search starts at a guess."""
    if not turned(guess):
        return first_from(turned, guess + 1) if guess < FAR else None
    step, high = 1, guess  # it holds at `high`
    while high > 1:
        low = max(1, high - step)
        if not turned(low):
            while high - low > 1:
                middle = (low + high) // 2
                low, high = (low, middle) if turned(middle) else (middle, high)
            return high
        step, high = 2 * step, low
    return 1
