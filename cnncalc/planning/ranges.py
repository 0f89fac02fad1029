"""Ranges of values as a command writes them: `1:8`, `0.25:1.5:0.05`, `1,3,5,7`, `relu,silu`.

Both ends of a range belong to it. Decimals are exact. Nothing is listed before it is asked for, so that a range of any
length is read, counted and refused at once.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from fractions import Fraction
from typing import TypeAlias

from cnncalc.diagnostics import Diagnostic, Source, Span, UsageError, listed
from cnncalc.given import DIGITS
from cnncalc.language.text.brackets import pieces
from cnncalc.named_tuples import NamedTuple

Number: TypeAlias = "int | Fraction"
RANGE_HINT = "write a:b, a:b:step, or values with commas between: 1:8, 0.25:1.5:0.05, 1,3,5,7"

_COMMA = re.compile(",")
_NUMBER = r"[+-]?(?:\d+(?:\.\d*)?|\.\d+)"


class Steps(NamedTuple):
    """Numbers with one distance between them."""

    first: Number
    step: Number
    length: int

    @property
    def last(self) -> Number:
        return _whole(self.first + self.step * (self.length - 1))

    def __contains__(self, value: object) -> bool:
        if isinstance(value, bool) or not isinstance(value, int | Fraction):
            return False
        times = Fraction(value - self.first) / Fraction(self.step)
        return times.denominator == 1 and 0 <= times < self.length

    def words(self) -> str:
        if self.length == 1:
            return decimal_text(self.first)
        text = f"{decimal_text(self.first)} to {decimal_text(self.last)}"
        return text if self.step == 1 else f"{text} in steps of {decimal_text(self.step)}"


class Range:
    """Values to try, in the order in which they were written, each once.

    >>> values = Range.read("0.25:0.4:0.05, 1")
    >>> values.count, [decimal_text(value) for value in values]
    (5, ['0.25', '0.3', '0.35', '0.4', '1'])
    >>> Range.read("1:1000000000000").count
    1000000000000
    """

    __slots__ = ("parts",)

    def __init__(self, parts: tuple[Steps | str, ...]) -> None:
        self.parts = parts

    @classmethod
    def to(cls, first: int, last: int) -> Range:
        """The whole numbers from the first to the last."""
        return cls((Steps(first, 1, last - first + 1),))

    @classmethod
    def of(cls, values: Iterator[int] | list[int]) -> Range:
        """Whole numbers in the order given."""
        return cls(tuple(Steps(value, 1, 1) for value in values))

    @classmethod
    def read(cls, text: str, place: Span | None = None) -> Range:
        """The values of a text; `place` is where it is. Raises UsageError."""
        place = place or Span(Source("", text), 0, len(text))
        found: list[Steps | str] = []
        at = 0
        for piece in pieces(text, _COMMA):
            start = place.start + at + len(piece) - len(piece.lstrip())
            span = Span(place.source, start, start + len(piece.strip()))
            part = _part(piece.strip(), span)
            # A value that is in a part before comes once.
            value = part.first if isinstance(part, Steps) and part.length == 1 else part
            if not any(_has(old, value) or old == part for old in found):
                found.append(part)
            at += len(piece) + 1
        return cls(tuple(found))

    @property
    def count(self) -> int:
        """How many values there are, those of parts that overlap more than once."""
        return sum(1 if isinstance(part, str) else part.length for part in self.parts)

    def __iter__(self) -> Iterator[Number | str]:
        for part in self.parts:
            if isinstance(part, str):
                yield part
            else:
                value = part.first
                for _ in range(part.length):
                    yield value
                    value = _whole(value + part.step)

    def __contains__(self, value: object) -> bool:
        return any(_has(part, value) for part in self.parts)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Range) and self.parts == other.parts

    def __hash__(self) -> int:
        return hash(self.parts)

    @property
    def numeric(self) -> bool:
        """Are all of its values numbers?"""
        return all(isinstance(part, Steps) for part in self.parts)

    @property
    def rising(self) -> Steps | None:
        """The range as one row of numbers, where it is one."""
        only = self.parts[0] if len(self.parts) == 1 else None
        return only if isinstance(only, Steps) else None

    def words(self) -> str:
        """The range in a sentence.

        >>> Range.read("1:15").words(), Range.read("1,3,5").words(), Range.read("0.5:1:0.25").words()
        ('1 to 15', '1, 3 or 5', '0.5 to 1 in steps of 0.25')
        """
        texts = [part if isinstance(part, str) else part.words() for part in self.parts]
        shown = texts if len(texts) <= 12 else [*texts[:8], f"{len(texts) - 9} more", texts[-1]]
        return listed(shown, "or")

    def __repr__(self) -> str:
        return f"Range({self.words()!r})"


class Free(NamedTuple):
    """A name that may change, with the values that it may take; None where they are the usual ones."""

    name: str
    values: Range | None
    place: Span


def read_free(text: str, option: str = "--free") -> Free:
    """`NAME` or `NAME=RANGE`. Raises UsageError.

    >>> read_free("depth=1:8").values
    Range('1 to 8')
    """
    name, equals, values = text.partition("=")
    source = Source(option, text)
    place = Span(source, 0, len(name.rstrip()) or len(text))
    if not re.fullmatch(r"[^\W\d]\w*", name.strip()):
        message = f"{option} takes NAME or NAME=RANGE, not {text}"
        raise UsageError(Diagnostic("bad-range", message, span=Span(source, 0, len(text)), hint=RANGE_HINT))
    start = len(name) + 1
    return Free(name.strip(), Range.read(values, Span(source, start, len(text))) if equals else None, place)


def decimal_text(value: Number | str) -> str:
    """A value as a spec writes it.

    >>> decimal_text(Fraction(35, 100)), decimal_text(8), decimal_text(Fraction(-1, 8))
    ('0.35', '8', '-0.125')
    """
    if not isinstance(value, Fraction):
        return str(value)
    digits, power = 0, 1
    while power % value.denominator:
        digits, power = digits + 1, power * 10
        if digits > 30:
            return repr(float(value))
    if not digits:
        return str(int(value))
    number = abs(value.numerator) * (power // value.denominator)
    whole, rest = divmod(number, power)
    return f"{'-' if value < 0 else ''}{whole}.{rest:0{digits}}"


def _has(part: Steps | str, value: object) -> bool:
    return part == value if isinstance(part, str) else value in part


def _whole(value: Number) -> Number:
    return int(value) if value.denominator == 1 else value


def _part(text: str, place: Span) -> Steps | str:
    """`8`, `0.5`, `1:8`, `1:8:2`, or a word or list as it is."""
    if not text:
        raise UsageError(Diagnostic("bad-range", "a value is missing in this range", span=place, hint=RANGE_HINT))
    if ":" not in text:
        return Steps(_number(text, place), 1, 1) if re.fullmatch(_NUMBER, text) else text
    ends = [end.strip() for end in text.split(":")]
    if not 2 <= len(ends) <= 3 or not all(re.fullmatch(_NUMBER, end) for end in ends):
        raise UsageError(Diagnostic("bad-range", f"{text} is no range of numbers", span=place, hint=RANGE_HINT))
    first, last, *given = [_number(end, place) for end in ends]
    if not given and (isinstance(first, Fraction) or isinstance(last, Fraction)):
        message = f"{text} is a range of decimals, and has no step"
        raise UsageError(Diagnostic("bad-range", message, span=place, hint=f"write {text}:0.05"))
    step = given[0] if given else 1
    if step <= 0:
        low, high = (ends[1], ends[0]) if last < first else (ends[0], ends[1])
        hint = f"write {low}:{high}:{ends[2].lstrip('-') if step else 1}"
        message = f"a range goes up, and the step of {text} is {ends[2]}"
        raise UsageError(Diagnostic("bad-range", message, span=place, hint=hint))
    if last < first:
        hint = f"write {':'.join([ends[1], ends[0], *ends[2:]])}"
        raise UsageError(Diagnostic("bad-range", f"a range goes up, and {text} goes down", span=place, hint=hint))
    return Steps(first, step, int((last - first) // step) + 1)


def _number(text: str, place: Span) -> Number:
    if len(text) > DIGITS + 2:
        raise UsageError(Diagnostic("bad-range", f"{text[:12]}... has too many digits", span=place))
    return _whole(Fraction(text))
