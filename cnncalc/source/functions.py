"""torch's functions on tensors: each is the layer that the table of operators says, added where the code runs."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from cnncalc.layers.kinds import Wrong
from cnncalc.layers.shapes import BATCH_NAME
from cnncalc.layers.site import Finding
from cnncalc.operators.call import Inexpressible
from cnncalc.operators.generic import generic
from cnncalc.operators.names import PASSED_ON, WEIGHTED
from cnncalc.operators.rules import RULES
from cnncalc.operators.weights import weighted
from cnncalc.source.called import Called
from cnncalc.source.dtypes import FLOAT, INT64, dtype, promoted
from cnncalc.source.errors import BatchAsked, NoTensor, ShapeError, unknown
from cnncalc.source.layout import refuse_apart
from cnncalc.source.signatures import bound, signature
from cnncalc.source.sizes import OpenReal, OpenSize, shown
from cnncalc.source.takes import ALSO
from cnncalc.source.tensor import Tensor, full, tensor_of
from cnncalc.source.values import Held
from cnncalc.symbolic.expr import Expr, symbols


def is_function(name: str) -> bool:
    """Is there an operator of this name?"""
    return name in PASSED_ON or signature(name) is not None


def base_name(name: str) -> str:
    """The operator of a method: `add` for add_ and `__and__` as it is."""
    return name[:-1] if name.endswith("_") and not name.endswith("__") else name


def in_order(args: tuple[Any, ...], named: dict[str, Any]) -> tuple[tuple[Any, ...], dict[str, Any]]:
    """The arguments of a call with numpy's names as torch's, and its tensor first, however that is given."""
    named = {ALSO[key] if key in ("axis", "keepdims") else key: value for key, value in named.items()}
    if "input" in named and not args:
        args = (named.pop("input"),)
    return args, named


def call(name: str, args: tuple[Any, ...], named: dict[str, Any]) -> Any:
    """Call an operator by the name that torch's function or method has."""
    if named and named.get("out") is not None:
        unknown(f"{name}(out=...)")
    if name in PASSED_ON:
        first = next((a for a in (*args, *named.values()) if isinstance(a, Tensor)), None)
        if first is None:
            unknown(f"{name} without a tensor")
        if name not in ("view_as",):
            made = first._alias()
            made._made = None if name == "contiguous" else first._made
            return made
    special = SPECIAL.get(name)
    if special is not None:
        try:
            found = special(*in_order(args, named))
        except Inexpressible as error:
            unknown(name, f"called like this is not known without torch: {error}")
        except Wrong as error:
            raise ShapeError(Finding("bad-argument", f"an argument of {name} {error}", None, (), None)) from None
        if found is not NotImplemented:
            return found
    values = bound(name, args, named)
    refuse_fractions(name, values)
    if name in CAST_FIRST and isinstance(values.get("dtype"), dtype) and isinstance(values.get("self"), Tensor):
        values["self"] = values["self"]._alias(values["dtype"])
    called = Called(name, values)
    try:
        result = RULES[name](called) if name in RULES else weighted(called) if name in WEIGHTED else generic(called)
    except Inexpressible as error:
        unknown(name, f"called like this is not known without torch: {error}")
    except Wrong as error:
        for value in values.values():
            if isinstance(value, OpenSize) and BATCH_NAME in symbols(value.dim):
                raise BatchAsked("needs-batch", f"{name} goes by the number of samples") from None
        raise ShapeError(Finding("bad-argument", f"an argument of {name} {error}", None, (), None)) from None
    if name == "view":
        refuse_apart(values["self"], result)
    kind = values.get("dtype")
    if values.get("rounding_mode") is not None:  # whole numbers stay such
        given = [one for one in values.values() if isinstance(one, Tensor)]
        common = promoted(given, [one for one in values.values() if isinstance(one, float)])
        kind = common if common.kind < 2 else None
    return _typed(result, called, kind)


CAST_FIRST = frozenset({"mean", "softmax", "log_softmax"})
"""Functions whose dtype is the type that their input is made before anything is computed."""


SIZED = frozenset(
    {"view", "reshape", "expand", "repeat", "tile", "permute", "transpose", "unsqueeze", "narrow", "select"}
    | {"unflatten", "split", "chunk", "flatten", "roll", "topk", "repeat_interleave"}
)
"""Functions all of whose numbers are sizes, axes or positions."""


def refuse_fractions(name: str, values: Mapping[str, Any]) -> None:
    """Refuse a fraction where torch takes whole numbers. Raises NoTensor."""
    for value in values.values() if name in SIZED else ():
        for one in value if isinstance(value, list | tuple) else (value,):
            if isinstance(one, float | OpenReal):
                raise NoTensor(f"{name}() takes whole numbers, not {one}", "// divides without a fraction")


def _typed(result: Any, made: Called, kind: Any) -> Any:
    """The result as its own tensor, of the type that was asked for."""
    if isinstance(result, list):
        return tuple(result)
    given = [v for v in made.args.values() if isinstance(v, Tensor)]
    if any(result is tensor for tensor in given):
        numbers = [v for v in made.args.values() if isinstance(v, float)]
        wanted = promoted([result], numbers) if made.name in ("add", "sub", "mul", "div") else result.dtype
        result = result._alias(FLOAT if made.name == "div" and wanted.kind < 2 else wanted)
    if isinstance(kind, dtype) and kind is not result.dtype:
        result = result._alias(kind)
    return result


def interpolated(args: tuple[Any, ...], named: dict[str, Any]) -> Any:
    """F.interpolate is the layer Upsample."""
    values = bound("interpolate", args, named)
    made = Called("upsample", values)
    raw = {k: v for k, v in made.args.items() if k in ("size", "scale_factor", "mode") and v is not None}
    if made.args.get("align_corners"):
        raw["align_corners"] = True
    if made.args.get("recompute_scale_factor"):
        raw["recompute_scale_factor"] = True
    return made.add("upsample", [made.tensor("input")], raw)


def einsum(args: tuple[Any, ...], named: dict[str, Any]) -> Any:
    if args and isinstance(args[0], Tensor):
        args = with_equation(args)
    if not args or not isinstance(args[0], str):
        raise NoTensor("einsum() takes an equation and tensors", 'torch.einsum("ij,jk->ik", a, b) multiplies matrices')
    operands = args[1] if len(args) == 2 and isinstance(args[1], list | tuple) else args[1:]
    made = Called("einsum", {"tensors": list(operands)})
    return made.add("einsum", list(operands), {"equation": args[0]})


def with_equation(args: tuple[Any, ...]) -> tuple[Any, ...]:
    """einsum(a, [0, 1], b, [1, 2], [0, 2]) as einsum("AB,BC->AC", a, b), as torch reads it. Raises NoTensor."""
    terms = []
    for numbers in (*args[1::2], *(args[-1:] if len(args) % 2 else ())):
        if not isinstance(numbers, list | tuple) or not all(one is ... or one in range(52) for one in numbers):
            raise NoTensor("einsum() without an equation takes a list of axes, from 0 to 51, behind each tensor")
        terms.append("".join("..." if one is ... else (LETTERS.upper() + LETTERS)[one] for one in numbers))
    count = len(args) // 2
    return ("->".join([",".join(terms[:count]), *terms[count:]]), *args[: 2 * count : 2])


def extreme(name: str) -> Callable[[tuple[Any, ...], dict[str, Any]], Any]:
    """max and min: of two tensors, of all values, or along an axis."""

    def called(args: tuple[Any, ...], named: dict[str, Any]) -> Any:
        other = args[1] if len(args) > 1 else named.get("other")
        if isinstance(other, Tensor):
            return call(f"{name}imum", (args[0], other), {})
        dim = named.get("dim", args[1] if len(args) > 1 else None)
        if dim is not None:
            return Pair(call_generic(name, (args[0],), {"dim": dim, "keepdim": _keepdim(args, named)}))
        return call(f"a{name}", (args[0],), {})

    return called


def _keepdim(args: tuple[Any, ...], named: dict[str, Any]) -> bool:
    return bool(named.get("keepdim", args[2] if len(args) > 2 else False))


class Pair(tuple):  # type: ignore[type-arg]
    """Values with the places that they have."""

    __slots__ = ()
    values = property(lambda self: self[0])
    indices = property(lambda self: self[1])


def paired(name: str) -> Callable[[tuple[Any, ...], dict[str, Any]], Any]:
    def called(args: tuple[Any, ...], named: dict[str, Any]) -> Any:
        named = {key: value for key, value in named.items() if key != "stable"}
        return Pair(call_generic(name, args, named))

    return called


def call_generic(name: str, args: tuple[Any, ...], named: dict[str, Any]) -> Any:
    return generic(Called(name, bound(name, args, named)))


def grouped_list(name: str) -> Callable[[tuple[Any, ...], dict[str, Any]], Any]:
    """Functions whose arguments are one list of tensors, or the tensors."""

    def called(args: tuple[Any, ...], named: dict[str, Any]) -> Any:
        tensors = list(args[0]) if len(args) == 1 and isinstance(args[0], list | tuple) else list(args)
        made = Called(name, {"tensors": tensors, **named})
        result = RULES[name](made) if name in RULES else generic(made)
        return tuple(result) if isinstance(result, list) else (result,)

    return called


def normed(args: tuple[Any, ...], named: dict[str, Any]) -> Any:
    """torch.norm, whose order can be the word fro."""
    values = bound("norm", args, named)
    order, dim = values["p"], values["dim"]
    if order in ("fro", None):
        order = 2
    if isinstance(order, str):
        unknown(f'norm with p="{order}"')
    x = values["self"]
    dims = list(range(len(x._shape))) if dim is None else dim
    if dims == []:
        return call("abs", (x,), {})
    return generic(Called("norm", {"self": x, "p": order, "dim": dims, "keepdim": values["keepdim"]}))


def spread(name: str) -> Callable[[tuple[Any, ...], dict[str, Any]], Any]:
    """std and var: over all axes where none is given."""

    def called(args: tuple[Any, ...], named: dict[str, Any]) -> Any:
        if len(args) > 1 and isinstance(args[1], bool):
            args = args[:1]
        values = bound(name, args, named)
        x, dim = values["self"], values["dim"]
        dims = list(range(len(x._shape))) if dim is None else dim
        return generic(Called(name, {"self": x, "dim": dims, "keepdim": values["keepdim"]}))

    return called


def with_mean(name: str) -> Callable[[tuple[Any, ...], dict[str, Any]], Any]:
    def called(args: tuple[Any, ...], named: dict[str, Any]) -> Any:
        kept = {k: v for k, v in named.items() if k not in ("unbiased", "correction")}
        return call(name, args, named), call("mean", args, kept)

    return called


def viewed(args: tuple[Any, ...], named: dict[str, Any]) -> Any:
    if len(args) == 2 and isinstance(args[1], dtype):
        if args[1].bits == args[0].dtype.bits:
            return args[0]._alias(args[1])
        unknown("view with a type of another size")
    return NotImplemented


def where(args: tuple[Any, ...], named: dict[str, Any]) -> Any:
    if len(args) + len(named) == 1:
        from cnncalc.source.errors import needs_data

        needs_data("torch.where of a condition alone")
    if len(args) == 3 and isinstance(args[0], Tensor) and not any(isinstance(one, Tensor) for one in args[1:]):
        return call("where", (args[0], full((), args[1]), args[2]), named)
    return NotImplemented


def unbound(args: tuple[Any, ...], named: dict[str, Any]) -> Any:
    """unbind of an axis whose size is open, which has to be a number for that."""
    values = bound("unbind", args, named)
    x, dim = values["self"], values["dim"]
    if not x._shape or not isinstance(x._shape[dim], Expr):
        return NotImplemented
    return tuple([call("select", (x, dim, at), {}) for at in range(int(shown(x._shape[dim])))])


def split(args: tuple[Any, ...], named: dict[str, Any]) -> Any:
    """split of an axis whose size is open into parts of a number of positions."""
    values = bound("split", args, named)
    x, dim, width = values["self"], values["dim"], values["split_size"]
    if not isinstance(width, int) or width < 1 or not x._shape or not isinstance(x._shape[dim], Expr):
        return NotImplemented
    size = int(shown(x._shape[dim]))
    return tuple([call("narrow", (x, dim, at, min(width, size - at)), {}) for at in range(0, size, width)])


def chunked(args: tuple[Any, ...], named: dict[str, Any]) -> Any:
    """chunk of the samples, which asks how many these are."""
    values = bound("chunk", args, named)
    x, dim = values["self"], values["dim"]
    if x._shape and -len(x._shape) <= dim < len(x._shape) and BATCH_NAME in symbols(x._shape[dim]):
        raise BatchAsked("needs-batch", "chunk goes by the number of samples")
    return NotImplemented


def padded(args: tuple[Any, ...], named: dict[str, Any]) -> Any:
    """F.pad, whose value may be None."""
    values = dict(zip(("self", "pad", "mode", "value"), args)) | {
        ("self" if k == "input" else k): v for k, v in named.items()
    }
    values = {k: v for k, v in values.items() if v is not None}
    return generic(Called("pad", values))


def unique(args: tuple[Any, ...], named: dict[str, Any]) -> Any:
    """torch.unique of known values, sorted, with how often each is there."""
    from cnncalc.source.errors import needs_data

    x = args[0]
    counted = bool(named.get("return_counts"))
    if len(args) > 1 or named.keys() - {"sorted", "return_counts"} or x._data is None:
        needs_data("torch.unique")
    numbers = x._held("torch.unique").numbers
    found = sorted(set(numbers))

    def made(values: list[Any], kind: dtype) -> Tensor:
        return tensor_of((len(values),), kind, None, Held(values, (len(values),)))

    first = made(found, x.dtype)
    return (first, made([numbers.count(value) for value in found], INT64)) if counted else first


def of_data(name: str) -> Callable[[tuple[Any, ...], dict[str, Any]], Any]:
    """Functions whose result, or its size, is a question of values."""

    def called(args: tuple[Any, ...], named: dict[str, Any]) -> Any:
        from cnncalc.source.errors import needs_data

        needs_data(f"torch.{name}")

    return called


def normed_by(args: tuple[Any, ...], named: dict[str, Any]) -> Any:
    """batch_norm, which takes the statistics that it is given unless it is training."""
    values = bound("batch_norm", args, named)
    if not values["training"] and None in (values["running_mean"], values["running_var"]):
        message = "batch_norm takes running_mean and running_var where training is not true"
        raise ShapeError(Finding("bad-argument", message, None, (), None))
    return NotImplemented


def one_hot(args: tuple[Any, ...], named: dict[str, Any]) -> Any:
    """one_hot, whose classes are as many as its values ask for where it is not told."""
    values = bound("one_hot", args, named)
    if values.get("num_classes") not in (None, -1):
        return NotImplemented
    numbers = values["self"]._held("the number of classes of one_hot").numbers
    return call("one_hot", (values["self"], max(numbers) + 1), {})


def with_axes(least: int) -> Callable[[tuple[Any, ...], dict[str, Any]], Any]:
    """atleast_1d and atleast_2d."""

    def called(args: tuple[Any, ...], named: dict[str, Any]) -> Any:
        several = len(args) != 1 or isinstance(args[0], list | tuple)
        found = list(args[0]) if isinstance(args[0], list | tuple) else list(args)
        for i, x in enumerate(found):
            while len(x._shape) < least:
                x = call("unsqueeze", (x, 0), {})
            found[i] = x
        return tuple(found) if several else found[0]

    return called


def flipped(axis: int) -> Callable[[tuple[Any, ...], dict[str, Any]], Any]:
    return lambda args, named: call("flip", (args[0], (axis,)), {})


def item_count(args: tuple[Any, ...], named: dict[str, Any]) -> Any:
    return args[0].numel()


def filled(args: tuple[Any, ...], named: dict[str, Any]) -> Any:
    return full(args[0]._shape, args[1] if len(args) > 1 else named["value"], args[0].dtype)


def zeroed(args: tuple[Any, ...], named: dict[str, Any]) -> Any:
    return full(args[0]._shape, 0, args[0].dtype)


def copied(args: tuple[Any, ...], named: dict[str, Any]) -> Any:
    source = args[1]
    made = call("expand", (source, args[0].shape), {}) if source._shape != args[0]._shape else source
    return made._alias(args[0].dtype)


def divergence(args: tuple[Any, ...], named: dict[str, Any]) -> Any:
    """F.kl_div, whose batchmean is the sum for each sample."""
    if named.get("reduction") != "batchmean":
        return NotImplemented
    found = call("kl_div", args, {**named, "reduction": "sum"})
    return found / args[0].shape[0]


def tensordot(args: tuple[Any, ...], named: dict[str, Any]) -> Any:
    """torch.tensordot as the einsum that it is."""
    given = dict(zip(("a", "b", "dims"), args)) | named
    a, b, dims = given["a"], given["b"], given.get("dims", 2)
    if isinstance(dims, Tensor):
        unknown("tensordot whose dims are a tensor")
    count = len(a._shape)
    if isinstance(dims, int):
        dims = (range(count - dims, count), range(dims))
    ours, theirs = ([int(d) % max(1, len(x._shape)) for d in one] for x, one in zip((a, b), dims))
    if len(ours) != len(theirs) or count + len(b._shape) > len(LETTERS):
        raise ShapeError(Finding("bad-argument", "tensordot sums as many axes of both tensors", None, (), None))
    left = list(LETTERS[:count])
    right = list(LETTERS[count : count + len(b._shape)])
    for mine, other in zip(ours, theirs):
        right[other] = left[mine]
    kept = [one for i, one in enumerate(left) if i not in ours] + [o for i, o in enumerate(right) if i not in theirs]
    return einsum((f"{''.join(left)},{''.join(right)}->{''.join(kept)}", a, b), {})


def scattered(args: tuple[Any, ...], named: dict[str, Any]) -> Any:
    """scatter of one number, which may be given where a tensor may be."""
    values = bound("scatter", args, named)
    if values["src"] is None or isinstance(values["src"], Tensor):
        return NotImplemented
    return call("scatter", (values["input"], values["dim"], values["index"]), {"value": values["src"]})


def gumbel_softmax(args: tuple[Any, ...], named: dict[str, Any]) -> Any:
    """F.gumbel_softmax, as torch's own code computes it."""
    given = dict(zip(("logits", "tau", "hard", "eps", "dim"), args)) | named
    logits, dim = given["logits"], given.get("dim", -1)
    drawn = -call("log", (tensor_of(logits._shape, logits.dtype),), {})
    soft = call("softmax", ((logits + drawn) / given.get("tau", 1), dim), {})
    if not given.get("hard", False):
        return soft
    index = call("max", (soft, dim, True), {})[1]
    hard = call("scatter", (full(logits._shape, 0, logits.dtype), dim, index), {"value": 1.0})
    return hard - soft + soft


LETTERS = "abcdefghijklmnopqrstuvwxyz"

SPECIAL: dict[str, Callable[[tuple[Any, ...], dict[str, Any]], Any]] = {
    "interpolate": interpolated,
    "batch_norm": normed_by,
    "one_hot": one_hot,
    "kl_div": divergence,
    "tensordot": tensordot,
    "scatter": scattered,
    "gumbel_softmax": gumbel_softmax,
    "msort": lambda args, named: call("sort", (args[0], 0), {})[0],
    "ravel": lambda args, named: call("flatten", (args[0],), {}),
    "broadcast_to": lambda args, named: call("expand", args, named),
    "einsum": einsum,
    "max": extreme("max"),
    "min": extreme("min"),
    **{name: paired(name) for name in ("sort", "topk", "cummax", "cummin", "kthvalue")},
    **{name: grouped_list(name) for name in ("meshgrid", "broadcast_tensors")},
    "norm": normed,
    "std": spread("std"),
    "var": spread("var"),
    "std_mean": with_mean("std"),
    "var_mean": with_mean("var"),
    "view": viewed,
    "where": where,
    "unbind": unbound,
    "split": split,
    "chunk": chunked,
    "pad": padded,
    "unique": unique,
    "numel": item_count,
    **{
        name: of_data(name)
        for name in ("nonzero", "argwhere", "masked_select", "unique_consecutive", "equal", "allclose")
    },
    "atleast_1d": with_axes(1),
    "atleast_2d": with_axes(2),
    "fliplr": flipped(1),
    "flipud": flipped(0),
    "fill": filled,
    "zero": zeroed,
    "copy": copied,
}
