"""Names from files and options reach no terminal, log or report as they are: what would be acted on is escaped."""

from __future__ import annotations

import json
from pathlib import Path
from xml.etree import ElementTree

import pytest

import cnncalc as library
from cnncalc.diagnostics import Diagnostic, escaped
from tests.command import cnncalc
from tests.fuzz.trying import check_shown

HOSTILE = "x\x1b[31m\n::stop-commands::y\r\x9b1m\u202e\x07"
CONTROLS = "".join(map(chr, [*range(32), *range(127, 160)])) + "\u2028\u2029\u202e\u2066\ud800"
ENTRY = f"""
[tool.cnncalc.check.{json.dumps(HOSTILE)}]
target = "3x8x8 -> relu"
expect = {{params = 5, {json.dumps(HOSTILE)} = 3, layers = {{{json.dumps(HOSTILE)} = 3}}}}
baseline = {json.dumps(HOSTILE + ".json")}
"""


@pytest.mark.parametrize("kind", ["text", "github", "junit", "sarif", "markdown", "json"])
def test_names_of_a_project_are_escaped(kind: str, tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").write_text(ENTRY, encoding="utf-8")
    done = cnncalc("check", "--report", kind, cwd=tmp_path)
    assert done.code == 2  # an expectation that there is not
    check_shown(done.err)
    (tmp_path / "pyproject.toml").write_text(ENTRY.replace(f"{json.dumps(HOSTILE)} = 3, ", ""), encoding="utf-8")
    done = cnncalc("check", "--report", kind, cwd=tmp_path)
    assert done.code == 1
    check_shown(done.err)
    if kind == "junit":
        ElementTree.fromstring(done.out)
    if kind in ("sarif", "json"):
        json.loads(done.out)
    else:
        check_shown(done.out)
    if kind == "github":
        assert {line[:2] for line in done.out.splitlines()} == {"::"}
        assert "\n::stop-commands" not in done.out


@pytest.mark.parametrize(
    "arguments",
    [
        [f"3x8x8 -> relu {HOSTILE}"],
        [f"3x8x8 -> relu '{HOSTILE}'"],
        ["3xH -> relu", "--set", f"{HOSTILE}=3"],
        ["3xH -> relu", "--set", f"H={HOSTILE}"],
        ["3xH -> relu", "-i", HOSTILE],
        ["3xH -> relu", "--limit", f"{HOSTILE}=3"],
        ["3xH -> relu", "--format", HOSTILE],
        ["3xH -> relu", "--convention", HOSTILE],
        [f"zoo:{HOSTILE}"],
        [f"{HOSTILE}/net.yaml"],
        ["check", "3xH -> relu", "--expect", f"{HOSTILE}=3"],
        ["check", "3xH -> relu", "--expect", f"params={HOSTILE}"],
        ["check", "3xH -> relu", "--baseline", f"{HOSTILE}.json"],
        ["explain", "3xH -> relu", HOSTILE],
    ],
    ids=repr,
)
def test_what_is_typed_is_escaped(arguments: list[str], tmp_path: Path) -> None:
    done = cnncalc(*arguments, cwd=tmp_path)
    assert done.code in (1, 2)
    check_shown(done.out + done.err)


@pytest.mark.parametrize("key", ["name", "source", "notes"])
def test_escapes_of_yaml_are_refused_over_several_lines_too(key: str, tmp_path: Path) -> None:
    (tmp_path / "net.yaml").write_text(f'input: 3x8\n{key}: "a\\e[31m\n  b"\nbody: relu\n', encoding="utf-8")
    done = cnncalc("net.yaml", cwd=tmp_path)
    assert done.code == 1
    assert "escapes in quotes" in done.err
    check_shown(done.out + done.err)


def test_a_diagnostic_is_escaped_however_it_is_made() -> None:
    made = Diagnostic("bad-spec", CONTROLS, notes=(CONTROLS,), hint=CONTROLS)
    changed = Diagnostic("bad-spec", "").__class__("bad-spec", "")._replace(message=CONTROLS, notes=(CONTROLS,))
    for text in (made.message, *made.notes, made.hint or "", changed.message, *changed.notes):
        check_shown(text, lines=False)
    assert escaped("a\tb\x1bc 합성곱 é") == "a\\tb\\x1bc 합성곱 é"


def test_the_caret_is_below_what_it_marks(tmp_path: Path) -> None:
    done = cnncalc("3x8x8 -> relu '\x1b[1m' -> reluu", cwd=tmp_path)
    *_, line, caret, _ = done.err.splitlines()
    assert caret.index("^") == line.index("reluu")
    with pytest.raises(library.CnncalcError):
        library.calc("3x8x8 -> '\ud800'")


@pytest.mark.parametrize("target", ["x" * 900, "x" * 300 + "#y", "é" * 500, "x/" * 400])
def test_a_name_that_no_file_can_have(target: str, tmp_path: Path) -> None:
    done = cnncalc("check", target, cwd=tmp_path)
    assert done.code == 1
    assert "internal" not in done.out + done.err
    assert "Traceback" not in done.err
