"""Which ways of calling a layer are kept: module, function, method or operator. Other tools count by that."""

from __future__ import annotations

from cnncalc.layers import Layer

BY_WAY = frozenset({"matmul", "bmm", "mm", "addmm", "baddbmm", "add", "mul"})
"""Layers that are no modules, and that tools know by the way in which they are called."""

OPERATORS = frozenset({"matmul", "add", "mul"})
"""Layers that Python has an operator for. What torch records of it is the same as of the method."""


def kept(layer: Layer, way: str) -> str:
    """The way in which code calls a layer; empty where it is the usual one, or no tool looks at it."""
    usual = layer.usual_way
    if (usual != "module" or layer.rearranges or layer.view) and layer.name not in BY_WAY:
        return ""
    return "" if way == usual else way


def of_tensor(layer: Layer) -> str:
    """The way of what is called on a tensor."""
    return "operator" if layer.name in OPERATORS else "method"
