"""One drawn case in torch and in cnncalc: shapes, parameters, buffers, FLOPs, and refusals both ways."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from typing import Any, NamedTuple

import torch
from torch import nn

from cnncalc import calc
from cnncalc.diagnostics import CnncalcError
from cnncalc.layers import Layer
from cnncalc.torch_bridge.build import Tensor, made, ran
from cnncalc.torch_bridge.draw import Case, Sample, normal
from cnncalc.torch_bridge.measure import Counter, needs_values, state


class Figures(NamedTuple):
    """What both say of a case."""

    outputs: list[Sample]
    params: dict[str, Sample]
    buffers: dict[str, Sample]
    flops: int | None  # None where torch has no count

    def __str__(self) -> str:
        return f"outputs {self.outputs}, params {self.params}, buffers {self.buffers}, FLOPs {self.flops}"


class Outcome(NamedTuple):
    """What came of a case."""

    legal: bool
    difference: str | None  # with lines in both languages to try it


def by_torch(case: Case) -> Figures | str:
    """torch's figures, or its refusal.

    It runs on real tensors, whose kernels check all there is to check; FLOPs are counted on the meta device, where
    no operators are fused, for the layers that run there.
    """
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            layer = normal(case.layer, case.arguments)
            part = held(case, layer)
            with torch.no_grad():
                outputs = ran(layer, part, tensors(case, "cpu"))
            figures = Figures([tuple(out.shape) for out in outputs], *state(part), None)
            return figures._replace(flops=counted(case, layer, part))
    except Exception as error:
        return f"{type(error).__name__}: {error}"


def held(case: Case, layer: Layer) -> nn.Module | Tensor | None:
    """What holds the parameters: torch's module, made with the arguments as they were drawn."""
    if case.layer.torch is None:
        return made(layer, tuple(case.shapes))
    given = {key: value for key, value in case.arguments.items() if not case.layer.arguments[key].at_call}
    module: nn.Module = getattr(nn, case.layer.torch)(**given)
    return module.eval().requires_grad_(False)


def counted(case: Case, layer: Layer, part: nn.Module | Tensor | None) -> int | None:
    """The FLOPs of a case that runs; None where torch has no count for what it does."""
    for device in ("meta", "cpu"):
        counter = Counter()
        try:
            with torch.device(device), counter.mode:
                ran(layer, part.to(device) if part is not None else None, tensors(case, device))
        except Exception as error:
            if device == "cpu" or not needs_values(error):
                raise
            part = held(case, layer)  # what was moved to the meta device has no values
            continue
        flops, unseen = counter.taken()
        return None if unseen else flops
    raise AssertionError(device)


def tensors(case: Case, device: str) -> list[torch.Tensor]:
    """The inputs: zeros, which are indices too."""
    whole = case.layer.integer_inputs
    return [
        torch.zeros(shape, dtype=torch.long if i in whole else torch.float32, device=device)
        for i, shape in enumerate(case.shapes)
    ]


def by_cnncalc(case: Case) -> Figures | str:
    """cnncalc's figures, or its diagnosis."""
    try:
        report = calc(case.spec, batch=case.batch)
    except CnncalcError as error:
        return str(error)
    layer = report.layers[-1]
    flops: Any = report.totals.flops
    outputs: Any = list(layer.outputs)
    return Figures(outputs, dict(layer.weights), dict(layer.buffer_shapes), flops)  # type: ignore[arg-type]


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
        case.layer.name.startswith("adaptiveavgpool") and len(case.shapes[0]) != (case.layer.ndim or 0) + 2
    ),
}


def outcome(case: Case) -> Outcome:
    """What both say of a case, and what they disagree on."""
    theirs, ours = by_torch(case), by_cnncalc(case)
    legal = isinstance(theirs, Figures)
    if any(applies(case) for applies in DIFFERENCES.values()):
        return Outcome(legal, None)
    if isinstance(theirs, str) and isinstance(ours, str):
        return Outcome(legal, None)
    if isinstance(theirs, Figures) and isinstance(ours, Figures):
        counts = theirs.flops is not None and case.layer.status == "exact"
        if (theirs if counts else theirs._replace(flops=ours.flops)) == ours:
            return Outcome(legal, None)
    if isinstance(theirs, Figures) and isinstance(ours, str) and any(0 in out for out in theirs.outputs):
        return Outcome(legal, None)  # cnncalc refuses whatever leaves nothing; torch does so here and there
    return Outcome(legal, f"{case.reproduction}\ntorch:   {theirs}\ncnncalc: {ours}")
