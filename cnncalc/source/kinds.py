"""The types of numbers that layers take and give, as torch has them."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from cnncalc.diagnostics import listed
from cnncalc.layers import Layer
from cnncalc.layers.kinds import Number
from cnncalc.layers.memory import SIZES
from cnncalc.layers.shapes import shape_text
from cnncalc.layers.site import Finding
from cnncalc.source.dtypes import BOOL, DTYPES, FLOAT, INT64, dtype, promoted
from cnncalc.source.errors import ShapeError

if TYPE_CHECKING:
    from cnncalc.source.tensor import Tensor


DOUBLE = DTYPES["float64"]

TABLE = Path(__file__).with_name("torch_kinds.txt")
"""What torch gives for inputs of each type, by layers without parameters; `CNNCALC_OVERWRITE=1 python -m pytest
tests/torch/test_kinds.py` writes it anew. A letter stands for one input's type, or two for both, in the order of
`LETTERS`; `-` is refused, and `?` depends on arguments."""

COMPLEX = DTYPES["complex64"]
LETTERS = {"f": FLOAT, "d": DOUBLE, "i": INT64, "j": DTYPES["int32"], "u": DTYPES["uint8"], "b": BOOL, "c": COMPLEX}


@cache
def given_by() -> dict[tuple[str, int], str]:
    """The letters of each layer and number of inputs."""
    found = {}
    for line in TABLE.read_text(encoding="utf-8").splitlines():
        letters, *names = line.split()
        found.update(dict.fromkeys([(name, 1 if len(letters) == len(LETTERS) else 2) for name in names], letters))
    return found


def outcome(layer: Layer, kinds: Sequence[dtype]) -> str:
    """The letter of what torch gives for these types; `?` where that is not known."""
    row = given_by().get((layer.name, len(kinds)))
    order = list(LETTERS.values())
    if row is None:
        return "?"
    floats = [kind for kind in kinds if kind.kind == 2]
    if mixing[0] and DOUBLE not in floats:
        floats, kinds = [FLOAT], [FLOAT if kind.kind == 2 else kind for kind in kinds]
    at = 0
    for kind in kinds:  # a type of decimals is as good as another, and two of them are two
        own = FLOAT if kind.kind == 2 and kind is floats[0] else DOUBLE if kind.kind == 2 else kind
        if own not in order:
            return "?"
        at = at * len(order) + order.index(own)
    return row[at]


def result_types(layer: Layer, inputs: Sequence[Tensor], count: int) -> list[dtype]:
    """The types of what a layer gives, by what it says of them. A number, and a scalar, has a say by its kind alone."""
    if layer.name == "one_hot":  # which gives decimals in a spec, as all that is not looked up is there
        return [INT64]
    shaped = promoted([one for one in inputs if one._shape])
    names = [shaped.name if not one._shape and one.dtype.kind <= shaped.kind else one.dtype.name for one in inputs]
    if not all(name in SIZES for name in names):
        return [promoted(inputs)] * count
    letter = outcome(layer, [one.dtype for one in inputs]) if len(inputs) in (1, 2) else "?"
    like = [promoted(inputs)] * count
    if layer.name.startswith("F.") and "norm" in layer.name:
        return [inputs[0].dtype]
    known = (
        letter in LETTERS and count == 1 and not takes_numbers(layer) and len({not one._shape for one in inputs}) == 1
    )
    if known and any(one.dtype.kind != 2 for one in inputs):
        double = any(one.dtype in (DOUBLE, DTYPES["complex128"]) for one in inputs)
        if letter == "c":
            return [DTYPES["complex128"] if double else COMPLEX]
        if letter not in "fd":
            return [LETTERS[letter]] if letter == "b" or all(one.dtype in LETTERS.values() for one in inputs) else like
        decimals = [one for one in inputs if one.dtype.kind == 2]
        return [promoted(decimals) if decimals else DOUBLE if double else FLOAT]
    given: list[Any] = [vars(layer).get(key) for key in ("other", "exponent", "value", "min", "max")]
    found = [DTYPES[name] for name in layer.types(names, FLOAT.name, count)]
    return [FLOAT if one.kind < 2 and layer.gives == "like" and any(map(is_real, given)) else one for one in found]


def is_real(value: Any) -> bool:
    return isinstance(value, float) or type(value).__name__ == "Fraction"


def checked_kinds(layer: Layer, inputs: Sequence[Tensor]) -> None:
    """Refuse numbers of a kind that torch refuses. Raises ShapeError."""
    if not inputs:
        return
    first = inputs[0].dtype
    if layer.numbers == "indices" and (first.kind != 1 or first.bits < 32):
        refuse(f"{layer.torch or layer.name} looks up whole numbers, but {first.name} arrives", inputs[0], INT64)
    if "decimals" in layer.numbers and first.kind < 2:
        refuse(f"{layer.torch or layer.name} takes floating-point numbers, but {first.name} arrives", inputs[0], FLOAT)
    if layer.numbers == "a mask" and inputs[1].dtype.kind:
        refuse(f"the mask of {layer.name} is of truth values, but {inputs[1].dtype.name} arrives", inputs[1], BOOL)
    if layer.name == "where" and (first.kind > 1 or first.bits > 8 or first.is_signed):
        refuse(f"the condition of where is of truth values, but {first.name} arrives", inputs[0], BOOL)
    looked_up = [inputs[i] for i in layer.integer_inputs if 0 < i < len(inputs)] if len(inputs) > 2 else []
    for one in looked_up:
        if one.dtype.kind != 1 and layer.name not in ("index", "cross_entropy", "nll_loss"):
            refuse(f"the positions of {layer.name} are whole numbers, but {one.dtype.name} arrives", one, INT64)
    if layer.name in INTO and len(inputs) == 3 and inputs[2].dtype is not first:
        names = listed([first.name, inputs[2].dtype.name])
        refuse(f"{layer.name} writes numbers of one type, but {names} arrive", inputs[2], first)
    multiplied = [one for i, one in enumerate(inputs) if layer.input_names[i : i + 1] != ("attn_mask",)]
    kinds = list(dict.fromkeys(one.dtype for one in multiplied))
    if "one type" in layer.numbers and any(apart(first, kind) for kind in kinds):
        wrong, *_, right = sorted(multiplied, key=lambda one: (one.dtype.kind, -one.dtype.bits))
        names = listed([kind.name for kind in kinds])
        refuse(f"{layer.name} takes numbers of one type, but {names} arrive", wrong, right.dtype)
    if layer.numbers == "one type" and first is BOOL and layer.name != "F.embedding":
        refuse(f"{layer.name} takes no {first.name}", inputs[0], FLOAT)
    if outcome(layer, [one.dtype for one in inputs]) == "-":
        refuse_kinds(layer, inputs)


def refuse_kinds(layer: Layer, inputs: Sequence[Tensor]) -> None:
    """Refuse types that torch has no such function for, with the change of one that it has one for."""
    kinds = [one.dtype for one in inputs]
    name = layer.torch or layer.name
    for at, one in enumerate(inputs):
        for wanted in (FLOAT, INT64, BOOL, *kinds):
            if wanted is not one.dtype and outcome(layer, [*kinds[:at], wanted, *kinds[at + 1 :]]) in LETTERS:
                beside = f" beside {kinds[1 - at].name}" if len(kinds) == 2 and len({*kinds}) > 1 else ""
                refuse(f"{name} takes no {one.dtype.name}{beside}", one, wanted)
    refuse(f"{name} takes no {listed(list(dict.fromkeys(kind.name for kind in kinds)))}", inputs[0], FLOAT)


INTO = frozenset({"scatter", "scatter_add", "scatter_reduce", "index_add", "index_copy"})
"""Layers that write one value into another."""


def takes_numbers(layer: Layer) -> bool:
    """Does it have arguments that may be whole or not, by which the type of what it gives may differ?"""
    return bool(layer.number_argument) or any(
        isinstance(argument.kind, Number) for argument in layer.arguments.values()
    )


def apart(a: dtype, b: dtype) -> bool:
    """Are numbers of these types never multiplied? Where the code asks for autocast, those of 32 bits may be."""
    if a.kind < 2 or b.kind < 2:
        return a is not b
    return a is not b and (DOUBLE in (a, b) or a.kind != b.kind or not mixing[0])


mixing = [False]
"""Has the code that is read asked for autocast, which makes types one?"""


def checked_weights(layer: Layer, weights: Sequence[Tensor], given: Tensor) -> None:
    """Refuse numbers of another type than the weights of a layer are. Raises ShapeError."""
    own = next((one.dtype for one in weights if one.dtype.kind > 1), given.dtype)
    arrives = given.dtype
    if (
        arrives.kind < 2
        or not apart(own, arrives)
        or layer.numbers == "indices"
        or is_norm_of_halves(layer, own, arrives)
    ):
        return
    refuse(f"{layer.torch} has weights of {own.name}, but {arrives.name} arrives", given, own)


def is_norm_of_halves(layer: Layer, own: dtype, arrives: dtype) -> bool:
    """Is it a norm that may keep its weights in 32 bits beside numbers of 16, or one that takes any?"""
    if layer.name == "rmsnorm":
        return True
    return "norm" in layer.name and own is FLOAT and arrives.kind == 2 and arrives.bits == 16


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
