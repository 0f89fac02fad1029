"""Sets of sizes against the values themselves, at small sizes and far out."""

from __future__ import annotations

from random import Random

import pytest

from cnncalc.symbolic.expr import Dim, greatest, least, substitute, symbol
from cnncalc.symbolic.sets import Sizes, Stretch, nonnegative, zeros

H = symbol("H")


def drawn(draw: Random, depth: int) -> Dim:
    """A value in H with floors, products, minima and maxima."""
    which = draw.random()
    if depth == 0 or which < 0.2:
        return H if draw.random() < 0.8 else draw.randint(-9, 9)
    one = drawn(draw, depth - 1)
    if which < 0.45:
        return one // draw.randint(1, 9)
    if which < 0.7:
        return one + drawn(draw, depth - 1) * draw.choice((1, 1, -1))
    if which < 0.85:
        return one * draw.randint(1, 5) + draw.randint(-200, 20)
    if which < 0.92:
        return one * drawn(draw, depth - 1)
    return (least if draw.random() < 0.5 else greatest)(one, drawn(draw, depth - 1))


@pytest.mark.parametrize("seed", range(4))
def test_sets_hold_the_sizes_at_which_conditions_hold(seed: int) -> None:
    draw = Random(seed)
    decided = 0
    for _ in range(60):
        value = drawn(draw, 4)
        above, zero = nonnegative(value, "H"), zeros(value, "H")
        for found, holds in ((above, lambda n: n >= 0), (zero, lambda n: n == 0)):
            if found is None:
                continue
            decided += 1
            assert Sizes.of("H", found.stretches) == found
            for n in [*range(1, 120), *(draw.randint(1, 10**6) for _ in range(20))]:
                assert (n in found) == holds(substitute(value, {"H": n})), (str(value), n, found.words())
        if above is not None and zero is not None:
            assert above.both(zero) == zero
    assert decided > 110


@pytest.mark.parametrize(
    ("stretches", "words", "number"),
    [
        ([Stretch(193, 224)], "H is 193 to 224", 32),
        ([Stretch(5, 5), Stretch(7, 8)], "H is 5 or 7 or 8", 3),
        ([Stretch(1, None)], "any H", None),
        ([], "no H", 0),
        ([Stretch(32, None, 32)], "H is 32, 64, 96, ...: a multiple of 32", None),
        ([Stretch(32, 320, 32)], "H is 32, 64, 96, ..., 320: a multiple of 32", 10),
        ([Stretch(33, None)], "H is 33 or more", None),
        ([Stretch(7, 7), Stretch(8, None)], "H is 7 or more", None),
    ],
)
def test_words(stretches: list[Stretch], words: str, number: int | None) -> None:
    found = Sizes.of("H", stretches)
    assert (found.words(), found.number()) == (words, number)
