"""The families of layers as a picture tells them apart: each has a colour, and its name in the legend.

The colours are those of Okabe and Ito (jfly.uni-koeln.de/color), which people tell apart whatever colours they see.
No picture says anything by colour alone: each box has the name of its layer too.
"""

from __future__ import annotations

from cnncalc.layers.layer import Layer
from cnncalc.named_tuples import NamedTuple


class ColourFamily(NamedTuple):
    """A group of layers with one colour."""

    key: str
    name: str  # in the legend
    colour: str  # of the stripe; the box is a tint of it


FAMILIES = {
    family.key: family
    for family in (
        ColourFamily("conv", "convolution", "#0072b2"),
        ColourFamily("linear", "linear, product", "#e69f00"),
        ColourFamily("norm", "norm", "#56b4e9"),
        ColourFamily("act", "activation, function", "#f0e442"),
        ColourFamily("pool", "pool, resize, reduce", "#009e73"),
        ColourFamily("attn", "attention, recurrence", "#cc79a7"),
        ColourFamily("merge", "merge", "#d55e00"),
        ColourFamily("shape", "shape", "#8c959f"),
        ColourFamily("table", "embedding, constant", "#6e5494"),
        ColourFamily("other", "other", "#57606a"),
        ColourFamily("level", "block, folded", "#8c959f"),
        ColourFamily("end", "input, output", "#57606a"),
    )
}

_OF_MODULE = {
    **dict.fromkeys(("conv",), "conv"),
    **dict.fromkeys(("linear", "products", "einsum", "linalg", "adaptive_softmax", "distance"), "linear"),
    **dict.fromkeys(("norm", "rare_norm"), "norm"),
    **dict.fromkeys(("activation", "elementwise", "complex", "statistics"), "act"),
    **dict.fromkeys(("pool", "unpool", "resize", "reduce"), "pool"),
    **dict.fromkeys(("attention", "recurrent", "transformer"), "attn"),
    **dict.fromkeys(("merge",), "merge"),
    **dict.fromkeys(("axes", "arrange", "cut", "pad", "pick", "fold", "sequence", "scatter", "grid"), "shape"),
    **dict.fromkeys(("embedding", "creation", "state"), "table"),
}
"""By the file that a layer is in."""

_OF_FUNCTION = {"conv": "conv", "linear": "linear", "embedding": "table"}
"""Functions that are given their parameters, by how their names go on after `F.`; the others are norms."""


def family_of(layer: Layer) -> str:
    """The key of the family that a layer is drawn as.

    >>> from cnncalc import parse
    >>> [family_of(node.layer) for node in parse("3x8x8 -> conv 8 k3 -> bn -> relu").nodes]
    ['conv', 'norm', 'act']
    """
    # A member of a family of classes, such as conv2d, is made where all are registered.
    modules = (made.__module__.rpartition(".")[2] for made in type(layer).__mro__)
    module = next(module for module in modules if module != "registry")
    if module == "functional":
        name = layer.name.partition(".")[2]
        return next((key for start, key in _OF_FUNCTION.items() if name.startswith(start)), "norm")
    if module == "elementwise" and layer.inputs[0] > 1:
        return "merge"
    return _OF_MODULE.get(module, "other")


def mixed(colour: str, ground: str, share: float) -> str:
    """A colour on a ground, of which so much is left.

    >>> mixed("#000000", "#ffffff", 0.2)
    '#cccccc'
    """
    parts = [(int(colour[i : i + 2], 16), int(ground[i : i + 2], 16)) for i in (1, 3, 5)]
    return "#" + "".join(f"{round(a * share + b * (1 - share)):02x}" for a, b in parts)
