"""Texts cut outside of their brackets and quotes."""

from __future__ import annotations

import re
from collections.abc import Iterator


def outside(text: str) -> Iterator[tuple[int, str, int]]:
    """Each character outside of quotes with its place, and how many brackets are open after it.

    The last is an empty one at the end, where a quote that is open counts as a bracket.

    >>> [depth for _, _, depth in outside("a('(')")]
    [0, 1, 0, 0]
    """
    depth, quote = 0, ""
    for at, char in enumerate(text):
        if quote:
            quote = "" if char == quote else quote
        elif char in "\"'":
            quote = char
        else:
            depth += (char in "([{") - (char in ")]}")
            yield at, char, depth
    yield len(text), "", depth + bool(quote)


def pieces(text: str, separator: re.Pattern[str]) -> list[str]:
    """The text cut at its separators, but for those in brackets and quotes.

    >>> pieces("(2,2),(3,4)", re.compile(","))
    ['(2,2)', '(3,4)']
    """
    found, start = [], 0
    for at, char, depth in outside(text):
        if at < start or depth > 0 or char in ")]}":
            continue
        if match := separator.match(text, at):
            found.append(text[start:at])
            start = match.end()
    return [*found, text[start:]]


def balanced(text: str) -> bool:
    """Do all brackets and quotes close, and none that is not open?"""
    depth = 0
    for _, _, depth in outside(text):
        if depth < 0:
            return False
    return depth == 0


def enclosed(text: str) -> bool:
    """Does the bracket that opens the text close at its end?"""
    first = next((at for at, _, depth in outside(text) if depth <= 0), -1)
    return text[:1] in ("(", "[", "{") and first == len(text) - 1
