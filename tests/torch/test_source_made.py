"""Tensors that forward makes of nothing, read without torch: the layers that torch's own capture has."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.command import cnncalc

NETS = """
import math
import torch
from torch import nn
import torch.nn.functional as F


class Mask(nn.Module):
    def __init__(self):
        super().__init__()
        self.fc = nn.Linear(8, 8)

    def forward(self, x):
        n = x.size(1)
        mask = torch.triu(torch.full((n, n), float("-inf")), diagonal=1)
        q = self.fc(x)
        return torch.softmax(q @ q.transpose(1, 2) + mask, -1) @ q


class Start(nn.Module):
    def __init__(self):
        super().__init__()
        self.lstm = nn.LSTM(8, 6, batch_first=True)

    def forward(self, x):
        h = torch.zeros(1, x.size(0), 6)
        c = torch.zeros(1, x.size(0), 6)
        out, _ = self.lstm(x, (h, c))
        return out[:, -1]


class Positions(nn.Module):
    def __init__(self):
        super().__init__()
        self.tok = nn.Embedding(50, 8)
        self.pos = nn.Embedding(20, 8)

    def forward(self, x):
        return self.tok(x) + self.pos(torch.arange(x.size(1), device=x.device))


class Sines(nn.Module):
    def forward(self, x):
        t = torch.arange(x.size(1)).float()[:, None]
        f = torch.exp(torch.arange(0, 8, 2).float() * (-math.log(1e4) / 8))
        pe = torch.cat([torch.sin(t * f), torch.cos(t * f)], 1)
        return x + pe


class Noise(nn.Module):
    def __init__(self):
        super().__init__()
        self.mu = nn.Linear(8, 4)
        self.var = nn.Linear(8, 4)

    def forward(self, x):
        mu, var = self.mu(x), self.var(x)
        return mu + torch.randn_like(var) * torch.exp(0.5 * var)


class Cat(nn.Module):
    def __init__(self):
        super().__init__()
        self.cls = nn.Parameter(torch.zeros(1, 1, 8))

    def forward(self, x):
        ones = torch.ones(x.size(0), 1, 8)
        return torch.cat([self.cls.expand(x.size(0), -1, -1), ones, x], 1)


class Grid(nn.Module):
    def forward(self, x):
        ys, xs = torch.meshgrid(torch.linspace(-1, 1, x.size(2)), torch.linspace(-1, 1, x.size(3)), indexing="ij")
        return torch.cat([x, torch.stack([xs, ys])[None].expand(x.size(0), -1, -1, -1)], 1)


class Scale(nn.Module):
    def __init__(self):
        super().__init__()
        self.register_buffer("mean", torch.tensor([0.4, 0.5, 0.6]).view(1, 3, 1, 1))

    def forward(self, x):
        return (x - self.mean) / torch.tensor(0.2)
"""


def texts(folder: Path, name: str, shape: str) -> list[list[str]]:
    """The lines of the spec, by source and by torch."""
    (folder / "made.py").write_text(NETS, encoding="utf-8")
    command = ["import", f"{folder}/made.py:{name}", "-i", shape]
    found = [cnncalc(*command, *more) for more in ([], ["--torch"])]
    assert [one.code for one in found] == [0, 0]
    return [one.out.splitlines() for one in found]


@pytest.mark.parametrize(
    ("name", "shape"), [("Start", "5x8"), ("Positions", "5:int64"), ("Sines", "5x8"), ("Grid", "3x6x7")]
)
def test_the_text_is_the_same_by_either_way(name: str, shape: str, tmp_path: Path) -> None:
    by_source, by_torch = texts(tmp_path, name, shape)
    assert by_source == by_torch


@pytest.mark.parametrize(("name", "shape"), [("Mask", "5x8"), ("Noise", "8"), ("Cat", "5x8"), ("Scale", "3x4x4")])
def test_the_layers_are_the_same_where_they_are_used_later(name: str, shape: str, tmp_path: Path) -> None:
    by_source, by_torch = ([line.replace("input -> ", "") for line in lines] for lines in texts(tmp_path, name, shape))
    assert sorted(by_source) == sorted(by_torch)
