"""A level broken into columns from left to right, where few values pass."""

from __future__ import annotations

from itertools import pairwise

from cnncalc.pictures.layered.boxes import LABEL, TRACK, Placed, Stroke
from cnncalc.pictures.layered.lines import OneColumn, joined

COLUMN = 44.0  # between two columns
COLUMN_TOP = 10.0
MOST_PASSING = 7  # values from a column to the next


def in_columns(drawn: OneColumn, ratio: float) -> Placed:
    """The ranks in columns from left to right, broken where a single value passes and not at a pin."""
    bands, gaps, corners, ports = drawn.bands, drawn.gaps, drawn.corners, drawn.ports
    breaks = []
    for rank in range(len(bands) - 1):
        pins = any(slot.box and slot.box.pin for slot in (*drawn.slots[rank], *drawn.slots[rank + 1]))
        if len({link.value for link in drawn.links[rank]}) in range(1, MOST_PASSING + 1) and not pins:
            breaks.append(rank)
    passing = [len({link.value for link in links}) for links in drawn.links]
    options = []
    for number in range(1, 9):
        cuts = cuts_of(breaks, bands, number, passing)
        spans = [*pairwise([0, *(cut + 1 for cut in cuts), len(bands)])]
        extents = [drawn.extent(first, last) for first, last in spans]
        wide = sum(right - left for left, right in extents) + sum(COLUMN + TRACK * passing[cut] for cut in cuts)
        high = max(bands[last - 1][1] - (bands[first - 1][1] if first else 0.0) for first, last in spans)
        # Neither a strip, nor columns of very different heights.
        even = sum(bands[last - 1][1] - (bands[first - 1][1] if first else 0.0) for first, last in spans)
        uneven = high * len(spans) / even
        crowded = 1 + 0.08 * sum(passing[cut] - 1 for cut in cuts)
        options.append((max(wide / high / ratio, ratio * high / wide) * uneven * crowded, cuts, spans, extents))
    _, cuts, spans, extents = min(options, key=lambda option: option[0])
    if not cuts:
        return in_one(drawn)
    lines: list[Stroke] = []
    placed = list(corners)
    x, deepest = 0.0, 0.0
    moved = dict(ports)
    waiting: list[tuple[int, tuple[float, float]]] = []  # what leaves the column before: values, and where they are
    for (first, last), (left, right) in zip(spans, extents):
        many = len(waiting)
        if first:
            x += COLUMN + TRACK * (many - 1)
        dx = x - left
        top = bands[first - 1][1] if first else 0.0  # a column begins with the gap above its first rank
        dy = (COLUMN_TOP + TRACK * (many - 1) if first else 0.0) - top
        if first:
            starts = drawn.starts(first - 1)
            # One in the other, so that they do not cross: what is furthest to the right turns first.
            for i, (value, before) in enumerate(waiting):
                gutter = x - COLUMN / 2 - TRACK * i
                over = 2.0 + TRACK * (many - 1 - i)
                at = (starts[value][0] + dx, top + dy)
                way = (before, (gutter, before[1]), (gutter, over), (at[0], over), at)
                lines.append(Stroke(value, way, False))
            for line in gaps[first - 1]:
                lines.append(moved_line(line, dx, dy, (starts[line.value][1], top)))
        for rank in range(first, last):
            for slot in drawn.slots[rank]:
                if slot.box:
                    corners_x, corners_y = corners[slot.index]
                    placed[slot.index] = (corners_x + dx, corners_y + dy)
                    if slot.index in moved:
                        moved[slot.index] = ports[slot.index] + dx
            if rank + 1 < last:
                lines.extend(moved_line(line, dx, dy) for line in gaps[rank])
        waiting = []
        floor = bands[last - 1][1] + dy
        if last < len(bands):
            ends = sorted(drawn.starts(last - 1).items(), key=lambda item: item[1][0])
            for i, (value, (start, y)) in enumerate(ends):
                end = floor + LABEL + 8 + TRACK * (len(ends) - 1 - i)
                lines.append(Stroke(value, ((start + dx, y + dy), (start + dx, end)), False))
                waiting.append((value, (start + dx, end)))
            deepest = max(deepest, floor + LABEL + 8 + TRACK * (len(ends) - 1))
        deepest = max(deepest, floor)
        x += right - left
    # What leaves at the bottom goes down to it from wherever its column ends.
    for row in drawn.slots:
        for slot in row:
            if slot.box and slot.box.pin == "last":
                at = placed[slot.index]
                lines.append(Stroke(slot.box.reads[0], (at, (at[0], deepest)), False))
    return Placed(x, deepest, placed, joined(lines), moved)


def in_one(drawn: OneColumn) -> Placed:
    """All in one column."""
    lines = joined([line for lines in drawn.gaps for line in lines])
    return Placed(drawn.width, drawn.height, drawn.corners, lines, drawn.ports)


def cuts_of(breaks: list[int], bands: list[tuple[float, float]], number: int, passing: list[int]) -> list[int]:
    """The ranks after which to break, so that so many columns are about as high and few values pass."""
    height = bands[-1][1]
    found: list[int] = []
    for i in range(1, number):
        wanted = height * i / number
        rest = [rank for rank in breaks if not found or rank > found[-1]]
        if rest:
            costs = {rank: abs(bands[rank][1] - wanted) + height * 0.05 * passing[rank] for rank in rest}
            found.append(min(rest, key=costs.__getitem__))
    return found


def moved_line(line: Stroke, dx: float, dy: float, instead: tuple[float, float] | None = None) -> Stroke:
    """A line moved; `instead` gives another height for the points of one."""
    points = tuple((x + dx, (instead[1] if instead and y == instead[0] else y) + dy) for x, y in line.points)
    return line._replace(points=points)
