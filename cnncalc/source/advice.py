"""What would work, in PyTorch's words: hints for the mistakes that everyone makes once.

Loaded on the way to an error alone.
"""

from __future__ import annotations

import re
from typing import Any

from cnncalc.layers.arguments import compact_value
from cnncalc.layers.layer import Layer
from cnncalc.layers.shapes import BATCH_NAME, Shape, Shapes, dims_text, is_batch
from cnncalc.layers.site import Finding
from cnncalc.symbolic.expr import product

LAYER = re.compile(r"\bwrite ([a-z]+[123]d)(?:, or bn for the one that fits)?(?![\w(])")
IN_TORCH = {
    "write `upsample 2` to double the size, or `upsample size=28`": "scale_factor=2 doubles the size",
    "lstm goes through a sequence": "nn.LSTM goes through a sequence",
    "gru goes through a sequence": "nn.GRU goes through a sequence",
    "rnn goes through a sequence": "nn.RNN goes through a sequence",
}
"""Hints of the language, as they are said of PyTorch's code."""

CHAIN = re.compile(r"`((?:flatten|transpose|permute|unsqueeze|squeeze)\b[^`]*)`")


def advice(layer: Layer, finding: Finding, xs: Shapes, hint: str | None) -> str | None:
    """The hint for a layer that refuses what arrives. `hint` is the one of the language, whose words are other."""
    if finding.code == "channel-mismatch" and finding.arg == "in_features":
        return samples_joined(xs) or features(layer, xs)
    if layer.name in RECURRENT and finding.code in ("shape-mismatch", "wrong-count"):
        return states(layer, finding, xs)
    if layer.name == "layernorm" and finding.code == "shape-mismatch":
        return last(xs[0], layer.normalized_shape) or in_python(hint or "", xs) or None  # type: ignore[attr-defined]
    if layer.name == "cat" and finding.code == "shape-mismatch" and hint is None:
        return joined(layer, xs) or flat(layer, xs)
    if finding.code == "size-mismatch" and layer.name == "reshape":
        return elements(layer, xs)
    if finding.code == "shape-mismatch" and layer.name in PRODUCTS and (turn := turned(layer, xs)):
        return turn
    if finding.code == "shape-mismatch" and hint is None:
        return flat(layer, xs)
    if layer.name == "select" and xs and is_batch(xs[0][0]) and vars(layer)["dim"] == 0:
        return f"x[:, {vars(layer)['index']}] takes a position of each sample"
    return in_python(hint, xs) if hint else None


PRODUCTS = ("matmul", "bmm", "mm", "F.linear")


def turned(layer: Layer, xs: Shapes) -> str | None:
    """The transposed of a second factor, where that is what fits."""
    first, second = xs[:2]
    if len(second) < 2 or not first:
        return None
    if layer.name == "F.linear":
        return "the weight of F.linear is (out, in): weight.T fits" if first[-1] == second[0] else None
    return ".transpose(-2, -1) of the second fits" if first[-1] == second[-1] else None


RECURRENT = ("lstm", "gru", "rnn")


def states(layer: Layer, finding: Finding, xs: Shapes) -> str | None:
    """A recurrent layer with another state than it takes."""
    own = vars(layer)
    if finding.code == "wrong-count":
        return "the state of an LSTM is a pair: lstm(x, (h_0, c_0))"
    x, first = xs[0], bool(own["batch_first"])
    if not first and len(x) == 3 and is_batch(x[0]) and any(len(h) == 3 and h[1] == x[0] for h in xs[1:]):
        return f"nn.{layer.torch}(..., batch_first=True) takes the batch first, which is how it arrives"
    count = own["num_layers"] * (2 if own["bidirectional"] else 1)
    samples = f", x.size({0 if first else 1})" if len(x) == 3 else ""
    width = own["proj_size"] if finding.message.startswith("h_0") and own.get("proj_size") else own["hidden_size"]
    return f"torch.zeros({dims_text((count,))}{samples}, {dims_text((width,))}) has the shape that fits"


def samples_joined(xs: Shapes) -> str | None:
    """Features that are lacking, as samples have been joined in place of them."""
    count = xs[0][0]
    if not re.fullmatch(rf"\d+\*{BATCH_NAME}", str(count)):
        return None
    return f"there are {count} samples now, as axis 0 is the batch: torch.cat(..., 1) joins features"


def last(x: Shape, wanted: Any) -> str | None:
    """What brings the channels to the end, where a layer takes them there."""
    if tuple(wanted) != tuple(x[1:2]) or len(x) not in (3, 4):
        return None
    call = "x.transpose(1, 2)" if len(x) == 3 else "x.permute(0, 2, 3, 1)"
    return f"{call} before it puts the {dims_text(x[1:2])} of axis 1 last"


def joined(layer: Layer, xs: Shapes) -> str | None:
    """The axis along which inputs can be joined, where another is given."""
    if len({len(x) for x in xs}) > 1:
        return None
    other = [axis for axis, sizes in enumerate(zip(*xs)) if len(set(sizes)) > 1]
    return f"dim={other[0]} joins them along the axis in which they differ" if len(other) == 1 else None


def flat(layer: Layer, xs: Shapes) -> str | None:
    """A merge of features with a map: of one pixel, or of many where they are multiplied."""
    ranks = {len(x) for x in xs}
    for x in xs:
        if len(ranks) == 2 and len(x) > 2 and min(ranks) == 2 and all(size == 1 for size in x[2:]):
            return f"torch.flatten(..., 1) makes {dims_text(x[1:2])} of {dims_text(x[1:])}"
    for x in xs:
        for w in xs:
            if layer.name != "cat" and len(w) == 2 and len(x) > 2 and x[1] == w[1]:
                shape = dims_text((w[1], *[1] * (len(x) - 2)))
                return f"[:, :{', None' * (len(x) - 2)}] after it makes {shape} of {dims_text(w[1:])}"
    return None


def features(layer: Layer, xs: Shapes) -> str:
    """A linear that has other features than arrive, or whose flatten is missing."""
    x = xs[0]
    written, out = getattr(layer, "in_features"), compact_value(getattr(layer, "out_features"))  # noqa: B009
    bias = "" if getattr(layer, "bias", True) else ", bias=False"
    sizes = x[1:]
    if (len(x) > 3 or x[2:] == (1,)) and all(isinstance(size, int) for size in sizes):
        every, factors = product(sizes), " * ".join(map(str, sizes))
        call = f"torch.flatten(x, 1) before it makes {factors} = {every} features of the map"
        if every != written and (ordered := last(x, (written,))):
            return f"{ordered}; {call}"
        return call if every == written else f"{call}, for nn.{layer.torch}({every}, {out}{bias})"
    if ordered := last(x, (written,)):
        return ordered
    return f"write nn.{layer.torch}({dims_text(x[-1:])}, {out}{bias}), or nn.Lazy{layer.torch}({out}{bias})"


def elements(layer: Layer, xs: Shapes) -> str | None:
    """A view whose sizes are not those of a sample."""
    sizes, of_sample = getattr(layer, "shape"), xs[0][1:]  # noqa: B009
    if len(sizes) != 2 or len(of_sample) < 2 or not all(isinstance(size, int) for size in of_sample):
        return None
    factors = " * ".join(map(str, of_sample))
    return f"torch.flatten(x, 1) keeps the samples apart, with {factors} = {product(of_sample)} elements each"


def whole_call(finding: Finding, layer: Layer, written: Layer, xs: Shapes) -> Finding:
    """A finding whose hint has every argument that a module was made with, and not what does not arrive alone."""
    came = layer.arrives(*xs).get(finding.arg or "")
    if came is None or "None" not in (finding.hint or ""):
        return finding
    return finding._replace(hint=in_python(written.instead(finding.arg or "", came), xs))


def in_python(hint: str, xs: Shapes) -> str:
    """A hint of the language, with its calls as PyTorch's code has them."""
    hint = re.sub(r", or `[^`]*` to infer it", "", hint)
    hint = re.sub(r"\b(write|and) ([A-Z]\w*)\(", r"\1 nn.\2(", hint)
    hint = IN_TORCH.get(hint, hint)
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
