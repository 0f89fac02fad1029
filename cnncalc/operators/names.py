"""Which layer of the registry each operator of torch is.

Most operators have the name of their layer, and their arguments the names of the layer's. The tables hold what differs.
"""

from __future__ import annotations

from collections.abc import Mapping

from cnncalc.layers import Layer, find
from cnncalc.layers.arguments import REQUIRED

RENAMED = {
    "_unsafe_view": "reshape",
    "_reshape_alias": "reshape",
    "vdot": "dot",
    "linalg_matmul": "matmul",
    "ger": "outer",
    "__and__": "bitwise_and",
    "__or__": "bitwise_or",
    "__xor__": "bitwise_xor",
    "concatenate": "cat",
    "split_with_sizes": "split",
    "clamp_min": "clamp",
    "clamp_max": "clamp",
    "absolute": "abs",
    "negative": "neg",
    "multiply": "mul",
    "subtract": "sub",
    "divide": "div",
    "true_divide": "div",
    "linalg_vector_norm": "norm",
    "unfold": "tensor_unfold",
    **{f"max_pool{n}d_with_indices": f"maxpool{n}d" for n in (2, 3)},
    "native_channel_shuffle": "channelshuffle",
    "fix": "trunc",
    "arccos": "acos",
    "arcsin": "asin",
    "arctan": "atan",
    "arctan2": "atan2",
    **{f"arc{name}": f"a{name}" for name in ("cosh", "sinh", "tanh")},
    "special_expit": "sigmoid",
    "special_gammaln": "lgamma",
    "__lshift__": "bitwise_left_shift",
    "__rshift__": "bitwise_right_shift",
    "greater": "gt",
    "greater_equal": "ge",
    "less": "lt",
    "less_equal": "le",
    "not_equal": "ne",
    "cross_entropy_loss": "cross_entropy",
    "nll_loss_nd": "nll_loss",
    "nll_loss2d": "nll_loss",
    "_grouped_mm": "grouped_mm",
    "grouped_mm_fallback": "grouped_mm",
    "inverse": "linalg_inv",
    "cross": "linalg_cross",
    "det": "linalg_det",
    "slogdet": "linalg_slogdet",
    "matrix_exp": "linalg_matrix_exp",
    "matrix_power": "linalg_matrix_power",
}
"""Operators whose layer has another name, by which the registry does not find it."""

PREFIXES = ("fft_", "special_")
"""What torch's names for families of functions begin with, and those of layers do not."""

ARGUMENTS: Mapping[str, Mapping[str, str]] = {
    "reshape": {"size": "shape"},
    "unflatten": {"sizes": "unflattened_size"},
    "split": {"split_sizes": "split_size"},
    "swapaxes": {"axis0": "dim0", "axis1": "dim1"},
    "norm": {"ord": "p"},
    "expand": {"size": "sizes"},
    "tensor_split": {"sections": "indices_or_sections", "indices": "indices_or_sections"},
}
"""Arguments that the layer, or the operator, calls otherwise: by the operator's name, else by the layer's."""

IGNORED = frozenset(
    {"dtype", "layout", "device", "pin_memory", "non_blocking", "copy", "memory_format", "implicit", "generator"}
    | {"rounding_mode", "half_to_float", "correction", "unbiased", "training", "train", "deterministic"}
    | {"sparse_grad", "cudnn_enabled", "cudnn_enable", "compute_mode", "out_int32", "assume_unique", "check_errors"}
    | {"out_dtype"}
)
"""Arguments that change no shape."""

PASSED_ON = frozenset(
    {"alias", "contiguous", "detach", "clone", "lift_fresh_copy", "lift_fresh", "lift", "dropout", "feature_dropout"}
    | {"alpha_dropout", "feature_alpha_dropout", "to", "_to_copy", "type_as", "_autocast_to_full_precision", "positive"}
    | {"resolve_conj", "resolve_neg", "requires_grad", "native_dropout", "_conj", "conj", "view_as"}
    | {"data", "_autocast_to_reduced_precision", "bernoulli", "cauchy", "exponential", "geometric"}
    | {"log_normal", "normal", "uniform", "random"}
)
"""Operators that outside training leave the value as it is, or put drawn numbers in its place: no figure changes."""

RESIZED = {
    "upsample_nearest1d": "nearest",
    "upsample_nearest2d": "nearest",
    "upsample_nearest3d": "nearest",
    "_upsample_nearest_exact1d": "nearest-exact",
    "_upsample_nearest_exact2d": "nearest-exact",
    "_upsample_nearest_exact3d": "nearest-exact",
    "upsample_linear1d": "linear",
    "upsample_bilinear2d": "bilinear",
    "upsample_bicubic2d": "bicubic",
    "upsample_trilinear3d": "trilinear",
    "_upsample_bilinear2d_aa": "bilinear",
    "_upsample_bicubic2d_aa": "bicubic",
}
"""Operators that resize, and the mode that each has."""


WEIGHTED = frozenset(
    {f"conv{n}d" for n in (1, 2, 3)}
    | {f"conv_transpose{n}d" for n in (1, 2, 3)}
    | {"linear", "embedding", "prelu", "layer_norm", "rms_norm", "group_norm", "batch_norm", "instance_norm"}
)
"""Operators that read parameters, and whose layer by the same name owns some."""

TENSORS = ("weight", "bias", "running_mean", "running_var")
"""The parameters and buffers of these layers, which their operators read under the same names."""

CELLS = frozenset({"rnn_tanh", "rnn_relu", "rnn_tanh_cell", "rnn_relu_cell"})
"""Operators that cost MACs and that no layer has the name of."""


def counts_unread(name: str) -> bool:
    """Does an operator count where nothing reads what it gives? One with MACs does, and one with parameters."""
    cls = layer_for(name)
    return name in WEIGHTED or name in CELLS or (cls is not None and cls.macs is not Layer.macs)


def layer_for(name: str) -> type[Layer] | None:
    """The layer of an operator's name, where the registry has one without axes of its own to choose."""
    own = RENAMED.get(name, name)
    bare = next((own.removeprefix(prefix) for prefix in PREFIXES if own.startswith(prefix)), own)
    found = find(own) or find(bare)
    if found is None or found.torch_style or found.preset:
        return None
    if found.family.dims and found.ndim is None:
        return None
    return found.family.member(found.ndim)


def required(cls: type[Layer]) -> list[str]:
    """The arguments that have to be given."""
    return [key for key, argument in cls.arguments.items() if argument.default is REQUIRED]
