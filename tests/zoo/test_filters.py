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
    found: list[dict[str, Any]] = json.loads(result.out)["networks"]
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
    found = names("--family", "resnet", "--min-params", "20M", "--max-params", "45M", "--max-macs", "7G")
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


def test_at_80_columns_a_source_on_arxiv_is_its_number() -> None:
    entries = {entry["name"]: entry for entry in listed()}
    lines = cnncalc("zoo", COLUMNS="80").out.splitlines()
    shown = {line.split()[0]: line for line in lines if line and line.split()[0] in entries}
    assert set(shown) == set(entries)
    numbers = {name: entry["source"].rpartition("arXiv ")[2] for name, entry in entries.items()}
    for name, line in shown.items():
        if "arXiv" in entries[name]["source"]:
            assert line.endswith(f"{entries[name]['year']}  {numbers[name]}")
    assert shown["resnet50"].endswith("2015  1512.03385")


def test_what_there_is_where_no_network_is_small_enough() -> None:
    # torchvision's resnet18 has 1,814,073,344 MACs and 11,689,512 parameters.
    result = cnncalc("zoo", "--family", "resnet", "--max-macs", "1G", "--sort", "params")
    assert result.code == 0
    assert result.out.startswith("No network of the zoo is like that.")
    assert "have 11.7 M to " in result.out
    assert "\nand 1.81 G to " in result.out
    assert max(map(len, result.out.splitlines())) <= 80
    one = cnncalc("zoo", "--search", "lecun1989", "--min-params", "1M")
    assert "The one that is else like it has 9.76 k parameters,\nand 63.7 k MACs." in one.out
    assert cnncalc("zoo", "--search", "no such network").out == "No network of the zoo is like that.\n"
    assert listed("--search", "no such network") == []
