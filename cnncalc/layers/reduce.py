"""Axes reduced to one value, and values that run along an axis (torch.amax, torch.cumsum and relatives).

Axes are counted as torch counts them, with the batch as axis 0. They cost no MACs.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, ClassVar

from cnncalc.layers.arguments import arg
from cnncalc.layers.drawing import Drawn, drawn_axis, drawn_shape
from cnncalc.layers.kinds import Bool, Int, Ints, Number
from cnncalc.layers.layer import Layer
from cnncalc.layers.memory import Kept, MemoryCall, made
from cnncalc.layers.merge import differ_in
from cnncalc.layers.shapes import Shape, Shapes, keep_axes, shape_text, wrapped
from cnncalc.layers.site import Site, axes_of
from cnncalc.layers.window import ALL, ANY, SAME, Reach, Reaches, along, listed, up_to, window_steps
from cnncalc.symbolic.expr import Dim

if TYPE_CHECKING:
    from random import Random

# torch's functions over several axes.
OVER_AXES = {
    "amax": "The largest value over axes",
    "amin": "The smallest value over axes",
    "logsumexp": "`log(sum(exp(x)))` over axes",
    "std": "The standard deviation over axes",
    "var": "The variance over axes",
}

# torch's functions over one axis.
OVER_AXIS = {
    "all": "Do all values along an axis hold?",
    "any": "Does any value along an axis hold?",
    "argmax": "Where the largest value along an axis is",
    "argmin": "Where the smallest value along an axis is",
    "prod": "The product along an axis",
}

# torch's functions over one axis that say where they found the value.
WITH_INDICES = {
    "max": "The largest value along an axis, and where it is",
    "median": "The middle value along an axis, and where it is",
    "min": "The smallest value along an axis, and where it is",
}

# torch's functions that keep the axis.
ALONG_AXIS = {
    "cumprod": "The product of all values so far along an axis",
    "cumsum": "The sum of all values so far along an axis",
    "logcumsumexp": "`log(sum(exp(x)))` of all values so far along an axis",
}

# torch's functions that keep the axis and say where they found the value.
EXTREMES_ALONG_AXIS = {
    "cummax": "The largest value so far along an axis, and where it is",
    "cummin": "The smallest value so far along an axis, and where it is",
}

SORTED = {
    "argsort": "Where the values along an axis come in order",
    "sort": "The values along an axis in order, and where they were",
}

TRUTHS = ("all", "any")  # which work along several axes too

NO_EMPTY = ("amax", "amin", "argmax", "argmin", "max", "min", "median")


def summed_types(types: tuple[str, ...]) -> tuple[str, ...]:
    """The types of sums and products: whole numbers of any size, and what is true or false, are counted as int64."""
    return tuple(["int64" if one == "bool" or "int" in one else one for one in types])


class Reduce(Layer):
    """Axes reduced to one value."""

    dim: tuple[int, ...]
    keepdim: bool

    def _reduced(self, rank: int) -> list[int]:
        """The axes that are reduced: all, where none is given (torch.sum, "If None or an empty tuple")."""
        return [d % max(1, rank) for d in self.dim] or list(range(rank))

    def forward(self, site: Site, *xs: Shape) -> Shape | list[Shape]:
        (x,) = xs
        axes_of(site, self.dim, wrapped(x))
        axes = self._reduced(len(x))
        if self.keepdim:
            return tuple(1 if axis in axes else size for axis, size in enumerate(x))
        return tuple(x[axis] for axis in keep_axes(axes, len(x)))

    def reach(self, xs: Shapes, ys: Shapes) -> Reaches:
        rank = len(xs[0])
        axes = self._reduced(rank)
        kept = list(keep_axes(axes, rank))
        place = {axis: axis if self.keepdim else kept.index(axis) for axis in kept}
        return [{a: (place[a], SAME) if a in place else (a if self.keepdim else None, ALL) for a in range(rank)}]


class Mean(Reduce, name="mean"):
    """The mean over axes. Source: torch.mean."""

    numbers = "decimals"

    keeps = ()

    example = "768x7x7 -> mean 2 3"

    dim: tuple[int, ...] = arg(Ints(), variadic=True, help="the axes, counted with the batch as 0")
    keepdim: bool = arg(Bool(), False, help="keep the axes, with size 1")

    def run(self, torch: Any, part: Any, *xs: Any) -> Any:
        return xs[0].mean(self.dim, keepdim=self.keepdim)


class Sum(Reduce, name="sum"):
    """The sum over axes. Source: torch.sum."""

    keeps = ()

    example = "768x7x7 -> sum 1 keepdim=yes"

    dim: tuple[int, ...] = arg(Ints(), variadic=True, help="the axes, counted with the batch as 0")
    keepdim: bool = arg(Bool(), False, help="keep the axes, with size 1")

    def types(self, given: Sequence[str], decimals: str, count: int) -> tuple[str, ...]:
        return summed_types(super().types(given, decimals, count))

    def run(self, torch: Any, part: Any, *xs: Any) -> Any:
        return xs[0].sum(self.dim, keepdim=self.keepdim)


class _Reduced(Reduce):
    """torch's function of this name, over axes that are gone then, or have size 1 with `keepdim`."""

    def forward(self, site: Site, *xs: Shape) -> Shape | list[Shape]:
        out = super().forward(site, *xs)
        if self.name in NO_EMPTY:
            sizes = [size for axis in self._reduced(len(xs[0])) for size in xs[0][axis : axis + 1]]
            site.filled(sizes, f"{self.name} of no values is nothing: {shape_text(xs[0])} arrives")
        return out


class _OverAxes(_Reduced):
    """Over several axes."""

    keeps = ("input", "output")

    def forward(self, site: Site, *xs: Shape) -> Shape | list[Shape]:
        if self.name == "logsumexp" and not self.dim and xs[0]:
            site.refuse("bad-argument", "logsumexp is over one axis at least", arg="dim", hint="name all of them")
        return super().forward(site, *xs)

    example = "64x14x14 -> {name} 2 3"

    dim: tuple[int, ...] = arg(Ints(), variadic=True, help="the axes, counted with the batch as 0")
    keepdim: bool = arg(Bool(), False, help="keep the axes, with size 1")

    def saved(self, call: MemoryCall) -> list[Kept] | None:
        return [Kept("input", 0)] if self.name == "var" else super().saved(call)

    def run(self, torch: Any, part: Any, *xs: Any) -> Any:
        return getattr(torch, self.name)(xs[0], self.dim, keepdim=self.keepdim)

    @classmethod
    def drawn(cls, draw: Random) -> Drawn:
        shape = drawn_shape(draw)
        dims = [drawn_axis(draw, len(shape)) for _ in range(draw.randrange(1, 3))]
        return {"dim": tuple(dims), "keepdim": draw.random() < 0.5}, [shape]


class _OverAxis(_Reduced):
    """Over one axis."""

    keeps: ClassVar[tuple[str, ...] | None] = ()

    example = "64x14x14 -> {name} 1"

    dim: tuple[int, ...] = arg(Ints(), help="the axis, counted with the batch as 0")
    keepdim: bool = arg(Bool(), False, help="keep the axis, with size 1")

    def check(self, site: Site) -> None:
        if len(self.dim) != 1 and self.name not in TRUTHS:
            site.refuse("bad-argument", f"{self.name} works along one axis, not {len(self.dim)}", arg="dim")

    def _reduced(self, rank: int) -> list[int]:
        return super()._reduced(rank) if self.dim else []  # of no axes, each value is its own truth

    def types(self, given: Sequence[str], decimals: str, count: int) -> tuple[str, ...]:
        if self.name in TRUTHS:
            return ("bool",) * count
        if self.name in ("argmax", "argmin"):
            return ("int64",) * count
        return (
            summed_types(super().types(given, decimals, count))
            if self.name == "prod"
            else super().types(given, decimals, count)
        )

    def saved(self, call: MemoryCall) -> list[Kept] | None:
        return [Kept("input", 0), Kept("output", 0)] if self.name == "prod" else super().saved(call)

    def run(self, torch: Any, part: Any, *xs: Any) -> Any:
        dim = self.dim[0] if len(self.dim) == 1 else self.dim
        return getattr(torch, self.name)(xs[0], dim, keepdim=self.keepdim)

    @classmethod
    def drawn(cls, draw: Random) -> Drawn:
        shape = drawn_shape(draw)
        return {"dim": (drawn_axis(draw, len(shape)),), "keepdim": draw.random() < 0.5}, [shape]


class _WithIndices(_OverAxis):
    """Over one axis, with a second output that says where the value was."""

    keeps = ("indices",)
    gives = ("like", "int64")

    alike = True
    output_names = ("values", "indices")

    def forward(self, site: Site, *xs: Shape) -> list[Shape]:
        out = super().forward(site, *xs)
        assert isinstance(out, tuple)
        return [out, out]


class _AlongAxis(Layer):
    """torch's function of this name along an axis that stays."""

    so_far: ClassVar[bool] = True  # each position depends on those up to it, else on all
    example = "64x14x14 -> {name} 1"

    dim: int = arg(Int(), help="the axis, counted with the batch as 0")

    def forward(self, site: Site, *xs: Shape) -> Shape | list[Shape]:
        axes_of(site, [self.dim], max(1, len(xs[0])))
        return xs[0]

    def types(self, given: Sequence[str], decimals: str, count: int) -> tuple[str, ...]:
        found = super().types(given, decimals, count)
        return summed_types(found) if self.name in ("cumsum", "cumprod") else found

    def saved(self, call: MemoryCall) -> list[Kept] | None:
        if self.name in ("cumprod", "logcumsumexp"):
            return [Kept("input", 0), Kept("output", 0)]
        return [] if self.name == "cumsum" else super().saved(call)

    def reach(self, xs: Shapes, ys: Shapes) -> Reaches:
        axis = self.dim % max(1, len(xs[0]))
        return [along(xs[0], [axis], up_to(xs[0][axis]) if self.so_far and xs[0] else ALL)]

    def run(self, torch: Any, part: Any, *xs: Any) -> Any:
        return getattr(torch, self.name)(xs[0], self.dim)

    @classmethod
    def drawn(cls, draw: Random) -> Drawn:
        shape = drawn_shape(draw)
        return {"dim": drawn_axis(draw, len(shape))}, [shape]


class _ExtremeAlongAxis(_AlongAxis):
    """With a second output that says where the value was."""

    keeps = ("input", "indices")
    gives = ("like", "int64")

    output_names = ("values", "indices")

    def forward(self, site: Site, *xs: Shape) -> list[Shape]:
        super().forward(site, *xs)
        return [xs[0], xs[0]]

    def reaches(self, xs: Shapes, ys: Shapes) -> Sequence[Reaches]:
        x = xs[0]
        axis = self.dim % max(1, len(x))
        # The first value is the largest so far, wherever it is.
        indices = listed(x[axis], lambda at: ((0, at),) if at else ()) if x else SAME
        return [self.reach(xs, ys), [along(x, [axis], indices)]]


class _Sorted(_AlongAxis):
    """Along an axis, in order."""

    keeps = ("indices",)

    so_far = False
    alike = True
    dim: int = arg(Int(), -1, help="the axis, counted with the batch as 0")
    descending: bool = arg(Bool(), False, help="the largest first")

    def forward(self, site: Site, *xs: Shape) -> Shape | list[Shape]:
        super().forward(site, *xs)
        return [xs[0], xs[0]] if self.name == "sort" else xs[0]

    def types(self, given: Sequence[str], decimals: str, count: int) -> tuple[str, ...]:
        return ("int64",) if self.name == "argsort" else (given[0], "int64")

    def saved(self, call: MemoryCall) -> list[Kept] | None:
        if self.name == "argsort":
            return [made("passing", call.xs[0].shape, call.xs[0].type)]
        return super().saved(call)

    def run(self, torch: Any, part: Any, *xs: Any) -> Any:
        return getattr(torch, self.name)(xs[0], self.dim, self.descending)


for _base, _members in (
    (_OverAxes, OVER_AXES),
    (_OverAxis, OVER_AXIS),
    (_WithIndices, WITH_INDICES),
    (_AlongAxis, ALONG_AXIS),
    (_ExtremeAlongAxis, EXTREMES_ALONG_AXIS),
    (_Sorted, SORTED),
):
    for _name, _text in _members.items():
        type(f"{_base.__name__}_{_name}", (_base,), {"__doc__": f"{_text}. Source: torch.{_name}."}, name=_name)


class Norm(_OverAxes, name="norm", aliases=("vector_norm",)):
    """The length over axes: `sum(|x|**p)**(1/p)`. Source: torch.norm, torch.linalg.vector_norm."""

    keeps = ("input", "output")

    example = "64x14x14 -> norm 1"
    positional: ClassVar[tuple[str, ...] | None] = ("dim",)

    p: float = arg(Number(), 2, help="exponent")
    dim: tuple[int, ...] = arg(Ints(), variadic=True, help="the axes, counted with the batch as 0")
    keepdim: bool = arg(Bool(), False, help="keep the axes, with size 1")

    def run(self, torch: Any, part: Any, *xs: Any) -> Any:
        return torch.linalg.vector_norm(xs[0], float(self.p), self.dim, self.keepdim)


class Normalize(_AlongAxis, name="normalize"):
    """Each value by the norm along an axis: `x/max(norm(x), eps)`. Source: torch.nn.functional.normalize."""

    layout = "input"

    so_far = False
    example = "196x768 -> normalize dim=-1"

    p: float = arg(Number(), 2.0, help="exponent of the norm")
    dim: int = arg(Int(), 1, help="the axis, counted with the batch as 0")
    eps: float = arg(Number(), 1e-12, help="smallest divisor")

    def saved(self, call: MemoryCall) -> list[Kept] | None:
        (x,) = call.xs
        axis = self.dim % max(1, len(x.shape))
        shape = tuple([1 if a == axis else size for a, size in enumerate(x.shape)])
        return [Kept("input", 0), made("inner", shape, x.type), made("inner", shape, x.type, training=True)]

    def run(self, torch: Any, part: Any, *xs: Any) -> Any:
        return torch.nn.functional.normalize(xs[0], float(self.p), self.dim, float(self.eps))


class TopK(_AlongAxis, name="topk"):
    """The `k` largest values along an axis, and where they were. Source: torch.topk."""

    gives = ("like", "int64")

    keeps = ("indices",)

    so_far = False
    alike = True
    example = "1000 -> topk 5"
    output_names = ("values", "indices")

    k: Dim = arg(Int(0, open=True), help="how many")
    dim: int = arg(Int(), -1, help="the axis, counted with the batch as 0")
    largest: bool = arg(Bool(), True, help="the largest, else the smallest")
    sorted: bool = arg(Bool(), True, help="in order")

    def forward(self, site: Site, *xs: Shape) -> list[Shape]:
        (x,) = xs
        (axis,) = axes_of(site, [self.dim], max(1, len(x)))
        have = x[axis] if x else 1
        site.short(have - self.k, "bad-argument", f"topk takes {self.k} of {have} values", arg="k")
        if not x:
            return [x, x]
        out = (*x[:axis], self.k, *x[axis + 1 :])
        return [out, out]

    def run(self, torch: Any, part: Any, *xs: Any) -> Any:
        return torch.topk(xs[0], self.k, self.dim, self.largest, self.sorted)

    @classmethod
    def drawn(cls, draw: Random) -> Drawn:
        shape = drawn_shape(draw)
        return {"k": draw.choice([0, 1, 1, 2, 3]), "dim": drawn_axis(draw, len(shape))}, [shape]


class Diff(Layer, name="diff"):
    """The differences of neighbours along an axis, taken `n` times; a second input goes before it, a third after it.

    Source: torch.diff.
    """

    inputs = (1, 3)
    input_names = ("input", "prepend", "append")
    example = "64x14x14 -> diff"

    n: int = arg(Int(0), 1, help="how often")
    dim: int = arg(Int(), -1, help="the axis, counted with the batch as 0")

    def forward(self, site: Site, *xs: Shape) -> Shape:
        x = xs[0]
        if self.n == 0 and len(xs) == 1 and x:
            return x  # torch asks for no axis then
        (axis,) = axes_of(site, [self.dim], len(x))
        size = x[axis]
        for other in xs[1:]:
            differ_in(site, self.name, axis, xs, other)
            size = size + other[axis] if self.n else size
        if self.n:
            spare = size - self.n - 1
            site.short(spare, "empty-output", f"{size} values along axis {axis} have no {self.n}th difference")
        return (*x[:axis], size - self.n, *x[axis + 1 :])

    def reach(self, xs: Shapes, ys: Shapes) -> Reaches:
        x = xs[0]
        if self.n == 0:
            return [along(x), *(None for _ in xs[1:])]
        axis = self.dim % len(x)
        before = xs[1][axis] if len(xs) > 1 else 0  # the second input comes first
        found: list[Reach] = []
        for other, begin in zip(xs, (before, 0, before + x[axis])):
            window = window_steps(-begin, self.n - begin, 1, edge="nothing") if isinstance(begin, int) else ANY
            found.append(along(other, [axis], window))
        return found

    def run(self, torch: Any, part: Any, *xs: Any) -> Any:
        return torch.diff(xs[0], self.n, self.dim, *xs[1:])

    @classmethod
    def drawn(cls, draw: Random) -> Drawn:
        shape = drawn_shape(draw)
        dim = drawn_axis(draw, len(shape))
        others = [tuple(draw.choice([1, 2]) if draw.random() < 0.2 else size for size in shape) for _ in range(2)]
        return {"n": draw.choice([0, 1, 1, 2, 4]), "dim": dim}, [shape, *others[: draw.choice([0, 0, 1, 2])]]
