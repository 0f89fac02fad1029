"""One drawn case in torch and in cnncalc: shapes, parameters, buffers, FLOPs, receptive fields, and refusals both
ways.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable
from typing import Any, NamedTuple

import torch
from torch import nn

from cnncalc import calc
from cnncalc.diagnostics import CnncalcError
from cnncalc.layers import Layer
from cnncalc.torch_bridge.drawing.dependence import layer_disagreement
from cnncalc.torch_bridge.drawing.draw import Case, Sample, normal
from cnncalc.torch_bridge.verifying.build import Tensor, made, ran
from cnncalc.torch_bridge.verifying.measure import Counter, needs_values, state


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
    for crash, applies in CRASHES.items():
        if applies(case):
            return f"a crash: {crash}"
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
    given = {
        key: made(value, tuple(case.shapes)) if isinstance(value, Layer) else value
        for key, value in case.arguments.items()
        if not case.layer.arguments[key].at_call
    }
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
    """The inputs: zeros, which are indices too, or what the layer asks for."""
    whole = case.layer.integer_inputs
    return [
        case.layer.fed(i, torch.zeros(shape, dtype=torch.long if i in whole else torch.float32, device=device))
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


def refused_alone(theirs: Figures | str, ours: Figures | str) -> bool:
    """Does torch run what cnncalc refuses?"""
    return isinstance(theirs, Figures) and isinstance(ours, str)


def numbers(value: Any) -> tuple[Any, ...]:
    return value if isinstance(value, tuple) else (value,)


DIFFERENCES: dict[str, Callable[[Case, Figures | str, Figures | str], bool]] = {
    "A layer whose output would have no elements": lambda case, theirs, ours: (
        isinstance(theirs, Figures) and isinstance(ours, str) and any(0 in out for out in theirs.outputs)
    ),
    "`LPPool1d` with a tuple, `kernel_size=(2,)`": lambda case, theirs, ours: (
        case.layer.name == "lppool1d" and any(isinstance(value, tuple) for value in case.arguments.values())
    ),
    "`padding=-1` with a `padding_mode` other than zeros": lambda case, theirs, ours: (
        refused_alone(theirs, ours)
        and "padding_mode" in case.arguments
        and any(isinstance(side, int) and side < 0 for side in numbers(case.arguments.get("padding")))
    ),
    "Padding for more axes than there are, with a `padding_mode` other than zeros": lambda case, theirs, ours: (
        refused_alone(theirs, ours)
        and "padding_mode" in case.arguments
        and len(numbers(case.arguments.get("padding"))) > (case.layer.ndim or 0)
    ),
    "`ConvTranspose2d(..., kernel_size=1, dilation=0)`": lambda case, theirs, ours: (
        refused_alone(theirs, ours)
        and case.layer.name.startswith("convtranspose")
        and 0 in numbers(case.arguments.get("dilation"))
    ),
    "`AdaptiveAvgPool2d(1)` on an input with too few or too many axes, and the 3-d one": lambda case, theirs, ours: (
        refused_alone(theirs, ours)
        and case.layer.name.startswith("adaptiveavgpool")
        and len(case.shapes[0]) != (case.layer.ndim or 0) + 2
    ),
}
"""Where torch contradicts itself: the rows of docs/torch-differences.md, each with the cases that it covers."""


CRASHES: dict[str, Callable[[Case], bool]] = {
    "`EmbeddingBag(..., include_last_offset=True)` with one offset, which is no bag": lambda case: (
        case.layer.name == "embeddingbag"
        and case.arguments.get("include_last_offset", False)
        and (1,) in case.shapes[1:]
    ),
}
"""Rows of docs/torch-differences.md where torch ends the process, so that these cases are not run in it."""


def cropped_away(case: Case) -> bool:
    """Does a circular padding crop all of an axis before it repeats it?"""
    name = case.layer.name
    if not (name.startswith("circularpad") or (name == "pad" and case.arguments.get("mode") == "circular")):
        return False
    layer: Any = normal(case.layer, case.arguments)
    shape = case.shapes[0]
    return any(shape[axis] + min(left, 0) + min(right, 0) < 1 for axis, left, right in layer.sides(len(shape)))


UNWRITTEN: dict[str, Callable[[Case], bool]] = {
    "Circular padding of an axis of which its other side crops all": cropped_away,
}
"""Rows of docs/torch-differences.md where torch gives memory that it has not written to."""


def outcome(case: Case) -> Outcome:
    """What both say of a case, and what they disagree on."""
    theirs, ours = by_torch(case), by_cnncalc(case)
    legal = isinstance(theirs, Figures)
    if agree(case, theirs, ours) or any(applies(case, theirs, ours) for applies in DIFFERENCES.values()):
        return Outcome(legal, field_difference(case) if legal and isinstance(ours, Figures) else None)
    return Outcome(legal, f"{case.reproduction}\ntorch:   {theirs}\ncnncalc: {ours}")


def field_difference(case: Case) -> str | None:
    """What the outputs of a legal case depend on differently, with lines in both languages to try it."""
    report = calc(case.spec, batch=case.batch)
    if any(applies(case) for applies in UNWRITTEN.values()):
        return None
    with warnings.catch_warnings(), torch.no_grad():
        warnings.simplefilter("ignore")
        wrong = layer_disagreement(report, held(case, normal(case.layer, case.arguments)))
    return f"{case.reproduction}\nreceptive field of {wrong}" if wrong else None


def agree(case: Case, theirs: Figures | str, ours: Figures | str) -> bool:
    """Do both refuse the case, or both give the same figures? FLOPs count where both have them in full."""
    if isinstance(theirs, str) or isinstance(ours, str):
        return isinstance(theirs, str) and isinstance(ours, str)
    if theirs.flops is None or case.layer.status == "uncounted":
        ours = ours._replace(flops=theirs.flops)
    elif case.layer.status == "lower-bound" and ours.flops is not None:
        ours = ours._replace(flops=max(ours.flops, theirs.flops))
    return theirs == ours
