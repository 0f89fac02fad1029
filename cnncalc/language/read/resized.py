"""A spec at another input than its own: layers whose features come with the size of the input are others then."""

from __future__ import annotations

from collections.abc import Callable

from cnncalc.diagnostics import CnncalcError, Diagnostic
from cnncalc.graph import Graph, Node
from cnncalc.layers.layer import Layer
from cnncalc.layers.shapes import dims_text
from cnncalc.symbolic.expr import Dim


def warn_of_features(graph: Graph, at_home: Callable[[], Graph]) -> None:
    """Warn of a linear that takes more or fewer features than at the input that the spec is written for.

    `at_home` reads the spec at its own input. It is asked only where such a layer is there.
    """
    found = {node.path: features for node in graph.nodes if (features := flattened_features(graph, node)) is not None}
    if not found:
        return
    try:
        own = at_home()
    except CnncalcError:
        return
    for node in own.nodes:
        before, now = flattened_features(own, node), found.get(node.path)
        if isinstance(before, int) and isinstance(now, int) and before != now:
            shapes = ", ".join(dims_text(given.shape[1:]) for given in own.inputs)
            message = f"{node.path} takes {now} features here, and {before} at the input of the spec, {shapes}"
            layer: Layer = node.layer
            out = getattr(layer, "out_features")  # noqa: B009
            hint = f"weights for {before} do not fit; Linear({before}, {out}) in the spec refuses other inputs"
            place = next(other.place.span for other in graph.nodes if other.path == node.path)
            graph.warnings.append(Diagnostic("features-changed", message, "warning", place, hint=hint))
            return


def flattened_features(graph: Graph, node: Node) -> Dim | None:
    """The features of a linear that says none, where they come with the pixels of a map; else None."""
    flow = graph.flow
    if flow is None or node.layer.name != "linear" or getattr(node.layer, "in_features") is not None:  # noqa: B009
        return None
    value = node.inputs[0]
    features = flow.shapes[value]
    while features and (producer := graph.producers[value]) >= 0:
        maker = graph.nodes[producer]
        came = flow.shapes[maker.inputs[0]] if maker.inputs else None
        if came is None:
            return None
        if maker.layer.name in ("flatten", "reshape"):
            return features[-1] if len(came) > 2 and any(size != 1 for size in came[2:]) else None
        if len(maker.inputs) != 1 or came != features:
            return None
        value = maker.inputs[0]
    return None
