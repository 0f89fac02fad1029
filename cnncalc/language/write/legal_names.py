"""Paths of a model that a spec cannot hold, and what they are called there."""

from __future__ import annotations

import re

from cnncalc.graph import Graph
from cnncalc.language.write.levels import above


def with_legal_names(graph: Graph) -> dict[str, str]:
    """Give levels and layers names that a spec can hold: letters, digits, _ and -. Returns what became of others."""
    found: dict[str, str] = {}
    taken = {part for node in graph.nodes for part in (node.path, *above(node.path))}

    def legal(path: str) -> str:
        around, _, name = path.rpartition(".")
        own, colon, call = name.partition(":")
        inside = f"{legal(around)}." if around else ""
        if not re.fullmatch(r"\w[\w-]*", own):
            whole = f"{around}.{own}" if around else own
            if whole not in found:
                free = inside + (re.sub(r"[^\w-]", "_", own).lstrip("-") or "_")
                while free in taken:
                    free += "_"
                taken.add(free)
                found[whole] = free
            return found[whole] + colon + call
        return inside + name

    flow = graph.flow
    graph.nodes[:] = [node._replace(path=legal(node.path), owner=legal(node.owner)) for node in graph.nodes]
    if flow is not None:
        flow.nodes_seen = list(graph.nodes)  # other names change no shapes
    graph.blocks = {legal(path): kind for path, kind in graph.blocks.items()}
    graph.frozen = {legal(path) for path in graph.frozen}
    return found
