"""Expressions as statements of a programming language, in which every floor is computed once.

What an expression is made of is here alone: sums of products of powers, floor divisions, minima and maxima. A
language says how each of them is written.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence

from cnncalc.symbolic.expr import Atom, Dim, Expr, Extreme, Floor, Monomial, Sym, symbols


class Statements(ABC):
    """The values in a language: `lines` to be run in order, and `results`, a text for each value.

    Symbols have names of their own, so that nothing that a user wrote is outside of a text.
    """

    def __init__(self, values: Sequence[Dim]) -> None:
        names = sorted(set().union(*map(symbols, values)))
        self._local = {name: f"s{i}" for i, name in enumerate(names)}
        self.lines = [self.assignment(self._local[name], self.size(name)) for name in names]
        self._known: dict[Atom, str] = {}
        self.results = [self.value(value) for value in values]

    # The language

    @abstractmethod
    def number(self, value: int) -> str:
        """A whole number."""

    @abstractmethod
    def size(self, name: str) -> str:
        """What a symbol is given."""

    @abstractmethod
    def quotient(self, num: str, den: str) -> str:
        """The floor of a division, by texts that may be sums."""

    @abstractmethod
    def better(self, name: str, one: str, other: str) -> str:
        """The min or the max of two names."""

    @abstractmethod
    def sum(self, terms: Sequence[str]) -> str:
        """All the terms together."""

    @abstractmethod
    def assignment(self, name: str, text: str) -> str:
        """A line that gives a name to a value."""

    # What holds for all

    def value(self, value: Dim) -> str:
        """The text of a value."""
        if not isinstance(value, Expr):
            return self.number(int(value))
        return self.sum([self._term(mono, coefficient) for mono, coefficient in value.terms.items()])

    def _term(self, mono: Monomial, coefficient: int) -> str:
        powers = [
            f"{self._factor(atom)}**{self.number(power)}" if power > 1 else self._factor(atom) for atom, power in mono
        ]
        return "*".join(powers if mono and coefficient == 1 else [self.number(coefficient), *powers])

    def _factor(self, atom: Atom) -> str:
        if isinstance(atom, Sym):
            return self._local[atom.key]
        if atom not in self._known:
            self._known[atom] = self._extreme(atom) if isinstance(atom, Extreme) else self._floor(atom)
        return self._known[atom]

    def _floor(self, atom: Floor) -> str:
        return self._assigned(self.quotient(self.value(atom.num), self.value(atom.den)))

    def _extreme(self, atom: Extreme) -> str:
        found, *more = [self._assigned(self.value(value)) for value in atom.values]
        for other in more:
            found = self._assigned(self.better(atom.name, found, other))
        return found

    def _assigned(self, text: str) -> str:
        name = f"f{len(self.lines)}"
        self.lines.append(self.assignment(name, text))
        return name
