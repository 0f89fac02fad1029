"""The functions of the language, on values that are worked out."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from cnncalc.diagnostics import Span, nearest
from cnncalc.language.run.scope import Scope, Tap, checked, defined, describe, fail, numeric, whole
from cnncalc.language.text.synonyms import find
from cnncalc.language.text.tree import Function
from cnncalc.layers.kinds import Value, Word, said
from cnncalc.symbolic.expr import Dim, Expr, greatest, least

if TYPE_CHECKING:
    from fractions import Fraction


def check_function(node: Function) -> None:
    """Refuse a function that there is not, or that takes another number of values."""
    name = node.name
    if name in SIZES:
        return
    if name not in FUNCTIONS:
        near = nearest(name, [*FUNCTIONS, *SIZES])
        place = Span(node.span.source, node.span.start, node.span.start + len(name))
        if not near and (find(name) is not None or name.startswith("self.")):
            hint = "layers are written one after the other: `maxpool 2 -> relu` for relu(maxpool(x))"
            raise fail("unknown-function", f"{name} is called inside of another layer", place, hint)
        hint = f"did you mean {near[0]}?" if near else f"there are {', '.join(sorted([*FUNCTIONS, *SIZES]))}"
        raise fail("unknown-function", f"there is no function {name}", place, hint)
    fewest, most, _ = FUNCTIONS[name]
    if not fewest <= len(node.arguments) <= most:
        wanted = str(fewest) if fewest == most else f"{fewest} or more" if most > 9 else f"{fewest} to {most}"
        raise fail("wrong-count", f"{name} takes {wanted} values, not {len(node.arguments)}", node.span)


def called(node: Function, values: list[Value], scope: Scope) -> Value:
    """What a function gives for the values of its arguments."""
    name = node.name
    if name in SIZES:
        return _size_of(node, values, scope)
    if name == "item":
        return _item(values, node, scope)
    if name == "len":
        if not isinstance(values[0], tuple):
            raise fail("wrong-kind", f"len takes a list, not {describe(values[0])}", node.span)
        return len(values[0])
    if name in ("max", "min") and len(values) == 1:
        return _of_list(name, values[0] if isinstance(values[0], tuple) else (values[0],), node, scope)
    numbers = [numeric(value, argument, scope) for value, argument in zip(values, node.arguments)]
    if any(isinstance(n, Expr) for n in numbers):
        if name in ("int", "floor", "ceil", "round"):
            return numbers[0]
        if name in ("min", "max"):
            return _open_extreme(name, numbers, node, scope)
        if name == "abs":
            size = numbers[0]
            distance: Dim = checked(greatest(whole(size, node), whole(-size, node)), node.span, scope.limits)
            return distance
        raise fail("wrong-kind", f"{name} has no closed form for open sizes", node.span, "give the size a number")
    if name == "range":
        return _range(numbers, node, scope)
    if name == "make_divisible" and float(numbers[0]) <= 0:  # type: ignore[arg-type]
        message = f"make_divisible rounds channels, of which there is one or more, not {said(numbers[0])}"
        raise fail("wrong-kind", message, node.arguments[0].span, "a width multiplier has to be above 0")
    if name == "sqrt" and numbers[0] < 0:  # type: ignore[operator]
        raise fail("wrong-kind", f"{said(numbers[0])} has no square root", node.arguments[0].span)
    try:
        result: Value = FUNCTIONS[name][2](*numbers)
    except ZeroDivisionError:
        raise fail("division-by-zero", f"{name} divides by 0", node.span) from None
    return result


def _of_list(name: str, values: tuple[Value, ...], node: Function, scope: Scope) -> Value:
    """The largest or smallest number of a list."""
    place = node.arguments[0]
    if not values:
        raise fail("wrong-kind", f"{name} takes one number at least, and this list is empty", place.span)
    numbers = [numeric(value, place, scope) for value in values]
    if any(isinstance(n, Expr) for n in numbers):
        return _open_extreme(name, numbers, node, scope)
    most: Value = (max if name == "max" else min)(numbers)  # type: ignore[type-var]
    return most


def _open_extreme(name: str, numbers: Sequence[Any], node: Function, scope: Scope) -> Dim:
    """The least or the greatest where some are open sizes."""
    sizes = [whole(number, node) for number in numbers]
    found: Dim = checked(least(*sizes) if name == "min" else greatest(*sizes), node.span, scope.limits)
    return found


def _range(numbers: list[Any], node: Function, scope: Scope) -> tuple[int, ...]:
    if not all(isinstance(n, int) for n in numbers) or (len(numbers) == 3 and numbers[2] == 0):
        came = ", ".join(map(said, numbers))
        raise fail("wrong-kind", f"range takes whole numbers and a step that is not 0, not {came}", node.span)
    if len(numbers) == 1 and numbers[0] < 0:
        raise fail("wrong-kind", f"range counts up to 0 or more, not to {numbers[0]}", node.span)
    made = range(*numbers)
    count = -((made.start - made.stop) // made.step)  # a range of so many has no length in Python
    if count > scope.limits["steps"]:
        raise scope.limits.exceeded("steps", f"this range has {count:,} numbers", node.span)
    return tuple(made)


def _item(values: list[Value], node: Function, scope: Scope) -> Value:
    items, index = values
    if not isinstance(items, tuple):
        raise fail("wrong-kind", f"only a list has items, not {describe(items)}", node.arguments[0].span)
    if not isinstance(index, int) or not -len(items) <= index < len(items):
        has = f"has items 0 to {len(items) - 1}" if len(items) > 1 else "has item 0 only" if items else "is empty"
        raise fail(
            "no-such-item",
            f"the list {has}, and no item {describe(defined(index, node.arguments[1], scope))}",
            node.arguments[1].span,
        )
    return items[index]


def _size_of(node: Function, values: list[Value], scope: Scope) -> Dim:
    tap = values[0] if values and isinstance(values[0], Tap) else None
    values = values[1:] if tap else values
    if values and isinstance(values[0], Word):
        raise fail("unknown-tap", f"no layer or input here is called {values[0]}", node.arguments[0].span)
    if node.name == "channels":
        return size_at(node.span, tap, 1, scope)
    if len(values) != 1 or not isinstance(values[0], int):
        raise fail("wrong-count", "size takes an axis, or a name and an axis: size(2), size(stem, 2)", node.span)
    return size_at(node.span, tap, values[0], scope)


def size_at(span: Span, tap: Tap | None, axis: int, scope: Scope) -> Dim:
    shape = scope.shape(tap) if scope.shape is not None else None
    if shape is None:
        raise fail("unknown-size", "the size is not known here", span)
    if not -len(shape) <= axis < len(shape):
        axes = f"axes are 0 to {len(shape) - 1}, and 0 is the batch"
        raise fail("no-such-axis", f"there is no axis {axis} among the {len(shape)} of this value", span, axes)
    return shape[axis]


def make_divisible(value: Fraction | int, divisor: int = 8, least: int | None = None) -> int:
    """The multiple of the divisor nearest to the value, no more than 10 % below it (MobileNet's rule).

    Source: Sandler et al. 2018, the reference implementation's `_make_divisible`.
    """
    from fractions import Fraction

    rounded = max(divisor if least is None else least, int(value + Fraction(divisor, 2)) // divisor * divisor)
    return rounded + divisor if rounded < Fraction(9, 10) * value else rounded


def square_root(value: Fraction | int) -> Fraction | int:
    """A whole number where it is one, else a decimal with the same floor and ceiling.

    >>> square_root(49), math.floor(square_root(999_999_999**2 - 1))
    (7, 999999998)
    """
    from fractions import Fraction

    low = math.isqrt(math.floor(value))
    if low * low == value:
        return low
    root = Fraction(repr(math.sqrt(value)))
    # Where a decimal of 17 digits has reached a whole number, which the root does not, more digits tell its floor.
    return root if low < root < low + 1 else Fraction(math.isqrt(math.floor(value * 10**20)), 10**10)


SIZES = ("channels", "size")
"""Functions of the shape of a value."""

FUNCTIONS: Mapping[str, tuple[int, int, Callable[..., Any]]] = {
    "abs": (1, 1, abs),
    "ceil": (1, 1, math.ceil),
    "floor": (1, 1, math.floor),
    "int": (1, 1, int),
    "item": (2, 2, lambda *_: None),
    "len": (1, 1, lambda *_: None),
    "make_divisible": (1, 3, make_divisible),
    "max": (1, 99, max),
    "min": (1, 99, min),
    "range": (1, 3, range),
    "round": (1, 1, round),
    "sqrt": (1, 1, square_root),
}
