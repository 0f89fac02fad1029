"""What a layer class declares of its arguments, once and in the order of torch's signature."""

from __future__ import annotations

from typing import Any, Literal, TypeVar, overload

from cnncalc.layers.kinds import Kind, Value, is_fraction, said

T = TypeVar("T")

REQUIRED: Any = object()
"""The default of an argument that has none."""


class Argument:
    """An argument of a layer, declared once in its class by `arg`."""

    __slots__ = ("at_call", "default", "help", "in_torch", "inferred", "kind", "name", "same_as", "short", "variadic")

    def __init__(
        self,
        kind: Kind[Any],
        default: Value,
        short: str,
        inferred: bool,
        variadic: bool,
        same_as: str,
        in_torch: Value,
        at_call: bool,
        help: str,
    ) -> None:
        self.kind = kind
        self.default = default
        self.short = short  # the one-letter name of the language, such as k for kernel_size
        self.inferred = inferred  # left out, it is read off the input
        self.variadic = variadic  # takes all further values
        self.same_as = same_as  # left out or None, it takes the value of that argument
        self.in_torch = in_torch  # the default under torch's name, where it is another
        self.at_call = at_call  # torch takes it when the layer runs, and not when it is made
        self.help = help
        self.name = ""


@overload
def arg(
    kind: Kind[T],
    *,
    short: str = "",
    variadic: bool = False,
    in_torch: Value = None,
    at_call: bool = False,
    help: str = "",
) -> T: ...
@overload
def arg(
    kind: Kind[T],
    *,
    same_as: str,
    short: str = "",
    in_torch: Value = None,
    help: str = "",
) -> T: ...
@overload
def arg(
    kind: Kind[T],
    *,
    inferred: Literal[True],
    short: str = "",
    in_torch: Value = None,
    at_call: bool = False,
    help: str = "",
) -> T | None: ...
@overload
def arg(
    kind: Kind[T],
    default: None,
    *,
    short: str = "",
    variadic: bool = False,
    in_torch: Value = None,
    at_call: bool = False,
    help: str = "",
) -> T | None: ...
@overload
def arg(
    kind: Kind[T],
    default: Value,
    *,
    short: str = "",
    variadic: bool = False,
    in_torch: Value = None,
    at_call: bool = False,
    help: str = "",
) -> T: ...
def arg(
    kind: Kind[Any],
    default: Value = REQUIRED,
    *,
    short: str = "",
    inferred: bool = False,
    variadic: bool = False,
    same_as: str = "",
    in_torch: Value = None,
    at_call: bool = False,
    help: str = "",
) -> Any:
    """Declare an argument in the body of a layer class, in the order of torch's signature.

    Its type is that of its kind's normal form; one that may be left out without a default may be None.
    """
    default = None if inferred or same_as else default
    return Argument(kind, default, short, inferred, variadic, same_as, in_torch, at_call, help)


def differ(value: Value, default: Value) -> bool:
    """Has a value been written that is not the default? Written decimals are exact, defaults are floats."""
    return bool((as_float(value) if isinstance(default, float) else value) != default)


def compact_value(value: Value) -> str:
    """An argument as short as it can be written: (3, 3) as 3."""
    if isinstance(value, tuple) and value and all(v == value[0] for v in value):
        value = value[0]
    return said(value)


def as_float(value: Value) -> Value:
    """A number as the float that it is in torch; what is none as it is."""
    return float(value) if isinstance(value, (int, float)) or is_fraction(value) else value


def exact(value: Value, default: Value) -> object:
    """What a value is equal by: `yes` is not 1, and a decimal is the float that it is in torch, as its default is."""
    if value.__class__ is bool:
        return (bool, value)
    if isinstance(value, tuple):
        return tuple([exact(item, None) for item in value])
    return as_float(value) if isinstance(default, float) else value
