"""How a tensor lies in memory, for code that goes by it: `view`, `is_contiguous`, `stride`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from cnncalc.layers import Layer, memory
from cnncalc.layers.shapes import BATCH_NAME, Shape, shape_text
from cnncalc.layers.site import Finding
from cnncalc.named_tuples import NamedTuple
from cnncalc.source.errors import ShapeError, unknown
from cnncalc.source.sizes import current
from cnncalc.symbolic.expr import number_at

if TYPE_CHECKING:
    from cnncalc.source.tensor import Tensor

CERTAIN = frozenset(
    f"cnncalc.layers.{family}"
    for family in ("activation", "conv", "elementwise", "embedding", "linear", "merge", "norm", "pool", "products")
)
"""Families of which torch lays what they make of values in rows in rows too, by whatever way it computes them."""

NEW = frozenset({"linear", "matmul", "bmm", "mm", "embedding"})
"""Layers that lay what they make in rows, however what they are given lies, if all have as many axes."""


class Laid(NamedTuple):
    """An output of a layer."""

    layer: Layer
    inputs: Sequence[Tensor]
    place: int


class Layout(NamedTuple):
    """How a tensor lies, at some sizes."""

    shape: Shape
    strides: Shape
    sure: bool  # else torch may lay it otherwise, by the way in which it computes it


def strides(tensor: Tensor) -> Shape:
    """The strides of a tensor, of open sizes too, which its own are made of."""
    sizes = {**current().sizes, BATCH_NAME: 2}
    here = layout_of(tensor, sizes).strides
    found = layout_of(tensor, {}).strides
    if tuple([number_at(stride, sizes) for stride in found]) != here:
        unknown("stride()", "of open sizes is not known without torch")
    return found


def layout_of(tensor: Tensor, sizes: Mapping[str, int] | None = None) -> Layout:
    """How a tensor lies. Where sizes are open it is at those of the sample, of two samples where their number is."""
    sizes = {**current().sizes, BATCH_NAME: 2} if sizes is None else sizes
    found: dict[int, Layout] = {}
    stack = [tensor]
    while stack:
        top = stack[-1]
        wanted = [one for one in made_of(top) if id(one) not in found]
        if wanted:
            stack += wanted
            continue
        found[id(top)] = worked(top, found, sizes)
        stack.pop()
    return found[id(tensor)]


def made_of(tensor: Tensor) -> Sequence[Tensor]:
    made = tensor._made
    return () if made is None else made.inputs if isinstance(made, Laid) else made


def worked(tensor: Tensor, found: Mapping[int, Layout], sizes: Mapping[str, int]) -> Layout:
    """How a tensor lies, from how those lie that it is made of."""
    made = tensor._made
    shape = tuple([number_at(dim, sizes) if sizes else dim for dim in tensor._shape])
    if made is None:
        return Layout(shape, memory.rows(shape), True)
    if not isinstance(made, Laid):
        of = found[id(made.of)]
        as_it_was = 0 not in of.strides and len(of.strides) == len(shape)  # a stretched one is laid in rows
        return Layout(shape, of.strides if as_it_was else memory.rows(shape), of.sure)
    layer = made.layer
    given = [found[id(one)] for one in made.inputs]
    xs = [memory.MemoryTensor(one.shape, x.dtype.name, one.strides) for one, x in zip(given, made.inputs)]
    if xs and layer.view:
        at = made.place if len(xs) > 1 else 0
        strides = layer.viewed(xs[at], shape)
        return Layout(shape, memory.rows(shape) if strides is None else strides, given[at].sure)
    in_rows = all(one.sure for one in given) and all(x.in_rows for x in xs)
    whole = layer.name in NEW and len({len(x.shape) for x in xs}) == 1
    sure = whole or (in_rows and type(layer).__module__ in CERTAIN)
    return Layout(shape, layer.laid(xs, shape), sure)


def in_order(tensor: Tensor, order: Any = None) -> bool:
    """Do its values follow each other, in the order that is asked for?"""
    one = layout_of(tensor)
    x = memory.MemoryTensor(one.shape, tensor.dtype.name, one.strides)
    return memory.channels_last(x) if "channels_last" in str(order) and len(one.shape) in (4, 5) else x.in_rows


def refuse_apart(x: Tensor, y: Tensor) -> None:
    """Refuse a view whose values would have to be moved. Raises ShapeError."""
    if x._made is None:
        return
    one = layout_of(x)
    laid = memory.MemoryTensor(one.shape, x.dtype.name, one.strides)
    wanted = tuple([number_at(dim, {**current().sizes, BATCH_NAME: 2}) for dim in y._shape])
    if one.sure and memory.reshaped(laid, wanted) is None:
        message = f"view cannot make {shape_text(y._shape)} of {shape_text(x._shape)} without moving its values"
        raise ShapeError(
            Finding("not-contiguous", message, None, cause(x), "reshape(...) in place of view(...) moves them")
        )


def cause(x: Tensor) -> tuple[str, ...]:
    """A note on what has changed the order."""
    made = x._made
    while made is not None:
        if isinstance(made, Laid) and made.layer.name in REORDERS:
            return (f"{made.layer.name} has changed the order of its axes, and its values are where they were",)
        inner = made_of(x)
        if not inner:
            break
        x = inner[0]
        made = x._made
    return ()


REORDERS = frozenset({"permute", "transpose", "movedim", "moveaxis", "swapaxes", "t", "numpy_T", "mT"})
