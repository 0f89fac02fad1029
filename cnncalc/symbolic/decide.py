"""What holds for all sizes, what for some, and for which.

Everything rests on one fact. Where the divisors are plain ints, a value is, on each residue class
of its symbols modulo the product of the divisors over them, a polynomial with integer coefficients.
Finitely many evaluations then prove an equality, and tell the sizes at which an equation holds.
Work is bounded: past the bound an answer is "not decided", never a guess.

>>> from cnncalc.symbolic.expr import symbol
>>> H = symbol("H")
>>> solutions(2*(H//16), H//8).words()
'H is 0 to 7 more than a multiple of 16'
>>> smallest([(H - 3)//2 - 2, (H - 1)//4 - 1], [])
{'H': 7}
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from heapq import heappop, heappush
from itertools import product
from math import lcm
from typing import NamedTuple, TypeAlias

from cnncalc.symbolic.compile import compiled
from cnncalc.symbolic.expr import Dim, Expr, Floor, Monomial, Sym, atoms, rebuild, symbols
from cnncalc.symbolic.solutions import Solutions

__all__ = [
    "Proved",
    "Solutions",
    "Undecided",
    "Witness",
    "always_at_least",
    "bounds",
    "equal",
    "inverse",
    "smallest",
    "solutions",
]

POINTS = 200_000  # sizes at which one question may look
WORK = 8_000_000  # sizes times the factors to compute at each: about half a second
PERIOD = 4096  # residue classes of one symbol, and exceptions listed one by one
STEPS = 40_000  # evaluations in one search for smallest sizes
FAR = 1 << 256  # no search goes beyond

Range: TypeAlias = tuple[int | None, int | None]
"""The least and the greatest value, None where there is none."""


# Bounds


def bounds(value: Dim, least: Mapping[str, int] | None = None) -> Range:
    """The least and the greatest value, where a symbol is 1 or more, or its `least` or more.

    Sound always; tight where each symbol occurs once and no coefficient is negative.

    >>> from cnncalc.symbolic.expr import symbol
    >>> H = symbol("H")
    >>> bounds((H + 31)//32), bounds((H + 31)//32, {"H": 224}), bounds((H + 1)//2 - H//2)
    ((1, None), (7, None), (0, 1))
    """
    if isinstance(value, int):
        return value, value
    least = least or {}
    low: int | None = 0
    high: int | None = 0
    for mono, coefficient in value.terms.items():
        a, b = _product_range(mono, least)
        if coefficient < 0:
            a, b = b, a
        low = None if low is None or a is None else low + coefficient * a
        high = None if high is None or b is None else high + coefficient * b
    return _without_floors(value, least) if low is None and high is None else (low, high)


def _product_range(mono: Monomial, least: Mapping[str, int]) -> Range:
    low: int | None = 1
    high: int | None = 1
    for atom, power in mono:
        a, b = (least.get(atom.key, 1), None) if isinstance(atom, Sym) else _floor_range(atom, least)
        if low is not None and low >= 0 and a is not None and a >= 0:
            low *= a**power
            high = 0 if 0 in (high, b) else None if high is None or b is None else high * b**power
        elif low is None or high is None or a is None or b is None:
            return None, None
        else:  # a power lies between the products of the ends
            for _ in range(power):
                ends = (low * a, low * b, high * a, high * b)
                low, high = min(ends), max(ends)
    return low, high


def _floor_range(floor: Floor, least: Mapping[str, int]) -> Range:
    (low, high), (near, far) = bounds(floor.num, least), bounds(floor.den, least)
    near = max(near or 1, 1)  # a divisor is positive
    if low is not None:
        low = low // near if low < 0 else 0 if far is None else low // max(far, near)
    if high is not None:
        high = high // near if high >= 0 else -1 if far is None else high // max(far, near)
    return low, high


def _without_floors(value: Expr, least: Mapping[str, int]) -> Range:
    """Where terms of both signs may cancel: u//d == (u - r)/d with 0 <= r <= d - 1."""
    floors = {
        mono: atom
        for mono in value.terms
        for atom, power in mono
        if len(mono) == power == 1 and isinstance(atom, Floor) and isinstance(atom.den, int)
    }
    if not floors:
        return None, None
    scale = lcm(*(atom.den for atom in floors.values() if isinstance(atom.den, int)))
    scaled: Dim = 0  # scale * value, but for the remainders
    below = above = 0  # what the remainders take away from it, and add
    for mono, coefficient in value.terms.items():
        if mono in floors:
            den = floors[mono].den
            assert isinstance(den, int)
            times = coefficient * (scale // den)
            scaled = scaled + floors[mono].num * times
            below += max(times, 0) * (den - 1)
            above += max(-times, 0) * (den - 1)
        else:
            scaled = scaled + Expr({mono: coefficient * scale})
    low, high = bounds(scaled, least)
    return None if low is None else -((below - low) // scale), None if high is None else (high + above) // scale


def always_at_least(value: Dim, least: int) -> bool | None:
    """Whether the value is `least` or more at all sizes; None where that is not decided.

    >>> from cnncalc.symbolic.expr import symbol
    >>> always_at_least(symbol("H")//2, 0), always_at_least(symbol("H")//2, 1)
    (True, False)
    """
    low, high = bounds(value)
    if low is not None and low >= least:
        return True
    if high is not None and high < least:
        return False
    at = _evaluator([value])
    if any((got := at(sizes)) and got[0] < least for sizes in _tries([value])):
        return False
    classes = _classes(value)
    if classes is None:
        return None
    # first + slope*t + ... in Newton's form rises with t where no difference is negative.
    if all(first >= least and min(rest, default=0) >= 0 for first, *rest in classes.values()):
        return True
    linear = all(not any(rest[1:]) for _, *rest in classes.values())
    return False if linear else None


# Equality


class Proved:
    """Equal at all sizes."""

    __slots__ = ()

    def __repr__(self) -> str:
        return "Proved()"


class Witness(NamedTuple):
    """Sizes at which the two sides differ."""

    sizes: dict[str, int]
    left: int
    right: int


class Undecided(NamedTuple):
    """Neither proved nor refuted."""

    reason: str


def equal(left: Dim, right: Dim) -> Proved | Witness | Undecided:
    """Whether both sides have the same value at all sizes of 1 and more.

    On a residue class of each symbol modulo its period the difference is a polynomial. One whose
    degree in each symbol is d at most, and that is 0 on a grid of d + 1 sizes of each, is 0.

    >>> from cnncalc.symbolic.expr import symbol
    >>> H = symbol("H")
    >>> equal(H//2 + (H + 1)//2, H), equal(2*(H//2), H)
    (Proved(), Witness(sizes={'H': 1}, left=0, right=1))
    """
    difference = left - right
    if difference == 0:
        return Proved()
    both = _evaluator([left, right])

    def witness(sizes: dict[str, int]) -> Witness | None:
        got = both(sizes)
        return Witness(sizes, *got) if got and got[0] != got[1] else None

    for sizes in _tries([left, right]):
        if found := witness(sizes):
            return found
    shape = _shape(difference)
    if shape is None or isinstance(difference, int):
        return Undecided("a divisor is open")
    count, grid = 1, []
    for period, degree in shape.values():
        count *= period * (degree + 1)
        grid.append(range(1, period * (degree + 1) + 1))
    if count > _affordable(difference):
        return Undecided("a proof would have to look at too many sizes")
    rest = dict.fromkeys(symbols(left) | symbols(right), 1)
    at = compiled([difference])
    for numbers in product(*grid):
        sizes = dict(zip(shape, numbers))
        if at(sizes)[0]:
            return witness({**rest, **sizes}) or Undecided("a divisor is open")
    return Proved()


# The sizes that solve an equation


def inverse(value: Dim, target: int) -> Solutions | None:
    """The sizes at which the value is `target`.

    (H + a)//d == v holds exactly for d*v - a <= H <= d*v - a + d - 1.

    >>> from cnncalc.symbolic.expr import symbol
    >>> inverse((symbol("H") + 31)//32, 2).words()
    'H is 33 to 64'
    """
    return solutions(value, target)


def solutions(left: Dim, right: Dim) -> Solutions | None:
    """The sizes at which both sides are equal; None where that is not decided.

    Decided are equations in one symbol whose sides' difference rises or falls on each residue class
    of a bounded period. A divisor may be open where it divides a number.

    >>> from cnncalc.symbolic.expr import symbol
    >>> H, g = symbol("H"), symbol("g")
    >>> solutions(8*(H//8), H).words(), solutions(64 % g, 0).words()
    ('H is a multiple of 8', 'g divides 64')
    """
    difference = left - right
    names = symbols(difference) or symbols(left) | symbols(right)
    return _solve(difference, names.pop()) if len(names) == 1 else None


def _solve(value: Dim, name: str) -> Solutions | None:
    """The sizes of the only symbol at which the value is 0."""
    if isinstance(value, int):
        return Solutions.of(name, residues=() if value else (0,))
    if _has_open_divisor(value):
        return _solve_settled(value, name)
    at = compiled([value])
    sign = _direction(value, name)
    if sign:
        zeros = _zeros(lambda n: sign * at({name: n})[0], 1)
        return Solutions.of(name, points=zeros) if zeros is not None and len(zeros) <= PERIOD else None
    classes = _classes(value)
    if classes is None:
        return None
    period = len(classes)
    residues = []
    points: list[int] = []
    for residue, (first, *rest) in classes.items():
        if not any(rest):
            if not first:
                residues.append(residue)
            continue
        if min(rest) < 0 < max(rest):
            return None
        sign = 1 if max(rest) > 0 else -1
        # The lambda is done with before the next residue comes.
        zeros = _zeros(lambda t: sign * at({name: residue + period * t})[0], 0)  # noqa: B023
        if zeros is None:
            return None
        points += (residue + period * t for t in zeros)
    return Solutions.of(name, period, residues, points=points)


def _solve_settled(value: Expr, name: str) -> Solutions | None:
    """Numbers divided by what grows past them are 0 in the end (-1 below 0); before that, look."""
    start = 1
    settled: dict[str, int] = {}
    for atom in atoms(value):
        if isinstance(atom, Floor) and isinstance(atom.den, Expr):
            if not isinstance(atom.num, int) or _direction(atom.den, name) != 1:
                return None
            den, number = compiled([atom.den]), abs(atom.num)
            past = _first(lambda n: den({name: n})[0] > number, start)  # noqa: B023
            if past is None or past > PERIOD:
                return None
            start = past
            settled[atom.key] = 0 if atom.num >= 0 else -1

    def put_in(atom: Sym | Floor) -> Dim:
        if isinstance(atom, Sym):
            return Expr({((atom, 1),): 1})
        if atom.key in settled:
            return settled[atom.key]
        return (atom.num if isinstance(atom.num, int) else rebuild(atom.num, put_in)) // atom.den

    later = _solve(rebuild(value, put_in), name)
    if later is None:
        return None
    at = _evaluator([value])
    points = {n for n in range(1, start) if at({name: n}) == (0,)} | {n for n in later.points if n >= start}
    return Solutions.of(name, later.period, later.residues, max(start, later.start), points)


# The smallest sizes


class _Spent(Exception):
    """The search has used up its steps."""


class _Condition:
    """A value that has to be 0, or else 0 or more."""

    __slots__ = ("at", "directions", "equation", "names", "solutions", "value")

    def __init__(self, value: Dim, equation: bool) -> None:
        self.value = value
        self.equation = equation
        self.names = symbols(value)
        self.at = _evaluator([value])
        self.directions = {name: _direction(value, name) for name in self.names}
        alone = equation and len(self.names) == 1
        self.solutions = _solve(value, *self.names) if alone else None

    def holds(self, sizes: Mapping[str, int]) -> bool:
        got = self.at(sizes)
        return got is not None and (got[0] == 0 if self.equation else got[0] >= 0)

    def next(self, sizes: dict[str, int], name: str, least: int, steps: list[int]) -> int | None:
        """The first size of `name` from `least` on at which it holds, beside the other sizes."""

        def tried(n: int) -> dict[str, int]:
            steps[0] -= 1
            if steps[0] < 0:
                raise _Spent
            sizes[name] = n
            return sizes

        if self.holds(tried(least)):
            return least
        if self.solutions is not None:
            return self.solutions.smallest(least)
        sign = self.directions[name]
        if not sign:
            n = least + 1
            while not self.holds(tried(n)):
                n += 1
            return n
        if not self.equation and sign < 0:
            return None
        found = _first(lambda n: sign * _number(self.at(tried(n))) >= 0, least)
        return found if found is not None and self.holds(tried(found)) else None


def smallest(requirements: Sequence[Dim], equations: Sequence[tuple[Dim, Dim]]) -> dict[str, int] | None:
    """The smallest sizes at which each requirement is 0 or more and both sides of each equation agree.

    Symbols that a requirement or an equation holds together get the sizes with the smallest sum.
    None where no sizes do, or none were found within the bound.

    >>> from cnncalc.symbolic.expr import symbol
    >>> H, W = symbol("H"), symbol("W")
    >>> smallest([(H - 7)//2, H*W - 100], [(W % 16, 0)])
    {'H': 7, 'W': 16}
    """
    sides = [side for equation in equations for side in equation]
    names = sorted(set().union(*map(symbols, [*requirements, *sides])))
    wanted = {(value, False): None for value in requirements} | {(a - b, True): None for a, b in equations}
    if any(value != 0 if equation else value < 0 for value, equation in wanted if isinstance(value, int)):
        return None
    conditions = [_Condition(value, equation) for value, equation in wanted if isinstance(value, Expr)]
    steps = [STEPS]
    sizes: dict[str, int] = {}
    try:
        for group in _groups(names, conditions):
            among = [condition for condition in conditions if condition.names <= set(group)]
            found = _smallest_together(group, among, steps)
            if found is None:
                return None
            sizes.update(found)
    except _Spent:
        return None
    # Sides whose difference has lost an open divisor are looked at once more.
    return sizes if _evaluator([*requirements, *sides])(sizes) is not None else None


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
        steps[0] -= 1 + len(within)
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


# Looking at values


def _number(got: tuple[int, ...] | None) -> int:
    assert got is not None
    return got[0]


def _has_open_divisor(value: Dim) -> bool:
    return any(isinstance(atom, Floor) and isinstance(atom.den, Expr) for atom in atoms(value))


def _evaluator(values: Sequence[Dim]) -> Callable[[Mapping[str, int]], tuple[int, ...] | None]:
    """A function from sizes to the values, None where a divisor is not positive."""
    divisors = {
        atom.den: None
        for value in values
        for atom in atoms(value)
        if isinstance(atom, Floor) and isinstance(atom.den, Expr)
    }
    function = compiled([*values, *divisors])
    if not divisors:
        return function
    count = len(values)

    def at(sizes: Mapping[str, int]) -> tuple[int, ...] | None:
        try:
            got = function(sizes)
        except ZeroDivisionError:
            return None
        return got[:count] if min(got[count:]) > 0 else None

    return at


def _direction(value: Dim, name: str) -> int:
    """1 where the value never falls as the symbol grows, -1 where it never rises, else 0.

    In canonical form every coefficient within a floor by an int is positive, so that no atom is
    negative and none falls: the signs of the terms decide.
    """
    if isinstance(value, int):
        return 1
    if _has_open_divisor(value):
        return 0
    signs = {
        coefficient > 0
        for mono, coefficient in value.terms.items()
        if any(name in symbols(Expr({((atom, 1),): 1})) for atom, _ in mono)
    }
    return 0 if len(signs) > 1 else -1 if signs == {False} else 1


def _shape(value: Dim) -> dict[str, tuple[int, int]] | None:
    """For each symbol the period, and the degree on a residue class; None with an open divisor.

    An integer polynomial u(s + d*t) is u(s) plus d times an integer polynomial in t, so that u//d
    is one too, on the classes modulo d times the period of u.
    """
    total: dict[str, tuple[int, int]] = {}
    if isinstance(value, int):
        return total
    for mono in value.terms:
        term: dict[str, tuple[int, int]] = {}
        for atom, power in mono:
            inner: dict[str, tuple[int, int]] | None = {atom.key: (1, 1)}
            den: Dim = 1
            if isinstance(atom, Floor):
                inner, den = _shape(atom.num), atom.den
            if inner is None or not isinstance(den, int):
                return None
            for name, (period, degree) in inner.items():
                before = term.get(name, (1, 0))
                term[name] = lcm(before[0], period * den), before[1] + degree * power
        for name, (period, degree) in term.items():
            before = total.get(name, (1, 0))
            total[name] = lcm(before[0], period), max(before[1], degree)
    return total


def _affordable(value: Expr) -> int:
    """At how many sizes a value may be computed."""
    factors = sum(1 + sum(power for _, power in mono) for mono in value.terms)
    inner = sum(
        1 + len(atom.num.terms) for atom in atoms(value) if isinstance(atom, Floor) if isinstance(atom.num, Expr)
    )
    return min(POINTS, WORK // (10 + factors + inner))


def _classes(value: Dim) -> dict[int, list[int]] | None:
    """For each residue, 1 to the period, the value's forward differences along its class from there on.

    None for more or less than one symbol, an open divisor, or too many sizes to look at.
    """
    shape = _shape(value)
    if shape is None or len(shape) != 1 or isinstance(value, int):
        return None
    ((name, (period, degree)),) = shape.items()
    if period > PERIOD or period * (degree + 1) > _affordable(value):
        return None
    at = compiled([value])
    classes = {}
    for residue in range(1, period + 1):
        line = [at({name: residue + period * t})[0] for t in range(degree + 1)]
        differences = []
        while line:
            differences.append(line[0])
            line = [b - a for a, b in zip(line, line[1:])]
        classes[residue] = differences
    return classes


def _first(holds: Callable[[int], bool], least: int) -> int | None:
    """The first n from `least` on at which something holds that goes on to hold; None past the bound."""
    if holds(least):
        return least
    step = 1
    while not holds(least + step):
        step *= 2
        if step > FAR:
            return None
    low, high = least + step // 2, least + step
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if holds(middle) else (middle, high)
    return high


def _zeros(rising: Callable[[int], int], least: int) -> range | None:
    """Where a function that never falls, and that grows past 0, is 0; None past the bound."""
    start = _first(lambda n: rising(n) >= 0, least)
    stop = None if start is None else _first(lambda n: rising(n) > 0, start)
    return None if start is None or stop is None else range(start, stop)


def _tries(values: Sequence[Dim]) -> Iterator[dict[str, int]]:
    """Sizes that are likely to tell two values apart: small ones, and those around the divisors."""
    names = sorted(set().union(*map(symbols, values)))
    divisors = {a.den for value in values for a in atoms(value) if isinstance(a, Floor) if isinstance(a.den, int)}
    near = {d * k + e for d in sorted(divisors)[:12] for k in (1, 2) for e in (-1, 0, 1)} - {0}
    numbers = sorted({1, 2, 3, 4, 5, 6, 7, 97, 1000, 1_000_003} | near)
    for n in numbers:
        yield dict.fromkeys(names, n)
    if len(names) > 1:
        state = 1
        for _ in range(120):  # draws that are the same in each run (Knuth's MMIX generator)
            sizes = {}
            for name in names:
                state = (6364136223846793005 * state + 1442695040888963407) % (1 << 64)
                sizes[name] = numbers[(state >> 33) % len(numbers)]
            yield sizes
