"""How a model's code calls a layer: as a module, a function, a method or an operator. Other tools count by that."""

from __future__ import annotations

from typing import Any

import torch
from torch import fx, nn

from cnncalc.layers import Layer
from cnncalc.operators.ways import kept, of_tensor


def way_of(node: fx.Node, layer: Layer, module: nn.Module | None) -> str:
    """The way in which code calls a layer in a module; empty where it is the usual one, or no tool looks at it."""
    return kept(layer, way(node, layer, module))


def way(node: fx.Node, layer: Layer, module: nn.Module | None) -> str:
    """The way, by what torch has recorded of the call."""
    own: Any = getattr(nn, layer.torch or "", None)
    if own is not None and isinstance(module, own):
        return "module" if type(module) is own else "derived"
    kind, _, name = str((node.meta.get("torch_fn") or ("", ""))[1]).partition(".")
    name = name.rstrip("_")
    if kind == "method_descriptor":
        return of_tensor(layer)
    functional, function = (getattr(place, name, None) for place in (nn.functional, torch))
    if kind == "function":
        return "functional" if functional is not None and functional is not function else "function"
    if kind == "builtin_function_or_method":
        return "functional" if functional is not None and function in (None, functional) else "function"
    return layer.usual_way
