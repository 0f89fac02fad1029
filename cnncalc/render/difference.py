"""What lies between two networks, as a table for people and as Markdown."""

from __future__ import annotations

from collections.abc import Sequence

from cnncalc.analysis.difference import Change, Difference, Moved, MovedLevel, Renaming, folded
from cnncalc.analysis.expectations import FIGURES
from cnncalc.analysis.record import LayerRecord
from cnncalc.checks.words import growth, value_words
from cnncalc.diagnostics import escaped, listed
from cnncalc.layers import find
from cnncalc.layers.kinds import said
from cnncalc.layers.shapes import dims_text
from cnncalc.named_tuples import NamedTuple
from cnncalc.render import Options, web
from cnncalc.render.columns import GAP, Column
from cnncalc.render.style import columns, styled
from cnncalc.symbolic.expr import Dim

READABLE = 40  # changes that can be read at once
MARKS = {"added": "+", "removed": "-", "renamed": ">", "reshaped": "~", "changed": "~", "arguments": "."}
STYLES = {"added": "green", "removed": "red", "renamed": "cyan", "reshaped": "yellow", "changed": "yellow"}


class ChangeLine(NamedTuple):
    """One change, ready to be written."""

    kind: str
    layer: str
    type: str
    old: str
    new: str
    params: str
    macs: str


def lines_of(found: Difference, arrow: str) -> list[ChangeLine]:
    """A line for each change; what was renamed, added or removed together has one."""
    return [_line(change, arrow) for change in folded(found)]


def _line(change: Change | Renaming | MovedLevel, arrow: str) -> ChangeLine:
    if isinstance(change, Renaming):
        return ChangeLine("renamed", f"{change.old} {arrow} {change.new}", f"{change.layers} layers", "", "", "", "")
    if isinstance(change, MovedLevel):
        last = change.changes[-1]
        params, macs = _signed(change.by("params")), _signed(change.by("macs"))
        count = f"{len(change.changes)} layers"
        return ChangeLine(change.kind, f"{change.path}.*", count, _shape(last.old), _shape(last.new), params, macs)
    old, new = change.old, change.new
    layer = change.path if not old or not new or old.path == new.path else f"{old.path} {arrow} {new.path}"
    types = list(dict.fromkeys(row.type for row in (old, new) if row))
    before, after = _shape(old), _shape(new)
    if old and new and before == after:
        before = after = ""
        if old.args != new.args:
            before, after = _arguments(old, new), _arguments(new, old)
    return ChangeLine(
        change.kind,
        layer,
        f" {arrow} ".join(types),
        before,
        after,
        _signed(change.by("params")),
        _signed(change.by("macs")),
    )


def _shape(row: LayerRecord | None) -> str:
    return ", ".join(map(dims_text, row.outputs)) if row else ""


def _arguments(row: LayerRecord, other: LayerRecord) -> str:
    """The arguments that the other does not have so, as the one-line language writes them: `k3 p=0.5`."""
    known = find(row.type)
    parts = []
    for key, value in row.args.items():
        if other.args.get(key) == value:
            continue
        if isinstance(value, list):
            value = value[0] if len(set(map(str, value))) == 1 else "x".join(map(str, value))
        argument = known.family.layer.arguments.get(key) if known else None
        short = argument.short if argument else None
        parts.append(f"{short}{value}" if short and isinstance(value, int) else f"{short or key}={said(value)}")
    return " ".join(parts)


def _signed(value: Dim) -> str:
    if isinstance(value, int):
        return f"{value:+,}" if value else ""
    return f"by {value}"


# For people


def totals_lines(moved: Sequence[Moved], names: tuple[str, str], options: Options) -> list[str]:
    """The totals side by side."""
    moved = _telling(moved)
    labels = Column("", [FIGURES.get(m.name, m.name) for m in moved])
    old = Column(names[0], [value_words(m.old) for m in moved], right=True)
    new = Column(names[1], [value_words(m.new) for m in moved], right=True)
    by = Column("", [growth(m.old, m.new) for m in moved], right=True)
    room = max(12, (options.width - labels.width - by.width - 3 * len(GAP)) // 2)
    return _table(
        [labels, old.cut(room), new.cut(room), by], ["" if m.old == m.new else "bold" for m in moved], options
    )


def _telling(moved: Sequence[Moved]) -> list[Moved]:
    """The totals without buffers where there are none, and trainable params that are all params."""
    params = next(((m.old, m.new) for m in moved if m.name == "params"), None)
    idle = {"buffers": (0, 0), "trainable": params}
    return [m for m in moved if m.name not in idle or (m.old, m.new) != idle[m.name]]


def change_lines(found: Difference, names: tuple[str, str], options: Options, most: int | None = READABLE) -> list[str]:
    """The layers that moved, and how many did not."""
    lines = lines_of(found, "→" if options.unicode else "->")
    shown = lines if most is None or len(lines) <= most else lines[:most]
    result = []
    if shown:
        layer = Column("  layer", [f"{MARKS[line.kind]} {line.layer}" for line in shown])
        chosen = [
            layer,
            Column("type", [line.type for line in shown]),
            Column(names[0], [line.old for line in shown]),
            Column(names[1], [line.new for line in shown]),
            Column("params", [line.params for line in shown], right=True),
            Column("MACs", [line.macs for line in shown], right=True),
        ]
        # Empty columns are left out; then, for a narrow page, the type, and texts are cut.
        chosen = [column for column in chosen if any(column.cells)]
        if _width(chosen) > options.width:
            chosen = [column for column in chosen if column.title != "type"]
        if _width(chosen) > options.width:
            chosen[0] = chosen[0].cut(max(20, options.width - _width(chosen[1:]) - len(GAP)))
        if _width(chosen) > options.width:
            spare = (options.width - chosen[0].width) // max(1, len(chosen) - 1) - len(GAP)
            chosen = [chosen[0], *(column.cut(max(9, spare)) for column in chosen[1:])]
        result += _table(chosen, [STYLES.get(line.kind, "dim") for line in shown], options)
    if len(shown) < len(lines):
        result.append(styled(f"and {len(lines) - len(shown)} more", "dim", options.colour))
    return result


def count_words(found: Difference) -> str:
    """`2 layers added, 1 reshaped; 60 as before`"""
    words = {"arguments": "with other arguments and the same figures"}
    parts = [f"{count:,} {words.get(kind, kind)}" for kind, count in found.counts.items()]
    same = f"{found.same:,} as before"
    return f"layers: {listed(parts)}; {same}" if parts else f"layers: {same}"


def _width(chosen: Sequence[Column]) -> int:
    return sum(column.width for column in chosen) + len(GAP) * (len(chosen) - 1)


def _table(chosen: Sequence[Column], styles: Sequence[str], options: Options) -> list[str]:
    head = GAP.join(_padded(column.title, column.width, column.right) for column in chosen)
    result = [styled(head.rstrip(), "dim", options.colour)] if head.strip() else []
    for row, style in enumerate(styles):
        result.append(styled(GAP.join(column.cell(row) for column in chosen).rstrip(), style, options.colour))
    return result


def _padded(text: str, width: int, right: bool) -> str:
    text = text if columns(text) <= width else f"{text[: width - 3]}..."
    space = " " * (width - columns(text))
    return space + text if right else text + space


# Markdown


def markdown_lines(found: Difference, names: tuple[str, str], most: int | None = READABLE) -> list[str]:
    """The totals that moved and the layers as Markdown tables."""
    old, new = (code(name) for name in names)
    lines = [f"| | {old} | {new} | |", "|---|---:|---:|---:|"]
    for moved in _telling([*found.totals, *found.shapes]):
        by = growth(moved.old, moved.new)
        label = FIGURES.get(moved.name, moved.name)
        label = f"**{label}**" if moved.old != moved.new else label
        lines.append(f"| {label} | {value_words(moved.old)} | {value_words(moved.new)} | {by} |")
    changes = lines_of(found, "→")
    if changes:
        lines += ["", f"| | layer | type | {old} | {new} | params | MACs |", "|---|---|---|---|---|---:|---:|"]
    for line in changes[:most]:
        layer = " → ".join(code(part) for part in line.layer.split(" → "))
        cells = [line.kind, layer, line.type, line.old, line.new, line.params, line.macs]
        lines.append(f"| {' | '.join(cells)} |".replace("  ", " "))
    if most is not None and len(changes) > most:
        lines += ["", f"and {len(changes) - most} more"]
    return [*lines, "", count_words(found)]


def code(text: str) -> str:
    """A text as code in a cell of a Markdown table, in which nothing acts on what shows it."""
    text = escaped(text.replace("\n", " ")).replace("|", "\\|")
    return f"`` {text} ``" if "`" in text else f"`{text}`"


# HTML


def html_totals(found: Difference, names: tuple[str, str]) -> str:
    """The totals side by side, as a table of HTML."""
    rows = []
    for moved in _telling([*found.totals, *found.shapes]):
        cells = [value_words(moved.old), value_words(moved.new), growth(moved.old, moved.new)]
        cells = [FIGURES.get(moved.name, moved.name), *cells]
        rows.append(("" if moved.old == moved.new else "moved", list(map(web.said, cells))))
    return web.table(["", *names, ""], rows, (1, 2, 3))


def html_changes(found: Difference, names: tuple[str, str]) -> str:
    """The layers that moved, as a table of HTML whose rows have what became of them as their class."""
    rows = []
    for line in lines_of(found, "→"):
        mark = f'<b class="mark">{MARKS[line.kind]}</b> {line.kind}'
        cells = [line.layer, line.type, line.old, line.new, line.params, line.macs]
        rows.append((line.kind, [mark, *map(web.said, cells)]))
    return web.table(["", "layer", "type", *names, "params", "MACs"], rows, (5, 6)) if rows else ""
