"""Conditions on open sizes in words, and the smallest sizes that a network takes."""

from __future__ import annotations

from typing import Any, NamedTuple

from cnncalc.graph import Flow, Node
from cnncalc.layers.base import BATCH_NAME
from cnncalc.symbolic.decide import Proved, Witness, equal, smallest, solutions
from cnncalc.symbolic.expr import Dim, substitute


class SolvedCondition(NamedTuple):
    """Two sizes that have to be equal at a layer, with what that means for the input."""

    node: Node
    left: Dim
    right: Dim
    words: str | None  # such as "H is a multiple of 16", where it could be solved
    witness: Witness | None  # sizes at which it does not hold

    @property
    def path(self) -> str:
        return self.node.path

    def __str__(self) -> str:
        text = f"{self.path} needs {self.left} == {self.right}"
        return f"{text}: {self.words}" if self.words else text

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
    """Each condition that is not met by every size."""
    found = []
    for required in flow.requirements:
        left, right = required.left, required.right
        verdict = equal(left, right)
        if isinstance(verdict, Proved):
            continue
        answer = solutions(left, right)
        witness = verdict if isinstance(verdict, Witness) else None
        found.append(SolvedCondition(required.node, left, right, answer.words() if answer else None, witness))
    return found


def smallest_sizes(flow: Flow, names: list[str]) -> dict[str, int] | None:
    """The smallest legal value of every open size; None where it was not found."""
    one = {BATCH_NAME: 1}
    needs = [substitute(need, one) for need in flow.needs]
    equations = [(substitute(r.left, one), substitute(r.right, one)) for r in flow.requirements]
    found = smallest(needs, equations)
    return None if found is None else {name: found.get(name, 1) for name in names}
