"""`cnncalc zoo` filtered and sorted, held to torchvision's own figures."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.command import cnncalc
from tests.published.test_torchvision import ROWS

PARAMS = {row["model"]: int(row["params"]) for row in ROWS if row["input"] == "1x3x224x224"}
MACS = {row["model"]: int(row["macs"]) for row in ROWS if row["input"] == "1x3x224x224"}
RESNETS = [name for name in PARAMS if name.startswith(("resnet", "resnext", "wide_resnet"))]


def listed(*options: str) -> list[dict[str, Any]]:
    result = cnncalc("zoo", *options, "--json")
    assert result.code == 0, result.err
    found: list[dict[str, Any]] = json.loads(result.out)
    return found


def names(*options: str) -> list[str]:
    """The networks that are listed, as far as torchvision has them."""
    return [entry["name"] for entry in listed(*options) if entry["name"] in PARAMS]


def test_a_family_sorted_by_parameters() -> None:
    assert names("--family", "resnet", "--sort", "params") == sorted(RESNETS, key=lambda name: PARAMS[name])
    assert names("--family", "resnet", "--sort", "-macs") == sorted(RESNETS, key=lambda name: -MACS[name])


@pytest.mark.parametrize("bound", ["4089184256", "4,089,184,256", "4.089184256G", "4089.184256M"])
def test_a_bound_is_included_however_it_is_written(bound: str) -> None:
    # torchvision's resnet50 has 4,089,184,256 MACs.
    assert set(names("--family", "resnet", "--max-macs", bound)) == {"resnet18", "resnet34", "resnet50"}
    assert "resnet50" in names("--family", "resnet", "--min-macs", bound)


def test_bounds_together() -> None:
    found = names("--family", "resnet", "--min-params", "20M", "--max-params", "45m", "--max-macs", "7G")
    assert set(found) == {n for n in RESNETS if 20_000_000 <= PARAMS[n] <= 45_000_000 and MACS[n] <= 7_000_000_000}


def test_text_year_and_several_families() -> None:
    assert set(names("--search", "1512.03385", "--year", "2015")) == {n for n in RESNETS if n.startswith("resnet")}
    assert {e["year"] for e in listed("--year", "2016-2017", "--family", "resnet")} == {2016}
    assert {e["family"] for e in listed("--family", "vgg", "--family", "lenet")} == {"vgg", "lenet"}
    assert names("--search", "no such network") == []


@pytest.mark.parametrize("width", [80, 160])
def test_the_table_fits_the_terminal(width: int) -> None:
    result = cnncalc("zoo", COLUMNS=str(width))
    assert max(map(len, result.out.splitlines())) <= width
    # torchvision's resnet50 in its documentation: 25.6 M parameters and 4.09 GFLOPS.
    shown = ("25.6 M", "4.09 G") if width == 80 else ("25,557,032", "4,089,184,256")
    (line,) = [line for line in result.out.splitlines() if line.startswith("resnet50 ")]
    assert [figure for figure in shown if figure in line] == list(shown)
