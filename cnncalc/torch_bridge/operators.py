"""Which layer of the registry each operator of torch is.

Most operators have the name of their layer, and their arguments the names of the layer's. The tables hold what differs.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from cnncalc.layers import Layer, find
from cnncalc.layers.base import REQUIRED, Argument
from cnncalc.layers.kinds import Int, Kind, Value, Wrong
from cnncalc.symbolic.expr import Expr

RENAMED = {
    "view": "reshape",
    "_unsafe_view": "reshape",
    "_reshape_alias": "reshape",
    "mm": "matmul",
    "bmm": "matmul",
    "vdot": "dot",
    "inner": "matmul",
    "t": "transpose",
    "swapaxes": "transpose",
    "swapdims": "transpose",
    "bitwise_not": "logical_not",
    "bitwise_and": "logical_and",
    "bitwise_or": "logical_or",
    "bitwise_xor": "logical_xor",
    "__and__": "logical_and",
    "__or__": "logical_or",
    "__xor__": "logical_xor",
    "max_pool1d": "maxpool1d",
    "max_pool2d": "maxpool2d",
    "max_pool3d": "maxpool3d",
    "concat": "cat",
    "concatenate": "cat",
    "split_with_sizes": "split",
    "_softmax": "softmax",
    "_log_softmax": "logsoftmax",
    "log_softmax": "logsoftmax",
    "log_sigmoid": "logsigmoid",
    "clip": "clamp",
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
    "im2col": "unfold",
    "col2im": "fold",
    "pixel_shuffle": "pixelshuffle",
    "pixel_unshuffle": "pixelunshuffle",
    "channel_shuffle": "channelshuffle",
    "native_channel_shuffle": "channelshuffle",
    "adaptive_avg_pool1d": "adaptiveavgpool1d",
    "adaptive_avg_pool2d": "adaptiveavgpool2d",
    "_adaptive_avg_pool2d": "adaptiveavgpool2d",
    "adaptive_avg_pool3d": "adaptiveavgpool3d",
    "_adaptive_avg_pool3d": "adaptiveavgpool3d",
    "special_expm1": "expm1",
    "special_erf": "erf",
    "greater": "gt",
    "less": "lt",
    "not_equal": "ne",
    "multiply_": "mul",
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
"""Operators whose layer has another name."""

ARGUMENTS: Mapping[str, Mapping[str, str]] = {
    "clamp_min": {"min": "min"},
    "clamp_max": {"max": "max"},
    "reshape": {"size": "shape", "shape": "shape"},
    "unflatten": {"sizes": "unflattened_size"},
    "split": {"split_sizes": "split_size", "split_size": "split_size", "sections": "split_size"},
    "swapaxes": {"axis0": "dim0", "axis1": "dim1"},
    "elu": {"alpha": "alpha"},
    "linalg_vector_norm": {"ord": "p"},
    "norm": {"ord": "p", "p": "p"},
    "expand": {"size": "sizes"},
    "repeat": {"repeats": "repeats"},
    "gather": {"dim": "dim"},
    "tensor_split": {"sections": "indices_or_sections", "indices": "indices_or_sections"},
    "adaptiveavgpool1d": {"output_size": "output_size"},
}
"""Arguments that the layer, or the operator, calls otherwise: by the operator's name, else by the layer's."""

IGNORED = frozenset(
    {"dtype", "layout", "device", "pin_memory", "non_blocking", "copy", "memory_format", "implicit", "generator"}
    | {"rounding_mode", "half_to_float", "correction", "unbiased", "inplace", "training", "train", "deterministic"}
    | {"sparse_grad", "cudnn_enabled", "cudnn_enable", "compute_mode", "out_int32", "assume_unique", "check_errors"}
    | {"out_dtype"}
)
"""Arguments that change no shape."""

PASSED_ON = frozenset(
    {"alias", "contiguous", "detach", "clone", "lift_fresh_copy", "lift_fresh", "lift", "dropout", "feature_dropout"}
    | {"alpha_dropout", "feature_alpha_dropout", "to", "_to_copy", "type_as", "_autocast_to_full_precision", "positive"}
    | {"resolve_conj", "resolve_neg", "requires_grad", "native_dropout", "_conj", "conj", "float", "half", "view_as"}
    | {"data", "fill_", "_autocast_to_reduced_precision", "bernoulli", "cauchy", "exponential", "geometric"}
    | {"log_normal", "normal", "uniform", "random"}
)
"""Operators that outside training leave the value as it is, or put drawn numbers in its place: no figure changes."""

CREATED = frozenset(
    {"arange", "zeros", "ones", "full", "empty", "eye", "linspace", "scalar_tensor", "rand", "randn", "tril_indices"}
    | {"zeros_like", "ones_like", "full_like", "empty_like", "rand_like", "randn_like", "new_zeros", "new_ones"}
    | {"new_full", "new_empty", "triu_indices", "logspace", "hann_window", "randint", "randperm", "range", "tensor"}
)
"""Operators that make a tensor without reading the values of one."""

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


class Weights(NamedTuple):
    """A layer with parameters, as its operator takes them."""

    layer: str
    names: Mapping[str, str]  # the operator's arguments -> the layer's parameters and buffers


WEIGHTED: Mapping[str, Weights] = {
    **{f"conv{n}d": Weights(f"conv{n}d", {"weight": "weight", "bias": "bias"}) for n in (1, 2, 3)},
    **{f"conv_transpose{n}d": Weights(f"convtranspose{n}d", {"weight": "weight", "bias": "bias"}) for n in (1, 2, 3)},
    "linear": Weights("linear", {"weight": "weight", "bias": "bias"}),
    "layer_norm": Weights("layernorm", {"weight": "weight", "bias": "bias"}),
    "rms_norm": Weights("rmsnorm", {"weight": "weight"}),
    "group_norm": Weights("groupnorm", {"weight": "weight", "bias": "bias"}),
    "embedding": Weights("embedding", {"weight": "weight"}),
    "prelu": Weights("prelu", {"weight": "weight"}),
    "batch_norm": Weights(
        "batchnorm",
        {"weight": "weight", "bias": "bias", "running_mean": "running_mean", "running_var": "running_var"},
    ),
    "instance_norm": Weights(
        "instancenorm",
        {"weight": "weight", "bias": "bias", "running_mean": "running_mean", "running_var": "running_var"},
    ),
}
"""Operators that read parameters."""

PRODUCTS = frozenset(
    {"matmul", "mm", "bmm", "mv", "dot", "vdot", "addmm", "addmv", "baddbmm", "einsum", "scaled_dot_product_attention"}
    | {"_grouped_mm", "grouped_mm_fallback"}
    | {"rnn_tanh_cell", "rnn_relu_cell", "gru_cell", "lstm_cell", "rnn_tanh", "rnn_relu", "gru", "lstm", "bilinear"}
    | {*WEIGHTED}
)
"""Operators that cost MACs, which count even where nothing reads what they give."""


def base_name(target: Any) -> str:
    """`add` for `aten.add_.Tensor`."""
    name: str = target._schema.name.rpartition("::")[2]
    return name[:-1] if name.endswith("_") and not name.startswith("__") else name


def in_place(target: Any) -> bool:
    """Does an operator write over its first argument?"""
    name: str = target._schema.name
    return name.endswith("_") and not name.endswith("__")


def bound(target: Any, args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> dict[str, Any]:
    """The arguments of a call by the names of the operator's schema, those with their default left out."""
    found: dict[str, Any] = {}
    for i, argument in enumerate(target._schema.arguments):
        if i < len(args):
            found[argument.name] = args[i]
        elif argument.name in kwargs:
            found[argument.name] = kwargs[argument.name]
        elif argument.has_default_value():
            found[argument.name] = argument.default_value
    return found


def defaults(target: Any) -> dict[str, Any]:
    return {a.name: a.default_value for a in target._schema.arguments if a.has_default_value()}


def layer_for(name: str) -> type[Layer] | None:
    """The layer of an operator's name, where the registry has one without axes of its own to choose."""
    own = RENAMED.get(name, name.removeprefix("fft_"))
    found = find(own)
    if found is None or found.torch_style or found.preset:
        return None
    if found.family.dims and found.ndim is None:
        return None
    return found.family.member(found.ndim)


FAR = 10**9
"""What stands for a number without end, such as a mask's; and by its inverse, for one that is next to nothing."""


class OfBatch:
    """A value that is another at each batch, and that no formula in N was found for; so is what is made of it."""

    def __mul__(self, other: Any) -> OfBatch:
        return self

    __rmul__ = __mul__


OF_BATCH = OfBatch()


class DependsOnBatch(Wrong):
    """A value is another at each batch, and its argument is a number."""


def value_for(argument: Argument, raw: Any, ndim: int | None) -> Value:
    """A value of torch's in the normal form of an argument. Raises Wrong."""
    value, kind = plain(raw), argument.kind
    open_ones = [item for item in (value if isinstance(value, tuple) else (value,)) if isinstance(item, Expr)]
    if open_ones and (not takes_open(kind) or (isinstance(kind, Int) and not kind.batch)):
        raise DependsOnBatch(f"{argument.name} would be {open_ones[0]}")
    return kind.read(value, ndim)


def plain(raw: Any) -> Value:
    """A value of torch's as a written one: decimals are exact, lists are tuples."""
    if isinstance(raw, bool) or raw is None or isinstance(raw, int | str):
        return raw
    if isinstance(raw, float):
        from fractions import Fraction

        if raw != raw:
            raise Wrong("is no number")
        if abs(raw) >= 1e15:
            return FAR if raw > 0 else -FAR
        if raw.is_integer():
            return int(raw)
        if abs(raw) < 1e-15:
            return Fraction(1 if raw > 0 else -1, FAR)
        text = repr(raw)
        # What a computation such as 1 - 0.9997 leaves is no number that somebody wrote.
        return Fraction(text if len(text) <= 18 else f"{raw:.12g}")
    if isinstance(raw, list | tuple):
        return tuple(plain(item) for item in raw)
    if isinstance(raw, OfBatch):
        raise DependsOnBatch("it is another at each batch")
    return raw


def takes_open(kind: Kind) -> bool:
    """May the value be an expression in open sizes?"""
    inner = [kind, getattr(kind, "item", None), *getattr(kind, "kinds", ())]
    return any(getattr(one, "open", False) or getattr(getattr(one, "item", None), "open", False) for one in inner)


def required(cls: type[Layer]) -> list[str]:
    """The arguments that have to be given."""
    return [key for key, argument in cls.arguments.items() if argument.default is REQUIRED]
