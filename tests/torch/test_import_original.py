"""An import is held against the module that it is of, and not only against what is built of its layers."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

import cnncalc
from tests.command import cnncalc as run

torch = pytest.importorskip("torch", reason="torch reads the modules")

from torch import nn  # noqa: E402

from cnncalc.torch_bridge.importing.importer import Imported, import_module, read_shape  # noqa: E402
from cnncalc.torch_bridge.importing.original import Original  # noqa: E402
from cnncalc.torch_bridge.verifying.verify import verify  # noqa: E402

MODELS = """
import torch
from torch import nn


class Net(nn.Module):
    def __init__(self, width=8):
        super().__init__()
        self.conv = nn.Conv2d(3, width, 3)
        self.bn = nn.BatchNorm2d(width)

    def forward(self, x):
        return self.bn(self.conv(x)).relu()


class Exported(nn.Module):
    def __init__(self):
        super().__init__()
        self.small, self.large = nn.Linear(4, 2), nn.Linear(4, 3)

    def forward(self, x):
        return self.small(x) if torch.compiler.is_exporting() else self.large(x)


class Alone(nn.Module):
    def __init__(self):
        super().__init__()
        self.linear = nn.Linear(4, 4)

    def forward(self, x):
        return self.linear(x) if x.shape[0] > 1 else self.linear(self.linear(x))
"""


@pytest.fixture
def models(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "models.py").write_text(MODELS, encoding="utf-8")
    monkeypatch.chdir(tmp_path)


@pytest.mark.usefixtures("models")
@pytest.mark.parametrize("shape", ["3x9x9", "3xHxW"])
def test_a_model_is_verified_with_itself(shape: str) -> None:
    done = run("verify", "models.py:Net", "-i", shape, "--kwargs", '{"width": 4}', "--seed", "1", "--json")
    found = json.loads(done.out)["verification"]
    assert done.code == 0
    assert found["module"]["type"] == "Net"
    compared = ["module_params", "module_trainable", "module_buffers", "module_outputs", "module_macs"]
    assert found["module"]["agreed"] == compared
    assert found["module"]["differences"] == []


@pytest.mark.usefixtures("models")
def test_what_a_model_does_with_one_sample_is_compared_too() -> None:
    # As it is captured with several, the network built of its layers agrees.
    done = run("verify", "models.py:Alone", "-i", "4", "--torch", "--json")
    found = json.loads(done.out)["verification"]
    assert done.code == 3
    assert all(layer["differences"] == [] for layer in found["layers"])
    assert [(d["figure"], d["cnncalc"], d["torch"], d["sizes"]) for d in found["module"]["differences"]] == [
        ("module_macs", 16, 32, {"N": 1})
    ]
    done = run("check", "models.py:Alone", "-i", "4", "--torch", "--verify")
    assert done.code == 3
    assert "the module: MACs 16, by torch 32" in done.out


@pytest.mark.usefixtures("models")
def test_a_check_refuses_what_is_not_its_model() -> None:
    done = run("check", "models.py:Exported", "-i", "4", "--torch")
    assert done.code == 3
    assert "output shapes 2x2, by torch 2x3" in done.out


def imported(module: nn.Module, *inputs: str) -> Imported:
    return import_module(module, [read_shape(text, False) for text in inputs], "net")


class Pair(nn.Module):
    def __init__(self, name: str, out: int, buffer: bool) -> None:
        super().__init__()
        self.add_module(name, nn.Linear(4, out))
        if buffer:
            self.register_buffer("held", torch.zeros(3))
        self.name = name

    def forward(self, x: Any) -> Any:
        return getattr(self, self.name)(x)


@pytest.mark.parametrize(
    ("other", "figures"),
    [
        (Pair("a", 4, False), []),
        (Pair("b", 4, False), ["module_params", "module_trainable"]),  # by their names
        (Pair("a", 4, False).requires_grad_(False), ["module_trainable"]),
        (Pair("a", 5, False), ["module_params", "module_trainable", "module_outputs", "module_macs"]),
        (Pair("a", 4, True), ["module_buffers"]),
        (nn.Linear(5, 4), ["module_runs"]),
    ],
)
def test_every_figure_of_a_module_is_compared(other: nn.Module, figures: list[str]) -> None:
    found = imported(Pair("a", 4, False), "4")
    compared = verify(cnncalc.trace(found.graph), original=Original(other, found.original.given))
    assert list(dict.fromkeys(difference.figure for difference in compared.differences)) == figures


def test_names_that_a_spec_cannot_hold_are_the_modules() -> None:
    module = nn.Sequential()
    module.add_module("a b", nn.Sequential(nn.Linear(4, 4), nn.BatchNorm1d(4)))
    module.add_module("~", nn.Linear(4, 4))
    found = imported(module, "4")
    assert verify(cnncalc.trace(found.graph), original=found.original).ok


def test_macs_that_are_not_counted_are_said() -> None:
    class Products(nn.Module):
        def forward(self, x: Any) -> Any:
            return torch.linalg.multi_dot([x, x.T, x]) @ x.T

    found = import_module(Products(), [read_shape("3x5", True)], "net")
    assert found.remarks == [
        f"torch counts {2 * 3 * 5 * 3} MACs more, in layers that are not counted here",
        "linalg_multi_dot is uncounted: opaque1",
    ]
    report = cnncalc.calc(found.text)
    assert (report.totals.macs, report.totals.status) == (3 * 5 * 3, "uncounted")
    assert verify(report, original=found.original).ok


def test_the_only_model_of_a_file_is_meant(tmp_path: Path) -> None:
    head = "from torch import nn\n\n\nclass Block(nn.Sequential):\n    pass\n\n\n"
    one = (
        head
        + "class Net(nn.Sequential):\n    def __init__(self):\n        super().__init__(Block(nn.Conv2d(3, 8, 3)))\n"
    )
    (tmp_path / "net.py").write_text(one, encoding="utf-8")
    told = run("verify", "net.py", "-i", "3x8x8", cwd=tmp_path)
    assert "agrees with 1 layer, the module itself and its capture" in told.out
    by_torch = run("import", "net.py", "-i", "3x8x8", "--torch", cwd=tmp_path)
    assert by_torch.out == run("import", "net.py:Net", "-i", "3x8x8", "--torch", cwd=tmp_path).out
    (tmp_path / "net.py").write_text(one + "\n\nclass Other(nn.ReLU):\n    pass\n", encoding="utf-8")
    refused = run("verify", "net.py", "-i", "3x8x8", cwd=tmp_path)
    assert "error[which-model]: net.py has" in refused.err
    assert refused.code == 2
