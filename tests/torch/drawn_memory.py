"""The memory of drawn networks against torch: `python -m tests.torch.drawn_memory --networks 200 --seed 1`.

Networks are drawn as the self-test draws them, and each is compared at four sizes and batches, layer by layer: every
storage from its birth to its death, and what autograd keeps.
"""

from __future__ import annotations

import argparse
import random
import sys

import torch

from cnncalc.diagnostics import UsageError
from cnncalc.torch_bridge.drawing.draw_network import network
from cnncalc.torch_bridge.verifying.memory import MemoryClaims
from cnncalc.torch_bridge.verifying.verify import Verification, verify


def compared(seed: int, number: int, trials: int = 4) -> tuple[str, Verification]:
    """One network, and what came of it."""
    draw = random.Random(f"memory {seed} {number}")
    while True:
        drawn = network(draw)
        try:
            return drawn.spec, verify(drawn.report, trials=trials, seed=seed + number, memory=True)
        except UsageError:  # no sizes are legal
            continue


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.torch.drawn_memory", description=__doc__)
    parser.add_argument("--networks", type=int, default=200)
    parser.add_argument("--seed", type=int, default=0)
    asked = parser.parse_args()
    torch.set_num_threads(1)
    wrong = layers = sizes = in_part = 0
    for number in range(asked.networks):
        spec, found = compared(asked.seed, number)
        layers, sizes = layers + len(found.layers), sizes + len(found.trials)
        in_part += not all(MemoryClaims(found.report).known)
        if found.differences:
            wrong += 1
            print(f"\nDIFFERENCE {number}: {spec}", *found.differences[:3], sep="\n  ", flush=True)
    print(
        f"{asked.networks:,} networks of {layers:,} layers at {sizes:,} sizes, {in_part:,} of them up to a layer that "
        f"is not known: {wrong} differences"
    )
    return bool(wrong)


if __name__ == "__main__":
    sys.exit(main())
