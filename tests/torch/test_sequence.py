"""Embeddings, recurrent layers, attention and transformers, drawn by themselves and held against torch."""

from __future__ import annotations

import os
import random
import warnings
from typing import Any, NamedTuple

import pytest
import torch
from torch import nn
from torch.utils.flop_counter import FlopCounterMode

import cnncalc
from cnncalc.layers import Layer
from cnncalc.layers.kinds import said
from cnncalc.layers.registry import layer_class
from cnncalc.torch_bridge.build import made

TRIALS = int(os.environ.get("CNNCALC_TRIALS", "4000")) // 20
NAMES = [
    "embedding",
    "embeddingbag",
    "rnn",
    "lstm",
    "gru",
    "rnncell",
    "lstmcell",
    "grucell",
    "multiheadattention",
    "scaled_dot_product_attention",
    "transformerencoderlayer",
    "transformerdecoderlayer",
    "transformerencoder",
    "transformerdecoder",
    "transformer",
]


class Figures(NamedTuple):
    """What both say of a case."""

    outputs: list[tuple[Any, ...]]
    params: dict[str, tuple[Any, ...]]
    buffers: dict[str, tuple[Any, ...]]
    flops: Any


def in_torch(layer: type[Layer], values: dict[str, Any]) -> dict[str, Any]:
    """The values, with torch's own defaults where the small-letter name has others."""
    others = {k: a.in_torch for k, a in layer.arguments.items() if a.in_torch is not None}
    return others | values


def text(value: Any) -> str:
    return f"'{value}'" if isinstance(value, str) else str(value) if isinstance(value, bool) else said(value)


def spec(layer: type[Layer], values: dict[str, Any], shapes: list[tuple[int, ...]]) -> str:
    """The case in cnncalc's language: in torch's words where there is one input."""
    names = [f"x{i}" for i in range(len(shapes))]
    given = [f"{key}={text(value)}" for key, value in values.items()]
    if len(shapes) == 1:
        call = f"{layer.torch or layer.name}({', '.join(given)})"
    else:
        given = [f"{key}={text(value)}" for key, value in in_torch(layer, values).items()]
        call = f"{layer.name}({', '.join([*names, *given])})"
    inputs = "".join(f"  {name}: ({', '.join(map(str, x))},)\n" for name, x in zip(names, shapes))
    return f"batch: none\ninputs:\n{inputs}body:\n  - {call}\n"


def by_torch(layer: type[Layer], values: dict[str, Any], shapes: list[tuple[int, ...]]) -> Figures | str:
    """torch's figures, or its refusal: shapes from the CPU, whose kernels check most, FLOPs from the meta device."""
    ours = layer(**in_torch(layer, values))
    runs: list[tuple[list[tuple[int, ...]], int]] = []
    try:
        constructed = {
            key: made(value, tuple(shapes)) if isinstance(value, Layer) else value
            for key, value in values.items()
            if not layer.arguments[key].at_call
        }
        for device in ("cpu", "meta"):
            with warnings.catch_warnings(), torch.no_grad():
                warnings.simplefilter("ignore")
                part = None
                if layer.torch is not None:
                    part = getattr(nn, layer.torch)(**constructed).to(device).eval().requires_grad_(False)
                inputs = [
                    torch.zeros(x, dtype=torch.long if i in layer.integer_inputs else torch.float, device=device)
                    for i, x in enumerate(shapes)
                ]
                with FlopCounterMode(display=False) as counter:
                    result = ours.run(torch, part, *inputs)
            outputs = result if isinstance(result, tuple | list) else [result]
            runs.append(([tuple(out.shape) for out in outputs], counter.get_total_flops()))
    except Exception as error:
        return f"{type(error).__name__}: {error}"
    assert runs[0][0] == runs[1][0]
    return Figures(
        runs[0][0],
        {name: tuple(p.shape) for name, p in part.named_parameters()} if part else {},
        {name: tuple(b.shape) for name, b in part.named_buffers()} if part else {},
        runs[1][1],
    )


def by_cnncalc(written: str) -> Figures | str:
    """cnncalc's figures, or its diagnosis."""
    try:
        report = cnncalc.calc(written)
    except cnncalc.CnncalcError as error:
        return str(error)
    (layer,) = report.layers
    return Figures(list(layer.outputs), dict(layer.weights), dict(layer.buffer_shapes), layer.flops)


@pytest.mark.parametrize("name", NAMES)
def test_drawn(name: str) -> None:
    layer = layer_class(name)
    draw = random.Random(name)
    legal = refused = 0
    for _ in range(TRIALS):
        values, shapes = layer.drawn(draw)  # type: ignore[attr-defined]
        written = spec(layer, values, shapes)
        theirs, ours = by_torch(layer, values, shapes), by_cnncalc(written)
        if isinstance(theirs, str) and isinstance(ours, str):
            refused += 1
            continue
        assert ours == theirs, f"{written}\n{values} {shapes}\ntorch:   {theirs}\ncnncalc: {ours}"
        legal += 1
    assert legal > 0.6 * TRIALS
    assert refused > 0.01 * TRIALS
