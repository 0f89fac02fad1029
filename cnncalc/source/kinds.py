"""The types of numbers that layers take and give, as torch has them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from cnncalc.diagnostics import listed
from cnncalc.layers import Layer
from cnncalc.layers.memory import SIZES
from cnncalc.layers.shapes import shape_text
from cnncalc.layers.site import Finding
from cnncalc.source.dtypes import BOOL, DTYPES, FLOAT, INT64, dtype, promoted
from cnncalc.source.errors import ShapeError

if TYPE_CHECKING:
    from cnncalc.source.tensor import Tensor


DOUBLE = DTYPES["float64"]


def result_types(layer: Layer, inputs: Sequence[Tensor], count: int) -> list[dtype]:
    """The types of what a layer gives, by what it says of them. A number, and a scalar, has a say by its kind alone."""
    if layer.name == "one_hot":  # which gives decimals in a spec, as all that is not looked up is there
        return [INT64]
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
    if "decimals" in layer.numbers and first.kind < 2:
        refuse(f"{layer.torch or layer.name} takes floating-point numbers, but {first.name} arrives", inputs[0], FLOAT)
    if layer.numbers == "a mask" and inputs[1].dtype.kind:
        refuse(f"the mask of {layer.name} is of truth values, but {inputs[1].dtype.name} arrives", inputs[1], BOOL)
    multiplied = [one for i, one in enumerate(inputs) if layer.input_names[i : i + 1] != ("attn_mask",)]
    if "one type" in layer.numbers and any(apart(first, one.dtype) for one in multiplied):
        both = listed(list(dict.fromkeys(one.dtype.name for one in multiplied)))
        wrong, *_, right = sorted(multiplied, key=lambda one: (one.dtype.kind, -one.dtype.bits))
        refuse(f"{layer.name} takes numbers of one type, but {both} arrive", wrong, right.dtype)


def apart(a: dtype, b: dtype) -> bool:
    """Are numbers of these types never multiplied? Those of 32 bits and fewer are, where autocast is on."""
    if a.kind < 2 or b.kind < 2:
        return a is not b
    return a.kind == b.kind == 2 and a is not b and DOUBLE in (a, b)


def checked_weights(layer: Layer, weights: Sequence[Tensor], given: Tensor) -> None:
    """Refuse numbers of another type than the weights of a layer are. Raises ShapeError."""
    own = next((one.dtype for one in weights if one.dtype.kind == 2), given.dtype)
    if given.dtype.kind == 2 and apart(own, given.dtype) and layer.numbers != "indices":
        refuse(f"{layer.torch} has weights of {own.name}, but {given.dtype.name} arrives", given, own)


def refuse(message: str, given: Tensor, wanted: dtype) -> None:
    """Raise the error for a tensor of another type than is wanted."""
    is_input = given._node is not None and given._node[1] < len(given._node[0].graph.inputs)
    numbers, call, option = WORDS.get(wanted.name, (f"numbers of {wanted.name}", f"to(torch.{wanted.name})", None))
    text = f"-i {shape_text(given._shape)}{option or ''}"
    asked = is_input and option is not None
    hint = f"{text} gives {numbers}, and .{call} makes them" if asked else f".{call} makes {numbers} of them"
    raise ShapeError(Finding("wrong-kind", message, None, (), hint))


WORDS = {
    "bool": ("truth values", "bool()", None),
    "int64": ("whole numbers", "long()", ":int64"),
    "float32": ("floating-point numbers", "float()", ""),
    "float64": ("numbers of float64", "double()", ":float64"),
}
"""What a type is called in a hint, the call that makes it, and what gives it in an option."""
