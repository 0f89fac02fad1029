"""The exact texts of sizes."""

from __future__ import annotations

import pytest

from cnncalc.symbolic.expr import Dim, greatest, least, symbol
from cnncalc.symbolic.show import latex_text, python_text, unicode_text

H, W, g = symbol("H"), symbol("W"), symbol("g")
H1, heads = symbol("H1"), symbol("num_heads")


@pytest.mark.parametrize(
    ("value", "python", "unicode", "latex"),
    [
        (7, "7", "7", "7"),
        (-7, "-7", "-7", "-7"),
        (H, "H", "H", "H"),
        (-H, "-H", "-H", "-H"),
        (64 * H * W, "64*H*W", "64·H·W", "64 H W"),
        (H**2 - 2 * H + 1, "H**2 - 2*H + 1", "H^2 - 2·H + 1", "H^{2} - 2 H + 1"),
        (W + H - 3, "H + W - 3", "H + W - 3", "H + W - 3"),
        ((H + 31) // 32, "(H + 31)//32", "⌊(H + 31)/32⌋", r"\left\lfloor \frac{H + 31}{32} \right\rfloor"),
        (3 * (H // 2), "3*(H//2)", "3·⌊H/2⌋", r"3 \left\lfloor \frac{H}{2} \right\rfloor"),
        (-(H // 2), "-(H//2)", "-⌊H/2⌋", r"-\left\lfloor \frac{H}{2} \right\rfloor"),
        (W - H // 2, "W - H//2", "W - ⌊H/2⌋", r"W - \left\lfloor \frac{H}{2} \right\rfloor"),
        ((H // 2) ** 2, "(H//2)**2", "⌊H/2⌋^2", r"\left\lfloor \frac{H}{2} \right\rfloor^{2}"),
        (H * (W // 2), "H*(W//2)", "H·⌊W/2⌋", r"H \left\lfloor \frac{W}{2} \right\rfloor"),
        (2 * H * W // 3, "(2*H*W)//3", "⌊2·H·W/3⌋", r"\left\lfloor \frac{2 H W}{3} \right\rfloor"),
        (H // g, "H//g", "⌊H/g⌋", r"\left\lfloor \frac{H}{g} \right\rfloor"),
        (63 // (2 * g + 1), "63//(2*g + 1)", "⌊63/(2·g + 1)⌋", r"\left\lfloor \frac{63}{2 g + 1} \right\rfloor"),
        (-7 // g, "(-7)//g", "⌊-7/g⌋", r"\left\lfloor \frac{-7}{g} \right\rfloor"),
        (-H // g, "(-H)//g", "⌊(-H)/g⌋", r"\left\lfloor \frac{-H}{g} \right\rfloor"),
        (
            7 * least(H, W // 2, 7) ** 2,
            "7*min(H, W//2, 7)**2",
            "7·min(H, ⌊W/2⌋, 7)^2",
            r"7 \min\left(H, \left\lfloor \frac{W}{2} \right\rfloor, 7\right)^{2}",
        ),
        (-greatest(H, W), "-max(H, W)", "-max(H, W)", r"-\max\left(H, W\right)"),
        (H1 * heads, "H1*num_heads", "H1·num_heads", r"H_{1} \mathrm{num\_heads}"),
    ],
)
def test_texts(value: Dim, python: str, unicode: str, latex: str) -> None:
    assert python_text(value) == str(value) == python
    assert unicode_text(value) == unicode
    assert latex_text(value) == latex


def test_repr_holds_the_text() -> None:
    assert repr((H + 3) // 4) == "Expr('(H + 3)//4')"


def test_texts_do_not_depend_on_the_order_of_making() -> None:
    assert str(H * W + H // 2 + 3) == str(3 + H // 2 + W * H) == "H*W + H//2 + 3"
