"""What every value of a network sees of the input, axis by axis.

A *line* is one axis of the input, as far as a value still has it: the positions that the value's own stand for. Where
axes are merged and split, a position on the line is put together from digits, as the place of a pixel in a flattened
map is from its row and its column. Branches give the hull of their intervals.

Positions below 0 and after the end are padding: they see what a larger input would have there.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from math import lcm
from typing import Any

from cnncalc.analysis.pattern import NOTHING, START, Border, Seen, border, compose, folded_back, inside, unbroken
from cnncalc.flow import Flow
from cnncalc.graph import Graph
from cnncalc.layers.shapes import Shape, Shapes
from cnncalc.layers.window import ALL, ANY, LONGEST, SAME, AxisPart, Reach, Reaches, Steps, To
from cnncalc.named_tuples import NamedTuple
from cnncalc.symbolic.expr import Dim

MAX_WORK = 2_000_000  # positions that one walk looks at; what comes after is taken as seeing everything


class Digit(NamedTuple):
    """A part of a position on the line: `weight * (t // below % span)`, for position t along axis `dim`.

    A span of None leaves out the `% span`: the digit goes up to the end of its axis.
    """

    dim: int
    below: Dim = 1
    span: Dim | None = None
    weight: Dim = 1


class Axis(NamedTuple):
    """What a value sees of one input axis."""

    digits: tuple[Digit, ...] | None  # where the line is in the value; None: it has been lost among its axes
    seen: Seen | None  # None: each position sees all of it
    tight: bool = True  # the ends of an interval are seen; else all that is said is that nothing outside of it is
    dense: bool = True  # so is every position between them
    cropped: bool = False  # the line ends where the input goes on
    blurred: bool = False  # and positions outside of it have been read, as if they were there
    clear: tuple[int, int] | None = None  # the first and the last on the line that see none of those; None: not known
    folded: bool = False  # positions outside of it have been read, where padding holds others
    varied: frozenset[int] = frozenset()  # axes of the value along which values see different parts of an interval

    @property
    def plain(self) -> bool:
        """Is the line an axis of the value?"""
        digits = self.digits
        return digits is not None and len(digits) == 1 and digits[0][1:] == WHOLE_AXIS


WHOLE_AXIS = Digit(0)[1:]

State = tuple[Axis, ...]


def walk(graph: Graph, flow: Flow, followed: int, axes: Sequence[int]) -> list[State | None]:
    """What each value of the graph sees of some axes of one of them, an input or what a layer gives.

    None for what does not depend on it.
    """
    start = tuple([Axis((Digit(axis),), START) for axis in axes])
    states: list[State | None] = [None] * len(graph.inputs)
    if followed < len(states):
        states[followed] = start
    whole = flow.shapes[followed]
    assert whole is not None
    steps = _Walk([whole[axis] for axis in axes])
    for node in graph.nodes:
        xs: Shapes = tuple([flow.shapes[value] for value in node.inputs])  # type: ignore[misc]
        ys: Shapes = tuple(flow.shapes[node.first : node.first + node.output_count])  # type: ignore[arg-type]
        states.extend(steps.through(node.layer, xs, ys, tuple([states[value] for value in node.inputs])))
        if node.first <= followed < node.first + node.output_count:
            states[followed] = start
    return states


def links(graph: Graph, flow: Flow, states: Sequence[State | None]) -> list[list[tuple[int, State]]]:
    """What each value sees directly of those that it is made of, where the lines are axes of both.

    `states` are those of a walk.
    """
    found: list[list[tuple[int, State]]] = [[] for _ in states]
    walks: dict[tuple[Dim, ...], _Walk] = {}
    reached: dict[tuple[Any, Shapes], Sequence[Reaches]] = {}
    for node in graph.nodes:
        if not any(_plain(states[value]) for value in node.inputs):
            continue
        xs: Shapes = tuple([flow.shapes[value] for value in node.inputs])  # type: ignore[misc]
        ys: Shapes = tuple(flow.shapes[node.first : node.first + node.output_count])  # type: ignore[arg-type]
        key = node.layer, xs
        if key not in reached:
            reached[key] = node.layer.reaches(xs, ys)
        for output, (y, reaches) in enumerate(zip(ys, reached[key]), node.first):
            for value, x, reach in zip(node.inputs, xs, reaches):
                state = states[value]
                if reach is None or state is None or not _plain(state) or not _plain(states[output]):
                    continue
                dims = [axis.digits[0].dim for axis in state if axis.digits]
                sizes = tuple([x[dim] for dim in dims])
                walk = walks.setdefault(sizes, _Walk(sizes))
                direct = walk.one(reach, x, y, tuple([Axis((Digit(dim),), START) for dim in dims]))
                if all(
                    axis.seen is None or (axis.plain and dim == to)
                    for axis, dim, to in zip(direct, _dims(direct), _dims(states[output]))
                ):
                    found[output].append((value, direct))
    return found


def _plain(state: State | None) -> bool:
    """Is each line an axis of the value?"""
    return state is not None and all(axis.plain for axis in state)


def _dims(state: State | None) -> list[int | None]:
    """The axis that each line is."""
    return [axis.digits[0].dim if axis.plain and axis.digits else None for axis in state or ()]


class _Walk:
    """States through layers, each distinct step computed once."""

    def __init__(self, sizes: Sequence[Dim]) -> None:
        self.sizes = sizes  # of the input axes
        self.reach: dict[tuple[Any, Shapes], tuple[Sequence[Reaches], int | None]] = {}
        self.composed: dict[tuple[Any, ...], tuple[Seen, bool] | None] = {}
        self.borders: dict[tuple[Steps, Dim, Dim | None], Border] = {}
        self.work = 0

    def through(self, layer: Any, xs: Shapes, ys: Shapes, states: tuple[State | None, ...]) -> list[State | None]:
        """What each output of a layer sees."""
        if all(state is None for state in states):
            return [None] * len(ys)
        found = self.reach.get((layer, xs))
        if found is None:
            found = self.reach[layer, xs] = layer.reaches(xs, ys), layer.beside(xs, ys)
        same: dict[int, State | None] = {}  # outputs that see the same have the same object
        outputs: list[State | None] = []
        for y, reaches in zip(ys, found[0]):
            if id(reaches) not in same:
                same[id(reaches)] = self.merged(reaches, found[1], xs, y, states)
            outputs.append(same[id(reaches)])
        return outputs

    def merged(
        self, reaches: Reaches, beside: int | None, xs: Shapes, y: Shape, states: tuple[State | None, ...]
    ) -> State | None:
        """What one output sees, through all inputs together."""
        results = [
            None if reach is None or state is None else self.one(reach, x, y, state)
            for reach, x, state in zip(reaches, xs, states)
        ]
        found = [result for result in results if result is not None]
        if not found:
            return None
        state = found[0]
        for other in found[1:]:
            if other != state:
                state = tuple([hull(*pair, y) for pair in zip(state, other)])
        if beside is None:
            return state
        apart = [any(result is None or result[i] != axis for result in results) for i, axis in enumerate(state)]
        return tuple(
            [
                axis._replace(varied=axis.varied | {beside})
                if differ and all(digit.dim != beside for digit in axis.digits or ())
                else axis
                for axis, differ in zip(state, apart)
            ]
        )

    def one(self, reach: Reach, x: Shape, y: Shape, state: State) -> State:
        if x == y and len(reach) == len(x) and all(to == axis and steps == SAME for axis, (to, steps) in reach.items()):
            return state  # as it was: norms and activations
        return tuple([self.axis(reach, x, y, axis, whole) for axis, whole in zip(state, self.sizes)])

    def axis(self, reach: Reach, x: Shape, y: Shape, axis: Axis, whole: Dim) -> Axis:
        """What is seen of one input axis through one more layer."""
        if axis.varied:
            axis = _picked(reach, axis, x, y)
        if axis.digits is None:
            # Lost among the axes: what reads more than one position of any may bring all of it together.
            mixed = any(
                steps.whole or any(len(runs) > 1 or any(a < b for a, b in runs) for runs in steps.reads)
                for _, steps in reach.values()
            )
            return _everything(axis) if mixed else axis
        if not axis.digits:
            return axis
        dim = axis.digits[0].dim
        to, steps = reach.get(dim, GONE)
        if axis.plain and not steps.whole and (steps.step or steps.period > 1):
            if steps != SAME or _cuts(to, steps, x[dim], y):
                axis = self.read(axis, steps, x[dim], _count(to, y))
        else:
            while axis.seen is not None:
                read = [digit for digit in axis.digits or () if _reads(digit, reach, x, y)]
                if not read:
                    break
                axis = self.freed(axis, read[0], reach.get(read[0].dim, GONE)[1], x[read[0].dim])
        if axis.seen is None:
            return axis
        return _settled(_moved(axis, reach, x, y), whole)

    def read(self, axis: Axis, steps: Steps, size: Dim, count: Dim | None) -> Axis:
        """An axis of the value, through a pattern that reads `size` positions and gives `count`."""
        assert axis.seen is not None
        key = (steps, size, count)
        if key not in self.borders:
            self.borders[key] = border(*key)
        outside, less = self.borders[key]
        folded = outside and steps.edge != "zeros"
        if folded and (steps.edge in ("circular", "nothing") or axis.seen.period > 1 or axis.seen.step == 0):
            steps = folded_back(steps, size, count)
            folded = False
        seen = None if steps == ANY else self.compose(steps, axis.seen, axis.dense, count)
        if seen is None:
            return _everything(axis)
        if seen[0].step == 0:  # there is nothing outside of a list
            outside = less = False
            axis = axis._replace(cropped=False)
        blurred = axis.blurred or (outside and (axis.cropped or less))
        clear = None
        if blurred and isinstance(size, int) and isinstance(count, int) and count <= LONGEST:
            clear = inside(steps, axis.clear or (0, size - 1), count) if axis.clear or not axis.blurred else None
        return axis._replace(
            seen=seen[0],
            dense=seen[1],
            cropped=axis.cropped or less,
            blurred=blurred,
            clear=clear,
            folded=axis.folded or folded,
            varied=axis.varied.union(steps.spread),
            tight=axis.tight and not steps.fewer,
        )

    def freed(self, axis: Axis, digit: Digit, steps: Steps, size: Dim) -> Axis:
        """Without one digit of the line, at whose values each position looks: all of them, or a fixed one."""
        assert axis.seen is not None
        assert axis.digits is not None
        fixed = not steps.whole and steps.step == 0 and steps.period == 1
        if fixed and not steps.reads[0]:
            return axis._replace(digits=(), seen=NOTHING)
        position = steps.reads[0][0][0] if fixed else 0
        count = size // digit.below if digit.span is None else digit.span
        weight, below = digit.weight, digit.below
        if fixed and axis.plain and not isinstance(count, int):
            count = position + 1  # however many there are
        if not isinstance(count, int) or not isinstance(weight, int) or not isinstance(below, int) or weight > LONGEST:
            return _everything(axis)
        if count < 1 or below < 1:  # an axis without positions
            return _everything(axis)
        first, last = (position // below % count,) * 2 if fixed else (0, count - 1)
        spacing = weight if last > first else 1
        reads = tuple(((low + weight * first, low + weight * last),) for low in range(weight))
        top = all(other is digit or _below(other, digit) for other in axis.digits)
        left = axis.seen.period // count if axis.seen.step == 0 else None
        seen = self.compose(Steps(weight, 0 if top else weight * count, reads, spacing), axis.seen, axis.dense, left)
        if seen is None:
            return _everything(axis)
        others = _without(axis.digits, digit, count)
        all_read = steps.whole and steps.step == 0
        tight = axis.tight and not axis.blurred and (fixed or all_read) and not steps.fewer
        varied = axis.varied.union(steps.spread)
        return axis._replace(digits=others, seen=seen[0], dense=seen[1], tight=tight, varied=varied, clear=None)

    def compose(self, steps: Steps, seen: Seen, dense: bool, count: Dim | None) -> tuple[Seen, bool] | None:
        key = (steps, seen, dense, count if seen.step == 0 else None)
        if key not in self.composed:
            longest = max((last - first + 1 for runs in steps.reads for first, last in runs), default=1)
            runs = max(map(len, steps.reads), default=1)
            outputs = count if seen.step == 0 and isinstance(count, int) else steps.period * seen.period
            self.work += outputs * min(longest, 2 * seen.period) * max(1, runs)
            self.composed[key] = compose(steps, seen, dense, count) if self.work <= MAX_WORK else None
        return self.composed[key]


GONE = (None, ALL)


def _everything(axis: Axis) -> Axis:
    """All that is known is that it is in the input."""
    return axis._replace(digits=(), seen=None, tight=False, clear=None)


def _reads(digit: Digit, reach: Reach, x: Shape, y: Shape) -> bool:
    """Is the axis of a digit read otherwise than each position by itself?"""
    to, steps = reach.get(digit.dim, GONE)
    return steps != SAME or _cuts(to, steps, x[digit.dim], y)


def _cuts(to: To, steps: Steps, size: Dim, y: Shape) -> bool:
    """Are an axis' first positions read alone, each by itself?"""
    return steps == SAME and isinstance(to, int) and y[to] != size


def _picked(reach: Reach, axis: Axis, x: Shape, y: Shape) -> Axis:
    """The axes along which values see different parts, through a layer: what picks some of them may see less."""
    varied: set[int] = set()
    tight = axis.tight
    for dim in axis.varied:
        to, steps = reach.get(dim, GONE)
        if steps.whole and steps.step == 0 and not steps.fewer:
            continue
        if isinstance(to, int):
            varied.add(to)
        elif to is not None:
            varied.update(part.axis for part in to)
        kept = steps == SAME or steps.edge == "nothing"  # beside others
        if to is None or not kept or _cuts(to, steps, x[dim], y):
            tight = False
    return axis._replace(varied=frozenset(varied), tight=tight)


def _below(digit: Digit, other: Digit) -> bool:
    """Does a digit count less than another of the same line?"""
    if isinstance(digit.weight, int) and isinstance(other.weight, int):
        return digit.weight < other.weight
    return digit.weight == 1 or (digit.weight != other.weight and other.weight % digit.weight == 0)


def _count(to: To, y: Shape) -> Dim | None:
    """How many positions of the line the output has."""
    if isinstance(to, int):
        return y[to]
    return to[0].span if to else None


def _moved(axis: Axis, reach: Reach, x: Shape, y: Shape) -> Axis:
    """The digits where they are in the output."""
    if axis.plain and axis.digits and reach.get(axis.digits[0].dim, GONE)[0] == axis.digits[0].dim:
        return axis  # the axis is where it was
    found: list[Digit] = []
    read = axis.plain
    for digit in axis.digits or ():
        to = reach.get(digit.dim, GONE)[0]
        parts: list[Digit] | None
        if to is None:
            parts = None
        elif isinstance(to, int):
            parts = [digit._replace(dim=to)]
        elif read:
            parts = [Digit(part.axis, part.below, part.span, digit.weight * part.weight) for part in to]
        else:
            parts = _cut(digit, to, x[digit.dim])
        if parts is None:
            return axis._replace(digits=None, tight=axis.tight and not axis.varied, varied=frozenset())
        found += parts
    topped = [
        digit._replace(span=None) if digit.span is not None and digit.below * digit.span == y[digit.dim] else digit
        for digit in found
    ]
    return axis._replace(digits=_joined(topped))


def _cut(digit: Digit, parts: Iterable[AxisPart], size: Dim) -> list[Digit] | None:
    """A digit of an axis that becomes parts; None where it does not fit into them."""
    count = size // digit.below if digit.span is None else digit.span
    found: list[Digit] = []
    for part in parts:
        if part.weight == digit.below and part.span == count:
            return [Digit(part.axis, part.below, count, digit.weight)]
        numbers = [
            number
            for number in (digit.below, digit.below * count, part.weight, part.weight * part.span)
            if isinstance(number, int)
        ]
        if len(numbers) < 4:
            return None
        low, high, start, end = numbers
        first, last = max(low, start), min(high, end)
        if first < last:
            if last % first or first % low or first % start or high % last or end % last:
                return None
            below = part.below * (first // start)
            found.append(Digit(part.axis, below, last // first, digit.weight * (first // low)))
    return found


def _joined(digits: list[Digit]) -> tuple[Digit, ...]:
    """Digits that follow each other on the line and along an axis are one."""
    for low in digits:
        for high in digits:
            if (
                low is not high
                and low.span is not None
                and high.dim == low.dim
                and high.below == low.below * low.span
                and high.weight == low.weight * low.span
            ):
                span = None if high.span is None else low.span * high.span
                rest = [digit for digit in digits if digit is not low and digit is not high]
                return _joined([*rest, low._replace(span=span)])
    return tuple(sorted(digits, key=lambda digit: (digit.dim, str(digit.below))))


def _settled(axis: Axis, whole: Dim) -> Axis:
    """A line of one position, that no axis of the value has, sees one interval; all of the axis is no interval."""
    if axis.digits or axis.digits is None or axis.seen is None:
        return axis
    axis = axis._replace(tight=axis.tight and not axis.blurred, clear=None)  # the one position may be at the border
    assert axis.seen is not None
    interval = axis.seen.at(0)
    if interval is None:
        return axis._replace(seen=NOTHING)
    low, high = interval
    if isinstance(whole, int) and low <= 0 and high >= whole - 1:
        return axis._replace(seen=None)
    return axis._replace(seen=Seen(1, 0, (low,), (high,)))


def hull(a: Axis, b: Axis, y: Shape) -> Axis:
    """What two branches see together. Branches with other steps between neighbours see everything."""
    if a == b:
        return a
    varied = a.varied | b.varied
    if a.seen is None or b.seen is None:
        whole = a if a.seen is None and (a.tight or b.seen is not None) else b
        return whole._replace(varied=varied)
    if a.digits != b.digits:
        a, b = _on_one_line(a, b, y), _on_one_line(b, a, y)
    if a.digits != b.digits or a.seen is None or b.seen is None:
        return _everything(a)
    if a.seen.step == 0 or b.seen.step == 0:
        period = a.seen.period if a.seen.step == 0 else b.seen.period
        step = 0
        if a.seen.step == b.seen.step and a.seen.period != b.seen.period:
            return _everything(a)
    elif a.seen.step * b.seen.period != b.seen.step * a.seen.period:
        return _everything(a)
    else:
        period = lcm(a.seen.period, b.seen.period)
        step = a.seen.step * period // a.seen.period
    if period > LONGEST:
        return _everything(a)
    low: list[int | None] = []
    high: list[int | None] = []
    dense = a.dense and b.dense
    for i in range(period):
        found = sorted(interval for seen in (a.seen, b.seen) if (interval := seen.at(i)) is not None)
        low.append(found[0][0] if found else None)
        high.append(max(last for _, last in found) if found else None)
        dense = dense and unbroken(found)
    return Axis(
        a.digits,
        Seen(period, step, tuple(low), tuple(high)),
        tight=a.tight and b.tight,
        dense=dense,
        cropped=a.cropped and b.cropped,
        blurred=a.blurred or b.blurred,
        clear=_clear(a, b),
        folded=a.folded or b.folded,
        varied=varied,
    )


def _clear(a: Axis, b: Axis) -> tuple[int, int] | None:
    """The positions that see nothing outside of a line in either of two branches."""
    known = [axis.clear for axis in (a, b) if axis.blurred]
    found = [clear for clear in known if clear is not None]
    if not found or len(found) < len(known):
        return None
    return max(low for low, _ in found), min(high for _, high in found)


def _on_one_line(axis: Axis, other: Axis, y: Shape) -> Axis:
    """What is the same for all values of one digit of another's line, as one of that line; else as it is."""
    if axis.digits is None or other.digits is None or axis.seen is None:
        return axis
    for digit in other.digits:
        span = y[digit.dim] // digit.below if digit.span is None else digit.span
        weight = digit.weight
        if not isinstance(span, int) or not isinstance(weight, int) or weight * span > LONGEST:
            continue
        without = _without(other.digits, digit, span)
        if axis.digits == without:
            reads = tuple(((place % weight, place % weight),) for place in range(weight * span))
            count = axis.seen.period * span if axis.seen.step == 0 else None
            found = compose(Steps(weight * span, weight, reads), axis.seen, axis.dense, count)
            return axis if found is None else axis._replace(digits=other.digits, seen=found[0], clear=None)
    return axis


def _without(digits: tuple[Digit, ...], digit: Digit, span: int) -> tuple[Digit, ...]:
    """The digits of a line without one of them."""
    return tuple(
        other if _below(other, digit) else other._replace(weight=other.weight // span)
        for other in digits
        if other is not digit
    )
