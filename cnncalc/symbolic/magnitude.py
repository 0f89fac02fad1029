"""How large the numbers can be that a value is worked out of, so that fixed-width integers are known to hold them."""

from __future__ import annotations

from collections.abc import Mapping

from cnncalc.symbolic.expr import Atom, Dim, Expr, Extreme, Floor


def magnitude(value: Dim, sizes: Mapping[str, int]) -> int:
    """A bound on the absolute value of every number on the way to `value`, at sizes of at most `sizes`.

    Signs are left out: a sum is at most the sum of its terms, a floor at most its numerator, and the form that
    `compile` gives a minimum, (a + b - |a - b|)//2, is made of numbers of at most 2*(|a| + |b|).

    >>> from cnncalc.symbolic.expr import symbol
    >>> magnitude(3 * symbol("H") * symbol("H") - 10, {"H": 100})
    30010
    """
    known: dict[Atom, int] = {}

    def of(value: Dim) -> int:
        if not isinstance(value, Expr):
            return abs(int(value))
        total = 0
        for mono, coefficient in value.terms.items():
            size = abs(coefficient)
            for atom, power in mono:
                size *= of_atom(atom) ** power
            total += size
        return total

    def of_atom(atom: Atom) -> int:
        if isinstance(atom, Floor | Extreme):
            if atom not in known:
                if isinstance(atom, Extreme):
                    known[atom] = 2 * sum(map(of, atom.values))
                else:
                    known[atom] = max(of(atom.num), of(atom.den))
            return known[atom]
        return sizes[atom.key]

    return of(value)
