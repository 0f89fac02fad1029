"""The sizes and figures of a page, each once, and the function by which the page computes them all."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, TypeAlias

from cnncalc.layers.shapes import BATCH_NAME, Shape, is_batch
from cnncalc.symbolic.expr import Dim, Expr, Sym, symbols
from cnncalc.symbolic.javascript import function
from cnncalc.symbolic.show import python_text

Pieces: TypeAlias = "str | list[Any]"
"""A text, or its parts, with the places of the values that come between them.

A list among them is a part that is left out where a value is a number: the value's place, the number, the parts.
"""


class Values:
    """Sizes that the page computes, by their place in its list."""

    def __init__(self) -> None:
        self.found: dict[Dim, int] = {}
        self._shapes: dict[Shape, int] = {}
        self.shapes: list[list[Any]] = []

    def add(self, value: Dim) -> int:
        """The place of a value."""
        return self.found.setdefault(value, len(self.found))

    def shape(self, shape: Shape) -> int:
        """The place of a shape in the list of shapes: its sizes, with the open batch as the page shows it."""
        if shape not in self._shapes:
            self._shapes[shape] = len(self.shapes)
            self.shapes.append([self._size(dim, axis) for axis, dim in enumerate(shape)])
        return self._shapes[shape]

    def _size(self, dim: Dim, axis: int) -> Any:
        """A size, with what is there while figures are for one sample.

        The place of its value alone where the batch is not in it. Beside it nothing, for a batch in front; the place of
        what the batch is multiplied by; or a text.
        """
        place = self.add(dim)
        if BATCH_NAME not in symbols(dim):
            return place
        if axis == 0 and is_batch(dim):
            return [place, None]
        rest = _per_sample(dim)
        return [place, python_text(dim) if rest is None else self.add(rest)]

    def program(self) -> str:
        """The function as JavaScript."""
        return function(list(self.found))


def _per_sample(dim: Dim) -> Dim | None:
    """What the batch is multiplied by; None where it is otherwise.

    >>> from cnncalc.symbolic.expr import symbol
    >>> _per_sample(symbol("N")*symbol("H")*4)
    Expr('4*H')
    """
    assert isinstance(dim, Expr)
    batch = Sym(BATCH_NAME)
    rest: Dim = 0
    for mono, coefficient in dim.terms.items():
        powers = dict(mono)
        if powers.pop(batch, 0) != 1:
            return None
        part: Dim = Expr({tuple(powers.items()): coefficient}) if powers else coefficient
        rest = rest + part
    return None if BATCH_NAME in symbols(rest) else rest


def pieces(text: str, places: Mapping[str, int]) -> list[str | int]:
    """A text cut at names that stand for values, with the place of the value for each of them.

    >>> pieces("floor((H + 2*3 - 7)/2)", {"H": 4})
    ['floor((', 4, ' + 2*3 - 7)/2)']
    """
    found: list[str | int] = []
    start = at = 0
    while at < len(text):
        end = at
        while end < len(text) and (text[end].isalnum() or text[end] == "_"):
            end += 1
        if text[at:end] in places:
            if at > start:
                found.append(text[start:at])
            found.append(places[text[at:end]])
            start = end
        at = max(end, at + 1)
    if start < len(text):
        found.append(text[start:])
    return found


def plain_pieces(parts: Sequence[Any]) -> Pieces:
    """A text in which nothing changes as it is; texts beside each other are one."""
    joined: list[Any] = []
    for part in parts:
        if isinstance(part, str) and joined and isinstance(joined[-1], str):
            joined[-1] += part
        else:
            joined.append(part)
    return joined[0] if len(joined) == 1 and isinstance(joined[0], str) else joined
