"""One figure of activations however a network is written, held to the tensors that torch makes; views and in-place."""

import random
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from math import prod
from typing import Any

import pytest
import torch
from torch import nn
from torch.utils._python_dispatch import TorchDispatchMode

import cnncalc
from cnncalc.layers import Layer
from cnncalc.torch_bridge.drawing.compare import CRASHES, held, tensors
from cnncalc.torch_bridge.drawing.draw import case, layers, normal
from cnncalc.torch_bridge.importing.importer import given_tensor, import_module
from cnncalc.torch_bridge.verifying.build import ran
from cnncalc.torch_bridge.verifying.verify import verify


class Made(TorchDispatchMode):
    """Counts the elements of every tensor that an operation makes: no views, no copies, first outputs alone."""

    COPIES = ("clone", "_to_copy", "copy_", "zeros", "empty", "zeros_like", "empty_like", "_unsafe_view")

    def __init__(self) -> None:
        super().__init__()
        self.elements = 0

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        out = func(*args, **(kwargs or {}))
        first = out[0] if isinstance(out, tuple | list) else out
        name = func._schema.name.removeprefix("aten::")
        aliased = any(result.alias_info for result in func._schema.returns)
        bias = name == "add" and args[1].dim() == 1  # which a linear adds by itself where its input is no matrix
        if isinstance(first, torch.Tensor) and not aliased and not bias and name not in self.COPIES:
            self.elements += first.numel()
        return out


def made_by(module: nn.Module, *inputs: torch.Tensor, **more: Any) -> int:
    """Without fused operators, which show nothing of what is inside: gradients are asked for."""
    with Made() as made:
        module.eval()(*inputs, **more)
    return made.elements


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("norm_first", [False, True])
@pytest.mark.parametrize("steps", [1, 7])
@pytest.mark.parametrize("batch", [1, 3])
def test_transformers_count_what_torch_makes(norm_first: bool, steps: int, batch: int) -> None:
    same = {"batch_first": True, "norm_first": norm_first}
    x, memory = torch.zeros(batch, steps, 12), torch.zeros(batch, 5, 12)
    for call, module, inputs in [
        ("x -> transformerencoderlayer(nhead=3", nn.TransformerEncoderLayer(12, 3, 20, **same), (x,)),
        ("transformerdecoderlayer(x, m, nhead=3", nn.TransformerDecoderLayer(12, 3, 20, **same), (x, memory)),
        ("transformer(m, x, nhead=3, num_encoder_layers=2", nn.Transformer(12, 3, 2, 6, 20, **same), (memory, x)),
    ]:
        spec = f"inputs: {{x: {steps}x12, m: 5x12}}\nbody:\n  - {call}, dim_feedforward=20, norm_first={norm_first})"
        report = cnncalc.calc(spec)
        assert report.totals.activations * batch == made_by(module, *inputs), spec
        assert verify(report).ok


@pytest.mark.parametrize("bias", [True, False])
@pytest.mark.parametrize("heads", [1, 4])
@pytest.mark.parametrize(("kdim", "vdim"), [(8, 8), (5, 3)])
def test_attention_counts_its_projections_and_what_the_heads_give(heads: int, bias: bool, kdim: int, vdim: int) -> None:
    module = nn.MultiheadAttention(8, heads, bias=bias, kdim=kdim, vdim=vdim, batch_first=True)
    query, key, value = torch.zeros(2, 6, 8), torch.zeros(2, 9, kdim), torch.zeros(2, 9, vdim)
    report = cnncalc.calc(
        f"inputs: {{q: 6x8, k: 9x{kdim}, v: 9x{vdim}}}\nbody:\n  - mha(q, k, v, num_heads={heads}, need_weights=no)"
    )
    assert report.totals.activations * 2 == made_by(module, query, key, value, need_weights=False)


@pytest.mark.parametrize("kind", ["RNN", "LSTM", "GRU"])
@pytest.mark.parametrize("both", [True, False])
def test_recurrent_layers_count_as_single_ones_in_a_row(kind: str, both: bool) -> None:
    total, x = 0, torch.zeros(1, 7, 5)
    for _ in range(3):
        x, states = getattr(nn, kind)(x.shape[-1], 6, batch_first=True, bidirectional=both)(x)
        total += x.numel() + sum(state.numel() for state in (states if isinstance(states, tuple) else (states,)))
    report = cnncalc.calc(f"7x5 -> {kind.lower()} 6 num_layers=3 bidirectional={both}")
    assert report.totals.activations == total
    assert verify(report).ok


FUSED = "10x64 -> transformerencoderlayer 4 dim_feedforward=128"
BY_LAYERS = """
input: 10x64
body:
  - self_attn: mha 4 need_weights=no
  - add1: add(input, self_attn)
  - norm1: layernorm
  - linear1: linear 128
  - relu
  - linear2: linear 64
  - add(norm1, linear2)
  - norm2: layernorm
"""
BY_HAND = """
input: 10x64
body:
  - q: input -> linear 64
  - k: input -> linear 64
  - v: input -> linear 64
  - sdpa(q, k, v)
  - linear 64
"""


def test_fused_imported_and_written_by_hand_are_one_figure() -> None:
    module = nn.TransformerEncoderLayer(64, 4, 128, batch_first=True)
    imported = import_module(module, [given_tensor(torch.zeros(1, 10, 64))]).graph
    figures = [cnncalc.trace(graph).totals for graph in (cnncalc.parse(FUSED), imported, cnncalc.parse(BY_LAYERS))]
    assert len({(total.params, total.macs, total.activations) for total in figures}) == 1
    attention = [cnncalc.calc(spec).totals for spec in ("10x64 -> mha 1 need_weights=no", BY_HAND)]
    assert len({(total.params, total.macs, total.activations) for total in attention}) == 1


def test_closed_forms_of_what_is_inside() -> None:
    report = cnncalc.calc("TxC -> transformerencoderlayer 4 dim_feedforward=F2")
    for sizes in ({"T": 3, "C": 8, "F2": 5}, {"T": 10, "C": 64, "F2": 128}):
        at = cnncalc.calc(f"{sizes['T']}x{sizes['C']} -> transformerencoderlayer 4 dim_feedforward={sizes['F2']}")
        assert report.at(**sizes).totals.activations == at.totals.activations


MADE_OF_OTHERS = {"AdaptiveLogSoftmaxWithLoss"}  # which of its clusters run goes by the targets


@pytest.mark.filterwarnings("ignore")
def test_every_layer_that_holds_others_says_what_they_give() -> None:
    """torch's own modules that have modules in them."""
    silent = []
    for cls in layers():
        if cls.torch is None or cls.inner is not Layer.inner:
            continue
        module = module_of(cls)
        if module is not None and next(module.children(), None) is not None:
            silent.append(cls.torch)
    assert set(silent) == MADE_OF_OTHERS


def module_of(cls: type[Layer]) -> nn.Module | None:
    part = next((part for _, _, part, _ in runs(cls, 40)), None)
    return part if isinstance(part, nn.Module) else None


@contextmanager
def quiet() -> Iterator[None]:
    with warnings.catch_warnings(), torch.no_grad():
        warnings.simplefilter("ignore")
        yield


def runs(cls: type[Layer], count: int) -> Iterator[tuple[Layer, list[torch.Tensor], Any, list[torch.Tensor]]]:
    """Drawn cases that torch runs: the layer, what goes in, what holds its parameters, what comes out."""
    draw = random.Random(cls.name)
    for _ in range(count):
        one = case(cls, draw)
        if any(applies(one) for applies in CRASHES.values()):
            continue
        try:
            with quiet():
                layer = normal(cls, one.arguments)
                part = held(one, layer)
                inputs = tensors(one, "cpu")
                outputs = ran(layer, part, inputs)
        except Exception:
            continue
        if all(prod(x.shape) for x in (*inputs, *outputs)):
            yield layer, inputs, part, outputs


SOMETIMES = {"to", "einsum", "view_as_real"}  # by the type of what goes in, and where a product is none


@pytest.mark.parametrize("cls", layers(), ids=lambda cls: cls.name)
def test_views_and_in_place_layers_are_what_they_say(cls: type[Layer]) -> None:
    if cls.name in SOMETIMES:
        return
    for layer, inputs, _, outputs in runs(cls, 12):
        memory = {x.untyped_storage().data_ptr() for x in inputs}
        shared = {y.untyped_storage().data_ptr() in memory for y in outputs}
        if memory:
            assert shared == {layer.view or layer.in_place}, layer


def test_a_view_has_the_elements_that_it_shows() -> None:
    assert cnncalc.calc("3x4x4 -> flatten").totals.activations == 48
