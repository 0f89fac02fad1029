"""Single layers whose MACs or parameters counters of today get wrong, each with the true figure, through the command.

The true MACs are one for each weight and position that meet: for the transposed convolution of 16 channels to 8 with
a 4x4 kernel on 16x16 that is 16*8*4*4*16*16. Each spec is verified against torch too.
"""

from __future__ import annotations

import random

import pytest

import cnncalc
from cnncalc.layers import Layer
from cnncalc.torch_bridge.drawing.compare import by_torch
from cnncalc.torch_bridge.drawing.differences import Figures
from cnncalc.torch_bridge.drawing.draw import case, layers
from tests.command import figures

UNBATCHED = "batch: none\ninput: 3x32x32\nbody:\n  - conv2d 8 k3 p1\n"
TIED = """
input: (7,)
body:
  - embed: embedding 100 16
  - logits: linear 16 -> matmul(identity, parameter 100 16 of=embed.weight -> transpose 0 1)
"""

ROWS = [
    # spec, batch, MACs, parameters
    (UNBATCHED, None, 221_184, 224),
    ("16x16x16 -> ConvTranspose2d(16, 8, 4, stride=2, padding=1)", None, 524_288, 2_056),
    ("8x16x16 -> ConvTranspose2d(8, 8, 4, stride=2, padding=1, groups=4)", None, 65_536, 264),
    ("10x64 -> mha 4", None, 176_640, 16_640),
    ("4x10x16 -> scaled_dot_product_attention(identity, identity, identity)", None, 12_800, 0),
    ("5x10 -> lstm 20", None, 12_000, 2_560),
    ("5x10 -> lstm 20 num_layers=2 bidirectional=yes proj_size=8", None, 36_800, 8_000),
    ("10 -> Embedding(1000, 64)", None, 0, 64_000),
    ("5x64 -> Linear(64, 32)", 2, 20_480, 2_080),
    ("10x64 -> LayerNorm(64)", None, 0, 128),
    ("8x16x16 -> BatchNorm2d(8)", None, 0, 16),
    (TIED, None, 7 * 16 * 16 + 7 * 16 * 100, 1_600 + 272),
    ("10x16 -> matmul(identity, parameter 16 16)", None, 2_560, 256),
    ("5x16 -> einsum(identity, parameter 4 16 16, equation='bnd,hde->bhne')", 2, 10_240, 1_024),
    ("3x8x8 -> F.conv2d(identity, parameter 8 3 3 3)", None, 7_776, 216),
]


@pytest.mark.parametrize(("spec", "batch", "macs", "params"), ROWS, ids=range(len(ROWS)))
def test_the_true_figure(spec: str, batch: int | None, macs: int, params: int) -> None:
    totals = figures(spec, *(["--batch", str(batch)] if batch else []))["totals"]
    assert (totals["macs"], totals["params"], totals["status"]) == (macs, params, "exact")
    found = cnncalc.verify(cnncalc.calc(spec, batch=batch), seed=1)
    assert found.differences == []
    assert found.totals.not_compared is None


EXACT = [layer for layer in layers() if layer.status == "exact" and layer.macs is Layer.macs]


def test_no_layer_says_0_where_torch_counts_more() -> None:
    """A layer without MACs of its own and with status exact has 0 FLOPs in torch in every case drawn here."""
    assert len(EXACT) > 100
    ran = 0
    for layer in EXACT:
        for index in range(8):
            theirs = by_torch(case(layer, random.Random(f"exact {layer.name} {index}")))
            assert isinstance(theirs, str) or not theirs.flops
            ran += isinstance(theirs, Figures)
    assert ran > 4 * len(EXACT)
