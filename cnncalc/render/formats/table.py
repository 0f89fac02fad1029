"""The table for people. Written without a table library, whose import takes longer than the calculation."""

from __future__ import annotations

from collections.abc import Sequence

from cnncalc.analysis.conventions import FLOPS, Counts
from cnncalc.analysis.costs import Totals
from cnncalc.analysis.trace import Report
from cnncalc.diagnostics import Diagnostic, escaped
from cnncalc.layers.shapes import dims_text
from cnncalc.render import Options
from cnncalc.render.columns import GAP, NARROWEST, Column, figure, filled, fitted, scaled, sentence
from cnncalc.render.rows import STATUS_WORDS, Row
from cnncalc.render.style import columns, styled
from cnncalc.render.table_columns import COLUMNS, View, field_text
from cnncalc.symbolic.expr import Dim
from cnncalc.symbolic.show import unicode_text

SHOWS_WARNINGS = True
MAX_WARNINGS = 6  # shown with their place; --json has all
WRAPPED = ("output", "params", "macs", "in use", "saved")  # whose closed forms go on below where they are long


def render(report: Report, options: Options) -> str:
    """The layers, the totals, and the warnings below."""
    selection = options.selection
    rows = selection.rows(report, options.depth)
    lines = [*_head(report, options), *table(report, rows, options)]
    if selection.is_flat:
        count = len(report.layers)
        if len(rows) < count:
            lines.append(styled(f"{len(rows)} rows of {count} layers; the totals are of all", "dim", options.colour))
    elif options.depth is None:
        deepest = 1 + max((layer.path.count(".") for layer in report.layers), default=-1)
        depth = 1 + max((row.depth for row in rows), default=0)
        if depth < deepest:
            folded = f"folded to depth {depth} of {deepest}: --depth {deepest} shows {len(report.layers)} layers"
            lines.append(styled(folded, "dim", options.colour))
    lines += ["", *_totals(report, options), *_alive(report, options), *_open_sizes(report, options)]
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


ALWAYS = ("layer", "type", "output", "params", "macs")
WHERE_ROOM_IS = ("field", "macs-bar", "params-bar", "activations")
"""What is added while the width has room for it, the most useful first."""
ORDER = (
    *("layer", "path", "type", "arguments", "reads", "output", "field", "params", "params-bar", "macs", "macs-bar"),
    "activations",
)
MOST_ARGUMENTS = 40  # columns
LEAST_ARGUMENTS = 8  # which say something still
LEAST_TYPE, BESIDE_CLOSED_FORMS = 18, 26  # columns of a type with its arguments


def table(report: Report, rows: Sequence[Row], options: Options) -> list[str]:
    """The rows as lines, their columns those that were asked for, else those that there is room for."""
    if not rows:
        return ["no layers" if not report.layers else "no layer is like that"]
    selection = options.selection
    view = View(report, rows, flat=selection.is_flat, unicode=options.unicode)
    if (report.memory is not None or report.time is not None) and not selection.columns:
        return _lines(_with_memory([_column(name, view) for name in ALWAYS], report, rows, options), rows, options)
    if selection.columns:
        chosen = [_column(name, view) for name in selection.names([*ALWAYS[:2], "arguments", *ALWAYS[2:]])]
        over = _width(chosen) - options.width
        asked = selection.columns.split(",")
        # Arguments that nobody asked for make room for what was asked for.
        chosen = [
            column.cut(max(LEAST_ARGUMENTS, column.width - over))
            if over > 0 and column.name == "arguments" and "arguments" not in asked
            else column
            for column in chosen
        ]
        return _lines(chosen, rows, options)
    return _lines(_usual(view, options.width), rows, options)


def _column(name: str, view: View) -> Column:
    stated = COLUMNS[name]
    most = MOST_ARGUMENTS if name == "arguments" else 10**6
    cells = [stated.text(row, view) for row in view.rows]
    return Column(stated.title, cells, right=stated.right, style=stated.style, most=most, name=name)


def _usual(view: View, width: int) -> list[Column]:
    """The columns that nobody asked for: those that are always there, and more while there is room."""
    chosen = [_column(name, view) for name in ALWAYS]
    given = _column("arguments", view)
    has_arguments = any(given.cells)
    if has_arguments and _width([*chosen, given]) <= width:
        chosen.append(given)
    else:
        chosen = _narrowed(chosen, given if has_arguments else None, width)
    for name in WHERE_ROOM_IS:
        if len(GAP) + len(COLUMNS[name].title) > width - _width(chosen):
            continue
        if name.endswith("-bar") and not _has_bars(chosen, view, name.removesuffix("-bar")):
            continue
        column = _column(name, view)
        if any(column.cells) and _width([*chosen, column]) <= width:
            chosen.append(column)
    return sorted(chosen, key=lambda column: ORDER.index(column.name))


def _narrowed(chosen: list[Column], given: Column | None, width: int) -> list[Column]:
    """The columns in less room: arguments after their types and cut, closed forms over several lines, and without
    room for that the MACs below the table alone."""
    types = chosen[1]
    tries = [chosen]
    if given is not None:
        cells = [f"{kind} {text}".strip() for kind, text in zip(types.cells, given.cells)]
        both = Column(types.title, cells, style=types.style, most=types.width + 1 + MOST_ARGUMENTS, name=types.name)
        room = width - _width([column for column in chosen if column is not types]) - len(GAP)
        if room >= min(both.width, types.width + LEAST_ARGUMENTS):
            return [both.cut(room) if column is types else column for column in chosen]
        for most in (LEAST_TYPE, BESIDE_CLOSED_FORMS):
            short = both.cut(max(types.width, most))
            tries.insert(0, [short if column is types else column for column in chosen])
    for dropped in ((), ("macs",), ("macs", "type")):
        for columns_tried in tries:
            found = [column for column in columns_tried if column.name not in dropped]
            long = sorted((column for column in found if column.name in WRAPPED), key=lambda column: column.width)
            room = width - _width([column for column in found if column not in long]) - len(GAP) * len(long)
            if _width(found) <= width or room >= sum(min(column.width, NARROWEST) for column in long):
                return _wrapped_columns(found, long, room)
    return _wrapped_columns(found, long, room)


def _wrapped_columns(chosen: list[Column], long: list[Column], room: int) -> list[Column]:
    """Long columns in the room that they share. Each has what it needs, or as much as the others."""
    rooms = {}
    for i, column in enumerate(long):
        rooms[column.name] = min(column.width, max(12, room // (len(long) - i)))
        room -= rooms[column.name]
    return [column.wrapped(rooms[column.name]) if column.name in rooms else column for column in chosen]


def _has_bars(chosen: list[Column], view: View, name: str) -> bool:
    """Can the rows be compared by a figure that is shown?"""
    if all(column.name != name for column in chosen):
        return False
    total = getattr(view.report.totals, name)
    return isinstance(total, int) and total > 0 and len(view.rows) > 1


def _with_memory(chosen: list[Column], report: Report, rows: Sequence[Row], options: Options) -> list[Column]:
    """The columns with those of the memory, and without others where there is no room for all."""
    from cnncalc.render.least_time import time_columns
    from cnncalc.render.memory import memory_columns

    more = [*memory_columns(report, rows, options), *time_columns(report, rows)]
    for column in more:
        column.name = column.title
    for without in ((), ("macs",), ("macs", "type")):
        kept = [column for column in chosen if column.name not in without] + more
        if _width(kept) <= options.width:
            return kept
    return _narrowed([*chosen, *more[:1]], None, options.width)


def _width(chosen: Sequence[Column]) -> int:
    return sum(column.width for column in chosen) + len(GAP) * (len(chosen) - 1)


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
    style = column.style or ("bold" if row.layer is None and column.name == "layer" else "")
    return styled(text, style, options.colour)


def _totals(report: Report, options: Options) -> list[str]:
    totals = report.totals
    per = "" if totals.convention == "torch" else f" ({totals.convention})"
    known = STATUS_WORDS[totals.status]
    figures: list[tuple[str, Dim | str, str]] = [
        ("params", totals.params, "" if report.memory is not None else _megabytes(totals.params)),
        ("MACs", totals.macs, known or _short(totals.macs)),
        (f"FLOPs{per}", totals.flops, known or _short(totals.flops)),
        *((f"  {name}", count, "") for name, count in further_counts(totals).items()),
        ("activations", totals.activations, ""),
    ]
    field = report.receptive_field
    if totals.buffers != 0:
        figures.insert(1, ("buffers", totals.buffers, ""))
    if totals.trainable != totals.params:
        figures.insert(1, ("trainable", totals.trainable, ""))
    if report.memory is not None:
        from cnncalc.render.memory import memory_lines

        figures += memory_lines(report, options)
    label = max(len(name) for name, _, _ in figures)
    numbers = max((len(figure(value)) for _, value, _ in figures if isinstance(value, int)), default=0)
    lines = []
    for name, value, remark in figures:
        if isinstance(value, int):
            note = styled(f"  {remark}", "dim", options.colour) if remark else ""
            lines.append(f"{styled(name.ljust(label), 'bold', options.colour)}  {figure(value).rjust(numbers)}{note}")
        else:
            text = value if isinstance(value, str) else unicode_text(value) if options.unicode else str(value)
            lines += _wrapped(name.ljust(label), text, options)
            if isinstance(value, str) and remark:
                lines.append(f"{' ' * label}  {styled(remark, 'dim', options.colour)}")
            if known and remark == known:
                lines.append(f"{' ' * label}  {known}")
    producer = report.graph.producers[report.graph.outputs[0][1]]
    if field is not None and producer >= 0:
        head = f"{styled('field'.ljust(label), 'bold', options.colour)}  "
        size = field_text(report.layers[producer])
        note = f"  {FIELD_NOTE}" if label + len(size) + len(FIELD_NOTE) + 4 <= options.width else ""
        lines.append(f"{head}{size.rjust(numbers)}{styled(note, 'dim', options.colour)}")
    return lines


def further_counts(totals: Totals) -> Counts:
    """What the convention counts beside the FLOPs, or of which it makes them."""
    return {name: count for name, count in totals.counts.items() if name != FLOPS}


FIELD_NOTE = "of the input that one output position depends on"


def _megabytes(params: Dim) -> str:
    return f"{scaled(params * 4, 'B')} as float32" if isinstance(params, int) and params >= 1000 else ""


def _short(value: Dim) -> str:
    return scaled(value, "") if isinstance(value, int) and value >= 100_000 else ""


def _wrapped(label: str, text: str, options: Options) -> list[str]:
    """A closed form over as many lines as it needs, cut between its terms."""
    lines = filled(text, max(NARROWEST, options.width - len(label) - 2))
    head = styled(label, "bold", options.colour)
    return [f"{head}  {lines[0]}", *(f"{' ' * len(label)}  {rest}" for rest in lines[1:])]


def _alive(report: Report, options: Options) -> list[str]:
    """What is in memory at the worst moment."""
    if report.asked is None:
        return []
    from cnncalc.render.least_time import time_lines
    from cnncalc.render.memory import alive_lines

    return [*alive_lines(report, options), *time_lines(report)]


def _open_sizes(report: Report, options: Options) -> list[str]:
    """What open sizes have to satisfy."""
    if not report.symbols and not report.conditions:
        return []
    lines = [""]
    for i, text in enumerate(report.legal_sizes):
        lines += _said("legal" if i == 0 else "", text, options)
    smallest = report.smallest_input if report.symbols else {}
    if smallest is None:
        lines += _said("smallest", "not decided", options)
    elif smallest:
        sizes = ", ".join(f"{name} = {size:,}" for name, size in smallest.items())
        if report.smallest_input_note:
            sizes += f"  ({report.smallest_input_note})"
        lines += _said("smallest", sizes, options)
    for condition in report.conditions:
        words = f"  ({condition.words})" if condition.words else ""
        lines += _said("condition", f"{condition}{words}", options)
    return lines


def _said(label: str, text: str, options: Options) -> list[str]:
    head = f"{label:<9}  "
    first, *rest = sentence(head, text, options.width if options.wrap else None)
    return [styled(head[:9], "bold", options.colour) + first[9:], *rest]


def _warnings(warnings: Sequence[Diagnostic], options: Options) -> list[str]:
    lines = []
    for warning in warnings[:MAX_WARNINGS]:
        head = "warning"
        hint = f" ({warning.hint})" if warning.hint else ""
        text = f"[{warning.code}]: {warning.message}{hint}"
        first, *rest = sentence(head, text, options.width if options.wrap else None)
        lines += [styled(head, "warning", options.colour) + first[len(head) :], *rest]
    if len(warnings) > MAX_WARNINGS:
        lines.append(f"and {len(warnings) - MAX_WARNINGS} more warnings; --json lists all")
    return lines
