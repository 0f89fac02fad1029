"""Layers that multiply by a weight matrix (torch.nn.Linear, torch.nn.Bilinear)."""

from __future__ import annotations

from cnncalc.layers.arguments import arg
from cnncalc.layers.kinds import Bool, Int
from cnncalc.layers.layer import Layer
from cnncalc.layers.memory import Kept, MemoryCall, made, reshaped
from cnncalc.layers.shapes import Named, Shape, Shapes, shape_text
from cnncalc.layers.site import Site
from cnncalc.layers.window import ALL, SAME, Reaches
from cnncalc.symbolic.expr import Dim, product


class Linear(Layer, torch="Linear", aliases=("fc", "dense"), lazy=True):
    """A fully connected layer on the last axis: each output is a weighted sum of all inputs.

    Weight (out_features, in_features); MACs are the input elements times out_features.
    Source: torch.nn.Linear, "Shape" and "Variables".
    """

    numbers = "decimals"

    features_last = True
    example = "400 -> linear 120"

    in_features: Dim | None = arg(Int(0, open=True), inferred=True, help="features that come in")
    out_features: Dim = arg(Int(0, open=True), help="features that go out")
    bias: bool = arg(Bool(), True, help="add one learned number to each output feature")

    def forward(self, site: Site, *xs: Shape) -> Shape:
        (x,) = xs
        if not x:
            site.refuse("wrong-rank", "linear works on the last axis, but a scalar arrives")
        self.expect(site, "in_features", x[-1], "input features")
        return (*x[:-1], self.out_features)

    def arrives(self, *xs: Shape) -> dict[str, Dim]:
        return {"in_features": xs[0][-1]}

    def params(self, *xs: Shape) -> Named:
        weight: Named = {"weight": (self.out_features, xs[0][-1])}
        return weight | {"bias": (self.out_features,)} if self.bias else weight

    def macs(self, xs: Shapes, ys: Shapes) -> Dim:
        return product(xs[0]) * self.out_features

    def saved(self, call: MemoryCall) -> list[Kept] | None:
        (x,) = call.xs
        if reshaped(x, (product(x.shape[:-1]), x.shape[-1])) is None:  # the rows of a matrix, for which torch copies it
            return [made("input" if call.trained else "passing", x.shape, x.type)]
        return [Kept("input", 0)] if call.trained else []

    def reach(self, xs: Shapes, ys: Shapes) -> Reaches:
        last = len(xs[0]) - 1
        return [{axis: (axis, ALL if axis == last else SAME) for axis in range(last + 1)}]


class Bilinear(Layer, torch="Bilinear"):
    """A product of two inputs with a weight between each pair of features: `x1 W x2 + b`.

    torch's counter sees no part of it, and how it is computed is not fixed, so its MACs are a lower bound:
    one for each weight and position. Source: torch.nn.Bilinear, "Shape" and "Variables".
    """

    numbers = "decimals"

    all_within = False

    keeps = ("inputs",)

    example = "20 -> bilinear(linear 30, linear 40, out_features=8)"
    inputs = (2, 2)
    input_names = ("input1", "input2")
    status = "lower-bound"

    in1_features: Dim | None = arg(Int(1, open=True), inferred=True, help="features of the first input")
    in2_features: Dim | None = arg(Int(1, open=True), inferred=True, help="features of the second input")
    out_features: Dim = arg(Int(1, open=True), help="features that go out")
    bias: bool = arg(Bool(), True, help="add one learned number to each output feature")

    def forward(self, site: Site, *xs: Shape) -> Shape:
        first, second = xs
        if not first or len(first) != len(second):
            site.refuse(
                "wrong-rank",
                f"bilinear takes two inputs of the same rank, but {shape_text(first)} and {shape_text(second)} arrive",
            )
        self.expect(site, "in1_features", first[-1], "features in its first input")
        self.expect(site, "in2_features", second[-1], "features in its second input")
        for left, right in zip(first[:-1], second[:-1]):
            if left != right:
                site.unequal(
                    left,
                    right,
                    "shape-mismatch",
                    f"bilinear takes inputs that differ in the last axis only, but {shape_text(first)} "
                    f"and {shape_text(second)} arrive",
                )
        return (*first[:-1], self.out_features)

    def arrives(self, *xs: Shape) -> dict[str, Dim]:
        return {"in1_features": xs[0][-1], "in2_features": xs[1][-1]}

    def params(self, *xs: Shape) -> Named:
        weight: Named = {"weight": (self.out_features, xs[0][-1], xs[1][-1])}
        return weight | {"bias": (self.out_features,)} if self.bias else weight

    def macs(self, xs: Shapes, ys: Shapes) -> Dim:
        return product(ys[0]) * xs[0][-1] * xs[1][-1]

    def reach(self, xs: Shapes, ys: Shapes) -> Reaches:
        last = len(xs[0]) - 1
        return [{axis: (axis, ALL if axis == last else SAME) for axis in range(last + 1)}] * 2
