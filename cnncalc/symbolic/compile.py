"""Expressions compiled to one Python function, for evaluation at many sizes."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from cnncalc.symbolic.expr import Atom, Dim, Expr, Extreme, Floor, Monomial, Sym, symbols


def compiled(values: Sequence[Dim]) -> Callable[[Mapping[str, Any]], tuple[Any, ...]]:
    """A function from sizes by name to the values, on ints or on integer arrays.

    The text that is compiled comes from canonical expressions alone, with names of its own for
    the symbols, so that nothing that a user wrote is run.

    >>> from cnncalc.symbolic.expr import symbol
    >>> compiled([(symbol("H") + 31)//32, 5])({"H": 224})
    (7, 5)
    """
    names = sorted(set().union(*map(symbols, values)))
    local = {name: f"s{i}" for i, name in enumerate(names)}
    lines = ["def values(sizes):"]
    lines += [f"    {local[name]} = sizes[{name!r}]" for name in names]
    floors: dict[Atom, str] = {}

    def text(value: Dim) -> str:
        if not isinstance(value, Expr):
            return repr(int(value))
        terms = [term(mono, c) for mono, c in value.terms.items()]
        # Python's compiler follows a chain of + by recursion, which ends at some thousand terms.
        return " + ".join(terms) if len(terms) < 100 else f"sum(({', '.join(terms)}))"

    def term(mono: Monomial, coefficient: int) -> str:
        powers = [f"{factor(atom)}**{power}" if power > 1 else factor(atom) for atom, power in mono]
        return "*".join(powers if mono and coefficient == 1 else [repr(coefficient), *powers])

    def factor(atom: Atom) -> str:
        if isinstance(atom, Sym):
            return local[atom.key]
        if atom not in floors:
            # Every floor is computed once, however many figures hold it.
            floors[atom] = extreme(atom) if isinstance(atom, Extreme) else quotient(atom)
        return floors[atom]

    def quotient(atom: Floor) -> str:
        return assigned(f"({text(atom.num)})//({text(atom.den)})")

    def extreme(atom: Extreme) -> str:
        """min(a, b) is (a + b - |a - b|)//2, which arrays know too."""
        found, *more = [assigned(text(value)) for value in atom.values]
        sign = "-" if atom.name == "min" else "+"
        for other in more:
            found = assigned(f"({found} + {other} {sign} abs({found} - {other}))//2")
        return found

    def assigned(line: str) -> str:
        lines.append(f"    f{len(lines)} = {line}")
        return f"f{len(lines) - 1}"

    results = [text(value) for value in values]
    lines.append(f"    return ({', '.join(results)}{',' if len(results) == 1 else ''})")
    scope: dict[str, Any] = {}
    exec("\n".join(lines), scope)
    function: Callable[[Mapping[str, Any]], tuple[Any, ...]] = scope["values"]
    return function
