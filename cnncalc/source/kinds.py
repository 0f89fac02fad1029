"""The types of numbers that layers take and give, as torch has them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from cnncalc.diagnostics import listed
from cnncalc.layers import Layer
from cnncalc.layers.memory import SIZES
from cnncalc.layers.shapes import shape_text
from cnncalc.layers.site import Finding
from cnncalc.source.dtypes import DTYPES, FLOAT, INT64, dtype, promoted
from cnncalc.source.errors import ShapeError

if TYPE_CHECKING:
    from cnncalc.source.tensor import Tensor


def result_types(layer: Layer, inputs: Sequence[Tensor], count: int) -> list[dtype]:
    """The types of what a layer gives, by what it says of them. A number, and a scalar, has a say by its kind alone."""
    shaped = promoted([one for one in inputs if one._shape])
    names = [shaped.name if not one._shape and one.dtype.kind <= shaped.kind else one.dtype.name for one in inputs]
    if not all(name in SIZES for name in names):
        return [promoted(inputs)] * count
    given: list[Any] = [vars(layer).get(key) for key in ("other", "exponent", "value")]
    found = [DTYPES[name] for name in layer.types(names, FLOAT.name, count)]
    return [FLOAT if one.kind < 2 and layer.gives == "like" and any(map(is_real, given)) else one for one in found]


def is_real(value: Any) -> bool:
    return isinstance(value, float) or type(value).__name__ == "Fraction"


def checked_kinds(layer: Layer, inputs: Sequence[Tensor]) -> None:
    """Refuse numbers of a kind that torch refuses. Raises ShapeError."""
    if not inputs:
        return
    first = inputs[0].dtype
    if layer.numbers == "indices" and first.kind != 1:
        refuse(f"{layer.torch or layer.name} looks up whole numbers, but {first.name} arrives", inputs[0], INT64)
    if layer.numbers == "decimals" and first.kind < 2:
        refuse(f"{layer.torch} takes floating-point numbers, but {first.name} arrives", inputs[0], FLOAT)
    if layer.numbers == "one type":
        kinds = {one.dtype.kind > 1: one for one in inputs}
        if len(kinds) == 2:
            both = listed(list(dict.fromkeys(one.dtype.name for one in inputs)))
            refuse(f"{layer.name} takes numbers of one type, but {both} arrive", kinds[False], FLOAT)


def refuse(message: str, given: Tensor, wanted: dtype) -> None:
    """Raise the error for a tensor of another type than is wanted."""
    is_input = given._node is not None and given._node[1] < len(given._node[0].graph.inputs)
    whole = wanted is INT64
    numbers, call = ("whole numbers", "long()") if whole else ("floating-point numbers", "float()")
    option = f"-i {shape_text(given._shape)}{':int64' if whole else ''}"
    hint = f"{option} gives {numbers}, and .{call} makes them" if is_input else f".{call} makes {numbers} of them"
    raise ShapeError(Finding("wrong-kind", message, None, (), hint))
