"""An import says how the model's code calls its layers, where tools go by that."""

from __future__ import annotations

import pytest
import torch
import torch.nn.functional as F
from torch import nn

import cnncalc
from cnncalc.analysis.trace import trace


class Derived(nn.Conv2d):
    """A class of one's own."""


class Ways(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.conv = nn.Conv2d(3, 4, 3)
        self.derived = Derived(4, 4, 1)
        self.act = nn.ReLU()
        self.fc = nn.Linear(6, 6)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        x = self.act(self.derived(self.conv(x)))
        x = torch.relu(F.relu(x)).relu()
        x = F.linear(x, self.fc.weight, self.fc.bias)
        y = torch.matmul(x @ x.transpose(-1, -2), x)
        y = torch.add(y, y) + y
        y = F.softmax(y, -1).softmax(-1)
        return torch.flatten(F.adaptive_avg_pool2d(F.max_pool2d(F.gelu(y), 2), 1), 1)


EXPECTED = {
    "conv": "module",
    "derived": "derived",
    "act": "module",
    "relu1": "functional",
    "relu2": "function",
    "relu3": "method",
    "fc": "functional",
    "matmul1": "operator",
    "matmul2": "function",
    "add1": "function",
    "add2": "operator",
    "softmax1": "functional",
    "softmax2": "method",
    "gelu1": "functional",
    "maxpool1": "functional",
    "adaptiveavgpool1": "functional",
    "flatten1": "module",  # no tool looks at it
}


@pytest.mark.parametrize("shape", ["3x8x8", "3xHx8"])
def test_the_ways_in_which_code_calls_layers(shape: str) -> None:
    graph = cnncalc.from_torch(Ways(), shape)
    found = {node.path: node.way or node.layer.usual_way for node in graph.nodes}
    assert {path: way for path, way in found.items() if path in EXPECTED} == EXPECTED
    again = cnncalc.parse(cnncalc.write(graph))
    assert [(node.layer, node.way) for node in again.nodes] == [(node.layer, node.way) for node in graph.nodes]
    for name in ("thop", "ptflops", "deepspeed"):
        assert trace(again, chosen=name).totals == trace(graph, chosen=name).totals
