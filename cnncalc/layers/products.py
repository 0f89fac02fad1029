"""Products of several inputs (torch.bmm, torch.baddbmm, torch.nn.functional.linear and relatives)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from cnncalc.layers.base import ALL, SAME, Layer, Reach, Shape, Shapes, Site, arg, dims_text, shape_text
from cnncalc.layers.kinds import Number
from cnncalc.layers.merge import drawn_near
from cnncalc.layers.shape import Drawn
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

    def reach(self, xs: Shapes, ys: Shapes) -> list[Reach]:
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

    example = "49x32 -> bmm(identity, transpose 1 2)"


class Mm(_Product, name="mm"):
    """The product of two matrices. Source: torch.mm."""

    axes = 2
    example = "64 -> mm(identity, parameter 64 32)"


class Baddbmm(_Product, name="baddbmm"):
    """`beta*input + alpha*(batch1 @ batch2)`, for stacks of matrices. Source: torch.baddbmm."""

    inputs = (3, 3)
    input_names = ("input", "batch1", "batch2")
    example = "49x32 -> baddbmm(parameter 1 49 49, identity, transpose 1 2)"

    beta: Any = arg(Number(), 1, help="factor of what is added to")
    alpha: Any = arg(Number(), 1, help="factor of the product")

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

    inputs = (2, 2)
    example = "64 -> mv(identity, parameter 64)"

    def forward(self, site: Site, *xs: Shape) -> Shape:
        ranks(site, self, (2, 1), xs)
        agree(site, self, xs[0][1], xs[1][0], xs)
        return xs[0][:1]

    def macs(self, xs: Shapes, ys: Shapes) -> Dim:
        return product(xs[0])

    def reach(self, xs: Shapes, ys: Shapes) -> list[Reach]:
        return [{0: (0, SAME), 1: (None, ALL)}, {0: (None, ALL)}]

    def run(self, torch: Any, part: Any, *xs: Any) -> Any:
        return torch.mv(*xs)

    @classmethod
    def drawn(cls, draw: Random) -> Drawn:
        size = draw.choice([1, 2, 3])
        return {}, [drawn_near(draw, (2, size)), (size,)]


class Dot(Layer, name="dot"):
    """The sum of the products of two vectors. torch's counter sees no part of it. Source: torch.dot."""

    inputs = (2, 2)
    example = "64 -> dot(parameter 64, parameter 64)"

    def forward(self, site: Site, *xs: Shape) -> Shape:
        ranks(site, self, (1, 1), xs)
        agree(site, self, xs[0][0], xs[1][0], xs)
        return ()

    def macs(self, xs: Shapes, ys: Shapes) -> Dim:
        return xs[0][0]

    def reach(self, xs: Shapes, ys: Shapes) -> list[Reach]:
        return [{0: (None, ALL)}] * 2

    def run(self, torch: Any, part: Any, *xs: Any) -> Any:
        return torch.dot(*xs)

    @classmethod
    def drawn(cls, draw: Random) -> Drawn:
        return {}, [(3,), draw.choice([(3,), (3,), (1,), (3, 3)])]


class Outer(Layer, name="outer"):
    """Every value of one vector times every value of another. Source: torch.outer."""

    inputs = (2, 2)
    example = "64 -> outer(arange 49, arange 16)"

    def forward(self, site: Site, *xs: Shape) -> Shape:
        ranks(site, self, (1, 1), xs)
        return (*xs[0], *xs[1])

    def reach(self, xs: Shapes, ys: Shapes) -> list[Reach]:
        return [{0: (0, SAME)}, {0: (1, SAME)}]

    def run(self, torch: Any, part: Any, *xs: Any) -> Any:
        return torch.outer(*xs)

    @classmethod
    def drawn(cls, draw: Random) -> Drawn:
        return {}, [(draw.choice([1, 3]),), draw.choice([(3,), (4,), (1,), (3, 3)])]
