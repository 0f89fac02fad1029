"""The hint of a limit that is broken: what it says keeps the limit, and the next step does not."""

from __future__ import annotations

import re

import pytest

import cnncalc
from cnncalc.checks.call import check


def hint_of(target: str, expect: dict[str, str], **given: object) -> str | None:
    run = check(target, expect=expect, **given)  # type: ignore[arg-type]
    (problem,) = run.outcomes[0].problems
    return problem.hint


@pytest.mark.parametrize(
    ("target", "figure", "limit", "step"),
    [("zoo:mobilenet_v2", "params", 3_000_000, 0.05), ("zoo:resnet50", "macs", 2_000_000_000, 1)],
)
def test_an_argument(target: str, figure: str, limit: int, step: float) -> None:
    hint = hint_of(target, {figure: f"<= {limit}"})
    found = re.fullmatch(r"with --set (\w+)=([\d.]+) they are ([\d,]+)", hint or "")
    assert found is not None
    name, number = found[1], float(found[2])
    kept, broken = (getattr(cnncalc.calc(target, set={name: f"{n:g}"}).totals, figure) for n in (number, number + step))
    assert kept == int(found[3].replace(",", "")) <= limit < broken


def test_samples() -> None:
    hint = hint_of("zoo:resnet18", {"memory": "<= 1G"}, batch=64, memory="train")
    found = re.fullmatch(r"with --batch (\d+) it is ([\d,]+)", hint or "")
    assert found is not None
    memories = [cnncalc.calc("zoo:resnet18", batch=int(found[1]) + more, memory="train").memory for more in (0, 1)]
    kept, broken = (memory.total for memory in memories if memory is not None)
    assert kept == int(found[2].replace(",", "")) <= 10**9 < broken


def test_nothing_keeps_it() -> None:
    assert hint_of("3x32x32 -> conv 8 k3", {"params": "<= 5"}) is None
    assert hint_of("zoo:mobilenet_v2", {"params": "<= 5"}) is None
    assert hint_of("zoo:mobilenet_v2", {"params": ">= 5M"}) is None  # which a smaller one does not keep
