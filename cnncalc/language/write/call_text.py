"""How values and calls of layers are written: the inverse of `cnncalc.language.run.bind`."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from cnncalc.language.run.bind import WAY
from cnncalc.language.run.scope import is_open_name
from cnncalc.layers import Found, find
from cnncalc.layers.arguments import REQUIRED, Argument
from cnncalc.layers.kinds import Value, Wrong, is_fraction
from cnncalc.layers.layer import Layer
from cnncalc.layers.shapes import Shapes
from cnncalc.symbolic.expr import Expr

if TYPE_CHECKING:
    from fractions import Fraction

WORD = re.compile(r"[^\W\d]\w*")


def value_text(value: Value, words: frozenset[str] = frozenset()) -> str:
    """A value as an expression that gives it back. `words` are taken by names, so that a text needs quotes."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if value is None or isinstance(value, int):
        return str(value)
    if isinstance(value, Expr):
        text = str(value)
        return text if re.fullmatch(r"[\w*/]+", text) else f"({text})"
    if is_fraction(value) or isinstance(value, float):
        return number_text(value)
    if isinstance(value, tuple):
        return f"({', '.join(value_text(item, words) for item in value)}{',' if len(value) == 1 else ''})"
    if isinstance(value, Layer):
        return f"{value.name}({', '.join(f'{key}={value_text(v, words)}' for key, v in value.stated().items())})"
    text = str(value)
    if WORD.fullmatch(text) and text not in words and text != "None" and not is_open_name(text):
        return text
    return f'"{text}"' if "'" in text else f"'{text}'"


def number_text(value: float | Fraction) -> str:
    """A decimal; a quotient where no short decimal gives the same number."""
    number = float(value)
    if number.is_integer() and abs(number) < 1e15:
        return str(int(number))
    from fractions import Fraction

    text = repr(number)
    if isinstance(value, (int, float)) or Fraction(text) == value:
        return text
    return f"{value.numerator}/{value.denominator}"


def compact(layer: Layer, argument: Argument, value: Value) -> Value:
    """The shortest value that the argument reads as this one: 3 for (3, 3)."""
    if isinstance(value, tuple) and value and not argument.variadic and all(item == value[0] for item in value):
        try:
            same = argument.kind.read(value[0], layer.ndim) == value
        except Wrong:
            same = False
        if same:
            return value[0]
    return value


def given(layer: Layer, xs: Shapes | None) -> dict[str, Value]:
    """The arguments that have to be written, as short as they can be. `xs` is what comes in."""
    found = {key: compact(layer, layer.arguments[key], value) for key, value in layer.written().items()}
    inferred = [key for key, argument in layer.arguments.items() if argument.inferred]
    if inferred and xs is not None:
        arrives = layer.arrives(*xs)
        for key in inferred:
            value = getattr(layer, key)
            if value is not None and value != arrives[key]:
                found[key] = compact(layer, layer.arguments[key], value)
    for key, argument in layer.arguments.items():
        if argument.default is REQUIRED and key not in found:
            found[key] = compact(layer, argument, getattr(layer, key))
    return {key: found[key] for key in layer.arguments if key in found}


def name_of(layer: Layer, rank: int | None) -> tuple[str, Mapping[str, Value]]:
    """The shortest usual name of a layer, and the arguments that the name itself sets.

    `rank` is the number of axes that arrive, from which a family finds its member; None where it is not to.
    """
    own = find(layer.name)
    assert own is not None, layer.name
    family = own.family
    for name, preset in family.presets.items():
        if fits(find(name), layer, rank) and all(
            layer.arguments[key].kind.read(value, layer.ndim) == getattr(layer, key) for key, value in preset.items()
        ):
            return name, preset
    for name in (layer.stem, layer.name.removesuffix(f"{layer.ndim}d")):
        if fits(find(name), layer, rank):
            return name, {}
    return layer.name, {}


def fits(found: Found | None, layer: Layer, rank: int | None) -> bool:
    """Does a name mean this layer, for an input of this rank?"""
    if found is None or found.torch_style:
        return False
    if found.ndim is not None or not found.family.dims:
        return found.family.member(found.ndim) is type(layer)
    if rank is None:
        return False
    ndim = found.family.layer.axes_for(rank)
    return ndim in found.family.dims and found.family.member(ndim) is type(layer)


def call_text(
    layer: Layer,
    xs: Shapes | None,
    rank: int | None,
    branches: Sequence[str] | None,
    texts: Mapping[str, str],
    words: frozenset[str] = frozenset(),
    way: str = "",
) -> str:
    """A call. `branches` are the names of what it reads, None for the running value; `texts` stand for arguments."""
    name, preset = name_of(layer, rank)
    values = {key: value for key, value in given(layer, xs).items() if key not in preset}
    written = {key: value_text(value, words) for key, value in values.items()}
    pieces: dict[str, list[str]] = {}
    for key, value in values.items():
        if layer.arguments[key].variadic and isinstance(value, tuple):
            pieces[key] = [texts.get(f"{key}.{i}") or value_text(item, words) for i, item in enumerate(value)]
            written[key] = f"({', '.join(pieces[key])}{',' if len(value) == 1 else ''})"
    written |= {key: text for key, text in texts.items() if "." not in key}
    order = layer.positional
    if order is None:
        order = tuple(key for key, argument in layer.arguments.items() if not argument.inferred)
    parts: list[str] = []
    bare = branches is None
    for at, key in enumerate([*order, *(key for key in written if key not in order)]):
        argument = layer.arguments[key]
        if key not in written:
            bare = False
            continue
        required = argument.default is REQUIRED
        yes_or_no = isinstance(values.get(key), bool)  # which says nothing without its name
        if bare and key in pieces:
            parts += pieces[key] or ["()"]
        elif bare and at < len(order) and (at == 0 or (required and not argument.short)) and not yes_or_no:
            parts.append(written[key] if isinstance(values.get(key), Layer) else guarded(written[key]))
        else:
            short = keyed(argument, values.get(key), written[key], key in texts, branches is None)
            # `p1` is a name where something is called so.
            parts.append(f"{argument.short}={short[len(argument.short) :]}" if short in words else short)
            bare = False
    if way:
        parts.append(f"{WAY}={way}")
    if branches is None:
        return " ".join([name, *parts])
    return f"{name}({', '.join([*branches, *parts])})"


def guarded(text: str) -> str:
    """A bare value, in brackets where its spaces would make several of it."""
    return f"({text})" if " " in text and not text.startswith(("(", "'", '"')) else text


def keyed(argument: Argument, value: Value, text: str, replaced: bool, letters: bool) -> str:
    """`k3`, `k3x5`, `p=same`, `bias=no`"""
    if argument.short and not replaced and letters:
        if isinstance(value, int) and not isinstance(value, bool) and value >= 0:
            return f"{argument.short}{value}"
        if isinstance(value, tuple) and len(value) > 1 and all(type(v) is int and v >= 0 for v in value):
            return f"{argument.short}{'x'.join(map(str, value))}"
    return f"{argument.short or argument.name}={text}"
