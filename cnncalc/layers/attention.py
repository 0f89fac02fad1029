"""Attention (torch.nn.MultiheadAttention, torch.nn.functional.scaled_dot_product_attention)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, ClassVar

from cnncalc.layers.arguments import arg
from cnncalc.layers.attended import AsNumbers, heads_within, scores_within
from cnncalc.layers.kinds import Bool, Int, Number
from cnncalc.layers.layer import Layer
from cnncalc.layers.memory import DECIMALS, InnerStep, Kept, MemoryCall, MemoryTensor, as_they_lie, made, rows
from cnncalc.layers.merge import broadcast, distinct, said
from cnncalc.layers.norm import statistics_type
from cnncalc.layers.sequence import batch_axis, batch_first
from cnncalc.layers.shapes import Named, Shape, Shapes, shape_text
from cnncalc.layers.site import Site, heads_that_fit
from cnncalc.layers.window import ALL, ANY, FIRST, SAME, Reach, Reaches, Steps, To, blocks, listed, up_to
from cnncalc.symbolic.expr import Dim, product

if TYPE_CHECKING:
    from random import Random


def scores_macs(positions: Dim, keys: Dim, width: Dim) -> Dim:
    """MACs of one of attention's two products: `positions*keys` dot products of vectors with `width` elements."""
    return positions * keys * width


class MultiheadAttention(Layer, torch="MultiheadAttention", aliases=("mha",)):
    """Attention in several heads: each position of the query takes a weighted mean of the values, by its key.

    One input is query, key and value (self-attention); of two, the second is key and value; or three.
    Outputs: `output`, and `weights` (batch, queries, keys), for each head with average_attn_weights=no, none with
    need_weights=no. MACs: the four projections, and two products of queries and keys, whatever the heads are.
    add_bias_kv and add_zero_attn are one key more each. `mha` has the batch in front, `nn.MultiheadAttention`
    positions unless batch_first=True. Source: torch.nn.MultiheadAttention; Vaswani et al. 2017, section 3.2.
    """

    numbers = "decimals"

    features_last = True
    example = "197x768 -> mha 12"
    stem = "mha"
    inputs = (1, 3)
    input_names: ClassVar[tuple[str, ...]] = ("query", "key", "value")
    output_names: ClassVar[tuple[str, ...]] = ("output", "weights")

    embed_dim: Dim | None = arg(Int(1, open=True), inferred=True, help="features of the query")
    num_heads: Dim = arg(Int(1, open=True), help="heads that the features are cut into")
    dropout: float = arg(Number(), 0.0, help="dropout of the weights")
    bias: bool = arg(Bool(), True, help="learned biases in all projections")
    add_bias_kv: bool = arg(Bool(), False, help="one learned key and value more")
    add_zero_attn: bool = arg(Bool(), False, help="one key and value of zeros more")
    kdim: Dim | None = arg(Int(1, open=True), same_as="embed_dim", help="features of the key")
    vdim: Dim | None = arg(Int(1, open=True), same_as="embed_dim", help="features of the value")
    batch_first: bool = batch_first()
    need_weights: bool = arg(Bool(), True, at_call=True, help="give the weights as a second output")
    average_attn_weights: bool = arg(Bool(), True, at_call=True, help="weights are the mean over the heads")

    def _cut(self, site: Site, features: Dim) -> None:
        site.divides(
            features,
            self.num_heads,
            "heads-do-not-divide",
            f"embed_dim has to be divisible by num_heads, but {features} is not a multiple of {self.num_heads}",
            arg="num_heads",
            hint=heads_that_fit(features, self.num_heads),
        )

    def check(self, site: Site) -> None:
        if self.embed_dim is not None:
            self._cut(site, self.embed_dim)

    def _given(self, xs: Shapes) -> tuple[Shape, Shape, Shape]:
        """Query, key and value."""
        return xs[0], xs[min(1, len(xs) - 1)], xs[-1]

    def forward(self, site: Site, *xs: Shape) -> list[Shape]:
        query, key, value = self._given(xs)
        batch = batch_axis(site, self, query, self.batch_first)
        positions = 1 if batch == 0 else 0
        self.expect(site, "embed_dim", query[-1], "features in its query")
        self._cut(site, query[-1])
        message = f"{self.torch} needs a query, key and value that fit, but {said(distinct(xs))} arrive"
        if any(len(x) != len(query) for x in xs):
            site.refuse("shape-mismatch", message)
        if batch is not None and key[batch] != query[batch]:
            site.unequal(key[batch], query[batch], "shape-mismatch", f"{message}, with batches of different sizes")
        for axis in range(len(query) - 1):
            if key[axis] != value[axis]:
                site.unequal(key[axis], value[axis], "shape-mismatch", f"{message}, with a key for each value")
        self.expect(site, "kdim", key[-1], "features in its key")
        self.expect(site, "vdim", value[-1], "features in its value")
        if not self.need_weights:
            return [query]
        samples = () if batch is None else (query[batch],)
        heads = () if self.average_attn_weights else (self.num_heads,)
        return [query, (*samples, *heads, query[positions], self._keys(key[positions]))]

    def _keys(self, keys: Dim) -> Dim:
        return keys + (int(self.add_bias_kv) + int(self.add_zero_attn))

    def arrives(self, *xs: Shape) -> dict[str, Dim]:
        query, key, value = self._given(xs)
        return {"embed_dim": query[-1], "kdim": key[-1], "vdim": value[-1]}

    def params(self, *xs: Shape) -> Named:
        query, key, value = self._given(xs)
        width = query[-1]
        found: Named = {}
        if width == key[-1] and width == value[-1]:
            found["in_proj_weight"] = (3 * width, width)
        else:
            found["q_proj_weight"] = (width, width)
            found["k_proj_weight"] = (width, key[-1])
            found["v_proj_weight"] = (width, value[-1])
        if self.bias:
            found["in_proj_bias"] = (3 * width,)
        if self.add_bias_kv:
            found["bias_k"] = (1, 1, width)
            found["bias_v"] = (1, 1, width)
        found["out_proj.weight"] = (width, width)
        if self.bias:
            found["out_proj.bias"] = (width,)
        return found

    def macs(self, xs: Shapes, ys: Shapes) -> Dim:
        query, key, value = self._given(xs)
        width, positions = query[-1], 1 if self.batch_first and len(query) == 3 else 0
        projections = 2 * product(query) * width + product(key) * width + product(value) * width
        keys = self._keys(key[positions])
        return projections + 2 * scores_macs(product(query[:-1]), keys, width)

    def inner(self, xs: Shapes, ys: Shapes) -> Dim:
        """The projections of query, key and value, and what the heads give together."""
        query, key, _ = self._given(xs)
        return 2 * product(query) + 2 * product(key[:-1]) * query[-1]

    def within(self, training: bool, *xs: Shape) -> list[InnerStep] | None:
        return heads_within(self, training, xs)

    def reach(self, xs: Shapes, ys: Shapes) -> Reaches:
        rank = len(xs[0])
        batch = None if rank == 2 else 0 if self.batch_first else 1
        alone: Reach = {axis: (axis, SAME if axis == batch else ALL) for axis in range(rank)}
        if len(xs) == 1:
            return [alone]
        positions = 1 if batch == 0 else 0
        query = {axis: (axis, ALL if axis == rank - 1 else SAME) for axis in range(rank)}
        memory = {axis: (None if axis == positions else axis, steps) for axis, (_, steps) in alone.items()}
        return [query] + [memory] * (len(xs) - 1)

    def run(self, torch: Any, part: Any, *xs: Any) -> Any:
        found = part(*self._given(xs), need_weights=self.need_weights, average_attn_weights=self.average_attn_weights)
        return list(found) if self.need_weights else [found[0]]

    @classmethod
    def drawn(cls, draw: Random) -> tuple[dict[str, Any], list[tuple[int, ...]]]:
        heads = draw.choice([1, 2, 3, 4])
        width = heads * draw.randrange(1, 5) + (draw.random() < 0.05)
        values: dict[str, Any] = {"embed_dim": width, "num_heads": heads}
        for key in ("bias", "add_bias_kv", "add_zero_attn", "batch_first"):
            if draw.random() < 0.5:
                values[key] = draw.random() < 0.5
        for key in ("kdim", "vdim"):
            if draw.random() < 0.3:
                values[key] = draw.choice([width, draw.randrange(1, 9)])
        samples = () if draw.random() < 0.15 else (draw.randrange(1, 4),)

        def sequence(steps: int, features: int) -> tuple[int, ...]:
            return (*samples, steps, features) if values.get("batch_first") else (steps, *samples, features)

        keys, widths = draw.randrange(1, 6), [width, values.get("kdim", width), values.get("vdim", width)]
        count = draw.choice([1, 2, 3, 3])
        if count < 3 and draw.random() < 0.9:  # the key is the value, or all are one
            for key in ("kdim", "vdim"):
                values.pop(key, None)
            if count == 2:
                values["kdim"] = values["vdim"] = draw.choice([width, draw.randrange(1, 9)])
            widths = [width, *[values.get("kdim", width)] * 2]
        shapes = [sequence(draw.randrange(1, 6), width), *(sequence(keys, w) for w in widths[1:count])]
        if draw.random() < 0.1:
            wrong = draw.randrange(count)
            shapes[wrong] = draw.choice([(4, *shapes[wrong]), shapes[wrong][1:], (*shapes[wrong][:-1], 9)])
        if count > 1 and draw.random() < 0.5:
            values["need_weights"] = draw.random() < 0.5
            values["average_attn_weights"] = draw.random() < 0.5
        return values, shapes


def stretched(size: Dim, out: Dim) -> Steps:
    """Heads of key and value each stand for several of the query; an axis of 1 is for all."""
    if size == out:
        return SAME
    return blocks(1, out // size) if isinstance(size, int) and isinstance(out, int) else FIRST if size == 1 else ANY


class ScaledDotProductAttention(Layer, name="scaled_dot_product_attention", aliases=("sdpa",)):
    """Attention without projections: `softmax(q k^T * scale) v` over (..., positions, features).

    Inputs: query, key and value, or one value that was cut in three; and a mask (..., queries, keys) if there is
    one. With enable_gqa, several heads of the query share one of key and value. MACs: the two products; a causal
    mask saves none, as torch counts. Source: torch.nn.functional.scaled_dot_product_attention.
    """

    numbers = "decimals of one type"

    features_last = True
    example = "8x197x64 -> sdpa(identity, identity, identity)"
    usual_way = "functional"
    stem = "sdpa"
    inputs = (3, 4)
    input_names: ClassVar[tuple[str, ...]] = ("query", "key", "value", "attn_mask")

    dropout_p: float = arg(Number(least=0, most=1), 0.0, help="dropout of the weights")
    is_causal: bool = arg(Bool(), False, help="a position sees those before it alone")
    scale: float | None = arg(Number(none=True), None, help="factor of the scores; None: 1/sqrt(features)")
    enable_gqa: bool = arg(Bool(), False, help="key and value may have fewer heads, axis -3, than the query")

    def forward(self, site: Site, *xs: Shape) -> Shape:
        query, key, value = xs[:3]
        message = f"{self.name} needs a query, key and value that fit, but {said(list(xs[:3]))} arrive"
        if any(len(x) < 2 for x in (xs if self.fits_flash(xs) else xs[:3])):
            site.refuse("wrong-rank", f"{self.name} needs two axes in each input, but {said(list(xs))} arrive")
        if query[-1] != key[-1]:
            site.unequal(query[-1], key[-1], "shape-mismatch", f"{message}, with query and key of other features")
        if key[-2] != value[-2]:
            site.unequal(key[-2], value[-2], "shape-mismatch", f"{message}, without a key for each value")
        sizes = [size for x in xs for size in x]
        site.filled(sizes, f"{self.name} needs a value in each input, but {said(list(xs))} arrive")
        batches = self._grouped(site, query, key, value) if self.enable_gqa else [x[:-2] for x in xs[:3]]
        if len(xs) == 4:
            scores = broadcast(site, self.name, tuple(batches[:2]))
            batches.append(self._masked(site, xs[3], (*scores, query[-2], key[-2])))
        return (*broadcast(site, self.name, tuple(batches)), query[-2], value[-1])

    def _grouped(self, site: Site, query: Shape, key: Shape, value: Shape) -> list[Shape]:
        """The axes in front, where each head of key and value stands for several of the query."""
        if any(len(x) < 3 for x in (query, key, value)):
            site.refuse("wrong-rank", "enable_gqa needs heads as axis -3 of each input", arg="enable_gqa")
        for name, x in (("key", key), ("value", value)):
            site.divides(
                query[-3],
                x[-3],
                "heads-do-not-divide",
                f"with enable_gqa the heads of query have to be a multiple of those of {name}, but {query[-3]} "
                f"and {x[-3]} arrive",
                arg="enable_gqa",
                hint=heads_that_fit(query[-3], x[-3]),
            )
        return [(*x[:-3], query[-3]) for x in (query, key, value)]

    def _masked(self, site: Site, mask: Shape, scores: Shape) -> Shape:
        """The axes in front of a mask, which is added to the scores where they are: each axis is as long, or 1."""
        if self.is_causal:
            site.refuse("bad-argument", f"{self.name} takes a mask or is_causal, not both", arg="is_causal")
        message = f"the mask of {self.name} is added to scores of {shape_text(scores)}, but {shape_text(mask)} arrives"
        if len(mask) > len(scores):
            site.refuse("shape-mismatch", message)
        for came, want in zip(reversed(mask), reversed(scores)):
            if came != 1 and came != want:
                site.unequal(came, want, "shape-mismatch", message)
        return mask[:-2]

    def macs(self, xs: Shapes, ys: Shapes) -> Dim:
        query, key, value = xs[:3]
        batch = ys[0][:-2]
        scored = batch
        if any(len(x) != len(query) for x in xs) or any(a != b for x in xs for a, b in zip(x[:-2], query[:-2])):
            # A value that stretches the scores does so after the first product.
            fronts = [(*x[:-3], query[-3]) if self.enable_gqa else x[:-2] for x in (query, key)]
            scored = broadcast(Site(), self.name, tuple(fronts))
        first = scores_macs(product(scored) * query[-2], key[-2], query[-1])
        return first + scores_macs(product(batch) * query[-2], key[-2], value[-1])

    def is_flash(self, xs: Shapes) -> bool:
        """Is it run by the kernel that keeps no scores (ATen/native/transformers/sdp_utils_cpp.cpp)?

        A mask that needs a gradient speaks against it too.
        """
        return self.fits_flash(xs) and xs[1][-1] == xs[2][-1]

    def fits_flash(self, xs: Shapes) -> bool:
        """Do samples, heads and dropout fit that kernel? torch looks at the last two axes of a mask next."""
        if self.dropout_p or any(len(x) != 4 for x in xs[:3]):
            return False
        fronts = {x[:1] if self.enable_gqa else x[:2] for x in xs[:3]}
        return len(fronts) == 1 and xs[1][1] == xs[2][1]

    def saved(self, call: MemoryCall) -> list[Kept] | None:
        query = call.xs[0]
        sums = made("statistics", query.shape[:-1], statistics_type(query.type))
        return [*(Kept("input", place) for place in range(len(call.xs))), Kept("output", 0), sums]

    def laid(self, xs: Sequence[MemoryTensor], y: Shape) -> Shape:
        return as_they_lie(xs[:1], y) if self.is_flash(tuple(x.shape for x in xs)) else rows(y)

    def run_as(self, training: bool, xs: Sequence[MemoryTensor], needs: Sequence[bool]) -> list[InnerStep] | None:
        if not self.is_flash(tuple(x.shape for x in xs)) or any(needs[3:]):
            return scores_within(xs, self.enable_gqa, self.is_causal, self.dropout_p, training)
        if len(xs) == 4 and xs[3].type not in DECIMALS:
            return [InnerStep(AsNumbers(to=xs[0].type), (3,)), InnerStep(self, (0, 1, 2, 4))]
        return None

    def reach(self, xs: Shapes, ys: Shapes) -> Reaches:
        rank = len(ys[0])
        found: list[Reach] = []
        for i, x in enumerate(xs):
            ahead = rank - len(x)
            front = len(x) - 2
            axes: dict[int, tuple[To, Steps]] = {
                a: (a + ahead, stretched(x[a], ys[0][a + ahead])) for a in range(front)
            }
            if x:
                axes[front + 1] = (rank - 1, SAME) if i == 2 else (None, ALL)
            if front < 0:  # a mask of the keys alone, or a number
                found.append(axes)
                continue
            if i == 0 and self.is_causal:
                keys = xs[1][-2]  # where there is one to see, the query does not matter
                axes[front] = (rank - 2, listed(x[-2], lambda at: ((at, at),) if at and keys != 1 else ()))  # noqa: B023
            elif i in (0, 3):
                axes[front] = (rank - 2, stretched(x[-2], ys[0][-2]))
            elif self.is_causal:
                seen = up_to(ys[0][-2], x[-2])
                if i == 1 and seen.reads:
                    seen = seen._replace(reads=((), *seen.reads[1:]))
                axes[front] = (rank - 2, seen)
            else:
                axes[front] = (None, ALL)
            found.append(axes)
        return found

    def run(self, torch: Any, part: Any, *xs: Any) -> Any:
        return torch.nn.functional.scaled_dot_product_attention(
            *xs,
            dropout_p=float(self.dropout_p),
            is_causal=self.is_causal,
            scale=None if self.scale is None else float(self.scale),
            enable_gqa=self.enable_gqa,
        )

    @classmethod
    def drawn(cls, draw: Random) -> tuple[dict[str, Any], list[tuple[int, ...]]]:
        values: dict[str, Any] = {}
        some: dict[str, list[Any]] = {"is_causal": [True, False], "scale": [0.5, 1], "dropout_p": [0, 0.5]}
        for name, choices in some.items():
            if draw.random() < 0.3:
                values[name] = draw.choice(choices)
        queries, keys, width, heads = (draw.randrange(1, 6) for _ in range(4))
        front: tuple[int, ...] = tuple(draw.randrange(1, 4) for _ in range(draw.choice([0, 1, 2, 2, 2])))
        query = (*front, queries, width)
        key = (*front, keys, width)
        value = (*front, keys, draw.choice([width, draw.randrange(1, 6)]))
        if front and draw.random() < 0.3:
            values["enable_gqa"] = True
            query = (*front[:-1], front[-1] * heads, queries, width)
        if front and draw.random() < 0.1:
            key, value = (1, *key[1:]), (1, *value[1:])
        shapes = [query, key, value]
        if draw.random() < 0.2:
            values.pop("is_causal", None)
            shapes.append(draw.choice([(queries, keys), (1, keys), (*query[:-1], keys), (keys,), ()]))
        if draw.random() < 0.1:
            wrong = draw.randrange(2)
            shapes[wrong] = draw.choice([(*shapes[wrong][:-1], 7), shapes[wrong][:1], (7, *shapes[wrong][1:])])
        return values, shapes
