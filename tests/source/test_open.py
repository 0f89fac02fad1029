"""Sizes that are left open, the number of samples among them, in code that needs numbers."""

from __future__ import annotations

import textwrap
from pathlib import Path

import cnncalc


def read(folder: Path, text: str, shape: str) -> cnncalc.Report:
    file = folder / "net.py"
    file.write_text(textwrap.dedent(text), encoding="utf-8")
    return cnncalc.calc(f"{file}:Net", input=shape)


def test_one_sample_stands_for_each_that_a_loop_takes(tmp_path: Path) -> None:
    text = """
    import torch
    from torch import nn

    class Net(nn.Module):
        def __init__(self):
            super().__init__()
            self.conv = nn.Conv2d(3, 4, 3)

        def forward(self, x):
            rows = [row for part in x.split(1) for row in part.unbind()]
            return torch.stack([self.conv(one[None]).flatten() for one in x]), torch.stack(rows)
    """
    found = read(tmp_path, text, "3x8x8")
    assert [found.flow.shapes[value] for _, value in found.graph.outputs] == [(1, 144), (1, 3, 8, 8)]
    assert "a batch of one sample" in found.graph.warnings[0].message


def test_open_sizes_stay_open_in_what_remembers_shapes_of_numbers_alone(tmp_path: Path) -> None:
    """As einops does, which takes a shape as it is where it is told that it cannot be remembered."""
    (tmp_path / "einops.py").write_text(
        textwrap.dedent(
            """
            import functools

            def worked(shape):
                return shape[0], shape[1] * shape[2]

            remembered = functools.lru_cache(worked)

            def flat(x):
                try:
                    return x.reshape(remembered(x.shape))
                except TypeError:
                    return x.reshape(worked(x.shape))
            """
        ),
        encoding="utf-8",
    )
    text = """
    from einops import flat
    from torch import nn

    class Net(nn.Module):
        def forward(self, x):
            return flat(x)
    """
    found = read(tmp_path, text, "4xL")
    assert list(map(str, found.output)) == ["4*L"]
    assert not found.graph.warnings


def test_a_part_of_a_registered_sequence_is_registered(tmp_path: Path) -> None:
    text = """
    from torch import nn

    class Net(nn.Module):
        def __init__(self):
            super().__init__()
            self.layers = nn.Sequential(nn.Linear(4, 5), nn.Linear(5, 6))

        def forward(self, x):
            return self.layers[1:](self.layers[:1](x))
    """
    assert not read(tmp_path, text, "4").graph.warnings


def test_sizes_and_strides_that_the_code_asks_for_stay_open(tmp_path: Path) -> None:
    text = """
    from torch import nn
    from torch.nn import functional as F

    class Net(nn.Module):
        def forward(self, x):
            y = F.max_pool2d(x, 2)
            z = F.interpolate(F.adaptive_avg_pool2d(y, 1), size=y.shape[-2:], mode="bilinear")
            return z, x.new_zeros(x.transpose(2, 3).stride(1))
    """
    found = read(tmp_path, text, "3xHxW")
    shapes = [found.flow.shapes[value] or () for _, value in found.graph.outputs]
    assert [list(map(str, shape)) for shape in shapes] == [["N", "3", "H//2", "W//2"], ["H*W"]]
