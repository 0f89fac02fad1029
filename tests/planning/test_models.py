"""Solving for a PyTorch model by its source, held against torch that runs it."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from torch import nn
from torch.nn import functional as F

import cnncalc
from cnncalc.diagnostics import UsageError

SOURCE = """
import torch.nn as nn
import torch.nn.functional as F


class Net(nn.Module):
    def __init__(self, width=8):
        super().__init__()
        self.conv = nn.Conv2d(3, width, 3, stride=2)
        self.fc = nn.Linear(8 * 5 * 5, 10)

    def forward(self, x):
        return self.fc(F.max_pool2d(F.relu(self.conv(x)), 2).flatten(1))
"""


class Net(nn.Module):
    """What SOURCE says."""

    def __init__(self, width: int = 8) -> None:
        super().__init__()
        self.conv = nn.Conv2d(3, width, 3, stride=2)
        self.fc = nn.Linear(8 * 5 * 5, 10)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        result: torch.Tensor = self.fc(F.max_pool2d(F.relu(self.conv(x)), 2).flatten(1))
        return result


@pytest.fixture
def spec(tmp_path: Path) -> str:
    (tmp_path / "net.py").write_text(SOURCE)
    return f"{tmp_path / 'net.py'}:Net"


def runs(size: int, width: int = 8) -> bool:
    """Does torch run it?"""
    try:
        with torch.device("meta"):
            Net(width)(torch.empty(1, 3, size, size))
    except RuntimeError:
        return False
    return True


def test_the_sizes_are_those_at_which_torch_runs_it(spec: str) -> None:
    answer = cnncalc.solve(spec, input="3xHxH", expect="output=10")
    (solution,) = answer.solutions
    assert [size for size in range(1, 200) if size in solution.sizes["H"]] == [n for n in range(1, 200) if runs(n)]


def test_an_argument_that_changes_what_fits(spec: str) -> None:
    """Its width is another at which torch runs it, and nothing else is."""
    answer = cnncalc.solve(spec, input="3x24x24", expect="output=10", free="width=1:40")
    widths = [solution.settings["width"] for solution in answer.solutions]
    assert widths == [str(width) for width in range(1, 41) if runs(24, width)]


def test_the_largest_batch(spec: str) -> None:
    """Bytes as the network's own figures say them: parameters, and the two maps that are there at once."""
    answer = cnncalc.solve(spec, input="3x24x24", expect="memory <= 1M", free="batch", memory="infer")
    sizes = answer.solutions[0].sizes["batch"]
    most = sizes.largest()
    assert most is not None
    peak = [cnncalc.calc(spec, input="3x24x24", batch=n, memory="infer").memory.total for n in (most, most + 1)]
    assert peak[0] <= 1_000_000 < peak[1]


def test_names_that_it_does_not_have(spec: str) -> None:
    with pytest.raises(UsageError) as caught:
        cnncalc.solve(spec, input="3xHxH", expect="output=10", free="widht=1:3")
    assert caught.value.diagnostics[0].hint == "did you mean width?"


def test_a_linear_for_other_features_than_an_open_size_gives(spec: str) -> None:
    """It is one layer with a condition, and its parameters are those that torch makes."""
    report = cnncalc.calc(spec, input="3xHxW")
    assert [layer.path for layer in report.layers] == ["conv", "relu1", "maxpool1", "flatten1", "fc"]
    assert report.totals.params == sum(p.numel() for p in Net().parameters())
