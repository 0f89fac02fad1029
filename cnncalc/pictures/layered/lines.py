"""The lines between ranks, with right angles, and how high everything is."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import chain

from cnncalc.pictures.layered.boxes import ARROW, LABEL, TRACK, Link, Slot, Stroke, out
from cnncalc.pictures.layered.places import Places


class OneColumn:
    """A level in one column: the corner of each box, the top and bottom of each rank, and the lines after each."""

    def __init__(self, places: Places) -> None:
        self.x, self.straight = places.x, places.straight
        self.slots, self.links = places.ranks.slots, places.ranks.links
        self.corners = [(0.0, 0.0)] * len(places.ranks.boxes)
        self.bands: list[tuple[float, float]] = []
        self.gaps: list[list[Stroke]] = []
        entries = self.spread()
        y = 0.0
        for rank, row in enumerate(self.slots):
            height = max((slot.box.height for slot in row if slot.box), default=0.0)
            for slot in row:
                if slot.box:
                    self.corners[slot.index] = (self.x[slot], y)
            self.bands.append((y, y + height))
            lines, room = self.gap(rank, y, y + height, entries)
            self.gaps.append(lines)
            y += height + room
        self.height = self.bands[-1][1] if self.bands else 0.0
        self.width = max((self.x[slot] + slot.right for slot in chain(*self.slots)), default=0.0)
        pins = [slot for slot in chain(*self.slots) if slot.box and slot.box.pin]
        self.ports = {slot.index: self.x[slot] for slot in pins}

    def spread(self) -> dict[tuple[Slot, int], float]:
        """Where values enter boxes to which it is all the same: the straight one in the middle, others beside it."""
        found: dict[tuple[Slot, int], float] = {}
        for links in self.links:
            into: dict[Slot, list[Link]] = {}
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
                came = sorted(many, key=lambda link: self.x[link.upper] + out(link))
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
        self, rank: int, top: float, bottom: float, entries: dict[tuple[Slot, int], float]
    ) -> tuple[list[Stroke], float]:
        """The lines from a rank to the next, and the room that they take."""
        nets: dict[int, tuple[float, float, list[tuple[float, bool]]]] = {}  # from where, to where
        passed: list[Stroke] = []
        labels = False
        for link in self.links[rank]:
            slot = link.upper
            start = self.x[slot] + out(link)
            box = slot.box
            labels |= bool(box and box.labels)
            end = self.x[link.lower] if link.lower.box is None else entries[link.lower, link.value]
            arrow = link.lower.box is not None and not link.lower.box.pin
            nets.setdefault(link.value, (start, top + box.height if box else bottom, []))[2].append((end, arrow))
        tracks = tracks_of({v: (start, [end for end, _ in ends]) for v, (start, _, ends) in nets.items()})
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
                passed.append(Stroke(value, points, arrow))
        if rank + 1 < len(self.slots):
            height = max((slot.box.height for slot in self.slots[rank + 1] if slot.box), default=0.0)
            for slot in self.slots[rank + 1]:
                if slot.box is None and height:
                    passed.append(Stroke(slot.value, ((self.x[slot], floor), (self.x[slot], floor + height)), False))
        return passed, room

    def starts(self, rank: int) -> dict[int, tuple[float, float]]:
        """Where the values start that go from a rank to the next."""
        values = {link.value for link in self.links[rank]}
        return {line.value: line.points[0] for line in reversed(self.gaps[rank]) if line.value in values}

    def extent(self, first: int, last: int) -> tuple[float, float]:
        """From where to where ranks go from left to right, with the lines between them."""
        slots = [slot for rank in range(first, last) for slot in self.slots[rank]]
        crossed = [x for rank in range(max(0, first - 1), last - 1) for line in self.gaps[rank] for x, _ in line.points]
        if last < len(self.slots):
            crossed.extend(x for x, _ in self.starts(last - 1).values())
        return (
            min([self.x[slot] + slot.left for slot in slots] + crossed),
            max([self.x[slot] + slot.right for slot in slots] + crossed),
        )


def tracks_of(nets: dict[int, tuple[float, list[float]]]) -> dict[int, int]:
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


def joined(lines: Sequence[Stroke]) -> list[Stroke]:
    """Pieces that go on where others end, as one."""
    ends: dict[tuple[int, tuple[float, float]], int] = {}
    found: list[Stroke | None] = []
    for line in lines:
        at = ends.pop((line.value, line.points[0]), None)
        if at is not None:
            before = found[at]
            assert before is not None
            found[at] = Stroke(line.value, before.points + line.points[1:], line.arrow)
        else:
            at = len(found)
            found.append(line)
        if not line.arrow:
            ends[line.value, line.points[-1]] = at
    return list(present(found))


def present(lines: Sequence[Stroke | None]) -> Iterator[Stroke]:
    for line in lines:
        if line is not None:
            yield line
