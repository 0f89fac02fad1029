"""The table as a notebook shows it: plain HTML with a style of its own, for light pages and dark ones."""

from __future__ import annotations

from html import escape

from cnncalc.analysis.trace import Report
from cnncalc.layers.shapes import dims_text
from cnncalc.render.columns import figure, scaled
from cnncalc.render.rows import STATUS_WORDS, Row, depth_of, hierarchy, readable_depth, unfolded
from cnncalc.render.table_columns import COLUMNS, View, field_text
from cnncalc.symbolic.expr import Dim
from cnncalc.symbolic.show import unicode_text

NAMES = ("layer", "type", "arguments", "output", "field", "params", "macs", "activations")
BARS = ("params", "macs")  # whose cells are filled by their share
MAX_WARNINGS = 6

# Colours are those of the page, and fills so light that text stands out on both.
STYLE = (
    "<style>"
    ".cnncalc table{border-collapse:collapse;font-size:.9em;color:inherit;background:none}"
    ".cnncalc th,.cnncalc td{text-align:left;padding:.1em .7em .1em 0;border:0;background:none;color:inherit;"
    "white-space:nowrap}"
    ".cnncalc .n{text-align:right;font-variant-numeric:tabular-nums}"
    ".cnncalc thead th,.cnncalc tfoot td{border-bottom:1px solid rgba(128,128,128,.5)}"
    ".cnncalc tfoot td{border-top:1px solid rgba(128,128,128,.5);border-bottom:0;font-weight:bold}"
    ".cnncalc .d{opacity:.7}.cnncalc p{margin:.3em 0}.cnncalc code{background:none;color:inherit}"
    "</style>"
)


def html(report: Report) -> str:
    """The layers, folded to what can be read at once, the totals and the warnings."""
    top = hierarchy(report)
    depth = readable_depth(top)
    view = View(report, unfolded(top, depth))
    inputs, outputs = (", ".join(map(dims_text, side.values())) for side in (report.inputs, report.outputs))
    name = f"<b>{escape(report.name)}</b> &nbsp;" if report.name else ""
    parts = [f'<div class="cnncalc">{STYLE}<p>{name}{escape(inputs)} → {escape(outputs)}</p><table><thead><tr>']
    parts += [f"<th{_class(name)}>{escape(COLUMNS[name].title)}</th>" for name in NAMES]
    parts.append("</tr></thead><tbody>")
    for row in view.rows:
        cells = []
        for name in NAMES:
            if name == "layer":
                indent = f' style="padding-left:{1.2 * row.depth:g}em"' if row.depth else ""
                label = escape(row.label) if row.layer else f"<b>{escape(row.label)}</b>"
                cells.append(f"<td{indent}>{label}</td>")
                continue
            fill = _fill(getattr(row, name), getattr(report.totals, name)) if name in BARS else ""
            cells.append(f"<td{_class(name)}{fill}>{escape(COLUMNS[name].text(row, view))}</td>")
        parts.append(f"<tr>{''.join(cells)}</tr>")
    parts.append(f"</tbody><tfoot><tr>{''.join(_totals(report))}</tr></tfoot></table>")
    parts += [f"<p{' class=d' if dim else ''}>{escape(text)}</p>" for text, dim in _below(report, depth, top)]
    return "".join(parts) + "</div>"


def _class(name: str) -> str:
    return ' class="n"' if COLUMNS[name].right else ' class="d"' if name == "arguments" else ""


def _fill(part: Dim, whole: Dim) -> str:
    if not (isinstance(part, int) and isinstance(whole, int) and whole and part):
        return ""
    share = f"{100 * part / whole:.1f}%"
    return f' style="background:linear-gradient(to left,rgba(70,130,230,.25) {share},transparent 0)"'


def _totals(report: Report) -> list[str]:
    totals = report.totals
    producer = report.graph.producers[report.graph.outputs[0][1]]
    field = field_text(report.layers[producer]) if producer >= 0 else ""
    texts = {
        "layer": "total",
        "output": ", ".join(map(dims_text, report.outputs.values())),
        "field": field,
        **{name: _figure(getattr(totals, name)) for name in ("params", "macs", "activations")},
    }
    return [f"<td{_class(name)}>{escape(texts.get(name, ''))}</td>" for name in NAMES]


def _figure(value: Dim) -> str:
    return figure(value) if isinstance(value, int) else unicode_text(value)


def _below(report: Report, depth: int, top: list[Row]) -> list[tuple[str, bool]]:
    """What is below the table, and whether it is a remark."""
    totals = report.totals
    convention = "" if totals.convention == "torch" else f" ({totals.convention})"
    known = f", {STATUS_WORDS[totals.status]}" if totals.status != "exact" else ""
    short = f" ({scaled(totals.flops, '')})" if isinstance(totals.flops, int) and totals.flops >= 100_000 else ""
    found = [(f"FLOPs{convention} {_figure(totals.flops)}{short}{known}", False)]
    if totals.trainable != totals.params:
        found.append((f"trainable {_figure(totals.trainable)}", False))
    if totals.buffers != 0:
        found.append((f"buffers {_figure(totals.buffers)}", False))
    found += [(f"legal: {text}", False) for text in report.legal_sizes]
    if report.symbols and report.smallest_input:
        sizes = ", ".join(f"{name} = {size:,}" for name, size in report.smallest_input.items())
        found.append((f"smallest: {sizes}", False))
    warnings = report.warnings
    for warning in warnings[:MAX_WARNINGS]:
        hint = f" ({warning.hint})" if warning.hint else ""
        found.append((f"warning: {warning.message}{hint}", False))
    if len(warnings) > MAX_WARNINGS:
        found.append((f"and {len(warnings) - MAX_WARNINGS} more warnings", True))
    deepest = depth_of(top)
    if depth < deepest:
        found.append((f"folded to depth {depth} of {deepest}: {len(report.layers)} layers in report.layers", True))
    return found
