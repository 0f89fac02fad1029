"""The rows of papers.csv: figures as papers and projects print them, in one table that docs/zoo.md shows too.

`published` is the figure as it is printed, with k, M or G for powers of 1,000, or Mi for 1,048,576. `how` says how
ours becomes that: `rounded` or `cut` after the last printed digit, or `differs`, with a note that says why or that it
is not known. `counted` is the figure to the integer, as torch.utils.flop_counter counts the network.

`figure` is one of the totals of a report, or one of FIGURES, which sources print under names such as "parameters".
"""

from __future__ import annotations

import csv
from collections.abc import Callable
from decimal import ROUND_DOWN, ROUND_HALF_EVEN, Decimal
from pathlib import Path

import pytest

import cnncalc
from cnncalc.analysis.layer_report import LayerReport
from cnncalc.symbolic.expr import Dim, product

with (Path(__file__).parent / "papers.csv").open(encoding="utf-8") as file:
    ROWS = list(csv.DictReader(file))

PREFIXES = {"k": 1000, "M": 1000**2, "G": 1000**3, "Mi": 1024**2}


def normalises(layer: LayerReport) -> bool:
    return layer.type.startswith("batchnorm")


def weights(report: cnncalc.Report) -> Dim:
    """The parameters of layers that have MACs, without their biases."""
    return sum(product(x.weights["weight"]) for x in report.layers if x.macs and "weight" in x.weights)


def without_norms(report: cnncalc.Report) -> Dim:
    """Without the scales and shifts of batch norm."""
    return report.totals.params - sum(x.params for x in report.layers if normalises(x))


def with_statistics(report: cnncalc.Report) -> Dim:
    """With the running mean and variance of batch norm, and without the counter that torch has beside them."""
    return report.totals.params + report.totals.buffers - sum(map(normalises, report.layers))


def outputs(report: cnncalc.Report) -> Dim:
    """The elements that convolutions give."""
    return sum(x.activations for x in report.layers if x.type.startswith("conv"))


FIGURES: dict[str, Callable[[cnncalc.Report], Dim]] = {
    "weights": weights,
    "params without batch norm": without_norms,
    "params and running statistics": with_statistics,
    "conv outputs": outputs,
    "bytes": lambda report: 4 * report.totals.params,
    "bytes with running statistics": lambda report: 4 * with_statistics(report),
}


def computed(row: dict[str, str]) -> int:
    """Our figure for a row."""
    settings = dict(setting.split("=") for setting in row["set"].split())
    report = cnncalc.calc(f"zoo:{row['model']}", input=row["input"] or (), set=settings)
    figure = row["figure"]
    value = FIGURES[figure](report) if figure in FIGURES else getattr(report.totals, figure)
    assert isinstance(value, int)
    return value


def how(value: int, published: str) -> str:
    """How a figure becomes the printed one."""
    digits = published.rstrip("kMGi")
    printed = Decimal(digits.replace(",", ""))
    scaled = Decimal(value) / PREFIXES.get(published.removeprefix(digits), 1)
    if scaled.quantize(printed, ROUND_HALF_EVEN) == printed:
        return "rounded"
    return "cut" if scaled.quantize(printed, ROUND_DOWN) == printed else "differs"


@pytest.mark.parametrize("row", ROWS, ids=lambda r: " ".join(filter(None, (r["model"], r["set"], r["figure"]))))
def test_the_printed_figure(row: dict[str, str]) -> None:
    value = computed(row)
    assert how(value, row["published"]) == row["how"]
    assert bool(row["note"]) == (row["how"] == "differs")
    assert row["counted"] in ("", str(value))
    assert row["source"]


def test_digits() -> None:
    assert how(3_857_973_248, "3.8G") == "cut"
    assert how(3_857_973_248, "3.9G") == "rounded"
    assert how(3_857_973_248, "3.858G") == "rounded"
    assert how(3_857_973_248, "3.7G") == "differs"
    assert how(61_706, "61,706") == "rounded"
    assert how(61_706, "61,707") == "differs"
