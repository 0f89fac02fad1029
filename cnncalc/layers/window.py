"""Sliding windows, and which positions of an input an output position reads."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple, TypeAlias, TypeVar

from cnncalc.symbolic.expr import Dim

Size = TypeVar("Size", int, Dim)


class Window(NamedTuple):
    """A sliding window along one axis."""

    kernel: int
    stride: int
    left: int
    right: int
    dilation: int = 1
    ceil: bool = False  # a last window may hang over the right end

    def reads(self) -> Steps:
        """Output index t reads `t*stride - left` and on, over the extent."""
        first = -self.left
        return Steps(1, self.stride, ((first, first + self.dilation * (self.kernel - 1)),))


def extent(kernel: Size, dilation: Size) -> Size:
    """Input positions from the first to the last that one window reads: `dilation*(kernel - 1) + 1`."""
    return dilation * (kernel - 1) + 1


def window_out(size: Dim, padding: Dim, reach: Dim, stride: Dim) -> Dim:
    """How many windows fit: `(size + padding - extent)//stride + 1` (torch.nn.Conv2d, "Shape")."""
    return (size + padding - reach) // stride + 1


def window_out_ceil(size: Dim, left: int, padding: int, reach: int, stride: int) -> Dim:
    """The number of windows with `ceil_mode`, where the last may hang over.

    It has to start inside the input or the left padding (ATen/native/Pool.h), which is
    `ceil((size + min(padding - extent + stride, left))/stride)` (the same for all sizes).
    """
    most = padding - reach + stride
    return (size + min(most, left) + stride - 1) // stride


class Steps(NamedTuple):
    """Which input positions an output position reads along one axis, as a repeating pattern.

    Output `period*q + i` reads from `reads[i][0] + step*q` to `reads[i][1] + step*q`; None reads none.
    """

    period: int
    step: int
    reads: tuple[tuple[int, int] | None, ...]


SAME = Steps(1, 1, ((0, 0),))


ALL = Steps(1, 0, (None,))
"""Every output position depends on every input position of the axis."""


Reach: TypeAlias = Mapping[int, tuple[int | None, Steps]]
"""For each axis of an input: the axis of the output it becomes (None where it is gone), and how."""
