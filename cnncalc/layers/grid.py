"""Pictures read at positions that another value gives (torch.nn.functional.grid_sample and affine_grid)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from cnncalc.layers.arguments import arg
from cnncalc.layers.drawing import Drawn
from cnncalc.layers.kinds import Bool, Choice, Ints
from cnncalc.layers.layer import Layer
from cnncalc.layers.shapes import Shape, Shapes, shape_text
from cnncalc.layers.site import Site
from cnncalc.layers.window import ANY, SAME, Reach, Reaches
from cnncalc.symbolic.expr import Dim, product

if TYPE_CHECKING:
    from random import Random


class GridSample(Layer, name="grid_sample"):
    """The first input at the positions that the second, a grid of coordinates, gives: spatial transformers.

    Of (channels, height, width) and (rows, columns, 2), or with a third axis and 3 coordinates, it gives
    (channels, rows, columns). MACs: none, as for every interpolation. Source: torch.nn.functional.grid_sample.
    """

    all_within = False

    keeps = ("inputs",)

    inputs = (2, 2)
    input_names = ("input", "grid")
    example = "3x32x32 -> grid_sample(identity, rand N 16 16 2)"

    mode: str = arg(Choice("bilinear", "nearest", "bicubic"), "bilinear", help="how it reads between positions")
    padding_mode: str = arg(Choice("zeros", "border", "reflection"), "zeros", help="what is read outside")
    align_corners: bool | None = arg(Bool(), None, help="the corners of the coordinates are pixels' centres")

    def forward(self, site: Site, *xs: Shape) -> Shape:
        x, grid = xs
        came = f"{shape_text(x)} and {shape_text(grid)} arrive"
        if len(x) not in (4, 5) or len(grid) != len(x):
            site.refuse("wrong-rank", f"grid_sample takes a batch of pictures and a grid with as many axes, but {came}")
        if self.mode == "bicubic" and len(x) == 5:
            site.refuse("bad-argument", "grid_sample has mode=bicubic for two spatial axes only", arg="mode")
        if grid[-1] != len(x) - 2:
            message = f"grid_sample takes {len(x) - 2} coordinates on the last axis of its grid, but {came}"
            site.unequal(grid[-1], len(x) - 2, "shape-mismatch", message)
        if x[0] != grid[0]:
            site.unequal(x[0], grid[0], "shape-mismatch", f"grid_sample needs one batch in both inputs, but {came}")
        for size in x[2:]:
            site.short(size - 1, "empty-input", f"grid_sample needs one pixel at least, but {came}")
        return (*x[:2], *grid[1:-1])

    def reach(self, xs: Shapes, ys: Shapes) -> Reaches:
        x, grid = xs
        first: Reach = {axis: (axis, SAME if axis < 2 else ANY) for axis in range(len(x))}
        second: Reach = {axis: (axis if axis == 0 else axis + 1, SAME) for axis in range(len(grid) - 1)}
        return [first, {**second, len(grid) - 1: (None, ANY)}]

    def run(self, torch: Any, part: Any, *xs: Any) -> Any:
        return torch.nn.functional.grid_sample(*xs, self.mode, self.padding_mode, self.align_corners)

    @classmethod
    def drawn(cls, draw: Random) -> Drawn:
        axes = draw.choice([2, 2, 3, 1 if draw.random() < 0.2 else 2])
        batch = draw.randrange(1, 3)
        x = (batch, draw.choice([1, 3]), *(draw.choice([0, 1, 4, 5, 6, 7]) for _ in range(axes)))
        grid = (
            batch if draw.random() < 0.95 else 3,
            *(draw.choice([1, 2, 5]) for _ in range(axes if draw.random() < 0.95 else 2)),
            axes if draw.random() < 0.95 else 4,
        )
        values: dict[str, Any] = {"mode": draw.choice(["bilinear", "nearest", "bicubic"])}
        values["padding_mode"] = draw.choice(["zeros", "border", "reflection"])
        return values | ({"align_corners": draw.random() < 0.5} if draw.random() < 0.5 else {}), [x, grid]


class AffineGrid(Layer, name="affine_grid"):
    """The coordinates that affine maps, the input, give the pixels of a picture of a size; for `grid_sample`.

    Of a matrix 2x3 for each sample, or 3x4 with three spatial axes, it gives (height, width, 2). MACs: each pixel's
    homogeneous coordinates times the matrix. Source: torch.nn.functional.affine_grid.
    """

    all_within = False

    keeps = ()

    input_names = ("theta",)
    example = "2x3 -> affine_grid (N, 3, 32, 32)"

    size: tuple[Dim, ...] = arg(Ints(1, open=True), help="of the picture, complete: batch, channels and axes")
    align_corners: bool | None = arg(Bool(), None, help="the corners of the coordinates are pixels' centres")

    def check(self, site: Site) -> None:
        if len(self.size) not in (4, 5):
            site.refuse(
                "bad-argument",
                f"affine_grid takes a size of 4 or 5 axes, not {len(self.size)}",
                arg="size",
                hint="the batch and the channels come in front: (N, 3, 32, 32)",
            )

    def forward(self, site: Site, *xs: Shape) -> Shape:
        (theta,) = xs
        axes = len(self.size) - 2
        message = f"affine_grid takes a matrix {axes}x{axes + 1} for each sample, but {shape_text(theta)} arrives"
        if len(theta) != 3:
            site.refuse("wrong-rank", message)
        for came, want in zip(theta, (self.size[0], axes, axes + 1)):
            if came != want:
                site.unequal(came, want, "shape-mismatch", message, arg="size")
        return (self.size[0], *self.size[2:], axes)

    def macs(self, xs: Shapes, ys: Shapes) -> Dim:
        axes = len(self.size) - 2
        return product(ys[0]) * (axes + 1)

    def reach(self, xs: Shapes, ys: Shapes) -> Reaches:
        return [{0: (0, SAME), 1: (len(ys[0]) - 1, SAME), 2: (None, ANY)}]

    def run(self, torch: Any, part: Any, *xs: Any) -> Any:
        return torch.nn.functional.affine_grid(xs[0], list(self.size), self.align_corners)

    @classmethod
    def drawn(cls, draw: Random) -> Drawn:
        axes = draw.choice([2, 2, 3])
        size = [draw.randrange(1, 3), 3, *(draw.choice([1, 2, 5]) for _ in range(axes))]
        theta = [size[0], axes, axes + 1]
        if draw.random() < 0.2:
            at = draw.randrange(len(size))
            size[at] = draw.choice([0, size[at] + 1])
        if draw.random() < 0.1:
            theta[draw.randrange(3)] += 1
        if draw.random() < 0.05:
            size.pop()
        return {"size": tuple(size)}, [tuple(theta[draw.random() < 0.05 :])]
