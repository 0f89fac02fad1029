"""What can be expected, and when it holds. Figures are torch's and the papers', counted by hand where small."""

from __future__ import annotations

import pytest

import cnncalc
from cnncalc.analysis.expectations import NAMES, judge
from cnncalc.analysis.quantities import WrittenText, figure_bounds
from cnncalc.checks.call import expectations
from cnncalc.diagnostics import CnncalcError, Source, Span

RESNET50 = "zoo:resnet50"  # 25,557,032 params and 4,089,184,256 MACs: tests/published/torchvision.csv


def problems(spec: str, name: str, value: object) -> list[str]:
    *path, last = name.split("/")
    table: dict[str, object] = {last: value}
    for part in reversed(path):
        table = {part: table}
    (verdict,) = judge(expectations(table), cnncalc.calc(spec))
    return [problem.message for problem in verdict.problems]


HOLDS = [
    ("params", "25557032"),
    ("params", "25,557,032"),
    ("params", "25_557_032"),
    ("params", "== 25557032"),
    ("params", "<= 25557032"),
    ("params", ">= 25557032"),
    ("params", "< 25557033"),
    ("params", "> 25557031"),
    ("params", "25.557032M"),
    ("params", "25557.032k"),
    ("params", "<=30M"),
    ("params", "at most 30 M"),
    ("params", "at least 20M"),
    ("params", "≤ 30M, ≥ 20M"),
    ("params", ">= 20M, <= 30M"),
    ("params", "25.6M +- 1%"),
    ("params", "25.6M ± 43k"),
    ("params", "25.6M +/- 0.2%"),
    ("params", "2.5557032e7"),
    ("params", "<= 25557032.9"),
    ("trainable", "25557032"),
    ("buffers", "53173"),
    ("macs", "4089184256"),
    ("macs", "4.09G +- 1%"),
    ("macs", "<= 0.0041T"),
    ("flops", "8178368512"),
    ("activations", "> 10M"),
    ("output", "1000"),
    ("output", "(1000,)"),
    ("outputs/output", "1000"),
    ("receptive_field", "224x224"),
    ("receptive_field", "224"),
    ("receptive_field", ">= 200"),
    ("layers/layer4.2.conv3", "2048x7x7"),
    ("layers/layer4.2.conv3/output", (2048, 7, 7)),
    ("layers/layer4.2.conv3/params", "512*2048"),
    ("layers/layer4.2.conv3/macs", "512*2048*49"),
    ("layers/layer4/2/conv3/params", "512*2048"),
    ("layers/layer4", "2048x7x7"),
    ("layers/conv1/receptive_field", "7x7"),
    ("layers/layer1/params", "<= 300k"),
]


@pytest.mark.parametrize(("name", "value"), HOLDS)
def test_what_holds(name: str, value: object) -> None:
    assert problems(RESNET50, name, value) == []


FAILS = [
    ("params", "25557031", "params are 25,557,032, expected 25,557,031 (1 too many)"),
    ("params", "<= 25557031", "params are 25,557,032, expected at most 25,557,031 (1 too many)"),
    ("params", "< 25557032", "params are 25,557,032, expected less than 25,557,032 (1 too many)"),
    ("params", "> 25557032", "params are 25,557,032, expected more than 25,557,032 (1 too few)"),
    ("params", "<= 5M", "params are 25,557,032, expected at most 5,000,000 (20,557,032 too many, +411 %)"),
    ("params", ">= 1G", "params are 25,557,032, expected at least 1,000,000,000 (974,442,968 too few, -97.4 %)"),
    (
        "macs",
        "4G +- 2%",
        "MACs are 4,089,184,256, expected 4,000,000,000 ± 2%, which is 3,920,000,000 to 4,080,000,000 "
        "(9,184,256 too many, +0.225 %)",
    ),
    ("output", "10", "the output is 1000, expected 10"),
    ("output", "1000x1x1", "the output is 1000, expected 1000x1x1: it has one axis, not 3"),
    ("receptive_field", ">= 225", "the receptive field is 224x224, expected at least 225x225"),
    ("layers/conv1", "64x112x111", "the output of conv1 is 64x112x112, expected 64x112x111"),
    ("layers/layer1/params", "1", "params of layer1 are 215,808, expected 1 (215,807 too many, +21,580,700 %)"),
]


@pytest.mark.parametrize(("name", "value", "message"), FAILS)
def test_what_fails(name: str, value: str, message: str) -> None:
    assert problems(RESNET50, name, value) == [message]


OPEN = "3xHxW -> conv 8 k3 s2 p1"  # 8 x (H + 1)//2 x (W + 1)//2, 216 MACs for each


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("output", "(8, (H + 1)//2, (W + 1)//2)"),
        ("output", "(8, H - H//2, W - W//2)"),  # another form, the same sizes
        ("macs", "216*((H + 1)//2)*((W + 1)//2)"),
        ("macs", ">= 216"),
        ("smallest_input", "1x1"),
        ("params", "224"),
        ("receptive_field", "3x3"),
    ],
)
def test_open_sizes_that_hold(name: str, value: str) -> None:
    report = cnncalc.calc(OPEN)
    (verdict,) = judge(expectations({name: value}), report, lambda: (1, 1))
    assert verdict.problems == ()


@pytest.mark.parametrize(
    ("name", "value", "message"),
    [
        (
            "output",
            "(8, H//2, W//2)",
            "the output is 8 x (H + 1)//2 x (W + 1)//2, expected 8 x H//2 x W//2: with H = 1 it is 1, not 0",
        ),
        (
            "macs",
            "<= 1M",
            "MACs are 216*((H + 1)//2)*((W + 1)//2), expected at most 1,000,000: "
            "with H = 1,000, W = 1,000 it is 54,000,000",
        ),
        (
            "macs",
            "<= 216*H*W",
            "MACs are 216*((H + 1)//2)*((W + 1)//2), expected at most 216*H*W, "
            "which could not be decided for all sizes",
        ),
        (
            "macs",
            "1000",
            "MACs are 216*((H + 1)//2)*((W + 1)//2), expected 1,000: with H = 1, W = 1 it is 216, not 1,000",
        ),
    ],
)
def test_open_sizes_that_fail_say_at_which(name: str, value: str, message: str) -> None:
    assert problems(OPEN, name, value) == [message]


@pytest.mark.parametrize(
    ("name", "value", "message", "hint"),
    [
        ("params", "5Q", "5Q has the suffix Q, which is none", "suffixes are k, M, G and T"),
        ("params", "5B", "5B has the suffix B, which is none", "write G for billions"),
        ("params", "1.5", "1.5 is no whole number, and every figure is one", None),
        ("params", "many", "many is no figure", None),
        ("params", "<=", "an expectation has no value", None),
        ("params", "<= 5M +- 1%", "<= and +- come together, where one of them says it", None),
        ("params", "5M +- lots", "lots is no number", None),
        ("output", "64x", "64x is no number, name or shape", None),
        ("output", "big", "big is no shape", "write 64x56x56, 64xHxW or (64, H//2, W//2)"),
        ("parms", "5M", "there is no expectation called parms", "did you mean params?"),
        ("params/conv1", "5M", "params is one value, not a table", "params: VALUE"),
        ("layers", "5M", "layers holds paths with shapes", "layers: {conv1: 64x112x112}"),
        ("layers/conv11", "5M", "there is no layer at the path conv11", "did you mean conv1?"),
        ("outputs/mask", "5", "there is no output called mask", "there are output"),
        ("outputs", "5", "outputs holds names of outputs with shapes", "outputs: {output: 1000}"),
    ],
)
def test_expectations_that_say_nothing(name: str, value: str, message: str, hint: str | None) -> None:
    *path, last = name.split("/")
    table: dict[str, object] = {last: value}
    for part in reversed(path):
        table = {part: table}
    (verdict,) = judge(expectations(table), cnncalc.calc(RESNET50))
    (problem,) = verdict.problems
    assert problem.message == message
    assert problem.hint == hint or hint is None


def test_a_rounded_figure_is_not_taken_for_an_exact_one() -> None:
    (verdict,) = judge(expectations({"macs": "4.09G"}), cnncalc.calc(RESNET50))
    (problem,) = verdict.problems
    assert problem.hint == "4.09G is taken exactly; write 4.09G +- 1%, or 4089184256"


def test_every_name_can_be_expected() -> None:
    report = cnncalc.calc("3x8x8 -> conv 4 k3")
    for name in NAMES:
        value: object = {"conv1": "4x6x6"} if name == "layers" else {"output": "4x6x6"} if name == "outputs" else "7"
        (verdict,) = judge(expectations({name: value}), report, lambda: (7, 7))
        assert not any(problem.code == "unknown-key" for problem in verdict.problems), name


@pytest.mark.parametrize(
    "text", ["9" * 40, "1e999k", "1" + "," * 50, "(" * 200, "1.2.3", "--", "H**99999", "1 +- 1 +- 1"]
)
def test_hostile_texts_get_an_answer(text: str) -> None:
    place = Span(Source("", text), 0, len(text))
    with pytest.raises(CnncalcError) as caught:
        figure_bounds(WrittenText(text, place))
    assert caught.value.diagnostics[0].code == "bad-expectation"
