"""Operators that are one layer or a few in a way of their own."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from cnncalc.layers.kinds import Value
from cnncalc.layers.loss import REDUCTIONS
from cnncalc.layers.registry import layer_class
from cnncalc.operators.call import Call, Inexpressible
from cnncalc.operators.generic import finished, generic
from cnncalc.operators.names import RENAMED
from cnncalc.operators.values import value_for
from cnncalc.symbolic.expr import Expr


def scaled_sum(call: Call) -> Any:
    """add and sub, whose second value may have a factor."""
    alpha = call.args.pop("alpha", 1)
    if is_number(call.args["other"], 0):
        return call.tensor("self")
    if alpha == 1:
        return generic(call)
    if not call.is_value(call.args["other"]):
        call.args["other"] = call.args["other"] * alpha
        return generic(call)
    first, second = call.tensor("self"), call.tensor("other")
    return call.add(RENAMED.get(call.name, call.name), [first, times(call, second, alpha)])


def scaled(call: Call) -> Any:
    """mul and div; a factor of 1 is left out, as settings leave it behind."""
    exact = call.args.get("rounding_mode") is None
    return call.tensor("self") if is_number(call.args["other"], 1) and exact else generic(call)


def is_number(raw: Any, number: int) -> bool:
    return isinstance(raw, int | float) and not isinstance(raw, bool) and raw == number


def times(call: Call, value: Any, factor: Any) -> Any:
    return value if factor == 1 else call.add("mul", [value], {"other": factor})


def inner_product(call: Call) -> Any:
    """inner, which sums over the last axis of both."""
    inputs = [call.tensor("self"), call.tensor("other")]
    ranks = [len(call.shape(value)) for value in inputs]
    if 0 in ranks:
        return call.add("mul", inputs)
    left, right = "abcdefgh"[: ranks[0] - 1], "ijklmnop"[: ranks[1] - 1]
    return call.add("einsum", inputs, {"equation": f"{left}z,{right}z->{left}{right}"})


def sliced(call: Call) -> Any:
    x = call.tensor("self")
    dim = call.args.get("dim", 0)
    start, stop, step = call.args.get("start"), call.args.get("end"), call.args.get("step", 1)
    start = None if start in (None, 0) else start
    if isinstance(stop, int | Expr) and call.reaches_end(stop, call.shape(x)[dim]):
        stop = None
    if start is None and stop is None and step == 1:
        return x
    values = {"dim": dim, "start": start, "stop": stop, "step": step}
    cls = layer_class("slice")
    read = {key: value_for(cls.arguments[key], value, None) for key, value in values.items() if value is not None}
    return finished(call, cls(**read), [x])


def turned(call: Call) -> Any:
    x = call.tensor("self")
    return x if len(call.shape(x)) < 2 else call.add("transpose", [x], {"dim0": 0, "dim1": 1})


def squeezed(call: Call) -> Any:
    """Axes of size 1 by their numbers, so that the batch is not meant."""
    x = call.tensor("self")
    dims = call.args.get("dim")
    shape = call.shape(x)
    axes = list(range(len(shape))) if dims is None else [dims] if isinstance(dims, int) else list(dims)
    axes = [axis for axis in axes if shape and shape[axis] == 1]
    if not axes:
        return x
    cls = layer_class("squeeze")
    return finished(call, cls(dim=tuple(axes)), [x])


def indexed(call: Call) -> Any:
    """x[:, i], with tensors of positions."""
    x = call.tensor("self")
    found = {axis: index for axis, index in enumerate(call.args["indices"]) if index is not None}
    axes = tuple(found)
    dims = axes[:1] if axes == tuple(range(axes[0], axes[0] + len(axes))) else axes
    positions = [call.number(index) for index in found.values()]
    return finished(call, layer_class("index")(dim=dims), [x, *positions])


def clamped(call: Call) -> Any:
    """clamp, whose ends may be tensors."""
    ends = {"min": "maximum", "max": "minimum"}
    if not any(call.is_value(call.args.get(key)) for key in ends):
        return generic(call)
    value = call.tensor("self")
    for key, name in ends.items():
        end = call.args.get(key)
        if call.is_value(end):
            value = call.add(name, [value, call.number(end)])
        elif end is not None:
            value = call.add("clamp", [value], {key: end})
    return value


def extreme(call: Call) -> Any:
    """max and min: of two values, along an axis, or of all."""
    if call.is_value(call.args.get("other")):
        return call.add(f"{call.name}imum", [call.tensor("self"), call.tensor("other")])
    if "dim" in call.args:
        return generic(call)
    x = call.tensor("self")
    return call.add(f"a{call.name}", [x], {"dim": list(range(len(call.shape(x))))}) if call.shape(x) else x


def repeated(call: Call) -> Any:
    """repeat_interleave by a number, which may be told the size that comes out."""
    call.args.pop("output_size", None)
    if call.args.get("dim") is None and isinstance(call.args.get("repeats"), int):
        row = call.add("reshape", [call.tensor("self")], {"shape": [-1]})
        return call.add(call.name, [row], {"repeats": call.args["repeats"], "dim": 0})
    return generic(call)


def joined(call: Call) -> Any:
    """cat, which passes over what has no values and one axis, such as a cache at its start."""
    held = [node for node in call.args["tensors"] if call.raw_shape(node) != (0,)]
    if len(held) == 1:
        return call.number(held[0])
    call.args["tensors"] = held or call.args["tensors"]
    return generic(call)


def along_all(call: Call) -> Any:
    """An operator along one axis; where none is given, over all values as if in one row."""
    if call.args.get("dim") is not None:
        return generic(call)
    row = call.add("reshape", [call.tensor("self")], {"shape": [-1]})
    return call.add(call.name, [row], {"dim": 0})  # where there is a second value, it says where the first was


def differences(call: Call) -> Any:
    """diff, which cannot have something after it alone."""
    if call.args.get("prepend") is None and call.args.get("append") is not None:
        raise Inexpressible("diff with append alone")
    return generic(call)


def copied(call: Call) -> Any:
    """A write over a value, or over a part of one: the new value where it is whole."""
    target, source = call.tensor("self"), call.tensor("src") if "src" in call.args else call.tensor("self")
    return source if call.shape(target) == call.shape(source) else target


def written_into(call: Call) -> Any:
    return call.tensor("self")


def reduced(call: Call) -> Any:
    """A reduction; over all axes where none is given."""
    if call.args.get("dim") in (None, [], ()):  # and not 0, which is an axis
        call.args["dim"] = list(range(len(call.shape(call.tensor("self")))))
        if not call.args["dim"]:
            return call.tensor("self")
    return generic(call)


def reversed_axes(call: Call) -> Any:
    x = call.tensor("self")
    rank = len(call.shape(x))
    if rank < 2:
        return x
    if rank == 2:
        return call.add("transpose", [x], {"dim0": 0, "dim1": 1})
    return call.add("permute", [x], {"dims": list(range(rank))[::-1]})


def last_two(call: Call) -> Any:
    """x.mT, x.mH"""
    return call.add("transpose", [call.tensor("self")], {"dim0": -2, "dim1": -1})


INTERPOLATIONS = ("bilinear", "nearest", "bicubic")
PADDINGS = ("zeros", "border", "reflection")


def sampled(call: Call) -> Any:
    """grid_sample, whose modes are numbers here."""
    values = {
        "mode": INTERPOLATIONS[call.args["interpolation_mode"]],
        "padding_mode": PADDINGS[call.args["padding_mode"]],
        "align_corners": call.args["align_corners"],
    }
    return call.add("grid_sample", [call.tensor("input"), call.tensor("grid")], values)


def affine_grid(call: Call) -> Any:
    values = {"size": call.args["size"], "align_corners": call.args["align_corners"]}
    return call.add("affine_grid", [call.tensor("theta")], values)


def unpooled(call: Call) -> Any:
    """max_unpool, which is told the size that goes out; the window is what that is to the size that arrives."""
    x, indices = call.tensor("self"), call.tensor("indices")
    size = tuple(call.args["output_size"])
    arrives = call.shape(x)[-len(size) :]
    if not all(isinstance(one, int) for one in (*size, *arrives)):
        raise Inexpressible("max_unpool to a size that depends on the batch")
    window = tuple(max(1, round(out / one)) for out, one in zip(size, arrives))
    cls = layer_class(f"maxunpool{len(size)}d")
    values: dict[str, Value] = {"kernel_size": window}
    if tuple(a * b for a, b in zip(window, arrives)) != size:
        values["output_size"] = size
    return finished(call, cls(**values), [x, indices])


def weight_normed(call: Call) -> Any:
    """A weight with its own norm taken off, and another one given: v * g / |v|."""
    v, g = call.tensor("v"), call.tensor("g")
    rank, kept = len(call.shape(v)), call.args.get("dim", 0)
    norm = call.add("norm", [v], {"dim": [axis for axis in range(rank) if axis != kept % rank], "keepdim": True})
    return call.add("mul", [v, call.add("div", [g, norm])])


def lost(call: Call) -> Any:
    """A loss, whose reduction is a number for torch's operators, and a word for its functions."""
    reduction = call.args.get("reduction", "mean")
    call.args["reduction"] = REDUCTIONS[reduction] if isinstance(reduction, int) else reduction
    if call.args.get("pos_weight") is not None:
        raise Inexpressible("a weight for what is true alone")
    return generic(call)


def stretched(call: Call) -> list[Any]:
    """broadcast_tensors, which leaves values of one shape as they are."""
    values = call.tensors()
    if len({call.shape(value) for value in values}) == 1:
        return values
    found = generic(call)
    assert isinstance(found, list)
    return found


def searched(call: Call) -> Any:
    """searchsorted, whose side is a word or yes."""
    side = call.args.pop("side", None)
    call.args["right"] = bool(call.args.get("right")) or side == "right"
    return generic(call)


def sized(call: Call) -> Any:
    """linalg.norm: of matrices where it has an order and two axes, else of vectors."""
    x, dims, order = call.tensor("self"), call.args.get("dim"), call.args.get("ord")
    rank = len(call.shape(x))
    matrices = order is not None and (len(dims) == 2 if dims is not None else rank == 2)
    values: dict[str, Any] = {"dim": dims or list(range(rank)), "keepdim": call.args.get("keepdim", False)}
    if order is not None:
        values["ord" if matrices else "p"] = order
    if not values["dim"]:
        return call.add("abs", [x])
    return call.add("linalg_matrix_norm" if matrices else "norm", [x], values)


def crossed(call: Call) -> Any:
    """cross, which takes the first axis of 3 where it is told none."""
    if call.args.get("dim") is None:
        call.args["dim"] = call.shape(call.tensor("self")).index(3)
    return generic(call)


SIDES: Mapping[str, tuple[tuple[int, ...], ...]] = {
    "hstack": ((0,),),
    "vstack": ((0, 0), (0,)),
    "row_stack": ((0, 0), (0,)),
    "dstack": ((0, 0, 0), (0, 2), (2,)),
    "column_stack": ((0, 0), (1,)),
}
"""The axes of size 1 that values of rank 0, 1 and so on are given before they are joined."""


def side_by_side(call: Call) -> Any:
    """hstack and its like: cat, of values that have enough axes."""
    values = []
    for raw in call.args["tensors"]:
        value = call.number(raw)
        rank = len(call.shape(value))
        for axis in SIDES[call.name][rank] if rank < len(SIDES[call.name]) else ():
            value = call.add("unsqueeze", [value], {"dim": axis})
        values.append(value)
    rank = max(len(call.shape(value)) for value in values)
    along = {"dstack": 2, "column_stack": 1, "hstack": min(1, rank - 1)}.get(call.name, 0)
    return values[0] if len(values) == 1 else call.add("cat", values, {"dim": along})


LOSSES = (
    *("mse_loss", "l1_loss", "huber_loss", "smooth_l1_loss", "kl_div", "nll_loss", "nll_loss_nd", "nll_loss2d"),
    *("binary_cross_entropy", "binary_cross_entropy_with_logits", "cross_entropy_loss"),
)

RULES: Mapping[str, Callable[[Call], Any]] = {
    **dict.fromkeys(LOSSES, lost),
    "broadcast_tensors": stretched,
    "searchsorted": searched,
    "linalg_norm": sized,
    "cross": crossed,
    "_weight_norm": weight_normed,
    "grid_sampler": sampled,
    "affine_grid_generator": affine_grid,
    **dict.fromkeys(("max_unpool2d", "max_unpool3d"), unpooled),
    "numpy_T": reversed_axes,
    "mT": last_two,
    "mH": last_two,
    "adjoint": last_two,
    "add": scaled_sum,
    "sub": scaled_sum,
    "subtract": scaled_sum,
    **dict.fromkeys(("mul", "multiply", "div", "divide", "true_divide"), scaled),
    "inner": inner_product,
    "slice": sliced,
    "t": turned,
    "squeeze": squeezed,
    "index": indexed,
    "clamp": clamped,
    "clip": clamped,
    "diff": differences,
    **dict.fromkeys(("cat", "concat", "concatenate"), joined),
    **dict.fromkeys(SIDES, side_by_side),
    "max": extreme,
    "repeat_interleave": repeated,
    "min": extreme,
    "copy": copied,
    "index_put": written_into,
    "zero": written_into,
    "mean": reduced,
    "sum": reduced,
    "amax": reduced,
    "amin": reduced,
    **dict.fromkeys(("all", "any", "argmax", "argmin", "median", "prod"), along_all),
    "linalg_vector_norm": reduced,
}
