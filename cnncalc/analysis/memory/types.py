"""The types of a network's inputs: decimals, but for what is read as indices."""

from __future__ import annotations

from cnncalc.graph import Graph


def indices(graph: Graph) -> set[int]:
    """The values that hold indices, by what reads them, through layers that only rearrange."""
    found: set[int] = set()
    for node in reversed(graph.nodes):
        for at in node.layer.integer_inputs:
            if at < len(node.inputs):
                found.add(node.inputs[at])
        if node.layer.rearranges and not found.isdisjoint(node.values):
            found.update(node.inputs)
    return found


def input_types(graph: Graph, decimals: str) -> list[str]:
    """The type of each input."""
    whole = indices(graph)
    return ["int64" if value in whole else decimals for value in range(len(graph.inputs))]
