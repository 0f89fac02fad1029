"""The graph in characters: a row for each box, lanes at the left for the values that pass by, levels as brackets.

    ■    conv1  64 k3 p1 · bn1 · relu1
    ├─╮
    ■ │  conv2  64 k3 p1
    ├─╯
    ■    add1

A value that is read again later moves to a lane beside, and comes back where it is read.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from textwrap import wrap

from cnncalc.analysis.layer_report import LayerReport
from cnncalc.analysis.trace import Report
from cnncalc.layers.shapes import dims_text
from cnncalc.named_tuples import NamedTuple
from cnncalc.pictures.letters import clean
from cnncalc.pictures.outline import Copies, Outline, OutlinePart
from cnncalc.pictures.stacks import Strip, Words, last_copy, level_title, placed_warnings, short, sums, worst
from cnncalc.render import Options
from cnncalc.render.columns import GAP, bar, fitted
from cnncalc.render.style import columns, styled
from cnncalc.symbolic.expr import Dim

ROWS = 60
"""Rows that can be read at once, as in the table."""

LEAST = 20  # columns for the names
MOST_SHAPE = 30
MOST_FORM = 14  # columns for a closed form
MOST_WARNINGS = 6  # whose words are below, as in the table
MARKS = {"layer": "■", "level": "▣", "end": "●"}
PLAIN = str.maketrans(dict(zip("■▣●│─├┤┼╮╯╭╰┬┴·→…⚠×≥", "#@o|-+++++++++.>.!x>")))
"""For terminals that know no other characters."""


class BoxRow(NamedTuple):
    """A box, or the head of a level."""

    kind: str  # of its mark; a head has none
    name: str
    said: str
    shape: str
    params: str
    macs: str
    share: Dim  # the MACs of the copy that is drawn
    reads: tuple[int, ...]
    gives: tuple[int, ...]
    depth: int  # levels around it
    last: int  # of how many levels it is the last row
    renamed: tuple[tuple[int, int], ...] = ()  # values of a copy that is drawn, as what is after it knows them


def text(report: Report, options: Options, depth: int | None = None, fold: bool = True) -> str:
    """The drawing, as wide as the terminal."""
    outline = Outline(report, depth, fold, ROWS)
    rows = _Rows(report, outline).rows()
    lanes = _Lanes(rows)
    lines = list(lanes.lines())
    wide = max((len(lane) for lane, _ in lines), default=0)
    if wide > options.width // 2:
        lines, wide = list(_without_lanes(rows, report)), 1
    totals = report.totals
    head = f"{clean(report.name)}  " if report.name else ""
    drawn = [styled(head.rstrip(), "bold", options.colour), ""] if head else []
    drawn += _Table([(lane, row) for lane, row in lines], wide, options, (totals.params, totals.macs)).lines()
    warnings, _ = placed_warnings(report)
    notes = []
    if depth is None and outline.depth < outline.deepest:
        deepest = outline.deepest
        notes.append(
            f"folded to depth {outline.depth} of {deepest}: --depth {deepest} shows {len(report.layers)} layers"
        )
    drawn += [styled(part, "dim", options.colour) for note in notes for part in wrap(note, options.width)]
    if warnings:
        drawn.append("")
    for i, warning in enumerate(warnings[:MOST_WARNINGS], 1):
        drawn += wrap(f"⚠{i} {warning.message}", options.width)
    if len(warnings) > MOST_WARNINGS:
        drawn.append(f"and {len(warnings) - MOST_WARNINGS} more warnings; `cnncalc calc --json` lists all")
    result = "\n".join(line.rstrip() for line in drawn) + "\n"
    return result if options.unicode else result.translate(PLAIN)


class _Rows:
    """The rows of a report."""

    def __init__(self, report: Report, outline: Outline) -> None:
        self.report = report
        self.outline = outline
        self.words = Words(report, outline, placed_warnings(report)[1])

    def rows(self) -> list[BoxRow]:
        graph = self.report.graph
        found = [
            BoxRow("end", clean(given.name), "", self.words.shape(given.shape), "", "", 0, (), (value,), 0, 0)
            for value, given in enumerate(graph.inputs)
        ]
        found += self.level(self.outline.parts, (), 0)
        for name, value in graph.outputs:
            shape = dims_text(self.report.shown(self.report.flow.shapes[value] or ()))
            found.append(BoxRow("end", clean(name), "", shape, "", "", 0, (value,), (), 0, 0))
        return found

    def level(self, parts: Sequence[OutlinePart], copies: Sequence[Copies], depth: int) -> list[BoxRow]:
        found: list[BoxRow] = []
        for unit in self.words.stacks(parts, copies):
            if isinstance(unit, OutlinePart):
                found += self.frame(unit, copies, depth)
            else:
                found.append(self.box(unit, copies, depth))
        return found

    def frame(self, part: OutlinePart, copies: Sequence[Copies], depth: int) -> list[BoxRow]:
        own = (*copies, part.copies)
        inner = self.level(part.children, own, depth + 1)
        given = list(self.outline.given(part.start, part.stop))
        renamed = tuple((value - part.copies.values, value) for value in given if part.copies.values)
        layers = self.report.layers[part.start : part.stop]
        params, macs, share = _figures(layers, layers)
        if len(inner) == 1:  # what holds one box is that box
            (row,) = inner
            name = level_title(part)
            said = " ".join(filter(None, [row.name, row.said]))
            row = row._replace(name=name, said=said, depth=depth, last=0, renamed=row.renamed + renamed)
            return [row._replace(params=params, macs=macs, share=share)]
        inner[-1] = inner[-1]._replace(last=inner[-1].last + 1, renamed=inner[-1].renamed + renamed)
        return [BoxRow("", level_title(part), "", "", params, macs, share, (), (), depth, 0), *inner]

    def box(self, strips: Sequence[Strip], copies: Sequence[Copies], depth: int) -> BoxRow:
        first, last = strips[0].part, strips[-1].part
        given = tuple(self.outline.given(first.start, last.stop))
        said = " ".join(
            filter(None, [strips[0].said, *(f"· {strip.name} {strip.said}".rstrip() for strip in strips[1:])])
        )
        marks = " ".join(strip.mark for strip in strips if strip.mark)
        layers = self.report.layers[first.start : last.stop]
        ends = last_copy(copies)[0]
        params, macs, share = _figures(layers, self.report.layers[first.start + ends : last.stop + ends])
        shape = self.words.value(given[0] - last.copies.values, (*copies, last.copies)) if given else ""
        return BoxRow(
            "layer" if first.layer else "level",
            strips[0].name,
            f"{said} {marks}".strip(),
            clean(shape),
            params,
            macs,
            share,
            tuple(self.outline.entries(first.start, last.shown)),
            given,
            depth,
            0,
        )


class _Lanes:
    """Which values pass by each row, and where."""

    def __init__(self, rows: Sequence[BoxRow]) -> None:
        self.rows = rows
        self.lanes: list[int | None] = []
        # How often each value is still read; one that a copy gives is known after it by another number.
        self.left: dict[int, int] = {}
        for row in rows:
            for value in row.reads:
                self.left[value] = self.left.get(value, 0) + 1
        self.later = {inner: outer for row in rows for inner, outer in row.renamed}

    def reads_left(self, value: int) -> int:
        """How often a value is read from here on, under all its names."""
        total = 0
        seen = set()
        at: int | None = value
        while at is not None and at not in seen:
            seen.add(at)
            total += self.left.get(at, 0)
            at = self.later.get(at)
        return total

    def lines(self) -> Iterator[tuple[str, BoxRow | None]]:
        """The lanes of each line, with the row that is beside, if one does."""
        for row in self.rows:
            if not row.kind:
                yield self.straight(), row
                continue
            read = [value for value in row.reads if value in self.lanes]
            for value in row.reads:
                self.left[value] = self.left.get(value, 0) - 1
            places = sorted(self.lanes.index(value) for value in read)
            here = places[0] if places else self.free(0)
            keep = {value for value in read if self.reads_left(value) > 0}
            # What goes on after has a line of its own, as where it crosses others it would look like them.
            ending = [at for at in places[1:] if self.lanes[at] not in keep]
            for at in places[1:]:
                if at not in ending:
                    yield self.level(here, {at: "┤"}, ""), None
            if ending:
                yield self.level(here, dict.fromkeys(ending, "╯"), "┴"), None
                for at in ending:
                    self.lanes[at] = None
            moved = self.lanes[here] if places and self.lanes[here] in keep else None
            if moved is not None:
                beside = self.free(here + 1)
                yield self.level(here, {beside: "╮"}, ""), None
                self.lanes[beside] = moved
            live = [value for value in row.gives if self.reads_left(value) > 0]
            self.lanes[here] = live[0] if live else None
            marks = list(self.straight().ljust(2 * here + 1))
            marks[2 * here] = MARKS[row.kind]
            yield "".join(marks).rstrip(), row
            if len(live) > 1:
                beside_all = []
                for value in live[1:]:
                    at = self.free(here + 1)
                    self.lanes[at] = -1 - value
                    beside_all.append(at)
                yield self.level(here, dict.fromkeys(beside_all, "╮"), "┬"), None
                for at, value in zip(beside_all, live[1:]):
                    self.lanes[at] = value
            for inner, outer in row.renamed:
                if inner in self.lanes:
                    self.lanes[self.lanes.index(inner)] = outer
            while self.lanes and self.lanes[-1] is None:
                self.lanes.pop()

    def free(self, start: int) -> int:
        """The first lane without a value."""
        for at in range(start, len(self.lanes)):
            if self.lanes[at] is None:
                return at
        while len(self.lanes) <= start:
            self.lanes.append(None)
        if self.lanes[start] is None:
            return start
        self.lanes.append(None)
        return len(self.lanes) - 1

    def straight(self) -> str:
        return " ".join(" " if value is None else "│" for value in self.lanes)

    def level(self, here: int, ends: dict[int, str], between: str) -> str:
        """A level line from a lane to others at its right: `ends` is how the last is drawn, `between` the others."""
        last = max(ends)
        cells = []
        for at, value in enumerate(self.lanes):
            if at == here:
                cell = "├"
            elif at in ends:
                cell = ends[at] if at == last else between
            elif here < at < last:
                cell = "─" if value is None else "┼"
            else:
                cell = " " if value is None else "│"
            cells.append(cell + ("─" if here <= at < last else " "))
        return "".join(cells).rstrip()


def _without_lanes(rows: Sequence[BoxRow], report: Report) -> Iterator[tuple[str, BoxRow | None]]:
    """Where more values pass by than there is room for: what a row reads beside the one above is said in words."""
    above: tuple[int, ...] = ()
    for row in rows:
        others = [report.graph.source(value) for value in row.reads if value not in above]
        said = f"{row.said} (reads {', '.join(map(clean, others))})" if others else row.said
        yield MARKS.get(row.kind, " "), row._replace(said=said.strip())
        if row.kind:
            above = (*row.gives, *(outer for _, outer in row.renamed))


class _Table:
    """The lines with their columns, as wide as there is room."""

    def __init__(
        self, lines: Sequence[tuple[str, BoxRow | None]], lanes: int, options: Options, totals: tuple[Dim, Dim]
    ) -> None:
        self.rows = lines
        self.lanes = lanes
        self.options = options
        rows = [row for _, row in lines if row]
        self.shape = min(MOST_SHAPE, max((columns(row.shape) for row in rows), default=0))
        self.figures = [
            max((columns(text) for text in texts), default=0)
            for texts in ([row.params for row in rows], [row.macs for row in rows])
        ]
        self.figures = [max(len(t), w) if w else 0 for t, w in zip(("params", "MACs"), self.figures)]
        self.shape = max(self.shape, len("output"))
        self.totals = totals
        names = max((columns(f"{row.name}  {row.said}") + 2 * row.depth for row in rows), default=0)
        self.bars = all(isinstance(total, int) and total > 0 for total in totals)
        room = options.width - lanes - 2
        for drop in ((), ("bars",), ("bars", "figures")):
            self.bars = self.bars and "bars" not in drop
            if "figures" in drop:
                self.figures = [0, 0]
            taken = self.shape + 2 + sum(width + 2 for width in self.figures if width) + (10 if self.bars else 0)
            self.name = min(names, room - taken)
            if self.name >= min(names, LEAST + 20 * (len(drop) == 0)):
                break
        self.name = max(self.name, 8)

    def lines(self) -> list[str]:
        found = self.head()
        open_levels = 0
        for lane, row in self.rows:
            left = lane.ljust(self.lanes) + GAP
            if row is None:
                found.append(left + "│ " * open_levels)
                continue
            depth = row.depth
            bars = "│ " * depth
            if row.kind and row.last:
                bars = "│ " * (depth - row.last) + "╰ " * row.last
            if not row.kind:
                bars += "╭ "
            open_levels = depth - row.last + (not row.kind)
            found.append(left + self.cells(bars, row))
        return found

    def head(self) -> list[str]:
        """What the columns are."""
        cells = [" " * (self.lanes + 2 + self.name), "output".ljust(self.shape)]
        cells += [title.rjust(width) for title, width in zip(("params", "MACs"), self.figures) if width]
        return [styled(GAP.join(cells).rstrip(), "bold", self.options.colour)]

    def cells(self, bars: str, row: BoxRow) -> str:
        colour = self.options.colour
        room = max(4, self.name - len(bars))
        name = fitted(row.name, columns(row.name), room, False).rstrip() if columns(row.name) > room else row.name
        rest = room - columns(name) - 2
        said = row.said
        if rest < 4:
            said = ""
        elif columns(said) > rest:
            said = fitted(said, columns(said), rest, False)
        space = " " * max(0, room - columns(name) - (2 + columns(said) if said else 0))
        gap = " " if said.startswith("·") else GAP
        space += GAP[len(gap) :]
        text = bars + styled(name, "bold", colour) + (gap + styled(said, "cyan", colour) if said else "") + space
        shape = fitted(row.shape, columns(row.shape), self.shape, False)
        parts = [text, shape]
        for width, shown in zip(self.figures, (row.params, row.macs)):
            if width:
                parts.append(fitted(shown, columns(shown), width, True))
        if self.bars:
            total = self.totals[1]
            share = row.share / total if isinstance(row.share, int) and isinstance(total, int) else 0
            parts.append(styled(bar(share, self.options.unicode), "blue", colour))
        return GAP.join(parts)


def _figures(first: Sequence[LayerReport], last: Sequence[LayerReport]) -> tuple[str, str, Dim]:
    """The params and MACs of a box, of its first copy and of its last where they differ; and the MACs of the first."""
    (params, macs), (other_params, other_macs) = sums(first), sums(last)
    known = worst(first)
    counted = _figure(macs, other_macs)
    if known == "uncounted" and macs == 0:
        counted = "not counted"
    elif known != "exact":
        counted = f"≥ {counted}"
    return _figure(params, other_params), counted, macs


def _figure(first: Dim, last: Dim) -> str:
    """Three digits, or a closed form that is as short; a longer one is `open`, and `calc` has it."""
    if first == 0 and last == 0:
        return ""
    text = short(first) if first == last else f"{short(first)}…{short(last)}"
    number = isinstance(first, int) and isinstance(last, int)
    return text if number or columns(text) <= MOST_FORM else "open"
