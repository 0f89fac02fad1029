"""Which input positions an output position can depend on, exactly, axis by axis.

Along an axis, the positions that output `period*q + i` sees run from `low[i] + step*q` to
`high[i] + step*q`. Sliding windows have a period of 1; transposed convolutions, upsampling and adaptive
pooling have longer ones, and all compose. Branches give the hull of their intervals.

Source of the plain recurrence (`size += (k - 1)*d*jump`, `jump *= stride`): Araujo, Norris and Sim,
"Computing Receptive Fields of Convolutional Neural Networks", Distill 2019.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import gcd, lcm
from typing import TYPE_CHECKING, Any, NamedTuple

from cnncalc.graph import Flow, Graph
from cnncalc.layers.shapes import Shapes, is_batch
from cnncalc.layers.window import ALL, SAME, Steps
from cnncalc.symbolic.expr import Dim

if TYPE_CHECKING:
    from fractions import Fraction

MAX_PERIOD = 4096  # longer patterns are taken as seeing everything
MAX_WORK = 2_000_000  # positions that one walk looks at; what comes behind is taken as seeing everything


class Seen(NamedTuple):
    """The repeating intervals along one input axis. None: that output sees nothing of it."""

    period: int
    step: int
    low: tuple[int | None, ...]
    high: tuple[int | None, ...]


class Axis(NamedTuple):
    """What a value sees of one input axis, and the axis of the value that follows it."""

    dim: int | None  # None: none does
    seen: Seen | None  # None: all of it


START = Seen(1, 1, (0,), (0,))
EVERYTHING = Axis(None, None)


class Field(NamedTuple):
    """A receptive field: for each spatial axis of the input, its size, the step between the fields of
    neighbours (None where there are none, or everything is seen), and where the first one starts."""

    size: tuple[Dim, ...]
    jump: tuple[int | Fraction | None, ...]
    start: tuple[int, ...]

    def to_dict(self) -> dict[str, Any]:
        def number(value: Any) -> Any:
            return value if value is None or isinstance(value, int) else float(value)

        return {
            "size": [size if isinstance(size, int) else str(size) for size in self.size],
            "jump": [number(jump) for jump in self.jump],
            "start": list(self.start),
        }


def spatial_axes(graph: Graph) -> tuple[int, list[int]]:
    """The input whose axes are followed, and these axes: the first that has any behind the channels."""
    for value, given in enumerate(graph.inputs):
        rank = len(given.shape)
        batch = 1 if (given.shape and is_batch(given.shape[0])) or rank > 3 else 0
        axes = list(range(batch + 1, rank))
        if axes:
            return value, axes
    return 0, []


def receptive_fields(graph: Graph, flow: Flow) -> list[Field | None]:
    """The receptive field of each node's first output; None without spatial axes, or without any input."""
    followed, axes = spatial_axes(graph)
    if not axes:
        return [None] * len(graph.nodes)
    sizes = [graph.inputs[followed].shape[axis] for axis in axes]
    states: list[tuple[Axis, ...] | None] = [None] * len(graph.inputs)
    states[followed] = tuple(Axis(axis, START) for axis in axes)
    walk = _Walk(len(axes))
    fields: list[Field | None] = []
    shown: dict[tuple[Axis, ...], Field] = {}
    for node in graph.nodes:
        xs: Shapes = tuple([flow.shapes[value] for value in node.inputs])  # type: ignore[misc]
        ys: Shapes = tuple(flow.shapes[node.first : node.first + node.count])  # type: ignore[arg-type]
        state = walk.through(node.layer, xs, ys, tuple([states[value] for value in node.inputs]))
        states.extend([state] * node.count)
        if state is None:
            fields.append(None)
        else:
            if state not in shown:
                shown[state] = _field(state, sizes)
            fields.append(shown[state])
    return fields


def _field(state: tuple[Axis, ...], sizes: Sequence[Dim]) -> Field:
    size: list[Dim] = []
    jump: list[int | Fraction | None] = []
    start: list[int] = []
    for axis, whole in zip(state, sizes):
        seen = axis.seen
        lows = [low for low in seen.low if low is not None] if seen else []
        if seen is None or not lows:
            size.append(whole if seen is None else 0)
            jump.append(None)
            start.append(0)
            continue
        size.append(max(h - low + 1 for low, h in zip(seen.low, seen.high) if low is not None and h is not None))
        jump.append(None if axis.dim is None else _ratio(seen.step, seen.period))
        start.append(lows[0])
    return Field(tuple(size), tuple(jump), tuple(start))


def _ratio(step: int, period: int) -> int | Fraction:
    if step % period == 0:
        return step // period
    from fractions import Fraction  # 2 ms, needed behind upsampling only

    return Fraction(step, period)


class _Walk:
    """States through layers, each distinct step computed once."""

    def __init__(self, axes: int) -> None:
        self.axes = axes
        self.reach: dict[tuple[Any, Shapes], Any] = {}
        self.composed: dict[tuple[Steps, Seen], Seen | None] = {}
        self.work = 0

    def through(
        self, layer: Any, xs: Shapes, ys: Shapes, states: tuple[tuple[Axis, ...] | None, ...]
    ) -> tuple[Axis, ...] | None:
        reaches = self.reach.get((layer, xs))
        if reaches is None:
            reaches = self.reach[layer, xs] = layer.reach(xs, ys)
        results = [self.one(reach, state) for reach, state in zip(reaches, states) if state is not None]
        if not results:
            return None
        merged = results[0]
        for other in results[1:]:
            if other != merged:
                merged = tuple(hull(a, b) for a, b in zip(merged, other))
        return merged

    def one(self, reach: dict[int, tuple[int | None, Steps]], state: tuple[Axis, ...]) -> tuple[Axis, ...]:
        if all(axis.dim is not None and reach.get(axis.dim) == (axis.dim, SAME) for axis in state):
            return state  # as it was: norms and activations
        mixes = any(steps is ALL for _, steps in reach.values())
        return tuple([self.axis(reach, axis, mixes) for axis in state])

    def axis(self, reach: dict[int, tuple[int | None, Steps]], axis: Axis, mixes: bool) -> Axis:
        if axis.seen is None:
            return EVERYTHING
        if axis.dim is None:
            # Scattered over some axis: what mixes any axis may bring all of it together.
            return EVERYTHING if mixes else axis
        dim, steps = reach.get(axis.dim, (None, ALL))
        if steps is ALL:
            return EVERYTHING
        if steps is SAME:
            return Axis(dim, axis.seen)
        key = (steps, axis.seen)
        if key not in self.composed:
            longest = max((last - first + 1 for first, last in filter(None, steps.reads)), default=1)
            self.work += steps.period * axis.seen.period * min(longest, axis.seen.period)
            self.composed[key] = compose(steps, axis.seen) if self.work <= MAX_WORK else None
        seen = self.composed[key]
        return EVERYTHING if seen is None else Axis(dim, seen)


def compose(steps: Steps, seen: Seen) -> Seen | None:
    """What is seen through one more layer, or None where the pattern gets too long."""
    if steps.step == 0:
        return None
    period = steps.period * (seen.period // gcd(seen.period, steps.step))
    if period > MAX_PERIOD:
        return None
    low: list[int | None] = []
    high: list[int | None] = []
    for output in range(period):
        read = steps.reads[output % steps.period]
        if read is None:
            low.append(None)
            high.append(None)
            continue
        shift = steps.step * (output // steps.period)
        first, last = read[0] + shift, read[1] + shift
        # Positions a period apart see intervals that are shifted, so the ends of the range decide.
        lows = [_at(seen, seen.low, i) for i in range(first, min(last, first + seen.period - 1) + 1)]
        highs = [_at(seen, seen.high, i) for i in range(max(first, last - seen.period + 1), last + 1)]
        low.append(min((v for v in lows if v is not None), default=None))
        high.append(max((v for v in highs if v is not None), default=None))
    turns = steps.step * (period // steps.period) // seen.period
    return Seen(period, seen.step * turns, tuple(low), tuple(high))


def _at(seen: Seen, ends: tuple[int | None, ...], position: int) -> int | None:
    end = ends[position % seen.period]
    return None if end is None else end + seen.step * (position // seen.period)


def hull(a: Axis, b: Axis) -> Axis:
    """What two branches see together. Branches with other steps between neighbours see everything."""
    if a == b:
        return a
    if a.seen is None or b.seen is None or a.dim != b.dim:
        return EVERYTHING
    if a.seen.step * b.seen.period != b.seen.step * a.seen.period:
        return EVERYTHING
    period = lcm(a.seen.period, b.seen.period)
    if period > MAX_PERIOD:
        return EVERYTHING
    low: list[int | None] = []
    high: list[int | None] = []
    for i in range(period):
        lows = [v for s in (a.seen, b.seen) if (v := _at(s, s.low, i)) is not None]
        highs = [v for s in (a.seen, b.seen) if (v := _at(s, s.high, i)) is not None]
        low.append(min(lows, default=None))
        high.append(max(highs, default=None))
    step = a.seen.step * period // a.seen.period
    return Axis(a.dim, Seen(period, step, tuple(low), tuple(high)))


def jumps_differ(a: Axis, b: Axis) -> bool:
    """Do two branches step over the input at different rates?"""
    if a.seen is None or b.seen is None:
        return False
    return a.seen.step * b.seen.period != b.seen.step * a.seen.period
