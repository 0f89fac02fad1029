"""Two networks side by side as a page: totals, layers, and both graphs with what moved marked in them."""

from __future__ import annotations

from collections.abc import Mapping

from cnncalc.analysis.difference import Change
from cnncalc.analysis.trace import Report
from cnncalc.checks.compare import Comparison
from cnncalc.layers.shapes import dims_text
from cnncalc.pictures.look import DEFAULT, Look
from cnncalc.pictures.page.document import family_colours
from cnncalc.pictures.svg import number, style_rules
from cnncalc.pictures.views.graph import marked
from cnncalc.render.difference import MARKS, count_words, html_changes, html_totals
from cnncalc.render.web import PLAIN, code, page, said

STYLE = """.sides { display: grid; grid-template-columns: minmax(0, 1fr) minmax(0, 1fr); gap: 1rem; }
.view { overflow: auto; max-height: 80vh; border: 1px solid var(--frame); border-radius: 6px; }
.view svg { display: block; margin: 0 auto; }
td:first-child { white-space: nowrap; }
.mark { display: inline-block; width: 1em; text-align: center; font-family: ui-monospace, monospace; }
.added .mark, .removed .mark, .reshaped .mark, .changed td:first-child { white-space: nowrap; }
.mark { color: var(--warning); }
.added td:first-child { white-space: nowrap; }
.mark { color: var(--macs); }
.shown { list-style: none; padding: 0; display: flex; flex-wrap: wrap; gap: .2rem 1.2rem; }
.cnncalc .sign { fill: var(--ink); }
.cnncalc .of-sign { fill: var(--page); font-weight: bold; }
.cnncalc .signed { fill: none; stroke: var(--ink); stroke-width: 2.4; }
@media (max-width: 60rem) { .sides { grid-template-columns: minmax(0, 1fr); } }
@media print { .shown { display: none; } .view { max-height: none; border: 0; } }"""


SCALE = 0.8
"""How small the graphs are shown, as two are side by side."""


def comparison_page(found: Comparison, look: Look = DEFAULT) -> str:
    """The page of a comparison."""
    between, names = found.difference, found.names
    lines = [f"<body>\n<h1>{code(names[0])} → {code(names[1])}</h1>"]
    for letter, name, report in zip("AB", names, found.reports):
        lines.append(f"<p><b>{letter}</b> {code(name)} {said(_flow(report))}</p>")
    lines += [f"<p>{said(count_words(between))}</p>", html_totals(between, ("A", "B"))]
    changes = html_changes(between, ("A", "B"))
    if changes:
        lines += ["<h2>Layers</h2>", _switches(between.counts), changes]
    lines += ["<h2>Graphs</h2>", _key(between.counts), '<div class="sides">']
    sides = [_signs(found.reports[at], between.changes, at) for at in (0, 1)]
    for letter, name, report, signs in zip("AB", names, found.reports, sides):
        drawn = marked(report, look, signs)
        size = f'width="{number(SCALE * drawn.width)}" height="{number(SCALE * drawn.height)}"'
        box = f'viewBox="0 0 {number(drawn.width)} {number(drawn.height)}"'
        label = f'role="img" aria-label="The graph of {letter}"'
        svg = f'<svg class="cnncalc" {label} {size} {box}>{"".join(drawn.canvas.parts)}</svg>'
        lines.append(f'<section><p><b>{letter}</b> {code(name)}</p><div class="view">{svg}</div></section>')
    lines += ["</div>", *_remarks(found)]
    lines.append("<footer>Made by <code>cnncalc diff</code>.</footer>\n</body>")
    style = "\n".join([PLAIN, STYLE, *_hidden(between.counts), style_rules()])
    return page(f"{names[0]} → {names[1]}", "\n".join(lines), style, look.theme, family_colours)


def _flow(report: Report) -> str:
    inputs, outputs = (", ".join(map(dims_text, side.values())) for side in (report.inputs, report.outputs))
    return f"{inputs} → {outputs}"


def _switches(counts: Mapping[str, int]) -> str:
    """What kinds of changes are shown: the style alone hides the others."""
    boxes = [
        f'<li><label><input type="checkbox" id="show-{kind}" checked> {kind} ({count:,})</label></li>'
        for kind, count in counts.items()
    ]
    return f'<ul class="shown">{"".join(boxes)}</ul>' if len(boxes) > 1 else ""


def _hidden(counts: Mapping[str, int]) -> list[str]:
    return [f"body:has(#show-{kind}:not(:checked)) tr.{kind} {{ display: none; }}" for kind in counts]


def _key(counts: Mapping[str, int]) -> str:
    words = [f"<b>{said(MARKS[kind])}</b> {kind}" for kind in counts]
    several = "; of a block in which there are several, ~" if len(words) > 1 else ""
    said_of = f"Marked boxes: {', '.join(words)}{several}." if words else "No layer moved."
    return f'<p class="dim">{said_of}</p>'


def _signs(report: Report, changes: list[Change], side: int) -> dict[int, str]:
    """Signs for what became of the layers of one side, by their places."""
    places: dict[str, list[int]] = {}
    for layer in report.layers:
        places.setdefault(layer.path, []).append(layer.index)
    found = {}
    for change in changes:
        row = (change.old, change.new)[side]
        for place in places.get(row.path, ()) if row else ():
            found[place] = MARKS[change.kind]
    return found


def _remarks(found: Comparison) -> list[str]:
    texts = [remark.message + (f" ({remark.hint})" if remark.hint else "") for remark in found.remarks]
    return ["<ul>", *(f"<li>{said(text)}</li>" for text in texts), "</ul>"] if texts else []
