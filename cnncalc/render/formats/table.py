"""The table for people. Written without a table library, whose import takes longer than the calculation."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from cnncalc.analysis.trace import Report
from cnncalc.diagnostics import Diagnostic, escaped
from cnncalc.layers.layer import Layer
from cnncalc.layers.shapes import dims_text
from cnncalc.render import Options
from cnncalc.render.columns import GAP, NARROWEST, Column, bar, figure, filled, fitted, scaled
from cnncalc.render.rows import STATUS_WORDS, Row, depth_of, hierarchy, readable_depth, unfolded, written
from cnncalc.render.style import columns, styled
from cnncalc.symbolic.expr import Dim
from cnncalc.symbolic.show import unicode_text

SHOWS_WARNINGS = True
MAX_WARNINGS = 6  # shown with their place; --json has all
WRAPPED = ("output", "params", "MACs")  # whose closed forms go on below where they are long


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


def _head(report: Report, options: Options) -> list[str]:
    given, made = report.inputs, report.outputs  # each worked out anew when asked for
    inputs = ", ".join(
        (f"{name} " if len(given) > 1 or name != "input" else "") + dims_text(dims) for name, dims in given.items()
    )
    outputs = ", ".join((f"{name} " if len(made) > 1 else "") + dims_text(dims) for name, dims in made.items())
    arrow = "→" if options.unicode else "->"
    name = styled(escaped(report.name), "bold", options.colour) + "  " if report.name else ""
    return [f"{name}{escaped(inputs)} {arrow} {escaped(outputs)}", ""]


def _table(report: Report, rows: Sequence[Row], options: Options) -> list[str]:
    if not rows:
        return ["no layers"]
    total_params, total_macs = report.totals.params, report.totals.macs
    names = Column("layer", [GAP * row.depth + row.label for row in rows])
    types = Column("type", [row.type_text for row in rows], style="cyan")
    outputs = Column("output", [dims_text(row.output) for row in rows])
    params = Column("params", [figure(row.params) for row in rows], right=True)
    macs = Column("MACs", [row.macs_text for row in rows], right=True)
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


def _sees(row: Row) -> str:
    field = row.layer.receptive_field if row.layer else None
    return "" if field is None else f"{'up to ' if 'bound' in field.kind else ''}{dims_text(field.size)}"


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
        cells.append(bar(part / total, options.unicode))
    return Column(title, cells, style=style)


def _lines(chosen: Sequence[Column], rows: Sequence[Row], options: Options) -> list[str]:
    titles = GAP.join(fitted(c.title, columns(c.title), c.width, c.right) for c in chosen)
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


def _totals(report: Report, options: Options) -> list[str]:
    totals = report.totals
    per = "" if totals.convention == "torch" else f" ({totals.convention})"
    known = STATUS_WORDS[totals.status]
    figures = [
        ("params", totals.params, _megabytes(totals.params)),
        ("MACs", totals.macs, known or _short(totals.macs)),
        (f"FLOPs{per}", totals.flops, known or _short(totals.flops)),
        ("activations", totals.activations, ""),
    ]
    if totals.buffers != 0:
        figures.insert(1, ("buffers", totals.buffers, ""))
    if totals.trainable != totals.params:
        figures.insert(1, ("trainable", totals.trainable, ""))
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


def _wrapped(label: str, text: str, options: Options) -> list[str]:
    """A closed form over as many lines as it needs, cut between its terms."""
    lines = filled(text, max(NARROWEST, options.width - len(label) - 2))
    head = styled(label, "bold", options.colour)
    return [f"{head}  {lines[0]}", *(f"{' ' * len(label)}  {rest}" for rest in lines[1:])]


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
