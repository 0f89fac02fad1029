"""Values at many sizes: where they rise, where they repeat, and how often one may look.

Everything rests on one fact. Where all divisors are plain ints, a value is a polynomial with integer coefficients
on each residue class of its symbols, modulo the product of the divisors over them. With minima and maxima this holds
from some size on, after which each of them is always the same one of its sizes. Finitely many evaluations then prove
an equality, and tell the sizes at which an equation holds.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import lru_cache
from itertools import combinations, pairwise
from math import gcd, lcm

from cnncalc.named_tuples import NamedTuple
from cnncalc.symbolic.compile import compiled
from cnncalc.symbolic.expr import Atom, Dim, Expr, Extreme, Floor, Sym, atoms, symbols

POINTS = 200_000  # sizes at which one question may look
WORK = 8_000_000  # sizes times the factors to compute at each: about half a second
PERIOD = 4096  # residue classes of one symbol, and exceptions listed one by one
FAR = 1 << 256  # no search goes beyond


def open_divisors(value: Dim) -> Iterator[Floor]:
    """The floors within the value whose divisor is no plain int."""
    return (atom for atom in atoms(value) if isinstance(atom, Floor) and isinstance(atom.den, Expr))


def evaluator(values: Sequence[Dim]) -> Callable[[Mapping[str, int]], tuple[int, ...] | None]:
    """A function from sizes to the values, None where a divisor is not positive."""
    divisors = {floor.den: None for value in values for floor in open_divisors(value)}
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


def directions(value: Dim) -> dict[str, int]:
    """For each symbol 1 where the value never falls as it grows, -1 where it never rises, else 0.

    In canonical form every coefficient within a floor by an int, a minimum or a maximum is positive, so that no atom
    is negative and none falls: the signs of the terms decide.
    """
    if isinstance(value, int):
        return {}
    if any(open_divisors(value)):
        return dict.fromkeys(symbols(value), 0)
    signs: dict[str, int] = {}
    for mono, coefficient in value.terms.items():
        sign = 1 if coefficient > 0 else -1
        for name in symbols(Expr({mono: 1})):
            signs[name] = sign if signs.get(name, sign) == sign else 0
    return signs


class Shape(NamedTuple):
    """How a value depends on one symbol, n = residue + period*t, with all else left alone."""

    period: int
    degree: int  # in t, at most
    step: int | None  # what each t adds, where that is one number for all residues
    start: int = 1  # the first n from which on all this holds


def shape_of(value: Dim) -> dict[str, Shape] | None:
    """For each symbol how the value depends on it; None with an open divisor, or where it is not found.

    An integer polynomial u(s + k*t) is u(s) plus k times an integer polynomial in t, so that with
    k = d the floor u//d is one too. Where u has a step, k*step need only be a multiple of d.

    >>> from cnncalc.symbolic.expr import symbol
    >>> shape_of(symbol("H")//4), shape_of(symbol("H") % 4)
    ({'H': Shape(period=4, degree=1, step=1, start=1)}, {'H': Shape(period=4, degree=0, step=0, start=1)})
    """
    total: dict[str, Shape] = {}
    if isinstance(value, int):
        return total
    for mono, coefficient in value.terms.items():
        term: dict[str, Shape] = {}
        for atom, power in mono:
            inner = _atom_shape(atom)
            if inner is None:
                return None
            for name, (period, degree, step, start) in inner.items():
                before = term.get(name, Shape(1, 0, 0))
                degree = before.degree + degree * power
                linear = len(mono) == power == 1 and step is not None
                step = 0 if degree == 0 else coefficient * (step or 0) if linear else None
                term[name] = Shape(lcm(before.period, period), degree, step, max(before.start, start))
        for name, more in term.items():
            total[name] = _sum_shape(total.get(name, Shape(1, 0, 0)), more)
    return total


def _atom_shape(atom: Atom) -> dict[str, Shape] | None:
    if isinstance(atom, Sym):
        return {atom.key: Shape(1, 1, 1)}
    return _floor_shape(atom) if isinstance(atom, Floor) else _extreme_shape(atom)


@lru_cache(1024)
def _extreme_shape(extreme: Extreme) -> dict[str, Shape] | None:
    """Of a minimum or maximum in one symbol: from where on no two of its sizes cross."""
    names = set().union(*map(symbols, extreme.values))
    if len(names) != 1:
        return None
    (name,) = names
    pairs = [a - b for a, b in combinations(extreme.values, 2)]
    found = [shape_of(value) for value in (*extreme.values, *pairs)]
    shapes = [each.get(name, Shape(1, 0, 0)) for each in found if each is not None]
    if len(shapes) < len(found):
        return None
    period, start = lcm(*(each.period for each in shapes)), max(each.start for each in shapes)
    degree = max(each.degree for each in shapes)
    if period > PERIOD:
        return None
    at = compiled(pairs)
    settled = start
    for first in range(start, start + period):
        skipped = 0
        while True:  # until each difference, and all its differences along the class, have one sign
            points = [at({name: first + period * (skipped + t)}) for t in range(degree + 1)]
            if all(_one_sign(list(line)) for line in zip(*points)):
                break
            skipped = 2 * skipped + 1
            if skipped * period > PERIOD:
                return None
        settled = max(settled, first + period * skipped)
    return {name: Shape(period, degree, None, settled)}


def _one_sign(line: list[int]) -> bool:
    differences = _differences(line)
    return min(differences) >= 0 or max(differences) <= 0


def _differences(line: list[int]) -> list[int]:
    """The forward differences at the first of the values: the polynomial through them in Newton's form."""
    found = []
    while line:
        found.append(line[0])
        line = [b - a for a, b in pairwise(line)]
    return found


def _floor_shape(floor: Floor) -> dict[str, Shape] | None:
    inner, den = shape_of(floor.num), floor.den
    if inner is None or not isinstance(den, int):
        return None
    shapes = {}
    for name, (period, degree, step, start) in inner.items():
        times = den if step is None else den // gcd(den, step)
        shapes[name] = Shape(period * times, degree, None if step is None else step * times // den, start)
    return shapes


def _sum_shape(a: Shape, b: Shape) -> Shape:
    period = lcm(a.period, b.period)
    step = None
    if a.step is not None and b.step is not None:
        step = a.step * (period // a.period) + b.step * (period // b.period)
    return Shape(period, 0 if step == 0 else max(a.degree, b.degree), step, max(a.start, b.start))


def cost(value: Expr) -> int:
    """What computing the value takes: its factors, and the terms within its atoms."""
    factors = sum(1 + sum(power for _, power in mono) for mono in value.terms)
    return factors + sum(
        1 + len(inner.terms)
        for atom in atoms(value)
        for inner in ((atom.num,) if isinstance(atom, Floor) else () if isinstance(atom, Sym) else atom.values)
        if isinstance(inner, Expr)
    )


def affordable(value: Expr) -> int:
    """At how many sizes a value may be computed."""
    return min(POINTS, WORK // (10 + cost(value)))


class Classes(NamedTuple):
    """A value in one symbol on each residue class, from a size on."""

    start: int
    period: int
    differences: list[list[int]]  # for each size from `start` on the forward differences along its class from there


def residue_classes(value: Dim) -> Classes | None:
    """The value's forward differences on each residue class.

    None for more or less than one symbol, an open divisor, or too many sizes to look at.
    """
    shape = shape_of(value)
    if shape is None or len(shape) != 1 or isinstance(value, int):
        return None
    ((name, (period, degree, _, start)),) = shape.items()
    if max(period, start) > PERIOD or start + period * (degree + 1) > affordable(value):
        return None
    at = compiled([value])
    lines = ([at({name: n + period * t})[0] for t in range(degree + 1)] for n in range(start, start + period))
    return Classes(start, period, list(map(_differences, lines)))


def first_from(holds: Callable[[int], bool], least: int) -> int | None:
    """The first n, `least` or more, from which on a condition holds; None past the bound."""
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


def zeros_from(rising: Callable[[int], int], least: int) -> range | None:
    """Where a function that never falls, and that grows past 0, is 0; None past the bound."""
    start = first_from(lambda n: rising(n) >= 0, least)
    stop = None if start is None else first_from(lambda n: rising(n) > 0, start)
    return None if start is None or stop is None else range(start, stop)


def zeros_of(line: Sequence[int]) -> list[int] | None:
    """The t of 0 and more at which a polynomial in Newton's form is 0; None where all from some t on are.

    Where its first differences keep their sign it never turns, and the differences are a polynomial of one degree less.

    >>> zeros_of([6, -4, 2])  # t*t - 5*t + 6
    [2, 3]
    """
    found: list[int] = []
    for first, stop, sign in _signs(line):
        if sign == 0:
            if stop is None:
                return None
            found += range(first, stop)
    return found


def _signs(line: Sequence[int]) -> list[tuple[int, int | None, int]]:
    """Where a polynomial is below 0, 0 and above 0: pieces from a first t on up to a stop that is left out."""

    def at(t: int) -> int:
        total, ways = 0, 1
        for k, difference in enumerate(line):
            total += difference * ways
            ways = ways * (t - k) // (k + 1)
        return total

    if not any(line[1:]):
        return [(0, None, (line[0] > 0) - (line[0] < 0))]
    pieces: list[tuple[int, int | None, int]] = []
    for first, stop, way in _signs(line[1:]):  # from `first` on it goes one way, or stays
        up = way or 1
        start: int | None = first
        for sign, past in ((-up, 0), (0, 1)):
            end = _first(lambda t: up * at(t) >= past, start or 0, stop, bool(way))  # noqa: B023
            if end != start:
                pieces.append((start or 0, end, sign))
            start = end
            if start == stop:
                break
        else:
            pieces.append((start or 0, stop, up))
    return pieces


def _first(holds: Callable[[int], bool], first: int, stop: int | None, ever: bool) -> int | None:
    """The first t before a stop from which on a condition holds, else the stop."""
    if stop is None:
        return first_from(holds, first) if ever or holds(first) else None
    low, high = first, stop
    while low < high:
        middle = (low + high) // 2
        low, high = (low, middle) if holds(middle) else (middle + 1, high)
    return low


def tries(values: Sequence[Dim]) -> Iterator[dict[str, int]]:
    """Sizes that are likely to tell two values apart: small ones, and those around the divisors."""
    names = sorted(set().union(*map(symbols, values)))
    divisors = {a.den for value in values for a in atoms(value) if isinstance(a, Floor) if isinstance(a.den, int)}
    near = {d * k + e for d in sorted(divisors)[:12] for k in (1, 2) for e in (-1, 0, 1)} - {0}
    numbers = sorted({*range(1, 17), 97, 1000, 1_000_003} | near)
    for n in numbers:
        yield dict.fromkeys(names, n)
    if len(names) > 1:
        state = 1
        for _ in range(120):  # numbers that are the same in each run (Knuth's MMIX generator)
            sizes = {}
            for name in names:
                state = (6364136223846793005 * state + 1442695040888963407) % (1 << 64)
                sizes[name] = numbers[(state >> 33) % len(numbers)]
            yield sizes
