"""Lists of widths with a letter for a pool, as torchvision writes VGG: `[64, 64, 'M', 128, 128, 'M']`."""

from __future__ import annotations

import re

from cnncalc.language.foreign.network import Network, Unclear
from cnncalc.language.foreign.tries import Tries

_LIST = re.compile(r"""\s*(?:\w+\s*[:=]\s*)?[\[(]\s*((?:(?:\d+|['"]?[MA]['"]?)\s*,?\s*)+)[\])]\s*,?\s*""")
POOLS = {"M": "maxpool 2", "A": "avgpool 2"}


def network_of(text: str, tries: Tries) -> Network | None:
    """The network of such a list; None where the text is none. Raises Unclear."""
    match = _LIST.fullmatch(text)
    items = re.findall(r"\d+|[MA]", match[1]) if match else []
    if not items or not POOLS.keys() & set(items) or not any(item.isdecimal() for item in items):
        return None
    if len(items) > 100:
        raise Unclear
    net = Network()
    for item in items:
        net.add([POOLS[item]] if item in POOLS else [f"conv {item} k3 p1", "relu"])
    net.note("a number of such a list is a 3x3 convolution with padding 1 and a ReLU, as in torchvision's VGG")
    net.note("with batch norm, bn comes after each conv")
    return net
