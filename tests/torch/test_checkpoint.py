"""Checkpointed blocks against torch.utils.checkpoint: what autograd holds, storage by storage."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import torch
from torch import nn
from torch.utils.checkpoint import checkpoint

import cnncalc
from cnncalc.diagnostics import CnncalcError

SPEC = """
input: 3x16x16
blocks:
  residual(c):
    - conv1: conv c k3 p1
    - bn
    - silu
    - conv2: conv c k3 p1
    - add(conv2, input)
    - relu
body:
  - stem: conv 8 k3 p1 -> relu
  - stage1: 2 * residual(8)
    checkpoint: {checkpoint}
  - stage2: residual(8)
  - head: gap -> flatten -> linear 10
"""


class Residual(nn.Module):
    def __init__(self, width: int) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(width, width, 3, padding=1)
        self.bn = nn.BatchNorm2d(width)
        self.conv2 = nn.Conv2d(width, width, 3, padding=1)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return torch.relu(self.conv2(nn.functional.silu(self.bn(self.conv1(x)))) + x)


def held_by_torch(recomputed: bool, batch: int) -> int:
    """The bytes of all storages that autograd and checkpoints hold, parameters and buffers left out."""
    torch.manual_seed(0)
    stem, blocks, head = nn.Conv2d(3, 8, 3, padding=1), [Residual(8) for _ in range(3)], nn.Linear(8, 10)
    modules = nn.ModuleList([stem, *blocks, head])
    own = {t.untyped_storage().data_ptr() for t in (*modules.parameters(), *modules.buffers())}
    held: dict[int, Any] = {}

    def pack(tensor: torch.Tensor) -> torch.Tensor:
        storage = tensor.untyped_storage()
        if storage.data_ptr() not in own:
            held[storage.data_ptr()] = storage
        return tensor

    with torch.autograd.graph.saved_tensors_hooks(pack, lambda tensor: tensor):
        x = torch.relu(stem(torch.randn(batch, 3, 16, 16)))
        for at, block in enumerate(blocks):
            if recomputed and at < 2:
                pack(x)  # which the checkpoint holds by itself
                x = checkpoint(block, x, use_reentrant=False)
            else:
                x = block(x)
        head(x.mean((2, 3)))
    return sum(storage.nbytes() for storage in held.values())


@pytest.mark.parametrize("batch", [1, 4])
def test_what_is_held(batch: int, tmp_path: Path) -> None:
    saved = {}
    for recomputed in (False, True):
        spec = tmp_path / "net.yaml"
        spec.write_text(SPEC.format(checkpoint="yes" if recomputed else "no"))
        memory = cnncalc.calc(spec, batch=batch, memory="train").memory
        assert memory is not None
        saved[recomputed] = memory.saved
        assert memory.saved == held_by_torch(recomputed, batch)
    assert saved[True] < saved[False]  # type: ignore[operator]


def test_the_moment_of_computing_again_by_hand(tmp_path: Path) -> None:
    spec = tmp_path / "net.yaml"
    blocks = "blocks:\n  part: linear 8 -> sigmoid\n"
    spec.write_text(f"input: 8\n{blocks}body:\n  - a: 4 * part()\n    checkpoint: yes\n")
    memory = cnncalc.calc(spec, batch=1, memory="train").memory
    assert memory is not None
    # 32 bytes a value. Kept are the inputs of four parts; the last part makes two values beside.
    assert memory.saved == 4 * 32
    assert memory.use[0][-2:] == [4 * 32 + 32, 4 * 32 + 64]
    assert memory.peak == 4 * 32 + 64


def test_paths_and_back(tmp_path: Path) -> None:
    spec = tmp_path / "net.yaml"
    spec.write_text(SPEC.format(checkpoint="yes"))
    graph = cnncalc.parse(spec)
    assert graph.checkpoints == {"stage1.0", "stage1.1"}
    written = cnncalc.write(graph)
    assert "checkpoint: [stage1.0, stage1.1]" in written
    assert cnncalc.parse(written).checkpoints == graph.checkpoints


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ("- {conv1: conv 8 k3, checkpoint: 3}", "checkpoint is yes or no, not 3"),
        ("- {tap: a, checkpoint: yes}", "`tap` adds no layers, and has no checkpoint beside it"),
        ("- conv1: conv 8 k3\ncheckpoint: [conv2]", "there is no layer or level at conv2"),
    ],
)
def test_what_cannot_be(body: str, message: str) -> None:
    with pytest.raises(CnncalcError) as error:
        cnncalc.calc(f"input: 3x8x8\nbody:\n  {body}\n")
    assert error.value.diagnostics[0].message == message
