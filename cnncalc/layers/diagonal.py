"""Diagonals of two axes (torch.diagonal and torch.diag_embed). They cost no MACs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from cnncalc.layers.arguments import arg
from cnncalc.layers.drawing import Drawn, drawn_axis, drawn_shape
from cnncalc.layers.kinds import Int
from cnncalc.layers.layer import Layer
from cnncalc.layers.memory import MemoryTensor
from cnncalc.layers.shapes import Shape, Shapes
from cnncalc.layers.site import Site, axes_of
from cnncalc.layers.window import ANY, SAME, Reaches
from cnncalc.symbolic.expr import greatest, least

if TYPE_CHECKING:
    from random import Random


class _OfTwoAxes(Layer):
    """The two axes, of which `offset` says how far off the diagonal is."""

    keeps = ()

    offset: int = arg(Int(), 0, help="how far above the main diagonal, or below where it is negative")
    dim1: int
    dim2: int

    def axes(self, site: Site, rank: int) -> tuple[int, int]:
        """The two axes, which may not be one."""
        (first,) = axes_of(site, [self.dim1], rank, "dim1")
        (second,) = axes_of(site, [self.dim2], rank, "dim2")
        if first == second:
            text = f"{self.name} takes two axes, but dim1 and dim2 are both axis {first}"
            site.refuse("bad-argument", text, arg="dim2")
        return first, second

    @classmethod
    def drawn(cls, draw: Random) -> Drawn:
        shape = drawn_shape(draw)
        found: dict[str, Any] = {"offset": draw.choice([0, 0, 1, -1, 3, -4])} if draw.random() < 0.7 else {}
        for key in ("dim1", "dim2"):
            if draw.random() < 0.5:
                found[key] = drawn_axis(draw, max(1, len(shape)))
        return found, [shape]


class Diagonal(_OfTwoAxes, name="diagonal"):
    """The diagonal of two axes, as a last axis in their place. Source: torch.diagonal."""

    view: ClassVar[bool] = True
    rearranges: ClassVar[bool] = True

    example = "8x8 -> diagonal dim1=1 dim2=2"

    dim1: int = arg(Int(), 0, help="the first axis, counted with the batch as 0")
    dim2: int = arg(Int(), 1, help="the second axis")

    def forward(self, site: Site, *xs: Shape) -> Shape:
        (x,) = xs
        first, second = self.axes(site, len(x))
        rows, columns = x[first] + min(0, self.offset), x[second] - max(0, self.offset)
        kept = [size for axis, size in enumerate(x) if axis not in (first, second)]
        return (*kept, greatest(0, least(rows, columns)))

    def viewed(self, x: MemoryTensor, y: Shape) -> Shape | None:
        both = [self.dim1 % len(x.shape), self.dim2 % len(x.shape)]
        kept = [stride for axis, stride in enumerate(x.strides) if axis not in both]
        return (*kept, x.strides[both[0]] + x.strides[both[1]])

    def reach(self, xs: Shapes, ys: Shapes) -> Reaches:
        both = [self.dim1 % len(xs[0]), self.dim2 % len(xs[0])]
        kept = [axis for axis in range(len(xs[0])) if axis not in both]
        return [{**{axis: (new, SAME) for new, axis in enumerate(kept)}, **dict.fromkeys(both, (None, ANY))}]

    def run(self, torch: Any, part: Any, *xs: Any) -> Any:
        return torch.diagonal(xs[0], self.offset, self.dim1, self.dim2)


class DiagEmbed(_OfTwoAxes, name="diag_embed"):
    """The last axis as the diagonal of two new ones, with zeros beside it. Source: torch.diag_embed."""

    example = "8 -> diag_embed"

    dim1: int = arg(Int(), -2, help="the first new axis, counted with the batch as 0")
    dim2: int = arg(Int(), -1, help="the second new axis")

    def forward(self, site: Site, *xs: Shape) -> Shape:
        (x,) = xs
        first, second = self.axes(site, len(x) + 1)
        size = (x[-1] if x else 1) + abs(self.offset)
        kept = iter(x[:-1])
        return tuple([size if axis in (first, second) else next(kept) for axis in range(max(2, len(x) + 1))])

    def reach(self, xs: Shapes, ys: Shapes) -> Reaches:
        both = [self.dim1 % len(ys[0]), self.dim2 % len(ys[0])]
        kept = [axis for axis in range(len(ys[0])) if axis not in both]
        return [{**{axis: (new, SAME) for axis, new in enumerate(kept)}, len(xs[0]) - 1: (None, ANY)}]

    def run(self, torch: Any, part: Any, *xs: Any) -> Any:
        return torch.diag_embed(xs[0], self.offset, self.dim1, self.dim2)
