"""The lines of docs/source.md beside other readers of PyTorch. What is expected is what torch itself gives."""

from __future__ import annotations

from pathlib import Path

import pytest

import cnncalc

LAYERS = [
    ('nn.Conv2d(3, 8, 3, padding="same")', "3x5x5", (8, 5, 5)),
    ("nn.Conv2d(3, 8, (3, 5), (2, 1), (1, 2))", "3x5x5", (8, 3, 5)),
    ("nn.MaxPool2d(2, 2, 1, ceil_mode=True)", "3x5x5", (3, 3, 3)),
    ("nn.ModuleList(nn.Conv2d(3, 3, 3, padding=1) for _ in range(3))", "3x5x5", (3, 5, 5)),
]

NET = """
from torch import nn

class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.layer = {layer}

    def forward(self, x):
        for one in self.layer if isinstance(self.layer, nn.ModuleList) else [self.layer]:
            x = one(x)
        return x
"""


def calc(folder: Path, layer: str, shape: str) -> cnncalc.Report:
    file = folder / "net.py"
    file.write_text(NET.format(layer=layer), encoding="utf-8")
    return cnncalc.calc(f"{file}:Net", input=shape)


@pytest.mark.parametrize(("layer", "shape", "output"), LAYERS)
def test_output(layer: str, shape: str, output: tuple[int, ...], tmp_path: Path) -> None:
    assert calc(tmp_path, layer, shape).output == output


def test_groups_that_do_not_divide_are_refused_as_torch_does(tmp_path: Path) -> None:
    with pytest.raises(cnncalc.CnncalcError) as caught:
        calc(tmp_path, "nn.Conv2d(16, 32, 3, groups=5)", "16x5x5")
    assert caught.value.diagnostics[0].code == "groups-do-not-divide"
