"""Questions about one layer with unknowns, drawn, and their answers by trying every number in torch.

python -m tests.planning.layers --questions 1000 --seed 1
"""

from __future__ import annotations

import argparse
import sys
from itertools import product
from random import Random
from typing import Any, NamedTuple

import torch
from torch import nn

from tests.planning.command import solve

FAMILIES = {1: "Conv MaxPool AvgPool ConvTranspose Upsample", 2: "Conv MaxPool AvgPool ConvTranspose Unfold Upsample"}
FAMILIES[3] = FAMILIES[1]
DRAWN = {
    "kernel_size": (1, 2, 3, 3, 4, 5, 7),
    "stride": (1, 1, 2, 2, 3, 4),
    "padding": (0, 0, 1, 1, 2, 3),
    "dilation": (1, 1, 1, 2, 3),
    "output_padding": (0, 0, 1, 2),
    "groups": (1, 1, 2, 4),
    "out_channels": (4, 8, 12),
    "size": (5, 14, 28),
    "scale_factor": (1, 2, 3),
}
TAKES = {
    "Conv": ("out_channels", "kernel_size", "stride", "padding", "dilation", "groups"),
    "ConvTranspose": ("out_channels", "kernel_size", "stride", "padding", "output_padding", "groups", "dilation"),
    "MaxPool": ("kernel_size", "stride", "padding", "dilation"),
    "AvgPool": ("kernel_size", "stride", "padding"),
    "Unfold": ("kernel_size", "dilation", "padding", "stride"),
    "Upsample": ("size", "scale_factor"),
}
NEEDED = ("out_channels", "kernel_size")
SHORT = {"kernel_size": "k", "stride": "s", "padding": "p", "dilation": "d", "groups": "g"}


class Question(NamedTuple):
    """A layer, and which of its arguments are to be found."""

    name: str
    shape: tuple[int, ...]
    given: dict[str, Any]
    unknown: tuple[str, ...]
    wanted: tuple[int, ...]
    spec: str


def drawn(draw: Random) -> Question:
    """One question. What is wanted is what drawn numbers give in torch, or beside it."""
    while True:
        axes = draw.choice((1, 2, 2, 2, 3))
        family = draw.choice(FAMILIES[axes].split())
        name = family if family in ("Unfold", "Upsample") else f"{family}{axes}d"
        takes = TAKES[family]
        given: dict[str, Any] = {key: draw.choice(DRAWN[key]) for key in takes if key in NEEDED or draw.random() < 0.6}
        if family == "Upsample":
            key = draw.choice(takes)
            given = {key: draw.choice(DRAWN[key])}
        if "Pool" in family and draw.random() < 0.4:
            given["ceil_mode"] = True
        low, high = (2, 7) if family == "ConvTranspose" else (5, 40)
        shape = (draw.choice((4, 8)), *(draw.randint(low, high) for _ in range(axes)))
        wanted = output(name, shape, given)
        numbers = [key for key in given if key not in ("ceil_mode", "out_channels")]
        unknown = tuple(draw.sample(numbers, min(len(numbers), draw.choice((1, 1, 2, 2, 3)))))
        if wanted is None or not unknown or 0 in wanted:  # an empty output is refused: docs/torch-differences.md
            continue
        if draw.random() < 0.15:
            at = draw.randrange(len(wanted))
            wanted = tuple(max(1, n + draw.choice((-1, 1)) * (i == at)) for i, n in enumerate(wanted))
        known = {key: value for key, value in given.items() if key not in unknown}
        spec = f"{'x'.join(map(str, shape))} -> {written(draw, name, given, unknown)}"
        return Question(name, shape, known, unknown, wanted, spec)


def written(draw: Random, name: str, given: dict[str, Any], unknown: tuple[str, ...]) -> str:
    """The layer with ? for what is to be found, in PyTorch's words or the language's own."""
    texts = {key: "?" if key in unknown else str(value) for key, value in given.items()}
    if draw.random() < 0.5:
        lazy = "Lazy" if name.startswith("Conv") else ""
        return f"nn.{lazy}{name}({', '.join(f'{key}={value}' for key, value in texts.items())})"
    parts = []
    for key, value in texts.items():
        if key in SHORT and draw.random() < 0.7:
            parts.append(f"{SHORT[key]}{value}")
        elif key == "out_channels":
            parts.insert(0, value)
        else:
            parts.append(f"{key}={value}")
    return " ".join([name.lower(), *parts])


def output(name: str, shape: tuple[int, ...], arguments: dict[str, Any]) -> tuple[int, ...] | None:
    """What torch gives; None where it refuses."""
    try:
        # What is too much output_padding torch finds out when it runs, and not on shapes alone.
        with torch.no_grad(), torch.device("cpu" if "Transpose" in name else "meta"):
            first = (shape[0],) if name.startswith("Conv") else ()
            layer = getattr(nn, name)(*first, **arguments)
            return tuple(layer(torch.zeros(1, *shape)).shape[1:])
    except (RuntimeError, ValueError):
        return None


def values(words: str) -> list[int]:
    """A range as the command prints it: `1 to 15`, `1, 2, 4 or 8`."""
    found: list[int] = []
    for part in words.replace(" or ", ", ").split(", "):
        first, _, last = part.partition(" to ")
        found += range(int(first), int(last or first) + 1)
    return found


def difference(question: Question) -> str | None:
    """How the command's answer differs from torch's; None where it does not."""
    code, answer = solve(question.spec, "--expect-output", "x".join(map(str, question.wanted)), "--all")
    if code == 2:
        return f"{question.spec}: {answer['diagnostics']}"
    names = [unknown["argument"] for unknown in answer["unknowns"]]
    if sorted(names) != sorted(question.unknown):
        return f"{question.spec}: unknowns {names}"
    ranges = [values(unknown["range"]) for unknown in answer["unknowns"]]
    in_torch = set()
    for numbers in product(*ranges):
        if output(question.name, question.shape, {**question.given, **dict(zip(names, numbers))}) == question.wanted:
            in_torch.add(numbers)
    listed = [tuple(solution["values"].values()) for solution in answer["solutions"]]
    if len(set(listed)) != len(listed) or answer["count"] != len(listed) or not answer["complete"]:
        return f"{question.spec}: {answer['count']} counted, {len(listed)} listed, {len(set(listed))} different"
    if set(listed) != in_torch or (code == 0) != bool(in_torch):
        return f"{question.spec} for {question.wanted}: {sorted(set(listed) ^ in_torch)[:5]} of {names}, exit {code}"
    return None


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--questions", type=int, default=1000)
    parser.add_argument("--first", type=int, default=0, help="the number of the first")
    parser.add_argument("--seed", type=int, default=1)
    given = parser.parse_args()
    torch.set_num_threads(1)
    wrong = 0
    for number in range(given.first, given.first + given.questions):
        draw = Random(f"{given.seed} {number}")
        if found := difference(drawn(draw)):
            wrong += 1
            print(f"{number}: {found}", flush=True)
        if number % 50 == 49:
            print(f"{number + 1 - given.first} questions", file=sys.stderr, flush=True)
    print(f"{given.questions} questions, {wrong} answered differently from torch")
    raise SystemExit(bool(wrong))


if __name__ == "__main__":
    main()
