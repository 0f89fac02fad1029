"""Sizes that grow and shrink without weights (torch.nn.Upsample, torch.nn.PixelShuffle and relatives)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cnncalc.layers.arguments import arg
from cnncalc.layers.kinds import Bool, Choice, Int, Scales, Sizes
from cnncalc.layers.layer import Layer
from cnncalc.layers.memory import Kept, MemoryCall
from cnncalc.layers.pool import adaptive_steps
from cnncalc.layers.shapes import Shape, Shapes, dims_text
from cnncalc.layers.site import Site
from cnncalc.layers.window import ANY, FIRST, LONGEST, Reaches, Runs, Steps, along, blocks, picked
from cnncalc.symbolic.expr import Dim

if TYPE_CHECKING:
    from fractions import Fraction

# The number of input axes that each mode works on (torch.nn.functional.interpolate); None: 3, 4 or 5.
RANKS = {
    "nearest": None,
    "nearest-exact": None,
    "area": None,
    "linear": 3,
    "bilinear": 4,
    "bicubic": 4,
    "trilinear": 5,
}


class Upsample(Layer, torch="Upsample", aliases=("interpolate",)):
    """A resized input, to a `size` or by a `scale_factor`.

    Output size per axis: `floor(in * scale_factor)`, in double precision as torch computes it.
    Source: torch.nn.Upsample, torch.nn.functional.interpolate.
    """

    layout = "image"

    example = "64x14x14 -> {name} 2"
    positional = ("scale_factor", "mode")

    size: Dim | tuple[Dim, ...] | None = arg(
        Sizes(1, opens=True), None, help="size that goes out, one for all axes or one for each"
    )
    scale_factor: Fraction | tuple[Fraction, ...] | None = arg(
        Scales(tuples=True), None, help="factor, one for all axes or one for each"
    )
    mode: str = arg(Choice(*RANKS), "nearest", help="how values between pixels are found")
    align_corners: bool | None = arg(Bool(exact=True), None, help="corner pixels stay at the corners")
    recompute_scale_factor: bool | None = arg(Bool(exact=True), None, help="use the factor of the rounded size")

    def check(self, site: Site) -> None:
        if (self.size is None) == (self.scale_factor is None):
            which = "neither is" if self.size is None else "both are"
            site.refuse(
                "bad-argument",
                f"upsample takes either size or scale_factor, but {which} given",
                hint="write `upsample 2` to double the size, or `upsample size=28`",
            )
        if self.align_corners is not None and RANKS[self.mode] is None:
            site.refuse(
                "bad-argument",
                f"align_corners has no meaning for mode {self.mode}",
                arg="align_corners",
                hint="leave it out, or use linear, bilinear, bicubic or trilinear",
            )
        if self.recompute_scale_factor and self.size is not None:
            site.refuse("bad-argument", "recompute_scale_factor needs a scale_factor", arg="recompute_scale_factor")

    def forward(self, site: Site, *xs: Shape) -> Shape:
        (x,) = xs
        axes = len(x) - 2
        ranks = [RANKS[self.mode]] if RANKS[self.mode] else [3, 4, 5]
        if len(x) not in ranks:
            fits = [mode for mode, rank in RANKS.items() if rank in (None, len(x))] if 3 <= len(x) <= 5 else []
            site.refuse(
                "wrong-rank",
                f"upsample in mode {self.mode} takes {' or '.join(map(str, ranks))} axes with batch and channels, "
                f"but {dims_text(x)} arrives, which has {len(x)}",
                arg="mode",
                hint=f"for {len(x)} axes there are {', '.join(fits)}" if fits else None,
            )
        for key in ("size", "scale_factor"):
            given = getattr(self, key)
            if isinstance(given, tuple) and len(given) != axes:
                count = f"{len(given)} {'value' if len(given) == 1 else 'values'}"
                message = f"{key} has {count}, but the input has {axes} spatial {'axis' if axes == 1 else 'axes'}"
                site.refuse("bad-argument", message, arg=key)
        # In mode area it is an average of windows (ATen/native/UpSample.h, AdaptiveAveragePooling3d.cpp).
        filled = x[1:] if self.mode != "area" or axes == 3 else x[2:]
        site.filled(filled, f"upsample needs a pixel to work on, but {dims_text(x)} arrives")
        return (*x[:2], *(self._resized(site, size, axis) for axis, size in enumerate(x[2:])))

    def _resized(self, site: Site, size: Dim, axis: int) -> Dim:
        if self.size is not None:
            wanted = self.size[axis] if isinstance(self.size, tuple) else self.size
            if not isinstance(wanted, int) or wanted < 1:
                site.short(wanted - 1, "empty-output", f"upsample to {wanted} leaves nothing of {size}", arg="size")
            return wanted
        scale = self._scale(axis)
        if isinstance(size, int):
            out: Dim = int(float(size) * float(scale))
        elif scale.denominator & (scale.denominator - 1) == 0 and scale.denominator <= 4096:
            out = size * scale.numerator // scale.denominator  # exact in double precision
        else:
            site.refuse(
                "no-closed-form",
                f"floor({size} * {float(scale):g}) depends on how a computer rounds, and has no closed form",
                arg="scale_factor",
                hint="use a factor that binary fractions hold, such as 0.5 or 1.25, or a number as the input size",
            )
        if not isinstance(out, int) or out < 1:
            site.short(
                out - 1, "empty-output", f"upsample by {float(scale):g} leaves nothing of {size}", arg="scale_factor"
            )
        return out

    def _scale(self, axis: int) -> Fraction:
        """The factor of a spatial axis."""
        from fractions import Fraction

        assert self.scale_factor is not None
        return Fraction(self.scale_factor[axis] if isinstance(self.scale_factor, tuple) else self.scale_factor)

    def saved(self, call: MemoryCall) -> list[Kept] | None:
        return [Kept("input", 0)] if self.mode == "area" else []

    def reach(self, xs: Shapes, ys: Shapes) -> Reaches:
        x, y = xs[0], ys[0]
        return [{**along(x), **{axis: (axis, self._reads(x[axis], y[axis], axis - 2)) for axis in range(2, len(x))}}]

    def _reads(self, size: Dim, out: Dim, axis: int) -> Steps:
        from fractions import Fraction

        if self.scale_factor is not None and not self.recompute_scale_factor:
            scale = self._scale(axis)
        elif isinstance(size, int) and isinstance(out, int):
            scale = Fraction(out, size)
        else:
            return ANY
        if self.mode == "area":
            return adaptive_steps(size, out)
        if self.align_corners:
            if not isinstance(size, int) or not isinstance(out, int):
                return ANY
            if out == 1 or size == 1:
                return FIRST
            scale = Fraction(out - 1, size - 1)
        period, step = scale.numerator, scale.denominator
        if period > LONGEST:
            return ANY
        # A source position is output/scale, or (output + 1/2)/scale - 1/2 where pixels have centres.
        centred = self.mode != "nearest" and not self.align_corners
        around = {"bilinear": (0, 1), "linear": (0, 1), "trilinear": (0, 1), "bicubic": (-1, 2)}.get(self.mode)
        reads: list[Runs] = []
        for output in range(period):
            half = Fraction(1, 2) if centred else 0
            source = (output + half) / scale
            if around is None:
                reads.append(((int(source // 1), int(source // 1)),))
            else:
                source -= half
                low = int(source // 1)
                # On a pixel the others have a weight of 0.
                reads.append(((low, low),) if source == low else ((low + around[0], low + around[1]),))
        return Steps(period, step, tuple(reads), edge="replicate")


class UpsamplingNearest2d(Upsample, torch="UpsamplingNearest2d"):
    """Upsample in mode nearest, for images. Source: torch.nn.UpsamplingNearest2d."""

    mode = "nearest"
    align_corners = None
    recompute_scale_factor = None


class UpsamplingBilinear2d(Upsample, torch="UpsamplingBilinear2d"):
    """Upsample in mode bilinear with aligned corners, for images. Source: torch.nn.UpsamplingBilinear2d."""

    mode = "bilinear"
    align_corners = True
    recompute_scale_factor = None


for _layer in (UpsamplingNearest2d, UpsamplingBilinear2d):
    _layer.arguments = {k: v for k, v in Upsample.arguments.items() if k in ("size", "scale_factor")}
    _layer.positional = ("scale_factor", "size")


class PixelShuffle(Layer, torch="PixelShuffle"):
    """Channels become pixels: `C*r*r x H x W` to `C x H*r x W*r`. Source: torch.nn.PixelShuffle."""

    keeps = ()

    example = "64x16x16 -> pixelshuffle 2"

    upscale_factor: int = arg(Int(1), help="how many times larger each axis becomes")

    def forward(self, site: Site, *xs: Shape) -> Shape:
        (x,) = xs
        r = self.upscale_factor
        if len(x) < 3:
            site.refuse("wrong-rank", f"pixelshuffle needs channels and two axes, but {dims_text(x)} arrives")
        site.divides(
            x[-3],
            r * r,
            "not-divisible",
            f"pixelshuffle by {r} needs channels that {r}*{r} = {r * r} divides, but {x[-3]} arrive",
            arg="upscale_factor",
        )
        return (*x[:-3], x[-3] // (r * r), x[-2] * r, x[-1] * r)

    def reach(self, xs: Shapes, ys: Shapes) -> Reaches:
        r, channels = self.upscale_factor, len(xs[0]) - 3
        spread = (channels + 1, channels + 2)
        pixels = along(xs[0], spread, blocks(1, r))
        return [{**pixels, channels: (channels, blocks(r * r, 1)._replace(spread=spread))}]


class PixelUnshuffle(Layer, torch="PixelUnshuffle"):
    """Pixels become channels: `C x H*r x W*r` to `C*r*r x H x W`. Source: torch.nn.PixelUnshuffle."""

    keeps = ()

    example = "3x32x32 -> pixelunshuffle 2"

    downscale_factor: int = arg(Int(1), help="how many times smaller each axis becomes")

    def forward(self, site: Site, *xs: Shape) -> Shape:
        (x,) = xs
        r = self.downscale_factor
        if len(x) < 3:
            site.refuse("wrong-rank", f"pixelunshuffle needs channels and two axes, but {dims_text(x)} arrives")
        for size in x[-2:]:
            site.divides(
                size,
                r,
                "not-divisible",
                f"pixelunshuffle by {r} needs axes that {r} divides, but {dims_text(x[-2:])} arrives",
                arg="downscale_factor",
            )
        if 0 in x:
            return x  # torch gives an input without elements back (ATen/native/PixelShuffle.cpp)
        site.filled(x, f"the form of pixelunshuffle is that of an input with elements, but {dims_text(x)} arrives")
        return (*x[:-3], x[-3] * r * r, x[-2] // r, x[-1] // r)

    def reach(self, xs: Shapes, ys: Shapes) -> Reaches:
        r, channels = self.downscale_factor, len(xs[0]) - 3
        pixels = along(xs[0], (channels + 1, channels + 2), blocks(r, 1)._replace(spread=(channels,)))
        return [{**pixels, channels: (channels, blocks(1, r * r))}]


class ChannelShuffle(Layer, torch="ChannelShuffle"):
    """The channels of `groups` groups, dealt out in turn. Source: torch.nn.ChannelShuffle."""

    keeps = ()

    example = "116x28x28 -> channelshuffle 2"

    groups: int = arg(Int(1), short="g", help="groups that the channels are cut into")

    def forward(self, site: Site, *xs: Shape) -> Shape:
        (x,) = xs
        if len(x) < 3:
            site.refuse("wrong-rank", f"channelshuffle needs 3 or more axes, but {dims_text(x)} arrives")
        site.divides(
            x[1],
            self.groups,
            "groups-do-not-divide",
            f"channels have to be divisible by groups, but {x[1]} is not a multiple of {self.groups}",
            arg="groups",
        )
        return x

    def reach(self, xs: Shapes, ys: Shapes) -> Reaches:
        count, groups = xs[0][1], self.groups
        if not isinstance(count, int) or count > LONGEST:
            return [along(xs[0], [1], ANY)]
        return [along(xs[0], [1], picked([at % groups * (count // groups) + at // groups for at in range(count)]))]
