"""Conditions on open sizes in words, and the smallest sizes that a network takes."""

from __future__ import annotations

from typing import Any, NamedTuple

from cnncalc.graph import Flow, Node
from cnncalc.layers.shapes import BATCH_NAME
from cnncalc.symbolic.decide import Proved, Witness, equal, smallest, solutions
from cnncalc.symbolic.expr import Dim, substitute
from cnncalc.symbolic.solutions import Solutions


class SolvedCondition(NamedTuple):
    """Two sizes that have to be equal at a layer, with what that means for the input."""

    node: Node
    left: Dim
    right: Dim
    sizes: Solutions | None  # at which it holds, where it could be solved
    witness: Witness | None  # sizes at which it does not hold

    @property
    def words(self) -> str | None:
        """Such as `H is a multiple of 16`."""
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
    """Each condition that is not met by every size, at the first layer that has it."""
    found = []
    seen = set()
    for required in flow.requirements:
        left, right = required.left, required.right
        if (left, right) in seen or (right, left) in seen:
            continue
        seen.add((left, right))
        verdict = equal(left, right)
        if isinstance(verdict, Proved):
            continue
        witness = verdict if isinstance(verdict, Witness) else None
        found.append(SolvedCondition(required.node, left, right, solutions(left, right), witness))
    return found


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
    """The smallest legal value of every open size; None where it was not found."""
    one = {BATCH_NAME: 1}
    needs = [substitute(need, one) for need in flow.needs]
    equations = [(substitute(r.left, one), substitute(r.right, one)) for r in flow.requirements]
    found = smallest(needs, equations)
    return None if found is None else {name: found.get(name, 1) for name in names}
