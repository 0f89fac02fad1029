"""Conditions on open sizes in words, and the smallest sizes that a network takes."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from cnncalc.flow import Flow
from cnncalc.graph import Node
from cnncalc.layers.shapes import BATCH_NAME, one_sample
from cnncalc.named_tuples import NamedTuple
from cnncalc.symbolic.decide import Proved, Witness, either, equal, smaller, smallest, solutions
from cnncalc.symbolic.expr import Dim, Expr, least, substitute, symbols
from cnncalc.symbolic.scan import affordable, cost, directions, shape_of
from cnncalc.symbolic.solutions import Solutions

WORK = 30_000_000  # for all conditions of a network: about two seconds


class SolvedCondition(NamedTuple):
    """Two sizes that have to be equal at a layer, with what that means for the input."""

    node: Node
    left: Dim
    right: Dim
    sizes: Solutions | None  # at which it holds, where it could be solved for one size, or one product of sizes
    witness: Witness | None  # sizes at which it does not hold
    either: tuple[Solutions, Solutions] | None = None  # it holds where one of two sizes is in its set

    @property
    def words(self) -> str | None:
        """Such as `H is a multiple of 16`."""
        if self.either:
            return ", or ".join(one.words() for one in self.either)
        return self.sizes.words() if self.sizes else None

    @property
    def path(self) -> str:
        return self.node.path

    def __str__(self) -> str:
        return f"{self.path} needs {self.left} == {self.right}"

    def to_dict(self) -> dict[str, Any]:
        counter = self.witness
        return {
            "path": self.path,
            "left": str(self.left),
            "right": str(self.right),
            "text": f"{self.left} == {self.right}",
            "solution": self.words,
            "counterexample": counter and {"sizes": counter.sizes, "left": counter.left, "right": counter.right},
        }


def solved_conditions(flow: Flow) -> list[SolvedCondition]:
    """Each condition that is not met by every size from the smallest on, at the first layer that has it."""
    found = []
    seen = set()
    work = WORK
    for node, left, right in asked(flow):
        if (left, right) in seen or (right, left) in seen:
            continue
        seen.add((left, right))
        work -= looks(left - right)
        if work < 0:  # what is left stays as it is written
            found.append(SolvedCondition(node, left, right, None, None))
            continue
        verdict = equal(left, right)
        if isinstance(verdict, Proved):
            continue
        witness = verdict if isinstance(verdict, Witness) else None
        sizes = solutions(left, right)
        two = either(left, right) if sizes is None else None
        found.append(SolvedCondition(node, left, right, sizes, witness, two))
    return found


def looks(difference: Dim) -> int:
    """What proving and solving a condition takes: sizes to look at, times what is computed at each."""
    shape = shape_of(difference)
    if shape is None or not isinstance(difference, Expr):
        return 0
    count = 1
    for period, degree, _, start in shape.values():
        count *= start + period * (degree + 1)
    each = 10 + cost(difference)
    return each * (200 + (count if count <= affordable(difference) else 0))


def asked(flow: Flow) -> Iterator[tuple[Node, Dim, Dim]]:
    """What has to be equal at each layer, for one sample; and what has to be 0 or more and falls with some size."""
    for node, met in zip(flow.graph.nodes, flow.layers):
        for left, right in met.conditions if met else ():
            yield node, *of_one_sample(left, right)
        for need in met.needs if met else ():
            need = one_sample(need)
            if isinstance(need, Expr) and not all(way == 1 for way in directions(need).values()) and not rises(need):
                yield node, *at_least_zero(need)


def rises(need: Expr) -> bool:
    """Is a size 0 or more from some size on, and nowhere before?"""
    names = symbols(need)
    if len(names) > 1:
        return False
    found = solutions(least(need, 0), 0)
    return found is not None and found.period == 1 and bool(found.residues) and not found.points


def at_least_zero(need: Expr) -> tuple[Dim, Dim]:
    """`need >= 0` as two sides that are equal where it holds: min(a, b) == b for a - b."""
    above = Expr({mono: c for mono, c in need.terms.items() if c > 0}) if max(need.terms.values()) > 0 else 0
    below = above - need
    return least(above, below), below


def of_one_sample(left: Dim, right: Dim) -> tuple[Dim, Dim]:
    """Both sides for one sample, as figures are, but for a condition on the batch itself."""
    if symbols(left) | symbols(right) == {BATCH_NAME}:
        return left, right
    return one_sample(left), one_sample(right)


def legal_sizes(conditions: list[SolvedCondition]) -> list[str]:
    """What all conditions together ask of each open size, in words, where they could be solved."""
    together: dict[str, Solutions | None] = {}
    for condition in conditions:
        answer = condition.sizes
        if answer is None:
            continue
        name = answer.name
        before = together.get(name, answer)
        together[name] = before.both(answer) if before is not None else None
    return [answer.words() for answer in together.values() if answer is not None]


def smallest_sizes(flow: Flow, names: list[str]) -> dict[str, int] | None:
    """The smallest legal value of every open size; None where it was not found.

    Sizes that conditions hold together may have no single smallest; then these have the smallest sum.
    """
    try:
        found = smallest(*_wanted(flow))
    except OverflowError:
        return None
    return None if found is None else {name: found.get(name, 1) for name in names}


def smallest_note(flow: Flow, found: dict[str, int]) -> str | None:
    """Which of the smallest sizes can be smaller beside larger ones of others; None where none can."""
    try:
        return note_of(smaller(found, *_wanted(flow)))
    except OverflowError:
        return "others may be smaller"


def _wanted(flow: Flow) -> tuple[list[Dim], list[tuple[Dim, Dim]]]:
    """What has to be 0 or more, and what has to be equal, for one sample."""
    one = {BATCH_NAME: 1}
    needs = [substitute(need, one) for need in flow.needs]
    return needs, [(substitute(r.left, one), substitute(r.right, one)) for r in flow.requirements]


def note_of(examples: dict[str, dict[str, int] | None]) -> str | None:
    """Which sizes can be smaller beside larger ones of others, with sizes that are."""
    parts = []
    for name, example in examples.items():
        if example is None:
            parts.append(f"others may be smaller in {name}")
        else:
            parts.append(f"others are smaller in {name}: {', '.join(f'{n} = {size}' for n, size in example.items())}")
    return "; ".join(parts) or None
