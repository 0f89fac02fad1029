"""Expressions as a JavaScript function on BigInt, whose whole numbers are as exact as Python's."""

from __future__ import annotations

import json
from collections.abc import Sequence

from cnncalc.symbolic.expr import Dim
from cnncalc.symbolic.statements import Statements


class JavaScript(Statements):
    """JavaScript, on BigInt."""

    def number(self, value: int) -> str:
        return f"{value}n"

    def size(self, name: str) -> str:
        return f"sizes[{quoted(name)}]"

    def quotient(self, num: str, den: str) -> str:
        return f"floor({num}, {den})"  # the operator / rounds to 0

    def better(self, name: str, one: str, other: str) -> str:
        return f"{one} {'<' if name == 'min' else '>'} {other} ? {one} : {other}"

    def sum(self, terms: Sequence[str]) -> str:
        return " + ".join(terms)

    def assignment(self, name: str, text: str) -> str:
        return f"  const {name} = {text};"


def quoted(text: str) -> str:
    """A text as JavaScript and JSON have it, which can be in a page: no tag ends in it.

    >>> print(quoted("</script>"))
    "\\u003c/script\\u003e"
    """
    return marked(json.dumps(text))


def marked(text: str) -> str:
    """JSON without the letters by which a page would take it for more than text."""
    for char in "<>&":
        text = text.replace(char, f"\\u{ord(char):04x}")
    return text


def function(values: Sequence[Dim]) -> str:
    """A function `(sizes, floor)`, which gives a list of the values, all of them BigInt.

    `sizes` are BigInt by name. `floor` is the floor of a division, as Python's `//` has it; it is the caller's, which
    says what becomes of a division by 0.

    >>> from cnncalc.symbolic.expr import symbol
    >>> print(function([64*((symbol("H") + 31)//32), 5]))
    (sizes, floor) => {
      const s0 = sizes["H"];
      const f1 = floor(s0 + 31n, 32n);
      return [64n*f1, 5n];
    }
    """
    written = JavaScript(values)
    lines = ["(sizes, floor) => {", *written.lines, f"  return [{', '.join(written.results)}];", "}"]
    return "\n".join(lines)
