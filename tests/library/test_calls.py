"""Calls of the library with what they do not take: a sentence, and never a figure."""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from typing import Any

import pytest

import cnncalc

SPEC = "3xHxW -> conv 4 k3 -> relu"
NUMBERS = [-1, 1.5, 2.0, True, False, "3", None, (), [3], math.nan, math.inf, 10**18, -(10**30)]


def refused(call: Callable[[], Any]) -> str:
    with pytest.raises(cnncalc.CnncalcError) as caught:
        call()
    (diagnostic,) = caught.value.diagnostics
    assert diagnostic.code == "bad-call"
    return diagnostic.message


@pytest.mark.parametrize("number", NUMBERS, ids=repr)
def test_a_size_is_a_whole_number(number: Any) -> None:
    report = cnncalc.calc(SPEC)
    assert refused(lambda: report.at(H=number, W=8)).startswith("H ")
    assert refused(lambda: report.at(N=number)).startswith("N ")


@pytest.mark.parametrize("number", [0, *(number for number in NUMBERS if number is not None)], ids=repr)
def test_a_batch_is_a_whole_number_of_one_or_more(number: Any) -> None:
    assert refused(lambda: cnncalc.calc(SPEC, batch=number)).startswith("batch ")


def test_whole_numbers_of_other_libraries_are_taken() -> None:
    import numpy

    batch, size = numpy.int64(2), numpy.int32(8)
    report = cnncalc.calc("3xHxH -> conv 4 k3", batch=batch).at(H=size)  # type: ignore[arg-type]
    assert report.totals == cnncalc.calc("3x8x8 -> conv 4 k3", batch=2).totals
    assert cnncalc.calc("3xHxH -> conv 4 k3", set={"H": size}).totals == cnncalc.calc("3x8x8 -> conv 4 k3").totals
    with pytest.raises(cnncalc.CnncalcError):
        cnncalc.calc("3x8x8 -> relu", batch=numpy.bool_(True))  # type: ignore[arg-type]


@pytest.mark.parametrize("spec", [None, 3, b"3 -> relu", ["3 -> relu"]], ids=repr)
def test_a_spec_is_a_text(spec: Any) -> None:
    assert refused(lambda: cnncalc.calc(spec)).startswith("a spec is a text, not ")
    assert refused(lambda: cnncalc.verify(spec)).startswith("a spec is a text, not ")


@pytest.mark.parametrize(
    "input",
    [3, 1.5, (3, 8.5), (3, "8"), (3, True), (3, -1), [None], {"input": 3}, {3: "3x8"}, b"3x8", {"3x8"}],
    ids=repr,
)
def test_an_input_is_a_shape(input: Any) -> None:
    refused(lambda: cnncalc.calc(SPEC, input=input))


@pytest.mark.parametrize(
    "settings",
    [3, "H=3", [("H", 3)], {3: 3}, {"H": object()}, {"H": {3}}, {"H": [b""]}],
    ids=lambda given: re.sub(" at 0x.*", ">", repr(given)),
)
def test_settings_are_a_dictionary(settings: Any) -> None:
    refused(lambda: cnncalc.calc(SPEC, set=settings))


@pytest.mark.parametrize(
    "settings", [{"": 3}, {"H": -1}, {"H": 1.5}, {"H": True}, {"H": math.nan}, {"H": None}], ids=repr
)
def test_settings_are_sizes(settings: Any) -> None:
    with pytest.raises(cnncalc.CnncalcError):
        cnncalc.calc(SPEC, set=settings)


@pytest.mark.parametrize("limits", [{"layers": "3"}, {"layers": -1}, {"layers": 1.5}, {3: 3}], ids=repr)
def test_limits_are_whole_numbers(limits: Any) -> None:
    refused(lambda: cnncalc.calc(SPEC, limits=limits))


def test_a_limit_that_there_is_not() -> None:
    with pytest.raises(cnncalc.UsageError, match="there is no limit layer"):
        cnncalc.calc(SPEC, limits={"layer": 3})


@pytest.mark.parametrize("convention", [None, 3, ["torch"], "thops"], ids=repr)
def test_a_convention_is_one_that_there_is(convention: Any) -> None:
    with pytest.raises(cnncalc.UsageError):
        cnncalc.calc(SPEC, convention=convention)


def test_a_different_number_of_outputs_is_refused() -> None:
    """torch.chunk gives one part of one channel, so that the graph of two parts is another."""
    report = cnncalc.calc("CxHxW -> chunk 2")
    assert report.at(C=4, H=3, W=3).outputs == {"output": (2, 3, 3), "output2": (2, 3, 3)}
    with pytest.raises(cnncalc.CnncalcError, match="chunk gives 1 values"):
        report.at(C=1, H=3, W=3)


@pytest.mark.parametrize(
    "spec",
    [
        "nn.Sequential(OrderedDict)[]))",
        "3x8x8 -> nn.Sequential(OrderedDict*[('a', nn.ReLU())]))",
        "input: 3x8x8\nbody: relu\noutputs: []\n",
        "input: 3x8x8\nbody: relu\noutputs: {}\n",
        "input: 3x8x8\nname: a\udc80\nbody: relu\n",
        "input: 3x8x8\nsymbols: {T: ²}\nbody: relu\n",
        "3xHxW -> linear (max())",
        "CxH -> chunk 900000000",
        "zoo:\0",
        "\0/\0.yaml",
    ],
    ids=ascii,
)
def test_texts_that_once_had_no_sentence(spec: str) -> None:
    with pytest.raises(cnncalc.CnncalcError) as caught:
        cnncalc.calc(spec)
    assert all(diagnostic.message for diagnostic in caught.value.diagnostics)


def test_one_number_is_its_own_maximum() -> None:
    assert cnncalc.calc("8 -> linear max(3)").output == (3,)


def test_sizes_past_what_an_index_can_be() -> None:
    report = cnncalc.calc("3xH -> gap -> flatten", set={"H": "10**30"})
    assert report.to_dict()["outputs"] == {"output": [3]}


def test_a_name_with_half_a_character_is_not_found() -> None:
    from cnncalc.layers import find

    assert find("\udcff") is None
