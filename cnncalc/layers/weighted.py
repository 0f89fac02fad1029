"""Layers whose weight is a value of the network and no parameter of their own (torch.nn.functional.conv2d).

A weight that is worked out first, or that belongs to another layer, comes in as the second input.
"""

from __future__ import annotations

from typing import Any

from cnncalc.layers.base import ALL, SAME, Layer, Reach, Shape, Shapes, Site, arg, dims_text
from cnncalc.layers.kinds import Int, Sizes
from cnncalc.symbolic.expr import Dim


class _Weighted(Layer):
    """A layer of `cnncalc.layers.conv`, with the weight, and perhaps the bias, as further inputs."""

    inputs = (2, 3)
    input_names = ("input", "weight", "bias")
    family: Any

    def plain(self, site: Site, weight: Shape) -> Layer:
        """The layer with parameters that the weight has the shape of."""
        axes = self.ndim or 0
        if len(weight) != axes + 2:
            site.refuse("wrong-rank", f"the weight of {self.name} has {axes + 2} axes, but {dims_text(weight)} arrives")
        from cnncalc.layers.registry import layer_class

        values = {key: getattr(self, key) for key in self.arguments}
        layer: Layer = layer_class(f"{self.family}{axes}d")(
            **self.channels(weight), kernel_size=weight[2:], bias=False, **values
        )
        layer.check(site)
        return layer

    def channels(self, weight: Shape) -> dict[str, Dim]:
        raise NotImplementedError

    def forward(self, site: Site, *xs: Shape) -> Shape | list[Shape]:
        return self.plain(site, xs[1]).forward(site, xs[0])

    def macs(self, xs: Shapes, ys: Shapes) -> Dim:
        return self.plain(Site(), xs[1]).macs(xs[:1], ys)

    def reach(self, xs: Shapes, ys: Shapes) -> list[Reach]:
        first = self.plain(Site(), xs[1]).reach(xs[:1], ys)
        return [*first, *(dict.fromkeys(range(len(x)), (None, ALL)) for x in xs[1:])]

    def function(self, torch: Any) -> Any:
        return getattr(torch.nn.functional, f"{self.torch_function}{self.ndim}d")

    torch_function = ""

    def run(self, torch: Any, part: Any, *xs: Any) -> Any:
        return self.function(torch)(*xs, **{key: getattr(self, key) for key in self.arguments})


class Convolve(_Weighted, name="convolve{n}d", dims=(1, 2, 3)):
    """A convolution with a weight that comes in. Source: torch.nn.functional.conv2d.

    Weight (out_channels, in_channels/groups, *kernel_size). The rules are those of conv2d.
    """

    example = "3x8x8 -> convolve(identity, parameter 4 3 3 3, p=1)"
    family = "conv"
    torch_function = "conv"

    stride: tuple[int, ...] = arg(Sizes(1), 1, short="s", help="step from one window to the next")
    padding: tuple[int, ...] | str = arg(
        Sizes(0, words=("same", "valid")), 0, short="p", help="zeros added on each side; same keeps the size"
    )
    dilation: tuple[int, ...] = arg(Sizes(1), 1, short="d", help="distance between the window's inputs")
    groups: Dim = arg(Int(1, open=True), 1, short="g", help="channels are cut into so many separate groups")

    def channels(self, weight: Shape) -> dict[str, Dim]:
        return {"out_channels": weight[0], "in_channels": weight[1] * self.groups}


class ConvolveTranspose(_Weighted, name="convolvetranspose{n}d", dims=(1, 2, 3)):
    """A transposed convolution with a weight that comes in. Source: torch.nn.functional.conv_transpose2d.

    Weight (in_channels, out_channels/groups, *kernel_size). The rules are those of convtranspose2d.
    """

    example = "3x8x8 -> convolvetranspose(identity, parameter 3 4 2 2, s=2)"
    family = "convtranspose"
    torch_function = "conv_transpose"

    stride: tuple[int, ...] = arg(Sizes(1), 1, short="s", help="step from one window to the next")
    padding: tuple[int, ...] = arg(Sizes(0), 0, short="p", help="pixels cut from each side of the output")
    output_padding: tuple[int, ...] = arg(Sizes(0), 0, help="pixels added on the right, to choose among sizes")
    groups: Dim = arg(Int(1, open=True), 1, short="g", help="channels are cut into so many separate groups")
    dilation: tuple[int, ...] = arg(Sizes(1), 1, short="d", help="distance between the window's outputs")

    def channels(self, weight: Shape) -> dict[str, Dim]:
        return {"in_channels": weight[0], "out_channels": weight[1] * self.groups}


class LookUp(Layer, name="look_up"):
    """The rows of a table by their indices. Source: torch.nn.functional.embedding.

    The first input holds the indices, the second is the table, whose rows may be those of another layer.
    """

    example = "8 -> look_up(input, parameter 100 16)"
    inputs = (2, 2)
    input_names = ("input", "weight")
    integer_inputs = (0,)

    def forward(self, site: Site, *xs: Shape) -> Shape:
        indices, table = xs
        if len(table) != 2:
            site.refuse("wrong-rank", f"look_up takes a table of rows, but {dims_text(table)} arrives")
        return (*indices, table[1])

    def reach(self, xs: Shapes, ys: Shapes) -> list[Reach]:
        return [{axis: (axis, SAME) for axis in range(len(xs[0]))}, {0: (None, ALL), 1: (len(ys[0]) - 1, SAME)}]

    def run(self, torch: Any, part: Any, *xs: Any) -> Any:
        return torch.nn.functional.embedding(*xs)
