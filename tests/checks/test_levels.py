"""Warnings in a check: shown in every report, denied, ignored, and allowed by the spec with a reason."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from cnncalc.checks import levels
from cnncalc.checks.levels import Levels, Named
from cnncalc.checks.project import find_project
from cnncalc.checks.run import Run, run
from cnncalc.checks.targets import RunSettings, targets
from cnncalc.diagnostics import CnncalcError, UsageError
from cnncalc.render import Options
from cnncalc.render.reports import report, report_names
from tests.checks.repository import write
from tests.command import cnncalc

ODD = """\
input: 3x33x33
body:
  - stem: conv 8 k3 p1
  - bn
  - maxpool 2
"""
ALLOWED = ODD + "allow:\n  dropped-pixels: the last row of this camera is black\n"
DENIED = """\
✗ odd.yaml  3x33x33 → 8x16x16  240 params  235,224 MACs  fails: warnings

error[dropped-pixels]: no window of maxpool2d reaches the last row and column of its 33x33 input
 --> odd.yaml:5:5
  |
5 |   - maxpool 2
  |     ^^^^^^^^^
  = note: denied by --deny dropped-pixels

warning[bias-before-norm]: the bias of stem has no effect, as bn1 takes the mean away after it
 --> odd.yaml:3:11
  |
3 |   - stem: conv 8 k3 p1
  |           ^^^^^^^^^^^^
  = hint: bias=no

1 can be fixed: --diff shows how, and --fix does it
1 network fails, with 1 warning
"""


@pytest.fixture(autouse=True)
def elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("GITHUB_WORKSPACE", raising=False)
    write(tmp_path, {"odd.yaml": ODD, "allowed.yaml": ALLOWED})


def checked(*words: str, deny: str = "", ignore: str = "") -> Run:
    own = levels.levels(
        [Named(code, "--deny") for code in deny.split()], [Named(code, "--ignore") for code in ignore.split()]
    )
    asked = RunSettings(levels=own)
    project = find_project(Path.cwd())
    return run(targets(words or list(project.entries if project else ()), project, asked), asked)


def codes(found: Run) -> tuple[list[str], list[str]]:
    """The codes of what fails, and of warnings that are shown."""
    return (
        [problem.code for outcome in found.outcomes for problem in outcome.problems],
        [warning.code for outcome in found.outcomes for warning in outcome.warnings],
    )


def text(found: Run) -> str:
    return report("text")(found, Options(width=80))


def test_a_denied_warning_fails_and_the_others_are_shown() -> None:
    found = checked("odd.yaml", deny="dropped-pixels")
    assert text(found) == DENIED
    assert found.code == 1


@pytest.mark.parametrize("kind", report_names())
def test_every_report_has_every_warning(kind: str) -> None:
    found = report(kind)(checked("odd.yaml"), Options())
    assert "the last row and column of its 33x33 input" in found
    assert "the bias of stem has no effect" in found


def test_the_command_line() -> None:
    assert cnncalc("check", "odd.yaml").code == 0
    denied = cnncalc("check", "odd.yaml", "--deny", "dropped-pixels")
    assert (denied.code, denied.out) == (1, DENIED)
    both = cnncalc("check", "odd.yaml", "--deny", "warnings", "--ignore", "dropped-pixels,bias-before-norm", "--json")
    (target,) = json.loads(both.out)["targets"]
    assert (both.code, target["warnings"], [one["by"] for one in target["silenced"]]) == (0, [], ["--ignore"] * 2)
    assert target["checks"][-1] == {
        "name": "warnings",
        "ok": True,
        "expected": "no warnings",
        "actual": "no warnings",
        "diagnostics": [],
    }


def test_who_is_nearer_goes_first() -> None:
    project = '[tool.cnncalc.check]\ndeny = ["warnings"]\n[tool.cnncalc.check.odd]\ntarget = "odd.yaml"\n'
    write(Path(), {"pyproject.toml": project + 'ignore = ["dropped-pixels"]\n'})
    assert codes(checked()) == (["bias-before-norm"], [])
    assert checked().outcomes[0].problems[0].notes == ("denied by the project",)
    assert codes(checked("odd.yaml")) == (["dropped-pixels", "bias-before-norm"], [])  # not by its entry
    assert codes(checked("odd", deny="dropped-pixels")) == (["dropped-pixels", "bias-before-norm"], [])
    assert codes(checked("odd", ignore="bias-before-norm")) == ([], [])
    assert codes(checked("allowed.yaml", deny="dropped-pixels")) == (["bias-before-norm"], [])


def test_what_is_allowed_is_meant_in_every_command() -> None:
    import cnncalc as package

    assert [warning.code for warning in package.calc("allowed.yaml").warnings] == ["bias-before-norm"]
    found = checked("allowed.yaml")
    assert codes(found) == ([], ["bias-before-norm"])
    (result,) = [r for r in json.loads(report("sarif")(found, Options()))["runs"][0]["results"] if "suppressions" in r]
    assert result["suppressions"] == [
        {"kind": "inSource", "justification": "the last row of this camera is black"},
    ]


def test_what_never_comes_says_so() -> None:
    write(Path(), {"allowed.yaml": ALLOWED.replace("3x33x33", "3x32x32")})
    found = checked("allowed.yaml", ignore="unused-layer bias-before-norm")
    assert text(found).split("\n\n")[1:3] == [
        "warning[unused-allow]: allow has dropped-pixels, and no such warning comes\n"
        " --> allowed.yaml:7:3\n"
        "  |\n"
        "7 |   dropped-pixels: the last row of this camera is black\n"
        "  |   ^^^^^^^^^^^^^^\n"
        "  = hint: take it out",
        "warning[unused-ignore]: no unused-layer comes, which --ignore leaves out\n = hint: take it out",
    ]
    assert codes(checked("allowed.yaml", deny="warnings"))[0] == ["bias-before-norm", "unused-allow"]


def test_one_variant_that_has_it_is_enough() -> None:
    variants = "arguments: {side: }\nvariants: {even: {side: 32}, odd: {side: 33}}\n"
    write(Path(), {"allowed.yaml": variants + ALLOWED.replace("3x33x33", "(3, side, side)")})
    assert codes(checked("allowed.yaml")) == ([], ["bias-before-norm"] * 2)
    assert codes(checked("allowed.yaml#even")) == ([], ["bias-before-norm"])  # the other may have it


def test_what_is_ignored_for_all_may_come_in_what_is_not_checked() -> None:
    project = '[tool.cnncalc.check]\nignore = ["unused-layer"]\n[tool.cnncalc.check.odd]\ntarget = "odd.yaml"\n'
    write(Path(), {"pyproject.toml": project})
    assert "unused-ignore" in codes(checked())[1]
    assert "unused-ignore" not in codes(checked("allowed.yaml"))[1]


@pytest.mark.parametrize(
    ("spec", "message", "hint"),
    [
        ("allow: {dropped-pixel: odd}", "no warning has the code dropped-pixel", "did you mean dropped-pixels?"),
        (
            "allow: {shape-mismatch: odd}",
            "shape-mismatch is an error, and only warnings can be allowed",
            "an error is mended, or the spec stays wrong",
        ),
        (
            "allow: {unused-layer: }",
            "allow says why unused-layer is meant, and there is no reason here",
            "such as dropped-pixels: the last row of this camera is black",
        ),
        (
            "allow: {unused-layer: yes}",
            "allow says why unused-layer is meant, and there is no reason here",
            "such as dropped-pixels: the last row of this camera is black",
        ),
        (
            "allow: [unused-layer]",
            "allow holds codes of warnings, each with the reason why it is meant",
            "allow: {dropped-pixels: the last row of this camera is black}",
        ),
    ],
)
def test_an_allow_that_is_refused(spec: str, message: str, hint: str) -> None:
    import cnncalc as package

    write(Path(), {"bad.yaml": f"{ODD}{spec}\n"})
    with pytest.raises(CnncalcError) as raised:
        package.calc("bad.yaml")
    (problem,) = raised.value.diagnostics
    assert (problem.message, problem.hint) == (message, hint)


@pytest.mark.parametrize(
    ("deny", "ignore", "message", "hint"),
    [
        ("bias-norm", "", "no warning has the code bias-norm", "did you mean bias-before-norm?"),
        ("warning", "", "no warning has the code warning", "did you mean warnings?"),
        ("bad-shape", "", "bad-shape is an error, and only warnings can be denied", "an error always fails"),
        (
            "",
            "warnings",
            "what is ignored is named by its code",
            "warnings do not fail a check where none is denied",
        ),
        ("one-value", "one-value", "one-value is both denied and ignored", "leave one of them out"),
    ],
)
def test_codes_that_are_refused(deny: str, ignore: str, message: str, hint: str) -> None:
    with pytest.raises(UsageError) as raised:
        checked("odd.yaml", deny=deny, ignore=ignore)
    (problem,) = raised.value.diagnostics
    assert (problem.message, problem.hint) == (message, hint)
    with pytest.raises(UsageError):
        levels.levels([Named(deny or "x", "")], [Named(ignore or "x", "")])


def test_the_places_in_a_project(tmp_path: Path) -> None:
    text = '[tool.cnncalc.check.odd]\ntarget = "odd.yaml"\ndeny = [\n  "unused-layer",\n  "unused-leyer",\n]\n'
    write(tmp_path, {"pyproject.toml": text})
    result = cnncalc("check")
    assert result.code == 2
    assert result.err == (
        "error[unknown-rule]: no warning has the code unused-leyer\n"
        " --> pyproject.toml:5:4\n"
        "  |\n"
        '5 |   "unused-leyer",\n'
        "  |    ^^^^^^^^^^^^\n"
        "  = hint: did you mean unused-layer?\n"
    )
    assert Levels() == levels.levels([], [])
