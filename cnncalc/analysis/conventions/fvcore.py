"""As fvcore counts: what torch.jit traces of a network, one for each multiply-add, by a handful of operators.

Source: fvcore/nn/flop_count.py, the table of operators, and fvcore/nn/jit_handles.py.
"""

from __future__ import annotations

from cnncalc.analysis.conventions import CountedCall, Rule, Rules
from cnncalc.analysis.counting import (
    Attention,
    batch_normed,
    came,
    contraction,
    gave,
    macs,
    normed,
    nothing,
    printed,
    product_by_last,
    same_letters,
    times,
)
from cnncalc.layers.attention import MultiheadAttention, ScaledDotProductAttention
from cnncalc.layers.conv import Conv, ConvTranspose
from cnncalc.layers.einsum import Einsum
from cnncalc.layers.functional import FBatchNorm, FConv, FConvTranspose, FGroupNorm, FLayerNorm, FLinear
from cnncalc.layers.grid import GridSample
from cnncalc.layers.layer import Layer
from cnncalc.layers.linear import Linear
from cnncalc.layers.merge import Matmul
from cnncalc.layers.norm import BatchNorm, GroupNorm, InstanceNorm, LayerNorm, LayerNorm2d
from cnncalc.layers.pool import AdaptiveAvgPool
from cnncalc.layers.products import Addmm, Bmm, Mm
from cnncalc.layers.recurrent import GRUCell, LSTMCell, RNNCell
from cnncalc.layers.resize import Upsample
from cnncalc.symbolic.expr import Dim

MEANING = "the flops of fvcore: 1 for each MAC of its operators, and some for norms, resizing and adaptive pools"
TOOL = "fvcore 0.1.5.post20221221"

EXACT = ("abc,abd->acd", "abc,adc->adb")
"""Equations that fvcore counts itself, with the first letter of each axis as a."""


def summed(call: CountedCall) -> Dim:
    """Half of what numpy prints of an equation, or its own count."""
    equation = same_letters(getattr(call.layer, "equation"))  # noqa: B009
    if equation in EXACT:
        return call.macs
    return printed(contraction(call)) // 2


def attended(call: CountedCall) -> Dim:
    """The projections; of the two products of attention, where weights go out, too."""
    found = Attention(call)
    return call.macs if found.weights else found.projections(call)


def resized(call: CountedCall) -> Dim:
    """For images in two modes alone."""
    mode = getattr(call.layer, "mode")  # noqa: B009
    if len(call.inputs[0]) != 4:
        return 0
    return gave(call) * {"nearest": 1, "bilinear": 4}.get(mode, 0)


PRODUCT = Rule(macs, "1 for each MAC")
BATCH_NORM = Rule(batch_normed, "2 for each input element, 1 without a weight; 5 and 4 by statistics of the batch")
NORM = Rule(lambda call: normed(call, 5, 4), "5 for each input element, 4 without a weight")
RULES: Rules = {
    Layer: Rule(nothing, "nothing"),
    **dict.fromkeys((Conv, ConvTranspose, FConv, FConvTranspose, Linear, FLinear, Bmm, Mm, Addmm), PRODUCT),
    Matmul: Rule(product_by_last, "the elements of the first input times the last size of the second"),
    **dict.fromkeys((RNNCell, GRUCell, LSTMCell), PRODUCT),
    Einsum: Rule(summed, "half of the FLOPs that numpy.einsum_path prints, of which it prints four digits"),
    MultiheadAttention: Rule(
        attended,
        "1 for each MAC of the projections, and of both products where the weights go out",
        missed="attention in one operator is not seen",
    ),
    ScaledDotProductAttention: Rule(nothing, "nothing"),
    **dict.fromkeys((BatchNorm, FBatchNorm), BATCH_NORM),
    **dict.fromkeys((LayerNorm, LayerNorm2d, GroupNorm, InstanceNorm, FLayerNorm, FGroupNorm), NORM),
    AdaptiveAvgPool: Rule(
        lambda call: came(call) if call.layer.ndim == 2 else 0,
        "1 for each input element in 2-d, nothing in 1-d and 3-d",
    ),
    Upsample: Rule(resized, "1 for each output pixel of images in mode nearest, 4 in mode bilinear, else nothing"),
    GridSample: Rule(times(4, gave), "4 for each output element"),
}
