"""Layers whose weight is another value of the network (torch.nn.functional.linear, torch.nn.functional.conv2d)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from cnncalc.layers.arrange import Drawn
from cnncalc.layers.base import ALL, SAME, Layer, Reach, Shape, Shapes, Site, arg, dims_text
from cnncalc.layers.conv import Conv
from cnncalc.layers.kinds import Int, Sizes
from cnncalc.layers.merge import broadcast, drawn_shape
from cnncalc.layers.products import agree, ranks
from cnncalc.layers.registry import layer_class
from cnncalc.symbolic.expr import Dim, Expr, product

if TYPE_CHECKING:
    from random import Random


class FLinear(Layer, name="F.linear"):
    """A fully connected layer whose weight, and perhaps bias, is another value: tied weights.

    Source: torch.nn.functional.linear.
    """

    stem = "linear"
    inputs = (2, 3)
    input_names = ("input", "weight", "bias")
    example = "49x64 -> F.linear(identity, parameter 1000 64)"

    def forward(self, site: Site, *xs: Shape) -> Shape:
        x, weight, *bias = xs
        if not x or len(weight) not in (1, 2):
            site.refuse(
                "wrong-rank", f"the weight of F.linear is a matrix or a vector, but {dims_text(weight)} arrives"
            )
        agree(site, self, x[-1], weight[-1], xs)
        out = (*x[:-1], *weight[:-1])
        for one in bias:
            if len(weight) == 1 and one:
                site.refuse(
                    "shape-mismatch", f"beside a vector, the bias of F.linear is a scalar, not {dims_text(one)}"
                )
            if len(one) > 1 or broadcast(site, self.name, (out, one)) != out:
                site.refuse(
                    "shape-mismatch", f"the bias of F.linear is {dims_text(one)}, but {dims_text(out)} goes out"
                )
        return out

    def macs(self, xs: Shapes, ys: Shapes) -> Dim:
        return product(xs[0]) * product(xs[1][:-1])

    def reach(self, xs: Shapes, ys: Shapes) -> list[Reach]:
        last = len(xs[0]) - 1
        whole = last if len(xs[1]) > 1 else None
        first: Reach = {axis: (whole, ALL) if axis == last else (axis, SAME) for axis in range(last + 1)}
        weight: Reach = {0: (last, SAME), 1: (None, ALL)} if len(xs[1]) > 1 else {0: (None, ALL)}
        return [first, weight, *({a: (a + len(ys[0]) - len(b), SAME) for a in range(len(b))} for b in xs[2:])]

    def run(self, torch: Any, part: Any, *xs: Any) -> Any:
        return torch.nn.functional.linear(*xs)

    @classmethod
    def drawn(cls, draw: Random) -> Drawn:
        x = drawn_shape(draw)
        out = draw.choice([1, 3, 5])
        weight = (out, x[-1] if draw.random() < 0.8 else 3)
        return {}, [x, weight, *([(out if draw.random() < 0.8 else 2,)] if draw.random() < 0.5 else [])]


class FConv(Layer, name="F.conv{n}d", dims=(1, 2, 3)):
    """A convolution whose weight, and perhaps bias, is another value of the network.

    Output size and MACs as those of the layer. Source: torch.nn.functional.conv2d.
    """

    stem = "conv"
    inputs = (2, 3)
    input_names = ("input", "weight", "bias")
    example = "3x32x32 -> F.conv2d(identity, parameter 16 3 3 3, padding=1)"

    stride: tuple[int, ...] = arg(Sizes(1), 1, short="s", help="step from one window to the next")
    padding: tuple[int, ...] | str = arg(
        Sizes(0, words=("same", "valid")), 0, short="p", help="zeros added on each side; same keeps the size"
    )
    dilation: tuple[int, ...] = arg(Sizes(1), 1, short="d", help="distance between the window's inputs")
    groups: int = arg(Int(1), 1, short="g", help="channels are cut into so many separate groups")

    def conv(self, site: Site, weight: Shape) -> Conv:
        """The layer that has a weight of this shape."""
        axes = 2 + (self.ndim or 0)
        if len(weight) != axes:
            site.refuse("wrong-rank", f"the weight of {self.name} has {axes} axes, but {dims_text(weight)} arrives")
        if any(isinstance(size, Expr) for size in weight[2:]):
            site.refuse("bad-argument", f"the kernel of {self.name} has to be numbers, but {dims_text(weight)} arrives")
        shared = {key: getattr(self, key) for key in self.arguments}
        layer = layer_class(f"conv{self.ndim}d")(
            in_channels=weight[1] * self.groups, out_channels=weight[0], kernel_size=weight[2:], **shared
        )
        assert isinstance(layer, Conv)
        layer.check(site)
        return layer

    def forward(self, site: Site, *xs: Shape) -> Shape:
        x, weight, *bias = xs
        for one in bias:
            ranks(site, self, (1,), (one,))
            agree(site, self, one[0], weight[0], xs)
        return self.conv(site, weight).forward(site, x)

    def macs(self, xs: Shapes, ys: Shapes) -> Dim:
        return self.conv(Site(), xs[1]).macs(xs[:1], ys)

    def reach(self, xs: Shapes, ys: Shapes) -> list[Reach]:
        channel = len(ys[0]) - (self.ndim or 0) - 1
        weight: Reach = {axis: (channel, SAME) if axis == 0 else (None, ALL) for axis in range(len(xs[1]))}
        return [*self.conv(Site(), xs[1]).reach(xs[:1], ys), weight, *({0: (channel, SAME)} for _ in xs[2:])]

    def run(self, torch: Any, part: Any, *xs: Any) -> Any:
        function = getattr(torch.nn.functional, f"conv{self.ndim}d")
        return function(*xs, **{key: getattr(self, key) for key in self.arguments})

    @classmethod
    def drawn(cls, draw: Random) -> Drawn:
        axes, groups = cls.ndim or 0, draw.choice([1, 1, 2])
        channels, out = draw.choice([2, 4]), draw.choice([2, 4, 3])
        kernel = tuple(draw.choice([1, 2, 3]) for _ in range(axes))
        x = (2, channels, *(draw.choice([2, 3, 5, 6]) for _ in range(axes)))
        arguments = {"stride": draw.choice([1, 2]), "padding": draw.choice([0, 1, "same"]), "groups": groups}
        weight = (out, channels // groups if draw.random() < 0.9 else 3, *kernel)
        return arguments, [x, weight, *([(out if draw.random() < 0.8 else 5,)] if draw.random() < 0.5 else [])]
