"""Conventions: a rule for each kind of layer, closed forms, and no figure of one under the name of another."""

from __future__ import annotations

import pytest

import cnncalc
from cnncalc.analysis.conventions import Convention, CountedCall, Counts, Rule, convention, convention_names
from cnncalc.analysis.costs import Costs
from cnncalc.analysis.trace import Report, trace
from cnncalc.flow import flow
from cnncalc.layers import Layer, find
from cnncalc.symbolic.expr import Dim, product

NETWORK = "3x{size} -> conv 8 k3 -> bn -> relu -> conv 8 k1 -> gap -> flatten -> linear 10"


def kind(name: str) -> type[Layer]:
    found = find(name)
    assert found is not None
    return found.family.layer


def outputs(call: CountedCall) -> Dim:
    return product(call.outputs[0])


COUNTED = Convention(
    "counted",
    "outputs of convolutions, ten for each linear, and one for every other layer",
    {
        Layer: Rule(lambda call: 1, "one"),
        kind("conv"): Rule(outputs, "one for each output"),
        kind("linear"): Rule(lambda call: 10, "ten"),
    },
)


def traced(spec: str, chosen: Convention) -> Report:
    graph = cnncalc.parse(spec)
    return Report(graph, flow(graph), chosen)


def test_each_kind_of_layer_has_its_rule_and_the_rest_that_of_all_layers() -> None:
    report = traced(NETWORK.format(size="32x32"), COUNTED)
    assert [layer.flops for layer in report.layers] == [8 * 30 * 30, 1, 1, 8 * 30 * 30, 1, 1, 10]
    assert report.totals.flops == 2 * 8 * 30 * 30 + 4 + 10
    assert report.totals.convention == "counted"


def test_a_rule_gives_closed_forms() -> None:
    spec = NETWORK.format(size="HxW")
    total = traced(spec, COUNTED).totals.flops
    assert traced(spec, COUNTED).at(H=32, W=40).totals.flops == 2 * 8 * 30 * 38 + 4 + 10
    assert str(total) == str(traced("3xHxW -> conv 16 k3", COUNTED).totals.flops + 14)


def test_a_shared_layer_counts_at_each_call_and_one_that_is_not_run_never() -> None:
    spec = "input: 8\nshared: {fc: linear 8}\nbody:\n  - fc -> fc\n  - train_only:\n      - side: linear 4\n"
    report = traced(spec, COUNTED)
    assert [layer.flops for layer in report.layers] == [10, 10, 0]
    assert report.totals.flops == 20


def test_a_convention_can_have_a_total_of_its_own() -> None:
    def each(counts: Counts, samples: Dim) -> Dim:
        return counts["flops"] // samples

    assert traced("batch: none\ninput: 4x8\nbody: linear 2 -> relu", COUNTED).totals.flops == 11
    assert traced("batch: none\ninput: 4x8\nbody: linear 2 -> relu", COUNTED._replace(total=each)).totals.flops == 2


def test_memory_of_costs_keeps_conventions_apart() -> None:
    graph = cnncalc.parse(NETWORK.format(size="32x32"))
    costs: Costs = {}
    for name in ("torch", "macs", "torch"):
        found = trace(graph, chosen=name, costs=costs)
        alone = trace(graph, chosen=name)
        assert found.totals == alone.totals
        assert [layer.flops for layer in found.layers] == [layer.flops for layer in alone.layers]
        assert found.totals.flops == found.totals.macs * {"torch": 2, "macs": 1}[name]


@pytest.mark.parametrize("name", convention_names())
def test_every_convention_counts_every_layer(name: str) -> None:
    chosen = convention(name)
    assert (chosen.name, bool(chosen.meaning)) == (name, True)
    assert Layer in chosen.rules
