"""Conventions: what other tools report of torchvision's networks and of single layers, to the integer.

Sources: `conventions/networks.csv` and `conventions/layers.csv`, each row by the release that it names, with torch
2.13 and torchvision 0.28, for one sample in eval mode. `+1 dummy` says that an unused parameter was beside a layer
without any, as the tool asks for one.
"""

from __future__ import annotations

import csv
import random
from functools import cache
from math import prod
from pathlib import Path

import pytest

import cnncalc
from cnncalc.analysis.conventions import convention_names
from cnncalc.analysis.trace import trace
from cnncalc.graph import Graph
from cnncalc.symbolic.expr import number_at

HERE = Path(__file__).parent / "conventions"


def rows(name: str) -> list[dict[str, str]]:
    with (HERE / name).open(encoding="utf-8") as file:
        return list(csv.DictReader(file))


NETWORKS = rows("networks.csv")
LAYERS = rows("layers.csv")

CONVENTIONS = {
    "torchinfo": ("torchinfo", "flops"),
    "fvcore": ("fvcore", "flops"),
    "thop": ("thop", "flops"),
    "ptflops-pytorch": ("ptflops", "flops"),
    "ptflops-aten": ("ptflops-aten", "flops"),
    "calflops-flops": ("calflops", "flops"),
    "calflops-macs": ("calflops", "macs"),
    "deepspeed-flops": ("deepspeed", "flops"),
    "deepspeed-macs": ("deepspeed", "macs"),
    "flopcounter-meta": ("torch", "flops"),
    "flopcounter-cpu-nograd": ("torch-cpu", "flops"),
}
"""For each tool of the tables, the convention and its count."""

FUNCTIONS = {
    "lambda x: F.max_pool2d(x, 2)": "maxpool2d 2 as=functional",
    "lambda x: F.avg_pool2d(x, 2)": "avgpool2d 2 as=functional",
    "lambda x: F.adaptive_avg_pool2d(x, 1)": "adaptiveavgpool2d 1 as=functional",
    "lambda x: x.mean((2, 3))": "mean 2 3 as=method",
    "lambda x: F.batch_norm(x, torch.zeros(8), torch.ones(8), P(8), P(8))": (
        "F.batch_norm(identity, buffer 8, buffer 8, parameter 8, parameter 8)"
    ),
    "lambda x: F.relu(x)": "relu as=functional",
    "lambda x: torch.relu(x)": "relu as=function",
    "lambda x: F.relu6(x)": "relu6 as=functional",
    "lambda x: F.leaky_relu(x)": "leakyrelu as=functional",
    "lambda x: F.silu(x)": "silu as=functional",
    "lambda x: F.hardswish(x)": "hardswish as=functional",
    "lambda x: F.softmax(x, 1)": "softmax 1 as=functional",
    "lambda x: x.softmax(1)": "softmax 1 as=method",
    "lambda x: torch.softmax(x, 1)": "softmax 1 as=function",
    "lambda x: F.dropout(x, 0.5, False)": "dropout 0.5 as=functional",
    "lambda x: F.prelu(x, P(8))": "prelu 8 as=functional",
    "lambda x: F.linear(x, P(32, 64), P(32))": "F.linear(identity, parameter 32 64, parameter 32)",
    "lambda a, b: torch.bmm(a, b)": "bmm(a, b)",
    "lambda x: x @ P(16, 12)": "matmul(identity, parameter 16 12, as=operator)",
    "lambda a, b: torch.baddbmm(torch.zeros(4, 10, 12), a, b)": "baddbmm(parameter 4 10 12, a, b)",
    "lambda a, b: torch.addmm(torch.zeros(10, 12), a, b)": "addmm(parameter 10 12, a, b)",
    "lambda a, b: a @ b": "matmul(a, b, as=operator)",
    "lambda a, b: torch.einsum('bnd,bmd->bnm', a, b)": 'einsum("bnd,bmd->bnm", a, b)',
    "lambda x: torch.einsum('bnd,hde->bhne', x, P(4, 16, 8))": 'einsum("bnd,hde->bhne", identity, parameter 4 16 8)',
    "lambda a, b: torch.add(a, b)": "add(a, b, as=function)",
    "lambda a, b: torch.mul(a, b)": "mul(a, b, as=function)",
    "lambda q, k, v: F.scaled_dot_product_attention(q, k, v)": "sdpa(a, b, c)",
    "lambda x: F.interpolate(x, scale_factor=2)": "upsample 2 as=functional",
    "lambda x: F.interpolate(x, scale_factor=2, mode='bilinear', align_corners=False)": (
        "upsample 2 mode=bilinear as=functional"
    ),
    "lambda x: F.grid_sample(x, torch.zeros(1, 12, 12, 2), align_corners=False)": (
        "grid_sample(identity, buffer 1 12 12 2)"
    ),
}
"""What is no module, in words of the language. A tensor that is made on the way is a parameter or a buffer here."""


def written(layer: str, shapes: str) -> str:
    """The document of one layer, with its inputs complete as they are in the table."""
    sizes = shapes.replace(":i", "").replace("=", shapes.partition(",")[0]).split(",")
    call, names = FUNCTIONS.get(layer, layer), "abc"[: len(sizes)]
    if len(sizes) == 1:
        given = f"input: {sizes[0]}"
    else:
        given = f"inputs: {{{', '.join(f'{name}: {size}' for name, size in zip(names, sizes))}}}"
        if layer.startswith("nn."):
            call = f"{layer}({', '.join(names)})"
    return f"batch: none\n{given}\nbody:\n  - |-\n    {call}\n"


@cache
def totals_of_layer(layer: str, shapes: str, convention: str) -> cnncalc.Totals:
    return cnncalc.calc(written(layer, shapes), convention=convention).totals


def figure_of_layer(layer: str, shapes: str, convention: str, count: str) -> object:
    totals = totals_of_layer(layer, shapes, convention)
    return totals.flops if count == "flops" else totals.counts[count]


UNREACHED = {
    **dict.fromkeys(
        [("calflops-flops", name) for name in ("fcn_resnet50", "deeplabv3_resnet50", "lraspp_mobilenet_v3_large")],
        "on the meta device torch resizes by functions of its own that calflops has replaced, and counts once more",
    ),
    (
        "flopcounter-meta",
        "lambda a, b: a @ b",
    ): "the convention counts products with a vector, which torch does not see",
}
"""Rows that are no figure of a convention, and why."""


@cache
def network(model: str, shape: str) -> Graph:
    return cnncalc.parse(f"zoo:{model}", input=shape)


def totals_of_network(model: str, shape: str, convention: str) -> cnncalc.Totals:
    return trace(network(model, shape), chosen=convention).totals


@pytest.mark.parametrize("tool", CONVENTIONS)
def test_networks_are_counted_as_the_tool_counts_them(tool: str) -> None:
    convention, count = CONVENTIONS[tool]
    wrong = {}
    counted = [row for row in NETWORKS if row["tool"] == tool]
    assert len(counted) > 30
    for row in counted:
        totals = totals_of_network(row["model"], row["input"], convention)
        found = totals.flops if count == "flops" else totals.counts[count]
        if (found != int(row["figure"])) != ((tool, row["model"]) in UNREACHED):
            wrong[row["model"]] = (found, int(row["figure"]))
    assert wrong == {}


@pytest.mark.parametrize("tool", CONVENTIONS)
def test_single_layers_are_counted_as_the_tool_counts_them(tool: str) -> None:
    convention, count = CONVENTIONS[tool]
    wrong = {}
    counted = [row for row in LAYERS if row["tool"] == tool]
    assert len(counted) > 100
    for row in counted:
        found = figure_of_layer(row["layer"], row["input"], convention, count)
        if (found != float(row["figure"])) != ((tool, row["layer"]) in UNREACHED):
            wrong[row["layer"], row["input"]] = (found, row["figure"])
    assert wrong == {}


@pytest.mark.parametrize("row", [r for r in NETWORKS if (r["tool"], r["model"]) in UNREACHED], ids=lambda r: r["model"])
def test_bilinear_resizing_counts_three_times_more_on_the_meta_device(row: dict[str, str]) -> None:
    """Two products with weights along a row and one along a column (torch/_decomp, `_upsample_linear`)."""
    report = trace(network(row["model"], row["input"]), chosen="calflops")
    resized = [layer.output for layer in report.layers if getattr(layer.layer, "mode", "") == "bilinear"]
    assert resized
    once_more = sum(prod(shape) * (2 * shape[-1] + shape[-2]) for shape in resized)
    assert report.totals.flops + once_more == int(row["figure"])


def test_every_figure_of_the_tables_is_tested() -> None:
    # FlopCounterMode with gradients differs from it without them in attention alone, and no convention is named for it.
    assert {row["tool"] for row in (*NETWORKS, *LAYERS)} == {*CONVENTIONS, "flopcounter-cpu-grad"}
    assert set(UNREACHED) <= {(row["tool"], row.get("model") or row["layer"]) for row in (*NETWORKS, *LAYERS)}


OPEN = {"resnet18": "3xHxW", "densenet121": "3xHxW", "swin_t": "3xHxW", "vit_b_32": "3xHxW", "r3d_18": "3x16xHxW"}


@pytest.mark.parametrize("model", OPEN)
def test_closed_forms_are_the_figures_at_numbers(model: str) -> None:
    draw = random.Random(model)
    open_sizes = cnncalc.parse(f"zoo:{model}", input=OPEN[model])
    forms = {name: trace(open_sizes, chosen=name).totals for name in convention_names()}
    for _ in range(4):
        sizes = {name: 32 * draw.randrange(1, 9) for name in "HW"}
        shape = OPEN[model].replace("H", str(sizes["H"])).replace("W", str(sizes["W"]))
        numbers = cnncalc.parse(f"zoo:{model}", input=shape)
        for name, form in forms.items():
            plain = trace(numbers, chosen=name).totals
            assert {key: number_at(count, sizes) for key, count in form.counts.items()} == plain.counts
            assert number_at(form.flops, sizes) == plain.flops
