"""What is laid out: boxes, the slots that they and lanes take in ranks, and the lines between them."""

from __future__ import annotations

from collections.abc import Sequence

from cnncalc.named_tuples import NamedTuple

APART = 26.0  # between two boxes
LANE = 13.0  # between a lane and what is beside it
TRACK = 8.0  # between two level lines
LABEL = 17.0  # below a box, for the shape of what it gives
ARROW = 13.0  # above a box


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


class Stroke(NamedTuple):
    """A piece of a value's way."""

    value: int
    points: tuple[tuple[float, float], ...]
    arrow: bool  # does it end at a box?


class Placed(NamedTuple):
    """A level that is laid out."""

    width: float
    height: float
    corners: list[tuple[float, float]]  # of each box
    lines: list[Stroke]
    ports: dict[int, float]  # for each pin, by its place among the boxes: where it crosses the border


class Slot:
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


class Link(NamedTuple):
    """A value from one rank to the next."""

    value: int
    upper: Slot
    lower: Slot
    weight: float


def place(link: Link, slot: Slot) -> float:
    """Where a link meets a slot, in places of its rank."""
    box = slot.box
    if box is None:
        return float(slot.at)
    ports = box.outs if slot is link.upper else box.ins
    if ports is None or len(ports) < 2 or link.value not in ports:
        return float(slot.at)
    return slot.at + (ports[link.value] / max(box.width, 1.0) - 0.5) * 0.9


def out(link: Link) -> float:
    """Where a value leaves the upper slot, from its left."""
    return link.upper.box.outs[link.value] if link.upper.box else 0.0


def entry(link: Link) -> float:
    """Where a value enters the lower slot, from its left."""
    box = link.lower.box
    if box is None:
        return 0.0
    return box.middle if box.ins is None else box.ins[link.value]
