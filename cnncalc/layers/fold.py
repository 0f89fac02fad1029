"""Windows as columns and back (torch.nn.Unfold, torch.nn.Fold). They cost no MACs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from cnncalc.layers.arguments import arg
from cnncalc.layers.conv import slide
from cnncalc.layers.drawing import Drawn, drawn_axis, drawn_shape
from cnncalc.layers.kinds import Int, Sizes
from cnncalc.layers.layer import Layer
from cnncalc.layers.memory import MemoryTensor
from cnncalc.layers.shapes import Shape, Shapes, shape_text, wrapped
from cnncalc.layers.site import Site, axes_of
from cnncalc.layers.window import ANY, AxisPart, Reaches, Steps, Window, along, blocks, extent, window_out
from cnncalc.symbolic.expr import Dim, product

if TYPE_CHECKING:
    from random import Random

if TYPE_CHECKING:
    from random import Random


class _Columns(Layer):
    """Sliding windows over two axes, each a column."""

    all_within = False

    keeps = ()

    kernel_size: tuple[int, ...]
    dilation: tuple[int, ...]
    padding: tuple[int, ...]
    stride: tuple[int, ...]

    def windows(self, x: Shape) -> list[Window]:
        return [Window(k, s, p, p, d) for k, s, p, d in zip(self.kernel_size, self.stride, self.padding, self.dilation)]

    def columns(self, site: Site, x: Shape, sizes: Shape) -> Dim:
        """How many windows there are."""
        return product(slide(site, self.name, self.windows(x), sizes))

    @classmethod
    def drawn_window(cls, draw: Random) -> dict[str, Any]:
        """Arguments of a window."""

        def one(*values: int) -> Any:
            return draw.choice(values) if draw.random() < 0.6 else (draw.choice(values), draw.choice(values))

        return {
            "kernel_size": one(1, 2, 2, 3),
            "dilation": one(1, 1, 1, 2),
            "padding": one(0, 0, 1),
            "stride": one(1, 1, 2, 3),
        }


class Unfold(_Columns, torch="Unfold", aliases=("im2col",)):
    """Every window of an image as a column: `C x H x W` to `C*kernel x windows`.

    Windows per axis: `floor((in + 2*padding - dilation*(kernel_size - 1) - 1)/stride) + 1`.
    Source: torch.nn.Unfold, "Shape".
    """

    example = "3x32x32 -> unfold 4 s4"

    kernel_size: tuple[int, ...] = arg(Sizes(1, axes=2), short="k", help="size of the window")
    dilation: tuple[int, ...] = arg(Sizes(1, axes=2), 1, short="d", help="distance between the window's inputs")
    padding: tuple[int, ...] = arg(Sizes(0, axes=2), 0, short="p", help="zeros added on each side")
    stride: tuple[int, ...] = arg(Sizes(1, axes=2), 1, short="s", help="step from one window to the next")

    def forward(self, site: Site, *xs: Shape) -> Shape:
        (x,) = xs
        if len(x) not in (3, 4):
            site.refuse("wrong-rank", f"unfold takes channels and two axes, but {shape_text(x)} arrives")
        site.filled(x[-3:], f"unfold needs a pixel to work on, but {shape_text(x)} arrives")
        return (*x[:-3], x[-3] * product(self.kernel_size), self.columns(site, x, x[-2:]))

    def reach(self, xs: Shapes, ys: Shapes) -> Reaches:
        x, first = xs[0], len(xs[0]) - 3
        rows, columns = self.windows(x)
        counts = [
            window_out(size, 2 * w.left, extent(w.kernel, w.dilation), w.stride)
            for w, size in zip((rows, columns), x[-2:])
        ]
        places = AxisPart(first + 1, counts[1], 1, counts[0]), AxisPart(first + 1, 1, 1, counts[1])
        return [
            {
                # A place of the window may always be in the padding.
                **along(x, [first], blocks(1, product(self.kernel_size))._replace(fewer=any(self.padding))),
                first + 1: ((places[0],), rows.reads()._replace(spread=(first,))),
                first + 2: ((places[1],), columns.reads()._replace(spread=(first,))),
            }
        ]

    @classmethod
    def drawn(cls, draw: Random) -> Drawn:
        shape = (2, draw.choice([1, 3]), draw.choice([2, 3, 5, 8]), draw.choice([2, 4, 7]))
        rank = draw.choice([0, 0, 0, 0, 1, 2])
        return cls.drawn_window(draw), [shape[rank:]]


class Fold(_Columns, torch="Fold", aliases=("col2im",)):
    """Columns put back as windows of an image, and added where they overlap: `C*kernel x windows` to `C x H x W`.

    The input has one column for each window of an image of `output_size`. Source: torch.nn.Fold, "Shape".
    """

    example = "48x64 -> fold 32 k4 s4"

    output_size: tuple[int, ...] = arg(Sizes(1, axes=2), help="the size of the image")
    kernel_size: tuple[int, ...] = arg(Sizes(1, axes=2), short="k", help="size of the window")
    dilation: tuple[int, ...] = arg(Sizes(1, axes=2), 1, short="d", help="distance between the window's outputs")
    padding: tuple[int, ...] = arg(Sizes(0, axes=2), 0, short="p", help="pixels that windows begin outside of it")
    stride: tuple[int, ...] = arg(Sizes(1, axes=2), 1, short="s", help="step from one window to the next")

    def forward(self, site: Site, *xs: Shape) -> Shape:
        (x,) = xs
        if len(x) not in (2, 3):
            site.refuse("wrong-rank", f"fold takes columns, two axes after the batch, but {shape_text(x)} arrives")
        kernel = product(self.kernel_size)
        site.filled(x[-2:], f"fold needs a column to work on, but {shape_text(x)} arrives")
        site.divides(
            x[-2],
            kernel,
            "not-divisible",
            f"a column of fold holds {kernel} pixels of each channel, but {x[-2]} is not a multiple of {kernel}",
            arg="kernel_size",
        )
        columns = self.columns(site, x, self.output_size)
        if columns != x[-1]:
            site.unequal(
                columns,
                x[-1],
                "size-mismatch",
                f"an image of {self.output_size[0]}x{self.output_size[1]} has {columns} windows here, "
                f"but {x[-1]} columns arrive",
                arg="output_size",
            )
        return (*x[:-2], x[-2] // kernel, *self.output_size)

    def reach(self, xs: Shapes, ys: Shapes) -> Reaches:
        first = len(xs[0]) - 2
        # A place of the window may always be in what the padding cuts off.
        pixels = blocks(product(self.kernel_size), 1)._replace(fewer=any(self.padding))
        return [{**along(xs[0], [first], pixels), first + 1: (None, ANY)}]

    @classmethod
    def drawn(cls, draw: Random) -> Drawn:
        arguments = cls.drawn_window(draw)
        size = (draw.choice([3, 4, 6]), draw.choice([3, 5]))
        read = cls(output_size=size, **{k: v if isinstance(v, tuple) else (v, v) for k, v in arguments.items()})
        columns = 1
        for window, pixels in zip(read.windows(()), size):
            columns *= max(
                1, (pixels + 2 * window.left - window.dilation * (window.kernel - 1) - 1) // window.stride + 1
            )
        rows = draw.choice([1, 3]) * read.kernel_size[0] * read.kernel_size[1] + (draw.random() < 0.1)
        shape = (2, rows, columns + (draw.random() < 0.1))
        return {"output_size": size, **arguments}, [shape[draw.choice([0, 0, 0, 1]) :]]


class TensorUnfold(Layer, name="tensor_unfold"):
    """Windows of an axis, whose `size` positions become a last axis. Source: torch.Tensor.unfold."""

    keeps = ()

    rearranges: ClassVar[bool] = True
    view: ClassVar[bool] = True

    example = "3x32x32 -> tensor_unfold 2 4 4"

    dimension: int = arg(Int(), help="the axis, counted with the batch as 0")
    size: int = arg(Int(0), help="positions in a window")
    step: int = arg(Int(1), help="step from one window to the next")

    def forward(self, site: Site, *xs: Shape) -> Shape:
        (x,) = xs
        (axis,) = axes_of(site, [self.dimension], wrapped(x), "dimension")
        have = x[axis] if x else 1
        site.short(have - self.size, "kernel-too-large", f"no {self.size} positions are in {have}", arg="size")
        if not x:
            return (self.size,)
        return (*x[:axis], window_out(x[axis], 0, self.size, self.step), *x[axis + 1 :], self.size)

    def viewed(self, x: MemoryTensor, y: Shape) -> Shape | None:
        axis = self.dimension % max(1, len(x.shape))
        strides = x.strides or (1,)
        return (*strides[:axis], strides[axis] * self.step, *strides[axis + 1 :], strides[axis])

    def reach(self, xs: Shapes, ys: Shapes) -> Reaches:
        if not xs[0]:
            return [{}]
        window = Steps(1, self.step, (((0, self.size - 1),) if self.size else (),), spread=(len(xs[0]),))
        return [along(xs[0], [self.dimension % len(xs[0])], window)]

    def run(self, torch: Any, part: Any, *xs: Any) -> Any:
        return xs[0].unfold(self.dimension, self.size, self.step)

    @classmethod
    def drawn(cls, draw: Random) -> Drawn:
        shape = drawn_shape(draw)
        size, step = draw.choice([1, 1, 2, 3]), draw.choice([0, 1, 1, 1, 2, 2, 3])
        return {"dimension": drawn_axis(draw, len(shape)), "size": size, "step": step}, [shape]
