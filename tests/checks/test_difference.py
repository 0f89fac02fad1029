"""What became of each layer, and that a record survives its file."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

import cnncalc
from cnncalc.analysis.difference import Difference, difference, folded
from cnncalc.analysis.record import Record, record
from cnncalc.checks.baseline_file import baseline_text, parse_baseline
from cnncalc.checks.words import change_words
from cnncalc.diagnostics import CnncalcError, Source


def recorded(spec: str) -> Record:
    return record(cnncalc.calc(spec))


def between(old: str, new: str) -> Difference:
    return difference(recorded(old), recorded(new))


def words(old: str, new: str) -> list[str]:
    return [change_words(change) for change in folded(between(old, new))]


HEAD = "3x32x32 -> conv 8 k3 p1 -> relu"


def test_nothing_lies_between_a_network_and_itself() -> None:
    found = between("zoo:resnet50", "zoo:resnet50")
    assert found.equal
    assert (found.changes, found.same) == ([], 175)


def test_a_layer_in_the_middle_is_added_and_those_behind_keep_their_figures() -> None:
    # Unnamed layers are numbered, so that conv2 of the old is conv3 of the new.
    assert words(f"{HEAD} -> conv 16 k3", f"{HEAD} -> conv 8 k1 -> relu -> conv 16 k3") == [
        "added conv2 (conv2d): 8x32x32, 72 params",
        "added relu2 (relu): 8x32x32",
        "renamed conv2 to conv3 (conv2d)",
    ]


def test_a_doubled_layer() -> None:
    assert words(f"{HEAD} -> conv 16 k3", f"{HEAD} -> conv 16 k3 -> conv 16 k3 p1")[:1] == [
        "added conv3 (conv2d): 16x30x30, 2,320 params"
    ]


def test_a_wider_layer_and_what_follows_from_it() -> None:
    assert words(f"{HEAD} -> flatten -> linear 10", f"{HEAD.replace('8', '16')} -> flatten -> linear 10") == [
        "reshaped conv1: 8x32x32 -> 16x32x32, params 224 -> 448, MACs 221,184 -> 442,368",
        "reshaped relu1: 8x32x32 -> 16x32x32",
        "reshaped flatten1: 8192 -> 16384",
        "changed linear1: params 81,930 -> 163,850, MACs 81,920 -> 163,840",
    ]


def test_another_type_is_a_change() -> None:
    found = between(HEAD, HEAD.replace("relu", "gelu"))
    assert [change.kind for change in found.changes] == ["removed", "added"]
    assert not found.equal


def test_an_argument_that_moves_no_figure_is_told_and_is_no_failure() -> None:
    found = between(f"{HEAD} -> dropout 0.5", f"{HEAD} -> dropout 0.2")
    assert [change.kind for change in found.changes] == ["arguments"]
    assert found.equal


def test_a_dilation_moves_the_receptive_field() -> None:
    found = between("3x32x32 -> conv 8 k3 p1", "3x32x32 -> conv 8 k3 p2 d2")
    assert not found.equal
    assert [(moved.name, moved.old, moved.new) for moved in found.shapes] == [("receptive field", (3, 3), (5, 5))]


def test_vgg13_is_vgg11_with_two_convolutions_more() -> None:
    # Simonyan and Zisserman 2014, table 1: columns A and B.
    assert words("zoo:vgg11", "zoo:vgg13") == [
        "added features.2 (conv2d): 64x224x224, 36,928 params",
        "added features.3 (relu): 64x224x224",
        "renamed features.2 to 4 to features.4 to 6 (3 layers)",
        "added features.7 (conv2d): 128x112x112, 147,584 params",
        "added features.8 (relu): 128x112x112",
        "renamed features.5 to 20 to features.9 to 24 (16 layers)",
    ]


def test_resnet34_is_resnet18_with_eight_blocks_more() -> None:
    # He et al. 2015, table 1: 2, 2, 2, 2 and 3, 4, 6, 3 blocks.
    found = folded(between("zoo:resnet18", "zoo:resnet34"))
    assert [(change.kind, change.path) for change in found] == [  # type: ignore[union-attr]
        ("added", f"layer{layer}.{block}")
        for layer, blocks in ((1, [2]), (2, [2, 3]), (3, [2, 3, 4, 5]), (4, [2]))
        for block in blocks
    ]


def test_closed_forms_that_are_equal_are_no_change() -> None:
    old = recorded("3xHxW -> conv 8 k3 s2 p1")
    text = baseline_text({"net": old}).replace("(H + 1)//2", "H - H//2")
    found = difference(parse_baseline(Source("b.json", text)).targets["net"], old)
    assert found.equal
    assert found.changes == []


WORDS = ["conv 8 k3 p1", "conv 16 k1", "relu", "bn", "dropout 0.1", "maxpool 2", "gelu"]


@given(
    st.lists(st.sampled_from(WORDS), min_size=1, max_size=8), st.lists(st.sampled_from(WORDS), min_size=1, max_size=8)
)
def test_both_sides_are_told_in_full_and_in_order(old: list[str], new: list[str]) -> None:
    a, b = (recorded(" -> ".join(["3x512x512", *layers])) for layers in (old, new))
    found = difference(a, b)
    assert found.same + sum(c.old is not None for c in found.changes) == len(a.layers)
    assert found.same + sum(c.new is not None for c in found.changes) == len(b.layers)
    for figure in ("params", "buffers", "macs"):
        grown = sum(change.by(figure) for change in found.changes)  # type: ignore[misc]
        assert grown == sum(getattr(r, figure) for r in b.layers) - sum(getattr(r, figure) for r in a.layers)
    assert difference(a, a).equal
    assert found.equal == difference(b, a).equal


SAME_SIZE = ["relu", "bn", "dropout 0.1", "gelu", "silu", "tanh", "conv 3 k3 p1", "conv 3 k5 p2", "mish"]


@given(st.lists(st.sampled_from(SAME_SIZE), min_size=2, unique=True), st.data())
def test_one_layer_less_and_one_more(layers: list[str], data: st.DataObject) -> None:
    gone = data.draw(st.integers(0, len(layers) - 1))
    old = recorded(" -> ".join(["3x64x64", *layers]))
    new = recorded(" -> ".join(["3x64x64", *layers[:gone], *layers[gone + 1 :], "sigmoid"]))
    counts = difference(old, new).counts
    assert (counts.get("removed"), counts.get("added")) == (1, 1)
    # The numbers in the paths of convolutions may move, and nothing else does.
    assert set(counts) <= {"removed", "added", "renamed"}


# The file


@pytest.mark.parametrize(
    "spec",
    ["zoo:resnet50", "zoo:unet", "3xHxW -> conv 8 k3 s2 -> bn -> relu", "3x8x8", "3xHxW -> chunk 3 dim=1"],
)
def test_a_record_survives_its_file(spec: str) -> None:
    found = recorded(spec)
    text = baseline_text({spec: found, "other": found})
    read = parse_baseline(Source("b.json", text))
    assert read.targets == {spec: found, "other": found}
    assert json.loads(text)["cnncalc_baseline"] == 1
    assert baseline_text(read.targets) == text


def test_one_layer_stands_in_one_line() -> None:
    a = baseline_text({"net": recorded(f"{HEAD} -> dropout 0.5")}).splitlines()
    b = baseline_text({"net": recorded(f"{HEAD} -> dropout 0.2")}).splitlines()
    assert len(a) == len(b)
    assert sum(x != y for x, y in zip(a, b)) == 1


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("", "bad-baseline"),
        ("{", "bad-baseline"),
        ("[]", "bad-baseline"),
        ("{}", "bad-baseline"),
        ('{"cnncalc_baseline": 2, "targets": {}}', "newer-baseline"),
        ('{"cnncalc_baseline": "1", "targets": {}}', "bad-baseline"),
        ('{"cnncalc_baseline": true, "targets": {}}', "bad-baseline"),
        ('{"cnncalc_baseline": 1}', "bad-baseline"),
        ('{"cnncalc_baseline": 1, "targets": {"net": 3}}', "bad-baseline"),
        ('{"cnncalc_baseline": 1, "targets": {"net": {"inputs": {}}}}', "bad-baseline"),
        ("[" * 100_000, "bad-baseline"),
    ],
)
def test_what_is_no_baseline_is_refused(text: str, code: str) -> None:
    with pytest.raises(CnncalcError) as caught:
        parse_baseline(Source("b.json", text))
    assert caught.value.diagnostics[0].code == code


@given(st.data())
def test_a_damaged_baseline_is_refused_or_read(data: st.DataObject) -> None:
    text = baseline_text({"net": recorded("3xHxW -> conv 8 k3 -> relu")})
    at = data.draw(st.integers(0, len(text) - 1))
    damaged = text[:at] + data.draw(st.text(max_size=3)) + text[at + data.draw(st.integers(0, 3)) :]
    code = "read"
    try:
        parse_baseline(Source("b.json", damaged))
    except CnncalcError as error:
        code = error.diagnostics[0].code
    assert code in ("read", "bad-baseline", "newer-baseline")
