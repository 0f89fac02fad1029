"""Layers that rearrange axes (torch.flatten, torch.permute and relatives).

Axes are counted as torch counts them, with the batch as axis 0.
"""

from __future__ import annotations

from itertools import combinations
from typing import TYPE_CHECKING, Any, ClassVar

from cnncalc.layers.arguments import arg
from cnncalc.layers.drawing import Drawn, drawn_axis, drawn_shape
from cnncalc.layers.kinds import Int, Ints
from cnncalc.layers.layer import Layer
from cnncalc.layers.memory import MemoryTensor, permuted, reshaped
from cnncalc.layers.shapes import Shape, Shapes, dims_text, is_batch, wrapped
from cnncalc.layers.site import Site, axes_of
from cnncalc.layers.window import SAME, Reaches, regrouped
from cnncalc.symbolic.expr import Dim, Expr, product

if TYPE_CHECKING:
    from random import Random

MIXED = "flatten from axis 0 mixes the samples of a batch"


class Flatten(Layer, torch="Flatten"):
    """Axes `start_dim` to `end_dim` become one. Source: torch.nn.Flatten."""

    keeps = ()

    rearranges: ClassVar[bool] = True
    view: ClassVar[bool] = True

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

    def viewed(self, x: MemoryTensor, y: Shape) -> Shape | None:
        return reshaped(x, y)

    def reach(self, xs: Shapes, ys: Shapes) -> Reaches:
        return [regrouped(xs[0], ys[0])]


class Unflatten(Layer, torch="Unflatten"):
    """One axis becomes several. Source: torch.nn.Unflatten."""

    keeps = ()

    rearranges: ClassVar[bool] = True
    view: ClassVar[bool] = True

    example = "400 -> unflatten 1 (16, 5, 5)"

    dim: int = arg(Int(), help="the axis, counted with the batch as 0")
    unflattened_size: tuple[Dim, ...] = arg(Ints(-1, open=True, listed=True), help="the new sizes; one may be -1")

    def check(self, site: Site) -> None:
        if not self.unflattened_size:
            site.refuse("bad-argument", "unflattened_size has one size at least", arg="unflattened_size")

    def forward(self, site: Site, *xs: Shape) -> Shape:
        (x,) = xs
        (axis,) = axes_of(site, [self.dim], len(x))
        return (*x[:axis], *fitted(site, self, self.unflattened_size, x[axis], "unflattened_size"), *x[axis + 1 :])

    def viewed(self, x: MemoryTensor, y: Shape) -> Shape | None:
        return reshaped(x, y)

    @classmethod
    def drawn(cls, draw: Random) -> Drawn:
        shape = drawn_shape(draw)
        axis = drawn_axis(draw, len(shape))
        size = shape[axis] if -len(shape) <= axis < len(shape) else 2
        sizes = draw.choice([(-1, 2), (1, size), (size, 1), (size // 2, 2), (-1, -1), (3, 2), (-1,)])
        return {"dim": axis, "unflattened_size": sizes}, [shape]

    def reach(self, xs: Shapes, ys: Shapes) -> Reaches:
        return [regrouped(xs[0], ys[0])]


class Reshape(Layer, name="reshape", aliases=("view",)):
    """The same elements in another shape, the batch included (N stands for it). Source: torch.reshape."""

    keeps = ()

    rearranges: ClassVar[bool] = True
    view: ClassVar[bool] = True

    example = "16x5x5 -> reshape N 400"

    shape: tuple[Dim, ...] = arg(Ints(-1, open=True), variadic=True, help="the new sizes; one may be -1")

    def forward(self, site: Site, *xs: Shape) -> Shape:
        (x,) = xs
        return tuple(fitted(site, self, self.shape, product(x), "shape", x))

    def viewed(self, x: MemoryTensor, y: Shape) -> Shape | None:
        return reshaped(x, y)

    def reach(self, xs: Shapes, ys: Shapes) -> Reaches:
        return [regrouped(xs[0], ys[0])]

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

    keeps = ()

    rearranges: ClassVar[bool] = True
    view: ClassVar[bool] = True

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

    def viewed(self, x: MemoryTensor, y: Shape) -> Shape | None:
        return permuted(x, self.order(len(y)))

    def reach(self, xs: Shapes, ys: Shapes) -> Reaches:
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

    keeps = ()

    rearranges: ClassVar[bool] = True
    view: ClassVar[bool] = True

    example = "64x49 -> transpose 1 2"

    dim0: int = arg(Int(), help="one axis, counted with the batch as 0")
    dim1: int = arg(Int(), help="the other axis")

    def _order(self, rank: int) -> list[int]:
        order = list(range(rank))
        if not order:
            return order
        a, b = self.dim0 % rank, self.dim1 % rank
        order[a], order[b] = order[b], order[a]
        return order

    def forward(self, site: Site, *xs: Shape) -> Shape:
        (x,) = xs
        for dim, key in ((self.dim0, "dim0"), (self.dim1, "dim1")):
            axes_of(site, [dim], wrapped(x), key)
        return tuple(x[axis] for axis in self._order(len(x)))

    def viewed(self, x: MemoryTensor, y: Shape) -> Shape | None:
        return permuted(x, self._order(len(y)))

    def reach(self, xs: Shapes, ys: Shapes) -> Reaches:
        return [{axis: (new, SAME) for new, axis in enumerate(self._order(len(xs[0])))}]

    @classmethod
    def drawn(cls, draw: Random) -> Drawn:
        shape = drawn_shape(draw)
        return {"dim0": drawn_axis(draw, len(shape)), "dim1": drawn_axis(draw, len(shape))}, [shape]

    def run(self, torch: Any, part: Any, *xs: Any) -> Any:
        return xs[0].transpose(self.dim0, self.dim1)


class Squeeze(Layer, name="squeeze"):
    """Axes of size 1 are dropped: the given ones, or all. Source: torch.squeeze."""

    keeps = ()

    rearranges: ClassVar[bool] = True
    view: ClassVar[bool] = True

    example = "64x1x1 -> squeeze 2 3"

    dim: tuple[int, ...] = arg(Ints(), (), variadic=True, help="axes to drop where they are 1; all but an open batch")

    def _kept(self, x: Shape) -> list[int]:
        """The axes that stay. Of those that are named, an open size has to be 1, and does not stay."""
        among = [d % wrapped(x) for d in self.dim] if self.dim else range(len(x))
        return [
            axis
            for axis, size in enumerate(x)
            if not (axis in among and (size == 1 or (self.dim and self._has_to_be_one(size))))
        ]

    def _has_to_be_one(self, size: Dim) -> bool:
        return not isinstance(size, int) and not is_batch(size)

    def forward(self, site: Site, *xs: Shape) -> Shape:
        (x,) = xs
        axes_of(site, self.dim, wrapped(x))
        for axis in (self.dim or range(len(x))) if x else ():
            size = x[axis]
            if self._has_to_be_one(size):
                message = f"squeeze drops axis {axis}, whose size {size} is open"
                if self.dim:
                    site.unequal(size, 1, "open-squeeze", message, arg="dim")
                else:  # a form has one number of axes: that of the sizes at which all open ones stay
                    site.short(size - 2, "open-squeeze", message)
        return tuple(x[axis] for axis in self._kept(x))

    def viewed(self, x: MemoryTensor, y: Shape) -> Shape | None:
        return permuted(x, self._kept(x.shape))

    def reach(self, xs: Shapes, ys: Shapes) -> Reaches:
        kept = self._kept(xs[0])
        return [{axis: (kept.index(axis) if axis in kept else (), SAME) for axis in range(len(xs[0]))}]

    @classmethod
    def drawn(cls, draw: Random) -> Drawn:
        shape = drawn_shape(draw)
        return {"dim": tuple(drawn_axis(draw, len(shape)) for _ in range(draw.randrange(3)))}, [shape]

    def run(self, torch: Any, part: Any, *xs: Any) -> Any:
        return xs[0].squeeze(self.dim) if self.dim else xs[0].squeeze()


class Unsqueeze(Layer, name="unsqueeze"):
    """A new axis of size 1. Source: torch.unsqueeze."""

    keeps = ()

    rearranges: ClassVar[bool] = True
    view: ClassVar[bool] = True

    example = "100 -> unsqueeze 1"

    dim: int = arg(Int(), help="where the new axis is, counted with the batch as 0")

    def forward(self, site: Site, *xs: Shape) -> Shape:
        (x,) = xs
        (axis,) = axes_of(site, [self.dim], len(x) + 1)
        return (*x[:axis], 1, *x[axis:])

    def viewed(self, x: MemoryTensor, y: Shape) -> Shape | None:
        new = self.dim % len(y)
        stride = x.shape[new] * x.strides[new] if new < len(x.shape) else 1
        return (*x.strides[:new], stride, *x.strides[new:])

    def reach(self, xs: Shapes, ys: Shapes) -> Reaches:
        new = self.dim % (len(xs[0]) + 1)
        return [{axis: (axis if axis < new else axis + 1, SAME) for axis in range(len(xs[0]))}]

    @classmethod
    def drawn(cls, draw: Random) -> Drawn:
        shape = drawn_shape(draw)
        return {"dim": drawn_axis(draw, len(shape) + 1)}, [shape]

    def run(self, torch: Any, part: Any, *xs: Any) -> Any:
        return xs[0].unsqueeze(self.dim)
