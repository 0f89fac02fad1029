"""A model's source and torch's capture of it make one spec, and `verify` sets both beside the model itself."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from cnncalc.models.model import ModelOptions
from cnncalc.models.read import written
from tests.command import cnncalc

pytest.importorskip("torch", reason="torch captures the models")

NETS = Path(__file__).parents[1] / "source" / "nets"


@pytest.mark.parametrize(
    ("name", "inputs"),
    [
        ("lenet.py:LeNet", ["1x28x28"]),
        ("misc.py:Inception", ["3x17x19"]),
        ("misc.py:build", ["32"]),
        ("sequences.py:GRUNet", ["28x28"]),
    ],
)
def test_both_ways_give_one_text(name: str, inputs: list[str]) -> None:
    spec = str(NETS / name)
    model, text = written(spec, inputs=inputs)
    assert model.torchs is None
    again, by_torch = written(spec, inputs=inputs, asked=ModelOptions(torch=True))
    assert again.torchs is not None
    assert text == by_torch


def test_verify_sets_three_beside_each_other() -> None:
    done = cnncalc("verify", f"{NETS / 'lenet.py'}:LeNet", "--json")
    found = json.loads(done.out)["verification"]
    assert done.code == 0
    figures = ["params", "trainable", "buffers", "outputs", "macs"]
    for beside, kind in (("module", "LeNet"), ("capture", "the same spec")):
        assert found[beside]["type"] == kind
        assert found[beside]["agreed"] == [f"{beside}_{figure}" for figure in figures]


BY_VERSION = """
import torch
from torch import nn


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.linear = nn.Linear(4, 2 if torch.__version__.startswith("2.9") else 3)

    def forward(self, x):
        return self.linear(x)
"""


def test_a_model_that_is_another_one_with_torch_is_seen(tmp_path: Path) -> None:
    (tmp_path / "net.py").write_text(BY_VERSION, encoding="utf-8")
    done = cnncalc("verify", "net.py:Net", "-i", "4", cwd=tmp_path)
    assert done.code == 3
    assert "torch's capture: outputs differ at batch 1\n  cnncalc  1x2\n  torch    1x3\n" in done.out
