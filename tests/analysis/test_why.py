"""Why the figure of a convention is not the MACs: the parts come to the whole, and say who is right."""

from __future__ import annotations

import json

import pytest

import cnncalc
from cnncalc.analysis.conventions import convention_names
from cnncalc.analysis.trace import trace
from cnncalc.analysis.why import size_of, why
from tests.command import cnncalc as run

SPECS = (
    "zoo:densenet121",
    "zoo:swin_t",
    "zoo:vit_b_32",
    "zoo:lraspp_mobilenet_v3_large",
    "20x64 -> transformerencoderlayer 4 -> lstm 32 -> rfft",
    "3xHxW -> conv 8 k3 -> bn -> relu as=functional -> upsample 2 mode=bilinear -> convtranspose 4 k2 s2",
)


@pytest.mark.parametrize("name", convention_names())
@pytest.mark.parametrize("spec", SPECS)
def test_the_parts_come_to_the_whole(spec: str, name: str) -> None:
    report = trace(cnncalc.parse(spec), chosen=name)
    found = why(report)
    assert found.flops == report.totals.flops
    assert found.macs == report.totals.macs
    difference = found.of_batch
    for part in found.parts:
        difference = difference + part.difference
    assert difference == found.difference == report.totals.flops - report.totals.macs * report.convention.per_mac
    sizes = [abs(size_of(part.difference)) for part in found.parts]
    assert sizes == sorted(sizes, reverse=True)
    assert sorted(layer.path for part in found.parts for layer in part.layers) == sorted(
        layer.path for layer in report.layers
    )
    for part in found.parts:
        assert part.rule
        assert not part.wrong or part.difference != 0


def test_what_is_left_out_is_wrong_and_says_what_is_right() -> None:
    found = why(cnncalc.calc("zoo:vit_b_32", convention="torchinfo"))
    linear = found.parts[0]
    assert (linear.type, linear.wrong) == ("linear", "the other axes of the input are left out")
    # 12 blocks of two linears on 50 positions of 768 and 3072 features, as the paper has them
    assert linear.macs == 12 * 2 * 50 * 768 * 3072
    assert linear.to_dict(1)["right"] == linear.macs
    assert linear.flops == 12 * 2 * 768 * 3072 + 12 * (768 + 3072)


def test_a_batch_is_said_where_a_tool_divides_by_it() -> None:
    found = why(cnncalc.calc("3x8x8 -> conv 4 k3 -> relu", batch=4, convention="ptflops"))
    layers = 4 * 36 * 4 * (27 + 1) + 4 * 36 * 4, 4 * 36 * 4  # of modules, of functions
    assert found.flops == layers[0] // 4 + layers[1]
    assert found.of_batch == layers[0] // 4 - layers[0]


def test_the_command_in_json() -> None:
    result = run("explain", "zoo:lenet5", "--why", "thop", "--json")
    found = json.loads(result.out)["convention"]
    assert (found["name"], found["flops"] - found["macs"]) == ("thop", found["difference"])
    assert found["parts"][0]["layers"] == ["s2", "s4"]
    part = json.loads(run("explain", "zoo:lenet5", "c1", "--why", "thop", "--json").out)["convention"]
    assert [layer for one in part["parts"] for layer in one["layers"]] == ["c1"]


def test_an_unknown_convention_is_refused() -> None:
    result = run("explain", "3x8x8 -> relu", "--why", "fvcor")
    assert result.code == 2
    assert result.err == "error[unknown-convention]: there is no convention fvcor\n = hint: did you mean fvcore?\n"


def test_a_check_takes_a_convention() -> None:
    figure = 418_096  # of thop, for LeNet-5: 416,520 MACs, and 1,576 outputs of its pools
    assert run("check", "zoo:lenet5", "--convention", "thop", "--max-flops", str(figure)).code == 0
    assert run("check", "zoo:lenet5", "--convention", "thop", "--max-flops", str(figure - 1)).code == 1
