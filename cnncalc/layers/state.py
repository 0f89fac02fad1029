"""Tensors that a network holds itself: parameters, buffers and constants."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from cnncalc.layers.arguments import arg
from cnncalc.layers.kinds import Ints, Text
from cnncalc.layers.layer import Layer
from cnncalc.layers.memory import DECIMALS
from cnncalc.layers.shapes import Named, Shape, Shapes
from cnncalc.layers.site import Site
from cnncalc.layers.window import Reaches
from cnncalc.symbolic.expr import Dim


class _Constant(Layer):
    """A tensor that the network holds itself. It has no batch and reads no input."""

    keeps = ()

    inputs = (0, 0)
    input_names = ()

    dtype: str
    shape: tuple[Dim, ...] = arg(Ints(0, open=True), (), variadic=True, help="its sizes; none for a scalar")

    def forward(self, site: Site, *xs: Shape) -> Shape:
        return self.shape

    def types(self, given: Sequence[str], decimals: str, count: int) -> tuple[str, ...]:
        return (decimals if self.dtype in DECIMALS else self.dtype,)

    def reach(self, xs: Shapes, ys: Shapes) -> Reaches:
        return []


class Parameter(_Constant, name="parameter", aliases=("param",)):
    """A learned tensor: a class token, a position table, a scale. It has no batch and reads no input.

    Source: torch.nn.Parameter.
    """

    example = "196x768 -> add(identity, parameter 1 196 768)"

    of: str | None = arg(Text(), None, help="the parameter of another layer that it is: of=embed.weight")
    dtype: str = arg(Text(), "float32", help="its type")

    @property
    def trainable(self) -> bool:
        return self.dtype.startswith(("float", "bfloat", "complex"))

    def params(self, *xs: Shape) -> Named:
        return {"": self.shape}


class Buffer(_Constant, name="buffer"):
    """A tensor that is kept and not learned: an index of positions, a mask. It has no batch and reads no input.

    Source: torch.nn.Buffer.
    """

    example = "49x96 -> add(identity, buffer 1 49 1)"

    dtype: str = arg(Text(), "float32", help="its type")

    def buffers(self, *xs: Shape) -> Named:
        return {"": self.shape}


class Constant(_Constant, name="constant"):
    """A tensor of numbers that are written in the network's code: zeros, positions. It is neither kept nor learned.

    Source: torch.zeros, torch.arange and relatives.
    """

    example = "49x96 -> add(identity, constant 49 1)"

    dtype: str = arg(Text(), "float32", help="its type")

    def run(self, torch: Any, part: Any, *xs: Any) -> Any:
        return torch.zeros(self.shape, dtype=getattr(torch, self.dtype))
