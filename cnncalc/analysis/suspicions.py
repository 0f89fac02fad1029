"""What is legal and looks like a mistake, where it takes more than one layer to see it."""

from __future__ import annotations

from cnncalc.diagnostics import Diagnostic
from cnncalc.graph import Flow, Graph
from cnncalc.layers.shapes import shape_text


def suspicions(graph: Graph, flow: Flow) -> list[Diagnostic]:
    """Warnings about how layers follow each other."""
    return [
        *_shape_of_an_image(graph, flow),
        *_bias_before_norm(graph),
        *_linear_on_map(graph, flow),
        *_batch_misread(graph, flow),
        *_unread(graph),
    ]


def _shape_of_an_image(graph: Graph, flow: Flow) -> list[Diagnostic]:
    """A convolution that reads an image whose batch is written, or whose channels stand last."""
    for node in graph.nodes:
        layer, shape = node.layer, flow.shapes[node.inputs[0]] if node.inputs else None
        if not graph.batched or shape is None or graph.producers[node.inputs[0]] >= 0 or layer.name[:4] != "conv":
            continue
        sizes = [size if isinstance(size, int) else 0 for size in shape[1:]]
        image = shape_text(shape[1:])
        channels = (1, 3, 4)  # of images: grey, colour, and with transparency
        written = node.place.span.text if node.place.span else ""
        if layer.ndim == 3 and len(sizes) == 4 and sizes[1] in channels and "3d" not in written.lower():
            message = f"{node.path} reads {image} as a volume of depth {sizes[1]}, as the shape has four axes"
            hint = f"an image has no batch in its shape: {shape_text(shape[2:])}, and --batch for its number"
        elif layer.ndim == 2 and len(sizes) == 3 and sizes[2] in channels and sizes[0] == sizes[1] and sizes[0] > 16:
            message = f"{node.path} reads {image} as {sizes[0]} channels, as the channels of a shape stand first"
            hint = f"write {shape_text((shape[3], *shape[1:3]))}"
        else:
            continue
        return [Diagnostic("unlikely-image", message, "warning", node.place.span, hint=hint)]
    return []


def _bias_before_norm(graph: Graph) -> list[Diagnostic]:
    """A bias whose channel mean is taken away by the batch norm behind it."""
    found: list[Diagnostic] = []
    readers = [0] * len(graph.producers)
    for node in graph.nodes:
        for value in node.inputs:
            readers[value] += 1
    spans: set[object] = set()
    for node in graph.nodes:
        if not node.layer.name.startswith("batchnorm"):
            continue
        producer = graph.producers[node.inputs[0]]
        if producer < 0 or readers[node.inputs[0]] > 1:
            continue
        maker = graph.nodes[producer]
        if getattr(maker.layer, "bias", False) is True and maker.layer.name.startswith(("conv", "linear")):
            if maker.place.span in spans:
                continue
            spans.add(maker.place.span)
            found.append(
                Diagnostic(
                    "bias-before-norm",
                    f"the bias of {maker.path} has no effect, as {node.path} takes the mean away behind it",
                    "warning",
                    maker.place.span,
                    hint="bias=no",
                )
            )
    return found


def _linear_on_map(graph: Graph, flow: Flow) -> list[Diagnostic]:
    """A linear on the width of a map, where all of its pixels may be meant."""
    found: list[Diagnostic] = []
    for node in graph.nodes:
        if node.layer.name != "linear":
            continue
        value = node.inputs[0]
        shape = flow.shapes[value]
        while (producer := graph.producers[value]) >= 0:
            maker = graph.nodes[producer]
            if maker.layer.ndim or len(maker.inputs) != 1 or flow.shapes[maker.inputs[0]] != shape:
                break
            value = maker.inputs[0]
        # Layers with spatial axes put channels first; what permutes them knows what it does.
        if shape is not None and producer >= 0 and graph.nodes[producer].layer.ndim and len(shape) > 2:
            found.append(
                Diagnostic(
                    "linear-on-map",
                    f"{node.path} works on the last axis of {shape_text(shape)} alone, the width",
                    "warning",
                    node.place.span,
                    hint="flatten before it makes one axis of all",
                )
            )
    return found


def _batch_misread(graph: Graph, flow: Flow) -> list[Diagnostic]:
    """Layers that take the batch as time, or flatten it, where it is a number; of an open one they warn themselves.

    Followed are the values whose axis 0 has the samples of an input.
    """
    if graph.batch is None:
        return []
    from cnncalc.layers.axes import MIXED
    from cnncalc.layers.sequence import batch_as_time, batch_leads

    if all(batch_leads(node.layer) is None and node.layer.name != "flatten" for node in graph.nodes):
        return []
    found: list[Diagnostic] = []
    leads = set(range(len(graph.inputs)))
    for node in graph.nodes:
        xs, outputs = flow.inputs(node.inputs), flow.shapes[node.first : node.first + node.output_count]
        ys = tuple(y for y in outputs if y is not None)
        if xs is None or not ys or leads.isdisjoint(node.inputs):
            continue
        flattened = node.layer.name == "flatten" and len(ys[0]) < len(xs[0])
        if flattened and getattr(node.layer, "start_dim") % len(xs[0]) == 0:  # noqa: B009
            place = node.place.argument("start_dim") or node.place.span
            found.append(Diagnostic("batch-flattened", MIXED, "warning", place))
        first = batch_leads(node.layer)
        if first is not None and node.inputs[0] in leads:
            said = batch_as_time(node.layer, xs[0], first)
            if said is not None:
                found.append(Diagnostic("batch-not-first", said[0], "warning", node.place.span, hint=said[1]))
        for value, x, reach in zip(node.inputs, xs, node.layer.reaches(xs, ys)[0]):
            if value in leads and x and ys[0][:1] == x[:1] and reach is not None and reach.get(0, (None,))[0] == 0:
                leads.update(node.values)
    return found


def _unread(graph: Graph) -> list[Diagnostic]:
    """Layers whose output nothing reads."""
    read = {value for node in graph.nodes for value in node.inputs} | {value for _, value in graph.outputs}
    return [
        Diagnostic(
            "unused-layer",
            f"nothing reads what {node.path} gives",
            "warning",
            node.place.span,
        )
        for node in graph.nodes
        if not node.train_only and not any(value in read for value in node.values)
    ]
