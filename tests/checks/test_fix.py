"""`check --fix` and `--diff`: what is mechanical is mended, and nothing else of the text or of the figures changes."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from cnncalc.checks.fix import Mended, mended
from cnncalc.checks.targets import RunSettings, targets
from tests.checks.repository import write
from tests.command import cnncalc

BEFORE = """\
# a net
input: 1x28x28
blocks:
  b(c):
    - conv c k3   # comment
    - bn
body:
  - stem: conv(8, k3,
       p1)   # c
  - bn
  - conv: [8, k3]
  - bn
  - "conv 4 k3 bias=yes"
  - bn
  - b(3)
  - b(4) -> maxpool 2
  - head: Linear(400, 10)   # a flatten is missing
  - relu -> Linear(12, 3)
"""
AFTER = """\
# a net
input: 1x28x28
blocks:
  b(c):
    - conv c k3 bias=no   # comment
    - bn
body:
  - stem: conv(8, k3,
       p1, bias=no)   # c
  - bn
  - conv: [8, k3, bias=no]
  - bn
  - "conv 4 k3 bias=no"
  - bn
  - b(3)
  - b(4) -> maxpool 2
  - flatten
  - head: Linear(400, 10)   # a flatten is missing
  - relu -> Linear(10, 3)
"""
IN_USE = """\
input: 3x8x8
blocks:
  part(c): conv c k3 p1
body:
  - part(4) -> bn
  - part(8)
"""
TORCH = "1x28x28 -> nn.Sequential(nn.Conv2d(1, 6, 5), nn.BatchNorm2d(6), nn.MaxPool2d(2), nn.Linear(864, 10))\n"


@pytest.fixture(autouse=True)
def elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def fixed(text: str, name: str = "net.yaml") -> Mended | None:
    """What becomes of a file."""
    Path(name).write_bytes(text.encode("utf-8"))
    return next(iter(mended(targets([name], None, RunSettings()), RunSettings())), None)


def test_layout_and_comments_stay() -> None:
    found = fixed(BEFORE)
    assert found is not None
    assert found.after == AFTER
    assert found.dropped == ()
    assert fixed(AFTER) is None


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (TORCH, TORCH.replace("1, 6, 5", "1, 6, 5, bias=False").replace("nn.Linear", "nn.Flatten(), nn.Linear")),
        ("3x8x8 -> Conv2d(3, 8, 3, 1, 1, 1, 1, True) -> bn", "3x8x8 -> Conv2d(3, 8, 3, 1, 1, 1, 1, False) -> bn"),
        ("3x8x8 -> conv 8 k3 -> linear 10", "3x8x8 -> conv 8 k3 -> flatten -> linear 10"),
        ("3x8x8 -> flatten -> Linear(16*4*4, 10)", "3x8x8 -> flatten -> Linear(192, 10)"),
    ],
)
def test_lines_and_the_text_of_torch(before: str, after: str) -> None:
    found = fixed(before, "net.txt")
    assert found is not None
    assert found.after == after


def test_a_change_that_means_more_is_dropped() -> None:
    found = fixed(IN_USE)  # the second call has no norm after it, and keeps its bias
    assert found is not None
    assert (found.after, found.said) == (IN_USE, ())
    assert found.dropped == ("part1.0 without its bias: the network would come to other figures than that means",)


def test_a_change_that_fits_one_variant_alone_is_dropped() -> None:
    text = "variants: {a: {n: 16}, b: {n: 18}}\narguments: {n: }\ninput: (3, n, n)\nbody:\n  - flatten\n"
    found = fixed(f"{text}  - Linear(700, 10)\n")  # 3*16*16 and 3*18*18 arrive
    assert found is not None
    assert (found.after, found.said) == (found.before, ())


@pytest.mark.parametrize(
    "text",
    [
        BEFORE.replace("input:", "allow: {bias-before-norm: as in the paper}\ninput:").replace("400, 10", "7, 10"),
        "input: 3x8x8\narguments: {n: 5}\nbody:\n  - flatten\n  - Linear(n, 10)\n",  # a name is not a number
        "input: 3x8x8\nbody:\n  - conv 8 k3 bias=no\n  - bn\n",
    ],
)
def test_what_is_meant_or_not_mechanical_stays(text: str) -> None:
    found = fixed(text)
    assert found is None or found.after == text


def test_an_expectation_that_holds_goes_before_a_guess() -> None:
    text = "input: 3x8x8\nbody:\n  - conv 8 k3\n  - linear 10\nexpect: {output: 8x6x10}\n"
    found = fixed(text)
    assert found is not None
    assert (found.after, found.said) == (text, ())


def test_a_spec_with_more_mistakes_stays_whole() -> None:
    text = "input: 3x8x8\nbody:\n  - conv 8 k3\n  - bn\n  - flatten\n  - Linear(5, 10)\n  - conv 8 k3\n"
    found = fixed(text)
    assert found is not None
    assert found.after == text
    assert found.dropped == ("288 input features for linear1: the spec has more mistakes, to be mended first",)


def test_a_file_keeps_its_ends_of_lines_and_its_mark() -> None:
    text = "\ufeff" + IN_USE.replace("  - part(8)\n", "").replace("\n", "\r\n")
    found = fixed(text)
    assert found is not None
    found.write()
    assert Path("net.yaml").read_bytes() == text.replace("k3 p1", "k3 p1 bias=no").encode("utf-8")


def test_the_command_shows_and_writes(tmp_path: Path) -> None:
    write(tmp_path, {"net.yaml": "input: 3x8x8\nbody:\n  - conv 8 k3\n  - bn\n"})
    shown = cnncalc("check", ".", "--diff")
    assert (shown.code, shown.err) == (1, "note: 1 change in 1 file would be made by --fix\n")
    assert shown.out == (
        "--- a/net.yaml\n+++ b/net.yaml\n@@ -1,4 +1,4 @@\n input: 3x8x8\n body:\n"
        "-  - conv 8 k3\n+  - conv 8 k3 bias=no\n   - bn\n"
    )
    assert json.loads(cnncalc("check", ".", "--diff", "--json").out)["fixes"][0]["fixes"] == ["conv1 without its bias"]
    done = cnncalc("check", ".", "--fix", "--deny", "warnings")
    assert (done.code, done.out) == (
        0,
        "✓ net.yaml  3x8x8 → 8x6x6  232 params  7,776 MACs  no warnings\n"
        "\n"
        "fixed net.yaml: conv1 without its bias\n"
        "1 network as expected\n",
    )
    again = cnncalc("check", ".", "--diff")
    assert (again.code, again.out, again.err) == (0, "", "note: there is nothing to fix\n")
