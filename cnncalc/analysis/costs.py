"""What one layer comes to on given shapes, and what a whole network does."""

from __future__ import annotations

from typing import Any, TypeAlias

from cnncalc.analysis.conventions import FLOPS, Convention, CountedCall, Counts
from cnncalc.graph import BATCH, Graph
from cnncalc.layers.layer import Layer
from cnncalc.layers.shapes import Named, Shape, Shapes, elements, one_sample
from cnncalc.named_tuples import NamedTuple
from cnncalc.symbolic.expr import Dim, Expr, product

STATUS = ("exact", "lower-bound", "uncounted")
"""From good to bad; a total is worth what its worst part is."""


class Cost(NamedTuple):
    """The figures of one layer on given shapes, for one sample where the batch is open."""

    params: Named
    buffers: Named
    param_count: Dim
    trainable_count: Dim  # of them, those that can be trained at all
    buffer_count: Dim
    macs: Dim
    flops: Dim  # by the convention
    counts: Counts | None  # of which they are made; None where the convention has no count of this layer
    activations: Dim


Costs: TypeAlias = "dict[tuple[str, bool], dict[tuple[Layer, Shapes, str], Cost]]"
"""What layers cost on shapes: by each convention, while the batch is open and when it is set."""


class Totals(NamedTuple):
    """The figures of a whole network, which are for one sample while the batch is open."""

    params: Dim  # elements of all parameters; those of a shared layer once
    trainable: Dim  # elements of the parameters that are trained
    buffers: Dim  # elements of all buffers
    macs: Dim  # multiply-accumulates, of every call
    flops: Dim  # by the convention
    activations: Dim  # elements of all outputs
    convention: str  # the name of what FLOPs are
    status: str  # what the MACs are: exact, lower-bound or uncounted
    counts: Counts  # what the convention counts, of which the FLOPs are made

    def to_dict(self) -> dict[str, Any]:
        """The totals as the JSON has them. Its keys are a contract, and written here alone."""
        return {
            "params": plain(self.params),
            "trainable": plain(self.trainable),
            "buffers": plain(self.buffers),
            "macs": plain(self.macs),
            "flops": plain(self.flops),
            "activations": plain(self.activations),
            "convention": self.convention,
            **({} if len(self.counts) < 2 else {"counts": {name: plain(count) for name, count in self.counts.items()}}),
            "status": self.status,
        }


def plain(value: Any) -> Any:
    """A value as JSON has it: an open size as Python text, a decimal as a float."""
    if value is None or isinstance(value, (int, str)):
        return value
    if isinstance(value, tuple):
        return [item if item.__class__ is int else plain(item) for item in value]
    if isinstance(value, (Expr, Layer)):
        return str(value)
    return float(value)


def counts_dict(chosen: Convention, counts: Counts | None) -> dict[str, Any]:
    """The counts of a layer for the JSON, where its convention has several; None where it has none of this layer."""
    if chosen.counts == (FLOPS,):
        return {}
    return {"counts": None if counts is None else {name: plain(count) for name, count in counts.items()}}


def samples(graph: Graph) -> Dim:
    """How many samples go in at once: the first size of the only input; 1 while the batch is open, or of several."""
    if len(graph.inputs) != 1 or not graph.inputs[0].shape:
        return 1
    return sample(graph.inputs[0].shape)[0]


def costed(layer: Layer, xs: Shapes, ys: Shapes, batched: bool, chosen: Convention, way: str = "") -> Cost:
    """The figures of a layer; with an open batch, of a batch of one."""
    if batched:
        xs, ys = tuple(map(sample, xs)), tuple(map(sample, ys))
    xs = as_written(layer, xs)
    params, buffers = layer.params(*xs), layer.buffers(*xs)
    activations = layer.inner(xs, ys)
    for y in ys:
        activations = activations + product(y)
    macs = layer.macs(xs, ys)
    param_count = elements(params) if params else 0
    counts = chosen.counted(CountedCall(layer, xs, ys, params, macs, way or layer.usual_way))
    return Cost(
        params,
        buffers,
        param_count,
        param_count if layer.trainable else 0,
        elements(buffers) if buffers else 0,
        macs,
        0 if counts is None else chosen.total(counts, 1),
        counts,
        activations,
    )


def as_written(layer: Layer, xs: Shapes) -> Shapes:
    """The inputs with numbers for the open sizes that the layer is written for: those of Linear(3072, 10) are 3072.

    That they are is a condition of the network, and the parameters do not depend on it.
    """
    if all(isinstance(dim, int) for x in xs for dim in x):
        return xs
    known: dict[Dim, int] = {}
    for key, argument in layer.arguments.items():
        written = getattr(layer, key) if argument.inferred else None
        if written is not None:
            came = layer.arrives(*xs)[key]
            for one, size in zip(came, written) if isinstance(written, tuple) else [(came, written)]:
                if isinstance(one, Expr) and isinstance(size, int):
                    known[one] = size
    return tuple(tuple(known.get(dim, dim) for dim in x) for x in xs) if known else xs


def sample(shape: Shape) -> Shape:
    """The shape for a batch of one."""
    if shape and shape[0] == BATCH:
        shape = (1, *shape[1:])
    for dim in shape:
        if isinstance(dim, Expr):
            return tuple(map(one_sample, shape))
    return shape
