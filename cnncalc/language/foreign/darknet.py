"""A network of Darknet, in its cfg."""

from __future__ import annotations

import re
from typing import Any

from cnncalc.language.foreign.call import Foreign
from cnncalc.language.foreign.layers import layers_of
from cnncalc.language.foreign.network import Network, Unclear
from cnncalc.language.foreign.tries import Tries


def network_of(text: str, tries: Tries) -> Network | None:
    """The network of a Darknet cfg, up to its detection layers; None where the text is none."""
    if not re.search(r"^\s*\[(net|network|convolutional|connected|maxpool)\]", text, re.M):
        return None
    net = Network()
    sections: list[tuple[str, dict[str, Any]]] = []
    for line in text.splitlines():
        line = line.split("#")[0].strip()
        if match := re.fullmatch(r"\[(\w+)\]", line):
            sections.append((match[1].lower(), {}))
        elif (match := re.fullmatch(r"([\w-]+)\s*=\s*(.*)", line)) and sections:
            value = match[2].strip()
            sections[-1][1][match[1]] = int(value) if re.fullmatch(r"-?\d+", value) else value
        elif line:
            raise Unclear
    first: list[str] = []  # for each section, what it gives
    for kind, keys in sections:
        if kind in ("net", "network"):
            if all(isinstance(keys.get(k), int) for k in ("channels", "height", "width")):
                net.start("data", (keys["channels"], keys["height"], keys["width"]))
            continue
        if kind in ("yolo", "region", "cost", "detection"):
            if kind == "yolo" and any(other == "route" for other, _ in sections[len(first) :]):
                first.append("")
                raise Unclear  # several outputs
            continue
        gives = f"l{len(first)}"
        made, reads = darknet_layer(net, kind, keys, first)
        net.add(made, reads, gives)
        first.append(gives)
    return net


def darknet_layer(net: Network, kind: str, keys: dict[str, Any], first: list[str]) -> tuple[list[str], tuple[str, ...]]:
    def at(index: Any) -> str:
        place = int(index)
        return first[place if place >= 0 else len(first) + place]

    act = keys.get("activation", "linear")
    if kind == "convolutional":
        size, norm = keys.get("size", 1), keys.get("batch_normalize", 0)
        if not isinstance(size, int):
            raise Unclear
        pad = size // 2 if keys.get("pad") else keys.get("padding", 0)
        given = {
            "filters": keys.get("filters", 1),
            "kernel_size": size,
            "stride": keys.get("stride", 1),
            "padding": pad,
            "groups": keys.get("groups", 1),
            "bias": not norm,
            "batch_norm": bool(norm),
            "activation": act,
        }
        return layers_of(net, Foreign("conv", [], given, "darknet")), ()
    if kind == "maxpool":
        size = keys.get("size", 2)
        stride = keys.get("stride", size)
        if not isinstance(size, int) or not isinstance(stride, int):
            raise Unclear
        if size % 2:
            return [f"maxpool {size} s{stride} p{size // 2}"], ()
        if (size, stride) == (2, 2):
            return ["maxpool 2 ceil_mode=yes"], ()
        if (size, stride) == (2, 1):
            return ["zeropad (0, 1, 0, 1)", "maxpool 2 s1"], ()
        raise Unclear
    if kind == "avgpool":
        return ["gap"], ()
    if kind == "upsample":
        return [f"upsample {keys.get('stride', 2)}"], ()
    if kind == "shortcut":
        others = [at(i) for i in str(keys["from"]).split(",")]
        after = layers_of(net, Foreign("activation", [act], {}, "darknet"))
        return ["add", *after], (first[-1], *others)
    if kind == "route":
        named = [at(i) for i in str(keys["layers"]).split(",")]
        if "groups" in keys:
            raise Unclear
        return (["cat"], tuple(named)) if len(named) > 1 else (["identity"], tuple(named))
    if kind == "connected":
        made = layers_of(net, Foreign("dense", [], {"output": keys.get("output"), "activation": act}, "darknet"))
        return made, ()
    if kind == "dropout":
        return [f"dropout {keys.get('probability', '0.5')}"], ()
    if kind == "softmax":
        return ["softmax 1"], ()
    raise Unclear
