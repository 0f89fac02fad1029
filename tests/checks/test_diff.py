"""`cnncalc diff` through real processes, with git."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.checks.repository import SMALL, commit, git, write
from tests.command import cnncalc

USES = "use: {parts/blocks.yaml: [twice]}\ninput: 3x8x8\nbody: [twice(WIDTH)]\n"
BLOCKS = "blocks:\n  twice(n): conv n k1 -> KIND\n"


def test_a_table(tmp_path: Path) -> None:
    write(tmp_path, {"a.yaml": SMALL, "b.yaml": SMALL.replace("conv 16", "conv 32").replace("- pool2", "- last")})
    result = cnncalc("diff", "a.yaml", "b.yaml", cwd=tmp_path)
    assert (result.code, result.err) == (0, "")
    assert (
        result.out
        == """\
A  a.yaml  1x32x32 → 10
B  b.yaml  1x32x32 → 10

                   A        B
params         6,582   12,998  +97.5 %
MACs         361,600  605,600  +67.5 %
activations   14,594   18,594  +27.4 %
layers             8        8

  layer   type       A         B         params      MACs
~ conv2   conv2d     16x10x10  32x10x10  +2,416  +240,000
~ relu2   relu       16x10x10  32x10x10
- pool2   maxpool2d  16x5x5
+ last    maxpool2d            32x5x5
~ head.0  flatten    400       800
~ head.1  linear                         +4,000    +4,000

layers: 1 added, 1 removed, 3 reshaped and 1 changed; 3 as before
"""
    )


def test_exit_codes_are_those_of_git(tmp_path: Path) -> None:
    same, other = "3x8x8 -> conv 4 k3", "3x8x8 -> conv 5 k3"
    assert cnncalc("diff", same, other).code == 0
    assert cnncalc("diff", same, other, "--exit-code").code == 1
    assert cnncalc("diff", same, same, "--exit-code").code == 0
    assert cnncalc("diff", same, "3x8x8 -> conv 4 k9", "--exit-code").code == 1
    assert cnncalc("diff", same, "nope.yaml").code == 1


def test_json(tmp_path: Path) -> None:
    result = cnncalc("diff", "zoo:resnet18", "zoo:resnet34", "--json")
    found = json.loads(result.out)
    # He et al. 2015 and torchvision: 11,689,512 and 21,797,672 parameters.
    assert found["totals"]["params"] == {"old": 11689512, "new": 21797672}
    assert (found["cnncalc"], found["ok"], found["equal"]) == (1, True, False)
    assert (found["a"]["target"], found["b"]["outputs"]) == ("zoo:resnet18", {"output": [1000]})
    assert (found["counts"], found["unchanged"], len(found["changes"])) == ({"added": 56}, 69, 56)
    failed = cnncalc("diff", "zoo:resnet18", "zoo:resnet35", "--json")
    assert failed.code == 1
    assert json.loads(failed.out)["diagnostics"][0]["code"] == "unknown-zoo-name"


def test_markdown() -> None:
    lines = cnncalc("diff", "3x8x8 -> conv 4 k3", "3x8x8 -> conv 4 k3 -> relu", "--format", "markdown").out.splitlines()
    assert lines[0] == "`3x8x8 -> conv 4 k3` → `3x8x8 -> conv 4 k3 -> relu`"
    assert "| added | `relu1` | relu | | 4x6x6 | | |" in lines
    tables = [line for line in lines if line.startswith("|")]
    assert {line.count("|") for line in tables} == {5, 8}


def test_a_long_list_is_cut_and_all_shows_it() -> None:
    a, b = "3x8x8 -> 60 * (conv 4 k1)", "3x8x8 -> 60 * (conv 5 k1)"
    cut, whole = cnncalc("diff", a, b).out, cnncalc("diff", a, b, "--all").out
    assert "\nand 20 more\n" in cut
    assert whole.count("\n~ conv") == 60


def test_options_hold_for_both_sides() -> None:
    found = json.loads(cnncalc("diff", "zoo:resnet18", "zoo:resnet34", "-i", "3x64x64", "--batch", "2", "--json").out)
    assert (found["a"]["inputs"], found["b"]["inputs"]) == ({"input": [2, 3, 64, 64]}, {"input": [2, 3, 64, 64]})


# Revisions


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    first = {"nets/net.yaml": USES.replace("WIDTH", "4"), "nets/parts/blocks.yaml": BLOCKS.replace("KIND", "relu")}
    write(tmp_path, first)
    commit(tmp_path, "First")
    git(tmp_path, "branch", "old/first")
    write(
        tmp_path,
        {"nets/net.yaml": USES.replace("WIDTH", "8"), "nets/parts/blocks.yaml": BLOCKS.replace("KIND", "gelu")},
    )
    commit(tmp_path, "Second")
    return tmp_path


@pytest.mark.parametrize("revision", ["old/first", "HEAD~1", "HEAD^"])
def test_a_revision_has_its_own_files(repository: Path, revision: str) -> None:
    result = cnncalc("diff", f"nets/net.yaml@{revision}", "nets/net.yaml", "--json", cwd=repository)
    assert result.code == 0, result.out
    changes = json.loads(result.out)["changes"]
    before = [change["old"]["type"] for change in changes if change["old"]]
    after = [change["new"]["type"] for change in changes if change["new"]]
    assert (before, after) == (["conv2d", "relu"], ["conv2d", "gelu"])


def test_two_revisions_from_another_folder(repository: Path) -> None:
    (repository / "deep").mkdir()
    result = cnncalc("diff", "../nets/net.yaml@old/first", "../nets/net.yaml@HEAD", "--json", cwd=repository / "deep")
    assert json.loads(result.out)["totals"]["params"] == {"old": 16, "new": 32}


def test_a_file_that_is_gone_is_still_in_its_revision(repository: Path) -> None:
    (repository / "nets/net.yaml").unlink()
    assert cnncalc("diff", "nets/net.yaml@HEAD", "nets/net.yaml@HEAD", "--exit-code", cwd=repository).code == 0


def test_a_mistake_at_a_revision_is_shown_there(repository: Path) -> None:
    write(repository, {"nets/bad.yaml": "input: 3x8x8\nbody: [conv 4 k9]\n"})
    commit(repository, "Third")
    result = cnncalc("diff", "nets/bad.yaml@HEAD", "nets/net.yaml", cwd=repository)
    assert result.code == 1
    assert " --> nets/bad.yaml@HEAD:2:8\n" in result.err


@pytest.mark.parametrize(
    ("side", "message", "hint"),
    [
        ("nets/net.yaml@nope", "error[unknown-revision]: git knows no revision nope", "a branch, a tag"),
        ("nets/net.yaml@--help", "error[unknown-revision]: git knows no revision --help", "a branch, a tag"),
        ("nets/nett.yaml@HEAD", "error[missing-file]: there is no file nets/nett.yaml at HEAD", "nets/net.yaml@HEAD?"),
        (
            "package.module:Net@HEAD",
            "error[unknown-revision]: package.module:Net@HEAD is a PyTorch model",
            "check HEAD",
        ),
    ],
)
def test_revisions_that_there_are_not(repository: Path, side: str, message: str, hint: str) -> None:
    result = cnncalc("diff", side, "nets/net.yaml", cwd=repository)
    assert result.code in (1, 2)
    assert result.err.startswith(message)
    assert hint in result.err


def test_no_repository_and_no_git(tmp_path: Path) -> None:
    write(tmp_path, {"a.yaml": SMALL})
    result = cnncalc("diff", "a.yaml@HEAD", "a.yaml", cwd=tmp_path, GIT_CEILING_DIRECTORIES=str(tmp_path.parent))
    assert (result.code, result.err.splitlines()[0]) == (
        1,
        "error[no-repository]: a.yaml@HEAD cannot be read from git: "
        "not a git repository (or any of the parent directories): .git",
    )
    result = cnncalc("diff", "a.yaml@HEAD", "a.yaml", cwd=tmp_path, PATH=str(tmp_path))
    assert (result.code, result.err) == (
        1,
        "error[no-repository]: a.yaml@HEAD is in git, and there is no git on this machine\n",
    )


def test_a_folder_is_no_side(tmp_path: Path) -> None:
    write(tmp_path, {"nets/a.yaml": SMALL, "nets/b.yaml": SMALL})
    result = cnncalc("diff", "nets", "nets/a.yaml", cwd=tmp_path)
    assert (result.code, result.err) == (
        2,
        "error[several-networks]: nets is more than one network, and a comparison is of two\n"
        " = hint: name one, such as nets/a.yaml or nets/b.yaml\n",
    )


def test_the_ending_of_a_file_says_what_is_written(tmp_path: Path) -> None:
    write(tmp_path, {"a.yaml": SMALL, "b.yaml": SMALL.replace("conv 16", "conv 32")})
    for name, start in (
        ("diff.html", "<!doctype html>\n"),
        ("diff.json", '{"cnncalc": 1,'),
        ("diff.md", "`a.yaml` → "),
    ):
        result = cnncalc("diff", "a.yaml", "b.yaml", "-o", name, cwd=tmp_path)
        assert (result.code, result.out) == (0, "")
        assert (tmp_path / name).read_text(encoding="utf-8").startswith(start)
    again = cnncalc("diff", "a.yaml", "b.yaml", "-o", "diff.html", "--exit-code", cwd=tmp_path)
    assert again.code == 2
    assert "diff.html is there already" in again.err
    forced = cnncalc("diff", "a.yaml", "b.yaml", "-o", "diff.html", "--exit-code", "--force", cwd=tmp_path)
    assert forced.code == 1
