"""One drawn case in torch and in cnncalc: shapes, parameters, buffers, FLOPs, receptive fields, and refusals both
ways.
"""

from __future__ import annotations

import warnings
from typing import Any

import torch
from torch import nn

from cnncalc import calc
from cnncalc.diagnostics import CnncalcError
from cnncalc.layers import Layer
from cnncalc.named_tuples import NamedTuple
from cnncalc.torch_bridge.drawing.dependence import layer_disagreement
from cnncalc.torch_bridge.drawing.differences import CRASHES, DIFFERENCES, UNWRITTEN, Figures
from cnncalc.torch_bridge.drawing.draw import Case, normal
from cnncalc.torch_bridge.drawing.memory import memory_difference
from cnncalc.torch_bridge.verifying.build import Tensor, made, ran
from cnncalc.torch_bridge.verifying.measure import Counter, needs_values, state


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

    def plain(value: Any) -> Any:
        return made(value, tuple(case.shapes)) if isinstance(value, Layer) else value

    given = {key: plain(value) for key, value in case.named.items() if not case.layer.arguments[key].at_call}
    module: nn.Module = getattr(nn, case.layer.torch)(*map(plain, case.positional), **given)
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
        return error.message
    layer = report.layers[-1]
    flops: Any = report.totals.flops
    outputs: Any = list(layer.outputs)
    return Figures(outputs, dict(layer.weights), dict(layer.buffer_shapes), flops)  # type: ignore[arg-type]


def outcome(case: Case) -> Outcome:
    """What both say of a case, and what they disagree on."""
    theirs = by_torch(case)
    legal = isinstance(theirs, Figures)
    try:
        ours = by_cnncalc(case)
    except Exception as error:  # a mistake in one case must not hide the others
        return Outcome(legal, f"{case.reproduction}\ntorch:   {theirs}\ncnncalc: {type(error).__name__}: {error}")
    if agree(case, theirs, ours) or any(applies(case, theirs, ours) for applies in DIFFERENCES.values()):
        return Outcome(legal, more_differences(case) if legal and isinstance(ours, Figures) else None)
    return Outcome(legal, f"{case.reproduction}\ntorch:   {theirs}\ncnncalc: {ours}")


def more_differences(case: Case) -> str | None:
    """What differs of a legal case beside its figures: what it depends on, and its memory."""
    layer = calc(case.spec, batch=case.batch).layers[-1]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        wrong = memory_difference(layer, held(case, normal(case.layer, case.arguments)), tensors(case, "cpu"))
    return f"{case.reproduction}\n{wrong}" if wrong else field_difference(case)


def field_difference(case: Case) -> str | None:
    """What the outputs of a legal case depend on differently, with lines in both languages to try it.

    Of a case that was moved to the edge it is not asked: values such as a slope of 0 leave nothing to depend on.
    """
    if case.moved:
        return None
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
