"""`cnncalc check` through real processes: targets, baselines and exit codes."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from cnncalc.diagnostics import UsageError
from cnncalc.files import write_whole
from tests.checks.repository import SMALL, SMALL_MACS, SMALL_PARAMS, write
from tests.command import Result, cnncalc

EXPECT = f"expect:\n  output: 10\n  params: {SMALL_PARAMS}\n  macs: {SMALL_MACS}\n"


def check(folder: Path, *arguments: str, **environment: str) -> Result:
    return cnncalc("check", *arguments, cwd=folder, **environment)


def targets(folder: Path, *arguments: str, code: int = 0) -> dict[str, Any]:
    """The targets of the JSON report, by their names."""
    result = check(folder, *arguments, "--json")
    assert result.code == code, result.out + result.err
    return {target["name"]: target for target in json.loads(result.out)["targets"]}


def failed(target: dict[str, Any]) -> list[str]:
    return [check["name"] for check in target["checks"] if not check["ok"]]


def test_a_spec_that_expects_nothing_has_to_compute(tmp_path: Path) -> None:
    write(tmp_path, {"good.yaml": SMALL, "bad.yaml": SMALL.replace("1x32x32", "1x4x4")})
    found = targets(tmp_path, "good.yaml", "bad.yaml", code=1)
    assert [name for name, target in found.items() if target["ok"]] == ["good.yaml"]
    assert failed(found["bad.yaml"]) == ["computes"]


def test_what_a_spec_expects_of_itself(tmp_path: Path) -> None:
    write(tmp_path, {"net.yaml": SMALL + EXPECT})
    (found,) = targets(tmp_path, "net.yaml").values()
    assert [check["name"] for check in found["checks"]] == ["computes", "output", "params", "macs"]
    assert found["totals"]["params"] == SMALL_PARAMS
    result = check(tmp_path, "net.yaml")
    assert (
        result.out == "✓ net.yaml  1x32x32 → 10  6,582 params  361,600 MACs  3 as expected\n\n1 network as expected\n"
    )


def test_a_line_without_unicode(tmp_path: Path) -> None:
    result = check(tmp_path, "784 -> linear 10", "3x4x4 -> conv 8 k5", PYTHONIOENCODING="ascii")
    assert result.code == 1
    assert result.out.splitlines()[:2] == [
        "ok   784 -> linear 10    7,850 params  7,840 MACs  computes",
        "FAIL 3x4x4 -> conv 8 k5                            fails: kernel-too-large",
    ]


@pytest.mark.parametrize(
    ("option", "value", "code"),
    [
        ("--max-params", "6582", 0),
        ("--max-params", "6.5k", 1),
        ("--max-macs", "361600", 0),
        ("--max-macs", "0.3M", 1),
        ("--max-flops", "723200", 0),
        ("--max-flops", "723199", 1),
        ("--max-activations", "20k", 0),
        ("--max-activations", "1", 1),
        ("--expect-output", "10", 0),
        ("--expect-output", "11", 1),
        ("--expect", "params=6582", 0),
        ("--expect", "params<=6582", 0),
        ("--expect", "params = <= 6582", 0),
        ("--expect", "params<6582", 1),
        ("--expect", "layers.conv1=6x28x28", 0),
        ("--expect", "layers.conv1.params=156", 0),
        ("--expect", "smallest_input=16", 0),  # 5 and 5 windows, two pools: ((16 - 4)/2 - 4)/2 = 1
        ("--expect", "smallest_input=15", 1),
    ],
)
def test_budgets_of_the_command_line(tmp_path: Path, option: str, value: str, code: int) -> None:
    write(tmp_path, {"net.yaml": SMALL})
    assert check(tmp_path, "net.yaml", option, value).code == code


def test_a_folder_holds_specs_in_folders(tmp_path: Path) -> None:
    files = {"nets/a.yaml": SMALL, "nets/deep/b.yml": SMALL, "nets/.hidden/c.yaml": "no: spec", "nets/d.txt": "no spec"}
    blocks = "blocks:\n  twice(n):\n    - conv n k1\n    - conv n k1\n"
    write(tmp_path, {**files, "nets/blocks.yaml": blocks})
    assert list(targets(tmp_path, "nets")) == ["nets/a.yaml", "nets/deep/b.yml"]
    # Asked for by its name, a file of blocks is no network.
    assert failed(targets(tmp_path, "nets/blocks.yaml", code=1)["nets/blocks.yaml"]) == ["computes"]


VARIANTS = """\
arguments: {width: , depth: 1}
variants:
  narrow: {width: 8, expect: {params: 224}}
  wide: {width: 16, expect: {params: "> 400"}}
input: 3x8x8
body:
  - conv width k3
expect:
  params: <= 448
"""


def test_each_variant_of_a_file_is_a_target(tmp_path: Path) -> None:
    write(tmp_path, {"net.yaml": VARIANTS})
    found = targets(tmp_path, "net.yaml")
    assert list(found) == ["net.yaml#narrow", "net.yaml#wide"]
    # 8*3*9 + 8 and 16*3*9 + 16; a variant's own expectation takes the place of the file's.
    assert [target["totals"]["params"] for target in found.values()] == [224, 448]
    assert [check["expected"] for check in found["net.yaml#wide"]["checks"]] == ["figures", "more than 400"]
    assert list(targets(tmp_path, "net.yaml#wide")) == ["net.yaml#wide"]
    assert list(targets(tmp_path, "net.yaml", "--set", "variant=wide")) == ["net.yaml"]
    # With a value for every argument, the file is a network without a variant, too.
    write(tmp_path, {"net.yaml": VARIANTS.replace("width: ,", "width: 4,").partition("expect:\n")[0]})
    assert list(targets(tmp_path, "net.yaml")) == ["net.yaml", "net.yaml#narrow", "net.yaml#wide"]
    # So it is none where each variant says what comes in.
    own = VARIANTS.replace("input: 3x8x8\n", "").replace("{width: 8,", "{width: 8, input: 3x8x8,")
    write(
        tmp_path, {"net.yaml": own.replace("{width: 16,", "{width: 16, input: 3x9x9,").replace("width: ,", "width: 4,")}
    )
    assert list(targets(tmp_path, "net.yaml")) == ["net.yaml#narrow", "net.yaml#wide"]


def test_a_target_twice_is_checked_once(tmp_path: Path) -> None:
    write(tmp_path, {"nets/a.yaml": SMALL})
    assert list(targets(tmp_path, "nets", "nets/a.yaml", "./nets")) == ["nets/a.yaml"]


# Baselines


def test_a_baseline_from_nothing_to_a_change(tmp_path: Path) -> None:
    write(tmp_path, {"nets/a.yaml": SMALL, "nets/b.yaml": SMALL})
    base = tmp_path / "ci" / "base.json"
    run = ("nets", "--baseline", "ci/base.json")
    assert check(tmp_path, *run).code == 1
    assert not base.exists()
    result = check(tmp_path, *run, "--update")
    assert result.code == 0
    assert result.out.endswith("ci/base.json is written, with 2 networks of this run\n2 networks as expected\n")
    first = base.read_bytes()
    assert check(tmp_path, *run).code == 0

    write(tmp_path, {"nets/a.yaml": SMALL.replace("conv 16", "conv 32")})
    found = targets(tmp_path, *run, code=1)
    assert failed(found["nets/a.yaml"]) == ["baseline"]
    assert found["nets/b.yaml"]["ok"]
    # 6*16*25 + 16 and 16*25*10 more.
    assert found["nets/a.yaml"]["difference"]["totals"]["params"] == {"old": 6582, "new": 6582 + 2416 + 4000}
    assert base.read_bytes() == first  # nothing is overwritten without --update

    assert check(tmp_path, *run, "--update").code == 0
    assert check(tmp_path, *run).code == 0
    changed = [
        (a, b) for a, b in zip(first.decode().splitlines(), base.read_text().splitlines(), strict=True) if a != b
    ]
    # The five layers from conv2 on, their totals; b.yaml's lines are as they were.
    assert len(changed) == 6


def test_an_update_that_changes_nothing_writes_nothing(tmp_path: Path) -> None:
    write(tmp_path, {"a.yaml": SMALL})
    check(tmp_path, "a.yaml", "--baseline", "b.json", "--update")
    os.utime(tmp_path / "b.json", (1, 1))
    result = check(tmp_path, "a.yaml", "--baseline", "b.json", "--update")
    assert "b.json is up to date\n" in result.out
    assert (tmp_path / "b.json").stat().st_mtime == 1


def test_an_update_of_one_target_keeps_the_others(tmp_path: Path) -> None:
    write(tmp_path, {"a.yaml": SMALL, "b.yaml": SMALL})
    check(tmp_path, "a.yaml", "b.yaml", "--baseline", "base.json", "--update")
    write(tmp_path, {"a.yaml": SMALL.replace("conv 16", "conv 32")})
    assert check(tmp_path, "a.yaml", "--baseline", "base.json", "--update").code == 0
    assert check(tmp_path, "a.yaml", "b.yaml", "--baseline", "base.json").code == 0


def test_a_baseline_is_not_written_with_a_network_missing(tmp_path: Path) -> None:
    write(tmp_path, {"a.yaml": SMALL, "b.yaml": SMALL.replace("1x32x32", "1x4x4")})
    result = check(tmp_path, "a.yaml", "b.yaml", "--baseline", "base.json", "--update")
    assert result.code == 1
    assert "base.json is not written, as b.yaml has no figures\n" in result.out
    assert not (tmp_path / "base.json").exists()


def test_a_spec_that_is_gone_from_its_folder(tmp_path: Path) -> None:
    write(tmp_path, {"nets/a.yaml": SMALL, "nets/b.yaml": SMALL, "other.yaml": SMALL})
    run = ("--baseline", "base.json")
    check(tmp_path, "nets", "other.yaml", *run, "--update")
    (tmp_path / "nets" / "b.yaml").unlink()
    result = check(tmp_path, "nets", *run)
    assert result.code == 1
    assert "error[baseline-changed]: nets/b.yaml is in the baseline base.json, and is there no longer\n" in result.out
    assert check(tmp_path, "nets", *run, "--update").code == 0
    assert check(tmp_path, "nets", "other.yaml", *run).code == 0
    assert list(json.loads((tmp_path / "base.json").read_text())["targets"]) == ["nets/a.yaml", "other.yaml"]


def test_a_baseline_holds_wherever_the_command_runs(tmp_path: Path) -> None:
    write(tmp_path, {"nets/a.yaml": SMALL})
    check(tmp_path, "nets", "--baseline", "ci/base.json", "--update")
    assert check(tmp_path / "nets", "a.yaml", "--baseline", "../ci/base.json").code == 0


@pytest.mark.parametrize("text", ["", "<<<<<<< HEAD\n{}", "{}", '{"cnncalc_baseline": 2, "targets": {}}'])
def test_what_is_no_baseline_is_not_overwritten(tmp_path: Path, text: str) -> None:
    write(tmp_path, {"a.yaml": SMALL, "base.json": text})
    for options in ([], ["--update"]):
        assert check(tmp_path, "a.yaml", "--baseline", "base.json", *options).code == 1
        assert (tmp_path / "base.json").read_text() == text


def test_files_are_written_whole(tmp_path: Path) -> None:
    write(tmp_path, {"a.yaml": SMALL})
    assert check(tmp_path, "a.yaml", "--report", "junit=out.xml", "--report", "json=out.json").code == 0
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.yaml", "out.json", "out.xml"]
    result = check(tmp_path, "a.yaml", "--report", "junit=no/out.xml")
    assert (result.code, result.out) == (
        2,
        "✓ a.yaml  1x32x32 → 10  6,582 params  361,600 MACs  computes\n\n1 network as expected\n",
    )
    assert "cannot be written" in result.err


@pytest.mark.parametrize("error", [OSError(28, "No space left on device"), KeyboardInterrupt()])
def test_what_is_cut_short_leaves_the_file_as_it_was(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, error: BaseException
) -> None:
    write(tmp_path, {"base.json": "agreed"})

    def full(*_: object) -> None:
        raise error

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(UsageError if isinstance(error, OSError) else KeyboardInterrupt):
        write_whole(tmp_path / "base.json", "half of it")
    assert [path.name for path in tmp_path.iterdir()] == ["base.json"]
    assert (tmp_path / "base.json").read_text(encoding="utf-8") == "agreed"


@pytest.mark.parametrize("side", [0, 1])
def test_a_batch_has_no_part_in_the_smallest_input(tmp_path: Path, side: int) -> None:
    write(tmp_path, {"net.yaml": SMALL, "open.yaml": SMALL.replace("1x32x32", "1xHxW")})
    name = ("net.yaml", "open.yaml")[side]
    assert check(tmp_path, name, "--batch", "2", "--expect", "smallest_input=16x16").code == 0
    assert check(tmp_path, name, "--batch", "2", "--expect", "smallest_input=16x16x16").code == 1


# The project


PROJECT = """\
[tool.cnncalc.check.small]
target = "nets/a.yaml"
baseline = "ci/small.json"
expect = { params = "<= 7k", output = 10 }

[tool.cnncalc.check."open"]
target = "3xHxW -> conv 8 k3 s2"
input = [3, 224, 224]
batch = 2
expect.output = [2, 8, 111, 111]

[tool.cnncalc.check.width]
target = "nets/w.yaml"
set = { width = 16, H = 9 }

[tool.cnncalc.check.width.expect]
layers.conv1 = "16x7x7"
"""
WIDTH = "arguments: {width: 8}\ninput: 3xHx9\nbody: [conv width k3]\n"


def test_the_entries_of_a_project(tmp_path: Path) -> None:
    write(tmp_path, {"pyproject.toml": PROJECT, "nets/a.yaml": SMALL, "nets/w.yaml": WIDTH, "deep/er/x": ""})
    assert check(tmp_path, "--update").code == 0
    found = targets(tmp_path)
    assert list(found) == ["small", "open", "width"]
    assert [check["name"] for check in found["small"]["checks"]] == ["computes", "params", "output", "baseline"]
    # From a folder below, and one entry alone.
    assert list(targets(tmp_path / "deep" / "er")) == ["small", "open", "width"]
    assert list(targets(tmp_path / "nets", "small")) == ["small"]
    # The command goes before the entry.
    assert failed(targets(tmp_path, "width", "--set", "width=4", code=1)["width"]) == ["layers.conv1"]
    assert failed(targets(tmp_path, "small", "--max-params", "1k", code=1)["small"]) == ["params"]


def test_an_entry_goes_before_a_folder_of_its_name(tmp_path: Path) -> None:
    entry = '[tool.cnncalc.check.nets]\ntarget = "nets"\nexpect = {params = 1}\n'
    write(tmp_path, {"pyproject.toml": entry, "nets/a.yaml": SMALL})
    assert check(tmp_path, "nets").code == 1
    assert check(tmp_path, "./nets").code == 0


def test_a_project_that_does_not_speak_of_cnncalc_is_passed_over(tmp_path: Path) -> None:
    write(tmp_path, {"pyproject.toml": PROJECT, "nets/a.yaml": SMALL, "nets/w.yaml": WIDTH})
    write(tmp_path, {"inner/pyproject.toml": "[project]\nname = 'cnncalc-user'\n"})
    check(tmp_path, "--update")
    assert check(tmp_path / "inner").code == 0


# torch


def test_torch_confirms(tmp_path: Path) -> None:
    write(tmp_path, {"a.yaml": SMALL})
    found = targets(tmp_path, "a.yaml", "--verify")["a.yaml"]
    assert [check["name"] for check in found["checks"]] == ["computes", "torch"]


def test_without_torch_a_verification_is_wrong_usage(tmp_path: Path) -> None:
    write(tmp_path, {"a.yaml": SMALL, "hidden/torch.py": "raise ImportError('no torch')\n"})
    path = os.pathsep.join([str(tmp_path / "hidden"), os.environ.get("PYTHONPATH", "")])
    result = check(tmp_path, "a.yaml", "--verify", PYTHONPATH=path)
    assert (result.code, result.out) == (2, "")
    assert result.err.startswith("error[no-torch]: --verify needs torch, which is not installed\n")


def test_torch_that_disagrees_has_its_own_exit_code(tmp_path: Path) -> None:
    # A network in which a layer counts one parameter too many.
    code = """
import sys
from cnncalc.cli.main import run
from cnncalc.layers.linear import Linear
right = Linear.params
Linear.params = lambda self, *xs: {**right(self, *xs), "more": (1,)}
sys.argv = ["cnncalc", "check", *sys.argv[1:], "--verify", "--json"]
run()
"""
    write(tmp_path, {"a.yaml": SMALL, "wrong.py": code})
    for options, expected in (([], 3), (["--max-params", "1"], 1)):
        done = subprocess.run(
            [sys.executable, "wrong.py", "a.yaml", *options], cwd=tmp_path, capture_output=True, encoding="utf-8"
        )
        assert done.returncode == expected, done.stderr
        (target,) = json.loads(done.stdout)["targets"]
        assert "torch" in failed(target)
