"""The story of a repository and its check, told in story.md and run as real processes.

A block with a name after its language is a file, a block `diff` a patch, and of a block `console` each line that
starts with `$ ` is a command, with its whole output below. CNNCALC_OVERWRITE=1 writes the outputs anew: read them.
"""

from __future__ import annotations

import os
import re
import shlex
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.checks.repository import commit, git, write
from tests.command import cnncalc

STORY = Path(__file__).with_name("story.md")
BLOCK = re.compile(r"^```(\w+)(?: (\S+))?\n(.*?)^```$", re.MULTILINE | re.DOTALL)
BASELINE = "Its baseline is written once"


def sections() -> dict[str, str]:
    """The text below each heading; what comes before the first has the heading of the document."""
    parts = re.split(r"^#+ (.*)\n", STORY.read_text(encoding="utf-8"), flags=re.MULTILINE)
    return dict(zip(parts[1::2], parts[2::2]))


SECTIONS = sections()
SETTING, *CHAPTERS = SECTIONS


@pytest.fixture(scope="module")
def first_commit(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The repository before all changes, without a baseline."""
    folder = tmp_path_factory.mktemp("first")
    write(folder, {name: body for _, name, body in BLOCK.findall(SECTIONS[SETTING]) if name})
    commit(folder, "Classify small pictures")
    return folder


@pytest.fixture(scope="module")
def agreed(first_commit: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The repository with its baseline."""
    folder = tmp_path_factory.mktemp("agreed") / "repository"
    shutil.copytree(first_commit, folder)
    assert cnncalc("check", "--update", cwd=folder).code == 0
    commit(folder, "Agree on the figures")
    return folder


def run(command: str, folder: Path) -> str:
    words = shlex.split(command)
    if words[0] == "git":
        return git(folder, *words[1:])
    assert words[0] == "cnncalc"
    result = cnncalc(*words[1:], cwd=folder, GITHUB_WORKSPACE=str(folder))
    assert "Traceback" not in result.err
    return result.out + result.err + (f"exit {result.code}\n" if result.code else "")


@pytest.mark.parametrize("chapter", CHAPTERS)
def test_chapter(chapter: str, first_commit: Path, agreed: Path, tmp_path: Path) -> None:
    text = SECTIONS[chapter]
    before = first_commit if CHAPTERS.index(chapter) <= CHAPTERS.index(BASELINE) else agreed
    folder = tmp_path / "repository"
    shutil.copytree(before, folder)
    new = text
    for kind, _, body in BLOCK.findall(text):
        if kind == "diff":
            subprocess.run(["git", "apply", "-"], input=body, cwd=folder, encoding="utf-8", check=True)
        if kind == "console":
            for session in re.split(r"^\$ ", body, flags=re.MULTILINE)[1:]:
                command, _, output = session.partition("\n")
                got = run(command, folder)
                new = new.replace(f"$ {command}\n{output}", f"$ {command}\n{got}", 1)
                if not os.environ.get("CNNCALC_OVERWRITE"):
                    assert f"$ {command}\n{got}" == f"$ {command}\n{output}"
    if os.environ.get("CNNCALC_OVERWRITE"):
        told = STORY.read_text(encoding="utf-8")
        STORY.write_text(told.replace(f"## {chapter}\n{text}", f"## {chapter}\n{new}"), encoding="utf-8")
