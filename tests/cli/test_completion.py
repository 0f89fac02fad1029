"""What a shell is offered at the tab key, as the scripts of Typer ask for it."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.command import cnncalc


def bash(words: str, at: int, cwd: Path | None = None) -> list[str]:
    result = cnncalc(cwd=cwd, _CNNCALC_COMPLETE="complete_bash", COMP_WORDS=words, COMP_CWORD=str(at))
    assert result.err == ""
    return result.out.split()


def test_commands_options_and_values() -> None:
    assert bash("cnncalc expl", 1) == ["explain"]
    assert "--convention" in bash("cnncalc calc zoo:vgg16 --co", 3)
    assert "conv2d" in bash("cnncalc layers conv", 2)
    assert bash("cnncalc rule channel-mism", 2) == ["channel-mismatch"]
    assert "language" in bash("cnncalc help lang", 2)
    assert bash("cnncalc calc zoo:vgg16 --columns layer,fie", 4) == ["layer,field"]


def test_networks_where_bash_cuts_at_the_colon() -> None:
    # bash replaces what comes after the colon alone.
    assert bash("cnncalc zoo : resnet15", 3) == ["resnet152", "resnet152_v1"]
    assert bash("cnncalc calc zoo : resnet15", 4) == ["resnet152", "resnet152_v1"]
    assert "resnet18" in bash("cnncalc zoo :", 2)
    assert bash("cnncalc zoo resnet15", 2) == ["resnet152", "resnet152_v1"]


def test_a_bare_spec_has_the_options_of_calc() -> None:
    assert bash("cnncalc zoo : resnet18 --fil", 4) == ["--filter"]


def test_layers_of_the_spec_that_stands_before(tmp_path: Path) -> None:
    (tmp_path / "net.yaml").write_text("input: 3x8x8\nbody:\n  - stem: conv 4 k3\n  - relu\n", encoding="utf-8")
    assert bash("cnncalc explain net.yaml st", 3, tmp_path) == ["stem"]
    assert bash("cnncalc explain ne", 2, tmp_path) == ["net.yaml"]
    assert bash("cnncalc explain missing.yaml st", 3, tmp_path) == []


@pytest.mark.parametrize(("shell", "more"), [("zsh", {}), ("fish", {"_TYPER_COMPLETE_FISH_ACTION": "get-args"})])
def test_zsh_and_fish(shell: str, more: dict[str, str]) -> None:
    for words, name in (("cnncalc expl", "explain"), ("cnncalc zoo:vgg16 --dep", "--depth")):
        variables = {"_CNNCALC_COMPLETE": f"complete_{shell}", "_TYPER_COMPLETE_ARGS": words, **more}
        result = cnncalc(**variables)
        assert name in result.out
        assert result.err == ""


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_the_script_of_a_shell(shell: str) -> None:
    result = cnncalc("--show-completion", shell)
    if "not supported" in result.err:
        pytest.skip("no shell is found among the processes around this one")
    assert result.code == 0
    assert "_CNNCALC_COMPLETE" in result.out
