"""The largest of many closed forms, and which of them it is from which size on."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from itertools import pairwise

from cnncalc.named_tuples import NamedTuple
from cnncalc.symbolic.bounds import bounds
from cnncalc.symbolic.compile import compiled
from cnncalc.symbolic.expr import Dim, greatest, symbols

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
        """The largest, as one closed form."""
        return greatest(*self.winners)


def largest(forms: Sequence[Dim]) -> Largest:
    """The largest of forms. Raises ValueError for none.

    >>> from cnncalc.symbolic.expr import symbol
    >>> H = symbol("H")
    >>> found = largest([4*H + 100, H*H, 3*H])
    >>> found.pieces
    [Piece(start=0, at=0), Piece(start=13, at=1)]
    """
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
    for sizes in tried(names):
        found = values(sizes)
        best = distinct[max(range(len(found)), key=found.__getitem__)]
        if best not in winners:
            winners.append(best)
    for form in distinct:
        if form not in winners and not any(never_below(winner, form) for winner in winners):
            winners.append(form)
    return Largest(winners, pieces(winners, names, first))


def tried(names: Sequence[str]) -> list[dict[str, int]]:
    """Sizes at which forms are compared."""
    found = [dict.fromkeys(names, size) for size in SIZES]
    for name in names if len(names) > 1 else ():
        found += [{**dict.fromkeys(names, 32), name: size} for size in SIZES]
    return found


def never_below(one: Dim, other: Dim) -> bool:
    """Is it proved that one form is as large as another at all sizes?"""
    low, _ = bounds(one - other)
    return low is not None and low >= 0


def pieces(winners: Sequence[Dim], names: Sequence[str], first: dict[Dim, int]) -> list[Piece]:
    """Which of the forms is the largest from which size on, with all open sizes alike."""
    values = compiled(list(winners))

    def best(size: int) -> int:
        found = values(dict.fromkeys(names, size))
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
