"""What a layer can say about the sizes that it meets: conditions, warnings, refusals."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from math import isqrt
from typing import NoReturn

from cnncalc.layers.shapes import ONE_SAMPLE, one_sample
from cnncalc.named_tuples import NamedTuple
from cnncalc.symbolic.expr import Dim, Expr, in_lowest_terms


class Condition(NamedTuple):
    """Two open sizes that have to be equal for the layer to run."""

    left: Dim
    right: Dim


class Finding(NamedTuple):
    """Something to report at the layer, before its place in the text is known."""

    code: str
    message: str
    arg: str | None  # point at this argument, else at the layer
    notes: tuple[str, ...]
    hint: str | None


class Refusal(Exception):
    """The layer cannot run on its input. Carries the finding that says why."""

    def __init__(self, finding: Finding) -> None:
        self.finding = finding


class Site:
    """Where a layer meets its input: collects warnings, conditions and needs, or refuses."""

    __slots__ = ("conditions", "needs", "warnings")

    def __init__(self) -> None:
        self.warnings: list[Finding] = []
        self.conditions: list[Condition] = []
        self.needs: list[Dim] = []  # open sizes that have to be 0 or more

    def refuse(
        self,
        code: str,
        message: str,
        *,
        arg: str | None = None,
        notes: Sequence[str] = (),
        hint: str | None = None,
    ) -> NoReturn:
        raise Refusal(Finding(code, message, arg, tuple(notes), hint))

    def warn(self, code: str, message: str, *, arg: str | None = None, hint: str | None = None) -> None:
        self.warnings.append(Finding(code, message, arg, (), hint))

    def unequal(
        self, left: Dim, right: Dim, code: str, message: str, *, arg: str | None = None, hint: str | None = None
    ) -> None:
        """Two sizes that ought to be equal have other forms: refuse, or keep the condition."""
        difference = left - right
        if isinstance(difference, int):
            if difference:
                self.refuse(code, message, arg=arg, hint=hint)
            return
        from cnncalc.symbolic.decide import bounds

        low, high = bounds(difference)
        if (low is not None and low > 0) or (high is not None and high < 0):
            self.refuse(code, message, arg=arg, hint=hint)
        one = one_sample(difference)
        if isinstance(one, int) and one:
            # A reshape that takes several samples together is a mistake in its sizes.
            other = None if code == "size-mismatch" else "--batch sets another number"
            self.refuse(code, message, arg=arg, notes=(ONE_SAMPLE,), hint=hint or other)
        self.conditions.append(Condition(left, right))

    def short(self, spare: Dim, code: str, message: str, *, arg: str | None = None, hint: str | None = None) -> None:
        """`spare` has to be 0 or more and is not known to be: refuse, or keep the need."""
        if isinstance(spare, int):
            if spare < 0:
                self.refuse(code, message, arg=arg, hint=hint)
            return
        from cnncalc.symbolic.decide import bounds

        low, high = bounds(spare)
        if high is not None and high < 0:
            self.refuse(code, message, arg=arg, hint=hint)
        one = one_sample(spare)
        if isinstance(one, int) and one < 0:
            self.refuse(code, message, arg=arg, notes=(ONE_SAMPLE,), hint="--batch sets another number")
        if low is None or low < 0:
            self.needs.append(spare)

    def filled(self, sizes: Iterable[Dim], message: str) -> None:
        """Each of the sizes has to be 1 or more: otherwise there is nothing to work on."""
        for size in sizes:
            if isinstance(size, Expr):
                self.short(size - 1, "empty-input", message)
            elif size == 0:
                self.refuse("empty-input", message)

    def divides(
        self, value: Dim, divisor: Dim, code: str, message: str, *, arg: str | None = None, hint: str | None = None
    ) -> None:
        """`value` has to be a multiple of `divisor`, which may be 0, and has none then."""
        if divisor == 0:
            self.refuse(code, message, arg=arg, hint=hint)
        if isinstance(divisor, Expr):
            self.short(divisor - 1, code, message, arg=arg)
        if value % divisor != 0:
            if isinstance(value, Expr) or isinstance(divisor, Expr):
                value, divisor = in_lowest_terms(value, divisor)
            self.unequal(value, divisor * (value // divisor), code, message, arg=arg, hint=hint)


def divisors_near(value: Dim, count: Dim) -> str | None:
    """The divisors of a number that lie next to one that does not divide it: `4 or 8`. None for open sizes."""
    if not isinstance(value, int) or not isinstance(count, int) or not 0 < value < 10**12:
        return None
    found = {each for low in range(1, isqrt(value) + 1) if value % low == 0 for each in (low, value // low)}
    below = [each for each in found if each < count]
    above = [each for each in found if each > count]
    near = [str(each) for each in (max(below, default=0), min(above, default=0)) if each]
    return " or ".join(near)


def heads_that_fit(features: Dim, heads: Dim) -> str | None:
    """The hint for heads that do not divide: the numbers next to them that do."""
    near = divisors_near(features, heads)
    return f"{near} heads fit" if near else None


def axes_of(site: Site, dims: Sequence[int], rank: int, arg: str = "dim") -> list[int]:
    """Axes counted from the front, refusing what the rank does not have."""
    found = []
    for dim in dims:
        if not -rank <= dim < rank:
            site.refuse(
                "no-such-axis",
                f"there is no axis {dim} among the {rank} that arrive, of which the batch is axis 0",
                arg=arg,
                hint=f"axes are 0 to {rank - 1}, or {-rank} to -1 from the end",
            )
        axis = dim % rank
        if axis in found:
            site.refuse("no-such-axis", f"axis {dim} occurs twice in {arg}", arg=arg)
        found.append(axis)
    return found


def positions_to_name(site: Site, name: str, size: Dim, index: tuple[Dim, ...]) -> None:
    """Refuse indices into an axis that has no position."""
    if 0 not in index:
        site.filled([size], f"the indices of {name} name positions of an axis, but it has none")
