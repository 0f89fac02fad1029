"""Specs as they were: `model.yaml@main` is the file at a revision of git, with the files that it uses."""

from __future__ import annotations

import os
import re
import subprocess
from pathlib import Path

from cnncalc.diagnostics import CnncalcError, Diagnostic, Source
from cnncalc.language.text.limits import Limits
from cnncalc.language.text.source import decoded
from cnncalc.named_tuples import NamedTuple

_AT = re.compile(r"(?P<file>[^@\n]*[^@\n/])@(?P<revision>[^\s@][^\n]*)")


class Revised(NamedTuple):
    """A file at a revision."""

    file: str
    revision: str


def revised(text: str) -> Revised | None:
    """FILE@REVISION; None for what is another target, or a file of that very name."""
    match = _AT.fullmatch(text)
    if match is None or "->" in text or "(" in match["file"] or os.path.exists(text):
        return None
    return Revised(match["file"], match["revision"])


def at_revision(file: Path, revision: str, name: str, limits: Limits) -> Source:
    """The text of a file at a revision. Raises CnncalcError where git has none."""
    folder = file.parent
    if not os.path.isdir(folder):
        folder = next(parent for parent in (*folder.parents, Path()) if os.path.isdir(parent))
    top = _git(folder, name, "rev-parse", "--show-toplevel").decode("utf-8", "surrogateescape").rstrip("\n")
    commit = _commit(folder, revision, name)
    absolute = Path(str(file.absolute()))
    parts: list[str] = []
    for part in absolute.parts:
        if part == ".." and parts:
            parts.pop()
        else:
            parts.append(part)
    try:
        inside = Path(*parts).resolve().relative_to(Path(top).resolve()).as_posix()
    except ValueError:
        message = f"{name} is not in the repository {top}"
        raise CnncalcError(Diagnostic("missing-file", message)) from None
    found = _run(folder, name, "show", f"{commit}:{inside}")
    if found.returncode:
        raise CnncalcError(_missing(folder, inside, revision, commit, name))
    return Source(name, decoded(found.stdout, name, limits))


def _commit(folder: Path, revision: str, name: str) -> str:
    """The commit that a revision names; one that starts with - is no option."""
    found = _run(folder, name, "rev-parse", "--verify", "--quiet", "--end-of-options", f"{revision}^{{commit}}")
    if found.returncode:
        hint = "a branch, a tag, a commit or HEAD~1; a shallow clone has few (fetch-depth: 0 in GitHub's checkout)"
        message = f"git knows no revision {revision}"
        raise CnncalcError(Diagnostic("unknown-revision", message, hint=hint))
    return found.stdout.decode("ascii").split()[-1]


def _missing(folder: Path, inside: str, revision: str, commit: str, name: str) -> Diagnostic:
    from cnncalc.diagnostics import nearest

    listed = _run(folder, name, "ls-tree", "-r", "--name-only", "--full-tree", commit)
    names = listed.stdout.decode("utf-8", "replace").splitlines()[:5000]
    near = nearest(inside, names)
    hint = f"did you mean {near[0]}@{revision}?" if near else None
    return Diagnostic("missing-file", f"there is no file {inside} at {revision}", hint=hint)


def _git(folder: Path, name: str, *arguments: str) -> bytes:
    found = _run(folder, name, *arguments)
    if found.returncode:
        said = found.stderr.decode("utf-8", "replace").strip().splitlines()
        reason = said[0].removeprefix("fatal: ") if said else "git failed"
        raise CnncalcError(Diagnostic("no-repository", f"{name} cannot be read from git: {reason}"))
    return found.stdout


def _run(folder: Path, name: str, *arguments: str) -> subprocess.CompletedProcess[bytes]:
    try:
        return subprocess.run(["git", *arguments], cwd=folder, capture_output=True, check=False)
    except FileNotFoundError:
        message = f"{name} is in git, and there is no git on this machine"
        raise CnncalcError(Diagnostic("no-repository", message)) from None
