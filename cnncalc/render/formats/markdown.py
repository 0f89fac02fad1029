"""A Markdown table, for documents and pull requests."""

from __future__ import annotations

from cnncalc.analysis.trace import Report
from cnncalc.layers.shapes import dims_text
from cnncalc.render import Options
from cnncalc.render.columns import figure
from cnncalc.render.rows import STATUS_WORDS, hierarchy, unfolded, written


def render(report: Report, options: Options) -> str:
    """The layers as a table, folded only where a depth is asked for."""
    depth = options.depth or 10**9
    lines = ["| layer | type | output | params | MACs |", "|---|---|---|---:|---:|"]
    for row in unfolded(hierarchy(report), depth):
        label = "&nbsp;" * 4 * row.depth + f"`{row.label}`"
        kind = f"{row.type_text} {written(row.layer)}".strip() if row.layer else row.type_text
        lines.append(
            f"| {label} | {_escaped(kind)} | {dims_text(row.output)} | {figure(row.params)} | {row.macs_text} |"
        )
    totals = report.totals
    outputs = ", ".join(map(dims_text, report.outputs.values()))
    lines.append(f"| **total** | | {outputs} | **{figure(totals.params)}** | **{figure(totals.macs)}** |")
    if totals.trainable != totals.params:
        lines.append(f"\nOf the params, {figure(totals.trainable)} are trainable.")
    for condition in report.conditions if report.symbols else []:
        lines.append(f"\n{condition}")
    if totals.status != "exact":
        lines.append(f"\nMACs are {STATUS_WORDS[totals.status].replace('*', chr(92) + '*')}.")
    return "\n".join(lines) + "\n"


def _escaped(text: str) -> str:
    return text.replace("|", "\\|").replace("*", "\\*")
