"""Two networks side by side, as text, JSON or Markdown."""

from __future__ import annotations

from cnncalc.checks.compare import Comparison
from cnncalc.layers.shapes import dims_text
from cnncalc.render import Options
from cnncalc.render.difference import change_lines, code, count_words, markdown_lines, totals_lines
from cnncalc.render.envelope import envelope_text
from cnncalc.render.style import styled


def comparison_text(found: Comparison, format: str, options: Options, most: int | None) -> str:
    """A comparison in a format that there is, with at most so many changes."""
    if format == "json":
        return _json(found)
    if format == "markdown":
        names = " → ".join(code(name) for name in found.names)
        return "\n".join([names, "", *markdown_lines(found.difference, found.names, most)]) + "\n"
    return _table(found, options, most)


def _json(found: Comparison) -> str:
    sides = {
        side: {
            "target": name,
            "name": report.name,
            **{key: report.to_dict()[key] for key in ("inputs", "outputs", "totals")},
        }
        for side, name, report in zip(("a", "b"), found.names, found.reports)
    }
    return envelope_text(True, {**sides, **found.difference.to_dict()}, found.remarks)


def _table(found: Comparison, options: Options, most: int | None) -> str:
    lines = []
    arrow = "→" if options.unicode else "->"
    for letter, name, report in zip("AB", found.names, found.reports):
        inputs, outputs = (", ".join(map(dims_text, side.values())) for side in (report.inputs, report.outputs))
        lines.append(f"{styled(letter, 'bold', options.colour)}  {name.strip()}  {inputs} {arrow} {outputs}")
    between = found.difference
    lines += ["", *totals_lines([*between.totals, *between.shapes], ("A", "B"), options)]
    changes = change_lines(between, ("A", "B"), options, most)
    if changes:
        lines += ["", *changes]
    lines += ["", count_words(between)]
    return "\n".join(line.rstrip() for line in lines) + "\n"
