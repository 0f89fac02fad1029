"""The least and the greatest value that a size can have, from the form alone."""

from __future__ import annotations

from collections.abc import Mapping
from math import lcm
from typing import TypeAlias

from cnncalc.symbolic.expr import Dim, Expr, Extreme, Floor, Monomial, Sym, atoms

Range: TypeAlias = tuple[int | None, int | None]
"""The least and the greatest value, None where there is none."""


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
    if low is None and high is None:
        low, high = _without_floors(value, least)
    return _without_extremes(value, least, low, high)


def _product_range(mono: Monomial, least: Mapping[str, int]) -> Range:
    low: int | None = 1
    high: int | None = 1
    for atom, power in mono:
        a, b = (least.get(atom.key, 1), None) if isinstance(atom, Sym) else _atom_range(atom, least)
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


def _atom_range(atom: Floor | Extreme, least: Mapping[str, int]) -> Range:
    if isinstance(atom, Floor):
        return _floor_range(atom, least)
    if least:
        return _extreme_range(atom, least)
    if atom.range is None:
        atom.range = _extreme_range(atom, least)
    return atom.range


def _extreme_range(atom: Extreme, least: Mapping[str, int]) -> Range:
    ranges = [bounds(value, least) for value in atom.values]
    lows, highs = [a for a, _ in ranges], [b for _, b in ranges]
    best = min if atom.name == "min" else max
    some = [end for end in (highs if atom.name == "min" else lows) if end is not None]
    known = best(some) if some else None
    others = [end for end in (lows if atom.name == "min" else highs) if end is not None]
    whole = best(others) if len(others) == len(ranges) else None
    return (whole, known) if atom.name == "min" else (known, whole)


def _floor_range(floor: Floor, least: Mapping[str, int]) -> Range:
    (low, high), (near, far) = bounds(floor.num, least), bounds(floor.den, least)
    near = max(near or 1, 1)  # a divisor is positive
    if low is not None:
        low = low // near if low < 0 else 0 if far is None else low // max(far, near)
    if high is not None:
        high = high // near if high >= 0 else -1 if far is None else high // max(far, near)
    return low, high


def _without_extremes(value: Expr, least: Mapping[str, int], low: int | None, high: int | None) -> Range:
    """A minimum is at most each of its sizes: where it is taken away, each in its place gives a lower bound.

    One is looked into, which holds no others, so that the work stays bounded.
    """
    found = [(mono, c) for mono, c in value.terms.items() if len(mono) == 1 and isinstance(mono[0][0], Extreme)]
    if len(found) != 1 or found[0][0][0][1] != 1:
        return low, high
    ((mono, coefficient),) = found
    extreme = mono[0][0]
    assert isinstance(extreme, Extreme)
    if any(isinstance(atom, Extreme) for inner in extreme.values for atom in atoms(inner)):
        return low, high
    rest = value - Expr({mono: coefficient})
    for inner in extreme.values:
        a, b = bounds(rest + inner * coefficient, least)
        if (extreme.name == "min") == (coefficient < 0):
            low = a if low is None or (a is not None and a > low) else low
        else:
            high = b if high is None or (b is not None and b < high) else high
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
