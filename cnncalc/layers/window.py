"""Sliding windows, and which positions of an input an output position reads."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TypeAlias, TypeVar

from cnncalc.layers.shapes import Shape
from cnncalc.named_tuples import NamedTuple
from cnncalc.symbolic.expr import Dim, product

Size = TypeVar("Size", int, Dim)


class Window(NamedTuple):
    """A sliding window along one axis."""

    kernel: int
    stride: int
    left: int
    right: int
    dilation: int = 1
    ceil: bool = False  # a last window may hang over the right end

    def reads(self, edge: str = "zeros") -> Steps:
        """Output index t reads `t*stride - left` and on, over the extent; padding holds what `edge` says."""
        last = self.dilation * (self.kernel - 1) - self.left
        return window_steps(-self.left, last, self.stride, self.dilation, edge)


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


# What an output position reads

Runs: TypeAlias = tuple[tuple[int, int], ...]
"""Positions, as the first and the last of each run of them."""


class Steps(NamedTuple):
    """Which input positions an output position reads along one axis, as a repeating pattern.

    Output `period*q + i` reads the runs `reads[i]`, moved on by `step*q`, and of each run every `spacing`-th position.
    With a step of 0 nothing repeats: `reads` has one entry for each output position, or a single one that is the same
    for all. Positions outside of the axis hold what `edge` says.
    """

    period: int
    step: int
    reads: tuple[Runs, ...]
    spacing: int = 1
    edge: str = "zeros"  # or reflect, replicate, circular: padding holds other positions; or nothing: there is none
    spread: tuple[int, ...] = ()  # axes of the output along which values read different ones of these positions
    fewer: bool = False  # an output may read some of them only

    @property
    def whole(self) -> bool:
        """Is the whole axis read, or is nothing known but that it may be?"""
        return self.period == 0


SAME = Steps(1, 1, (((0, 0),),))
ALL = Steps(0, 0, ())
"""Every output position depends on every input position of the axis."""

ANY = Steps(0, 1, ())
"""An output position may depend on any input position of the axis; on which ones is not known, or is not said."""

LONGEST = 4096
"""Entries that a pattern has at most; a longer one is taken as ANY."""


def window_steps(first: int, last: int, step: int, spacing: int = 1, edge: str = "zeros") -> Steps:
    """Output t reads every `spacing`-th position from `first + step*t` to `last + step*t`."""
    return Steps(1, step, (((first, last),),), spacing if last > first else 1, edge)


def shifted(first: Dim, step: int = 1) -> Steps:
    """Output t reads the position `first + step*t`."""
    return window_steps(first, first, step) if isinstance(first, int) else ANY


def fixed(position: Dim) -> Steps:
    """All outputs read one position."""
    return Steps(1, 0, (((position, position),),)) if isinstance(position, int) else ANY


FIRST = fixed(0)


def listed(size: Dim, runs: Callable[[int], Runs]) -> Steps:
    """Each of `size` outputs reads the runs that are given for it."""
    if not isinstance(size, int) or size > LONGEST:
        return ANY
    return Steps(size, 0, tuple([runs(output) for output in range(size)])) if size else SAME


def rolled(size: Dim, shift: Dim) -> Steps:
    """Positions moved on by `shift`; those that leave at the end come in at the start."""
    if not isinstance(size, int) or not isinstance(shift, int):
        return ANY
    return shifted(-shift)._replace(edge="circular") if size and shift % size else SAME


def picked(positions: Sequence[int]) -> Steps:
    """Each output reads the position that is named for it."""
    return listed(len(positions), lambda output: ((positions[output], positions[output]),))


def blocks(read: Dim, given: Dim) -> Steps:
    """Of `given` outputs in a row, each reads all of `read` inputs in a row; the next `given` read the next ones."""
    if not isinstance(read, int) or not isinstance(given, int) or given > LONGEST:
        return ANY
    return SAME if read == given == 1 else Steps(given, read, (((0, read - 1),),) * given)


def up_to(size: Dim, most: Dim | None = None) -> Steps:
    """Each of `size` outputs reads the inputs up to its own position, of which there are `most`."""
    last = size if most is None else most
    return listed(size, lambda output: ((0, min(output, last - 1)),)) if isinstance(last, int) else ANY


def along(x: Shape, axes: Sequence[int] = (), steps: Steps = ALL) -> Reach:
    """Every axis stays; the given ones are read in steps, and each position of the others by itself."""
    return {axis: (axis, steps if axis in axes else SAME) for axis in range(len(x))}


def loosened(reach: Reach | None) -> Reach | None:
    """The same positions, of which not all need to be read: the place of the largest of one value is known."""
    if reach is None:
        return None
    return {axis: (to, steps if steps == SAME else steps._replace(fewer=True)) for axis, (to, steps) in reach.items()}


def unknown(x: Shape) -> Reach:
    """Any position may be read; where it goes is not followed."""
    return dict.fromkeys(range(len(x)), (None, ANY))


class AxisPart(NamedTuple):
    """What becomes of positions of an input axis where axes are merged or split.

    Position `i` has the digit `i // weight % span`, and an output position `t` along `axis` holds it as
    `t // below % span`.
    """

    axis: int
    below: Dim
    weight: Dim
    span: Dim


To: TypeAlias = int | tuple[AxisPart, ...] | None
"""Where an axis of the input goes: to an axis of the output, to parts of axes, or nowhere. None with SAME: somewhere
that cannot be said."""

Reach: TypeAlias = Mapping[int, tuple[To, Steps]]
"""For each axis of an input: where it goes, and which of its positions an output position reads."""

Reaches: TypeAlias = Sequence[Reach | None]
"""For each input; None for one whose values do not matter."""


def broadcast_reach(x: Shape, y: Shape) -> Reach:
    """Each output reads its own position; axes are counted from the last, and a size of 1 is stretched."""
    new = len(y) - len(x)
    return {
        axis: (axis + new, FIRST if size == 1 and y[axis + new] != 1 else SAME)
        for axis, size in enumerate(x)
        if axis + new >= 0
    }


def regrouped(x: Shape, y: Shape) -> Reach:
    """The same elements in a row, as axes of other sizes: the reach of a reshape of `x` to `y`."""
    reach: dict[int, tuple[To, Steps]] = {axis: ((), SAME) for axis, size in enumerate(x) if size == 1}
    left = [axis for axis in range(len(x)) if x[axis] != 1]
    right = [axis for axis in range(len(y)) if y[axis] != 1]
    # Cut both rows of axes wherever as many elements are after the cut.
    behind = {product([y[to] for to in right[cut:]]): cut for cut in range(len(right), -1, -1)}
    ends = len(left), len(right)
    for cut in range(len(left) - 1, -1, -1):
        other = 0 if cut == 0 else behind.get(product([x[axis] for axis in left[cut:]]))
        if other is not None:
            some, others = left[cut : ends[0]], right[other : ends[1]]
            reach |= {axis: (_parts(x, y, some, others, axis), SAME) for axis in some}
            ends = cut, other
    return reach


def _parts(x: Shape, y: Shape, left: Sequence[int], right: Sequence[int], axis: int) -> To:
    """Where an axis among `left` goes among `right`; None where sizes do not fit into each other."""
    if len(left) == len(right) == 1:
        return right[0]
    bottom = product([x[a] for a in left if a > axis])
    if len(right) == 1:
        return (AxisPart(right[0], bottom, 1, x[axis]),)
    below = {to: product([y[a] for a in right if a > to]) for to in right}
    if len(left) == 1:
        return tuple(AxisPart(to, 1, below[to], y[to]) for to in right)
    found: list[AxisPart] = []
    for to in right:
        low, high, top = below[to], below[to] * y[to], bottom * x[axis]
        if not (isinstance(bottom, int) and isinstance(low, int) and isinstance(high, int) and isinstance(top, int)):
            return None
        first, last = max(low, bottom), min(high, top)
        if first < last:
            if last % first or first % low or first % bottom or high % last or top % last:
                return None
            found.append(AxisPart(to, first // low, first // bottom, last // first))
    return tuple(found)
