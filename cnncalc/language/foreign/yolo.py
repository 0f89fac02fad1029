"""Rows of ultralytics' YAML: `[-1, 1, Conv, [64, 3, 2]]`."""

from __future__ import annotations

import math
import re
from typing import Any

from cnncalc.language.foreign.network import Network, Unclear
from cnncalc.language.foreign.tries import Tries

_ROW = re.compile(
    r"\[\s*(?P<reads>-?\d+|\[[-\d,\s]+\])\s*,\s*(?P<times>\d+)\s*,\s*(?P<name>['\"]?[\w.]+['\"]?)\s*,\s*"
    r"\[(?P<values>[^\[\]]*(?:\[[^\[\]]*\])*[^\[\]]*)\]\s*\]\s*,?"
)
HEADS = ("Detect", "Segment", "Pose", "OBB", "v10Detect", "IDetect", "WorldDetect")


def network_of(text: str, tries: Tries) -> Network | None:
    """The network of rows, up to a head of detection; None where there are none. Raises Unclear."""
    said = re.sub(r"#.*", "", text)
    rows = list(_ROW.finditer(said))
    if not rows:
        return None
    if re.search(r"\[\s*(?:-?\d+|\[[-\d,\s]+\])\s*,\s*\d+\s*,\s*['\"]?[A-Za-z]", _ROW.sub("", said)):
        raise Unclear  # a row that is written otherwise
    scale = scales(text)
    net = Network()
    gives: list[str] = []
    widths: list[int] = []
    channels = re.search(r"(?m)^ch\s*:\s*(\d+)", text)
    own = re.search(r"(?m)^(?:input|input_shape|imgsz)\s*:\s*(\d+(?:x\d+){2})\s*$", text)
    if own:
        net.start("input", tuple(own[1].split("x")))
    elif channels and not tries.given:
        net.start("input", (int(channels[1]), 640, 640))
        net.note(f"{channels[1]}x640x640 stands for the shape of your input")
    for row in rows:
        name = row["name"].strip("'\"")
        if name in HEADS:
            net.note(f"what comes in front of {name} is read, and {name} itself is not")
            break
        at = [int(number) for number in re.findall(r"-?\d+", row["reads"])]
        reads = [index if index >= 0 else len(gives) + index for index in at]
        if any(index >= len(gives) or index < -1 for index in reads):
            raise Unclear
        values = [value_of(value) for value in re.findall(r"\[[^\[\]]*\]|[^,\s][^,]*", row["values"])]
        values = [scale.classes if value == "nc" and scale.says_classes else value for value in values]
        into = [widths[index] for index in reads if index >= 0]
        layers, width = block(name.removeprefix("nn."), int(row["times"]), values, into, scale, len(gives))
        named = tuple(gives[index] for index in reads if index >= 0)
        running = gives[-1:] == list(named)
        net.add(layers, () if running else named, f"x{len(gives)}")
        gives.append(f"x{len(gives)}")
        widths.append(width)
    return net


def value_of(text: str) -> Any:
    text = text.strip().strip("'\"")
    if re.fullmatch(r"-?\d+", text):
        return int(text)
    return {"None": None, "True": True, "False": False, "true": True, "false": False}.get(text, text)


class Scale:
    """How a file scales its widths and repeats."""

    def __init__(self, depth: float, width: float, most: int, classes: int | None) -> None:
        self.depth, self.width, self.most = depth, width, most
        self.classes, self.says_classes = 80 if classes is None else classes, classes is not None

    def out(self, channels: Any) -> int:
        if type(channels) is not int:
            raise Unclear
        return channels if channels == self.classes else math.ceil(min(channels, self.most) * self.width / 8) * 8

    def times(self, n: int) -> int:
        return max(round(n * self.depth), 1) if n > 1 else n


def scales(text: str) -> Scale:
    """The factors of a file: its own, or those of the first of its named scales."""
    classes = re.search(r"(?m)^nc\s*:\s*(\d+)", text)
    count = int(classes[1]) if classes else None
    if named := re.search(r"(?m)^scales\s*:.*\n(?:\s*#.*\n)*\s+\w+\s*:\s*\[([\d.]+),\s*([\d.]+)(?:,\s*(\d+))?\]", text):
        return Scale(float(named[1]), float(named[2]), int(named[3] or 1 << 30), count)
    depth = re.search(r"(?m)^depth_multiple\s*:\s*([\d.]+)", text)
    width = re.search(r"(?m)^width_multiple\s*:\s*([\d.]+)", text)
    return Scale(float(depth[1]) if depth else 1, float(width[1]) if width else 1, 1 << 30, count)


def conv(out: int, kernel: int = 1, stride: int = 1, pad: Any = None, groups: int = 1) -> list[str]:
    """Ultralytics' Conv: without bias, a norm and SiLU after it."""
    pad = kernel // 2 if pad is None else pad
    layer = f"conv {out} k{kernel}{f' s{stride}' if stride != 1 else ''}{f' p{pad}' if pad else ''}"
    return [f"{layer}{f' g={groups}' if groups != 1 else ''} bias=no", "bn", "silu"]


def chain(layers: list[str]) -> str:
    return " -> ".join(layers)


def bottleneck(into: int, out: int, shortcut: bool, first: int, hidden: int) -> str:
    inner = chain([*conv(hidden, first), *conv(out, 3)])
    return f"add({inner}, identity)" if shortcut and into == out else f"({inner})"


def block(name: str, n: int, values: list[Any], into: list[int], scale: Scale, place: int) -> tuple[list[str], int]:
    """A module as layers, and how many channels it gives. Raises Unclear."""
    came = into[0] if into else 0
    if name in ("Conv", "DWConv", "C3", "SPPF", "SPP", "Bottleneck", "Focus", "C2f"):
        out = scale.out(values[0])
        rest = values[1:]
        if name == "Conv" and all(type(value) in (int, type(None)) for value in rest) and len(rest) <= 4:
            made = conv(out, *rest)
        elif name == "DWConv" and came:
            kernel, stride = (*rest, 1, 1)[:2] if len(rest) < 2 else rest[:2]
            made = conv(out, kernel, stride, groups=math.gcd(came, out))
        elif name == "C3":
            hidden, shortcut = out // 2, rest[0] if rest else True
            inner = bottleneck(hidden, hidden, bool(shortcut), 1, hidden)
            first = f"{chain(conv(hidden))} -> {scale.times(n)} * {inner}"
            return [f"cat({first}, {chain(conv(hidden))})", *conv(out)], out
        elif name == "C2f":
            hidden, shortcut = out // 2, bool(rest[0]) if rest else False
            tag, times = f"c{place}", scale.times(n)
            made = [*conv(2 * hidden)[:2], f"{tag}: silu"]
            names = [tag]
            inner = bottleneck(hidden, hidden, shortcut, 3, hidden)
            for at in range(times):
                names.append(f"{tag}_{at}")
                made.append(f"{names[-1]}: ({f'narrow 1 {hidden} {hidden} -> ' if at == 0 else ''}{inner})")
            return [*made, f"cat({', '.join(names)})", *conv(out)], out
        elif name == "SPPF" and came:
            pool = f"maxpool {rest[0] if rest else 5} s1 p{(rest[0] if rest else 5) // 2}"
            pools = [chain([pool] * count) for count in (1, 2, 3)]
            made = [*conv(came // 2), f"cat(identity, {', '.join(pools)})", *conv(out)]
        elif name == "Bottleneck" and came:
            made = [bottleneck(came, out, bool(rest[0]) if rest else True, 1, out // 2)]
        else:
            raise Unclear
        times = scale.times(n)
        return (made, out) if times == 1 else ([f"{times} * {made[0] if len(made) == 1 else f'({chain(made)})'}"], out)
    if name == "Upsample" and values[1:2] and type(values[1]) is int:
        return [f"upsample {values[1]}"], came
    if name == "Concat":
        return ["cat"], sum(into)
    if name == "MaxPool2d":
        return [f"MaxPool2d({', '.join(str(value) for value in values)})"], came
    if name == "Conv2d" and type(values[0]) is int:
        return [f"conv2d({', '.join(str(value) for value in values)})"], values[0]
    if name in ("ReLU", "SiLU", "BatchNorm2d", "Flatten", "GELU") and not [v for v in values if type(v) is int]:
        return [{"ReLU": "relu", "SiLU": "silu", "BatchNorm2d": "bn", "Flatten": "flatten", "GELU": "gelu"}[name]], came
    if name in ("Classify", "Linear") and type(values[0]) is int:
        if name == "Linear":
            return [f"linear {values[0]}"], values[0]
        return [*conv(1280), "gap", "flatten", "dropout 0", f"linear {values[0]}"], values[0]
    raise Unclear
