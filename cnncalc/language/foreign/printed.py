"""The printed form of a module whose layers run in the order in which they are printed."""

from __future__ import annotations

import re

from cnncalc.language.foreign.network import Network, Unclear
from cnncalc.language.foreign.tries import Tries
from cnncalc.language.text.synonyms import find

_CHILD = re.compile(r"^\s*\((?P<name>[\w.-]+)\):\s*(?:(?P<times>\d+) x )?(?P<kind>[\w.]+)\((?P<inside>.*)$")
_OF_MAPS = re.compile(r"(Lazy)?Conv|(Adaptive|Fractional)?(Max|Avg|LP)Pool|BatchNorm[23]d|Upsample|PixelShuffle")
CONTAINERS = ("Sequential",)
ORDER = (
    "layers are in the order in which they are printed; a forward may run others, which `{run}` reads from its source"
)


def network_of(text: str, tries: Tries) -> Network | None:
    """The layers of a printed module; None where the text is none. Raises Unclear for blocks of their own."""
    lines = text.strip().splitlines()
    root = re.fullmatch(r"\s*(?:\w+\s*=\s*)?([\w.]+)\(\s*", lines[0])
    if root is None or len(lines) < 3 or not _CHILD.match(lines[1]):
        return None
    stack: list[tuple[list[str], int]] = [([], 1)]
    of_map = False  # is what arrives a map?
    for line in lines[1:]:
        child = _CHILD.match(line)
        if child is None:
            for _ in range(line.count(")") if re.fullmatch(r"[\s)]*", line) else 99):
                inner, times = stack.pop()
                if not stack:
                    break
                stack[-1][0].extend(inner if times == 1 or not inner else [f"{times} * ({' -> '.join(inner)})"])
            if not stack and line is not lines[-1]:
                raise Unclear
            layers = inner
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
    net = Network()
    net.add(layers)
    if root[1].rpartition(".")[2] not in CONTAINERS:
        net.note(ORDER.format(run=f"cnncalc net.py:{root[1]} -i {(tries.inputs or ['3x224x224'])[0]}"))
    return net
