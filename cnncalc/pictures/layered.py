"""Boxes and the values between them, laid out in layers from top to bottom: places, and lines with right angles.

One level at a time: what is in a box has been laid out before, so that a box knows at which of its places a value
enters and leaves. The steps are those of Sugiyama, Tagawa and Toda (1981): ranks; lanes through the ranks that a value
passes by, one for all its readers; few crossings, by the means of neighbours; then places, where boxes that follow each
other keep one line (as Brandes and Köpf, 2001) and everything else moves as near to its neighbours as there is room.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import NamedTuple

APART = 26.0  # between two boxes
LANE = 13.0  # between a lane and what is beside it
TRACK = 8.0  # between two level lines
LABEL = 17.0  # below a box, for the shape of what it gives
ARROW = 13.0  # above a box
SWEEPS = 8


class Box:
    """Something with a size that reads and gives values.

    `ins` are the places at which values enter, from its left edge, or None where any will do; `outs` those at which
    they leave. A pin is a value that enters or leaves the level: the first rank, or the last.
    """

    __slots__ = ("height", "ins", "labels", "middle", "outs", "pin", "reads", "width")

    def __init__(
        self,
        width: float,
        height: float,
        reads: Sequence[int],
        outs: dict[int, float],
        ins: dict[int, float] | None = None,
        labels: dict[int, float] | None = None,
        pin: str = "",
    ) -> None:
        self.width = width
        self.height = height
        self.reads = tuple(dict.fromkeys(reads))
        self.outs = outs
        self.ins = ins
        self.labels = labels or {}  # the widths of what is written beside a value below the box
        self.pin = pin
        self.middle = width / 2

    @property
    def reach(self) -> float:
        """How far to the right it goes with what is written below it."""
        return max([self.width, *(x + 6 + self.labels.get(value, 0) for value, x in self.outs.items())])


class Line(NamedTuple):
    """A piece of a value's way."""

    value: int
    points: tuple[tuple[float, float], ...]
    arrow: bool  # does it end at a box?


class Placed(NamedTuple):
    """A level that is laid out."""

    width: float
    height: float
    corners: list[tuple[float, float]]  # of each box
    lines: list[Line]
    ports: dict[int, float]  # for each pin, by its place among the boxes: where it crosses the border


class _Slot:
    """A box in its rank, or a lane."""

    __slots__ = ("at", "box", "index", "left", "rank", "right", "value")

    def __init__(self, rank: int, box: Box | None, index: int, value: int) -> None:
        self.rank = rank
        self.box = box
        self.index = index  # of the box
        self.value = value  # of the lane
        self.at = 0  # its place in the rank
        self.left = 0.0  # the room that it takes, from its own zero
        self.right = box.reach if box else 0.0


class _Link(NamedTuple):
    """A value from one rank to the next."""

    value: int
    upper: _Slot
    lower: _Slot
    weight: float


def arrange(boxes: Sequence[Box], ratio: float | None = None, tall: float = 900.0) -> Placed:
    """Places for boxes, which are placed so that each comes after those that it reads from.

    With a `ratio` of width to height, what is higher than `tall` is broken into columns where a single value passes.
    """
    return _Level(boxes).placed(ratio, tall)


class _Level:
    def __init__(self, boxes: Sequence[Box]) -> None:
        self.boxes = boxes
        self.giver = {value: i for i, box in enumerate(boxes) for value in box.outs}
        self.ranks = self.ranked()
        self.links: list[list[_Link]] = []  # from each rank to the next
        self.slots = self.laned()
        self.ordered()
        self.x: dict[_Slot, float] = {}
        self.straight: set[tuple[_Slot, _Slot]] = set()

    # Ranks and lanes

    def ranked(self) -> list[int]:
        """The rank of each box: below all that it reads, and what reads nothing right above what reads it."""
        ranks: list[int] = []
        pinned = any(box.pin == "first" for box in self.boxes)
        for box in self.boxes:
            above = [ranks[self.giver[value]] for value in box.reads if value in self.giver]
            ranks.append(0 if box.pin == "first" else max([int(pinned) - 1, *above]) + 1)
        below: dict[int, int] = {}
        for i, box in enumerate(self.boxes):
            for value in box.reads:
                if value in self.giver:
                    below[self.giver[value]] = min(below.get(self.giver[value], 10**9), ranks[i])
        for i, box in enumerate(self.boxes):
            if not box.reads and box.pin != "first" and i in below:
                ranks[i] = below[i] - 1
        last = max((rank for rank, box in zip(ranks, self.boxes) if box.pin != "last"), default=0) + 1
        return [last if box.pin == "last" else rank for rank, box in zip(ranks, self.boxes)]

    def laned(self) -> list[list[_Slot]]:
        """The slots of each rank, with lanes for what passes by."""
        rows: list[list[_Slot]] = [[] for _ in range(max(self.ranks, default=0) + 1)]
        lanes: list[list[_Slot]] = [[] for _ in rows]
        self.links = [[] for _ in rows]
        made = [_Slot(rank, box, i, -1) for i, (rank, box) in enumerate(zip(self.ranks, self.boxes))]
        readers: dict[int, list[_Slot]] = {}
        for slot in made:
            rows[slot.rank].append(slot)
            for value in slot.box.reads if slot.box else ():
                if value in self.giver:
                    readers.setdefault(value, []).append(slot)
        depth = self.depths()
        for value, slots in readers.items():
            upper = made[self.giver[value]]
            furthest = max(slot.rank for slot in slots)
            at: _Slot = upper
            for rank in range(upper.rank + 1, furthest + 1):
                for slot in slots:
                    if slot.rank == rank:
                        both = at.box is not None
                        # The main line goes the longest way, and of equal ones the one that comes first.
                        weight = (4.0 if both else 2.0) + (depth[slot.index] - upper.index * 1e-3) / (
                            len(self.boxes) + 1
                        )
                        if both and any(box and box.pin for box in (upper.box, slot.box)):
                            weight += 2
                        self.links[rank - 1].append(_Link(value, at, slot, weight))
                if rank < furthest:
                    lane = _Slot(rank, None, -1, value)
                    lanes[rank].append(lane)
                    self.links[rank - 1].append(_Link(value, at, lane, 8.0 if at.box is None else 1.0))
                    at = lane
        # Boxes first, then lanes, the longest of them outermost, is where the search for fewer crossings starts.
        for row, beside in zip(rows, lanes):
            row.extend(reversed(beside))
        return rows

    def depths(self) -> list[int]:
        """How many boxes there are on the longest way from each to the end: the main line goes the longest."""
        found = [0] * len(self.boxes)
        for i in range(len(self.boxes) - 1, -1, -1):
            for value in self.boxes[i].reads:
                giver = self.giver.get(value)
                if giver is not None:
                    found[giver] = max(found[giver], found[i] + 1)
        return found

    # The order in each rank

    def ordered(self) -> None:
        """Few crossings, by sweeps up and down."""
        self.number()
        best, order = self.crossings(), [list(row) for row in self.slots]
        for sweep in range(SWEEPS):
            if best == 0:
                break
            down = sweep % 2 == 0
            ranks = range(1, len(self.slots)) if down else range(len(self.slots) - 2, -1, -1)
            for rank in ranks:
                self.sort(rank, down)
            found = self.crossings()
            if found < best:
                best, order = found, [list(row) for row in self.slots]
        self.slots = order
        self.number()

    def number(self) -> None:
        for row in self.slots:
            for at, slot in enumerate(row):
                slot.at = at

    def sort(self, rank: int, down: bool) -> None:
        """Order a rank by the mean place of its neighbours above, or below."""
        sums: dict[_Slot, list[float]] = {}
        for link in self.links[rank - 1] if down else self.links[rank]:
            here, there = (link.lower, link.upper) if down else (link.upper, link.lower)
            sums.setdefault(here, []).append(_place(link, there))
        keys = {slot: sum(found) / len(found) for slot, found in sums.items()}
        row = self.slots[rank]
        row.sort(key=lambda slot: keys.get(slot, float(slot.at)))
        for at, slot in enumerate(row):
            slot.at = at

    def crossings(self) -> int:
        """How often two values cross."""
        total = 0
        for links in self.links:
            if len(links) < 2:
                continue
            ends = sorted((_place(link, link.upper), _place(link, link.lower)) for link in links)
            seen: list[float] = []
            from bisect import bisect_right, insort

            for _, low in ends:
                total += len(seen) - bisect_right(seen, low)
                insort(seen, low)
        return total

    # Places from left to right

    def positions(self) -> None:
        """Where each slot is from left to right."""
        group, shift = self.aligned()
        members: dict[_Slot, list[_Slot]] = {}
        for slot, head in group.items():
            members.setdefault(head, []).append(slot)
        # Neighbours in a rank hold groups apart: the lower bounds of the right one by the left one.
        before: dict[_Slot, dict[_Slot, float]] = {head: {} for head in members}
        behind: dict[_Slot, dict[_Slot, float]] = {head: {} for head in members}
        for row in self.slots:
            for a, b in pairwise(row):
                gap = APART if a.box and b.box else LANE
                room = shift[a] + a.right + gap - shift[b] - b.left
                one, other = group[a], group[b]
                before[other][one] = max(before[other].get(one, -1e9), room)
                behind[one][other] = max(behind[one].get(other, -1e9), room)
        order = _sorted_by(members, before)
        low: dict[_Slot, float] = {}
        for head in order:
            low[head] = max(
                [-min(shift[slot] + slot.left for slot in members[head])]
                + [low[o] + room for o, room in before[head].items()]
            )
        width = max(low[group[s]] + shift[s] + s.right for row in self.slots for s in row)
        high: dict[_Slot, float] = {}
        for head in reversed(order):
            edge = width - max(shift[slot] + slot.right for slot in members[head])
            high[head] = min([edge] + [high[o] - room for o, room in behind[head].items()])
        x = {head: (low[head] + high[head]) / 2 for head in order}
        pulls: dict[_Slot, list[tuple[_Slot, float, float]]] = {head: [] for head in members}
        for links in self.links:
            for link in links:
                a, b = group[link.upper], group[link.lower]
                if a is not b:
                    away = shift[link.upper] + _out(link) - shift[link.lower] - self.entry(link)
                    pulls[b].append((a, away, link.weight))
                    pulls[a].append((b, -away, link.weight))
        for sweep in range(14):
            for head in order if sweep % 2 else reversed(order):
                if not pulls[head]:
                    continue
                wanted = _median([(x[other] + away, weight) for other, away, weight in pulls[head]])
                least = max([x[o] + room for o, room in before[head].items()], default=-1e9)
                most = min([x[o] - room for o, room in behind[head].items()], default=1e9)
                x[head] = min(max(wanted, least), most)
        left = min(round(x[group[s]]) + shift[s] + s.left for row in self.slots for s in row)
        self.x = {slot: round(x[head]) + shift[slot] - left for slot, head in group.items()}

    def aligned(self) -> tuple[dict[_Slot, _Slot], dict[_Slot, float]]:
        """Which slots keep one line, each with the head of its group and its place from there."""
        head = {slot: slot for row in self.slots for slot in row}
        shift = dict.fromkeys(head, 0.0)
        for links in self.links:
            taken: list[tuple[float, float]] = []
            ups: set[_Slot] = set()
            downs: set[_Slot] = set()
            for link in sorted(links, key=lambda link: -link.weight):
                ends = (_place(link, link.upper), _place(link, link.lower))
                if link.upper in downs or link.lower in ups:
                    continue
                if any((a - ends[0]) * (b - ends[1]) < 0 for a, b in taken):
                    continue
                taken.append(ends)
                downs.add(link.upper)
                ups.add(link.lower)
                self.straight.add((link.upper, link.lower))
        for links in self.links:
            for link in links:
                if (link.upper, link.lower) in self.straight and head[link.lower] is link.lower:
                    head[link.lower] = head[link.upper]
                    shift[link.lower] = shift[link.upper] + _out(link) - self.entry(link)
        return head, shift

    def entry(self, link: _Link) -> float:
        """Where a value enters the lower slot, from its left."""
        box = link.lower.box
        if box is None:
            return 0.0
        return box.middle if box.ins is None else box.ins[link.value]

    # Lines

    def placed(self, ratio: float | None, tall: float) -> Placed:
        self.positions()
        entries = self.spread()
        corners: list[tuple[float, float]] = [(0.0, 0.0)] * len(self.boxes)
        bands: list[tuple[float, float]] = []  # top and bottom of each rank
        gaps: list[list[Line]] = []
        y = 0.0
        for rank, row in enumerate(self.slots):
            height = max((slot.box.height for slot in row if slot.box), default=0.0)
            for slot in row:
                if slot.box:
                    corners[slot.index] = (self.x[slot], y)
            bands.append((y, y + height))
            lines, room = self.gap(rank, y, y + height, entries)
            gaps.append(lines)
            y += height + room
        height = bands[-1][1] if bands else 0.0
        width = max((self.x[slot] + slot.right for row in self.slots for slot in row), default=0.0)
        ports = {}
        for row in self.slots:
            for slot in row:
                if slot.box and slot.box.pin:
                    ports[slot.index] = self.x[slot]
        if ratio is not None and height > tall:
            return self.columns(ratio, width, height, corners, bands, gaps, ports)
        return Placed(width, height, corners, _joined([line for lines in gaps for line in lines]), ports)

    def spread(self) -> dict[tuple[_Slot, int], float]:
        """Where values enter boxes to which it is all the same: the straight one in the middle, others beside it."""
        found: dict[tuple[_Slot, int], float] = {}
        for links in self.links:
            into: dict[_Slot, list[_Link]] = {}
            for link in links:
                into.setdefault(link.lower, []).append(link)
            for slot, many in into.items():
                box = slot.box
                if box is None:
                    continue
                if box.ins is not None:
                    found |= {(slot, link.value): self.x[slot] + box.ins[link.value] for link in many}
                    continue
                middle = self.x[slot] + box.middle
                came = sorted(many, key=lambda link: self.x[link.upper] + _out(link))
                straight = next((i for i, link in enumerate(came) if (link.upper, slot) in self.straight), None)
                if straight is None:
                    straight = (len(came) - 1) / 2  # type: ignore[assignment]
                assert straight is not None
                side = max(straight, len(came) - 1 - straight)
                step = min(14.0, (box.middle - 8) / side) if side else 0.0
                for i, link in enumerate(came):
                    found[slot, link.value] = middle + (i - straight) * step
        return found

    def gap(
        self, rank: int, top: float, bottom: float, entries: dict[tuple[_Slot, int], float]
    ) -> tuple[list[Line], float]:
        """The lines from a rank to the next, and the room that they take."""
        nets: dict[int, tuple[float, float, list[tuple[float, bool]]]] = {}  # from where, to where
        passed: list[Line] = []
        labels = False
        for link in self.links[rank]:
            slot = link.upper
            start = self.x[slot] + _out(link)
            box = slot.box
            labels |= bool(box and box.labels)
            end = self.x[link.lower] if link.lower.box is None else entries[link.lower, link.value]
            arrow = link.lower.box is not None and not link.lower.box.pin
            nets.setdefault(link.value, (start, top + box.height if box else bottom, []))[2].append((end, arrow))
        tracks = _tracks({v: (start, [end for end, _ in ends]) for v, (start, _, ends) in nets.items()})
        count = 1 + max(tracks.values(), default=-1)
        ends_at_pins = rank + 1 < len(self.slots) and all(s.box is None or s.box.pin for s in self.slots[rank + 1])
        room = (LABEL if labels else 6.0) + count * TRACK + (4.0 if ends_at_pins else ARROW)
        floor = bottom + room
        for value, (start, y, ends) in nets.items():
            level = bottom + (LABEL if labels else 6.0) + tracks.get(value, 0) * TRACK
            # The furthest first, so that the others start on the way of one that is there.
            for end, arrow in sorted(ends, key=lambda e: abs(e[0] - start)):
                points = (
                    ((start, y), (end, floor))
                    if end == start
                    else ((start, y), (start, level), (end, level), (end, floor))
                )
                passed.append(Line(value, points, arrow))
        if rank + 1 < len(self.slots):
            height = max((slot.box.height for slot in self.slots[rank + 1] if slot.box), default=0.0)
            for slot in self.slots[rank + 1]:
                if slot.box is None and height:
                    passed.append(Line(slot.value, ((self.x[slot], floor), (self.x[slot], floor + height)), False))
        return passed, room

    # Columns

    def columns(
        self,
        ratio: float,
        width: float,
        height: float,
        corners: list[tuple[float, float]],
        bands: list[tuple[float, float]],
        gaps: list[list[Line]],
        ports: dict[int, float],
    ) -> Placed:
        """The ranks in columns from left to right, broken where a single value passes and not at a pin."""
        breaks = []
        for rank in range(len(bands) - 1):
            pins = any(slot.box and slot.box.pin for slot in (*self.slots[rank], *self.slots[rank + 1]))
            if len({link.value for link in self.links[rank]}) in range(1, MOST_PASSING + 1) and not pins:
                breaks.append(rank)
        passing = [len({link.value for link in links}) for links in self.links]
        options = []
        for number in range(1, 9):
            cuts = _cuts(breaks, bands, number, passing)
            spans = [*pairwise([0, *(cut + 1 for cut in cuts), len(bands)])]
            extents = [self.extent(first, last, gaps) for first, last in spans]
            wide = sum(right - left for left, right in extents) + sum(COLUMN + TRACK * passing[cut] for cut in cuts)
            high = max(bands[last - 1][1] - (bands[first - 1][1] if first else 0.0) for first, last in spans)
            # Neither a strip, nor columns of very different heights.
            even = sum(bands[last - 1][1] - (bands[first - 1][1] if first else 0.0) for first, last in spans)
            uneven = high * len(spans) / even
            crowded = 1 + 0.08 * sum(passing[cut] - 1 for cut in cuts)
            options.append((max(wide / high / ratio, ratio * high / wide) * uneven * crowded, cuts, spans, extents))
        _, cuts, spans, extents = min(options, key=lambda option: option[0])
        if not cuts:
            return Placed(width, height, corners, _joined([line for lines in gaps for line in lines]), ports)
        lines: list[Line] = []
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
                starts = self.starts(first - 1, gaps)
                # One in the other, so that they do not cross: what is furthest to the right turns first.
                for i, (value, before) in enumerate(waiting):
                    gutter = x - COLUMN / 2 - TRACK * i
                    over = 2.0 + TRACK * (many - 1 - i)
                    at = (starts[value][0] + dx, top + dy)
                    way = (before, (gutter, before[1]), (gutter, over), (at[0], over), at)
                    lines.append(Line(value, way, False))
                for line in gaps[first - 1]:
                    lines.append(_moved(line, dx, dy, (starts[line.value][1], top)))
            for rank in range(first, last):
                for slot in self.slots[rank]:
                    if slot.box:
                        corners_x, corners_y = corners[slot.index]
                        placed[slot.index] = (corners_x + dx, corners_y + dy)
                        if slot.index in moved:
                            moved[slot.index] = ports[slot.index] + dx
                if rank + 1 < last:
                    lines.extend(_moved(line, dx, dy) for line in gaps[rank])
            waiting = []
            floor = bands[last - 1][1] + dy
            if last < len(bands):
                ends = sorted(self.starts(last - 1, gaps).items(), key=lambda item: item[1][0])
                for i, (value, (start, y)) in enumerate(ends):
                    end = floor + LABEL + 8 + TRACK * (len(ends) - 1 - i)
                    lines.append(Line(value, ((start + dx, y + dy), (start + dx, end)), False))
                    waiting.append((value, (start + dx, end)))
                deepest = max(deepest, floor + LABEL + 8 + TRACK * (len(ends) - 1))
            deepest = max(deepest, floor)
            x += right - left
        # What leaves at the bottom goes down to it from wherever its column ends.
        for row in self.slots:
            for slot in row:
                if slot.box and slot.box.pin == "last":
                    at = placed[slot.index]
                    lines.append(Line(slot.box.reads[0], (at, (at[0], deepest)), False))
        return Placed(x, deepest, placed, _joined(lines), moved)

    def starts(self, rank: int, gaps: list[list[Line]]) -> dict[int, tuple[float, float]]:
        """Where the values start that go from a rank to the next."""
        values = {link.value for link in self.links[rank]}
        return {line.value: line.points[0] for line in reversed(gaps[rank]) if line.value in values}

    def extent(self, first: int, last: int, gaps: list[list[Line]]) -> tuple[float, float]:
        """From where to where ranks go from left to right, with the lines between them."""
        slots = [slot for rank in range(first, last) for slot in self.slots[rank]]
        crossed = [x for rank in range(max(0, first - 1), last - 1) for line in gaps[rank] for x, _ in line.points]
        if last < len(self.slots):
            crossed.extend(x for x, _ in self.starts(last - 1, gaps).values())
        return (
            min([self.x[slot] + slot.left for slot in slots] + crossed),
            max([self.x[slot] + slot.right for slot in slots] + crossed),
        )


COLUMN = 44.0  # between two columns
COLUMN_TOP = 10.0
MOST_PASSING = 7  # values from a column to the next


def _place(link: _Link, slot: _Slot) -> float:
    """Where a link meets a slot, in places of its rank."""
    box = slot.box
    if box is None:
        return float(slot.at)
    ports = box.outs if slot is link.upper else box.ins
    if ports is None or len(ports) < 2 or link.value not in ports:
        return float(slot.at)
    return slot.at + (ports[link.value] / max(box.width, 1.0) - 0.5) * 0.9


def _out(link: _Link) -> float:
    """Where a value leaves the upper slot, from its left."""
    return link.upper.box.outs[link.value] if link.upper.box else 0.0


def _sorted_by(members: dict[_Slot, list[_Slot]], before: dict[_Slot, dict[_Slot, float]]) -> list[_Slot]:
    """The groups, each after those that it has to be to the right of."""
    left = {head: len(before[head]) for head in members}
    after: dict[_Slot, list[_Slot]] = {head: [] for head in members}
    for head, others in before.items():
        for other in others:
            after[other].append(head)
    order = [head for head, number in left.items() if number == 0]
    for head in order:
        for other in after[head]:
            left[other] -= 1
            if left[other] == 0:
                order.append(other)
    return order


def _median(points: list[tuple[float, float]]) -> float:
    """The place at which the weighted sum of distances is least."""
    points.sort()
    half, total = sum(weight for _, weight in points) / 2, 0.0
    for i, (place, weight) in enumerate(points):
        total += weight
        if total > half:
            return place
        if total == half and i + 1 < len(points):
            return (place + points[i + 1][0]) / 2
    return points[-1][0]


def _tracks(nets: dict[int, tuple[float, list[float]]]) -> dict[int, int]:
    """A height for each value that goes sideways, so that no two lie on each other."""
    spans = {}
    for value, (start, ends) in nets.items():
        if any(end != start for end in ends):
            spans[value] = (min(start, *ends), max(start, *ends))
    # A value whose line comes down where another's goes on down has to turn off above it.
    above: dict[int, set[int]] = {value: set() for value in spans}
    for a in spans:
        for b in spans:
            if a != b and any(abs(end - nets[a][0]) < 5 for end in nets[b][1]):
                above[b].add(a)
    found: dict[int, int] = {}
    rows: list[list[tuple[float, float]]] = []
    waiting = sorted(spans, key=lambda value: (spans[value][1] - spans[value][0], value))
    while waiting:
        value = next((v for v in waiting if not above[v] & set(waiting)), waiting[0])
        waiting.remove(value)
        low, high = spans[value]
        least = max((found[other] + 1 for other in above[value] if other in found), default=0)
        track = next(
            (t for t in range(least, len(rows)) if all(high + 6 < a or b + 6 < low for a, b in rows[t])),
            max(least, len(rows)),
        )
        while len(rows) <= track:
            rows.append([])
        rows[track].append((low, high))
        found[value] = track
    return found


def _cuts(breaks: list[int], bands: list[tuple[float, float]], number: int, passing: list[int]) -> list[int]:
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


def _moved(line: Line, dx: float, dy: float, instead: tuple[float, float] | None = None) -> Line:
    """A line moved; `instead` gives another height for the points of one."""
    points = tuple((x + dx, (instead[1] if instead and y == instead[0] else y) + dy) for x, y in line.points)
    return line._replace(points=points)


def _joined(lines: Sequence[Line]) -> list[Line]:
    """Pieces that go on where others end, as one."""
    ends: dict[tuple[int, tuple[float, float]], int] = {}
    found: list[Line | None] = []
    for line in lines:
        at = ends.pop((line.value, line.points[0]), None)
        if at is not None:
            before = found[at]
            assert before is not None
            found[at] = Line(line.value, before.points + line.points[1:], line.arrow)
        else:
            at = len(found)
            found.append(line)
        if not line.arrow:
            ends[line.value, line.points[-1]] = at
    return list(_present(found))


def _present(lines: Sequence[Line | None]) -> Iterator[Line]:
    for line in lines:
        if line is not None:
            yield line
