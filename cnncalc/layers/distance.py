"""How far two inputs are apart (torch.nn.CosineSimilarity, torch.nn.PairwiseDistance). They cost no MACs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from cnncalc.layers.base import ALL, SAME, Layer, Reach, Shape, Shapes, Site, arg, axes_of
from cnncalc.layers.kinds import Bool, Int, Number
from cnncalc.layers.merge import broadcast, drawn_near
from cnncalc.layers.shape import Drawn, drawn_axis, drawn_shape

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

    def reach(self, xs: Shapes, ys: Shapes) -> list[Reach]:
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
                    ALL if lost or stretched else SAME,
                )
            found.append(reach)
        return found


class CosineSimilarity(_Distance, torch="CosineSimilarity"):
    """The cosine of the angle between two inputs along an axis. Source: torch.nn.CosineSimilarity."""

    example = "128 -> cosinesimilarity(linear 64, linear 64)"

    dim: int = arg(Int(), 1, help="the axis, counted with the batch as 0")
    eps: float = arg(Number(), 1e-8, help="smallest divisor")

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
    keepdim: bool = arg(Bool(), False, help="keep the axis, with size 1")

    def axis(self, site: Site, rank: int) -> int | None:
        return rank - 1 if rank else None

    def kept(self) -> bool:
        return self.keepdim

    @classmethod
    def drawn(cls, draw: Random) -> Drawn:
        shape = drawn_shape(draw)
        return {"p": draw.choice([1, 2]), "keepdim": draw.random() < 0.4}, [shape, drawn_near(draw, shape)]
