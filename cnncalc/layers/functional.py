"""Layers whose weights are other values of the network (torch.nn.functional.linear, conv2d, batch_norm)."""

from __future__ import annotations

from math import prod
from typing import TYPE_CHECKING, Any, ClassVar

from cnncalc.layers.arguments import arg
from cnncalc.layers.drawing import Drawn, drawn_shape
from cnncalc.layers.kinds import Int, Number, Sizes
from cnncalc.layers.layer import Layer
from cnncalc.layers.memory import InnerStep
from cnncalc.layers.products import agree, ranks
from cnncalc.layers.registry import layer_class
from cnncalc.layers.shapes import Shape, Shapes, dims_text, shape_text
from cnncalc.layers.site import Site, positions_to_name
from cnncalc.layers.window import ALL, ANY, SAME, Reach, Reaches, broadcast_reach, unknown
from cnncalc.symbolic.expr import Dim, Expr, product

if TYPE_CHECKING:
    from random import Random


class FLinear(Layer, name="F.linear"):
    """A fully connected layer whose weight, and perhaps bias, is another value: tied weights.

    Source: torch.nn.functional.linear.
    """

    numbers = "one type"

    keeps = ("0:1", "1:0")

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
            self._added(site, one, x, weight)
        return out

    def _added(self, site: Site, bias: Shape, x: Shape, weight: Shape) -> None:
        """The bias is stretched to what it is added to: the output, or where one product of two matrices does both, the
        rows that all axes but the last make. That is so of a bias with one axis beside those of 1
        (ATen/native/Linear.cpp).
        """
        to: Shape = (*x[:-1], *weight[:-1])
        in_rows = len(x) == 2 or (len(x) > 2 and (len(bias) == 1 or sum(size != 1 for size in bias) == 1))
        if in_rows and len(weight) == 1:
            said = dims_text(bias) or "one value"
            site.refuse("shape-mismatch", f"beside a vector, F.linear takes no bias of {said}")
        if in_rows:
            to = (product(x[:-1]), weight[0])
        elif len(x) == 1 and len(weight) == 2 and weight[0] != 1 and bias == (1, weight[0]):
            to = (1, weight[0])
        message = f"the bias of F.linear is {dims_text(bias)}, but {dims_text(to)} goes out"
        if len(bias) > len(to):
            site.refuse("shape-mismatch", message)
        for came, wanted in zip(reversed(bias), reversed(to)):
            if came != 1 and came != wanted:
                site.unequal(came, wanted, "shape-mismatch", message)

    def macs(self, xs: Shapes, ys: Shapes) -> Dim:
        return product(xs[0]) * product(xs[1][:-1])

    def reach(self, xs: Shapes, ys: Shapes) -> Reaches:
        last = len(xs[0]) - 1
        whole = last if len(xs[1]) > 1 else None
        first: Reach = {axis: (whole, ALL) if axis == last else (axis, SAME) for axis in range(last + 1)}
        weight: Reach = {0: (last, SAME), 1: (None, ALL)} if len(xs[1]) > 1 else {0: (None, ALL)}
        rows = len(xs[0]) > 2 and any(len(b) == 2 and b[1] == 1 for b in xs[2:])  # one value for each, of all axes
        return [first, weight, *(unknown(b) if rows else broadcast_reach(b, ys[0]) for b in xs[2:])]

    def run(self, torch: Any, part: Any, *xs: Any) -> Any:
        return torch.nn.functional.linear(*xs)

    @classmethod
    def drawn(cls, draw: Random) -> Drawn:
        x = drawn_shape(draw)
        out = draw.choice([1, 3, 5])
        weight: tuple[int, ...] = (out, x[-1] if draw.random() < 0.8 else 3)
        if draw.random() < 0.2:
            weight = weight[1:]
        if draw.random() < 0.5:
            return {}, [x, weight]
        bias: tuple[int, ...] = (out if draw.random() < 0.8 else 2,)
        if draw.random() < 0.4:
            whole = (*x[:-1], out) if draw.random() < 0.8 else (prod(x[:-1]), out)
            bias = tuple(size if draw.random() < 0.6 else 1 for size in whole)[draw.randrange(len(whole)) :]
        return {}, [x, weight, bias]


class _FConv(Layer):
    """A layer of `cnncalc.layers.conv` whose weight, and perhaps bias, is another value of the network."""

    numbers = "one type"

    keeps = ("0:1", "1:0")
    layout = "image"

    inputs = (2, 3)
    input_names = ("input", "weight", "bias")
    groups: Dim
    layer: ClassVar[str]  # whose rules it follows

    def channels(self, weight: Shape) -> dict[str, Dim]:
        """What a weight of this shape says of the channels."""
        raise NotImplementedError

    def like(self, site: Site, weight: Shape) -> Layer:
        """The layer that has a weight of this shape."""
        axes = 2 + (self.ndim or 0)
        if len(weight) != axes:
            site.refuse("wrong-rank", f"the weight of {self.name} has {axes} axes, but {dims_text(weight)} arrives")
        if any(isinstance(size, Expr) for size in weight[2:]):
            site.refuse("bad-argument", f"the kernel of {self.name} has to be numbers, but {dims_text(weight)} arrives")
        site.filled(weight, f"{self.name} needs a weight, but {dims_text(weight)} arrives")
        shared = {key: getattr(self, key) for key in self.arguments}
        return layer_class(self.layer.format(n=self.ndim))(**self.channels(weight), kernel_size=weight[2:], **shared)

    def forward(self, site: Site, *xs: Shape) -> Shape | list[Shape]:
        x, weight, *bias = xs
        layer = self.like(site, weight)
        layer.check(site)
        for one in bias:
            ranks(site, self, (1,), (one,))
            agree(site, self, one[0], self.channels(weight)["out_channels"], xs)
        return layer.forward(site, x)

    def macs(self, xs: Shapes, ys: Shapes) -> Dim:
        return self.like(Site(), xs[1]).macs(xs[:1], ys)

    def within(self, training: bool, *xs: Shape) -> list[InnerStep] | None:
        steps = self.like(Site(), xs[1]).within(training, xs[0])
        if steps is None:
            return None
        pad, inner = steps
        values = {key: getattr(inner.layer, key) for key in self.arguments}
        return [pad, InnerStep(type(self)(**values), (len(xs), *range(1, len(xs))))]

    def reach(self, xs: Shapes, ys: Shapes) -> Reaches:
        first = self.like(Site(), xs[1]).reach(xs[:1], ys)
        return [*first, *map(unknown, xs[1:])]

    def run(self, torch: Any, part: Any, *xs: Any) -> Any:
        function = getattr(torch.nn.functional, self.name.removeprefix("F."))
        return function(*xs, **{key: getattr(self, key) for key in self.arguments})

    @classmethod
    def drawn(cls, draw: Random) -> Drawn:
        axes, groups = cls.ndim or 0, draw.choice([1, 1, 2])
        channels, out = draw.choice([2, 4]), draw.choice([2, 4, 3])
        kernel = tuple(draw.choice([1, 2, 3]) for _ in range(axes))
        x = (2, channels, *(draw.choice([2, 3, 5, 6]) for _ in range(axes)))
        plain = cls.layer == "conv{n}d"
        paddings = [0, 1, "same"] if plain else [0, 1]
        arguments = {"stride": draw.choice([1, 2]), "padding": draw.choice(paddings), "groups": groups}
        inner = channels // groups if draw.random() < 0.9 else 3
        weight, biases = ((out, inner), out) if plain else ((channels, out), out * groups)
        return arguments, [x, (*weight, *kernel), *([(biases if draw.random() < 0.8 else 5,)] * draw.choice([0, 1]))]


class FConv(_FConv, name="F.conv{n}d", dims=(1, 2, 3)):
    """A convolution whose weight, and perhaps bias, is another value of the network.

    Weight (out_channels, in_channels/groups, *kernel_size). Output size and MACs as those of conv2d.
    Source: torch.nn.functional.conv2d.
    """

    stem = "conv"
    layer = "conv{n}d"
    example = "3x32x32 -> F.conv2d(identity, parameter 16 3 3 3, padding=1)"

    stride: tuple[int, ...] = arg(Sizes(1, alone=True), 1, short="s", help="step from one window to the next")
    padding: tuple[int, ...] | str = arg(
        Sizes(0, words=("same", "valid"), alone=True),
        0,
        short="p",
        help="zeros added on each side; same keeps the size",
    )
    dilation: tuple[int, ...] = arg(Sizes(1, alone=True), 1, short="d", help="distance between the window's inputs")
    groups: Dim = arg(Int(1, open=True), 1, short="g", help="channels are cut into so many separate groups")

    def channels(self, weight: Shape) -> dict[str, Dim]:
        return {"out_channels": weight[0], "in_channels": weight[1] * self.groups}


class FConvTranspose(_FConv, name="F.conv_transpose{n}d", dims=(1, 2, 3)):
    """A transposed convolution whose weight, and perhaps bias, is another value of the network.

    Weight (in_channels, out_channels/groups, *kernel_size). Output size and MACs as those of convtranspose2d.
    Source: torch.nn.functional.conv_transpose2d.
    """

    stem = "convtranspose"
    layer = "convtranspose{n}d"
    example = "3x8x8 -> F.conv_transpose2d(identity, parameter 3 4 2 2, s=2)"

    stride: tuple[int, ...] = arg(Sizes(1, alone=True), 1, short="s", help="step from one window to the next")
    padding: tuple[int, ...] = arg(Sizes(0, alone=True), 0, short="p", help="pixels cut from each side of the output")
    output_padding: tuple[int, ...] = arg(
        Sizes(0, alone=True), 0, help="pixels added on the right, to choose among sizes"
    )
    groups: Dim = arg(Int(1, open=True), 1, short="g", help="channels are cut into so many separate groups")
    dilation: tuple[int, ...] = arg(Sizes(1, alone=True), 1, short="d", help="distance between the window's outputs")

    def channels(self, weight: Shape) -> dict[str, Dim]:
        return {"in_channels": weight[0], "out_channels": weight[1] * self.groups}


class _FNorm(Layer):
    """A layer of `cnncalc.layers.norm` whose parameters, and perhaps statistics, are other values of the network."""

    def like(self, site: Site, *xs: Shape) -> Layer:
        """The layer that has parameters of these shapes."""
        raise NotImplementedError

    def forward(self, site: Site, *xs: Shape) -> Shape | list[Shape]:
        layer = self.like(site, *xs)
        out = layer.forward(site, xs[0])
        wanted = {**layer.params(xs[0]), **layer.buffers(xs[0])}
        for name, came in zip(self.input_names[1:], xs[1:]):
            want = wanted[name]
            message = f"{name} of {self.name} has to be {dims_text(want)}, but {dims_text(came)} arrives"
            if len(came) != len(want):
                site.refuse("wrong-rank", message)
            for left, right in zip(want, came):
                if left != right:
                    site.unequal(left, right, "shape-mismatch", message)
        return out

    def reach(self, xs: Shapes, ys: Shapes) -> Reaches:
        first = self.like(Site(), *xs).reach(xs[:1], ys)
        return [*first, *({a: (self.stands(xs[0], x) + a, SAME) for a in range(len(x))} for x in xs[1:])]

    def stands(self, x: Shape, weight: Shape) -> int:
        """The axis of the input that a weight's first is at: the channels."""
        return 1

    @classmethod
    def drawn(cls, draw: Random) -> Drawn:
        x = drawn_shape(draw)
        fewest, most = cls.inputs
        assert most is not None
        channels = x[1] if len(x) > 1 and draw.random() < 0.9 else 3
        return {}, [x, *[(channels,)] * draw.randrange(fewest - 1, most)]


class FBatchNorm(_FNorm, name="F.batch_norm"):
    """Batch normalisation by a mean and a variance, and perhaps a weight and a bias, that are other values.

    Source: torch.nn.functional.batch_norm, outside training.
    """

    stem = "bn"
    inputs = (3, 5)
    input_names = ("input", "running_mean", "running_var", "weight", "bias")
    example = "64x14x14 -> F.batch_norm(identity, buffer 64, buffer 64)"

    eps: float = arg(Number(), 1e-5, help="added to the variance")

    def like(self, site: Site, *xs: Shape) -> Layer:
        layer = layer_class(f"batchnorm{min(3, max(1, len(xs[0]) - 2))}d")(eps=self.eps)
        layer.check(site)
        return layer

    def run(self, torch: Any, part: Any, *xs: Any) -> Any:
        return torch.nn.functional.batch_norm(*xs, eps=float(self.eps))


class _FTrailingNorm(_FNorm):
    """Over the axes that the weight has."""

    def like(self, site: Site, *xs: Shape) -> Layer:
        x, weight = xs[:2]
        last = f"weight of {self.name} has to have the last axes of {shape_text(x)}, but {dims_text(weight)} arrives"
        if not 0 < len(weight) <= len(x):
            site.refuse("wrong-rank", last)
        for left, right in zip(x[-len(weight) :], weight):
            if left != right:
                site.unequal(left, right, "shape-mismatch", last)
        return layer_class(self.stem)(normalized_shape=weight)

    def stands(self, x: Shape, weight: Shape) -> int:
        return len(x) - len(weight)

    @classmethod
    def drawn(cls, draw: Random) -> Drawn:
        x = drawn_shape(draw)
        weight = x[-draw.choice([1, 1, 2]) :] if draw.random() < 0.9 else (3,)
        bias = weight if draw.random() < 0.9 else (2,)
        return {}, [x, weight, *[bias] * draw.randrange(cls.inputs[1] or 2)][: cls.inputs[1]]


class FLayerNorm(_FTrailingNorm, name="F.layer_norm"):
    """Layer normalisation over the axes of a weight that, with perhaps a bias, is another value.

    Source: torch.nn.functional.layer_norm.
    """

    stem = "layernorm"
    inputs = (2, 3)
    input_names = ("input", "weight", "bias")
    example = "197x768 -> F.layer_norm(identity, parameter 768)"

    eps: float = arg(Number(), 1e-5, help="added to the variance")

    def run(self, torch: Any, part: Any, *xs: Any) -> Any:
        x, *weights = xs
        return torch.nn.functional.layer_norm(x, weights[0].shape, *weights, eps=float(self.eps))


class FRMSNorm(_FTrailingNorm, name="F.rms_norm"):
    """Normalisation by the root mean square over the axes of a weight that is another value.

    Source: torch.nn.functional.rms_norm.
    """

    stem = "rmsnorm"
    inputs = (2, 2)
    input_names = ("input", "weight")
    example = "128x512 -> F.rms_norm(identity, parameter 512)"

    eps: float | None = arg(Number(none=True), None, help="added to the mean square; None: the type's epsilon")

    def run(self, torch: Any, part: Any, *xs: Any) -> Any:
        eps = None if self.eps is None else float(self.eps)
        return torch.nn.functional.rms_norm(xs[0], xs[1].shape, xs[1], eps)


class FGroupNorm(_FNorm, name="F.group_norm"):
    """Group normalisation with a weight, and perhaps a bias, that are other values.

    Source: torch.nn.functional.group_norm.
    """

    stem = "groupnorm"
    inputs = (2, 3)
    input_names = ("input", "weight", "bias")
    example = "64x32x32 -> F.group_norm(identity, parameter 64, num_groups=8)"

    num_groups: Dim = arg(Int(1, open=True), short="g", help="groups that the channels are cut into")
    eps: float = arg(Number(), 1e-5, help="added to the variance")

    def like(self, site: Site, *xs: Shape) -> Layer:
        return layer_class("groupnorm")(num_groups=self.num_groups)

    def run(self, torch: Any, part: Any, *xs: Any) -> Any:
        return torch.nn.functional.group_norm(xs[0], self.num_groups, *xs[1:], eps=float(self.eps))

    @classmethod
    def drawn(cls, draw: Random) -> Drawn:
        return {"num_groups": draw.choice([1, 2, 4])}, super().drawn(draw)[1]


class FPReLU(Layer, name="F.prelu"):
    """`x` where positive, else `weight * x`, with a slope or one for each channel that are another value.

    Source: torch.nn.functional.prelu.
    """

    numbers = "decimals"

    keeps = ("input", "1")

    stem = "prelu"
    inputs = (2, 2)
    input_names = ("input", "weight")
    example = "64x8x8 -> F.prelu(identity, parameter 64)"

    def forward(self, site: Site, *xs: Shape) -> Shape:
        x, weight = xs
        if len(weight) > 1:
            site.refuse("wrong-rank", f"the weight of {self.name} is a list, but {dims_text(weight)} arrives")
        slopes = weight[0] if weight else 1
        if slopes != 1:  # (ATen/native/Activation.cpp, `prelu`)
            channels = x[1] if len(x) > 1 else 1
            text = f"{self.name} has {slopes} slopes, but {channels} channels arrive"
            site.unequal(slopes, channels, "channel-mismatch", text)
        return x

    def reach(self, xs: Shapes, ys: Shapes) -> Reaches:
        first, weight = xs
        axis = 1 if weight and weight[0] != 1 else None
        return [{at: (at, SAME) for at in range(len(first))}, {0: (axis, SAME)} if weight else {}]

    def run(self, torch: Any, part: Any, *xs: Any) -> Any:
        return torch.nn.functional.prelu(*xs)

    @classmethod
    def drawn(cls, draw: Random) -> Drawn:
        x = drawn_shape(draw)
        channels = x[1] if len(x) > 1 else 1
        return {}, [x, draw.choice([(), (1,), (channels,), (channels,), (3,), (1, 1)])]


class FEmbedding(Layer, name="F.embedding"):
    """The rows of a table, which is another value of the network, by their indices: tied weights.

    Source: torch.nn.functional.embedding.
    """

    numbers = "indices"

    picks = 1

    keeps = ("input",)

    stem = "embedding"
    inputs = (2, 2)
    input_names = ("input", "weight")
    integer_inputs = (0,)
    example = "8 -> F.embedding(identity, parameter 100 16)"

    def forward(self, site: Site, *xs: Shape) -> Shape:
        indices, table = xs
        ranks(site, self, (2,), (table,))
        positions_to_name(site, self.name, table[0], indices)
        return (*indices, table[1])

    def reach(self, xs: Shapes, ys: Shapes) -> Reaches:
        return [{axis: (axis, SAME) for axis in range(len(xs[0]))}, {0: (None, ANY), 1: (len(ys[0]) - 1, SAME)}]

    def run(self, torch: Any, part: Any, *xs: Any) -> Any:
        return torch.nn.functional.embedding(*xs)

    @classmethod
    def drawn(cls, draw: Random) -> Drawn:
        rows = (draw.choice([1, 4]), draw.choice([1, 3]))
        return {}, [drawn_shape(draw), rows if draw.random() < 0.9 else rows[:1]]
