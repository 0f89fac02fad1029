"""What would work, in PyTorch's words: hints for the mistakes that everyone makes once.

Loaded on the way to an error alone.
"""

from __future__ import annotations

import re

from cnncalc.layers.arguments import compact_value
from cnncalc.layers.layer import Layer
from cnncalc.layers.shapes import Shapes, dims_text, is_batch
from cnncalc.layers.site import Finding
from cnncalc.symbolic.expr import product

LAYER = re.compile(r"\bwrite ([a-z]+[123]d)(?:, or bn for the one that fits)?(?![\w(])")
CHAIN = re.compile(r"`((?:flatten|transpose|permute|unsqueeze|squeeze)\b[^`]*)`")


def advice(layer: Layer, finding: Finding, xs: Shapes, hint: str | None) -> str | None:
    """The hint for a layer that refuses what arrives. `hint` is the one of the language, whose words are other."""
    if finding.code == "channel-mismatch" and finding.arg == "in_features":
        return features(layer, xs)
    if finding.code == "size-mismatch" and layer.name == "reshape":
        return elements(layer, xs)
    if finding.code == "shape-mismatch" and hint is None:
        return flat(layer, xs)
    if layer.name == "select" and xs and is_batch(xs[0][0]) and vars(layer)["dim"] == 0:
        return f"x[:, {vars(layer)['index']}] takes a position of each sample"
    return in_python(hint, xs) if hint else None


def flat(layer: Layer, xs: Shapes) -> str | None:
    """A merge of features with a map of one pixel."""
    ranks = {len(x) for x in xs}
    for x in xs:
        if len(ranks) == 2 and len(x) > 2 and min(ranks) == 2 and all(size == 1 for size in x[2:]):
            return f"torch.flatten(..., 1) makes {dims_text(x[1:2])} of {dims_text(x[1:])}"
    return None


def features(layer: Layer, xs: Shapes) -> str:
    """A linear that has other features than arrive, or whose flatten is missing."""
    x = xs[0]
    written, out = getattr(layer, "in_features"), compact_value(getattr(layer, "out_features"))  # noqa: B009
    bias = "" if getattr(layer, "bias", True) else ", bias=False"
    sizes = x[1:]
    if len(x) > 3 and all(isinstance(size, int) for size in sizes):
        every, factors = product(sizes), " * ".join(map(str, sizes))
        call = f"torch.flatten(x, 1) before it makes {factors} = {every} features of the map"
        return call if every == written else f"{call}, for nn.{layer.torch}({every}, {out}{bias})"
    return f"write nn.{layer.torch}({dims_text(x[-1:])}, {out}{bias}), or nn.Lazy{layer.torch}({out}{bias})"


def elements(layer: Layer, xs: Shapes) -> str | None:
    """A view whose sizes are not those of a sample."""
    sizes, of_sample = getattr(layer, "shape"), xs[0][1:]  # noqa: B009
    if len(sizes) != 2 or len(of_sample) < 2 or not all(isinstance(size, int) for size in of_sample):
        return None
    factors = " * ".join(map(str, of_sample))
    return f"torch.flatten(x, 1) keeps the samples apart, with {factors} = {product(of_sample)} elements each"


def in_python(hint: str, xs: Shapes) -> str:
    """A hint of the language, with its calls as PyTorch's code has them."""
    hint = re.sub(r", or `[^`]*` to infer it", "", hint)
    hint = re.sub(r"\b(write|and) ([A-Z]\w*)\(", r"\1 nn.\2(", hint)
    hint = LAYER.sub(torch_name, hint)
    hint = CHAIN.sub(lambda match: f"`{chained(match[1])}`", hint)
    hint = re.sub(r"\bconv (\d+) k1(?: s(\d+))?(?= behind)", lambda match: projected(match, xs), hint)
    return hint.replace("=yes", "=True").replace("=no", "=False")


def torch_name(match: re.Match[str]) -> str:
    """`write conv3d` as `write nn.Conv3d`"""
    from cnncalc.layers.registry import layer_class

    found = layer_class(match[1])
    return f"write nn.{found.torch}" if found.torch else match[0]


def chained(text: str) -> str:
    """`flatten 1 2 -> transpose 1 2` as calls of methods."""
    steps = [step.split() for step in text.split("->")]
    return "x" + "".join(f".{name}({', '.join(values)})" for name, *values in steps)


def projected(match: re.Match[str], xs: Shapes) -> str:
    """The convolution that brings a shortcut the channels that it lacks."""
    came = next((x[1] for x in xs if str(x[1]) != match[1]), match[1])
    stride = f", stride={match[2]}" if match[2] else ""
    return f"nn.Conv{len(xs[0]) - 2}d({came}, {match[1]}, 1{stride})"
