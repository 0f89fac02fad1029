"""Sizes that write down how they come about: the same operators as `Dim`, with the sum as text.

>>> i, p, k, s = (named(n, v) for n, v in [("in", 224), ("padding", 3), ("kernel_size", 7), ("stride", 2)])
>>> out = (i + 2*p - k)//s + 1
>>> out.names
'floor((in + 2*padding - kernel_size)/stride) + 1'
>>> out.numbers
'floor((224 + 2*3 - 7)/2) + 1'
>>> out.step, out.value
('floor(223/2) + 1', 112)
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TypeAlias, Union

from cnncalc.symbolic.expr import Dim, Expr, greatest, least
from cnncalc.symbolic.show import stands_alone

SUM, PRODUCT, ATOM = 1, 2, 3  # how strongly a text holds together
Operand: TypeAlias = Union["Worked", Dim]


class Worked:
    """A size with three texts: by names, by numbers, and with the insides of its floors worked out."""

    __slots__ = ("level", "names", "numbers", "step", "value")

    def __init__(self, value: Dim, names: str, numbers: str, step: str, level: int) -> None:
        self.value = value
        self.names = names
        self.numbers = numbers
        self.step = step
        self.level = level

    def __repr__(self) -> str:
        return f"{self.names} = {self.numbers} = {self.value}"

    def __add__(self, other: Operand) -> Worked:
        return _joined(self, "+", _worked(other))

    def __radd__(self, other: Operand) -> Worked:
        return _joined(_worked(other), "+", self)

    def __sub__(self, other: Operand) -> Worked:
        return _joined(self, "-", _worked(other))

    def __rsub__(self, other: Operand) -> Worked:
        return _joined(_worked(other), "-", self)

    def __mul__(self, other: Operand) -> Worked:
        return _multiplied(self, _worked(other))

    def __rmul__(self, other: Operand) -> Worked:
        return _multiplied(_worked(other), self)

    def __floordiv__(self, other: Operand) -> Worked:
        return _divided(self, _worked(other))

    def __rfloordiv__(self, other: Operand) -> Worked:
        return _divided(_worked(other), self)

    def extreme(self, name: str, sizes: Sequence[Operand]) -> Worked:
        """The least (`min`) or the greatest (`max`) of several sizes, of which it is one.

        >>> from cnncalc.symbolic.expr import least
        >>> least(named("rows", 3), named("columns", 5))
        min(rows, columns) = min(3, 5) = 3
        """
        each = [_worked(size) for size in sizes]
        value = (least if name == "min" else greatest)(*[size.value for size in each])
        names, numbers, steps = zip(*[(size.names, size.numbers, size.step) for size in each])
        texts = [f"{name}({', '.join(parts)})" for parts in (names, numbers, steps)]
        return Worked(value, texts[0], texts[1], texts[2], ATOM)

    def __mod__(self, other: Operand) -> Dim:
        """A test of divisibility, which needs no text."""
        return self.value % _worked(other).value

    def __eq__(self, other: object) -> bool:
        return bool(self.value == (other.value if isinstance(other, Worked) else other))

    def __hash__(self) -> int:
        return hash(self.value)

    def __bool__(self) -> bool:
        return self.value != 0

    def __index__(self) -> int:
        """For `range`: how many layers a stack has is structure, and no part of a sum. Raises TypeError where open."""
        value: object = self.value
        if isinstance(value, int | float):  # a float where a decimal divides, as in int(features // 4.0)
            return int(value)
        raise TypeError(f"{self.value} is open")

    def __lt__(self, other: Operand) -> bool:
        """For `min`, on numbers: the explanation shows the one that is smaller."""
        difference = self.value - _worked(other).value
        return isinstance(difference, int) and difference < 0

    def __gt__(self, other: Operand) -> bool:
        return _worked(other) < self

    def __ge__(self, other: Operand) -> bool:
        difference = self.value - _worked(other).value
        return isinstance(difference, int) and difference >= 0

    def __le__(self, other: Operand) -> bool:
        return _worked(other) >= self


def named(name: str, value: Dim) -> Worked:
    """A size that the explanation calls by a name."""
    text = str(value)
    held = text if isinstance(value, int) or stands_alone(value) else f"({text})"
    return Worked(value, name, held, held, ATOM)


def _worked(value: Operand) -> Worked:
    if isinstance(value, Worked):
        return value
    text = str(value)
    return Worked(value, text, text, text, SUM if isinstance(value, Expr) else ATOM)


def _constant(value: Worked, number: int) -> bool:
    """Is this a number of the rule itself, such as the 1 of a default, and no named size?"""
    return isinstance(value.value, int) and value.value == number and value.names == str(number)


def _joined(left: Worked, sign: str, right: Worked) -> Worked:
    if _constant(right, 0):
        return left
    if _constant(left, 0) and sign == "+":
        return right

    def text(first: str, second: str) -> str:
        return f"{first} {sign} {_held(second, right.level == SUM and (sign == '-' or second.startswith('-')))}"

    value = left.value + right.value if sign == "+" else left.value - right.value
    return _combined(value, text, left, right, SUM)


def _multiplied(left: Worked, right: Worked) -> Worked:
    if _constant(left, 1):
        return right
    if _constant(right, 1):
        return left

    def text(first: str, second: str) -> str:
        return f"{_held(first, left.level == SUM)}*{_held(second, right.level == SUM)}"

    return _combined(left.value * right.value, text, left, right, PRODUCT)


def _combined(value: Dim, text: Callable[[str, str], str], left: Worked, right: Worked, level: int) -> Worked:
    names, numbers = text(left.names, right.names), text(left.numbers, right.numbers)
    return Worked(value, names, numbers, text(left.step, right.step), level)


def _divided(left: Worked, right: Worked) -> Worked:
    if _constant(right, 1):
        return left

    def floor(num: str, held: bool, den: str) -> str:
        return f"floor({_held(num, held)}/{den})"

    deep = left.level == SUM
    names = floor(left.names, deep, _held(right.names, right.level < ATOM))
    numbers = floor(left.numbers, deep, _held(right.numbers, right.level < ATOM))
    num, den = str(left.value), str(right.value)
    step = floor(num, isinstance(left.value, Expr) and not num.isidentifier(), _held(den, not den.isalnum()))
    return Worked(left.value // right.value, names, numbers, step, ATOM)


def _held(text: str, held: bool) -> str:
    return f"({text})" if held else text
