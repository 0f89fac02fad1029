"""The columns that a report has, each stated once: for the table, CSV, Markdown, and rows in Python.

A column is one entry of `COLUMNS`. Which of them a format shows where nobody asks is the format's own matter.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from cnncalc.analysis.layer_report import LayerReport
from cnncalc.analysis.trace import Report
from cnncalc.layers.layer import Layer
from cnncalc.layers.shapes import dims_text
from cnncalc.named_tuples import NamedTuple
from cnncalc.render.columns import GAP, bar, figure
from cnncalc.render.rows import Row, written
from cnncalc.symbolic.expr import Dim


class View:
    """The rows that are shown of a report, and what their cells have in common."""

    def __init__(self, report: Report, rows: Sequence[Row], *, flat: bool = False, unicode: bool = True) -> None:
        self.report = report
        self.rows = rows
        self.flat = flat  # paths in full, and no level beside what is in it
        self.unicode = unicode
        self._shown = {id(row) for row in rows}
        self._paths = set() if flat else {row.path for row in rows}
        self._arguments: dict[Layer, str] = {}

    def arguments(self, layer: LayerReport) -> str:
        """What a layer was given; a layer that is often is written once."""
        found = self._arguments.get(layer.layer)
        if found is None:
            found = self._arguments[layer.layer] = written(layer)
        return found

    def is_open(self, row: Row) -> bool:
        """Is it a level whose parts have rows of their own?"""
        return row.layer is None and any(id(child) in self._shown for child in row.children)

    def place(self, path: str) -> str:
        """A path, or the level around it that has a row where its own has none."""
        around = path
        while around and around not in self._paths:
            around = around.rpartition(".")[0]
        return around or path


class Stated(NamedTuple):
    """A column: what it is called, what it means, and its cells."""

    title: str  # its head in the table and in Markdown
    meaning: str  # for the help page and the documents
    text: Callable[[Row, View], str]  # a cell for people
    value: Callable[[LayerReport], Any]  # of a layer, as Python has it
    total: Callable[[Report], Any] | None = None  # of the whole network
    right: bool = False
    style: str = ""


def sources(row: Row, view: View) -> str:
    """What a row reads, where that is more or other than what the row above gives: `bn2, identity`.

    Names are those within the row's own level where they can be, else whole paths.
    """
    if view.is_open(row):
        return ""
    graph = view.report.graph
    nodes = graph.nodes
    first, last = nodes[row.first.index], nodes[row.last.index]
    inside = range(first.first, last.first + last.output_count)
    values: dict[int, None] = {}
    for layer in row.members(view.report):
        values.update(dict.fromkeys(value for value in layer.node.inputs if value not in inside))
    before = nodes[row.first.index - 1].values if row.first.index else (0,)
    if len(values) <= 1 and all(value in before for value in values):
        return ""
    return ", ".join(dict.fromkeys(_source(value, row, view) for value in values))


def _source(value: int, row: Row, view: View) -> str:
    graph = view.report.graph
    path = graph.source(value)
    if graph.producers[value] < 0 or view.flat:
        return _item(path, value, view)
    level = row.path.rpartition(".")[0]
    if level and path.startswith(f"{level}."):
        return _item(view.place(path).removeprefix(f"{level}."), value, view)
    shown = view.place(path)
    return _item(path, value, view) if shown == path else shown


def _item(text: str, value: int, view: View) -> str:
    """A source, with which of its outputs it is where it has several."""
    producer = view.report.graph.producers[value]
    node = view.report.graph.nodes[producer] if producer >= 0 else None
    return f"{text}[{value - node.first}]" if node is not None and node.output_count > 1 else text


def given(row: Row, view: View) -> str:
    """The arguments, and in brackets what it reads where that is not what the row above gives."""
    arguments = view.arguments(row.layer) if row.layer else ""
    reads = sources(row, view)
    return f"{arguments} ({reads})".lstrip() if reads else arguments


def field_text(layer: LayerReport) -> str:
    """The receptive field: `11x11`; `up to 11x11` where it may be less; nothing where there is none."""
    field = layer.receptive_field
    return "" if field is None else f"{'up to ' if 'bound' in field.kind else ''}{dims_text(field.size)}"


def _size(layer: LayerReport) -> tuple[Dim, ...] | None:
    field = layer.receptive_field
    return None if field is None else field.size


def _whole_field(report: Report) -> tuple[Dim, ...] | None:
    field = report.receptive_field
    return None if field is None else field.size


def _name(row: Row, view: View) -> str:
    return row.path if view.flat else GAP * row.depth + row.label


def _share(name: str) -> Callable[[Row, View], str]:
    """How much of the total is in a row: `12.5%`."""

    def text(row: Row, view: View) -> str:
        part, whole = _part(row, view, name)
        return f"{100 * part / whole:.1f}%" if isinstance(part, int) and isinstance(whole, int) and whole else ""

    return text


def _bar(name: str) -> Callable[[Row, View], str]:
    def text(row: Row, view: View) -> str:
        part, whole = _part(row, view, name)
        drawn = isinstance(part, int) and isinstance(whole, int) and whole
        return bar(part / whole, view.unicode) if drawn else ""  # type: ignore[operator]

    return text


def _part(row: Row, view: View, name: str) -> tuple[Dim, Dim]:
    part = row.params if name == "params" else row.macs if name == "macs" else row.sum(view.report, name)
    return part, getattr(view.report.totals, name)


def _sum(name: str) -> Callable[[Row, View], str]:
    return lambda row, view: figure(row.sum(view.report, name))


def _total(name: str) -> Callable[[Report], Any]:
    return lambda report: getattr(report.totals, name)


COLUMNS: dict[str, Stated] = {
    "layer": Stated("layer", "its name in its level", _name, lambda layer: layer.path.rpartition(".")[2]),
    "path": Stated("path", "the names of its levels and its own", lambda row, view: row.path, lambda layer: layer.path),
    "type": Stated(
        "type",
        "the layer's, or the block's",
        lambda row, view: row.type_text,
        lambda layer: layer.type,
        style="cyan",
    ),
    "arguments": Stated(
        "arguments",
        "what the layer is given, as the one-line language writes it; in brackets what it reads, if not the row above",
        given,
        lambda layer: written(layer),
        style="dim",
    ),
    "reads": Stated(
        "reads",
        "where its inputs come from, if not from the row above alone",
        sources,
        lambda layer: layer.inputs,
        style="dim",
    ),
    "output": Stated(
        "output",
        "the shape that it gives",
        lambda row, view: dims_text(row.output),
        lambda layer: layer.output,
        lambda report: report.output,
    ),
    "field": Stated(
        "field",
        "the receptive field: how much of the input one position of its output depends on",
        lambda row, view: field_text(row.last),
        _size,
        _whole_field,
        right=True,
    ),
    "params": Stated(
        "params",
        "elements of its parameters",
        lambda row, view: figure(row.params),
        lambda layer: layer.params,
        _total("params"),
        right=True,
    ),
    "trainable": Stated(
        "trainable",
        "of them, those that are trained",
        _sum("trainable"),
        lambda layer: layer.trainable,
        _total("trainable"),
        right=True,
    ),
    "buffers": Stated(
        "buffers",
        "elements of its buffers",
        _sum("buffers"),
        lambda layer: layer.buffers,
        _total("buffers"),
        right=True,
    ),
    "macs": Stated(
        "MACs",
        "multiply-accumulates",
        lambda row, view: row.macs_text,
        lambda layer: layer.macs,
        _total("macs"),
        right=True,
    ),
    "flops": Stated(
        "FLOPs",
        "by the convention",
        lambda row, view: row.counted(row.sum(view.report, "flops")),
        lambda layer: layer.flops,
        _total("flops"),
        right=True,
    ),
    "activations": Stated(
        "activations",
        "elements of what it gives",
        _sum("activations"),
        lambda layer: layer.activations,
        _total("activations"),
        right=True,
    ),
    "params%": Stated(
        "params%",
        "of all parameters",
        _share("params"),
        lambda layer: _percent(layer, "params"),
        right=True,
    ),
    "macs%": Stated("MACs%", "of all MACs", _share("macs"), lambda layer: _percent(layer, "macs"), right=True),
    "params-bar": Stated(
        "", "the same as a bar", _bar("params"), lambda layer: _percent(layer, "params"), style="magenta"
    ),
    "macs-bar": Stated("", "the same as a bar", _bar("macs"), lambda layer: _percent(layer, "macs"), style="blue"),
    "status": Stated(
        "status",
        "what the MACs are: exact, lower-bound or uncounted",
        lambda row, view: row.status,
        lambda layer: layer.status,
        lambda report: report.totals.status,
    ),
}


def _percent(layer: LayerReport, name: str) -> float | None:
    part, whole = getattr(layer, name), getattr(layer.report.totals, name)
    return 100 * part / whole if isinstance(part, int) and isinstance(whole, int) and whole else None


RECORD = (
    *("path", "type", "arguments", "reads", "output", "field", "params", "trainable", "buffers"),
    *("macs", "flops", "activations", "status"),
)
"""The columns of the rows in Python."""


def records(report: Report, names: Sequence[str]) -> list[dict[str, Any]]:
    """A row for each layer: some columns, as Python has them."""
    stated = [(name, COLUMNS[name].value) for name in names]
    return [{name: value(layer) for name, value in stated} for layer in report.layers]
