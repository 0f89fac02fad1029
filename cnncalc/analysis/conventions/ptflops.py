"""As the pytorch backend of ptflops counts: hooks on torch's own modules, and the functions that run in them as well.

Modules count for one sample, functions for the whole batch. Source: ptflops/pytorch_ops.py, `MODULES_MAPPING`,
`FUNCTIONAL_MAPPING` and `TENSOR_OPS_MAPPING`; ptflops/pytorch_engine.py.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from cnncalc.analysis.conventions import CountedCall, Counts, Rule, Rules
from cnncalc.analysis.counting import (
    Attention,
    Count,
    affine,
    aligned_left,
    alone,
    biased,
    by_name,
    came,
    gave,
    local,
    nothing,
    powers,
    product_by_last,
    resized_by,
    resized_to,
    scaled,
    through_f,
    weight_of,
)
from cnncalc.layers.activation import ELU, GELU, LeakyReLU, PReLU, ReLU, ReLU6, SiLU, Softmax, Softmax2d
from cnncalc.layers.attention import MultiheadAttention, ScaledDotProductAttention
from cnncalc.layers.conv import Conv, ConvTranspose
from cnncalc.layers.einsum import Einsum
from cnncalc.layers.functional import FConv, FConvTranspose, FLinear
from cnncalc.layers.layer import Layer
from cnncalc.layers.linear import Linear
from cnncalc.layers.merge import Add, Matmul, Mul
from cnncalc.layers.norm import BatchNorm, GroupNorm, InstanceNorm, LayerNorm, LocalResponseNorm
from cnncalc.layers.pool import AdaptiveAvgPool, AdaptiveMaxPool, AvgPool, LPPool, MaxPool
from cnncalc.layers.products import Addmm, Baddbmm, Bmm, Mm
from cnncalc.layers.recurrent import GRU, LSTM, RNN, GRUCell, LSTMCell, RNNCell
from cnncalc.layers.resize import Upsample
from cnncalc.layers.shapes import Shape
from cnncalc.symbolic.expr import Dim, product

MEANING = "the MACs of ptflops by its pytorch backend: of modules with biases, and of functions once more"
TOOL = "ptflops 0.7.5, backend pytorch"
COUNTS = ("modules", "functions")


def total(counts: Counts, samples: Dim) -> Dim:
    """Modules of one sample, functions of all."""
    return counts["modules"] // samples + counts["functions"]


def both(module: Count, function: Count, words: str, wrong: str = "") -> Rule:
    """What a hook on torch's own class counts, and what the functions in it do."""

    def count(call: CountedCall) -> Mapping[str, Dim]:
        return {"modules": module(call) if call.way == "module" else 0, "functions": function(call)}

    return Rule(count, words, wrong)


def slid(call: CountedCall, positions: Shape) -> Dim:
    """Positions times the kernel and the channels, and the bias."""
    x, y = call.inputs[0], call.outputs[0]
    bias = x[0] * product(y[1:]) if biased(call) else 0
    return product(weight_of(call)) * x[0] * product(positions[2:]) + bias


def normed(call: CountedCall) -> Dim:
    """LayerNorm has no `affine` to be seen."""
    return came(call) * (2 if affine(call) and hasattr(call.layer, "affine") else 1)


def projected(call: CountedCall) -> Dim:
    """A linear, with its bias."""
    x, y = call.inputs[0], call.outputs[0]
    return product(x[:-1]) * (x[-1] * y[-1] + (y[-1] if biased(call) else 0))


GATES = {"rnn": 1, "gru": 7, "lstm": 10}
"""Operations on elements of the state, at each step."""


def recurrent(kind: str, cell: bool = False) -> Rule:
    """Each layer's weights and biases at each step, projections left out; a second direction doubles the first."""

    def count(call: CountedCall) -> Dim:
        layer: Any = call.layer
        found: Dim = 0
        for name, shape in call.params.items():
            if not name.endswith("_reverse") and not name.startswith("weight_hr"):
                found = found + product(shape)
        layers = 1 if cell else layer.num_layers
        found = found + GATES[kind] * layer.hidden_size * layers
        ways = 2 if getattr(layer, "bidirectional", False) else 1
        return product(call.inputs[0][: 1 if cell else 2]) * found * ways

    return both(count, nothing, "1 for each weight and bias at each step, and for operations on elements of the state")


def attended(call: CountedCall) -> Dim:
    """Scaling, projections, products and a softmax; the projections of key and value by their own sizes squared."""
    a = Attention(call)
    wide = a.value[-1]
    found = a.queries * a.width + a.queries * a.width * a.width
    found = found + a.keys * a.key[-1] * a.key[-1] + a.keys * wide * wide
    if a.bias:
        found = found + (a.queries + a.keys + a.keys) * a.width
    head = a.queries * a.keys * (a.width // a.heads + 1 + wide // a.heads)
    return a.batch * (found + a.heads * head + a.queries * wide * (wide + 1))


def attended_inside(call: CountedCall) -> Dim:
    """Two products and a softmax, where the weights go out."""
    a = Attention(call)
    return a.products + a.scores if a.weights else 0


def resized(call: CountedCall) -> Dim:
    """The size or the factor that it was given, as it was given."""
    size, x = resized_to(call), call.inputs[0]
    if size is None:
        return scaled(product(x), resized_by(call))
    return product(x[:2]) * (product(size) if isinstance(size, tuple) else size ** (len(x) - 2))


def added(call: CountedCall) -> Dim:
    """A product, and what is added to it."""
    beta = getattr(call.layer, "beta")  # noqa: B009
    if call.way == "method" and call.layer.name == "baddbmm":
        return 0
    return product_by_last(call) + (product(call.inputs[0]) if beta != 0 else 0)


TWICE = "as a module it is counted by its hook and by the function in it; once is right"
ONCE = "1 for each input element of F.{}, which the module calls too"
POOL = both(came, through_f(came), "2 for each input element, 1 as a function of torch.nn.functional", TWICE)
RELU = both(gave, through_f(came), "2 for each element, 1 as a function of torch.nn.functional", TWICE)
NORM = both(normed, nothing, "2 for each input element, 1 without a weight; as a function nothing")
NONE = Rule(lambda call: {}, "nothing")
PRODUCT = both(nothing, by_name(product_by_last), "1 for each MAC; as an operator, x @ y, nothing")
ELEMENTS = both(nothing, by_name(aligned_left), "1 for each element; as an operator nothing")
LEFT_OUT = Rule(lambda call: {}, "nothing")

RULES: Rules = {
    Layer: NONE,
    Conv: both(lambda call: slid(call, call.outputs[0]), nothing, "1 for each MAC, and the bias"),
    ConvTranspose: both(lambda call: slid(call, call.inputs[0]), nothing, "1 for each MAC, and the bias"),
    FConv: LEFT_OUT,
    FConvTranspose: LEFT_OUT,
    Linear: both(projected, nothing, "1 for each MAC, and the bias; as F.linear nothing"),
    FLinear: LEFT_OUT,
    **dict.fromkeys((ReLU, PReLU, ELU, GELU), RELU),
    ReLU6: both(gave, alone(came), "1 for each element, as F.relu6 too, which the module does not call"),
    LeakyReLU: both(gave, nothing, "1 for each element; as a function nothing"),
    SiLU: both(nothing, through_f(came), ONCE.format("silu")),
    **dict.fromkeys((Softmax, Softmax2d), both(nothing, through_f(came), ONCE.format("softmax"))),
    **dict.fromkeys((MaxPool, AvgPool, AdaptiveAvgPool, AdaptiveMaxPool), POOL),
    LPPool: both(nothing, through_f(powers), "what it is made of: a mean pool, a relu and a product"),
    LocalResponseNorm: both(nothing, through_f(local), "what it is made of: a mean pool, two products and a sum"),
    **dict.fromkeys((BatchNorm, InstanceNorm, GroupNorm), NORM),
    LayerNorm: NORM._replace(words="1 for each input element; nothing of a derived class or a function"),
    Upsample: both(
        lambda call: product(call.outputs[0][1:]) if call.layer.name == "upsample" else 0,
        through_f(resized),
        "1 for each output element of one sample, and for each of the function in it",
        TWICE,
    ),
    **dict.fromkeys((Matmul, Bmm, Mm), PRODUCT),
    **dict.fromkeys((Addmm, Baddbmm), both(nothing, by_name(added), "1 for each MAC, and what is added")),
    Einsum: LEFT_OUT,
    ScaledDotProductAttention: LEFT_OUT,
    **dict.fromkeys((Add, Mul), ELEMENTS),
    MultiheadAttention: both(
        attended, attended_inside, "1 for each MAC and bias, the softmax and a scale; where weights go out, parts twice"
    ),
    RNN: recurrent("rnn"),
    GRU: recurrent("gru"),
    LSTM: recurrent("lstm"),
    RNNCell: recurrent("rnn", True),
    GRUCell: recurrent("gru", True),
    LSTMCell: recurrent("lstm", True),
}
