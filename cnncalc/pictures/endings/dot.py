"""`.dot`: the graph as Graphviz reads it, to be laid out there."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from cnncalc.analysis.trace import Report
from cnncalc.pictures.letters import clean
from cnncalc.pictures.look import Look
from cnncalc.pictures.palette import FAMILIES, mixed
from cnncalc.pictures.wiring import Box, OpenLevel, Wiring
from cnncalc.render.theme import DARK, LIGHT

VIEWS = ("graph",)


def write(report: Report, view: str, look: Look) -> str:
    """A digraph with a cluster for each frame."""
    wiring = Wiring(report, look)
    theme = DARK if look.theme == "dark" else LIGHT
    colours = f'color="{theme.line}" fontcolor="{theme.ink}" fontname="Helvetica"'
    lines = [
        f"digraph {quoted(clean(report.name or 'network'))} {{",
        f'  graph [rankdir=TB bgcolor="{theme.page}" {colours} fontsize=11 labeljust=l]',
        f"  node [shape=box style=filled {colours} fontsize=11]",
        f"  edge [{colours} fontsize=9]",
        *_items(wiring.items, "  ", theme.page, theme.tint),
    ]
    for wire in wiring.wires:
        label = f" [label={quoted(wire.shape)}]" if wire.shape else ""
        lines.append(f"  n{wire.giver} -> n{wire.reader}{label}")
    return "\n".join([*lines, "}", ""])


def _items(items: Sequence[Box | OpenLevel], indent: str, page: str, tint: float) -> Iterator[str]:
    for item in items:
        if isinstance(item, OpenLevel):
            yield f"{indent}subgraph cluster_{item.number} {{"
            yield f"{indent}  label={quoted(item.title)}"
            yield from _items(item.inside, f"{indent}  ", page, tint)
            yield f"{indent}}}"
            continue
        fill = mixed(FAMILIES[item.family].colour, page, tint)
        yield f'{indent}n{item.number} [label={quoted(*item.lines)} fillcolor="{fill}"]'


def quoted(*lines: str) -> str:
    """Lines of text as one string of Graphviz."""
    held = [line.replace("\\", "\\\\").replace('"', '\\"') for line in lines]
    return '"' + "\\n".join(held) + '"'
