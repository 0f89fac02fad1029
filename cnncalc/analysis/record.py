"""The figures of a network as plain values, which a file can hold and a comparison takes."""

from __future__ import annotations

from typing import Any

from cnncalc.analysis.costs import plain
from cnncalc.analysis.trace import Report
from cnncalc.layers.shapes import Shape
from cnncalc.named_tuples import NamedTuple
from cnncalc.symbolic.expr import Dim

FIGURES = ("params", "buffers", "macs")
"""Figures of a layer that a file always has."""
TOTALS = ("params", "trainable", "buffers", "macs", "activations")


class LayerRecord(NamedTuple):
    """One call of a layer."""

    path: str
    type: str
    args: dict[str, Any]  # as in the JSON
    outputs: tuple[Shape, ...]
    params: Dim
    trainable: Dim
    buffers: Dim
    macs: Dim
    status: str  # of the MACs
    shared_with: str | None  # the path whose parameters it uses

    @property
    def figures(self) -> tuple[Any, ...]:
        """All that a comparison is strict about, but for the path."""
        counts = (self.params, self.trainable, self.buffers, self.macs)
        return (self.type, self.outputs, *counts, self.status, self.shared_with is None)


class Record(NamedTuple):
    """A whole network. FLOPs are left out: they follow from the layers, by a convention."""

    inputs: dict[str, Shape]
    outputs: dict[str, Shape]
    totals: dict[str, Dim]
    receptive_field: Shape | None  # of the first output
    layers: list[LayerRecord]


def record(report: Report) -> Record:
    """The figures of a report."""
    rows = [
        LayerRecord(
            layer.path,
            layer.type,
            report.arguments(layer.layer),
            tuple(map(report.shown, layer.outputs)),
            layer.params,
            layer.trainable,
            layer.buffers,
            layer.macs,
            layer.status,
            layer.node.owner if layer.node.shared else None,
        )
        for layer in report.layers
    ]
    field = report.receptive_field
    totals = {name: getattr(report.totals, name) for name in TOTALS}
    return Record(report.inputs, report.outputs, totals, tuple(field.size) if field else None, rows)


def row_dict(row: LayerRecord) -> dict[str, Any]:
    """A row as a file has it. What is as usual is left out."""
    result: dict[str, Any] = {"path": row.path, "type": row.type, "args": row.args, "output": plain(row.outputs[0])}
    if len(row.outputs) > 1:
        result["outputs"] = [plain(shape) for shape in row.outputs]
    result |= {name: plain(getattr(row, name)) for name in FIGURES}
    if row.trainable != row.params:
        result["trainable"] = plain(row.trainable)
    if row.status != "exact":
        result["status"] = row.status
    if row.shared_with is not None:
        result["shared_with"] = row.shared_with
    return result
