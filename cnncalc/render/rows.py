"""A report as rows: the hierarchy of its paths, folded to a depth, with sums for each level."""

from __future__ import annotations

from collections.abc import Sequence

from cnncalc.analysis.costs import STATUS
from cnncalc.analysis.layer_report import LayerReport
from cnncalc.analysis.trace import Report
from cnncalc.layers.arguments import compact_value
from cnncalc.render.columns import figure
from cnncalc.symbolic.expr import Dim, Total

READABLE = 60  # rows that can be read at once

STATUS_WORDS = {
    "exact": "",
    "lower-bound": "at least; layers marked * are not counted in full",
    "uncounted": "without the layers marked *, which are not counted",
}
"""What is said beside a total."""


class Row:
    """A layer, or a level with what is in it."""

    __slots__ = (
        *("_macs", "_params", "_status", "children", "depth"),
        *("first", "label", "last", "layer", "layers", "type"),
    )

    def __init__(self, label: str, depth: int, type: str, first: LayerReport) -> None:
        self.label = label  # the last part of the path
        self.depth = depth
        self.type = type  # the layer's, or the name of a block
        self.layer: LayerReport | None = None  # None for a level
        self.layers = 0  # how many layers are in it, which follow each other
        self.first = first
        self.last = first
        self.children: list[Row] = []
        self._params = Total()
        self._macs = Total()
        self._status = 0

    def take(self, layer: LayerReport) -> None:
        self.layers += 1
        self.last = layer
        self._params.add(layer.params)
        self._macs.add(layer.macs)
        if not layer.node.train_only:
            self._status = max(self._status, STATUS.index(layer.status))

    def members(self, report: Report) -> Sequence[LayerReport]:
        """The layers that are in it."""
        return report.layers[self.first.index : self.first.index + self.layers]

    def sum(self, report: Report, figure: str) -> Dim:
        """A figure of all its layers together: `buffers`, `trainable`, `flops` or `activations`."""
        total = Total()
        for layer in self.members(report):
            total.add(getattr(layer, figure))
        return total.value

    @property
    def path(self) -> str:
        """Where it is in the network."""
        return ".".join(self.first.path.split(".")[: self.depth + 1])

    @property
    def output(self) -> tuple[Dim, ...]:
        """What its last layer gives."""
        return self.last.output

    @property
    def params(self) -> Dim:
        return self._params.value

    @property
    def macs(self) -> Dim:
        return self._macs.value

    @property
    def status(self) -> str:
        """What its MACs are worth: as much as those of its worst layer."""
        return STATUS[self._status]

    @property
    def type_text(self) -> str:
        """The type, with a `*` if it is not counted in full, and how a call without parameters of its own is known."""
        mark = "" if self.status == "exact" else " *"
        return self.type + mark + (" (shared)" if self.layer and self.layer.node.shared else "")

    def counted(self, value: Dim) -> str:
        """MACs or FLOPs of it, and never 0 for what is not counted."""
        if self.status == "exact":
            return figure(value)
        if self.status == "uncounted" and value == 0:
            return "not counted"
        return f"at least {figure(value)}"

    @property
    def macs_text(self) -> str:
        """The MACs, and never 0 for what is not counted."""
        return self.counted(self.macs)


def hierarchy(report: Report) -> list[Row]:
    """The rows of the top level, each with its children."""
    top: list[Row] = []
    open_rows: list[Row] = []
    for layer in report.layers:
        parts = layer.path.split(".")
        keep = 0
        while keep < min(len(open_rows), len(parts) - 1) and open_rows[keep].label == parts[keep]:
            keep += 1
        del open_rows[keep:]
        for depth in range(keep, len(parts)):
            leaf = depth == len(parts) - 1
            path = ".".join(parts[: depth + 1])
            row = Row(parts[depth], depth, layer.type if leaf else report.graph.blocks.get(path, ""), layer)
            (open_rows[-1].children if open_rows else top).append(row)
            open_rows.append(row)
        open_rows[-1].layer = layer
        for row in open_rows:
            row.take(layer)
    return top


def depth_of(rows: list[Row]) -> int:
    """Levels in the hierarchy."""
    deepest, level = 0, rows
    while level:
        deepest += 1
        level = [child for row in level for child in row.children]
    return deepest


def count_at(rows: list[Row], depth: int) -> int:
    """How many rows there are down to a depth."""
    count, level = 0, rows
    for _ in range(depth):
        count += len(level)
        level = [child for row in level for child in row.children]
    return count


def readable_depth(rows: list[Row]) -> int:
    """The deepest level at which all rows can be read at once; 1 at least."""
    deepest = depth_of(rows)
    return next((d for d in range(deepest, 0, -1) if count_at(rows, d) <= READABLE), min(1, deepest))


def unfolded(rows: list[Row], depth: int) -> list[Row]:
    """The rows down to a depth, in order."""
    found: list[Row] = []
    stack = list(reversed(rows))
    while stack:
        row = stack.pop()
        found.append(row)
        if row.depth + 1 < depth:
            stack.extend(reversed(row.children))
    return found


def written(layer: LayerReport) -> str:
    """A layer's arguments as the one-line language writes them: `64 k7 s2 p3`."""
    parts: list[str] = []
    values = layer.layer.written()
    for key, value in values.items():
        argument = layer.layer.arguments[key]
        several = value if isinstance(value, tuple) and len(set(value)) > 1 else ()
        axes = bool(several) and all(isinstance(v, int) and v >= 0 for v in several)
        if argument.short and key not in ("num_groups",):
            whole = isinstance(value, str)
            text = "x".join(map(str, several)) if axes else compact_value(value)
            parts.append(f"{argument.short}={text}" if whole or not text[0].isdigit() else f"{argument.short}{text}")
        elif _bare(layer, key) and not isinstance(value, bool):
            parts.append(compact_value(value))
        else:
            parts.append(f"{key}={compact_value(value)}")
    return " ".join(parts)


def _bare(layer: LayerReport, key: str) -> bool:
    """Is this the first argument, which is written without its name?"""
    order = layer.layer.positional
    if order is None:
        order = tuple(k for k, a in layer.layer.arguments.items() if not a.inferred)
    return bool(order) and order[0] == key
