"""What holds for all sizes, what for some, and for which.

Work is bounded: past the bound an answer is "not decided", never a guess.

>>> from cnncalc.symbolic.expr import symbol
>>> H = symbol("H")
>>> solutions(2*(H//16), H//8).words()
'H is 0 to 7 more than a multiple of 16'
>>> smallest([(H - 3)//2 - 2, (H - 1)//4 - 1], [])
{'H': 7}
"""

from __future__ import annotations

from itertools import product

from cnncalc.named_tuples import NamedTuple
from cnncalc.symbolic.bounds import bounds
from cnncalc.symbolic.compile import compiled
from cnncalc.symbolic.equations import either, inverse, solutions
from cnncalc.symbolic.expr import Dim, symbols
from cnncalc.symbolic.scan import affordable, evaluator, open_divisors, residue_classes, shape_of, tries
from cnncalc.symbolic.smallest import smaller, smallest
from cnncalc.symbolic.solutions import Solutions

__all__ = [
    "Proved",
    "Solutions",
    "Undecided",
    "Witness",
    "always_at_least",
    "bounds",
    "either",
    "equal",
    "inverse",
    "smaller",
    "smallest",
    "solutions",
]


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

    On a residue class of each symbol modulo its period the difference is a polynomial, from some size on: up to there
    every size is looked at. One whose degree in each symbol is d at most, and that is 0 on a grid of d + 1 sizes of
    each, is 0.

    >>> from cnncalc.symbolic.expr import symbol
    >>> H = symbol("H")
    >>> equal(H//2 + (H + 1)//2, H), equal(2*(H//2), H)
    (Proved(), Witness(sizes={'H': 1}, left=0, right=1))
    """
    difference = left - right
    if difference == 0:
        return Proved()
    both = evaluator([left, right])

    def witness(sizes: dict[str, int]) -> Witness | None:
        got = both(sizes)
        return Witness(sizes, *got) if got and got[0] != got[1] else None

    for sizes in tries([left, right]):
        if found := witness(sizes):
            return found
    shape = shape_of(difference)
    if shape is None or isinstance(difference, int):
        opened = any(open_divisors(difference))
        return Undecided("a divisor is open" if opened else "a minimum or maximum is not followed to where it settles")
    count, grid = 1, []
    for period, degree, _, start in shape.values():
        grid.append(range(1, start + period * (degree + 1)))
        count *= len(grid[-1])
    if count > affordable(difference):
        return Undecided("a proof would have to look at too many sizes")
    rest = dict.fromkeys(symbols(left) | symbols(right), 1)
    at = compiled([difference])
    for numbers in product(*grid):
        sizes = dict(zip(shape, numbers))
        if at(sizes)[0]:
            return witness({**rest, **sizes}) or Undecided("a divisor is open")
    return Proved()


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
    at = evaluator([value])
    if any((got := at(sizes)) and got[0] < least for sizes in tries([value])):
        return False
    classes = residue_classes(value)
    if classes is None:
        return None
    (name,) = symbols(value)
    if any((got := at({name: n})) and got[0] < least for n in range(1, classes.start)):
        return False
    if any(first < least or (rest and rest[0] < 0 and not any(rest[1:])) for first, *rest in classes.differences):
        return False  # at the first size of a class, or far out on a line that falls
    # first + slope*t + ... in Newton's form rises with t where no difference is negative.
    return True if all(min(rest, default=0) >= 0 for _, *rest in classes.differences) else None
