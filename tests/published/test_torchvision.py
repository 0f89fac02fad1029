"""torchvision's networks: parameters, buffers, MACs and outputs to the integer.

Source of the table: torchvision 0.28 built and counted with torch.utils.flop_counter (MACs are half its
FLOPs); `published_gmacs` is the GFLOPS column of torchvision's documentation.
"""

from __future__ import annotations

import csv
from pathlib import Path

import pytest

from tests.command import figures

with (Path(__file__).parent / "torchvision.csv").open(encoding="utf-8") as file:
    ROWS = list(csv.DictReader(file))


@pytest.mark.parametrize("row", ROWS, ids=[f"{row['model']}-{row['input']}" for row in ROWS])
def test_figures_are_torchvisions(row: dict[str, str]) -> None:
    batch, _, sample = row["input"].partition("x")
    assert batch == "1"
    found = figures(f"zoo:{row['model']}", "-i", sample)
    totals = found["totals"]
    assert totals["params"] == int(row["params"])
    assert totals["buffers"] == int(row["buffers"])
    assert totals["macs"] == int(row["macs"])
    assert round(totals["macs"] / 1e9, 3) == float(row["published_gmacs"])
    assert [1, *found["outputs"]["output"]] == [int(size) for size in row["output"].split("x")]
    assert totals["status"] == "exact"


def test_inception_v3_with_the_classifier_that_its_parameters_count() -> None:
    # torchvision builds it with the auxiliary classifier, and does not run that outside training.
    row = {"params": 27_161_264, "buffers": 36_320, "macs": 5_713_216_096, "published_gmacs": 5.713}
    built, run = (figures("zoo:inception_v3", "--set", f"aux={aux}")["totals"] for aux in ("yes", "no"))
    assert built["params"] == row["params"]
    assert built["buffers"] == row["buffers"]
    assert run["macs"] == row["macs"]
    assert round(run["macs"] / 1e9, 3) == row["published_gmacs"]


def test_the_table_has_every_family_that_the_zoo_takes_from_torchvision() -> None:
    models = {row["model"] for row in ROWS}
    assert {"alexnet", "vgg19_bn", "resnet152", "googlenet", "squeezenet1_1", "densenet121", "mobilenet_v2"} <= models
    assert len(ROWS) >= 60
