"""Sentences that hold sizes, cut so that the sizes can be written anew.

What a layer says is made of words and of sizes as Python writes them. Where each open size has a letter that is in
no sentence, the sizes can be told from the words and read back.
"""

from __future__ import annotations

import re

from cnncalc.pictures.page.values import Pieces, Values, plain_pieces
from cnncalc.symbolic.expr import Dim, Expr, greatest, least, substitute, symbol

MARK = "ǁ"  # a letter as those of names are, which is in none of ours


class Marks:
    """Open sizes under names that are in no sentence."""

    def __init__(self, names: list[str]) -> None:
        self.marks: dict[str, Dim] = {name: symbol(f"{MARK}{i}{MARK}") for i, name in enumerate(names)}
        self._names: dict[str, Dim] = {f"{MARK}{i}{MARK}": symbol(name) for i, name in enumerate(names)}

    def put(self, value: Dim) -> Dim:
        """A value under the other names."""
        return substitute(value, self.marks)

    def back(self, value: Dim) -> Dim:
        """The value again."""
        return substitute(value, self._names)


TOKEN = re.compile(rf"({MARK}\d+{MARK}|\d+)| ([+-]) |(//)|(\*\*)|(\*)|(\()|(\))|((?:min|max)\()|(, )|(-)")


def numbered(text: str, marks: Marks, values: Values) -> Pieces:
    """A sentence cut at the sizes in it, each with the place of its value."""
    found: list[str | int] = []
    at = 0
    plain = ""
    while at < len(text):
        read = _Sum(text, at)
        value = read.sum() if not plain[-1:].isalnum() or plain[-1:] == "x" else None
        if isinstance(value, Expr):
            if plain:
                found.append(plain)
            found.append(values.add(marks.back(value)))
            plain, at = "", read.at
            continue
        plain += text[at]
        at += 1
    if plain:
        found.append(plain)
    # Numbers are closer: `64 x (H + 1)//2 x W` is `64x112x224`.
    for i, part in enumerate(found):
        if isinstance(part, str):
            before, behind = i > 0, i + 1 < len(found)
            part = re.sub(r"(?<=\d) x (?=\d)", "x", part)
            part = re.sub(r"^ x (?=\d|$)" if before else r"(?!)", "x", part)
            found[i] = re.sub(r"(?<=\d) x $", "x", part) if behind else part
    return plain_pieces(found)


class _Sum:
    """A size as Python writes it, read from a place in a text as far as it goes."""

    def __init__(self, text: str, at: int) -> None:
        self.text = text
        self.at = at

    def take(self, *kinds: int) -> re.Match[str] | None:
        match = TOKEN.match(self.text, self.at)
        if match is None or match.lastindex not in kinds:
            return None
        self.at = match.end()
        return match

    def sum(self) -> Dim | None:
        negative = self.take(10)
        value = self.product()
        if value is None:
            return None
        value = -value if negative else value
        while True:
            start = self.at
            sign = self.take(2)
            more = self.product() if sign else None
            if sign is None or more is None:
                self.at = start
                return value
            value = value + more if sign[2] == "+" else value - more

    def product(self) -> Dim | None:
        value = self.power()
        while value is not None:
            start = self.at
            sign = self.take(3, 5)
            more = self.power() if sign else None
            if sign is None or more is None:
                self.at = start
                return value
            value = value // more if sign.lastindex == 3 else value * more
        return None

    def power(self) -> Dim | None:
        value = self.atom()
        start = self.at
        if value is not None and self.take(4):
            power = self.atom()
            if not isinstance(power, int):
                self.at = start
                return value
            result: Dim = 1
            for _ in range(power):
                result = result * value
            return result
        return value

    def atom(self) -> Dim | None:
        start = self.at
        if match := self.take(1):
            return int(match[1]) if match[1].isdecimal() else symbol(match[1])
        if self.take(6):
            value = self.sum()
            if value is not None and self.take(7):
                return value
        elif match := self.take(8):
            inner = [self.sum()]
            while self.take(9):
                inner.append(self.sum())
            sizes = [value for value in inner if value is not None]
            if len(sizes) == len(inner) and self.take(7):
                return (least if match[8] == "min(" else greatest)(*sizes)
        self.at = start
        return None
