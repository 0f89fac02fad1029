"""How a window slides along one axis: which positions each of its steps has, and what they are.

A plain window is on the padded input, and a step makes one output position. A transposed convolution is the same
turned round: a step is an input position, and its window is on the output, of which the padding is cut off.
"""

from __future__ import annotations

from itertools import pairwise
from typing import Any

from cnncalc.layers.window import LONGEST, extent
from cnncalc.named_tuples import NamedTuple

PIXEL, PADDING, PAST, CROPPED = "pixel", "padding", "past", "cropped"
"""What a position is that a window may be on: one of the axis, padding, past its end, or cut off."""

MOST_TAPS = 16
"""Positions of a window that are all drawn; of a larger one its ends."""

USUAL = 20
"""Positions of an axis that are drawn of one that is too long to draw whole."""

SPARE = 64
"""Positions of an axis that are drawn at most, where there is no way to show a window with fewer."""


class Slide(NamedTuple):
    """A window along one axis."""

    name: str  # row, column, or position where there is one axis alone
    size: int  # of the input
    out: int  # of the output
    kernel: int = 1
    stride: int = 1
    dilation: int = 1
    left: int = 0
    right: int = 0
    edge: str = "zeros"  # what padding holds, as padding_mode says it
    spread: bool = False  # transposed: steps are input positions
    adaptive: bool = False  # windows share the input out among the output positions

    @property
    def steps(self) -> int:
        """How often the window is somewhere."""
        return self.size if self.spread else self.out

    @property
    def under(self) -> int:
        """The size of the axis that the window is on."""
        return self.out if self.spread else self.size

    def taps(self, step: int) -> list[tuple[int, int]]:
        """Which part of the kernel is where, at a step.

        >>> Slide("row", 5, 3, kernel=2, stride=2, left=1).taps(0)
        [(0, -1), (1, 0)]
        """
        if self.adaptive:
            first, last = step * self.size // self.out, -(-(step + 1) * self.size // self.out)
            return [(tap, first + tap) for tap in range(last - first)]
        start = step * self.stride - self.left
        return [(tap, start + tap * self.dilation) for tap in range(self.kernel)]

    @property
    def ends(self) -> tuple[int, int]:
        """The first position that there is to draw, and the one after the last."""
        if self.adaptive:
            return 0, self.size
        last = (self.steps - 1) * self.stride - self.left + extent(self.kernel, self.dilation)
        return -self.left, max(last, self.out if self.spread else self.size + self.right)

    def kind(self, position: int) -> str:
        """What a position is."""
        if 0 <= position < self.under:
            return PIXEL
        if self.spread:
            return CROPPED
        return PADDING if position < self.size + self.right else PAST

    def source(self, position: int) -> int | None:
        """The position of the input whose value is at a position; None where it is none of the input's.

        >>> [Slide("row", 5, 5, 3, left=1, right=1, edge="reflect").source(p) for p in (-1, 0, 5)]
        [1, 0, 3]
        """
        if 0 <= position < self.under:
            return position
        if self.spread or position >= self.size + self.right:
            return None
        if self.edge == "circular":
            return position % self.size
        if self.edge == "reflect":
            return self.size - 1 - abs(self.size - 1 - abs(position))
        if self.edge == "replicate":
            return min(max(position, 0), self.size - 1)
        return None

    def missed(self, position: int) -> bool:
        """Is this position of the axis in no window at all?"""
        if self.adaptive or not 0 <= position < self.under:
            return False
        for tap in range(self.kernel):
            step, rest = divmod(position + self.left - tap * self.dilation, self.stride)
            if rest == 0 and 0 <= step < self.steps:
                return False
        # Where padding holds other positions, some are read by it alone.
        return self.edge == "zeros" or not any(
            self.source(outside) == position and not self._clear(outside)
            for outside in (*range(-self.left, 0), *range(self.size, self.size + self.right))
        )

    def _clear(self, position: int) -> bool:
        """Is a position outside of the axis in no window?"""
        return all(
            (position + self.left - tap * self.dilation) % self.stride
            or not 0 <= (position + self.left - tap * self.dilation) // self.stride < self.steps
            for tap in range(self.kernel)
        )

    def drawn(self, most: int) -> Drawn:
        """What is drawn where no more than `most` positions can be: all, or the ends."""
        low, high = self.ends
        if high - low <= most and self.steps <= most:
            return Drawn(list(range(low, high)), list(range(self.steps)), list(range(self._widest)))
        taps = list(range(self._widest))
        if self._widest > MOST_TAPS:
            taps = [*range(4), *range(self._widest - 3, self._widest)]
        found = Drawn([], [], taps)
        for head, tail, hole in ((3, 2, 8), (3, 2, 3), (2, 2, 3), (2, 1, 3), (2, 1, 1), (1, 1, 1), (1, 0, 1)):
            found = self._ends(head, tail, hole, taps)
            limit = max(most, USUAL) if head > 1 else SPARE
            if len(found.positions) <= limit and len(found.steps) <= limit:
                break
        return found

    @property
    def _widest(self) -> int:
        """The size of the kernel, or of the largest of windows that differ."""
        if not self.adaptive:
            return self.kernel
        return max(len(self.taps(step)) for step in range(min(self.out, LONGEST)))

    def _ends(self, head: int, tail: int, hole: int, taps: list[int]) -> Drawn:
        """The first and the last steps, and what lies at and about their windows; holes of so many are drawn."""
        steps = sorted({*range(min(head, self.steps)), *range(max(0, self.steps - tail), self.steps)})
        whole = steps[-1] == self.steps - 1
        low, high = self.ends
        wanted = {low, *(position for step in steps for tap, position in self.taps(step) if tap in taps)}
        if whole:
            behind = self.taps(steps[-1])[-1][1] + 1
            wanted.update([high - 1, *range(behind, min(high, behind + 3))])
        order = sorted(wanted)
        positions: list[int | None] = [order[0]]
        for before, here in pairwise(order):
            positions += range(before + 1, here) if here - before - 1 <= hole else [None]
            positions.append(here)
        shown: list[int | None] = []
        for before, here in zip([-1, *steps], steps):
            shown += [None, here] if here > before + 1 else [here]
        return Drawn(positions, shown, taps) if whole else Drawn([*positions, None], [*shown, None], taps)

    def to_dict(self, drawn: Drawn) -> dict[str, Any]:
        """The axis as data: all its numbers, and what is drawn of it, with null where something is left out."""
        return {
            **{key: getattr(self, key) for key in ("name", "size", "out", "kernel", "stride", "dilation")},
            "padding": [self.left, self.right],
            **{key: getattr(self, key) for key in ("edge", "spread", "adaptive")},
            "positions": drawn.positions,
            "steps": [
                {"step": step, "reads": [p for tap, p in self.taps(step) if tap in drawn.taps]}
                for step in drawn.steps
                if step is not None
            ],
        }


class Drawn(NamedTuple):
    """What of an axis is drawn; None where something is left out."""

    positions: list[int | None]  # that the window may be on
    steps: list[int | None]
    taps: list[int]  # of the kernel


ALONE = Slide("", 1, 1)
"""The axis that a picture of one axis lacks."""
