"""Receptive fields against torch: changes of the input judge what an output depends on.

The self-test holds drawn layers and networks to the same.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from typing import Any

import pytest
import torch

import cnncalc
from cnncalc.layers import Layer, layer_class
from cnncalc.layers.resize import Upsample
from cnncalc.layers.shapes import Shapes
from cnncalc.layers.window import FIRST, SAME, Reach, Steps, shifted, window_steps
from cnncalc.torch_bridge.drawing.compare import field_difference, outcome
from cnncalc.torch_bridge.drawing.dependence import layer_disagreement, network_disagreement
from cnncalc.torch_bridge.drawing.draw import case, layers
from cnncalc.torch_bridge.verifying.build import made

EXACT = (
    """
3x12x12 -> conv 4 k3
3x13x13 -> conv 4 k3 s2 p1
3x12x12 -> conv 4 k4 p=same
4x12x12 -> conv 8 k3 g2
3x12x12 -> conv 4 k3 p2 padding_mode=reflect
3x12x12 -> conv 4 k3 p1 padding_mode=replicate
3x13x13 -> conv 4 k3 s2 -> reflectionpad 1 -> conv 4 k3
3x5x5 -> convtranspose 4 k3 s2 p1
3x5x5 -> convtranspose 4 k2 s3
3x5x5 -> convtranspose 4 k5 s2 p1 d2
3x13x13 -> maxpool 3 s2 p1
3x13x13 -> maxpool 3 s2 ceil_mode=yes
3x13x13 -> avgpool 3 s2 p1
3x12x12 -> lppool 2 3
3x13x13 -> adaptiveavgpool 5
3x13x13 -> adaptiveavgpool 1
3x5x5 -> adaptiveavgpool 7
3x8x9 -> conv 4 k2 s2 -> gap
3x5x5 -> upsample 2
3x5x5 -> upsample 3 mode=bilinear
3x5x5 -> upsample scale_factor=1.5 mode=bilinear
3x5x5 -> upsample size=9 mode=bilinear align_corners=yes
3x5x5 -> upsample 2 mode=bicubic
3x9x9 -> upsample size=4 mode=bilinear
3x9x9 -> upsample size=4
3x9x9 -> upsample size=4 mode=bicubic
3x9x9 -> upsample size=6 mode=area
3x9x9 -> upsample 2 mode=bicubic -> avgpool 3
3x9x9 -> conv 4 k3 -> upsample 2 mode=bilinear -> conv 3 k3
12x5x5 -> pixelshuffle 2
4x9x9 -> pixelshuffle 2 -> conv 4 k3 p1
3x8x8 -> pixelunshuffle 2
3x8x8 -> pixelunshuffle 2 -> conv 4 k1
3x9x9 -> reflectionpad 2
3x9x9 -> replicationpad (1, 2, 0, 1)
3x9x9 -> circularpad 2
3x9x9 -> circularpad (-1, 2, 3, 0)
3x9x9 -> zeropad 2
3x9x9 -> constantpad -1 0
3x9x9 -> flip 2
3x9x9 -> flip 2 -> conv 4 k3 s2
3x9x9 -> roll 2 2
3x9x9 -> fftshift (2, 3)
3x9x9 -> slice 2 1 7
3x9x9 -> slice 2 1 8 step=2
3x9x9 -> slice 2 -5
3x9x9 -> slice 2 2 7 -> conv 4 k3 p1
3x9x9 -> slice 2 0 5 -> mean 2 keepdim=yes
3x9x9 -> narrow 2 2 4
3x9x9 -> select 2 4
3x9x9 -> select 2 -1 -> unsqueeze 2 -> expand N 3 4 9
3x9x9 -> index_select 2 (0, 2, 4)
3x9x9 -> index_select 2 (8, 0, 4)
3x9x9 -> chunk 3 dim=2
3x9x9 -> tensor_split 2 dim=2
3x9x9 -> unbind 2 -> add
3x9x9 -> cat(slice 2 0 4, slice 2 5 9, dim=2)
3x9x9 -> cat(conv 3 k3 p1, identity) -> conv 4 k1
3x9x9 -> repeat 1 1 2 2
3x9x9 -> tile 1 1 1 2
3x9x9 -> repeat_interleave 2 dim=2
3x9x9 -> transpose 2 3
3x9x9 -> movedim 2 3
3x8x8 -> unfold 2 s2
3x8x8 -> unfold 3 p1 d1 s2
3x9x9 -> tensor_unfold 2 3 2
3x8x8 -> flatten
3x8x8 -> flatten 2 -> mean 2
3x8x8 -> flatten 2 -> transpose 1 2 -> linear 5
3x8x8 -> reshape N 3 8 2 4 -> mean 4
3x8x8 -> reshape N 3 4 2 8 -> mean 3
3x8x8 -> reshape N 3 4 2 4 2 -> mean 3 5
3x8x8 -> reshape N 3 2 32 -> mean 3
3x8x8 -> unflatten 2 (4, 2) -> mean 3
3x9x9 -> add(conv 3 k3 p1, conv 3 k5 p2)
3x8x8 -> add(maxpool 2, conv 3 k3 s2 p1)
3x8x8 -> add(maxpool 2 -> upsample 2, identity)
3x9x9 -> mul(gap -> conv 3 k1 -> sigmoid, identity)
3x9x9 -> cumsum 2
3x9x9 -> diff dim=2
3x9x9 -> softmax 2
3x9x9 -> layernorm
3x9x9 -> instancenorm
3x9x9 -> instancenorm track_running_stats=yes
3x9x9 -> batchnorm track_running_stats=no
4x9x9 -> groupnorm 2
3x9x9 -> lrn 3
3x9x9 -> mean 2 keepdim=yes
3x9x9 -> linear 5
3x9x9 -> tril
3x9x9 -> fft dim=2
3x9x9 -> channelshuffle 3
5x6 -> gru 4 bidirectional=yes
3x8x8 -> reshape N 3 2 4 2 4 -> permute 0 2 4 3 5 1 -> reshape -1 16 3 \
-> add(scaled_dot_product_attention(identity, identity, identity), identity)
""".replace("\\\n", "")
    .strip()
    .splitlines()
)

HULL = """
3x13x13 -> conv 4 k3 s2 p2 d2
3x12x12 -> conv 4 k3 p2 padding_mode=circular
3x12x12 -> circularpad 1 -> conv 4 k3
3x9x9 -> conv 4 k3 p1 padding_mode=circular -> conv 4 k3
3x9x9 -> cat(identity, identity, dim=2) -> cat(identity, identity, dim=3) -> conv 4 k3
8x8x8 -> glu 2 -> glu 3
3x9x9 -> roll (3, -2) (2, 3) -> conv 4 k3
3x12x12 -> cat(conv 3 k3 p4 d4, conv 3 k2 p5 d10)
3x33x33 -> convtranspose 6 k1 s3 -> conv 2 k1 s2 p2 -> flatten -> linear 10
""".strip().splitlines()

BOUND = """
3x9x9 -> add(flip 2, flip 3)
3x9x9 -> add(conv 3 k3 s2 p1, slice 2 0 5 -> slice 3 0 5)
3x8x8 -> unfold 3 p1 -> fold 8 3 p1
3x8x8 -> pixelunshuffle 2 -> slice 1 0 1
3x9x9 -> cat(conv 3 k3 p1, identity) -> slice 1 0 1
3x9x9 -> stack(conv 3 k3 p1, identity, dim=1) -> select 1 0
3x4x9 -> reshape N 3 6 6 -> mean 3
""".strip().splitlines()


def checked(spec: str) -> tuple[str, ...]:
    """What is said of the kind of a spec's field, once torch agrees with every value on the way."""
    report = cnncalc.calc(spec)
    with torch.no_grad():
        assert network_disagreement(report.at(N=2), random.Random(0)) is None
    assert report.receptive_field is not None
    return report.receptive_field.kind


@pytest.mark.parametrize("spec", EXACT)
def test_all_that_an_exact_field_holds_is_seen(spec: str) -> None:
    assert set(checked(spec)) == {"exact"}


@pytest.mark.parametrize("spec", HULL)
def test_the_ends_of_a_hull_are_seen(spec: str) -> None:
    assert set(checked(spec)) == {"hull"}


@pytest.mark.parametrize("spec", BOUND)
def test_nothing_outside_of_a_bound_is_seen(spec: str) -> None:
    assert set(checked(spec)) == {"bound"}


def test_circular_padding_is_the_same_as_a_layer_and_as_an_argument() -> None:
    first = cnncalc.calc("3x12x12 -> conv 4 k3 p1 padding_mode=circular")
    second = cnncalc.calc("3x12x12 -> circularpad 1 -> conv 4 k3")
    assert first.receptive_field == second.receptive_field


ENCODER = "transformerencoder(transformerencoderlayer(2, batch_first={first}), num_layers=1)"
DECODER = "transformerdecoder(decoder_layer=transformerdecoderlayer(2, batch_first={first}), num_layers=1)"


@pytest.mark.parametrize("first", ["yes", "no"])
@pytest.mark.parametrize(("key", "custom"), [("custom_encoder", ENCODER), ("custom_decoder", DECODER)])
def test_a_part_of_a_transformer_says_itself_where_the_batch_is(key: str, custom: str, first: str) -> None:
    for whole in ("yes", "no"):
        call = f"transformer(a, b, nhead=2, num_encoder_layers=1, num_decoder_layers=1, batch_first={whole}"
        report = cnncalc.calc(
            f"batch: none\ninputs: {{a: 3x3x4, b: 3x3x4}}\nbody:\n  - {call}, {key}={custom.format(first=first)})"
        )
        (node,) = report.graph.nodes
        with torch.no_grad():
            assert layer_disagreement(report, made(node.layer, ((3, 3, 4), (3, 3, 4)))) is None


@pytest.mark.parametrize(
    ("spec", "size", "kind"),
    [
        ("3x7x7 -> maxpool 2 -> slice 2 1 -1 -> slice 3 1 -1 -> adaptiveavgpool 3 -> conv 2 k3 p1", 2, "exact"),
        ("3x9x9 -> slice 2 4 5 -> slice 3 4 5 -> conv 2 k3 p1", 3, "bound"),
    ],
)
def test_what_is_cut_off_is_seen_by_nothing(spec: str, size: int, kind: str) -> None:
    """Of positions that read nothing beyond a cut the field is exact, however small the rest is."""
    assert set(checked(spec)) == {kind}
    found = cnncalc.calc(spec).receptive_field
    assert found is not None
    assert found.size == (size, size)


def test_a_fold_may_cut_off_every_pixel_of_a_place() -> None:
    """One window of three columns, the first of which is in the padding."""
    report = cnncalc.calc("batch: none\ninput: 6x3\nbody:\n  - fold((6, 3), (2, 3), padding=(1, 1), stride=3)\n")
    (node,) = report.graph.nodes
    with torch.no_grad():
        assert layer_disagreement(report, made(node.layer, ((6, 3),))) is None


# That it finds what is wrong


def found(name: str, cases: int) -> bool:
    """Does torch disagree with one of so many drawn cases of a layer?"""
    return any(outcome(case(layer_class(name), random.Random(f"{name} {i}"))).difference for i in range(cases))


def each(change: Any) -> Any:
    """A `reach` with the steps of every axis changed."""

    def of(layer: type[Layer]) -> Any:
        reach = layer.reach

        def changed(self: Layer, xs: Shapes, ys: Shapes) -> Any:
            return [
                one and {axis: (to, change(self, steps)) for axis, (to, steps) in one.items()}
                for one in reach(self, xs, ys)
            ]

        return changed

    return of


def whole_or_same(steps: Steps) -> bool:
    return steps.whole or steps == SAME


WRONG = {
    "slice": each(lambda layer, steps: steps._replace(step=1) if steps.step else steps),
    "narrow": each(lambda layer, steps: SAME),
    "tensor_unfold": each(lambda layer, steps: steps if whole_or_same(steps) else window_steps(0, 0, layer.step)),
    "diff": each(lambda layer, steps: steps if whole_or_same(steps) else window_steps(0, layer.n, 1, edge="nothing")),
    "select": each(lambda layer, steps: steps if steps == SAME else FIRST),
}


@pytest.mark.parametrize("name", WRONG)
def test_a_wrong_pattern_is_found(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    assert not found(name, 60)
    monkeypatch.setattr(layer_class(name), "reach", WRONG[name](layer_class(name)))
    assert found(name, 60)


@pytest.mark.parametrize(
    ("spec", "change"),
    [
        ("3x12x12 -> conv 4 k3 p2 padding_mode=circular", {"edge": "zeros"}),
        ("3x12x12 -> conv 4 k3 d2", {"spacing": 1}),
    ],
)
def test_a_wrong_window_is_found(spec: str, change: dict[str, Any], monkeypatch: pytest.MonkeyPatch) -> None:
    conv = layer_class("conv2d")
    monkeypatch.setattr(conv, "reach", each(lambda layer, steps: steps._replace(**change))(conv))
    with pytest.raises(AssertionError):
        checked(spec)


def test_bicubic_that_reads_one_pixel_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    reads = Upsample._reads

    def nearest(self: Upsample, *sizes: Any) -> Steps:
        steps = reads(self, *sizes)
        if self.mode != "bicubic" or steps.whole:
            return steps
        return steps._replace(reads=tuple(((runs[0][0] + 1,) * 2,) for runs in steps.reads))

    monkeypatch.setattr(Upsample, "_reads", nearest)
    with pytest.raises(AssertionError):
        checked("3x5x5 -> upsample 2 mode=bicubic")


def moved_on(reach: Reach | None) -> Reach | None:
    """A claim that each output reads the position after its own, or the first one where it reads others too."""
    return reach and {axis: (to, shifted(1) if steps == SAME else FIRST) for axis, (to, steps) in reach.items()}


NEVER_CHANGE = frozenset({"imag", "isreal", "isneginf", "fill"})  # the same for all numbers that are put in


@pytest.mark.parametrize("layer", [x for x in layers() if x.name not in NEVER_CHANGE], ids=lambda layer: layer.name)
def test_a_layer_with_another_reach_is_found(layer: type[Layer], monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever a layer reads, and every one that is added: its cases show it."""
    right = layer.reaches

    def wrong(self: Layer, xs: Shapes, ys: Shapes) -> Sequence[Any]:
        return [[moved_on(reach) for reach in output] for output in right(self, xs, ys)]

    monkeypatch.setattr(layer, "reaches", wrong)
    reading = False
    for index in range(40):
        drawn = case(layer, random.Random(f"moved {layer.name} {index}"))
        came = outcome(drawn)
        if came.difference is not None:
            assert "receptive field of" in came.difference
            return
        reading = reading or bool(drawn.shapes)
    assert not reading, "nothing shows what it reads"


def test_a_difference_says_where_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    drawn = case(layer_class("flip"), random.Random("flip 1"))
    monkeypatch.setattr(layer_class("flip"), "reach", Layer.reach)
    text = field_difference(drawn)
    assert text is not None
    lines = text.splitlines()
    assert lines[-3].startswith("receptive field of input 0 along axis ")
    assert lines[-2].startswith("torch:   output 0 at (")
    assert lines[-1].startswith("cnncalc: ")
