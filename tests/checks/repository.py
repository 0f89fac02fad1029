"""A small repository to run checks in."""

from __future__ import annotations

import subprocess
from pathlib import Path

SMALL = """\
name: small
input: 1x32x32
body:
  - conv1: conv 6 k5
  - relu1: relu
  - pool1: maxpool 2
  - conv2: conv 16 k5
  - relu2: relu
  - pool2: maxpool 2
  - head: flatten -> linear 10
"""
# By hand: 1*6*25 + 6 = 156; 6*16*25 + 16 = 2416; 16*5*5*10 + 10 = 4010.
SMALL_PARAMS = 156 + 2416 + 4010
SMALL_MACS = 150 * 28 * 28 + 2400 * 10 * 10 + 4000


def write(folder: Path, files: dict[str, str]) -> None:
    """Files of a folder, with the folders around them."""
    for name, text in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")


def git(folder: Path, *arguments: str) -> str:
    """A git command that has to succeed, away from the settings of this machine."""
    own = ["-c", "user.name=ci", "-c", "user.email=ci@example.com", "-c", "init.defaultBranch=main"]
    done = subprocess.run(
        ["git", *own, *arguments], cwd=folder, capture_output=True, encoding="utf-8", check=True, timeout=60
    )
    return done.stdout


def commit(folder: Path, message: str) -> None:
    """Everything in the folder as a commit, in a repository that is made where there is none."""
    if not (folder / ".git").exists():
        git(folder, "init", "--quiet")
    git(folder, "add", "--all")
    git(folder, "commit", "--quiet", "--no-verify", "-m", message)
