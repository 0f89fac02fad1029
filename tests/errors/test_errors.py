"""Wrong input, and the whole of what is said about it. The cases are the Markdown files beside this one.

A case starts with `## title`. A block `sh` holds its command, a block `yaml NAME` or `text NAME` a file beside it,
and the block `output` all of standard error, after a first line `exit CODE`; for `check` what is on
standard output goes before, as its findings are results. CNNCALC_OVERWRITE=1 writes the
outputs anew: read them before you keep them.
"""

from __future__ import annotations

import os
import re
import shlex
from pathlib import Path
from typing import NamedTuple

import pytest

from tests.command import cnncalc

FOLDER = Path(__file__).parent
BLOCK = re.compile(r"^```(\w+)(?: (\S+))?\n(.*?)^```$", re.MULTILINE | re.DOTALL)


class Case(NamedTuple):
    file: Path
    title: str
    text: str

    @property
    def blocks(self) -> list[tuple[str, str, str]]:
        return BLOCK.findall(self.text)

    @property
    def command(self) -> str:
        return next(body.strip() for kind, _, body in self.blocks if kind == "sh")

    @property
    def output(self) -> str:
        return next(body for kind, _, body in self.blocks if kind == "output")


def cases() -> list[Case]:
    found = []
    for file in sorted(FOLDER.glob("*.md")):
        for part in re.split(r"^## ", file.read_text(encoding="utf-8"), flags=re.MULTILINE)[1:]:
            title, _, text = part.partition("\n")
            found.append(Case(file, title, text))
    return found


CASES = cases()


def run(case: Case, folder: Path) -> str:
    for kind, name, body in case.blocks:
        if name and kind != "output":
            path = folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(body, encoding="utf-8")
    command = shlex.split(case.command)
    stdin = (folder / command.pop()).read_text(encoding="utf-8") if "<" in command else None
    command = [word for word in command if word != "<"]
    assert command[0] == "cnncalc"
    result = cnncalc(*command[1:], cwd=folder, stdin=stdin)
    assert "Traceback" not in result.err
    findings = result.out if command[1] == "check" else ""
    return f"exit {result.code}\n{findings}{result.err}"


@pytest.mark.parametrize("case", CASES, ids=[f"{case.file.stem}: {case.title}" for case in CASES])
def test_error(case: Case, tmp_path: Path) -> None:
    got = run(case, tmp_path)
    if os.environ.get("CNNCALC_OVERWRITE"):
        text = case.file.read_text(encoding="utf-8")
        new = case.text.replace(f"```output\n{case.output}```", f"```output\n{got}```")
        case.file.write_text(text.replace(f"## {case.title}\n{case.text}", f"## {case.title}\n{new}"), encoding="utf-8")
        return
    assert got == case.output


def test_each_title_is_one_case() -> None:
    titles = [(case.file, case.title) for case in CASES]
    assert len(titles) == len(set(titles))
    assert len(CASES) >= 60
