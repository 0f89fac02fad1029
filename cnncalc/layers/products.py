"""Products of several inputs (torch.bmm, torch.baddbmm, torch.nn.functional.grouped_mm and relatives)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from cnncalc.layers.arguments import arg
from cnncalc.layers.drawing import Drawn
from cnncalc.layers.kinds import Number
from cnncalc.layers.layer import Layer
from cnncalc.layers.merge import drawn_near
from cnncalc.layers.shapes import Shape, Shapes, dims_text, shape_text
from cnncalc.layers.site import Site
from cnncalc.layers.window import ALL, SAME, Reach, Reaches, unknown
from cnncalc.symbolic.expr import Dim, product

if TYPE_CHECKING:
    from random import Random


def agree(site: Site, layer: Layer, left: Dim, right: Dim, xs: Shapes) -> None:
    """Two sizes that a product sums over, or takes side by side, have to be equal."""
    if left != right:
        shapes = " and ".join(map(shape_text, xs))
        site.unequal(
            left, right, "shape-mismatch", f"{layer.name} needs {left} and {right} to be equal ({shapes} arrive)"
        )


def ranks(site: Site, layer: Layer, wanted: Sequence[int], xs: Shapes) -> None:
    """The number of axes that each input has to have."""
    for place, (rank, x) in enumerate(zip(wanted, xs), 1):
        if len(x) != rank:
            site.refuse(
                "wrong-rank",
                f"input {place} of {layer.name} has {rank} {'axis' if rank == 1 else 'axes'}, "
                f"but {dims_text(x)} arrives, which has {len(x)}",
            )


class _Product(Layer):
    """Matrices, or stacks of them, multiplied; MACs are the output elements times the size that is summed over."""

    numbers = "one type"

    inputs = (2, 2)
    axes = 3

    def product(self, site: Site, left: Shape, right: Shape) -> Shape:
        """The shape of the product."""
        ranks(site, self, (self.axes, self.axes), (left, right))
        for a, b in zip(left[:-2], right[:-2]):
            agree(site, self, a, b, (left, right))
        agree(site, self, left[-1], right[-2], (left, right))
        return (*left[:-1], right[-1])

    def forward(self, site: Site, *xs: Shape) -> Shape:
        return self.product(site, *xs)

    def macs(self, xs: Shapes, ys: Shapes) -> Dim:
        return product(ys[0]) * xs[-2][-1]

    def reach(self, xs: Shapes, ys: Shapes) -> Reaches:
        rows, columns = self.axes - 2, self.axes - 1
        batch: dict[int, tuple[int | None, Any]] = {axis: (axis, SAME) for axis in range(rows)}
        factors: list[Reach] = [
            {**batch, rows: (rows, SAME), columns: (None, ALL)},
            {**batch, rows: (None, ALL), columns: (columns, SAME)},
        ]
        return [*super().reach(xs[:-2], ys), *factors]

    def run(self, torch: Any, part: Any, *xs: Any) -> Any:
        return getattr(torch, self.name)(*xs)

    @classmethod
    def drawn(cls, draw: Random) -> Drawn:
        rows, inner, columns = (draw.choice([1, 2, 3, 5]) for _ in range(3))
        batch = (2,) * (cls.axes - 2)
        rows = rows if batch else 2
        left, right = (*batch, rows, inner), (*batch, inner if draw.random() < 0.8 else 4, columns)
        if draw.random() < 0.05:
            left = left[1:]
        if cls.inputs == (2, 2):
            return {}, [left, right]
        return {}, [drawn_near(draw, (*batch, rows, columns)), left, right]


class Bmm(_Product, name="bmm"):
    """The products of two stacks of matrices, without broadcasting. Source: torch.bmm."""

    keeps = ("0:1", "1:0")

    example = "49x32 -> bmm(identity, transpose 1 2)"


class Mm(_Product, name="mm"):
    """The product of two matrices. Source: torch.mm."""

    keeps = ("0:1", "1:0")

    axes = 2
    example = "64 -> mm(identity, parameter 64 32)"


class Baddbmm(_Product, name="baddbmm"):
    """`beta*input + alpha*(batch1 @ batch2)`, for stacks of matrices. Source: torch.baddbmm."""

    keeps = ("1:2", "2:1")

    inputs = (3, 3)
    input_names = ("input", "batch1", "batch2")
    example = "49x32 -> baddbmm(parameter 1 49 49, identity, transpose 1 2)"

    beta: float = arg(Number(), 1, help="factor of what is added to")
    alpha: float = arg(Number(), 1, help="factor of the product")

    def forward(self, site: Site, *xs: Shape) -> Shape:
        added, left, right = xs
        out = self.product(site, left, right)
        if len(added) > len(out):
            site.refuse("shape-mismatch", f"{self.name} adds {dims_text(added)} to {dims_text(out)}, which is less")
        for have, want in zip(reversed(added), reversed(out)):
            if have != 1:
                agree(site, self, have, want, xs)
        return out

    def run(self, torch: Any, part: Any, *xs: Any) -> Any:
        return getattr(torch, self.name)(*xs, beta=float(self.beta), alpha=float(self.alpha))


class Addmm(Baddbmm, name="addmm"):
    """`beta*input + alpha*(mat1 @ mat2)`, for matrices. Source: torch.addmm."""

    axes = 2
    input_names = ("input", "mat1", "mat2")
    example = "64 -> addmm(parameter 32, identity, parameter 64 32)"


class Mv(Layer, name="mv"):
    """A matrix times a vector. torch's counter sees no part of it. Source: torch.mv."""

    numbers = "one type"

    keeps = ("0:1", "1:0")

    inputs = (2, 2)
    example = "64 -> mv(identity, parameter 64)"

    def forward(self, site: Site, *xs: Shape) -> Shape:
        ranks(site, self, (2, 1), xs)
        agree(site, self, xs[0][1], xs[1][0], xs)
        return xs[0][:1]

    def macs(self, xs: Shapes, ys: Shapes) -> Dim:
        return product(xs[0])

    def reach(self, xs: Shapes, ys: Shapes) -> Reaches:
        return [{0: (0, SAME), 1: (None, ALL)}, {0: (None, ALL)}]

    def run(self, torch: Any, part: Any, *xs: Any) -> Any:
        return torch.mv(*xs)

    @classmethod
    def drawn(cls, draw: Random) -> Drawn:
        size = draw.choice([1, 2, 3])
        return {}, [drawn_near(draw, (2, size)), (size,)]


class Dot(Layer, name="dot"):
    """The sum of the products of two vectors. torch's counter sees no part of it. Source: torch.dot."""

    numbers = "one type"

    keeps = ("0:1", "1:0")

    inputs = (2, 2)
    example = "64 -> dot(parameter 64, parameter 64)"

    def forward(self, site: Site, *xs: Shape) -> Shape:
        ranks(site, self, (1, 1), xs)
        agree(site, self, xs[0][0], xs[1][0], xs)
        return ()

    def macs(self, xs: Shapes, ys: Shapes) -> Dim:
        return xs[0][0]

    def reach(self, xs: Shapes, ys: Shapes) -> Reaches:
        return [{0: (None, ALL)}] * 2

    def run(self, torch: Any, part: Any, *xs: Any) -> Any:
        return torch.dot(*xs)

    @classmethod
    def drawn(cls, draw: Random) -> Drawn:
        return {}, [(3,), draw.choice([(3,), (3,), (1,), (3, 3)])]


class Outer(Layer, name="outer"):
    """Every value of one vector times every value of another. Source: torch.outer."""

    keeps = ("0:1", "1:0")

    inputs = (2, 2)
    example = "64 -> outer(arange 49, arange 16)"

    def forward(self, site: Site, *xs: Shape) -> Shape:
        ranks(site, self, (1, 1), xs)
        return (*xs[0], *xs[1])

    def reach(self, xs: Shapes, ys: Shapes) -> Reaches:
        return [{0: (0, SAME)}, {0: (1, SAME)}]

    def run(self, torch: Any, part: Any, *xs: Any) -> Any:
        return torch.outer(*xs)

    @classmethod
    def drawn(cls, draw: Random) -> Drawn:
        return {}, [(draw.choice([1, 3]),), draw.choice([(3,), (4,), (1,), (3, 3)])]


class GroupedMm(Layer, name="grouped_mm"):
    """Rows in groups, each group times a matrix of its own: the experts of a mixture, one after the other.

    The first input has the rows of all groups, sorted by group, the second a matrix for each group, and the third
    where each group ends. Every row is multiplied once, whichever group it is in, so that the MACs do not depend on
    the routing: for t tokens that go to k experts each they are `t*k*in_features*out_features`. Two stacks of
    matrices need no ends, and between two matrices the ends divide the axis that is summed over.

    torch's counter sees no part of it. What torch's kernels ask of alignment is not refused.
    Source: torch.nn.functional.grouped_mm.
    """

    inputs = (2, 3)
    input_names = ("mat_a", "mat_b", "offs")
    integer_inputs = (2,)
    example = "64 -> grouped_mm(identity, parameter 8 64 32, buffer 8)"

    def forward(self, site: Site, *xs: Shape) -> Shape:
        left, right = xs[:2]
        came = f"{dims_text(left)} and {dims_text(right)} arrive"
        if len(left) not in (2, 3) or len(right) not in (2, 3):
            site.refuse("wrong-rank", f"grouped_mm takes matrices, or stacks of them, but {came}")
        stacks = len(left) == len(right) == 3
        if stacks == (len(xs) == 3):
            wanted = "no ends of groups between two stacks" if stacks else "a third input with the ends of the groups"
            site.refuse("wrong-count", f"grouped_mm takes {wanted} ({came})")
        agree(site, self, left[-1], right[-2], xs)
        if stacks:
            agree(site, self, left[0], right[0], xs)
            return (*left[:-1], right[-1])
        ends = xs[2]
        if len(ends) != 1:
            site.refuse("wrong-rank", f"the ends of groups are a list, but {dims_text(ends)} arrives")
        for stack in (left, right):
            if len(stack) == 3:
                agree(site, self, stack[0], ends[0], xs)
        if len(left) == len(right):
            return (ends[0], left[0], right[1])
        return (left[-2], right[-1])

    def macs(self, xs: Shapes, ys: Shapes) -> Dim:
        left, right = xs[:2]
        if len(left) == len(right) == 2:  # the groups share what is summed over
            return product(left) * right[-1]
        return product(ys[0]) * left[-1]

    def reach(self, xs: Shapes, ys: Shapes) -> Reaches:
        return list(map(unknown, xs))  # which rows a group has, the third input says

    def run(self, torch: Any, part: Any, *xs: Any) -> Any:
        left, right = (x.to(torch.bfloat16) for x in xs[:2])  # the only type that torch has it for everywhere
        ends = xs[2].to(torch.int32) if len(xs) == 3 else None
        return torch.nn.functional.grouped_mm(left, right, offs=ends).to(xs[0].dtype)

    @classmethod
    def drawn(cls, draw: Random) -> Drawn:
        groups, rows, inner, columns = draw.choice([1, 2, 3]), *(draw.choice([8, 16]) for _ in range(3))
        left, right = draw.choice(
            [
                ((rows, inner), (groups, inner, columns)),
                ((rows, inner), (groups, inner, columns)),
                ((groups, rows, inner), (groups, inner, columns)),
                ((groups, rows, inner), (inner, columns)),
                ((rows, inner), (inner, columns)),
                ((groups, rows, inner), (4, inner, columns)),
                ((rows, inner), (groups, 24, columns)),
                ((rows,), (groups, inner, columns)),
            ]
        )
        ends = [(groups,)] if draw.random() < 0.9 else [(groups + 1,)]
        wanted = not len(left) == len(right) == 3
        return {}, [left, right, *(ends if wanted == (draw.random() < 0.9) else [])]
