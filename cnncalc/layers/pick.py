"""Positions picked from axes, by numbers or by other inputs (torch.select, torch.gather and relatives).

Axes are counted as torch counts them, with the batch as axis 0. They cost no MACs.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, ClassVar

from cnncalc.layers.arguments import arg
from cnncalc.layers.drawing import Drawn, drawn_axis, drawn_shape
from cnncalc.layers.kinds import Choice, Int, Ints
from cnncalc.layers.layer import Layer
from cnncalc.layers.memory import Kept, MemoryCall, MemoryTensor, made
from cnncalc.layers.merge import broadcast
from cnncalc.layers.shapes import Shape, Shapes, dims_text, keep_axes, shape_text
from cnncalc.layers.site import Site, axes_of, positions_to_name
from cnncalc.layers.window import ANY, FIRST, SAME, Reach, Reaches, Steps, To, along, picked
from cnncalc.symbolic.expr import Dim

if TYPE_CHECKING:
    from random import Random


# Positions that another input says


class IndexSelect(Layer, name="index_select"):
    """The positions of an axis that a list of indices names: numbers, or another input. Source: torch.index_select."""

    picks = 0

    keeps = ("1", "2", "3", "4", "5")

    rearranges: ClassVar[bool] = True

    inputs = (1, 2)
    input_names = ("input", "index")
    integer_inputs = (1,)
    example = "6x14x14 -> index_select 1 (0, 1, 2, 1, 2, 3)"

    dim: int = arg(Int(), help="the axis, counted with the batch as 0")
    index: tuple[int, ...] | None = arg(Ints(0), None, help="the positions, in place of a second input")

    def forward(self, site: Site, *xs: Shape) -> Shape:
        x = xs[0]
        (axis,) = axes_of(site, [self.dim], max(1, len(x)))
        if (self.index is None) == (len(xs) == 1):
            which = "neither is" if self.index is None else "both are"
            hint = "index_select 1 (0, 2, 4), or index_select(identity, indices, dim=1)"
            site.refuse(
                "wrong-count", f"index_select takes positions or an input of them, but {which} given", hint=hint
            )
        if self.index is not None:
            for position in self.index:
                spare = (x[axis] if x else 1) - 1 - position
                site.short(
                    spare, "bad-argument", f"there is no position {position} among {spare + position + 1}", arg="index"
                )
            count: Dim = len(self.index)
        else:
            if len(xs[1]) > 1:
                site.refuse("wrong-rank", f"the indices of index_select are a list, but {dims_text(xs[1])} arrives")
            count = xs[1][0] if xs[1] else 1
        if not x:  # (ATen/native/TensorAdvancedIndexing.cpp, `index_select_out_cpu_`)
            message = f"index_select picks one index of a single value, but {count} are given"
            if count != 1:
                site.unequal(1, count, "wrong-count", message)
            return ()
        return (*x[:axis], count, *x[axis + 1 :])

    def saved(self, call: MemoryCall) -> list[Kept] | None:
        if len(call.xs) > 1:
            return super().saved(call)
        return [made("indices", (len(self.index or ()),), "int64")]

    def reach(self, xs: Shapes, ys: Shapes) -> Reaches:
        axis = self.dim % max(1, len(xs[0]))
        first = along(xs[0], [axis], ANY if self.index is None else picked(self.index))
        return [first] if len(xs) == 1 else [first, {0: (axis, SAME)} if xs[1] else {}]

    def run(self, torch: Any, part: Any, *xs: Any) -> Any:
        # One list, an input or numbers: torch refuses two as it refuses none.
        written = [] if self.index is None else [torch.tensor(self.index, dtype=torch.long, device=xs[0].device)]
        return torch.index_select(xs[0], self.dim, *xs[1:], *written)

    @classmethod
    def drawn(cls, draw: Random) -> Drawn:
        shape = drawn_shape(draw)
        found: dict[str, Any] = {"dim": drawn_axis(draw, len(shape))}
        if draw.random() < 0.5:
            found["index"] = draw.choice([(0,), (1, 0), (0, 0, 2), (5,), ()])
            return found, [shape]
        return found, [shape, draw.choice([(), (1,), (3,), (3,), (5,), (2, 3)])]


class Index(Layer, name="index"):
    """The positions of an axis that indices name, whose axes are in its place: `x[:, index]`.

    Several indices are of several axes, and name one position together: `x[i, j]`. Their common shape is in the
    place of these axes, or in front of all where they are not neighbours.

    Source: Python's `x[index]` with tensors; the place is NumPy's, "Combining advanced and basic indexing".
    """

    picks = 0

    keeps = ("1", "2", "3", "4", "5")

    rearranges: ClassVar[bool] = True

    inputs = (2, None)
    input_names = ("input", "index")
    integer_inputs = tuple(range(1, 64))  # all after the first, as many as torch has axes
    example = "64x32 -> index(identity, arange 8, dim=1)"

    dim: tuple[int, ...] = arg(
        Ints(), (0,), help="the axis of each index, counted with the batch as 0; of the first, where neighbours follow"
    )

    def forward(self, site: Site, *xs: Shape) -> Shape:
        x, *indices = xs
        axes = self._axes(site, len(x), len(indices))
        at = self._place(axes)
        common = broadcast(site, self.name, xs[1:])
        for axis in axes:
            positions_to_name(site, self.name, x[axis], common)
        kept = [x[axis] for axis in keep_axes(axes, len(x))]
        return (*kept[:at], *common, *kept[at:])

    def _axes(self, site: Site, rank: int, count: int) -> list[int]:
        """The axis of each index."""
        dims = [self.dim[0] + i for i in range(count)] if len(self.dim) == 1 else list(self.dim)
        if len(dims) != count:
            site.refuse(
                "wrong-count",
                f"dim names {len(dims)} axes, but {count} {'index' if count == 1 else 'indices'} arrive",
                arg="dim",
            )
        if dims[0] < 0 <= dims[-1]:
            site.refuse(
                "no-such-axis",
                f"there is no axis after the last, but {count} indices begin at {self.dim[0]}",
                arg="dim",
            )
        return axes_of(site, dims, rank)

    @staticmethod
    def _place(axes: Sequence[int]) -> int:
        """Where the indices' axes are."""
        first, last = min(axes), max(axes)
        return first if last - first + 1 == len(axes) else 0

    def reach(self, xs: Shapes, ys: Shapes) -> Reaches:
        x, *indices = xs
        axes = self._axes(Site(), len(x), len(indices))
        at, rank = self._place(axes), len(ys[0]) - len(x) + len(axes)
        kept = list(keep_axes(axes, len(x)))
        first: dict[int, tuple[To, Steps]] = dict.fromkeys(axes, (None, ANY))
        first |= {axis: (i if i < at else i + rank, SAME) for i, axis in enumerate(kept)}
        found: list[Reach] = [first]
        for index in indices:
            ends = {a: at + rank - len(index) + a for a in range(len(index))}
            found.append({a: (end, SAME if index[a] == ys[0][end] else FIRST) for a, end in ends.items()})
        return found

    def run(self, torch: Any, part: Any, *xs: Any) -> Any:
        x, *indices = xs
        index: list[Any] = [None] * x.dim()
        for axis, one in zip(self._axes(Site(), x.dim(), len(indices)), indices):
            index[axis] = one
        return torch.ops.aten.index(x, index)  # in Python's brackets, a tensor without axes would be a number

    @classmethod
    def drawn(cls, draw: Random) -> Drawn:
        shape = drawn_shape(draw)
        count = draw.choice([1, 1, 2, 3])
        some = [(), (1,), (3,), (2, 3), (2, 1, 4), (4,)]
        dims = [draw.randrange(-len(shape), len(shape))]
        if draw.random() < 0.5:
            dims += [draw.randrange(-len(shape), len(shape)) for _ in range(count - 1)]
        return {"dim": tuple(dims)}, [shape, *(draw.choice(some) for _ in range(count))]


class Gather(Layer, name="gather"):
    """The positions along an axis that an input of indices names one by one. Source: torch.gather."""

    picks = 0

    keeps = ("0", "1")

    rearranges: ClassVar[bool] = True

    inputs = (2, 2)
    input_names = ("input", "index")
    integer_inputs = (1,)
    example = "10x64 -> gather(identity, argsort 1, dim=1)"

    dim: int = arg(Int(), help="the axis, counted with the batch as 0")

    def forward(self, site: Site, *xs: Shape) -> Shape:
        x, index = xs
        (axis,) = axes_of(site, [self.dim], max(1, len(x)))
        beside = f"{shape_text(index)} is beside {shape_text(x)}"
        message = f"the indices of gather can be more than its input along axis {self.dim} only, but {beside}"
        if max(1, len(x)) != max(1, len(index)):
            site.refuse("wrong-rank", f"the indices of gather have as many axes as its input, but {beside}")
        for at, (have, want) in enumerate(zip(x, index)):
            if at != axis:
                site.short(have - want, "shape-mismatch", message)
        positions_to_name(site, self.name, x[axis] if x else 1, index)
        return index

    def reach(self, xs: Shapes, ys: Shapes) -> Reaches:
        return [along(xs[0], [self.dim % max(1, len(xs[0]))], ANY), along(xs[1])]

    def run(self, torch: Any, part: Any, *xs: Any) -> Any:
        return torch.gather(xs[0], self.dim, xs[1])

    @classmethod
    def drawn(cls, draw: Random) -> Drawn:
        shape = drawn_shape(draw)
        axis = drawn_axis(draw, len(shape))
        index = [size if draw.random() < 0.9 else draw.choice([1, 3]) for size in shape]
        if -len(shape) <= axis < len(shape):
            index[axis] = draw.choice([1, 2, 5])
        return {"dim": axis}, [shape, tuple(index[draw.random() < 0.05 :])]


class OneHot(Layer, name="one_hot"):
    """Classes as a new last axis, 1 where the input says and 0 else. Source: torch.nn.functional.one_hot."""

    all_within = False

    keeps = ()
    gives = "decimal"

    integer_inputs = (0,)
    example = "28x28 -> one_hot 10"

    num_classes: Dim = arg(Int(1, open=True), help="how many classes")

    def forward(self, site: Site, *xs: Shape) -> Shape:
        return (*xs[0], self.num_classes)

    def reach(self, xs: Shapes, ys: Shapes) -> Reaches:
        return [along(xs[0])]

    def run(self, torch: Any, part: Any, *xs: Any) -> Any:
        return torch.nn.functional.one_hot(xs[0], self.num_classes).float()  # as every value is

    @classmethod
    def drawn(cls, draw: Random) -> Drawn:
        return {"num_classes": draw.choice([0, 1, 2, 5])}, [drawn_shape(draw)]


class Meshgrid(Layer, name="meshgrid"):
    """Lists as the coordinates of a grid, each an output with all axes. Source: torch.meshgrid."""

    keeps = ()

    rearranges: ClassVar[bool] = True
    view: ClassVar[bool] = True

    inputs = (1, None)
    parts: ClassVar[bool] = True
    example = "16 -> cat(meshgrid(arange 4, arange 6), dim=0)"

    indexing: str = arg(Choice("ij", "xy"), "ij", help="the axes in the order of the lists; xy: the first two swapped")

    def forward(self, site: Site, *xs: Shape) -> list[Shape]:
        for x in xs:
            if len(x) > 1:
                site.refuse("wrong-rank", f"meshgrid takes lists, but {dims_text(x)} arrives")
        sizes = [x[0] if x else 1 for x in xs]
        if self.indexing == "xy" and len(sizes) > 1:
            sizes[:2] = sizes[1], sizes[0]
        return [tuple(sizes)] * len(xs)

    def viewed(self, x: MemoryTensor, y: Shape) -> Shape | None:
        return (0,) * len(y)  # each lies along one axis, and is the same along the others

    def reaches(self, xs: Shapes, ys: Shapes) -> Sequence[Reaches]:
        order = list(range(len(xs)))
        if self.indexing == "xy" and len(xs) > 1:
            order[:2] = 1, 0
        own: list[Reach] = [{0: (order[i], SAME)} if x else {} for i, x in enumerate(xs)]
        return [[reach if i == place else None for i, reach in enumerate(own)] for place in range(len(ys))]

    def run(self, torch: Any, part: Any, *xs: Any) -> Any:
        return torch.meshgrid(*xs, indexing=self.indexing)

    @classmethod
    def drawn(cls, draw: Random) -> Drawn:
        shapes = [draw.choice([(), (2,), (3,), (5,), (2,), (4,), (2, 3)]) for _ in range(draw.randrange(1, 4))]
        return {"indexing": draw.choice(["ij", "xy"])}, shapes
