"""The memory of a network in the table: what is not known of a layer is said with each figure that lacks it."""

from __future__ import annotations

import pytest

from tests.command import cnncalc, figures

UNKNOWN = "cdist(linear 3, linear 3)"  # what autograd keeps of cdist is not known
KNOWN = "add(linear 3, linear 3)"


def remarks(spec: str) -> list[str]:
    """The lines from what is saved on."""
    result = cnncalc(spec, "--memory", "train")
    assert result.code == 0, result.err
    lines = result.out.splitlines()
    return lines[next(at for at, line in enumerate(lines) if line.startswith("saved")) :]


@pytest.mark.parametrize(("input", "figures"), [("400", ["saved", "peak", "in all"]), ("LxC", ["saved", "peak"])])
def test_figures_without_what_a_layer_keeps_are_at_least(input: str, figures: list[str]) -> None:
    said = "\n".join(remarks(f"{input} -> {UNKNOWN}"))
    assert said.count("at least") == len(figures)
    for figure in figures:
        assert "at least" in said.partition(figure)[2].partition("\nfield")[0]
    assert "at least" not in "\n".join(remarks(f"{input} -> {KNOWN}"))


def test_the_row_of_a_layer_whose_memory_is_not_known_says_so() -> None:
    result = cnncalc("10x16 -> lstm 8 -> linear 4", "--memory", "train")
    row = next(line for line in result.out.splitlines() if line.startswith("lstm1"))
    assert row.endswith("≥ 0")
    layers = figures("10x16 -> lstm 8 -> linear 4", "--memory", "train")["layers"]
    assert [layer.get("memory_status") for layer in layers] == ["lower-bound", None]
