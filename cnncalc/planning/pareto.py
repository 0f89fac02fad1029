"""The rows that no other row is better than in every figure."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from cnncalc.diagnostics import Diagnostic, UsageError
from cnncalc.named_tuples import NamedTuple


class Goal(NamedTuple):
    """A figure that should be small, or large."""

    name: str
    largest: bool


def read_goals(text: str, check: Callable[[str, str], None]) -> tuple[Goal, ...]:
    """`params,macs`, `params,activations:max`. `check` refuses a name that is no figure. Raises UsageError."""
    found = []
    for part in text.split(","):
        name, colon, direction = part.strip().partition(":")
        if colon and direction not in ("min", "max"):
            message = f"--pareto takes the directions min and max, not {direction or 'nothing'}"
            raise UsageError(Diagnostic("bad-option", message, hint=f"--pareto {name}:max"))
        check(name, "--pareto")
        found.append(Goal(name, direction == "max"))
    if len(found) < 2:
        message = f"a trade-off is between two figures or more, and --pareto has {text}"
        raise UsageError(Diagnostic("bad-option", message, hint="--pareto params,macs"))
    return tuple(found)


def front(figures: Sequence[tuple[Sequence[int], bool]], rows: Sequence[int]) -> list[int]:
    """The rows that no row is better than: at least as good in every figure, and better in one.

    `figures` has each figure's column, and whether it should be large. Rows with equal figures stay together.

    >>> front([([1, 2, 2, 3], False), ([9, 5, 5, 6], False)], range(4))
    [0, 1, 2]
    """
    signs = [-1 if largest else 1 for _, largest in figures]
    keys = {row: tuple(sign * column[row] for sign, (column, _) in zip(signs, figures)) for row in rows}
    best: list[tuple[int, ...]] = []
    kept: set[tuple[int, ...]] = set()
    two = len(figures) == 2
    for key in sorted(set(keys.values())):
        # What is better comes before; of two figures, the last that was kept has the smallest second one.
        against = best[-1:] if two else best
        if not any(all(a <= b for a, b in zip(other, key)) for other in against):
            best.append(key)
            kept.add(key)
    return [row for row in rows if keys[row] in kept]
