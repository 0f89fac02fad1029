"""Chains and small graphs with an open size, drawn, and the sizes that fit by running torch at every one.

python -m tests.planning.chains --chains 200 --seed 1
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable
from random import Random
from typing import Any, NamedTuple

import torch
from torch import nn

from tests.planning.command import solve

MOST = 400  # sizes at which torch runs


class Step(NamedTuple):
    """A layer in the language's words, and in torch."""

    text: str
    run: Callable[[Any], Any]


def step(draw: Random, axes: int, channels: int) -> Step:
    """One layer that keeps the channels."""
    k, s, p, d = draw.randint(1, 5), draw.choice((1, 1, 2, 2, 3)), draw.randint(0, 2), draw.choice((1, 1, 1, 2))
    kind = draw.choice(("conv", "conv", "maxpool", "maxpool", "avgpool", "convt", "upsample", "zeropad"))
    if kind == "conv":
        layer = getattr(nn, f"Conv{axes}d")(channels, channels, k, s, p, d)
        return Step(f"conv {channels} k{k} s{s} p{p} d{d}", layer)
    if kind == "convt":
        layer = getattr(nn, f"ConvTranspose{axes}d")(channels, channels, k, s, p)
        return Step(f"convt {channels} k{k} s{s} p{p}", layer)
    if kind == "maxpool":
        ceil, p = draw.random() < 0.4, min(p, k // 2)
        layer = getattr(nn, f"MaxPool{axes}d")(k, s, p, ceil_mode=ceil)
        return Step(f"maxpool {k} s{s} p{p}{' ceil_mode=yes' if ceil else ''}", layer)
    if kind == "avgpool":
        ceil, p = draw.random() < 0.4, min(p, k // 2)
        layer = getattr(nn, f"AvgPool{axes}d")(k, s, p, ceil_mode=ceil)
        return Step(f"avgpool {k} s{s} p{p}{' ceil_mode=yes' if ceil else ''}", layer)
    if kind == "upsample":
        return Step(f"upsample {s}", nn.Upsample(scale_factor=s))
    return Step(f"zeropad {p}", getattr(nn, f"ZeroPad{axes}d")(p))


class Drawn(NamedTuple):
    """A spec with one open size, and what it is in torch."""

    spec: str
    axes: int
    channels: int
    run: Callable[[Any], Any]


def drawn(draw: Random) -> Drawn:
    """A chain of one to four layers; or two that are added, or put beside each other."""
    axes, channels = draw.choice((1, 2, 2)), 2
    with torch.device("meta"):
        steps = [step(draw, axes, channels) for _ in range(draw.randint(1, 4))]
        more = [step(draw, axes, channels) for _ in range(draw.randint(1, 2))]
    size = "H" if axes == 1 else "HxH"
    text = " -> ".join(each.text for each in steps)
    chain = nn.Sequential(*(each.run for each in steps))
    if draw.random() < 0.65:
        return Drawn(f"{channels}x{size} -> {text}", axes, channels, chain)
    merge = draw.choice(("add", "cat"))
    other = nn.Sequential(*(each.run for each in more))
    beside = " -> ".join(each.text for each in more)

    def run(x: Any) -> Any:
        a, b = chain(x), other(x)
        if merge == "cat":
            return torch.cat((a, b), 1)
        if a.shape != b.shape:
            raise RuntimeError("add would broadcast")
        return a + b

    return Drawn(f"{channels}x{size} -> {merge}({text}, {beside})", axes, channels, run)


def outputs(one: Drawn) -> dict[int, tuple[int, ...]]:
    """What torch gives at every size that it takes."""
    found = {}
    with torch.no_grad():
        for n in range(1, MOST + 1):
            try:
                x = torch.zeros(1, one.channels, *[n] * one.axes, device="meta")
                found[n] = tuple(one.run(x).shape[1:])
            except (RuntimeError, ValueError):
                continue
    return found


def difference(draw: Random) -> str | None:
    """How the solved sizes of a drawn chain differ from torch's; None where they do not."""
    one = drawn(draw)
    by_size = outputs(one)
    if not by_size:
        return None
    shape = draw.choice(list(by_size.values()))
    wanted, holds = "x".join(map(str, shape)), lambda found: found == shape
    bound = draw.choice(("", "", "<= ", ">= "))
    if bound:
        holds = {"<= ": lambda found: found <= shape, ">= ": lambda found: found >= shape}[bound]
    in_torch = {n for n, found in by_size.items() if holds(found)}
    code, answer = solve(one.spec, "--expect", f"output={bound}{wanted}")
    if code == 2 or "solutions" not in answer:
        return None if not in_torch and code == 1 else f"{one.spec} {bound}{wanted}: {answer['diagnostics']}"
    got: set[int] = set()
    for solution in answer["solutions"]:
        for part in solution["sizes"]["H"]["parts"]:
            last = min(part["to"] or MOST, MOST)
            got |= {n for n in range(part["from"], last + 1) if n % part["period"] in part["residues"]}
    if got != in_torch or (code == 0) < bool(in_torch):
        return f"{one.spec} {bound}{wanted}: {sorted(got ^ in_torch)[:6]}, {len(in_torch)} in torch"
    return None


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--chains", type=int, default=200)
    parser.add_argument("--first", type=int, default=0, help="the number of the first")
    parser.add_argument("--seed", type=int, default=1)
    given = parser.parse_args()
    torch.set_num_threads(1)
    wrong = 0
    for number in range(given.first, given.first + given.chains):
        draw = Random(f"{given.seed} {number}")
        if found := difference(draw):
            wrong += 1
            print(f"{number}: {found}", flush=True)
        if number % 50 == 49:
            print(f"{number + 1 - given.first} chains", file=sys.stderr, flush=True)
    print(f"{given.chains} chains, {wrong} solved differently from torch")
    raise SystemExit(bool(wrong))


if __name__ == "__main__":
    main()
