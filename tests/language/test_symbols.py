"""`symbols` with numbers: open sizes that have a number until the caller says otherwise."""

from __future__ import annotations

from pathlib import Path

import pytest

import cnncalc

PAIR = """
symbols: {T: 128}
inputs: {tokens: T, segments: T}
body:
  - a: tokens -> embedding 10 8
  - b: segments -> embedding 2 8
  - add(a, b)
"""


def spec(folder: Path, text: str = PAIR) -> str:
    path = folder / "net.yaml"
    path.write_text(text, encoding="utf-8")
    return str(path)


@pytest.mark.parametrize(
    ("given", "settings", "shape", "opened"),
    [
        ([], {}, "128x8", []),
        (["64"], {}, "64x8", []),
        (["segments=64"], {}, "64x8", []),
        (["T"], {}, "Tx8", ["T"]),
        ([], {"T": "32"}, "32x8", []),
        ([], {"T": "T"}, "Tx8", ["T"]),
    ],
)
def test_the_number_stands_until_the_caller_says_otherwise(
    tmp_path: Path, given: list[str], settings: dict[str, str], shape: str, opened: list[str]
) -> None:
    report = cnncalc.calc(spec(tmp_path), input=given, set=settings)
    assert ["x".join(map(str, dims)) for dims in report.outputs.values()] == [shape]
    assert report.symbols == opened


def test_a_number_reaches_every_block(tmp_path: Path) -> None:
    text = "symbols: {K: 12}\ninput: 3x8x8\nblocks: {wide(c): conv c+K k1}\nbody: [wide(1), conv K k1]\n"
    report = cnncalc.calc(spec(tmp_path, text))
    assert [layer.output[0] for layer in report.layers] == [13, 12]
    assert cnncalc.calc(spec(tmp_path, text), set={"K": "2"}).layers[0].output[0] == 3


def test_some_symbols_may_have_no_number(tmp_path: Path) -> None:
    text = "symbols: {K: , T: 4}\ninput: (K, T)\nbody: relu\n"
    assert cnncalc.calc(spec(tmp_path, text)).symbols == ["K"]


@pytest.mark.parametrize("number", ["no", "1.5", "[1]", "-1", "K"])
def test_what_is_no_number_is_refused(tmp_path: Path, number: str) -> None:
    with pytest.raises(cnncalc.CnncalcError, match="the number of T is 0 or more"):
        cnncalc.calc(spec(tmp_path, f"symbols: {{T: {number}}}\ninput: T\nbody: relu\n"))
