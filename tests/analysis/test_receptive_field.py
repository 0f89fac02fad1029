"""Receptive fields by hand: the recurrence of Araujo, Norris and Sim (Distill 2019), and what it leaves out."""

from __future__ import annotations

from random import Random
from typing import Any

import pytest

import cnncalc
from cnncalc.analysis.lines import walk
from cnncalc.analysis.pattern import START, Border, Seen, border, compose, folded_back
from cnncalc.layers.window import ALL, SAME, Steps, blocks, listed, regrouped, shifted, window_steps


def field(spec: str, **options: Any) -> Any:
    found = cnncalc.calc(spec, **options).receptive_field
    assert found is not None
    return found


@pytest.mark.parametrize(
    ("layers", "size", "jump", "start"),
    [
        # r += (k - 1)*d*j, and j *= s; the start moves by -p*j.
        ([(3, 1, 1, 1)], 3, 1, -1),
        ([(3, 1, 1, 1), (3, 1, 1, 1)], 5, 1, -2),
        ([(3, 2, 1, 1), (3, 2, 1, 1)], 7, 4, -3),
        ([(7, 2, 3, 1), (3, 2, 1, 1)], 11, 4, -5),
        ([(3, 1, 2, 2)], 5, 1, -2),
        ([(2, 2, 0, 1)] * 3, 8, 8, 0),
        ([(1, 3, 0, 1), (3, 1, 0, 1)], 7, 3, 0),
    ],
)
def test_the_recurrence(layers: list[tuple[int, int, int, int]], size: int, jump: int, start: int) -> None:
    chain = " -> ".join(f"conv 4 k{k} s{s} p{p} d{d}" for k, s, p, d in layers)
    found = field(f"3x64x64 -> {chain}")
    assert (found.size, found.jump, found.start) == ((size, size), (jump, jump), (start, start))


def test_alexnet_and_vgg() -> None:
    # 195 and 212: the table of google-research/receptive_field.
    alexnet = "conv 64 k11 s4 -> maxpool 3 s2 -> conv 192 k5 p2 -> maxpool 3 s2 -> 3 * (conv 8 k3 p1) -> maxpool 3 s2"
    assert field(f"3x224x224 -> {alexnet}").size == (195, 195)
    vgg = " -> ".join(" -> ".join(["conv 8 k3 p1"] * count) + " -> maxpool 2" for count in (2, 2, 3, 3, 3))
    assert field(f"3x224x224 -> {vgg}").size == (212, 212)


@pytest.mark.parametrize(
    ("spec", "kind"),
    [
        ("3x16x16 -> conv 4 k3 d2", ("hull", "hull")),
        ("3x16x16 -> conv 4 k3 -> conv 4 k3 d2", ("exact", "exact")),  # the first fills the holes of the second
        ("3x16x16 -> conv 4 kernel_size=(1, 3) d2", ("exact", "hull")),
        ("3x16x16 -> gap", ("exact", "exact")),
        ("3xHxW -> gap", ("bound", "bound")),
        ("3x16x16 -> add(conv 3 k3 s2 p1, maxpool 2 -> upsample 1)", ("exact", "exact")),
        ("3x16x16 -> add(flip 2, flip 3)", ("bound", "bound")),
    ],
)
def test_how_much_of_it_is_seen(spec: str, kind: tuple[str, ...]) -> None:
    assert field(spec).kind == kind


def test_pixels_that_a_stride_leaves_out_are_not_seen() -> None:
    # Of 13, six windows of 2 see 12; what a layer after reads as padding is none of the thirteenth.
    assert field("3x13x13 -> conv 4 k2 s2 -> gap").size == (12, 12)
    assert field("3x13x13 -> conv 4 k2 s2 -> gap").kind == ("exact", "exact")
    blurred = field("3x13x13 -> conv 4 k2 s2 -> conv 4 k3 p1 -> gap")
    assert (blurred.size, blurred.kind) == ((13, 13), ("bound", "bound"))


def test_a_strided_layer_whose_padding_hides_the_ends() -> None:
    # Of 3 positions a window of 1 at -2, 1 and 4 reads the middle one alone: nothing says that all is seen.
    assert "bound" in field("3x3x3 -> conv 4 k1 s3 p2 -> gap").kind


def test_the_one_position_that_is_left_may_be_at_the_border() -> None:
    # Of 6 pixels the pools see the first two, and the convolution reads what is not there as padding.
    found = field("3x6x6 -> avgpool 2 -> slice 2 1 -> slice 3 1 -> maxpool 2 -> conv 4 k3 p1 -> flatten")
    assert set(found.kind) == {"bound"}


def test_the_batch_does_not_matter() -> None:
    assert field("10x8 -> conv 4 k3", batch=2) == field("10x8 -> conv 4 k3")
    assert field("3x9x9 -> conv 4 k3", batch=4) == field("3x9x9 -> conv 4 k3")


def test_each_part_of_a_cut_axis_sees_its_own() -> None:
    report = cnncalc.calc("3x9x9 -> chunk 3 dim=2 -> add")
    states = walk(report.graph, report.flow, 0, [2])
    seen = [state[0].seen for state in states[1:4] if state is not None]
    assert seen == [Seen(1, 1, (start,), (start,)) for start in (0, 3, 6)]


def test_windows_of_attention_see_their_own_window() -> None:
    # Liu et al. 2021, Swin: patches of 4 pixels, windows of 7 patches, so that 28 pixels see each other.
    windows = "reshape N 96 8 7 8 7 -> permute 0 2 4 3 5 1 -> reshape N 64 49 96"
    report = cnncalc.calc(f"3x224x224 -> conv 96 k4 s4 -> {windows} -> sdpa(identity, identity, identity)")
    first = report["sdpa1"].receptive_field
    assert first is not None
    assert (first.size, first.kind) == ((28, 28), ("exact", "exact"))


def test_the_json() -> None:
    assert field("3x9x9 -> flip 2 -> conv 4 k3 d2").to_dict() == {
        "size": [5, 5],
        "jump": [-1, 1],
        "start": [4, 0],
        "kind": ["hull", "hull"],
    }


# Patterns


def test_patterns_compose() -> None:
    two = compose(window_steps(0, 2, 2), START, True, None)
    assert two == (Seen(1, 2, (0,), (2,)), True)
    assert compose(window_steps(0, 2, 1), two[0], True, None) == (Seen(1, 2, (0,), (6,)), True)
    # Every second position of what sees one pixel each leaves holes; of what sees two it does not.
    assert compose(window_steps(0, 4, 1, 2), START, True, None) == (Seen(1, 1, (0,), (4,)), False)
    assert compose(window_steps(0, 4, 1, 2), Seen(1, 1, (0,), (1,)), True, None) == (Seen(1, 1, (0,), (5,)), True)


def test_a_transposed_convolution_has_its_stride_as_a_period() -> None:
    # k3 s2: output 2q sees q - 1 and q, output 2q + 1 sees q alone.
    steps = Steps(2, 1, (((-1, 0),), ((0, 0),)))
    assert compose(steps, START, True, None) == (Seen(2, 1, (-1, 0), (0, 0)), True)


def test_holes_between_the_turns_of_a_long_range() -> None:
    """Whatever repeats, and however few of its positions see something, all is what each position sees."""
    draw = Random(1)
    for _ in range(3000):
        period, step = draw.randrange(1, 6), draw.randrange(1, 6)
        lows = [draw.randrange(-2, 9) if draw.random() < 0.6 else None for _ in range(period)]
        highs = [None if low is None else low + draw.randrange(3) for low in lows]
        seen = Seen(period, step, tuple(lows), tuple(highs))
        last, spacing = draw.randrange(60), draw.choice([1, 1, 2, 3])
        found = compose(Steps(1, 0, (((0, last),),), spacing), seen, True, None)
        intervals = [interval for at in range(0, last + 1, spacing) if (interval := seen.at(at)) is not None]
        read = {pixel for low, high in intervals for pixel in range(low, high + 1)}
        ends = (min(read), max(read)) if read else (None, None)
        assert found is not None
        assert (found[0].low[0], found[0].high[0]) == ends
        if found[1] and read:
            assert len(read) == max(read) - min(read) + 1


def test_a_list_has_nothing_outside() -> None:
    seen = Seen(3, 0, (5, 0, 9), (5, 0, 9))
    assert [seen.at(place) for place in (-1, 0, 1, 2, 3)] == [None, (5, 5), (0, 0), (9, 9), None]
    assert compose(window_steps(-1, 1, 1), seen, True, 3) == (Seen(3, 0, (0, 0, 0), (5, 9, 9)), False)


@pytest.mark.parametrize(
    ("edge", "read"),
    [("circular", {4, 0, 1}), ("reflect", {0, 1}), ("replicate", {0, 1}), ("nothing", {0, 1})],
)
def test_padding_that_holds_other_positions(edge: str, read: set[int]) -> None:
    window = window_steps(-1, 1, 1, edge=edge)
    positions = {position for low, high in folded_back(window, 5, 5).reads[0] for position in range(low, high + 1)}
    assert positions == read


@pytest.mark.parametrize(
    ("steps", "size", "count", "found"),
    [
        (window_steps(-1, 1, 1), 5, 5, Border(outside=True, less=False)),
        (window_steps(0, 1, 2), 5, 2, Border(outside=False, less=True)),
        (window_steps(-2, -2, 3), 3, 3, Border(outside=True, less=True)),
        (shifted(2), 9, 5, Border(outside=False, less=True)),
        (SAME, 5, 5, Border(outside=False, less=False)),
    ],
)
def test_the_border(steps: Steps, size: int, count: int, found: Border) -> None:
    assert border(steps, size, count) == found


def test_merged_and_split_axes() -> None:
    merged = regrouped((2, 3, 4, 5), (2, 3, 20))
    assert merged[0] == (0, SAME)
    assert merged[1] == (1, SAME)
    assert list(merged[2][0] or ()) == [(2, 5, 1, 4)]  # type: ignore[union-attr]
    assert list(merged[3][0] or ()) == [(2, 1, 1, 5)]  # type: ignore[union-attr]
    assert regrouped((4, 9), (6, 6)) == {0: (None, SAME), 1: (None, SAME)}


def test_too_long_a_list_is_not_made() -> None:
    assert listed(5000, lambda output: ((output, output),)).whole
    assert blocks(1, 5000).whole
    assert ALL.whole
