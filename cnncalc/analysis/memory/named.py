"""The memory of a network by the names that an expectation has: `memory`, `memory.peak`, `memory.train.saved`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cnncalc.analysis.memory.report import MODES, MemoryOptions, MemoryReport
from cnncalc.diagnostics import CnncalcError, Diagnostic, Span, listed, nearest
from cnncalc.symbolic.expr import Dim, Total, greatest

if TYPE_CHECKING:
    from collections.abc import Sequence

    from cnncalc.analysis.layer_report import LayerReport
    from cnncalc.analysis.trace import Report

PARTS = {
    "total": "memory",
    "weights": "the memory of weights",
    "gradients": "the memory of gradients",
    "optimizer": "the memory of the optimizer",
    "saved": "the memory kept for the backward pass",
    "peak": "the peak of memory",
}
"""What a sentence calls each figure; `memory` by itself is the total."""
SAID = {"infer": "in use", "train": "in training"}
OF_TRAINING = ("gradients", "optimizer", "saved")


class Named:
    """The memory of a report, in the mode that is asked for or in one that a name says."""

    def __init__(self, report: Report) -> None:
        self.report = report
        asked = report.asked or MemoryOptions()
        self.asked = asked if asked.mode is not None else asked._replace(mode="infer")
        self._known: dict[str, MemoryReport] = {}

    def mode(self, mode: str | None = None) -> MemoryReport:
        """The memory in a mode."""
        mode = mode or self.asked.mode or "infer"
        if mode not in self._known:
            own = self.report.memory
            same = own is not None and own.asked.mode == mode
            self._known[mode] = own if same and own else MemoryReport(self.report, self.asked._replace(mode=mode))
        return self._known[mode]

    def figure(self, rest: Sequence[str], place: Span) -> tuple[str, Dim]:
        """What a sentence calls a figure, and its bytes. `rest` is its name after `memory`. Raises CnncalcError."""
        mode = rest[0] if rest and rest[0] in MODES else None
        parts = list(rest[1:] if mode else rest) or ["total"]
        part = parts[0]
        if part not in PARTS or len(parts) > 1:
            name = ".".join(parts)
            near = nearest(name, list(PARTS))
            there = listed([*PARTS, *MODES])
            hint = f"did you mean memory.{near[0]}?" if near else f"there are {there}"
            raise CnncalcError(Diagnostic("unknown-key", f"memory has no figure {name}", span=place, hint=hint))
        found = self.mode(mode)
        if part in OF_TRAINING and not found.training:
            message = f"{PARTS[part]} is of training, and memory in use is asked for"
            hint = f"memory.train.{part}, or --memory train"
            raise CnncalcError(Diagnostic("bad-expectation", message, span=place, hint=hint))
        least = "" if found.status == "exact" else " at least"
        return f"{PARTS[part]} {SAID[str(found.asked.mode)]} is{least}", getattr(found, part)

    def of_layers(self, kind: str, layers: Sequence[LayerReport], path: str, place: Span) -> tuple[str, Dim]:
        """The same of a layer, or of a level: the most that is in use, or all that is kept. Raises CnncalcError."""
        found = self.mode()
        if kind == "memory":
            used = list(dict.fromkeys(found.layers[layer.index].use for layer in layers))
            return f"the memory in use at {path} is", greatest(*used)
        if not found.training:
            message = f"{path} keeps nothing for a backward pass, as memory in use is asked for"
            raise CnncalcError(Diagnostic("bad-expectation", message, span=place, hint="--memory train"))
        total = Total()
        for layer in layers:
            total.add(found.layers[layer.index].saved)
        return f"the memory kept of {path} is", total.value


def asked_by(names: Sequence[tuple[str, ...]], report: Report) -> list[Diagnostic]:
    """A warning where memory is wanted by some of these names, and figures of it are lower bounds."""
    if not any(name[0] == "memory" for name in names):
        return []
    unknown = Named(report).mode().uncounted
    if not unknown:
        return []
    more = f" and {len(unknown) - 1} more" if len(unknown) > 1 else ""
    message = f"memory is at least this: what {unknown[0]}{more} needs beside its values is not known"
    return [Diagnostic("memory-not-known", message, "warning")]
