"""The graph that torch captures of a model, beside the one of its source."""

from __future__ import annotations

from collections.abc import Mapping

from cnncalc.analysis.trace import Report
from cnncalc.named_tuples import NamedTuple
from cnncalc.torch_bridge.importing.original import Found, figures_at
from cnncalc.torch_bridge.verifying.verify import Difference

FIGURES = ("params", "trainable", "buffers", "outputs", "macs")


class Second(NamedTuple):
    """What torch's capture says of a model."""

    report: Report
    same_text: bool  # is it the same spec?

    @property
    def figures(self) -> tuple[str, ...]:
        """What is compared: parameters and buffers by name, the outputs in their order, and the MACs."""
        return tuple(f"capture_{name}" for name in FIGURES)

    @property
    def name(self) -> str:
        return "the same spec" if self.same_text else "another spec"

    def compared(self, report: Report, sizes: Mapping[str, int]) -> Found:
        """What differs at some sizes."""
        ours, theirs = figures_at(report, sizes), figures_at(self.report, sizes)
        both = [one.totals.status for one in (report, self.report)]
        reason = None if both == ["exact", "exact"] else "not all of them are counted"
        differences = [
            Difference("", f"capture_{name}", ours[name], theirs[name], dict(sizes))
            for name in FIGURES
            if ours[name] != theirs[name] and not (name == "macs" and reason)
        ]
        return Found(differences, reason, 0)
