"""The layers that torch runs within attention (torch/nn/functional.py, ATen/native/transformers/attention.cpp)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from cnncalc.layers.arguments import arg
from cnncalc.layers.kinds import Choice
from cnncalc.layers.layer import Layer
from cnncalc.layers.memory import InnerStep, Kept, MemoryCall, MemoryTensor, made
from cnncalc.layers.registry import layer_class
from cnncalc.layers.shapes import Shape
from cnncalc.layers.site import Site
from cnncalc.symbolic.expr import Dim


class InRows(Layer):
    """The value with its elements in a row, copied where they are not: `Tensor.contiguous`."""

    keeps = ()
    view = True

    def forward(self, site: Site, *xs: Shape) -> Shape:
        return xs[0]

    def viewed(self, x: MemoryTensor, y: Shape) -> Shape | None:
        return x.strides if x.in_rows else None


class Steps:
    """Layers that run one after the other, on values that are numbered as they are made."""

    def __init__(self, inputs: int) -> None:
        self.found: list[InnerStep] = []
        self.count = inputs

    def add(self, layer: Layer, *inputs: int, held: bool = False, outputs: int = 1) -> int:
        """A layer on values; returns the first that it gives. One that is held stays to the end."""
        self.found.append(InnerStep(layer, inputs, held))
        self.count += outputs
        return self.count - outputs

    def reshape(self, value: int, *shape: Dim) -> int:
        return self.add(layer_class("reshape")(shape=shape), value)

    def transpose(self, value: int, one: int, other: int) -> int:
        return self.add(layer_class("transpose")(dim0=one, dim1=other), value)

    def select(self, value: int, index: int) -> int:
        return self.add(layer_class("select")(dim=0, index=index), value)

    def linear(self, value: int, features: Dim, bias: bool, held: bool = False) -> int:
        return self.add(layer_class("linear")(out_features=features, bias=bias), value, held=held)


class Seen(Layer):
    """Which keys each query may see: those before it. Inputs: query and key."""

    inputs = (2, 2)
    gives = "bool"

    def forward(self, site: Site, *xs: Shape) -> Shape:
        return (xs[0][-2], xs[1][-2])

    def saved(self, call: MemoryCall) -> list[Kept]:
        return [made("passing", call.ys[0].shape, "bool")]  # ones, of which the lower triangle is taken


class Cast(Layer):
    """Its input in another type."""

    keeps = ()

    to: str = arg(Choice("float16", "bfloat16", "float32", "float64"), help="the type")

    def forward(self, site: Site, *xs: Shape) -> Shape:
        return xs[0]

    def types(self, given: Sequence[str], decimals: str, count: int) -> tuple[str, ...]:
        return (self.to,)


class AsNumbers(Cast):
    """A mask of yes and no as what is added to scores, 0 or -inf."""

    def saved(self, call: MemoryCall) -> list[Kept]:
        return [made("passing", (), self.to)] * 2  # the two numbers


class ByNothing(Layer):
    """Its input times 0, as a tensor."""

    def forward(self, site: Site, *xs: Shape) -> Shape:
        return xs[0]

    def saved(self, call: MemoryCall) -> list[Kept]:
        return [made("passing", (), call.xs[0].type)]


class Multiplier(Layer):
    """What dropout multiplies its input with."""

    keeps = ()

    def forward(self, site: Site, *xs: Shape) -> Shape:
        return xs[0]


def scores_within(
    xs: Sequence[MemoryTensor], grouped: bool, causal: bool, dropped: Any, training: bool
) -> list[InnerStep]:
    """Attention without a fused kernel: the scores, their softmax, and the mean of the values. A mask is added to
    the scores where they are. Types of 16 bits are worked out in float32.
    """
    steps = Steps(len(xs))
    query, key, value = (x.shape for x in xs[:3])
    type = xs[0].type
    half = type in ("float16", "bfloat16")
    factor = layer_class("mul")(other=0.5)  # whichever number it is
    if len(xs) > 3 and xs[3].type == "bool":
        steps.add(AsNumbers(to=type), 3, held=True)
    queries, keys, values = (steps.add(Cast(to="float32"), place, held=True) if half else place for place in range(3))
    scaled = steps.add(factor, queries, held=True)
    if causal:
        steps.add(AsNumbers(to="float32" if half else type), steps.add(Seen(), queries, keys), held=True)
    if grouped and not query[-3] == key[-3] == value[-3]:
        again = layer_class("repeat_interleave")
        keys = steps.add(again(repeats=query[-3] // key[-3], dim=-3), keys, held=True)
        values = steps.add(again(repeats=query[-3] // value[-3], dim=-3), values, held=True)
    turned = steps.add(factor, steps.transpose(keys, len(key) - 2, len(key) - 1))
    scores = steps.add(layer_class("matmul")(), scaled, turned)
    weights = steps.add(layer_class("softmax")(dim=-1), scores, held=not dropped)
    if dropped and training:
        weights = steps.add(layer_class("dropout")(p=dropped), weights, held=True)
    elif dropped == 1:
        weights = steps.add(ByNothing(), weights, held=True)
    elif dropped:
        weights = steps.add(layer_class("mul")(), weights, steps.add(Multiplier(), weights), held=True)
    if half:
        steps.add(Cast(to=type), weights, held=True)
    mixed = steps.add(layer_class("matmul")(), weights, values)
    if half:
        steps.add(Cast(to=type), mixed)
    return steps.found


def heads_within(layer: Layer, training: bool, xs: Sequence[Shape]) -> list[InnerStep]:
    """Attention in several heads, as torch runs it where no kernel takes all of it at once."""
    options = {key: getattr(layer, key) for key in layer.arguments}
    query, key = xs[0], xs[min(1, len(xs) - 1)]
    steps = Steps(len(xs))
    places = [0, min(1, len(xs) - 1), len(xs) - 1]
    batched, first = len(query) == 3, options["batch_first"] and len(query) == 3
    batch: Dim = query[0 if first else 1] if batched else 1
    positions, keys, width = query[1 if first else 0], key[1 if first else 0], query[-1]
    heads = options["num_heads"]
    each = width // heads
    if batched:
        given = {place: steps.transpose(place, 0, 1) if first else place for place in places}
        read = [given[place] for place in places]
    else:  # torch puts an axis in front of each, which makes three values of one
        read = [steps.reshape(p, n, 1, xs[p][-1]) for p, n in zip(places, (positions, keys, keys))]
    found = projected(steps, read, (positions, keys), batch, width, xs, options)
    found = with_more_keys(steps, found, batch, width, options)
    keys = keys + int(options["add_bias_kv"]) + int(options["add_zero_attn"])
    lengths = (positions, keys, keys)
    parts = [steps.transpose(steps.reshape(v, n, batch * heads, each), 0, 1) for v, n in zip(found, lengths)]
    dropped = training and options["dropout"]
    weights = None
    if options["need_weights"]:
        scaled = steps.add(layer_class("mul")(other=0.5), parts[0])
        scores = steps.add(layer_class("bmm")(), scaled, steps.transpose(parts[1], 1, 2))
        weights = steps.add(layer_class("softmax")(dim=-1), scores)
        if dropped:
            weights = steps.add(layer_class("dropout")(p=options["dropout"]), weights)
        mixed = steps.transpose(steps.add(layer_class("bmm")(), weights, parts[2]), 0, 1)
    else:
        apart = [steps.reshape(v, batch, heads, n, each) for v, n in zip(parts, lengths)]
        sdpa = layer_class("scaled_dot_product_attention")(dropout_p=options["dropout"] if dropped else 0.0)
        mixed = steps.add(layer_class("permute")(dims=(2, 0, 1, 3)), steps.add(sdpa, *apart))
    flat = steps.reshape(steps.add(InRows(), mixed), positions * batch, width)
    out = steps.reshape(steps.linear(flat, width, options["bias"]), positions, batch, width)
    if weights is not None:
        by_head = steps.reshape(weights, batch, heads, positions, keys)
        weights = steps.add(layer_class("mean")(dim=(1,)), by_head) if options["average_attn_weights"] else by_head
        if not batched:
            weights = steps.add(layer_class("squeeze")(dim=(0,)), weights)
    out = steps.transpose(out, 0, 1) if first else out if batched else steps.reshape(out, positions, width)
    steps.add(Several(), *([out] if weights is None else [out, weights]))
    return steps.found


class Several(Layer):
    """Its inputs as they are, as what a layer gives."""

    keeps = ()
    view = True
    inputs = (1, None)

    def forward(self, site: Site, *xs: Shape) -> list[Shape]:
        return list(xs)


def projected(
    steps: Steps,
    given: Sequence[int],
    lengths: tuple[Dim, Dim],
    batch: Dim,
    width: Dim,
    xs: Sequence[Shape],
    options: dict[str, Any],
) -> list[int]:
    """Query, key and value, by one product where they are one value, and two where key and value are.

    Where the weights are given too, the memory that the query is in stays to the end.
    """
    bias, held = options["bias"], options["need_weights"]
    query, key, value = given
    alike = all(x[-1] == width for x in xs)

    def packed(value: int, count: int, length: Dim, held: bool) -> list[int]:
        wide = steps.reshape(steps.linear(value, count * width, bias), length, batch, count, width)
        apart = steps.add(InRows(), steps.add(layer_class("permute")(dims=(2, 0, 1, 3)), wide), held=held)
        return [steps.select(apart, index) for index in range(count)]

    if alike and query == key == value:
        return packed(query, 3, lengths[0], held)
    if alike and key == value:
        return [steps.linear(query, width, bias, held), *packed(key, 2, lengths[1], False)]
    return [steps.linear(one, width, bias, held and one is query) for one in given]


def with_more_keys(steps: Steps, found: Sequence[int], batch: Dim, width: Dim, options: dict[str, Any]) -> list[int]:
    """The keys and values with a learned one, and one of zeros, after them."""
    query, *others = found
    if options["add_bias_kv"]:
        one = layer_class("empty")(size=(1, batch, width))
        others = [steps.add(layer_class("cat")(dim=0), value, steps.add(one)) for value in others]
    if options["add_zero_attn"]:
        one = layer_class("empty")(size=(1, batch, width))
        others = [steps.add(layer_class("cat")(dim=0), value, steps.add(one)) for value in others]
    return [query, *others]
