"""`cnncalc help`, `cnncalc rule`, the version, and texts that are longer than the terminal."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from cnncalc import __version__
from cnncalc.cli import pager
from cnncalc.codes import codes
from cnncalc.render.documents import flowed, topics
from tests.command import cnncalc
from tests.errors.test_codes import in_sources

DOCS = Path(__file__).parents[2] / "docs"


def test_the_version() -> None:
    assert cnncalc("-V").out == cnncalc("--version").out == f"cnncalc {__version__}\n"


def test_every_document_is_a_topic() -> None:
    out = cnncalc("help", "topics").out
    for path in DOCS.glob("*.md"):
        assert re.search(rf"^  {path.stem} ", out, re.MULTILINE)
    assert set(topics()) == {path.stem for path in DOCS.glob("*.md")}
    assert cnncalc("help", "figures").out == (DOCS / "figures.md").read_text(encoding="utf-8")


def test_help_of_a_command_is_its_options() -> None:
    assert cnncalc("help", "check").out == cnncalc("check", "--help").out


@pytest.mark.parametrize(
    ("arguments", "hint"),
    [
        (["help", "figurs"], "did you mean figures?"),
        (["help", "conv"], "`cnncalc layers conv` shows the layer"),
        (["help", "bad-shape"], "`cnncalc rule bad-shape` says what it means"),
        (["rule", "chanel-mismatch"], "did you mean channel-mismatch?"),
    ],
)
def test_what_there_is_not(arguments: list[str], hint: str) -> None:
    result = cnncalc(*arguments)
    assert result.code == 2
    assert hint in result.err


def test_every_code_has_its_rule() -> None:
    assert set(codes()) == set(in_sources())
    assert "other channels or features" in cnncalc("rule", "channel-mismatch").out
    assert cnncalc("rule", "error[channel-mismatch]").out == cnncalc("rule", "channel-mismatch").out
    listed = cnncalc("rule").out
    assert [code for code in codes() if code not in listed] == []


def test_a_pipe_has_no_pager(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PAGER", "false")
    assert not pager.paged("line\n" * 1000)
    assert cnncalc("rule", PAGER="false").out.count("\n") > 60


def test_the_hint_to_completion_and_documents_is_on_the_first_page() -> None:
    out = " ".join(cnncalc("--help").out.split())
    assert "cnncalc help" in out
    assert "--install-completion" in out


@pytest.mark.parametrize("width", [60, 80, 160])
@pytest.mark.parametrize(
    "arguments",
    [["--help"], ["help", "topics"], ["rule", "bias-before-norm"], ["zoo"], ["layers"], ["solve", "--help"]],
)
def test_a_page_is_no_wider_than_the_terminal(arguments: list[str], width: int) -> None:
    assert [line for line in cnncalc(*arguments, COLUMNS=str(width)).out.splitlines() if len(line) > width] == []


def test_a_narrow_zoo_has_no_part_of_a_number() -> None:
    rows = cnncalc("zoo", COLUMNS="60").out.splitlines()
    assert rows[0].split() == ["name", "input", "params", "MACs"]
    assert "alexnet                       3x224x224      61.1 M   714 M" in rows


def test_a_paragraph_of_the_help_is_filled() -> None:
    lines = [line.rstrip() for line in cnncalc("--help", COLUMNS="60").out.splitlines()]
    assert " CODE` says what a message means, and `cnncalc" in lines
    assert not any(lines[i] == lines[i + 1] == "" for i in range(lines.index("") + 1, 20))


def test_a_document_is_filled_to_the_width() -> None:
    text = """# One

Words that go on and on
in a line.

- An item with more words
  in it
- b

```
as  it is
and on
```
| a | b |
"""
    assert flowed(text.splitlines(), 30) == [
        "# One", "", "Words that go on and on in a", "line.", "", "- An item with more words in", "  it", "- b", "",
        "```", "as  it is", "and on", "```", "| a | b |",
    ]  # fmt: skip
