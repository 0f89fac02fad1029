"""Where the slots of each rank are, from left to right."""

from __future__ import annotations

from itertools import pairwise

from cnncalc.pictures.layered.boxes import APART, LANE, Slot, entry, out, place
from cnncalc.pictures.layered.ranks import Ranks


class Places:
    """The place of each slot, and which links are straight lines."""

    def __init__(self, ranks: Ranks) -> None:
        self.ranks = ranks
        self.straight: set[tuple[Slot, Slot]] = set()
        self.x = self.positions()

    def positions(self) -> dict[Slot, float]:
        """Where each slot is."""
        group, shift = self.aligned()
        members: dict[Slot, list[Slot]] = {}
        for slot, head in group.items():
            members.setdefault(head, []).append(slot)
        # Neighbours in a rank hold groups apart: the lower bounds of the right one by the left one.
        before: dict[Slot, dict[Slot, float]] = {head: {} for head in members}
        behind: dict[Slot, dict[Slot, float]] = {head: {} for head in members}
        for row in self.ranks.slots:
            for a, b in pairwise(row):
                gap = APART if a.box and b.box else LANE
                room = shift[a] + a.right + gap - shift[b] - b.left
                one, other = group[a], group[b]
                before[other][one] = max(before[other].get(one, -1e9), room)
                behind[one][other] = max(behind[one].get(other, -1e9), room)
        order = sorted_by(members, before)
        low: dict[Slot, float] = {}
        for head in order:
            low[head] = max(
                [-min(shift[slot] + slot.left for slot in members[head])]
                + [low[o] + room for o, room in before[head].items()]
            )
        width = max(low[group[s]] + shift[s] + s.right for row in self.ranks.slots for s in row)
        high: dict[Slot, float] = {}
        for head in reversed(order):
            edge = width - max(shift[slot] + slot.right for slot in members[head])
            high[head] = min([edge] + [high[o] - room for o, room in behind[head].items()])
        x = {head: (low[head] + high[head]) / 2 for head in order}
        pulls: dict[Slot, list[tuple[Slot, float, float]]] = {head: [] for head in members}
        for links in self.ranks.links:
            for link in links:
                a, b = group[link.upper], group[link.lower]
                if a is not b:
                    away = shift[link.upper] + out(link) - shift[link.lower] - entry(link)
                    pulls[b].append((a, away, link.weight))
                    pulls[a].append((b, -away, link.weight))
        for sweep in range(14):
            for head in order if sweep % 2 else reversed(order):
                if not pulls[head]:
                    continue
                wanted = median([(x[other] + away, weight) for other, away, weight in pulls[head]])
                least = max([x[o] + room for o, room in before[head].items()], default=-1e9)
                most = min([x[o] - room for o, room in behind[head].items()], default=1e9)
                x[head] = min(max(wanted, least), most)
        left = min(round(x[group[s]]) + shift[s] + s.left for row in self.ranks.slots for s in row)
        return {slot: round(x[head]) + shift[slot] - left for slot, head in group.items()}

    def aligned(self) -> tuple[dict[Slot, Slot], dict[Slot, float]]:
        """Which slots keep one line, each with the head of its group and its place from there."""
        head = {slot: slot for row in self.ranks.slots for slot in row}
        shift = dict.fromkeys(head, 0.0)
        for links in self.ranks.links:
            taken: list[tuple[float, float]] = []
            ups: set[Slot] = set()
            downs: set[Slot] = set()
            for link in sorted(links, key=lambda link: -link.weight):
                ends = (place(link, link.upper), place(link, link.lower))
                if link.upper in downs or link.lower in ups:
                    continue
                if any((a - ends[0]) * (b - ends[1]) < 0 for a, b in taken):
                    continue
                taken.append(ends)
                downs.add(link.upper)
                ups.add(link.lower)
                self.straight.add((link.upper, link.lower))
        for links in self.ranks.links:
            for link in links:
                if (link.upper, link.lower) in self.straight and head[link.lower] is link.lower:
                    head[link.lower] = head[link.upper]
                    shift[link.lower] = shift[link.upper] + out(link) - entry(link)
        return head, shift


def sorted_by(members: dict[Slot, list[Slot]], before: dict[Slot, dict[Slot, float]]) -> list[Slot]:
    """The groups, each after those that it has to be to the right of."""
    left = {head: len(before[head]) for head in members}
    after: dict[Slot, list[Slot]] = {head: [] for head in members}
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


def median(points: list[tuple[float, float]]) -> float:
    """The place at which the weighted sum of distances is least."""
    points.sort()
    half, total = sum(weight for _, weight in points) / 2, 0.0
    for i, (at, weight) in enumerate(points):
        total += weight
        if total > half:
            return at
        if total == half and i + 1 < len(points):
            return (at + points[i + 1][0]) / 2
    return points[-1][0]
