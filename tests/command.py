"""The command line as its users meet it: a real process, its output and its exit code."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any, NamedTuple

from tests.warm import TIMEOUT, server

SEEN_LATE = {"COLUMNS"}  # environment that a process looks at after its imports
TORCH = ("torch", "torch.export")
ROOT = Path(__file__).parents[1]
BESIDE = os.pathsep.join([str(ROOT / "tests" / "beside"), os.environ.get("PYTHONPATH", str(ROOT))])
"""The path on which torchvision's models can be imported."""


class Result(NamedTuple):
    code: int
    out: str
    err: str


def cnncalc(*arguments: str, stdin: str | None = None, cwd: Path | None = None, **environment: str) -> Result:
    """Run `cnncalc` in 80 columns without colour, in a process that is forked from one that has made the imports."""
    path = environment.get("PYTHONPATH", os.environ.get("PYTHONPATH", ""))
    known = path in (os.environ.get("PYTHONPATH", ""), BESIDE)
    if not known or not set(environment) - {"PYTHONPATH"} <= SEEN_LATE or not hasattr(os, "fork"):
        return started(*arguments, stdin=stdin, cwd=cwd, **environment)
    needs_torch = arguments[:1] in (("verify",), ("import",)) or not {"--torch", "--verify"}.isdisjoint(arguments)
    warm = server(TORCH if needs_torch else (), path)
    return Result(*warm.run(arguments, stdin, cwd, shown_in(environment)))


def started(*arguments: str, stdin: str | None = None, cwd: Path | None = None, **environment: str) -> Result:
    """The same, in a process that starts from nothing."""
    done = subprocess.run(
        [sys.executable, "-m", "cnncalc", *arguments],
        input=stdin,
        capture_output=True,
        encoding="utf-8",
        cwd=cwd,
        env=shown_in(environment),
        timeout=TIMEOUT,
    )
    return Result(done.returncode, done.stdout, done.stderr)


def shown_in(environment: dict[str, str]) -> dict[str, str]:
    return {**os.environ, "COLUMNS": "80", "NO_COLOR": "1", "PYTHONIOENCODING": "utf-8", **environment}


def figures(*arguments: str) -> dict[str, Any]:
    """The JSON of a calculation that has to succeed."""
    result = cnncalc(*arguments, "--json")
    assert result.code == 0, result.err
    envelope: dict[str, Any] = json.loads(result.out)
    return envelope
