"""What an operator is given, as the values that the arguments of a layer take."""

from __future__ import annotations

from typing import Any

from cnncalc.layers.arguments import Argument
from cnncalc.layers.kinds import Int, Kind, Value, Wrong
from cnncalc.symbolic.expr import Expr

FAR = 10**9
"""What stands for a number without end, such as a mask's; and by its inverse, for one that is next to nothing."""


class OfBatch:
    """A value that is another at each batch, and that no formula in N was found for; so is what is made of it."""

    def __mul__(self, other: Any) -> OfBatch:
        return self

    __rmul__ = __mul__


OF_BATCH = OfBatch()


class DependsOnBatch(Wrong):
    """A value is another at each batch, and its argument is a number."""


def value_for(argument: Argument, raw: Any, ndim: int | None) -> Value:
    """A value of torch's in the normal form of an argument. Raises Wrong."""
    value, kind = plain(raw), argument.kind
    open_ones = [item for item in (value if isinstance(value, tuple) else (value,)) if isinstance(item, Expr)]
    if open_ones and (not takes_open(kind) or (isinstance(kind, Int) and not kind.batch)):
        raise DependsOnBatch(f"{argument.name} would be {open_ones[0]}")
    return kind.read(value, ndim)


def plain(raw: Any) -> Value:
    """A value of torch's as a written one: decimals are exact, lists are tuples."""
    if isinstance(raw, bool) or raw is None or isinstance(raw, int | str):
        return raw
    if isinstance(raw, float):
        from fractions import Fraction

        if raw != raw:
            raise Wrong("is no number")
        if abs(raw) >= 1e15:
            return FAR if raw > 0 else -FAR
        if raw.is_integer():
            return int(raw)
        if abs(raw) < 1e-15:
            return Fraction(1 if raw > 0 else -1, FAR)
        text = repr(raw)
        # What a computation such as 1 - 0.9997 leaves is no number that somebody wrote.
        return Fraction(text if len(text) <= 18 else f"{raw:.12g}")
    if isinstance(raw, list | tuple):
        return tuple(plain(item) for item in raw)
    if isinstance(raw, OfBatch):
        raise DependsOnBatch("it is another at each batch")
    other: Value = raw  # which no kind of argument takes
    return other


def takes_open(kind: Kind[object]) -> bool:
    """May the value be an expression in open sizes?"""
    inner = [kind, getattr(kind, "item", None), *getattr(kind, "kinds", ())]
    inner += [getattr(one, "item", None) for one in inner]
    return any(getattr(one, "open", False) or getattr(one, "opens", False) for one in inner)
