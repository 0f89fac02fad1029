"""PyTorch models as targets of `check` and as sides of `diff`."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import pytest

from cnncalc.checks.compare import compare
from cnncalc.checks.project import find_project
from cnncalc.checks.run import Outcome, run
from cnncalc.checks.targets import RunSettings, is_module, targets
from cnncalc.diagnostics import CnncalcError, UsageError
from tests.checks.repository import write
from tests.command import cnncalc

MODELS = """\
import torch
from torch import nn

print("models are loaded")


class Block(nn.Module):
    def __init__(self, width):
        super().__init__()
        self.conv = nn.Conv2d(width, width, 3, padding=1)

    def forward(self, x):
        return x + self.conv(x).relu()


class Net(nn.Module):
    def __init__(self, width=8, classes=4):
        super().__init__()
        self.stem = nn.Conv2d(3, width, 3, padding=1)
        self.blocks = nn.Sequential(Block(width), Block(width))
        self.head = nn.Linear(width, classes)

    def forward(self, x):
        return self.head(self.blocks(self.stem(x)).mean((2, 3)))


class Words(nn.Module):
    def __init__(self):
        super().__init__()
        self.table = nn.Embedding(100, 8)
        self.last = nn.Linear(8, 2)

    def forward(self, ids, scale):
        return self.last(self.table(ids)) * scale


class Rfft(nn.Module):
    def forward(self, x):
        return torch.fft.rfft2(x).abs()


ready = Net()


def wide(width=16):
    return Net(width)


def quits():
    raise SystemExit(3)


def fails():
    raise ValueError("no luck")
"""
# By hand: 3*8*9 + 8, twice 8*8*9 + 8, 8*4 + 4.
NET = 224 + 2 * 584 + 36
NET_16 = 448 + 2 * (16 * 16 * 9 + 16) + 68


@pytest.fixture(autouse=True)
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with models, in which the test runs. Modules of other tests' folders are forgotten."""
    for name in [name for name in sys.modules if name.partition(".")[0] in ("nets", "model")]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.chdir(tmp_path)
    write(tmp_path, {"nets/__init__.py": "", "nets/model.py": MODELS, "nets/other.py": "raise SystemExit('not named')"})
    return tmp_path


def outcomes(*words: str, **asked: Any) -> list[Outcome]:
    options = RunSettings(**asked)
    return run(targets(words, find_project(Path.cwd()), options), options).outcomes


def params(outcome: Outcome) -> object:
    assert outcome.report is not None, outcome.problems
    return outcome.report.totals.params


@pytest.mark.parametrize(
    ("target", "kwargs", "expected"),
    [
        ("nets.model:Net", None, NET),
        ("nets.model:Net", {"width": 16}, NET_16),
        ("nets.model:wide", None, NET_16),
        ("nets.model:ready", None, NET),
        ("nets/model.py:Net", None, NET),
    ],
)
def test_a_class_a_function_and_a_module(target: str, kwargs: dict[str, int] | None, expected: int) -> None:
    (outcome,) = outcomes(target, inputs=("3x16x16",), kwargs=kwargs)
    assert (outcome.ok, params(outcome)) == (True, expected)
    assert "nets.other" not in sys.modules


ENTRIES = """\
[tool.cnncalc.check.net]
target = "nets.model:Net"
input = [3, 16, 16]
kwargs = { width = 16 }
batch = 2
expect = { params = PARAMS, output = "2x4", smallest_input = 1, layers.stem = "2x16x16x16" }

[tool.cnncalc.check.words]
target = "nets/model.py:Words"
input = { ids = "16:int64", scale = "16x1" }
expect = { params = 818, output = "16x2" }

[tool.cnncalc.check.other]
target = "nets.other:Net"
input = "3x16x16"
"""


def test_entries_from_the_project_and_from_a_folder_below(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write(
        project, {"pyproject.toml": ENTRIES.replace("PARAMS", str(NET_16)), "deep/x": "", "deep/nets/model.py": "1/0"}
    )
    for folder in (project, project / "deep"):
        monkeypatch.chdir(folder)
        found = outcomes("net", "words")
        assert [(one.name, one.ok) for one in found] == [("net", True), ("words", True)], found
    assert "nets.other" not in sys.modules
    (other,) = outcomes("other")
    assert [problem.message for problem in other.problems] == ["nets.other:Net ends the program"]


@pytest.mark.parametrize(
    ("target", "message", "line"),
    [
        ("nets.model:Nets", "nets.model has no Nets", None),
        ("nets.modle:Net", "there is no Python module nets.modle", None),
        ("nets/modle.py:Net", "there is no file nets/modle.py", None),
        ("nets.model:Block.forward", "nets.model:Block.forward needs self and x", None),
        ("nets.model:torch", "nets.model:torch is a module of Python", None),
        ("nets.model:fails", "nets.model:fails raises ValueError: no luck", 'raise ValueError("no luck")'),
        ("nets.model:quits", "nets.model:quits ends the program", "raise SystemExit(3)"),
        (
            "nets.model:Net",
            "Conv2d expects 3 input channels, but 4 arrive",
            "self.stem(x)",
        ),
    ],
)
def test_what_cannot_be_read_points_at_the_line(target: str, message: str, line: str | None) -> None:
    good, bad = outcomes("3x4x4 -> conv 8 k3", target, inputs=("4x16x16",))
    assert good.ok
    (problem,) = bad.problems
    assert problem.message.startswith(message)
    assert (problem.span.text if problem.span else None) == line


def test_a_model_needs_an_input() -> None:
    (outcome,) = outcomes("nets.model:Net")
    assert [problem.code for problem in outcome.problems] == ["no-input"]
    assert "nets.model" not in sys.modules


def test_what_differs_from_a_baseline_points_at_the_line_that_makes_the_layer(
    project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "dont_write_bytecode", True)  # changes within a second would go unseen
    asked = RunSettings(inputs=("3x16x16",), baseline=project / "base.json")

    def lines(text: str) -> list[str]:
        write(project, {"nets/model.py": text})
        for name in ("nets.model", "nets"):
            sys.modules.pop(name, None)
        found = run(targets(["nets.model:Net"], None, asked), asked, update=not (project / "base.json").exists())
        return [problem.span.text for problem in found.outcomes[0].problems if problem.span]

    assert lines(MODELS) == []
    stem = "self.stem = nn.Conv2d(3, width, 5, padding=2)"
    assert lines(MODELS.replace("self.stem = nn.Conv2d(3, width, 3, padding=1)", stem)) == [stem]
    conv = "self.conv = nn.Conv2d(width, width, 5, padding=2)"
    assert lines(MODELS.replace("self.conv = nn.Conv2d(width, width, 3, padding=1)", conv)) == [conv]
    # What no line gives its name to is where it runs.
    gelu = MODELS.replace("self.conv(x).relu()", "self.conv(x).tanh()")
    assert lines(gelu) == ["return x + self.conv(x).tanh()"]
    mean = MODELS.replace(".mean((2, 3))", ".amax((2, 3))")
    assert lines(mean) == ["return self.head(self.blocks(self.stem(x)).amax((2, 3)))"]


def test_what_is_not_counted_is_said() -> None:
    result = cnncalc("check", "nets.model:Rfft", "-i", "3x16x16", "--report", "text", "--report", "markdown=out.md")
    assert result.code == 0
    assert "at least 0 MACs" in result.out
    assert "\nnote: nets.model:Rfft: " in result.out
    assert "\n- nets.model:Rfft: " in Path("out.md").read_text(encoding="utf-8")
    assert "models are loaded" in result.err


def test_what_a_model_prints_is_no_report() -> None:
    result = cnncalc("check", "nets.model:Net", "nets.model:fails", "-i", "3x16x16", "--json", "--debug")
    assert result.code == 1
    good, bad = json.loads(result.out)["targets"]
    assert (good["totals"]["params"], bad["checks"][0]["diagnostics"][0]["line"]) == (NET, MODELS.count("\n"))
    assert result.err.rstrip().endswith("ValueError: no luck")
    assert "Traceback" in result.err


# diff


def test_a_spec_and_a_model() -> None:
    spec = "3x16x16 -> stem: conv 8 k3 p1 -> gap -> flatten -> head: linear 4"
    found = compare(spec, "nets.model:Net", RunSettings())
    assert [report.totals.params for report in found.reports] == [224 + 36, NET]
    # The model took what comes in from the spec, on whichever side it is.
    assert found.reports[1].inputs == {"input": (3, 16, 16)}
    assert compare("nets.model:Net", spec, RunSettings()).reports[0].totals.params == NET
    assert compare("nets.model:Net", "nets.model:wide", RunSettings(inputs=("3x8x8",))).difference.moved


def test_both_sides_say_what_is_wrong() -> None:
    with pytest.raises(CnncalcError) as error:
        compare("nets.model:Nets", "zoo:resnet51", RunSettings(inputs=("3x16x16",)))
    assert [problem.code for problem in error.value.diagnostics] == ["missing-attribute", "unknown-zoo-name"]
    with pytest.raises(UsageError, match="--kwargs, --torch and --call are for PyTorch models, and there is none"):
        compare("zoo:resnet18", "zoo:resnet34", RunSettings(kwargs={}))


@pytest.mark.parametrize("text", ["a:B", "a.b:C.d", "a/b.py:C", "../b c.py:C"])
def test_how_a_model_is_named(text: str) -> None:
    assert is_module(text)


@pytest.mark.parametrize("text", ["zoo:vgg11", "a:", ":B", "a.yaml", "a/b:C", "3x4 -> a:B", "x.py", "C:\\a.yaml"])
def test_what_names_no_model(text: str) -> None:
    assert not is_module(text)
