"""How far two inputs are apart (torch.nn.CosineSimilarity, torch.nn.PairwiseDistance, torch.cdist).

They cost no MACs.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from cnncalc.layers.arguments import arg
from cnncalc.layers.drawing import Drawn, drawn_axis, drawn_shape
from cnncalc.layers.kinds import Bool, Int, Number, said
from cnncalc.layers.layer import Layer
from cnncalc.layers.merge import broadcast, drawn_near
from cnncalc.layers.shapes import Shape, Shapes, shape_text
from cnncalc.layers.site import Site, axes_of
from cnncalc.layers.window import ALL, FIRST, SAME, Reach, Reaches

if TYPE_CHECKING:
    from random import Random


class _Distance(Layer):
    """Two inputs of one shape, of which one axis is reduced."""

    inputs = (2, 2)
    input_names = ("x1", "x2")

    def axis(self, site: Site, rank: int) -> int | None:
        """The axis that is gone, None where there is none; counted from the front."""
        raise NotImplementedError

    def kept(self) -> bool:
        """Does it stay, with size 1?"""
        return False

    def forward(self, site: Site, *xs: Shape) -> Shape:
        both = broadcast(site, self.name, xs)
        axis = self.axis(site, len(both))
        if axis is None:
            return both
        return (*both[:axis], *((1,) if self.kept() else ()), *both[axis + 1 :])

    def reach(self, xs: Shapes, ys: Shapes) -> Reaches:
        rank = max(map(len, xs))
        gone = self.axis(Site(), rank)
        found: list[Reach] = []
        for x in xs:
            reach: dict[int, Any] = {}
            for axis, size in enumerate(x, rank - len(x)):
                to = axis - (gone is not None and axis > gone and not self.kept())
                stretched = size == 1 and any(other[axis - rank] != 1 for other in xs if axis >= rank - len(other))
                lost = axis == gone
                reach[axis - rank + len(x)] = (
                    None if lost and not self.kept() else to,
                    ALL if lost else FIRST if stretched else SAME,
                )
            found.append(reach)
        return found


class CosineSimilarity(_Distance, torch="CosineSimilarity"):
    """The cosine of the angle between two inputs along an axis. Source: torch.nn.CosineSimilarity."""

    example = "128 -> cosinesimilarity(linear 64, linear 64)"

    dim: int = arg(Int(), 1, help="the axis, counted with the batch as 0")
    eps: float = arg(Number(), 1e-8, help="smallest divisor")

    def check(self, site: Site) -> None:
        if self.eps < 0:
            site.refuse("bad-argument", f"eps is the smallest divisor, and 0 or more, not {said(self.eps)}", arg="eps")

    def axis(self, site: Site, rank: int) -> int | None:
        return axes_of(site, [self.dim], rank)[0]

    @classmethod
    def drawn(cls, draw: Random) -> Drawn:
        shape = drawn_shape(draw)
        return {"dim": drawn_axis(draw, len(shape))}, [shape, drawn_near(draw, shape)]


class PairwiseDistance(_Distance, torch="PairwiseDistance"):
    """The length of the difference of two inputs along the last axis. Source: torch.nn.PairwiseDistance."""

    example = "128 -> pairwisedistance(linear 64, linear 64)"

    p: float = arg(Number(), 2.0, help="exponent of the norm")
    eps: float = arg(Number(), 1e-6, help="added to the difference")
    keepdim: bool = arg(Bool(exact=True), False, help="keep the axis, with size 1")

    def axis(self, site: Site, rank: int) -> int | None:
        return rank - 1 if rank else None

    def kept(self) -> bool:
        return self.keepdim

    @classmethod
    def drawn(cls, draw: Random) -> Drawn:
        shape = drawn_shape(draw)
        return {"p": draw.choice([1, 2]), "keepdim": draw.random() < 0.4}, [shape, drawn_near(draw, shape)]


class Cdist(Layer, name="cdist"):
    """The distance of every row of one input from every row of another. Source: torch.cdist."""

    inputs = (2, 2)
    input_names = ("x1", "x2")
    example = "49x32 -> cdist(identity, parameter 16 32)"

    p: float = arg(Number(least=0), 2.0, help="exponent of the norm")

    def forward(self, site: Site, *xs: Shape) -> Shape:
        left, right = xs
        came = f"{shape_text(left, batch=True)} and {shape_text(right, batch=True)} arrive"
        if len(left) < 2 or len(right) < 2:
            site.refuse("wrong-rank", f"cdist takes rows of values, two axes or more, but {came}")
        if left[-1] != right[-1]:
            site.unequal(
                left[-1], right[-1], "shape-mismatch", f"cdist needs rows with as many values in both, but {came}"
            )
        return (*broadcast(site, self.name, (left[:-2], right[:-2])), left[-2], right[-2])

    def reach(self, xs: Shapes, ys: Shapes) -> Reaches:
        rank, found = len(ys[0]), list[Reach]()
        for x, rows in zip(xs, (rank - 2, rank - 1)):
            stack: dict[int, Any] = {
                a: (a + rank - len(x), SAME if x[a] != 1 or ys[0][a + rank - len(x)] == 1 else ALL)
                for a in range(len(x) - 2)
            }
            found.append({**stack, len(x) - 2: (rows, SAME), len(x) - 1: (None, ALL)})
        return found

    def run(self, torch: Any, part: Any, *xs: Any) -> Any:
        return torch.cdist(*xs, p=float(self.p))

    @classmethod
    def drawn(cls, draw: Random) -> Drawn:
        size, stack = draw.choice([1, 2, 3]), draw.choice([(), (2,), (2,), (2, 3)])
        left = (*stack, draw.choice([1, 3, 30]), size)
        right = (*draw.choice([stack, stack, (), (1,) * len(stack), (3,)]), draw.choice([1, 4, 30]), size)
        if draw.random() < 0.15:
            right = draw.choice([right[:-1], (*right[:-1], 5)])
        return {"p": draw.choice([0, 1, 2, 2.5])}, [left, right]
