"""Hints that are worked out before they are said: what they say runs, and nothing is said where nothing usual helps."""

from __future__ import annotations

import pytest

import cnncalc

STEM = "3x33x33 -> a: conv 16 k3 s2 p1 -> conv 16 k5"
UP = "3x101x101 -> a: conv 16 k3 p1 -> conv 16 k3 s2 p1"
MERGES = [
    (
        f"{STEM} -> b: conv 16 k5 -> add(a, b)",
        "padding=2 on conv1 and b gives 16x17x17",
        f"{STEM} p2 -> b: conv 16 k5 p2 -> add(a, b)",
    ),
    (
        f"{UP} -> b: convt 16 k3 s2 -> add(a, b)",
        "padding=1 on b gives 16x101x101",
        f"{UP} -> b: convt 16 k3 s2 p1 -> add(a, b)",
    ),
    (
        "3x32x32 -> cat(conv 8 k1, conv 8 k5, maxpool 3 s1)",
        "padding=2 on conv2 and padding=1 on maxpool1 give 8x32x32",
        "3x32x32 -> cat(conv 8 k1, conv 8 k5 p2, maxpool 3 s1 p1)",
    ),
    (
        "3x30x41 -> a: conv 8 k3 p1 -> c: conv 8 (3,5) -> add(a, c)",
        "padding=(1, 2) on c gives 8x30x41",
        "3x30x41 -> a: conv 8 k3 p1 -> c: conv 8 (3,5) padding=(1, 2) -> add(a, c)",
    ),
    ("3x28x28 -> a: conv 8 k3 -> c: conv 8 k3 s2 -> add(a, c)", None, None),
]
LENET = "conv 6 k5 p2 -> maxpool 2 -> conv 16 k5 -> maxpool 2 -> flatten -> Linear(256, 10)"


@pytest.mark.parametrize(("spec", "hint", "mended"), MERGES)
def test_a_padding_that_makes_a_merge_fit(spec: str, hint: str | None, mended: str | None) -> None:
    with pytest.raises(cnncalc.CnncalcError) as error:
        cnncalc.calc(spec)
    (problem,) = error.value.diagnostics
    assert problem.hint == hint
    if mended is not None and hint is not None:
        report = cnncalc.calc(mended)
        assert hint.rpartition(" ")[2].partition("x")[2] in "x".join(map(str, report.output))


def test_the_inputs_at_which_a_linear_fits() -> None:
    with pytest.raises(cnncalc.CnncalcError) as error:
        cnncalc.calc(f"1x28x28 -> {LENET}")
    assert str(error.value.diagnostics[0].hint).endswith("; inputs of 1x24x24 to 1x27x27 fit")

    def runs(side: int) -> bool:
        try:
            cnncalc.calc(LENET, input=(1, side, side))
        except cnncalc.CnncalcError:
            return False
        return True

    assert [side for side in range(12, 60) if runs(side)] == [24, 25, 26, 27]


@pytest.mark.parametrize(
    "spec",
    [
        f"1x28x28 -> {LENET} -> Linear(12, 5)",  # another mistake after it, which no input mends
        "3x32x32 -> conv 16 k3 -> flatten -> Linear(1000, 10)",  # no multiple of 16
    ],
)
def test_no_input_fits(spec: str) -> None:
    with pytest.raises(cnncalc.CnncalcError) as error:
        cnncalc.calc(spec)
    assert not any("fit" in (problem.hint or "").split() for problem in error.value.diagnostics)
