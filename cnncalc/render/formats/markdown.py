"""A Markdown table, for documents and pull requests."""

from __future__ import annotations

from cnncalc.analysis.trace import Report
from cnncalc.layers.shapes import dims_text
from cnncalc.render import Options
from cnncalc.render.columns import figure
from cnncalc.render.rows import hierarchy, unfolded, written


def render(report: Report, options: Options) -> str:
    """The layers as a table, folded only where a depth is asked for."""
    depth = options.depth or 10**9
    lines = ["| layer | type | output | params | MACs |", "|---|---|---|---:|---:|"]
    for row in unfolded(hierarchy(report), depth):
        label = "&nbsp;" * 4 * row.depth + f"`{row.label}`"
        kind = f"{row.type} {written(row.layer)}".strip() if row.layer else row.type
        lines.append(
            f"| {label} | {_escaped(kind)} | {dims_text(row.output)} | {figure(row.params)} | {figure(row.macs)} |"
        )
    totals = report.totals
    lines.append(
        f"| **total** | | {dims_text(report.output)} | **{figure(totals.params)}** | **{figure(totals.macs)}** |"
    )
    for condition in report.conditions if report.symbols else []:
        lines.append(f"\n{condition}")
    if totals.status != "exact":
        lines.append(f"\nMACs are {totals.status}.")
    return "\n".join(lines) + "\n"


def _escaped(text: str) -> str:
    return text.replace("|", "\\|").replace("*", "\\*")
