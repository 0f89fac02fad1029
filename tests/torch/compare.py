"""One drawn case in torch and in cnncalc: shapes, parameters, buffers, FLOPs, and refusals both ways."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from typing import Any, NamedTuple

import torch
from torch import nn
from torch.utils.flop_counter import FlopCounterMode

import cnncalc
from cnncalc.layers.base import Named
from tests.torch.draw import Case


class Figures(NamedTuple):
    """What both say of a case."""

    outputs: list[tuple[Any, ...]]
    params: dict[str, tuple[Any, ...]]
    buffers: dict[str, tuple[Any, ...]]
    flops: int


def by_torch(case: Case) -> Figures | str:
    """torch's figures, or its refusal. Run on real tensors, whose kernels check all there is to check."""
    try:
        with warnings.catch_warnings(), torch.no_grad():
            warnings.simplefilter("ignore")
            module: nn.Module = getattr(nn, case.layer.torch or "")(**case.arguments).eval()
            with FlopCounterMode(display=False) as counter:
                result = module(torch.rand(case.shape))
    except Exception as error:
        return f"{type(error).__name__}: {error}"
    outputs = result if isinstance(result, tuple) else (result,)
    return Figures(
        [tuple(out.shape) for out in outputs],
        {name: tuple(p.shape) for name, p in module.named_parameters()},
        {name: tuple(b.shape) for name, b in module.named_buffers()},
        counter.get_total_flops(),
    )


def by_cnncalc(case: Case) -> Figures | str:
    """cnncalc's figures, or its diagnosis."""
    try:
        report = cnncalc.calc(case.spec, batch=case.shape[0])
    except cnncalc.CnncalcError as error:
        return str(error)
    layer = report.layers[-1]
    flops = report.totals.flops
    assert isinstance(flops, int)
    return Figures(list(layer.outputs), plain(layer.weights), plain(layer.buffer_shapes), flops)


def plain(named: Named) -> dict[str, tuple[Any, ...]]:
    return dict(named)


def numbers(value: Any) -> tuple[Any, ...]:
    return value if isinstance(value, tuple) else (value,)


def negative(padding: Any) -> bool:
    return any(isinstance(side, int) and side < 0 for side in numbers(padding))


def too_long(padding: Any, axes: int) -> bool:
    return isinstance(padding, tuple) and len(padding) > axes


# Where torch contradicts itself; docs/torch-differences.md says how.
DIFFERENCES: dict[str, Callable[[Case], bool]] = {
    "LPPool1d takes no one-element tuple, which the other pools do": lambda case: (
        case.layer.name == "lppool1d" and any(isinstance(value, tuple) for value in case.arguments.values())
    ),
    "a convolution that pads by reflection and the like takes negative padding, which crops": lambda case: (
        "padding_mode" in case.arguments and negative(case.arguments.get("padding"))
    ),
    "and padding for more axes than there are, which pads the channels": lambda case: (
        "padding_mode" in case.arguments and too_long(case.arguments.get("padding"), case.layer.ndim or 0)
    ),
    "a transposed convolution takes a dilation of 0 where the kernel is 1": lambda case: (
        case.layer.name.startswith("convtranspose") and 0 in numbers(case.arguments.get("dilation"))
    ),
    "AdaptiveAvgPool2d and 3d with an output of 1 take any number of axes": lambda case: (
        case.layer.name.startswith("adaptiveavgpool") and len(case.shape) != (case.layer.ndim or 0) + 2
    ),
}


def difference(case: Case) -> str | None:
    """What the two disagree on, with a line for each language to try it; None where they agree."""
    if any(applies(case) for applies in DIFFERENCES.values()):
        return None
    theirs, ours = by_torch(case), by_cnncalc(case)
    if isinstance(theirs, str) and isinstance(ours, str):
        return None
    if theirs == ours:
        return None
    if isinstance(theirs, Figures) and isinstance(ours, str) and any(0 in out for out in theirs.outputs):
        return None  # cnncalc refuses whatever leaves nothing; torch does so here and there
    return f"cnncalc {case.spec!r} --batch {case.shape[0]}\n{case.torch_text}\ntorch:   {theirs}\ncnncalc: {ours}"
