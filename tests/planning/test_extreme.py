"""--maximize and --minimize with open sizes, held to a scan whose figures are worked out here."""

from __future__ import annotations

import random
import re
from itertools import product

import pytest

from tests.command import cnncalc
from tests.planning.command import solve

Conv = tuple[int, int, int, int]  # channels, kernel, stride, padding
FARTHEST = 400  # of the scan


def drawn(chance: random.Random) -> list[Conv]:
    return [
        (chance.choice([4, 8, 16]), chance.choice([1, 2, 3, 5]), chance.choice([1, 2, 3]), chance.choice([0, 1]))
        for _ in range(chance.randint(1, 3))
    ]


def spec_of(convs: list[Conv], shape: str) -> str:
    return " -> ".join([shape, *(f"conv {c} k{k} s{s} p{p}" for c, k, s, p in convs)])


def macs_of(convs: list[Conv], height: int, width: int) -> int | None:
    """The multiplications of the convolutions; None where a window does not fit."""
    total, channels = 0, 3
    for c, k, s, p in convs:
        height, width = ((n + 2 * p - k) // s + 1 if n + 2 * p >= k else 0 for n in (height, width))
        if not height or not width:
            return None
        total += channels * k * k * c * height * width
        channels = c
    return total


@pytest.mark.parametrize("seed", range(12))
def test_of_two_sizes_the_most_macs_are_found(seed: int) -> None:
    chance = random.Random(seed)
    convs = drawn(chance)
    middle = macs_of(convs, 24, 24)
    assert middle is not None
    most = middle + chance.randint(0, middle // 7)
    words = ["--free", f"H=1:{FARTHEST}", "--free", f"W=1:{FARTHEST}"]
    code, answer = solve(spec_of(convs, "3xHxW"), *words, "--max-macs", str(most), "--maximize", "macs")
    scan = {(h, w): macs_of(convs, h, w) for h, w in product(range(1, FARTHEST + 1), repeat=2)}
    best = max(macs for macs in scan.values() if macs is not None and macs <= most)
    assert code == 0
    assert {solution["totals"]["macs"] for solution in answer["solutions"]} == {best}
    found = {tuple(map(int, re.findall(r"--set [HW]=(\d+)", one["text"]))) for one in answer["solutions"]}
    ends = {  # of the sizes with as many, those from which neither can grow
        (h, w)
        for (h, w), macs in scan.items()
        if macs == best and scan.get((h + 1, w)) != best and scan.get((h, w + 1)) != best
    }
    assert found <= ends
    assert answer["count"] == len(ends)


@pytest.mark.parametrize("seed", range(8))
def test_of_one_size_the_fewest_macs_that_give_an_output_are_found(seed: int) -> None:
    chance = random.Random(seed)
    convs = drawn(chance)
    size = 30
    for _, k, s, p in convs:
        size = (size + 2 * p - k) // s + 1
    output = f"{convs[-1][0]}x{size}x{size}"
    code, answer = solve(spec_of(convs, "3xHxH"), "--expect-output", output, "--minimize", "macs")
    fitting = []
    for n in range(1, 200):
        last = n
        for _, k, s, p in convs:
            last = (last + 2 * p - k) // s + 1 if last + 2 * p >= k else 0
        if last == size:
            fitting.append((macs_of(convs, n, n), n))
    macs, least = min(fitting)  # type: ignore[type-var]
    assert code == 0
    assert answer["solutions"][0]["totals"]["macs"] == macs
    assert answer["solutions"][0]["text"].endswith(f"--set H={least}")


def test_the_largest_size_is_found_with_what_goes_with_it() -> None:
    assert cnncalc(
        "solve", "3xHxW -> conv 8 k3", "--max-macs", "21600", "--maximize", "H", "--free", "W=10:20"
    ).out == (
        "largest H of what fits\n\n▸ '3xHxW -> conv 8 k3' --set H=14 --set W=10\n\n"
        "macs  20,736  at most 21,600  864 left (4 %)  binds\n"
        "next: '3xHxW -> conv 8 k3' --set H=15 --set W=10 does not fit, macs are 22,464 (864 too many)\n"
    )


def test_of_equals_the_squarest_is_first() -> None:
    found = cnncalc("solve", "3xHxW -> conv 8 k3", "--max-macs", "21600", "--maximize", "macs")
    assert found.out.splitlines()[2:5] == [
        "▸ '3xHxW -> conv 8 k3' --set H=12 --set W=12",
        "  '3xHxW -> conv 8 k3' --set H=7 --set W=22",
        "  '3xHxW -> conv 8 k3' --set H=22 --set W=7",
    ]


def test_what_no_size_changes_is_said() -> None:
    found = cnncalc("solve", "3xHxH -> conv 8 k3", "--max-macs", "21600", "--maximize", "params")
    assert found.out == "H is 3 to 12\nnote: params are 224 at all of them\n"


@pytest.mark.parametrize(
    ("words", "text"),
    [
        (
            ("3xHxW -> conv 8 k3", "--max-params", "1k", "--maximize", "macs"),
            "error[not-decided]: macs rise with H, and nothing that is wanted ends it\n"
            " = hint: --max-macs 4G and the like, or --free H=1:512\n",
        ),
        (
            ("3xHxW -> conv 8 k3", "--max-params", "1k", "--maximize", "H"),
            "error[not-decided]: nothing that is wanted ends H\n"
            " = hint: --max-macs 4G and the like, or --free H=1:512\n",
        ),
        (
            ("3xHxH -> conv 8 k3", "--max-macs", "1M", "--maximize", "W"),
            "error[bad-option]: the network has no open size W\n = hint: open is H\n",
        ),
        (
            ("3xHxH -> conv 8 k3", "--max-macs", "1M", "--maximize", "mac"),
            "error[bad-option]: --maximize takes a figure, not mac\n = hint: did you mean macs?\n",
        ),
        (
            ("3xHxH -> conv 8 k3", "--max-macs", "1M", "--maximize", "macs", "--minimize", "params"),
            "error[not-decided]: of open sizes one figure alone can be the most or the least, such as macs\n"
            " = hint: leave out params; or give the open sizes numbers, -i 3x224x224\n",
        ),
        (
            ("3xHxH -> conv 8 k3", "--max-macs", "1M", "--maximize", "params", "--maximize", "H"),
            "error[not-decided]: of open sizes one figure alone can be the most or the least, such as H\n"
            " = hint: leave out params; or give the open sizes numbers, -i 3x224x224\n",
        ),
        (
            ("3xHxH -> conv 8 k? p0", "--free", "k=1,3", "--max-macs", "1M", "--maximize", "H"),
            "error[bad-option]: the largest H is one for each of 2 networks\n"
            " = hint: left out, all H that fit are found; or aim for a figure, such as macs\n",
        ),
    ],
)
def test_what_has_no_best_is_refused(words: tuple[str, ...], text: str) -> None:
    found = cnncalc("solve", *words)
    assert found.err == text
    assert found.code == (1 if "not-decided" in text else 2)
