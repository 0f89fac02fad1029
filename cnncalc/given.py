"""What a call of the library is given. Another kind of thing is refused in a sentence, before anything is computed."""

from __future__ import annotations

from operator import index

from cnncalc.diagnostics import Diagnostic, UsageError

DIGITS = 18
"""Digits that a number can have, here and in a text."""


def refused(message: str, hint: str | None = None) -> UsageError:
    """The error for a call that is wrong."""
    return UsageError(Diagnostic("bad-call", message, hint=hint))


def whole_number(name: str, value: object, least: int) -> int:
    """A whole number, `least` or more, of Python's or another library's kind. Raises UsageError.

    >>> whole_number("batch", 32, 1)
    32
    """
    try:
        number = None if isinstance(value, bool) else index(value)  # type: ignore[arg-type]
    except TypeError:
        number = None
    if number is None or number < least:
        raise refused(f"{name} is a whole number, {least} or more, not {described(value)}")
    if number >= 10**DIGITS:
        raise refused(f"{name} has more than {DIGITS} digits")
    return int(number)


def plain_text(name: str, value: object, hint: str | None = None) -> str:
    """A text. Raises UsageError."""
    if not isinstance(value, str):
        raise refused(f"{name} is a text, not {described(value)}", hint)
    return value


def described(value: object) -> str:
    """A value in a sentence: numbers and the like as they are, of other things their kind."""
    if value is None or isinstance(value, bool | float):
        return repr(value)
    if isinstance(value, int):
        return str(value) if abs(value) < 10**DIGITS else "one so large"
    return f"the text {value[:40]!r}" if isinstance(value, str) else f"an object of {type(value).__name__}"
