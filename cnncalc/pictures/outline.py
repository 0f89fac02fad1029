"""A report as what a picture shows of it: layers and levels, folded to a depth, with repeats once and their count.

The levels are those of the table. Parts that come one after the other and do the same become one part with a count:
always where their layers are equal, and for levels also where nothing but widths and channels differ, as in a dense
block.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterator, Sequence
from itertools import pairwise

from cnncalc.analysis.trace import Report
from cnncalc.language.write.fold import WIDTHS
from cnncalc.layers.kinds import Value
from cnncalc.layers.layer import Layer
from cnncalc.named_tuples import NamedTuple
from cnncalc.pictures.palette import family_of
from cnncalc.render.rows import Row, depth_of, hierarchy

READABLE = 90
"""Boxes that can be read at once in a picture."""

MOST = 400
"""Parts of one level that are drawn side by side; more are cut into stretches."""

LONGEST_PERIOD = 8
FEWEST_LAYERS = 4
"""Layers without a level around them are folded where they repeat so often."""

_WIDTHS = WIDTHS | {"in_channels", "in_features", "num_features", "num_channels", "normalized_shape"}


class Copies(NamedTuple):
    """How often a part comes one after the other, and how far the last one is from the one that is drawn."""

    times: int = 1
    nodes: int = 0
    values: int = 0


ONCE = Copies()


class OutlinePart(NamedTuple):
    """A layer, or a run of layers that come one after the other in the graph."""

    label: str
    type: str  # the layer's, or the name of a block
    path: str
    start: int  # its nodes, those of all its copies among them
    stop: int
    shown: int  # after the nodes of the copy that is drawn
    children: tuple[OutlinePart, ...]  # none: it is drawn as one box
    layer: bool  # is it a single layer?
    copies: Copies = ONCE

    @property
    def layers(self) -> int:
        """How many layers there are in it and in its copies."""
        return self.stop - self.start


class Outline:
    """What is drawn of a report."""

    def __init__(
        self, report: Report, depth: int | None = None, fold: bool = True, most: int | None = READABLE
    ) -> None:
        self.report = report
        self.nodes = report.graph.nodes
        self.last_user = [-1] * len(report.graph.producers)
        for i, node in enumerate(self.nodes):
            for value in node.inputs:
                self.last_user[value] = i
        for _, value in report.graph.outputs:
            self.last_user[value] = len(self.nodes)
        self._kinds: dict[Layer, Hashable] = {}
        self._keys: dict[tuple[int, int, bool], int] = {}
        self._numbers: dict[Hashable, int] = {}
        rows = hierarchy(report)
        self.deepest = depth_of(rows)
        self.fold = fold
        if depth is not None:
            self.depth, self.parts = depth, self.folded(rows, depth)
        else:
            for tried in range(self.deepest, 0, -1):
                self.depth, self.parts = tried, self.folded(rows, tried)
                if most is None or self.size(self.parts) <= most:
                    break
            else:
                self.depth, self.parts = min(self.deepest, 1), self.folded(rows, 1)
        limit = 5 * MOST if depth is not None else most
        if limit is not None and len(self.parts) > limit:
            self.parts = self.stretches(self.parts, (most or READABLE) // 2)

    # The parts

    def folded(self, rows: Sequence[Row], depth: int) -> tuple[OutlinePart, ...]:
        """Rows as parts, down to a depth."""
        parts = [self.part(row, depth, "") for row in rows]
        return self.repeats(parts) if self.fold else tuple(parts)

    def part(self, row: Row, depth: int, above: str) -> OutlinePart:
        label, path = row.label, f"{above}{row.label}"
        type_text = row.type
        while row.layer is None and len(row.children) == 1:  # a level that holds one thing is written with it
            row = row.children[0]
            label, path, type_text = f"{label}.{row.label}", f"{path}.{row.label}", row.type or type_text
        start, stop = _ends(row)
        if row.layer is not None:
            return OutlinePart(label, row.type_text, path, start, stop, stop, (), True)
        if row.depth + 1 >= depth:
            return OutlinePart(label, type_text, path, start, stop, stop, (), False)
        children = [self.part(child, depth, f"{path}.") for child in row.children]
        inner = self.repeats(children) if self.fold else tuple(children)
        if len(inner) > 5 * MOST:
            inner = self.stretches(inner, READABLE // 2)
        return OutlinePart(label, type_text, path, start, stop, stop, inner, False)

    def stretches(self, parts: Sequence[OutlinePart], most: int) -> tuple[OutlinePart, ...]:
        """Too many parts to be drawn, as fewer ones that each stand for a stretch of them."""
        size = -(-len(parts) // most)
        found = []
        for i in range(0, len(parts), size):
            run = parts[i : i + size]
            label = run[0].label if len(run) == 1 else f"{run[0].label} … {run[-1].label}"
            found.append(
                run[0]
                if len(run) == 1
                else OutlinePart(label, "", run[0].path, run[0].start, run[-1].stop, run[-1].stop, (), False)
            )
        return tuple(found)

    # Repeats

    def repeats(self, parts: Sequence[OutlinePart]) -> tuple[OutlinePart, ...]:
        """The parts with runs of equal ones drawn once."""
        exact = [self.key(part.start, part.stop, False) for part in parts]
        alike = [key if part.layer else self.key(part.start, part.stop, True) for part, key in zip(parts, exact)]
        found: list[OutlinePart] = []
        i = 0
        while i < len(parts):
            best, period = 1, 0
            for length in range(1, min(LONGEST_PERIOD, (len(parts) - i) // 2) + 1):
                level = any(not part.layer for part in parts[i : i + length])
                keys = alike if level and length == 1 else exact
                number = 1
                while (
                    keys[i + (number - 1) * length : i + number * length]
                    == (keys[i + number * length : i + (number + 1) * length])
                ):
                    number += 1
                while number > 1 and not self.linked(parts[i : i + number * length], length):
                    number -= 1
                if number >= (2 if level else FEWEST_LAYERS) and number * length > best * max(1, period):
                    best, period = number, length
            if period == 0:
                found.append(parts[i])
                i += 1
                continue
            found.append(self.repeated(parts[i : i + best * period], period))
            i += best * period
        return tuple(found)

    def repeated(self, run: Sequence[OutlinePart], period: int) -> OutlinePart:
        """One part for a run of equal ones."""
        unit, last = run[:period], run[-period:]
        copies = Copies(
            len(run) // period,
            last[0].start - unit[0].start,
            self.nodes[last[0].start].first - self.nodes[unit[0].start].first,
        )
        stop, shown = run[-1].stop, unit[-1].stop
        first = unit[0]
        label = f"{first.label} … {run[-1].label}"
        if period == 1:
            return first._replace(label=label, stop=stop, shown=shown, copies=copies)
        return OutlinePart(label, "", first.path, first.start, stop, shown, tuple(unit), False, copies)

    def key(self, start: int, stop: int, widths: bool) -> int:
        """What equal runs of nodes have in common; with `widths`, however wide they are."""
        known = self._keys.get((start, stop, widths))
        if known is not None:
            return known
        low = self.nodes[start].first
        outer: dict[int, int] = {}
        found: list[Hashable] = []
        for node in self.nodes[start:stop]:
            reads = tuple(
                value - low if value >= low else ~outer.setdefault(value, len(outer)) for value in node.inputs
            )
            shapes = [self.report.flow.shapes[value] or () for value in node.values]
            if widths:
                seen: Hashable = tuple(shape[2:] for shape in shapes)
                found.append((self.kind(node.layer), reads, seen, node.train_only))
            else:
                found.append((node.layer, reads, tuple(shapes), node.train_only, node.shared))
        # A number, so that what is compared often is compared fast.
        self._keys[start, stop, widths] = number = self._numbers.setdefault(tuple(found), len(self._numbers))
        return number

    def kind(self, layer: Layer) -> Hashable:
        """A layer but for its widths."""
        found = self._kinds.get(layer)
        if found is None:
            values: list[tuple[str, Value]] = [
                (key, value) for key, value in layer.written().items() if key not in _WIDTHS
            ]
            found = self._kinds[layer] = (type(layer), tuple((key, str(value)) for key, value in values))
        return found

    def linked(self, run: Sequence[OutlinePart], period: int) -> bool:
        """Does each of equal units read what the one before it gives at the same place, or what all of them read?"""
        units = [(run[i].start, run[i + period - 1].stop) for i in range(0, len(run), period)]
        lows = [self.nodes[start].first for start, _ in units]
        entries = [list(self.entries(start, stop)) for start, stop in units]
        for i, ((start, stop), (_, end)) in enumerate(pairwise(units)):
            if any(self.last_user[value] >= end for value in self.given(start, stop)):
                return False
            for j, value in enumerate(entries[i + 1]):
                constant = value == entries[0][j]
                passed = value >= lows[i] and value - lows[i + 1] == entries[1][j] - lows[1]
                if not constant and not passed:
                    return False
        return True

    def size(self, parts: Sequence[OutlinePart]) -> float:
        """How many boxes there are to read; a norm or an activation is a quarter of one, as it is mostly a strip."""
        total = 0.0
        for part in parts:
            if part.children:
                total += self.size(part.children)
            else:
                total += 0.25 if part.layer and family_of(self.nodes[part.start].layer) in ("norm", "act") else 1
        return total

    # Values

    def given(self, start: int, stop: int) -> Iterator[int]:
        """The values that nodes give and that are read after them, or are outputs."""
        for node in self.nodes[start:stop]:
            for value in node.values:
                if self.last_user[value] >= stop:
                    yield value

    def entries(self, start: int, stop: int) -> dict[int, None]:
        """The values that nodes read from before them, in the order of their use."""
        low = self.nodes[start].first
        return dict.fromkeys(value for node in self.nodes[start:stop] for value in node.inputs if value < low)


def _ends(row: Row) -> tuple[int, int]:
    """The nodes of a row, which come one after the other."""
    first = last = row
    while first.layer is None:
        first = first.children[0]
    while last.layer is None:
        last = last.children[-1]
    assert last.layer is not None
    return first.layer.index, last.layer.index + 1
