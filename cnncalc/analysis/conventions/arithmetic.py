"""Every operation by its kind, as the definitions of the layers ask for it.

A sum of n terms takes n - 1 additions; a difference is an addition; a logarithm, a power, an error function and a
trigonometric function are each an exponential. Moving values, rounding, signs and logic cost nothing.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from cnncalc.analysis.conventions import CountedCall, Counts, Rule, Rules, sum_of
from cnncalc.analysis.counting import Attention, biased, came, gave, number_of_operations, of_batch, steps
from cnncalc.layers import activation, elementwise, norm, pool, recurrent, reduce
from cnncalc.layers.attention import MultiheadAttention, ScaledDotProductAttention
from cnncalc.layers.conv import Conv, ConvTranspose
from cnncalc.layers.embedding import Embedding, EmbeddingBag
from cnncalc.layers.functional import (
    FBatchNorm,
    FConv,
    FConvTranspose,
    FEmbedding,
    FGroupNorm,
    FLayerNorm,
    FLinear,
    FRMSNorm,
)
from cnncalc.layers.layer import Layer
from cnncalc.layers.linear import Bilinear, Linear
from cnncalc.layers.merge import Add, Cat, Div, Matmul, Mul, Stack, Sub
from cnncalc.layers.pad import _Pad
from cnncalc.layers.products import Addmm, Baddbmm, Bmm, Dot, GroupedMm, Mm, Mv, Outer
from cnncalc.layers.resize import Upsample
from cnncalc.layers.transformer import TransformerDecoderLayer, TransformerEncoderLayer
from cnncalc.symbolic.expr import Dim, product

MEANING = "multiplications, additions, comparisons, divisions, exponentials and square roots, each by itself"
COUNTS = ("multiplications", "additions", "comparisons", "divisions", "exponentials", "square_roots")


def ops(mul: Dim = 0, add: Dim = 0, compare: Dim = 0, div: Dim = 0, exp: Dim = 0, root: Dim = 0) -> Counts:
    """So many of each kind."""
    return dict(zip(COUNTS, (mul, add, compare, div, exp, root)))


def together(*parts: Counts) -> Counts:
    """The sum of several."""
    return {name: sum_of(part.get(name, 0) for part in parts) for name in COUNTS}


def scaled(count: Dim, each: Counts) -> Counts:
    """So often the same."""
    return {name: count * number for name, number in each.items()}


SIGMOID = ops(add=1, div=1, exp=1)  # 1/(1 + exp(-x))
TANH = ops(mul=1, add=2, div=1, exp=1)  # 1 - 2/(exp(2*x) + 1)
SOFTPLUS = ops(add=1, exp=2)  # log(1 + exp(x))

EACH: dict[str, Counts] = {
    "relu": ops(compare=1),
    "relu6": ops(compare=2),
    "leakyrelu": ops(compare=1, mul=1),
    "prelu": ops(compare=1, mul=1),
    "rrelu": ops(compare=1, mul=1),
    "elu": ops(compare=1, mul=1, add=1, exp=1),
    "celu": ops(compare=2, mul=1, add=2, div=1, exp=1),
    "selu": ops(compare=1, mul=2, add=1, exp=1),
    "silu": together(SIGMOID, ops(mul=1)),
    "mish": together(SOFTPLUS, TANH, ops(mul=1)),
    "sigmoid": SIGMOID,
    "logsigmoid": SOFTPLUS,
    "tanh": TANH,
    "tanhshrink": together(TANH, ops(add=1)),
    "hardtanh": ops(compare=2),
    "hardsigmoid": ops(add=1, compare=2, div=1),
    "hardswish": ops(add=1, compare=2, div=1, mul=1),
    "hardshrink": ops(compare=2),
    "softplus": together(SOFTPLUS, ops(mul=1, div=1)),
    "softshrink": ops(compare=2, add=1),
    "softsign": ops(add=1, div=1),
    "threshold": ops(compare=1),
    "abs": ops(compare=1),
    "reciprocal": ops(div=1),
    "rsqrt": ops(div=1, root=1),
    "sqrt": ops(root=1),
    "square": ops(mul=1),
    "expm1": ops(add=1, exp=1),
    "log1p": ops(add=1, exp=1),
    "erfc": ops(add=1, exp=1),
    "rsub": ops(add=1),
    "floor_divide": ops(div=1),
    "fmod": ops(div=1),
    "remainder": ops(div=1),
    "maximum": ops(compare=1),
    "minimum": ops(compare=1),
    "atan2": ops(div=1, exp=1),
    "addcmul": ops(mul=1, add=1),
    "addcdiv": ops(div=1, add=1),
    "lerp": ops(mul=1, add=2),
    **dict.fromkeys(("eq", "ge", "gt", "le", "lt", "ne"), ops(compare=1)),
    **dict.fromkeys(("acos", "asin", "atan", "cos", "cosh", "erf", "exp", "exp2", "log", "log10", "log2"), ops(exp=1)),
    **dict.fromkeys(("sin", "sinh", "tan"), ops(exp=1)),
    **dict.fromkeys(("ceil", "floor", "round", "trunc", "sign", "neg", "isfinite", "isinf", "isnan"), ops()),
    **dict.fromkeys(("logical_not", "logical_and", "logical_or", "logical_xor", "where", "masked_fill"), ops()),
    **dict.fromkeys(("bitwise_and", "bitwise_or", "bitwise_xor", "bitwise_not", "to", "fill"), ops()),
}
"""Of each output element, by the name of the layer."""

GELU = {
    "none": ops(mul=3, add=1, exp=1),  # x/2 * (1 + erf(x/sqrt(2)))
    "tanh": together(TANH, ops(mul=6, add=2)),
}

MOVES = frozenset(
    {"channelshuffle", "pixelshuffle", "pixelunshuffle", "unfold", "embedding", "slice", "chunk", "split", "unbind"}
    | {"select", "narrow", "tensor_split", "roll", "flip", "tril", "triu", "movedim", "expand", "repeat", "tile"}
    | {"repeat_interleave", "expand_as", "reshape_as", "broadcast_tensors", "flatten", "unflatten", "reshape"}
    | {"permute", "transpose", "squeeze", "unsqueeze", "index_select", "index", "gather", "one_hot", "meshgrid"}
    | {"parameter", "buffer", "constant", "arange", "zeros", "ones", "full", "eye", "all", "any", "diag", "diagonal"}
)
"""Layers that move values and work nothing out."""


REDUCED: dict[str, Counts] = {
    **dict.fromkeys(("amax", "amin", "argmax", "argmin", "max", "min"), ops(compare=1)),
    "sum": ops(add=1),
    "prod": ops(mul=1),
}
"""Of each value that is taken together with others, by the name of the layer."""


def by_name(call: CountedCall) -> Counts | None:
    """What is in the tables; nothing of layers that only move values; None of all others."""
    name = call.layer.name
    if name in EACH:
        return scaled(gave(call), EACH[name])
    if name in REDUCED:
        return scaled(came(call) - gave(call), REDUCED[name])
    return ops() if name in MOVES or call.layer.rearranges or call.layer.view else None


def sums(products: Dim, outputs: Dim, bias: bool = False) -> Counts:
    """So many products, added up to so many outputs, and perhaps a bias."""
    return ops(mul=products, add=products - outputs + (outputs if bias else 0))


def multiplied(call: CountedCall) -> Counts:
    """A product or convolution with its bias."""
    return sums(call.macs, gave(call), biased(call))


def added_to(call: CountedCall) -> Counts:
    """A product, and what it is added to; factors that are not 1 multiply."""
    layer: Any = call.layer
    factors = (came(call) if layer.beta != 1 else 0) + (gave(call) if layer.alpha != 1 else 0)
    return together(sums(call.macs, gave(call), True), ops(mul=factors))


def bilinear(call: CountedCall) -> Counts:
    """For each output a vector with a matrix, and with a vector."""
    outputs, first, second = gave(call), call.inputs[0][-1], call.inputs[1][-1]
    rows = outputs * first
    return together(sums(rows * second, rows), sums(rows, outputs, biased(call)))


def softmax(rows: Dim, size: Dim) -> Counts:
    """The largest of a row is taken away, and each exponential divided by the sum of all."""
    row = rows * (size - 1)
    return ops(compare=row, add=rows * size + row, exp=rows * size, div=rows * size)


def softmaxed(call: CountedCall) -> Counts:
    """A softmax along an axis; the logarithm of one takes a logarithm away in place of the division."""
    x, layer = call.inputs[0], call.layer
    axis = len(x) - 3 if isinstance(layer, activation.Softmax2d) else getattr(layer, "axis")(len(x))  # noqa: B009
    size = x[axis] if x else 1
    rows = product((*x[:axis], *x[axis + 1 :]))
    if isinstance(layer, activation.LogSoftmax):
        row = rows * (size - 1)
        return ops(compare=row, add=2 * rows * size + row, exp=rows * size + rows)
    return softmax(rows, size)


def by_statistics(call: CountedCall, groups: Dim) -> Counts:
    """So many groups, each by its mean and variance."""
    elements = came(call)
    # The mean, the differences, the mean of their squares, eps, and the quotients.
    found = ops(mul=elements, add=3 * elements - groups, div=elements + 2 * groups, root=groups)
    return together(found, weighed(call))


def weighed(call: CountedCall) -> Counts:
    """A weight and a bias for each element, where there are such."""
    names = {*call.params, *call.layer.input_names[1 : len(call.inputs)]}
    return ops(mul=came(call) if "weight" in names else 0, add=came(call) if "bias" in names else 0)


def by_running(call: CountedCall) -> Counts:
    """By a mean and a variance that are known."""
    channels = call.inputs[0][1] if len(call.inputs[0]) > 1 else 1
    return together(ops(add=came(call) + channels, div=came(call), root=channels), weighed(call))


def batch_normed(call: CountedCall) -> Counts:
    x = call.inputs[0]
    return by_statistics(call, x[1]) if of_batch(call) else by_running(call)


def instance_normed(call: CountedCall) -> Counts:
    x, layer = call.inputs[0], call.layer
    if getattr(layer, "track_running_stats", False):
        return by_running(call)
    return by_statistics(call, product(x[: len(x) - (layer.ndim or 0)]))


def trailing(call: CountedCall) -> Dim:
    """Elements that a norm over the last axes takes together."""
    layer: Any = call.layer
    return product(call.inputs[1]) if len(call.inputs) > 1 else product(layer.normalized(call.inputs[0]))


def layer_normed(call: CountedCall) -> Counts:
    return by_statistics(call, came(call) // trailing(call))


def root_mean_squared(call: CountedCall) -> Counts:
    elements, rows = came(call), came(call) // trailing(call)
    return together(ops(mul=elements, add=elements, div=elements + rows, root=rows), weighed(call))


def local(call: CountedCall) -> Counts:
    """Squares, their sum over the neighbours, its factor, a power and the quotient."""
    size: Dim = getattr(call.layer, "size")  # noqa: B009
    return scaled(came(call), ops(mul=2, add=size, exp=1, div=1))


def window(call: CountedCall) -> Dim:
    """Elements of the window of a pool."""
    kernel: tuple[int, ...] = getattr(call.layer, "kernel_size")  # noqa: B009
    return product(kernel)


def powers(call: CountedCall) -> Counts:
    """A sum of powers, and its root."""
    power = float(getattr(call.layer, "norm_type"))  # noqa: B009
    inside = gave(call) * window(call)
    found = ops(add=inside - gave(call))
    if power == 2:
        return together(found, ops(mul=inside, root=gave(call)))
    return found if power == 1 else together(found, ops(exp=inside + gave(call)))


def reads(call: CountedCall) -> Dim | None:
    """Elements that the windows of an adaptive pool read, all together; None where their number is open."""
    x, y = call.inputs[0], call.outputs[0]
    first = len(x) - (call.layer.ndim or 0)
    found = product(x[:first])
    for size, out in zip(x[first:], y[first:]):
        if size == out or out == 1:
            found = found * size
        elif not isinstance(out, int):
            return None
        else:
            found = found * sum_of(-(-(j + 1) * size // out) - j * size // out for j in range(out))
    return found


def adaptive(each: Callable[[Dim, Dim], Counts]) -> Callable[[CountedCall], Counts | None]:
    def count(call: CountedCall) -> Counts | None:
        inside = reads(call)
        return None if inside is None else each(inside, gave(call))

    return count


TAPS = {"nearest": 0, "nearest-exact": 0, "linear": 2, "bilinear": 4, "trilinear": 8, "bicubic": 16}


def resized(call: CountedCall) -> Counts | None:
    """A weighted sum of the nearest pixels."""
    taps = TAPS.get(getattr(call.layer, "mode"))  # noqa: B009
    if taps is None:
        return None
    return ops(mul=taps * gave(call), add=(taps - 1) * gave(call)) if taps else ops()


def power(call: CountedCall) -> Counts:
    exponent = getattr(call.layer, "exponent")  # noqa: B009
    return ops(mul=gave(call)) if exponent == 2 else ops(exp=gave(call))


def clamped(call: CountedCall) -> Counts:
    layer: Any = call.layer
    return ops(compare=gave(call) * ((layer.min is not None) + (layer.max is not None)))


def normalized(call: CountedCall) -> Counts:
    """Divided by the root of the sum of squares, which is at least a small number."""
    layer: Any = call.layer
    x = call.inputs[0]
    rows = came(call) // x[layer.dim]
    return ops(mul=came(call), add=came(call) - rows, root=rows, compare=rows, div=came(call))


def attention(queries: Dim, keys: Dim, rows: Dim, width: Dim, value: Dim, mask: bool = False) -> Counts:
    """Scaled queries with keys, a softmax, and with values; `rows` are all queries of all heads and samples."""
    scores = rows * keys
    return together(
        ops(mul=rows * width, add=scores if mask else 0),
        sums(scores * width, scores),
        softmax(rows, keys),
        sums(scores * value, rows * value),
    )


def attended(call: CountedCall) -> Counts:
    a = Attention(call)
    layer: Any = call.layer
    width = a.width // a.heads
    wide = a.batch * a.width
    projected = wide * (2 * a.queries + 2 * a.keys)
    found = [sums(a.projections(call), projected, a.bias)]
    found.append(attention(a.queries, a.attended, a.batch * a.heads * a.queries, width, width))
    if a.weights and layer.average_attn_weights:
        means = a.batch * a.queries * a.attended
        found.append(ops(add=means * (a.heads - 1), div=means))
    return together(*found)


def attended_bare(call: CountedCall) -> Counts:
    query, key, value = call.inputs[:3]
    rows = product(call.outputs[0][:-1])
    return attention(query[-2], key[-2], rows, query[-1], value[-1], len(call.inputs) == 4)


CELLS = {
    "rnn": (1, TANH),
    "gru": (3, together(scaled(2, SIGMOID), TANH, ops(mul=3, add=2))),
    "lstm": (4, together(scaled(3, SIGMOID), scaled(2, TANH), ops(mul=3, add=1))),
}
"""The gates of a cell, and what each element of the state takes beside its products."""


def cell(kind: str, features: Dim, state: Dim, hidden: Dim, layer: Any) -> Counts:
    """One step of one sample."""
    gates, each = CELLS[kind]
    if kind == "rnn" and layer.nonlinearity == "relu":
        each = EACH["relu"]
    rows = gates * hidden
    found = together(sums(rows * features, rows), sums(rows * state, rows), ops(add=rows), scaled(hidden, each))
    return together(found, ops(add=2 * rows)) if layer.bias else found


def stepped(kind: str) -> Rule:
    def count(call: CountedCall) -> Counts:
        layer: Any = call.layer
        out = layer.out
        parts = []
        for at in range(layer.num_layers):
            features = call.inputs[0][-1] if at == 0 else layer.directions * out
            parts.append(cell(kind, features, out, layer.hidden_size, layer))
            if layer.proj_size:
                parts.append(sums(layer.hidden_size * out, out))
        return scaled(steps(call) * layer.directions, together(*parts))

    return Rule(count, "products, biases and gates of each step")


def once(kind: str) -> Rule:
    def count(call: CountedCall) -> Counts:
        layer: Any = call.layer
        hidden = layer.hidden_size
        return scaled(steps(call), cell(kind, call.inputs[0][-1], hidden, hidden, layer))

    return Rule(count, "products, biases and gates of a step")


def bagged(call: CountedCall) -> Counts | None:
    mode = getattr(call.layer, "mode")  # noqa: B009
    indices, bags = call.inputs[0], call.outputs[0]
    if len(call.inputs) > 1:
        return None
    extra = (product(indices) - product(bags[:-1])) * bags[-1]
    return {"sum": ops(add=extra), "max": ops(compare=extra)}.get(mode, ops(add=extra, div=gave(call)))


def block(call: CountedCall) -> Counts:
    """What a block of a transformer is made of, its activation and its shortcuts."""
    layer: Any = call.layer
    x = call.inputs[0]
    wide = product(x[:-1]) * layer.dim_feedforward
    parts = [found for piece in call.pieces if (found := counted(piece)) is not None]
    each = EACH["relu"] if layer.activation == "relu" else GELU["none"]
    return together(*parts, scaled(wide, each), ops(add=layer.norms * product(x)))


def counted(call: CountedCall) -> Counts | None:
    """By the row of the table."""
    rule = next(RULES[kind] for kind in type(call.layer).__mro__ if kind in RULES)
    found = rule.counts(call)
    assert found is None or isinstance(found, dict)
    return found


def free(call: CountedCall) -> Counts:
    return ops()


PRODUCT = Rule(multiplied, "products, their sums and the bias")
MOVE = Rule(free, "nothing")
RULES: Rules = {
    Layer: Rule(by_name, "what each element takes"),
    **dict.fromkeys((Conv, FConv, ConvTranspose, FConvTranspose, Linear, FLinear, Matmul, Bmm, Mm, Mv, Dot), PRODUCT),
    GroupedMm: PRODUCT,
    **dict.fromkeys((Addmm, Baddbmm), Rule(added_to, "products, their sums and what is added")),
    Outer: Rule(lambda call: ops(mul=gave(call)), "products"),
    Bilinear: Rule(bilinear, "products with both inputs, their sums and the bias"),
    **dict.fromkeys((Add, Sub), Rule(lambda call: ops(add=gave(call) * number_of_operations(call)), "additions")),
    Mul: Rule(lambda call: ops(mul=gave(call) * number_of_operations(call)), "multiplications"),
    Div: Rule(lambda call: ops(div=gave(call) * number_of_operations(call)), "divisions"),
    **dict.fromkeys((Cat, Stack, _Pad, Embedding, FEmbedding, activation.Identity, activation.Dropout), MOVE),
    EmbeddingBag: Rule(bagged, "sums, means or comparisons of rows"),
    activation.GELU: Rule(
        lambda call: scaled(gave(call), GELU[getattr(call.layer, "approximate")]),  # noqa: B009
        "what each element takes",
    ),
    activation.GLU: Rule(lambda call: scaled(gave(call), EACH["silu"]), "a sigmoid and a product of each output"),
    **dict.fromkeys(
        (activation.Softmax, activation.Softmin, activation.LogSoftmax, activation.Softmax2d),
        Rule(softmaxed, "a maximum, exponentials, their sum and the quotients"),
    ),
    norm.BatchNorm: Rule(batch_normed, "by a known mean and variance, or by those of the batch"),
    FBatchNorm: Rule(by_running, "by a known mean and variance"),
    norm.InstanceNorm: Rule(instance_normed, "by the mean and variance of each channel"),
    **dict.fromkeys((norm.LayerNorm, FLayerNorm), Rule(layer_normed, "by the mean and variance of the last axes")),
    norm.LayerNorm2d: Rule(
        lambda call: by_statistics(call, came(call) // call.inputs[0][1]), "by the mean and variance of each pixel"
    ),
    **dict.fromkeys(
        (norm.GroupNorm, FGroupNorm),
        Rule(
            lambda call: by_statistics(call, call.inputs[0][0] * getattr(call.layer, "num_groups")),  # noqa: B009
            "by the mean and variance of each group",
        ),
    ),
    **dict.fromkeys((norm.RMSNorm, FRMSNorm), Rule(root_mean_squared, "by the root of the mean of squares")),
    norm.LocalResponseNorm: Rule(local, "squares, their sums, a power and a quotient"),
    pool.MaxPool: Rule(lambda call: ops(compare=gave(call) * (window(call) - 1)), "comparisons in each window"),
    pool.AvgPool: Rule(
        lambda call: ops(add=gave(call) * (window(call) - 1), div=gave(call)), "a sum and a quotient of each window"
    ),
    pool.LPPool: Rule(powers, "powers, their sum and its root of each window"),
    pool.AdaptiveAvgPool: Rule(
        adaptive(lambda inside, out: ops(add=inside - out, div=out)), "a sum and a quotient of each window"
    ),
    pool.AdaptiveMaxPool: Rule(adaptive(lambda inside, out: ops(compare=inside - out)), "comparisons in each window"),
    Upsample: Rule(resized, "a weighted sum of the nearest pixels"),
    reduce.Mean: Rule(lambda call: ops(add=came(call) - gave(call), div=gave(call)), "a sum and a quotient"),
    reduce.Normalize: Rule(normalized, "squares, their sum, its root and the quotients"),
    elementwise.Pow: Rule(power, "a square is a product, any other power an exponential"),
    elementwise.Clamp: Rule(clamped, "a comparison for each bound"),
    MultiheadAttention: Rule(attended, "projections with biases, scaled products, and a softmax"),
    ScaledDotProductAttention: Rule(attended_bare, "scaled products, and a softmax"),
    recurrent.RNN: stepped("rnn"),
    recurrent.GRU: stepped("gru"),
    recurrent.LSTM: stepped("lstm"),
    recurrent.RNNCell: once("rnn"),
    recurrent.GRUCell: once("gru"),
    recurrent.LSTMCell: once("lstm"),
    **dict.fromkeys(
        (TransformerEncoderLayer, TransformerDecoderLayer), Rule(block, "its layers, its activation and its shortcuts")
    ),
}
