"""Which input pixels an output pixel can depend on."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from cnncalc.analysis.lines import Axis, State, walk
from cnncalc.analysis.pattern import Seen
from cnncalc.flow import Flow, flow
from cnncalc.graph import Graph
from cnncalc.layers.shapes import is_batch
from cnncalc.named_tuples import NamedTuple
from cnncalc.symbolic.expr import Dim

if TYPE_CHECKING:
    from fractions import Fraction


EXACT, HULL, BOUND = "exact", "hull", "bound"
"""What is said of a field: every position in it is seen; its first and its last are; nothing outside of it is."""


class Field(NamedTuple):
    """A receptive field: for each spatial axis of the input, its size, the step between the fields of
    neighbours (None where there are none, or everything is seen), and where the first one starts.

    `kind` says how much of it is seen: `exact` all of it; `hull` its first and its last position, and maybe not all
    between them; `bound` nothing outside of it, and maybe less.
    """

    size: tuple[Dim, ...]
    jump: tuple[int | Fraction | None, ...]
    start: tuple[int, ...]
    kind: tuple[str, ...]

    def to_dict(self) -> dict[str, Any]:
        def number(value: Any) -> Any:
            return value if value is None or isinstance(value, int) else float(value)

        return {
            "size": [size if isinstance(size, int) else str(size) for size in self.size],
            "jump": [number(jump) for jump in self.jump],
            "start": list(self.start),
            "kind": list(self.kind),
        }


def spatial_axes(graph: Graph) -> tuple[int, list[int]]:
    """The input whose axes are followed, and these axes: the first that has any after the channels.

    Of a sequence these are its positions, which come in front of the features.
    """
    for value, given in enumerate(graph.inputs):
        rank = len(given.shape)
        batch = graph.batch is not None or (given.shape and is_batch(given.shape[0])) or rank > 3
        axes = list(range(2 if batch else 1, rank))
        if batch and rank in (2, 3) and _is_sequence(graph, value):
            return value, [1]
        if axes:
            return value, axes
    return 0, []


def _is_sequence(graph: Graph, value: int) -> bool:
    """Is an input read as positions with features after them, or as indices, by the first layer that says so?"""
    shapes = flow(graph).shapes
    rank = len(graph.inputs[value].shape)
    for node in graph.nodes:
        if value not in node.inputs:
            continue
        layer = node.layer
        if layer.features_last:
            indices = node.inputs.index(value) in layer.integer_inputs
            return indices == (rank == 2) and bool(getattr(layer, "batch_first", True))
        if layer.ndim or layer.rearranges or shapes[node.first] != shapes[value]:
            return False
        value = node.first
    return False


def receptive_fields(graph: Graph, found: Flow) -> list[Field | None]:
    """The receptive field of each node's first output; None without spatial axes, or without any input."""
    followed, axes = spatial_axes(graph)
    if not axes:
        return [None] * len(graph.nodes)
    sizes = [graph.inputs[followed].shape[axis] for axis in axes]
    states = walk(graph, found, followed, axes)
    shown: dict[State, Field] = {}
    fields: list[Field | None] = []
    for node in graph.nodes:
        state = states[node.first]
        if state is None:
            fields.append(None)
        else:
            if state not in shown:
                shown[state] = _field(state, sizes)
            fields.append(shown[state])
    return fields


def _field(state: State, sizes: Sequence[Dim]) -> Field:
    size: list[Dim] = []
    jump: list[int | Fraction | None] = []
    start: list[int] = []
    kind: list[str] = []
    for axis, whole in zip(state, sizes):
        seen = axis.seen
        lows = [low for low in seen.low if low is not None] if seen else []
        if seen is None or not lows:
            size.append(whole if seen is None else 0)
            jump.append(None)
            start.append(0)
        else:
            size.append(_widest(axis, seen))
            jump.append(_ratio(seen.step, seen.period) if axis.plain and seen.step else None)
            start.append(lows[0])
        nowhere = axis.clear is not None and axis.clear[1] < axis.clear[0]
        kind.append(BOUND if nowhere or not axis.tight else EXACT if axis.dense else HULL)
    return Field(tuple(size), tuple(jump), tuple(start), tuple(kind))


def _widest(axis: Axis, seen: Seen) -> int:
    """The most positions from the first to the last that are seen, by those on the line that see none outside of it
    if that is known and there are any.
    """
    first, last = axis.clear or (0, -1)
    for places in (range(first, min(last, first + seen.period - 1) + 1), range(seen.period)):
        found = [high - low + 1 for place in places for low, high in [seen.at(place) or (0, -1)]]
        if any(found):
            return max(found)
    return 0


def _ratio(step: int, period: int) -> int | Fraction:
    if step % period == 0:
        return step // period
    from fractions import Fraction  # 2 ms, needed after upsampling only

    return Fraction(step, period)
