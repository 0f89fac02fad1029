"""As calflops counts: functions of torch that it has put its own in the place of.

Source: calflops/pytorch_ops.py.
"""

from __future__ import annotations

from typing import Any

from cnncalc.analysis.conventions import CountedCall, Rule, Rules
from cnncalc.analysis.counting import (
    aligned_left,
    biased,
    by_name,
    came,
    groups,
    resized_to,
    through_f,
    weight_of,
    window,
)
from cnncalc.analysis.functions import COMMON, COUNTS, SEEN, attended, doubled, only
from cnncalc.layers.attention import MultiheadAttention
from cnncalc.layers.conv import ConvTranspose
from cnncalc.layers.functional import FConvTranspose
from cnncalc.layers.merge import Add, Matmul, Mul
from cnncalc.layers.resize import Upsample
from cnncalc.symbolic.expr import Dim, product

__all__ = ["COUNTS", "MEANING", "PER_MAC", "RULES", "TOOL"]
MEANING = "the FLOPs of calflops: 2 for each MAC, biases of convolutions, norms, activations and pools"
TOOL = "calflops 0.3.2"
PER_MAC = 2


def spread(call: CountedCall) -> Dim:
    """A transposed convolution, whose groups divide once too often."""
    x = call.inputs[0]
    return window(call) * x[1] * (weight_of(call)[1] // groups(call)) * x[0] * product(x[2:])


def spread_bias(call: CountedCall) -> Dim:
    """Its bias, at as many positions as a convolution would have, and for the channels of one group."""
    if not biased(call):
        return 0
    layer: Any = call.layer
    x, weight = call.inputs[0], weight_of(call)
    sizes: list[Dim] = [weight[1], x[0]]
    for size, width, step, pad, apart in zip(x[2:], weight[2:], layer.stride, layer.padding, layer.dilation):
        sizes.append((size + 2 * pad - apart * (width - 1) - 1) // step + 1)
    return product(sizes)


def resized(call: CountedCall) -> Dim:
    """The size that it was given, without samples and channels; or the input, whatever the factor."""
    size = resized_to(call)
    if size is None:
        return came(call)
    return product(size) if isinstance(size, tuple) else size


TRANSPOSED = doubled(
    spread, "2 for each MAC, and the bias", "groups divide twice, and the bias has other positions", spread_bias
)
ELEMENTS: Rule = only(by_name(aligned_left), "1 for each element; as an operator nothing")
RULES: Rules = {
    **COMMON,
    **dict.fromkeys((ConvTranspose, FConvTranspose), TRANSPOSED),
    Matmul: SEEN,
    MultiheadAttention: attended(products=False),
    **dict.fromkeys((Add, Mul), ELEMENTS),
    Upsample: only(
        through_f(resized),
        "1 for each input element by a factor; to a size, its positions alone",
        "samples, channels and factors are left out",
    ),
}
