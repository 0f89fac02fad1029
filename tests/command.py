"""The command line as its users meet it: a real process, its output and its exit code."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any, NamedTuple


class Result(NamedTuple):
    code: int
    out: str
    err: str


def cnncalc(*arguments: str, stdin: str | None = None, cwd: Path | None = None, **environment: str) -> Result:
    """Run `cnncalc` in 80 columns without colour."""
    env = {**os.environ, "COLUMNS": "80", "NO_COLOR": "1", "PYTHONIOENCODING": "utf-8", **environment}
    done = subprocess.run(
        [sys.executable, "-m", "cnncalc", *arguments],
        input=stdin,
        capture_output=True,
        encoding="utf-8",
        cwd=cwd,
        env=env,
        timeout=120,
    )
    return Result(done.returncode, done.stdout, done.stderr)


def figures(*arguments: str) -> dict[str, Any]:
    """The JSON of a calculation that has to succeed."""
    result = cnncalc(*arguments, "--json")
    assert result.code == 0, result.err
    envelope: dict[str, Any] = json.loads(result.out)
    return envelope
