"""Positions that are looked up have to be there, where the code says which they are."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from cnncalc.layers import Layer
from cnncalc.layers.site import Finding
from cnncalc.source.errors import ShapeError
from cnncalc.source.layout import Laid
from cnncalc.source.sizes import shown
from cnncalc.source.tensor import Tensor, small
from cnncalc.source.values import Held, Unworkable
from cnncalc.symbolic.expr import Dim

ALONG = frozenset({"index_select", "gather", "scatter", "scatter_add", "scatter_reduce", "index_add", "index_copy"})
"""Layers whose second input has positions along the axis `dim`."""


def lookups(layer: Layer, inputs: Sequence[Tensor]) -> Iterator[tuple[Tensor, Dim | None, bool]]:
    """The positions that a layer looks up, of how many each is, and whether they may count from the end."""
    own: Any = layer
    if layer.name in ("embedding", "embeddingbag"):
        yield inputs[0], own.num_embeddings, False
    elif layer.name == "F.embedding" and inputs[1]._shape:
        yield inputs[0], inputs[1]._shape[0], False
    elif layer.name == "one_hot":
        yield inputs[0], own.num_classes, False
    elif layer.name in ALONG and len(inputs) > 1 and -len(inputs[0]._shape) <= own.dim < len(inputs[0]._shape):
        yield inputs[1], inputs[0]._shape[own.dim], False
    elif layer.name == "index":
        dims = [own.dim[0] + i for i in range(len(inputs) - 1)] if len(own.dim) == 1 else own.dim
        for at, one in zip(dims, inputs[1:]):
            if one.dtype.kind == 1 and at < len(inputs[0]._shape):
                yield one, inputs[0]._shape[at], True


def checked_positions(layer: Layer, inputs: Sequence[Tensor]) -> None:
    """Refuse positions that are not there, where it is known which are asked for. Raises ShapeError."""
    if not layer.integer_inputs and layer.numbers != "indices":
        return
    for asked, count, from_end in lookups(layer, inputs):
        ends = ends_of(asked)
        if ends is None or count is None:
            continue
        low, after = ends
        size = shown(count)
        if low < (-size if from_end else 0):
            refuse(layer, low, count)
        if after > size:
            refuse(layer, after - 1, count)


def refuse(layer: Layer, position: Any, count: Dim) -> None:
    name = layer.torch or layer.name.removeprefix("F.")
    message = f"there is no position {position} among the {count} of {name}: the last one is {shown(count) - 1}"
    raise ShapeError(Finding("bad-argument", message, None, (), None))


def ends_of(value: Tensor) -> tuple[Any, Any] | None:
    """The smallest of some positions, and the one after the largest; None where these are not known."""
    while value._data is None or not small(value._shape):
        if value._ends is not None:
            return value._ends[0], shown(value._ends[1])
        made = value._made
        if not isinstance(made, Laid) or made.layer.name not in MOVED or len(made.inputs) != 1:
            return None
        (value,) = made.inputs
    try:
        data = value._data
        numbers = (data if isinstance(data, Held) else data()).numbers
    except Unworkable:
        return None
    return (min(numbers), max(numbers) + 1) if numbers else None


MOVED = frozenset({"reshape", "unsqueeze", "squeeze", "flatten", "expand", "repeat", "permute", "transpose"})
"""Layers that give the values that they are given."""
