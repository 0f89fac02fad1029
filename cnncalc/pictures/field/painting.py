"""The field view as an SVG: the input, values on the way and the layer as planes, and on each what is seen of it."""

from __future__ import annotations

from itertools import pairwise

from cnncalc.analysis.receptive_field import BOUND, HULL
from cnncalc.layers.shapes import dims_text
from cnncalc.pictures.field.photo import Photo
from cnncalc.pictures.field.seen import MOST, Fields, Span, Station
from cnncalc.pictures.letters import clean, lines_of, shortened, text_width
from cnncalc.pictures.look import Look, Picture
from cnncalc.pictures.svg import Canvas, document, number
from cnncalc.render.rows import written

MARGIN = 20.0
LARGEST, FEWER, SMALLEST = 280.0, 210.0, 70.0  # pixels of a side; of the largest, also where there are many
GRID = 24
"""Positions up to which cells are drawn."""

STRIP = 22.0
"""How high an input of one axis is."""

BETWEEN = 56.0
OVER = 14.0  # pixels that a field may reach out of its plane
NARROW = 560.0
ROW = 16.0


def paint(fields: Fields, look: Look, photo: Photo | None, sizes: str) -> Picture:
    """The picture of a field."""
    return _Painting(fields, look, photo, sizes).picture()


class _Plane:
    """A value as a rectangle, with what is seen of it."""

    def __init__(self, station: Station, scale: float) -> None:
        self.station = station
        spans = station.spans if len(station.spans) == 2 else (Span(1, 0, 0, station.spans[0].kind), *station.spans)
        self.rows, self.columns = spans
        longest = max(station.sizes)
        scale = max(scale, SMALLEST / longest)
        self.width = self.columns.size * scale
        self.height = STRIP if len(station.spans) == 1 else self.rows.size * scale
        self.left = self.top = 0.0

    def box(self, outside: bool) -> tuple[float, float, float, float] | None:
        """What is seen as left, top, right and bottom; with what of it is padding, as far as there is room."""
        ends = []
        for span, start, length in ((self.columns, self.left, self.width), (self.rows, self.top, self.height)):
            low, high = (span.low, span.high) if outside else span.inside
            if low > high:
                return None
            cell = length / span.size
            ends.append((max(start + low * cell, start - OVER), min(start + (high + 1) * cell, start + length + OVER)))
        (left, right), (top, bottom) = ends
        return left, top, right, bottom


class _Painting:
    def __init__(self, fields: Fields, look: Look, photo: Photo | None, sizes: str) -> None:
        self.fields = fields
        self.look = look
        self.photo = photo
        self.sizes = sizes
        self.canvas = Canvas()
        found = fields.planes
        largest = max(max(station.sizes) for station in found)
        crosses = any(span.crosses for station in found for span in station.spans)
        self.over = OVER if crosses else 0.0  # pixels about a plane
        most = LARGEST if len(found) < 5 else FEWER
        self.planes = [_Plane(station, most / largest) for station in found]

    def picture(self) -> Picture:
        canvas = self.canvas
        x = MARGIN + self.over
        for plane in self.planes:
            plane.left = x
            x += max(plane.width, 60.0) + BETWEEN
        table = self.table()
        columns = [max(text_width(cell, 11, i == 0) for cell in cells) + 18 for i, cells in enumerate(zip(*table))]
        last = self.planes[-1]
        named = last.left + text_width(self.name_of(last), 11, bold=True)
        width = max(x - BETWEEN + self.over + MARGIN, named + MARGIN, sum(columns) + 2 * MARGIN, NARROW)
        top = self.head(width) + 44 + self.over
        high = max(plane.height for plane in self.planes)
        for plane in self.planes:
            plane.top = top + (high - plane.height) / 2
        for at, plane in enumerate(self.planes):
            self.paint_plane(plane, at)
        for before, here in pairwise(self.planes):
            self.paint_cone(before, here)
        y = top + high + self.over + 30
        y = self.paint_table(table, columns, y)
        y = self.foot(y + 14, width)
        title = f"{clean(self.fields.layer)}: what a position sees"
        svg = document(canvas, width, y + MARGIN, title, self.look.theme, EXTRA)
        return Picture(svg, width, y + MARGIN)

    def head(self, width: float) -> float:
        """What the picture says, in words; returns where they end."""
        fields, room = self.fields, width - 2 * MARGIN
        layer = next(layer for layer in fields.report.layers if layer.path == fields.layer)
        self.canvas.text(MARGIN, MARGIN + 14, shortened(clean(fields.layer), room, 16, bold=True), "h")
        said = f"{layer.type} {written(layer)}".strip()
        lines = lines_of(clean(f"{said} · {dims_text(layer.output)}"), room, 11)
        lines += lines_of(clean(self.sentence()), room, 11)
        for i, line in enumerate(lines):
            self.canvas.text(MARGIN, MARGIN + 34 + 16 * i, line, "d" if i == 0 else "")
        return MARGIN + 34 + 16 * (len(lines) - 1)

    def sentence(self) -> str:
        """`Position 3, 3 of 7x7 sees 224x224 of the input's 224x224.`"""
        fields = self.fields
        first = fields.stations[0]
        inside = [span.inside for span in first.spans]
        counts = [max(0, high - low + 1) for low, high in inside]
        if fields.at is None or fields.counts is None:
            who = "All that it gives"
        else:
            who = f"Position {', '.join(map(str, fields.at))} of {dims_text(fields.counts)}"
        some = "at most " if any(span.kind == BOUND for span in first.spans) else ""
        text = f"{who} sees {some}{dims_text(counts)} of the {dims_text(first.sizes)} positions of {first.name}"
        if any(span.crosses for span in first.spans):
            whole = dims_text([span.high - span.low + 1 for span in first.spans])
            text += f"; with what is padding its field is {whole}"
        return f"{text}."

    # The planes

    def paint_cone(self, before: _Plane, here: _Plane) -> None:
        """From what is seen of a value to what is seen of the next."""
        one, other = before.box(False), here.box(False)
        if one is None or other is None:
            return
        steps = ""
        for corner in (1, 3):
            steps += f"M{number(one[2])} {number(one[corner])}L{number(other[0])} {number(other[corner])}"
        self.canvas.path(steps, "cone")

    def paint_plane(self, plane: _Plane, at: int) -> None:
        canvas = self.canvas
        station = plane.station
        last = station.value == self.fields.value
        name = self.name_of(plane)
        above = plane.top - self.over - 7
        canvas.text(plane.left, above - 13, name, "b")
        canvas.text(plane.left, above, dims_text(station.sizes), "s d")
        canvas.open("plane", station.name, clean(f"{station.name}\n{self.words(station)}"))
        canvas.rect(plane.left, plane.top, plane.width, plane.height, "cell")
        if at == 0 and self.photo:
            place = f'x="{number(plane.left)}" y="{number(plane.top)}"'
            size = f'width="{number(plane.width)}" height="{number(plane.height)}"'
            canvas.parts.append(f'<image {place} {size} preserveAspectRatio="none" href="{self.photo.data}"/>')
        self.paint_cells(plane)
        outside, inside = plane.box(True), plane.box(False)
        if inside is not None and at == 0 and self.photo:
            self.paint_shade(plane, inside)
        if outside is not None and any(span.crosses for span in station.spans):
            self.rect(outside, "beyond")
        if inside is not None:
            self.rect(inside, "hit" if last else "on" if at == 0 and self.photo else "field")
        canvas.close()

    def name_of(self, plane: _Plane) -> str:
        """The name of a value, as much of it as there is room for up to the next plane."""
        return shortened(clean(plane.station.name), max(plane.width, 60.0) + BETWEEN - 8, 11, bold=True)

    def rect(self, box: tuple[float, float, float, float], kind: str) -> None:
        left, top, right, bottom = box
        self.canvas.rect(left, top, max(2.0, right - left), max(2.0, bottom - top), kind)

    def paint_shade(self, plane: _Plane, box: tuple[float, float, float, float]) -> None:
        """The picture is dimmed where nothing of it is seen."""
        a, b = plane.left, plane.top
        left, top, right, bottom = box
        outer = f"M{number(a)} {number(b)}h{number(plane.width)}v{number(plane.height)}h-{number(plane.width)}z"
        inner = f"M{number(left)} {number(top)}V{number(bottom)}H{number(right)}V{number(top)}z"
        self.canvas.path(outer + inner, "shade")

    def paint_cells(self, plane: _Plane) -> None:
        """The lines between positions, where they are few."""
        steps = ""
        if plane.columns.size <= GRID:
            for i in range(1, plane.columns.size):
                x = plane.left + plane.width * i / plane.columns.size
                steps += f"M{number(x)} {number(plane.top)}v{number(plane.height)}"
        if plane.rows.size <= GRID:
            for i in range(1, plane.rows.size):
                y = plane.top + plane.height * i / plane.rows.size
                steps += f"M{number(plane.left)} {number(y)}h{number(plane.width)}"
        if steps:
            self.canvas.path(steps, "lines")

    # In words

    def words(self, station: Station) -> str:
        names = ("row", "column") if len(station.spans) == 2 else ("position",)
        return ", ".join(f"{name}s {_range(span)}" for name, span in zip(names, station.spans))

    def table(self) -> list[list[str]]:
        """What is seen of each value, from the layer back to the input."""
        two = len(self.fields.stations[0].spans) == 2
        names = ["rows", "columns"] if two else ["positions"]
        found = [["", "map", *names, "size", "seen"]]
        stations = self.fields.stations[::-1]
        for station in stations:
            kind = max((span.kind for span in station.spans), key=(*KINDS,).index)
            counts = dims_text([max(0, span.high - span.low + 1) for span in station.spans])
            ranges = [_range(span) for span in station.spans]
            last = station.value == self.fields.value
            name = shortened(clean(station.name), 220, 11, bold=True)
            found.append([name, dims_text(station.sizes), *ranges, counts, "itself" if last else KINDS[kind]])
        if self.fields.left_out:
            more = f"… {self.fields.left_out} more layers"
            found.insert(len(stations) - MOST // 2, [more, *[""] * (len(found[0]) - 1)])
        return found

    def paint_table(self, table: list[list[str]], columns: list[float], y: float) -> float:
        canvas = self.canvas
        for i, cells in enumerate(table):
            x = MARGIN
            for at, (cell, room) in enumerate(zip(cells, columns)):
                kind = "s d" if i == 0 or cell.startswith("… ") else "b" if at == 0 else ""
                canvas.text(x, y + ROW * i, cell, kind)
                x += room
        return y + ROW * (len(table) - 1)

    def foot(self, y: float, width: float) -> float:
        notes = []
        if self.sizes:
            notes.append(self.sizes)
        spans = [span for station in self.fields.stations for span in station.spans]
        if any(span.crosses for span in spans):
            notes.append("Positions below 0 and after the end are padding (dashed): nothing is there to be seen.")
        kinds = {span.kind for span in spans}
        if HULL in kinds:
            notes.append("ends: the first and the last position are seen, and maybe not all between them.")
        if BOUND in kinds:
            notes.append("at most: nothing outside of it is seen, and maybe less.")
        if self.photo:
            first = self.fields.stations[0]
            shown = f"{self.photo.width}x{self.photo.height} pixels"
            notes.append(
                clean(f"{self.photo.name}, {shown}, stretched to the {dims_text(first.sizes[::-1])} of the input.")
            )
        for note in notes:
            for line in lines_of(note, width - 2 * MARGIN, 10):
                y += 15
                self.canvas.text(MARGIN, y, line, "s d")
        return y


KINDS = {"exact": "all of it", "hull": "its ends", "bound": "at most"}
"""From good to bad, with how the picture says it."""

EXTRA = (
    ".cnncalc .cell{fill:var(--inside);stroke:var(--frame)}\n"
    ".cnncalc .lines{fill:none;stroke:var(--frame);stroke-width:.7}\n"
    ".cnncalc .cone{fill:none;stroke:var(--dim);stroke-width:.8;stroke-dasharray:4 3}\n"
    ".cnncalc .field{fill:#0072b2;fill-opacity:.28;stroke:var(--macs);stroke-width:1.8}\n"
    ".cnncalc .on{fill:none;stroke:#d55e00;stroke-width:2.4}.cnncalc .shade{fill:var(--page);fill-opacity:.55}\n"
    ".cnncalc .beyond{fill:none;stroke:var(--macs);stroke-width:1.2;stroke-dasharray:3 3}\n"
    ".cnncalc .hit{fill:#d55e00;fill-opacity:.3;stroke:#d55e00;stroke-width:2.2}"
)


def _range(span: Span) -> str:
    """`−3 to 227`, or `all`."""
    if span.whole:
        return "all"
    if span.low > span.high:
        return "none"
    ends = [str(end).replace("-", "−") for end in (span.low, span.high)]
    return ends[0] if span.low == span.high else " to ".join(ends)
