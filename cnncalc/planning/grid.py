"""Closed forms at every point of a grid of sizes: by numpy where it is installed and its integers are wide enough,
else number by number. Both give the same integers."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from importlib.util import find_spec
from itertools import chain, islice, product
from math import prod
from typing import Any

from cnncalc.named_tuples import NamedTuple
from cnncalc.symbolic.compile import compiled
from cnncalc.symbolic.expr import Dim
from cnncalc.symbolic.magnitude import magnitude
from cnncalc.symbolic.scan import evaluator, open_divisors

CHUNK = 1 << 16  # points that are worked out together
FEW = 512  # points for which numpy, which takes 0.1 s to load, is not worth it
WIDEST = 1 << 62  # what 64 bits hold, with room for a sign


class Forms(NamedTuple):
    """Values that are wanted at each point, and what makes a point legal."""

    values: Sequence[Dim]
    needs: Sequence[Dim]  # 0 or more
    equal: Sequence[tuple[Dim, Dim]]
    bounds: Sequence[tuple[Dim, int | None, int | None]]  # from one number to another, where there are any


class Points(NamedTuple):
    """Some of the points of a grid: the sizes and the values at those that are wanted, each a column."""

    sizes: list[list[int]]
    values: list[list[int]]
    illegal: int  # points that the network does not run at
    outside: int  # points that do not keep the bounds


def uses_numpy(count: int) -> bool:
    """Is a number of points worked out by numpy?"""
    return count > FEW and find_spec("numpy") is not None


def points(forms: Forms, axes: Mapping[str, Sequence[int]]) -> Iterator[Points]:
    """The grid, part by part; the last axis changes first.

    >>> from cnncalc.symbolic.expr import symbol
    >>> H = symbol("H")
    >>> next(points(Forms([H // 2, H * H], [H - 3], [], []), {"H": [2, 4, 6]}))
    Points(sizes=[[4, 6]], values=[[2, 3], [16, 36]], illegal=1, outside=0)
    """
    all_of_them = [*forms.values, *forms.needs, *chain(*forms.equal), *(value for value, _, _ in forms.bounds)]
    largest = {name: max((abs(size) for size in sizes), default=0) for name, sizes in axes.items()}
    narrow = all(magnitude(value, largest) < WIDEST for value in all_of_them)
    divided = any(True for value in all_of_them for _ in open_divisors(value))
    if narrow and not divided and uses_numpy(prod(map(len, axes.values()))):
        yield from _by_numpy(forms, axes)
    else:
        yield from _one_by_one(forms, axes, all_of_them)


def _by_numpy(forms: Forms, axes: Mapping[str, Sequence[int]]) -> Iterator[Points]:
    import numpy

    values = compiled(forms.values)
    needs = compiled(forms.needs)
    equal = compiled([left - right for left, right in forms.equal])
    bounded = compiled([value for value, _, _ in forms.bounds])
    columns = [numpy.array(sizes, dtype=numpy.int64) for sizes in axes.values()]
    count = prod(map(len, columns))
    for start in range(0, count, CHUNK):
        at = numpy.arange(start, min(start + CHUNK, count))
        sizes: dict[str, Any] = {}
        stride = count
        for name, column in zip(axes, columns):
            stride //= len(column)
            sizes[name] = column[at // stride % len(column)]
        legal = numpy.ones(len(at), dtype=bool)
        for need in needs(sizes):
            legal &= need >= 0
        for difference in equal(sizes):
            legal &= difference == 0
        inside = legal.copy()
        for got, (_, low, high) in zip(bounded(sizes), forms.bounds):
            if low is not None:
                inside &= got >= low
            if high is not None:
                inside &= got <= high
        runs, kept = int(legal.sum()), int(inside.sum())
        everywhere = kept == len(at)
        found = values(sizes)
        yield Points(
            [(column if everywhere else column[inside]).tolist() for column in sizes.values()],
            [
                [value] * kept if isinstance(value, int) else (value if everywhere else value[inside]).tolist()
                for value in found
            ],
            len(at) - runs,
            runs - kept,
        )


def _one_by_one(forms: Forms, axes: Mapping[str, Sequence[int]], values: Sequence[Dim]) -> Iterator[Points]:
    at = evaluator(values)
    wanted, needs, pairs = len(forms.values), len(forms.needs), 2 * len(forms.equal)
    grid = product(*axes.values())
    while chunk := list(islice(grid, CHUNK)):
        kept: list[tuple[int, ...]] = []
        illegal = outside = 0
        for sizes in chunk:
            got = at(dict(zip(axes, sizes)))
            legal = got is not None and min(got[wanted : wanted + needs], default=0) >= 0
            if not legal or got is None:
                illegal += 1
                continue
            sides = got[wanted + needs : wanted + needs + pairs]
            if sides[::2] != sides[1::2]:
                illegal += 1
            elif all(
                (low is None or value >= low) and (high is None or value <= high)
                for value, (_, low, high) in zip(got[wanted + needs + pairs :], forms.bounds)
            ):
                kept.append((*sizes, *got[:wanted]))
            else:
                outside += 1
        columns = [list(column) for column in zip(*kept)] or [[] for _ in range(len(axes) + wanted)]
        yield Points(columns[: len(axes)], columns[len(axes) :], illegal, outside)
