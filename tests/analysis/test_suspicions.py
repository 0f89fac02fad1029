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
    ("spec", "batch", "expected"),
    [
        ("3x8x8 -> flatten 0", 4, ["batch-flattened"]),
        ("3x8x8 -> flatten", 4, []),
        ("10x8 -> nn.LSTM(8, 4)", 4, ["batch-not-first"]),
        ("10x8 -> lstm 4", 4, []),
        ("10x8 -> transpose 0 1 -> nn.LSTM(8, 4)", 4, []),
    ],
)
def test_a_batch_that_is_misread(spec: str, batch: int, expected: list[str]) -> None:
    assert codes(spec, batch) == expected
