"""What networks take in memory, against torch: every storage followed, what autograd saves, and real optimizers.

One network of each family here; CNNCALC_ZOO=all has all of them.
"""

from __future__ import annotations

import random
from math import prod
from typing import Any

import pytest
import torch

import cnncalc
from cnncalc.analysis.memory.optimizers import state_bytes
from cnncalc.layers import layer_class
from cnncalc.torch_bridge.drawing.compare import by_cnncalc, by_torch, tensors
from cnncalc.torch_bridge.drawing.draw import case
from cnncalc.torch_bridge.drawing.memory import memory_difference
from cnncalc.torch_bridge.drawing.self_test import self_test
from cnncalc.torch_bridge.verifying.build import build
from cnncalc.torch_bridge.verifying.follow import follow
from cnncalc.torch_bridge.verifying.memory import MemoryClaims
from tests.torch.drawn_memory import compared
from tests.torch.test_zoo import NAMES

SMALL = {
    "swin3d_t": "3x4x64x64",
    "mvit_v1_b": None,
    "mvit_v2_s": None,
    "unet3d": "3x92x92x92",
    "bert_base": "16",
    "gpt2": "32",
    "maxvit_t": None,
}
"""Inputs at which a network takes no minutes; of those without one the blocks are in other networks."""

UNKNOWN = {"crnn"}
"""Networks with a layer of which it is not known what it keeps: an LSTM."""


@pytest.mark.parametrize("name", NAMES)
def test_every_layer_of_the_zoo(name: str) -> None:
    small = SMALL.get(name, "")
    if small is None:
        pytest.skip("too large to run here")
    given = [small] * len(cnncalc.calc(f"zoo:{name}").inputs) if small else []
    report = cnncalc.calc(f"zoo:{name}", input=given, batch=2)
    claims = MemoryClaims(report)
    assert claims.compared(report, {}) == []
    assert all(claims.known) is (name not in UNKNOWN)


@pytest.mark.parametrize("seed", range(20))
def test_drawn_networks_at_drawn_sizes(seed: int) -> None:
    """The closed forms at numbers, with the batch drawn as well, are what torch takes."""
    _, found = compared(1, seed, trials=2)
    assert found.differences == []


def state_tensors(state: Any) -> int:
    """The bytes of all tensors in the state of an optimizer."""
    return sum(t.numel() * t.element_size() for values in state.values() for t in values.values() if torch.is_tensor(t))


OPTIMIZERS: dict[str, Any] = {
    "sgd": lambda p: torch.optim.SGD(p, lr=0.1),
    "momentum": lambda p: torch.optim.SGD(p, lr=0.1, momentum=0.9),
    "adam": torch.optim.Adam,
    "adamw": torch.optim.AdamW,
    "adafactor": torch.optim.Adafactor,
}


@pytest.mark.parametrize("frozen", [False, True])
@pytest.mark.parametrize("dtype", ["float32", "bfloat16"])
@pytest.mark.parametrize("name", OPTIMIZERS)
def test_parameters_gradients_and_the_state_of_optimizers(name: str, dtype: str, frozen: bool) -> None:
    text = "input: 3x16x16\nbody:\n  - stem: conv 8 k3 -> bn -> relu\n  - conv 4 k1 bias=no -> flatten -> linear 5\n"
    text += "frozen: stem\n" if frozen else ""
    report = cnncalc.calc(text, memory="train", optimizer=name, dtype=dtype)
    built = build(report).to(getattr(torch, dtype))
    optimizer = OPTIMIZERS[name]([p for p in built.parameters() if p.requires_grad])
    built(torch.zeros(2, 3, 16, 16, dtype=getattr(torch, dtype))).sum().backward()
    optimizer.step()
    memory = report.memory
    assert memory is not None

    def size(named: Any) -> int:
        return sum(t.numel() * t.element_size() for t in named)

    assert memory.weights == size([*built.parameters(), *built.buffers()])
    assert memory.gradients == size([p.grad for p in built.parameters() if p.grad is not None])
    assert memory.optimizer == state_tensors(optimizer.state)


def test_lion_keeps_one_running_gradient() -> None:
    """Chen et al. 2023, Algorithm 2: the state of a parameter is its momentum."""
    assert state_bytes("lion", (64, 3, 7, 7), 4) == 64 * 3 * 7 * 7 * 4


@pytest.mark.parametrize("layer", ["relu6", "silu", "hardswish", "hardsigmoid", "mish", "hardtanh"])
def test_writing_in_place_saves_nothing_in_training(layer: str) -> None:
    kept = []
    for inplace in ("yes", "no"):
        report = cnncalc.calc(f"3x8x8 -> conv 4 k3 -> {layer} inplace={inplace} -> conv 2 k1", memory="train", batch=2)
        assert MemoryClaims(report).compared(report, {}) == []
        assert report.memory is not None
        kept.append(report.memory.saved)
    assert kept[0] == kept[1]


@pytest.mark.parametrize(
    "layer", ["conv 4 k=(3, 2) padding=same", "F.conv2d(identity, parameter 4 3 3 2, padding=same)"]
)
def test_zeros_on_one_side_alone_are_added_beforehand(layer: str) -> None:
    """A kernel of 3 pads both sides of its axis alike, within the convolution; one of 2 pads one side."""
    report = cnncalc.calc(f"3x8x8 -> {layer}", memory="train", batch=2)
    assert MemoryClaims(report).compared(report, {}) == []


@pytest.mark.parametrize("size", ["1", "(1, 1, None)", "(1, None, None)"])
def test_an_adaptive_pool_to_one_value_is_a_mean(size: str) -> None:
    report = cnncalc.calc(f"2x9x5x1 -> conv 2 k1 -> AdaptiveAvgPool3d({size})", memory="train", batch=2)
    assert MemoryClaims(report).compared(report, {}) == []


def test_a_cut_that_takes_all_of_an_axis_is_a_view() -> None:
    """Of which a closed form knows nothing, so that it says where it does not hold; numbers do."""
    report = cnncalc.calc("8xHxW -> permute 0 2 3 1 -> slice 2 0 min(W,300) -> flatten 1 2", memory="infer")
    assert report.memory is not None
    assert report.memory.note is not None
    assert report.memory.note.startswith("with H = 224, W = 224 torch copies less from flatten1 on")
    for sizes, copied in (({"H": 5, "W": 300}, 0), ({"H": 5, "W": 301}, 4 * 8 * 5 * 300)):
        plain = report.at(**sizes, N=1)
        assert follow(plain, training=False)[-1].use == 4 * 8 * 5 * sizes["W"] + copied
        assert MemoryClaims(report).compared(plain, {**sizes, "N": 1}) == []
    assert cnncalc.calc("8xHxW -> permute 0 2 3 1 -> flatten 1 2", memory="infer").memory.note is None  # type: ignore[union-attr]


@pytest.mark.parametrize("bias", ["5", "()", "1x5", "4x5", "3x4x5"])
def test_a_bias_is_added_where_the_product_is(bias: str) -> None:
    """One that is an input as well: without a mode that looks on there is no second tensor (ATen/native/Linear.cpp)."""
    report = cnncalc.calc(f"batch: none\ninputs: {{x: 2x3x4x6, w: 5x6, b: {bias}}}\nbody:\n  - F.linear(x, w, b)\n")
    wanted = 4 * (2 * 3 * 4 * 6 + 5 * 6 + prod(report.inputs["b"]) + 2 * 3 * 4 * 5)  # type: ignore[type-var]
    assert follow(report, training=False)[0].use == wanted
    assert MemoryClaims(report).compared(report, {}) == []


@pytest.mark.parametrize("call", ["lerp(conv 4 k1, conv 4 k1, weight=0.5)", "lerp(conv 4 k1, conv 4 k1, conv 4 k1)"])
def test_a_number_as_weight_keeps_nothing(call: str) -> None:
    """The gradients of lerp are those of its output times the weight, or 1 less the weight."""
    report = cnncalc.calc(f"3x8x8 -> {call}", memory="train", batch=2)
    assert MemoryClaims(report).compared(report, {}) == []


def test_a_number_beside_a_condition_is_a_tensor_of_its_own() -> None:
    report = cnncalc.calc("batch: none\ninput: 5x6\nbody:\n  - where(identity, identity, other=2)\n")
    assert follow(report, training=False, device="cpu")[-1].use == 4 * (5 * 6 * 2 + 1) + 5 * 6
    assert MemoryClaims(report).compared(report, {}) == []


@pytest.mark.parametrize("frozen", ["[]", "[c]"])
@pytest.mark.parametrize(
    "cell", ["lstmcell(a, b, b, 8)", "lstmcell(a, 8)", "grucell(a, b, 8)", "grucell(a, 8)", "rnncell(a, b, 8)"]
)
def test_cells_of_recurrent_layers(cell: str, frozen: str) -> None:
    body = f"  - a: linear(x, 6)\n  - b: linear(x, 8)\n  - c: {cell}\n  - relu(c)\n"
    report = cnncalc.calc(f"batch: none\ninputs: {{x: 3x10}}\nbody:\n{body}frozen: {frozen}\n")
    claims = MemoryClaims(report)
    assert all(claims.known)
    assert claims.compared(report, {}) == []


@pytest.mark.parametrize("fixed", [False, True])
@pytest.mark.parametrize(
    "equation", ["bqd,bkd->bqk", "bhqd,bhkd->bhqk", "bqd,de->bqe", "bqd,bkd,bke->bqe", "bqd,qb->db"]
)
def test_equations(equation: str, fixed: bool) -> None:
    """With copies where axes have to be brought together, of values that need gradients and of such as do not."""
    names = equation.partition("->")[0].split(",")
    sizes = {"b": 2, "h": 3, "q": 5, "k": 4, "d": 6, "e": 7}
    inputs = ", ".join(f"x{at}: {'x'.join(str(sizes[one]) for one in name)}" for at, name in enumerate(names))
    trained = list(enumerate(names))[: 1 if fixed else None]
    body = "".join(f"  - y{at}: linear(x{at}, {sizes[name[-1]]})\n" for at, name in trained)
    read = ", ".join(f"{'x' if fixed and at else 'y'}{at}" for at in range(len(names)))
    body += f"  - einsum({read}, equation='{equation}')\n"
    report = cnncalc.calc(f"batch: none\ninputs: {{{inputs}}}\nbody:\n{body}")
    claims = MemoryClaims(report)
    assert all(claims.known)
    assert claims.compared(report, {}) == []


@pytest.mark.parametrize("layer", ["scaled_dot_product_attention", "multiheadattention", "transformer"])
def test_attention_in_every_kernel(layer: str) -> None:
    """With and without scores: masks, causal ones, dropout, heads in groups, axes that are stretched."""
    found = self_test(trials=40, seed=12, layer=layer)
    assert found.differences == ()
    assert found.total.legal > 20


@pytest.mark.parametrize("compared", [False, True])
@pytest.mark.parametrize("heads", [2, 4])
def test_a_mask_becomes_numbers(compared: bool, heads: int) -> None:
    """Of yes and no, in memory of its own; of numbers, it is added as it is."""
    mask = "ge(m, 0)" if compared else "identity(m)"
    spec = f"""
batch: none
inputs: {{q: 2x4x5x3, k: 2x{heads}x6x3, m: 5x6}}
body:
  - mask: {mask}
  - sdpa(q, k, k, mask, enable_gqa=yes)
"""
    report = cnncalc.calc(spec)
    assert MemoryClaims(report).compared(report, {}) == []


@pytest.mark.parametrize("mask", ["numbers", "yes and no"])
@pytest.mark.parametrize("type", [torch.float16, torch.bfloat16, torch.float32])
def test_attention_in_other_types(type: torch.dtype, mask: str) -> None:
    """Off the fused kernel torch works out types of 16 bits in float32."""
    cls, compared = layer_class("scaled_dot_product_attention"), 0
    for index in range(60):
        drawn = case(cls, random.Random(f"types {index}"))
        xs = [x.to(type) for x in tensors(drawn, "cpu")]
        if isinstance(by_torch(drawn), str) or isinstance(by_cnncalc(drawn), str):
            continue
        if mask == "yes and no":
            xs[3:] = [torch.ones_like(x, dtype=torch.bool) for x in xs[3:]]
        layer = cnncalc.calc(drawn.spec, batch=drawn.batch).layers[-1]
        assert memory_difference(layer, None, xs) is None, drawn.spec
        compared += 1
    assert compared > 30
