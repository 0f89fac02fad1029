"""Every example on a help page runs."""

from __future__ import annotations

import re
import shlex
from importlib import import_module
from pathlib import Path

import pytest

from cnncalc.cli import main
from tests.command import cnncalc

MODEL = """
from torch import nn

class Net(nn.Sequential):
    def __init__(self, classes=2):
        super().__init__(nn.Conv2d(3, 8, 3), nn.ReLU(), nn.Flatten(), nn.Linear(7200, classes))
"""
COMMANDS = main.command_names()


def pages() -> list[str]:
    modules = [import_module(f"cnncalc.cli.commands.{'import_' if name == 'import' else name}") for name in COMMANDS]
    return [main.main.__doc__ or "", *(module.command.__doc__ or "" for module in modules)]


EXAMPLES = [line for page in pages() for line in re.findall(r"^ +(cnncalc .*)$", page, re.MULTILINE)]


@pytest.mark.parametrize("example", EXAMPLES)
def test_example(example: str, tmp_path: Path) -> None:
    if "verify" in example:
        pytest.importorskip("torch", reason="torch runs the example")
    (tmp_path / "mypackage").mkdir()
    for file in ("mypackage/models.py", "net.py"):
        (tmp_path / file).write_text(MODEL)
    command, _, file = example.partition(" > ")
    result = cnncalc(*shlex.split(command)[1:], cwd=tmp_path)
    assert result.code == 0, result.err
    assert result.out or file or " -o " in example


def test_every_command_is_on_the_first_page() -> None:
    page = cnncalc("--help").out
    assert all(f"│ {name}  " in page for name in COMMANDS)
    assert len(EXAMPLES) >= 3 + len(COMMANDS)
