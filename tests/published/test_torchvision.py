"""torchvision's networks: parameters, buffers, MACs and outputs to the integer.

Source of the table: torchvision 0.28 built and counted with torch.utils.flop_counter (MACs are half its
FLOPs); `published_gmacs` is the GFLOPS column of torchvision's documentation. Segmentation has its auxiliary
head, which runs always; GoogLeNet is without its two; Inception v3 has its own, which is not run.
"""

from __future__ import annotations

import csv
from pathlib import Path

import pytest

from cnncalc.language.text.zoo_files import zoo_names
from tests.command import figures

with (Path(__file__).parent / "torchvision.csv").open(encoding="utf-8") as file:
    TABLE = list(csv.DictReader(file))
ROWS = [row for row in TABLE if row["model"] in zoo_names()]


def outputs(text: str) -> list[tuple[int, ...]]:
    """`1x1000`, or `{out:1x21x520x520;aux:1x21x520x520}`."""
    shapes = [part.rpartition(":")[2] for part in text.strip("{}").split(";")]
    return [tuple(int(size) for size in shape.split("x")) for shape in shapes]


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
    assert [(1, *shape) for shape in found["outputs"].values()] == outputs(row["output"])
    assert totals["status"] == "exact"


def test_the_names_of_several_outputs() -> None:
    for row in ROWS:
        if row["family"] == "segmentation":
            names = [part.partition(":")[0] for part in row["output"].strip("{}").split(";")]
            assert list(figures(f"zoo:{row['model']}", "-i", "3x64x64")["outputs"]) == names


def test_every_row_is_in_the_zoo() -> None:
    missing = {row["model"] for row in TABLE} - set(zoo_names())
    assert missing == set()


def test_parameters_of_training_count_and_are_not_run() -> None:
    # torchvision builds these auxiliary classifiers, and does not run them outside training. Its GoogLeNet has
    # 13,004,888 parameters before the weights are loaded and the classifiers dropped.
    built, without = (figures("zoo:googlenet", "--set", f"aux={aux}")["totals"] for aux in ("yes", "no"))
    assert built["params"] == 13_004_888
    assert without["params"] == 6_624_904
    assert built["macs"] == without["macs"]
    layers = {layer["path"]: layer for layer in figures("zoo:inception_v3")["layers"]}
    assert layers["AuxLogits.fc"]["params"] == 769_000
    assert layers["AuxLogits.fc"]["macs"] == 0
    assert layers["AuxLogits.fc"]["train_only"] is True
    assert "train_only" not in layers["fc"]
