"""What is in the boxes of the graph view: layers that follow each other as strips of one box, and their words.

A norm or an activation after a layer is a strip of its box, as long as nothing else reads what is between them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import ceil

from cnncalc.analysis.costs import STATUS
from cnncalc.analysis.layer_report import LayerReport
from cnncalc.analysis.trace import Report
from cnncalc.diagnostics import Diagnostic
from cnncalc.layers.layer import is_open
from cnncalc.layers.shapes import dims_text
from cnncalc.named_tuples import NamedTuple
from cnncalc.pictures.followed import FollowedWords
from cnncalc.pictures.letters import clean, shortened, text_width
from cnncalc.pictures.outline import Copies, Outline, OutlinePart
from cnncalc.pictures.palette import family_of
from cnncalc.render.columns import figure, scaled
from cnncalc.render.rows import written
from cnncalc.symbolic.expr import Dim, Total
from cnncalc.symbolic.show import unicode_text

GLUED = ("norm", "act")

PAD = 8.0
LINE = 20.0  # a strip of one line
GLUED_LINE = 17.0
FIGURES = 14.0  # the second line of a strip
BARS = 9.0
NARROWEST, WIDEST = 132.0, 320.0


class Strip(NamedTuple):
    """A layer or a folded level in a box."""

    part: OutlinePart
    family: str
    name: str
    said: str  # its type and arguments
    figures: str  # params and MACs in short
    params: Dim
    macs: Dim
    title: str  # what is shown where the pointer rests
    warnings: tuple[int, ...]  # their numbers
    glued: bool
    dashed: bool  # built and not run
    further: int  # how many layers further on the last of its copies is
    words: FollowedWords | None  # what is said, where arguments are open sizes

    @property
    def height(self) -> float:
        if self.glued:
            return GLUED_LINE
        return LINE + (FIGURES + BARS if self.figures else 0.0)

    @property
    def mark(self) -> str:
        """How it points at its warnings below the picture."""
        more = f" +{len(self.warnings) - 1}" if len(self.warnings) > 1 else ""
        return f"⚠{self.warnings[0]}{more}" if self.warnings else ""

    @property
    def mark_width(self) -> float:
        return text_width(self.mark, 10, bold=True) + 6 if self.warnings else 0.0

    @property
    def wanted(self) -> float:
        """The width that its words take."""
        first = text_width(self.name, 12, bold=True) + (6 + text_width(self.said, 11) if self.said else 0)
        if self.glued and self.figures:
            first += 10 + text_width(self.figures, 10)
        return max(first, text_width(self.figures, 10)) + 2 * PAD + self.mark_width


class Stack(NamedTuple):
    """A box of the graph view."""

    strips: tuple[Strip, ...]
    head: OutlinePart | None  # the level that holds nothing else
    width: float = 0.0

    @property
    def title(self) -> str:
        return level_title(self.head) if self.head else ""

    @property
    def height(self) -> float:
        return sum(strip.height for strip in self.strips) + (GLUED_LINE if self.head else 0.0)

    @property
    def wanted(self) -> float:
        """The width that its words take."""
        wanted = max(strip.wanted for strip in self.strips)
        if self.head:
            wanted = max(wanted, text_width(self.title, 10, bold=True) + 2 * PAD)
        return even(min(WIDEST, max(NARROWEST, wanted)))


def even(width: float) -> float:
    """The smallest even width that is not below this one, so that its middle is on a whole pixel."""
    return float(2 * ceil(width / 2 - 1e-6))


class Words:
    """The texts of a report's layers and levels."""

    def __init__(
        self, report: Report, outline: Outline, warnings: Mapping[int, Sequence[int]], lasting: bool = False
    ) -> None:
        self.report = report
        self.lasting = lasting  # are titles to hold at all sizes?
        self.outline = outline
        self.warnings = warnings  # of nodes, their numbers
        self.readers = [0] * len(report.graph.producers)
        for node in report.graph.nodes:
            for value in node.inputs:
                self.readers[value] += 1
        for _, value in report.graph.outputs:
            self.readers[value] += 1

    def strip(self, part: OutlinePart, copies: Sequence[Copies], glued: bool = False) -> Strip:
        """A part as a strip."""
        layers = self.report.layers[part.start : part.shown]
        first = layers[0]
        ends = last_copy(copies)[0]
        params, macs = sums(layers)
        later = self.report.layers[part.start + ends : part.shown + ends]
        last = sums(later)
        figures = figures_text((params, macs), last, layers)
        numbers = {n for node in range(part.start, part.stop) for n in self.warnings.get(node, ())}
        said = part.type
        family = "level"
        if part.layer:
            family = family_of(first.layer)
            arguments = [written(layers[0]), written(later[-1])]
            said = " ".join(filter(None, [_type_beside(part, first), spread(*arguments)]))
        elif part.layers > 1:
            said = " ".join(filter(None, [said, f"{part.shown - part.start:,} layers"]))
        name = clean(part.label)
        if part.copies.times > 1:
            name += f" ×{part.copies.times}"
        return Strip(
            part,
            family,
            shortened(name, WIDEST - 2 * PAD - (60 if numbers else 0), 12, bold=True),
            clean(said),
            figures,
            params,
            macs,
            self.title(part, first, params, macs),
            tuple(sorted(numbers)),
            glued,
            part.layer and first.node.train_only,
            ends,
            self.words(part, ends) if part.layer else None,
        )

    def words(self, part: OutlinePart, further: int) -> FollowedWords | None:
        """What is said of a layer, where that follows open sizes."""
        layer = self.outline.report.layers[part.start]
        if not is_open(layer.layer):
            return None
        return FollowedWords(_type_beside(part, layer), part.start, part.start + further)

    def title(self, part: OutlinePart, first: LayerReport, params: Dim, macs: Dim) -> str:
        """All of it in full: the path, the layer, sizes and figures."""
        lines = [part.path + (f" ×{part.copies.times}" if part.copies.times > 1 else "")]
        if part.layer:
            lines.append(part.type if self.lasting else f"{part.type} {written(first)}".rstrip())
            lines.append(f"{', '.join(map(self.shape, first.xs))} → {', '.join(map(self.shape, first.outputs))}")
        else:
            lines.append(f"{part.type} {part.layers:,} layers".strip())
        if self.lasting:
            return "\n".join(map(clean, lines[:2]))
        if params != 0:
            lines.append(f"params {figure(params)}")
        if macs != 0:
            lines.append(f"MACs {figure(macs)}")
        return "\n".join(map(clean, lines))

    def shape(self, shape: tuple[Dim, ...]) -> str:
        return dims_text(self.report.shown(shape))

    def value(self, value: int, copies: Sequence[Copies]) -> str:
        """The shape of a value, and of the same one in the last copy where that differs: `64…224x56x56`."""
        first = self.report.flow.shapes[value] or ()
        last = self.report.flow.shapes[value + last_copy(copies)[1]] or ()
        if first == last or len(first) != len(last):
            return self.shape(first)
        a, b = self.report.shown(first), self.report.shown(last)
        texts = [str(x) if x == y else f"{x}…{y}" for x, y in zip(a, b)]
        return ("x" if all(isinstance(dim, int) for dim in (*a, *b)) else " x ").join(texts)

    def stacks(self, parts: Sequence[OutlinePart], copies: Sequence[Copies]) -> list[list[Strip] | OutlinePart]:
        """Parts in order: strips that share a box, and levels that are open."""
        found: list[list[Strip] | OutlinePart] = []
        holder: dict[int, list[Strip]] = {}  # by the value that a box ends with
        for part in parts:
            if part.children:
                found.append(part)
                continue
            own = (*copies, part.copies)
            node = self.outline.nodes[part.start]
            box = holder.get(node.inputs[0]) if len(node.inputs) == 1 else None
            if box is not None and self.glues(part):
                box.append(self.strip(part, own, glued=True))
                del holder[node.inputs[0]]
            else:
                box = [self.strip(part, own)]
                found.append(box)
            if part.layer and part.copies.times == 1 and node.output_count == 1:
                holder[node.first] = box
        return found

    def glues(self, part: OutlinePart) -> bool:
        """Is a part a strip of the box that it reads from?"""
        node = self.outline.nodes[part.start]
        shapes = self.report.flow.shapes
        return (
            part.layer
            and part.copies.times == 1
            and family_of(node.layer) in GLUED
            and self.readers[node.inputs[0]] == 1
            and node.output_count == 1
            and node.train_only == self.outline.nodes[part.start - 1].train_only
            and shapes[node.first] == shapes[node.inputs[0]]
        )


def level_title(part: OutlinePart) -> str:
    """What is at the head of a level: its name, the block that it is, how often it is there."""
    name = clean(" ".join(filter(None, [part.label, part.type])))
    return f"{name} ×{part.copies.times}" if part.copies.times > 1 else name


def sums_text(report: Report, part: OutlinePart) -> str:
    """The figures of a level with all its copies."""
    layers = report.layers[part.start : part.stop]
    both = sums(layers)
    return figures_text(both, both, layers)


def figures_text(first: tuple[Dim, Dim], last: tuple[Dim, Dim], layers: Sequence[LayerReport]) -> str:
    """`9.41 k params · 118 M MACs`, without what is 0; of the first copy, and of the last where they differ."""
    params, macs = (short(a) if a == b else f"{short(a)}…{short(b)}" for a, b in zip(first, last))
    found = [f"{params} params"] if first[0] != 0 else []
    known = worst(layers)
    if known == "uncounted" and first[1] == 0:
        found.append("MACs not counted")
    elif first[1] != 0:
        found.append(f"{'at least ' if known != 'exact' else ''}{macs} MACs")
    return " · ".join(found)


def short(value: Dim) -> str:
    """A figure in three digits, or its closed form."""
    return scaled(value, "") if isinstance(value, int) else unicode_text(value)


def spread(first: str, last: str) -> str:
    """Two texts, of the second what differs.

    >>> spread("64 k3 p1", "96 k3 p1")
    '64…96 k3 p1'
    """
    words, others = first.split(), last.split()
    if len(words) != len(others):
        return f"{first}…{last}"
    return " ".join(a if a == b else f"{a}…{b}" for a, b in zip(words, others))


def placed_warnings(report: Report) -> tuple[list[Diagnostic], dict[int, list[int]]]:
    """All warnings, and for each node the numbers of those that are about it, counted from 1."""
    found = list(report.warnings)
    spans: dict[object, list[int]] = {}
    for node, made in enumerate(report.graph.nodes):
        place = made.place
        for span in (place.span, *place.values):
            if span is not None:
                spans.setdefault(span, []).append(node)
    numbers: dict[int, list[int]] = {}
    for number, warning in enumerate(found, 1):
        for node in spans.get(warning.span, ())[:1] if warning.span else ():
            numbers.setdefault(node, []).append(number)
    return found, numbers


def last_copy(copies: Sequence[Copies]) -> tuple[int, int]:
    """How far the last of all copies is from the one that is drawn, in nodes and in values."""
    return sum(one.nodes for one in copies), sum(one.values for one in copies)


def sums(layers: Sequence[LayerReport]) -> tuple[Dim, Dim]:
    """The params and the MACs of layers together."""
    params, macs = Total(), Total()
    for layer in layers:
        params.add(layer.params)
        macs.add(layer.macs)
    return params.value, macs.value


def worst(layers: Sequence[LayerReport]) -> str:
    """What the MACs of layers are worth together: exact, lower-bound or uncounted."""
    return STATUS[max((STATUS.index(layer.status) for layer in layers if not layer.node.train_only), default=0)]


def _type_beside(part: OutlinePart, layer: LayerReport) -> str:
    """The type, where the name does not say it: `relu1` is a relu."""
    name = part.label.rpartition(".")[2].rstrip("0123456789").rstrip("_")
    return part.type.replace(layer.type, "", 1).strip() if name in (layer.type, layer.layer.stem) else part.type
