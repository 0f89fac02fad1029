"""Normalisation (torch.nn.BatchNorm2d, LayerNorm, GroupNorm and their relatives). They cost no MACs."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar

from cnncalc.layers.arguments import arg
from cnncalc.layers.conv import groups_hint
from cnncalc.layers.kinds import Bool, Int, Ints, Number, said
from cnncalc.layers.layer import Layer
from cnncalc.layers.memory import SIZES, InnerStep, Kept, MemoryCall, MemoryTensor, made, rows
from cnncalc.layers.registry import layer_class
from cnncalc.layers.shapes import Named, Shape, Shapes, dims_text, is_batch, shape_text
from cnncalc.layers.site import Site
from cnncalc.layers.window import ALL, Reaches, along, blocks, window_steps
from cnncalc.symbolic.expr import Dim, product


def statistics_type(type: str) -> str:
    """The type in which means and variances are kept: half precision has not enough digits for them."""
    return "float32" if SIZES[type] == 2 else type


class _ChannelNorm(Layer):
    """Norms with one mean and variance for each channel."""

    numbers = "decimals"

    num_features: Dim | None
    affine: bool
    bias: bool
    track_running_stats: bool
    unbatched: ClassVar[bool] = False  # takes an input without batch

    def channel_axis(self, site: Site, x: Shape) -> int:
        ranks = self.ranks()
        if len(x) not in ranks:
            site.refuse(
                "wrong-rank",
                f"{self.name} takes {' or '.join(map(str, ranks))} axes with the batch, "
                f"but {dims_text(x)} arrives, which has {len(x)}",
                hint=self.other_member(len(x)),
            )
        return 0 if self.unbatched and len(x) == ranks[0] else 1

    def ranks(self) -> list[int]:
        raise NotImplementedError

    def other_member(self, rank: int) -> str | None:
        fits = {2: 1, 3: 1, 4: 2, 5: 3}.get(rank)
        return f"write {self.name[:-2]}{fits}d, or {self.stem} for the one that fits" if fits else None

    def forward(self, site: Site, *xs: Shape) -> Shape:
        (x,) = xs
        axis = self.channel_axis(site, x)
        if self.affine or self.track_running_stats:
            self.expect(site, "num_features", x[axis], "channels")
        return x

    def arrives(self, *xs: Shape) -> dict[str, Dim]:
        return {"num_features": self._channels(xs[0])}

    def _channels(self, x: Shape) -> Dim:
        return x[0] if self.unbatched and len(x) == self.ranks()[0] else x[1]

    def params(self, *xs: Shape) -> Named:
        channels = (self._channels(xs[0]),)
        weight: Named = {"weight": channels} if self.affine else {}
        return weight | {"bias": channels} if weight and self.bias else weight

    def buffers(self, *xs: Shape) -> Named:
        channels = (self._channels(xs[0]),)
        if not self.track_running_stats:
            return {}
        return {"running_mean": channels, "running_var": channels, "num_batches_tracked": ()}


class BatchNorm(_ChannelNorm, torch="BatchNorm{n}d", dims=(1, 2, 3), aliases=("bn",), lazy=True):
    """Batch normalisation: each channel shifted and scaled to a mean of 0 and a variance of 1.

    Parameters: a weight and a bias for each channel (`affine`). Buffers: the running mean and variance
    of each channel, and the number of batches seen (`track_running_stats`). Source: torch.nn.BatchNorm2d.
    """

    layout = "image"

    example = "64x112x112 -> bn"
    stem = "bn"

    positional = ()
    num_features: Dim | None = arg(Int(1, open=True), inferred=True, help="channels that come in")
    eps: float = arg(Number(), 1e-5, help="added to the variance")
    momentum: float | None = arg(Number(none=True), 0.1, help="weight of the newest batch; None: plain mean")
    affine: bool = arg(Bool(), True, help="learn a weight and a bias for each channel")
    track_running_stats: bool = arg(Bool(), True, help="keep the running mean and variance")
    bias: bool = arg(Bool(), True, help="and the bias (with affine)")

    def saved(self, call: MemoryCall) -> list[Kept] | None:
        (x,) = call.xs
        channels = (self._channels(x.shape),)
        found = [made("statistics", channels, statistics_type(x.type), self.track_running_stats) for _ in range(2)]
        return [Kept("input", 0), *found]

    @classmethod
    def axes_for(cls, rank: int) -> int:
        return max(1, rank - 2)  # BatchNorm1d takes features without an axis too

    def ranks(self) -> list[int]:
        return [2, 3] if self.ndim == 1 else [(self.ndim or 0) + 2]

    def check(self, site: Site) -> None:
        if self.eps < 0 or (self.eps == 0 and not self.track_running_stats):
            least = "0 or more" if self.track_running_stats else "above 0 without running statistics"
            site.refuse("bad-argument", f"eps of {self.name} is {least}, not {said(self.eps)}", arg="eps")

    def forward(self, site: Site, *xs: Shape) -> Shape:
        x = super().forward(site, *xs)
        if not self.track_running_stats:
            # Without running statistics one value has no variance (torch.nn.functional.batch_norm).
            message = f"{self.name} without running statistics needs more than one value in each channel, but "
            values = x[0] * product(x[2:])
            site.short(values - 2, "too-few-values", message + f"{shape_text(x, batch=True)} arrives")
        return x

    def reach(self, xs: Shapes, ys: Shapes) -> Reaches:
        # Outside of training, running statistics take the place of those of the batch.
        return [along(xs[0], () if self.track_running_stats else [0, *range(2, len(xs[0]))])]


class InstanceNorm(_ChannelNorm, torch="InstanceNorm{n}d", dims=(1, 2, 3), lazy=True):
    """Instance normalisation: each channel of each sample by its own mean and variance.

    By default it has neither parameters nor buffers. Source: torch.nn.InstanceNorm2d.
    """

    example = "64x32x32 -> instancenorm affine=yes"
    unbatched = True

    positional = ()
    num_features: Dim | None = arg(Int(1, open=True), inferred=True, help="channels that come in")
    eps: float = arg(Number(), 1e-5, help="added to the variance")
    momentum: float | None = arg(Number(none=True), 0.1, help="weight of the newest batch; None: plain mean")
    affine: bool = arg(Bool(), False, help="learn a weight and a bias for each channel")
    track_running_stats: bool = arg(Bool(), False, help="keep the running mean and variance")
    bias: bool = arg(Bool(), True, help="and the bias (with affine)")

    def ranks(self) -> list[int]:
        return [(self.ndim or 0) + 1, (self.ndim or 0) + 2]

    def forward(self, site: Site, *xs: Shape) -> Shape:
        x = super().forward(site, *xs)
        if len(x) == (self.ndim or 0) + 2 and (self.affine or self.track_running_stats):
            # Weights and statistics are repeated for each sample (ATen/native/Normalization.cpp, instance_norm).
            site.filled(x[:1], f"{self.name} needs a sample to work on, but {shape_text(x)} arrives")
        if not self.track_running_stats:
            # Without running statistics each sample is its own, and one value has no variance.
            sizes = x[len(x) - (self.ndim or 0) :]
            site.short(
                product(sizes) - 2,
                "too-few-values",
                f"{self.name} needs more than one value in each channel, but {dims_text(sizes)} arrives",
            )
        return x

    def saved(self, call: MemoryCall) -> list[Kept] | None:
        (x,) = call.xs
        each = (x.shape[0] * x.shape[1] if len(x.shape) == (self.ndim or 0) + 2 else x.shape[0],)
        found = [Kept("input", 0)]
        found += [made("statistics", each, statistics_type(x.type), self.track_running_stats) for _ in range(2)]
        found += [made("inner", each, x.type)] * int(self.affine)  # weights, once for each sample
        found += [made("passing", each, x.type)] * int(self.affine and self.bias)
        return found + [made("inner", each, x.type) for _ in range(2 * int(self.track_running_stats))]

    def reach(self, xs: Shapes, ys: Shapes) -> Reaches:
        # Outside of training, running statistics take the place of its own.
        spatial = range(len(xs[0]) - (self.ndim or 0), 0 if self.track_running_stats else len(xs[0]))
        return [along(xs[0], spatial)]


class _TrailingNorm(Layer):
    """Norms over the last axes."""

    numbers = "decimals"

    features_last = True
    normalized_shape: tuple[Dim, ...] | None
    elementwise_affine: bool

    def check(self, site: Site) -> None:
        if self.normalized_shape == ():
            site.refuse(
                "bad-argument", f"normalized_shape of {self.name} names one axis at least", arg="normalized_shape"
            )

    def normalized(self, x: Shape) -> Shape:
        return x[-1:] if self.normalized_shape is None else self.normalized_shape

    def arrives(self, *xs: Shape) -> dict[str, Shape]:
        return {"normalized_shape": xs[0][-1:]}

    def forward(self, site: Site, *xs: Shape) -> Shape:
        (x,) = xs
        want = self.normalized_shape
        if not x:
            site.refuse("wrong-rank", f"{self.name} works on the last axes, but a scalar arrives")
        if want is not None:
            came = x[-len(want) :]
            message = f"{self.torch} expects an input that ends in {dims_text(want)}, but {shape_text(x)} arrives"
            if len(came) < len(want):
                site.refuse("shape-mismatch", message, arg="normalized_shape")
            for left, right in zip(want, came):
                if left != right:
                    site.unequal(
                        left,
                        right,
                        "shape-mismatch",
                        message,
                        arg="normalized_shape",
                        hint=f"write {self.torch}({came[0] if len(came) == 1 else dims_list(came)})",
                    )
        return x

    def params(self, *xs: Shape) -> Named:
        return {"weight": self.normalized(xs[0])} if self.elementwise_affine else {}

    def one_each(self, x: MemoryTensor) -> Kept:
        """A number for each of what is normalised by itself."""
        axes = len(self.normalized(x.shape))
        front = x.shape[: len(x.shape) - axes]
        return made("statistics", (*front, *(1,) * axes), statistics_type(x.type))

    def reach(self, xs: Shapes, ys: Shapes) -> Reaches:
        return [along(xs[0], range(len(xs[0]) - len(self.normalized(xs[0])), len(xs[0])))]


def dims_list(dims: Shape) -> str:
    """A shape as Python writes it: `(64, 7, 7)`."""
    return f"({', '.join(map(str, dims))})"


class LayerNorm(_TrailingNorm, torch="LayerNorm", aliases=("ln",)):
    """Layer normalisation over the last axes: by the mean and variance of each sample.

    Parameters: a weight and a bias for each normalised element. Source: torch.nn.LayerNorm.
    """

    example = "197x768 -> layernorm"

    positional = ()
    normalized_shape: tuple[Dim, ...] | None = arg(
        Ints(0, open=True), inferred=True, help="sizes of the axes that are normalised; the last axis"
    )
    eps: float = arg(Number(), 1e-5, help="added to the variance")
    elementwise_affine: bool = arg(Bool(), True, help="learn a weight for each element")
    bias: bool = arg(Bool(), True, help="and a bias (with elementwise_affine)")

    def params(self, *xs: Shape) -> Named:
        weight = super().params(*xs)
        return weight | {"bias": self.normalized(xs[0])} if weight and self.bias else weight

    def saved(self, call: MemoryCall) -> list[Kept] | None:
        (x,) = call.xs
        return [Kept("input", 0), self.one_each(x), self.one_each(x)]


class RMSNorm(_TrailingNorm, torch="RMSNorm"):
    """Normalisation by the root mean square over the last axes. Source: torch.nn.RMSNorm."""

    example = "128x512 -> rmsnorm"

    positional = ()
    normalized_shape: tuple[Dim, ...] | None = arg(
        Ints(0, open=True), inferred=True, help="sizes of the axes that are normalised; the last axis"
    )
    eps: float | None = arg(Number(none=True), None, help="added to the mean square; None: the type's epsilon")
    elementwise_affine: bool = arg(Bool(), True, help="learn a weight for each element")

    def saved(self, call: MemoryCall) -> list[Kept] | None:
        (x,) = call.xs
        one = self.one_each(x)
        more = made("inner", x.shape, x.type) if self.elementwise_affine else one._replace(what="passing")
        return [Kept("input", 0), one, more]


class GroupNorm(Layer, torch="GroupNorm", aliases=("gn",)):
    """Group normalisation: the channels in groups, each by its own mean and variance.

    Parameters: a weight and a bias for each channel. Source: torch.nn.GroupNorm.
    """

    numbers = "decimals"

    layout = "image"

    example = "64x32x32 -> groupnorm 8"

    num_groups: Dim = arg(Int(1, open=True), short="g", help="groups that the channels are cut into")
    num_channels: Dim | None = arg(Int(1, open=True), inferred=True, help="channels that come in")
    eps: float = arg(Number(), 1e-5, help="added to the variance")
    affine: bool = arg(Bool(), True, help="learn a weight and a bias for each channel")
    bias: bool = arg(Bool(), True, help="and the bias (with affine)")

    def _grouped(self, site: Site, channels: Dim) -> None:
        site.divides(
            channels,
            self.num_groups,
            "groups-do-not-divide",
            f"num_channels has to be divisible by num_groups, but {channels} is not a multiple of {self.num_groups}",
            arg="num_groups",
            hint=groups_hint(channels, self.num_groups),
        )

    def check(self, site: Site) -> None:
        if self.num_channels is not None:
            self._grouped(site, self.num_channels)

    def forward(self, site: Site, *xs: Shape) -> Shape:
        (x,) = xs
        if len(x) < 2:
            site.refuse("wrong-rank", f"groupnorm needs channels after the batch, but {dims_text(x)} arrives")
        if self.affine:
            self.expect(site, "num_channels", x[1], "channels")
        self._grouped(site, x[1])
        # torch.nn.functional.group_norm, `_verify_batch_size`: all samples together, in training or not.
        samples: Dim = 1 if is_batch(x[0]) else x[0]
        site.short(
            samples * (x[1] // self.num_groups) * product(x[2:]) - 2,
            "too-few-values",
            f"groupnorm needs more than one value in each group, but {shape_text(x)} arrives",
        )
        return x

    def arrives(self, *xs: Shape) -> dict[str, Dim]:
        return {"num_channels": xs[0][1]}

    def params(self, *xs: Shape) -> Named:
        weight: Named = {"weight": (xs[0][1],)} if self.affine else {}
        return weight | {"bias": (xs[0][1],)} if weight and self.bias else weight

    def saved(self, call: MemoryCall) -> list[Kept] | None:
        (x,) = call.xs
        each = (x.shape[0], self.num_groups)
        return [Kept("input", 0), *(made("statistics", each, statistics_type(x.type)) for _ in range(2))]

    def reach(self, xs: Shapes, ys: Shapes) -> Reaches:
        x = xs[0]
        return [
            {
                **along(x, range(2, len(x))),
                1: (1, ALL if self.num_groups == 1 else blocks(*[x[1] // self.num_groups] * 2)),
            }
        ]


class LocalResponseNorm(Layer, torch="LocalResponseNorm", aliases=("lrn",)):
    """AlexNet's norm: each value by the sum of squares over `size` neighbouring channels.

    Source: torch.nn.LocalResponseNorm; Krizhevsky et al. 2012, section 3.3.
    """

    example = "96x55x55 -> lrn 5"

    size: int = arg(Int(1), help="neighbouring channels")
    alpha: float = arg(Number(), 1e-4, help="factor of the sum")
    beta: float = arg(Number(), 0.75, help="exponent")
    k: float = arg(Number(), 1.0, help="added to the sum")

    def forward(self, site: Site, *xs: Shape) -> Shape:
        (x,) = xs
        if len(x) < 3:
            site.refuse("wrong-rank", f"localresponsenorm needs 3 or more axes, but {dims_text(x)} arrives")
        return x

    def within(self, training: bool, *xs: Shape) -> list[InnerStep] | None:
        """The squares, their mean over channels as a pool in one axis more, and what divides the input."""
        (x,) = xs
        from cnncalc.layers.attended import Steps

        steps = Steps(1)
        shape = (x[0], 1, x[1], x[2], product(x[3:])) if len(x) > 3 else (x[0], 1, *x[1:])
        axes = len(shape) - 2
        squares = steps.reshape(steps.add(layer_class("mul")(), 0, 0), *shape)
        sides = (0, 0) * (axes - 1) + (self.size // 2, (self.size - 1) // 2)
        padded = steps.add(layer_class("pad")(pad=sides), squares)
        pool = layer_class(f"avgpool{axes}d")(kernel_size=(self.size, *(1,) * (axes - 1)), stride=(1,) * axes)
        mean = steps.reshape(steps.add(pool, padded, held=True), *x)
        scaled = steps.add(layer_class("add")(other=1), steps.add(layer_class("mul")(other=0.5), mean))
        steps.add(layer_class("div")(), 0, steps.add(layer_class("pow")(exponent=0.5), scaled))
        return steps.found

    def reach(self, xs: Shapes, ys: Shapes) -> Reaches:
        return [along(xs[0], [1], window_steps(-(self.size // 2), (self.size - 1) // 2, 1))]


class LayerNorm2d(Layer, name="layernorm2d"):
    """Layer normalisation over the channels of each pixel: LayerNorm on channels that come last.

    Parameters: a weight and a bias for each channel. Source: Liu et al. 2022, the ConvNeXt code.
    """

    example = "96x56x56 -> layernorm2d"
    usual_way = "derived"  # torchvision's is a LayerNorm

    eps: float = arg(Number(), 1e-6, help="added to the variance")

    def forward(self, site: Site, *xs: Shape) -> Shape:
        (x,) = xs
        if len(x) != 4:
            site.refuse("wrong-rank", f"layernorm2d takes channels and two axes, but {shape_text(x)} arrives")
        return x

    def params(self, *xs: Shape) -> Named:
        return {"weight": (xs[0][1],), "bias": (xs[0][1],)}

    def saved(self, call: MemoryCall) -> list[Kept] | None:
        (x,) = call.xs
        each = (x.shape[0], *x.shape[2:], 1)
        return [Kept("input", 0), *(made("statistics", each, statistics_type(x.type)) for _ in range(2))]

    def laid(self, xs: Sequence[MemoryTensor], y: Shape) -> Shape:
        inner = rows((y[0], *y[2:], y[1]))  # it is worked out with the channels last
        return (inner[0], inner[-1], *inner[1:-1])

    def run(self, torch: Any, part: Any, *xs: Any) -> Any:
        last = xs[0].permute(0, 2, 3, 1)
        norm = torch.nn.functional.layer_norm(last, part.weight.shape, part.weight, part.bias, float(self.eps))
        return norm.permute(0, 3, 1, 2)

    def reach(self, xs: Shapes, ys: Shapes) -> Reaches:
        return [along(xs[0], [1])]
