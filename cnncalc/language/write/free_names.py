"""Names that a spec can use for what a module calls otherwise."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from cnncalc.language.run.functions import FUNCTIONS
from cnncalc.language.write.fold import RESERVED
from cnncalc.layers import find


def free_names(names: Sequence[str], taken: Collection[str]) -> list[str]:
    """The names, each with `_` after it where it stands for something else: in `taken`, or in the language.

    >>> free_names(["input", "relu", "x", "x"], {"x"})
    ['input', 'relu_', 'x_', 'x__']
    """
    found: list[str] = []
    for name in names:
        free = name
        while free in taken or free in found or (free != "input" and (find(free) or free in RESERVED | set(FUNCTIONS))):
            free += "_"
        found.append(free)
    return found
