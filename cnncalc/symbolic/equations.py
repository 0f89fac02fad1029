"""The sizes at which two sides are equal."""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache

from cnncalc.symbolic.bounds import bounds
from cnncalc.symbolic.compile import compiled
from cnncalc.symbolic.expr import Atom, Dim, Expr, Floor, Monomial, Sym, rebuild, remade, symbol, symbols
from cnncalc.symbolic.scan import (
    PERIOD,
    affordable,
    directions,
    evaluator,
    first_from,
    open_divisors,
    residue_classes,
    shape_of,
    zeros_from,
    zeros_of,
)
from cnncalc.symbolic.solutions import Solutions


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

    Decided are equations in one symbol, or in one product of sizes, whose period is bounded. A divisor may be open
    where it divides a number.

    >>> from cnncalc.symbolic.expr import symbol
    >>> H, g = symbol("H"), symbol("g")
    >>> solutions(8*(H//8), H).words(), solutions(64 % g, 0).words(), solutions((H*g) % 2, 0).words()
    ('H is a multiple of 8', 'g divides 64', 'H*g is even')
    """
    difference = left - right
    names = symbols(difference) or symbols(left) | symbols(right)
    if len(names) == 1:
        return solve(difference, names.pop())
    return _solve_product(difference) if isinstance(difference, Expr) else None


def _solve_product(value: Expr) -> Solutions | None:
    """The solutions for a product of sizes, where the value depends on nothing else."""
    base = _base(value)
    if base is None:
        return None
    name = str(Expr({base: 1}))
    found = solve(_with_base(value, base, symbol(name)), name)
    if found is None or (bounds(Expr({base: 1}))[0] or 0) >= 1:
        return found
    # The product can be 0, which is no size: what is said of its multiples has to hold for it.
    zero = _with_base(value, base, 0) == 0
    return found if zero == (found.start == 1 and 0 in found.residues) else None


def _base(value: Expr) -> Monomial | None:
    """The product of which all terms are powers, within floors too."""
    leaves = [*_leaves(value)]
    base = min(leaves, key=lambda mono: sum(power for _, power in mono), default=())
    if len(base) < 2 or any(_power(mono, base) is None for mono in leaves):
        return None
    return base


def _leaves(value: Dim) -> Iterator[Monomial]:
    for mono in value.terms if isinstance(value, Expr) else ():
        atom = mono[0][0] if len(mono) == 1 else None
        if isinstance(atom, Floor) and isinstance(atom.den, int):
            yield from _leaves(atom.num)
        elif mono:
            yield mono


def _power(mono: Monomial, base: Monomial) -> int | None:
    """The power of a base that a product is."""
    powers, wanted = dict(mono), dict(base)
    times = {powers[atom] / power for atom, power in base if atom in powers}
    if powers.keys() != wanted.keys() or len(times) != 1:
        return None
    (count,) = times
    return int(count) if count.is_integer() else None


def _with_base(value: Dim, base: Monomial, put: Dim) -> Dim:
    """The value with another size in place of the product."""
    total: Dim = 0
    for mono, coefficient in value.terms.items() if isinstance(value, Expr) else [((), value)]:
        term: Dim = coefficient
        if len(mono) == 1 and isinstance(floor := mono[0][0], Floor) and isinstance(floor.den, int):
            inner = _with_base(floor.num, base, put) // floor.den
            for _ in range(mono[0][1]):
                term = term * inner
        elif mono:
            for _ in range(_power(mono, base) or 0):
                term = term * put
        total = total + term
    return total


def either(left: Dim, right: Dim) -> tuple[Solutions, Solutions] | None:
    """Sets of sizes of two symbols: both sides are equal exactly where one of the symbols is in its set.

    A prime, for example, divides a product where it divides a factor. None where there are no such sets, or that is
    not decided.

    >>> from cnncalc.symbolic.expr import symbol
    >>> H, W = symbol("H"), symbol("W")
    >>> product = (H + 1)*(W//2)
    >>> [one.words() for one in either(product, 3*(product//3)) or ()]
    ['H is 1 less than a multiple of 3', 'W is 0 or 1 more than a multiple of 6']
    """
    difference = left - right
    shape = shape_of(difference)
    if shape is None or len(shape) != 2 or isinstance(difference, int):
        return None
    (first, (rows, degree, _, start)), (second, (columns, other, _, begin)) = shape.items()
    high, wide = rows * (degree + 1), columns * (other + 1)
    if max(start, begin) > 1 or high * wide > affordable(difference):
        return None
    at = compiled([difference])
    grid = [[at({first: n, second: m})[0] for m in range(1, wide + 1)] for n in range(1, high + 1)]
    if any(row[m] != grid[n % rows][m % columns] for n, row in enumerate(grid) for m in range(wide)):
        return None  # not the same along each residue class
    met = [[not grid[n][m] for m in range(columns)] for n in range(rows)]
    by_row = [all(row) for row in met]
    by_column = [all(column) for column in zip(*met)]
    if any(met[n][m] != (by_row[n] or by_column[m]) for n in range(rows) for m in range(columns)):
        return None
    return (
        Solutions.of(first, rows, [n for n, held in enumerate(by_row, 1) if held]),
        Solutions.of(second, columns, [m for m, held in enumerate(by_column, 1) if held]),
    )


@lru_cache(256)
def solve(value: Dim, name: str) -> Solutions | None:
    """The sizes of the only symbol at which the value is 0."""
    if isinstance(value, int):
        return Solutions.of(name, residues=() if value else (0,))
    if any(open_divisors(value)):
        return _solve_settled(value, name)
    at = compiled([value])
    sign = directions(value)[name]
    if sign:
        zeros = zeros_from(lambda n: sign * at({name: n})[0], 1)
        if zeros is not None:
            return Solutions.of(name, points=zeros) if len(zeros) <= PERIOD else None
    classes = residue_classes(value)
    if classes is None:
        return None
    start, period, lines = classes
    residues = []
    points = [n for n in range(1, start) if at({name: n})[0] == 0]
    for first, (value_there, *rest) in enumerate(lines, start):
        if not any(rest):
            if not value_there:
                residues.append(first)
            continue
        points += (first + period * t for t in zeros_of([value_there, *rest]) or ())
    return Solutions.of(name, period, residues, start, points)


def _solve_settled(value: Expr, name: str) -> Solutions | None:
    """Numbers divided by what grows past them are 0 in the end (-1 below 0); before that, look."""
    start = 1
    settled: dict[str, int] = {}
    for floor in open_divisors(value):
        if not isinstance(floor.num, int) or directions(floor.den)[name] != 1:
            return None
        den, number = compiled([floor.den]), abs(floor.num)
        past = first_from(lambda n: den({name: n})[0] > number, start)  # noqa: B023
        if past is None or past > PERIOD:
            return None
        start = past
        settled[floor.key] = 0 if floor.num >= 0 else -1

    def put_in(atom: Atom) -> Dim:
        if isinstance(atom, Sym):
            return Expr({((atom, 1),): 1})
        if atom.key in settled:
            return settled[atom.key]
        return remade(atom, lambda inner: inner if isinstance(inner, int) else rebuild(inner, put_in))

    later = solve(rebuild(value, put_in), name)
    if later is None:
        return None
    at = evaluator([value])
    points = {n for n in range(1, start) if at({name: n}) == (0,)} | {n for n in later.points if n >= start}
    return Solutions.of(name, later.period, later.residues, max(start, later.start), points)
