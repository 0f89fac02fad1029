"""The rows of papers.csv: figures as papers and projects print them, in one table that docs/zoo.md shows too.

`published` is the figure as it is printed, with k, M or G for powers of 1,000. `how` says how ours becomes that:
`rounded` or `cut` behind the last printed digit, or `differs`, with a note that says why or that it is not known.
`counted` is the figure to the integer, as torch.utils.flop_counter counts the network.
"""

from __future__ import annotations

import csv
from decimal import ROUND_DOWN, ROUND_HALF_EVEN, Decimal
from pathlib import Path

import pytest

import cnncalc

with (Path(__file__).parent / "papers.csv").open(encoding="utf-8") as file:
    ROWS = list(csv.DictReader(file))

PREFIXES = {"k": 3, "M": 6, "G": 9}


def computed(row: dict[str, str]) -> int:
    """Our figure for a row."""
    settings = dict(setting.split("=") for setting in row["set"].split())
    report = cnncalc.calc(f"zoo:{row['model']}", input=row["input"] or (), set=settings)
    value = getattr(report.totals, row["figure"])
    assert isinstance(value, int)
    return value


def how(value: int, published: str) -> str:
    """How a figure becomes the printed one."""
    printed = Decimal(published.rstrip("".join(PREFIXES)).replace(",", ""))
    scaled = Decimal(value).scaleb(-PREFIXES.get(published[-1], 0))
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
