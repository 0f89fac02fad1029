"""Mixed precision as torch.amp has it on a GPU: which layers run in half precision, which in float32, and the rest.

Parameters, gradients and the optimizer's state stay in float32. `autocast` casts the inputs of some functions to half
precision and those of others to float32 (ATen/autocast_mode.h); all else runs on what comes. A cast makes a value of
its own, which autograd keeps in place of the input. The half copies of trained parameters stay until the forward pass
ends.
"""

from __future__ import annotations

import re

from cnncalc.layers.layer import Layer

HALF = "float16"
LOWER = frozenset({"conv", "convtranspose", "linear", "matmul", "mm", "mv", "bmm", "addmm", "baddbmm", "prelu"})
"""Layers whose inputs and parameters are cast to half precision."""
HIGHER = frozenset(
    [
        "acos",
        "asin",
        "cosh",
        "exp",
        "expm1",
        "log",
        "log10",
        "log1p",
        "log2",
        "reciprocal",
        "rsqrt",
        "sinh",
        "tan",
        "pow",
        "softplus",
        "layernorm",
        "layernorm2d",
        "rmsnorm",
        "groupnorm",
        "logsumexp",
        "upsample",
        "upsamplingbilinear",
        "upsamplingnearest",
    ]
)
"""Layers whose inputs are cast to float32."""
OUTPUT = frozenset({"softmax", "softmax2d", "logsoftmax", "sum", "prod", "cumsum", "cumprod"})
"""Layers that give float32 of what comes, without a cast."""
AS_IT_COMES = frozenset(
    [
        "batchnorm",
        "relu",
        "relu6",
        "silu",
        "gelu",
        "hardswish",
        "hardsigmoid",
        "hardtanh",
        "sigmoid",
        "tanh",
        "leakyrelu",
        "elu",
        "mish",
        "selu",
        "celu",
        "maxpool",
        "avgpool",
        "adaptiveavgpool",
        "adaptivemaxpool",
        "flatten",
        "unflatten",
        "reshape",
        "permute",
        "transpose",
        "squeeze",
        "unsqueeze",
        "identity",
        "dropout",
        "add",
        "sub",
        "mul",
        "div",
        "cat",
        "stack",
        "chunk",
        "split",
        "select",
        "slice",
        "narrow",
        "mean",
        "neg",
        "abs",
        "sqrt",
        "square",
        "zeropad",
        "constantpad",
        "pad",
        "reflectionpad",
        "replicationpad",
        "pixelshuffle",
        "pixelunshuffle",
        "channelshuffle",
        "embedding",
        "expand",
        "roll",
        "clamp",
        "maximum",
        "minimum",
        "parameter",
        "buffer",
        "constant",
        "to",
        "movedim",
        "repeat",
        "flip",
        "unbind",
        "max",
        "min",
        "amax",
        "amin",
    ]
)
"""Layers that autocast leaves alone."""


def stem(layer: Layer) -> str:
    """The name of a layer without its dimensions: conv of conv2d."""
    return layer.name if layer.name == "softmax2d" else re.sub(r"[123]d$", "", layer.name)


def target(layer: Layer) -> str | None:
    """The type that the inputs of a layer are cast to; None where they stay."""
    name = stem(layer)
    return HALF if name in LOWER else "float32" if name in HIGHER else None


def is_known(layer: Layer) -> bool:
    """Is it known how autocast runs it?"""
    return stem(layer) in LOWER | HIGHER | OUTPUT | AS_IT_COMES


def keeps_weight(layer: Layer, name: str, needs: bool) -> bool:
    """Does autograd keep the half copy of a parameter? `needs`: does an input need a gradient?"""
    return name.startswith("weight") and (needs or stem(layer) in ("conv", "convtranspose", "prelu"))
