"""What tools count that put functions of their own in the place of torch's: DeepSpeed's profiler, and calflops."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from cnncalc.analysis.conventions import CountedCall, Counts, Rule
from cnncalc.analysis.counting import (
    Attention,
    Count,
    alone,
    as_module,
    batch_normed,
    biased,
    by_name,
    came,
    contraction,
    groups,
    local,
    normed,
    powers,
    printed,
    product_by_last,
    through_f,
    window,
)
from cnncalc.layers.activation import ELU, GELU, LeakyReLU, PReLU, ReLU, ReLU6, SiLU, Softmax, Softmax2d
from cnncalc.layers.attention import MultiheadAttention
from cnncalc.layers.conv import Conv
from cnncalc.layers.einsum import Einsum
from cnncalc.layers.functional import FBatchNorm, FConv, FGroupNorm, FLayerNorm, FLinear
from cnncalc.layers.layer import Layer
from cnncalc.layers.linear import Linear
from cnncalc.layers.norm import BatchNorm, GroupNorm, InstanceNorm, LayerNorm, LayerNorm2d, LocalResponseNorm
from cnncalc.layers.pool import AdaptiveAvgPool, AdaptiveMaxPool, AvgPool, LPPool, MaxPool
from cnncalc.layers.products import Addmm, Baddbmm
from cnncalc.layers.recurrent import GRU, LSTM, RNN, GRUCell, LSTMCell, RNNCell
from cnncalc.symbolic.expr import Dim, product

COUNTS = ("flops", "macs")


def only(count: Count, words: str, wrong: str = "") -> Rule:
    """FLOPs without MACs."""
    return Rule(lambda call: {"flops": count(call)}, words, wrong)


def doubled(count: Count, words: str, wrong: str = "", more: Count = lambda call: 0) -> Rule:
    """MACs, and FLOPs of twice as many, and more that are no MACs."""

    def both(call: CountedCall) -> Counts:
        macs = count(call)
        return {"flops": 2 * macs + more(call), "macs": macs}

    return Rule(both, words, wrong)


def positions(call: CountedCall) -> Dim:
    """Output positions of a convolution, worked out once more: `same` pads both sides alike here."""
    layer: Any = call.layer
    x, y = call.inputs[0], call.outputs[0]
    if layer.padding != "same":
        return x[0] * product(y[2:])
    kernel = (call.params.get("weight") or call.inputs[1])[2:]
    sizes: list[Dim] = [x[0]]
    for size, width, step, apart in zip(x[2:], kernel, layer.stride, layer.dilation):
        whole = apart * (width - 1)
        sizes.append((size + 2 * (whole // 2) - whole - 1) // step + 1)
    return product(sizes)


def slid(call: CountedCall) -> Dim:
    """A convolution without its bias."""
    x, y = call.inputs[0], call.outputs[0]
    return window(call) * x[1] * (y[1] // groups(call)) * positions(call)


def slid_bias(call: CountedCall) -> Dim:
    return call.outputs[0][1] * positions(call) if biased(call) else 0


def attended(products: bool) -> Rule:
    """The projections, a softmax where weights go out, and the products of attention where they are seen."""

    def count(call: CountedCall) -> Counts:
        a = Attention(call)
        macs = call.macs if products else a.projections(call)
        return {"flops": 2 * macs + (a.scores if a.weights else 0), "macs": macs}

    words = "2 for each MAC{}, and the softmax where the weights go out"
    return Rule(
        count,
        words.format("" if products else " of the projections"),
        missed="the products of attention are not seen",
    )


def recurrent(operations: int, cell: bool = False) -> Rule:
    """Products, biases and operations on elements of the state, projections left out; a second direction doubles."""

    def count(call: CountedCall) -> Dim:
        layer: Any = call.layer
        found: Dim = 0
        for name, shape in call.params.items():
            if name.endswith("_reverse") or name.startswith("weight_hr"):
                continue
            found = found + (2 * product(shape) - shape[0] if name.startswith("weight") else product(shape))
        found = found + operations * layer.hidden_size * (1 if cell else layer.num_layers)
        ways = 2 if getattr(layer, "bidirectional", False) else 1
        return product(call.inputs[0][: 1 if cell else 2]) * found * ways

    return only(as_module(count), "products, biases and operations on elements of the state, and no MACs")


def added(call: CountedCall) -> Dim:
    """What a product is added to."""
    return product(call.inputs[0])


ELEMENT = only(through_f(came), "1 for each input element, if it goes through torch.nn.functional")
BATCH_NORM = only(batch_normed, "2 for each input element, 1 without a weight; 5 and 4 by statistics of the batch")
NORM = only(lambda call: normed(call, 5, 4), "5 for each input element, 4 without a weight")
CONV = doubled(slid, "2 for each MAC, and the bias", more=slid_bias)
PRODUCT = doubled(product_by_last, "2 for each MAC")
SEEN = doubled(by_name(product_by_last), "2 for each MAC; as an operator, x @ y, nothing")

COMMON: Mapping[type[Layer], Rule] = {
    Layer: Rule(lambda call: {}, "nothing"),
    **dict.fromkeys((Conv, FConv), CONV),
    **dict.fromkeys((Linear, FLinear), doubled(lambda call: call.macs, "2 for each MAC")),
    **dict.fromkeys((ReLU, PReLU, ELU, LeakyReLU, SiLU, GELU, Softmax, Softmax2d), ELEMENT),
    ReLU6: only(alone(came), "1 for each element as F.relu6, which nn.ReLU6 does not call"),
    **dict.fromkeys((MaxPool, AvgPool, AdaptiveAvgPool, AdaptiveMaxPool), ELEMENT),
    LPPool: only(through_f(powers), "a mean pool, a relu and a product"),
    LocalResponseNorm: only(through_f(local), "a mean pool, two products and a sum"),
    **dict.fromkeys((BatchNorm, FBatchNorm), BATCH_NORM),
    **dict.fromkeys((LayerNorm, LayerNorm2d, GroupNorm, InstanceNorm, FLayerNorm, FGroupNorm), NORM),
    **dict.fromkeys(
        (Addmm, Baddbmm), doubled(by_name(product_by_last), "2 for each MAC, and what is added", more=by_name(added))
    ),
    Einsum: only(
        lambda call: printed(contraction(call)),
        "the FLOPs that numpy.einsum_path prints, of which it prints four digits, and no MACs",
    ),
    RNN: recurrent(1),
    GRU: recurrent(7),
    LSTM: recurrent(10),
    RNNCell: recurrent(1, True),
    GRUCell: recurrent(7, True),
    LSTMCell: recurrent(10, True),
    MultiheadAttention: attended(products=True),
}
"""What both count alike."""
