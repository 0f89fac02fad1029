"""Tables of learned vectors that are looked up by index (torch.nn.Embedding, EmbeddingBag). They cost no MACs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from cnncalc.layers.arguments import arg
from cnncalc.layers.kinds import Bool, Choice, Int, Number
from cnncalc.layers.layer import Layer
from cnncalc.layers.shapes import Named, Shape, Shapes, shape_text
from cnncalc.layers.site import Site
from cnncalc.layers.window import ALL, ANY, SAME, Reaches
from cnncalc.symbolic.expr import Dim

if TYPE_CHECKING:
    from random import Random


class _Table(Layer):
    """Layers that hold one vector for each index."""

    numbers = "indices"

    picks_weights = True
    features_last = True

    num_embeddings: Dim
    embedding_dim: Dim
    padding_idx: int | None

    def params(self, *xs: Shape) -> Named:
        return {"weight": (self.num_embeddings, self.embedding_dim)}

    def check_padding(self, site: Site, message: str) -> None:
        """The padding index has to be one of the table's, or to count from its end."""
        index, count = self.padding_idx, self.num_embeddings
        if index is not None:
            spare = count + index if index < 0 else count - index - 1
            site.short(spare, "bad-argument", message.format(index=index, count=count), arg="padding_idx")


class Embedding(_Table, torch="Embedding"):
    """A table of vectors: each index that comes in becomes its vector, on a new last axis.

    Weight (num_embeddings, embedding_dim), the row of `padding_idx` included. Looking up costs no MACs.
    Source: torch.nn.Embedding, "Shape" and "Variables".
    """

    keeps = ("input",)

    example = "128 -> embedding 30522 768"
    integer_inputs = (0,)

    num_embeddings: Dim = arg(Int(1, open=True), help="how many vectors, one for each index")
    embedding_dim: Dim = arg(Int(0, open=True), help="the size of each vector")
    padding_idx: int | None = arg(Int(none=True), None, help="the index whose vector is not learned")
    max_norm: float | None = arg(Number(none=True), None, help="longer vectors are made this long when looked up")
    norm_type: float = arg(Number(), 2.0, help="the p of the norm for max_norm")
    scale_grad_by_freq: bool = arg(Bool(exact=True), False, help="divide gradients by how often an index occurs")
    sparse: bool = arg(Bool(exact=True), False, help="gradients as a sparse tensor")

    def check(self, site: Site) -> None:
        # torch lets an index of 0 pass in every table, and a table has one row at least here.
        self.check_padding(site, "padding_idx {index} is no index of a table of {count} vectors")

    def forward(self, site: Site, *xs: Shape) -> Shape:
        return (*xs[0], self.embedding_dim)

    def reach(self, xs: Shapes, ys: Shapes) -> Reaches:
        return [{axis: (axis, SAME) for axis in range(len(xs[0]))}]

    @classmethod
    def drawn(cls, draw: Random) -> tuple[dict[str, Any], list[tuple[int, ...]]]:
        count = draw.choice([1, 2, 5, 10])
        values: dict[str, Any] = {"num_embeddings": count, "embedding_dim": draw.choice([0, 1, 3, 8])}
        if draw.random() < 0.5:
            values["padding_idx"] = draw.choice([0, count - 1, -1, -count, draw.choice([count, -count - 1])])
        if draw.random() < 0.2:
            values |= {"max_norm": 1.0, "norm_type": 1.0, "scale_grad_by_freq": True, "sparse": True}
        if draw.random() < 0.05:
            values[draw.choice(["num_embeddings", "embedding_dim"])] = -1
        return values, [(2, *(draw.randrange(1, 6) for _ in range(draw.randrange(0, 4))))]


class EmbeddingBag(_Table, torch="EmbeddingBag"):
    """A table of vectors, of which each bag of indices gives the sum, mean or maximum.

    One bag is a row of an input (bags, indices). Of an input (indices), the further input `offsets` says where
    each bag starts. A last further input, of the shape of the first, weighs each index (`mode=sum`).
    MACs: none, as torch's counter has it. Source: torch.nn.EmbeddingBag, "Shape" and "Variables".
    """

    example = "12 -> embeddingbag 1000 64"
    inputs = (1, 3)
    input_names = ("input", "offsets", "per_sample_weights")
    integer_inputs = (0, 1)

    num_embeddings: Dim = arg(Int(1, open=True), help="how many vectors, one for each index")
    embedding_dim: Dim = arg(Int(1, open=True), help="the size of each vector")
    max_norm: float | None = arg(Number(none=True), None, help="longer vectors are made this long when looked up")
    norm_type: float = arg(Number(), 2.0, help="the p of the norm for max_norm")
    scale_grad_by_freq: bool = arg(Bool(exact=True), False, help="divide gradients by how often an index occurs")
    mode: str = arg(Choice("sum", "mean", "max"), "mean", help="what a bag gives")
    sparse: bool = arg(Bool(exact=True), False, help="gradients as a sparse tensor")
    include_last_offset: bool = arg(Bool(), False, help="the last offset is the end of the last bag")
    padding_idx: int | None = arg(Int(none=True), None, help="the index that counts in no bag")

    def check(self, site: Site) -> None:
        self.check_padding(site, "padding_idx {index} is no index of a table of {count} vectors")
        for key in ("scale_grad_by_freq", "sparse"):
            if self.mode == "max" and getattr(self, key):
                site.refuse("bad-argument", f"embeddingbag has no {key} with mode=max", arg=key)

    def forward(self, site: Site, *xs: Shape) -> Shape:
        x = xs[0]
        if len(x) not in (1, 2):
            site.refuse(
                "wrong-rank",
                f"embeddingbag takes one row of indices for each bag, but {shape_text(x)} arrives",
                hint="a spec's input is one sample: 12 -> embeddingbag 1000 64",
            )
        if len(x) == 2:
            site.filled([x[1]], f"embeddingbag takes an index at least for each bag, but {shape_text(x)} arrives")
        offsets, weights = self.further(xs)
        if weights is not None:
            self.check_weights(site, x, weights)
        if len(x) == 2:
            if offsets is not None:
                site.refuse("wrong-count", "embeddingbag takes offsets only where its indices have one axis")
            return (x[0], self.embedding_dim)
        if offsets is None:
            site.refuse(
                "wrong-count",
                "embeddingbag needs offsets where its indices have one axis: where each bag starts",
                hint="with two axes, each row is a bag",
            )
        if len(offsets) != 1:
            site.refuse("wrong-rank", f"the offsets of embeddingbag have one axis, but {shape_text(offsets)} arrives")
        bags = offsets[0] - 1 if self.include_last_offset else offsets[0]
        # Without bags torch gives an empty tensor, and with mode=max or a padding_idx ends the process.
        site.short(bags - 1, "empty-output", f"no bag is left of {shape_text(offsets)} offsets")
        return (bags, self.embedding_dim)

    def further(self, xs: Shapes) -> tuple[Shape | None, Shape | None]:
        """The offsets and the weights: a second input of two axes cannot be offsets."""
        if len(xs) == 3:
            return xs[1], xs[2]
        if len(xs) == 2:
            return (None, xs[1]) if len(xs[0]) == 2 else (xs[1], None)
        return None, None

    def check_weights(self, site: Site, x: Shape, weights: Shape) -> None:
        """One weight for each index, for the sum."""
        if self.mode != "sum":
            site.refuse("bad-argument", f"embeddingbag weighs its indices with mode=sum, not {self.mode}", arg="mode")
        message = f"embeddingbag needs a weight for each index, but {shape_text(x)} and {shape_text(weights)} arrive"
        if len(weights) != len(x):
            site.refuse("shape-mismatch", message)
        for left, right in zip(x, weights):
            if left != right:
                site.unequal(left, right, "shape-mismatch", message)

    def reach(self, xs: Shapes, ys: Shapes) -> Reaches:
        if len(xs[0]) == 2:
            return [{0: (0, SAME), 1: (None, ALL)}] * len(xs)
        return [{0: (0, ANY)}] * len(xs)

    def run(self, torch: Any, part: Any, *xs: Any) -> Any:
        if len(xs) == 2 and xs[0].dim() == 2:
            xs = (xs[0], None, xs[1])
        weights = xs[2].to(part.weight.dtype) if len(xs) == 3 else None
        return part(xs[0], xs[1] if len(xs) > 1 else None, weights)

    @classmethod
    def drawn(cls, draw: Random) -> tuple[dict[str, Any], list[tuple[int, ...]]]:
        count = draw.choice([1, 5, 10])
        values: dict[str, Any] = {"num_embeddings": count, "embedding_dim": draw.choice([1, 3, 8])}
        if draw.random() < 0.5:
            values["mode"] = draw.choice(["sum", "mean", "max"])
        if draw.random() < 0.3:
            values["padding_idx"] = draw.choice([0, count - 1, -1, -count])
        if draw.random() < 0.1:
            values[draw.choice(["sparse", "scale_grad_by_freq"])] = True
        if draw.random() < 0.1:
            values |= {"max_norm": 1.0, "norm_type": draw.choice([1.0, 2, 3.0])}
        if draw.random() < 0.4:
            values["include_last_offset"] = draw.random() < 0.5
        shapes: list[tuple[int, ...]] = [(4, draw.randrange(1, 6)) if draw.random() < 0.5 else (6,)]
        if len(shapes[0]) == 1 or draw.random() < 0.1:
            shapes.append((draw.randrange(1, 5),))
        if draw.random() < 0.3:
            values["mode"] = "sum" if draw.random() < 0.8 else "mean"
            shapes.append(shapes[0] if draw.random() < 0.9 else (3, 3))
        return values, shapes
