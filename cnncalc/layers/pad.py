"""Padding as a layer of its own (torch.nn.ZeroPad2d and its relatives)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cnncalc.layers.base import ALL, SAME, Layer, Reach, Shape, Shapes, Site, Steps, arg, dims_text
from cnncalc.layers.kinds import Number, Sides
from cnncalc.symbolic.expr import Dim

if TYPE_CHECKING:
    from fractions import Fraction


class _Pad(Layer):
    """Output size per axis: `in + left + right`; a negative side crops."""

    padding: tuple[int, ...]
    example = "3x{axes} -> {name} 2"

    def sides(self, rank: int) -> list[tuple[int, int, int]]:
        """(axis, left, right) for each padded axis; torch counts the axes from the last."""
        pairs = zip(self.padding[::2], self.padding[1::2])
        return [(rank - 1 - i, left, right) for i, (left, right) in enumerate(pairs)]

    def first_axis(self, site: Site, x: Shape) -> int:
        return self.spatial(site, x)

    def limit(self, site: Site, size: Dim, side: int) -> None:
        """Refuse a side that this filling cannot make."""

    def cropped(self, size: Dim, left: int, right: int) -> Dim:
        """What has to be 0 or more for the sides to be cropped."""
        return 0

    def forward(self, site: Site, *xs: Shape) -> Shape:
        (x,) = xs
        self.first_axis(site, x)
        out = list(x)
        for axis, left, right in self.sides(len(x)):
            self.limit(site, x[axis], max(left, right))
            out[axis] = x[axis] + left + right
            for room in (out[axis] - 1, self.cropped(x[axis], left, right)):
                if not isinstance(room, int) or room < 0:
                    message = f"{self.name} crops more than the {x[axis]} that arrive can give"
                    site.short(room, "empty-output", message, arg="padding")
        return tuple(out)

    def reach(self, xs: Shapes, ys: Shapes) -> list[Reach]:
        rank = len(xs[0])
        reach: dict[int, tuple[int | None, Steps]] = {axis: (axis, SAME) for axis in range(rank)}
        for axis, left, _ in self.sides(rank):
            reach[axis] = (axis, self.reads(left))
        return [reach]

    def reads(self, left: int) -> Steps:
        return Steps(1, 1, ((-left, -left),))


class ConstantPad(_Pad, torch="ConstantPad{n}d", dims=(1, 2, 3)):
    """Padding with one value. Source: torch.nn.ConstantPad2d."""

    example = "3x{axes} -> {name} 2 0.5"
    padding: tuple[int, ...] = arg(Sides(), short="p", help="pixels on each side; negative ones crop")
    value: Fraction = arg(Number(), help="what the padding holds")

    def cropped(self, size: Dim, left: int, right: int) -> Dim:
        # Both sides are cropped before any is padded (ATen/native/PadNd.cpp).
        return size + min(left, 0) + min(right, 0)

    def first_axis(self, site: Site, x: Shape) -> int:
        axes = self.ndim or 0
        if len(x) < axes:
            site.refuse("wrong-rank", f"{self.name} needs {axes} or more axes, but {dims_text(x)} arrives")
        return len(x) - axes


class ZeroPad(ConstantPad, torch="ZeroPad{n}d", dims=(1, 2, 3), aliases=("pad",)):
    """Padding with zeros. Source: torch.nn.ZeroPad2d."""

    example = "3x{axes} -> {name} 2"

    padding: tuple[int, ...] = arg(Sides(), short="p", help="pixels on each side; negative ones crop")


del ZeroPad.arguments["value"]


class ReflectionPad(_Pad, torch="ReflectionPad{n}d", dims=(1, 2, 3)):
    """Padding with the input mirrored at its edge. Source: torch.nn.ReflectionPad2d."""

    padding: tuple[int, ...] = arg(Sides(), short="p", help="pixels on each side, fewer than the input has")

    def limit(self, site: Site, size: Dim, side: int) -> None:
        site.short(
            size - side - 1,
            "padding-too-large",
            f"reflection has to be smaller than the input, but {side} is padded to {size}",
            arg="padding",
        )


class ReplicationPad(_Pad, torch="ReplicationPad{n}d", dims=(1, 2, 3)):
    """Padding with the input's edge. Source: torch.nn.ReplicationPad2d."""

    padding: tuple[int, ...] = arg(Sides(), short="p", help="pixels on each side")


class CircularPad(_Pad, torch="CircularPad{n}d", dims=(1, 2, 3)):
    """Padding with the input's other end. Source: torch.nn.CircularPad2d."""

    padding: tuple[int, ...] = arg(Sides(), short="p", help="pixels on each side, at most the input's size")

    def limit(self, site: Site, size: Dim, side: int) -> None:
        site.short(
            size - side,
            "padding-too-large",
            f"circular padding can be as large as the input, but {side} is padded to {size}",
            arg="padding",
        )

    def reads(self, left: int) -> Steps:
        return ALL if left else SAME
