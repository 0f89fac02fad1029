"""How values are distributed: quantiles, counts, and places in what is sorted (torch.quantile, torch.histc and
relatives). They cost no MACs.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from cnncalc.layers.arguments import arg
from cnncalc.layers.drawing import Drawn, drawn_axis, drawn_shape
from cnncalc.layers.elementwise import Function
from cnncalc.layers.kinds import Bool, Choice, Int, Number
from cnncalc.layers.layer import Layer
from cnncalc.layers.shapes import Shape, Shapes, shape_text
from cnncalc.layers.site import Site, axes_of
from cnncalc.layers.window import ANY, SAME, Reach, Reaches, along
from cnncalc.symbolic.expr import Dim

if TYPE_CHECKING:
    from random import Random


class Quantile(Layer, name="quantile"):
    """The value that a share `q` of all values is under, along an axis or of all.

    `q` is a number, or a second input, whose list becomes the first axis. Source: torch.quantile.
    """

    inputs = (1, 2)
    input_names = ("input", "q")
    example = "64x14x14 -> {name} 0.5 dim=1"

    q: float | None = arg(Number(least=0, most=1), None, help="the share; a number in place of the second input")
    dim: int | None = arg(Int(none=True), None, help="the axis, counted with the batch as 0; None: all values")
    keepdim: bool = arg(Bool(), False, help="keep the axis, with size 1")
    interpolation: str = arg(
        Choice("linear", "lower", "higher", "midpoint", "nearest"), "linear", help="what is taken between two values"
    )

    def forward(self, site: Site, *xs: Shape) -> Shape:
        if (len(xs) == 2) == (self.q is not None):
            came = "neither is there" if self.q is None else "both are there"
            site.refuse("wrong-count", f"{self.name} takes a second input or a number as q, but {came}")
        x, shares = xs[0], xs[1] if len(xs) == 2 else ()
        if len(shares) > 1:
            site.refuse("wrong-rank", f"q of {self.name} is a number or a list, but {shape_text(shares)} arrives")
        site.filled(x, f"{self.name} of no values is nothing: {shape_text(x)} arrives")
        if self.dim is None:
            kept: Shape = (1,) * len(x) if self.keepdim else ()
            return (*shares, *kept)
        (axis,) = axes_of(site, [self.dim], max(1, len(x)))
        return (*shares, *x[:axis], *((1,) if self.keepdim and x else ()), *x[axis + 1 :])

    def reach(self, xs: Shapes, ys: Shapes) -> Reaches:
        x, first = xs[0], len(xs[1]) if len(xs) == 2 else 0
        gone = range(len(x)) if self.dim is None else [self.dim % max(1, len(x))]
        found: dict[int, Any] = {}
        for axis in range(len(x)):
            before = 0 if self.keepdim else sum(other < axis for other in gone)
            lost = axis in gone
            found[axis] = (None if lost and not self.keepdim else axis - before + first, ANY if lost else SAME)
        return [found, *({0: (0, SAME)} if q else {} for q in xs[1:])]

    def run(self, torch: Any, part: Any, *xs: Any) -> Any:
        x, *shares = xs
        # One share, an input or a number: torch refuses two as it refuses none.
        q = [*(one.to(x.dtype) for one in shares), *([] if self.q is None else [float(self.q)])]
        return getattr(torch, self.name)(x, *q, self.dim, self.keepdim, interpolation=self.interpolation)

    @classmethod
    def drawn(cls, draw: Random) -> Drawn:
        shape = drawn_shape(draw)
        values: dict[str, Any] = {"dim": draw.choice([None, drawn_axis(draw, len(shape)), 0])}
        values["keepdim"] = draw.random() < 0.5
        if draw.random() < 0.5:
            return values | {"q": draw.choice([0, 0.1, 1, 1.5])}, [shape]
        return values, [shape, draw.choice([(), (1,), (3,), (3,), (2, 2)])]


class Nanquantile(Quantile, name="nanquantile"):
    """`quantile` of the values that are numbers. Source: torch.nanquantile."""


class Kthvalue(Layer, name="kthvalue"):
    """The `k`th of the values along an axis in order, and where it is. Source: torch.kthvalue."""

    keeps = ("indices",)
    gives = ("like", "int64")

    output_names = ("values", "indices")
    example = "64x14x14 -> kthvalue 2"

    k: Dim = arg(Int(open=True), help="which, from 1, the smallest")
    dim: int = arg(Int(), -1, help="the axis, counted with the batch as 0")
    keepdim: bool = arg(Bool(), False, help="keep the axis, with size 1")

    def forward(self, site: Site, *xs: Shape) -> list[Shape]:
        (x,) = xs
        (axis,) = axes_of(site, [self.dim], max(1, len(x)))
        size = x[axis] if x else 1
        message = f"kthvalue takes one of {size} values, from 1 to {size}, not {self.k}"
        site.short(self.k - 1, "bad-argument", message, arg="k")
        site.short(size - self.k, "bad-argument", message, arg="k")
        out = (*x[:axis], *((1,) if self.keepdim and x else ()), *x[axis + 1 :])
        return [out, out]

    def reach(self, xs: Shapes, ys: Shapes) -> Reaches:
        rank = len(xs[0])
        gone = self.dim % max(1, rank)
        to = {a: a - (a > gone and not self.keepdim) for a in range(rank)}
        lost = (gone if self.keepdim else None, ANY)
        return [{a: lost if a == gone else (to[a], SAME) for a in range(rank)}]

    def run(self, torch: Any, part: Any, *xs: Any) -> Any:
        return torch.kthvalue(xs[0], self.k, self.dim, self.keepdim)

    @classmethod
    def drawn(cls, draw: Random) -> Drawn:
        shape = drawn_shape(draw)
        values = {"k": draw.choice([0, 1, 1, 2, 3]), "dim": drawn_axis(draw, len(shape))}
        return values | {"keepdim": draw.random() < 0.5}, [shape]


class Histc(Layer, name="histc"):
    """How many of all values are in each of `bins` equal parts between two ends. Source: torch.histc."""

    keeps = ()

    example = "64x14x14 -> histc 10"

    bins: Dim = arg(Int(1, open=True), 100, help="how many parts")
    min: float = arg(Number(), 0, help="the lower end; both 0: the smallest value and the largest")
    max: float = arg(Number(), 0, help="the upper end")

    def check(self, site: Site) -> None:
        if self.min > self.max:
            message = f"histc counts from min to max, but {self.min} is more than {self.max}"
            site.refuse("bad-argument", message, arg="min")

    def forward(self, site: Site, *xs: Shape) -> Shape:
        return (self.bins,)

    def reach(self, xs: Shapes, ys: Shapes) -> Reaches:
        return [dict.fromkeys(range(len(xs[0])), (None, ANY))]

    def run(self, torch: Any, part: Any, *xs: Any) -> Any:
        x = xs[0] if xs[0].is_floating_point() else xs[0].float()
        return torch.histc(x, self.bins, float(self.min), float(self.max))

    @classmethod
    def drawn(cls, draw: Random) -> Drawn:
        ends = {"min": draw.choice([0, 1]), "max": draw.choice([0, 1, 2])} if draw.random() < 0.5 else {}
        return {"bins": draw.choice([0, 1, 3, 10]), **ends}, [drawn_shape(draw)]


class Bincount(Layer, name="bincount"):
    """How often each whole number from 0 is in a list; a second input is what each counts for.

    The numbers have to be less than `minlength`: were one more, the list that goes out would be longer, which
    depends on the values. Source: torch.bincount.
    """

    keeps = ()
    gives = "int64"

    inputs = (1, 2)
    input_names = ("input", "weights")
    integer_inputs = (0,)
    example = "10x64 -> argmax 1 -> flatten 0 -> bincount minlength=10"

    minlength: Dim = arg(Int(0, open=True), 0, help="how many numbers there are, from 0")

    def forward(self, site: Site, *xs: Shape) -> Shape:
        if len(xs[0]) != 1:
            site.refuse("wrong-rank", f"bincount takes a list, but {shape_text(xs[0])} arrives")
        if self.minlength == 0 and xs[0][0] != 0:
            message = "how many counts bincount gives depends on the values that arrive"
            hint = "minlength says how many numbers there are, all of which are less: bincount minlength=10"
            site.refuse("bad-argument", message, hint=hint)
        if len(xs) == 2:
            message = f"bincount needs a weight for each value, but {shape_text(xs[0])} and {shape_text(xs[1])} arrive"
            if len(xs[1]) != 1:
                site.refuse("wrong-rank", message)
            if xs[0][0] != xs[1][0]:
                site.unequal(xs[0][0], xs[1][0], "shape-mismatch", message)
        return (self.minlength,)

    def types(self, given: Sequence[str], decimals: str, count: int) -> tuple[str, ...]:
        return (decimals if len(given) > 1 else "int64",)

    def reach(self, xs: Shapes, ys: Shapes) -> Reaches:
        return [{0: (None, ANY)} for _ in xs]

    def run(self, torch: Any, part: Any, *xs: Any) -> Any:
        return torch.bincount(*xs, minlength=self.minlength)

    @classmethod
    def drawn(cls, draw: Random) -> Drawn:
        count = draw.choice([1, 3, 5])
        shapes: list[tuple[int, ...]] = [draw.choice([(count,), (count,), (count,), (count, 2)])]
        more = [draw.choice([(count,), (count,), (count + 1,), (count, 2)])] if draw.random() < 0.4 else []
        return {"minlength": draw.choice([1, 2, 7])}, [*shapes, *more]


class Bucketize(Layer, name="bucketize"):
    """In which part each value is, of those that a sorted list of ends divides. Source: torch.bucketize."""

    keeps = ()
    gives = "int64"

    inputs = (2, 2)
    input_names = ("input", "boundaries")
    example = "64x14x14 -> bucketize(identity, linspace 0 1 9)"

    right: bool = arg(Bool(), False, help="a value that is an end is in the part after it")

    def forward(self, site: Site, *xs: Shape) -> Shape:
        if len(xs[1]) != 1:
            site.refuse("wrong-rank", f"bucketize takes a list of boundaries, but {shape_text(xs[1])} arrives")
        return xs[0]

    def reach(self, xs: Shapes, ys: Shapes) -> Reaches:
        return [along(xs[0]), {0: (None, ANY)}]

    def run(self, torch: Any, part: Any, *xs: Any) -> Any:
        return torch.bucketize(xs[0], xs[1], right=self.right)

    @classmethod
    def drawn(cls, draw: Random) -> Drawn:
        ends = draw.choice([(1,), (3,), (3,), (5,), (), (2, 2)])
        return {"right": draw.random() < 0.5}, [drawn_shape(draw) if draw.random() < 0.9 else (), ends]


class Searchsorted(Layer, name="searchsorted"):
    """Where each value belongs in rows that are sorted, or in one. Source: torch.searchsorted."""

    keeps = ()
    gives = "int64"

    inputs = (2, 2)
    input_names = ("sorted_sequence", "input")
    example = "64x14 -> searchsorted(sort, narrow 2 0 3)"

    right: bool = arg(Bool(), False, help="after what is equal, and not before it")

    def forward(self, site: Site, *xs: Shape) -> Shape:
        rows, x = xs
        came = f"{shape_text(rows, batch=True)} and {shape_text(x, batch=True)} arrive"
        if not rows:
            site.refuse("wrong-rank", f"searchsorted needs a row that is sorted, but {came}")
        if len(rows) == 1:
            return x
        message = f"searchsorted needs values for each of its rows, or a single row, but {came}"
        if len(rows) != len(x):
            site.refuse("wrong-rank", message)
        for left, right in zip(rows[:-1], x[:-1]):
            if left != right:
                site.unequal(left, right, "shape-mismatch", message)
        return x

    def reach(self, xs: Shapes, ys: Shapes) -> Reaches:
        rows = len(xs[0])
        sequence: Reach = {a: (a, SAME) if a < rows - 1 else (None, ANY) for a in range(rows)}
        return [sequence, along(xs[1], [])]

    def run(self, torch: Any, part: Any, *xs: Any) -> Any:
        return torch.searchsorted(xs[0], xs[1].to(xs[0].dtype), right=self.right)

    @classmethod
    def drawn(cls, draw: Random) -> Drawn:
        shape = drawn_shape(draw) if draw.random() < 0.9 else ()
        rows: tuple[int, ...] = (*shape[:-1], draw.choice([1, 3, 5]))
        changed = (3, *shape[1:-1], 4)
        return {"right": draw.random() < 0.5}, [draw.choice([rows, rows, (4,), changed]), shape]


class Multinomial(Layer, name="multinomial"):
    """Indices drawn by how likely a row says that each is. Source: torch.multinomial."""

    keeps = ()
    gives = "int64"

    example = "1000 -> softmax -> multinomial 5"

    num_samples: Dim = arg(Int(1, open=True), help="how many of each row")
    replacement: bool = arg(Bool(), False, help="one can be drawn again")

    @classmethod
    def fed(cls, at: int, zeros: Any) -> Any:
        return zeros + 1

    def forward(self, site: Site, *xs: Shape) -> Shape:
        (x,) = xs
        if len(x) not in (1, 2):
            site.refuse("wrong-rank", f"multinomial takes a row or several, but {shape_text(x, batch=True)} arrives")
        if not self.replacement:
            message = f"multinomial draws {self.num_samples} of {x[-1]} without replacement"
            site.short(x[-1] - self.num_samples, "bad-argument", message, arg="num_samples")
        if 0 not in x[:-1]:
            site.filled(x[-1:], f"multinomial draws from a row of one value or more, but {shape_text(x)} arrives")
        return (*x[:-1], self.num_samples)

    def reach(self, xs: Shapes, ys: Shapes) -> Reaches:
        rank = len(xs[0])
        return [{a: (a, SAME) if a < rank - 1 else (None, ANY) for a in range(rank)}]

    def run(self, torch: Any, part: Any, *xs: Any) -> Any:
        return torch.multinomial(xs[0], self.num_samples, self.replacement)

    @classmethod
    def drawn(cls, draw: Random) -> Drawn:
        shape = draw.choice([(5,), (3,), (2, 4), (2, 3), (1,), (0,), (2, 0), (0, 3), (2, 3, 4), ()])
        return {"num_samples": draw.choice([0, 1, 2, 4]), "replacement": draw.random() < 0.4}, [shape]


class Isin(Function, name="isin"):
    """Is each value one of those of a second input? Source: torch.isin."""

    keeps = ()
    gives = "bool"

    inputs = (2, 2)
    input_names = ("elements", "test_elements")
    example = "64x14x14 -> isin(identity, arange 8)"

    invert: bool = arg(Bool(), False, help="is it none of them?")

    def reach(self, xs: Shapes, ys: Shapes) -> Reaches:
        return [along(xs[0]), dict.fromkeys(range(len(xs[1])), (None, ANY))]

    def run(self, torch: Any, part: Any, *xs: Any) -> Any:
        return torch.isin(*xs, invert=self.invert)
