"""What the positions of a line see of an axis of the input, as a repeating pattern, and how patterns compose.

Position `period*q + i` sees from `low[i] + step*q` to `high[i] + step*q`. Sliding windows have a period of 1;
transposed convolutions, upsampling and adaptive pooling have longer ones, and all compose.

Source of the plain recurrence (`size += (k - 1)*d*jump`, `jump *= stride`): Araujo, Norris and Sim,
"Computing Receptive Fields of Convolutional Neural Networks", Distill 2019.
"""

from __future__ import annotations

from collections.abc import Callable
from math import gcd
from typing import TypeAlias

from cnncalc.layers.window import ANY, LONGEST, Runs, Steps, listed
from cnncalc.named_tuples import NamedTuple
from cnncalc.symbolic.expr import Dim


class Seen(NamedTuple):
    """What the positions of a line see of the input axis. None: that position sees nothing.

    With a step of 0 nothing repeats: there are as many positions as entries, and none outside of them.
    """

    period: int
    step: int
    low: tuple[int | None, ...]
    high: tuple[int | None, ...]

    def at(self, position: int) -> tuple[int, int] | None:
        """The first and the last input position that a position of the line sees."""
        if self.step == 0 and not 0 <= position < self.period:
            return None
        turn, place = divmod(position, self.period)
        low, high = self.low[place], self.high[place]
        return None if low is None or high is None else (low + self.step * turn, high + self.step * turn)


START = Seen(1, 1, (0,), (0,))
NOTHING = Seen(1, 0, (None,), (None,))


class Border(NamedTuple):
    """What outputs together read at the ends of an axis."""

    outside: bool  # positions outside of it
    less: bool  # not both its first and its last position


def border(steps: Steps, size: Dim, count: Dim | None) -> Border:
    """The border of an axis of `size` positions, read by `count` outputs; what is open may be either."""
    if not isinstance(size, int) or not isinstance(count, int) or count > LONGEST:
        return Border(True, True)
    outside = first = last = False
    for output in range(count):
        for low, high in read_by(steps, output):
            outside = outside or low < 0 or high >= size
            spacing = steps.spacing
            first = first or (low <= 0 <= high and low % spacing == 0)
            last = last or (low <= size - 1 <= high and (size - 1 - low) % spacing == 0)
    return Border(outside, not (first and last))


def inside(steps: Steps, within: tuple[int, int], count: int) -> tuple[int, int]:
    """The first and the last of `count` outputs that read those positions alone; the last is less if there is none."""
    first, last = within
    found = [
        output for output in range(count) if all(first <= low and high <= last for low, high in read_by(steps, output))
    ]
    return (found[0], found[-1]) if found else (0, -1)


def read_by(steps: Steps, output: int) -> Runs:
    """The runs of positions that an output reads."""
    turn, place = divmod(output, steps.period)
    shift = steps.step * turn
    return tuple([(first + shift, last + shift) for first, last in steps.reads[place]])


def folded_back(steps: Steps, size: Dim, count: Dim | None) -> Steps:
    """The positions that outputs read where those outside of the axis hold others."""
    if not isinstance(size, int) or not isinstance(count, int):
        return ANY
    inside: Callable[[int], int | None] = {
        "nothing": lambda position: position if 0 <= position < size else None,
        "circular": lambda position: position % size,
        "reflect": lambda position: size - 1 - abs(size - 1 - abs(position)),
        "replicate": lambda position: min(max(position, 0), size - 1),
    }[steps.edge]

    def runs(output: int) -> Runs:
        positions = [range(first, last + 1, steps.spacing) for first, last in read_by(steps, output)]
        read = {at for some in positions for position in some if (at := inside(position)) is not None}
        return tuple([(position, position) for position in sorted(read)])

    return listed(count, runs)


def compose(steps: Steps, seen: Seen, dense: bool, count: Dim | None) -> tuple[Seen, bool] | None:
    """What is seen through one more layer, and whether all of it is; None where the pattern gets too long."""
    if steps.step == 0:
        period, step = steps.period, 0
    elif seen.step == 0:
        if not isinstance(count, int):
            return None
        period, step = count, 0
    else:
        period = steps.period * (seen.period // gcd(seen.period, steps.step))
        step = seen.step * (steps.step * (period // steps.period) // seen.period)
    if period > LONGEST:
        return None
    low: list[int | None] = []
    high: list[int | None] = []
    growing: Growing = {}
    for output in range(period):
        ranges = [range(first, last + 1, steps.spacing) for first, last in read_by(steps, output)]
        intervals, whole = _together(seen, ranges, growing)
        low.append(intervals[0][0] if intervals else None)
        high.append(max(last for _, last in intervals) if intervals else None)
        dense = dense and whole
    return Seen(period, step, tuple(low), tuple(high)), dense


Growing: TypeAlias = "dict[tuple[int, int], tuple[int, list[tuple[int, int]]]]"
"""By the start and the spacing of a range: where it ended, and the intervals that it saw, those that touch as one."""


def _together(seen: Seen, ranges: list[range], growing: Growing) -> tuple[list[tuple[int, int]], bool]:
    """The intervals that some positions see, in order, as far as they decide on the hull; have they no hole?"""
    found: list[tuple[int, int]] = []
    gaps = False
    for positions in ranges:
        if seen.step == 0:
            skipped = max(0, -(positions[0] // positions.step))
            positions = positions[skipped:]
            positions = range(positions.start, min(positions.stop, seen.period), positions.step)
            if len(positions) > FEW:
                found += _grown(seen, positions, growing)
                continue
        two = 2 * (seen.period // gcd(seen.period, positions.step))
        if positions[2 * two :]:  # not `len`, which Python bounds
            # Positions a turn apart see the same intervals, shifted. So the ends of a range show everything: if
            # two turns leave no hole, neither within one nor between them, no others do.
            ends = _intervals(seen, positions[:two]), _intervals(seen, positions[-two:])
            both = [interval for end in ends for interval in end]
            if both and all(map(unbroken, ends)):
                found.append((min(low for low, _ in both), max(high for _, high in both)))
            else:
                found += both
                gaps = True
        else:
            found += _intervals(seen, positions)
    found.sort()
    return found, not gaps and unbroken(found)


FEW = 16
"""Positions that are quicker looked at again than remembered."""


def _grown(seen: Seen, positions: range, growing: Growing) -> list[tuple[int, int]]:
    """What positions of a list see. Those of causal attention begin as those of the output before, and go on."""
    key = positions.start, positions.step
    stop, joined = growing.get(key, (positions.start, []))
    if positions.stop < stop:
        stop, joined = positions.start, []
    more = range(stop + (positions.start - stop) % positions.step, positions.stop, positions.step)
    joined = _joined(sorted([*joined, *_intervals(seen, more)]))
    growing[key] = positions.stop, joined
    return joined


def _joined(intervals: list[tuple[int, int]]) -> list[tuple[int, int]]:
    """Intervals in order, those that touch as one."""
    found = intervals[:1]
    for low, high in intervals[1:]:
        if low > found[-1][1] + 1:
            found.append((low, high))
        elif high > found[-1][1]:
            found[-1] = found[-1][0], high
    return found


def _intervals(seen: Seen, positions: range) -> list[tuple[int, int]]:
    """What each of some positions sees, in order."""
    return sorted([interval for position in positions if (interval := seen.at(position)) is not None])


def unbroken(intervals: list[tuple[int, int]]) -> bool:
    """Do intervals in order leave no position out between them?"""
    end: int | None = None
    for low, high in intervals:
        if end is not None and low > end + 1:
            return False
        end = high if end is None else max(end, high)
    return True
