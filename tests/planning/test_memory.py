"""Memory as an expectation and a budget: what is found is all that `calc` finds at each size by itself."""

from __future__ import annotations

from typing import Any

import pytest

import cnncalc
from cnncalc.analysis.quantities import WrittenText, figure_bounds
from cnncalc.checks.call import check
from cnncalc.diagnostics import CnncalcError, Source, Span

NET = "conv 8 k3 p1 -> bn -> relu -> maxpool 2 -> conv 16 k3 p1 -> relu -> avgpool 2"


def total(spec: str, **given: Any) -> int:
    memory = cnncalc.calc(spec, **given).memory
    assert memory is not None
    assert isinstance(memory.total, int)
    return memory.total


@pytest.mark.parametrize(("mode", "dtype", "optimizer"), [("train", "bf16", "momentum"), ("infer", "fp32", None)])
def test_the_largest_batch(mode: str, dtype: str, optimizer: str | None) -> None:
    meant: dict[str, Any] = {"memory": mode, "dtype": dtype, "optimizer": optimizer}
    every = [total(NET, input="3x20x20", batch=n, **meant) for n in range(1, 41)]
    limit = every[28] + 17
    answer = cnncalc.solve(NET, input="3x20x20", free="batch", expect=f"memory <= {limit}", **meant)
    (sizes,) = answer.solutions[0].sizes.values()
    assert [n for n in range(1, 41) if sizes.has(n)] == [n for n, bytes in enumerate(every, 1) if bytes <= limit]
    assert answer.budgets[0].value == every[28]
    assert answer.budgets[0].left == 17
    assert answer.next is not None
    assert f"{every[29]:,}" in answer.next.found


def test_the_largest_image_and_batch_together() -> None:
    meant: dict[str, Any] = {"memory": "train", "optimizer": "adam"}
    limit = 2_000_000
    fits = {
        (h, n)
        for h in range(1, 61, 4)
        for n in (1, 3, 8, 21, 55)
        if h >= 4 and total(NET, input=f"3x{h}x{h}", batch=n, **meant) <= limit
    }
    answer = cnncalc.solve(NET, input="3xHxH", free="batch", expect=f"memory <= {limit}", **meant)
    pairs = answer.solutions[0].pairs
    assert pairs is not None
    assert (pairs.first, pairs.second, pairs.looked_at) == ("H", "batch", None)
    assert fits == {(h, n) for h in range(1, 61, 4) for n in (1, 3, 8, 21, 55) if pairs.at(h).has(n)}


def test_figures_of_all_samples_and_shapes_of_each() -> None:
    answer = cnncalc.solve("zoo:resnet18", free="batch=1,2,4,8,16", expect=["output=1000", "macs <= 10G"])
    macs = cnncalc.calc("zoo:resnet18").totals.macs
    assert isinstance(macs, int)
    assert list(answer.solutions[0].sizes["batch"].members()) == [n for n in (1, 2, 4, 8, 16) if n * macs <= 10**10]


def test_an_argument_and_a_sweep() -> None:
    widths = ["0.25", "0.5", "0.75"]
    found = {w: total("zoo:mobilenet_v2", set={"width": w}, memory="train") for w in widths}
    limit = found["0.5"]
    answer = cnncalc.solve(
        "zoo:mobilenet_v2", free={"width": widths}, expect=f"memory.train <= {limit}", maximize="macs"
    )
    assert answer.solutions[0].settings == {"width": "0.5"}
    rows = cnncalc.sweep(
        "zoo:mobilenet_v2", over={"width": widths}, where=[f"memory <= {limit}"], columns=["memory"], memory="train"
    ).rows
    assert [row["memory"] for row in rows] == [bytes for bytes in found.values() if bytes <= limit]


BYTES = [
    ("24G", 24 * 10**9),
    ("24GB", 24 * 10**9),
    ("8GiB", 8 * 2**30),
    ("1.5 MiB", 3 * 2**19),
    ("7 B", 7),
    ("512Ki", 2**19),
]


@pytest.mark.parametrize(("text", "bytes"), BYTES)
def test_units_of_bytes(text: str, bytes: int) -> None:
    place = Span(Source("", text), 0, len(text))
    assert figure_bounds(WrittenText(text, place, bytes=True))[0].low == bytes


@pytest.mark.parametrize(
    ("text", "of_bytes", "message"),
    [
        ("24Gb", True, "24Gb has the unit Gb, which is none of bytes"),
        ("3i", True, "3i has the unit i, which is none of bytes"),
        ("24GiB", False, "24GiB is a number of bytes, which this figure is not"),
        ("24B", False, "24B has the suffix B, which is none"),
    ],
)
def test_other_units(text: str, of_bytes: bool, message: str) -> None:
    place = Span(Source("", text), 0, len(text))
    with pytest.raises(CnncalcError) as error:
        figure_bounds(WrittenText(text, place, bytes=of_bytes))
    assert error.value.diagnostics[0].message == message


def test_a_check() -> None:
    memory = cnncalc.calc("zoo:resnet18", memory="train", optimizer="sgd").memory
    assert memory is not None
    parts = {name: getattr(memory, name) for name in ("weights", "gradients", "optimizer", "saved", "peak")}
    layer = memory.layers[0]
    run = check(
        "zoo:resnet18",
        expect={
            "memory": {"train": {**parts, "total": memory.total}, "infer": "<= 100M"},
            "layers": {"conv1": {"saved": layer.saved, "memory": layer.use}},
        },
        memory="train",
        optimizer="sgd",
    )
    assert [problem.message for problem in run.outcomes[0].problems] == []
    short = check("zoo:resnet18", expect={"memory": f"<= {memory.total - 1}"}, memory="train", optimizer="sgd")
    (problem,) = short.outcomes[0].problems
    assert problem.message == (
        f"memory in training is {memory.total:,} bytes, expected at most {memory.total - 1:,} (1 too many)"
    )


def test_what_is_not_known_is_said() -> None:
    run = check("10x32 -> lstm 64", expect={"memory": "<= 1G"})
    assert run.ok
    assert [warning.code for warning in run.outcomes[0].warnings] == ["memory-not-known"]
