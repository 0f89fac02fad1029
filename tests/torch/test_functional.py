"""Layers that draw their own arguments and inputs, held against torch: shapes, parameters, FLOPs, refusals both ways.

Run on real tensors, whose kernels check all there is to check.
"""

from __future__ import annotations

import os
import random
import warnings
from fractions import Fraction
from typing import Any, NamedTuple

import pytest
import torch
from torch import nn
from torch.utils.flop_counter import FlopCounterMode

from cnncalc.layers import Layer, families
from cnncalc.layers.base import Refusal, Site
from cnncalc.layers.kinds import Wrong
from cnncalc.torch_bridge.build import made

TRIALS = int(os.environ.get("CNNCALC_TRIALS", "4000")) // 20
SEED = int(os.environ.get("CNNCALC_SEED", "1"))
Shape = tuple[int, ...]

LAYERS: list[type[Layer]] = [
    member for family in families() for member in family.members if hasattr(family.layer, "drawn")
]
FUNCTIONS: list[type[Layer]] = [
    member
    for family in families()
    for member in family.members
    if member.torch is None and member.inputs == (1, 1) and not member.arguments
]


class Figures(NamedTuple):
    """What both say of a case."""

    outputs: list[Shape]
    params: dict[str, Shape]
    buffers: dict[str, Shape]
    flops: int


def by_cnncalc(cls: type[Layer], arguments: dict[str, Any], xs: list[Shape]) -> tuple[Layer | None, Figures | str]:
    """cnncalc's figures, or its refusal."""
    try:
        values = {key: cls.arguments[key].kind.read(exact(value), cls.ndim) for key, value in arguments.items()}
        layer = cls(**values)
        site = Site()
        layer.check(site)
        out = layer.forward(site, *xs)
    except Wrong as wrong:
        return None, str(wrong)
    except Refusal as refusal:
        return layer, refusal.finding.message
    ys: Any = tuple(out) if isinstance(out, list) else (out,)
    macs: Any = layer.macs(tuple(xs), ys)
    for reach, x in zip(layer.reach(tuple(xs), ys), xs, strict=True):
        assert all(axis < len(x) and (to is None or to < len(ys[0])) for axis, (to, _) in reach.items())
    return layer, Figures(list(ys), dict(layer.params(*xs)), dict(layer.buffers(*xs)), 2 * macs)  # type: ignore[arg-type]


def by_torch(cls: type[Layer], layer: Layer | None, arguments: dict[str, Any], xs: list[Shape]) -> Figures | str:
    """torch's figures, or its refusal."""
    try:
        with warnings.catch_warnings(), torch.no_grad():
            warnings.simplefilter("ignore")
            layer = layer or cls(**arguments)
            own = {key: value for key, value in arguments.items() if not cls.arguments[key].at_call}
            part: Any = made(layer, tuple(xs)) if layer.torch is None else getattr(nn, layer.torch)(**own)
            given = [tensor(layer, i, x) for i, x in enumerate(xs)]
            with FlopCounterMode(display=False) as counter:
                result = layer.run(torch, part.eval() if isinstance(part, nn.Module) else part, *given)
    except Exception as error:
        return f"{type(error).__name__}: {error}"
    outputs = result if isinstance(result, tuple | list) else (result,)
    named = isinstance(part, nn.Module)
    return Figures(
        [tuple(out.shape) for out in outputs],
        {name: tuple(p.shape) for name, p in part.named_parameters()} if named else {},
        {name: tuple(b.shape) for name, b in part.named_buffers()} if named else {},
        counter.get_total_flops(),
    )


def exact(value: Any) -> Any:
    """A drawn value as the language reads it, where decimals are exact."""
    if isinstance(value, tuple):
        return tuple(map(exact, value))
    return Fraction(str(value)) if isinstance(value, float) else value


def tensor(layer: Layer, at: int, shape: Shape) -> Any:
    """A drawn input; indices where the layer takes indices."""
    return torch.zeros(shape, dtype=torch.int64) if at in layer.integer_inputs else torch.rand(shape)


@pytest.mark.parametrize("cls", LAYERS, ids=lambda cls: cls.name)
def test_torch_agrees(cls: type[Layer]) -> None:
    draw = random.Random(f"{SEED} {cls.name}")
    legal = 0
    for _ in range(TRIALS):
        arguments, xs = cls.drawn(draw)  # type: ignore[attr-defined]
        layer, ours = by_cnncalc(cls, arguments, xs)
        theirs = by_torch(cls, layer, arguments, xs)
        if isinstance(theirs, str) and isinstance(ours, str):
            continue
        case = f"{cls.name} {arguments} on {xs}\ntorch:   {theirs}\ncnncalc: {ours}"
        if isinstance(theirs, Figures) and isinstance(ours, str) and any(0 in out for out in theirs.outputs):
            continue  # cnncalc refuses whatever leaves nothing; torch does so here and there
        if isinstance(theirs, Figures) and isinstance(ours, Figures) and unseen(cls, xs):
            theirs = theirs._replace(flops=ours.flops)
        assert ours == theirs, case
        legal += 1
    assert legal > TRIALS // 5


def unseen(cls: type[Layer], xs: list[Shape]) -> bool:
    """Does torch's counter not see these products? It sees none with a vector."""
    return (cls.name in ("matmul", "dot", "mv") and min(map(len, xs)) == 1) or cls.status != "exact"


@pytest.mark.parametrize("cls", FUNCTIONS, ids=lambda cls: cls.name)
def test_functions_of_one_value(cls: type[Layer]) -> None:
    xs = [(2, 3, 4)]
    layer, ours = by_cnncalc(cls, {}, xs)
    assert ours == by_torch(cls, layer, {}, xs)
