"""The printed form of a module whose layers run in the order in which they are printed."""

from __future__ import annotations

import re

from cnncalc.language.foreign.network import Network, Unclear
from cnncalc.language.foreign.rows import LIKELY_INPUTS
from cnncalc.language.foreign.shapes import first_input
from cnncalc.language.foreign.tries import Tries
from cnncalc.language.text.synonyms import find

_CHILD = re.compile(r"^\s*\((?P<name>[\w.-]+)\):\s*(?:(?P<times>\d+) x )?(?P<kind>[\w.]+)\((?P<inside>.*)$")
_POOL = re.compile(r"(?:torch\.)?(?:nn\.)?(?:Max|Avg)Pool\dd\(")
_CONV = re.compile(r"(?:torch\.)?(?:nn\.)?Conv\dd\(")
_LINEAR = re.compile(r"(?:torch\.)?(?:nn\.)?Linear\(")
_OF_MAPS = re.compile(r"(Lazy)?Conv|(Adaptive|Fractional)?(Max|Avg|LP)Pool|BatchNorm[23]d|Upsample|PixelShuffle")
CONTAINERS = ("Sequential",)
ORDER = "layers are in the order in which they are {how}; a forward may run others, which `{run}` reads from its source"
POOLED = "the pool runs after each convolution here, as the features of the first linear are those that then arrive"


def network_of(text: str, tries: Tries) -> Network | None:
    """The layers of a printed module; None where the text is none. Raises Unclear for blocks of their own."""
    lines = text.strip().splitlines()
    root = re.fullmatch(r"\s*(?:\w+\s*=\s*)?([\w.]+)\(\s*", lines[0])
    if root is None or len(lines) < 3 or not _CHILD.match(lines[1]):
        return None
    stack: list[tuple[list[str], int]] = [([], 1)]
    layers = stack[0][0]
    of_map = False  # is what arrives a map?
    for line in lines[1:]:
        child = _CHILD.match(line)
        if child is None:
            for _ in range(line.count(")") if re.fullmatch(r"[\s)]*", line) else 99):
                layers, times = stack.pop()
                if not stack:
                    break
                stack[-1][0].extend(layers if times == 1 or not layers else [f"{times} * ({' -> '.join(layers)})"])
            if not stack and line is not lines[-1]:
                raise Unclear
            continue
        inside = child["inside"].rstrip()
        kind, times = child["kind"], int(child["times"] or 1)
        if not inside:
            if kind not in CONTAINERS:
                raise Unclear  # a block whose forward is not known
            stack.append(([], times))
            continue
        if not inside.endswith(")") or (found := find(kind)) is None or not found.torch_style:
            raise Unclear
        layers = stack[-1][0]
        layer = f"{kind}({inside[:-1]})" if times == 1 else f"{times} * {kind}({inside[:-1]})"
        layers += ["flatten", layer] if kind == "Linear" and of_map else [layer]
        of_map = bool(_OF_MAPS.match(kind)) or (of_map and kind not in ("Flatten", "Linear"))
    own = root[1].rpartition(".")[2] not in CONTAINERS
    net = in_order(layers, tries, flat=False) if own else Network()
    if own:
        run = f"cnncalc net.py:{root[1]} -i {(tries.inputs or ['3x224x224'])[0]}"
        net.note(ORDER.format(how="printed", run=run))
    else:
        net.add(layers)
    return net


def in_order(layers: list[str], tries: Tries, flat: bool = True) -> Network:
    """Layers that run as they are listed; the one pool after each convolution where only then the linears fit.

    `flat`: what comes in front of a linear is flattened. Where nothing says what comes in, it is the usual size at
    which they fit. Raises Unclear where it flattens and they fit at none.
    """
    plainly = flattened(layers) if flat else layers
    net = Network()
    pools = [layer for layer in layers if _POOL.match(layer)]
    convs = [layer for layer in layers if _CONV.match(layer)]
    one_pool = len(pools) == 1 and len(convs) > 1
    if not any(_LINEAR.match(layer) for layer in layers) or not (one_pool or (flat and convs)):
        net.add(plainly)
        return net
    pooled: list[str] = []
    for layer in layers if one_pool else []:
        if layer not in (pools[0], "flatten"):
            pooled += [layer, pools[0]] if _CONV.match(layer) else [layer]
    pooled = flattened(pooled)
    open_shape = "" if tries.given else tries.shape or first_input(layers[0])
    channels, *sides = open_shape.split("x")
    usual = ["x".join([channels, *[str(size)] * len(sides)]) for size in LIKELY_INPUTS]
    for shape in usual if sides and not sides[0].isdecimal() else [open_shape]:
        for made in (plainly, pooled) if one_pool else (plainly,):
            if tries.runs(" -> ".join([shape, *made] if shape else made)):
                if shape and not tries.shape:
                    net.start("input", tuple(shape.split("x")))
                    net.note(f"{shape} stands for the shape of your input, at which the linears fit")
                net.add(made)
                if made is pooled:
                    net.note(POOLED)
                return net
    if flat:
        raise Unclear  # a forward does more than run what is listed
    net.add(plainly)
    return net


def flattened(layers: list[str]) -> list[str]:
    """The layers with a flatten between a map and a linear."""
    made: list[str] = []
    of_map = True
    for layer in layers:
        name = re.match(r"(?:torch\.)?(?:nn\.)?(\w*)", layer)
        kind = name[1] if name else ""
        if kind == "Linear" and of_map and made:
            made.append("flatten")
        made.append(layer)
        if kind in ("Flatten", "Linear") or (kind == "Sequential" and re.search(r"\b(Linear|Flatten)\(", layer)):
            of_map = False
    return made
