"""The layers, one class each, and the registry that finds them by name."""

from cnncalc.layers.layer import Layer
from cnncalc.layers.registry import Family, Found, families, find, layer_class, load_common, names

load_common()

__all__ = ["Family", "Found", "Layer", "families", "find", "layer_class", "names"]
