"""Numbers for the open sizes of a network, drawn among those that it takes."""

from __future__ import annotations

import random
from collections.abc import Iterator

from cnncalc.analysis.trace import Report
from cnncalc.layers.shapes import BATCH_NAME
from cnncalc.symbolic.expr import substitute

SPREAD = 64  # how far above the smallest legal size is drawn at first
ATTEMPTS = 500  # draws until one is legal, from ever wider ranges


def drawn_sizes(report: Report, trials: int, draw: random.Random) -> Iterator[dict[str, int]]:
    """Legal sizes, the smallest first. An open batch is 1 and 2 in turn, or 2 where a `squeeze` would drop it.

    A network without open sizes has one trial, or two where the batch is open. Ends early where no legal sizes
    are found.
    """
    batches = samples(report)
    count = trials if report.symbols else min(trials, len(batches) or 1)
    for trial in range(count):
        sizes: dict[str, int] | None = {}
        if report.symbols:
            smallest = report.smallest_input
            sizes = smallest if trial == 0 and smallest and meets(report, smallest) else legal(report, draw)
        if sizes is None:
            return
        yield {**sizes, BATCH_NAME: batches[trial % len(batches)]} if batches else sizes


def samples(report: Report) -> tuple[int, ...]:
    """The batches at which a network with an open one is what its forms say; none where the batch is not open.

    Forms keep an open batch, and torch drops one of 1 where a `squeeze` names no axes.
    """
    if not report.graph.batched:
        return ()
    drops = any(node.layer.name == "squeeze" and not node.layer.written() for node in report.graph.nodes)
    return (2,) if drops else (1, 2)


def legal(report: Report, draw: random.Random) -> dict[str, int] | None:
    """Sizes that meet every condition; None where none were found."""
    smallest = report.smallest_input or dict.fromkeys(report.symbols, 1)
    choices: dict[str, list[int]] = {}
    for name in report.symbols:
        sets = [c.sizes for c in report.conditions if c.sizes is not None and c.sizes.name == name]
        some = range(smallest[name], smallest[name] + 6 * SPREAD)
        choices[name] = [size for size in some if all(size in found for found in sets)]
    if not all(choices.values()):
        return None
    for attempt in range(ATTEMPTS):
        last = SPREAD * (1 + 5 * attempt // ATTEMPTS)
        sizes = {
            name: draw.choice([size for size in found if size < smallest[name] + last] or found[:1])
            for name, found in choices.items()
        }
        if attempt % 4 == 3:  # conditions between sizes often ask for equal ones
            same = draw.choice(list(sizes.values()))
            sizes = dict.fromkeys(sizes, same)
        if meets(report, sizes):
            return sizes
    return None


def meets(report: Report, sizes: dict[str, int]) -> bool:
    """Do the sizes meet all conditions and needs of the network?"""
    given = {**sizes, BATCH_NAME: 1}
    needs = report.flow.needs
    return all(substitute(c.left, given) == substitute(c.right, given) for c in report.conditions) and all(
        int(substitute(need, given)) >= 0  # type: ignore[arg-type]
        for need in needs
    )
