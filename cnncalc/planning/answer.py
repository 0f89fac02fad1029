"""What was found: solutions as values and as text to use, how many there are, and what was looked at."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from cnncalc.analysis.costs import plain
from cnncalc.analysis.trace import Report
from cnncalc.diagnostics import Diagnostic, envelope
from cnncalc.named_tuples import NamedTuple
from cnncalc.planning.best import Budget
from cnncalc.planning.tied import Pairs
from cnncalc.planning.unknowns import Unknown
from cnncalc.symbolic.sets import Sizes


class Solution(NamedTuple):
    """One way to have what is wanted."""

    values: dict[str, int]  # a number for each unknown, by its name
    settings: dict[str, str]  # a value for each free argument, as --set takes it
    sizes: dict[str, Sizes]  # of each open size all that fit
    text: str  # the spec with the numbers put in
    report: Report
    pairs: Pairs | None = None  # of two sizes that are tied together, what goes together

    def to_dict(self) -> dict[str, Any]:
        """The solution as it is in the JSON."""
        return {
            "values": self.values,
            "settings": self.settings,
            "sizes": {name: sizes.to_dict() for name, sizes in self.sizes.items()},
            **({} if self.pairs is None else {"pairs": self.pairs.to_dict()}),
            "text": self.text,
            "output": plain(self.report.output),
            "totals": self.report.totals.to_dict(),
        }


class Nearest(NamedTuple):
    """A result that is off, and what gives it."""

    side: str  # below or above
    found: str  # "output is 64x112x112"
    text: str

    def to_dict(self) -> dict[str, Any]:
        return {"side": self.side, "found": self.found, "text": self.text}


@dataclass(frozen=True)
class Answer:
    """What came of a question."""

    solutions: list[Solution]  # the most usual first, as many as were asked for
    count: int  # of all solutions, those that are not listed among them
    unknowns: list[Unknown]
    free: list[tuple[str, str]]  # free arguments with the words of their ranges
    total: int  # combinations of all of these
    tried: int  # of them, those that were tried or excluded: all, unless the search has stopped
    refused: int  # of them, those with which the network does not run
    nearest: list[Nearest]
    notes: tuple[str, ...] = ()
    first_refusal: Diagnostic | None = None
    aims: tuple[str, ...] = ()  # what the solutions are the best of: "most macs"
    at_best: bool = False  # are open sizes those of the best, and in the texts?
    budgets: tuple[Budget, ...] = ()  # what the best leaves of each limit
    next: Nearest | None = None  # the next that no longer fits

    @property
    def found(self) -> bool:
        return self.count > 0

    @property
    def complete(self) -> bool:
        """Was everything tried or excluded?"""
        return self.tried == self.total

    def to_dict(self) -> dict[str, Any]:
        """The JSON envelope, version 1."""
        results = {
            "count": self.count,
            "combinations": self.total,
            "tried": self.tried,
            "refused": self.refused,
            "complete": self.complete,
            "unknowns": [unknown.to_dict() for unknown in self.unknowns],
            "free": [{"name": name, "range": words} for name, words in self.free],
            "solutions": [solution.to_dict() for solution in self.solutions],
            "nearest": [near.to_dict() for near in self.nearest],
            "aims": list(self.aims),
            "budgets": [budget.to_dict() for budget in self.budgets],
            "next": self.next and self.next.to_dict(),
            "notes": list(self.notes),
        }
        return envelope(self.found, results)
