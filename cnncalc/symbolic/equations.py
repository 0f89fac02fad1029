"""The sizes at which two sides are equal."""

from __future__ import annotations

from cnncalc.symbolic.compile import compiled
from cnncalc.symbolic.expr import Atom, Dim, Expr, Sym, rebuild, remade, symbols
from cnncalc.symbolic.scan import PERIOD, directions, evaluator, first_from, open_divisors, residue_classes, zeros_from
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

    Decided are equations in one symbol whose sides' difference rises or falls on each residue class
    of a bounded period. A divisor may be open where it divides a number.

    >>> from cnncalc.symbolic.expr import symbol
    >>> H, g = symbol("H"), symbol("g")
    >>> solutions(8*(H//8), H).words(), solutions(64 % g, 0).words()
    ('H is a multiple of 8', 'g divides 64')
    """
    difference = left - right
    names = symbols(difference) or symbols(left) | symbols(right)
    return solve(difference, names.pop()) if len(names) == 1 else None


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
        if min(rest) < 0 < max(rest):
            return None
        sign = 1 if max(rest) > 0 else -1
        # The lambda is done with before the next residue comes.
        zeros = zeros_from(lambda t: sign * at({name: first + period * t})[0], 0)  # noqa: B023
        if zeros is None:
            return None
        points += (first + period * t for t in zeros)
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
