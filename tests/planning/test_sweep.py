"""Grids of figures: published tables that are on them, and the same numbers by every way of working them out."""

from __future__ import annotations

import csv
import io
import json
from itertools import product
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import cnncalc
from cnncalc.planning import grid
from cnncalc.planning.grid import Forms, points
from cnncalc.planning.pareto import front
from cnncalc.symbolic.expr import Expr, greatest, least, symbol
from tests.command import cnncalc as run

# tensorflow/models, slim/nets/mobilenet/README.md: millions of multiply-adds by width and image size. torch's counter
# gives the whole figures on the same networks; the README rounds them down.
MOBILENET_V2 = {
    ("1.4", 224): 582_195_824,
    ("1.3", 224): 509_374_560,
    ("1.0", 224): 300_774_272,
    ("1.0", 192): 221_316_608,
    ("1.0", 160): 154_083_200,
    ("1.0", 128): 99_074_048,
    ("1.0", 96): 56_289_152,
    ("0.75", 224): 209_069_792,
    ("0.75", 192): 153_941_888,
    ("0.75", 160): 107_295_200,
    ("0.75", 128): 69_129_728,
    ("0.75", 96): 39_445_472,
    ("0.5", 224): 97_131_840,
    ("0.5", 192): 71_701_760,
    ("0.5", 160): 50_184_000,
    ("0.5", 128): 32_578_560,
    ("0.5", 96): 18_885_440,
    ("0.35", 224): 59_285_808,
    ("0.35", 192): 43_896_512,
    ("0.35", 160): 30_874_800,
    ("0.35", 128): 20_220_672,
    ("0.35", 96): 11_934_128,
}


def test_the_published_rows_of_mobilenet_v2_are_on_the_sweep() -> None:
    result = run(
        *("sweep", "zoo:mobilenet_v2", "-i", "3xSxS", "--over", "width=0.35,0.5,0.75,1.0,1.3,1.4"),
        *("--over", "S=96:224:32", "--columns", "macs", "--format", "csv"),
    )
    rows = {(float(r["width"]), int(r["S"])): int(r["macs"]) for r in csv.DictReader(io.StringIO(result.out))}
    assert len(rows) == 30
    assert {key: rows[float(key[0]), key[1]] for key in MOBILENET_V2} == MOBILENET_V2


@pytest.mark.parametrize(
    ("spec", "shape", "over"),
    [
        ("zoo:resnet18", "3xHxW", {"H": "160:250:10", "W": "160:250:15"}),
        (
            "3xHxW -> conv 8 k5 s3 p1 -> maxpool 3 s2 ceil_mode=yes -> flatten -> linear 10",
            (),
            {"H": "5:40", "W": "7:9"},
        ),
        ("zoo:mobilenet_v2", "3xHxH", {"width": [0.5, 0.9], "H": [96, 97, 224]}),
        ("zoo:unet", "3xHxW", {"H": range(180, 260, 4), "W": [200, 572]}),
    ],
)
def test_rows_are_what_calc_gives(spec: str, shape: Any, over: dict[str, Any]) -> None:
    found = cnncalc.sweep(spec, input=shape, over=over)
    rows = {tuple(row[name] for name in over): row for row in found}
    for values in product(*(grid_values(v) for v in over.values())):
        choice = dict(zip(over, values))
        try:
            report = cnncalc.calc(spec, input=shape, set=choice)
        except cnncalc.CnncalcError:
            assert values not in rows
            continue
        totals = report.totals
        expected = {"params": totals.params, "macs": totals.macs, "flops": totals.flops}
        expected |= {"activations": totals.activations, "output": "x".join(map(str, report.output))}
        assert rows[values] == choice | expected
    assert len(rows) + found.tally.illegal == found.tally.points


def grid_values(values: Any) -> list[Any]:
    if isinstance(values, str):
        first, last, *step = map(int, values.split(":"))
        return list(range(first, last + 1, *step))
    return list(values)


H, W = symbol("H"), symbol("W")


@st.composite
def forms(draw: st.DrawFn) -> Any:
    """A sum of products, floors, minima and maxima, small or past 64 bits."""
    value: Any = draw(st.integers(-50, 50))
    for _ in range(draw(st.integers(1, 4))):
        kind = draw(st.sampled_from(["add", "mul", "floor", "min", "max", "far"]))
        other = draw(st.sampled_from([H, W, H * W, H + 3]))
        if kind == "add":
            value = value + draw(st.integers(-9, 9)) * other
        elif kind == "mul":
            value = value * other
        elif kind == "floor":
            value = (value + other) // draw(st.integers(1, 9))
        elif kind == "far":
            value = value * draw(st.sampled_from([1, 2**31, 2**61]))
        else:
            value = (least if kind == "min" else greatest)(value, other)
    return value


@settings(deadline=None, max_examples=150)
@given(st.lists(forms(), min_size=1, max_size=3), forms(), forms(), st.integers(-99, 99))
def test_numpy_and_plain_integers_agree(values: list[Any], need: Any, bounded: Any, low: int) -> None:
    axes = {"H": list(range(1, 40, 2)), "W": [1, 2, 3, 50, 60, 2**20] * 6}
    asked = Forms(values, [need] if isinstance(need, Expr) else [], [], [(bounded, low, None)])
    assert list(points(asked, axes)) == list(grid._one_by_one(asked, axes, [*values, *asked.needs, bounded]))


def test_numpy_works_out_what_its_integers_hold_and_no_more() -> None:
    axes = {"H": list(range(1, 1001))}
    assert list(points(Forms([H**6], [], [], []), axes)) == list(grid._by_numpy(Forms([H**6], [], [], []), axes))
    far = list(points(Forms([H**7 * 10**3], [], [], []), axes))
    assert far[0].values[0][-1] == 1000**7 * 10**3  # past 63 bits, in which numpy's integers would go round


@settings(deadline=None)
@given(st.lists(st.tuples(*[st.integers(0, 6)] * 3), min_size=1, max_size=25), st.tuples(*[st.booleans()] * 3))
def test_the_front_by_comparing_each_row_with_each(rows: list[tuple[int, ...]], largest: tuple[bool, ...]) -> None:
    def beats(a: tuple[int, ...], b: tuple[int, ...]) -> bool:
        signed = [(x, y) if not large else (y, x) for x, y, large in zip(a, b, largest)]
        return all(x <= y for x, y in signed) and any(x < y for x, y in signed)

    expected = [i for i, row in enumerate(rows) if not any(beats(other, row) for other in rows)]
    columns = [([row[k] for row in rows], largest[k]) for k in range(3)]
    assert front(columns, range(len(rows))) == expected


def test_the_front_of_two_figures() -> None:
    rows = [(1, 9), (2, 7), (2, 8), (3, 7), (4, 1), (1, 9)]
    assert front([([a for a, _ in rows], False), ([b for _, b in rows], False)], range(6)) == [0, 1, 4, 5]


def test_every_format_has_the_same_rows(tmp_path: Path) -> None:
    command = ("sweep", "zoo:mobilenet_v2", "--over", "width=0.5:1:0.25", "--sort", "-macs", "--top", "2")
    # The parameters that torchvision's mobilenet_v2 has at these widths; the README's MACs, as above.
    expected = [
        {"width": 1, "output": "1000", "params": 3504872, "macs": 300774272},
        {"width": 0.75, "output": "1000", "params": 2636424, "macs": 209069792},
    ]
    columns = ("--columns", "output,params,macs")
    envelope = json.loads(run(*command, *columns, "--json").out)
    assert envelope["ok"]
    assert envelope["rows"] == expected
    lines = run(*command, *columns, "--format", "jsonl").out.splitlines()
    assert [json.loads(line) for line in lines] == expected
    file = tmp_path / "rows.csv"
    assert run(*command, *columns, "-o", str(file)).out == ""  # its ending says the format
    rows = list(csv.DictReader(file.open(encoding="utf-8")))
    assert [{k: str(v) for k, v in row.items()} for row in expected] == rows
    table = run(*command, *columns, "--format", "table").out
    assert run(*command, *columns, "--format", "table", "-o", str(file), "--force").out == ""
    assert file.read_text(encoding="utf-8").split() == table.split()  # what is asked for comes before the ending


def test_pandas_takes_rows() -> None:
    pandas = pytest.importorskip("pandas")
    frame = pandas.DataFrame(cnncalc.sweep("zoo:resnet18", input="3xHxW", over={"H": [64, 96], "W": [64]}).rows)
    assert list(frame.columns) == ["H", "W", "output", "params", "macs", "flops", "activations"]


@pytest.mark.parametrize("ending", ["svg", "png", "html"])
def test_a_plot_is_written(tmp_path: Path, ending: str) -> None:
    file = tmp_path / f"plot.{ending}"
    command = ("sweep", "zoo:mobilenet_v2", "-i", "3xHxH", "--over", "width=0.5,1", "--over", "H=96,224")
    result = run(*command, "--pareto", "params,activations:max", "--plot", str(file))
    assert (result.code, result.err) == (0, "")
    text = file.read_bytes()
    assert {"svg": b"<?xml", "png": b"\x89PNG", "html": b"<!DOCTYPE html>"}[ending] in text[:20]
    if ending != "png":
        assert b"parameters" in text
        assert b"width 1, H 224" in text  # a point of the trade-off
    again = run(*command, "--plot", str(file))
    assert (again.code, file.read_bytes()) == (2, text)


def test_a_plot_in_the_terminal() -> None:
    result = run("sweep", "zoo:mobilenet_v2", "--over", "width=0.5,1", "--plot", "-", "--plot-axes", "width,macs")
    assert result.code == 0
    assert "MACs" in result.out
    assert "\x1b" not in result.out
