"""The self-test: drawn layers and networks, fixed here; and that it finds what is wrong.

CNNCALC_TRIALS=20000 draws so many layers, and one network for 20 of them, with CNNCALC_SEED.
"""

from __future__ import annotations

import os
import random
import re
from pathlib import Path
from typing import Any

import pytest

from cnncalc.layers import Layer, layer_class
from cnncalc.layers.kinds import Text
from cnncalc.render.self_test import self_test_text
from cnncalc.torch_bridge.drawing.compare import by_cnncalc, by_torch, outcome
from cnncalc.torch_bridge.drawing.differences import CRASHES, DIFFERENCES, Figures
from cnncalc.torch_bridge.drawing.draw import Case, case, layers
from cnncalc.torch_bridge.drawing.self_test import SelfTest, Tally, answer, planned, self_test

TRIALS = int(os.environ.get("CNNCALC_TRIALS", "2000"))
PARTS = 4  # tests that share them
SEED = int(os.environ.get("CNNCALC_SEED", "1"))
DOCUMENT = Path(__file__).parents[2] / "docs" / "torch-differences.md"


@pytest.mark.parametrize("part", range(PARTS))
def test_torch_agrees(part: int) -> None:
    trials, networks, seed = TRIALS // PARTS, TRIALS // 20 // PARTS, SEED * PARTS + part
    found = self_test(trials=trials, networks=networks, seed=seed)
    assert "\n\n".join(found.differences) == ""
    assert found.total.cases == trials
    assert found.networks == networks
    # Most cases run, so that figures are compared, and every kind of layer is among them.
    assert found.total.legal > trials // 2
    assert found.total.refused > trials // 20
    assert set(found.counts) - {"network"} == {layer.name for layer in layers()}


@pytest.mark.parametrize("layer", layers(), ids=lambda layer: layer.name)
def test_torch_runs_some_of_each_layer(layer: type[Layer]) -> None:
    drawn = (by_torch(case(layer, random.Random(f"legal {layer.name} {i}"))) for i in range(60))
    assert any(isinstance(figures, Figures) for figures in drawn)


def test_the_same_seed_draws_the_same_cases() -> None:
    def specs(seed: int) -> list[str]:
        return [case(layer_class("conv2d"), random.Random(f"{seed} conv2d {i}")).spec for i in range(20)]

    assert specs(1) == specs(1)
    assert specs(1) != specs(2)


def test_every_argument_is_drawn() -> None:
    """Those that torch takes at the call too; text alone is no part of a shape."""
    never = []
    for layer in layers():
        left = {key for key, argument in layer.arguments.items() if not isinstance(argument.kind, Text)}
        for i in range(400):
            left -= case(layer, random.Random(f"argument {layer.name} {i}")).arguments.keys() if left else set()
        never += [f"{layer.name}.{key}" for key in left]
    assert never == []


def test_every_case_is_drawn_once() -> None:
    tasks = list(planned(["relu", "conv2d"], 1001, 120, 3))
    drawn = [(task.name, index) for task in tasks for index in task.indices]
    assert len(set(drawn)) == len(drawn) == 1001 + 120
    assert [answer(task).tally.cases for task in tasks[:1]] == [250]


@pytest.mark.parametrize("layer", layers(), ids=lambda layer: layer.name)
def test_a_reproduction_is_the_case(layer: Any) -> None:
    drawn = case(layer, random.Random(f"{layer.name}"))
    ours, theirs = drawn.reproduction.rsplit("\n", 1)
    assert drawn.spec in ours
    compile(theirs, "reproduction", "eval")  # it is Python


# No silent 0


def says_0_where_torch_counts(layer: type[Layer]) -> str | None:
    """A drawn case in which a layer has no MACs, and does not say that they are not counted, while torch has some."""
    for index in range(30):
        drawn = case(layer, random.Random(f"zero {layer.name} {index}"))
        theirs = by_torch(drawn)
        if not isinstance(theirs, Figures) or not theirs.flops:
            continue
        ours = by_cnncalc(drawn)
        if isinstance(ours, Figures) and not ours.flops and layer.status != "uncounted":
            return drawn.reproduction
        break
    return None


@pytest.mark.parametrize("layer", layers(), ids=lambda layer: layer.name)
def test_no_layer_has_0_macs_where_torch_counts_more(layer: type[Layer]) -> None:
    assert says_0_where_torch_counts(layer) is None


def test_a_layer_with_0_macs_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(layer_class("conv2d"), "macs", lambda self, xs, ys: 0)
    found = says_0_where_torch_counts(layer_class("conv2d"))
    assert found is not None
    assert "nn.Conv2d(" in found


# A difference is found


def test_both_give_the_figures() -> None:
    drawn = Case(layer_class("conv2d"), {"in_channels": 3, "out_channels": 4, "kernel_size": 3}, [(2, 3, 8, 8)])
    assert outcome(drawn) == (True, None)
    theirs, ours = by_torch(drawn), by_cnncalc(drawn)
    assert not isinstance(theirs, str)
    assert not isinstance(ours, str)
    assert theirs == ours == ([(2, 4, 6, 6)], {"weight": (4, 3, 3, 3), "bias": (4,)}, {}, 2 * 2 * 4 * 36 * 27)


@pytest.mark.parametrize(
    ("arguments", "shape"),
    [
        ({"in_channels": 4, "out_channels": 4, "kernel_size": 3}, (2, 3, 8, 8)),
        ({"in_channels": 3, "out_channels": 4, "kernel_size": 9}, (2, 3, 8, 8)),
        ({"in_channels": 3, "out_channels": 4, "kernel_size": 3, "groups": 2}, (2, 3, 8, 8)),
    ],
)
def test_both_refuse(arguments: dict[str, Any], shape: tuple[int, ...]) -> None:
    drawn = Case(layer_class("conv2d"), arguments, [shape])
    assert isinstance(by_torch(drawn), str)
    assert isinstance(by_cnncalc(drawn), str)
    assert outcome(drawn) == (False, None)


def test_a_difference_is_written_in_both_languages(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(layer_class("relu"), "forward", lambda self, site, x: (*x[:-1], 4))
    found = outcome(Case(layer_class("relu"), {"inplace": True}, [(2, 3)]))
    assert found.difference is not None
    assert found.difference.startswith(
        'cnncalc "(3,) -> ReLU(inplace=True)" --batch 2\nnn.ReLU(inplace=True)(torch.zeros((2, 3)))\ntorch:   outputs'
    )
    assert "cnncalc: outputs [(2, 4)]" in found.difference


def test_a_traceback_is_a_difference(monkeypatch: pytest.MonkeyPatch) -> None:
    def wrong(*_: Any) -> None:
        raise KeyError("nothing")

    monkeypatch.setattr(layer_class("relu"), "forward", wrong)
    found = outcome(Case(layer_class("relu"), {}, [(2, 3)])).difference
    assert found is not None
    assert "cnncalc: KeyError: 'nothing'" in found


def test_the_text_of_a_difference() -> None:
    found = SelfTest("2.13.0", 7, {"relu": Tally(8, 2), "network": Tally(3, 0)}, ("cnncalc ...\nnn.ReLU ...",))
    assert self_test_text(found, False).splitlines() == [
        "torch 2.13.0, seed 7",
        "layers           10  drawn over 1 layer: torch ran 8 and refused 2",
        "networks          3",
        "",
        "cnncalc ...",
        "nn.ReLU ...",
        "",
        "1 difference",
    ]


# The list of torch's own contradictions


def test_the_document_lists_the_differences() -> None:
    table = DOCUMENT.read_text(encoding="utf-8").split("\n\n")[2]
    rows = re.findall(r"^\| (.+?) \| .+ \| .+ \|$", table, re.MULTILINE)[1:]
    assert [row for row in rows if row != "---"] == [*DIFFERENCES, *CRASHES]
