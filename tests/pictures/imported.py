"""Imported networks drawn, and their pictures read back: no box on another, no text out of its box.

PYTHONPATH=tests/beside python -m tests.pictures.imported --collection torchvision --networks 40
"""

from __future__ import annotations

import argparse
import os
import sys
import time
from random import Random

from cnncalc.analysis.trace import trace
from cnncalc.diagnostics import CnncalcError
from cnncalc.pictures import draw
from cnncalc.pictures.look import Look
from cnncalc.source import load, reading, target
from tests.pictures.geometry import faults
from tests.source.collections.lists import COLLECTIONS, Network


def drawn(one: Network) -> tuple[int, float, list[str]]:
    """The layers of a network, the seconds of its slowest picture, and what is wrong with any. Raises CnncalcError."""
    wanted = target.parsed(one.spec)
    assert wanted is not None
    with load.bounded(600), reading.collected_later():
        report = trace(reading.run(wanted, one.inputs, {}, dict(one.kwargs)).graph)
    slowest, found = 0.0, []
    for look in (Look(), Look(depth=99, fold=False)):
        start = time.process_time()
        svg = draw(report, "graph", look).svg
        slowest = max(slowest, time.process_time() - start)
        found += [f"depth {look.depth}: {fault}" for fault in faults(svg)[:3]]
    return len(report.layers), slowest, found


def main() -> int:
    """Draw, and say what was found."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--collection", default="torchvision", choices=sorted(COLLECTIONS))
    parser.add_argument("--networks", type=int, default=40)
    parser.add_argument("--seed", type=int, default=1)
    asked = parser.parse_args()
    count = wrong = 0
    with load.stand_in(os.getcwd()):
        names = list(COLLECTIONS[asked.collection]())
        for one in Random(asked.seed).sample(names, len(names)):
            if count == asked.networks:
                break
            try:
                layers, slowest, found = drawn(one)
            except CnncalcError as error:
                print(f"{one.name}: not read: {error.diagnostics[0].message[:100]}", flush=True)
                continue
            count += 1
            wrong += bool(found)
            print("\n  ".join([f"{one.name}: {layers} layers, {slowest:.2f} s", *found]), flush=True)
    print(f"{count} networks drawn, {wrong} with faults")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
