"""An operator that has the name and the arguments of a layer."""

from __future__ import annotations

from typing import Any

from cnncalc.layers import Layer
from cnncalc.layers.kinds import Value
from cnncalc.operators.call import Call, Inexpressible
from cnncalc.operators.modules import checked
from cnncalc.operators.names import ARGUMENTS, IGNORED, layer_for, required
from cnncalc.operators.values import OfBatch, value_for
from cnncalc.symbolic.expr import Expr


def generic(call: Call) -> Any:
    """An operator with the name and the arguments of a layer."""
    cls = layer_for(call.name)
    if cls is None:
        raise Inexpressible(f"there is no layer {call.name}")
    inputs: list[Any] = []
    values: dict[str, Value] = {}
    defaults = call.defaults
    names = ARGUMENTS.get(call.name) or ARGUMENTS.get(cls.name) or {}
    for key, raw in call.args.items():
        items = raw if isinstance(raw, list | tuple) else [raw]
        if any(call.is_value(item) for item in items):
            for item in items:
                if not call.is_value(item):
                    raise Inexpressible(f"{key} mixes tensors and numbers")
                given = call.value(item)
                inputs += given if isinstance(given, list) else [given]
            continue
        name = names.get(key, key)
        if name not in cls.arguments or key in IGNORED - set(names):
            if call.may_be_tensor(key) and raw is not None and cls.number_argument and inputs:
                name = cls.number_argument
            elif isinstance(raw, int | float) and before_tensor(call, key) and cls.inputs[0] > len(inputs):
                inputs.append(call.add("full", [], {"size": [], "fill_value": raw}))
                continue
            elif (key in defaults and raw == defaults[key]) or key in IGNORED:
                continue
            else:
                raise Inexpressible(f"{cls.name} has no {key}")
        argument = cls.arguments[name]
        if raw is None and not (argument.default is None or argument.inferred):
            continue
        if raw is None or (raw == [] and defaults.get(key) == []):
            continue
        if name == cls.number_argument and of_batch(raw):  # a number that is another at each batch
            inputs.append(call.add("constant", [], {"shape": ()}))
            continue
        values[name] = value_for(argument, raw, cls.ndim)
    if (
        cls.number_argument
        and len(inputs) == 1
        and (cls.inputs[0] > 1 or cls.number_argument not in values)
        and cls.inputs[0] > 1
    ):
        raise Inexpressible(f"{cls.name} needs a second value")
    if "return_indices" in cls.arguments and call.uses(1):
        values["return_indices"] = True
    missing = [key for key in required(cls) if key not in values]
    if missing == ["dim"] and cls.arguments["dim"].variadic:
        values["dim"] = tuple(range(len(call.shape(inputs[0]))))
        missing = []
    if missing:
        raise Inexpressible(f"{cls.name} needs {missing[0]}")
    return finished(call, cls(**values), inputs)


def of_batch(raw: Any) -> bool:
    """Is it a value that is another at each batch?"""
    return isinstance(raw, Expr | OfBatch)


def before_tensor(call: Call, key: str) -> bool:
    """Is a tensor after an argument?"""
    names = list(call.args)
    return any(call.is_value(call.args[name]) for name in names[names.index(key) + 1 :])


def finished(call: Call, layer: Layer, inputs: list[Any]) -> Any:
    """Add the layer that a call is, where it gives torch's shapes."""
    fewest, most = type(layer).inputs
    if not fewest <= len(inputs) <= (len(inputs) if most is None else most) or not checked(layer):
        raise Inexpressible(f"{layer.name} does not take {len(inputs)} values")
    if not call.fits(layer, inputs):
        raise Inexpressible(f"{layer.name} gives another shape")
    return call.given(call.add_layer(layer, inputs))
