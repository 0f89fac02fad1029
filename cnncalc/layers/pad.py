"""Padding as a layer of its own (torch.nn.ZeroPad2d and its relatives)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from cnncalc.layers.arguments import arg
from cnncalc.layers.drawing import Drawn
from cnncalc.layers.kinds import Choice, Either, Int, Ints, Number, Sides
from cnncalc.layers.layer import Layer
from cnncalc.layers.memory import Kept, MemoryCall
from cnncalc.layers.registry import layer_class
from cnncalc.layers.shapes import Shape, Shapes, dims_text, shape_text
from cnncalc.layers.site import Site
from cnncalc.layers.window import ANY, SAME, Reaches, Steps, along, picked, shifted
from cnncalc.symbolic.expr import Dim, Expr, least

if TYPE_CHECKING:
    from random import Random


def _crop(side: Dim) -> Dim:
    """What a side crops, which is 0 or less."""
    return least(side, 0) if isinstance(side, Expr) else min(side, 0)


class _Pad(Layer):
    """Output size per axis: `in + left + right`; a negative side crops."""

    layout = "image"

    keeps: ClassVar[tuple[str, ...] | None] = ()

    padding: tuple[int, ...]
    edge: ClassVar[str] = "zeros"  # what the padding holds, as padding_mode says it
    example = "3x{axes} -> {name} 2"

    def sides(self, rank: int) -> list[tuple[int, Dim, Dim]]:
        """(axis, left, right) for each padded axis; torch counts the axes from the last."""
        pairs = zip(self.padding[::2], self.padding[1::2])
        return [(rank - 1 - i, left, right) for i, (left, right) in enumerate(pairs)]

    def first_axis(self, site: Site, x: Shape) -> int:
        """Where the padded axes begin. As torch.nn.functional.pad has it, the values say how many there are."""
        axes = len(self.padding) // 2
        if axes == self.ndim:
            return self.spatial(site, x)
        if axes not in (1, 2, 3) or len(x) not in (axes + 1, axes + 2):
            message = f"{self.name} with {len(self.padding)} values is for {axes} axes after the channels"
            site.refuse("wrong-rank", f"{message}, but {shape_text(x)} arrives", arg="padding")
        return len(x) - axes

    def limit(self, site: Site, size: Dim, left: Dim, right: Dim) -> None:
        """Refuse sides that this filling cannot make."""

    def check_values(self, site: Site, x: Shape, first: int) -> None:
        """Refuse an input that has nothing to fill the padding with. `first` is the first padded axis."""

    def cropped(self, size: Dim, left: Dim, right: Dim) -> Dim:
        """What has to be 0 or more for the sides to be cropped."""
        return 0

    def forward(self, site: Site, *xs: Shape) -> Shape:
        (x,) = xs
        self.check_values(site, x, self.first_axis(site, x))
        out = list(x)
        for axis, left, right in self.sides(len(x)):
            self.limit(site, x[axis], left, right)
            out[axis] = x[axis] + left + right
            for room in (out[axis] - 1, self.cropped(x[axis], left, right)):
                if not isinstance(room, int) or room < 0:
                    message = f"{self.name} crops more than the {x[axis]} that arrive can give"
                    site.short(room, "empty-output", message, arg="padding")
        return tuple(out)

    def reach(self, xs: Shapes, ys: Shapes) -> Reaches:
        x = xs[0]
        sides = self.sides(len(x))
        return [{**along(x), **{axis: (axis, self.reads(left, right, x[axis])) for axis, left, right in sides}}]

    def reads(self, left: Dim, right: Dim, size: Dim) -> Steps:
        """What output positions read along a padded axis."""
        return shifted(-left)._replace(edge=self.edge) if isinstance(left, int) else ANY


class ConstantPad(_Pad, torch="ConstantPad{n}d", dims=(1, 2, 3)):
    """Padding with one value. Source: torch.nn.ConstantPad2d."""

    example = "3x{axes} -> {name} 2 0.5"
    padding: tuple[int, ...] = arg(Sides(), short="p", help="pixels on each side; negative ones crop")
    value: float = arg(Number(), help="what the padding holds")

    def cropped(self, size: Dim, left: Dim, right: Dim) -> Dim:
        # Both sides are cropped before any is padded (ATen/native/PadNd.cpp).
        return size + _crop(left) + _crop(right)

    def first_axis(self, site: Site, x: Shape) -> int:
        axes = len(self.padding) // 2
        if len(x) < axes:
            site.refuse("wrong-rank", f"{self.name} needs {axes} or more axes, but {dims_text(x)} arrives")
        return len(x) - axes


class ZeroPad(ConstantPad, torch="ZeroPad{n}d", dims=(1, 2, 3)):
    """Padding with zeros. Source: torch.nn.ZeroPad2d."""

    example = "3x{axes} -> {name} 2"

    padding: tuple[int, ...] = arg(Sides(), short="p", help="pixels on each side; negative ones crop")


del ZeroPad.arguments["value"]


class _EdgePad(_Pad):
    """Padding with values of the input near its edge."""

    def check_values(self, site: Site, x: Shape, first: int) -> None:
        # The batch alone may be empty (ATen/native/Padding.h, check_valid_input).
        site.filled(x[first - 1 :], f"{self.name} needs a value to repeat, but {shape_text(x)} arrives")


class ReflectionPad(_EdgePad, torch="ReflectionPad{n}d", dims=(1, 2, 3)):
    """Padding with the input mirrored at its edge. Source: torch.nn.ReflectionPad2d."""

    keeps = ("input",)

    edge = "reflect"
    padding: tuple[int, ...] = arg(Sides(), short="p", help="pixels on each side, fewer than the input has")

    def limit(self, site: Site, size: Dim, left: Dim, right: Dim) -> None:
        numbers = isinstance(left, int) and isinstance(right, int)
        for side in (max(left, right),) if numbers else (left, right):  # type: ignore[type-var]
            site.short(
                size - side - 1,
                "padding-too-large",
                f"reflection has to be smaller than the input, but {side} is padded to {size}",
                arg="padding",
            )


class ReplicationPad(_EdgePad, torch="ReplicationPad{n}d", dims=(1, 2, 3)):
    """Padding with the input's edge. Source: torch.nn.ReplicationPad2d."""

    keeps = ("input",)

    edge = "replicate"
    padding: tuple[int, ...] = arg(Sides(), short="p", help="pixels on each side")


class CircularPad(_Pad, torch="CircularPad{n}d", dims=(1, 2, 3)):
    """Padding with the input's other end. Source: torch.nn.CircularPad2d."""

    edge = "circular"
    padding: tuple[int, ...] = arg(Sides(), short="p", help="pixels on each side, at most the input's size")

    def first_axis(self, site: Site, x: Shape) -> int:
        self.spatial(site, x)  # it asks for its own axes, however many are padded (torch.nn.CircularPad2d)
        return super().first_axis(site, x)

    def limit(self, site: Site, size: Dim, left: Dim, right: Dim) -> None:
        assert isinstance(left, int)
        assert isinstance(right, int)
        side, have = max(left, right), size + _crop(left) + _crop(right)
        cropped = f" after the other side is cropped to {have}" if side > 0 and have != size else ""
        site.short(
            (have if side > 0 and have != 0 else size) - side,
            "padding-too-large",
            f"circular padding can be as large as the input, but {side} is padded to {size}{cropped}",
            arg="padding",
        )

    def reads(self, left: Dim, right: Dim, size: Dim) -> Steps:
        start, end = _crop(left), _crop(right)
        if start == 0 == end:
            return super().reads(left, right, size)
        # What is left is what the padding repeats.
        kept = size + start + end
        if not isinstance(left, int) or not isinstance(right, int) or not isinstance(kept, int):
            return ANY
        if kept < max(left, right, 1):  # it would read what is not written yet
            return ANY
        return picked([(at - max(left, 0)) % kept - min(left, 0) for at in range(kept + max(left, 0) + max(right, 0))])


class Pad(_Pad, name="pad"):
    """Padding of any axes: `pad 2` of all after the channels, `pad (1, 2)` of the last, `pad (1, 1, 2, 2)` of two.

    Sides are in torch's order: left and right of the last axis, then of the one before it.
    Source: torch.nn.functional.pad.
    """

    example = "3x32x32 -> pad (1, 1, 2, 2)"

    pad: Dim | tuple[Dim, ...] = arg(
        Either(Int(open=True), Ints(open=True, listed=True)),
        short="p",
        help="values on each side, the last axis first; negative ones crop",
    )
    mode: str = arg(
        Choice("constant", "reflect", "replicate", "circular"), "constant", help="what the padding is filled with"
    )
    value: float | None = arg(Number(none=True), None, help="what constant padding holds; 0")

    def check(self, site: Site) -> None:
        if isinstance(self.pad, tuple) and len(self.pad) % 2:
            site.refuse("bad-argument", f"pad takes two values for each axis, not {len(self.pad)}", arg="pad")
        opened = [side for side in self.written_sides(3) if isinstance(side, Expr)]
        if opened and self.mode == "circular":
            site.refuse("bad-argument", f"circular padding takes numbers, and {opened[0]} is open", arg="pad")
        if self.value and self.mode != "constant":
            site.refuse("bad-argument", f"padding in mode {self.mode} holds no value", arg="value")

    def written_sides(self, rank: int) -> tuple[Dim, ...]:
        """Two values for each axis, from the last."""
        return self.pad if isinstance(self.pad, tuple) else (self.pad,) * (2 * max(1, rank - 2))

    def sides(self, rank: int) -> list[tuple[int, Dim, Dim]]:
        padding = self.written_sides(rank)
        return [(rank - 1 - i, left, right) for i, (left, right) in enumerate(zip(padding[::2], padding[1::2]))]

    def first_axis(self, site: Site, x: Shape) -> int:
        axes = len(self.written_sides(len(x))) // 2
        if axes > len(x):
            site.refuse("wrong-rank", f"pad has sides for {axes} axes, but {dims_text(x)} arrives", arg="pad")
        return len(x) - axes

    def cropped(self, size: Dim, left: Dim, right: Dim) -> Dim:
        return size + _crop(left) + _crop(right)

    def filled(self, site: Site, x: Shape) -> Layer | None:
        """The layer of torch.nn that fills in the same way, None for a constant."""
        if self.mode == "constant":
            return None
        name = {"reflect": "reflection", "replicate": "replication", "circular": "circular"}[self.mode]
        axes = len(self.written_sides(len(x))) // 2
        if axes not in (1, 2, 3):
            site.refuse("wrong-rank", f"padding in mode {self.mode} is for 1 to 3 axes, not {axes}", arg="pad")
        return layer_class(f"{name}pad{axes}d")(padding=self.written_sides(len(x)))

    def forward(self, site: Site, *xs: Shape) -> Shape:
        layer = self.filled(site, xs[0])
        if layer is None:
            return super().forward(site, *xs)
        out = layer.forward(site, *xs)
        assert isinstance(out, tuple)
        return out

    def saved(self, call: MemoryCall) -> list[Kept] | None:
        return [Kept("input", 0)] if self.mode in ("reflect", "replicate") else []

    def reach(self, xs: Shapes, ys: Shapes) -> Reaches:
        layer = self.filled(Site(), xs[0])
        if layer and any(isinstance(side, Expr) for side in self.written_sides(len(xs[0]))):
            padded = {axis for axis, _, _ in self.sides(len(xs[0]))}
            return [{axis: (axis, ANY if axis in padded else SAME) for axis in range(len(xs[0]))}]
        return layer.reach(xs, ys) if layer else super().reach(xs, ys)

    def run(self, torch: Any, part: Any, *xs: Any) -> Any:
        value = None if self.value is None else float(self.value)
        return torch.nn.functional.pad(xs[0], self.written_sides(xs[0].dim()), self.mode, value)

    @classmethod
    def drawn(cls, draw: Random) -> Drawn:
        shape = (2, *(draw.choice([1, 2, 4, 5]) for _ in range(draw.choice([1, 2, 2, 3, 3, 4]))))
        count = draw.choice([2, 2, 4, 4, 6, 6, 8, 10, 3])
        pad = tuple(draw.choice([-1, 0, 0, 1, 1, 2]) for _ in range(count))
        return {"pad": pad, "mode": draw.choice(["constant", "constant", "reflect", "replicate", "circular"])}, [shape]
