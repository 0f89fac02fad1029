"""The sizes at which conditions on one symbol hold, over all integers: stretches, each with its residue classes.

A value is a polynomial on each residue class of its period, from some size on (`cnncalc.symbolic.scan`). A polynomial
has finitely many changes of sign, each of which is found by bisection between the changes of its differences. So
all sizes at which it is 0 or more are known, however far out they are, and nothing is sampled.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from math import comb, lcm

from cnncalc.named_tuples import NamedTuple
from cnncalc.symbolic.compile import compiled
from cnncalc.symbolic.equations import solve
from cnncalc.symbolic.expr import Dim
from cnncalc.symbolic.scan import directions, first_from, open_divisors, residue_classes
from cnncalc.symbolic.solutions import MOST, Solutions

PARTS = 6  # stretches that words list
EVERY = frozenset({0})


class Stretch(NamedTuple):
    """The sizes from `first` to `last` that leave one of the residues; `last` is None where they go on without end."""

    first: int
    last: int | None
    period: int = 1
    residues: frozenset[int] = EVERY

    def __contains__(self, n: object) -> bool:
        if not isinstance(n, int) or n < self.first or (self.last is not None and n > self.last):
            return False
        return n % self.period in self.residues

    def smallest(self, least: int) -> int | None:
        """Its smallest size from `least` on."""
        base = max(least, self.first)
        found = min(base + (n - base) % self.period for n in self.residues)
        return found if self.last is None or found <= self.last else None

    def largest(self) -> int | None:
        """Its largest size; None where there is no end."""
        if self.last is None:
            return None
        return max(self.last - (self.last - n) % self.period for n in self.residues)

    def number(self) -> int | None:
        """How many there are; None where they have no end."""
        if self.last is None:
            return None
        return sum((self.last - n) // self.period - (self.first - 1 - n) // self.period for n in self.residues)


class Sizes(NamedTuple):
    """Sizes of 1 and more: stretches one after the other, in a normal form in which equal sets are equal.

    >>> some = Sizes.of("H", [Stretch(188, None, 16, frozenset({12}))])
    >>> some.words(), 204 in some, some.smallest(189)
    ('H is 188, 204, 220, ...: 12 more than a multiple of 16, from 188 on', True, 204)
    """

    name: str
    stretches: tuple[Stretch, ...]

    @classmethod
    def every(cls, name: str) -> Sizes:
        return cls(name, (Stretch(1, None),))

    @classmethod
    def of(cls, name: str, stretches: Iterable[Stretch]) -> Sizes:
        """The normal form of stretches that are in order and do not overlap."""
        found: list[Stretch] = []
        for stretch in stretches:
            for part in _least(stretch):
                while found and (whole := _joined(found[-1], part)) is not None:
                    found.pop()
                    part = whole
                found.append(part)
        return cls(name, tuple(found))

    @classmethod
    def among(cls, name: str, numbers: Iterable[int]) -> Sizes:
        """Some numbers, in order."""
        return cls.of(name, (Stretch(n, n) for n in numbers if n >= 1))

    def __contains__(self, n: object) -> bool:
        return isinstance(n, int) and self.has(n)

    def __bool__(self) -> bool:
        return bool(self.stretches)

    def has(self, n: int) -> bool:
        """Is it one of them?"""
        return any(n in stretch for stretch in self.stretches)

    def smallest(self, least: int = 1) -> int | None:
        """The smallest of them from `least` on."""
        return next((n for stretch in self.stretches if (n := stretch.smallest(least)) is not None), None)

    def largest(self) -> int | None:
        """The largest of them; None where there is none, or no end."""
        return self.stretches[-1].largest() if self.stretches else None

    def number(self) -> int | None:
        """How many there are; None where they have no end."""
        counts = [stretch.number() for stretch in self.stretches]
        return None if None in counts else sum(n for n in counts if n is not None)

    def members(self) -> Iterator[int]:
        """All of them, from the smallest on."""
        n = self.smallest(1)
        while n is not None:
            yield n
            n = self.smallest(n + 1)

    def both(self, other: Sizes) -> Sizes | None:
        """Those that are in both; None where their pattern is too long.

        >>> Sizes.of("H", [Stretch(1, 100, 4)]).both(Sizes.of("H", [Stretch(7, None, 6)])).words()
        'H is 12, 24, 36, ..., 96: a multiple of 12'
        """
        found = []
        for a in self.stretches:
            for b in other.stretches:
                first = max(a.first, b.first)
                last = a.last if b.last is None else b.last if a.last is None else min(a.last, b.last)
                if last is not None and last < first:
                    continue
                if last is not None and last - first < 2 * max(a.period, b.period):
                    found += [Stretch(n, n) for n in range(first, last + 1) if n in a and n in b]
                    continue
                period = lcm(a.period, b.period)
                if period > MOST:
                    return None
                small, large = (a, b) if a.period < b.period else (b, a)
                among = (n + k for n in large.residues for k in range(0, period, large.period))
                residues = frozenset(n for n in among if n % small.period in small.residues)
                found.append(Stretch(first, last, period, residues))
        return Sizes.of(self.name, sorted(found))

    def words(self) -> str:
        """The set in plain English.

        >>> Sizes.among("H", range(193, 225)).words(), Sizes.every("L").words(), Sizes("H", ()).words()
        ('H is 193 to 224', 'any L', 'no H')
        """
        if not self.stretches:
            return f"no {self.name}"
        if self == Sizes.every(self.name):
            return f"any {self.name}"
        texts = [_words(stretch) for stretch in self.stretches]
        if len(texts) > PARTS + 2:
            count = self.number()
            many = f"{count:,} sizes in all" if count is not None else "without end"
            last = self.stretches[-1]
            end = f", the last {last.largest():,}" if last.last is not None else f", in the end {texts[-1]}"
            return f"{self.name} is {', '.join(texts[:PARTS])}, ...: {many}{end}"
        return f"{self.name} is {' or '.join([*([', '.join(texts[:-1])] if texts[1:] else []), texts[-1]])}"

    def to_dict(self) -> dict[str, object]:
        """The set as it is in the JSON."""
        parts = [
            {"from": s.first, "to": s.last, "period": s.period, "residues": sorted(s.residues)} for s in self.stretches
        ]
        return {"text": self.words(), "smallest": self.smallest(), "largest": self.largest(), "parts": parts}


def _words(stretch: Stretch) -> str:
    """One stretch after `H is`."""
    first, last, period, residues = stretch
    if last == first:
        return str(first)
    if period == 1:
        return (
            f"{first} or more" if last is None else f"{first} to {last}" if last > first + 1 else f"{first} or {last}"
        )
    start = stretch.smallest(first) or first
    shown = [start]
    while len(shown) < 3 and (n := stretch.smallest(shown[-1] + 1)) is not None:
        shown.append(n)
    numbers = ", ".join(map(str, shown))
    end = stretch.largest()
    count = stretch.number()
    if count is not None and count <= 3:
        return numbers
    pattern = Solutions(("H"), period, residues).words().removeprefix("H is ").removeprefix("H ")
    if end is None:
        within = all(n in stretch for n in range(1, first) if n % period in residues)
        return f"{numbers}, ...: {pattern}{'' if within or start < period else f', from {start} on'}"
    return f"{numbers}, ..., {end}: {pattern}"


def _least(stretch: Stretch) -> list[Stretch]:
    """The stretch from its first to its last size, with the least period; a short one as runs of sizes."""
    first, last, period, residues = stretch
    if not residues:
        return []
    normal = Solutions.of("", period, residues)
    period, residues = normal.period, normal.residues
    trimmed = Stretch(first, last, period, residues)
    start, end = trimmed.smallest(first), trimmed.largest()
    if start is None:
        return []
    trimmed = Stretch(start, None if last is None else end, period, residues)
    if period == 1 or end is None:
        return [trimmed]
    if end - start < 2 * period or (len(residues) * 4 > 3 * period and end - start < 16 * period):
        return [Stretch(a, b) for a, b in _runs_of(n for n in range(start, end + 1) if n % period in residues)]
    return [trimmed]


def _runs_of(numbers: Iterable[int]) -> list[tuple[int, int]]:
    runs: list[tuple[int, int]] = []
    for n in numbers:
        if runs and runs[-1][1] == n - 1:
            runs[-1] = (runs[-1][0], n)
        else:
            runs.append((n, n))
    return runs


def _joined(a: Stretch, b: Stretch) -> Stretch | None:
    """Both as one, where either continues the pattern of the other."""
    for pattern, other in ((b, a), (a, b)):
        like = other._replace(period=pattern.period, residues=pattern.residues)
        same = other.period == 1 and (other.last == other.first or pattern.first != pattern.last)
        if like == other or (same and other.last is not None and like.number() == other.number()):
            whole = Stretch(a.first, b.last, pattern.period, pattern.residues)
            if a.last is not None and whole.smallest(a.last + 1) == b.first:
                return whole
    return None


# Conditions


def nonnegative(value: Dim, name: str) -> Sizes | None:
    """The sizes of the only symbol at which the value is 0 or more; None where that is not decided.

    >>> from cnncalc.symbolic.expr import symbol
    >>> H = symbol("H")
    >>> nonnegative(7 - (H + 31)//32, "H").words(), nonnegative(H % 16 - 12, "H").words()
    ('H is 1 to 224', 'H is 12, 13, 14, ...: 12 to 15 more than a multiple of 16')
    """
    if isinstance(value, int):
        return Sizes.every(name) if value >= 0 else Sizes(name, ())
    if any(open_divisors(value)):
        return None
    at = compiled([value])
    sign = directions(value).get(name, 0)
    if sign:
        turn = first_from(lambda n: (at({name: n})[0] >= 0) == (sign > 0), 1)
        if turn is not None:
            return Sizes.of(name, [Stretch(turn, None)] if sign > 0 else [Stretch(1, turn - 1)] if turn > 1 else [])
    classes = residue_classes(value)
    if classes is None:
        return None
    start, period, lines = classes
    head = [Stretch(n, n) for n in range(1, start) if at({name: n})[0] >= 0]
    turns: dict[int, list[tuple[int, bool]]] = {start: []}
    for first, differences in enumerate(lines, start):
        for low, high in runs(differences):
            turns.setdefault(first + period * low, []).append((first % period, True))
            if high is not None:
                turns.setdefault(first + period * (high + 1), []).append((first % period, False))
    if len(turns) > MOST // 4:
        return None
    order = sorted(turns)
    within: set[int] = set()
    for first, behind in zip(order, [*order[1:], None]):
        for residue, enters in turns[first]:
            (within.add if enters else within.discard)(residue)
        if behind is not None and behind - first <= period:
            head += [Stretch(n, n) for n in range(first, behind) if n % period in within]
        elif within:
            head.append(Stretch(first, None if behind is None else behind - 1, period, frozenset(within)))
    return Sizes.of(name, head)


def zeros(value: Dim, name: str) -> Sizes | None:
    """The sizes of the only symbol at which the value is 0; None where that is not decided."""
    if not isinstance(value, int) and any(open_divisors(value)):
        known = solve(value, name)
        return known and from_solutions(known)
    above, below = nonnegative(value, name), nonnegative(-value, name)
    return above.both(below) if above is not None and below is not None else None


def from_solutions(known: Solutions) -> Sizes:
    """The solutions of an equation as stretches."""
    early = [Stretch(n, n) for n in sorted({*known.points, *range(1, known.start)}) if n in known and n < known.start]
    far = [Stretch(known.start, None, known.period, known.residues)] if known.residues else []
    late = [Stretch(n, n) for n in sorted(known.points) if n >= known.start]
    if far and late:
        # A point beside the classes cuts their stretch in two.
        whole: list[Stretch] = []
        at = known.start
        for point in late:
            whole += [Stretch(at, point.first - 1, known.period, known.residues), point]
            at = point.first + 1
        late, far = whole, [Stretch(at, None, known.period, known.residues)]
    return Sizes.of(known.name, [*early, *late, *far])


def runs(differences: Sequence[int]) -> list[tuple[int, int | None]]:
    """Where a polynomial is 0 or more, for t = 0, 1, 2, ...; it is given by its forward differences at 0.

    >>> runs([-3, 1]), runs([4, -5, 2]), runs([5, -1])
    ([(3, None)], [(0, 0), (6, None)], [(0, 5)])
    """
    line = list(differences)
    while line and not line[-1]:
        line.pop()
    if len(line) < 2:
        return [(0, None)] if not line or line[0] >= 0 else []

    def at(t: int) -> int:
        return sum(each * comb(t, i) for i, each in enumerate(line))

    # Between the changes of sign of its differences it rises or falls throughout.
    cuts, rises = [0], []
    for low, high in runs(line[1:]):
        if low > cuts[-1]:
            cuts.append(low)
            rises.append(False)
        rises.append(True)
        if high is None:
            break
        cuts.append(high + 1)
    else:
        rises.append(False)
    found: list[tuple[int, int | None]] = []
    for start, end, rising in zip(cuts, [*cuts[1:], None], rises):
        piece = _monotone(at, start, end, rising)
        if piece is not None:
            if found and found[-1][1] is not None and found[-1][1] + 1 >= piece[0]:
                found[-1] = (found[-1][0], piece[1])
            else:
                found.append(piece)
    return found


def _monotone(at: Callable[[int], int], start: int, end: int | None, rising: bool) -> tuple[int, int | None] | None:
    """Where a function is 0 or more from `start` to `end`, between which it never falls, or never rises."""

    def turned(t: int) -> bool:
        """Is it past the change of its sign? After the end it counts as past, so that no search goes on there."""
        return (end is not None and t >= end) or (at(t) >= 0) == rising

    turn = first_from(turned, start)
    if turn is None:
        return None  # not met: a polynomial that is no constant grows past every bound
    if rising:
        return (turn, end) if at(turn) >= 0 else None
    last = turn if at(turn) >= 0 else turn - 1
    return (start, last) if last >= start else None
