"""A Markdown table, for documents and pull requests."""

from __future__ import annotations

from cnncalc.analysis.trace import Report
from cnncalc.layers.shapes import dims_text
from cnncalc.render import Options
from cnncalc.render.columns import figure
from cnncalc.render.rows import STATUS_WORDS
from cnncalc.render.table_columns import COLUMNS, View

USUAL = ("layer", "type", "output", "params", "macs")


def render(report: Report, options: Options) -> str:
    """The layers as a table, folded only where a depth is asked for."""
    selection = options.selection
    names = selection.names(USUAL)
    joined = "type" in names and "arguments" not in names and not selection.columns
    rows = selection.rows(report, options.depth or (None if selection.is_flat else 10**9))
    view = View(report, rows, flat=selection.is_flat)
    lines = [_line([COLUMNS[name].title for name in names])]
    lines.append("|" + "|".join("---:" if COLUMNS[name].right else "---" for name in names) + "|")
    for row in rows:
        cells = []
        for name in names:
            text = COLUMNS[name].text(row, view)
            if name == "layer":
                text = f"`{row.path}`" if view.flat else "&nbsp;" * 4 * row.depth + f"`{row.label}`"
            elif name == "type" and joined and row.layer:
                text = _escaped(f"{text} {view.arguments(row.layer)}".strip())
            else:
                text = _escaped(text)
            cells.append(text)
        lines.append(_line(cells))
    if not selection.is_flat:
        lines.append(_line([_total(report, name) for name in names]))
    totals = report.totals
    if totals.trainable != totals.params:
        lines.append(f"\nOf the params, {figure(totals.trainable)} are trainable.")
    for condition in report.conditions if report.symbols else []:
        lines.append(f"\n{condition}")
    if totals.status != "exact":
        lines.append(f"\nMACs are {STATUS_WORDS[totals.status].replace('*', chr(92) + '*')}.")
    return "\n".join(lines) + "\n"


def _total(report: Report, name: str) -> str:
    if name == "layer":
        return "**total**"
    if name == "output":
        return ", ".join(map(dims_text, report.outputs.values()))
    total = COLUMNS[name].total
    value = total(report) if total else None
    if value is None or isinstance(value, str):
        return ""
    return dims_text(value) if isinstance(value, tuple) else f"**{_escaped(figure(value))}**"


def _line(cells: list[str]) -> str:
    return f"| {' | '.join(cells)} |"


def _escaped(text: str) -> str:
    return text.replace("|", "\\|").replace("*", "\\*")
