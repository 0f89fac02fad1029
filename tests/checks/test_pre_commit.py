"""The hooks, run by pre-commit on a repository that is local."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.checks.repository import SMALL, commit, git, write
from tests.command import cnncalc

ROOT = Path(__file__).parents[2]
PROJECT = '[tool.cnncalc.check.net]\ntarget = "nets/a.yaml"\nbaseline = "base.json"\n'


def pre_commit(folder: Path, *arguments: str) -> tuple[int, str]:
    """pre-commit's exit code and its output; `cnncalc` is the one of this Python."""
    scripts = folder.parent / "scripts"
    write(scripts, {"cnncalc": f'#!/bin/sh\nexec "{sys.executable}" -m cnncalc "$@"\n'})
    (scripts / "cnncalc").chmod(0o755)
    env = {**os.environ, "PRE_COMMIT_HOME": str(folder.parent / "home"), "COLUMNS": "80", "NO_COLOR": "1"}
    env |= {"PATH": f"{scripts}{os.pathsep}{env['PATH']}", "PYTHONPATH": str(ROOT), "GIT_CONFIG_GLOBAL": os.devnull}
    done = subprocess.run(
        [sys.executable, "-m", "pre_commit", *arguments],
        cwd=folder,
        env=env,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        encoding="utf-8",
    )
    return done.returncode, done.stdout


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    """A repository that uses the hooks of another; that one holds no more than their manifest.

    What a hook installs is the package itself. Here the one that is at hand is run instead.
    """
    hooks = tmp_path / "hooks"
    write(hooks, {".pre-commit-hooks.yaml": (ROOT / ".pre-commit-hooks.yaml").read_text(encoding="utf-8")})
    commit(hooks, "Hooks")
    ids = "".join(
        f"      - id: {name}\n        language: system\n" for name in ("cnncalc-check", "cnncalc-check-project")
    )
    config = f"repos:\n  - repo: {hooks}\n    rev: {git(hooks, 'rev-parse', 'HEAD').strip()}\n    hooks:\n{ids}"
    folder = tmp_path / "own"
    write(folder, {".pre-commit-config.yaml": config, "nets/a.yaml": SMALL, "pyproject.toml": PROJECT})
    commit(folder, "First")
    return folder


def test_the_manifest_is_valid(tmp_path: Path) -> None:
    assert pre_commit(ROOT, "validate-manifest", ".pre-commit-hooks.yaml") == (0, "")


def test_changed_specs_and_the_project_are_checked(repository: Path) -> None:
    code, said = pre_commit(repository, "run", "--all-files", "cnncalc-check-project")
    assert code == 1
    assert "there is no baseline base.json" in said
    assert cnncalc("check", "--update", cwd=repository).code == 0
    commit(repository, "Baseline")

    # A commit that changes no spec has nothing of the first hook to run.
    write(repository, {"readme.txt": "two nets\n"})
    git(repository, "add", "--all")
    code, said = pre_commit(repository, "run")
    assert code == 0, said
    assert [line.rpartition(".")[2] for line in said.splitlines()] == ["(no files to check)Skipped", "Passed"]

    # One that changes a spec has both say what is wrong with it.
    write(repository, {"nets/a.yaml": SMALL.replace("conv 16", "conv 32") + "expect: {params: <= 7k}\n"})
    git(repository, "add", "--all")
    code, said = pre_commit(repository, "run")
    assert code == 1
    assert said.count("Failed") == 2
    assert "params are 12,998, expected at most 7,000" in said
    assert "the figures are not those of base.json" in said
