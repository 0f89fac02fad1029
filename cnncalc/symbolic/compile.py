"""Expressions compiled to one Python function, for evaluation at many sizes."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from cnncalc.symbolic.expr import Dim
from cnncalc.symbolic.statements import Statements


class Python(Statements):
    """Python, on ints or on integer arrays."""

    def number(self, value: int) -> str:
        return repr(value)

    def size(self, name: str) -> str:
        return f"sizes[{name!r}]"

    def quotient(self, num: str, den: str) -> str:
        return f"({num})//({den})"

    def better(self, name: str, one: str, other: str) -> str:
        """min(a, b) is (a + b - |a - b|)//2, which arrays know too."""
        return f"({one} + {other} {'-' if name == 'min' else '+'} abs({one} - {other}))//2"

    def sum(self, terms: Sequence[str]) -> str:
        # Python's compiler follows a chain of + by recursion, which ends at some thousand terms.
        return " + ".join(terms) if len(terms) < 100 else f"sum(({', '.join(terms)}))"

    def assignment(self, name: str, text: str) -> str:
        return f"    {name} = {text}"


def compiled(values: Sequence[Dim]) -> Callable[[Mapping[str, Any]], tuple[Any, ...]]:
    """A function from sizes by name to the values, on ints or on integer arrays.

    The text that is compiled comes from canonical expressions alone, with names of its own for
    the symbols, so that nothing that a user wrote is run.

    >>> from cnncalc.symbolic.expr import symbol
    >>> compiled([(symbol("H") + 31)//32, 5])({"H": 224})
    (7, 5)
    """
    written = Python(values)
    results = ", ".join(written.results)
    end = f"    return ({results}{',' if len(written.results) == 1 else ''})"
    scope: dict[str, Any] = {}
    exec("\n".join(["def values(sizes):", *written.lines, end]), scope)
    function: Callable[[Mapping[str, Any]], tuple[Any, ...]] = scope["values"]
    return function
