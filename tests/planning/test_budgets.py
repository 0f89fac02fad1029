"""Budgets: what is returned fits, the next step does not, and of all values in the range none is better."""

from __future__ import annotations

import pytest

import cnncalc
from cnncalc.diagnostics import CnncalcError
from tests.planning.command import solve

CASES = [
    ("zoo:mobilenet_v2", "width", [f"0.{n}" for n in range(1, 10)] + ["1"], "params", 3_000_000),
    ("zoo:mobilenet_v3_small", "width", [f"0.{n}" for n in range(5, 10)] + ["1"], "macs", 45_000_000),
    ("zoo:efficientnet_b0", "width", ["0.7", "0.8", "0.9", "1", "1.1"], "params", 5_000_000),
    ("zoo:resnet20", "blocks", [str(n) for n in range(1, 13)], "params", 1_000_000),
    ("zoo:unet", "num_classes", [str(n) for n in range(1, 9)], "params", 31_032_000),
]


@pytest.mark.parametrize(("spec", "name", "values", "figure", "most"), CASES, ids=lambda value: str(value)[:20])
def test_nothing_in_the_range_is_better(spec: str, name: str, values: list[str], figure: str, most: int) -> None:
    option = f"--max-{figure}"
    words = [spec, "--free", f"{name}={','.join(values)}", option, str(most), "--maximize", figure]
    code, answer = solve(*words)
    figures = {}
    for value in values:
        try:
            figures[value] = getattr(cnncalc.calc(spec, set={name: value}).totals, figure)
        except CnncalcError:
            continue
    best = max(found for found in figures.values() if found <= most)
    assert code == 0
    assert answer["solutions"][0]["totals"][figure] == best
    assert figures[answer["solutions"][0]["settings"][name]] == best
    beyond = min((found for found in figures.values() if found > most), default=None)
    if beyond is not None:
        assert f"{figure} are {beyond:,}" in answer["next"]["found"]
    assert answer["budgets"][0]["left"] == most - best


def test_the_next_network_is_found_between_the_steps() -> None:
    code, answer = solve("zoo:mobilenet_v2", "--free", "width", "--max-macs", "200M", "--maximize", "macs")
    (solution,) = answer["solutions"]
    width = solution["settings"]["width"]
    after = answer["next"]["text"].rpartition("width=")[2]
    macs = {w: cnncalc.calc("zoo:mobilenet_v2", set={"width": w}).totals.macs for w in (width, after)}
    assert code == 0
    assert macs[width] <= 200_000_000 < macs[after]  # type: ignore[operator]
    # Every width of three digits between them is the one or the other.
    for thousandth in range(int(float(width) * 1000), int(float(after) * 1000) + 1, 2):
        found = cnncalc.calc("zoo:mobilenet_v2", set={"width": f"{thousandth / 1000:.3f}"}).totals.macs
        assert found in macs.values()


WIDTHS = "784 -> linear ?a -> relu -> linear ?b -> relu -> linear 10"


def params_of(a: int, b: int) -> int:
    return 784 * a + a + a * b + b + 10 * b + 10


def macs_of(a: int, b: int) -> int:
    return 784 * a + a * b + 10 * b


def test_of_two_widths_none_is_better() -> None:
    """All pairs are counted by hand; there are too many for the search to read the network with each."""
    limits = ["--max-params", "100k", "--max-macs", "99k"]
    code, answer = solve(WIDTHS, *limits, "--free", "a=1:400", "--free", "b=1:1200", "--maximize", "macs")
    fitting = {
        (a, b): macs_of(a, b)
        for a in range(1, 401)
        for b in range(1, 1201)
        if params_of(a, b) <= 100_000 and macs_of(a, b) <= 99_000
    }
    best = max(fitting.values())
    assert code == 0
    assert answer["complete"]
    assert answer["combinations"] == 400 * 1200
    found = [(solution["values"]["a"], solution["values"]["b"]) for solution in answer["solutions"]]
    assert sorted(found) == sorted(pair for pair, macs in fitting.items() if macs == best)
    assert answer["budgets"][1]["left"] == 99_000 - best


@pytest.mark.parametrize("least", [20_000, 99_001])
def test_of_two_widths_the_least_that_reaches_a_figure(least: int) -> None:
    _, answer = solve(WIDTHS, "--expect", f"macs=>={least}", "--minimize", "params")
    best = min(
        params_of(a, b)
        for a in range(1, 150)
        for b in {1, *range(max(1, (least - 784 * a) // (a + 10)), (max(0, least - 784 * a) // (a + 10)) + 3)}
        if macs_of(a, b) >= least and b <= 4096
    )
    assert answer["solutions"][0]["totals"]["params"] == best
