"""What an imported network does and the language has no layer for: its shapes are held as they are."""

from __future__ import annotations

from typing import Any

from cnncalc.layers.arguments import arg
from cnncalc.layers.kinds import Ints, Kind, Text, Value, Wrong
from cnncalc.layers.layer import Layer
from cnncalc.layers.shapes import Shape, Shapes, dims_text, shape_text
from cnncalc.layers.site import Site
from cnncalc.layers.window import Reaches, unknown


class OneOrMoreShapes(Kind[tuple[Shape, ...]]):
    """A shape, or several. The normal form is a list of shapes."""

    text = "a shape such as (N, 3, 8), or a list of them"

    def read(self, value: Value, ndim: int | None) -> Value:
        if not isinstance(value, tuple):
            raise Wrong(f"is {self.text}, not {value}")
        sizes = Ints(0, open=True)
        if value and all(isinstance(item, tuple) for item in value):
            return tuple(sizes.read(item, None) for item in value)
        return (sizes.read(value, None),)


DTYPES = ("float32", "float64", "float16", "bfloat16", "complex64", "int64", "int32", "bool")


class Opaque(Layer, name="opaque"):
    """An operation that cnncalc does not know, with the shapes that go in and out when it was imported.

    What it costs is not counted.
    """

    example = "3x8x8 -> opaque(identity, op=frobnicate, shapes=(N, 3, 4, 4))"
    inputs = (1, None)
    status = "uncounted"

    op: str = arg(Text(), help="what it does, in torch's words")
    shapes: tuple[Shape, ...] = arg(OneOrMoreShapes(), help="what goes out, complete with the batch")
    takes: tuple[Shape, ...] | None = arg(OneOrMoreShapes(), None, help="what has to come in, where that is known")
    dtype: str = arg(Text(), "float32", help="the type of what goes out")

    def forward(self, site: Site, *xs: Shape) -> Shape | list[Shape]:
        for given, wanted in zip(xs, self.takes or ()):
            if len(given) != len(wanted):
                site.refuse(
                    "wrong-rank",
                    f"{self.op} is known for {shape_text(wanted)} only, but {shape_text(given)} arrives",
                    arg="takes",
                )
            for left, right in zip(given, wanted):
                if left != right:
                    message = f"{self.op} is known for {dims_text(wanted)} only, but {dims_text(given)} arrives"
                    site.unequal(left, right, "shape-mismatch", message, arg="takes")
        return list(self.shapes) if len(self.shapes) > 1 else self.shapes[0]

    def run(self, torch: Any, part: Any, *xs: Any) -> Any:
        sizes, ranks = [size for shape in self.shapes for size in shape], [len(shape) for shape in self.shapes]
        made = torch.ops.cnncalc.opaque(xs, self.op, sizes, ranks, getattr(torch, self.dtype))
        return made if len(made) > 1 else made[0]

    def reach(self, xs: Shapes, ys: Shapes) -> Reaches:
        return list(map(unknown, xs))
