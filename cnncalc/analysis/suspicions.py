"""What is legal and looks like a mistake, where it takes more than one layer to see it."""

from __future__ import annotations

import re

from cnncalc.diagnostics import Diagnostic, Span
from cnncalc.fixes import flatten_before, without_bias
from cnncalc.flow import Flow
from cnncalc.graph import BATCH, Graph
from cnncalc.layers.shapes import BATCH_NAME, Shape, dims_text, shape_text
from cnncalc.symbolic.expr import Dim, Expr, symbols


def suspicions(graph: Graph, flow: Flow) -> list[Diagnostic]:
    """Warnings about how layers follow each other."""
    return [
        *_shape_of_an_image(graph, flow),
        *_bias_before_norm(graph),
        *_linear_on_map(graph, flow),
        *_batch_misread(graph, flow),
        *_batch_in_output(graph, flow),
        *_unread(graph),
    ]


def _shape_of_an_image(graph: Graph, flow: Flow) -> list[Diagnostic]:
    """A layer that reads an image whose batch is written, or whose channels come last."""
    for node in graph.nodes:
        layer, shape = node.layer, flow.shapes[node.inputs[0]] if node.inputs else None
        if shape is None or graph.producers[node.inputs[0]] >= 0 or not has_batch(graph):
            continue
        on_axes = layer.ndim or (3 if len(shape) == 5 and layer.name in ("flatten", "linear") else 0)
        sizes = [size if isinstance(size, int) else 0 for size in shape[1:]]
        image = shape_text(shape[1:])
        channels = (1, 3, 4)  # of images: grey, colour, and with transparency
        written = node.place.span.text if node.place.span else ""
        square = len(sizes) > 1 and sizes[0] == sizes[1] and sizes[0] > 16
        wide = len(sizes) > 1 and min(sizes[:2]) > 100
        if on_axes == 3 and len(sizes) == 4 and sizes[1] in channels and "3d" not in written.lower():
            message = f"{node.path} reads {image} as a volume of depth {sizes[1]}, as the shape has four axes"
            hint = f"an image has no batch in its shape: {shape_text(shape[2:])}, and --batch for its number"
        elif on_axes == 2 and len(sizes) == 3 and sizes[2] in channels and (square or wide or open_sides(shape[1:3])):
            message = f"{node.path} reads {image} as {shape[1]} channels, as the channels of a shape come first"
            hint = f"write {shape_text((shape[3], *shape[1:3]))}"
        elif layer.ndim == 1 and len(sizes) == 2 and square and not re.search("1d", written, re.IGNORECASE):
            message = f"{node.path} reads {image} as {sizes[0]} channels of length {sizes[1]}"
            hint = (
                f"an image has channels in front: {shape_text((1, *shape[1:]))}; conv1d and the like say what is meant"
            )
        else:
            continue
        return [Diagnostic("unlikely-image", message, "warning", node.place.span, hint=hint)]
    return []


def open_sides(sides: Shape) -> bool:
    """Are two sizes, one of them open, a height and a width? `C` names channels."""
    large = all(size > 16 if isinstance(size, int) else str(size) != "C" for size in sides)
    return large and any(not isinstance(size, int) for size in sides)


def _bias_before_norm(graph: Graph) -> list[Diagnostic]:
    """A bias whose channel mean is taken away by the batch norm after it."""
    found: list[Diagnostic] = []
    written: list[Span | None] = []
    readers = [0] * len(graph.producers)
    for node in graph.nodes:
        for value in node.inputs:
            readers[value] += 1
    layers: dict[object, list[str]] = {}  # by their text, which makes several where it repeats
    for node in graph.nodes:
        if not node.layer.name.startswith("batchnorm"):
            continue
        producer = graph.producers[node.inputs[0]]
        if producer < 0 or readers[node.inputs[0]] > 1:
            continue
        maker = graph.nodes[producer]
        if getattr(maker.layer, "bias", False) is True and maker.layer.name.startswith(("conv", "linear")):
            paths = layers.setdefault(maker.place.span, [])
            paths.append(maker.path)
            if len(paths) > 1:
                continue
            found.append(
                Diagnostic(
                    "bias-before-norm",
                    f"the bias of {maker.path} has no effect, as {node.path} takes the mean away after it",
                    "warning",
                    maker.place.span,
                    hint="bias=no",
                )
            )
            written.append(maker.place.argument("bias"))
    return [
        each._replace(fix=without_bias(each.span, value, tuple(layers[each.span]))) if each.span else each
        for each, value in zip(found, written)
    ]


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
        if shape is None or len(shape) < 3:
            continue
        # Layers with spatial axes put channels first; what permutes them knows what it does.
        if graph.nodes[producer].layer.ndim if producer >= 0 else has_batch(graph) and is_image(shape[1:]):
            found.append(
                Diagnostic(
                    "linear-on-map",
                    f"{node.path} works on the last axis of {shape_text(shape)} alone, the width",
                    "warning",
                    node.place.span,
                    hint="flatten before it makes one axis of all",
                    fix=flatten_before(node.place.span, f"a flatten before {node.path}"),
                )
            )
    return found


def has_batch(graph: Graph) -> bool:
    """Do the inputs have the batch in front, be it open or a number?"""
    return graph.batched or graph.batch is not None


def is_image(sizes: Shape) -> bool:
    """Is this the shape of a grey or coloured image, and hardly of anything else?"""
    return len(sizes) == 3 and sizes[0] in (1, 3) and sizes[1] == sizes[2] and sizes[1] != sizes[0]


def _batch_in_output(graph: Graph, flow: Flow) -> list[Diagnostic]:
    """A reshape that leaves the network with more or fewer rows than samples."""
    batch = BATCH if graph.batched else graph.batch
    if batch is None or not graph.nodes:
        return []
    leaving = {value for _, value in graph.outputs if (y := flow.shapes[value]) and _is_multiple(y[0], batch)}
    for node in reversed(graph.nodes):
        if leaving.isdisjoint(node.values):
            continue
        x, y = flow.shapes[node.inputs[0]] if node.inputs else None, flow.shapes[node.first]
        if x and y and x[0] == batch and _is_multiple(y[0], batch):
            if node.layer.name != "reshape":
                return []
            message = (
                f"{node.path} gives {dims_text(y)} for {dims_text(x)}, so that a sample is several rows at the end"
            )
            hint = "N as its first size keeps samples apart"
            return [Diagnostic("batch-mixed", message, "warning", node.place.span, hint=hint)]
        leaving.update(node.inputs)
    return []


def _is_multiple(rows: Dim, batch: Dim) -> bool:
    """Is this the batch, but several times or in parts?"""
    if rows == batch:
        return False
    if isinstance(rows, int) and isinstance(batch, int):
        return batch > 1 and rows > 0 and (rows % batch == 0 or batch % rows == 0)
    return isinstance(rows, Expr) and BATCH_NAME in symbols(rows)


def _batch_misread(graph: Graph, flow: Flow) -> list[Diagnostic]:
    """Layers that take the batch as time, or flatten it, where it is a number; where it is open, they warn themselves.

    Only values whose axis 0 has the samples of an input are followed.
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
        if not graph.partial or node.layer.name not in ("parameter", "buffer")
    ]
