"""As DeepSpeed's profiler counts: functions of torch that it has put its own in the place of.

Source: deepspeed/profiling/flops_profiler/profiler.py.
"""

from __future__ import annotations

from cnncalc.analysis.conventions import CountedCall, Rules
from cnncalc.analysis.counting import (
    bias,
    by_name,
    gave,
    number_of_operations,
    product_by_last,
    resized_by,
    resized_to,
    scaled,
    through_f,
)
from cnncalc.analysis.functions import COMMON, COUNTS, PRODUCT, doubled, only
from cnncalc.layers.attention import ScaledDotProductAttention
from cnncalc.layers.conv import ConvTranspose
from cnncalc.layers.functional import FConvTranspose
from cnncalc.layers.merge import Add, Matmul, Mul
from cnncalc.layers.products import Bmm, Mm
from cnncalc.layers.resize import Upsample
from cnncalc.symbolic.expr import Dim, product

__all__ = ["COUNTS", "MEANING", "PER_MAC", "RULES", "TOOL"]
MEANING = "the flops of DeepSpeed's profiler: 2 for each MAC, biases of convolutions, norms, activations and pools"
TOOL = "deepspeed 0.19.8"
PER_MAC = 2


def resized(call: CountedCall) -> Dim:
    """The size that it was given, without samples and channels; or the input times the factor."""
    size = resized_to(call)
    if size is None:
        return scaled(product(call.inputs[0]), resized_by(call))
    return product(size) if isinstance(size, tuple) else size


def attended(call: CountedCall) -> Dim:
    """Both products, by the sizes of the query and of the value."""
    query, key, value = call.inputs[:3]
    return product(query) * key[-2] + product(query[:-1]) * key[-2] * value[-1]


TRANSPOSED = doubled(lambda call: call.macs, "2 for each MAC, and the bias", more=bias)
ELEMENTS = only(
    by_name(lambda call: gave(call) * number_of_operations(call)), "1 for each element; as an operator nothing"
)
RULES: Rules = {
    **COMMON,
    **dict.fromkeys((ConvTranspose, FConvTranspose), TRANSPOSED),
    Matmul: PRODUCT,
    **dict.fromkeys((Bmm, Mm), doubled(by_name(product_by_last), "2 for each MAC")),
    ScaledDotProductAttention: doubled(attended, "2 for each MAC"),
    **dict.fromkeys((Add, Mul), ELEMENTS),
    Upsample: only(
        through_f(resized),
        "1 for each output element by a factor; to a size, its positions alone",
        "samples and channels are left out where a size is given",
    ),
}
