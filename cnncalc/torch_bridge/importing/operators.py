"""Which layer of the registry each operator of torch is.

Most operators have the name of their layer, and their arguments the names of the layer's. The tables hold what differs.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from cnncalc.layers import Layer, find
from cnncalc.layers.arguments import REQUIRED, Argument
from cnncalc.layers.kinds import Int, Kind, Value, Wrong
from cnncalc.symbolic.expr import Expr

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
    "special_expit": "sigmoid",
    "fix": "trunc",
    "arccos": "acos",
    "arcsin": "asin",
    "arctan": "atan",
    "arctan2": "atan2",
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
    other: Value = raw  # which no kind of argument takes
    return other


def takes_open(kind: Kind) -> bool:
    """May the value be an expression in open sizes?"""
    inner = [kind, getattr(kind, "item", None), *getattr(kind, "kinds", ())]
    return any(getattr(one, "open", False) or getattr(getattr(one, "item", None), "open", False) for one in inner)


def required(cls: type[Layer]) -> list[str]:
    """The arguments that have to be given."""
    return [key for key, argument in cls.arguments.items() if argument.default is REQUIRED]
