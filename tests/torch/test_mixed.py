"""Mixed precision against torch.amp: what autograd holds under autocast, and the tables of functions in torch."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
import torch

import cnncalc
from cnncalc.analysis.memory import mixed
from cnncalc.torch_bridge.verifying.build import build

HEADER = Path(torch.__file__).parent / "include" / "ATen" / "autocast_mode.h"
SPECS = [
    "3x16x16 -> conv 8 k3 p1 bias=no -> bn -> relu -> maxpool 2 -> conv 8 k3 p1 -> relu -> gap -> flatten -> linear 10",
    "3x16x16 -> conv 8 k3 -> silu -> conv 8 k1 -> bn -> gelu -> flatten -> linear 16 -> relu -> linear 4",
    "3x16x16 -> a: conv 8 k3 p1 -> relu -> c: conv 8 k3 p1 -> add(a, c) -> hardswish -> avgpool 2 -> convt 4 k2 s2",
]


def held(spec: str, batch: int) -> int:
    """The bytes of all storages that autograd keeps under autocast on a CPU, whose tables agree on these layers."""
    module: Any = build(cnncalc.parse(spec)).train()
    own = {t.untyped_storage().data_ptr() for t in (*module.parameters(), *module.buffers())}
    found: dict[int, Any] = {}

    def pack(tensor: torch.Tensor) -> torch.Tensor:
        storage = tensor.untyped_storage()
        if storage.data_ptr() not in own:
            found[storage.data_ptr()] = storage
        return tensor

    hooks = torch.autograd.graph.saved_tensors_hooks(pack, lambda tensor: tensor)
    with hooks, torch.autocast("cpu", dtype=torch.bfloat16):
        module(torch.randn(batch, 3, 16, 16))
    return sum(storage.nbytes() for storage in found.values())


@pytest.mark.parametrize("spec", SPECS)
@pytest.mark.parametrize("batch", [2, 5])
def test_what_is_held(spec: str, batch: int) -> None:
    memory = cnncalc.calc(spec, batch=batch, memory="train", dtype="amp").memory
    assert memory is not None
    assert memory.status == "exact"
    assert memory.saved == held(spec, batch)


def test_parameters_and_what_goes_with_them_stay_in_float32() -> None:
    plain, amp = (
        cnncalc.calc("zoo:resnet18", batch=32, memory="train", dtype=dtype).memory for dtype in ("float32", "amp")
    )
    assert plain is not None
    assert amp is not None
    assert (amp.weights, amp.gradients, amp.optimizer) == (plain.weights, plain.gradients, plain.optimizer)
    assert amp.saved < plain.saved  # type: ignore[operator]


def table(name: str) -> set[str]:
    text = HEADER.read_text()
    found = re.search(rf"#define {name}\(_?\)((?:.*\\\n)*.*\n)", text)
    assert found is not None
    return set(re.findall(r"_\(\s*(\w+)", found[1]))


def test_the_tables_are_those_of_torch() -> None:
    lower = table("AT_FORALL_LOWER_PRECISION_FP")
    higher, output = table("AT_FORALL_FP32"), table("AT_FORALL_FP32_SET_OPT_DTYPE")
    functions = {"conv": "conv2d", "convtranspose": "conv_transpose2d", "upsample": "upsample_bilinear2d"}
    functions |= {
        "layernorm": "layer_norm",
        "layernorm2d": "layer_norm",
        "rmsnorm": "rms_norm",
        "groupnorm": "group_norm",
    }
    functions |= {"upsamplingbilinear": "upsample_bilinear2d", "upsamplingnearest": "upsample_nearest2d"}
    functions |= {"softmax2d": "softmax", "logsoftmax": "log_softmax"}
    assert {functions.get(name, name) for name in mixed.LOWER} <= lower
    assert {functions.get(name, name) for name in mixed.HIGHER} <= higher
    assert {functions.get(name, name) for name in mixed.OUTPUT} <= output
    assert not mixed.AS_IT_COMES & (lower | higher | output)


def test_what_is_not_known_is_said() -> None:
    memory = cnncalc.calc("10x32 -> gru 16", memory="train", dtype="amp").memory
    assert memory is not None
    assert memory.status == "lower-bound"
