"""As the aten backend of ptflops counts: what reaches torch's dispatcher on a CPU, one for each MAC, and biases.

Source: ptflops/aten_ops.py, `ATEN_OPS_MAPPING`.
"""

from __future__ import annotations

from typing import Any

from cnncalc.analysis.conventions import CountedCall, Rule, Rules, sum_of
from cnncalc.analysis.counting import Attention, bias, macs, nothing, plus, recurrent_biases
from cnncalc.layers.attention import MultiheadAttention, ScaledDotProductAttention
from cnncalc.layers.conv import Conv, ConvTranspose
from cnncalc.layers.einsum import Einsum
from cnncalc.layers.functional import FConv, FConvTranspose, FLinear
from cnncalc.layers.layer import Layer
from cnncalc.layers.linear import Linear
from cnncalc.layers.merge import Matmul
from cnncalc.layers.products import Addmm, Bmm, Mm
from cnncalc.layers.recurrent import GRU, LSTM, RNN, GRUCell, LSTMCell, RNNCell
from cnncalc.symbolic.expr import Dim, product

MEANING = "the MACs of ptflops by its aten backend: 1 for each MAC of products and convolutions, with biases"
TOOL = "ptflops 0.7.5, backend aten"


def multiplied(call: CountedCall) -> Dim:
    """A product with a vector is another operator."""
    return 0 if len(call.inputs[1]) == 1 else call.macs


def fused(call: CountedCall) -> bool:
    """Does torch run attention on a CPU as one operator?"""
    query, key, value = call.inputs[:3]
    whole = all(len(x) == 4 for x in (query, key, value)) and query[-1] == key[-1] == value[-1]
    layer: Any = call.layer
    return whole and not layer.enable_gqa and not layer.dropout_p


def attended(call: CountedCall) -> Dim:
    """The projections with biases, and both products where weights go out.

    Where the batch is in front, values are turned round first, and a bias on what does not lie in order in memory is
    added by an operator of its own, which is not counted.
    """
    found = Attention(call)
    turned = getattr(call.layer, "batch_first") and found.batch != 1  # noqa: B009
    biases: Dim = 0
    if found.bias:
        lengths = [found.queries, found.keys, found.keys]
        rows = found.queries + sum_of(size for size in lengths if not turned or size == 1)
        biases = found.batch * rows * found.width
    return (call.macs if found.weights else found.projections(call)) + biases


PRODUCT = Rule(plus(macs, bias), "1 for each MAC, and the bias")
RULES: Rules = {
    Layer: Rule(nothing, "nothing"),
    **dict.fromkeys((Conv, ConvTranspose, FConv, FConvTranspose, Linear, FLinear), PRODUCT),
    Matmul: Rule(multiplied, "1 for each MAC; nothing with a vector"),
    **dict.fromkeys((Bmm, Mm, Einsum), Rule(macs, "1 for each MAC")),
    Addmm: Rule(lambda call: call.macs + product(call.outputs[0]), "1 for each MAC, and what is added"),
    ScaledDotProductAttention: Rule(
        lambda call: 0 if fused(call) else call.macs,
        "nothing where torch runs it as one operator, else 1 for each MAC",
        missed="attention in one operator is not seen",
    ),
    MultiheadAttention: Rule(
        attended,
        "1 for each MAC and bias of the projections, and of both products where the weights go out",
        missed="attention in one operator is not seen",
    ),
    **dict.fromkeys(
        (RNN, GRU, RNNCell, GRUCell, LSTMCell), Rule(plus(macs, recurrent_biases), "1 for each MAC, and the biases")
    ),
    LSTM: Rule(
        lambda call: call.macs + recurrent_biases(call) if getattr(call.layer, "proj_size", 0) else 0,
        "nothing but with a projection, when it is 1 for each MAC, and the biases",
        missed="it runs as one operator, which is not seen",
    ),
}
