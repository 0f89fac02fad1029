"""The pictures in the documents are those of the commands beside them. CNNCALC_OVERWRITE=1 writes them anew."""

from __future__ import annotations

import os
import re
import shlex
from pathlib import Path

import pytest

from tests.command import cnncalc
from tests.docs.test_documents import BLOCK, FILE, ROOT

PAGES = [ROOT / "docs" / "pictures.md", ROOT / "docs" / "tutorial.md"]
TEXTS = {page: page.read_text(encoding="utf-8") for page in PAGES}
COMMANDS = [
    (page, command, name)
    for page, text in TEXTS.items()
    for command, name in re.findall(r"^\$ (cnncalc draw .* -o (\S+))$", text, re.MULTILINE)
]
SMALL = 60_000  # bytes


@pytest.mark.parametrize(("page", "command", "name"), COMMANDS, ids=[name for _, _, name in COMMANDS])
def test_a_picture_is_what_its_command_draws(page: Path, command: str, name: str, tmp_path: Path) -> None:
    for _, body in BLOCK.findall(TEXTS[page]):
        if named := FILE.match(body):
            (tmp_path / named[1]).write_text(body[named.end() :], encoding="utf-8")
    result = cnncalc(*shlex.split(command)[1:], cwd=tmp_path)
    assert (result.code, result.out, result.err) == (0, "", "")
    drawn = (tmp_path / name).read_text(encoding="utf-8")
    assert len(drawn) < SMALL
    overwrite = os.environ.get("CNNCALC_OVERWRITE")
    if name.endswith(".mmd"):
        text = page.read_text(encoding="utf-8")
        if overwrite:
            page.write_text(re.sub(r"```mermaid\n.*?```", f"```mermaid\n{drawn}```", text, flags=re.DOTALL), "utf-8")
        else:
            assert f"```mermaid\n{drawn}```" in text
        return
    path = ROOT / "docs" / "pictures" / name
    if overwrite:
        path.write_text(drawn, encoding="utf-8")
    assert path.read_text(encoding="utf-8") == drawn, "CNNCALC_OVERWRITE=1 python -m pytest tests/docs/test_pictures.py"


def test_each_picture_has_its_command() -> None:
    everything = []
    for page, text in TEXTS.items():
        shown = re.findall(r"\]\(pictures/(\S+)\)", text)
        drawn = [name for own, _, name in COMMANDS if own == page and name.endswith(".svg")]
        assert shown == drawn
        everything += shown
    assert sorted(path.name for path in (ROOT / "docs" / "pictures").iterdir()) == sorted(everything)
