"""The layers that are functions of torch and no classes, drawn and held against torch."""

from __future__ import annotations

import os
import random
from collections.abc import Callable
from typing import Any

import pytest
import torch
from torch.utils.flop_counter import FlopCounterMode

import cnncalc

TRIALS = int(os.environ.get("CNNCALC_TRIALS", "4000")) // 20
Shape = tuple[int, ...]


def shape(draw: random.Random, most: int = 4) -> Shape:
    return (2, *(draw.choice([1, 2, 3, 4, 6, 8]) for _ in range(draw.randrange(1, most))))


def near(draw: random.Random, like: Shape) -> Shape:
    """The shape again, or one that broadcasts or does not."""
    changed = [draw.choice([size, size, size, 1, 3]) for size in like[1:]]
    return (2, *changed[: len(changed) - (draw.random() < 0.1)])


def axis(draw: random.Random, x: Shape) -> int:
    return draw.randrange(-len(x), len(x)) if draw.random() < 0.9 else draw.choice([-6, 5])


# name -> the written arguments, and torch's function on tensors.
Drawn = tuple[str, Callable[..., Any]]


def reshape(draw: random.Random, x: Shape) -> Drawn:
    sizes = [draw.choice([x[-1], x[1], 1, 2, 4, -1]) for _ in range(draw.randrange(1, 4))]
    return " ".join(["N", *map(str, sizes)]), lambda t: t.reshape(2, *sizes)


def permute(draw: random.Random, x: Shape) -> Drawn:
    dims = draw.sample(range(len(x)), len(x))
    if draw.random() < 0.1:
        dims[-1] = dims[0]
    return " ".join(map(str, dims)), lambda t: t.permute(dims)


def transpose(draw: random.Random, x: Shape) -> Drawn:
    a, b = axis(draw, x), axis(draw, x)
    return f"{a} {b}", lambda t: t.transpose(a, b)


def squeeze(draw: random.Random, x: Shape) -> Drawn:
    a = draw.sample(range(len(x)), draw.randrange(1, 3)) if len(x) > 1 else [0]
    return " ".join(map(str, a)), lambda t: t.squeeze(tuple(a))


def unsqueeze(draw: random.Random, x: Shape) -> Drawn:
    a = axis(draw, (*x, 1))
    return f"{a}", lambda t: t.unsqueeze(a)


def slice_(draw: random.Random, x: Shape) -> Drawn:
    a = draw.randrange(len(x))
    start, stop, step = draw.choice([0, 1, -2, None]), draw.choice([2, 3, -1, None]), draw.choice([1, 2])

    def run(t: Any) -> Any:
        index: list[Any] = [slice(None)] * t.dim()
        index[a] = slice(start, stop, step)
        return t[tuple(index)]

    return f"{a} {start} {stop} {step}", run


def chunk(draw: random.Random, x: Shape) -> Drawn:
    count, a = draw.randrange(0, 5), axis(draw, x)
    return f"{count} dim={a}", lambda t: torch.chunk(t, count, a)


def split(draw: random.Random, x: Shape) -> Drawn:
    a = axis(draw, x)
    if draw.random() < 0.5:
        size = draw.randrange(1, 5)
        return f"{size} dim={a}", lambda t: torch.split(t, size, a)
    parts = [draw.randrange(0, 4), draw.randrange(0, 5)]
    if draw.random() < 0.7 and -len(x) <= a < len(x):
        parts = [1, x[a] - 1]
    return f"({parts[0]}, {parts[1]}) dim={a}", lambda t: torch.split(t, parts, a)


def mean(draw: random.Random, x: Shape) -> Drawn:
    dims = [axis(draw, x) for _ in range(draw.randrange(1, 3))]
    keep = draw.random() < 0.5
    written = f"{' '.join(map(str, dims))} keepdim={'yes' if keep else 'no'}"
    return written, lambda t: t.mean(dims, keepdim=keep)


UNARY = {
    "reshape": reshape,
    "permute": permute,
    "transpose": transpose,
    "squeeze": squeeze,
    "unsqueeze": unsqueeze,
    "slice": slice_,
    "chunk": chunk,
    "split": split,
    "mean": mean,
    "sum": lambda draw, x: (lambda written, run: (written, lambda t: t.sum(*sum_arguments(written))))(*mean(draw, x)),
}


def sum_arguments(written: str) -> tuple[list[int], bool]:
    *dims, keep = written.split(" ")
    return list(map(int, dims)), keep == "keepdim=yes"


def outcome(run: Callable[[], Any]) -> list[Shape] | str:
    try:
        result = run()
    except Exception as error:
        return f"{type(error).__name__}: {error}"
    return [tuple(t.shape) for t in (result if isinstance(result, tuple | list) else (result,))]


def ours(spec: str) -> tuple[list[Any] | str, Any]:
    try:
        report = cnncalc.calc(spec, batch=2)
    except cnncalc.CnncalcError as error:
        return str(error), None
    return list(report.layers[-1].outputs), report.totals.flops


@pytest.mark.parametrize("name", UNARY)
def test_one_input(name: str) -> None:
    draw = random.Random(name)
    legal = 0
    for _ in range(TRIALS):
        x = shape(draw)
        written, run = UNARY[name](draw, x)
        spec = f"({', '.join(map(str, x[1:]))},) -> {name} {written}"
        theirs = outcome(lambda run=run, x=x: run(torch.rand(x)))  # type: ignore[misc]
        got, _ = ours(spec.replace("reshape N", "reshape 2"))
        if isinstance(theirs, str) and isinstance(got, str):
            continue
        assert got == theirs, f"cnncalc {spec!r}\n{theirs}\n{got}"
        legal += 1
    assert legal > TRIALS // 10


MERGES: dict[str, Callable[..., Any]] = {
    "add": lambda a, b: a + b,
    "sub": lambda a, b: a - b,
    "mul": lambda a, b: a * b,
    "div": lambda a, b: a / b,
    "cat": lambda a, b, dim=1: torch.cat([a, b], dim),
    "stack": lambda a, b, dim=1: torch.stack([a, b], dim),
    "matmul": torch.matmul,
}


@pytest.mark.parametrize("name", MERGES)
def test_two_inputs(name: str) -> None:
    draw = random.Random(name)
    legal = 0
    for _ in range(TRIALS):
        a = shape(draw)
        b = near(draw, a)
        keywords = {}
        if name in ("cat", "stack") and draw.random() < 0.6:
            keywords["dim"] = axis(draw, a)
        if name == "matmul" and len(a) > 2 and len(b) > 2 and draw.random() < 0.8:
            b = (*b[:-2], a[-1], draw.choice([1, 2, 5]))
        written = "".join(f", {key}={value}" for key, value in keywords.items())
        # Both come from one input that has room for each, so that the batch stands in both.
        parts = [f"slice 1 0 {product(x[1:])} -> reshape 2 {' '.join(map(str, x[1:]))}" for x in (a, b)]
        spec = f"1000 -> {name}({', '.join(parts)}{written})"

        def run(a: Shape = a, b: Shape = b, keywords: dict[str, int] = keywords) -> Any:
            return MERGES[name](torch.rand(a), torch.rand(b), **keywords)

        theirs = outcome(run)
        got, flops = ours(spec)
        if isinstance(theirs, str) and isinstance(got, str):
            continue
        assert got == theirs, f"cnncalc {spec!r}\n{theirs}\n{got}"
        legal += 1
        with FlopCounterMode(display=False) as counter:
            run()
        if min(len(a), len(b)) > 1:  # torch's counter does not see products with a vector
            assert flops == counter.get_total_flops(), spec
    assert legal > TRIALS // 10


def product(sizes: Shape) -> int:
    result = 1
    for size in sizes:
        result *= size
    return result
