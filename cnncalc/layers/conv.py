"""Convolutions and transposed convolutions (torch.nn.Conv2d, torch.nn.ConvTranspose2d and their family)."""

from __future__ import annotations

from math import gcd
from typing import Any, NoReturn

from cnncalc.layers.arguments import arg
from cnncalc.layers.kinds import Bool, Choice, Int, Sizes
from cnncalc.layers.layer import Layer
from cnncalc.layers.memory import InnerStep
from cnncalc.layers.registry import layer_class
from cnncalc.layers.shapes import Named, Shape, Shapes, dims_text, is_batch, shape_text
from cnncalc.layers.site import Site, divisors_near
from cnncalc.layers.window import (
    ALL,
    ANY,
    LONGEST,
    Reach,
    Reaches,
    Runs,
    Steps,
    Window,
    along,
    blocks,
    extent,
    window_out,
)
from cnncalc.symbolic.expr import Dim, product


class _Convolution(Layer):
    """What plain and transposed convolutions share: channels in groups, and a weight."""

    numbers = "decimals"

    keeps = ("input",)
    layout = "image"

    in_channels: Dim | None
    out_channels: Dim
    groups: Dim
    bias: bool

    def arrives(self, *xs: Shape) -> dict[str, Dim]:
        return {"in_channels": xs[0][-(self.ndim or 0) - 1]}

    def channels(self, site: Site, x: Shape) -> int:
        """Check the channels of the input; returns where the spatial axes begin."""
        first = self.spatial(site, x)
        if first == 1 and is_batch(x[0]):
            no_channels(site, self.name, x)
        came = self.arrives(x)["in_channels"]
        self.expect(site, "in_channels", came, "input channels")
        site.filled(x[first:], f"{self.name} needs a pixel to work on, but {shape_text(x)} arrives")
        if self.groups != 1:
            self._grouped(site, "in_channels", came)
        return first

    def _grouped(self, site: Site, key: str, channels: Dim) -> None:
        site.divides(
            channels,
            self.groups,
            "groups-do-not-divide",
            f"{key} has to be divisible by groups, but {channels} is not a multiple of {self.groups}",
            arg="groups",
            hint=groups_hint(channels, self.groups),
        )

    def mixed(self, x: Shape, patterns: list[Steps], ys: Shapes) -> Reach:
        """Spatial axes are read in patterns, and all channels of a group."""
        channels = len(x) - len(patterns) - 1
        group = ALL if self.groups == 1 else blocks(x[channels] // self.groups, ys[0][channels] // self.groups)
        return {
            **along(x, [channels], group),
            **dict(enumerate(zip(range(channels + 1, len(x)), patterns), channels + 1)),
        }

    def check(self, site: Site) -> None:
        if self.groups != 1:
            self._grouped(site, "out_channels", self.out_channels)
            if self.in_channels is not None:
                self._grouped(site, "in_channels", self.in_channels)


def no_channels(site: Site, name: str, x: Shape) -> NoReturn:
    """Refuse a map without channels, of which torch takes the batch for them."""
    axes = {2: "the length", 3: "height and width", 4: "depth, height and width"}[len(x)]
    message = f"{name} needs channels in front of {axes}, but a sample is {dims_text(x[1:])}"
    site.refuse("no-channels", message, hint=f"write {dims_text((1, *x[1:]))} for one channel")


def groups_hint(channels: Dim, groups: Dim) -> str | None:
    """The divisors of the channels that are nearest to the groups that were asked for."""
    near = divisors_near(channels, groups)
    return f"{channels} can be divided by {near}" if near else None


class Conv(_Convolution, torch="Conv{n}d", dims=(1, 2, 3), lazy=True):
    """A convolution: `out_channels` filters that slide over the input.

    Output size per axis: `floor((in + 2*padding - dilation*(kernel_size - 1) - 1)/stride) + 1`.
    Source: torch.nn.Conv2d, "Shape" and "Variables".
    """

    example = "3x224x224 -> conv 64 k7 s2 p3"

    in_channels: Dim | None = arg(Int(1, open=True), inferred=True, help="channels that come in")
    out_channels: Dim = arg(Int(1, open=True), help="filters, and so the channels that go out")
    kernel_size: tuple[int, ...] = arg(Sizes(1), short="k", help="size of the window")
    stride: tuple[int, ...] = arg(Sizes(1, alone=True), 1, short="s", help="step from one window to the next")
    padding: tuple[int, ...] | str = arg(
        Sizes(0, words=("same", "valid")), 0, short="p", help="zeros added on each side; same keeps the size"
    )
    dilation: tuple[int, ...] = arg(Sizes(1, alone=True), 1, short="d", help="distance between the window's inputs")
    groups: Dim = arg(Int(1, open=True), 1, short="g", help="channels are cut into so many separate groups")
    bias: bool = arg(Bool(), True, help="add one learned number to each output channel")
    padding_mode: str = arg(
        Choice("zeros", "reflect", "replicate", "circular"), "zeros", help="what the padding is filled with"
    )

    def check(self, site: Site) -> None:
        super().check(site)
        if self.padding == "same" and any(s != 1 for s in self.stride):
            site.refuse(
                "same-with-stride",
                f"padding=same needs a stride of 1, but stride is {dims_text(self.stride)}",
                arg="padding",
                hint="write the padding as a number: for an odd kernel, (kernel_size - 1)//2",
            )

    def window(self, axis: int) -> Window:
        """The window on one spatial axis."""
        k, d = self.kernel_size[axis], self.dilation[axis]
        if self.padding == "same":
            # The odd pixel goes to the right (torch.nn.modules.conv, _reversed_padding_repeated_twice).
            left, right = d * (k - 1) // 2, d * (k - 1) - d * (k - 1) // 2
        else:
            left = right = 0 if self.padding == "valid" else int(self.padding[axis])
        return Window(k, self.stride[axis], left, right, d)

    def windows(self, x: Shape) -> list[Window]:
        return [self.window(axis) for axis in range(len(self.kernel_size))]

    def forward(self, site: Site, *xs: Shape) -> Shape:
        (x,) = xs
        first = self.channels(site, x)
        windows = self.windows(x)
        sizes = x[first:]
        if self.padding_mode != "zeros":
            self._wrap(site, windows, sizes)
        if self.groups == 1:  # a depthwise one with a wide stride pools, and means to
            stepped_over(site, self.name, windows)
        if self.padding == "same" and any((w.right - w.left) for w in windows):
            site.warn(
                "uneven-same",
                f"padding=same with an even kernel ({dims_text(self.kernel_size)}) pads one more pixel "
                "on the right than on the left",
                arg="padding",
            )
        return (*x[: first - 1], self.out_channels, *slide(site, self.name, windows, sizes))

    def _wrap(self, site: Site, windows: list[Window], sizes: Shape) -> None:
        for window, size in zip(windows, sizes):
            pad = max(window.left, window.right)
            if self.padding_mode == "reflect":
                site.short(
                    size - pad - 1,
                    "padding-too-large",
                    f"reflect padding has to be smaller than the input, but {pad} is padded to {size}",
                    arg="padding",
                )
            elif self.padding_mode == "circular":
                site.short(
                    size - pad,
                    "padding-too-large",
                    f"circular padding can be as large as the input, but {pad} is padded to {size}",
                    arg="padding",
                )

    def params(self, *xs: Shape) -> Named:
        cin = self.arrives(*xs)["in_channels"]
        weight: Named = {"weight": (self.out_channels, cin // self.groups, *self.kernel_size)}
        return weight | {"bias": (self.out_channels,)} if self.bias else weight

    def macs(self, xs: Shapes, ys: Shapes) -> Dim:
        # Every output element is a sum over the window and the channels of its group.
        cin = self.arrives(*xs)["in_channels"]
        return product(ys[0]) * (cin // self.groups) * product(self.kernel_size)

    def within(self, training: bool, *xs: Shape) -> list[InnerStep] | None:
        """Padding other than zeros on both sides alike is a layer of its own.

        Of zeros it adds what one side has more than the other (ATen/native/Convolution.cpp, `_convolution_same`).
        """
        windows = self.windows(xs[0])
        zeros = self.padding_mode == "zeros"
        if zeros and all(w.left == w.right for w in windows):
            return None
        mode = "constant" if zeros else self.padding_mode
        inside = tuple(w.left if zeros else 0 for w in windows)
        sides = tuple(s for w, i in zip(reversed(windows), reversed(inside)) for s in (w.left - i, w.right - i))
        values = {key: getattr(self, key) for key in self.arguments} | {"padding": inside}
        inner = type(self)(**values | {"padding_mode": "zeros"})
        return [InnerStep(layer_class("pad")(pad=sides, mode=mode), (0,)), InnerStep(inner, (1,))]

    def reach(self, xs: Shapes, ys: Shapes) -> Reaches:
        return [self.mixed(xs[0], [window.reads(self.padding_mode) for window in self.windows(xs[0])], ys)]


def slide(site: Site, name: str, windows: list[Window], sizes: Shape) -> list[Dim]:
    """The output sizes of plain windows; refuses a kernel that does not fit the padded input."""
    out: list[Dim] = []
    for window, size in zip(windows, sizes):
        reach = extent(window.kernel, window.dilation)
        padding = window.left + window.right
        spare = size + padding - reach
        if not isinstance(spare, int) or spare < 0:
            too_large(site, spare, name, windows, sizes)
        if window.stride > 1 and isinstance(size, int) and unreached(window, size) > 0:
            dropped(site, name, windows, sizes)
        out.append(window_out(size, padding, reach, window.stride))
    return out


def stepped_over(site: Site, name: str, windows: list[Window]) -> None:
    """Warn of input between the windows that none of them reads. A kernel of 1 with a stride means to take some."""
    reads = [extent(window.kernel, window.dilation) for window in windows]
    wide = [
        (axis_name, read, window.stride)
        for axis_name, read, window in zip(AXIS_NAMES[len(windows)], reads, windows)
        if window.kernel > 1 and window.stride > read
    ]
    if not wide:
        return
    names = " and ".join(f"{axis_name}s" for axis_name, _, _ in wide)
    _, read, stride = wide[0]
    message = f"{name} reads {read} of every {stride} {names}, as its stride is larger than its kernel"
    site.warn("dropped-pixels", message, arg="stride", hint=f"a stride of {read} or less reads all")


def too_large(site: Site, spare: Dim, name: str, windows: list[Window], sizes: Shape) -> None:
    """Refuse a kernel that does not fit, with the largest that does, or keep what open sizes need."""
    kernel = dims_text([extent(w.kernel, w.dilation) for w in windows])
    dilated = " with its dilation" if any(w.dilation > 1 for w in windows) else ""
    padded = dims_text([s + w.left + w.right for w, s in zip(windows, sizes)])
    with_padding = f" with its padding, {dims_text(sizes)} without" if any(w.left + w.right for w in windows) else ""
    message = f"the kernel of {name} is {kernel}{dilated}, but its input is only {padded}{with_padding}"
    site.short(spare, "kernel-too-large", message, hint=kernel_that_fits(name, windows, sizes))


def kernel_that_fits(name: str, windows: list[Window], sizes: Shape) -> str | None:
    """The largest kernel that is in the padded input, no longer on any axis than the one that is written."""
    found: list[int] = []
    for window, size in zip(windows, sizes):
        whole = size + window.left + window.right
        if not isinstance(whole, int) or not isinstance(window.kernel, int):
            return None
        found.append(min(window.kernel, (whole - 1) // window.dilation + 1))
        if "pool" in name and max(window.left, window.right) > found[-1] // 2:  # what pools refuse
            return None
    if any(kernel < 1 or (kernel == 1 and window.kernel > 1) for kernel, window in zip(found, windows)):
        return None
    return f"{'k' if len(set(found)) == 1 else 'kernel '}{found[0] if len(set(found)) == 1 else dims_text(found)} fits"


AXIS_NAMES = {1: ("pixel",), 2: ("row", "column"), 3: ("slice", "row", "column")}


def unreached(window: Window, size: int) -> int:
    """Input positions at the right end that no window reads; 0 where the stride steps over some anyway."""
    if window.stride > window.kernel:
        return 0
    spare = size + window.left + window.right - extent(window.kernel, window.dilation)
    return spare % window.stride - window.right


def dropped(site: Site, name: str, windows: list[Window], sizes: Shape) -> None:
    """Warn, once for a layer, of input that no window reaches."""
    if any(w.code == "dropped-pixels" for w in site.warnings):
        return
    lost = [unreached(w, s) if isinstance(s, int) else 0 for w, s in zip(windows, sizes)]
    names = [axis_name for axis_name, count in zip(AXIS_NAMES[len(windows)], lost) if count > 0]
    counts = [count for count in lost if count > 0]
    if set(counts) == {1}:
        what = " and ".join(names)
    else:
        what = " and ".join(f"{COUNTS.get(n, n)} {name}{'s' if n > 1 else ''}" for n, name in zip(counts, names))
    site.warn("dropped-pixels", f"no window of {name} reaches the last {what} of its {dims_text(sizes)} input")


COUNTS = {1: "one", 2: "two", 3: "three", 4: "four", 5: "five", 6: "six"}


def window_reach(x: Shape, windows: list[Window]) -> Reach:
    """Spatial axes are read through the windows; channels stay."""
    first = len(x) - len(windows)
    return {**along(x), **{axis: (axis, window.reads()) for axis, window in enumerate(windows, first)}}


class ConvTranspose(
    _Convolution,
    torch="ConvTranspose{n}d",
    dims=(1, 2, 3),
    aliases=("convt", "deconv", "upconv"),
    lazy=True,
):
    """A transposed convolution: every input position spreads over a window of the output.

    Output size per axis:
    `(in - 1)*stride - 2*padding + dilation*(kernel_size - 1) + output_padding + 1`, or `output_size`, which is larger
    than without output_padding by less than the stride.
    MACs count the input positions. Source: torch.nn.ConvTranspose2d, "Shape".
    """

    example = "64x28x28 -> convtranspose 32 k2 s2"

    in_channels: Dim | None = arg(Int(1, open=True), inferred=True, help="channels that come in")
    out_channels: Dim = arg(Int(1, open=True), help="channels that go out")
    kernel_size: tuple[int, ...] = arg(Sizes(1), short="k", help="size of the window that an input spreads to")
    stride: tuple[int, ...] = arg(Sizes(1, alone=True), 1, short="s", help="step from one window to the next")
    padding: tuple[int, ...] = arg(Sizes(0, alone=True), 0, short="p", help="pixels cut from each side of the output")
    output_padding: tuple[int, ...] = arg(
        Sizes(0, alone=True), 0, help="pixels added on the right, to choose among sizes"
    )
    groups: Dim = arg(Int(1, open=True), 1, short="g", help="channels are cut into so many separate groups")
    bias: bool = arg(Bool(), True, help="add one learned number to each output channel")
    dilation: tuple[int, ...] = arg(Sizes(1, alone=True), 1, short="d", help="distance between the window's outputs")
    padding_mode: str = arg(Choice("zeros", "zeros"), "zeros", help="zeros is the only one that torch has")
    output_size: tuple[Dim, ...] | None = arg(
        Sizes(1, opens=True, listed=True), None, at_call=True, help="the size that goes out, in place of output_padding"
    )

    def check(self, site: Site) -> None:
        super().check(site)
        if self.output_size is not None:  # output_padding is not read
            return
        for extra, s, d in zip(self.output_padding, self.stride, self.dilation):
            if extra >= max(s, d):
                site.refuse(
                    "output-padding-too-large",
                    "output_padding has to be smaller than the stride or the dilation, "
                    f"but {extra} is not smaller than {max(s, d)}",
                    arg="output_padding",
                )

    def forward(self, site: Site, *xs: Shape) -> Shape:
        (x,) = xs
        first = self.channels(site, x)
        out: list[Dim] = []
        for axis, size in enumerate(x[first:]):
            k, s, d = self.kernel_size[axis], self.stride[axis], self.dilation[axis]
            if s > 1 and d == 1 and k % s:
                site.warnings[:] = [w for w in site.warnings if w.code != "uneven-overlap"]
                site.warn(
                    "uneven-overlap",
                    f"the kernel of {self.name} ({dims_text(self.kernel_size)}) is no multiple of its stride "
                    f"({dims_text(self.stride)}), so that windows overlap unevenly (a checkerboard pattern)",
                )
            result = spread_out(size, extent(k, d), s, self.padding[axis], self.output_padding[axis])
            if self.output_size is not None:
                result = self._chosen(site, axis, spread_out(size, extent(k, d), s, self.padding[axis], 0))
            if not isinstance(result, int) or result < 1:
                site.short(
                    result - 1,
                    "empty-output",
                    f"{self.name} would give a size of {result}: the padding cuts all of it away",
                    arg="padding",
                )
            out.append(result)
        return (*x[: first - 1], self.out_channels, *out)

    def _chosen(self, site: Site, axis: int, least: Dim) -> Dim:
        """The size that was asked for, which the stride has to allow (torch.nn.modules.conv, `_output_padding`)."""
        assert self.output_size is not None
        wanted, stride = self.output_size[axis], self.stride[axis]
        most = f" to {least + stride - 1}" if stride > 1 else ""
        message = f"{self.name} can give {least}{most} pixels here, not {wanted}"
        for spare in (wanted - least, least + stride - 1 - wanted):
            site.short(spare, "bad-argument", message, arg="output_size")
        return wanted

    def run(self, torch: Any, part: Any, *xs: Any) -> Any:
        return part(*xs) if self.output_size is None else part(*xs, output_size=self.output_size)

    def params(self, *xs: Shape) -> Named:
        cin = self.arrives(*xs)["in_channels"]
        weight: Named = {"weight": (cin, self.out_channels // self.groups, *self.kernel_size)}
        return weight | {"bias": (self.out_channels,)} if self.bias else weight

    def macs(self, xs: Shapes, ys: Shapes) -> Dim:
        return product(xs[0]) * (self.out_channels // self.groups) * product(self.kernel_size)

    def reach(self, xs: Shapes, ys: Shapes) -> Reaches:
        patterns: list[Steps] = []
        for k, s, p, d in zip(self.kernel_size, self.stride, self.padding, self.dilation):
            if s > LONGEST or s * k > 100 * LONGEST:  # entries, and the work for them
                patterns.append(ANY)
                continue
            # Input i reaches output i*s - p + d*j for j in 0..k-1.
            reads: list[Runs] = []
            for output in range(s):
                inputs = [(output + p - d * j) // s for j in range(k) if (output + p - d * j) % s == 0]
                reads.append(((min(inputs), max(inputs)),) if inputs else ())
            patterns.append(Steps(s, 1, tuple(reads), d // gcd(d, s)))
        return [self.mixed(xs[0], patterns, ys)]


def spread_out(size: Dim, reach: Dim, stride: Dim, padding: Dim, output_padding: Dim) -> Dim:
    """The output size of a transposed convolution: `(size - 1)*stride - 2*padding + extent + output_padding`."""
    return (size - 1) * stride - 2 * padding + reach + output_padding
