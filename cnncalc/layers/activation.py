"""Activations, softmax and dropout: one value in, one value out. They cost no MACs."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar

from cnncalc.layers.arguments import arg
from cnncalc.layers.kinds import Bool, Choice, Int, Number
from cnncalc.layers.layer import Layer
from cnncalc.layers.memory import InnerStep, Kept, MemoryCall, made
from cnncalc.layers.registry import layer_class
from cnncalc.layers.shapes import Named, Shape, Shapes, dims_text
from cnncalc.layers.site import Site, axes_of
from cnncalc.layers.window import ANY, Reaches, Steps, along


class _Elementwise(Layer):
    """The output has the input's shape."""

    layout = "input"

    example = "64x32x32 -> {name}"

    def forward(self, site: Site, *xs: Shape) -> Shape:
        return xs[0]


def inplace() -> Any:
    """The argument that most activations share."""
    return arg(Bool(), False, help="write over the input; the same figures")


class Identity(_Elementwise, torch="Identity", aliases=("clone", "contiguous", "detach")):
    """The input as it is. Source: torch.nn.Identity."""

    keeps = ()

    view: ClassVar[bool] = True


class ReLU(_Elementwise, torch="ReLU"):
    """`max(0, x)`. Source: torch.nn.ReLU."""

    keeps = ("output",)

    inplace: bool = inplace()


class ReLU6(_Elementwise, torch="ReLU6"):
    """`min(max(0, x), 6)`. Source: torch.nn.ReLU6."""

    copied_in_place = True

    keeps = ("input",)

    inplace: bool = inplace()


class LeakyReLU(_Elementwise, torch="LeakyReLU"):
    """`x` where positive, else `negative_slope * x`. Source: torch.nn.LeakyReLU."""

    keeps = ("input",)

    negative_slope: float = arg(Number(), 0.01, help="slope below 0")
    inplace: bool = inplace()


class PReLU(_Elementwise, torch="PReLU"):
    """`x` where positive, else `weight * x`, with one learned slope or one for each channel.

    Source: torch.nn.PReLU.
    """

    numbers = "decimals"
    keeps = ("input",)

    num_parameters: int = arg(Int(1), 1, help="1, or the number of channels")
    init: float = arg(Number(), 0.25, help="slope to start from")

    def forward(self, site: Site, *xs: Shape) -> Shape:
        (x,) = xs
        if self.num_parameters != 1:
            channels = x[1] if len(x) > 1 else 1
            if channels != self.num_parameters:
                site.unequal(
                    self.num_parameters,
                    channels,
                    "channel-mismatch",
                    f"PReLU has {self.num_parameters} slopes, but {channels} channels arrive",
                    arg="num_parameters",
                    hint=f"write 1 slope for all, or {channels}",
                )
        return x

    def params(self, *xs: Shape) -> Named:
        return {"weight": (self.num_parameters,)}


class RReLU(_Elementwise, torch="RReLU"):
    """`x` where positive, else `x` times a slope drawn from `lower` to `upper`. Source: torch.nn.RReLU."""

    keeps = ("input",)

    lower: float = arg(Number(), 0.125, help="smallest slope")
    upper: float = arg(Number(), 1 / 3, help="largest slope")
    inplace: bool = inplace()

    def check(self, site: Site) -> None:
        if self.lower > self.upper:
            site.refuse(
                "bad-argument",
                f"lower of rrelu can be at most upper, but {float(self.lower):g} is more than {float(self.upper):g}",
                arg="lower",
            )

    def saved(self, call: MemoryCall) -> list[Kept] | None:
        (x,) = call.xs
        return [Kept("input", 0), made("mask", x.shape, x.type)]  # the slopes that were drawn


class ELU(_Elementwise, torch="ELU"):
    """`x` where positive, else `alpha*(exp(x) - 1)`. Source: torch.nn.ELU."""

    keeps = ("input",)

    alpha: float = arg(Number(), 1.0, help="depth below 0")
    inplace: bool = inplace()


class CELU(_Elementwise, torch="CELU"):
    """`max(0, x) + min(0, alpha*(exp(x/alpha) - 1))`. Source: torch.nn.CELU."""

    keeps = ("input",)

    alpha: float = arg(Number(), 1.0, help="depth below 0")
    inplace: bool = inplace()

    def check(self, site: Site) -> None:
        if self.alpha == 0:
            site.refuse("bad-argument", "alpha of celu is 0, but divides", arg="alpha")


class SELU(_Elementwise, torch="SELU"):
    """A scaled ELU that keeps mean and variance. Source: torch.nn.SELU."""

    keeps = ("input",)

    inplace: bool = inplace()


class GELU(_Elementwise, torch="GELU"):
    """`x` times the normal distribution function of x. Source: torch.nn.GELU."""

    numbers = "decimals"

    keeps = ("input",)

    approximate: str = arg(Choice("none", "tanh"), "none", help="by tanh instead of the error function")


class SiLU(_Elementwise, torch="SiLU", aliases=("swish",)):
    """`x * sigmoid(x)`. Source: torch.nn.SiLU."""

    copied_in_place = True

    keeps = ("input",)

    inplace: bool = inplace()


class Mish(_Elementwise, torch="Mish"):
    """`x * tanh(softplus(x))`. Source: torch.nn.Mish."""

    copied_in_place = True

    keeps = ("input",)

    inplace: bool = inplace()


class Sigmoid(_Elementwise, torch="Sigmoid"):
    """`1/(1 + exp(-x))`. Source: torch.nn.Sigmoid."""

    keeps = ("output",)


class LogSigmoid(_Elementwise, torch="LogSigmoid"):
    """`log(sigmoid(x))`. Source: torch.nn.LogSigmoid."""

    keeps = ("input",)

    def saved(self, call: MemoryCall) -> list[Kept] | None:
        (x,) = call.xs
        return [Kept("input", 0), made("inner", x.shape, x.type)]


class Tanh(_Elementwise, torch="Tanh"):
    """The hyperbolic tangent. Source: torch.nn.Tanh."""

    keeps = ("output",)


class Tanhshrink(_Elementwise, torch="Tanhshrink"):
    """`x - tanh(x)`. Source: torch.nn.Tanhshrink."""

    def within(self, training: bool, *xs: Shape) -> list[InnerStep] | None:
        return [InnerStep(Tanh(), (0,)), InnerStep(layer_class("sub")(), (0, 1))]


class Hardtanh(_Elementwise, torch="Hardtanh"):
    """`x`, cut to `min_val` and `max_val`. Source: torch.nn.Hardtanh."""

    copied_in_place = True

    keeps = ("input",)

    min_val: float = arg(Number(), -1.0, help="smallest output")
    max_val: float = arg(Number(), 1.0, help="largest output")
    inplace: bool = inplace()

    def check(self, site: Site) -> None:
        if self.max_val <= self.min_val:
            site.refuse(
                "bad-argument",
                f"max_val of hardtanh has to be larger than min_val, but {float(self.max_val):g} "
                f"is not larger than {float(self.min_val):g}",
                arg="max_val",
            )


class Hardsigmoid(_Elementwise, torch="Hardsigmoid"):
    """`relu6(x + 3)/6`. Source: torch.nn.Hardsigmoid."""

    copied_in_place = True

    keeps = ("input",)

    inplace: bool = inplace()


class Hardswish(_Elementwise, torch="Hardswish"):
    """`x * relu6(x + 3)/6`. Source: torch.nn.Hardswish."""

    copied_in_place = True

    keeps = ("input",)

    inplace: bool = inplace()


class Hardshrink(_Elementwise, torch="Hardshrink"):
    """`x`, or 0 where it is within `lambd` of 0. Source: torch.nn.Hardshrink."""

    keeps = ("input",)

    lambd: float = arg(Number(), 0.5, help="width around 0")


class Softplus(_Elementwise, torch="Softplus"):
    """`log(1 + exp(beta*x))/beta`. Source: torch.nn.Softplus."""

    keeps = ("input",)

    beta: float = arg(Number(), 1.0, help="sharpness")
    threshold: float = arg(Number(), 20.0, help="linear above this")


class Softshrink(_Elementwise, torch="Softshrink"):
    """`x`, moved towards 0 by `lambd`. Source: torch.nn.Softshrink."""

    keeps = ("input",)

    lambd: float = arg(Number(least=0), 0.5, help="width around 0")


class Softsign(_Elementwise, torch="Softsign"):
    """`x/(1 + |x|)`. Source: torch.nn.Softsign."""

    def within(self, training: bool, *xs: Shape) -> list[InnerStep] | None:
        size = layer_class("abs")(), layer_class("add")(other=1)
        return [InnerStep(size[0], (0,)), InnerStep(size[1], (1,)), InnerStep(layer_class("div")(), (0, 2))]


class Threshold(_Elementwise, torch="Threshold"):
    """`x` above `threshold`, else `value`. Source: torch.nn.Threshold."""

    copied_in_place = True

    keeps = ("input",)

    example = "64x32x32 -> threshold 0.1 20"

    threshold: float = arg(Number(), help="where to cut")
    value: float = arg(Number(), help="what takes the place of values below the threshold")
    inplace: bool = inplace()


class _AlongAxis(_Elementwise):
    """Softmax and its relatives: every value depends on all along one axis."""

    layout = "rows"

    dim: int | None

    def forward(self, site: Site, *xs: Shape) -> Shape:
        (x,) = xs
        if self.dim is not None:
            axes_of(site, [self.dim], max(1, len(x)))
        return x

    def axis(self, rank: int) -> int:
        # Left out, torch takes axis 0 for 0, 1 and 3 axes, else 1 (torch.nn.functional._get_softmax_dim).
        return (0 if rank in (0, 1, 3) else 1) if self.dim is None else self.dim % max(1, rank)

    def reach(self, xs: Shapes, ys: Shapes) -> Reaches:
        return [along(xs[0], [self.axis(len(xs[0]))])]


class Softmax(_AlongAxis, torch="Softmax"):
    """Positive values that sum to 1 along an axis. Source: torch.nn.Softmax."""

    numbers = "decimals"

    keeps = ("output",)

    dim: int | None = arg(Int(none=True), None, help="the axis, counted with the batch as 0")


class Softmin(_AlongAxis, torch="Softmin"):
    """`softmax(-x)`. Source: torch.nn.Softmin."""

    dim: int | None = arg(Int(none=True), None, help="the axis, counted with the batch as 0")

    def within(self, training: bool, *xs: Shape) -> list[InnerStep] | None:
        return [InnerStep(layer_class("neg")(), (0,)), InnerStep(Softmax(dim=self.axis(len(xs[0]))), (1,))]


class LogSoftmax(_AlongAxis, torch="LogSoftmax"):
    """`log(softmax(x))`. Source: torch.nn.LogSoftmax."""

    numbers = "decimals"

    keeps = ("output",)

    dim: int | None = arg(Int(none=True), None, help="the axis, counted with the batch as 0")


class Softmax2d(_Elementwise, torch="Softmax2d"):
    """Softmax over the channels of each pixel. Source: torch.nn.Softmax2d."""

    layout = "rows"

    keeps = ("output",)

    def forward(self, site: Site, *xs: Shape) -> Shape:
        (x,) = xs
        if len(x) not in (3, 4):
            site.refuse("wrong-rank", f"softmax2d takes channels and two axes, but {dims_text(x)} arrives")
        return x

    def reach(self, xs: Shapes, ys: Shapes) -> Reaches:
        return [along(xs[0], [len(xs[0]) - 3])]


class GLU(Layer, torch="GLU"):
    """Half of an axis times the sigmoid of its other half. Source: torch.nn.GLU."""

    layout = "rows"

    keeps = ("input",)

    example = "64x32x32 -> glu 1"

    dim: int = arg(Int(), -1, help="the axis that is halved, counted with the batch as 0")

    def forward(self, site: Site, *xs: Shape) -> Shape:
        (x,) = xs
        if not x:
            site.refuse("wrong-rank", "glu halves an axis, but a scalar arrives")
        (axis,) = axes_of(site, [self.dim], len(x))
        site.divides(
            x[axis], 2, "not-divisible", f"glu halves axis {self.dim}, but its size, {x[axis]}, is odd", arg="dim"
        )
        return (*x[:axis], x[axis] // 2, *x[axis + 1 :])

    def reach(self, xs: Shapes, ys: Shapes) -> Reaches:
        axis = self.dim % len(xs[0])
        half = ys[0][axis]
        return [along(xs[0], [axis], Steps(1, 1, (((0, 0), (half, half)),)) if isinstance(half, int) else ANY)]


class Dropout(_Elementwise, torch="Dropout"):
    """Zeroes single values in training. Source: torch.nn.Dropout."""

    keeps = ()

    view: ClassVar[bool] = True

    p: float = arg(Number(least=0, most=1), 0.5, help="how likely a value is zeroed")
    inplace: bool = inplace()

    def shares(self, training: bool, given: Sequence[str]) -> bool:
        return not training or self.p == 0 or self.in_place

    def mask(self, x: Shape) -> Shape:
        """The shape of what says which values are dropped."""
        return x

    def saved(self, call: MemoryCall) -> list[Kept] | None:
        (x,) = call.xs
        if self.p == 0 or 0 in x.shape:
            return []
        shape = () if self.p == 1 else self.mask(x.shape)
        return [made("mask", shape, "bool" if call.on_gpu and type(self) is Dropout else x.type, training=True)]


class DropoutN(Dropout, torch="Dropout{n}d", dims=(1, 2, 3)):
    """Zeroes whole channels in training. Source: torch.nn.Dropout2d."""

    example = "64x{axes} -> {name}"

    def forward(self, site: Site, *xs: Shape) -> Shape:
        (x,) = xs
        if self.ndim == 1 and len(x) not in (2, 3):
            site.refuse("wrong-rank", f"dropout1d takes 2 or 3 axes with the batch, but {dims_text(x)} arrives")
        return x

    def mask(self, x: Shape) -> Shape:
        # Without a batch torch puts one in front, but in two axes, where it takes the channels for it.
        front = x if self.ndim == 2 or len(x) == (self.ndim or 0) + 2 else (1, *x)
        return (*front[:2], *(1,) * (len(front) - 2))


class AlphaDropout(Dropout, torch="AlphaDropout"):
    """Dropout that keeps mean and variance. Source: torch.nn.AlphaDropout."""

    def shares(self, training: bool, given: Sequence[str]) -> bool:
        return not training or self.p == 0  # in place too, torch makes a new one


class FeatureAlphaDropout(Dropout, torch="FeatureAlphaDropout"):
    """Alpha dropout of whole channels. Source: torch.nn.FeatureAlphaDropout."""

    def mask(self, x: Shape) -> Shape:
        return (*x[:2], *(1,) * (len(x) - 2))

    def shares(self, training: bool, given: Sequence[str]) -> bool:
        return not training or self.p == 0  # in place too, torch makes a new one
