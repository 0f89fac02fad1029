"""PyTorch's order after a name of the language: `conv(3, 16, 3)`, where the language leaves out what comes in.

The same values fit both orders where the first of them is what arrives. Nothing in the text says which was meant.
"""

from __future__ import annotations

from typing import Any

from cnncalc.diagnostics import CnncalcError, Diagnostic, listed
from cnncalc.flow import meet
from cnncalc.language.run.bind import SHORT, Bound, positions
from cnncalc.language.text.tree import Call
from cnncalc.layers import Found, Layer
from cnncalc.layers.arguments import REQUIRED, compact_value
from cnncalc.layers.kinds import Value, Word, Wrong
from cnncalc.layers.layer import written_short
from cnncalc.layers.shapes import Shapes
from cnncalc.layers.site import Refusal


def given_in_row(call: Call, values: tuple[Value, ...]) -> list[Value]:
    """The values that are told by their place alone."""
    return [
        value
        for argument, value in zip(call.arguments, values)
        if argument.key is None and not (isinstance(value, Word) and SHORT.fullmatch(value))
    ]


def torch_reading(
    call: Call, found: Found, member: type[Layer], values: tuple[Value, ...], xs: Shapes
) -> dict[str, Value] | None:
    """What the values are in PyTorch's order, if they fit it and what arrives; else None."""
    row = given_in_row(call, values)
    order = positions(member, found._replace(torch_style=True))
    inferred = [argument.name for argument in order[: len(row)] if argument.inferred]
    if not inferred or len(row) > len(order) or any(argument.variadic for argument in order):
        return None
    shorts = {argument.short: argument for argument in member.arguments.values() if argument.short}
    read: dict[str, Value] = {}
    pairs = list(zip(order, row))
    for argument, value in zip(call.arguments, values):
        key, named = argument.key, value
        if key is None:
            match = SHORT.fullmatch(value) if isinstance(value, Word) else None
            if match is None:
                continue
            sizes = tuple(map(int, match[2].split("x")))
            key, named = match[1], sizes if len(sizes) > 1 else sizes[0]
        taker = member.arguments.get(key) or shorts.get(key)
        if taker is None:
            return None
        pairs.append((taker, named))
    try:
        for taker, value in pairs:
            if taker.name in read:
                return None
            read[taker.name] = taker.kind.read(value, member.ndim)
        bare: dict[str, Any] = {**dict.fromkeys(member.arguments), **read}
        arrives = member.unchecked(bare).arrives(*xs)
    except (Wrong, IndexError, TypeError, ValueError):
        return None
    if any(argument.default is REQUIRED and name not in read for name, argument in member.arguments.items()):
        return None
    return read if all(read[name] == arrives.get(name) for name in inferred) else None


LARGEST_KERNEL = 11
"""The largest of usual kernels: what is larger is rather a number of channels."""


def refuse_channels(call: Call, bound: Bound, values: tuple[Value, ...], xs: Shapes) -> None:
    """Refuse `conv 3 16` on 3 channels: PyTorch's order without its kernel is likelier than 3 filters of 16x16."""
    row, layer = given_in_row(call, values), bound.layer
    numbers = [value for value in row if isinstance(value, int)]
    if len(row) != 2 or len(numbers) != 2 or "kernel_size" not in bound.names or "out_channels" not in layer.arguments:
        return
    first, second = numbers
    if second <= LARGEST_KERNEL or layer.arrives(*xs).get("in_channels") != first:
        return
    here = _said({name: getattr(layer, name) for name in bound.names})
    there = f"in_channels={first} and out_channels={second}, without a kernel"
    message = f"{call.span.text} sets {here} here, but in PyTorch's order {there}"
    own: dict[str, Any] = {name: getattr(layer, name) for name in layer.arguments}
    usual = type(layer)(**{**own, "out_channels": second, "kernel_size": (3,) * (layer.ndim or 1)})
    fitting = [written_short(one) for one in (usual, layer) if fits(one, xs)]
    hint = f"write {' or '.join(fitting)}" if fitting else None
    raise CnncalcError(Diagnostic("ambiguous-order", message, span=call.span, hint=hint))


def fits(layer: Layer, xs: Shapes) -> bool:
    """Does a layer run on what arrives?"""
    try:
        meet(layer, xs)
    except Refusal:
        return False
    return True


def refuse_either(call: Call, bound: Bound, read: dict[str, Value], xs: Shapes) -> CnncalcError:
    """The error for values that fit both orders, with both readings, or PyTorch's alone on the sizes that arrive."""
    layer = bound.layer
    here = {name: getattr(layer, name) for name in bound.names}
    message = f"{call.span.text} sets {_said(here)} here, but in PyTorch's order {_said(read)}, and the sizes fit "
    both = fits(layer, xs)
    message += "both" if both else "the latter alone"
    hint = f"write {in_torch(type(layer), read)}" + (f", or {written_short(layer)}" if both else "")
    return CnncalcError(Diagnostic("ambiguous-order", message, span=call.span, hint=hint))


def with_order(error: CnncalcError, member: type[Layer], read: dict[str, Value]) -> CnncalcError:
    """The error of a call whose values would fit in PyTorch's order, with that as the hint."""
    hint = f"in PyTorch's order it is {in_torch(member, read)}, and here {written_short(member(**read))}"
    return CnncalcError(*[diagnostic._replace(hint=hint) for diagnostic in error.diagnostics])


def in_torch(member: type[Layer], read: dict[str, Value]) -> str:
    """The call as PyTorch writes it."""
    required = [
        name for name, argument in member.arguments.items() if argument.inferred or argument.default is REQUIRED
    ]
    lead = [compact_value(read[name]) for name in required if name in read]
    rest = [f"{name}={compact_value(value)}" for name, value in read.items() if name not in required]
    return f"{member.torch or member.name}({', '.join([*lead, *rest])})"


def _said(values: dict[str, Value]) -> str:
    return listed([f"{name}={compact_value(value)}" for name, value in values.items()])
