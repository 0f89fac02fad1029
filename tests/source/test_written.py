"""Networks as people write them, read without torch: torch's own figures are the judge."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pytest

import cnncalc
from tests.source.figures import figures_of

NETS = Path(__file__).parent / "nets"
BATCH = {"N": 2}


class Written(NamedTuple):
    """A class or function of a file, with the shapes that a comment on it gives."""

    file: Path
    name: str
    inputs: tuple[str, ...]

    @property
    def spec(self) -> str:
        return f"{self.file}:{self.name}"


def written() -> Iterator[Written]:
    above = r"# cnncalc: input ([^\n]+)\n(?:class|def) (\w+)"
    inside = r"class (\w+)[^\n]*\n    # cnncalc: input ([^\n]+)"
    for file in sorted(NETS.glob("*.py")):
        for found in re.finditer(f"{above}|{inside}", file.read_text(encoding="utf-8")):
            shapes = found[1] or found[4]
            yield Written(file, found[2] or found[3], tuple(shape.strip() for shape in shapes.split(",")))


ALL = list(written())


def theirs(one: Written) -> dict[str, Any]:
    """What torch counts of the module itself, on shapes alone."""
    from cnncalc.torch_bridge.importing.capture import counted, without_data
    from cnncalc.torch_bridge.importing.importer import read_shape
    from cnncalc.torch_bridge.importing.target import load

    unseen: list[str] = []
    module = without_data(load(one.spec))
    found = counted(module, [read_shape(text, False) for text in one.inputs], BATCH, unseen)
    assert not unseen
    return found._asdict()


@pytest.mark.parametrize("one", ALL, ids=lambda one: f"{one.file.stem}-{one.name}")
def test_figures_are_those_of_torch(one: Written) -> None:
    pytest.importorskip("torch", reason="torch is the judge")
    assert figures_of(cnncalc.calc(one.spec), BATCH) == theirs(one)


def test_the_judge_can_say_no() -> None:
    pytest.importorskip("torch", reason="torch is the judge")
    one = next(one for one in ALL if one.name == "LeNet")
    assert figures_of(cnncalc.calc(one.spec, set={"classes": 11}), BATCH) != theirs(one)


def test_an_argument_and_an_input_go_before_those_of_the_file() -> None:
    found = cnncalc.calc(f"{NETS / 'misc.py'}:build", input="3x32", kwargs={"sizes": [32, 5]})
    assert found.output == (3, 5)
