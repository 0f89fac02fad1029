"""Every layer with a torch class, drawn and held against torch.

CNNCALC_TRIALS=20000 draws so many cases in all instead of the few that suit a test run.
"""

from __future__ import annotations

import os
import random

import pytest

from cnncalc.layers import Layer
from tests.torch.compare import by_torch, difference
from tests.torch.draw import LAYERS, case

TRIALS = int(os.environ.get("CNNCALC_TRIALS", "4000"))
SEED = int(os.environ.get("CNNCALC_SEED", "1"))


@pytest.mark.parametrize("layer", LAYERS, ids=lambda layer: layer.torch)
def test_torch_agrees(layer: type[Layer]) -> None:
    draw = random.Random(f"{SEED} {layer.torch}")
    legal = 0
    for _ in range(max(20, TRIALS // len(LAYERS))):
        drawn = case(layer, draw)
        found = difference(drawn)
        assert found is None, found
        legal += not isinstance(by_torch(drawn), str)
    assert legal > 0
