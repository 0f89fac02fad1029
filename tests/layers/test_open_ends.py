"""Arguments that are open sizes: the closed form is what the numbers give."""

from __future__ import annotations

import pytest

import cnncalc


@pytest.mark.parametrize("height", [3, 7, 12])
@pytest.mark.parametrize(
    "layer",
    ["slice 2 H//2", "slice 2 stop=H//2", "slice 2 H//2 step=2", "slice 2 H//2 H - 1", "diff dim=2", "diff n=2 dim=2"],
)
def test_ends_in_an_open_size(layer: str, height: int) -> None:
    form = cnncalc.calc(f"3xHx6 -> {layer} -> conv 2 k1").at(H=height)
    plain = cnncalc.calc(f"3x{height}x6 -> {layer.replace('H', str(height))} -> conv 2 k1")
    assert (form.output, form.totals) == (plain.output, plain.totals)


def test_an_end_at_the_batch() -> None:
    halved = "3x8x8 -> cat(identity, relu, dim=0) -> slice 0 stop=N"
    assert cnncalc.calc(halved).output == (3, 8, 8)
    assert cnncalc.calc(halved, batch=4).output == (4, 3, 8, 8)
