"""The pytest plugin, run by pytest's own pytester in processes of their own."""

from __future__ import annotations

from importlib.metadata import entry_points
from pathlib import Path

import pytest

from tests.checks.repository import SMALL, SMALL_PARAMS, write

pytest_plugins = "pytester"

WITH_VARIANTS = """\
arguments: {width: }
variants:
  narrow: {width: 8}
  wide: {width: 16, expect: {params: 1}}
input: 3x8x8
body: [conv width k3]
"""
FILES = {
    "nets/good.yaml": SMALL,
    "nets/over.yaml": SMALL + "expect: {params: <= 1k}\n",
    "nets/sizes.yaml": WITH_VARIANTS,
    "ci.yaml": "jobs: [lint, test]\n",
    "nets/blocks.yaml": "blocks:\n  twice(n): conv n k1 -> conv n k1\n",
}
PROJECT = """\
[tool.cnncalc.check.agreed]
target = "nets/good.yaml"
baseline = "agreed.json"

[tool.cnncalc.check.zoo]
target = "zoo:resnet18"
expect = { params = 11689512 }
"""


@pytest.fixture(autouse=True)
def _no_other_plugin(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD", "1")


def run(pytester: pytest.Pytester, *arguments: str) -> pytest.RunResult:
    installed = any(point.value == "pytest_cnncalc" for point in entry_points(group="pytest11"))
    plugin = "cnncalc" if installed else "pytest_cnncalc"
    return pytester.runpytest_subprocess("-p", plugin, "-p", "no:cacheprovider", *arguments)


def test_nothing_is_collected_unless_it_is_asked_for(pytester: pytest.Pytester) -> None:
    write(pytester.path, {**FILES, "pyproject.toml": PROJECT, "test_own.py": "def test_own(): pass\n"})
    run(pytester).assert_outcomes(passed=1)


def test_specs_and_entries_are_tests(pytester: pytest.Pytester) -> None:
    write(pytester.path, {**FILES, "pyproject.toml": PROJECT})
    result = run(pytester, "--cnncalc", "-v")
    result.assert_outcomes(passed=3, failed=3)
    result.stdout.fnmatch_lines_random(
        [
            "nets/good.yaml::good PASSED*",
            "nets/over.yaml::over FAILED*",
            "nets/sizes.yaml::narrow PASSED*",
            "nets/sizes.yaml::wide FAILED*",
            "pyproject.toml::agreed FAILED*",
            "pyproject.toml::zoo PASSED*",
        ]
    )
    result.stdout.fnmatch_lines(
        [
            "error[[]expectation-failed[]]: params are 6,582, expected at most 1,000 (5,582 too many, +558 %)",
            "* --> nets/over.yaml:11:18",
        ]
    )
    assert "Traceback" not in result.stdout.str()


def test_update_writes_baselines(pytester: pytest.Pytester) -> None:
    write(pytester.path, {"nets/good.yaml": SMALL, "pyproject.toml": PROJECT})
    run(pytester, "--cnncalc").assert_outcomes(passed=2, failed=1)
    assert not (pytester.path / "agreed.json").exists()
    run(pytester, "--cnncalc", "--cnncalc-update").assert_outcomes(passed=3)
    run(pytester, "--cnncalc").assert_outcomes(passed=3)


def test_one_test_alone_and_a_keyword(pytester: pytest.Pytester) -> None:
    write(pytester.path, {**FILES, "pyproject.toml": PROJECT})
    run(pytester, "--cnncalc", "-k", "zoo or good").assert_outcomes(passed=2, deselected=4)
    run(pytester, "--cnncalc", "nets/sizes.yaml::narrow").assert_outcomes(passed=1)
    run(pytester, "--cnncalc", "pyproject.toml::zoo").assert_outcomes(passed=1)
    # Where tests have a folder of their own, the entries are still run, unless what to run is named.
    testpaths = '[tool.pytest.ini_options]\ntestpaths = ["nets"]\n'
    write(pytester.path, {"nets/over.yaml": SMALL, "pyproject.toml": PROJECT + testpaths})
    run(pytester, "--cnncalc", "-k", "not wide").assert_outcomes(passed=4, failed=1, deselected=1)
    run(pytester, "--cnncalc", "nets", "-k", "not wide").assert_outcomes(passed=3, deselected=1)


def test_a_broken_project_stops_the_run_with_its_message(pytester: pytest.Pytester) -> None:
    write(pytester.path, {"pyproject.toml": PROJECT.replace("expect", "expct")})
    result = run(pytester, "--cnncalc")
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines(["*error[[]unknown-key[]]: an entry has no key expct", "*did you mean expect?"])


def test_a_spec_that_cannot_be_read_fails_alone(pytester: pytest.Pytester) -> None:
    write(pytester.path, {"good.yaml": SMALL, "bad.yaml": SMALL.replace("1x32x32", "1x4x4")})
    (pytester.path / "bytes.yaml").write_bytes(b"body: [\xff]\n")
    run(pytester, "--cnncalc").assert_outcomes(passed=1, failed=2)


FIXTURE = f"""
import pytest
from torch import nn

class Net(nn.Sequential):
    def __init__(self, width=8):
        super().__init__(nn.Conv2d(1, width, 5), nn.ReLU(), nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(width, 10))

def test_a_module(cnncalc_check):
    report = cnncalc_check(Net(16), input="1x28x28", expect={{"params": 16*25 + 16 + 170, "output": 10}})
    assert report.totals.macs == 16*25*24*24 + 160

def test_a_name(cnncalc_check):
    cnncalc_check("test_models:Net", input="1x28x28", kwargs={{"width": 4}}, expect={{"params": "<= 200"}})

def test_a_folder(cnncalc_check):
    assert [report.totals.params for report in cnncalc_check("nets")] == [{SMALL_PARAMS}]

def test_a_layer_over_its_budget(cnncalc_check):
    cnncalc_check("zoo:resnet18", expect={{"layers": {{"conv1.params": "<= 9k"}}}})

def test_verified(cnncalc_check):
    cnncalc_check("3x8x8 -> conv 4 k3", verify=True, set={{}}, batch=2)
"""

BASELINE = """
def test_a_baseline(cnncalc_check):
    cnncalc_check("nets/good.yaml", baseline="net.json")
"""


def test_the_fixture(pytester: pytest.Pytester) -> None:
    write(
        pytester.path, {"test_models.py": FIXTURE, "test_baseline.py": BASELINE, "nets/good.yaml": SMALL, "deep/x": ""}
    )
    result = run(pytester)
    result.assert_outcomes(passed=4, failed=2)
    result.stdout.fnmatch_lines(["error[[]missing-baseline[]]: there is no baseline net.json"])
    result.stdout.fnmatch_lines(["error[[]expectation-failed[]]: params of conv1 are 9,408, expected at most 9,000 (*"])
    run(pytester, "--cnncalc-update", "test_baseline.py").assert_outcomes(passed=1)
    assert Path(pytester.path, "net.json").exists()
    run(pytester, "test_baseline.py").assert_outcomes(passed=1)
