"""Expressions of the language, worked out exactly: whole numbers, fractions, open sizes, words, lists."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, TypeAlias

from cnncalc.diagnostics import CnncalcError, Diagnostic, Source, Span, listed, nearest
from cnncalc.language.text.limits import Limits
from cnncalc.language.text.synonyms import find
from cnncalc.language.text.tree import Call, Expression, Function, Name, Number, Operation, Several, Text, Unknown
from cnncalc.layers.kinds import FALSE, TRUE, List, Value, Word, is_fraction, said
from cnncalc.layers.shapes import BATCH_NAME
from cnncalc.named_tuples import NamedTuple
from cnncalc.symbolic.expr import Dim, Expr, greatest, least, remainder, symbol

if TYPE_CHECKING:
    from fractions import Fraction


class Tap(NamedTuple):
    """A value of the graph that a name stands for: one output, or all of a layer with several."""

    values: tuple[int, ...]


class Asked:
    """A number that is to be found, as a value: it goes where it is used, which tells what numbers it may be."""

    __slots__ = ("key", "name", "span")

    def __init__(self, key: Key, name: str, span: Span) -> None:
        self.key = key
        self.name = name
        self.span = span

    def __str__(self) -> str:
        return f"?{self.name}"


Key: TypeAlias = "tuple[str, int] | str"
"""Which unknown it is: by its name, else by the text and the place where it is."""


class NeedsNumber(Exception):
    """A number has to be there to go on, and is one that is to be found. `what` is the use: a count, or any number."""

    def __init__(self, asked: Asked, what: str) -> None:
        self.asked = asked
        self.what = what


class Scope:
    """What names mean while an expression is worked out."""

    __slots__ = ("layer", "limits", "local", "lookup", "open", "shape", "unknowns")

    def __init__(
        self,
        limits: Limits,
        local: dict[str, Value],
        open: frozenset[str] = frozenset(),
        shape: Callable[[Tap | None], tuple[Dim, ...] | None] | None = None,
        lookup: Callable[[str], Tap | None] | None = None,
        layer: Callable[[Call], Value] | None = None,
        unknowns: Mapping[Key, Value] | None = None,
    ) -> None:
        self.limits = limits
        self.local = local
        self.open = open  # names that are open sizes
        self.shape = shape  # the shape of a value of the graph; of None, the running one
        self.lookup = lookup  # the value of the graph that a name stands for
        self.layer = layer  # the layer of a call among values
        self.unknowns = unknowns  # the numbers that are tried for what is to be found; None where nothing is


def fail(code: str, message: str, span: Span | None, hint: str | None = None) -> CnncalcError:
    """An error at a span."""
    return CnncalcError(Diagnostic(code, message, span=span, hint=hint))


def is_open_name(name: str) -> bool:
    """Is this an open size where nothing defines it: a capital, with digits or without?"""
    return name[:1].isascii() and name[:1].isupper() and (len(name) == 1 or name[1:].isdecimal())


def check_open_name(name: str, setting: Source, texts: Sequence[Source]) -> None:
    """Refuse to set an open size that none of the texts has."""
    place = Span(setting, 0, len(name))
    if name == BATCH_NAME:
        raise fail("unknown-argument", "N is the batch, and no argument", place, "--batch sets it")
    words = {
        size
        for text in texts
        for word in re.findall(r"[\w.]+", re.sub("#.*", "", text.text))
        for size in word.split("x")
        if size
    }
    if name not in words:
        found = sorted(word for word in words if is_open_name(word) and word != BATCH_NAME)
        hint = f"it has {listed(found)}" if found else "it has none: open sizes are capitals, as in 3xHxW"
        raise fail("unknown-argument", f"the spec has no open size {name}", place, hint)


def evaluate(node: Expression, scope: Scope) -> Value:
    """The value of an expression. A name that nothing defines is a `Word`."""
    if isinstance(node, Number):
        return node.value
    if isinstance(node, Name):
        return _name(node, scope)
    if isinstance(node, Operation):
        return _operation(node, scope)
    if isinstance(node, Text):
        return node.text
    if isinstance(node, Unknown):
        found: Value = _unknown(node, scope)
        return found
    if isinstance(node, Several):
        items = (List if node.square else tuple)([evaluate(item, scope) for item in node.items])
        if any(isinstance(item, tuple) for item in items) and weight(items) > scope.limits["steps"]:
            # Lists of one list twice, over and over, hold few objects and take for ever to go through.
            raise scope.limits.exceeded("steps", "this list holds too much", node.span)
        return items
    if isinstance(node, Function):
        return _function(node, scope)
    if scope.layer is None:
        raise fail("wrong-kind", "expected a number here, not a layer", node.span)
    return scope.layer(node)


def weight(value: Value) -> int:
    """How many values are in a value, with those of lists in lists."""
    return 1 + sum(map(weight, value)) if isinstance(value, tuple) and not isinstance(value, Tap) else 1


def filled(name: str, span: Span, scope: Scope) -> str:
    """A name with the values of the expressions in it: `stage{i + 1}`. The span starts where the name does."""
    if "{" not in name:
        return name
    from cnncalc.language.text.expressions import Expressions

    parts: list[str] = []
    for match in re.finditer(r"([^{}]+)|\{([^{}]*)\}", name):
        if match[1]:
            parts.append(match[1])
            continue
        parser = Expressions(span.source, span.start + match.start(2), span.start + match.end(2), scope.limits)
        node = parser.value()
        if parser.next.kind != "end":
            parser.unexpected("}")
        parts.append(said(defined(evaluate(node, scope), node, scope)))
    return "".join(parts)


def _name(node: Name, scope: Scope) -> Value:
    name = filled(node.text, node.span, scope) if "{" in node.text else node.text
    if name in scope.local:
        return scope.local[name]
    if name == "None":
        return None
    if name == "channels" and scope.shape is not None:
        return _size(node.span, None, 1, scope)
    if scope.lookup is not None and (tap := scope.lookup(name)) is not None:
        return tap
    if name in scope.open or is_open_name(name):
        return symbol(name)
    return Word(name)


def _unknown(node: Unknown, scope: Scope) -> Any:
    """The number that is tried for an unknown; where there is none yet, the unknown itself."""
    if scope.unknowns is None:
        message = f"{node.span.text} stands for a number that is to be found"
        hint = "`cnncalc solve` finds it, with --expect-output and the like"
        hint += "; a capital leaves a size open, 3xHxW" if node.of_shape else ""
        raise fail("unknown-number", message, node.span, hint)
    key: Key = node.name or (node.span.source.name, node.span.start)
    return scope.unknowns[key] if key in scope.unknowns else Asked(key, node.name, node.span)


def defined(value: Value, node: Expression, scope: Scope) -> Value:
    """The value, once it is sure that no undefined name is in it."""
    if isinstance(value, Word) and value not in TRUE | FALSE and not isinstance(node, Several):
        raise unknown_name(value, node.span, scope)
    return value


IN_CHANNELS = frozenset({"in_channels", "in_ch", "in_planes", "inplanes", "c_in", "cin", "in_c", "in_features"})


def unknown_name(name: str, span: Span, scope: Scope, *, opens: bool = True) -> CnncalcError:
    """The error for a name that has no value here. `opens`: an open size could be here."""
    near = nearest(name, [*scope.local, *(["channels"] if scope.shape else [])])
    hint = f"did you mean {near[0]}?" if near else None
    if hint is None and find(name) is not None:
        return fail("unknown-name", f"{name} is a layer, where a value is expected", span, "layers are joined by ->")
    if name in IN_CHANNELS and scope.shape:
        hint = "write channels, which is the number of channels that come in"
    if hint is None and opens and name.isascii() and name.isidentifier():
        capital = next((part[0].upper() for part in reversed(name.split("_")) if part[:1].isalpha()), "K")
        capital = "K" if capital == BATCH_NAME else capital
        hint = f"write its number, or a single capital such as {capital} for an open size"
    return fail("unknown-name", f"nothing here is called {name}", span, hint)


def _numeric(value: Value, node: Expression, scope: Scope) -> int | Fraction | Expr:
    value = defined(value, node, scope)
    if isinstance(value, Asked):
        raise NeedsNumber(value, "number")
    if isinstance(value, bool) or not (isinstance(value, int | Expr) or is_fraction(value)):
        raise fail("wrong-kind", f"expected a number here, not {describe(value)}", node.span)
    return value


def describe(value: Value) -> str:
    """A value in a sentence."""
    if isinstance(value, Tap):
        return "a value of the network"
    if isinstance(value, tuple):
        return f"the list {said(value)}"
    return said(value)


def truth(value: Value, node: Expression, scope: Scope) -> bool:
    """The value as a condition."""
    if isinstance(value, Word | str) and value in TRUE | FALSE:
        return value in TRUE
    value = defined(value, node, scope)
    if isinstance(value, bool):
        return value
    raise fail("wrong-kind", f"a condition is yes or no, not {describe(value)}", node.span)


def _operation(node: Operation, scope: Scope) -> Value:
    operator = node.operator
    if operator in ("and", "or"):
        left = truth(evaluate(node.operands[0], scope), node.operands[0], scope)
        if left == (operator == "or"):
            return left
        return truth(evaluate(node.operands[1], scope), node.operands[1], scope)
    if operator == "if":
        condition, value, other = node.operands
        holds = _choice(condition, scope)
        if isinstance(holds, bool):
            return evaluate(value if holds else other, scope)
        one, two = (_whole(_numeric(evaluate(branch, scope), branch, scope), node) for branch in (value, other))
        chosen: Value = _checked(two + (one - two) * holds, node.span, scope.limits)
        return chosen
    if operator == "not":
        return not truth(evaluate(node.operands[0], scope), node.operands[0], scope)
    if operator in ("==", "!="):
        left_value, right_value = (evaluate(operand, scope) for operand in node.operands)
        return _equal(left_value, right_value, node, scope) == (operator == "==")
    if operator == "in":
        return _among(node, scope)
    numbers = [_numeric(evaluate(operand, scope), operand, scope) for operand in node.operands]
    if operator in ("-1", "+1"):
        return -numbers[0] if operator == "-1" else numbers[0]
    left_number, right_number = numbers
    if operator in ("<", "<=", ">", ">="):
        return _compare(operator, left_number, right_number, node)
    found: Value = _checked(_arithmetic(operator, left_number, right_number, node), node.span, scope.limits)
    return found


def _among(node: Operation, scope: Scope) -> bool:
    value, items = (evaluate(operand, scope) for operand in node.operands)
    if not isinstance(items, tuple):
        raise fail("wrong-kind", f"`in` needs a list after it, not {describe(items)}", node.operands[1].span)
    return any(_equal(value, item, node, scope) for item in items)


def _choice(node: Expression, scope: Scope) -> bool | Expr:
    """Whether a condition holds; of a comparison of open sizes 1 where it does, and 0 where not."""
    if not isinstance(node, Operation) or node.operator not in ("<", "<=", ">", ">="):
        return truth(evaluate(node, scope), node, scope)
    left, right = (_numeric(evaluate(operand, scope), operand, scope) for operand in node.operands)
    if isinstance(left, int | Expr) and isinstance(right, int | Expr):
        more = left - right if node.operator in (">", ">=") else right - left
        if isinstance(more, Expr):
            found = least(1, greatest(0, more + 1 if node.operator in ("<=", ">=") else more))
            return found if isinstance(found, Expr) else bool(found)
    return _compare(node.operator, left, right, node)


def _equal(left: Value, right: Value, node: Operation, scope: Scope) -> bool:
    pair: list[Any] = []
    for value, operand in ((left, node.operands[0]), (right, node.operands[1])):
        if isinstance(value, str) and value in TRUE | FALSE and isinstance(value, Word):
            value = value in TRUE
        elif (
            isinstance(value, Word)
            and not isinstance(operand, Text)
            and (isinstance(left, int | Expr) or is_fraction(left))
        ):
            value = defined(value, operand, scope)
        pair.append(value)
    if isinstance(pair[0], Expr) or isinstance(pair[1], Expr):
        if isinstance(pair[0], int | Expr) and isinstance(pair[1], int | Expr):
            difference = pair[0] - pair[1]
            if isinstance(difference, int):
                return difference == 0
            raise fail(
                "open-condition",
                f"whether {pair[0]} == {pair[1]} depends on open sizes, and the graph would change with it",
                node.span,
                "give the size a number, by --set or -i",
            )
        return False
    if isinstance(pair[0], bool) is not isinstance(pair[1], bool):
        return False
    return bool(pair[0] == pair[1])


def _compare(operator: str, left: Any, right: Any, node: Operation) -> bool:
    if isinstance(left, Expr) or isinstance(right, Expr):
        difference = left - right if not is_fraction(left) and not is_fraction(right) else None
        if isinstance(difference, Expr):
            from cnncalc.symbolic.bounds import bounds

            low, high = bounds(difference)
            if (low is not None and low > 0) or (high is not None and high < 0):
                difference = 1 if low is not None and low > 0 else -1
        if not isinstance(difference, int):
            raise fail(
                "open-condition",
                f"whether {left} {operator} {right} depends on open sizes, and the graph would change with it",
                node.span,
                "give the size a number, by --set or -i",
            )
        left, right = difference, 0
    return bool({"<": left < right, "<=": left <= right, ">": left > right, ">=": left >= right}[operator])


def _arithmetic(operator: str, left: Any, right: Any, node: Operation) -> Any:
    fraction = is_fraction(left) or is_fraction(right)
    opened = isinstance(left, Expr) or isinstance(right, Expr)
    if fraction and opened:
        left, right = (_whole(v, node) for v in (left, right))
    if operator == "+":
        return left + right
    if operator == "-":
        return left - right
    if operator == "*":
        return left * right
    if operator == "**":
        if not isinstance(right, int) or not 0 <= right <= 64:
            raise fail("wrong-kind", f"a power is a whole number from 0 to 64, not {said(right)}", node.span)
        return left**right
    if not isinstance(right, Expr) and right == 0:
        raise fail("division-by-zero", f"{said(left)} is divided by 0", node.span)
    if opened:
        if isinstance(right, int) and right < 0:
            raise fail("wrong-kind", f"an open size is divided by {right}; a divisor is 1 or more", node.span)
        if operator == "/":
            raise fail("wrong-kind", f"{left} / {right} may be a fraction; write // to round down", node.span)
        return left // right if operator == "//" else remainder(left, right)
    if operator == "/":
        from fractions import Fraction

        result = Fraction(left) / Fraction(right)
        return int(result) if result.denominator == 1 else result
    return left // right if operator == "//" else left % right


def _whole(value: Any, node: Operation | Function) -> Any:
    if is_fraction(value):
        if value.denominator == 1:
            return int(value)
        which = f"{node.name} of {said(value)} and" if isinstance(node, Function) else f"{said(value)} times"
        raise fail("wrong-kind", f"{which} an open size may be a fraction", node.span, "write //")
    return value


def _checked(value: Any, span: Span, limits: Limits) -> Any:
    parts: tuple[int, ...] = ()
    if isinstance(value, int):
        parts = (value,)
    elif is_fraction(value):
        parts = (value.numerator, value.denominator)
    elif isinstance(value, Expr):
        if len(value.terms) > limits["values"]:
            raise limits.exceeded("values", f"this expression has {len(value.terms):,} terms", span)
        parts = tuple(value.terms.values())
    # One decimal digit is 3.3 bits; a fraction of a table may need somewhat more than a written number.
    if any(part.bit_length() > 8 * limits["digits"] for part in parts):
        raise limits.exceeded("digits", "this number has too many digits", span)
    return value


# Functions


def _function(node: Function, scope: Scope) -> Value:
    name = node.name
    if name in ("channels", "size"):
        return _size_of(node, scope)
    if name not in FUNCTIONS:
        near = nearest(name, [*FUNCTIONS, "channels", "size"])
        if not near and (find(name) is not None or name.startswith("self.")):
            called = Span(node.span.source, node.span.start, node.span.start + len(name))
            hint = "layers are written one after the other: `maxpool 2 -> relu` for relu(maxpool(x))"
            raise fail("unknown-function", f"{name} is called inside of another layer", called, hint)
        raise fail(
            "unknown-function",
            f"there is no function {name}",
            Span(node.span.source, node.span.start, node.span.start + len(name)),
            f"did you mean {near[0]}?" if near else f"there are {', '.join(sorted([*FUNCTIONS, 'channels', 'size']))}",
        )
    fewest, most, function = FUNCTIONS[name]
    if not fewest <= len(node.arguments) <= most:
        wanted = str(fewest) if fewest == most else f"{fewest} or more" if most > 9 else f"{fewest} to {most}"
        raise fail("wrong-count", f"{name} takes {wanted} values, not {len(node.arguments)}", node.span)
    values = [evaluate(argument, scope) for argument in node.arguments]
    if name == "item":
        return _item(values, node, scope)
    if name == "len":
        if not isinstance(values[0], tuple):
            raise fail("wrong-kind", f"len takes a list, not {describe(values[0])}", node.span)
        return len(values[0])
    if name in ("max", "min") and len(values) == 1:
        return _of_list(name, values[0] if isinstance(values[0], tuple) else (values[0],), node, scope)
    numbers = [_numeric(value, argument, scope) for value, argument in zip(values, node.arguments)]
    if any(isinstance(n, Expr) for n in numbers):
        if name in ("int", "floor", "ceil", "round"):
            return numbers[0]
        if name in ("min", "max"):
            return _open_extreme(name, numbers, node, scope)
        if name == "abs":
            size = numbers[0]
            distance: Dim = _checked(greatest(_whole(size, node), _whole(-size, node)), node.span, scope.limits)
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
        result: Value = function(*numbers)
    except ZeroDivisionError:
        raise fail("division-by-zero", f"{name} divides by 0", node.span) from None
    return result


def _of_list(name: str, values: tuple[Value, ...], node: Function, scope: Scope) -> Value:
    """The largest or smallest number of a list."""
    place = node.arguments[0]
    if not values:
        raise fail("wrong-kind", f"{name} takes one number at least, and this list is empty", place.span)
    numbers = [_numeric(value, place, scope) for value in values]
    if any(isinstance(n, Expr) for n in numbers):
        return _open_extreme(name, numbers, node, scope)
    most: Value = (max if name == "max" else min)(numbers)  # type: ignore[type-var]
    return most


def _open_extreme(name: str, numbers: Sequence[Any], node: Function, scope: Scope) -> Dim:
    """The least or the greatest where some are open sizes."""
    whole = [_whole(number, node) for number in numbers]
    found: Dim = _checked(least(*whole) if name == "min" else greatest(*whole), node.span, scope.limits)
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


def _size_of(node: Function, scope: Scope) -> Dim:
    values = [evaluate(argument, scope) for argument in node.arguments]
    tap = values[0] if values and isinstance(values[0], Tap) else None
    values = values[1:] if tap else values
    if values and isinstance(values[0], Word):
        raise fail("unknown-tap", f"no layer or input here is called {values[0]}", node.arguments[0].span)
    if node.name == "channels":
        return _size(node.span, tap, 1, scope)
    if len(values) != 1 or not isinstance(values[0], int):
        raise fail("wrong-count", "size takes an axis, or a name and an axis: size(2), size(stem, 2)", node.span)
    return _size(node.span, tap, values[0], scope)


def _size(span: Span, tap: Tap | None, axis: int, scope: Scope) -> Dim:
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
