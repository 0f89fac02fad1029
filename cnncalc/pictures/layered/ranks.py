"""Boxes in ranks, with lanes for the values that pass by, and few crossings."""

from __future__ import annotations

from bisect import bisect_right, insort
from collections.abc import Sequence

from cnncalc.pictures.layered.boxes import Box, Link, Slot, place

SWEEPS = 8


class Ranks:
    """The slots of each rank in order, and the links from each rank to the next."""

    def __init__(self, boxes: Sequence[Box]) -> None:
        self.boxes = boxes
        self.giver = {value: i for i, box in enumerate(boxes) for value in box.outs}
        self.ranks = self.ranked()
        self.links: list[list[Link]] = []  # from each rank to the next
        self.slots = self.laned()
        self.ordered()

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

    def laned(self) -> list[list[Slot]]:
        """The slots of each rank, with lanes for what passes by."""
        rows: list[list[Slot]] = [[] for _ in range(max(self.ranks, default=0) + 1)]
        lanes: list[list[Slot]] = [[] for _ in rows]
        self.links = [[] for _ in rows]
        made = [Slot(rank, box, i, -1) for i, (rank, box) in enumerate(zip(self.ranks, self.boxes))]
        readers: dict[int, list[Slot]] = {}
        for slot in made:
            rows[slot.rank].append(slot)
            for value in slot.box.reads if slot.box else ():
                if value in self.giver:
                    readers.setdefault(value, []).append(slot)
        depth = self.depths()
        for value, slots in readers.items():
            upper = made[self.giver[value]]
            furthest = max(slot.rank for slot in slots)
            at: Slot = upper
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
                        self.links[rank - 1].append(Link(value, at, slot, weight))
                if rank < furthest:
                    lane = Slot(rank, None, -1, value)
                    lanes[rank].append(lane)
                    self.links[rank - 1].append(Link(value, at, lane, 8.0 if at.box is None else 1.0))
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
        sums: dict[Slot, list[float]] = {}
        for link in self.links[rank - 1] if down else self.links[rank]:
            here, there = (link.lower, link.upper) if down else (link.upper, link.lower)
            sums.setdefault(here, []).append(place(link, there))
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
            ends = sorted((place(link, link.upper), place(link, link.lower)) for link in links)
            seen: list[float] = []
            for _, low in ends:
                total += len(seen) - bisect_right(seen, low)
                insort(seen, low)
        return total
