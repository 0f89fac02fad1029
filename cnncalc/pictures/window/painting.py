"""The window view as an SVG: a still picture of the first step, which moves where the reader's system lets it.

Each step is a group of the class `f` with the numbers of its step in `data-step`. Where the picture has the class
`stepping`, only the group of the class `now` is seen: so a page moves the window by itself.
"""

from __future__ import annotations

from fractions import Fraction
from typing import Any

from cnncalc.analysis.explain import explain
from cnncalc.layers.shapes import dims_text
from cnncalc.pictures.letters import clean, lines_of, shortened, text_width
from cnncalc.pictures.look import Look, Picture
from cnncalc.pictures.palette import family_of
from cnncalc.pictures.svg import Canvas, document, number
from cnncalc.pictures.window.grid import TICKS, Grid, square
from cnncalc.pictures.window.slide import CROPPED, PADDING, PAST, PIXEL
from cnncalc.pictures.window.sweep import WindowSweep
from cnncalc.pictures.window.values import Values, text
from cnncalc.pictures.window.words import notes, place_words
from cnncalc.render.rows import written

MARGIN = 20.0
NARROW = 520.0
BETWEEN = 64.0  # from the input to the output
SHADES = 9
"""Tints that values are drawn with."""

WITH_VALUES = 24
"""Positions of an axis up to which their values are written into them."""


def paint(sweep: WindowSweep, look: Look, sizes: str) -> Picture:
    """The picture of a sweep. Raises UsageError for a filter that does not fit."""
    return _Painting(sweep, look, sizes).picture()


def _cell(count: int, planes: int) -> float:
    """The side of a cell without a value in it: the smaller, the more there is to draw."""
    if planes > 1:
        return 18.0 if count <= 8 else 13.0 if count <= 24 else 7.0
    return 26.0 if count <= 14 else 18.0 if count <= 24 else 10.0 if count <= 40 else 7.0


class _Painting:
    def __init__(self, sweep: WindowSweep, look: Look, sizes: str) -> None:
        self.sweep = sweep
        self.look = look
        self.sizes = sizes
        self.canvas = Canvas()
        self.values = Values(sweep, look.filter)
        self.rows, self.columns = sweep.both()
        self.drawn = sweep.drawn()
        self.longest = longest = max(len(drawn.positions) for drawn in self.drawn)
        self.numbers = self.values.shown and longest <= WITH_VALUES
        rows, columns = self.drawn
        self.wide = [
            Grid(rows.positions, columns.positions, self.side(longest, False))
            for _ in (sweep.planes if not sweep.spread else [0])
        ]
        narrow = self.side(max(len(rows.steps), len(columns.steps)), True)
        self.single = [Grid(rows.steps, columns.steps, narrow) for _ in (sweep.planes if sweep.spread else [0])]
        self.left = self.single if sweep.spread else self.wide
        self.right = (self.wide if sweep.spread else self.single)[0]
        self.shapes: dict[tuple[Any, ...], str] = {}  # the id of each form that the window has
        self.width = NARROW
        self.made_texts: dict[tuple[int, int], str]

    def side(self, count: int, made: bool) -> float:
        """The side of a cell: with room for what is in it."""
        if not self.numbers:
            side = _cell(max(count, self.longest), len(self.sweep.planes))
            return max(side, 18.0) if made is not self.sweep.spread else side
        if made is self.sweep.spread:
            return 28.0  # of the input: digits, and a weight beside them
        self.made_texts = {place: self.shown(*place) for place in self.made_places()}
        widest = max((text_width(word, 11) for word in self.made_texts.values()), default=0.0)
        return float(max(28, round(widest + 7)))

    def made_places(self) -> list[tuple[int, int]]:
        """The output positions that are drawn."""
        if not self.sweep.spread:
            rows, columns = ([step for step in drawn.steps if step is not None] for drawn in self.drawn)
        else:
            rows, columns = (
                [at for at in drawn.positions if at is not None and 0 <= at < slide.out]
                for drawn, slide in zip(self.drawn, (self.rows, self.columns))
            )
        return [(row, column) for row in rows for column in columns]

    def shown(self, row: int, column: int) -> str:
        value = self.values.made(row, column).value
        return "−∞" if value is None else text(value, 1)

    # The whole

    def picture(self) -> Picture:
        canvas = self.canvas
        x = MARGIN + TICKS + 4
        middle = self.between()
        across, tall = self.stack_size()
        wide = x + across + middle + TICKS + self.right.width
        self.width = max(wide + MARGIN, self.said() + 2 * MARGIN, NARROW)
        top = self.head() + 46
        height = max(tall, self.right.height)
        self.place_stack(x, top + (height - tall) / 2)
        self.right.left = x + across + middle + TICKS
        self.right.top = top + (height - self.right.height) / 2
        self.paint_between(x + across, top + height / 2, middle)
        for plane, grid in zip(self.sweep.planes, self.left):
            if plane is not None:
                self.paint_side(grid, not self.sweep.spread, plane)
        self.paint_side(self.right, self.sweep.spread, None)
        foot = self.paint_steps(top + height + 22)
        foot = self.foot(foot + 8)
        title = f"{clean(self.sweep.report.path)}: how its window moves"
        svg = document(canvas, self.width, foot + MARGIN, title, self.look.theme, self.style())
        return Picture(svg, self.width, foot + MARGIN)

    # The channels of the input: one below the other where they have values, which takes room, else side by side

    def stack_size(self) -> tuple[float, float]:
        """How wide and how high the input is with all its channels."""
        apart = self.apart * (len(self.left) - 1)
        across, down = ([getattr(grid, side) for grid in self.shown_left] for side in ("width", "height"))
        if self.numbers:
            return max(across), sum(down) + apart
        return sum(across) + apart, max(down)

    @property
    def shown_left(self) -> list[Grid]:
        return [grid for plane, grid in zip(self.sweep.planes, self.left) if plane is not None]

    @property
    def apart(self) -> float:
        """Pixels from one channel to the next."""
        if self.numbers:
            return 46.0
        title = text_width(f"input, channel {self.sweep.summed - 1}", 11, bold=True)
        return max(44.0, title - self.left[0].width + 12)

    def place_stack(self, x: float, y: float) -> None:
        """Give each channel its place, with a plus between two."""
        canvas = self.canvas
        for at, (plane, grid) in enumerate(zip(self.sweep.planes, self.left)):
            if plane is None:
                if self.numbers:
                    canvas.text(x + grid.width / 2, y + 1, self.left_out(), "s d", "middle")
                else:
                    canvas.text(x - 7, y + grid.height / 2 + 4, "…", "n", "middle")
            else:
                grid.left, grid.top = x, y
                if self.numbers:
                    y += grid.height
                else:
                    x += grid.width
            if at == len(self.left) - 1:
                break
            if self.numbers:
                canvas.text(x + grid.width / 2, y + 16 + 15 * (plane is None), "+", "n", "middle")
                y += self.apart
            else:
                canvas.text(x + 13, y + grid.height / 2 + 4, "+", "n", "middle")
                x += self.apart

    def left_out(self) -> str:
        return f"… {self.sweep.summed - 3:,} more channels"

    def said(self) -> float:
        """How wide the longest of what is said of the steps is, up to a width that can be read."""
        lines = [line for place in self.steps() for line in self.caption(*place, 1e9)]
        return min(900.0, max(text_width(line, 11, bold=True) for line in lines))

    def steps(self) -> list[tuple[int, int]]:
        """The steps that are drawn, in their order."""
        rows, columns = ([step for step in drawn.steps if step is not None] for drawn in self.drawn)
        return [(row, column) for row in rows for column in columns]

    def head(self) -> float:
        """What the picture is of, and the sums that give the sizes; returns where they end."""
        layer = self.sweep.report
        canvas, room = self.canvas, self.width - 2 * MARGIN
        canvas.text(MARGIN, MARGIN + 14, shortened(clean(layer.path), room, 16, bold=True), "h")
        shown = layer.report.shown
        said = f"{layer.type} {written(layer)}".strip()
        lines = lines_of(
            clean(f"{said} · {dims_text(shown(layer.xs[0]))} → {dims_text(shown(layer.outputs[0]))}"), room, 11
        )
        before = ""
        for step in explain(layer).sizes:
            worked = f"{step.worked.names} = {step.worked.numbers} = {step.worked.value}"
            if step.before is not None:
                worked = f"{worked}, where extent = {step.before.names} = {step.before.value}"
            lines += [f"{step.label}: the same"] if worked == before else lines_of(f"{step.label}: {worked}", room, 11)
            before = worked
        for i, line in enumerate(lines):
            canvas.text(MARGIN, MARGIN + 32 + 16 * i, line, "d")
        return MARGIN + 32 + 16 * (len(lines) - 1)

    # Between the input and the output

    def between(self) -> float:
        return 3 * 26 + 2 * 30.0 if self.values.filter else BETWEEN

    def paint_between(self, x: float, y: float, room: float) -> None:
        """An arrow, with the filter where there is one."""
        canvas = self.canvas
        if self.values.filter:
            weights, divisor = self.values.filter
            left, top = x + 30, y - 13 * len(weights)
            canvas.text(left + 39, top - 8, str(self.look.filter), "b", "middle")
            for i, row in enumerate(weights):
                for j, weight in enumerate(row):
                    canvas.rect(left + 26 * j, top + 26 * i, 26, 26, "cell")
                    canvas.text(left + 26 * j + 13, top + 26 * i + 17, _signed(weight), "", "middle")
            below = top + 26 * len(weights) + 14
            if divisor > 1:
                canvas.text(left + 39, below, f"each / {divisor}", "s d", "middle")
            self.arrow(left + 26 * 3 + 8, x + room - 8, y)
            canvas.text(x + 15, y + 4, "×", "n", "middle")
            return
        self.arrow(x + 14, x + room - 12, y)

    def arrow(self, start: float, end: float, y: float) -> None:
        self.canvas.path(f"M{number(start)} {number(y)}H{number(end - 6)}", "e")
        self.canvas.path(f"M{number(end - 7)} {number(y - 3.5)}v7l7 -3.5z", "t")

    # The cells

    def paint_side(self, grid: Grid, wide: bool, plane: int | None) -> None:
        """The cells of one side. `plane` is the channel of the input; None: the output."""
        canvas = self.canvas
        made = plane is None
        name = "output" if made else "input" if len(self.sweep.planes) == 1 else f"input, channel {plane}"
        canvas.text(grid.left, grid.top - 18, name, "b")
        kinds: dict[str, list[tuple[int, int]]] = {}
        missed = []
        for row in grid.down:
            for column in grid.across:
                kind = self.kind(row, column) if wide else PIXEL
                kinds.setdefault(kind, []).append((row, column))
                if wide and kind == PIXEL and (self.rows.missed(row) or self.columns.missed(column)):
                    missed.append((row, column))
        names = f'data-rows="{_spaced(grid.down)}" data-columns="{_spaced(grid.across)}"'
        canvas.parts.append(f'<g class="grid" data-side="{"output" if made else "input"}" {names}>')
        for kind, places in kinds.items():
            canvas.path(grid.squares(places), f"cell {CLASSES[kind]}")
        if self.numbers:
            self.paint_numbers(grid, made, plane)
        if missed:
            side = grid.cell * 0.4 if self.numbers else grid.cell  # in the corner, where a value is in the middle
            canvas.path("".join(_cross(*grid.corner(*place), side) for place in missed), "missed")
        canvas.parts.append("</g>")
        grid.paint_rests(canvas)
        slides = (self.rows, self.columns)
        sizes = [slide.out if made else slide.size for slide in slides]
        grid.paint_ticks(canvas, sizes[0], sizes[1], len(self.sweep.slides) == 2)

    def kind(self, row: int, column: int) -> str:
        """What a cell under the window is."""
        found = {self.rows.kind(row), self.columns.kind(column)}
        return next(kind for kind in (CROPPED, PAST, PADDING, PIXEL) if kind in found)

    def paint_numbers(self, grid: Grid, made: bool, plane: int | None) -> None:
        """The values in the cells, each with a tint."""
        found: dict[tuple[int, int], tuple[float, str]] = {}
        for row in grid.down:
            for column in grid.across:
                if made:
                    if (row, column) in self.made_texts:
                        value = self.values.made(row, column).value
                        found[row, column] = (float("-inf" if value is None else value), self.made_texts[row, column])
                elif self.sweep.spread:
                    pixel = self.values.pixel(plane or 0, row, column)
                    found[row, column] = (float(pixel), str(pixel))
                else:
                    under = self.values.under(plane or 0, row, column)
                    if under is not None:
                        found[row, column] = (float(under), str(under))
        finite = [value for value, _ in found.values() if value != float("-inf")]
        low, high = (min(finite, default=0.0), max(finite, default=0.0)) if made else (0.0, 9.0)
        shades: dict[int, list[tuple[int, int]]] = {}
        for place, (value, _) in found.items():
            share = 0.0 if high == low or value == float("-inf") else (value - low) / (high - low)
            shades.setdefault(round(SHADES * share), []).append(place)
        for shade, places in sorted(shades.items()):
            if shade:
                self.canvas.path(grid.squares(places), f"g{shade}")
        for place, (_, word) in found.items():
            x, y = grid.middle(*place)
            self.canvas.text(x, y + (1 if self.values.filter and not made else 4), word, "v", "middle")

    # The steps

    def paint_steps(self, y: float) -> float:
        """Each step, of which the first is seen where nothing moves; returns where their words end."""
        canvas = self.canvas
        before = len(canvas.parts)
        steps = self.steps()
        seconds = 0.9 if self.numbers else 0.5
        for at, (row, column) in enumerate(steps):
            delay = f' style="animation-delay:{number(round(seconds * at, 1))}s"' if at else ""
            first = " f0" if at == 0 else ""
            canvas.parts.append(f'<g class="f{first}" data-step="{row} {column}"{delay}>')
            for plane, grid in zip(self.sweep.planes, self.left):
                if plane is not None:
                    self.paint_window(grid, row, column) if not self.sweep.spread else self.hit(grid, row, column)
            if self.sweep.spread:
                self.paint_window(self.right, row, column)
            else:
                self.hit(self.right, row, column)
            for i, line in enumerate(self.caption(row, column, self.width - 2 * MARGIN)):
                canvas.text(MARGIN, y + 16 * i, line, "" if i else "b")
            canvas.parts.append("</g>")
        self.count, self.seconds = len(steps), seconds
        canvas.parts.insert(before, f"<defs>{''.join(self.defined)}</defs>")
        return y + 16 * (len(self.caption(*steps[0], self.width)) - 1) + 16

    @property
    def defined(self) -> list[str]:
        """Each form that the window has, once."""
        return list(self.shapes.values())

    def hit(self, grid: Grid, row: int, column: int) -> None:
        x, y = grid.corner(row, column)
        self.canvas.rect(x, y, grid.cell, grid.cell, "hit")

    def paint_window(self, grid: Grid, row: int, column: int) -> None:
        """The window where it is at a step, and what padding takes its values from."""
        downs = [(tap, at) for tap, at in self.rows.taps(row) if tap in self.drawn[0].taps]
        acrosses = [(tap, at) for tap, at in self.columns.taps(column) if tap in self.drawn[1].taps]
        x, y = grid.corner(downs[0][1], acrosses[0][1])
        form = (
            tuple((tap, grid.down[at] + grid.top - y) for tap, at in downs),
            tuple((tap, grid.across[at] + grid.left - x) for tap, at in acrosses),
        )
        if form not in self.shapes:
            self.shapes[form] = self.form(f"{self.prefix}{len(self.shapes)}", grid, *form)
        name = f"{self.prefix}{list(self.shapes).index(form)}"
        self.canvas.parts.append(f'<use href="#{name}" x="{number(x)}" y="{number(y)}"/>')
        sources = {
            (self.rows.source(down), self.columns.source(across))
            for _, down in downs
            for _, across in acrosses
            if self.kind(down, across) == PADDING
        }
        drawn = sorted((down, across) for down, across in sources if down in grid.down and across in grid.across)
        if drawn:
            self.canvas.path(grid.squares(drawn), "src")

    @property
    def prefix(self) -> str:
        """What the names of forms begin with: no other picture of a page has them."""
        return f"w{self.sweep.report.index}-"

    def form(self, name: str, grid: Grid, downs: Any, acrosses: Any) -> str:
        """The window, from the corner of its first cell."""
        cell = grid.cell
        squares = "".join(square(x, y, cell) for _, y in downs for _, x in acrosses)
        parts = [f'<g id="{name}" class="cnncalc">']
        wide, high = acrosses[-1][1] + cell, downs[-1][1] + cell
        parts.append(f'<path class="tap" d="{squares}"/>')
        parts.append(f'<path class="hull" d="M0 0h{number(wide)}v{number(high)}h-{number(wide)}z"/>')
        if self.numbers and self.values.filter:
            weights = self.values.filter[0]
            for i, y in downs:
                for j, x in acrosses:
                    word = f"×{_signed(weights[i][j])}"
                    at = f'x="{number(x + cell - 2)}" y="{number(y + cell - 3)}"'
                    parts.append(f'<text class="k" {at} text-anchor="end">{word}</text>')
        return "".join([*parts, "</g>"])

    def caption(self, row: int, column: int, room: float) -> list[str]:
        """What happens at a step, in so many pixels."""
        lines = [shortened(place_words(self.sweep, row, column), room, 11, bold=True)]
        if self.numbers and not self.sweep.spread:
            lines.append(shortened(self.values.made(row, column).words, room, 11))
        elif self.numbers:
            values = [str(self.values.pixel(plane, row, column)) for plane in self.sweep.planes if plane is not None]
            what = f"{' and '.join(values)}, each" if len(values) > 1 else values[0]
            lines.append(f"{what} times the filter, is added to what is there")
        return lines

    # What is said below

    def foot(self, y: float) -> float:
        canvas = self.canvas
        x = MARGIN
        for kind, word in self.legend():
            room = 18 + text_width(word, 10) + 14
            if x > MARGIN and x + room > self.width - MARGIN:
                x, y = MARGIN, y + 18
            if kind == "missed":
                canvas.rect(x, y - 9, 12, 12, "cell")
                canvas.path(_cross(x, y - 9, 12), "missed")
            else:
                canvas.rect(x, y - 9, 12, 12, kind)
            canvas.text(x + 18, y, word, "s d")
            x += room
        y += 5
        found = notes(self.sweep, self.drawn, self.look.filter, self.numbers)
        for note in [self.sizes, *found] if self.sizes else found:
            for line in lines_of(note, self.width - 2 * MARGIN, 10):
                y += 15
                canvas.text(MARGIN, y, line, "s d")
        return y

    def legend(self) -> list[tuple[str, str]]:
        """The kinds of cells that there are, each with its words."""
        wide = self.right if self.sweep.spread else self.left[0]
        kinds = {self.kind(row, column) for row in wide.down for column in wide.across}
        found = []
        if self.sweep.spread:
            found += [("hit", "the input of this step"), ("tap", "what it is spread over")]
        else:
            found += [("tap", "read at this step"), ("hit", "made of it")]
        words = {
            PADDING: "padding"
            + {"zeros": "", "reflect": ", mirrored", "replicate": ", the edge repeated"}.get(
                self.columns.edge, ", the other end"
            ),
            PAST: "past the end",
            CROPPED: "cut off as padding",
        }
        found += [(f"cell {CLASSES[kind]}", word) for kind, word in words.items() if kind in kinds]
        if self.columns.edge != "zeros" and PADDING in kinds:
            found.append(("src", "where that padding has its values from"))
        if any(self.rows.missed(row) for row in wide.down) or any(self.columns.missed(c) for c in wide.across):
            found.append(("missed", "nothing lands here" if self.sweep.spread else "read by no window"))
        return found

    def style(self) -> str:
        family = family_of(self.sweep.report.layer)
        colour = "#009e73" if family == "pool" else "#0072b2"
        outline = colour if family == "pool" else "var(--macs)"  # blue is hard to see on a dark page
        part = f"{100 / self.count:.4f}".rstrip("0").rstrip(".")
        tints = "".join(
            f".cnncalc .g{shade}{{fill:{colour};fill-opacity:{0.045 * shade:.3f}}}" for shade in range(1, SHADES + 1)
        )
        rules = [
            ".cnncalc .cell{fill:var(--page);stroke:var(--frame)}",
            ".cnncalc .pad{fill:var(--inside);stroke-dasharray:2 2}",
            ".cnncalc .past{fill:none;stroke-dasharray:1 4}",
            ".cnncalc .cut{fill:var(--bar);stroke-dasharray:2 2}",
            ".cnncalc .missed{fill:none;stroke:var(--warning);stroke-width:1.2}",
            ".cnncalc .rest{fill:none;stroke:var(--dim);stroke-width:2;stroke-linecap:round;stroke-dasharray:.1 4}",
            f".cnncalc .tap{{fill:{colour};fill-opacity:.25;stroke:{outline};stroke-width:1.6}}",
            f".cnncalc .hull{{fill:none;stroke:{outline};stroke-width:2.6}}",
            ".cnncalc .hit{fill:#d55e00;fill-opacity:.2;stroke:#d55e00;stroke-width:2.6}",
            ".cnncalc .src{fill:none;stroke:#d55e00;stroke-width:2;stroke-dasharray:3 2}",
            ".cnncalc .tick{font-size:9px;fill:var(--dim)}",
            ".cnncalc .k{font-size:8px;fill:var(--ink)}",
            tints,
        ]
        if self.count > 1:
            whole = number(round(self.seconds * self.count, 1))
            rules += [
                ".cnncalc .f{visibility:hidden}.cnncalc .f0{visibility:visible}",
                f"@keyframes sweep{self.count}{{0%{{visibility:visible}}{part}%{{visibility:hidden}}}}",
                "@media (prefers-reduced-motion:no-preference)"
                f"{{.cnncalc .f{{visibility:hidden;animation:sweep{self.count} {whole}s step-end infinite}}}}",
                ".cnncalc:hover .f{animation-play-state:paused}",
                ".cnncalc.stepping .f{visibility:hidden;animation:none}.cnncalc.stepping .now{visibility:visible}",
            ]
        return "\n".join(rules)


CLASSES = {PIXEL: "pixel", PADDING: "pad", PAST: "past", CROPPED: "cut"}


def _cross(x: float, y: float, side: float) -> str:
    a, b = side * 0.25, side * 0.5
    return f"M{number(x + a)} {number(y + a)}l{number(b)} {number(b)}m0 -{number(b)}l-{number(b)} {number(b)}"


def _spaced(places: dict[int, float]) -> str:
    return " ".join(map(str, places))


def _signed(weight: int) -> str:
    return text(Fraction(weight), 0)
