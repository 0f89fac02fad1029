"""Layers that cut axes into parts, or take some positions of them (torch.split, torch.narrow and relatives).

Axes are counted as torch counts them, with the batch as axis 0. They cost no MACs."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import TYPE_CHECKING, Any, ClassVar

from cnncalc.layers.arguments import arg
from cnncalc.layers.drawing import Drawn, drawn_axis, drawn_shape
from cnncalc.layers.kinds import Either, Int, Ints
from cnncalc.layers.layer import Layer
from cnncalc.layers.memory import MemoryTensor
from cnncalc.layers.shapes import Shape, Shapes, dims_text, is_batch
from cnncalc.layers.site import Site, axes_of
from cnncalc.layers.window import SAME, Reach, Reaches, Steps, along, fixed, shifted
from cnncalc.symbolic.expr import Dim, Expr, greatest, least

if TYPE_CHECKING:
    from random import Random


class Slice(Layer, name="slice", aliases=("crop",)):
    """Positions `start` to `stop` (left out) of an axis, every `step`-th. Source: Python's `x[start:stop:step]`."""

    keeps = ()

    rearranges: ClassVar[bool] = True
    view: ClassVar[bool] = True

    example = "64x56x56 -> slice 2 4 52 -> slice 3 4 52"

    dim: int = arg(Int(), help="the axis, counted with the batch as 0")
    start: Dim | None = arg(
        Int(open=True, none=True, batch=True), None, help="first position; negative ones count from the end"
    )
    stop: Dim | None = arg(Int(open=True, none=True, batch=True), None, help="position after the last")
    step: int = arg(Int(1), 1, help="distance between positions")

    def forward(self, site: Site, *xs: Shape) -> Shape:
        (x,) = xs
        (axis,) = axes_of(site, [self.dim], len(x))
        return (*x[:axis], self._length(site, x[axis]), *x[axis + 1 :])

    def _length(self, site: Site, size: Dim) -> Dim:
        if all(end is None or isinstance(end, int) for end in (size, self.start, self.stop)):
            first, end, step = slice(self.start, self.stop, self.step).indices(size)  # type: ignore[arg-type]
            return max(0, -(-(end - first) // step))  # a range of so many has no length in Python
        if isinstance(self.start, Expr) or isinstance(self.stop, Expr):
            positions = self._between(site, size)
        else:
            positions = clamped(size, self.start or 0, self.stop)
            if is_batch(size):  # figures are for one sample, of which something has to be left
                message = f"slice {self.start}:{self.stop} does not lie within {size}"
                site.short(positions - 1, "empty-output", message, arg="dim")
        return (positions + self.step - 1) // self.step

    def _between(self, site: Site, size: Dim) -> Dim:
        """How many positions are between ends that are open themselves, which have to lie within the axis."""
        start: Dim = 0 if self.start is None else self.start
        stop: Dim = size if self.stop is None else self.stop
        start, stop = (size + end if isinstance(end, int) and end < 0 else end for end in (start, stop))
        for need in (start, size - stop, stop - start):
            site.short(need, "empty-output", f"slice {self.start}:{self.stop} does not lie within {size}", arg="dim")
        return stop - start

    def viewed(self, x: MemoryTensor, y: Shape) -> Shape | None:
        axis = self.dim % len(y)
        return (*x.strides[:axis], x.strides[axis] * self.step, *x.strides[axis + 1 :])

    def reach(self, xs: Shapes, ys: Shapes) -> Reaches:
        axis, size, start = self.dim % len(xs[0]), xs[0][self.dim], 0 if self.start is None else self.start
        if isinstance(size, int) and isinstance(start, int):
            start = slice(start, None).indices(size)[0]
        elif isinstance(start, int) and start < 0:
            start = size + start
        return [along(xs[0], [axis], shifted(start, self.step))]

    @classmethod
    def drawn(cls, draw: Random) -> Drawn:
        shape = drawn_shape(draw)
        ends = {"start": [0, 1, -2, None, -9], "stop": [2, 3, -1, None, 9]}
        found = {key: draw.choice(some) for key, some in ends.items() if draw.random() < 0.8}
        return {"dim": drawn_axis(draw, len(shape)), **found, "step": draw.choice([1, 1, 2, 3, 0])}, [shape]

    def run(self, torch: Any, part: Any, *xs: Any) -> Any:
        index = [slice(None)] * xs[0].dim()
        index[self.dim] = slice(self.start, self.stop, self.step)
        return xs[0][tuple(index)]


def clamped(size: Dim, start: int, stop: int | None) -> Dim:
    """How many positions of an open size are from `start` to `stop` (left out), as Python cuts them off at its ends.

    >>> from cnncalc.symbolic.expr import symbol
    >>> H = symbol("H")
    >>> clamped(H, 1, None), clamped(H, 2, None), clamped(H, -3, None), clamped(H, 1, 7)
    (Expr('H - 1'), Expr('max(H, 2) - 2'), Expr('min(H, 3)'), Expr('min(H, 7) - 1'))
    """
    if start >= 0 and (stop is None or stop < 0):
        fewest = start - (stop or 0)
        return greatest(size, fewest) - fewest
    if stop is None:
        return least(size, -start)
    if start >= 0:
        return least(greatest(size, start), stop) - start if stop > start else 0
    if stop < 0:
        return greatest(least(size, -start), -stop) + stop if stop > start else 0
    # All of a small axis, then the fewer of the two, and fewer still until the ends have passed each other.
    fewer, more = sorted((stop, -start))
    return least(size, fewer) - (least(greatest(size, more), fewer + more) - more)


class Chunk(Layer, name="chunk"):
    """An axis in `chunks` parts, the last smaller where it does not divide. Source: torch.chunk."""

    keeps = ()

    rearranges: ClassVar[bool] = True
    view: ClassVar[bool] = True

    parts: ClassVar[bool] = True

    example = "64x32x32 -> chunk 2"

    chunks: int = arg(Int(1), help="how many parts")
    dim: int = arg(Int(), 1, help="the axis, counted with the batch as 0; the channels")

    def forward(self, site: Site, *xs: Shape) -> list[Shape]:
        (x,) = xs
        (axis,) = axes_of(site, [self.dim], len(x))
        return cut(x, axis, self._parts(site, x[axis]))

    def _parts(self, site: Site, size: Dim) -> list[Dim]:
        if isinstance(size, int):
            if size == 0:
                few_enough(site, self.name, self.chunks, "chunks")
                return [0] * self.chunks
            most = max(1, -(-size // self.chunks))
            few_enough(site, self.name, -(-size // most), "chunks")
            return [min(most, size - at) for at in range(0, max(1, size), most)]
        few_enough(site, self.name, self.chunks, "chunks")
        each: Dim = (size + self.chunks - 1) // self.chunks
        last = size - (self.chunks - 1) * each
        message = f"{size} positions give fewer than {self.chunks} chunks"
        site.short(last - 1, "wrong-count", message, arg="chunks")
        return [each] * (self.chunks - 1) + [last]

    def reaches(self, xs: Shapes, ys: Shapes) -> Sequence[Reaches]:
        return parted(xs[0], self.dim, [y[self.dim] for y in ys])

    @classmethod
    def drawn(cls, draw: Random) -> Drawn:
        shape = drawn_shape(draw)
        return {"chunks": draw.choice([0, 1, 2, 2, 3, 4]), "dim": drawn_axis(draw, len(shape))}, [shape]

    def run(self, torch: Any, part: Any, *xs: Any) -> Any:
        return torch.chunk(xs[0], self.chunks, self.dim)


class Split(Layer, name="split"):
    """An axis in parts of the given sizes, or in parts of one size. Source: torch.split."""

    keeps = ()

    rearranges: ClassVar[bool] = True
    view: ClassVar[bool] = True

    parts: ClassVar[bool] = True

    example = "64x32x32 -> split (16, 48)"

    split_size: int | tuple[int, ...] = arg(
        Either[int | tuple[int, ...]](Int(0), Ints(0, listed=True)), help="one size for all parts, or each part's"
    )
    dim: int = arg(Int(), 1, help="the axis, counted with the batch as 0; the channels")

    def forward(self, site: Site, *xs: Shape) -> list[Shape]:
        (x,) = xs
        (axis,) = axes_of(site, [self.dim], len(x))
        size = x[axis]
        parts: list[Dim]
        if isinstance(self.split_size, tuple):
            parts = list(self.split_size)
            total = sum(self.split_size)
            if total != size:
                message = f"split into {dims_text(parts)} needs a size of {total}, but {size} arrives"
                site.unequal(total, size, "size-mismatch", message, arg="split_size")
        elif isinstance(size, int):
            each = self.split_size or 1
            if self.split_size == 0 and size != 0:
                site.refuse("bad-argument", f"parts of 0 never come to {size}", arg="split_size")
            few_enough(site, self.name, -(-size // each), "split_size")
            parts = [min(each, size - at) for at in range(0, max(1, size), each)]
        else:
            site.refuse(
                "open-split",
                f"how many parts {size} splits into is open",
                arg="split_size",
                hint="chunk gives a number of parts",
            )
        return cut(x, axis, parts)

    def reaches(self, xs: Shapes, ys: Shapes) -> Sequence[Reaches]:
        return parted(xs[0], self.dim, [y[self.dim] for y in ys])

    @classmethod
    def drawn(cls, draw: Random) -> Drawn:
        shape = drawn_shape(draw)
        axis = drawn_axis(draw, len(shape))
        if draw.random() < 0.5:
            return {"split_size": draw.choice([0, 1, 2, 2, 3, 4]), "dim": axis}, [shape]
        size = shape[axis] if -len(shape) <= axis < len(shape) else 2
        sizes = draw.choice([(1, size - 1), (0, size), (size,), (1, 2), (1,) * size])
        return {"split_size": sizes, "dim": axis}, [shape]

    def run(self, torch: Any, part: Any, *xs: Any) -> Any:
        return torch.split(xs[0], self.split_size, self.dim)


MOST_PARTS = 10_000


def few_enough(site: Site, name: str, parts: int, key: str) -> None:
    """Refuse more outputs than any network has, before they take all memory."""
    if parts > MOST_PARTS:
        site.refuse("too-many-parts", f"{name} gives at most {MOST_PARTS:,} parts here, not {parts:,}", arg=key)


def parted(x: Shape, dim: int, sizes: Sequence[Dim]) -> Sequence[Reaches]:
    """What each part of an axis reads, one after the other."""
    found: list[Reaches] = []
    start: Dim = 0
    for size in sizes:
        found.append([along(x, [dim % len(x)], shifted(start))])
        start = start + size
    return found


def cut(x: Shape, axis: int, parts: list[Dim]) -> list[Shape]:
    """The shape, once for each part of an axis."""
    return [(*x[:axis], part, *x[axis + 1 :]) for part in parts]


class Unbind(Layer, name="unbind"):
    """The positions of an axis, each an output of its own. Source: torch.unbind."""

    keeps = ()

    rearranges: ClassVar[bool] = True
    view: ClassVar[bool] = True

    parts: ClassVar[bool] = True
    example = "3x8x49x32 -> unbind 1"

    dim: int = arg(Int(), help="the axis, counted with the batch as 0")

    def forward(self, site: Site, *xs: Shape) -> list[Shape]:
        (x,) = xs
        (axis,) = axes_of(site, [self.dim], len(x))
        count = x[axis]
        if isinstance(count, Expr):
            site.refuse(
                "open-split", f"how many outputs unbind has is open: axis {self.dim} has {count} positions", arg="dim"
            )
        few_enough(site, self.name, count, "dim")
        if count == 0:
            message = f"unbind gives nothing, as axis {self.dim} has no positions: {dims_text(x)} arrives"
            site.refuse("empty-output", message, arg="dim")
        return [(*x[:axis], *x[axis + 1 :])] * count

    def viewed(self, x: MemoryTensor, y: Shape) -> Shape | None:
        axis = self.dim % len(x.shape)
        return (*x.strides[:axis], *x.strides[axis + 1 :])

    def reaches(self, xs: Shapes, ys: Shapes) -> Sequence[Reaches]:
        return [[gone(xs[0], self.dim, fixed(position))] for position in range(len(ys))]

    def run(self, torch: Any, part: Any, *xs: Any) -> Any:
        return torch.unbind(xs[0], self.dim)

    @classmethod
    def drawn(cls, draw: Random) -> Drawn:
        shape = drawn_shape(draw)
        return {"dim": drawn_axis(draw, len(shape))}, [shape]


def gone(x: Shape, dim: int, steps: Steps) -> Reach:
    """Every axis stays but one, which is read in steps."""
    axis = dim % len(x)
    return {a: (None, steps) if a == axis else (a - (a > axis), SAME) for a in range(len(x))}


class Select(Layer, name="select"):
    """One position of an axis, which is gone then: `x[:, index]`. Source: torch.select."""

    keeps = ()

    rearranges: ClassVar[bool] = True
    view: ClassVar[bool] = True

    example = "197x768 -> select 1 0"

    dim: int = arg(Int(), help="the axis, counted with the batch as 0")
    index: int = arg(Int(), help="the position; negative ones count from the end")

    def forward(self, site: Site, *xs: Shape) -> Shape:
        (x,) = xs
        (axis,) = axes_of(site, [self.dim], len(x))
        spare = x[axis] - 1 - self.index if self.index >= 0 else x[axis] + self.index
        site.short(spare, "bad-argument", f"there is no position {self.index} among {x[axis]}", arg="index")
        return (*x[:axis], *x[axis + 1 :])

    def viewed(self, x: MemoryTensor, y: Shape) -> Shape | None:
        axis = self.dim % len(x.shape)
        return (*x.strides[:axis], *x.strides[axis + 1 :])

    def reach(self, xs: Shapes, ys: Shapes) -> Reaches:
        index = self.index if self.index >= 0 else xs[0][self.dim] + self.index
        return [gone(xs[0], self.dim, fixed(index))]

    def run(self, torch: Any, part: Any, *xs: Any) -> Any:
        return torch.select(xs[0], self.dim, self.index)

    @classmethod
    def drawn(cls, draw: Random) -> Drawn:
        shape = drawn_shape(draw)
        return {"dim": drawn_axis(draw, len(shape)), "index": draw.choice([0, 0, 1, -1, -2, 2])}, [shape]


class Narrow(Layer, name="narrow"):
    """`length` positions of an axis from `start` on. Source: torch.narrow."""

    keeps = ()

    rearranges: ClassVar[bool] = True
    view: ClassVar[bool] = True

    example = "197x768 -> narrow 1 1 196"

    dim: int = arg(Int(), help="the axis, counted with the batch as 0")
    start: int = arg(Int(), help="the first position; negative ones count from the end")
    length: Dim = arg(Int(0, open=True), help="how many")

    def forward(self, site: Site, *xs: Shape) -> Shape:
        (x,) = xs
        (axis,) = axes_of(site, [self.dim], len(x))
        message = f"there are no {self.length} positions from {self.start} on among {x[axis]}"
        first = self.start if self.start >= 0 else x[axis] + self.start
        site.short(first, "bad-argument", message, arg="start")
        site.short(x[axis] - first - self.length, "bad-argument", message, arg="length")
        return (*x[:axis], self.length, *x[axis + 1 :])

    def reach(self, xs: Shapes, ys: Shapes) -> Reaches:
        axis, size = self.dim % len(xs[0]), xs[0][self.dim]
        first = self.start if self.start >= 0 else size + self.start
        return [along(xs[0], [axis], shifted(first))]

    def run(self, torch: Any, part: Any, *xs: Any) -> Any:
        return torch.narrow(xs[0], self.dim, self.start, self.length)

    @classmethod
    def drawn(cls, draw: Random) -> Drawn:
        shape = drawn_shape(draw)
        start, length = draw.choice([0, 0, 1, -1, -2]), draw.choice([1, 1, 2])
        return {"dim": drawn_axis(draw, len(shape)), "start": start, "length": length}, [shape]


class TensorSplit(Layer, name="tensor_split"):
    """An axis in so many parts of nearly one size, or cut at the given places. Source: torch.tensor_split."""

    keeps = ()

    rearranges: ClassVar[bool] = True
    view: ClassVar[bool] = True

    parts: ClassVar[bool] = True
    example = "10x768 -> tensor_split 3"

    indices_or_sections: int | tuple[int, ...] = arg(
        Either[int | tuple[int, ...]](Int(1), Ints(listed=True)), help="how many parts, or where to cut"
    )
    dim: int = arg(Int(), 1, help="the axis, counted with the batch as 0")

    def forward(self, site: Site, *xs: Shape) -> list[Shape]:
        (x,) = xs
        (axis,) = axes_of(site, [self.dim], len(x))
        size, given = x[axis], self.indices_or_sections
        if isinstance(size, Expr):
            site.refuse("open-split", f"tensor_split cuts a number of positions, but {size} is open", arg="dim")
        if isinstance(given, int):
            few_enough(site, self.name, given, "indices_or_sections")
        return cut(x, axis, [max(0, high - low) for low, high in pairwise(self._ends(size))])

    def _ends(self, size: int) -> list[int]:
        """Where each part starts, and where the last one ends."""
        given = self.indices_or_sections
        if isinstance(given, int):
            return [i * (size // given) + min(i, size % given) for i in range(given + 1)]
        return [0, *(slice(end).indices(size)[1] for end in given), size]

    def reaches(self, xs: Shapes, ys: Shapes) -> Sequence[Reaches]:
        axis = self.dim % len(xs[0])
        size = xs[0][axis]
        assert isinstance(size, int)
        return [[along(xs[0], [axis], shifted(start))] for start in self._ends(size)[:-1]]

    def run(self, torch: Any, part: Any, *xs: Any) -> Any:
        return torch.tensor_split(xs[0], self.indices_or_sections, self.dim)

    @classmethod
    def drawn(cls, draw: Random) -> Drawn:
        shape = drawn_shape(draw)
        given = draw.choice([0, 1, 2, 3, 5, (1,), (1, 3), (2, 1), (-1,), (1, -1)])
        return {"indices_or_sections": given, "dim": drawn_axis(draw, len(shape))}, [shape]
