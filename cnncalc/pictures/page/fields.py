"""What a page needs to say what a position sees: of the input, and of each value that its own is made of."""

from __future__ import annotations

from typing import Any

from cnncalc.analysis.lines import Axis, State, links, walk
from cnncalc.analysis.receptive_field import BOUND, EXACT, HULL, spatial_axes
from cnncalc.analysis.trace import Report
from cnncalc.pictures.page.values import Values

KINDS = (EXACT, HULL, BOUND)

MOST = 1_024
"""Entries up to which a pattern is written; of a longer one all is said to be seen, at most."""


def fields(report: Report, values: Values) -> dict[str, Any] | None:
    """What positions see along one or two axes of the input; None where there are none such.

    `states` are what values see of the input, by axis: a pattern, how it is seen, whether the border is seen otherwise
    than the middle, and the axis of the value. `values` have for each value that sees any its layer, the places of its
    sizes, its state, and for each value that it is made of what it sees of that, by axis.
    """
    graph, flow = report.graph, report.flow
    followed, axes = spatial_axes(graph)
    if not axes or len(axes) > 2:
        return None
    listed = _Listed()
    base = walk(graph, flow, followed, axes)
    direct = links(graph, flow, base)
    found: list[list[Any]] = []
    for value, state in enumerate(base):
        shape = flow.shapes[value]
        if state is None or shape is None:
            continue
        layer = -1 if value < len(graph.inputs) else graph.producers[value]
        sizes = [values.add(shape[axis.digits[0].dim]) if axis.plain and axis.digits else None for axis in state]
        seen = [[one, list(map(listed.pattern, link))] for one, link in direct[value]]
        found.append([value, layer, sizes, listed.state(state), seen])
    inputs = [values.add(graph.inputs[followed].shape[axis]) for axis in axes]
    first = [node.first for node in graph.nodes]
    return {
        "input": followed,
        "sizes": inputs,
        "first": first,
        "states": listed.states,
        "patterns": listed.patterns,
        "values": found,
    }


class _Listed:
    """Patterns and states, each once."""

    def __init__(self) -> None:
        self.patterns: list[list[Any]] = []
        self.states: list[list[Any]] = []
        self._patterns: dict[Any, int] = {}
        self._states: dict[State, int] = {}

    def pattern(self, axis: Axis) -> int | None:
        """The place of what is seen; None: all of it, or at most that."""
        seen = axis.seen
        if seen is None or seen.period > MOST:
            return None
        if seen not in self._patterns:
            self._patterns[seen] = len(self.patterns)
            self.patterns.append([seen.period, seen.step, list(seen.low), list(seen.high)])
        return self._patterns[seen]

    def state(self, state: State) -> int:
        if state not in self._states:
            self._states[state] = len(self.states)
            self.states.append(list(map(self._axis, state)))
        return self._states[state]

    def _axis(self, axis: Axis) -> list[Any]:
        kind = BOUND if not axis.tight else EXACT if axis.dense else HULL
        pattern = self.pattern(axis)
        lost = pattern is None and axis.seen is not None
        return [pattern, KINDS.index(BOUND if lost else kind), [axis.blurred, axis.folded]]
