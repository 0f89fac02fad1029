"""Functions of torch that are made of others: each is what torch's own code for it computes."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from cnncalc.layers.site import Finding
from cnncalc.named_tuples import NamedTuple
from cnncalc.source.dtypes import BOOL, DTYPES, dtype
from cnncalc.source.errors import ShapeError, unknown
from cnncalc.source.functions import call
from cnncalc.source.tensor import Tensor


def refuse(message: str) -> None:
    raise ShapeError(Finding("bad-argument", message, None, (), None))


class Extremes(NamedTuple):
    """What aminmax gives."""

    min: Tensor
    max: Tensor


def aminmax(input: Tensor, *, dim: Any = None, keepdim: bool = False) -> Extremes:
    along = {} if dim is None else {"dim": dim, "keepdim": keepdim}
    return Extremes(call("amin", (input,), along), call("amax", (input,), along))


def addbmm(input: Tensor, batch1: Tensor, batch2: Tensor, *, beta: Any = 1, alpha: Any = 1) -> Any:
    return input * beta + call("sum", (call("bmm", (batch1, batch2), {}), 0), {}) * alpha


def addmv(input: Tensor, mat: Tensor, vec: Tensor, *, beta: Any = 1, alpha: Any = 1) -> Any:
    return input * beta + call("mv", (mat, vec), {}) * alpha


def addr(input: Tensor, vec1: Tensor, vec2: Tensor, *, beta: Any = 1, alpha: Any = 1) -> Any:
    return input * beta + call("outer", (vec1, vec2), {}) * alpha


def atleast_3d(*tensors: Any) -> Any:
    given = tensors[0] if len(tensors) == 1 else tensors
    if isinstance(given, list | tuple):
        return tuple(map(atleast_3d, given))
    for axis in ((0, 0, 2), (0, 2), (2,))[len(given._shape)] if len(given._shape) < 3 else ():
        given = call("unsqueeze", (given, axis), {})
    return given


def cartesian_prod(*tensors: Tensor) -> Any:
    if len(tensors) == 1:
        return tensors[0]
    columns = [call("flatten", (one,), {}) for one in call("meshgrid", (list(tensors),), {"indexing": "ij"})]
    return call("stack", (columns, 1), {})


def count_nonzero(input: Tensor, dim: Any = None) -> Any:
    return call("sum", (call("ne", (input, 0), {}), dim), {})


def diag(input: Tensor, diagonal: int = 0) -> Any:
    if len(input._shape) not in (1, 2):
        refuse(f"diag takes one axis or two, but {list(input.shape)} arrives")
    return call("diag_embed" if len(input._shape) == 1 else "diagonal", (input, diagonal), {})


def diagflat(input: Tensor, offset: int = 0) -> Any:
    return call("diag_embed", (call("reshape", (input, -1), {}), offset), {})


def dist(input: Any, other: Any, p: Any = 2) -> Any:
    return call("norm", (input - other, p), {})


def float_power(input: Any, exponent: Any) -> Any:
    wide = [one._alias(DTYPES["float64"]) if isinstance(one, Tensor) else one for one in (input, exponent)]
    return call("pow", tuple(wide), {})


def in_parts(axis: int) -> Callable[..., Any]:
    """hsplit, vsplit and dsplit."""

    def made(input: Tensor, indices_or_sections: Any) -> Any:
        least = max(1, axis + (axis != 1))
        if len(input._shape) < least:
            refuse(f"a tensor of {least} axes and more is split along axis {axis}, but {list(input.shape)} arrives")
        dim = 0 if len(input._shape) == 1 else axis
        size = input.shape[dim]
        if isinstance(indices_or_sections, int) and size % indices_or_sections != 0:
            refuse(f"{size} positions are not split into {indices_or_sections} parts of one size")
        return call("tensor_split", (input, indices_or_sections, dim), {})

    return made


def kron(input: Tensor, other: Tensor) -> Any:
    rank = max(len(input._shape), len(other._shape))
    a, b = ([1] * (rank - len(one._shape)) + list(one.shape) for one in (input, other))
    left = call("reshape", (input, [size for one in a for size in (one, 1)]), {})
    right = call("reshape", (other, [size for one in b for size in (1, one)]), {})
    return call("reshape", (left * right, [one * two for one, two in zip(a, b)]), {})


def log_of_determinant(input: Tensor) -> Any:
    return call("log", (call("linalg_det", (input,), {}),), {})


def summed_numbers(name: str) -> Callable[..., Any]:
    """nansum and nanmean."""

    def made(input: Tensor, dim: Any = None, keepdim: bool = False, *, dtype: Any = None) -> Any:
        return call(name, (call("nan_to_num", (input,), {}), dim, keepdim), {"dtype": dtype} if dtype else {})

    return made


def rot90(input: Tensor, k: int = 1, dims: Any = (0, 1)) -> Any:
    first, second = dims
    if k % 4 == 0:
        return call("clone", (input,), {})
    if k % 4 == 2:
        return call("flip", (input, tuple(dims)), {})
    turned = call("flip", (input, (second if k % 4 == 1 else first,)), {})
    return call("transpose", (turned, first, second), {})


def take(input: Tensor, index: Tensor) -> Any:
    return call("reshape", (input, -1), {})[index]


def take_along_dim(input: Tensor, indices: Tensor, dim: Any = None) -> Any:
    if dim is None:
        return call("gather", (call("reshape", (input, -1), {}), 0, call("reshape", (indices, -1), {})), {})
    rank = len(input._shape)
    if len(indices._shape) != rank:
        refuse(f"take_along_dim takes indices of {rank} axes, but {list(indices.shape)} arrives")
    dim %= rank
    common = [
        size if axis == dim or not (isinstance(size, int) and size == 1) else other
        for axis, (size, other) in enumerate(zip(indices.shape, input.shape))
    ]
    whole = [size if axis == dim else common[axis] for axis, size in enumerate(input.shape)]
    return call("gather", (call("expand", (input, whole), {}), dim, call("expand", (indices, common), {})), {})


def trace(input: Tensor) -> Any:
    if len(input._shape) != 2:
        refuse(f"trace takes a matrix, but {list(input.shape)} arrives")
    return call("sum", (call("diagonal", (input,), {}),), {})


def vecdot(x: Any, y: Any, *, dim: int = -1) -> Any:
    return call("sum", (x * y, dim), {})


def resized(mode: str) -> Callable[..., Any]:
    """upsample_nearest and upsample_bilinear."""

    def made(input: Tensor, size: Any = None, scale_factor: Any = None) -> Any:
        corners = {"align_corners": True} if mode == "bilinear" else {}
        return call("interpolate", (input, size, scale_factor, mode), corners)

    return made


def multi_head_attention_forward(
    query: Tensor,
    key: Tensor,
    value: Tensor,
    embed_dim_to_check: int,
    num_heads: int,
    in_proj_weight: Any,
    in_proj_bias: Any,
    bias_k: Any,
    bias_v: Any,
    add_zero_attn: bool,
    dropout_p: float,
    out_proj_weight: Tensor,
    out_proj_bias: Any,
    training: bool = True,
    key_padding_mask: Any = None,
    need_weights: bool = True,
    attn_mask: Any = None,
    use_separate_proj_weight: bool = False,
    q_proj_weight: Any = None,
    k_proj_weight: Any = None,
    v_proj_weight: Any = None,
    static_k: Any = None,
    static_v: Any = None,
    average_attn_weights: bool = True,
    is_causal: bool = False,
) -> Any:
    """Attention over sequences with the batch as their second axis, as torch's code computes it."""
    further = (bias_k, bias_v, static_k, static_v)
    if any(one is not None for one in further) or add_zero_attn or len(query._shape) != 3:
        unknown("F.multi_head_attention_forward", "with these arguments is not known without torch")
    length, samples, width = query.shape
    keys = key.shape[0]
    if width != embed_dim_to_check or width % num_heads:
        refuse(f"attention of {num_heads} heads is made for {embed_dim_to_check} features, but {width} arrive")
    weights = (q_proj_weight, k_proj_weight, v_proj_weight)
    if not use_separate_proj_weight:
        weights = call("chunk", (in_proj_weight, 3), {})
    biases = (None,) * 3 if in_proj_bias is None else call("chunk", (in_proj_bias, 3), {})
    if query is key and key is value and not use_separate_proj_weight:
        parts = call("chunk", (call("linear", (query, in_proj_weight, in_proj_bias), {}), 3, -1), {})
    else:
        parts = [call("linear", one, {}) for one in zip((query, key, value), weights, biases)]
    size = width // num_heads
    sizes = (length, keys, keys)
    heads = [
        call("transpose", (call("reshape", (one, (count, samples * num_heads, size)), {}), 0, 1), {})
        for one, count in zip(parts, sizes)
    ]
    mask = merged(attn_mask, key_padding_mask, samples, num_heads, length, keys, query.dtype)
    if need_weights:
        scores = call("bmm", (heads[0] * size**-0.5, call("transpose", (heads[1], -2, -1), {})), {})
        scores = call("softmax", (scores if mask is None else scores + mask, -1), {})
        found = call("bmm", (scores, heads[2]), {})
    else:
        per = [call("reshape", (one, (samples, num_heads, n, size)), {}) for one, n in zip(heads, sizes)]
        if mask is not None and len(mask._shape) == 3 and mask._shape[0] != 1:
            mask = call("reshape", (mask, (samples, num_heads, -1, keys)), {})
        found = call("scaled_dot_product_attention", (*per, mask, 0.0, is_causal and mask is None), {})
        found = call("reshape", (found, (samples * num_heads, length, size)), {})
    joined = call("reshape", (call("transpose", (found, 0, 1), {}), (length * samples, width)), {})
    out = call("reshape", (call("linear", (joined, out_proj_weight, out_proj_bias), {}), (length, samples, -1)), {})
    if not need_weights:
        return out, None
    scores = call("reshape", (scores, (samples, num_heads, length, keys)), {})
    return out, call("mean", (scores, 1), {}) if average_attn_weights else scores


def merged(mask: Any, padding: Any, samples: Any, heads: int, length: Any, keys: Any, kind: dtype) -> Any:
    """The mask of scores, with what is padded; None where there is none."""
    if mask is not None:
        wanted = (length, keys) if len(mask._shape) == 2 else (samples * heads, length, keys)
        if tuple(mask.shape) != wanted:
            refuse(f"the mask of attention is {list(mask.shape)}, but {list(wanted)} is asked for")
        mask = mask._alias(kind) if mask.dtype is BOOL else mask
        mask = call("unsqueeze", (mask, 0), {}) if len(mask._shape) == 2 else mask
    if padding is None:
        return mask
    if tuple(padding.shape) != (samples, keys):
        refuse(f"the padding mask is {list(padding.shape)}, but {[samples, keys]} is asked for")
    wide = call("expand", (call("reshape", (padding._alias(kind), (samples, 1, 1, keys)), {}), (-1, heads, -1, -1)), {})
    wide = call("reshape", (wide, (samples * heads, 1, keys)), {})
    return wide if mask is None else mask + wide


COMPOSED: Mapping[str, Callable[..., Any]] = {
    "aminmax": aminmax,
    "addbmm": addbmm,
    "addmv": addmv,
    "addr": addr,
    "atleast_3d": atleast_3d,
    "cartesian_prod": cartesian_prod,
    "count_nonzero": count_nonzero,
    "diag": diag,
    "diagflat": diagflat,
    "dist": dist,
    "float_power": float_power,
    "hsplit": in_parts(1),
    "vsplit": in_parts(0),
    "dsplit": in_parts(2),
    "kron": kron,
    "logdet": log_of_determinant,
    "nansum": summed_numbers("sum"),
    "rot90": rot90,
    "take": take,
    "take_along_dim": take_along_dim,
    "trace": trace,
    "linalg_vecdot": vecdot,
    "linalg_diagonal": lambda A, *, offset=0, dim1=-2, dim2=-1: call("diagonal", (A, offset, dim1, dim2), {}),
    "upsample_nearest": resized("nearest"),
    "upsample_bilinear": resized("bilinear"),
    "multi_head_attention_forward": multi_head_attention_forward,
}
"""By torch's names."""
