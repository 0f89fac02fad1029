"""Complex numbers and Fourier transforms (torch.complex, torch.view_as_complex, torch.fft).

A complex number is one element of its tensor. cnncalc has no types, so that these layers take any input as what they
need. Fourier transforms multiply and accumulate, by a plan that depends on the machine: their MACs are uncounted.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, ClassVar

from cnncalc.layers.arguments import arg
from cnncalc.layers.drawing import Drawn, drawn_axis, drawn_shape
from cnncalc.layers.elementwise import Function, OfTwo
from cnncalc.layers.kinds import Choice, Int, Ints
from cnncalc.layers.layer import Layer
from cnncalc.layers.memory import REAL_OF, MemoryTensor
from cnncalc.layers.shapes import Shape, Shapes, shape_text
from cnncalc.layers.site import Site, axes_of
from cnncalc.layers.window import ALL, ANY, Reaches, along, rolled
from cnncalc.symbolic.expr import Dim

if TYPE_CHECKING:
    from random import Random


def as_complex(x: Any) -> Any:
    """The tensor as complex numbers, for torch, which minds types."""
    return x if x.is_complex() else x.cfloat()


def as_real(x: Any) -> Any:
    return x.real if x.is_complex() else x


PARTS = {
    "angle": "The angle of each complex number",
    "conj": "Each complex number with its imaginary part negated",
    "imag": "The imaginary part of each complex number",
    "real": "The real part of each complex number",
}

OF_TWO = {
    "complex": "Complex numbers of their real and imaginary parts",
    "polar": "Complex numbers of their distances from 0 and their angles",
}


class _Part(Function):
    """On complex numbers."""

    def types(self, given: Sequence[str], decimals: str, count: int) -> tuple[str, ...]:
        return (self.type_of("complex" if self.name == "conj" else "real", given, decimals),)

    example = "64x33 -> {name}"

    def run(self, torch: Any, part: Any, *xs: Any) -> Any:
        return super().run(torch, part, *map(as_complex, xs))


class _OfTwo(OfTwo):
    """On the two parts of complex numbers."""

    gives = "complex"

    example = "64x33 -> {name}(identity, sin)"

    def run(self, torch: Any, part: Any, *xs: Any) -> Any:
        return super().run(torch, part, *map(as_real, xs))


class ViewAsComplex(Layer, name="view_as_complex"):
    """Complex numbers of a last axis that holds their two parts. Source: torch.view_as_complex."""

    gives = "complex"

    keeps = ()

    view: ClassVar[bool] = True

    example = "12x32x2 -> view_as_complex"

    def forward(self, site: Site, *xs: Shape) -> Shape:
        (x,) = xs
        message = f"view_as_complex takes a last axis of two parts, but {shape_text(x)} arrives"
        if not x:
            site.refuse("wrong-rank", message)
        if x[-1] != 2:
            site.unequal(x[-1], 2, "shape-mismatch", message, hint="`unflatten -1 (-1, 2)` makes pairs")
        return x[:-1]

    def viewed(self, x: MemoryTensor, y: Shape) -> Shape | None:
        return tuple([stride // 2 for stride in x.strides[:-1]])

    def reach(self, xs: Shapes, ys: Shapes) -> Reaches:
        return [{**along(xs[0]), len(xs[0]) - 1: (None, ALL)}]

    def run(self, torch: Any, part: Any, *xs: Any) -> Any:
        return torch.view_as_complex(as_real(xs[0]).contiguous())

    @classmethod
    def drawn(cls, draw: Random) -> Drawn:
        shape = drawn_shape(draw)
        return {}, [(*shape, 2) if draw.random() < 0.85 else draw.choice([shape, ()])]


class ViewAsReal(Layer, name="view_as_real"):
    """The two parts of complex numbers on a new last axis. Source: torch.view_as_real."""

    gives = "real"

    keeps = ()

    view: ClassVar[bool] = True

    example = "12x32 -> view_as_real"

    def forward(self, site: Site, *xs: Shape) -> Shape:
        return (*xs[0], 2)

    def viewed(self, x: MemoryTensor, y: Shape) -> Shape | None:
        return (*[2 * stride for stride in x.strides], 1)

    def shares(self, training: bool, given: Sequence[str]) -> bool:
        return given[0] in REAL_OF

    def reach(self, xs: Shapes, ys: Shapes) -> Reaches:
        return [along(xs[0])]

    def run(self, torch: Any, part: Any, *xs: Any) -> Any:
        return torch.view_as_real(as_complex(xs[0]).resolve_conj())


# Fourier transforms

NORM = Choice("backward", "forward", "ortho")

ALONG_ONE = {
    "fft": "The Fourier transform along an axis",
    "hfft": "The Fourier transform along an axis, of a spectrum whose other half mirrors it",
    "ifft": "The inverse Fourier transform along an axis",
    "ihfft": "The inverse of `hfft`: `n//2 + 1` numbers, the others mirror them",
    "irfft": "The inverse of `rfft`: `n` real numbers",
    "rfft": "The Fourier transform of real numbers along an axis: `n//2 + 1` numbers, the others mirror them",
}

ALONG_TWO = {
    "fft2": "The Fourier transform along two axes",
    "hfft2": "The Fourier transform along two axes, of a spectrum whose other half mirrors it",
    "ifft2": "The inverse Fourier transform along two axes",
    "ihfft2": "The inverse of `hfft2`, with `n//2 + 1` numbers along the last axis",
    "irfft2": "The inverse of `rfft2`, with `n` real numbers along the last axis",
    "rfft2": "The Fourier transform of real numbers along two axes, with `n//2 + 1` numbers along the last",
}

ALONG_ALL = {
    "fftn": "The Fourier transform along axes",
    "hfftn": "The Fourier transform along axes, of a spectrum whose other half mirrors it",
    "ifftn": "The inverse Fourier transform along axes",
    "ihfftn": "The inverse of `hfftn`, with `n//2 + 1` numbers along the last axis",
    "irfftn": "The inverse of `rfftn`, with `n` real numbers along the last axis",
    "rfftn": "The Fourier transform of real numbers along axes, with `n//2 + 1` numbers along the last",
}


class _Transform(Layer):
    """A transform along axes, each of which may be cut or filled with zeros to a size before."""

    status = "uncounted"

    def types(self, given: Sequence[str], decimals: str, count: int) -> tuple[str, ...]:
        return (self.type_of("real" if self.name.startswith(("irfft", "hfft")) else "complex", given, decimals),)

    def axes(self, site: Site, x: Shape) -> tuple[list[int], list[Dim | None]]:
        """The axes, and the size that each is brought to; None for its own."""
        raise NotImplementedError

    def forward(self, site: Site, *xs: Shape) -> Shape:
        (x,) = xs
        axes, sizes = self.axes(site, x)
        brought = {axis: x[axis] if size is None else size for axis, size in zip(axes, sizes)}
        if axes:
            kept = [size for axis, size in enumerate(x) if axis not in brought]
            site.filled(kept, f"{self.name} needs a value at least, but {shape_text(x)} arrives")
        out = list(x)
        for place, (axis, size) in enumerate(zip(axes, sizes)):
            half = place == len(axes) - 1
            whole = half and self.name.startswith(("irfft", "hfft"))
            points = size if size is not None else 2 * (x[axis] - 1) if whole else x[axis]
            message = f"{self.name} needs one point at least along axis {axis} of {shape_text(x)}, but takes {points}"
            site.short(points - 1, "empty-input", message, arg=None if size is None else next(iter(self.arguments)))
            out[axis] = points // 2 + 1 if half and self.name.startswith(("rfft", "ihfft")) else points
        return tuple(out)

    def reach(self, xs: Shapes, ys: Shapes) -> Reaches:
        x = xs[0]
        axes, sizes = self.axes(Site(), x)
        found = dict(along(x, axes))
        mirrored = self.name.startswith(("irfft", "hfft"))
        for axis, size in zip(axes, sizes):
            if mirrored or (size is not None and not (isinstance(size, int) and size == x[axis])):
                found[axis] = (axis, ANY)  # maybe not of those that are cut off, or that their mirror image says
        return [found]

    def transformed(self, torch: Any, x: Any, *given: Any) -> Any:
        x = as_real(x) if self.name.startswith(("rfft", "ihfft")) else x
        return getattr(torch.fft, self.name)(x, *given)


class _AlongOne(_Transform):
    """Along one axis."""

    example = "64x512 -> {name}"

    n: Dim | None = arg(Int(1, open=True), None, help="points, to which the axis is cut or filled; None: its own")
    dim: int = arg(Int(), -1, help="the axis, counted with the batch as 0")
    norm: str | None = arg(NORM, None, help="how it is scaled")

    def axes(self, site: Site, x: Shape) -> tuple[list[int], list[Dim | None]]:
        return axes_of(site, [self.dim], len(x)), [self.n]

    def run(self, torch: Any, part: Any, *xs: Any) -> Any:
        return self.transformed(torch, xs[0], self.n, self.dim, self.norm)

    @classmethod
    def drawn(cls, draw: Random) -> Drawn:
        shape = drawn_shape(draw)
        values = {"dim": drawn_axis(draw, len(shape)), "n": draw.choice([0, 1, 2, 3, 5, 6]), "norm": "ortho"}
        return {key: value for key, value in values.items() if draw.random() < 0.6}, [shape]


class _AlongSeveral(_Transform):
    """Along several axes."""

    s: tuple[Dim, ...] | None
    dim: tuple[int, ...] | None
    norm: str | None

    def axes(self, site: Site, x: Shape) -> tuple[list[int], list[Dim | None]]:
        dims: Sequence[int]
        if self.dim is not None:
            dims = self.dim
        elif self.s is None:
            dims = range(len(x))
        else:
            if len(self.s) > len(x):
                site.refuse(
                    "bad-argument", f"{self.name} has {len(self.s)} sizes in s, but {shape_text(x)} arrives", arg="s"
                )
            dims = range(len(x) - len(self.s), len(x))
        if self.s is not None and len(self.s) != len(dims):
            site.refuse("bad-argument", f"{self.name} needs a size for each of the {len(dims)} axes, or none", arg="s")
        if not dims and not self.name.startswith(("fft", "ifft")):
            site.refuse("bad-argument", f"{self.name} transforms one axis at least", arg="dim")
        sizes = [None if size == -1 else size for size in self.s or ()] or [None] * len(dims)
        return axes_of(site, dims, len(x)), sizes

    def run(self, torch: Any, part: Any, *xs: Any) -> Any:
        return self.transformed(torch, xs[0], self.s, self.dim, self.norm)

    @classmethod
    def drawn(cls, draw: Random) -> Drawn:
        shape = drawn_shape(draw)
        values: dict[str, Any] = {}
        if draw.random() < 0.4:
            values["dim"] = tuple(drawn_axis(draw, len(shape)) for _ in range(draw.randrange(1, 3)))
        if draw.random() < 0.4:
            count = len(values["dim"]) if "dim" in values else draw.randrange(1, 3)
            count += draw.random() < 0.1
            values["s"] = tuple(
                draw.choice([-1, -1, 1, 2, 4, 5, 0 if draw.random() < 0.2 else 3]) for _ in range(count)
            )
        if draw.random() < 0.2:
            values["norm"] = "forward"
        return values, [shape]


class _AlongTwo(_AlongSeveral):
    """Along two axes."""

    example = "64x32x32 -> {name}"

    s: tuple[Dim, ...] | None = arg(Ints(-1, open=True), None, help="points along each axis; -1, None: its own")
    dim: tuple[int, ...] | None = arg(Ints(), (-2, -1), help="the axes, counted with the batch as 0")
    norm: str | None = arg(NORM, None, help="how it is scaled")


class _AlongAll(_AlongSeveral):
    """Along all axes, or some."""

    example = "64x32x32 -> {name} dim=(2, 3)"

    s: tuple[Dim, ...] | None = arg(Ints(-1, open=True), None, help="points along each axis; -1, None: its own")
    dim: tuple[int, ...] | None = arg(Ints(), None, help="the axes; None: the last ones, as many as s has, or all")
    norm: str | None = arg(NORM, None, help="how it is scaled")


class _Shift(Layer):
    """torch.fft's function of this name."""

    keeps = ()

    example = "64x32x32 -> {name} (2, 3)"

    dim: tuple[int, ...] | None = arg(Ints(), None, help="the axes, counted with the batch as 0; None: all")

    def forward(self, site: Site, *xs: Shape) -> Shape:
        (x,) = xs
        for axis in self.dim or ():  # torch shifts an axis twice where it occurs twice
            axes_of(site, [axis], len(x))
        if not (x if self.dim is None else self.dim):
            site.refuse("wrong-rank", f"{self.name} shifts one axis at least", arg="dim")
        return x

    def reach(self, xs: Shapes, ys: Shapes) -> Reaches:
        x = xs[0]
        shifts: dict[int, Dim] = {}
        for dim in self.dim or range(len(x)):
            half = x[dim] // 2 if self.name == "fftshift" else -(x[dim] // 2)
            shifts[dim % len(x)] = shifts.get(dim % len(x), 0) + half
        return [{**along(x), **{axis: (axis, rolled(x[axis], shift)) for axis, shift in shifts.items()}}]

    def run(self, torch: Any, part: Any, *xs: Any) -> Any:
        return getattr(torch.fft, self.name)(xs[0], self.dim)

    @classmethod
    def drawn(cls, draw: Random) -> Drawn:
        shape = drawn_shape(draw) if draw.random() < 0.95 else ()
        dims = tuple(drawn_axis(draw, max(1, len(shape))) for _ in range(draw.randrange(1, 3)))
        return {"dim": dims} if draw.random() < 0.7 else {}, [shape]


SHIFTS = {
    "fftshift": "The numbers of a transform with the lowest frequency in the middle",
    "ifftshift": "The inverse of `fftshift`",
}

MADE: tuple[tuple[type[Layer], dict[str, str], str], ...] = (
    (_Part, PARTS, "torch"),
    (_OfTwo, OF_TWO, "torch"),
    (_AlongOne, ALONG_ONE, "torch.fft"),
    (_AlongTwo, ALONG_TWO, "torch.fft"),
    (_AlongAll, ALONG_ALL, "torch.fft"),
    (_Shift, SHIFTS, "torch.fft"),
)

for _base, _table, _where in MADE:
    for _name, _text in _table.items():
        type(f"{_base.__name__}_{_name}", (_base,), {"__doc__": f"{_text}. Source: {_where}.{_name}."}, name=_name)
