"""What `cnncalc solve` prints, as its users see it."""

from __future__ import annotations

from textwrap import dedent

import pytest

from tests.command import cnncalc


def shown(*words: str) -> str:
    """What is printed, with the exit code before it."""
    result = cnncalc("solve", *words)
    return f"[{result.code}]\n{result.out}{result.err}"


CASES = {
    ("3x224x224 -> conv 64 k? s? p?", "--expect-output", "64x112x112", "--free", "k=3,5,7", "--free", "s=1:2"): """
        [0]
        3 of 96 combinations fit: k 3, 5 or 7, s 1 to 2, p 0 to 15

        ▸ 3x224x224 -> conv 64 k3 s2 p1
          3x224x224 -> conv 64 k5 s2 p2
          3x224x224 -> conv 64 k7 s2 p3
        """,
    ("3xHxH -> conv 8 ?k padding=?", "--expect-output", "8xHxH", "--free", "k=1:4"): """
        [0]
        2 of 64 combinations fit: k 1 to 4, p 0 to 15

        ▸ 3xHxH -> conv 8 3 padding=1
          3xHxH -> conv 8 1 padding=0
        """,
    ("32x50x50 -> convt 16 k3 s2 p1 output_padding=?", "--expect-output", "16x101x101"): """
        [1]
        none of 8 combinations fits: output_padding 0 to 7
        nearest below: output is 16x100x100, with 32x50x50 -> convt 16 k3 s2 p1 output_padding=1
        """,
    ("zoo:resnet50", "-i", "3xHxH", "--expect", "layers.layer4=2048x7x7"): """
        [0]
        H is 193 to 224
        """,
    ("1xL -> conv 16 k400 s160", "--expect-output", "16x98"): """
        [0]
        L is 15920 to 16079
        """,
    ("8xHxH -> conv 8 k2 s2 -> convt 8 k2 s2", "--expect-output", "8xHxH"): """
        [0]
        H is 2, 4, 6, ...: even
        """,
    ("3x32x32 -> ? * (conv 8 k3) -> relu", "--expect-output", "8x26x26"): """
        [0]
        1 of 64 combinations fits: count 1 to 64

        ▸ 3x32x32 -> 3 * (conv 8 k3) -> relu
        """,
    ("3x32x32 -> conv 8 k?", "--max-params", "3"): """
        [1]
        none of 15 combinations fits: k 1 to 15
        nearest above: params are 32 (29 too many), with 3x32x32 -> conv 8 k1
        """,
    ("3x32x32 -> conv 8 k?",): """
        [2]
        error[nothing-wanted]: nothing is wanted of the network
         = hint: --expect-output 64x112x112, --max-params 5M, --expect NAME=VALUE
        """,
    ("3x32x32 -> conv 8 k?", "--expect-output", "8x30x30", "--expect", "output=8x31x31"): """
        [2]
        error[contrary-wishes]: axis 1 of output cannot be both 31 and 30
         --> --expect-output:1:1
          |
        1 | 8x30x30
          | ^^^^^^^
          = note: one is --expect output=8x31x31
          = note: the other is --expect-output 8x30x30
        """,
    ("3x32x32 -> conv 8 k?", "--expect-output", "8x30x30", "--free", "k=1:1000000000000"): """
        [2]
        error[search-too-large]: k 1 to 1000000000000 makes 1,000,000,000,000 combinations, of which 300,000 are tried at most
         --> <spec>:1:20
          |
        1 | 3x32x32 -> conv 8 k?
          |                    ^
          = hint: --free k=RANGE gives it fewer values
        """,  # noqa: E501
    ("3x32x32 -> conv 8 k3 bias=?", "--expect-output", "8x30x30"): """
        [1]
        error[wrong-kind]: bias of conv2d is yes or no, and no number: ? cannot be there
         --> <spec>:1:27
          |
        1 | 3x32x32 -> conv 8 k3 bias=?
          |                           ^
        """,
    ("3xDxHxW -> conv3d 2 k1", "--max-macs", "1M"): """
        [1]
        error[not-decided]: MACs are 6*D*H*W, expected at most 1,000,000, which ties open sizes together, and is not solved for them
         = hint: one name makes sizes one, -i 3xHxH, and --set W=224 gives one of them a number
        """,  # noqa: E501
    ("3xHxW -> conv 8 k3 s2 -> flatten -> Linear(512, 3)", "--expect-output", "3"): """
        [0]
        H is 3 or 4      W is 129 or 130
        H is 5 or 6      W is 65 or 66
        H is 9 or 10     W is 33 or 34
        H is 17 or 18    W is 17 or 18
        H is 33 or 34    W is 9 or 10
        H is 65 or 66    W is 5 or 6
        H is 129 or 130  W is 3 or 4
        """,
    ("3x32x? -> conv 16 k?", "--expect-output", "16x30x20"): """
        [0]
        1 of 15 combinations fits: k 1 to 15

        ▸ 3x32x? -> conv 16 k3   W is 22
        """,
    ("zoo:resnet18", "-i", "(3, ?k, ?k)", "--expect", "layers.layer4=512x7x7"): """
        [0]
        k is 193 to 224
        """,
    ("3x32x32 -> conv 8 k3", "--free", "batch", "--batch", "8", "--max-memory", "1M"): """
        [2]
        error[bad-option]: batch is free, and --batch gives it as 8
         --> --free:1:1
          |
        1 | batch
          | ^^^^^
          = hint: leave one of them out
        """,
    ("3x32x32 -> conv 8 k3", "--free", "batch", "--max-memory", "10kB"): """
        [1]
        no size fits
        the smallest: memory in use is 41,984 (31,984 too many), with '3x32x32 -> conv 8 k3' --batch 1
        """,
    ("3x32x32 -> conv 8 k3 -> ?", "--expect-output", "8"): """
        [1]
        error[unexpected-token]: ? is a number, and a layer has to be here
         --> <spec>:1:25
          |
        1 | 3x32x32 -> conv 8 k3 -> ?
          |                         ^
        """,
    ("3x32x32 -> conv 8 k3", "--expect-output", "8x30x30"): """
        [2]
        error[nothing-to-find]: there is nothing to find: every number is given
         = hint: write ? for a number, "3x32x32 -> conv 8 k?", or leave a size open, -i 3xHxH
        """,
}  # fmt: skip


@pytest.mark.parametrize("words", CASES, ids=" ".join)
def test_text(words: tuple[str, ...]) -> None:
    assert shown(*words) == dedent(CASES[words]).lstrip("\n")


def test_an_unknown_is_refused_where_nothing_is_looked_for() -> None:
    result = cnncalc("3x32x32 -> conv 8 k?")
    assert (result.code, result.err.splitlines()[0]) == (
        1,
        "error[unknown-number]: ? stands for a number that is to be found",
    )


def test_what_is_wrong_whatever_the_numbers_are_is_said_at_once() -> None:
    result = cnncalc("solve", "3x32x32 -> conv ?c k3 -> rlu", "-i", "3xHxH", "--expect", "memory <= 1M")
    assert result.code == 1
    assert result.err.splitlines()[0] == "error[unknown-layer]: there is no layer called rlu"


def test_what_no_number_mends_is_said_at_once() -> None:
    spec = "28x4 -> transpose ? ? -> cat(unsqueeze a -> split ?, un) -> conv ? k?"
    result = cnncalc("solve", spec, "--expect-output", "4x3x29")
    assert (result.code, result.out) == (1, "")
    assert [line for line in result.err.splitlines() if line.startswith("error")] == [
        "error[unknown-name]: nothing here is called a",
        "error[unknown-layer]: there is no layer called un",
    ]


def test_transposed_kernels_that_the_stride_divides_come_first() -> None:
    spec = "16x10x10 -> convt 8 k? s? p? output_padding=?"
    lines = cnncalc("solve", spec, "--expect-output", "8x20x20").out.splitlines()
    assert [line[2:].removeprefix("16x10x10 -> convt 8 ") for line in lines[2:5]] == [
        "k2 s2 p0 output_padding=0",
        "k4 s2 p1 output_padding=0",
        "k3 s2 p1 output_padding=1",
    ]
