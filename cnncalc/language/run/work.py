"""What running a text costs, held against the limits."""

from __future__ import annotations

from cnncalc.diagnostics import Span
from cnncalc.language.text.limits import Limits
from cnncalc.named_tuples import NamedTuple


class Spent(NamedTuple):
    """What a call of a block has cost: what a copy of it costs too."""

    steps: int
    depth: int  # levels that it enters, one in the other


class Mark(NamedTuple):
    """The work at the begin of a call."""

    steps: int
    deepest: int
    unique: int


class Work:
    """Steps that are worked through, and levels in levels.

    `unique` counts what cannot be copied, as it is the first or a later call of its kind.
    """

    __slots__ = ("_deepest", "_limits", "_most_steps", "depth", "steps", "unique")

    def __init__(self, limits: Limits) -> None:
        self.steps = 0
        self.depth = 0
        self.unique = 0
        self._deepest = 0  # since the last mark
        self._limits = limits
        self._most_steps = limits["steps"]

    def step(self, span: Span | None, count: int = 1) -> None:
        """Count what a text asks for."""
        self.steps += count
        if self.steps > self._most_steps:
            raise self._limits.exceeded("steps", "the spec repeats itself too often", span)

    def enter(self) -> None:
        """Enter a level."""
        if self.depth >= self._limits["depth"]:
            raise self._limits.exceeded("depth", "blocks call each other too deeply", None)
        self.depth += 1
        self._deepest = max(self._deepest, self.depth)

    def leave(self) -> None:
        """Leave a level."""
        self.depth -= 1

    def mark(self) -> Mark:
        """Remember what has been spent. From here on it is known how deep levels go."""
        found = Mark(self.steps, self._deepest, self.unique)
        self._deepest = self.depth
        return found

    def since(self, mark: Mark) -> Spent | None:
        """What has been spent since a mark; None if it cannot be copied."""
        spent = Spent(self.steps - mark.steps, self._deepest - self.depth)
        self._deepest = max(self._deepest, mark.deepest)
        return spent if self.unique == mark.unique else None

    def allows(self, spent: Spent) -> bool:
        """Is there room for as much again?"""
        return self.depth + spent.depth <= self._limits["depth"] and self.steps + spent.steps <= self._most_steps

    def spend(self, spent: Spent) -> None:
        """Count what a copy would have cost."""
        self.steps += spent.steps
        self._deepest = max(self._deepest, self.depth + spent.depth)
