"""Figures that a page prints, held against the networks of its rows; nothing passes in silence.

The figures of torchvision's networks are those of tests/published/torchvision.csv.
"""

from __future__ import annotations

import json
from fractions import Fraction
from pathlib import Path

import pytest

from cnncalc.checks.published import published
from cnncalc.checks.run import Outcome, Run
from cnncalc.checks.tables import Column, column, printed, tables
from cnncalc.checks.targets import RunSettings, of_word
from cnncalc.diagnostics import Source
from cnncalc.render import Options
from cnncalc.render.reports import report
from tests.checks.repository import SMALL, SMALL_MACS, SMALL_PARAMS, write
from tests.command import cnncalc

PAGE = """\
# Zoo

| Model | Input size | #Params (M) | GFLOPs | Top-1 | Weights |
|:------|:----------:|------------:|-------:|------:|---------|
| ResNet-18 | 224 | 11.7 | 1.8 | 69.8 | [link](x.pth) |
| **ResNet-50** | 224x224 | 25.6 | 4.1 | 76.1 | - |
| [Ours](nets/small.yaml) | 32 | 0.0066 | 0.00036 | - | |
| EfficientViT-M0 | 224 | 2.3 | 0.08 | 63 | |
| AlexNet | 224 | 61 / 62 | 0.7 | | |
| VGG-16 | 224 | 138.4 | 15.6 | 71 | |
| `zoo:vgg11` | 224 | | | 69 | |

```
| Model | Params (M) |
|---|---|
| ResNet-18 | 1 |
```

| code | meaning |
|---|---|
| a | b |

| Net | Params of backbone | MACs |
|---|---|---|
| resnet34 | 21 | 3.67G |
"""


@pytest.fixture(autouse=True)
def elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    write(tmp_path, {"README.md": PAGE, "nets/small.yaml": SMALL})


def compared(text: str, *words: str) -> list[Outcome]:
    write(Path(), {"page.md": text})
    targets = [target for word in words for target in of_word(word, RunSettings())]
    return published(Path("page.md"), targets, RunSettings()).outcomes


def text(outcomes: list[Outcome]) -> str:
    return report("text")(Run(outcomes, []), Options(width=80))


def table(header: str, *rows: str) -> str:
    return "\n".join([header, "|".join("---" for _ in header.strip("|").split("|")).join("||"), *rows, ""])


def test_a_page_of_a_zoo() -> None:
    result = cnncalc("check", "--table", "README.md")
    assert result.code == 1
    assert result.out == GOLDEN.read_text(encoding="utf-8")
    denied = cnncalc(
        "check", "--table", "README.md", "--deny", "warnings", "--report", "text", "--report", "json=x.json"
    )
    assert denied.out.startswith(
        "✗ README.md                                  fails: not-compared\n✓ README.md:5 ResNet-18 "
    )
    found = json.loads(Path("x.json").read_text(encoding="utf-8"))
    assert [problem["code"] for problem in found["diagnostics"]].count("not-compared") == 4
    where = [(p["file"], p["line"], p["column"]) for p in found["diagnostics"] if p["code"] == "table-disagrees"]
    assert where == [("README.md", 10, 26), ("README.md", 25, 19)]


GOLDEN = Path(__file__).with_name("published.txt")


@pytest.mark.parametrize(
    ("header", "found"),
    [
        ("Params (M)", Column("params", 6)),
        ("#Params", Column("params")),
        ("# Parameters", Column("params")),
        ("Param. (k)", Column("params", 3)),
        ("Params, M", Column("params", 6)),
        ("Number of parameters (millions)", Column("params", 6)),
        ("FLOPs (G)", Column("flops", 9)),
        ("FLOPs(B)", Column("flops", 9)),
        ("MFLOPs", Column("flops", 6)),
        ("FLOPs [10^9]", Column("flops", 9)),
        ("MACs", Column("macs")),
        ("GMACs", Column("macs", 9)),
        ("Mult-Adds (M)", Column("macs", 6)),
        ("MAdds", Column("macs")),
        ("Acts (M)", Column("activations", 6)),
        ("Resolution", Column("input")),
        ("img_size", Column("input")),
        ("input size (px)", Column("input")),
        ("Backbone", Column("name")),
        ("Top-1 (%)", None),
        ("Params (MB)", None),  # bytes of what?
        ("Size (M)", None),
        ("Latency", None),
    ],
)
def test_what_a_column_holds(header: str, found: Column | None) -> None:
    assert column(header) == found


@pytest.mark.parametrize(
    ("cell", "power", "value", "unit"),
    [
        ("11.7", 6, 11_700_000, 100_000),
        ("11.70M", None, 11_700_000, 10_000),
        ("25,557,032", None, 25_557_032, 1),
        ("~4.1 G", None, 4_100_000_000, 100_000_000),
        ("26", 6, 26_000_000, 1_000_000),
    ],
)
def test_what_a_cell_prints(cell: str, power: int | None, value: int, unit: int) -> None:
    found = printed(cell, power)
    assert found == (Fraction(value), Fraction(unit))


@pytest.mark.parametrize("cell", ["11.7 / 12", "many", "1.2.3", "11.7G", "5%", "-3"])
def test_cells_that_print_no_figure(cell: str) -> None:
    assert printed(cell, 6) is None


@pytest.mark.parametrize(
    ("cell", "right"), [("11.7", True), ("11.69", True), ("11.6", False), ("12", True), ("11", False)]
)
def test_a_figure_holds_as_it_is_rounded(cell: str, right: bool) -> None:
    """ResNet-18 has 11,689,512 parameters."""
    (_, row) = compared(table("| Model | Params (M) |", f"| ResNet-18 | {cell} |"))
    assert row.ok is right


def test_flops_are_one_or_the_other_for_a_whole_column() -> None:
    """ResNet-18 has 1,814,073,344 multiply-accumulates, ResNet-50 has 4,089,184,256."""
    rows = ("| resnet18 | 1.8G |", "| resnet50 | 8.2G |")
    one, two = compared(table("| Model | FLOPs |", *rows))[1:]
    assert (one.ok, two.ok) == (False, True)  # of a draw, what FLOPs are
    macs = compared(table("| Model | FLOPs |", *rows, "| resnet34 | 3.7G |"))[1:]
    assert [row.ok for row in macs] == [True, False, True]
    assert macs[1].problems[0].message == "resnet50 has 8.2G under FLOPs, and its MACs are 4,089,184,256"


def test_the_input_of_a_row() -> None:
    """By hand: 280 per pixel of one convolution, 27*10 + 10."""
    write(Path(), {"one.yaml": "name: one\ninput: 3xHxW\nbody: conv 10 k3 p1\n"})
    page = table("| Model | Input | MACs |", "| one | 8 | 17280 |", "| one | 8x16 | 34560 |", "| one | 3x4x4 | 4320 |")
    assert [row.ok for row in compared(page, "one.yaml")] == [True] * 4
    page = table("| Model | Input | MACs |", "| one | | 17280 |", "| one | large | 17280 |", "| one | 1x2x3x4 | 1 |")
    assert text(compared(page, "one.yaml")).splitlines()[0] == "✗ page.md  fails: no-table"
    assert [warning.message for warning in compared(page, "one.yaml")[0].warnings] == [
        "the input large cannot be read",
        "the input 1x2x3x4 cannot be read",
        "the MACs of one depend on open sizes",
    ]


def test_rows_are_named_as_targets_are() -> None:
    page = table("| Model | Params |", f"| Small | {SMALL_PARAMS} |", "| `nets/small.yaml` | 1 |")
    one, two = compared(page, "nets")[1:]
    assert (one.ok, two.ok) == (True, False)
    page = table("Model | Params | MACs", f"small | {SMALL_PARAMS:,} | {SMALL_MACS:,}").replace(
        "|---|---|---|", "-|-|-"
    )
    assert [row.ok for row in compared(page, "nets/small.yaml")] == [True, True]


def test_a_page_without_tables_fails() -> None:
    write(Path(), {"empty.md": "# Nothing\n"})
    result = cnncalc("check", "--table", "empty.md")
    assert (result.code, result.out.splitlines()[0]) == (1, "✗ empty.md  fails: no-table")
    assert cnncalc("check", "--table", "README.md", "--report", "text=README.md").code == 2


def test_cells_with_bars_links_and_marks() -> None:
    source = Source("", r"| a \| b | [**c**](d_e.yaml)<sup>1</sup> | `x`[^2] |" + "\n|-|-|-|\n")
    (found,) = tables(source)
    assert [cell.text for cell in found.header] == ["a | b", "c", "x"]
    assert found.header[1].links == ["d_e.yaml"]
