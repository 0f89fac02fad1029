"""What reading a model's source leaves after: nothing, with torch in the process or without."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

import cnncalc
from cnncalc.layers import registry
from cnncalc.source.reading import read_model
from tests.command import cnncalc as command

NETS = Path(__file__).parent / "nets"
LENET = f"{NETS / 'lenet.py'}:LeNet"


def test_modules_path_and_folder_are_as_they_were() -> None:
    cnncalc.calc(LENET)  # what of Python's own it loads stays
    modules, path, finders = dict(sys.modules), list(sys.path), list(sys.meta_path)
    cnncalc.calc(LENET)
    assert (dict(sys.modules), list(sys.path), list(sys.meta_path)) == (modules, path, finders)


def test_torch_in_the_process_is_left_alone() -> None:
    torch = pytest.importorskip("torch")
    before = torch.nn.functional.relu
    assert cnncalc.calc(LENET).totals.params == 61706
    assert cnncalc.trace(cnncalc.from_source(LENET, (1, 28, 28), set={"classes": 10})).totals.params == 61706
    assert sys.modules["torch"] is torch
    assert torch.nn.functional.relu is before
    assert torch.nn.Linear(2, 3)(torch.zeros(1, 2)).shape == (1, 3)


def test_what_names_no_model_is_no_source() -> None:
    with pytest.raises(cnncalc.UsageError, match="zoo:resnet18 names no PyTorch model"):
        cnncalc.from_source("zoo:resnet18")


def loaded(*arguments: str) -> set[str]:
    """The modules that a command has loaded by its end."""
    code = f"""
import sys
sys.argv = ['cnncalc', *{arguments!r}]
from cnncalc.cli.main import program
try:
    program()
except SystemExit:
    pass
print(*sys.modules, file=sys.stderr)
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, encoding="utf-8", check=True)
    return set(done.stderr.split())


def test_torch_is_not_loaded() -> None:
    assert not {"torch", "numpy", "rich", "yaml"} & {name.partition(".")[0] for name in loaded(LENET)}


@pytest.mark.parametrize("command", [("check",), ("diff", "1x28x28 -> conv 6 k5"), ("import",)])
def test_neither_is_it_by_commands_that_take_a_model(command: tuple[str, ...]) -> None:
    assert not {"torch", "numpy", "rich"} & {name.partition(".")[0] for name in loaded(*command, LENET)}


def test_a_line_loads_nothing_of_it() -> None:
    assert not [name for name in loaded("3x8x8 -> stem: conv 4 k3") if name.startswith("cnncalc.source")]
    assert "cnncalc.source.reading" in loaded(LENET)


def test_a_file_that_changes_folder_and_prints_changes_nothing_here(tmp_path: Path) -> None:
    (tmp_path / "net.py").write_text(
        "import os, torch.nn as nn\nos.chdir('/')\nprint('hello')\n"
        "class Net(nn.Module):\n    def __init__(self):\n        super().__init__()\n        self.a = nn.Linear(3, 4)\n"
        "    def forward(self, x):\n        print(x.shape)\n        return self.a(x)\n"
    )
    here = os.getcwd()
    assert cnncalc.calc(f"{tmp_path / 'net.py'}:Net", input="3").output == (4,)
    assert os.getcwd() == here
    result = command("net.py:Net", "-i", "3", "--json", cwd=tmp_path)
    assert result.out.startswith("{")
    assert "hello" in result.err
    assert not (tmp_path / "__pycache__").exists()


def test_a_layer_of_the_registry_is_one_of_the_stand_in(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "net.py").write_text(
        "import torch.nn as nn\nclass Net(nn.Sequential):\n"
        "    def __init__(self):\n        super().__init__(nn.Linear(3, 4), nn.Mish())\n"
    )
    spec = f"{tmp_path / 'net.py'}:Net"
    assert [node.layer.name for node in read_model(spec, inputs=["3"]).graph.nodes] == ["linear", "mish"]
    find = registry.find
    for module in ("cnncalc.source.layers", "cnncalc.operators.names"):
        monkeypatch.setattr(f"{module}.find", lambda name: None if name.lower().endswith("mish") else find(name))
    with pytest.raises(cnncalc.CnncalcError) as caught:
        read_model(spec, inputs=["3"])
    assert caught.value.diagnostics[0].message == "torch.nn.Mish is not known without torch"
