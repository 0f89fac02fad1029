"""What was meant by a layer that does not fit what arrives: hints for the mistakes that everyone makes once.

Each proposal is worked out, so that what a hint says runs. Loaded on the way to an error alone.
"""

from __future__ import annotations

from math import gcd

from cnncalc.diagnostics import Fix, Span
from cnncalc.fixes import flatten_before, other_number
from cnncalc.layers.arguments import compact_value
from cnncalc.layers.layer import Layer
from cnncalc.layers.sequence import batch_leads
from cnncalc.layers.shapes import Shape, Shapes, dims_text, is_batch
from cnncalc.layers.site import Finding, Refusal, Site
from cnncalc.symbolic.expr import product

CHANNELS = ("in_channels", "num_features", "num_channels")


def hint_for(layer: Layer, finding: Finding, xs: Shapes, from_input: bool = False) -> str | None:
    """A hint for a refusal that says more than the layer can; None where there is nothing to say.

    `from_input`: what arrives is an input of the network, as it is written.
    """
    x = xs[0] if xs else ()
    if finding.code == "channel-mismatch" and finding.arg == "in_features":
        return _flatten(layer, x)
    if finding.code == "channel-mismatch" and finding.arg in CHANNELS:
        return _channels_last(layer, finding.arg, x, from_input)
    if finding.code == "groups-do-not-divide":
        return common_groups(layer, x)
    if finding.code == "size-mismatch" and layer.name == "reshape":
        return _reshape(layer, x)
    if finding.code == "wrong-rank" and len(x) == 4 and batch_leads(layer) is not None:
        return _sequence(layer, x)
    return None


def _sequence(layer: Layer, x: Shape) -> str:
    """A layer on sequences that is given a map: its columns, or its positions, one after the other."""
    to_time = "transpose 1 2" if batch_leads(layer) else "permute 2 0 1"
    columns, positions = (x[3], x[1] * x[2]), (x[2] * x[3], x[1])
    ways = [
        ("flatten 1 2", "columns", columns),
        ("flatten 2", "positions", positions),
    ]
    written = getattr(layer, "input_size", None)
    fits = [way for way in ways if way[2][1] == written] or ways
    return "; ".join(
        f"`{flatten} -> {to_time}` before it makes the {what} of the map a sequence, {dims_text(shape)}"
        for flatten, what, shape in fits
    )


def _flatten(layer: Layer, x: Shape) -> str | None:
    """A linear on a map, whose flatten is missing."""
    sizes = x[1:]
    if not all(isinstance(size, int) for size in sizes) or len(sizes) < 2:
        return None
    features = product(sizes)
    written = getattr(layer, "in_features")  # noqa: B009
    factors = " * ".join(map(str, sizes))
    bias = "" if getattr(layer, "bias", True) else ", bias=no"
    call = f"flatten -> {layer.torch}({features}, {compact_value(getattr(layer, 'out_features'))}{bias})"  # noqa: B009
    if features == written:
        return f"a flatten is missing: {factors} = {features}, so write {call}"
    return f"on all of the map write {call}, as {factors} = {features}" if len(sizes) > 2 else None


def fix_for(layer: Layer, finding: Finding, x: Shape, path: str, call: Span | None, value: Span | None) -> Fix | None:
    """What mends a linear that was written for other features, where there is one way: its flatten, or its number."""
    sizes = x[1:]
    if finding.arg != "in_features" or not sizes or not all(isinstance(size, int) for size in sizes):
        return None
    features = product(sizes)
    if len(sizes) > 1 and features == getattr(layer, "in_features"):  # noqa: B009
        return flatten_before(call, f"a flatten before {path}")
    if len(sizes) == 1 and isinstance(features, int):
        return other_number(value, features, f"{features} input features for {path}")
    return None


def _channels_last(layer: Layer, key: str, x: Shape, from_input: bool) -> str | None:
    """A layer whose channels come last in what arrives."""
    if len(x) < 3 or x[-1] != getattr(layer, key, None) or len(x) != (layer.ndim or 0) + 2:
        return None
    if x[-1] in x[1:-1]:  # as high as wide: the number of channels is the mistake
        return None
    if from_input:
        return f"channels come first: write {dims_text((x[-1], *x[1:-1]))}"
    last = len(x) - 1
    if last == 2:
        return "channels come first: transpose 1 2 brings them there"
    return f"channels come first: permute 0 {last} {' '.join(map(str, range(1, last)))} brings them there"


def common_groups(layer: Layer, x: Shape) -> str | None:
    """The groups that cut both what comes in and what goes out."""
    if "out_channels" not in layer.arguments:
        return None
    out, groups = getattr(layer, "out_channels"), getattr(layer, "groups")  # noqa: B009
    into = getattr(layer, "in_channels")  # noqa: B009
    if into is None and len(x) > (layer.ndim or 0):
        into = x[-(layer.ndim or 0) - 1]
    if not all(isinstance(size, int) and 0 < size < 10**6 for size in (out, into, groups)):
        return None
    common = [d for d in range(1, gcd(out, into) + 1) if gcd(out, into) % d == 0]
    near = sorted(sorted(common, key=lambda d: abs(d - groups))[:2])
    if into % groups == 0:
        fits = sorted({max(groups, out // groups * groups), (out // groups + 1) * groups})
        many = " or ".join(map(str, fits))
        return f"g={groups} goes with out_channels {many}; {_shared(into, out, near)}"
    return _shared(into, out, near)


def _shared(into: int, out: int, near: list[int]) -> str:
    if near == [1]:
        return f"{into} channels come in and {out} go out, which have no divisor in common but 1"
    return f"{into} channels come in and {out} go out, which can both be divided by {' or '.join(map(str, near))}"


def _reshape(layer: Layer, x: Shape) -> str | None:
    """A view whose product is another than that of what arrives, or that leaves the batch out."""
    sizes: Shape = getattr(layer, "shape")  # noqa: B009
    of_sample = x[1:]
    if not sizes or not all(isinstance(size, int) for size in of_sample):
        return None
    factors = " * ".join(map(str, of_sample))
    have = product(of_sample)
    tried: Shape
    if len(sizes) == 2 and (sizes[0] == -1 or is_batch(sizes[0])):
        tried, why = (sizes[0], have), f", as {factors} = {have}" if len(of_sample) > 1 else ""
    elif -1 not in sizes and product(sizes) == have:
        tried, why = (x[0], *sizes), ", as the batch is its first size"
    else:
        return None
    try:
        type(layer)(shape=tried).forward(Site(), x)
    except Refusal:
        return None
    return f"write reshape {' '.join(map(str, tried))}{why}"


def projection(layer: Layer, xs: Shapes, straight: list[bool]) -> tuple[int, str] | None:
    """Which value of a sum lacks channels or a stride, and the convolution that gives it those of the other.

    `straight` says of each value whether it is passed on as it is, as a shortcut that is to be projected.
    """
    if layer.name not in ("add", "sub", "mul") or len(xs) != 2 or len(xs[0]) != len(xs[1]) or len(xs[0]) < 3:
        return None
    maps = [[size for size in x[1:] if isinstance(size, int)] for x in xs]
    if any(len(sizes) < len(x) - 1 or 0 in sizes for sizes, x in zip(maps, xs)) or xs[0][0] != xs[1][0]:
        return None
    if any(max(sizes[1:]) == 1 for sizes in maps) and maps[0][1:] != maps[1][1:]:  # one value for all positions
        return None
    short = straight.index(True) if straight.count(True) == 1 else 0
    for at in (short, 1 - short):
        own, other = maps[at][1:], maps[1 - at][1:]
        steps = {-(-a // b) for a, b in zip(own, other)}
        step = steps.pop() if len(steps) == 1 else 0
        if step > (maps[0][0] == maps[1][0]) and all((a - 1) // step + 1 == b for a, b in zip(own, other)):
            return at, f"conv {maps[1 - at][0]} k1{f' s{step}' if step > 1 else ''}"
    return None
