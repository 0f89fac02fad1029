"""Every command in the documents is run, and its output is what the document shows.

In a ```console block, lines that start with `$ ` are commands; what follows is their whole output. A block
whose first line is `# file: NAME` is written to a file of that name first. CNNCALC_OVERWRITE=1 writes
the outputs anew.
"""

from __future__ import annotations

import doctest
import os
import re
import shlex
import subprocess
import sys
from importlib.metadata import entry_points
from pathlib import Path

import pytest

from tests.command import BESIDE, cnncalc

ROOT = Path(__file__).parents[2]
DOCUMENTS = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
BLOCK = re.compile(r"^```(\w+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
FILE = re.compile(r"# file: (\S+)\n")


def run(command: str, folder: Path) -> str:
    """What a terminal would show: results, then what went to standard error."""
    arguments = shlex.split(command)
    stdin = None
    if "|" in arguments:
        bar = arguments.index("|")
        assert arguments[0] == "cat"
        stdin = (folder / arguments[1]).read_text(encoding="utf-8")
        arguments = arguments[bar + 1 :]
    if arguments[0] == "pytest":
        return ran_pytest(folder, *arguments[1:])
    assert arguments[0] == "cnncalc", command
    result = cnncalc(*arguments[1:], cwd=folder, stdin=stdin, PYTHONPATH=BESIDE)
    return result.out + result.err


def ran_pytest(folder: Path, *arguments: str) -> str:
    """What pytest shows, with the plugin and no other. Lines on this machine are left out, and times are one."""
    installed = any(point.value == "pytest_cnncalc" for point in entry_points(group="pytest11"))
    plugin = ["-p", "cnncalc" if installed else "pytest_cnncalc", "-p", "no:cacheprovider"]
    done = subprocess.run(
        [sys.executable, "-m", "pytest", *plugin, *arguments],
        cwd=folder,
        capture_output=True,
        encoding="utf-8",
        env={**os.environ, "COLUMNS": "80", "PYTHONPATH": str(ROOT), "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"},
    )
    told = re.sub(
        r"^(?:platform|rootdir|plugins|cachedir|configfile|hypothesis).*\n", "", done.stdout, flags=re.MULTILINE
    )
    told = re.sub(r"in \d+\.\d+s(?: \(.*\))?", "in 0.10s", told)
    return re.sub(r"^=+( .* in 0.10s )=+$", lambda match: match[1].center(80, "="), told, flags=re.MULTILINE)


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
def test_commands(document: Path, tmp_path: Path) -> None:
    text = document.read_text(encoding="utf-8")
    for language, body in BLOCK.findall(text):
        named = FILE.match(body)
        if named:
            (tmp_path / named[1]).parent.mkdir(parents=True, exist_ok=True)
            (tmp_path / named[1]).write_text(body[named.end() :], encoding="utf-8")
        if language != "console":
            continue
        shown = re.split(r"^\$ ", body, flags=re.MULTILINE)[1:]
        for session in shown:
            command, _, output = session.partition("\n")
            if not command.startswith(("cnncalc", "cat", "pytest")):
                continue
            got = run(command, tmp_path)
            if os.environ.get("CNNCALC_OVERWRITE"):
                text = text.replace(session, f"{command}\n{got}")
            else:
                assert f"$ {command}\n{got}" == f"$ {command}\n{output}"
    if os.environ.get("CNNCALC_OVERWRITE"):
        document.write_text(text, encoding="utf-8")


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
def test_python_sessions(document: Path) -> None:
    blocks = [body for language, body in BLOCK.findall(document.read_text(encoding="utf-8")) if language == "python"]
    sessions = "\n".join(body for body in blocks if ">>>" in body)
    test = doctest.DocTestParser().get_doctest(sessions, {}, document.name, str(document), 0)
    runner = doctest.DocTestRunner()
    runner.run(test, out=sys.stdout.write)
    assert runner.failures == 0


def test_readme_commands_for_setting_up_are_there() -> None:
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    assert "cnncalc zoo:resnet50" in readme
    assert "-m pytest" in readme
