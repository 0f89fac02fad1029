"""Pooling taken back, and pooling in windows of drawn sizes (torch.nn.MaxUnpool2d, torch.nn.FractionalMaxPool2d)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from cnncalc.layers.arguments import arg
from cnncalc.layers.conv import spread_out
from cnncalc.layers.drawing import Drawn
from cnncalc.layers.kinds import Bool, Scales, Sizes
from cnncalc.layers.layer import Layer
from cnncalc.layers.shapes import Shape, Shapes, dims_text, shape_text
from cnncalc.layers.site import Site
from cnncalc.layers.window import ANY, SAME, Reaches
from cnncalc.symbolic.expr import Dim

if TYPE_CHECKING:
    from fractions import Fraction
    from random import Random


class MaxUnpool(Layer, torch="MaxUnpool{n}d", dims=(1, 2, 3)):
    """Values put back where max pooling found them, zeros elsewhere: it takes pooled values, and their indices.

    Output size per axis: `(in - 1)*stride - 2*padding + kernel_size`, or `output_size`, which differs from it by
    less than the stride. Source: torch.nn.MaxUnpool2d, "Shape".
    """

    keeps = ("1",)

    example = "64x16x16 -> maxunpool(identity, argsort 1, kernel_size=2)"
    inputs = (2, 2)
    input_names = ("input", "indices")
    integer_inputs = (1,)

    kernel_size: tuple[int, ...] = arg(Sizes(1), short="k", help="size of the window that was pooled")
    stride: tuple[int, ...] = arg(
        Sizes(1), short="s", same_as="kernel_size", help="step from one window to the next; the kernel's size"
    )
    padding: tuple[int, ...] = arg(Sizes(0), 0, short="p", help="padding that was added")
    output_size: tuple[Dim, ...] | None = arg(
        Sizes(1, opens=True, listed=True), None, at_call=True, help="the size that was pooled, to choose among sizes"
    )

    def forward(self, site: Site, *xs: Shape) -> Shape:
        x, indices = xs
        first = self.spatial(site, x)
        if x != indices:
            message = (
                f"{self.name} takes as many indices as values, but {shape_text(x)} and {shape_text(indices)} arrive"
            )
            if len(x) != len(indices):
                site.refuse("shape-mismatch", message)
            for left, right in zip(x, indices):
                if left != right:
                    site.unequal(left, right, "shape-mismatch", message)
        site.filled(x[first - 1 :], f"{self.name} needs a pixel to work on, but {shape_text(x)} arrives")
        out: list[Dim] = []
        for axis, size in enumerate(x[first:]):
            stride = self.stride[axis]
            usual = spread_out(size, self.kernel_size[axis], stride, self.padding[axis], 0)
            wanted = usual if self.output_size is None else self.output_size[axis]
            for spare in (wanted - usual + stride - 1, usual + stride - 1 - wanted):
                message = f"{self.name} gives {usual} pixels here, or less than {stride} more or less, not {wanted}"
                site.short(spare, "bad-argument", message, arg="output_size")
            message = f"{self.name} would give a size of {wanted}: the padding cuts all of it away"
            site.short(wanted - 1, "empty-output", message, arg="padding")
            out.append(wanted)
        return (*x[:first], *out)

    def reach(self, xs: Shapes, ys: Shapes) -> Reaches:
        # An index may point anywhere.
        first = len(xs[0]) - (self.ndim or 0)
        return [{axis: (axis, ANY if axis >= first else SAME) for axis in range(len(xs[0]))}] * 2

    def run(self, torch: Any, part: Any, *xs: Any) -> Any:
        return part(*xs, output_size=self.output_size)

    @classmethod
    def drawn(cls, draw: Random) -> Drawn:
        axes = cls.ndim or 0
        kernel, padding = draw.choice([1, 2, 2, 3]), draw.choice([0, 0, 0, 1])
        stride = draw.choice([None, 1, 2, 3])
        x = tuple([2, 3, *(draw.choice([1, 2, 3, 4]) for _ in range(axes))][draw.random() < 0.2 :])
        found: dict[str, Any] = {"kernel_size": kernel, "padding": padding}
        if stride is not None:
            found["stride"] = stride
        if draw.random() < 0.4:
            found["output_size"] = tuple(
                max(1, (size - 1) * (stride or kernel) - 2 * padding + kernel + draw.choice([-1, 0, 0, 1]))
                for size in x[len(x) - axes :]
            )
        return found, [x, x if draw.random() < 0.95 else x[1:]]


class FractionalMaxPool(Layer, torch="FractionalMaxPool{n}d", dims=(2, 3)):
    """The largest value in windows whose steps are drawn, so that any output size can be had.

    Output size per axis: `output_size`, or `floor(in * output_ratio)`, in double precision as torch computes it.
    Source: torch.nn.FractionalMaxPool2d; Graham 2014, "Fractional Max-Pooling".
    """

    all_within = False

    keeps = ("input", "indices")
    gives = ("like", "int64")

    example = "64x32x32 -> fractionalmaxpool 3 output_size=20"

    kernel_size: tuple[int, ...] = arg(Sizes(1), short="k", help="size of the window")
    output_size: tuple[Dim, ...] | None = arg(Sizes(1), None, help="size that goes out")
    output_ratio: tuple[Fraction, ...] | None = arg(Scales(), None, help="size that goes out, as a part of the input's")
    alike = True
    return_indices: bool = arg(Bool(), False, help="a second output: where each maximum was")

    def check(self, site: Site) -> None:
        if (self.output_size is None) == (self.output_ratio is None):
            which = "neither is" if self.output_size is None else "both are"
            site.refuse("bad-argument", f"{self.name} takes either output_size or output_ratio, but {which} given")
        for ratio in self.output_ratio or ():
            if ratio >= 1:
                site.refuse("bad-argument", f"output_ratio is less than 1, not {float(ratio):g}", arg="output_ratio")

    def forward(self, site: Site, *xs: Shape) -> Shape | list[Shape]:
        (x,) = xs
        first = self.spatial(site, x)
        site.filled(x[first - 1 :], f"{self.name} needs a pixel to work on, but {shape_text(x)} arrives")
        sizes = x[first:]
        out = tuple(self._pooled(site, size, axis) for axis, size in enumerate(sizes))
        for size, wanted, kernel in zip(sizes, out, self.kernel_size):
            message = (
                f"{dims_text(out)} windows of {dims_text(self.kernel_size)} do not fit into {dims_text(sizes)}, "
                f"as an axis of {wanted} needs {wanted + kernel - 1 + (self.ndim == 3)}"
            )
            site.short(size - wanted - kernel + 1 - (self.ndim == 3), "kernel-too-large", message, arg="kernel_size")
        shape = (*x[:first], *out)
        return [shape, shape] if self.return_indices else shape

    def _pooled(self, site: Site, size: Dim, axis: int) -> Dim:
        if self.output_size is not None:
            return self.output_size[axis]
        from fractions import Fraction

        assert self.output_ratio is not None
        ratio = Fraction(self.output_ratio[axis])
        if isinstance(size, int):
            out: Dim = int(size * float(ratio))
        elif ratio.denominator & (ratio.denominator - 1) == 0 and ratio.denominator <= 4096:
            out = size * ratio.numerator // ratio.denominator  # exact in double precision
        else:
            site.refuse(
                "no-closed-form",
                f"floor({size} * {float(ratio):g}) depends on how a computer rounds, and has no closed form",
                arg="output_ratio",
                hint="use a ratio that binary fractions hold, such as 0.5 or 0.75, or a number as the input size",
            )
        site.short(out - 1, "empty-output", f"{self.name} leaves nothing of {size}", arg="output_ratio")
        return out

    def reach(self, xs: Shapes, ys: Shapes) -> Reaches:
        first = len(xs[0]) - (self.ndim or 0)
        return [{axis: (axis, ANY if axis >= first else SAME) for axis in range(len(xs[0]))}]

    @classmethod
    def drawn(cls, draw: Random) -> Drawn:
        axes = cls.ndim or 0
        x = tuple([2, 3, *(draw.choice([4, 5, 6, 8]) for _ in range(axes))][draw.random() < 0.2 :])
        found: dict[str, Any] = {"kernel_size": draw.choice([1, 2, 2, 3]), "return_indices": draw.random() < 0.4}
        if draw.random() < 0.6:
            found["output_size"] = draw.choice([1, 2, 3, 4])
        if ("output_size" not in found) != (draw.random() < 0.1):
            found["output_ratio"] = draw.choice([0.25, 0.3, 0.5, 0.7, 1])
        return found, [x]
