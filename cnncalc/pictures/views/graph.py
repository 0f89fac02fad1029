"""The graph view: layers as boxes, levels as frames, the shapes of values on the lines between them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from cnncalc.analysis.trace import Report
from cnncalc.layers.shapes import dims_text
from cnncalc.named_tuples import NamedTuple
from cnncalc.pictures.followed import Drawn, Followed, FollowedBar, FollowedFigures, FollowedShape
from cnncalc.pictures.layered import Box, Placed, arrange
from cnncalc.pictures.letters import clean, lines_of, shortened, text_width
from cnncalc.pictures.look import Look, Picture
from cnncalc.pictures.outline import Copies, Outline, OutlinePart
from cnncalc.pictures.palette import FAMILIES
from cnncalc.pictures.stacks import (
    FIGURES,
    GLUED_LINE,
    LINE,
    NARROWEST,
    PAD,
    WIDEST,
    Stack,
    Strip,
    Words,
    even,
    last_copy,
    level_title,
    placed_warnings,
    short,
    sums_text,
)
from cnncalc.pictures.svg import Canvas, document, line, number

HEAD = 19.0  # the bar at the top of a frame
INNER = 10.0  # between a frame and what is in it
MARGIN = 20.0
MOST_WARNINGS = 8  # whose words are below the picture
NARROW = 420.0  # a picture is no narrower, for what is written above and below it
SHAPE_MOST = 190.0  # pixels for a shape beside its line
LIKE = 200.0  # pixels up to which boxes of a level are made as wide as the widest of them
RATIO, FRAME_RATIO = 1.5, 1.1
TALL, FRAME_TALL = 760.0, 1300.0  # pixels; what is higher is broken into columns


class Frame(NamedTuple):
    """A level that is open."""

    part: OutlinePart
    inside: LaidLevel
    width: float
    height: float
    left: float  # from the frame to what is in it
    top: float


class End(NamedTuple):
    """An input or an output of the network."""

    name: str
    said: str
    value: int

    @property
    def width(self) -> float:
        return even(max(60.0, text_width(self.name, 12, bold=True) + 6 + text_width(self.said, 11) + 24))


class LaidLevel(NamedTuple):
    """Boxes and frames that are laid out."""

    units: list[Stack | Frame | End | None]  # None: a value that crosses the border
    placed: Placed
    labels: list[tuple[int, int, str, FollowedShape]]  # the unit that gives a value, the value, its shape
    boxes: list[Box]


def draw(report: Report, look: Look) -> Picture:
    """The graph of a report."""
    return _Graph(report, look, report, Canvas()).picture()


def follow(report: Report, look: Look, opened: Report) -> Drawn:
    """The graph of a report with numbers, for a page that follows others; `opened` says what is alike at all sizes."""
    canvas = Canvas(Followed())
    picture = _Graph(report, look, opened, canvas).picture()
    return Drawn(canvas, picture.width, picture.height)


def marked(report: Report, look: Look, signs: Mapping[int, str]) -> Drawn:
    """The graph of a report as a part of a page, each repeat by itself, with signs at some of its layers."""
    graph = _Graph(report, look._replace(fold=False), report, Canvas(), signs)
    picture = graph.picture()
    return Drawn(graph.canvas, picture.width, picture.height)


class _Graph:
    def __init__(
        self, report: Report, look: Look, outlined: Report, canvas: Canvas, signs: Mapping[int, str] | None = None
    ) -> None:
        self.report = report
        self.look = look
        self.outline = Outline(outlined, look.depth, look.fold)
        self.warnings, numbers = placed_warnings(outlined)
        self.words = Words(report, self.outline, numbers, canvas.followed is not None)
        self.canvas = canvas
        self.signs = signs
        self.most = [1, 1]  # the largest params and MACs of a strip that is drawn

    # Laying out

    def top(self) -> LaidLevel:
        graph = self.report.graph
        units: list[Stack | Frame | End | None] = []
        boxes: list[Box] = []
        for value, given in enumerate(graph.inputs):
            end = End(clean(given.name), self.words.shape(given.shape), value)
            units.append(end)
            boxes.append(Box(end.width, 24, (), {value: end.width / 2}))
        self.add(self.outline.parts, (), units, boxes)
        for name, value in graph.outputs:
            shape = self.report.flow.shapes[value] or ()
            end = End(clean(name), self.words.shape(shape), value)
            units.append(end)
            boxes.append(Box(end.width, 24, (value,), {}))
        return self.level(units, boxes, (), RATIO, TALL)

    def level(
        self,
        units: list[Stack | Frame | End | None],
        boxes: list[Box],
        copies: Sequence[Copies],
        ratio: float,
        tall: float,
    ) -> LaidLevel:
        # Boxes of one level are of one width, where that is not much.
        usual = min(LIKE, max([box.width for unit, box in zip(units, boxes) if isinstance(unit, Stack)], default=0.0))
        labels = []
        for unit, box in zip(units, boxes):
            if isinstance(unit, Stack) and box.width < usual:
                box.outs = {value: x + (usual - box.width) / 2 for value, x in box.outs.items()}
                box.width, box.middle = usual, usual / 2
        for at, (unit, box) in enumerate(zip(units, boxes)):
            if isinstance(unit, Stack | Frame):
                for value in box.outs:
                    if isinstance(unit, Frame):
                        continue  # written where it is made
                    own = (unit.head or unit.strips[-1].part).copies
                    first = value - own.values
                    text = shortened(clean(self.words.value(first, (*copies, own))), SHAPE_MOST, 10)
                    follows = FollowedShape(first, first + last_copy((*copies, own))[1])
                    box.labels[value] = self.shape_width(text, follows)
                    labels.append((at, value, text, follows))
            if len(box.outs) > 1 and isinstance(unit, Stack):
                _spread_outs(box)
        placed = arrange(boxes, ratio, tall)
        units = [unit._replace(width=box.width) if isinstance(unit, Stack) else unit for unit, box in zip(units, boxes)]
        return LaidLevel(units, placed, labels, boxes)

    def shape_width(self, text: str, follows: FollowedShape) -> float:
        """Pixels for a shape; where it is to follow others, for longer ones too."""
        if self.canvas.followed:
            shapes = self.outline.report.flow.shapes
            dims = [*(shapes[follows.first] or ()), *(shapes[follows.last] or ())]
            text += "0" * (2 * len({dim for dim in dims if not isinstance(dim, int)}))
        return min(SHAPE_MOST, text_width(text, 10))

    def add(
        self,
        parts: Sequence[OutlinePart],
        copies: Sequence[Copies],
        units: list[Stack | Frame | End | None],
        boxes: list[Box],
    ) -> None:
        for unit in self.words.stacks(parts, copies):
            if isinstance(unit, OutlinePart):
                made = self.frame(unit, copies)
                if isinstance(made, Frame):
                    units.append(made)
                    boxes.append(self.frame_box(made))
                    continue
                unit, head = list(made.strips), made.head
            else:
                head = None
            stack = Stack(tuple(unit), head)
            start, stop = (head.start, head.stop) if head else (unit[0].part.start, unit[-1].part.stop)
            self.most[0] = max([self.most[0], *(s.params for s in unit if isinstance(s.params, int))])
            self.most[1] = max([self.most[1], *(s.macs for s in unit if isinstance(s.macs, int))])
            given = list(self.outline.given(start, stop))
            reads = self.outline.entries(start, stop)
            width = even(min(WIDEST, max(NARROWEST, stack.wanted)))
            units.append(stack)
            boxes.append(Box(width, stack.height, tuple(reads), dict.fromkeys(given, width / 2)))

    def frame(self, part: OutlinePart, copies: Sequence[Copies]) -> Frame | Stack:
        """A level; one that holds a single box is that box with a head."""
        own = (*copies, part.copies) if part.copies.times > 1 else tuple(copies)
        units: list[Stack | Frame | End | None] = []
        boxes: list[Box] = []
        for value in self.outline.entries(part.start, part.shown):
            units.append(None)
            boxes.append(Box(0, 0, (), {value: 0.0}, pin="first"))
        entered = len(units)
        self.add(part.children, own, units, boxes)
        if len(units) == entered + 1 and isinstance(units[-1], Stack) and units[-1].head is None:
            return units[-1]._replace(head=part)
        for value in self.outline.given(part.start, part.stop):
            units.append(None)
            boxes.append(Box(0, 0, (value - part.copies.values,), {}, pin="last"))
        inside = self.level(units, boxes, own, FRAME_RATIO, FRAME_TALL)
        title = text_width(self.frame_title(part), 11, bold=True) + 2 * PAD
        width = max(inside.placed.width + 2 * INNER, min(title, 400.0))
        width = even(width)
        top = HEAD if entered else HEAD + INNER  # lines need no room at the border
        height = top + inside.placed.height + (0.0 if len(units) > 0 and boxes[-1].pin else INNER)
        return Frame(part, inside, width, height, float(round((width - inside.placed.width) / 2)), top)

    def frame_title(self, part: OutlinePart) -> str:
        sums = sums_text(self.report, part)
        return " · ".join(filter(None, [level_title(part), sums]))

    def frame_box(self, frame: Frame) -> Box:
        ins: dict[int, float] = {}
        outs: dict[int, float] = {}
        for at, x in frame.inside.placed.ports.items():
            box = frame.inside.boxes[at]
            if box.pin == "first":
                ins[next(iter(box.outs))] = frame.left + x
            else:
                outs[box.reads[0] + frame.part.copies.values] = frame.left + x
        # Its order among what reads nothing is that of the values; a frame that gives nothing has none.
        return Box(frame.width, frame.height, tuple(ins), outs, ins)

    # Painting

    def picture(self) -> Picture:
        level = self.top()
        within = self.canvas.followed or self.signs is not None  # a page says it itself
        head = [] if within else self.head(max(level.placed.width, NARROW))
        top = MARGIN + (18.0 * len(head) + 14 if head else 0)
        width = max(level.placed.width, NARROW)
        left = MARGIN + round((width - level.placed.width) / 2)
        for i, text in enumerate(head):
            self.canvas.text(MARGIN, MARGIN + 14 + 18 * i, text, "h" if i == 0 and self.report.name else "d")
        self.paint(level, left, top)
        foot = self.foot(MARGIN, top + level.placed.height + 22, width)
        title = f"{self.report.name or 'network'}: {head[-1] if head else 'graph'}"
        svg = document(self.canvas, width + 2 * MARGIN, foot + MARGIN, clean(title), self.look.theme)
        return Picture(svg, width + 2 * MARGIN, foot + MARGIN)

    def head(self, room: float) -> list[str]:
        """What the picture is of."""
        report = self.report
        ins = ", ".join(dims_text(dims) for dims in report.inputs.values())
        outs = ", ".join(dims_text(dims) for dims in report.outputs.values())
        said = [f"{ins} → {outs}"]
        totals = report.totals
        for name, value in (("params", totals.params), ("MACs", totals.macs)):
            words = {"exact": "", "lower-bound": "at least ", "uncounted": "without layers not counted "}
            prefix = words[totals.status] if name == "MACs" else ""
            said.append(f"{prefix}{f'{value:,}' if isinstance(value, int) else short(value)} {name}")
        lines = [shortened(clean(report.name), room, 16, bold=True)] if report.name else []
        for text in said:
            joined = f"{lines[-1]} · {text}" if lines and len(lines) > bool(report.name) else text
            if text_width(joined, 11) <= room and len(lines) > bool(report.name):
                lines[-1] = joined
            else:
                lines.append(shortened(clean(text), room, 11))
        return lines

    def paint(self, level: LaidLevel, left: float, top: float) -> None:
        canvas = self.canvas
        corners = level.placed.corners
        for unit, (x, y) in zip(level.units, corners):
            if isinstance(unit, Frame):
                self.paint_frame(unit, left + x, top + y)
        tips = []
        for piece in level.placed.lines:
            points = [(left + x, top + y) for x, y in piece.points]
            canvas.path(line(points), "e")
            if piece.arrow:
                x, y = points[-1]
                tips.append(f"M{number(x - 3.5)} {number(y - 7)}h7l-3.5 7z")
        if tips:
            canvas.path("".join(tips), "t")
        for at, value, text, follows in level.labels:
            x, y = corners[at]
            box = level.boxes[at]
            across, below = left + x + box.outs[value] + 5, top + y + box.height + 12
            canvas.text(across, below, text, "s d", follows=follows, room=box.labels[value])
        for unit, (x, y) in zip(level.units, corners):
            if isinstance(unit, Stack):
                self.paint_stack(unit, left + x, top + y)
            elif isinstance(unit, End):
                self.paint_end(unit, left + x, top + y)

    def paint_end(self, end: End, x: float, y: float) -> None:
        canvas = self.canvas
        canvas.rect(x, y, end.width, 24, canvas.fill("end"), 12)
        canvas.text(x + 12, y + 16, end.name, "n")
        after = 18 + text_width(end.name, 12, bold=True)
        follows = FollowedShape(end.value, end.value)
        canvas.text(x + after, y + 16, end.said, follows=follows, room=end.width - after - 8)

    def paint_frame(self, frame: Frame, x: float, y: float) -> None:
        canvas = self.canvas
        canvas.open("frame-of", frame.part.path)
        canvas.rect(x, y, frame.width, frame.height, "frame", 6)
        self.paint(frame.inside, x + frame.left, y + frame.top)
        canvas.rect(x, y, frame.width, HEAD, "bar", 6)
        name = level_title(frame.part)
        room = frame.width - 2 * PAD
        canvas.text(x + PAD, y + 13.5, shortened(name, room, 11, bold=True), "b")
        sums = sums_text(self.report, frame.part)
        taken = text_width(name, 11, bold=True) + 10
        if taken + text_width(sums, 10) <= room:
            follows = FollowedFigures(frame.part.start, frame.part.stop)
            canvas.text(x + frame.width - PAD, y + 13.5, sums, "s", "end", follows, room - taken)
        canvas.close()

    def paint_stack(self, stack: Stack, x: float, y: float) -> None:
        canvas = self.canvas
        width = stack.width
        start = y
        if stack.head:
            canvas.rect(x, y, width, GLUED_LINE, "bar")
            canvas.text(x + PAD, y + 12.5, shortened(stack.title, width - 2 * PAD, 10, bold=True), "s b")
            y += GLUED_LINE
        for strip in stack.strips:
            self.paint_strip(strip, x, y, width)
            y += strip.height
        dashed = " dash" if any(strip.dashed for strip in stack.strips) else ""
        canvas.rect(x, start, width, stack.height, f"o{dashed}", 3)

    def paint_strip(self, strip: Strip, x: float, y: float, width: float) -> None:
        canvas = self.canvas
        canvas.open("layer", strip.part.path, strip.title)
        canvas.rect(x, y, width, strip.height, canvas.fill(strip.family))
        canvas.rect(x, y, 4, strip.height, f"{strip.family}-s")
        room = width - 2 * PAD - strip.mark_width
        base = y + (12.5 if strip.glued else 14.5)
        kind, size = ("s b", 10.0) if strip.glued else ("n", 12.0)
        canvas.text(x + PAD, base, shortened(strip.name, room, size, bold=True), kind)
        after = text_width(strip.name, size, bold=True) + 6
        follows = FollowedFigures(strip.part.start, strip.part.shown, strip.further)
        if strip.said and after + 14 < room:
            said = shortened(strip.said, room - after, 10 if strip.glued else 11)
            kind = "s" if strip.glued else ""
            canvas.text(x + PAD + after, base, said, kind, follows=strip.words, room=room - after)
        if strip.glued and strip.figures and strip.wanted <= width:
            space = room - after - text_width(strip.said, 10) - 10
            canvas.text(x + width - PAD - strip.mark_width, base, strip.figures, "s d", "end", follows, space)
        canvas.text(x + width - PAD, base, strip.mark, "s w", "end")
        self.paint_sign(strip.part, x, y, width, strip.height)
        if not strip.glued and strip.figures:
            across = width - 2 * PAD
            canvas.text(x + PAD, y + LINE + 9, shortened(strip.figures, across, 10), "s d", "", follows, across)
            top = y + LINE + FIGURES
            for i, (name, value, most) in enumerate(
                (("params", strip.params, self.most[0]), ("macs", strip.macs, self.most[1]))
            ):
                if isinstance(value, int) and value > 0:
                    bar = FollowedBar(name, strip.part.start, strip.part.shown)
                    long = max(1.0, across * value / most)
                    canvas.rect(x + PAD, top + 4 * i, long, 3, "pm"[i], 0, bar, across)
        canvas.close()

    def paint_sign(self, part: OutlinePart, x: float, y: float, width: float, height: float) -> None:
        """The sign of the layers of a box; of several a ~."""
        signs = self.signs or {}
        found = {signs[layer] for layer in range(part.start, part.stop) if layer in signs}
        if found:
            self.canvas.rect(x, y, width, height, "signed", 2)
            self.canvas.rect(x - 8, y + 2, 13, 13, "sign", 6.5)
            self.canvas.text(x - 1.5, y + 12.5, found.pop() if len(found) == 1 else "~", "of-sign", "middle")

    def foot(self, x: float, y: float, width: float) -> float:
        """The legend, and what there is to say beside it; returns where it ends."""
        canvas = self.canvas
        at = x
        families = [FAMILIES[key] for key in FAMILIES if key in canvas.families and key != "end"]
        for family in families:
            room = 17 + text_width(family.name, 10) + 14
            if at > x and at + room > x + width:
                at, y = x, y + 16
            canvas.rect(at, y - 9, 12, 12, f"f {family.key}")
            canvas.rect(at, y - 9, 4, 12, f"{family.key}-s")
            canvas.text(at + 17, y, family.name, "s d")
            at += room
        y += 18
        bars = (("params", "p"), ("MACs", "m"))
        at = x
        for name, kind in bars:
            canvas.rect(at, y - 5, 22, 3, kind)
            canvas.text(at + 27, y, f"{name}, of the largest box", "s d")
            at += 27 + text_width(f"{name}, of the largest box", 10) + 14
        notes = []
        if self.outline.depth < self.outline.deepest and self.look.depth is None and self.signs is None:
            shown = f"--depth {self.outline.deepest} shows {len(self.report.layers):,} layers"
            notes.append(("s d", f"folded to depth {self.outline.depth} of {self.outline.deepest}: {shown}"))
        for number_, warning in enumerate(self.warnings[:MOST_WARNINGS], 1):
            notes.append(("s w", f"⚠{number_} {warning.message}"))
        if len(self.warnings) > MOST_WARNINGS:
            notes.append(("s w", f"and {len(self.warnings) - MOST_WARNINGS} more warnings"))
        for kind, text in notes:
            for part in lines_of(clean(text), width, 10, bold=kind == "s w"):
                y += 16
                canvas.text(x, y, part, kind)
        return y


def _spread_outs(box: Box) -> None:
    """Several values leave a box side by side, each with room for its shape."""
    rooms = [box.labels.get(value, 0.0) + 12 for value in box.outs]
    total = sum(rooms)
    box.width = max(box.width, total + 2 * PAD)
    at = (box.width - total) / 2
    for value, room in zip(list(box.outs), rooms):
        box.outs[value] = at + 4
        at += room
    box.middle = box.width / 2
