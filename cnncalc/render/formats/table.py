"""The table for people. Written without a table library, whose import takes longer than the calculation."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence

from cnncalc.analysis.trace import Report
from cnncalc.diagnostics import Diagnostic
from cnncalc.layers.base import Layer, dims_text
from cnncalc.render import Options
from cnncalc.render.rows import Row, depth_of, hierarchy, readable_depth, unfolded, written
from cnncalc.render.style import columns, styled
from cnncalc.symbolic.expr import Dim
from cnncalc.symbolic.show import unicode_text

BAR = 8  # columns of a full bar
MAX_WARNINGS = 6  # shown with their place; --json has all
EIGHTHS = " ▏▎▍▌▋▊▉█"
GAP = "  "
WRAPPED = ("output", "params", "MACs")  # whose closed forms go on below where they are long
NARROWEST = 28  # columns of the terminal for a closed form


class Column:
    """A column of the table, of at most `most` columns of the terminal. Longer cells are cut, or go on below."""

    __slots__ = ("cells", "parts", "right", "style", "title", "width", "widths")

    def __init__(
        self, title: str, cells: list[str], *, right: bool = False, style: str = "", most: int = 10**6
    ) -> None:
        self.title = title
        self.cells = cells
        self.right = right
        self.style = style
        self.parts: list[list[str]] | None = None  # the lines of each cell, where some need several
        self.widths = list(map(columns, cells))
        self.width = min(most, max([columns(title), *self.widths]))

    def cut(self, most: int) -> Column:
        """The same column, no wider than this."""
        return Column(self.title, self.cells, right=self.right, style=self.style, most=most)

    def wrapped(self, most: int) -> Column:
        """The same column, no wider than this; what is longer goes on below."""
        if self.width <= most:
            return self
        parts = [[cell] if width <= most else _filled(cell, most) for cell, width in zip(self.cells, self.widths)]
        width = max(columns(self.title), *(columns(part) for lines in parts for part in lines))
        column = self.cut(min(most, width))
        column.parts = parts
        return column

    def cell(self, row: int) -> str:
        """A cell, as wide as the column."""
        return _fitted(self.cells[row], self.widths[row], self.width, self.right)

    def lines(self, row: int) -> list[str]:
        """A cell over as many lines as it needs."""
        if self.parts is None:
            return [self.cell(row)]
        return [_fitted(text, columns(text), self.width, self.right) for text in self.parts[row]]


def render(report: Report, options: Options) -> str:
    """The layers, the totals, and the warnings below."""
    rows = hierarchy(report)
    depth = options.depth or readable_depth(rows)
    shown = unfolded(rows, depth)
    lines = [*_head(report, options), *_table(report, shown, options)]
    deepest = depth_of(rows)
    if depth < deepest and options.depth is None:
        lines.append(
            styled(
                f"folded to depth {depth} of {deepest}: --depth {deepest} shows {len(report.layers)} layers",
                "dim",
                options.colour,
            )
        )
    lines += ["", *_totals(report, options), *_open_sizes(report, options)]
    warnings = report.warnings
    if warnings:
        lines += ["", *_warnings(warnings, options)]
    return "\n".join(line.rstrip() for line in lines) + "\n"


def figure(value: Dim) -> str:
    """A figure with thousands separators, or its closed form."""
    return f"{value:,}" if isinstance(value, int) else str(value)


def _head(report: Report, options: Options) -> list[str]:
    inputs = ", ".join(
        (f"{name} " if len(report.inputs) > 1 or name != "input" else "") + dims_text(dims)
        for name, dims in report.inputs.items()
    )
    outputs = ", ".join(
        (f"{name} " if len(report.outputs) > 1 else "") + dims_text(dims) for name, dims in report.outputs.items()
    )
    arrow = "→" if options.unicode else "->"
    name = styled(report.name, "bold", options.colour) + "  " if report.name else ""
    return [f"{name}{inputs} {arrow} {outputs}", ""]


def _table(report: Report, rows: Sequence[Row], options: Options) -> list[str]:
    if not rows:
        return ["no layers"]
    total_params, total_macs = report.totals.params, report.totals.macs
    names = Column("layer", [GAP * row.depth + row.label for row in rows])
    types = Column("type", [_type(row) for row in rows], style="cyan")
    outputs = Column("output", [dims_text(row.output) for row in rows])
    params = Column("params", [figure(row.params) for row in rows], right=True)
    macs = Column("MACs", [_macs(row) for row in rows], right=True)
    chosen = [names, types, outputs, params, macs]
    mac_share = _share("", rows, total_macs, lambda row: row.macs, "blue", options)
    param_share = _share("", rows, total_params, lambda row: row.params, "magenta", options)
    wide = [Column("arguments", _arguments(rows), style="dim", most=40)]
    if options.width >= 110 and any(row.layer and row.layer.receptive_field for row in rows):
        wide.append(Column("sees", [_sees(row) for row in rows], right=True))
    # What the width has room for, the most useful first.
    if mac_share and _width([*chosen, mac_share]) <= options.width:
        chosen.insert(5, mac_share)
        if param_share and _width([*chosen, param_share]) <= options.width:
            chosen.insert(4, param_share)
    for column in wide:
        if _width([*chosen, column]) <= options.width:
            chosen.insert(2 if column.title == "arguments" else chosen.index(outputs) + 1, column)
    if _width(chosen) > options.width:
        chosen = _narrowed(chosen, options.width)
    return _lines(chosen, rows, options)


def _width(chosen: Sequence[Column]) -> int:
    return sum(column.width for column in chosen) + len(GAP) * (len(chosen) - 1)


def _narrowed(chosen: list[Column], width: int) -> list[Column]:
    """Closed forms can be long: they go over several lines, and without room for that the MACs stand below alone."""
    for title in ("", "MACs", "type"):
        chosen = [column for column in chosen if column.title != title]
        long = sorted((column for column in chosen if column.title in WRAPPED), key=lambda column: column.width)
        room = width - _width([column for column in chosen if column not in long]) - len(GAP) * len(long)
        if _width(chosen) <= width or room >= NARROWEST * len(long):
            break
    # Each has what it needs, or as much as the others.
    rooms = {}
    for i, column in enumerate(long):
        rooms[column.title] = min(column.width, max(12, room // (len(long) - i)))
        room -= rooms[column.title]
    return [column.wrapped(rooms[column.title]) if column.title in rooms else column for column in chosen]


def _arguments(rows: Sequence[Row]) -> list[str]:
    """What each layer was given; a layer that stands often is written once."""
    texts: dict[Layer, str] = {}
    for row in rows:
        if row.layer and row.layer.layer not in texts:
            texts[row.layer.layer] = written(row.layer)
    return [texts[row.layer.layer] if row.layer else "" for row in rows]


def _type(row: Row) -> str:
    if row.layer is None:
        return row.type
    return row.type + ("" if row.layer.status == "exact" else " *") + (" (shared)" if row.layer.node.shared else "")


def _macs(row: Row) -> str:
    if row.layer is None or row.layer.status == "exact":
        return figure(row.macs)
    return "not counted" if row.layer.status == "uncounted" else f"at least {figure(row.macs)}"


def _sees(row: Row) -> str:
    field = row.layer.receptive_field if row.layer else None
    return dims_text(field.size) if field else ""


def _share(
    title: str, rows: Sequence[Row], total: Dim, value: Callable[[Row], Dim], style: str, options: Options
) -> Column | None:
    """How much of the total is here, as a bar."""
    if not isinstance(total, int) or total == 0 or len(rows) < 2:
        return None
    cells = []
    for row in rows:
        part = value(row)
        assert isinstance(part, int)
        cells.append(_bar(part / total, options.unicode))
    return Column(title, cells, style=style)


def _bar(share: float, unicode: bool) -> str:
    if not unicode:
        return "#" * round(share * BAR)
    eighths = round(share * BAR * 8)
    if share > 0 and eighths == 0:
        return EIGHTHS[1]
    return "█" * (eighths // 8) + EIGHTHS[eighths % 8].strip()


def _lines(chosen: Sequence[Column], rows: Sequence[Row], options: Options) -> list[str]:
    titles = GAP.join(_fitted(c.title, columns(c.title), c.width, c.right) for c in chosen)
    rule = "─" if options.unicode else "-"
    lines = [
        styled(titles.rstrip(), "bold", options.colour),
        styled(rule * min(options.width, _width(chosen)), "dim", options.colour),
    ]
    if any(column.parts for column in chosen):
        for i, row in enumerate(rows):
            parts = [column.lines(i) for column in chosen]
            for at in range(max(map(len, parts))):
                texts = [part[at] if at < len(part) else " " * c.width for part, c in zip(parts, chosen)]
                lines.append(GAP.join(_coloured(text, c, row, options) for text, c in zip(texts, chosen)))
        return lines
    if not options.colour:
        lines += [GAP.join([column.cell(i) for column in chosen]) for i in range(len(rows))]
        return lines
    for i, row in enumerate(rows):
        lines.append(GAP.join([_coloured(column.cell(i), column, row, options) for column in chosen]))
    return lines


def _coloured(text: str, column: Column, row: Row, options: Options) -> str:
    style = column.style or ("bold" if row.layer is None and column.title == "layer" else "")
    return styled(text, style, options.colour)


def _fitted(text: str, width: int, room: int, right: bool) -> str:
    """A text of some width in the room of its column."""
    if width > room:
        text, width = text[: room - 3] + "...", room
    space = " " * (room - width)
    return space + text if right else text + space


def _totals(report: Report, options: Options) -> list[str]:
    totals = report.totals
    per = "" if totals.convention == "torch" else f" ({totals.convention})"
    known = {
        "exact": "",
        "lower-bound": "at least; layers marked * are not counted in full",
        "uncounted": "without the layers marked *, which are not counted",
    }[totals.status]
    figures = [
        ("params", totals.params, _megabytes(totals.params)),
        ("MACs", totals.macs, known or _short(totals.macs)),
        (f"FLOPs{per}", totals.flops, known or _short(totals.flops)),
        ("activations", totals.activations, ""),
    ]
    if totals.buffers != 0:
        figures.insert(1, ("buffers", totals.buffers, ""))
    label = max(len(name) for name, _, _ in figures)
    numbers = max((len(figure(value)) for _, value, _ in figures if isinstance(value, int)), default=0)
    lines = []
    for name, value, remark in figures:
        if isinstance(value, int):
            note = styled(f"  {remark}", "dim", options.colour) if remark else ""
            lines.append(f"{styled(name.ljust(label), 'bold', options.colour)}  {figure(value).rjust(numbers)}{note}")
        else:
            lines += _wrapped(name.ljust(label), unicode_text(value) if options.unicode else str(value), options)
            if known and remark == known:
                lines.append(f"{' ' * label}  {known}")
    return lines


def _megabytes(params: Dim) -> str:
    return f"{scaled(params * 4, 'B')} as float32" if isinstance(params, int) and params >= 1000 else ""


def _short(value: Dim) -> str:
    return scaled(value, "") if isinstance(value, int) and value >= 100_000 else ""


def scaled(value: int, unit: str, zeros: bool = False) -> str:
    """Three digits and a prefix: 4.09 G. Powers of 1,000. `zeros` at the end are left out, or kept: 31 M, 31.0 M."""
    scaled, prefixes = float(value), ["", "k", "M", "G", "T", "P", "E"]
    while scaled >= 999.5 and len(prefixes) > 1:
        scaled, prefixes = scaled / 1000, prefixes[1:]
    text = f"{scaled:#.3g}".removesuffix(".") if zeros and value >= 1000 else f"{scaled:.3g}"
    return f"{text} {prefixes[0]}{unit}".rstrip()


def _wrapped(label: str, text: str, options: Options) -> list[str]:
    """A closed form over as many lines as it needs, cut between its terms."""
    lines = _filled(text, max(NARROWEST, options.width - len(label) - 2))
    head = styled(label, "bold", options.colour)
    return [f"{head}  {lines[0]}", *(f"{' ' * len(label)}  {rest}" for rest in lines[1:])]


def _filled(text: str, width: int) -> list[str]:
    """Lines of at most some width: the terms of a sum, or the axes of a shape, kept whole where they fit."""
    lines = [""]
    for piece in _split(text, TERMS):
        factors = [piece] if columns(piece) <= width else _split(piece, FACTORS)
        for i, factor in enumerate(factors):
            joined = f"{lines[-1]}{'' if i else ' '}{factor}".strip()
            if lines[-1] and columns(joined) > width:
                lines.append(factor)
            else:
                lines[-1] = joined
    return lines


TERMS = re.compile(r"(?<= x) | (?=[+-] )")
FACTORS = re.compile(r"(?<=[*·])")


def _split(text: str, where: re.Pattern[str]) -> list[str]:
    """The parts between the matches that stand in no brackets."""
    parts, depth, start, seen = [], 0, 0, 0
    for match in where.finditer(text):
        passed = text[seen : match.start()]
        depth += sum(passed.count(mark) for mark in "(⌊") - sum(passed.count(mark) for mark in ")⌋")
        seen = match.start()
        if depth == 0:
            parts.append(text[start : match.start()])
            start = match.end()
    return [*parts, text[start:]]


def _open_sizes(report: Report, options: Options) -> list[str]:
    """What open sizes have to satisfy."""
    if not report.symbols and not report.conditions:
        return []
    lines = [""]
    for i, text in enumerate(report.legal_sizes):
        lines.append(f"{styled('legal    ' if i == 0 else ' ' * 9, 'bold', options.colour)}  {text}")
    smallest = report.smallest_input if report.symbols else {}
    if smallest is None:
        lines.append(f"{styled('smallest ', 'bold', options.colour)}  not decided")
    elif smallest:
        sizes = ", ".join(f"{name} = {size:,}" for name, size in smallest.items())
        lines.append(f"{styled('smallest ', 'bold', options.colour)}  {sizes}")
    for condition in report.conditions:
        words = f"  ({condition.words})" if condition.words else ""
        lines.append(f"{styled('condition', 'bold', options.colour)}  {condition}{words}")
    return lines


def _warnings(warnings: Sequence[Diagnostic], options: Options) -> list[str]:
    lines = []
    for warning in warnings[:MAX_WARNINGS]:
        head = styled("warning", "warning", options.colour)
        hint = f" ({warning.hint})" if warning.hint else ""
        lines.append(f"{head}[{warning.code}]: {warning.message}{hint}")
    if len(warnings) > MAX_WARNINGS:
        lines.append(f"and {len(warnings) - MAX_WARNINGS} more warnings; --json lists all")
    return lines
