"""Warnings that it takes more than one layer to see: each where it is due, and not where it is not."""

from __future__ import annotations

import pytest

import cnncalc
from cnncalc.analysis.suspicions import suspicions


def codes(spec: str, batch: int | None = None) -> list[str]:
    report = cnncalc.calc(spec, batch=batch)
    return [warning.code for warning in suspicions(report.graph, report.flow)]


@pytest.mark.parametrize(
    ("spec", "expected"),
    [
        ("224x224x3 -> conv 8 k3", ["unlikely-image"]),
        ("3x224x224 -> conv 8 k3", []),
        ("16x16x3 -> conv 8 k3", []),  # a small map of 16 channels
        ("8x3x32x32 -> conv 8 k3", ["unlikely-image"]),
        ("8x3x32x32 -> conv3d 8 k3", []),
        ("3x8x8 -> conv 4 k3 -> bn", ["bias-before-norm"]),
        ("3x8x8 -> conv 4 k3 bias=no -> bn", []),
        ("3x8x8 -> conv 4 k3 -> relu -> bn", []),
        ("3x8x8 -> a: conv 4 k3 -> bn -> add(a, identity)", []),  # the bias is read elsewhere too
        ("3x8x8 -> 2 * (conv 3 k3 p1 -> bn)", ["bias-before-norm"]),  # one text, one warning
        ("3x8x8 -> conv 4 k3 -> linear 5", ["linear-on-map"]),
        ("3x8x8 -> conv 4 k3 -> relu -> linear 5", ["linear-on-map"]),
        ("3x8x8 -> conv 4 k3 -> flatten -> linear 5", []),
        ("3x8x8 -> conv 4 k3 -> permute 0 2 3 1 -> linear 5", []),
        ("3x8x8 -> chunk 3 -> add", []),
        ("8x3x32x32 -> maxpool 2", ["unlikely-image"]),
        ("8x3x32x32 -> bn", ["unlikely-image"]),
        ("8x3x32x32 -> flatten -> linear 10", ["unlikely-image"]),
        ("8x4x49x49 -> softmax -1", []),  # heads of windows
        ("480x640x3 -> conv 8 k3", ["unlikely-image"]),
        ("HxWx3 -> conv 8 k3", ["unlikely-image"]),
        ("HxWx4 -> conv 8 k3", ["unlikely-image"]),
        ("CxHx3 -> conv 8 k3", []),
        ("1x28x28 -> linear 128 -> relu -> linear 10", ["linear-on-map"]),
        ("3x32x32 -> dense 10", ["linear-on-map"]),
        ("28x28 -> conv 8 k3", ["unlikely-image"]),
        ("28x28 -> conv1d 8 k3", []),
        ("64x100 -> conv 8 k3", []),
        ("4x7x32 -> linear 10", []),  # sequences of windows
        ("197x768 -> linear 10", []),
        ("3x32x32 -> reshape -1 96", ["batch-mixed"]),
        ("3x32x32 -> reshape -1 96 -> linear 10", ["batch-mixed"]),
        ("3x32x32 -> reshape -1 96 -> linear 10 -> reshape N 32 10", []),
        ("3x32x32 -> reshape N 32 96 -> linear 10", []),
    ],
)
def test_a_warning_where_it_is_due(spec: str, expected: list[str]) -> None:
    assert codes(spec) == expected


def test_what_nothing_reads() -> None:
    report = cnncalc.calc("3x8x8 -> a: conv 4 k3 -> relu")
    assert suspicions(report.graph, report.flow) == []
    text = "input: 3x8x8\nbody:\n  - lost: conv(4, k=3)(input)\n  - conv(4, k=3)(input)\n"
    report = cnncalc.calc(text)
    assert [warning.message for warning in suspicions(report.graph, report.flow)] == ["nothing reads what lost gives"]


@pytest.mark.parametrize(
    ("spec", "warned"),
    [
        ("3x32x32 -> conv 8 k3 s5", True),  # 14 of 32 rows are read by no window: 32 - 6*3
        ("3x32x32 -> maxpool 2 s3", True),
        ("3x33x33 -> conv 8 k1 s2", False),  # a shortcut takes every other pixel, and means to
        ("8x33x33 -> conv 8 k3 s4 g=8", False),  # a depthwise one pools
        ("3x32x32 -> conv 8 k4 s4", False),
    ],
)
def test_pixels_between_windows(spec: str, warned: bool) -> None:
    warnings = [warning.message for warning in cnncalc.calc(spec).warnings]
    assert any("as its stride is larger than its kernel" in message for message in warnings) == warned


@pytest.mark.parametrize(
    ("spec", "batch", "expected"),
    [
        ("3x8x8 -> flatten 0", 4, ["batch-flattened"]),
        ("3x8x8 -> flatten", 4, []),
        ("10x8 -> nn.LSTM(8, 4)", 4, ["batch-not-first"]),
        ("10x8 -> lstm 4", 4, []),
        ("10x8 -> transpose 0 1 -> nn.LSTM(8, 4)", 4, []),
        ("3x32x32 -> reshape -1 96 -> linear 10", 4, ["batch-mixed"]),
        ("3x32x32 -> reshape 4 32 96 -> linear 10", 4, []),
        ("3x32x32 -> dense 10", 4, ["linear-on-map"]),
    ],
)
def test_a_batch_that_is_misread(spec: str, batch: int, expected: list[str]) -> None:
    assert codes(spec, batch) == expected


LENET = "input: 3x32x32\nbody: [conv 6 k5, maxpool 2, conv 16 k5, maxpool 2, flatten, fc1: {fc1}, fc2: linear 10]\n"


def test_features_that_come_with_the_size_of_the_input() -> None:
    spec = LENET.format(fc1="linear 120")
    warned = [warning.message for warning in cnncalc.calc(spec, input="3x64x64").warnings if "features" in warning.code]
    # ((64 - 4)//2 - 4)//2 = 13 and 16*13*13 = 2704; at home ((32 - 4)//2 - 4)//2 = 5 and 16*5*5 = 400
    assert warned == ["fc1 takes 2704 features here, and 400 at the input of the spec, 3x32x32"]


@pytest.mark.parametrize("shape", ["3x32x32", "3x33x33", "3xHxW"])  # 33 gives 400 too
def test_no_word_where_the_features_are_the_same_or_open(shape: str) -> None:
    report = cnncalc.calc(LENET.format(fc1="linear 120"), input=shape)
    assert not any(warning.code == "features-changed" for warning in report.warnings)


def test_written_features_refuse_another_input() -> None:
    with pytest.raises(cnncalc.CnncalcError, match="Linear expects 400 input features, but 2704 arrive"):
        cnncalc.calc(LENET.format(fc1='"nn.Linear(400, 120)"'), input="3x64x64")
