"""Softmax over many classes in clusters (torch.nn.AdaptiveLogSoftmaxWithLoss)."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING, Any

from cnncalc.layers.arguments import arg
from cnncalc.layers.drawing import Drawn
from cnncalc.layers.kinds import Bool, Int, Ints, Number, said
from cnncalc.layers.layer import Layer
from cnncalc.layers.shapes import Named, Shape, Shapes, dims_text, shape_text
from cnncalc.layers.site import Site
from cnncalc.layers.window import ALL, SAME, Reach, Reaches
from cnncalc.symbolic.expr import Dim

if TYPE_CHECKING:
    from random import Random


class AdaptiveLogSoftmaxWithLoss(Layer, torch="AdaptiveLogSoftmaxWithLoss"):
    """The logarithm of the softmax at the target classes, and the mean loss; rare classes have smaller layers.

    `head` gives the classes before the first cutoff, and one for each cluster after it. Cluster i has a
    `tail.i` of two linear layers over `floor(in_features/div_value**(i + 1))` features. The MACs of a tail depend on
    how many targets fall into its cluster, so that those of the head are a lower bound.
    Source: torch.nn.AdaptiveLogSoftmaxWithLoss; Grave et al. 2017, "Efficient softmax approximation for GPUs".
    """

    example = "512 -> adaptivelogsoftmaxwithloss(identity, argmax 1, n_classes=10000, cutoffs=(1000, 5000))"
    inputs = (2, 2)
    input_names = ("input", "target")
    integer_inputs = (1,)
    output_names = ("output", "loss")
    status = "lower-bound"

    in_features: int | None = arg(Int(1), inferred=True, help="features that come in")
    n_classes: int = arg(Int(2), help="how many classes there are")
    cutoffs: tuple[int, ...] = arg(Ints(1, listed=True), help="where the clusters begin, in rising order")
    div_value: float = arg(Number(), 4.0, help="how many times smaller each further cluster is")
    head_bias: bool = arg(Bool(), False, help="add a bias in the head")

    def check(self, site: Site) -> None:
        rising = all(a < b for a, b in pairwise(self.cutoffs))
        if not self.cutoffs or not rising or self.cutoffs[-1] > self.n_classes - 1:
            site.refuse(
                "bad-argument",
                f"cutoffs rise from 1 or more to {self.n_classes - 1} or less, not {dims_text(self.cutoffs)}",
                arg="cutoffs",
            )
        if self.div_value <= 0:
            message = f"div_value is how many times smaller a cluster is, and above 0, not {said(self.div_value)}"
            site.refuse("bad-argument", message, arg="div_value")

    def forward(self, site: Site, *xs: Shape) -> list[Shape]:
        x, target = xs
        if len(target) > 1 or len(x) != len(target) + 1:
            site.refuse(
                "wrong-rank",
                f"it takes rows of features and a list of targets, but {shape_text(x)} and {shape_text(target)} arrive",
            )
        if target and x[0] != target[0]:
            message = f"there is a target for each row, but {x[0]} rows and {target[0]} targets arrive"
            site.unequal(x[0], target[0], "shape-mismatch", message)
        if not isinstance(x[-1], int):
            site.refuse("open-size", f"the sizes of its clusters depend on {x[-1]}, which is open")
        self.expect(site, "in_features", x[-1], "input features")
        return [target, ()]

    def arrives(self, *xs: Shape) -> dict[str, Dim]:
        return {"in_features": xs[0][-1]}

    def params(self, *xs: Shape) -> Named:
        features: Any = xs[0][-1]  # a number, as `forward` refuses what is open
        head = self.cutoffs[0] + len(self.cutoffs)
        found: Named = {"head.weight": (head, features)} | ({"head.bias": (head,)} if self.head_bias else {})
        ends = (*self.cutoffs, self.n_classes)
        for i, (low, high) in enumerate(pairwise(ends)):
            hidden = int(features // self.div_value ** (i + 1))
            found |= {f"tail.{i}.0.weight": (hidden, features), f"tail.{i}.1.weight": (high - low, hidden)}
        return found

    def macs(self, xs: Shapes, ys: Shapes) -> Dim:
        rows = xs[0][0] if len(xs[0]) > 1 else 1
        return rows * xs[0][-1] * (self.cutoffs[0] + len(self.cutoffs))

    def reach(self, xs: Shapes, ys: Shapes) -> Reaches:
        last = len(xs[0]) - 1
        rows: Reach = {axis: (axis, SAME) for axis in range(last)}
        return [{**rows, last: (None, ALL)}, rows]

    @classmethod
    def drawn(cls, draw: Random) -> Drawn:
        features = draw.choice([4, 8, 16])
        cutoffs = draw.choice([(2,), (2, 5), (1, 3, 6), (5, 2), (12,)])
        found: dict[str, Any] = {"in_features": features, "n_classes": 10, "cutoffs": cutoffs}
        found |= {"div_value": draw.choice([1, 2, 4]), "head_bias": draw.random() < 0.5}
        x = (2, features if draw.random() < 0.9 else 3)
        return found, [x, draw.choice([(2,), (2,), (2,), (2,), (), (3,), (2, 1)])]
