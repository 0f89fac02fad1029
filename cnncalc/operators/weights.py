"""Operators that read parameters: the layer that owns these, or the operator on values."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from cnncalc.layers import Layer, find
from cnncalc.layers.kinds import Value
from cnncalc.operators.call import Call, Inexpressible
from cnncalc.operators.modules import agrees, checked, without_inferred
from cnncalc.operators.names import TENSORS
from cnncalc.operators.values import value_for


def weighted(call: Call) -> Any:
    """An operator that reads parameters: the layer that owns them, or the operator on values."""
    given = {key: raw for key in TENSORS if call.is_value(raw := call.args.get(key))}
    cls = weighted_class(call)
    x = call.tensor("indices" if call.name == "embedding" else "self" if call.name == "prelu" else "input")
    holder = call.holder(given)
    if holder is not None and call.own_kind(holder.module, cls):
        xs = (call.shape(x),)
        layer = cls(**without_inferred(cls, weighted_values(call, cls, given), xs))
        if checked(layer) and agrees(layer, holder.module, xs) and call.fits(layer, [x]):
            found = call.own(holder, layer, [x])
            if found is not None:
                return found
    return functional(call, x, given)


def weighted_class(call: Call) -> type[Layer]:
    name = call.name
    if call.name in ("batch_norm", "instance_norm"):
        rank = len(call.shape(call.tensor("input")))
        name += f"{min(3, max(1, rank - 2))}d"
    found = find(name)
    if found is None:
        raise Inexpressible(f"there is no layer {name}")
    return found.family.member(found.ndim)


def weighted_values(call: Call, cls: type[Layer], given: Mapping[str, Any]) -> dict[str, Value]:
    """The arguments of the layer that an operator with these weights is."""
    args = call.args
    weight = call.raw_shape(given["weight"]) if "weight" in given else None
    raw: dict[str, Any] = {}
    if call.name.startswith("conv"):
        assert weight is not None
        transposed = call.name.startswith("conv_transpose")
        raw = {key: args[key] for key in ("stride", "padding", "dilation", "groups", "output_padding") if key in args}
        raw["out_channels"] = weight[1] * args["groups"] if transposed else weight[0]
        raw["kernel_size"] = list(weight[2:])
        raw["bias"] = "bias" in given
        raw = singled(raw)
    elif call.name == "linear":
        assert weight is not None
        raw = {"out_features": weight[0], "bias": "bias" in given}
    elif call.name == "embedding":
        assert weight is not None
        padding = -1 if args.get("padding_idx") is None else args["padding_idx"]
        raw = {"num_embeddings": weight[0], "embedding_dim": weight[1]}
        raw |= {"padding_idx": padding} if padding >= 0 else {}
    elif call.name == "prelu":
        raw = {"num_parameters": weight[0] if weight else 1}
    elif call.name in ("layer_norm", "rms_norm"):
        raw = {"normalized_shape": list(args["normalized_shape"]), "elementwise_affine": weight is not None}
        raw |= {"eps": args["eps"]} if args.get("eps") is not None else {}
        raw |= {"bias": "bias" in given} if "bias" in cls.arguments and weight is not None else {}
    elif call.name == "group_norm":
        raw = {"num_groups": args["num_groups"], "eps": args["eps"], "affine": weight is not None}
    else:
        raw = {"eps": args["eps"], "momentum": args["momentum"], "affine": weight is not None}
        raw["track_running_stats"] = "running_mean" in given
    return {key: value_for(cls.arguments[key], value, cls.ndim) for key, value in raw.items()}


def singled(raw: Mapping[str, Any]) -> dict[str, Any]:
    """Arguments of which torch makes a list with one item as that item."""
    return {key: value[0] if isinstance(value, list) and len(value) == 1 else value for key, value in raw.items()}


def functional(call: Call, x: Any, given: Mapping[str, Any]) -> Any:
    """The operator on weights that are values of the graph."""
    weights = {key: call.number(raw) for key, raw in given.items()}
    found = find(f"F.{call.name}")
    if found is not None:
        of_values = found.family.member(found.ndim)
        names = of_values.input_names[1:]
        taken = [name for name in names if name in weights]
        if of_values.inputs[0] <= 1 + len(taken) and tuple(taken) == names[: len(weights)]:
            raw = {key: call.args[key] for key in of_values.arguments if call.args.get(key) is not None}
            return call.add(of_values.name, [x, *(weights[name] for name in taken)], singled(raw))
    weight, bias = weights.get("weight"), weights.get("bias")
    cls = weighted_class(call)
    values = weighted_values(call, cls, {})
    value = call.add_layer(cls(**without_inferred(cls, values, (call.shape(x),))), [x])
    for name, other in (("mul", weight), ("add", bias)):
        if other is not None:
            if "layer" not in cls.name and cls.name != "rmsnorm":
                rank = len(call.shape(x))
                other = call.add("reshape", [other], {"shape": (1, -1, *[1] * (rank - 2))})
            value = call.add(name, [value, other])
    return value
