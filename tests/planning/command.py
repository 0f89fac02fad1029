"""The command line within one process, for tests that ask it a thousand times."""

from __future__ import annotations

import io
import json
import sys
from contextlib import redirect_stderr, redirect_stdout
from typing import Any

import typer

from cnncalc.cli.main import program


def solve(*words: str) -> tuple[int, dict[str, Any]]:
    """The exit code of `cnncalc solve WORDS --json`, and what it prints."""
    out = io.StringIO()
    before = sys.argv
    sys.argv = ["cnncalc", "solve", *words, "--json"]
    try:
        with redirect_stdout(out), redirect_stderr(io.StringIO()):
            code = program()
    except typer.Exit as end:
        code = end.exit_code
    finally:
        sys.argv = before
    return code, json.loads(out.getvalue())
