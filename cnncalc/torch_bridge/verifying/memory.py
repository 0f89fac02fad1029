"""What a network takes in memory against what torch takes for it, layer by layer."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from itertools import accumulate
from operator import and_

from cnncalc.analysis.memory.effect import Setting
from cnncalc.analysis.memory.walk import Walk, in_use, newly_saved, walk
from cnncalc.analysis.trace import Report
from cnncalc.layers.shapes import BATCH_NAME
from cnncalc.named_tuples import NamedTuple
from cnncalc.symbolic.compile import compiled
from cnncalc.symbolic.expr import Dim
from cnncalc.torch_bridge.verifying.follow import follow

MEMORY = ("memory", "saved")
"""What is compared: the bytes in use while a layer runs outside of training, and those that it keeps in training."""

ON_CPU = Setting(on_gpu=False, checkpoints=False)  # a built module has none
REAL = ("scaled_dot_product_attention", "multiheadattention", "transformer", "index_select")
"""Layers that take other memory on the device `meta` than on real tensors: attention has kernels of its own there, and
an index of numbers is no tensor."""


class MemoryDifference(NamedTuple):
    """A layer whose memory cnncalc and torch give differently."""

    path: str
    figure: str  # one of MEMORY
    cnncalc: int
    torch: int


class MemoryClaims:
    """What a report says of the memory of each layer, as functions of its open sizes and of the batch."""

    def __init__(self, report: Report) -> None:
        self.report = report
        ran, trained = walks(report, True)
        known = [a.known and b.known for a, b in zip(ran.work, trained.work)]
        self.known = list(accumulate(known, and_))  # up to each layer
        self.count = len(report.graph.nodes)
        self._values = values_of(ran, trained)

    def compared(self, at: Report, sizes: Mapping[str, int]) -> list[MemoryDifference]:
        """Every difference of a report whose open sizes are numbers.

        From a layer on that is not known nothing is compared: what lies how after it is not known either.
        Where the forms differ, the figures are those of a report with these numbers: where an axis is 1, or a cut takes
        all of it, torch copies nothing where the closed form has a copy.
        """
        device = device_for(at)
        ran = [one.use for one in follow(at, False, device)]
        try:
            trained = [one.saved for one in follow(at, True, device)]
        except ValueError:  # a batch norm has one value in each channel, of which torch learns nothing
            trained = []
        nodes = at.graph.nodes
        theirs = [(index, "memory", use) for index, use in enumerate(ran) if not nodes[index].train_only]
        theirs += [(index, "saved", saved) for index, saved in enumerate(trained)]

        def differing(values: Sequence[int]) -> list[MemoryDifference]:
            return [
                MemoryDifference(nodes[index].path, figure, ours, torch)
                for index, figure, torch in theirs
                if self.known[index] and (ours := values[index + (figure == "saved") * self.count]) != torch
            ]

        found = differing(self._values(sizes))
        if found and sizes:
            found = differing(values_of(*walks(at, sizes.get(BATCH_NAME) != 1))(sizes))
        return found


def walks(report: Report, batch_is_open: bool) -> tuple[Walk, Walk]:
    """A network in memory, in use and in training."""
    graph, flow = report.graph, report.flow
    ran, trained = (walk(graph, flow, ON_CPU._replace(training=mode), batch_is_open) for mode in (False, True))
    return ran, trained


def values_of(ran: Walk, trained: Walk) -> Callable[[Mapping[str, int]], Sequence[int]]:
    """What is in use at each layer, then what each saves, as one function of open sizes and the batch."""
    forms: list[Dim] = [*in_use(ran, False)[0], *newly_saved(trained)]
    return compiled(forms)


def device_for(report: Report) -> str:
    """The device that torch runs it on as on real tensors."""
    real = any(node.layer.name.startswith(REAL) for node in report.graph.nodes)
    return "cpu" if real else "meta"
