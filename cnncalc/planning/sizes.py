"""The open sizes at which a network runs and is as wanted, complete over all integers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from cnncalc.analysis.trace import Report
from cnncalc.diagnostics import Diagnostic, Span, UsageError
from cnncalc.layers.shapes import BATCH_NAME
from cnncalc.named_tuples import NamedTuple
from cnncalc.planning.ranges import Free, Range
from cnncalc.planning.tied import Pairs, tied
from cnncalc.planning.wishes import Measured
from cnncalc.symbolic.decide import Proved, always_at_least, equal
from cnncalc.symbolic.expr import Dim, substitute, symbols
from cnncalc.symbolic.scan import evaluator
from cnncalc.symbolic.sets import Sizes, Stretch, nonnegative, zeros

LOOKED_AT = 4096
"""As far as sizes are looked at one by one, where their conditions have no closed form that can be solved."""


class SizeCondition(NamedTuple):
    """A value that has to be 0, or else 0 or more."""

    value: Dim
    equation: bool
    text: str  # for what could not be solved
    wished: bool = False  # wanted, and not needed by a layer


class Solved(NamedTuple):
    """The open sizes that are wanted."""

    sizes: dict[str, Sizes]  # what each of them can be by itself
    partly: tuple[str, ...] = ()  # sizes that were looked at one by one, up to LOOKED_AT
    undecided: SizeCondition | None = None  # a condition that ties several sizes, and is left out
    pairs: Pairs | None = None  # of two sizes that conditions tie, what goes together

    @property
    def some(self) -> bool:
        """Is there a size that fits?"""
        return self.undecided is None and all(self.sizes.values()) and (self.pairs is None or bool(self.pairs.rows))


def sizes_in(name: str, values: Range, place: Span | None = None) -> Sizes:
    """The whole numbers of a range as sizes. Raises UsageError for others."""
    stretches = []
    for part in values.parts:
        if isinstance(part, str) or not isinstance(part.first, int) or not isinstance(part.step, int):
            message = f"{name} is a size, and its range has {part if isinstance(part, str) else part.words()}"
            raise UsageError(Diagnostic("bad-range", message, span=place, hint=f"--free {name}=1:64"))
        last = part.first + part.step * (part.length - 1)
        stretches.append(Stretch(part.first, last, part.step, frozenset({part.first % part.step})))
    return Sizes.of(name, sorted(stretches))


def solved(report: Report, measured: Measured, names: Sequence[str], free: Mapping[str, Free]) -> Solved:
    """The sizes of these names, in their ranges, at which the network runs, and all that is wanted holds."""
    none = Solved({name: Sizes(name, ()) for name in names})
    if measured.wrong_rank is not None:
        return none
    found = {name: Sizes.every(name) for name in names}
    for name in found.keys() & free.keys():
        values = free[name].values
        if values is not None:
            found[name] = sizes_in(name, values, free[name].place)
    partly: list[str] = []
    together: list[SizeCondition] = []
    for condition in conditions(report, measured):
        within = symbols(condition.value)
        if not within & set(names):
            # Of sizes that stay open what a layer needs is taken for granted, as in every closed form.
            if (condition.wished or isinstance(condition.value, int)) and not always(condition):
                return none
            continue
        if len(within) > 1:
            if not always(condition):
                together.append(condition)
            continue
        (name,) = within
        more = (zeros if condition.equation else nonnegative)(condition.value, name)
        narrower = found[name].both(more) if more is not None else None
        if narrower is None:
            at = evaluator([condition.value])
            few = [n for n in range(1, LOOKED_AT + 1) if found[name].has(n) and holds(at({name: n}), condition)]
            narrower = Sizes.among(name, few)
            if name not in partly:
                partly.append(name)
        found[name] = narrower
    if not together or not all(found.values()):
        return Solved(found, tuple(partly))
    ties = {name for condition in together for name in symbols(condition.value)}
    pairs = None
    if len(ties) == 2 and ties <= set(names):
        pairs = tied([(c.value, c.equation) for c in together], {name: found[name] for name in sorted(ties)})
    if pairs is None:
        return Solved(found, tuple(partly), together[0])
    if len(pairs.rows) == 1:
        (row,) = pairs.rows
        return Solved({**found, pairs.first: row[0], pairs.second: row[1]}, tuple(partly))
    return Solved(found, tuple(partly), None, pairs)


def holds(got: tuple[int, ...] | None, condition: SizeCondition) -> bool:
    return got is not None and (got[0] == 0 if condition.equation else got[0] >= 0)


def always(condition: SizeCondition) -> bool:
    """Does it hold at all sizes?"""
    if condition.equation:
        return isinstance(equal(condition.value, 0), Proved)
    return always_at_least(condition.value, 0) is True


def conditions(report: Report, measured: Measured) -> list[SizeCondition]:
    """What layers need of the sizes, and what is wanted of the results."""
    one = {BATCH_NAME: 1}
    found: list[SizeCondition] = []
    for need in report.flow.needs:
        found.append(SizeCondition(substitute(need, one), False, f"{need} has to be 0 or more"))
    for each in report.flow.requirements:
        left, right = substitute(each.left, one), substitute(each.right, one)
        found.append(SizeCondition(left - right, True, f"{each.node.path} needs {left} == {right}"))
    for measure in measured.measures:
        value, (low, high, words) = measure.value, measure.bounds
        text = f"{measure.subject} {value}, expected {words}"
        if measure.bounds.exact and low is not None:
            found.append(SizeCondition(value - low, True, text, True))
            continue
        if low is not None:
            found.append(SizeCondition(value - low, False, text, True))
        if high is not None:
            found.append(SizeCondition(high - value, False, text, True))
    return list({(c.value, c.equation, c.wished): c for c in found}.values())
