"""The paths of layers, and the names and shapes of their weights, are those of torchvision's state dicts.

Source of the table: the state dicts of torchvision 0.28, in their order, one line `name 64x3x7x7` for each
tensor (a scalar has no sizes), as a SHA-256 of all lines. GoogLeNet is built without its auxiliary
classifiers.
"""

from __future__ import annotations

import csv
from hashlib import sha256
from pathlib import Path

import pytest

import cnncalc

with (Path(__file__).parent / "state_dicts.csv").open(encoding="utf-8") as file:
    ROWS = list(csv.DictReader(file))


def state_dict(model: str) -> str:
    """Every tensor of a network, a line for each."""
    lines = []
    for layer in cnncalc.calc(f"zoo:{model}").layers:
        for name, shape in [*layer.weights.items(), *layer.buffer_shapes.items()]:
            path = f"{layer.path}.{name}" if name else layer.path
            lines.append(f"{path} {'x'.join(map(str, shape))}\n")
    return "".join(lines)


@pytest.mark.parametrize("row", ROWS, ids=[row["model"] for row in ROWS])
def test_the_state_dict_is_torchvisions(row: dict[str, str]) -> None:
    text = state_dict(row["model"])
    assert text.count("\n") == int(row["tensors"])
    assert sha256(text.encode()).hexdigest() == row["sha256"], text


def test_names_as_they_are_known() -> None:
    for model, line in [
        ("alexnet", "classifier.6.weight 1000x4096"),
        ("densenet121", "features.denseblock1.denselayer1.norm1.running_mean 64"),
        ("googlenet", "inception3a.branch1.conv.weight 64x192x1x1"),
        ("mobilenet_v2", "features.1.conv.0.0.weight 32x1x3x3"),
        ("resnet50", "layer1.0.downsample.1.num_batches_tracked "),
        ("squeezenet1_1", "features.3.expand3x3.bias 64"),
        ("vgg16_bn", "features.0.weight 64x3x3x3"),
    ]:
        assert line in state_dict(model).split("\n"), model
