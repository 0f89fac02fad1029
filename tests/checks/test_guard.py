"""What a guard of networks meets in its first hour, each with the whole text that it gets."""

from __future__ import annotations

from pathlib import Path

import pytest

from cnncalc.analysis.expectations import refuse_unreadable
from cnncalc.analysis.wanted import condition
from cnncalc.checks.baseline_file import parse_baseline
from cnncalc.checks.run import run
from cnncalc.checks.targets import RunSettings, of_word, shown
from cnncalc.diagnostics import CnncalcError, Source, UsageError
from cnncalc.render import Options
from cnncalc.render.reports import report
from tests.checks.repository import SMALL, write
from tests.command import cnncalc


def checked(spec: str, *expected: str) -> str:
    asked = RunSettings(expected=tuple(condition(text) for text in expected))
    return report("text")(run(of_word(spec, asked), asked), Options(width=80))


def test_wrong_limits_are_said_before_anything_runs(tmp_path: Path) -> None:
    write(tmp_path, {f"{name}.yaml": SMALL for name in "abc"})
    result = cnncalc("check", ".", "--max-params", "10x", "--expect", "parms=3", cwd=tmp_path)
    assert (result.code, result.out) == (2, "")
    assert result.err == (
        "error[unknown-key]: there is no expectation called parms\n"
        " --> --expect:1:1\n"
        "  |\n"
        "1 | parms=3\n"
        "  | ^^^^^\n"
        "  = hint: did you mean params?\n"
        "\n"
        "error[bad-expectation]: 10x has the suffix x, which is none\n"
        " --> --max-params:1:1\n"
        "  |\n"
        "1 | 10x\n"
        "  | ^^^\n"
        "  = hint: suffixes are k, M, G and T\n"
    )
    write(tmp_path, {"pyproject.toml": '[tool.cnncalc.check.a]\ntarget = "a.yaml"\nexpect = { params = "<= 12MB" }\n'})
    project = cnncalc("check", cwd=tmp_path)
    assert (project.code, project.out) == (2, "")
    assert "pyproject.toml:3:" in project.err


@pytest.mark.parametrize(
    "text",
    [
        "params=<=5M",
        "output=64xHxW",
        "layers.conv1=8x4x4",
        "layers.conv1.params=<=3k",
        "macs=280*HEIGHT",
        "memory=1GiB",
    ],
)
def test_what_may_be_right_is_left_to_the_network(text: str) -> None:
    refuse_unreadable([condition(text)])


@pytest.mark.parametrize(
    ("text", "message", "hint"),
    [
        ("params=<=12MB", "12MB is a number of bytes, which this figure is not", "write 12M"),
        (
            "macs=~1.8G",
            "~ has no meaning here",
            "write None for nothing, and 1.8G +- 1% for about a figure",
        ),
    ],
)
def test_figures_of_other_habits(text: str, message: str, hint: str) -> None:
    with pytest.raises(UsageError) as raised:
        refuse_unreadable([condition(text)])
    (problem,) = raised.value.diagnostics
    assert (problem.message, problem.hint) == (message, hint)


def test_a_shape_that_open_sizes_miss_names_those_that_give_it() -> None:
    assert checked("1xHxH -> conv 4 k5 s2", "output=4x14x14") == (
        "✗ 1xHxH -> conv 4 k5 s2  104 params  open MACs  fails: output\n"
        "\n"
        "error[expectation-failed]: the output is 4 x ((H + 1)//2 - 2) x ((H + 1)//2 - 2), "
        "expected 4x14x14: with H = 5 it is 4x1x1\n"
        " --> --expect:1:8\n"
        "  |\n"
        "1 | output=4x14x14\n"
        "  |        ^^^^^^^\n"
        "  = hint: it is with H = 31 or 32\n"  # (31 - 5)//2 + 1 = (32 - 5)//2 + 1 = 14
        "\n"
        "1 network fails\n"
    )
    assert "hint: no H up to 2,048 gives it" in checked("1xHxH -> conv 4 k5 s2", "output=5x14x14")


def test_a_broken_baseline_says_what_is_wrong_with_it() -> None:
    with pytest.raises(CnncalcError) as raised:
        parse_baseline(Source("base.json", '{"cnncalc_baseline": 1,\n "targets": {"a\nb": 1}}'))
    assert raised.value.message == "base.json is no baseline: it is no JSON: invalid control character"


def test_a_path_far_away_is_shown_as_it_is(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "a" / "b").mkdir(parents=True)
    monkeypatch.chdir(tmp_path / "a" / "b")
    assert shown(tmp_path / "a" / "x.json") == "../x.json"
    assert shown(Path("/nonexistent/dir/x.json")) == "/nonexistent/dir/x.json"
