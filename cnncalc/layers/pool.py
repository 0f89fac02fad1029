"""Pooling: max, average, LP, adaptive and global (torch.nn.MaxPool2d and its relatives)."""

from __future__ import annotations

from math import gcd

from cnncalc.layers.arguments import arg
from cnncalc.layers.conv import slide, stepped_over, too_large, window_reach
from cnncalc.layers.kinds import Bool, Int, Number, Sizes, Value, Wrong, said
from cnncalc.layers.layer import Layer
from cnncalc.layers.memory import Kept, MemoryCall
from cnncalc.layers.shapes import Shape, Shapes, dims_text, shape_text
from cnncalc.layers.site import Site
from cnncalc.layers.window import ALL, ANY, LONGEST, SAME, Reaches, Steps, Window, along, extent, window_out_ceil
from cnncalc.symbolic.expr import Dim


class _Pool(Layer):
    """A window layer without weights."""

    layout = "image"

    kernel_size: tuple[int, ...]
    stride: tuple[int, ...]
    ceil_mode: bool
    padding: tuple[int, ...] = ()
    dilation: tuple[int, ...] = ()

    def check(self, site: Site) -> None:
        for k, p in zip(self.kernel_size, self.padding):
            # torch compares with the raw kernel, dilated or not (ATen/native/Pool.h).
            if p > k // 2:
                site.refuse(
                    "pool-padding",
                    f"padding of {self.name} can be at most half its kernel, but {p} is more than {k}//2 = {k // 2}",
                    arg="padding",
                    hint=f"write p{k // 2}, or pad with a layer of its own: `zeropad {p}`",
                )

    def windows(self, x: Shape) -> list[Window]:
        axes = len(self.kernel_size)
        padding, dilation = self.padding or (0,) * axes, self.dilation or (1,) * axes
        return [
            Window(k, s, p, p, d, self.ceil_mode)
            for k, s, p, d in zip(self.kernel_size, self.stride, padding, dilation)
        ]

    def forward(self, site: Site, *xs: Shape) -> Shape | list[Shape]:
        (x,) = xs
        first = self.spatial(site, x)
        windows, sizes = self.windows(x), x[first:]
        site.filled(x[first - 1 :], f"{self.name} needs a pixel to work on, but {shape_text(x)} arrives")
        self.check_sizes(site, sizes)
        if not self.ceil_mode:
            stepped_over(site, self.name, windows)
            return (*x[:first], *slide(site, self.name, windows, sizes))
        out: list[Dim] = []
        for w, size in zip(windows, sizes):
            result = window_out_ceil(size, w.left, w.left + w.right, extent(w.kernel, w.dilation), w.stride)
            if not isinstance(result, int) or result < 1:
                too_large(site, result - 1, self.name, windows, sizes)
            out.append(result)
        return (*x[:first], *out)

    def check_sizes(self, site: Site, sizes: Shape) -> None:
        """Refuse inputs that this kind of pool does not take."""

    def reach(self, xs: Shapes, ys: Shapes) -> Reaches:
        return [window_reach(xs[0], self.windows(xs[0]))]


class _MeanPool(_Pool):
    """Pools that torch computes by averages, whose 3-d kernels have a limit of their own."""

    def check_sizes(self, site: Site, sizes: Shape) -> None:
        if self.ndim == 3:
            # avg_pool3d compares the kernel with the input alone, padding or not (ATen/native/Pool.h).
            for size, kernel in zip(sizes, self.kernel_size):
                site.short(
                    size - kernel,
                    "kernel-too-large",
                    f"the kernel of {self.name} is {dims_text(self.kernel_size)}, but its input is only "
                    f"{dims_text(sizes)}, and padding does not count here",
                )


class MaxPool(_Pool, torch="MaxPool{n}d", dims=(1, 2, 3)):
    """The largest value in each window.

    Output size per axis: `floor((in + 2*padding - dilation*(kernel_size - 1) - 1)/stride) + 1`; with
    `ceil_mode` rounded up, as long as the last window starts inside the input or the left padding.
    Source: torch.nn.MaxPool2d, "Shape"; ATen/native/Pool.h.
    """

    keeps = ("input", "indices")
    gives = ("like", "int64")

    example = "64x112x112 -> maxpool 3 s2 p1"

    kernel_size: tuple[int, ...] = arg(Sizes(1, alone=True), short="k", help="size of the window")
    stride: tuple[int, ...] = arg(
        Sizes(1, alone=True, empty=True),
        short="s",
        same_as="kernel_size",
        help="step from one window to the next; the kernel's size",
    )
    padding: tuple[int, ...] = arg(
        Sizes(0, alone=True), 0, short="p", help="padding on each side, at most half the kernel"
    )
    dilation: tuple[int, ...] = arg(Sizes(1, alone=True), 1, short="d", help="distance between the window's inputs")
    alike = True
    return_indices: bool = arg(Bool(), False, help="a second output: where each maximum was")
    ceil_mode: bool = arg(Bool(exact=True), False, help="let a last window hang over the right end")

    def forward(self, site: Site, *xs: Shape) -> Shape | list[Shape]:
        out = super().forward(site, *xs)
        return [out, out] if self.return_indices and isinstance(out, tuple) else out


class AvgPool(_MeanPool, torch="AvgPool{n}d", dims=(1, 2, 3)):
    """The mean of each window.

    Output size per axis: `floor((in + 2*padding - kernel_size)/stride) + 1`; `ceil_mode` as for max pooling.
    `count_include_pad` and `divisor_override` change the values, not the sizes.
    Source: torch.nn.AvgPool2d, "Shape".
    """

    keeps = ("input",)

    example = "64x8x8 -> avgpool 2"

    kernel_size: tuple[int, ...] = arg(Sizes(1, alone=True), short="k", help="size of the window")
    stride: tuple[int, ...] = arg(
        Sizes(1, alone=True, empty=True),
        short="s",
        same_as="kernel_size",
        help="step from one window to the next; the kernel's size",
    )
    padding: tuple[int, ...] = arg(
        Sizes(0, alone=True), 0, short="p", help="zeros on each side, at most half the kernel"
    )
    ceil_mode: bool = arg(Bool(exact=True), False, help="let a last window hang over the right end")
    count_include_pad: bool = arg(Bool(exact=True), True, help="padding counts in the mean")
    divisor_override: int | None = arg(Int(none=True), None, help="divide by this instead (2-d and 3-d)")

    def check(self, site: Site) -> None:
        super().check(site)
        if self.divisor_override == 0:
            site.refuse("bad-argument", "divisor_override is 0, but has to divide", arg="divisor_override")
        if self.divisor_override is not None and self.ndim == 1:
            site.refuse("unknown-argument", "avgpool1d has no divisor_override in torch", arg="divisor_override")


class _PowerSizes(Sizes[tuple[int, ...]]):
    """The kernel of a pool of powers, which torch multiplies by itself in one axis, and so takes no tuple there."""

    def read(self, value: Value, ndim: int | None) -> Value:
        if ndim == 1 and isinstance(value, tuple):
            raise Wrong(f"is a whole number here, not {said(value)}")
        return super().read(value, ndim)


class LPPool(_MeanPool, torch="LPPool{n}d", dims=(1, 2, 3)):
    """The p-norm of each window: `(sum of x**norm_type)**(1/norm_type)`.

    Output size per axis: `floor((in - kernel_size)/stride) + 1`. Source: torch.nn.LPPool2d, "Shape".
    """

    example = "16x50x32 -> lppool 2 3 s2"

    norm_type: float = arg(Number(), help="the p of the norm; 1 gives sums")
    kernel_size: tuple[int, ...] = arg(_PowerSizes(1), short="k", help="size of the window")
    stride: tuple[int, ...] = arg(
        Sizes(1, alone=True, empty=True),
        short="s",
        same_as="kernel_size",
        help="step from one window to the next; the kernel's size",
    )
    ceil_mode: bool = arg(Bool(exact=True), False, help="let a last window hang over the right end")

    def check(self, site: Site) -> None:
        if self.norm_type == 0:
            site.refuse("bad-argument", "norm_type is 0, but is the p of a norm", arg="norm_type")


class _AdaptivePool(Layer):
    """Pooling to a size that is given: window j of o over an axis of i is `[j*i//o, ceil((j+1)*i/o))`."""

    layout = "image"

    output_size: tuple[int | None, ...]

    def check(self, site: Site) -> None:
        if self.ndim == 1 and None in self.output_size:
            site.refuse(
                "bad-argument",
                f"output_size of {self.name} is a number; None keeps an axis in 2-d and 3-d",
                arg="output_size",
            )

    def forward(self, site: Site, *xs: Shape) -> Shape | list[Shape]:
        (x,) = xs
        first = self.spatial(site, x)
        # The samples may be none. Without a batch torch takes the channels for them (AdaptiveMaxPooling2d.cpp).
        filled = x[first:] if first == 1 or not self.fills_channels() else x[1:]
        site.filled(filled, f"{self.name} needs a pixel to work on, but {shape_text(x)} arrives")
        out = [size if o is None else o for o, size in zip(self.output_size, x[first:])]
        return (*x[:first], *out)

    def fills_channels(self) -> bool:
        """Does torch want a channel at least?"""
        return True

    def reach(self, xs: Shapes, ys: Shapes) -> Reaches:
        x, y = xs[0], ys[0]
        first = len(x) - len(self.output_size)
        return [{**along(x), **{axis: (axis, adaptive_steps(x[axis], y[axis])) for axis in range(first, len(x))}}]


def adaptive_steps(size: Dim, out: Dim) -> Steps:
    """What the windows of an adaptive pool read; with an open size, everything may matter."""
    if size == out:
        return SAME
    if out == 1:
        return ALL
    if not isinstance(size, int) or not isinstance(out, int):
        return ANY
    common = gcd(size, out)
    period, step = out // common, size // common
    if period > LONGEST:
        return ANY
    return Steps(period, step, tuple(((j * size // out, -(-(j + 1) * size // out) - 1),) for j in range(period)))


class AdaptiveAvgPool(
    _AdaptivePool,
    torch="AdaptiveAvgPool{n}d",
    dims=(1, 2, 3),
    presets={"gap": {"output_size": 1}, "globalavgpool": {"output_size": 1}},
):
    """The mean of as many windows as the output is to have; `gap` (global average pooling) has one.

    Source: torch.nn.AdaptiveAvgPool2d; ATen/native/AdaptiveAveragePooling.cpp.
    """

    numbers = "decimals"

    example = "2048x7x7 -> adaptiveavgpool 1"

    output_size: tuple[int | None, ...] = arg(Sizes(0, none=True), help="size that goes out; None keeps an axis")

    def fills_channels(self) -> bool:
        return self.ndim == 3

    def saved(self, call: MemoryCall) -> list[Kept] | None:
        # Where one value is left it is a mean, which keeps nothing (ATen/native/AdaptiveAveragePooling.cpp).
        y = call.ys[0].shape
        return [] if all(size == 1 for size in y[len(y) - (self.ndim or 0) :]) else [Kept("input", 0)]


class AdaptiveMaxPool(
    _AdaptivePool,
    torch="AdaptiveMaxPool{n}d",
    dims=(1, 2, 3),
    presets={"gmp": {"output_size": 1}, "globalmaxpool": {"output_size": 1}},
):
    """The largest value in as many windows as the output is to have; `gmp` (global max pooling) has one.

    Source: torch.nn.AdaptiveMaxPool2d.
    """

    keeps = ("input", "indices")
    gives = ("like", "int64")

    example = "512x9x9 -> adaptivemaxpool 3"

    output_size: tuple[int | None, ...] = arg(Sizes(0, none=True), help="size that goes out; None keeps an axis")
    alike = True
    return_indices: bool = arg(Bool(), False, help="a second output: where each maximum was")

    def forward(self, site: Site, *xs: Shape) -> Shape | list[Shape]:
        out = super().forward(site, *xs)
        return [out, out] if self.return_indices and isinstance(out, tuple) else out
