"""The largest of many closed forms, and which of them it is from which size on."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cached_property
from itertools import pairwise

from cnncalc.named_tuples import NamedTuple
from cnncalc.symbolic.bounds import bounds
from cnncalc.symbolic.compile import compiled
from cnncalc.symbolic.expr import Dim, greatest, substitute, symbol, symbols

SIZES = (1, 2, 3, 5, 8, 13, 16, 24, 32, 48, 64, 96, 128, 224, 256, 320, 512, 768, 1024, 2048, 4096)
"""Where the forms are compared, all symbols at once and each by itself."""


class Piece(NamedTuple):
    """Where one of the forms is the largest: from a size on, up to that of the next piece."""

    start: int  # 0 for the first piece
    at: int  # which form it is


class Largest:
    """The largest of several forms."""

    def __init__(self, winners: Sequence[Dim], pieces: Sequence[Piece]) -> None:
        self.winners = winners  # of which one is the largest at any sizes
        self.pieces = pieces
        """Which form is the largest from which size on, with all open sizes alike."""

    @cached_property
    def value(self) -> Dim:
        """The largest, as one closed form. Raises OverflowError where it is too long to be written."""
        return greatest(*self.winners)


def largest(forms: Sequence[Dim], least: Mapping[str, int]) -> Largest:
    """The largest of forms, where a symbol is 1 or more, or its `least` or more. Raises ValueError for none.

    >>> from cnncalc.symbolic.expr import symbol
    >>> H = symbol("H")
    >>> largest([4*H + 100, H*H, 3*H], {}).pieces
    [Piece(start=0, at=0), Piece(start=13, at=1)]
    >>> largest([4*H + 100, H*H, 3*H], {"H": 16}).winners
    [Expr('H**2')]
    """
    lift = {name: low - 1 for name, low in least.items() if low > 1}
    if lift:  # forms of what is above it, in which more can be proved: max(H, 180) is H from 188 on
        forms = [substitute(form, {name: symbol(name) + by for name, by in lift.items()}) for form in forms]
    found = largest_above(forms, lift)
    if lift:
        back = {name: symbol(name) - by for name, by in lift.items()}
        return Largest([substitute(winner, back) for winner in found.winners], found.pieces)
    return found


def largest_above(forms: Sequence[Dim], lift: Mapping[str, int]) -> Largest:
    """The largest of forms of symbols that are 1 or more, and stand for sizes that are so much larger."""
    first: dict[Dim, int] = {}
    for at, form in enumerate(forms):
        first.setdefault(form, at)
    distinct = list(first)
    if len(distinct) == 1 or all(isinstance(form, int) for form in distinct):
        best = max(distinct) if len(distinct) > 1 else distinct[0]  # type: ignore[type-var]
        return Largest([best], [Piece(0, first[best])])
    names = sorted({name for form in distinct for name in symbols(form)})
    values = compiled(distinct)
    winners: list[Dim] = []
    for sizes in tried(names, lift):
        found = values(sizes)
        best = distinct[max(range(len(found)), key=found.__getitem__)]
        if best not in winners:
            winners.append(best)
    for form in distinct:
        if form not in winners and not any(never_below(winner, form) for winner in winners):
            winners.append(form)
    return Largest(winners, pieces(winners, names, first, lift))


def tried(names: Sequence[str], lift: Mapping[str, int]) -> list[dict[str, int]]:
    """Values of the symbols at which forms are compared."""
    found = [dict.fromkeys(names, size) for size in SIZES]
    for name in names if len(names) > 1 else ():
        found += [{**dict.fromkeys(names, 32), name: size} for size in SIZES]
    return [less(sizes, lift) for sizes in found]


def less(sizes: Mapping[str, int], lift: Mapping[str, int]) -> dict[str, int]:
    """The symbols at some sizes, or at the least there are."""
    return {name: max(1, size - lift.get(name, 0)) for name, size in sizes.items()}


def never_below(one: Dim, other: Dim) -> bool:
    """Is it proved that one form is as large as another at all sizes?"""
    low, _ = bounds(one - other)
    return low is not None and low >= 0


def pieces(winners: Sequence[Dim], names: Sequence[str], first: dict[Dim, int], lift: Mapping[str, int]) -> list[Piece]:
    """Which of the forms is the largest from which size on, with all open sizes alike."""
    values = compiled(list(winners))

    def best(size: int) -> int:
        found = values(less(dict.fromkeys(names, size), lift))
        return max(range(len(found)), key=lambda at: (found[at], -first[winners[at]]))

    found = [Piece(0, first[winners[best(SIZES[0])]])]
    for low, high in pairwise(SIZES):
        while best(low) != best(high):
            below, above = low, high  # best(below) is not best(above), and one of them follows the other
            while above - below > 1:
                middle = (below + above) // 2
                below, above = (middle, above) if best(middle) == best(low) else (below, middle)
            found.append(Piece(above, first[winners[best(above)]]))
            low = above
    return found
