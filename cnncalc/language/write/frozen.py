"""What of a graph is not trained, as the fewest paths that say it."""

from __future__ import annotations

from cnncalc.flow import Flow
from cnncalc.graph import Graph, around


def frozen_paths(graph: Graph, flow: Flow) -> list[str]:
    """The outermost paths under which no parameter is trained, in the order of the layers; "" is the whole."""
    frozen: list[str] = []
    trained: set[str] = set()  # every path at or under which a parameter is trained
    for node in graph.nodes if graph.frozen else ():
        xs = flow.inputs(node.inputs)
        if node.shared or xs is None:
            continue
        names = list(node.layer.params(*xs))
        here = set(graph.frozen_in(node.owner, names))
        for name in names:
            key = f"{node.path}.{name}" if name else node.path
            if name in here:
                frozen.append(key)
            elif node.layer.trainable:
                trained.update(around(key))
    return list(dict.fromkeys(next(path for path in around(key) if path not in trained) for key in frozen))
