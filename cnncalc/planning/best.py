"""The best among what fits: the largest or the least of a figure, what binds it, and the next that does not fit."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

from cnncalc.analysis.expectations import FIGURES, percent_text
from cnncalc.analysis.trace import Report
from cnncalc.diagnostics import CnncalcError, Diagnostic, UsageError, listed, nearest
from cnncalc.language.run.scope import is_open_name
from cnncalc.named_tuples import NamedTuple
from cnncalc.planning.network import FREE_BATCH, Network
from cnncalc.planning.ranges import Free, Range, Steps, decimal_text
from cnncalc.planning.wishes import Measured, Wishes
from cnncalc.symbolic.expr import Dim, symbol

COARSE = Fraction(1, 20)  # the steps of a decimal without a range, between which is halved
FINE = Fraction(1, 100_000)
DIGITS = 5  # of a decimal that is found by halving


class Aim(NamedTuple):
    """A figure that is to be as large as can be, or as small; or an open size."""

    figure: str
    largest: bool

    @property
    def of_size(self) -> bool:
        """Is it an open size?"""
        return self.figure not in FIGURES

    def figure_of(self, report: Report) -> Dim:
        """The figure, or the open size. Raises UsageError for a size that the network does not have."""
        if not self.of_size:
            value: Dim = getattr(report.totals, self.figure)
            return value
        if self.figure not in report.symbols:
            opened = listed(list(report.symbols)) if report.symbols else ""
            hint = f"open is {opened}" if opened else "-i 3xHxW leaves sizes open"
            raise UsageError(Diagnostic("bad-option", f"the network has no open size {self.figure}", hint=hint))
        return symbol(self.figure)

    def of(self, report: Report) -> int:
        """The figure, turned so that less is better. Raises CnncalcError where it is open."""
        value = self.figure_of(report)
        if not isinstance(value, int):
            raise CnncalcError(self.undecided(value))
        return -value if self.largest else value

    def undecided(self, value: Dim) -> Diagnostic:
        """What is said of a figure whose best is not known."""
        message = f"{self.figure} are {value}, of which none is the {'largest' if self.largest else 'least'}"
        hint = "left out, all sizes that fit are found; or give the open sizes numbers, -i 3x224x224"
        return Diagnostic("not-decided", message, hint=hint)


class Budget(NamedTuple):
    """What is left of one limit."""

    name: str
    value: int
    words: str  # at most 3,000,000
    left: int
    binds: bool  # the next step breaks it

    @property
    def share(self) -> str:
        return percent_text(self.left, self.value + self.left)

    def to_dict(self) -> dict[str, Any]:
        return {"name": self.name, "value": self.value, "left": self.left, "binds": self.binds}


def aim(option: str, figure: str, largest: bool) -> Aim:
    """A figure, or an open size, by its name. Raises UsageError where it is neither."""
    if figure not in FIGURES and not is_open_name(figure) and figure != FREE_BATCH:
        near = nearest(figure, list(FIGURES))
        hint = f"did you mean {near[0]}?" if near else f"there are {listed(list(FIGURES))}, and open sizes by name"
        raise UsageError(Diagnostic("bad-option", f"{option} takes a figure, not {figure}", hint=hint))
    return Aim(figure, largest)


def with_range(network: Network, free: Free) -> Free:
    """A free argument with its range: its own, or from next to nothing to twice and eight times its default."""
    if free.values is not None:
        return free
    number = default_of(network, free.name)
    if number is None:
        hint = f"--free {free.name}=1:8, or values with commas between"
        raise UsageError(Diagnostic("bad-range", f"{free.name} has no range", span=free.place, hint=hint))
    if isinstance(number, int) and not decimal(network, free.name):
        return free._replace(values=Range.to(1, max(16, 8 * number)))
    return free._replace(values=Range((Steps(COARSE, COARSE, max(1, int(Fraction(2 * number) // COARSE))),)))


def default_of(network: Network, name: str) -> int | Fraction | None:
    """The number that an argument has where nothing sets it; None where it is no number."""
    from cnncalc.layers.kinds import is_fraction

    value = network.default(name)
    if isinstance(value, float):
        value = Fraction(str(value))
    return value if (isinstance(value, int) and not isinstance(value, bool)) or is_fraction(value) else None


def decimal(network: Network, name: str) -> bool:
    """Can an argument be a number between two whole ones?"""
    number = default_of(network, name)
    if number is None:
        return False
    return Fraction(number).denominator > 1 or at(network, name, number - Fraction(1, 2)) is not None


class Between(NamedTuple):
    """Two values of an argument between which a network stops to fit, with no other network between them."""

    fits: Fraction
    report: Report
    misses: Fraction
    missed: Measured


def halved(network: Network, wishes: Wishes, name: str, fits: Fraction, misses: Fraction) -> Between | None:
    """The last value that fits and the first that does not, from two that do and do not; short decimals of both."""
    report = at(network, name, fits)
    missed = at(network, name, misses)
    if report is None or missed is None:
        return None
    while abs(misses - fits) > FINE:
        middle = (fits + misses) / 2
        middle = Fraction(int(middle * 10 ** (DIGITS + 2)), 10 ** (DIGITS + 2))
        found = at(network, name, middle)
        if found is None:
            return None
        if wishes.measured(found).holds:
            fits, report = middle, found
        else:
            misses, missed = middle, found
    for digits in range(1, DIGITS + 2):
        short = Fraction(fits * 10**digits // 1, 10**digits)
        same = at(network, name, short) if short > 0 else None
        if same is not None and same.totals == report.totals:
            fits = short
            break
    for digits in range(1, DIGITS + 2):
        short = Fraction(-(-misses * 10**digits // 1), 10**digits)
        same = at(network, name, short)
        if same is not None and same.totals == missed.totals:
            misses = short
            break
    return Between(fits, report, misses, wishes.measured(missed))


def at(network: Network, name: str, value: Fraction) -> Report | None:
    """The report with a value of an argument; None where it does not run."""
    try:
        return network.report(network.graph({name: decimal_text(value)}))
    except CnncalcError:
        return None


def budgets(measured: Measured, beyond: Measured | None) -> list[Budget]:
    """What is left of each limit. `beyond`: the next that does not fit, which tells what binds."""
    broken = {measure.name for measure in beyond.measures if measure.distance} if beyond else set()
    found = []
    for measure in measured.measures:
        high, value = measure.bounds.high, measure.value
        if measure.axis is None and isinstance(high, int) and isinstance(value, int):
            found.append(Budget(measure.name, value, measure.bounds.words, high - value, measure.name in broken))
    return found
