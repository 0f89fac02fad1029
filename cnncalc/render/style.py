"""Colour for terminals, and the width of text in columns."""

from __future__ import annotations

import os
import sys
from typing import TextIO

# The 16 colours of the terminal's own palette can be read on light and on dark.
CODES = {
    "bold": "1",
    "dim": "2",
    "red": "31",
    "green": "32",
    "yellow": "33",
    "blue": "34",
    "magenta": "35",
    "cyan": "36",
    "error": "1;31",
    "warning": "1;33",
}


def styled(text: str, style: str, colour: bool) -> str:
    """The text in a style, where colour is wanted."""
    return f"\x1b[{CODES[style]}m{text}\x1b[0m" if colour and style and text else text


def wants_colour(stream: TextIO) -> bool:
    """Is the stream a terminal that shows colour? `NO_COLOR` is honoured (no-color.org)."""
    if os.environ.get("NO_COLOR") or os.environ.get("TERM") == "dumb":
        return False
    if os.environ.get("FORCE_COLOR"):
        return True
    return stream.isatty()


def writes_unicode(stream: TextIO) -> bool:
    """Can the stream take block characters?"""
    try:
        "█▏·└".encode(stream.encoding or "ascii")
    except (UnicodeEncodeError, LookupError):
        return False
    return True


def terminal_width() -> int:
    """Columns of the terminal; 80 where the output is no terminal."""
    columns = os.environ.get("COLUMNS", "")
    if columns.isdecimal() and int(columns) > 0:
        return max(40, int(columns))
    try:
        return max(40, os.get_terminal_size(sys.stdout.fileno()).columns)
    except (OSError, ValueError, AttributeError):
        return 80


def columns(text: str) -> int:
    """How many columns a text takes: wide characters two, combining ones none.

    >>> columns("합성곱"), columns("conv")
    (6, 4)
    """
    if text.isascii():
        return len(text)
    from unicodedata import combining, east_asian_width

    return sum(0 if combining(c) else 2 if east_asian_width(c) in "WF" else 1 for c in text)
