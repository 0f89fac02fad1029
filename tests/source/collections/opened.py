"""Open sizes of whole collections: closed forms against plain runs, at sizes that are drawn.

    python -m tests.source.collections.opened COLLECTION [--only TEXT] [--every N] [--at FIRST:LAST] [--draws N]

Each network with one image is read with H and W, and then at numbers. Where its closed forms and conditions hold, the
plain run has to go the same way and to have the same figures; where they do not, it has to fail or to go another way.
It ends with 1 where a figure is wrong.
"""

from __future__ import annotations

import argparse
import contextlib
import os
import random
import re
import sys
from collections import Counter

from cnncalc.analysis.trace import Report, trace
from cnncalc.diagnostics import CnncalcError
from cnncalc.language.text.limits import Limits
from cnncalc.layers.layer import put_in
from cnncalc.layers.shapes import BATCH_NAME
from cnncalc.source import load, reading, target
from tests.source.collections.lists import COLLECTIONS, Network
from tests.source.figures import figures_of

SECONDS = 60.0
"""How long a network may take with open sizes."""


def read(one: Network, shape: str) -> Report:
    wanted = target.parsed(one.spec)
    assert wanted is not None
    with load.bounded(SECONDS), reading.collected_later():
        return trace(reading.run(wanted, (shape,), target.set_values({}, Limits()), dict(one.kwargs)).graph)


def way(report: Report) -> list[tuple[str, str]]:
    """The layers that run, and where."""
    return [(node.path, node.layer.name) for node in report.graph.nodes]


def alike(opened: Report, plain: Report, sizes: dict[str, int]) -> bool:
    """Have the layers the same arguments at these sizes?"""
    pairs = zip(opened.graph.nodes, plain.graph.nodes)
    return all(put_in(one.layer, sizes) == other.layer for one, other in pairs)


def uncut(report: Report) -> list[tuple[str, str]]:
    """The same without cuts, as one that takes all of an axis is no layer where the axis is a number."""
    return [(path, name) for path, name in way(report) if name != "slice"]


def compared(one: Network, draw: random.Random, draws: int) -> Counter[str]:
    """How often the closed forms are equal, rightly refused, wrong, or refused where they need not be."""
    channels, height, width = one.inputs[0].split("x")
    opened = read(one, f"{channels}xHxW")
    found: Counter[str] = Counter()
    for _ in range(draws):
        sizes = {"H": near(draw, int(height)), "W": near(draw, int(width))}
        try:
            plain: Report | None = read(one, f"{channels}x{sizes['H']}x{sizes['W']}")
        except CnncalcError:
            plain = None
        try:
            here: Report | None = opened.at(**sizes)
        except CnncalcError:
            here = None
        if here is None:
            same = plain is not None and way(plain) == way(opened) and alike(opened, plain, sizes)
            found["refused where it goes the same way" if same else "rightly refused"] += 1
        elif plain is None or uncut(plain) != uncut(opened):
            found["wrong: it goes another way"] += 1
        else:
            at = {BATCH_NAME: 2, **sizes}
            found["equal" if figures_of(opened, at) == figures_of(plain, at) else "wrong: other figures"] += 1
    return found


def near(draw: random.Random, size: int) -> int:
    """A size about another one: a multiple of what networks halve by, or any."""
    step = draw.choice([32, 32, 16, 8, 1])
    return max(step, draw.randrange(size // 2, size + size // 2) // step * step)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("collection", choices=list(COLLECTIONS))
    parser.add_argument("--only", default="", help="names that match this")
    parser.add_argument("--every", type=int, default=1, help="each N-th of them")
    parser.add_argument("--at", default=":", help="from which to which")
    parser.add_argument("--draws", type=int, default=10, help="sizes of each")
    asked = parser.parse_args()
    first, _, last = asked.at.partition(":")
    total: Counter[str] = Counter()
    networks = 0
    with contextlib.ExitStack() as stack:
        stack.enter_context(load.stand_in(os.getcwd()))
        listed = [one for one in COLLECTIONS[asked.collection]() if re.search(asked.only, one.name)]
        if any(one.folder for one in listed):  # whose modules have names that others have too
            stack.close()
        for one in listed[int(first or 0) : int(last or 10**6)][:: asked.every]:
            if len(one.inputs) != 1 or not re.fullmatch(r"\d+x\d+x\d+", one.inputs[0]):
                continue
            with load.stand_in(one.folder) if one.folder else contextlib.nullcontext():
                try:
                    found = compared(one, random.Random(one.name), asked.draws)
                except CnncalcError as error:
                    found = Counter({f"no closed form: {error.diagnostics[0].code}": 1})
            networks += not any(word.startswith("no closed form") for word in found)
            total += found
            said = ", ".join(f"{count} {word}" for word, count in found.items())
            print(f"{one.name}: {said}", file=sys.__stdout__, flush=True)
    print(f"\n{networks} networks with closed forms")
    for word, count in total.most_common():
        print(f"{count:5} {word}")
    return 1 if any(word.startswith("wrong") for word in total) else 0


if __name__ == "__main__":
    sys.exit(main())
