"""What a page holds, as JSON has it: layers, rows, shapes, sentences; every size by its place in the list of values."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from cnncalc.analysis.costs import costed
from cnncalc.analysis.layer_report import LayerReport
from cnncalc.diagnostics import escaped
from cnncalc.layers.layer import is_open
from cnncalc.layers.shapes import BATCH_NAME, dims_text
from cnncalc.pictures.followed import Drawn, FollowedBar, FollowedFigures, FollowedShape, FollowedWords
from cnncalc.pictures.page.fields import fields
from cnncalc.pictures.page.formulas import Names, formulas
from cnncalc.pictures.page.opened import Opened
from cnncalc.pictures.page.refusals import refusals
from cnncalc.pictures.page.values import Pieces, Values, plain_pieces
from cnncalc.pictures.page.windows import FIRST, picture_numbers, window
from cnncalc.pictures.palette import family_of
from cnncalc.render.rows import Row, depth_of, hierarchy, readable_depth, unfolded, written
from cnncalc.symbolic.expr import Dim, substitute, symbol
from cnncalc.symbolic.show import python_text

FIGURES = ("params", "trainable", "buffers", "macs", "flops", "activations")
"""The figures of a call, in their order in the page."""

BATCH = -1
"""In place of a value: the number of samples, as it is set."""

MANY = 1_500
"""Different calls up to which each has its sums written out."""


class Content:
    """The data of a page, with the function that computes its values."""

    def __init__(self, opened: Opened) -> None:
        self.opened = opened
        self.report = opened.report
        self.values = Values()
        self._calls: dict[object, int] = {}
        self._records: list[dict[str, Any]] = []
        self._of: list[int] = []  # of each layer, its call
        self._names: dict[str, Dim] = {key: symbol(name) for key, name in opened.arguments.items()}
        for layer in self.report.layers:
            self._of.append(self._call(layer))

    # Layers

    def _call(self, layer: LayerReport) -> int:
        """The place of what equal calls have in common."""
        node = layer.node
        key = (layer.layer, layer.xs, layer.outputs, node.way, node.train_only)
        found = self._calls.get(key)
        if found is None:
            found = self._calls[key] = len(self._records)
            self._records.append(self._record(layer))
        return found

    def _record(self, layer: LayerReport) -> dict[str, Any]:
        values, node = self.values, layer.node
        # With the batch as a size of its own, of which 1 gives the figures of one sample.
        cost = costed(layer.layer, layer.xs, layer.outputs, False, self.report.convention, node.way)
        if node.train_only:
            cost = cost._replace(macs=0, flops=0, activations=0)
        figures = (cost.param_count, cost.trainable_count, cost.buffer_count, cost.macs, cost.flops, cost.activations)
        many = len(self._records) >= MANY
        return {
            "type": layer.type,
            "arguments": self._arguments(layer),
            "family": family_of(layer.layer),
            "about": (layer.layer.__doc__ or "").strip().partition("\n")[0].partition(" Source:")[0].replace("`", ""),
            "inputs": [values.shape(x) for x in layer.xs],
            "outputs": [values.shape(y) for y in layer.outputs],
            "figures": [values.add(figure) for figure in figures],
            "status": layer.status,
            "train_only": node.train_only,
            "window": window(layer, values),
            "formulas": None if many else formulas(layer, self.report, values),
        }

    def _arguments(self, layer: LayerReport) -> Pieces:
        """What it is given, with the open sizes among it."""
        if not is_open(layer.layer):
            return escaped(written(layer))
        # With a number of its own for each open size, as numbers are written otherwise than names.
        names = Names(lambda at: FIRST + at)
        node = layer.node._replace(layer=names.layer(layer.layer))
        text = escaped(written(LayerReport(self.report, layer.index, node, layer.xs, layer.outputs, layer._cost)))
        places = {str(FIRST + at): self.values.add(size) for at, size in enumerate(names.sizes)}
        # The batch is a place of its own, which is its letter while figures are for one sample.
        cuts = "|".join([*places, rf"\b{BATCH_NAME}\b"])
        defaults = {str(getattr(node.layer, key)): one.default for key, one in node.layer.arguments.items()}
        parts: list[Any] = []
        for at, word in enumerate(text.split(" ")):
            pieces = [part for part in re.split(f"({cuts})", f" {word}" if at else word) if part]
            cut = [BATCH if part == BATCH_NAME else places.get(part, part) for part in pieces]
            open_ones = [part for part in pieces if part in places]
            default = defaults.get(open_ones[0]) if len(open_ones) == 1 else None
            parts += cut if type(default) is not int else [[places[open_ones[0]], default, cut]]
        return plain_pieces(parts)

    def _layer(self, layer: LayerReport) -> list[Any]:
        """Path, call, whether its parameters count elsewhere, what it reads, what it sees of the input."""
        field = layer.receptive_field
        seen = None
        if field is not None:
            bound = "bound" in field.kind
            seen = [bound, self.values.shape(field.size)]
        shared = layer.node.owner if layer.node.shared else None
        frozen = None
        if layer.node.path == layer.node.owner and layer.trainable != layer._cost.trainable_count:
            frozen = self.values.add(layer.trainable)
        return [escaped(layer.path), self._of[layer.index], shared, list(map(escaped, layer.inputs)), seen, frozen]

    # The whole

    def data(self, pictures: Sequence[tuple[str, Drawn]], source: str, command: Sequence[Any]) -> dict[str, Any]:
        """All of it. `source` is what the network was read from, `command` the words that compute it."""
        report, values = self.report, self.values
        rows = hierarchy(report)
        note = report.smallest_input_note if report.symbols else None
        return {
            "name": escaped(report.name) if report.name else "",
            "source": escaped(source),
            "command": list(command),
            "sizes": self._sizes(),
            "fixed": [[name, escaped(text)] for name, text in self.opened.fixed.items()],
            "opened": bool(self.opened.inputs),
            "batched": report.graph.batched,
            "inputs": [[escaped(one.name), values.shape(one.shape)] for one in report.graph.inputs],
            "outputs": [
                [escaped(name), values.shape(report.flow.shapes[value] or ())] for name, value in report.graph.outputs
            ],
            "calls": self._records,
            "numbers": picture_numbers(self._records),
            "layers": list(map(self._layer, report.layers)),
            "rows": [self._row(row) for row in unfolded(rows, depth_of(rows))],
            "open": readable_depth(rows),
            "status": report.totals.status,
            "refusals": refusals(report, values),
            "fields": fields(report, values),
            "conditions": [self._condition(condition) for condition in report.conditions],
            "legal": [self.text(words) for words in report.legal_sizes],
            "smallest": {self.shown(name): str(size) for name, size in (report.smallest_input or {}).items()}
            if report.symbols
            else {},
            "smallest_note": self.text(note) if note else None,
            "forms": {name: self.form(getattr(report.totals, name)) for name in ("macs", "activations", "params")},
            "output_form": [dims_text(tuple(map(self.renamed, shape))) for shape in report.outputs.values()],
            "warnings": [
                escaped(warning.message) + (f" ({escaped(warning.hint)})" if warning.hint else "")
                for warning in report.warnings
            ],
            "pictures": {name: self._followed(drawn) for name, drawn in pictures},
            "shapes": values.shapes,  # after all that adds to it
        }

    def _sizes(self) -> list[dict[str, Any]]:
        """What can be set: open sizes, then arguments, then the batch."""
        opened = self.opened
        found = []
        for name, start in sorted(opened.start.items(), key=lambda item: item[0] in opened.arguments):
            kind = "argument" if name in opened.arguments else "size"
            found.append({"key": name, "name": self.shown(name), "kind": kind, "start": str(start), "least": 1})
        if self.report.graph.batched:
            batch = "" if opened.batch is None else str(opened.batch)
            found.append({"key": BATCH_NAME, "name": "batch", "kind": "batch", "start": batch, "least": 1})
        return found

    def _row(self, row: Row) -> list[Any]:
        """Depth, label, the block's name, the first layer, how many, whether it is a layer itself."""
        kind = "" if row.layer else escaped(row.type)
        return [row.depth, escaped(row.label), kind, row.first.index, row.layers, row.layer is not None]

    def _condition(self, condition: Any) -> list[Any]:
        """Its layer, what has to be equal, in words, and the places of both sides."""
        left, right = (_one(self.renamed(side)) for side in (condition.left, condition.right))
        words = self.text(condition.words) if condition.words else None
        places = [self.values.add(condition.left), self.values.add(condition.right)]
        return [escaped(condition.path), f"{left} = {right}", words, *places]

    def shown(self, key: str) -> str:
        """What an open size is called for people."""
        return self.opened.arguments.get(key, key)

    def text(self, words: str) -> str:
        """A sentence with the names of arguments."""
        return re.sub(r"\bA\d+\b", lambda match: self.shown(match[0]), words)

    def renamed(self, value: Dim) -> Dim:
        """A value with the names of arguments."""
        return substitute(value, self._names)

    def form(self, value: Dim) -> str:
        """A closed form for people."""
        from cnncalc.symbolic.show import unicode_text

        return unicode_text(self.renamed(value))

    # Pictures

    def _followed(self, drawn: Drawn) -> list[list[Any]]:
        """What follows in a picture: its room, its kind, and the layers or shapes that it shows."""
        found: list[list[Any]] = []
        shapes = self.report.flow.shapes
        for follows, room in drawn.canvas.followed.items if drawn.canvas.followed else ():
            pixels = round(room, 1)
            if isinstance(follows, FollowedShape):
                ends = [self.values.shape(shapes[value] or ()) for value in follows]
                found.append([pixels, "shape", *ends])
            elif isinstance(follows, FollowedFigures):
                found.append([pixels, "figures", follows.start, follows.stop, follows.further])
            elif isinstance(follows, FollowedWords):
                found.append([pixels, "words", follows.type, follows.layer, follows.last])
            elif isinstance(follows, FollowedBar):
                found.append([pixels, follows.figure, follows.start, follows.stop])
        return found


def _one(value: Dim) -> str:
    return python_text(value)


def command_words(spec: str, opened: Opened, inputs: Sequence[str], settings: Sequence[str]) -> list[Any]:
    """The words of the command that gives the page's figures: texts, and lists of texts and names of open sizes."""
    words: list[Any] = ["cnncalc", spec]
    given: Sequence[str] = opened.inputs or inputs
    for shape in given:
        words += ["-i", _filled(shape, opened)]
    set_here = {*opened.arguments.values(), *opened.start}
    for setting in settings:
        if setting.partition("=")[0].strip() not in set_here:
            words += ["--set", setting]
    in_shapes = {name for shape in opened.inputs for name in shape.rpartition("=")[2].split("x")}
    for name in opened.start:
        if name in opened.arguments:
            words += ["--set", [f"{opened.arguments[name]}=", {"size": name}]]
        elif name not in in_shapes:
            words += ["--set", [f"{name}=", {"size": name}]]
    return words


def _filled(shape: str, opened: Opened) -> list[Any]:
    """A shape as `-i` has it, with the open sizes to be filled in."""
    head, equals, dims = shape.rpartition("=")
    found: list[Any] = [head + equals] if equals else []
    for i, dim in enumerate(dims.split("x")):
        if i:
            found.append("x")
        found.append({"size": dim} if dim in opened.start and dim not in opened.arguments else dim)
    return found
