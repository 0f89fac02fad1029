"""Layers that rearrange, cut and reduce axes (torch.flatten, torch.permute, torch.mean and relatives).

Axes are counted as torch counts them, with the batch as axis 0.
"""

from __future__ import annotations

from itertools import combinations
from typing import TYPE_CHECKING, Any, ClassVar

from cnncalc.layers.base import (
    ALL,
    SAME,
    Layer,
    Named,
    Reach,
    Shape,
    Shapes,
    Site,
    Steps,
    arg,
    axes_of,
    dims_text,
    is_batch,
    keep_axes,
)
from cnncalc.layers.kinds import Bool, Either, Int, Ints, Text
from cnncalc.symbolic.expr import Dim, Expr, product

if TYPE_CHECKING:
    from random import Random

MIXED = "flatten from axis 0 mixes the samples of a batch"

Drawn = tuple[dict[str, Any], list[tuple[int, ...]]]
"""Arguments and input shapes, most of them legal, to compare with torch."""


def drawn_shape(draw: Random) -> tuple[int, ...]:
    """A shape to rearrange."""
    return (2, *(draw.choice([1, 2, 3, 4, 6, 8]) for _ in range(draw.randrange(0, 4))))


def drawn_axis(draw: Random, rank: int) -> int:
    """An axis from either end; now and then one that is not there."""
    return draw.randrange(-rank, rank) if draw.random() < 0.95 else draw.choice([-6, 5])


class Flatten(Layer, torch="Flatten"):
    """Axes `start_dim` to `end_dim` become one. Source: torch.nn.Flatten."""

    example = "16x5x5 -> flatten"

    start_dim: int = arg(Int(), 1, help="first axis, counted with the batch as 0")
    end_dim: int = arg(Int(), -1, help="last axis")

    def forward(self, site: Site, *xs: Shape) -> Shape:
        (x,) = xs
        rank = max(1, len(x))
        (start,) = axes_of(site, [self.start_dim], rank, "start_dim")
        (end,) = axes_of(site, [self.end_dim], rank, "end_dim")
        if start > end:
            site.refuse(
                "bad-argument",
                f"flatten goes from axis {self.start_dim} to axis {self.end_dim}, but its end lies before its start",
                arg="start_dim",
            )
        if not x:
            return (1,)
        if start == 0 and end > 0 and is_batch(x[0]):
            site.warn("batch-flattened", MIXED, arg="start_dim")
        return (*x[:start], product(x[start : end + 1]), *x[end + 1 :])

    def reach(self, xs: Shapes, ys: Shapes) -> list[Reach]:
        rank = len(xs[0])
        start, end = self.start_dim % rank, self.end_dim % rank
        reach: dict[int, tuple[int | None, Steps]] = {}
        for axis in range(rank):
            if start <= axis <= end and end > start:
                # Scattered over the new axis; alone in it where the others have one position.
                alone = all(xs[0][a] == 1 for a in range(start, end + 1) if a != axis)
                reach[axis] = (start if alone else None, SAME)
            else:
                reach[axis] = (axis if axis <= end else axis - (end - start), SAME)
        return [reach]


class Unflatten(Layer, torch="Unflatten"):
    """One axis becomes several. Source: torch.nn.Unflatten."""

    example = "400 -> unflatten 1 (16, 5, 5)"

    dim: int = arg(Int(), help="the axis, counted with the batch as 0")
    unflattened_size: tuple[Dim, ...] = arg(Ints(-1, open=True), help="the new sizes; one may be -1")

    def forward(self, site: Site, *xs: Shape) -> Shape:
        (x,) = xs
        (axis,) = axes_of(site, [self.dim], len(x))
        return (*x[:axis], *fitted(site, self, self.unflattened_size, x[axis], "unflattened_size"), *x[axis + 1 :])

    @classmethod
    def drawn(cls, draw: Random) -> Drawn:
        shape = drawn_shape(draw)
        axis = drawn_axis(draw, len(shape))
        size = shape[axis] if -len(shape) <= axis < len(shape) else 2
        sizes = draw.choice([(-1, 2), (1, size), (size, 1), (size // 2, 2), (-1, -1), (3, 2), (-1,)])
        return {"dim": axis, "unflattened_size": sizes}, [shape]

    def reach(self, xs: Shapes, ys: Shapes) -> list[Reach]:
        rank, axis, more = len(xs[0]), self.dim % len(xs[0]), len(self.unflattened_size) - 1
        return [{a: (a if a < axis else None if a == axis else a + more, SAME) for a in range(rank)}]


class Reshape(Layer, name="reshape", aliases=("view",)):
    """The same elements in another shape, the batch included (N stands for it). Source: torch.reshape."""

    example = "16x5x5 -> reshape N 400"

    shape: tuple[Dim, ...] = arg(Ints(-1, open=True), variadic=True, help="the new sizes; one may be -1")

    def forward(self, site: Site, *xs: Shape) -> Shape:
        (x,) = xs
        return tuple(fitted(site, self, self.shape, product(x), "shape", x))

    def reach(self, xs: Shapes, ys: Shapes) -> list[Reach]:
        x, y = xs[0], ys[0]
        reach: dict[int, tuple[int | None, Steps]] = {}
        for axis, size in enumerate(x):
            # An axis stays where as many elements stand before it and after it.
            before = product(x[:axis])
            stays = [a for a, other in enumerate(y) if other == size and product(y[:a]) == before]
            reach[axis] = (stays[0] if stays else None, SAME)
        return [reach]

    @classmethod
    def drawn(cls, draw: Random) -> Drawn:
        shape = drawn_shape(draw)
        sizes = [*shape]
        draw.shuffle(sizes)
        if len(sizes) > 1 and draw.random() < 0.7:
            sizes[:2] = [sizes[0] * sizes[1]]
        for _ in range(draw.randrange(0, 2)):
            sizes[draw.randrange(len(sizes))] = draw.choice([-1, -1, 2, 5])
        return {"shape": tuple(sizes)}, [shape]

    def run(self, torch: Any, part: Any, *xs: Any) -> Any:
        return xs[0].reshape(self.shape)


def fitted(site: Site, layer: Layer, sizes: tuple[Dim, ...], have: Dim, key: str, x: Shape = ()) -> list[Dim]:
    """The sizes with -1 worked out; their product has to be `have`, which is that of x."""
    out = list(sizes)
    free = [i for i, size in enumerate(out) if size == -1]
    if len(free) > 1:
        site.refuse("bad-argument", f"only one size of {layer.name} can be -1, but {len(free)} are", arg=key)
    known = product([size for size in out if size != -1])
    written = dims_text(["?" if size == -1 else size for size in sizes])  # type: ignore[misc]
    message = f"{layer.name} to {written} needs a multiple of {known} elements, but {have} arrive"
    if free:
        if known == 0:
            site.refuse("bad-argument", f"-1 can be anything beside a 0 in {layer.name}", arg=key)
        site.divides(have, known, "size-mismatch", message, arg=key)
        out[free[0]] = have // known
    elif known != have:
        message = f"{layer.name} to {written} needs {known} elements, but {have} arrive"
        for left, right in _axis_by_axis(sizes, x) if isinstance(have, Expr) and x else [(known, have)]:
            site.unequal(left, right, "size-mismatch", message, arg=key)
    return out


def _axis_by_axis(left: Shape, right: Shape) -> list[tuple[Dim, Dim]]:
    """What has to be equal for two shapes to have as many elements.

    Where each axis of the shorter is at least as large as some axes of the longer, as a map is of the windows in it,
    it is each of these pairs; else the whole products.
    """
    whole = [(product(left), product(right))]
    while left and right and left[0] == right[0]:
        left, right = left[1:], right[1:]
    while left and right and left[-1] == right[-1]:
        left, right = left[:-1], right[:-1]
    few, many = sorted((left, right), key=len)
    if not 2 <= len(few) <= len(many) <= 8:
        return whole
    from cnncalc.symbolic.bounds import bounds

    for cuts in combinations(range(1, len(many)), len(few) - 1):
        ends = (0, *cuts, len(many))
        pairs = [(product(many[a:b]), size) for a, b, size in zip(ends, ends[1:], few)]
        least = [bounds(size - group)[0] for group, size in pairs]
        if all(low is not None and low >= 0 for low in least):
            return [(group, size) for group, size in pairs if group != size]
    return whole


class Permute(Layer, name="permute"):
    """The axes in another order. Source: torch.permute."""

    example = "64x7x7 -> permute 0 2 3 1"

    dims: tuple[int, ...] = arg(Ints(), variadic=True, help="the axes in their new order, the batch is 0")

    def order(self, rank: int) -> list[int]:
        return [dim % rank for dim in self.dims]

    def forward(self, site: Site, *xs: Shape) -> Shape:
        (x,) = xs
        if len(self.dims) != len(x):
            site.refuse(
                "wrong-rank",
                f"permute needs every axis once, but has {len(self.dims)} of the {len(x)} of {dims_text(x)}",
                arg="dims",
                hint="the batch is axis 0",
            )
        return tuple(x[axis] for axis in axes_of(site, self.dims, len(x), "dims"))

    def reach(self, xs: Shapes, ys: Shapes) -> list[Reach]:
        return [{axis: (new, SAME) for new, axis in enumerate(self.order(len(xs[0])))}]

    @classmethod
    def drawn(cls, draw: Random) -> Drawn:
        shape = drawn_shape(draw)
        dims = [dim - draw.choice([0, len(shape)]) for dim in draw.sample(range(len(shape)), len(shape))]
        if draw.random() < 0.1:
            dims[-1] = draw.choice([dims[0], 5])
        return {"dims": tuple(dims[: len(dims) - (draw.random() < 0.05)])}, [shape]

    def run(self, torch: Any, part: Any, *xs: Any) -> Any:
        return xs[0].permute(self.dims)


class Transpose(Layer, name="transpose", aliases=("swapaxes", "swapdims")):
    """Two axes change places. Source: torch.transpose."""

    example = "64x49 -> transpose 1 2"

    dim0: int = arg(Int(), help="one axis, counted with the batch as 0")
    dim1: int = arg(Int(), help="the other axis")

    def _order(self, rank: int) -> list[int]:
        order = list(range(rank))
        a, b = self.dim0 % rank, self.dim1 % rank
        order[a], order[b] = order[b], order[a]
        return order

    def forward(self, site: Site, *xs: Shape) -> Shape:
        (x,) = xs
        for dim, key in ((self.dim0, "dim0"), (self.dim1, "dim1")):
            axes_of(site, [dim], len(x), key)
        return tuple(x[axis] for axis in self._order(len(x)))

    def reach(self, xs: Shapes, ys: Shapes) -> list[Reach]:
        return [{axis: (new, SAME) for new, axis in enumerate(self._order(len(xs[0])))}]

    @classmethod
    def drawn(cls, draw: Random) -> Drawn:
        shape = drawn_shape(draw)
        return {"dim0": drawn_axis(draw, len(shape)), "dim1": drawn_axis(draw, len(shape))}, [shape]

    def run(self, torch: Any, part: Any, *xs: Any) -> Any:
        return xs[0].transpose(self.dim0, self.dim1)


class Squeeze(Layer, name="squeeze"):
    """Axes of size 1 are dropped: the given ones, or all. Source: torch.squeeze."""

    example = "64x1x1 -> squeeze 2 3"

    dim: tuple[int, ...] = arg(Ints(), (), variadic=True, help="axes to drop where they are 1; all but the batch")

    def _kept(self, x: Shape) -> list[int]:
        among = [d % len(x) for d in self.dim] if self.dim else range(len(x))
        return [axis for axis, size in enumerate(x) if not (axis in among and size == 1)]

    def forward(self, site: Site, *xs: Shape) -> Shape:
        (x,) = xs
        axes_of(site, self.dim, len(x))
        for axis in self.dim:
            size = x[axis]
            if not isinstance(size, int) and not is_batch(size):
                site.unequal(
                    size, 1, "open-squeeze", f"squeeze drops axis {axis}, whose size {size} is open", arg="dim"
                )
                x = (*x[:axis], 1, *x[axis + 1 :]) if axis >= 0 else (*x[:axis], 1, *x[len(x) + axis + 1 :])
        return tuple(x[axis] for axis in self._kept(x))

    def reach(self, xs: Shapes, ys: Shapes) -> list[Reach]:
        kept = self._kept(xs[0])
        return [{axis: (kept.index(axis) if axis in kept else None, SAME) for axis in range(len(xs[0]))}]

    @classmethod
    def drawn(cls, draw: Random) -> Drawn:
        shape = drawn_shape(draw)
        return {"dim": tuple(drawn_axis(draw, len(shape)) for _ in range(draw.randrange(1, 3)))}, [shape]

    def run(self, torch: Any, part: Any, *xs: Any) -> Any:
        return xs[0].squeeze(self.dim or tuple(range(1, xs[0].dim())))


class Unsqueeze(Layer, name="unsqueeze"):
    """A new axis of size 1. Source: torch.unsqueeze."""

    example = "100 -> unsqueeze 1"

    dim: int = arg(Int(), help="where the new axis stands, counted with the batch as 0")

    def forward(self, site: Site, *xs: Shape) -> Shape:
        (x,) = xs
        (axis,) = axes_of(site, [self.dim], len(x) + 1)
        return (*x[:axis], 1, *x[axis:])

    def reach(self, xs: Shapes, ys: Shapes) -> list[Reach]:
        new = self.dim % (len(xs[0]) + 1)
        return [{axis: (axis if axis < new else axis + 1, SAME) for axis in range(len(xs[0]))}]

    @classmethod
    def drawn(cls, draw: Random) -> Drawn:
        shape = drawn_shape(draw)
        return {"dim": drawn_axis(draw, len(shape) + 1)}, [shape]

    def run(self, torch: Any, part: Any, *xs: Any) -> Any:
        return xs[0].unsqueeze(self.dim)


class Slice(Layer, name="slice", aliases=("crop",)):
    """Positions `start` to `stop` (left out) of an axis, every `step`-th. Source: Python's `x[start:stop:step]`."""

    example = "64x56x56 -> slice 2 4 52 -> slice 3 4 52"

    dim: int = arg(Int(), help="the axis, counted with the batch as 0")
    start: Dim | None = arg(
        Int(open=True, none=True, batch=True), None, help="first position; negative ones count from the end"
    )
    stop: Dim | None = arg(Int(open=True, none=True, batch=True), None, help="position behind the last")
    step: int = arg(Int(1), 1, help="distance between positions")

    def forward(self, site: Site, *xs: Shape) -> Shape:
        (x,) = xs
        (axis,) = axes_of(site, [self.dim], len(x))
        return (*x[:axis], self._length(site, x[axis]), *x[axis + 1 :])

    def _length(self, site: Site, size: Dim) -> Dim:
        if all(end is None or isinstance(end, int) for end in (size, self.start, self.stop)):
            return len(range(*slice(self.start, self.stop, self.step).indices(size)))  # type: ignore[arg-type]
        start: Dim = 0 if self.start is None else self.start
        stop: Dim = size if self.stop is None else self.stop
        start, stop = (size + end if isinstance(end, int) and end < 0 else end for end in (start, stop))
        for need in (start, size - stop, stop - start):
            site.short(need, "empty-output", f"slice {self.start}:{self.stop} does not lie within {size}", arg="dim")
        return (stop - start + self.step - 1) // self.step

    def reach(self, xs: Shapes, ys: Shapes) -> list[Reach]:
        axis, size, start = self.dim % len(xs[0]), xs[0][self.dim], 0 if self.start is None else self.start
        if isinstance(size, int) and isinstance(start, int):
            start = slice(start, None).indices(size)[0]
        reads = Steps(1, self.step, ((start, start),)) if isinstance(start, int) and start >= 0 else ALL
        return [{a: (a, reads if a == axis else SAME) for a in range(len(xs[0]))}]

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


class Chunk(Layer, name="chunk"):
    """An axis in `chunks` parts, the last smaller where it does not divide. Source: torch.chunk."""

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
            each = max(1, -(-size // self.chunks))
            few_enough(site, self.name, -(-size // each), "chunks")
            return [min(each, size - at) for at in range(0, max(1, size), each)]
        site.divides(
            size,
            self.chunks,
            "not-divisible",
            f"{size} does not divide into {self.chunks} equal chunks at every size",
            arg="chunks",
        )
        return [size // self.chunks] * self.chunks

    def reach(self, xs: Shapes, ys: Shapes) -> list[Reach]:
        return [{a: (a, ALL if a == self.dim % len(xs[0]) else SAME) for a in range(len(xs[0]))}]

    @classmethod
    def drawn(cls, draw: Random) -> Drawn:
        shape = drawn_shape(draw)
        return {"chunks": draw.choice([0, 1, 2, 2, 3, 4]), "dim": drawn_axis(draw, len(shape))}, [shape]

    def run(self, torch: Any, part: Any, *xs: Any) -> Any:
        return torch.chunk(xs[0], self.chunks, self.dim)


class Split(Layer, name="split"):
    """An axis in parts of the given sizes, or in parts of one size. Source: torch.split."""

    parts: ClassVar[bool] = True

    example = "64x32x32 -> split (16, 48)"

    split_size: int | tuple[int, ...] = arg(Either(Int(1), Ints(0)), help="one size for all parts, or each part's")
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
            each = self.split_size
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

    def reach(self, xs: Shapes, ys: Shapes) -> list[Reach]:
        return [{a: (a, ALL if a == self.dim % len(xs[0]) else SAME) for a in range(len(xs[0]))}]

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


def cut(x: Shape, axis: int, parts: list[Dim]) -> list[Shape]:
    """The shape, once for each part of an axis."""
    return [(*x[:axis], part, *x[axis + 1 :]) for part in parts]


class Reduce(Layer):
    """Axes reduced to one value."""

    dim: tuple[int, ...]
    keepdim: bool

    def _reduced(self, rank: int) -> list[int]:
        """The axes that are reduced: all, where none is given (torch.sum, "If None or an empty tuple")."""
        return [d % rank for d in self.dim] or list(range(rank))

    def forward(self, site: Site, *xs: Shape) -> Shape | list[Shape]:
        (x,) = xs
        axes_of(site, self.dim, len(x))
        axes = self._reduced(len(x))
        if self.keepdim:
            return tuple(1 if axis in axes else size for axis, size in enumerate(x))
        return tuple(x[axis] for axis in keep_axes(axes, len(x)))

    def reach(self, xs: Shapes, ys: Shapes) -> list[Reach]:
        rank = len(xs[0])
        axes = self._reduced(rank)
        kept = list(keep_axes(axes, rank))
        place = {axis: axis if self.keepdim else kept.index(axis) for axis in kept}
        return [{a: (place[a], SAME) if a in place else (a if self.keepdim else None, ALL) for a in range(rank)}]


class Mean(Reduce, name="mean"):
    """The mean over axes. Source: torch.mean."""

    example = "768x7x7 -> mean 2 3"

    dim: tuple[int, ...] = arg(Ints(), variadic=True, help="the axes, counted with the batch as 0")
    keepdim: bool = arg(Bool(), False, help="keep the axes, with size 1")

    def run(self, torch: Any, part: Any, *xs: Any) -> Any:
        return xs[0].mean(self.dim, keepdim=self.keepdim)


class Sum(Reduce, name="sum"):
    """The sum over axes. Source: torch.sum."""

    example = "768x7x7 -> sum 1 keepdim=yes"

    dim: tuple[int, ...] = arg(Ints(), variadic=True, help="the axes, counted with the batch as 0")
    keepdim: bool = arg(Bool(), False, help="keep the axes, with size 1")

    def run(self, torch: Any, part: Any, *xs: Any) -> Any:
        return xs[0].sum(self.dim, keepdim=self.keepdim)


class _Constant(Layer):
    """A tensor that the network holds itself. It has no batch and reads no input."""

    inputs = (0, 0)
    input_names = ()

    shape: tuple[Dim, ...] = arg(Ints(0, open=True), (), variadic=True, help="its sizes; none for a scalar")

    def forward(self, site: Site, *xs: Shape) -> Shape:
        return self.shape

    def reach(self, xs: Shapes, ys: Shapes) -> list[Reach]:
        return []


class Parameter(_Constant, name="parameter", aliases=("param",)):
    """A learned tensor: a class token, a position table, a scale. It has no batch and reads no input.

    Source: torch.nn.Parameter.
    """

    example = "196x768 -> add(identity, parameter 1 196 768)"

    of: str | None = arg(Text(), None, help="the parameter of another layer that it is: of=embed.weight")
    dtype: str = arg(Text(), "float32", help="its type")

    def params(self, *xs: Shape) -> Named:
        return {"": self.shape}


class Buffer(_Constant, name="buffer"):
    """A tensor that is kept and not learned: an index of positions, a mask. It has no batch and reads no input.

    Source: torch.nn.Buffer.
    """

    example = "49x96 -> add(identity, buffer 1 49 1)"

    dtype: str = arg(Text(), "float32", help="its type")

    def buffers(self, *xs: Shape) -> Named:
        return {"": self.shape}


class Constant(_Constant, name="constant"):
    """A tensor of numbers that are written in the network's code: zeros, positions. It is neither kept nor learned.

    Source: torch.zeros, torch.arange and relatives.
    """

    example = "49x96 -> add(identity, constant 49 1)"

    dtype: str = arg(Text(), "float32", help="its type")

    def run(self, torch: Any, part: Any, *xs: Any) -> Any:
        return torch.zeros(self.shape, dtype=getattr(torch, self.dtype))
