"""Values written to positions that indices name (torch.scatter, torch.index_add and relatives).

The first input is what they are written to; its shape goes out. They cost no MACs.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from cnncalc.layers.arguments import arg
from cnncalc.layers.drawing import Drawn, drawn_axis, drawn_shape
from cnncalc.layers.kinds import Bool, Choice, Int, Number
from cnncalc.layers.layer import Layer
from cnncalc.layers.memory import Kept, MemoryCall
from cnncalc.layers.shapes import Shape, Shapes, shape_text
from cnncalc.layers.site import Site, axes_of, positions_to_name
from cnncalc.layers.window import ANY, SAME, Reach, Reaches, Steps, To, along, listed
from cnncalc.symbolic.expr import Dim

if TYPE_CHECKING:
    from random import Random


def onto(x: Shape, out: Shape, dim: int, used: Shape) -> Reach:
    """An input as large as the output but along an axis, or a scalar beside a list; `used` of it is written."""
    axis = dim % max(1, len(out))
    found: dict[int, tuple[To, Steps]] = {}
    for a, size in enumerate(x):
        count = used[a] if a < len(used) else size
        if a < len(out) and a != axis:
            found[a] = (a, SAME if count == out[a] else first_of(out[a], count))
        else:
            found[a] = (a if a < len(out) else None, ANY)
    return found


def first_of(size: Dim, count: Dim) -> Steps:
    """Each of the first outputs reads its own position, and the others none."""
    return listed(size, lambda at: ((at, at),) if at < count else ()) if isinstance(count, int) else ANY


def written_to(x: Shape, dim: int) -> Reach:
    """What is written to stays where nothing is written, which an axis with one position leaves no choice of."""
    axis = dim % max(1, len(x))
    fewer = not x or x[axis] == 1
    return along(x, range(len(x)) if fewer else (), SAME._replace(fewer=True))


class _Written(Layer):
    """torch's function of this name on what is written to, indices along an axis, and what is written."""

    keeps: ClassVar[tuple[str, ...] | None] = ("1",)

    inputs = (3, 3)
    integer_inputs = (1,)

    dim: int = arg(Int(), help="the axis, counted with the batch as 0")

    def run(self, torch: Any, part: Any, *xs: Any) -> Any:
        return getattr(torch, self.name)(xs[0], self.dim, *xs[1:], **self.more())

    def more(self) -> dict[str, Any]:
        """What torch takes by name."""
        return {}


class _Scattered(_Written):
    """One position for each index: `out[index[i, j], j] = src[i, j]` along axis 0."""

    input_names = ("input", "index", "src")
    example = "10x64 -> {name}(identity, argsort 1, relu, dim=1)"

    def forward(self, site: Site, *xs: Shape) -> Shape:
        x, index, *src = xs
        (axis,) = axes_of(site, [self.dim], max(1, len(x)))
        if 0 in index:
            return x  # there is nothing to write, and torch asks no more
        came = " and ".join(map(shape_text, xs))
        if any(max(1, len(other)) != max(1, len(x)) for other in (index, *src)):
            site.refuse("wrong-rank", f"{self.name} needs inputs with as many axes, but {came} arrive")
        message = (
            f"the indices of {self.name} can be more than its input along axis {axis} only, and not more than what is "
            f"written, but {came} arrive"
        )
        for at, want in enumerate(index or (1,)):
            if at != axis:
                site.short((x or (1,))[at] - want, "shape-mismatch", message)
            for other in src:
                site.short((other or (1,))[at] - want, "shape-mismatch", message)
        positions_to_name(site, self.name, x[axis] if x else 1, index)
        return x

    def reach(self, xs: Shapes, ys: Shapes) -> Reaches:
        return [written_to(xs[0], self.dim), *(onto(x, xs[0], self.dim, xs[1]) for x in xs[1:])]

    @classmethod
    def drawn(cls, draw: Random) -> Drawn:
        shape = drawn_shape(draw)
        axis = drawn_axis(draw, len(shape))
        index = [size if draw.random() < 0.9 else draw.choice([1, 3]) for size in shape]
        src = [size if draw.random() < 0.9 else size + 1 for size in index]
        if -len(shape) <= axis < len(shape):
            index[axis] = src[axis] = draw.choice([1, 2, 5])
            src[axis] += draw.choice([0, 0, 1, -1 if draw.random() < 0.2 else 0])
        return {"dim": axis}, [shape, tuple(index[draw.random() < 0.05 :]), tuple(src)]


class Scatter(_Scattered, name="scatter"):
    """The first input with values written to the positions along an axis that the second, indices, names one by one.

    The values are the third input, or a number. Source: torch.scatter.
    """

    inputs = (2, 3)
    number_argument = "value"

    value: float | None = arg(Number(), None, help="a number in place of the third input")
    reduce: str | None = arg(Choice("add", "multiply"), None, help="how values join what is there; None: replace it")

    def forward(self, site: Site, *xs: Shape) -> Shape:
        if (len(xs) == 3) == (self.value is not None):
            came = "neither is given here" if self.value is None else "both are given here"
            site.refuse("wrong-count", f"scatter takes a third input or a number as value, but {came}")
        return super().forward(site, *xs)

    def saved(self, call: MemoryCall) -> list[Kept] | None:
        return [] if self.reduce is not None else super().saved(call)

    def run(self, torch: Any, part: Any, *xs: Any) -> Any:
        return super().run(torch, part, *xs, *([] if self.value is None else [float(self.value)]))

    def more(self) -> dict[str, Any]:
        return {} if self.reduce is None else {"reduce": self.reduce}

    @classmethod
    def drawn(cls, draw: Random) -> Drawn:
        values, shapes = super().drawn(draw)
        if draw.random() < 0.4:
            values["value"] = draw.choice([0, 0.5])
            shapes = shapes[: 3 if draw.random() < 0.1 else 2]
        elif draw.random() < 0.1:
            shapes = shapes[:2]
        if draw.random() < 0.2:
            values["reduce"] = draw.choice(["add", "multiply"])
        return values, shapes


class ScatterAdd(_Scattered, name="scatter_add"):
    """The first input with the third added at the positions along an axis that the second names one by one.

    Source: torch.scatter_add.
    """


class ScatterReduce(_Scattered, name="scatter_reduce"):
    """The first input with the third joined at the positions along an axis that the second names one by one.

    Source: torch.scatter_reduce.
    """

    keeps = ("inputs", "output")

    example = "10x64 -> scatter_reduce(identity, argsort 1, relu, dim=1, reduce=amax)"

    reduce: str = arg(Choice("sum", "prod", "mean", "amax", "amin"), help="how values join")
    include_self: bool = arg(Bool(), True, help="and what is there")

    def more(self) -> dict[str, Any]:
        return {"reduce": self.reduce, "include_self": self.include_self}

    @classmethod
    def drawn(cls, draw: Random) -> Drawn:
        values, shapes = super().drawn(draw)
        return values | {"reduce": draw.choice(["sum", "mean", "amax"]), "include_self": draw.random() < 0.5}, shapes


class _OfList(_Written):
    """Whole positions of an axis, which a list of indices names."""

    keeps = ("1", "2")

    input_names = ("input", "index", "source")
    scalars: ClassVar[bool] = False  # a scalar passes for a list of one
    example = "64x32 -> {name}(identity, arange 8, narrow 1 0 8, dim=1)"

    def forward(self, site: Site, *xs: Shape) -> Shape:
        x, index, source = xs
        (axis,) = axes_of(site, [self.dim], max(1, len(x)))
        if len(index) > 1:
            site.refuse("wrong-rank", f"the indices of {self.name} are a list, but {shape_text(index)} arrives")
        if len(x) != len(source) and not (self.scalars and len(x) + len(source) == 1):
            came = f"{shape_text(x)} and {shape_text(source)} arrive"
            site.refuse("wrong-rank", f"{self.name} needs a source with as many axes as its input, but {came}")
        count = index[0] if index else 1
        if count != (source[axis] if source else 1):
            message = f"{self.name} writes {source[axis] if source else 1} positions, but {count} indices arrive"
            site.unequal(count, source[axis] if source else 1, "shape-mismatch", message)
        for at, (have, want) in enumerate(zip(x, source)):
            if at != axis and have != want:
                came = f"{shape_text(source)} comes with {shape_text(x)}"
                message = f"the source of {self.name} differs from its input along axis {axis} only, but {came}"
                site.unequal(have, want, "shape-mismatch", message)
        positions_to_name(site, self.name, x[axis] if x else 1, index)
        return x

    def reach(self, xs: Shapes, ys: Shapes) -> Reaches:
        axis = self.dim % max(1, len(xs[0]))
        index: Reach = {0: (axis if xs[0] else None, ANY)} if xs[1] else {}
        return [written_to(xs[0], self.dim), index, onto(xs[2], xs[0], self.dim, xs[2])]

    @classmethod
    def drawn(cls, draw: Random) -> Drawn:
        shape = drawn_shape(draw)
        axis = drawn_axis(draw, len(shape))
        count = draw.choice([1, 2, 5])
        source = [size if draw.random() < 0.95 else size + 1 for size in shape]
        if -len(shape) <= axis < len(shape):
            source[axis] = count if draw.random() < 0.95 else count + 1
        index = draw.choice([(count,), (count,), (count,), (count,), () if count == 1 else (count,), (count, 1)])
        return {"dim": axis}, [shape, index, tuple(source[draw.random() < 0.05 :])]


class IndexAdd(_OfList, name="index_add"):
    """The first input with the third added at the positions of an axis that a list of indices names.

    Source: torch.index_add.
    """

    alpha: float = arg(Number(), 1, help="factor of what is added")

    def more(self) -> dict[str, Any]:
        return {"alpha": float(self.alpha)}


class IndexCopy(_OfList, name="index_copy"):
    """The first input with the third in place of the positions of an axis that a list of indices names.

    Source: torch.index_copy.
    """

    scalars = True


class IndexFill(_Written, name="index_fill"):
    """The input with a number at the positions of an axis that a list of indices names. Source: torch.index_fill."""

    inputs = (2, 2)
    input_names = ("input", "index")
    example = "64x32 -> index_fill(identity, arange 8, dim=1, value=0)"

    value: float = arg(Number(), help="the number")

    def forward(self, site: Site, *xs: Shape) -> Shape:
        x, index = xs
        (axis,) = axes_of(site, [self.dim], max(1, len(x)))
        if len(index) > 1:
            site.refuse("wrong-rank", f"the indices of index_fill are a list, but {shape_text(index)} arrives")
        positions_to_name(site, self.name, x[axis] if x else 1, index)
        return x

    def reach(self, xs: Shapes, ys: Shapes) -> Reaches:
        axis = self.dim % len(xs[0]) if xs[0] else None
        return [written_to(xs[0], self.dim), {0: (axis, ANY)} if xs[1] else {}]

    def run(self, torch: Any, part: Any, *xs: Any) -> Any:
        return super().run(torch, part, *xs, float(self.value))

    @classmethod
    def drawn(cls, draw: Random) -> Drawn:
        shape = drawn_shape(draw)
        index = draw.choice([(1,), (3,), (), (2, 1)])
        return {"dim": drawn_axis(draw, len(shape)), "value": 2}, [shape, index]
