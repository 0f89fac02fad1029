"""What a spec says is not trained: beside an item, and by paths; and the figures that follow."""

import json

import pytest

import cnncalc
from cnncalc.analysis.difference import difference
from cnncalc.analysis.record import record
from cnncalc.checks.baseline_file import baseline_text, parse_baseline
from cnncalc.diagnostics import CnncalcError, Source
from cnncalc.language.write.writer import write
from tests.command import cnncalc as command

BODY = """
input: 3x32x32
arguments: {{frozen_stages: 1}}
blocks:
  basic(c):
    - conv1: conv c k3 p1
      frozen: yes
    - bn1: bn
body:
  - stem: conv 8 k3 p1 -> bn
    frozen: {stem}
  - for: c in (8, 8, 8)
    index: i
    do:
      - layer{{i}}: basic(c)
        frozen: i < frozen_stages
  - pool: gap -> flatten
  - head: linear 10
{paths}
"""
CONV, NORM, HEAD = 8 * 8 * 9 + 8, 2 * 8, 8 * 10 + 10
STEM = 3 * 8 * 9 + 8 + NORM


@pytest.mark.parametrize(
    ("stem", "paths", "stages", "trained"),
    [
        ("yes", "", 1, 2 * NORM + HEAD),
        ("no", "", 0, STEM + 3 * NORM + HEAD),
        ("no", "frozen: no", 0, STEM + 3 * NORM + HEAD),
        ("yes", "frozen: [head.bias]", 3, 8 * 10),
        ("no", "frozen: stem.0.weight", 3, 8 + NORM + HEAD),
        ("no", "frozen:\n  - layer1\n  - stem", 0, 2 * NORM + HEAD),
        ("yes", "frozen: yes", 0, 0),
    ],
)
def test_trainable_leaves_out_what_is_frozen(stem: str, paths: str, stages: int, trained: int) -> None:
    graph = cnncalc.parse(BODY.format(stem=stem, paths=paths), set={"frozen_stages": stages})
    report = cnncalc.trace(graph)
    assert report.totals.params == STEM + 3 * (CONV + NORM) + HEAD
    assert report.totals.trainable == trained
    assert sum(layer.trainable for layer in report.layers) == trained
    again = cnncalc.calc(write(graph))
    assert [layer.trained for layer in again.layers] == [layer.trained for layer in report.layers]
    assert write(again.graph) == write(graph)


def test_the_fewest_paths_are_written() -> None:
    graph = cnncalc.parse(BODY.format(stem="yes", paths="frozen: [layer2.bn1, head.bias]"))
    assert "frozen: [stem, layer0, layer1.conv1, layer2, head.bias]\n" in write(graph)
    assert "frozen" not in write(cnncalc.parse("3x8x8 -> conv 4 k3"))


def test_a_closed_form_is_trained_as_far_as_it_is_not_frozen() -> None:
    report = cnncalc.calc("input: 3xHxW\nbody:\n  - flatten\n  - head: linear 10\nfrozen: [head.bias]")
    assert str(report.totals.params) == "30*H*W + 10"
    assert str(report.totals.trainable) == "30*H*W"
    assert report.at(H=2, W=5).totals.trainable == 300


@pytest.mark.parametrize("frozen", ["tower", "tower.0.weight"])
def test_shared_parameters_are_frozen_for_all_their_calls(frozen: str) -> None:
    spec = """
inputs: {left: 1x28x28, right: 1x28x28}
shared: {tower: conv 8 k5 s2 -> relu}
body: [left -> tower, right -> tower]
frozen: [%s]
"""
    report = cnncalc.calc(spec.replace("%s", frozen))
    assert report.totals.trainable == (0 if frozen == "tower" else 8)
    assert report["tower:2.0"].trained == report["tower.0"].trained


def test_a_tied_parameter_is_as_its_owner() -> None:
    spec = "input: 7\nbody:\n  - e: embedding 20 4\n  - w: parameter 20 4 of=e.weight\n  - F.linear(e, w)\n"
    assert cnncalc.calc(spec).totals.trainable == 80
    assert cnncalc.calc(spec + "frozen: [e.weight]").totals.trainable == 0
    with pytest.raises(CnncalcError, match=r"w uses the parameters of e\.weight"):
        cnncalc.calc(spec + "frozen: [w]")


def test_whole_numbers_are_no_trained_parameters() -> None:
    spec = "input: 4x4\nbody: ['add(identity, parameter 4 4 dtype=int64)', linear 2]"
    assert cnncalc.calc(spec).totals.params - cnncalc.calc(spec).totals.trainable == 16


def test_what_is_frozen_later_is_not_in_copies_of_a_block() -> None:
    """A block that is called again is copied, with what is frozen inside it and not what its first call was."""
    spec = "input: 3x8x8\nblocks:\n  b: conv 3 k1\nbody:\n  - a: b\n    frozen: yes\n  - c: b\n"
    assert [layer.trainable for layer in cnncalc.calc(spec).layers] == [0, 12]


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ("- frozen: conv 8 k3", "frozen is written without a layer or level"),
        ("- stem: conv 8 k3\n    frozen: maybe", "frozen is yes or no, not maybe"),
        ("- stem: conv 8 k3\n    frozen: H > 2", "whether H > 2 depends on open sizes, and the graph would change"),
        ("- tap: x\n    frozen: yes", "`tap` adds no layers, and has no frozen beside it"),
        ("- a: relu\nfrozen: [a]", "a has no parameters that could be frozen"),
        ("- a: conv 8 k1\nfrozen: [b]", "there is no layer, level or parameter at b"),
        ("- a: conv 8 k1\nfrozen: [a.bais]", "there is no layer, level or parameter at a.bais"),
        ("- a: conv 3 k1\n  - again: a\n    frozen: yes", "a:2 uses the parameters of a, which is trained"),
        ("- a: conv 3 k1\n  - again: a\nfrozen: ['a:2']", "a:2 uses the parameters of a"),
        ("- a: conv 3 k1\nfrozen: {a: yes}", "what is frozen is a text here, not a table"),
    ],
)
def test_what_cannot_be_frozen_is_refused(body: str, message: str) -> None:
    with pytest.raises(CnncalcError) as caught:
        cnncalc.calc(f"input: 3xHxW\nbody:\n  {body}\n")
    assert caught.value.diagnostics[0].message.startswith(message)


def test_a_quoted_name_is_a_name() -> None:
    report = cnncalc.calc("input: 3x8x8\nbody:\n  - 'frozen': conv 3 k1\n  - a: conv 3 k1\nfrozen: ['frozen']\n")
    assert report["frozen"].trainable == 0
    assert report["a"].trainable == 12
    assert cnncalc.calc(write(report.graph)).totals == report.totals


def test_every_output_has_it() -> None:
    spec = "input: 3x8x8\nbody:\n  - a: conv 8 k1\n  - b: conv 8 k1\nfrozen: [a]\n"
    assert "trainable        72\n" in command("-", stdin=spec).out
    assert "trainable" not in command("3x8x8 -> conv 8 k1").out
    found = json.loads(command("-", "--json", stdin=spec).out)
    assert found["totals"]["trainable"] == 72
    assert [layer["trainable"] for layer in found["layers"]] == [0, 72]
    lines = command("-", "--format", "csv", stdin=spec).out.splitlines()
    assert [line.rpartition(",")[2] for line in lines] == ["trainable", "0", "72", "72"]
    assert "Of the params, 72 are trainable." in command("-", "--format", "markdown", stdin=spec).out


def test_a_baseline_holds_it() -> None:
    spec = "input: 3x8x8\nbody:\n  - a: conv 8 k1\n  - b: conv 8 k1\n"
    plain, frozen = (record(cnncalc.calc(spec + more)) for more in ("", "frozen: [a]\n"))
    for each in (plain, frozen):
        assert parse_baseline(Source("b", baseline_text({"x": each}))).targets["x"] == each
    found = difference(plain, frozen)
    assert not found.equal
    assert [(change.kind, change.path) for change in found.changes] == [("changed", "a")]
