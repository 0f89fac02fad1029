"""The steps of action.yml, run as the scripts that they are, with the environment that GitHub gives them."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any, NamedTuple

import pytest
import yaml

from tests.checks.repository import SMALL, write

ROOT = Path(__file__).parents[2]
ACTION: dict[str, Any] = yaml.safe_load((ROOT / "action.yml").read_text(encoding="utf-8"))
EXPRESSION = re.compile(r"\$\{\{ *([\w.-]+) *\}\}")


class Done(NamedTuple):
    code: int
    log: str
    outputs: dict[str, str]
    summary: str


def action(workspace: Path, **inputs: str) -> Done:
    """Run the steps in a repository, one after the other, until one fails."""
    temporary = workspace.parent / "temporary"
    temporary.mkdir(exist_ok=True)
    files = {name: temporary / name.lower() for name in ("GITHUB_OUTPUT", "GITHUB_STEP_SUMMARY")}
    for file in files.values():
        file.write_text("", encoding="utf-8")
    given = {"install": "none", "python": sys.executable} | {k.replace("_", "-"): v for k, v in inputs.items()}
    assert given.keys() <= ACTION["inputs"].keys()
    known = {f"inputs.{name}": given.get(name, about.get("default")) for name, about in ACTION["inputs"].items()}
    known["github.action_path"] = str(ROOT)

    def filled(text: str) -> str:
        return EXPRESSION.sub(lambda match: known[match[1]], text)

    log, code = "", 0
    for step in ACTION["runs"]["steps"]:
        assert step["shell"] == "bash"
        assert not EXPRESSION.search(step["run"]), "an input is no part of a script, as it could hold a command"
        env = {**os.environ, "RUNNER_TEMP": str(temporary), "GITHUB_WORKSPACE": str(workspace), "COLUMNS": "80"}
        env |= {name: str(file) for name, file in files.items()}
        env |= {name: filled(value) for name, value in step.get("env", {}).items()}
        done = subprocess.run(
            ["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", step["run"]],
            cwd=workspace / filled(step.get("working-directory", ".")),
            env=env,
            capture_output=True,
            encoding="utf-8",
        )
        log, code = log + done.stdout + done.stderr, done.returncode
        if code:
            break
    outputs = dict(line.split("=", 1) for line in files["GITHUB_OUTPUT"].read_text(encoding="utf-8").splitlines())
    return Done(code, log, outputs, files["GITHUB_STEP_SUMMARY"].read_text(encoding="utf-8"))


@pytest.fixture
def workspace(tmp_path: Path) -> Path:
    folder = tmp_path / "work space"
    write(folder, {"nets/good.yaml": SMALL, "nets/over budget.yaml": SMALL + "expect: {params: <= 1k}\n"})
    return folder


def test_what_is_as_expected(workspace: Path) -> None:
    done = action(workspace, targets="nets/good.yaml\n3x8x8 -> conv 4 k3\n")
    assert (done.code, done.outputs["exit-code"]) == (0, "0")
    assert "2 networks as expected\n" in done.log
    assert "::error" not in done.log
    assert done.summary.startswith("### ✅ cnncalc: 2 networks as expected\n")


def test_what_is_not(workspace: Path) -> None:
    done = action(workspace, targets="good.yaml\nover budget.yaml\n", working_directory="nets")
    assert (done.code, done.outputs["exit-code"]) == (1, "1")
    assert "::error file=nets/over budget.yaml,line=11,endLine=11,col=18,endColumn=22," in done.log
    assert done.summary.startswith("### ❌ cnncalc: 1 of 2 networks fails\n")
    assert Path(done.outputs["markdown"]).read_text(encoding="utf-8") == done.summary
    assert '"exit_code":1' in Path(done.outputs["report"]).read_text(encoding="utf-8").replace(" ", "")


def test_arguments_and_no_summary(workspace: Path) -> None:
    done = action(
        workspace, targets="nets/good.yaml", arguments="--max-params\n1k\n--expect=output=10", summary="false"
    )
    assert (done.code, done.summary) == (1, "")
    assert "params are 6,582, expected at most 1,000" in done.log


def test_nothing_that_an_input_holds_is_run(workspace: Path) -> None:
    words = ["$(touch ran)", "`touch ran`", "; touch ran", '"; touch ran; "', "-i", "--update"]
    done = action(workspace, targets="\n".join(words))
    assert done.code == 1
    assert not list(workspace.rglob("ran"))
    # After the arguments, what starts with - is a target, and no option.
    assert "\n✗ --update " in f"\n{done.log}"


def test_entries_of_the_project_and_wrong_usage(workspace: Path) -> None:
    entry = '[tool.cnncalc.check.good]\ntarget = "nets/good.yaml"\n'
    write(workspace, {"pyproject.toml": entry})
    assert action(workspace).code == 0
    write(workspace, {"pyproject.toml": entry + 'expct = { params = "<= 1k" }\n'})
    done = action(workspace)
    assert (done.code, done.outputs["exit-code"], done.summary) == (2, "2", "")
    assert "::error file=pyproject.toml,line=3,endLine=3,col=1,endColumn=5,title=unknown-key::an entry has no key" in (
        done.log
    )


@pytest.mark.parametrize(("install", "what"), [("", str(ROOT)), ("cnncalc[torch]==1.2", "cnncalc[torch]==1.2")])
def test_what_is_installed(workspace: Path, install: str, what: str) -> None:
    python = workspace / "python"
    python.write_text('#!/bin/sh\nprintf "<%s>" "$@" >> "$0.log"\nexit 7\n', encoding="utf-8")
    python.chmod(0o755)
    assert action(workspace, install=install, python=str(python)).code == 7
    assert (workspace / "python.log").read_text(encoding="utf-8") == f"<-m><pip><install><--quiet><{what}>"


def test_every_input_and_output_is_described() -> None:
    assert ACTION["runs"]["using"] == "composite"
    for about in [*ACTION["inputs"].values(), *ACTION["outputs"].values()]:
        assert about["description"].endswith(".")
