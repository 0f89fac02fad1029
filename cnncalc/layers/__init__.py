"""The layers, one class each, and the registry that finds them by name."""

from cnncalc.layers import activation, conv, linear, merge, norm, pad, pool, resize, shape
from cnncalc.layers.base import Layer
from cnncalc.layers.registry import FAMILIES, Family, Found, find, layer_class, names

__all__ = [
    "FAMILIES",
    "Family",
    "Found",
    "Layer",
    "activation",
    "conv",
    "find",
    "layer_class",
    "linear",
    "merge",
    "names",
    "norm",
    "pad",
    "pool",
    "resize",
    "shape",
]
