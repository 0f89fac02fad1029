"""One layer as names with their numbers alone: `kernel_size=3, in_channels=64, out_channels=128, H=W=56`."""

from __future__ import annotations

import re

from cnncalc.language.foreign.call import BIAS, DILATION, GROUPS, IN, KERNEL, OUT, PADDING, STRIDE, Foreign
from cnncalc.language.foreign.layers import layers_of
from cnncalc.language.foreign.network import Network, Unclear
from cnncalc.language.foreign.tries import Tries

_PAIR = re.compile(r"(?P<names>[A-Za-z]\w*(?:\s*[=:]\s*[A-Za-z]\w*)*)\s*[=:]\s*(?P<value>\d+|\(\d+,\s*\d+\)|\w+)")
AXES = {"h": 0, "height": 0, "input_height": 0, "w": 1, "width": 1, "input_width": 1}
SIDES = ("input_size", "image_size", "size", "resolution", "input", "hw", "side")
ALSO = {"n_out": "out_channels", "f": "kernel_size", "kernel_width": "kernel_size", "output_channel": "out_channels",
        "input_channel": "in_channels", "c_in": "in_channels", "c_out": "out_channels", "filter": "kernel_size",
        "cin": "in_channels", "cout": "out_channels", "n_in": "in_channels"}  # fmt: skip


def network_of(text: str, tries: Tries) -> Network | None:
    """The convolution or linear of such a list; None where the text is none. Raises Unclear."""
    kept, dims, length = text.strip().rstrip("?.; "), None, None
    text = re.sub(r"(?i)^\s*(?:conv\w*|layer|linear)\s*[:,]\s*|^\s*conv\w*\s+(?=\w+\s*=)", "", text.strip()).rstrip(
        "?.; "
    )
    if named := re.fullmatch(r"(?i)(conv[123]d|conv|linear)\s+(\w+\s*=.*)", kept):
        dims = re.search(r"\d", named[1])
        length = re.search(r"(?i)\s+(?:on|for)\s+length\s+(\d+)$", named[2])
        row = named[2][: length.start()] if length else named[2]
        text = re.sub(r"\s+(?=\w+\s*=)", ", ", row)
    parts = [part.strip() for part in re.split(r"[,;\n]\s*(?![^()]*\))", text) if part.strip()]
    pairs = [_PAIR.fullmatch(part) for part in parts]
    if len(pairs) < 2 or not all(pairs):
        return None
    keys: dict[str, object] = {}
    sides = ["H", "W"]
    for pair in filter(None, pairs):
        value = pair["value"]
        for name in re.split(r"\s*[=:]\s*", pair["names"]):
            low = name.lower()
            if low in AXES and value.isdecimal():
                sides[AXES[low]] = value
            elif low in SIDES and value.isdecimal():
                sides = [value, value]
            elif value.isdecimal():
                keys[ALSO.get(low, low)] = int(value)
            elif value.startswith("("):
                keys[ALSO.get(low, low)] = [int(number) for number in re.findall(r"\d+", value)]
            else:
                keys[ALSO.get(low, low)] = {"true": True, "false": False, "none": None}.get(value.lower(), value)
    into = next((keys[name] for name in IN if name in keys), None)
    conv = any(name in keys for name in KERNEL) and any(name in keys for name in OUT)
    linear = keys.keys() <= {"in_features", "out_features", "bias"} and {"in_features", "out_features"} <= keys.keys()
    if not (conv or linear) or type(into) is not int:
        return None
    if conv and keys.keys() - {*KERNEL, *OUT, *IN, *STRIDE, *PADDING, *DILATION, *GROUPS, *BIAS}:
        raise Unclear
    net = Network()
    if not tries.given and not tries.shape:
        axes = [length[1] if length else "L"] if dims and dims[0] == "1" else sides
        net.start("input", (into, *axes) if conv else (into,))
    made = layers_of(net, Foreign(f"conv{dims[0]}d" if conv and dims else "conv" if conv else "linear", [], keys))
    net.add([re.sub(r" in_(?:channels|features)=\d+", "", layer) for layer in made])
    return net
