"""One network with everything in it, through every format of a report and every kind of report of a check.

The whole texts are in `golden`; CNNCALC_OVERWRITE=1 writes them anew: read them before you keep them. A format or a
kind is found here by itself, and fails until it has its text and says all that it may not leave out.
"""

from __future__ import annotations

import os
from functools import cache
from pathlib import Path

import pytest

from cnncalc import __version__
from cnncalc.checks.run import Run, run
from cnncalc.checks.targets import RunSettings, of_word
from cnncalc.diagnostics import Diagnostic, Source, Span
from cnncalc.graph import Expected
from cnncalc.render import Options, format_names
from cnncalc.render.reports import report, report_names
from tests.command import cnncalc

FOLDER = Path(__file__).parent
GOLDEN = FOLDER / "golden"
SPEC = "everything.yaml"
REMARK = "torch counts 5 MACs in `head`, and the spec 6"
WARNING = "the bias of stem.0 has no effect"
TOTAL_PARAMS = 3 * 4 * 9 + 4 + 2 * 4 + (4 * 4 * 9 + 4) + (4 * 4 * 4 + 4) + (8 * 2 + 2) + 9 * 3 + 9 * 4 + 6 * 13 + 70


def hold_to_golden(name: str, got: str) -> None:
    path = GOLDEN / f"{name}.txt"
    if os.environ.get("CNNCALC_OVERWRITE"):
        path.parent.mkdir(exist_ok=True)
        path.write_text(got, encoding="utf-8")
    assert path.exists(), f"{path.name} is missing: CNNCALC_OVERWRITE=1 writes it"
    assert got == path.read_text(encoding="utf-8")


@cache
def formatted(format: str) -> tuple[str, str]:
    """What goes to standard output and to standard error."""
    result = cnncalc(SPEC, "--format", format, cwd=FOLDER, COLUMNS="160")
    assert result.code == 0, result.err
    return result.out, result.err


@pytest.mark.parametrize("format", format_names())
def test_the_whole_text(format: str) -> None:
    out, err = formatted(format)
    hold_to_golden(f"format-{format}", f"{out}{'-' * 20} standard error\n{err}")


@pytest.mark.parametrize("format", format_names())
def test_no_format_drops_a_warning_or_says_it_twice(format: str) -> None:
    assert "".join(formatted(format)).count(WARNING) == 1


@pytest.mark.parametrize("format", format_names())
def test_no_format_has_0_for_what_is_not_counted(format: str) -> None:
    out, _ = formatted(format)
    lines = [line for line in out.splitlines() if "bilinear" in line or "opaque" in line]
    for words, line in zip((("at least", "lower-bound"), ("not counted", "uncounted")), lines, strict=True):
        assert any(word in line for word in words), line


@pytest.mark.parametrize("format", format_names())
def test_the_parameters_of_every_format_are_those_of_the_network(format: str) -> None:
    # By hand: a weight and a bias of each layer, the shared tower once, those that are trained alone too.
    assert str(TOTAL_PARAMS) in formatted(format)[0].replace("**", "")


def checked() -> Run:
    """A check of the network that fails, and of one that does not, with what a model has and its figures have not."""
    text = "<= 3"
    source = Source("--expect", text)
    place = Span(source, 0, len(text))
    expected = (Expected(("params",), text, place, place),)
    targets = [*of_word(SPEC, RunSettings(expected=expected)), *of_word("3x8x8 -> conv 4 k3", RunSettings())]
    done = run(targets, RunSettings())
    remark = Diagnostic("import-note", REMARK, "warning")
    outcomes = [outcome._replace(seconds=0.0, warnings=(remark, *outcome.warnings)) for outcome in done.outcomes[:1]]
    return done._replace(outcomes=[*outcomes, *(outcome._replace(seconds=0.0) for outcome in done.outcomes[1:])])


@pytest.mark.parametrize("kind", report_names())
def test_every_kind_of_a_check(kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(FOLDER)
    monkeypatch.delenv("GITHUB_WORKSPACE", raising=False)
    got = report(kind)(checked(), Options(width=160))
    plain = got.replace("\\", "")
    assert REMARK.replace("`", "") in plain.replace("`", "")
    assert WARNING in plain
    assert f"params are {TOTAL_PARAMS}, expected at most 3" in plain
    hold_to_golden(f"report-{kind}", got.replace(f'"version": "{__version__}"', '"version": "OWN"'))
