"""Whole networks, drawn: chains and branches, repeats and skip connections, with numbers and with open sizes."""

from __future__ import annotations

import random

from cnncalc import calc
from cnncalc.analysis.trace import Report
from cnncalc.diagnostics import CnncalcError
from cnncalc.named_tuples import NamedTuple

ACTIVATIONS = (
    "relu",
    "gelu",
    "silu",
    "sigmoid",
    "prelu",
    "hardswish",
    "elu",
    "leakyrelu 0.1",
    "dropout 0.2",
    "softmax 1",
)
NORMS = ("bn", "batchnorm affine=no", "instancenorm", "instancenorm affine=yes track_running_stats=yes", "groupnorm 1")


class DrawnNetwork(NamedTuple):
    """A spec that cnncalc accepts."""

    spec: str
    report: Report


class Piece(NamedTuple):
    """A part of a chain, and the channels that come out of it."""

    text: str
    channels: int


def network(draw: random.Random) -> DrawnNetwork:
    """One drawn network. Pieces that do not fit what comes are left out."""
    pixels = draw.random() < 0.75
    axes = draw.choice([1, 2, 2, 2, 3]) if pixels else 1
    sizes = ["H", "W", "D"][:axes] if draw.random() < 0.5 else [str(draw.randrange(6, 40)) for _ in range(axes)]
    if pixels:
        channels = draw.choice([1, 2, 3, 4, 6, 8])
        head = "x".join([str(channels), *sizes])
    else:
        channels = draw.choice([4, 8, 12])
        head = f"{sizes[0]}x{channels}"
    spec = head
    accepted = DrawnNetwork(f"{head} -> identity", calc(f"{head} -> identity"))
    for i in range(draw.randrange(2, 9)):
        piece = feature(channels, axes, f"t{i}", draw) if pixels else token(channels, draw)
        longer = f"{spec} -> {piece.text}"
        if (report := fits(longer)) is not None:
            spec, channels, accepted = longer, piece.channels, DrawnNetwork(longer, report)
    if draw.random() < 0.5:
        longer = f"{spec} -> {head_of(pixels, draw)}"
        if (report := fits(longer)) is not None:
            accepted = DrawnNetwork(longer, report)
    return accepted


def fits(spec: str) -> Report | None:
    """The report of a spec; None where cnncalc refuses it, or where it comes to take too much memory."""
    try:
        report = calc(spec)
    except CnncalcError:
        return None
    size = report.totals.activations
    return report if not isinstance(size, int) or size < 10**7 else None


def feature(channels: int, axes: int, label: str, draw: random.Random, depth: int = 2) -> Piece:
    """Something that maps have done to them."""
    kinds = [plain, plain, plain, kept, kept]
    if depth:
        kinds += [residual, side_by_side, gate, repeat, bridge]
    return draw.choice(kinds)(channels, axes, label, draw, depth)


def plain(channels: int, axes: int, label: str, draw: random.Random, depth: int) -> Piece:
    """One layer that may change the size."""
    out = draw.choice([2, 4, 6, 8])
    kernel, stride, padding = draw.choice([1, 2, 3, 3, 5]), draw.choice([1, 1, 2, 3]), draw.choice([0, 1, 2])
    pool = draw.choice(["maxpool", "avgpool"])
    ceil = draw.choice(["", " ceil_mode=yes"])
    texts = [
        (f"conv {out} k{kernel} s{stride} p{padding}", out),
        (f"conv {channels} k3 p=same d{draw.choice([1, 2])} g{channels}", channels),
        (f"conv {2 * channels} k{kernel} p{padding} padding_mode=circular bias=no", 2 * channels),
        (f"convtranspose {out} k{kernel} s{stride} bias={draw.choice(['yes', 'no'])}", out),
        (f"{pool} {kernel} s{stride} p{min(padding, kernel // 2)}{ceil}", channels),
        (f"{pool} 2", channels),
        (f"upsample {draw.choice([2, 3])}", channels),
        (f"zeropad {draw.choice([1, 2])}", channels),
        (f"slice 2 1 -1 -> adaptiveavgpool {draw.choice([1, 3, 4])}", channels),
    ]
    if axes == 2 and channels % 4 == 0:
        texts.append(("pixelshuffle 2", channels // 4))
    return Piece(*draw.choice(texts))


def kept(channels: int, axes: int, label: str, draw: random.Random, depth: int) -> Piece:
    """One layer that keeps the shape."""
    same = [f"conv {channels} k3 p1", f"conv {channels} k1 bias=no", "maxpool 3 s1 p1"]
    return Piece(draw.choice([draw.choice(ACTIVATIONS), draw.choice(NORMS), draw.choice(same)]), channels)


def chain(channels: int, axes: int, label: str, draw: random.Random, depth: int) -> str:
    """A few layers that keep the shape."""
    pieces = [kept(channels, axes, label, draw, depth).text for _ in range(draw.randrange(1, 4))]
    if depth > 1 and draw.random() < 0.3:
        pieces.append(residual(channels, axes, label, draw, depth - 1).text)
    return " -> ".join(pieces)


def residual(channels: int, axes: int, label: str, draw: random.Random, depth: int) -> Piece:
    merge = draw.choice(["add", "add", "mul", "sub"])
    if draw.random() < 0.4:
        out, stride = draw.choice([4, 8]), draw.choice([1, 2])
        return Piece(f"{merge}(conv {out} k3 s{stride} p1 -> bn, conv {out} k1 s{stride})", out)
    return Piece(f"{merge}({chain(channels, axes, label, draw, depth)}, identity)", channels)


def side_by_side(channels: int, axes: int, label: str, draw: random.Random, depth: int) -> Piece:
    more = draw.choice([2, 4])
    parts = [f"conv {more} k3 p1", chain(channels, axes, label, draw, depth - 1)]
    if draw.random() < 0.5:
        return Piece(f"cat({', '.join([*parts, 'identity'])})", more + 2 * channels)
    return Piece(f"cat({', '.join(parts)}) -> bn", more + channels)


def gate(channels: int, axes: int, label: str, draw: random.Random, depth: int) -> Piece:
    pooled = draw.choice(["gap", f"mean {' '.join(str(axis + 2) for axis in range(axes))} keepdim=yes"])
    return Piece(f"mul({pooled} -> conv 2 k1 -> relu -> conv {channels} k1 -> sigmoid, identity)", channels)


def repeat(channels: int, axes: int, label: str, draw: random.Random, depth: int) -> Piece:
    inner = residual if draw.random() < 0.5 else kept
    body = f"{inner(channels, axes, label, draw, depth - 1).text} -> {chain(channels, axes, label, draw, depth - 1)}"
    if draw.random() < 0.3:
        body = f"2 * ({body}) -> relu"
    return Piece(f"{draw.choice([1, 2, 3])} * ({body})", channels)


def bridge(channels: int, axes: int, label: str, draw: random.Random, depth: int) -> Piece:
    """Down, up again and together with what was there before: sizes have to divide."""
    down = draw.choice(["maxpool 2", f"conv {channels} k3 s2 p1", "avgpool 2"])
    up = draw.choice(["upsample 2", f"convtranspose {channels} k2 s2"])
    middle = chain(channels, axes, label, draw, depth - 1)
    keep = f"{label}: conv {channels} k3 p1"
    if draw.random() < 0.5:
        return Piece(f"{keep} -> {down} -> {middle} -> {up} -> cat({label}, identity)", 2 * channels)
    return Piece(f"{keep} -> {down} -> {middle} -> {up} -> add({label}, identity)", channels)


def token(channels: int, draw: random.Random) -> Piece:
    """Something that sequences have done to them."""
    out = draw.choice([4, 8, 12])
    scores = f"matmul(linear {channels}, linear {channels} -> transpose 1 2) -> softmax -1"
    texts = [
        (f"linear {out}", out),
        (f"linear {out} bias=no -> {draw.choice(ACTIVATIONS)}", out),
        ("layernorm", channels),
        (f"add(layernorm -> linear {2 * channels} -> gelu -> linear {channels}, identity)", channels),
        (f"add(matmul({scores}, linear {channels}), identity)", channels),
        (f"transpose 1 2 -> conv {out} k3 p1 -> transpose 1 2", out),
        (f"cat(linear {out}, identity, dim=-1)", out + channels),
        (f"2 * (layernorm -> linear {channels} -> gelu)", channels),
        (f"linear {2 * channels} -> glu", channels),
        (f"add(lstm {channels} batch_first=yes, identity)", channels),
        (f"gru {out} batch_first=yes", out),
        (f"add(layernorm -> mha {draw.choice([1, 2, 4])}, identity)", channels),
        (f"transformerencoderlayer {draw.choice([1, 2])} {out}", channels),
    ]
    return Piece(*draw.choice(texts))


def head_of(pixels: bool, draw: random.Random) -> str:
    """How a network ends."""
    if not pixels:
        return draw.choice(["mean 1 -> linear 5", "slice 1 0 1 -> squeeze 1 -> linear 3", "linear 7 -> softmax -1"])
    return draw.choice(
        ["gap -> flatten -> linear 5", "flatten -> linear 10", "flatten 2 -> mean 2 -> linear 4 -> softmax"]
    )
