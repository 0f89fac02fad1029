"""x[...]: as torch does it, a select, slice or unsqueeze for each item, then one index with tensors."""

from __future__ import annotations

from typing import Any

from cnncalc.layers.registry import layer_class
from cnncalc.layers.shapes import shape_text
from cnncalc.layers.site import Finding
from cnncalc.operators.rules import RULES
from cnncalc.source import called, functions
from cnncalc.source.dtypes import BOOL, INT64
from cnncalc.source.errors import NoTensor, ShapeError, Stop, needs_data
from cnncalc.source.sizes import OpenReal, OpenSize, taken
from cnncalc.source.tensor import Tensor, tensor_of
from cnncalc.source.values import Later, Unworkable
from cnncalc.symbolic.expr import Expr


def refused(message: str) -> ShapeError:
    return ShapeError(Finding("bad-argument", message, None, (), None))


def is_position(item: Any) -> bool:
    """A whole number, of whatever kind."""
    return not isinstance(item, bool | Tensor) and (isinstance(item, int | OpenSize) or hasattr(item, "__index__"))


def read(x: Tensor, at: Any) -> Tensor:
    """x[at]"""
    items = list(at) if isinstance(at, tuple) else [at]
    items = [item.tolist() if type(item).__module__ == "numpy" and hasattr(item, "tolist") else item for item in items]
    axes = sum(axes_of(item) for item in items)
    if axes > len(x._shape):
        raise refused(f"too many indices for a tensor of {len(x._shape)} axes: {axes}")
    dots = [i for i, item in enumerate(items) if item is Ellipsis]
    if dots:
        items[dots[0] : dots[0] + 1] = [slice(None)] * (len(x._shape) - axes)
    value, axis = x, 0
    found: dict[int, Tensor] = {}
    for item in items:
        if isinstance(item, Tensor) and not item._shape and item.dtype.kind == 1 and item._data is not None:
            item = int(item)
        if item is None or item is True:
            value = functions.call("unsqueeze", (value, axis), {})
            if item is True:
                found[axis] = tensor_of((1,), INT64)
            axis += 1
        elif isinstance(item, slice):
            value = sliced(value, axis, item)
            axis += 1
        elif is_position(item):
            value = functions.call(
                "select", (value, axis, taken(item) if isinstance(item, OpenSize) else int(item)), {}
            )
        else:
            positions = positions_of(item)
            if positions.dtype is BOOL:
                positions = chosen(positions)
            found[axis] = positions
            axis += 1
    if not found:
        return value._alias() if value is x else value
    made = called.Called("index", {"self": value, "indices": [found.get(a) for a in range(max(found) + 1)]})
    result = RULES["index"](made)
    assert isinstance(result, Tensor)
    return result


def axes_of(item: Any) -> int:
    """How many axes of a tensor an item takes."""
    if item is None or item is Ellipsis or isinstance(item, bool):
        return 0
    return len(item._shape) if isinstance(item, Tensor) and item.dtype is BOOL else 1


def positions_of(item: Any) -> Tensor:
    from cnncalc.source.creation import tensor

    if isinstance(item, Tensor):
        return item
    if isinstance(item, list | tuple | range):
        made = tensor(list(item))
        return made if made.dtype is BOOL else made._alias(INT64)
    raise TypeError(f"only integers, slices, ellipsis, None and tensors are indices, not {type(item).__name__}")


def chosen(mask: Tensor) -> Tensor:
    """The positions that a mask of known values picks."""
    if mask._data is None or len(mask._shape) != 1:
        needs_data("x[mask], whose size is the number of values that a mask picks,")
    try:
        numbers = (mask._data if not callable(mask._data) else mask._data()).numbers
    except Unworkable:
        needs_data("x[mask]")
    picked = [i for i, one in enumerate(numbers) if one]
    return tensor_of((len(picked),), INT64, None, Later("given", [picked_(picked), (len(picked),)], {}, "int64"))


def picked_(numbers: list[int]) -> Any:
    return tuple(numbers)


def sliced(x: Tensor, axis: int, at: slice) -> Tensor:
    start, stop, step = (end(one) for one in (at.start, at.stop, at.step))
    if isinstance(step, int) and step is not None and step < 1:
        raise ValueError("step must be greater than zero")
    if start is None and stop is None and step is None:
        return x
    values = {"self": x, "dim": axis, "start": start, "end": stop, "step": 1 if step is None else step}
    made = called.Called("slice", values)
    result = RULES["slice"](made)
    assert isinstance(result, Tensor)
    return result


def end(value: Any) -> Any:
    if value is None:
        return None
    found = taken(value)
    if isinstance(found, int | Expr):
        return found
    if isinstance(found, Tensor):
        return int(found)
    if not hasattr(found, "__index__"):
        hint = "// divides without a fraction" if isinstance(found, float | OpenReal) else None
        raise NoTensor(f"slice indices must be integers, not {type(found).__name__}", hint)
    return found.__index__()


def write(x: Tensor, at: Any, value: Any) -> None:
    """x[at] = value: its shapes have to fit, and the values are known where both are."""
    known = x._data
    place = shape_at(x, at)
    if isinstance(value, Tensor) and place is not None:
        fits(value, place)
    source = value._data if isinstance(value, Tensor) else value if isinstance(value, int | float) else None
    items = at if isinstance(at, tuple) else (at,)
    plain = all(
        item is None or item is Ellipsis or (isinstance(item, int | slice) and not isinstance(item, bool))
        for item in items
    )
    plain = plain and all(
        isinstance(e, int | type(None)) for i in items if isinstance(i, slice) for e in (i.start, i.stop)
    )
    whole = known is not None and source is not None and plain
    x._written(Later("written", [known, at, source], {}, x.dtype.name) if whole else None)


def shape_at(x: Tensor, at: Any) -> Any:
    """The shape of x[at], without a layer for it; None where only data tell."""
    bare = tensor_of(x._shape, x.dtype)
    try:
        return read(bare, without_graph(at))._shape
    except Stop:
        return None


def without_graph(at: Any) -> Any:
    if isinstance(at, tuple):
        return tuple(without_graph(item) for item in at)
    return tensor_of(at._shape, at.dtype, None, at._data) if isinstance(at, Tensor) else at


def fits(value: Tensor, place: Any) -> None:
    """Refuse a value that does not stretch to the part that it is written over."""
    shape = tuple(value._shape)
    while len(shape) > len(place) and shape[0] == 1:
        shape = shape[1:]
    try:
        called.met_without_graph(layer_class("expand")(sizes=tuple(place)), (shape,))
    except ShapeError as error:
        text = (
            f"{shape_text(tuple(value._shape))} does not fit in the part of {shape_text(tuple(place))} that is written"
        )
        raise ShapeError(error.finding._replace(message=text)) from None
