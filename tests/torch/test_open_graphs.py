"""Closed forms, conditions and smallest inputs against torch: drawn graphs, and those that once were wrong."""

from __future__ import annotations

import pytest

import cnncalc
from tests.torch.open_graphs import batch, tried

WRONG_ONCE = [
    "3xH -> slice(2, start=-3, stop=2, step=2)",
    "2xH -> slice(2, stop=4, step=3)",
    "1xHxW -> slice(2, start=1, stop=7) -> flatten 2 -> matmul(identity, transpose 1 2)",
    "1xHx9 -> cat(slice(2, start=-3, step=2), relu, dim=2)",
    "2xHxW -> relu -> flatten 2 -> reshape N 2 -1 2",
    "3xHxW -> relu -> flatten 2 -> reshape N 3 -1 3",
    "3xHxW -> conv(4, kernel_size=(2, 5), stride=(2, 2), padding=(2, 0)) -> avgpool 2 -> flatten 2 -> reshape N 4 -1 3",
    "3xHxW -> pad((2, 1, -1, 3)) -> narrow(3, 4, 3) -> pixelunshuffle(3) -> flatten 2 -> reshape N 27 -1 3",
    "1xH -> diff(dim=2)",
    "1xH -> diff(dim=2) -> conv 1 k1",
    "1xHxH -> diff(dim=2) -> mul(identity, identity) -> conv 2 k1",
    "3xHxW -> flatten -> Linear(3072, 10)",
    "2xH -> cat(chunk 3 2, dim=2) -> slice(2, start=2) -> conv 4 k1",
    "4xHxW -> squeeze -> amax 2",
    "2xHxW -> slice(2, start=-4, stop=-2) -> slice(3, start=3, stop=-1) -> maxpool 2 s1",
]


@pytest.mark.parametrize("spec", WRONG_ONCE)
def test_what_was_wrong_once(spec: str) -> None:
    found = tried(spec, seed=1)
    assert found.faults == []
    assert found.points > 0


def test_drawn_graphs() -> None:
    ran = 0
    for _, found in batch(20, range(40)):
        assert found.faults == [], found.spec
        ran += found.points
    assert ran > 200


# What the forms come to, with the sizes that torch gives: torch.zeros(1, 3, H)[..., -3:2:2].shape, and so on.


@pytest.mark.parametrize(
    ("spec", "sizes", "output"),
    [
        (WRONG_ONCE[0], {"H": 1}, (3, 1)),
        (WRONG_ONCE[0], {"H": 2}, (3, 1)),
        (WRONG_ONCE[0], {"H": 7}, (3, 0)),
        (WRONG_ONCE[1], {"H": 3}, (2, 1)),
        (WRONG_ONCE[1], {"H": 4}, (2, 2)),
        (WRONG_ONCE[4], {"H": 3, "W": 4}, (2, 6, 2)),
    ],
)
def test_a_form_at_a_size(spec: str, sizes: dict[str, int], output: tuple[int, ...]) -> None:
    from cnncalc.symbolic.expr import substitute

    form = cnncalc.calc(spec).output
    assert tuple(substitute(size, sizes) for size in form) == output


@pytest.mark.parametrize(
    ("spec", "smallest", "note", "legal"),
    [
        (WRONG_ONCE[0], {"H": 1}, None, []),
        (WRONG_ONCE[3], {"H": 1}, None, []),
        (WRONG_ONCE[4], {"H": 1, "W": 2}, "others are smaller in W: H = 2, W = 1", ["H*W is even"]),
        (WRONG_ONCE[5], {"H": 1, "W": 3}, "others are smaller in W: H = 3, W = 1", ["H*W is a multiple of 3"]),
        (WRONG_ONCE[7], {"H": 7, "W": 4}, None, ["H is 7 more than a multiple of 9"]),
        (WRONG_ONCE[8], {"H": 2}, None, []),
        (
            WRONG_ONCE[11],
            {"H": 32, "W": 32},
            "others are smaller in H: H = 1, W = 1024; others are smaller in W: H = 1024, W = 1",
            ["H*W is 1024"],
        ),
    ],
)
def test_the_smallest_input(spec: str, smallest: dict[str, int], note: str | None, legal: list[str]) -> None:
    report = cnncalc.calc(spec)
    assert (report.smallest_input, report.smallest_input_note, report.legal_sizes) == (smallest, note, legal)


def test_a_condition_that_one_of_two_sizes_meets() -> None:
    (condition,) = cnncalc.calc("3xHxW -> conv 4 k3 -> flatten 2 -> reshape N 4 -1 3").conditions
    assert condition.words == "H is 1 less than a multiple of 3, or W is 1 less than a multiple of 3"


def test_what_is_written_is_no_function_of_the_input() -> None:
    totals = cnncalc.calc("3xHxW -> flatten -> Linear(3072, 10)").totals
    assert (totals.params, totals.macs) == (30730, 30720)  # torch.nn.Linear(3072, 10): 3072*10 + 10
    totals = cnncalc.calc("CxHxW -> Conv2d(8, 4, 3) -> BatchNorm2d(4)").totals
    assert totals.params == 4 * 8 * 9 + 4 + 8
