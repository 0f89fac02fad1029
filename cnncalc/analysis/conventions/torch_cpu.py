"""As torch counts where a network runs on a CPU without gradients: what torch fuses there is not seen.

Source: torch.utils.flop_counter; torch/nn/modules/activation.py and transformer.py for when attention is fused.
"""

from __future__ import annotations

from typing import Any

from cnncalc.analysis.conventions import CountedCall, Rule, Rules
from cnncalc.analysis.conventions.ptflops_aten import fused, multiplied
from cnncalc.analysis.counting import Attention, macs, nothing, times
from cnncalc.layers.attention import MultiheadAttention, ScaledDotProductAttention
from cnncalc.layers.layer import Layer
from cnncalc.layers.linear import Bilinear
from cnncalc.layers.merge import Matmul
from cnncalc.layers.products import Dot, GroupedMm, Mv
from cnncalc.layers.recurrent import LSTM
from cnncalc.layers.transformer import TransformerEncoderLayer
from cnncalc.symbolic.expr import Dim

MEANING = "what torch.utils.flop_counter.FlopCounterMode reports on a CPU, without gradients"
TOOL = "torch 2.13.0"
PER_MAC = 2


def in_one(call: CountedCall) -> bool:
    """Does a MultiheadAttention run as one operator?"""
    layer: Any = call.layer
    query, key, value = call.inputs[0], call.inputs[min(1, len(call.inputs) - 1)], call.inputs[-1]
    plain = layer.bias and not layer.add_bias_kv and not layer.add_zero_attn and layer.num_heads % 2 == 0
    return bool(plain and layer.batch_first and len(query) == 3 and query == key == value)


def attended(call: CountedCall) -> Dim:
    """Nothing as one operator; else the projections, and both products where the weights go out."""
    if in_one(call):
        return 0
    found = Attention(call)
    return 2 * (call.macs if found.weights else found.projections(call))


def encoded(call: CountedCall) -> Dim:
    """Nothing as one operator; else what it is made of."""
    found: Dim = 0
    for piece in call.pieces:
        if isinstance(piece.layer, MultiheadAttention):
            if in_one(piece):
                return 0
            found = found + attended(piece)
        else:
            found = found + 2 * piece.macs
    return found


NOT_SEEN = "what torch runs as one operator is not seen"
VECTOR = Rule(nothing, "nothing")
RULES: Rules = {
    Layer: Rule(times(2, macs), "2 for each MAC"),
    Matmul: Rule(times(2, multiplied), "2 for each MAC; nothing with a vector"),
    **dict.fromkeys((Mv, Dot), VECTOR),
    **dict.fromkeys((Bilinear, GroupedMm), Rule(nothing, "nothing", missed=NOT_SEEN)),
    ScaledDotProductAttention: Rule(
        lambda call: 0 if fused(call) else 2 * call.macs, "nothing where torch runs it as one operator", missed=NOT_SEEN
    ),
    MultiheadAttention: Rule(
        attended,
        "2 for each MAC of the projections, of the rest where weights go out; nothing as one operator",
        missed=NOT_SEEN,
    ),
    TransformerEncoderLayer: Rule(encoded, "nothing where torch runs it as one operator", missed=NOT_SEEN),
    LSTM: Rule(
        lambda call: 2 * call.macs if getattr(call.layer, "proj_size", 0) else 0,
        "nothing but with a projection",
        missed=NOT_SEEN,
    ),
}
