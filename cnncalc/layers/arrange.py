"""Values moved and repeated along axes (torch.roll, torch.Tensor.expand, torch.Tensor.repeat and relatives).

Axes are counted as torch counts them, with the batch as axis 0. They cost no MACs.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, ClassVar

from cnncalc.layers.arguments import arg
from cnncalc.layers.drawing import Drawn, drawn_axis, drawn_shape
from cnncalc.layers.kinds import Int, Ints
from cnncalc.layers.layer import Layer
from cnncalc.layers.memory import MemoryTensor, permuted, reshaped, stretched
from cnncalc.layers.merge import broadcast, drawn_near
from cnncalc.layers.shapes import Shape, Shapes, dims_text, shape_text, wrapped
from cnncalc.layers.site import Site, axes_of
from cnncalc.layers.window import (
    ANY,
    FIRST,
    LONGEST,
    SAME,
    Reaches,
    Steps,
    along,
    blocks,
    broadcast_reach,
    listed,
    picked,
    regrouped,
    rolled,
    shifted,
)
from cnncalc.symbolic.expr import Dim, product

if TYPE_CHECKING:
    from random import Random


class Roll(Layer, name="roll"):
    """The values along axes, moved on by `shifts`; what leaves at the end enters at the start. Source: torch.roll."""

    keeps = ()

    rearranges: ClassVar[bool] = True

    example = "96x56x56 -> roll (-3, -3) (2, 3)"

    shifts: tuple[Dim, ...] = arg(Ints(open=True), help="how far, one for each axis")
    dims: tuple[int, ...] = arg(Ints(), (), help="the axes; without, all values as if in one row")

    def forward(self, site: Site, *xs: Shape) -> Shape:
        (x,) = xs
        if len(self.shifts) != (len(self.dims) or 1):
            site.refuse(
                "bad-argument",
                f"roll needs a shift for each axis, but {len(self.shifts)} "
                f"{'stands' if len(self.shifts) == 1 else 'stand'} beside {len(self.dims) or 'no'} axes",
                arg="shifts",
            )
        if self.dims and not x:
            site.refuse("no-such-axis", "roll needs an axis to roll along, but a single value arrives", arg="dims")
        for dim in self.dims:  # torch rolls an axis twice where it occurs twice
            axes_of(site, [dim], len(x), "dims")
        return x

    def reach(self, xs: Shapes, ys: Shapes) -> Reaches:
        x = xs[0]
        if not self.dims:
            return [along(x, range(len(x)), ANY)]
        shifts: dict[int, Dim] = {}
        for dim, shift in zip(self.dims, self.shifts):
            shifts[dim % len(x)] = shifts.get(dim % len(x), 0) + shift
        return [{**along(x), **{axis: (axis, rolled(x[axis], shift)) for axis, shift in shifts.items()}}]

    def run(self, torch: Any, part: Any, *xs: Any) -> Any:
        return torch.roll(xs[0], self.shifts, self.dims)

    @classmethod
    def drawn(cls, draw: Random) -> Drawn:
        shape = drawn_shape(draw)
        dims = tuple(drawn_axis(draw, len(shape)) for _ in range(draw.randrange(0, 3)))
        shifts = tuple(draw.randrange(-3, 4) for _ in range(len(dims) or 1))
        return {"shifts": shifts if draw.random() < 0.9 else (*shifts, 1), "dims": dims}, [shape]


class Flip(Layer, name="flip"):
    """The values along axes in the other order. Source: torch.flip."""

    keeps = ()

    rearranges: ClassVar[bool] = True

    example = "3x32x32 -> flip 3"

    dims: tuple[int, ...] = arg(Ints(), variadic=True, help="the axes")

    def forward(self, site: Site, *xs: Shape) -> Shape:
        axes_of(site, self.dims, wrapped(xs[0]), "dims")
        return xs[0]

    def reach(self, xs: Shapes, ys: Shapes) -> Reaches:
        x = xs[0]
        return [{**along(x), **{dim % len(x): (dim % len(x), shifted(x[dim] - 1, -1)) for dim in self.dims if x}}]

    def run(self, torch: Any, part: Any, *xs: Any) -> Any:
        return torch.flip(xs[0], self.dims)

    @classmethod
    def drawn(cls, draw: Random) -> Drawn:
        shape = drawn_shape(draw)
        return {"dims": tuple(drawn_axis(draw, len(shape)) for _ in range(draw.randrange(1, 3)))}, [shape]


def where(read: list[bool]) -> Steps:
    """Each output reads its own position, or none."""
    return SAME if all(read) else listed(len(read), lambda at: ((at, at),) if read[at] else ())


class _Triangle(Layer):
    """A part of the last two axes, the rest 0."""

    keeps = ()

    rearranges: ClassVar[bool] = True

    example = "8x49x49 -> {name}"

    diagonal: int = arg(Int(), 0, help="where the part ends, above the diagonal")

    def forward(self, site: Site, *xs: Shape) -> Shape:
        if len(xs[0]) < 2:
            site.refuse("wrong-rank", f"{self.name} needs two axes, but {dims_text(xs[0])} arrives")
        return xs[0]

    def kept(self, row: int, column: int) -> bool:
        """Is a place in the part?"""
        raise NotImplementedError

    def reach(self, xs: Shapes, ys: Shapes) -> Reaches:
        x = xs[0]
        rows, columns = x[-2:]
        if not isinstance(rows, int) or not isinstance(columns, int):
            return [along(x, (len(x) - 2, len(x) - 1), ANY)]
        by_row = [[self.kept(row, column) for column in range(columns)] for row in range(rows)]
        reach = dict(along(x))
        reach[len(x) - 2] = len(x) - 2, where([any(row) for row in by_row])
        reach[len(x) - 1] = len(x) - 1, where([any(column) for column in zip(*by_row)])
        return [reach]

    def run(self, torch: Any, part: Any, *xs: Any) -> Any:
        return getattr(torch, self.name)(xs[0], self.diagonal)


class Tril(_Triangle, name="tril"):
    """The lower triangle of the last two axes. Source: torch.tril."""

    def kept(self, row: int, column: int) -> bool:
        return column - row <= self.diagonal


class Triu(_Triangle, name="triu"):
    """The upper triangle of the last two axes. Source: torch.triu."""

    def kept(self, row: int, column: int) -> bool:
        return column - row >= self.diagonal


class MoveDim(Layer, name="movedim", aliases=("moveaxis",)):
    """Axes at other places, the rest in their order. Source: torch.movedim."""

    keeps = ()

    rearranges: ClassVar[bool] = True
    view: ClassVar[bool] = True

    example = "64x7x7 -> movedim 1 -1"

    source: tuple[int, ...] = arg(Ints(), help="the axes that move")
    destination: tuple[int, ...] = arg(Ints(), help="where they go")

    def order(self, rank: int) -> list[int]:
        """The old axis at each new place."""
        placed = {to % rank: dim % rank for dim, to in zip(self.source, self.destination) if rank}
        rest = iter([axis for axis in range(rank) if axis not in placed.values()])
        return [placed[place] if place in placed else next(rest) for place in range(rank)]

    def forward(self, site: Site, *xs: Shape) -> Shape:
        (x,) = xs
        if len(self.source) != len(self.destination):
            site.refuse(
                "bad-argument",
                f"movedim needs a place for each axis, but has {len(self.destination)} for {len(self.source)}",
                arg="destination",
            )
        axes_of(site, self.source, wrapped(x), "source")
        axes_of(site, self.destination, wrapped(x), "destination")
        return tuple(x[axis] for axis in self.order(len(x)))

    def viewed(self, x: MemoryTensor, y: Shape) -> Shape | None:
        return permuted(x, self.order(len(y)))

    def reach(self, xs: Shapes, ys: Shapes) -> Reaches:
        return [{axis: (new, SAME) for new, axis in enumerate(self.order(len(xs[0])))}]

    def run(self, torch: Any, part: Any, *xs: Any) -> Any:
        return torch.movedim(xs[0], self.source, self.destination)

    @classmethod
    def drawn(cls, draw: Random) -> Drawn:
        shape = drawn_shape(draw)
        source, destination = (
            tuple(drawn_axis(draw, len(shape)) for _ in range(1 + (draw.random() < 0.3))) for _ in range(2)
        )
        count = min(len(source), len(destination)) if draw.random() < 0.9 else 2
        return {"source": source[:count], "destination": destination[:count]}, [shape]


class Expand(Layer, name="expand"):
    """Axes of size 1 stretched, and new ones in front, without a copy. Source: torch.Tensor.expand."""

    keeps = ()

    rearranges: ClassVar[bool] = True
    view: ClassVar[bool] = True

    example = "1x768 -> expand N 197 768"

    sizes: tuple[Dim, ...] = arg(
        Ints(-1, open=True), variadic=True, help="the new sizes with the batch as N; -1 keeps an axis"
    )

    def forward(self, site: Site, *xs: Shape) -> Shape:
        (x,) = xs
        new = len(self.sizes) - len(x)
        message = f"expand to {dims_text(['?' if s == -1 else s for s in self.sizes])} "  # type: ignore[misc]
        if new < 0:
            site.refuse(
                "wrong-rank",
                message + f"has {len(self.sizes)} axes, but {len(x)} arrive ({shape_text(x)})",
                arg="sizes",
            )
        out: list[Dim] = []
        for axis, size in enumerate(self.sizes):
            have = x[axis - new] if axis >= new else 1
            if size == -1 and axis < new:
                site.refuse("bad-argument", message + "cannot keep an axis that is not there yet", arg="sizes")
            if size != -1 and have not in (size, 1):
                site.unequal(
                    have, size, "shape-mismatch", message + f"stretches axes of size 1, not {have}", arg="sizes"
                )
            out.append(have if size == -1 else size)
        return tuple(out)

    def viewed(self, x: MemoryTensor, y: Shape) -> Shape | None:
        return stretched(x, y)

    def reach(self, xs: Shapes, ys: Shapes) -> Reaches:
        return [broadcast_reach(xs[0], ys[0])]

    def run(self, torch: Any, part: Any, *xs: Any) -> Any:
        return xs[0].expand(self.sizes)

    @classmethod
    def drawn(cls, draw: Random) -> Drawn:
        shape = tuple(draw.choice([size, 1]) for size in drawn_shape(draw))
        sizes = [size if size != 1 and draw.random() < 0.9 else draw.choice([2, 3, -1]) for size in shape]
        new = [draw.choice([1, 2, 3, -1]) for _ in range(draw.choice([0, 0, 1]))]
        return {"sizes": tuple([*new, *sizes][draw.random() < 0.1 :])}, [shape]


def repeated(size: Dim, count: Dim) -> Steps:
    """What an axis reads that is repeated as a whole."""
    if count == 1:
        return SAME
    if size == 1:
        return FIRST
    if not isinstance(size, int) or not isinstance(count, int) or size * count > LONGEST:
        return ANY
    return picked([*range(size)] * count)


class _Again(Layer):
    """Every axis so many times."""

    keeps = ()

    rearranges: ClassVar[bool] = True

    def _counts(self, rank: int) -> tuple[Dim, ...]:
        """The repeats of every output axis."""
        raise NotImplementedError

    def _repeated(self, x: Shape) -> Shape:
        counts = self._counts(len(x))
        old = (*(1,) * (len(counts) - len(x)), *x)
        return tuple(size * count for size, count in zip(old, counts))

    def reach(self, xs: Shapes, ys: Shapes) -> Reaches:
        x, new = xs[0], len(ys[0]) - len(xs[0])
        counts = self._counts(len(x))
        return [{a: (a + new, repeated(size, counts[a + new])) for a, size in enumerate(x)}]


class Repeat(_Again, name="repeat"):
    """Every axis repeated as a whole. Source: torch.Tensor.repeat."""

    example = "1x768 -> repeat 1 196 1"

    repeats: tuple[Dim, ...] = arg(Ints(0, open=True), variadic=True, help="how often, for every axis with the batch")

    def _counts(self, rank: int) -> tuple[Dim, ...]:
        return self.repeats

    def forward(self, site: Site, *xs: Shape) -> Shape:
        (x,) = xs
        if len(self.repeats) < len(x):
            site.refuse(
                "wrong-rank",
                f"repeat needs a number for every axis, but {len(self.repeats)} stand for {len(x)} ({shape_text(x)})",
                arg="repeats",
                hint="the batch is axis 0",
            )
        return self._repeated(x)

    def run(self, torch: Any, part: Any, *xs: Any) -> Any:
        return xs[0].repeat(self.repeats)

    @classmethod
    def drawn(cls, draw: Random) -> Drawn:
        shape = drawn_shape(draw)
        count = max(1, len(shape) + draw.choice([-1, 0, 0, 0, 1]))
        return {"repeats": tuple(draw.choice([1, 1, 2, 3]) for _ in range(count))}, [shape]


class Tile(_Again, name="tile"):
    """Axes repeated as a whole, the last ones where fewer numbers are. Source: torch.tile."""

    example = "1x768 -> tile 196 1"

    dims: tuple[Dim, ...] = arg(Ints(0, open=True), variadic=True, help="how often, for the last axes")

    def _counts(self, rank: int) -> tuple[Dim, ...]:
        return (*(1,) * (rank - len(self.dims)), *self.dims)

    def forward(self, site: Site, *xs: Shape) -> Shape:
        return self._repeated(xs[0])

    def run(self, torch: Any, part: Any, *xs: Any) -> Any:
        return torch.tile(xs[0], self.dims)

    @classmethod
    def drawn(cls, draw: Random) -> Drawn:
        return {"dims": tuple(draw.choice([1, 1, 2, 3]) for _ in range(draw.randrange(1, 5)))}, [drawn_shape(draw)]


class RepeatInterleave(Layer, name="repeat_interleave"):
    """Every position of an axis several times in a row. Source: torch.repeat_interleave."""

    keeps = ()

    rearranges: ClassVar[bool] = True

    example = "4x64x32 -> repeat_interleave 2 1"

    repeats: Dim = arg(Int(0, open=True), help="how often")
    dim: int = arg(Int(), help="the axis, counted with the batch as 0")

    def forward(self, site: Site, *xs: Shape) -> Shape:
        (x,) = xs
        (axis,) = axes_of(site, [self.dim], len(x))
        return (*x[:axis], x[axis] * self.repeats, *x[axis + 1 :])

    def reach(self, xs: Shapes, ys: Shapes) -> Reaches:
        return [along(xs[0], [self.dim % len(xs[0])], blocks(1, self.repeats))]

    def run(self, torch: Any, part: Any, *xs: Any) -> Any:
        return torch.repeat_interleave(xs[0], self.repeats, self.dim)

    @classmethod
    def drawn(cls, draw: Random) -> Drawn:
        shape = drawn_shape(draw)
        return {"repeats": draw.choice([1, 2, 3]), "dim": drawn_axis(draw, len(shape))}, [shape]


class ExpandAs(Layer, name="expand_as"):
    """The first input stretched to the shape of the second. Source: torch.Tensor.expand_as."""

    keeps = ()

    rearranges: ClassVar[bool] = True
    view: ClassVar[bool] = True

    inputs = (2, 2)
    input_names = ("input", "other")
    example = "64x32x32 -> expand_as(mean 2 3 keepdim=yes, identity)"

    def forward(self, site: Site, *xs: Shape) -> Shape:
        x, other = xs
        return Expand(sizes=other).forward(site, x)

    def viewed(self, x: MemoryTensor, y: Shape) -> Shape | None:
        return stretched(x, y)

    def reach(self, xs: Shapes, ys: Shapes) -> Reaches:
        return [broadcast_reach(xs[0], ys[0]), None]

    def run(self, torch: Any, part: Any, *xs: Any) -> Any:
        return xs[0].expand_as(xs[1])

    @classmethod
    def drawn(cls, draw: Random) -> Drawn:
        shape = drawn_shape(draw)
        return {}, [tuple(draw.choice([1, size]) for size in drawn_near(draw, shape)), shape]


class ReshapeAs(Layer, name="reshape_as", aliases=("view_as",)):
    """The elements of the first input in the shape of the second. Source: torch.Tensor.reshape_as."""

    keeps = ()

    rearranges: ClassVar[bool] = True
    view: ClassVar[bool] = True

    inputs = (2, 2)
    input_names = ("input", "other")
    example = "64x4x4 -> reshape_as(flatten, identity)"

    def forward(self, site: Site, *xs: Shape) -> Shape:
        x, other = xs
        have, want = product(x), product(other)
        if have != want:
            message = f"reshape_as needs inputs of as many elements, but {shape_text(x)} and {shape_text(other)} arrive"
            site.unequal(have, want, "size-mismatch", message)
        return other

    def viewed(self, x: MemoryTensor, y: Shape) -> Shape | None:
        return reshaped(x, y)

    def reach(self, xs: Shapes, ys: Shapes) -> Reaches:
        return [regrouped(xs[0], ys[0]), None]

    def run(self, torch: Any, part: Any, *xs: Any) -> Any:
        return xs[0].reshape_as(xs[1])

    @classmethod
    def drawn(cls, draw: Random) -> Drawn:
        shape = drawn_shape(draw)
        other = tuple(draw.sample(shape, len(shape)))
        return {}, [shape, other if draw.random() < 0.8 else drawn_near(draw, shape)]


class BroadcastTensors(Layer, name="broadcast_tensors"):
    """Its inputs, each stretched to the common shape of all. Source: torch.broadcast_tensors."""

    keeps = ()

    rearranges: ClassVar[bool] = True
    view: ClassVar[bool] = True

    inputs = (1, None)
    parts: ClassVar[bool] = True
    example = "64x32x32 -> cat(broadcast_tensors(identity, mean 2 3 keepdim=yes))"

    def forward(self, site: Site, *xs: Shape) -> list[Shape]:
        return [broadcast(site, self.name, xs)] * len(xs)

    def viewed(self, x: MemoryTensor, y: Shape) -> Shape | None:
        return stretched(x, y)

    def reaches(self, xs: Shapes, ys: Shapes) -> Sequence[Reaches]:
        found = self.reach(xs, ys)
        return [[reach if i == place else None for i, reach in enumerate(found)] for place in range(len(ys))]

    def run(self, torch: Any, part: Any, *xs: Any) -> Any:
        return torch.broadcast_tensors(*xs)

    @classmethod
    def drawn(cls, draw: Random) -> Drawn:
        shape = drawn_shape(draw)
        return {}, [shape, *(drawn_near(draw, shape) for _ in range(draw.randrange(0, 3)))]
