"""The maps view: the picture of a CNN as papers have it. Maps are stacks of planes, vectors are bars.

What is drawn is the longest way from the input to the output, at the deepest level at which there are few enough maps
to be seen at once, and what joins it from an earlier map. How large things are drawn is said on the picture.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import log, log2

from cnncalc.analysis.trace import Report
from cnncalc.layers.shapes import dims_text
from cnncalc.named_tuples import NamedTuple
from cnncalc.pictures.chosen import drawn_at, numbers_for
from cnncalc.pictures.followed import Drawn, Followed, FollowedShape
from cnncalc.pictures.letters import clean, shortened, text_width
from cnncalc.pictures.look import Look, Picture
from cnncalc.pictures.outline import Outline, OutlinePart
from cnncalc.pictures.palette import FAMILIES, family_of
from cnncalc.pictures.svg import Canvas, document, number
from cnncalc.render.rows import written

MOST = 18
"""Maps that can be seen at once."""

LARGEST, SMALLEST = 150.0, 12.0  # pixels of a side
LINEAR = 10
"""How many times the smallest size the largest may be, to be drawn as they are."""

PLANE = 4.5  # pixels from a plane to the next
BAR = 11.0  # the width of a vector
GAP = 34.0
SLOT = 84.0  # the least room for the words of a map
MARGIN = 20.0


class Station(NamedTuple):
    """A shape that the main way comes to, and the parts that keep it."""

    shape: tuple[int, ...]
    parts: tuple[OutlinePart, ...]  # the first makes the shape; none for the input
    value: int  # that has the shape

    @property
    def sides(self) -> tuple[int, int]:
        """Its height and width, where it has them; a sheet is its two axes."""
        return self.shape[-2:] if len(self.shape) > 1 else (self.shape[0] if self.shape else 1, 1)  # type: ignore[return-value]

    @property
    def planes(self) -> int:
        """One for each doubling of the channels."""
        return 1 + round(log2(max(1, self.shape[0]))) if len(self.shape) > 2 else 1


def draw(report: Report, look: Look) -> Picture:
    """The maps of a report. Raises UsageError where open sizes have no numbers to be drawn at."""
    at, drawn = numbers_for(report)
    return _Maps(drawn, look, at, Canvas()).picture()


def follow(report: Report, look: Look, at: dict[str, int]) -> Drawn:
    """The maps of a report with numbers, which says that it is drawn `at` them, for a page that follows others."""
    canvas = Canvas(Followed())
    picture = _Maps(report, look, at, canvas).picture()
    return Drawn(canvas, picture.width, picture.height, EXTRA)


class _Way:
    """The longest way from the input to the output at a depth, as the maps on it."""

    def __init__(self, report: Report, depth: int) -> None:
        self.report = report
        self.outline = Outline(report, depth, False, most=None)
        self.parts = _closed(self.outline.parts)
        self.stations, self.skips = self.along()

    def along(self) -> tuple[list[Station], list[tuple[int, int]]]:
        """The maps of the longest way, and from which to which others are joined."""
        graph, outline = self.report.graph, self.outline
        giver: dict[int, int] = {}
        far: list[int] = []  # layers on the longest way to each part, and by which value it came
        came: list[int | None] = []
        reads: list[list[int]] = []
        for i, part in enumerate(self.parts):
            values = list(outline.entries(part.start, part.stop))
            reads.append(values)
            best = max(values, key=lambda value: far[giver[value]] if value in giver else 0, default=None)
            came.append(best)
            far.append((far[giver[best]] if best is not None and best in giver else 0) + part.layers)
            for value in outline.given(part.start, part.stop):
                giver[value] = i
        way: list[tuple[int, int]] = []  # each value on the way, with the part that gives it
        at: int | None = graph.outputs[0][1] if graph.outputs else 0
        while at is not None and at in giver:
            way.append((at, giver[at]))
            at = came[giver[at]]
        way.reverse()
        stations = [Station(self.shape(at), (), at)] if at is not None else []
        station_of: dict[int, int] = {}
        for value, i in way:
            shape = self.shape(value)
            if not stations or stations[-1].shape != shape:
                stations.append(Station(shape, (self.parts[i],), value))
            else:
                stations[-1] = stations[-1]._replace(parts=(*stations[-1].parts, self.parts[i]))
            station_of[i] = len(stations) - 1
        return stations, self.joined(reads, giver, station_of, came)

    def joined(
        self, reads: list[list[int]], giver: dict[int, int], station_of: dict[int, int], came: list[int | None]
    ) -> list[tuple[int, int]]:
        """From which map to which other values come than the main one, where maps lie between."""

        def back(value: int) -> int | None:
            """The map that a value comes from."""
            at = giver.get(value)
            while at is not None and at not in station_of:
                before = came[at]
                if before is None:
                    return None
                at = giver.get(before)
            return 0 if at is None else station_of[at]

        found = set()
        for i, here in station_of.items():
            for value in reads[i]:
                there = back(value)
                if there is not None and value != came[i] and here - there > 1:
                    found.add((there, here))
        return sorted(found, key=lambda pair: (pair[1] - pair[0], pair))

    def shape(self, value: int) -> tuple[int, ...]:
        dims = self.report.shown(self.report.flow.shapes[value] or ())
        return tuple(dim if isinstance(dim, int) else 1 for dim in dims)


class _Maps:
    def __init__(self, report: Report, look: Look, at: dict[str, int], canvas: Canvas) -> None:
        self.report = report
        self.look = look
        self.at = at
        self.canvas = canvas
        deepest = Outline(report, 1, False).deepest
        depths = [look.depth] if look.depth is not None else list(range(deepest, 0, -1)) or [1]
        # The deepest level with few enough maps, or one further out that has as many of them.
        best: _Way | None = None
        for depth in depths:
            way = _Way(report, depth)
            if best is not None and len(best.stations) <= MOST and len(way.stations) < len(best.stations):
                break
            best = way
        assert best is not None
        self.stations, self.skips = best.stations, best.skips
        sides = [side for station in self.stations if len(station.shape) > 1 for side in station.sides if side > 1]
        self.largest, self.least = max(sides, default=1), min(sides, default=1)
        self.linear = self.largest <= LINEAR * self.least
        self.longest = max([s.shape[0] for s in self.stations if len(s.shape) == 1], default=1)

    # How large

    def side(self, size: int) -> float:
        if self.linear:
            return max(SMALLEST / 2, LARGEST * size / self.largest)
        return SMALLEST + (LARGEST - SMALLEST) * log(max(1, size)) / log(self.largest)

    def box(self, station: Station) -> tuple[float, float]:
        """Width and height in pixels, without the planes behind."""
        if len(station.shape) < 2:
            length = log(max(2, station.shape[0] if station.shape else 1)) / log(max(3, self.longest))
            return BAR, 22 + (LARGEST - 22) * length
        high, wide = station.sides
        return self.side(wide), self.side(high)

    # Painting

    def words(self, i: int) -> list[tuple[str, str]]:
        """What is below a map, each line with its class."""
        if self.look.labels == "none":
            return []
        station = self.stations[i]
        lines = [("b", clean(dims_text(station.shape)))]
        if self.look.labels == "sizes":
            return lines
        if not station.parts:
            return [*lines, ("s d", clean(self.report.graph.inputs[0].name))]
        first = station.parts[0]
        rest = len(station.parts) - 1
        name = first.path + (f" … {station.parts[-1].label}" if rest else "")
        lines.append(("s", clean(name)))
        if first.layer:
            layer = self.report.layers[first.start]
            lines.append(("s d", clean(f"{first.type} {written(layer)}".strip())))
        else:
            lines.append(("s d", clean(" ".join(filter(None, [first.type, f"{first.layers} layers"])))))
        return lines

    def picture(self) -> Picture:
        canvas = self.canvas
        sizes = [self.box(station) for station in self.stations]
        words = [self.words(i) for i in range(len(self.stations))]
        over = max([(s.planes - 1) * PLANE + h / 2 for s, (_, h) in zip(self.stations, sizes)], default=0.0)
        levels = self.levels()
        head = MARGIN + (0 if self.canvas.followed else 40 if self.report.name else 22)
        middle = head + over + 26 + 11 * (max(levels.values(), default=-1) + 1)
        below = max((h / 2 for _, h in sizes), default=0.0)
        x = MARGIN
        places: list[float] = []  # the left of each front plane
        for station, (w, _), lines in zip(self.stations, sizes, words):
            back = (station.planes - 1) * PLANE
            said = max(
                [min(SLOT * 1.5, text_width(t, 11 if k == "b" else 10, k == "b")) for k, t in lines], default=0.0
            )
            room = max(w + back, said if lines else 0.0, 24.0)
            places.append(float(round(x + (room - w - back) / 2)))
            x += room + GAP
        width = max(x - GAP + MARGIN, 420.0)
        if not self.canvas.followed:  # a page says it itself
            self.head(head - 22, width)
        for pair in self.skips:
            self.paint_skip(pair, levels[pair], places, sizes, middle)
        for i in range(1, len(self.stations)):
            self.paint_way(i, places, sizes, middle)
        for station, left, (w, h) in zip(self.stations, places, sizes):
            self.paint_map(station, left, middle - h / 2, w, h)
        for i in range(len(self.stations) - 1):
            self.paint_window(i, places, sizes, middle)
        foot = middle + below + 20
        for station, left, (w, _), lines in zip(self.stations, places, sizes, words):
            center = left + (w + (station.planes - 1) * PLANE) / 2
            for at, (kind, text) in enumerate(lines):
                size = 11 if kind == "b" else 10
                text = shortened(text, SLOT * 1.5, size, kind == "b")
                follows = FollowedShape(station.value, station.value) if kind == "b" else None
                canvas.text(center, foot + 14 * at, text, kind, "middle", follows, SLOT * 1.5)
        foot += 14 * max(map(len, words), default=0) + 12
        foot = self.foot(foot, width)
        title = f"{clean(self.report.name or 'network')}: maps"
        svg = document(canvas, width, foot + MARGIN, title, self.look.theme, EXTRA)
        return Picture(svg, width, foot + MARGIN)

    def head(self, y: float, width: float) -> None:
        report = self.report
        ins = ", ".join(dims_text(dims) for dims in report.inputs.values())
        outs = ", ".join(dims_text(dims) for dims in report.outputs.values())
        room = width - 2 * MARGIN
        if report.name:
            self.canvas.text(MARGIN, y - 4, shortened(clean(report.name), room, 16, bold=True), "h")
        said = f"{ins} → {outs} · {report.totals.params:,} params" if isinstance(report.totals.params, int) else ""
        self.canvas.text(MARGIN, y + 14, shortened(clean(said), room, 11), "d")

    def paint_map(self, station: Station, left: float, top: float, w: float, h: float) -> None:
        canvas = self.canvas
        family = "end"
        path, title = self.report.graph.inputs[0].name if self.report.graph.inputs else "", dims_text(station.shape)
        if station.parts:
            first = station.parts[0]
            title = first.path if canvas.followed else f"{first.path}\n{title}"
            path = first.path
            family = family_of(self.report.graph.nodes[first.start].layer) if first.layer else "level"
        canvas.open("map", path, title)
        fill = canvas.fill(family)
        for k in range(station.planes - 1, -1, -1):
            canvas.rect(left + k * PLANE, top - k * PLANE, w, h, f"{fill} edge")
        canvas.close()

    def paint_way(self, i: int, places: list[float], sizes: list[tuple[float, float]], middle: float) -> None:
        """From a map to the next: an arrow, or a fan where all goes into each value."""
        before, here = self.stations[i - 1], self.stations[i]
        (w, h), (_, h2) = sizes[i - 1], sizes[i]
        back = (before.planes - 1) * PLANE
        start, end = places[i - 1] + w, places[i]
        if len(here.shape) < 2:
            top, bottom = (start + back, middle - h / 2 - back), (start, middle + h / 2)
            fan = f"M{number(top[0])} {number(top[1])}L{number(end)} {number(middle - h2 / 2)}"
            fan += f"M{number(bottom[0])} {number(bottom[1])}L{number(end)} {number(middle + h2 / 2)}"
            self.canvas.path(fan, "fan")
        elif not self.window(i):
            a, b = start + back + 5, end - 4
            if b - a > 8:
                self.canvas.path(f"M{number(a)} {number(middle)}L{number(b - 5)} {number(middle)}", "e")
                self.canvas.path(f"M{number(b - 6)} {number(middle - 3.5)}v7l7 -3.5z", "t")

    def window(self, i: int) -> tuple[int, int] | None:
        """The window that makes a map, as height and width."""
        parts = self.stations[i].parts
        if not parts or not parts[0].layer or len(self.stations[i - 1].shape) < 2:
            return None
        layer = self.report.layers[parts[0].start]
        windows = layer.layer.windows(layer.xs[0]) if layer.xs else []
        reach = [window.dilation * (window.kernel - 1) + 1 for window in windows]
        if not reach:
            return None
        return (reach[-2] if len(reach) > 1 else 1, reach[-1])

    def paint_window(self, i: int, places: list[float], sizes: list[tuple[float, float]], middle: float) -> None:
        """The window on this map that makes one position of the next."""
        found = self.window(i + 1)
        if found is None:
            return
        high, wide = self.stations[i].sides
        (w, h), (w2, h2) = sizes[i], sizes[i + 1]
        kw, kh = min(w, max(4.0, w * found[1] / wide)), min(h, max(4.0, h * found[0] / high))
        x, y = places[i] + (w - kw) * 0.62, middle - h / 2 + (h - kh) * 0.35
        to = (places[i + 1] + w2 * 0.3, middle - h2 / 2 + h2 * 0.4)
        self.canvas.rect(x, y, kw, kh, "window")
        lines = "".join(f"M{number(x + kw)} {number(c)}L{number(to[0])} {number(to[1])}" for c in (y, y + kh))
        self.canvas.path(lines, "cone")
        self.canvas.rect(to[0] - 1.5, to[1] - 1.5, 3, 3, "point")

    def levels(self) -> dict[tuple[int, int], int]:
        """How high each of the joins goes over the maps, so that they do not run on each other."""
        found: dict[tuple[int, int], int] = {}
        for a, b in self.skips:
            taken = {level for (c, d), level in found.items() if c <= b and a <= d}
            found[a, b] = next(level for level in range(len(self.skips)) if level not in taken)
        return found

    def paint_skip(
        self,
        pair: tuple[int, int],
        level: int,
        places: list[float],
        sizes: list[tuple[float, float]],
        middle: float,
    ) -> None:
        highest = max((s.planes - 1) * PLANE + h / 2 for s, (_, h) in zip(self.stations, sizes))
        y = middle - highest - 14 - 11 * level
        ends = []
        for i, share in zip(pair, (0.7, 0.3)):
            w, h = sizes[i]
            back = (self.stations[i].planes - 1) * PLANE
            ends.append((places[i] + back + w * share, middle - h / 2 - back))
        (a, top), (b, end) = ends
        self.canvas.path(
            f"M{number(a)} {number(top)}V{number(y + 5)}q0 -5 5 -5H{number(b - 5)}q5 0 5 5V{number(end - 6)}", "e"
        )
        self.canvas.path(f"M{number(b - 3.5)} {number(end - 7)}h7l-3.5 7z", "t")

    def foot(self, y: float, width: float) -> float:
        canvas = self.canvas
        at = MARGIN
        for family in [FAMILIES[key] for key in FAMILIES if key in canvas.families and key != "end"]:
            room = 17 + text_width(family.name, 10) + 14
            if at > MARGIN and at + room > width - MARGIN:
                at, y = MARGIN, y + 16
            canvas.rect(at, y - 9, 12, 12, f"f {family.key} edge")
            canvas.text(at + 17, y, family.name, "s d")
            at += room
        for text in self.scales():
            y += 16
            canvas.text(MARGIN, y, shortened(text, width - 2 * MARGIN, 10), "s d")
        return y

    def scales(self) -> list[str]:
        """What is said of how large things are drawn."""
        found = []
        if self.at:
            found.append(drawn_at(self.at))
        said = []
        if any(len(station.shape) > 1 for station in self.stations):
            said.append(f"height and width on a {'linear' if self.linear else 'log'} scale")
        if any(len(station.shape) > 2 for station in self.stations):
            said.append("one plane for each doubling of the channels")
        if any(len(station.shape) < 2 for station in self.stations):
            said.append("bars on a log scale")
        return [*found, *(["; ".join(said)] if said else [])]


EXTRA = (
    ".cnncalc .edge{stroke:var(--line);stroke-width:.8}.cnncalc .fan{fill:none;stroke:var(--frame)}\n"
    ".cnncalc .window{fill:none;stroke:var(--warning);stroke-width:1.4}\n"
    ".cnncalc .point{fill:var(--warning)}\n"
    ".cnncalc .cone{fill:none;stroke:var(--warning);stroke-width:.8;stroke-dasharray:3 2}"
)


def _closed(parts: Sequence[OutlinePart]) -> list[OutlinePart]:
    """The parts that are drawn as one."""
    return [one for part in parts for one in (_closed(part.children) if part.children else [part])]
