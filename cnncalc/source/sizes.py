"""Open sizes as Python meets them: arithmetic keeps them open, and what has to be a number is remembered."""

from __future__ import annotations

import math
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from cnncalc.layers.shapes import BATCH_NAME
from cnncalc.named_tuples import NamedTuple
from cnncalc.source.errors import BatchAsked, is_ours
from cnncalc.symbolic.expr import Dim, Expr, number_at, symbols

SMALL = 1 << 20  # denominators of factors that decimals are exact for


class Line(NamedTuple):
    """A line of the user's code."""

    file: str
    number: int


class Asked(NamedTuple):
    """What the code asked of open sizes, and found at the sizes that it ran with."""

    left: Dim
    relation: str  # == != < <= > >=
    right: Dim
    line: Line | None
    number: bool  # a number was needed, not an answer


class Sample:
    """The sizes that stand for open ones while the code runs, and what it asked of them."""

    def __init__(self, sizes: Mapping[str, int]) -> None:
        self.sizes = {**sizes, BATCH_NAME: 1}
        self.asked: dict[tuple[Dim, str, Dim], Asked] = {}
        self.told: dict[str, Line | None] = {}

    def note(self, left: Dim, relation: str, right: Dim, number: bool = False) -> None:
        """Keep what holds at these sizes and not at all. Raises BatchAsked where it is of the batch."""
        if BATCH_NAME in symbols(left) | symbols(right):
            raise BatchAsked("needs-batch", "the code goes by the number of samples")
        self.asked.setdefault((left, relation, right), Asked(left, relation, right, user_line(), number))

    def tell(self, condition: str) -> None:
        """Keep in words on what the figures rest, where that is no question of sizes."""
        self.told.setdefault(condition, user_line())


_current: list[Sample] = [Sample({})]


@contextmanager
def at(sample: Sample) -> Iterator[Sample]:
    """Open sizes are those of a sample for a while."""
    _current.append(sample)
    try:
        yield sample
    finally:
        _current.pop()


def current() -> Sample:
    """What open sizes are while the code runs."""
    return _current[-1]


def user_line() -> Line | None:
    """The innermost line that is not the stand-in's."""
    frame = sys._getframe(1)
    while frame is not None and is_ours(frame):
        frame = frame.f_back  # type: ignore[assignment]
    return None if frame is None else Line(frame.f_code.co_filename, frame.f_lineno)


def shown(dim: Dim) -> Any:
    """A size as the user's code gets it."""
    return OpenSize(dim) if isinstance(dim, Expr) else dim


def taken(value: Any) -> Any:
    """What the user's code gives as a size, as one."""
    return value.dim if isinstance(value, OpenSize) else value


def is_open(value: object) -> bool:
    return isinstance(value, OpenSize | OpenReal)


RELATIONS = {"==": "!=", "!=": "==", "<": ">=", ">=": "<", ">": "<=", "<=": ">"}


def holds(left: Dim, relation: str, right: Dim) -> bool:
    """Does a relation hold? By proof where bounds decide it, else at the sample, which is noted."""
    difference = left - right
    if isinstance(difference, int):
        return _holds(difference, relation)
    from cnncalc.symbolic.decide import bounds

    low, high = bounds(difference)
    ends = [end for end in (low, high) if end is not None]
    if relation in ("==", "!="):
        if (low is not None and low > 0) or (high is not None and high < 0):
            return relation == "!="
    elif len(ends) == 2 and _holds(ends[0], relation) == _holds(ends[1], relation):
        return _holds(ends[0], relation)
    elif relation in (">", ">=", "<", "<="):
        over = ">" if relation in (">", "<=") else ">="
        if low is not None and _holds(low, over):
            return relation in (">", ">=")
        if high is not None and not _holds(high, over):
            return relation in ("<", "<=")
    sample = _current[-1]
    found = _holds(number_at(difference, sample.sizes), relation)
    sample.note(left, relation if found else RELATIONS[relation], right)
    return found


def _holds(number: int, relation: str) -> bool:
    return {
        "==": number == 0,
        "!=": number != 0,
        "<": number < 0,
        "<=": number <= 0,
        ">": number > 0,
        ">=": number >= 0,
    }[relation]


class _Compared:
    """What is compared by asking what holds."""

    __slots__ = ()

    def _asks(self, other: Any, relation: str) -> Any:
        raise NotImplementedError

    def __hash__(self) -> int:
        raise NotImplementedError

    def __eq__(self, other: object) -> Any:
        return self._asks(other, "==")

    def __ne__(self, other: object) -> Any:
        return self._asks(other, "!=")

    def __lt__(self, other: Any) -> Any:
        return self._asks(other, "<")

    def __le__(self, other: Any) -> Any:
        return self._asks(other, "<=")

    def __gt__(self, other: Any) -> Any:
        return self._asks(other, ">")

    def __ge__(self, other: Any) -> Any:
        return self._asks(other, ">=")


class OpenSize(_Compared):
    """An open size. It passes for an int, and is one where nothing else will do."""

    __slots__ = ("dim",)
    dim: Expr

    def __init__(self, dim: Expr) -> None:
        self.dim = dim

    # Arithmetic

    def _with(self, other: Any, operation: Any) -> Any:
        other = taken(other)
        if isinstance(other, bool):
            other = int(other)
        if isinstance(other, int | Expr):
            return shown(operation(self.dim, other))
        if isinstance(other, float | OpenReal):
            return operation(OpenReal(self.dim, 1), other)
        if hasattr(other, "__index__") and not hasattr(other, "_shape"):  # a number of numpy's
            return shown(operation(self.dim, int(other)))
        return NotImplemented

    def __add__(self, other: Any) -> Any:
        return self._with(other, lambda a, b: a + b)

    def __radd__(self, other: Any) -> Any:
        return self._with(other, lambda a, b: b + a)

    def __sub__(self, other: Any) -> Any:
        return self._with(other, lambda a, b: a - b)

    def __rsub__(self, other: Any) -> Any:
        return self._with(other, lambda a, b: b - a)

    def __mul__(self, other: Any) -> Any:
        if isinstance(other, list | tuple | str):
            return other * number_of(self)
        return self._with(other, lambda a, b: a * b)

    __rmul__ = __mul__

    def __floordiv__(self, other: Any) -> Any:
        _refuse_zero(other)
        return self._with(other, lambda a, b: a // b)

    def __rfloordiv__(self, other: Any) -> Any:
        return self._with(other, lambda a, b: b // a)

    def __mod__(self, other: Any) -> Any:
        _refuse_zero(other)
        return self._with(other, lambda a, b: a % b)

    def __rmod__(self, other: Any) -> Any:
        return NotImplemented if isinstance(other, str) else self._with(other, lambda a, b: b % a)

    def __divmod__(self, other: Any) -> Any:
        return self // other, self % other

    def __truediv__(self, other: Any) -> Any:
        return OpenReal(self.dim, 1) / other

    def __rtruediv__(self, other: Any) -> Any:
        return other / float(self) if not hasattr(other, "_shape") else NotImplemented

    def __pow__(self, other: Any) -> Any:
        if isinstance(other, int) and 0 <= other <= 8:
            return shown(self.dim**other) if other else 1
        return float(self) ** other

    def __rpow__(self, other: Any) -> Any:
        return other ** number_of(self) if not hasattr(other, "_shape") else NotImplemented

    def __neg__(self) -> Any:
        return shown(-self.dim)

    def __pos__(self) -> Any:
        return self

    def __abs__(self) -> Any:
        return self if self >= 0 else -self

    def __and__(self, other: Any) -> Any:
        if isinstance(other, int) and other > 0 and (other + 1) & other == 0:  # x & 7 is x % 8
            return self % (other + 1)
        return number_of(self) & other

    def __lshift__(self, other: int) -> Any:
        return self * 2**other

    def __rshift__(self, other: int) -> Any:
        return self // 2**other

    # Questions

    def _asks(self, other: Any, relation: str) -> Any:
        other = taken(other)
        if isinstance(other, int | Expr):
            return holds(self.dim, relation, int(other) if isinstance(other, bool) else other)
        if isinstance(other, float | OpenReal):
            return OpenReal(self.dim, 1)._asks(other, relation)
        return NotImplemented

    def __bool__(self) -> bool:
        return holds(self.dim, "!=", 0)

    def is_integer(self) -> bool:
        return True

    # As a number

    def __index__(self) -> int:
        return number_of(self)

    def __int__(self) -> int:
        return number_of(self)

    def __float__(self) -> float:
        return float(number_of(self))

    def __hash__(self) -> int:
        if _asked_by("einops"):  # which remembers shapes of numbers alone, and takes others as they are
            raise TypeError("unhashable type: an open size")
        return hash(number_of(self))

    def __ceil__(self) -> Any:
        return self

    def __floor__(self) -> Any:
        return self

    def __trunc__(self) -> Any:
        return self

    def __round__(self, digits: int | None = None) -> Any:
        return self

    def __repr__(self) -> str:
        return str(self.dim)

    def __format__(self, spec: str) -> str:
        return format(number_of(self), spec) if spec else str(self.dim)

    def __deepcopy__(self, memo: Any) -> OpenSize:
        return self


def _asked_by(package: str) -> bool:
    """Is it code of a package that asks an open size for something?"""
    return str(sys._getframe(2).f_globals.get("__name__")).partition(".")[0] == package


def _refuse_zero(other: Any) -> None:
    if isinstance(other, int) and other == 0:
        raise ZeroDivisionError("integer division or modulo by zero")


def number_of(size: OpenSize) -> int:
    """The number that an open size is at the sample, which is noted."""
    sample = _current[-1]
    number = number_at(size.dim, sample.sizes)
    sample.note(size.dim, "==", number, number=True)
    return number


class OpenReal(_Compared):
    """An open size divided by a whole number."""

    __slots__ = ("below", "over")

    def __init__(self, over: Dim, below: int) -> None:
        self.over = over
        self.below = below

    def _parts(self, other: Any) -> tuple[Dim, int] | None:
        other = taken(other)
        if isinstance(other, OpenReal):
            return other.over, other.below
        if isinstance(other, int | Expr):
            return other, 1
        if isinstance(other, float) and math.isfinite(other):
            over, below = other.as_integer_ratio()
            if below <= SMALL and abs(over) <= SMALL * SMALL:
                return over, below
        return None

    def _with(self, other: Any, exact: Any, inexact: Any) -> Any:
        parts = self._parts(other)
        if parts is None:
            return inexact(float(self), float(other)) if isinstance(other, float) else NotImplemented
        return OpenReal(*exact(self.over, self.below, *parts))

    def __add__(self, other: Any) -> Any:
        return self._with(other, lambda a, b, c, d: (a * d + c * b, b * d), lambda x, y: x + y)

    __radd__ = __add__

    def __sub__(self, other: Any) -> Any:
        return self._with(other, lambda a, b, c, d: (a * d - c * b, b * d), lambda x, y: x - y)

    def __rsub__(self, other: Any) -> Any:
        return -(self - other)

    def __neg__(self) -> Any:
        return OpenReal(-self.over, self.below)

    def __mul__(self, other: Any) -> Any:
        return self._with(other, lambda a, b, c, d: (a * c, b * d), lambda x, y: x * y)

    __rmul__ = __mul__

    def __truediv__(self, other: Any) -> Any:
        parts = self._parts(other)
        if parts is not None and isinstance(parts[0], int) and parts[0]:
            sign = -1 if parts[0] < 0 else 1
            return OpenReal(self.over * parts[1] * sign, self.below * parts[0] * sign)
        if parts is not None and isinstance(parts[0], int):
            raise ZeroDivisionError("float division by zero")
        return float(self) / float(other) if isinstance(other, float | OpenSize | OpenReal) else NotImplemented

    def __rtruediv__(self, other: Any) -> Any:
        return other / float(self)

    def __floordiv__(self, other: Any) -> Any:
        found = self / other
        return OpenReal(found.__floor__().dim, 1) if isinstance(found, OpenReal) else found // 1

    def __pow__(self, other: Any) -> Any:
        return float(self) ** other

    def __rpow__(self, other: Any) -> Any:
        return other ** float(self)

    def _asks(self, other: Any, relation: str) -> Any:
        parts = self._parts(other)
        if parts is None:
            return NotImplemented if not isinstance(other, float) else _holds_float(float(self), relation, other)
        return holds(self.over * parts[1], relation, parts[0] * self.below)

    def __bool__(self) -> bool:
        return holds(self.over, "!=", 0)

    def __hash__(self) -> int:
        return hash(float(self))

    def __float__(self) -> float:
        sample = _current[-1]
        number = number_at(self.over, sample.sizes)
        if isinstance(self.over, Expr):
            sample.note(self.over, "==", number, number=True)
        return number / self.below

    def __floor__(self) -> Any:
        return shown(self.over // self.below)

    def __ceil__(self) -> Any:
        return shown(-(-self.over // self.below))

    def __trunc__(self) -> Any:
        return self.__floor__() if self >= 0 else self.__ceil__()

    def __int__(self) -> int:
        return int(float(self))

    def __round__(self, digits: int | None = None) -> Any:
        if digits is not None:
            return round(float(self), digits)
        if self.below == 1 or (isinstance(self.over, Expr) and self.over % self.below == 0):
            return self.__floor__()
        if self.below % 2 == 0 and isinstance(self.over, Expr):  # a half goes to the even neighbour
            half = self.over * 2 % (2 * self.below)
            if half != self.below and (isinstance(half, int) or holds(half, "!=", self.below)):
                return shown((self.over * 2 + self.below) // (2 * self.below))
            return round(float(self))
        return shown((self.over * 2 + self.below) // (2 * self.below))

    def is_integer(self) -> bool:
        return holds(self.over % self.below, "==", 0)

    def __repr__(self) -> str:
        return f"({self.over})/{self.below}"

    def __format__(self, spec: str) -> str:
        return format(float(self), spec)


def _holds_float(left: float, relation: str, right: float) -> bool:
    return _holds((left > right) - (left < right), relation)
