"""Pairs of sizes that conditions tie together, against each pair by itself."""

from __future__ import annotations

import random

import pytest

from cnncalc.planning.tied import tied
from cnncalc.symbolic.expr import Dim, number_at, symbol
from cnncalc.symbolic.sets import Sizes, Stretch

FAR = 26


def drawn(draw: random.Random) -> tuple[Dim, bool]:
    def size(name: str) -> Dim:
        found: Dim = symbol(name)
        for _ in range(draw.randint(0, 3)):
            found = (found + draw.randint(-2, 3)) // draw.randint(1, 4)
        return found

    H, W = size("H"), size("W")
    forms: list[Dim] = [
        draw.randint(20, 200) - H * W * draw.randint(1, 5),
        H * W * draw.randint(1, 3) - draw.randint(1, 60),
        H - W + draw.randint(-3, 3),
        3 * H + 2 * W - draw.randint(5, 60),
    ]
    return draw.choice(forms), draw.random() < 0.5


@pytest.mark.parametrize("seed", range(12))
def test_pairs(seed: int) -> None:
    draw = random.Random(seed)
    values = [drawn(draw) for _ in range(draw.randint(1, 2))]
    start = draw.randint(1, 5)
    known = {name: Sizes.of(name, [Stretch(start, None)]) for name in ("H", "W")}
    found = tied(values, known)
    assert found is not None

    def holds(h: int, w: int) -> bool:
        got = [(number_at(value, {"H": h, "W": w}), equation) for value, equation in values]
        return min(h, w) >= start and all(n == 0 if equation else n >= 0 for n, equation in got)

    every = {(h, w) for h in range(1, FAR) for w in range(1, FAR)}
    got = {(h, w) for h, w in every if (found.at(h).has(w) if found.first == "H" else found.at(w).has(h))}
    assert got == {(h, w) for h, w in every if holds(h, w)}
    if found.looked_at is None:  # then there are none further out either
        far = [(h, w) for h in range(1, FAR) for w in range(200, 1000, 7)]
        rows = [(h, w) if found.first == "H" else (w, h) for h, w in far]
        assert [found.at(a).has(b) for a, b in rows] == [holds(h, w) for h, w in far]
