"""The module that a graph was imported from: its parameters, buffers, outputs and MACs beside those of the graph."""

from __future__ import annotations

import copy
from collections.abc import Mapping, Sequence
from typing import Any

import torch
from torch import nn

from cnncalc.analysis.trace import Report
from cnncalc.diagnostics import listed
from cnncalc.graph import uncalled
from cnncalc.layers.shapes import dims_text
from cnncalc.named_tuples import NamedTuple
from cnncalc.symbolic.expr import number_at
from cnncalc.torch_bridge.importing.capture import TracedInput, counted, on_meta
from cnncalc.torch_bridge.verifying.verify import Difference

FIGURES = {
    "module_runs": "it",
    "module_params": "parameters",
    "module_trainable": "trainable parameters",
    "module_buffers": "buffers",
    "module_outputs": "output shapes",
    "module_macs": "MACs",
}
"""What is compared, and its name in a sentence: parameters and buffers by name, the outputs in their order."""


class Found(NamedTuple):
    """What came of a comparison."""

    differences: list[Difference]
    not_compared: str | None  # why the MACs are not compared
    missed: int  # MACs that torch counts and the graph, which has uncounted layers, has not


class Original(NamedTuple):
    """A module as it was captured, without data where it runs so."""

    module: nn.Module
    given: Sequence[TracedInput]
    renamed: Mapping[str, str] = {}  # paths that a spec cannot hold, and what they are in the graph

    @property
    def name(self) -> str:
        return type(self.module).__name__

    @property
    def figures(self) -> tuple[str, ...]:
        """What is compared."""
        return tuple(FIGURES)[1:]

    def compared(self, report: Report, sizes: Mapping[str, int]) -> Found:
        """What differs at some sizes."""
        try:
            return self.measured(report, sizes)
        except Exception as error:
            text = f"{type(error).__name__}: {' '.join(str(error).split())}"
            return Found([Difference("", "module_runs", "runs", text, dict(sizes))], None, 0)

    def measured(self, report: Report, sizes: Mapping[str, int]) -> Found:
        """What differs at some sizes, at the inputs of the report. Raises what torch raises."""
        shapes = [tuple(number_at(dim, sizes) for dim in one.shape) for one in report.graph.inputs]
        given = [one._replace(shape=shape) for one, shape in zip(self.given, shapes)]
        unseen: list[str] = []
        with torch.no_grad():
            module = copy.deepcopy(self.module)  # some make their buffers larger as they run
        if on_meta(module):
            module.requires_grad_(False)  # as when it was captured
        theirs = counted(module, given, dict(sizes), unseen)
        ours = {f"module_{name}": value for name, value in figures_at(report, sizes).items()}
        of_module: dict[str, Any] = {
            "module_params": self.named(self.module.named_parameters()),
            "module_trainable": self.named((n, p) for n, p in self.module.named_parameters() if p.requires_grad),
            "module_buffers": self.named(self.module.named_buffers()),
            "module_outputs": tuple(theirs.outputs),
            "module_macs": theirs.macs,
        }
        more = of_module["module_macs"] - ours["module_macs"]
        reason = None
        if unseen and more <= 0:
            reason = f"torch does not count {', '.join(dict.fromkeys(unseen))}"
        elif report.totals.status != "exact" and more >= 0:
            reason = f"cnncalc does not count {more:,} of them" if more else "cnncalc does not count all of them"
        differences = [
            Difference("", figure, ours[figure], of_module[figure], dict(sizes))
            for figure in self.figures
            if ours[figure] != of_module[figure] and not (figure == "module_macs" and reason)
        ]
        return Found(differences, reason, max(0, more))

    def named(self, tensors: Any) -> dict[str, tuple[int, ...]]:
        """The shapes of tensors by the names that they have in the graph."""
        found = {}
        for name, tensor in tensors:
            path, _, own = name.rpartition(".")
            around = next((old for old in self.renamed if path == old or path.startswith(f"{old}.")), None)
            if around is not None:
                path = self.renamed[around] + path[len(around) :]
            found[f"{path}.{own}" if path else self.renamed.get(own, own)] = tuple(tensor.shape)
        return found


def figures_at(report: Report, sizes: Mapping[str, int]) -> dict[str, Any]:
    """The figures of a graph at some sizes: parameters and buffers by name, the outputs, and the MACs."""
    outputs = [report.flow.shapes[value] or () for _, value in report.graph.outputs]
    return {
        "params": held(report, "weights", sizes),
        "trainable": held(report, "trained", sizes),
        "buffers": held(report, "buffer_shapes", sizes),
        "outputs": tuple(tuple(number_at(dim, sizes) for dim in shape) for shape in outputs),
        "macs": sum(number_at(one.layer.macs(one.xs, one.outputs), sizes) for one in report.layers),
    }


def held(report: Report, kind: str, sizes: Mapping[str, int]) -> dict[str, tuple[Any, ...]]:
    """The shapes of the parameters or buffers of a graph by name; of a layer that is called again once."""
    return {
        uncalled(f"{layer.path}.{name}" if name else layer.path): tuple(number_at(dim, sizes) for dim in shape)
        for layer in report.layers
        if not layer.node.shared
        for name, shape in getattr(layer, kind).items()
    }


def said(difference: Difference) -> str:
    """A difference as a clause: `output shapes 1255x4, by torch 10x502`."""
    ours, theirs = difference.cnncalc, difference.torch
    if isinstance(ours, dict):
        names = [name for name in {**ours, **theirs} if ours.get(name) != theirs.get(name)]
        texts = [listed([f"{n} {dims_text(of[n])}" for n in names if n in of][:5]) or "none" for of in (ours, theirs)]
    elif isinstance(ours, tuple):
        texts = [listed([dims_text(shape) for shape in of]) or "none" for of in (ours, theirs)]
    else:
        texts = [f"{value:,}" if isinstance(value, int) else str(value) for value in (ours, theirs)]
    return f"{FIGURES[difference.figure.replace('capture_', 'module_')]} {texts[0]}, by torch {texts[1]}"
