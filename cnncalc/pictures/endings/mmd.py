"""`.mmd`: the graph as Mermaid reads it, which GitHub draws in a ```mermaid block."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from cnncalc.analysis.trace import Report
from cnncalc.pictures.look import Look
from cnncalc.pictures.palette import FAMILIES, mixed
from cnncalc.pictures.wiring import Box, OpenLevel, Wiring, families
from cnncalc.render.theme import LIGHT

VIEWS = ("graph",)


def write(report: Report, view: str, look: Look) -> str:
    """A flowchart with a subgraph for each frame."""
    wiring = Wiring(report, look)
    lines = ["flowchart TD", *_items(wiring.items, "  ")]
    for wire in wiring.wires:
        shape = f"|{quoted(wire.shape)}|" if wire.shape else ""
        lines.append(f"  n{wire.giver} -->{shape} n{wire.reader}")
    for key in dict.fromkeys(families(wiring.items)):
        colour = FAMILIES[key].colour
        fill = mixed(colour, LIGHT.page, LIGHT.tint)
        lines.append(f"  classDef k_{key} fill:{fill},stroke:{colour},color:{LIGHT.ink}")
    return "\n".join([*lines, ""])


def _items(items: Sequence[Box | OpenLevel], indent: str) -> Iterator[str]:
    for item in items:
        if isinstance(item, OpenLevel):
            yield f"{indent}subgraph f{item.number}[{quoted(item.title)}]"
            yield from _items(item.inside, f"{indent}  ")
            yield f"{indent}end"
        else:
            yield f"{indent}n{item.number}[{quoted(*item.lines)}]:::k_{item.family}"


def quoted(*lines: str) -> str:
    """Lines of text in Mermaid, where what has a meaning of its own is written by its number."""
    held = [re.sub(r"[^\w .,:=·×…→+-]", lambda char: f"#{ord(char[0])};", line) for line in lines]
    return '"' + "<br>".join(held) + '"'
