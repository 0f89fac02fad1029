"""`require`, and the expressions that it is written in."""

from __future__ import annotations

from pathlib import Path

import pytest

import cnncalc
from cnncalc.language.text.zoo_files import zoo_names


def spec(folder: Path, condition: str, arguments: str = "{width: 2, act: relu, plan: [3, 1], flag: yes}") -> str:
    path = folder / "net.yaml"
    lines = ["input: 3x8x8", f"arguments: {arguments}", f"require: ['{condition}']", "body: relu"]
    path.write_text("\n".join(lines), encoding="utf-8")
    return str(path)


@pytest.mark.parametrize(
    ("condition", "holds"),
    [
        ("width in (1, 2)", True),
        ("width in [1, 3]", False),
        ("not width in (1, 3)", True),
        ("width + 1 in plan", True),
        ("act in (relu, gelu)", True),
        ("act in (gelu, silu)", False),
        ("flag in (yes, 3)", True),
        ("1 in (flag, 2)", False),
        ("(3, 1) in (plan, 2)", True),
        ("min(plan) == 1 and max(plan) == 3", True),
        ("min(plan, 0) == 1", None),
        ("min(plan) > 1 or width in ()", False),
        ("min(()) > 1", None),
        ("width in 2", None),
    ],
)
def test_conditions(tmp_path: Path, condition: str, holds: bool | None) -> None:
    path = spec(tmp_path, condition)
    if holds:
        assert cnncalc.calc(path).outputs
        return
    with pytest.raises(cnncalc.CnncalcError) as caught:
        cnncalc.calc(path)
    codes = [diagnostic.code for diagnostic in caught.value.diagnostics]
    assert codes == (["unmet-requirement"] if holds is False else ["wrong-kind"])


@pytest.mark.parametrize("condition", ["width > 0", "width % 3 == 0", "width in (1, 2)", "not width < 3"])
def test_what_depends_on_an_open_size_is_passed_over(tmp_path: Path, condition: str) -> None:
    assert cnncalc.calc(spec(tmp_path, condition), set={"width": "C"}).outputs


def test_a_condition_on_a_network_that_is_given_open_sizes_still_holds_for_the_others(tmp_path: Path) -> None:
    with pytest.raises(cnncalc.CnncalcError, match="but width is 0"):
        cnncalc.calc(spec(tmp_path, "width > 0"), input="3xHxW", set={"width": "0"})


def test_the_call_of_a_block_that_refuses_is_the_only_mistake(tmp_path: Path) -> None:
    path = tmp_path / "net.yaml"
    path.write_text(
        "input: 4x8x8\nblocks:\n  grouped(g):\n    - require: channels % g == 0\n    - conv 9 k3 g=g\n"
        "body: [grouped(3), grouped(2), conv 8 k0]\n",
        encoding="utf-8",
    )
    with pytest.raises(cnncalc.CnncalcError) as caught:
        cnncalc.calc(str(path))
    assert [(d.code, d.span and d.span.text) for d in caught.value.diagnostics] == [
        ("unmet-requirement", "channels % g == 0"),
        ("bad-argument", "k0"),
    ]


# What makes no network: 0 for what a family multiplies by or counts, and a word that names no part.
NOTHING = {
    "width": "0",
    "depth": "0",
    "alpha": "0",
    "layers": "0",
    "growth": "0",
    "stages": "()",
    "depths": "(0, 0, 0, 0)",
    "convs": "()",
    "filters": "()",
    "widths": "()",
    "outputs": "(0, 0, 0, 0)",
    "window": "0",
    "windows": "()",
    "patch": "0",
    "heads": "0",
    "hidden": "0",
    "d_model": "0",
    "N": "0",
    "L": "0",
    "A": "0",
    "blocks": "0",
    "planes": "()",
    "block": "none",
    "network": "none",
    "stem": "none",
    "stride": "0",
    "scale": "0",
}


@pytest.mark.parametrize("name", {path.stem: name for name, (path, _) in zoo_names().items()}.values())
def test_no_network_of_the_zoo_is_made_of_nothing(name: str) -> None:
    from cnncalc.language.read.document import Document
    from cnncalc.language.read.given import Options
    from cnncalc.language.text.limits import Limits
    from cnncalc.language.text.source import load

    path, _ = zoo_names()[name]
    for argument in Document(load(path, Limits()), Options()).argument_names:
        if argument in NOTHING:
            with pytest.raises(cnncalc.CnncalcError) as caught:
                cnncalc.calc(f"zoo:{name}", set={argument: NOTHING[argument]})
            for diagnostic in caught.value.diagnostics:
                assert diagnostic.span is not None
                assert diagnostic.span.source.name.startswith("zoo:")
