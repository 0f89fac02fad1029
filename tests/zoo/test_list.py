"""The zoo as `cnncalc zoo` lists it: every network with where it comes from."""

from __future__ import annotations

import json
import os
import subprocess
import sys

from cnncalc.language.text.zoo_files import zoo_names
from cnncalc.zoo.catalog import STORED, stored
from cnncalc.zoo.computed import computed, stored_text
from tests.command import cnncalc


def test_every_network_says_where_it_comes_from() -> None:
    result = cnncalc("zoo", "--json")
    assert result.code == 0, result.err
    entries = {entry["name"]: entry for entry in json.loads(result.out)["networks"]}
    assert list(entries) == sorted(zoo_names(), key=lambda name: entries[name]["family"])
    for entry in entries.values():
        assert 1989 <= entry["year"] <= 2030, entry
        assert entry["source"], entry


def test_a_relative_in_the_same_file_has_a_source_of_its_own() -> None:
    entries = {entry["name"]: entry for entry in json.loads(cnncalc("zoo", "--json").out)["networks"]}
    about = {name: (entries[name]["year"], entries[name]["source"]) for name in entries}
    assert about["resnet50"] == (2015, "He et al. 2015, arXiv 1512.03385")
    assert about["resnext50_32x4d"] == (2016, "Xie et al. 2016, arXiv 1611.05431")
    assert about["alexnet"] == (2014, "Krizhevsky 2014, arXiv 1404.5997")
    assert about["alexnet_paper"] == (2012, "Krizhevsky et al. 2012, NIPS 25")


def test_the_stored_figures_are_the_computed_ones() -> None:
    text = stored_text(computed())
    if os.environ.get("CNNCALC_OVERWRITE"):
        STORED.write_text(text, encoding="utf-8")
    again = "CNNCALC_OVERWRITE=1 python -m pytest tests/zoo/test_list.py"
    assert STORED.read_text(encoding="utf-8") == text, f"write it anew: {again}"
    assert stored() == computed()


def test_the_list_computes_nothing() -> None:
    command = [sys.executable, "-X", "importtime", "-m", "cnncalc", "zoo", "--json"]
    process = subprocess.run(command, capture_output=True, text=True, check=True, env={**os.environ, "NO_COLOR": "1"})
    loaded = {line.rpartition("|")[2].strip() for line in process.stderr.splitlines()}
    assert "cnncalc.zoo.catalog" in loaded
    assert loaded.isdisjoint({"torch", "torchvision", "numpy", "sympy", "rich", "yaml", "cnncalc.zoo.computed"})
    assert len(json.loads(process.stdout)["networks"]) == len(zoo_names())
