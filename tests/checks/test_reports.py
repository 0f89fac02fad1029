"""Each kind of report, read by a reader of its kind, with names and messages that try to break it."""

from __future__ import annotations

import json
import re
import xml.etree.ElementTree as ElementTree
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import pytest

from cnncalc.checks.run import run
from cnncalc.checks.targets import RunSettings, of_word
from cnncalc.render import Options
from cnncalc.render.reports import report, report_names
from tests.checks.repository import SMALL, write
from tests.command import cnncalc

KINDS = ["github", "html", "json", "junit", "markdown", "sarif", "text"]
UGLY = "n%e,t:s <&\"'>|`*_[]\u00e9 \u5408.yaml"


@pytest.fixture(autouse=True)
def elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A folder with a good spec, and one whose name and text are hard to write."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("GITHUB_WORKSPACE", raising=False)
    text = SMALL.replace("name: small", "name: '<&>|%0A::error::'") + "expect:\n  params: <= 1k\n  output: 11\n"
    write(tmp_path, {"good.yaml": SMALL, UGLY: text})


def written(kind: str, *words: str) -> str:
    found = run([target for word in words for target in of_word(word, RunSettings())], RunSettings())
    return report(kind)(found, Options())


def test_the_kinds() -> None:
    assert report_names() == KINDS


@pytest.mark.parametrize("kind", KINDS)
def test_everything_that_failed_is_in_every_kind(kind: str) -> None:
    text = written(kind, "good.yaml", UGLY, "bad \u0001 & <spec>.yaml")
    for figure in ("6,582", "1,000", "10", "11"):
        assert figure in text
    assert "\u0001" not in text or kind not in ("json", "junit", "sarif")


def test_junit_is_xml_with_a_case_for_each_check() -> None:
    root = ElementTree.fromstring(written("junit", "good.yaml", UGLY).encode("utf-8"))
    assert (root.tag, root.get("tests"), root.get("failures"), root.get("errors")) == ("testsuites", "4", "2", "0")
    suites = {suite.get("name"): suite for suite in root}
    assert list(suites) == ["good.yaml", UGLY]
    cases = list(suites[UGLY])
    assert [case.get("name") for case in cases] == ["computes", "params", "output"]
    assert [case.get("classname") for case in cases] == [UGLY] * 3
    failure = cases[1].find("failure")
    assert failure is not None
    assert failure.get("type") == "expectation-failed"
    assert failure.get("message") == "params are 6,582, expected at most 1,000 (5,582 too many, +558 %)"
    assert failure.text == f"{UGLY}:12: params are 6,582, expected at most 1,000 (5,582 too many, +558 %)"


def test_github_annotations_escape_what_they_have_to() -> None:
    lines = written("github", "good.yaml", UGLY).splitlines()
    name = UGLY.replace("%", "%25").replace(":", "%3A").replace(",", "%2C")
    assert lines == [
        f"::error file={name},line=12,endLine=12,col=11,endColumn=15,title={name}%3A expectation-failed"
        "::params are 6,582, expected at most 1,000 (5,582 too many, +558 %25)",
        f"::error file={name},line=13,endLine=13,col=11,endColumn=12,title={name}%3A expectation-failed"
        "::the output is 10, expected 11",
    ]


def test_github_paths_start_at_the_top_of_the_repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write(tmp_path, {"sub/net.yaml": SMALL + "expect: {params: 1}\n"})
    monkeypatch.setenv("GITHUB_WORKSPACE", str(tmp_path))
    monkeypatch.chdir(tmp_path / "sub")
    assert written("github", "net.yaml").startswith("::error file=sub/net.yaml,line=11,")
    assert json.loads(written("sarif", "net.yaml"))["runs"][0]["results"][0]["locations"][0]["physicalLocation"][
        "artifactLocation"
    ] == {"uri": "sub/net.yaml"}


def test_what_stands_in_no_file_has_no_place() -> None:
    (line,) = written("github", "3x4x4 -> conv 8 k5").splitlines()
    assert line.startswith("::error title=3x4x4 -> conv 8 k5%3A kernel-too-large::the kernel of conv2d is 5x5")


def test_sarif() -> None:
    log = json.loads(written("sarif", "good.yaml", UGLY, "3x15x15 -> maxpool 2"))
    assert log["version"] == "2.1.0"
    (found,) = log["runs"]
    rules = [rule["id"] for rule in found["tool"]["driver"]["rules"]]
    results: list[dict[str, Any]] = found["results"]
    assert [(r["ruleId"], r["level"]) for r in results] == [
        ("expectation-failed", "error"),
        ("expectation-failed", "error"),
        ("dropped-pixels", "warning"),
    ]
    assert all(rules[r["ruleIndex"]] == r["ruleId"] for r in results)
    place = results[0]["locations"][0]["physicalLocation"]
    assert unquote(place["artifactLocation"]["uri"]) == UGLY
    assert re.fullmatch(r"[A-Za-z0-9%._~/-]+", place["artifactLocation"]["uri"])
    assert place["region"] == {"startLine": 12, "startColumn": 11, "endLine": 12, "endColumn": 16}
    assert "locations" not in results[2]


def test_json_has_the_envelope() -> None:
    found = json.loads(written("json", "good.yaml", UGLY))
    assert (found["cnncalc"], found["ok"], found["exit_code"]) == (1, False, 1)
    good, bad = found["targets"]
    assert (good["ok"], good["totals"]["params"], good["outputs"]) == (True, 6582, {"output": [10]})
    assert bad["checks"][1]["diagnostics"][0]["line"] == 12


def test_markdown_keeps_its_table() -> None:
    lines = written("markdown", "good.yaml", UGLY).splitlines()
    assert lines[:5] == [
        "### ❌ cnncalc: 1 of 2 networks fails",
        "",
        "| | network | output | params | MACs | |",
        "|---|---|---|---:|---:|---|",
        "| ✅ | `good.yaml` | 10 | 6,582 | 361,600 |  |",
    ]
    assert re.sub(r"\\\|", "", lines[5]).count("|") == 7


@pytest.mark.parametrize("width", [40, 60, 80, 160])
@pytest.mark.parametrize("unicode", [True, False])
def test_a_line_for_each_target_fits_the_page(width: int, unicode: bool) -> None:
    found = run([*of_word("good.yaml", RunSettings()), *of_word("zoo:resnet50", RunSettings())], RunSettings())
    lines = report("text")(found, Options(width=width, unicode=unicode)).splitlines()
    assert [len(line) <= width for line in lines] == [True] * len(lines)
    assert unicode or all(line.isascii() for line in lines)


def test_several_at_once(tmp_path: Path) -> None:
    files = [f"--report={kind}=out.{kind}" for kind in KINDS]
    result = cnncalc("check", "good.yaml", *files, cwd=tmp_path)
    assert result.code == 0
    assert result.out.startswith("✓ good.yaml")
    assert (tmp_path / "out.text").read_text(encoding="utf-8") == result.out
    assert json.loads((tmp_path / "out.json").read_text(encoding="utf-8"))["ok"]
    assert (tmp_path / "out.github").read_text(encoding="utf-8") == ""
    assert ElementTree.parse(tmp_path / "out.junit").getroot().get("failures") == "0"
    both = cnncalc("check", UGLY, "--report", "text", "--report", "github", cwd=tmp_path)
    assert both.code == 1
    assert both.out.endswith("the output is 10, expected 11\n")


def test_colour_is_for_terminals(tmp_path: Path) -> None:
    assert "\x1b[" not in cnncalc("check", UGLY, cwd=tmp_path).out
    forced = cnncalc("check", UGLY, cwd=tmp_path, NO_COLOR="", FORCE_COLOR="1").out
    assert "\x1b[1;31m✗\x1b[0m" in forced
