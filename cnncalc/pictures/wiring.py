"""The graph view as boxes, frames and lines between boxes, for those who lay it out themselves."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from cnncalc.analysis.trace import Report
from cnncalc.named_tuples import NamedTuple
from cnncalc.pictures.letters import clean
from cnncalc.pictures.look import Look
from cnncalc.pictures.outline import Copies, Outline, OutlinePart
from cnncalc.pictures.stacks import Strip, Words, level_title, placed_warnings, sums_text


class Box(NamedTuple):
    """A box: its number, its family, its lines of text."""

    number: int
    family: str
    lines: tuple[str, ...]


class OpenLevel(NamedTuple):
    """An open level."""

    number: int
    title: str
    inside: tuple[Box | OpenLevel, ...]


class Wire(NamedTuple):
    """A value from one box to another."""

    giver: int
    reader: int
    shape: str


class Wiring:
    """All of it, in the order of the calls."""

    def __init__(self, report: Report, look: Look) -> None:
        self.report = report
        self.outline = Outline(report, look.depth, look.fold)
        self.words = Words(report, self.outline, placed_warnings(report)[1])
        self.wires: list[Wire] = []
        self.givers: dict[int, tuple[int, str]] = {}  # of each value: its box, its shape
        self.count = 0
        graph = report.graph
        self.items: list[Box | OpenLevel] = []
        for value, given in enumerate(graph.inputs):
            shape = clean(self.words.shape(given.shape))
            self.givers[value] = (self.count, "")
            self.items.append(Box(self.number(), "end", (clean(given.name), shape)))
        self.items += self.level(self.outline.parts, ())
        for name, value in graph.outputs:
            shape = clean(self.words.shape(report.flow.shapes[value] or ()))
            self.read([value], self.count)
            self.items.append(Box(self.number(), "end", (clean(name), shape)))

    def number(self) -> int:
        self.count += 1
        return self.count - 1

    def read(self, values: Sequence[int], reader: int) -> None:
        for value in values:
            giver, shape = self.givers[value]
            self.wires.append(Wire(giver, reader, shape))

    def level(self, parts: Sequence[OutlinePart], copies: Sequence[Copies]) -> list[Box | OpenLevel]:
        return [
            self.frame(unit, copies) if isinstance(unit, OutlinePart) else self.box(unit, copies)
            for unit in self.words.stacks(parts, copies)
        ]

    def frame(self, part: OutlinePart, copies: Sequence[Copies]) -> OpenLevel:
        number = self.number()
        inside = self.level(part.children, (*copies, part.copies))
        for value in self.outline.given(part.start, part.stop):
            self.givers[value] = self.givers[value - part.copies.values]
        title = " · ".join(filter(None, [level_title(part), sums_text(self.report, part)]))
        return OpenLevel(number, title, tuple(inside))

    def box(self, strips: Sequence[Strip], copies: Sequence[Copies]) -> Box:
        first, last = strips[0].part, strips[-1].part
        number = self.number()
        self.read(list(self.outline.entries(first.start, last.shown)), number)
        for value in self.outline.given(first.start, last.stop):
            shape = self.words.value(value - last.copies.values, (*copies, last.copies))
            self.givers[value] = (number, clean(shape))
        lines: list[str] = []
        for strip in strips:
            lines.append(" ".join(filter(None, [strip.name, strip.said, strip.mark])))
            if strip.figures and not strip.glued:
                lines.append(strip.figures)
        return Box(number, strips[0].family, tuple(lines))


def families(items: Sequence[Box | OpenLevel]) -> Iterator[str]:
    """The families of all boxes, as often as they are there."""
    for item in items:
        if isinstance(item, OpenLevel):
            yield from families(item.inside)
        else:
            yield item.family
