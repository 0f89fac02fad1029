"""`cnncalc verify`: real networks agree, wrong rules are caught, and what cannot be compared says so."""

from __future__ import annotations

import io
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any, ClassVar

import pytest
import torch

import cnncalc
from cnncalc.graph import Graph
from cnncalc.layers import Layer
from cnncalc.layers.registry import layer_class
from cnncalc.layers.shapes import Named, Shape, Shapes
from cnncalc.layers.site import Site
from cnncalc.render import Options
from cnncalc.render.progress import Bar
from cnncalc.render.verification import verification_text
from cnncalc.symbolic.expr import Dim, symbol
from cnncalc.torch_bridge.verifying.measure import UNSEEN, Counter
from cnncalc.torch_bridge.verifying.verify import Progress
from tests.command import Result
from tests.command import cnncalc as command

UNET = """
input: 1xHxW
body:
  - down: conv 4 k3 p1 -> bn -> relu
  - middle: maxpool 2 -> conv 8 k3 p1 -> relu -> convtranspose 4 k2 s2
  - cat(down, middle)
  - out: conv 1 k1
"""
SHARED = """
inputs: {left: 1x12x12, right: 1x12x12}
shared:
  tower: conv 4 k3 -> relu -> flatten -> linear 3
body:
  - a: left -> tower
  - b: right -> tower
  - sub(a, b)
"""
CONSTANTS = """
input: 16x8
body:
  - position: parameter 1 16 8
  - add(input, position)
  - linear 8 -> layernorm -> 2 * (linear 8 -> gelu)
"""


@pytest.mark.parametrize(
    "spec",
    [
        "3x32x32 -> conv 16 k3 p1 -> bn -> relu -> maxpool 2 -> flatten -> linear 10",
        "3xHxW -> conv 8 k3 s2 -> add(conv 8 k3 p1, identity) -> gap -> flatten -> linear 4",
        "CxHxW -> conv C k3 g=1 -> bn",
        "12x16 -> lstm 8 -> gru 4",
        "10x16 -> add(layernorm -> mha 4, identity) -> mean 1",
        "6x12 -> transformerencoder(transformerencoderlayer(4, dim_feedforward=F), num_layers=2)",
        "2x3x8x8 -> reshape N 6 8 8 -> permute 0 2 3 1 -> linear 3",
        UNET,
        SHARED,
        CONSTANTS,
    ],
    ids=range(10),
)
@pytest.mark.parametrize("device", ["meta", "cpu"])
def test_torch_agrees(spec: str, device: str) -> None:
    found = cnncalc.verify(spec, device=device, seed=1)
    assert found.differences == []
    assert all(checked.agreed == ("outputs", "params", "buffers", "flops") for checked in found.layers)


def test_closed_forms_are_compared_at_legal_sizes() -> None:
    found = cnncalc.verify(UNET, trials=8, seed=2)
    assert found.ok
    assert len(found.trials) == 8
    assert all(sizes["H"] % 2 == 0 and sizes["W"] % 2 == 0 for sizes in found.trials)  # the concatenation needs it
    assert {sizes["N"] for sizes in found.trials} == {1, 2}
    assert found.trials[0] == {"H": 2, "W": 2, "N": 1}  # the smallest first
    assert len({sizes["H"] for sizes in found.trials}) > 4


@pytest.mark.parametrize("spec", ["1xHx1 -> squeeze -> relu", "batch: none\ninput: 1x4\nbody: [squeeze]"])
def test_a_squeeze_without_axes_drops_one_sample(spec: str) -> None:
    """torch drops every axis of 1; forms keep the batch while it is open, and are compared at 2 samples."""
    found = cnncalc.verify(spec, seed=1)
    assert found.differences == []
    assert {sizes.get("N") for sizes in found.trials} == {2 if "H" in spec else None}


def test_a_squeeze_without_axes_drops_a_batch_of_one() -> None:
    report = cnncalc.calc("3x1x5 -> squeeze", batch=1)
    assert report.output == tuple(torch.zeros(1, 3, 1, 5).squeeze().shape)
    assert cnncalc.verify(report).differences == []


def test_the_seed_decides_the_sizes() -> None:
    spec = "3xHxW -> conv 4 k3"
    assert cnncalc.verify(spec, seed=5).trials == cnncalc.verify(spec, seed=5).trials
    assert cnncalc.verify(spec, seed=5).trials != cnncalc.verify(spec, seed=6).trials


def test_build_makes_the_module() -> None:
    module = cnncalc.build("3x8x8 -> stem: conv 4 k3 -> bn -> gap -> flatten -> head: linear 2")
    assert tuple(module(torch.rand(5, 3, 8, 8)).shape) == (5, 2)
    assert [*module.state_dict()][:3] == ["stem.weight", "stem.bias", "bn1.weight"]
    assert isinstance(module.get_submodule("head"), torch.nn.Linear)


def test_build_needs_numbers_for_what_parameters_depend_on() -> None:
    with pytest.raises(cnncalc.CnncalcError, match="is open"):
        cnncalc.build("CxHxW -> conv 4 k3")


# Wrong rules. Each class is a layer with one mistake.


class _WrongShape(layer_class("conv2d"), member=True):  # type: ignore[misc]
    def forward(self, site: Site, *xs: Shape) -> Shape:
        batch, channels, height, width = super().forward(site, *xs)
        return batch, channels, height + 1, width


class _WrongParams(layer_class("conv2d"), member=True):  # type: ignore[misc]
    def params(self, *xs: Shape) -> Named:
        return super().params(*xs) | {"bias": (self.out_channels + 1,)}


class _WrongMacs(layer_class("conv2d"), member=True):  # type: ignore[misc]
    def macs(self, xs: Shapes, ys: Shapes) -> Dim:
        return super().macs(xs, ys) + 1  # type: ignore[no-any-return]


class _Uncounted(layer_class("conv2d"), member=True):  # type: ignore[misc]
    status: ClassVar[str] = "uncounted"

    def macs(self, xs: Shapes, ys: Shapes) -> Dim:
        return 0


class _LowerBound(layer_class("conv2d"), member=True):  # type: ignore[misc]
    status: ClassVar[str] = "lower-bound"

    def macs(self, xs: Shapes, ys: Shapes) -> Dim:
        return super().macs(xs, ys) // 2  # type: ignore[no-any-return]


class _NoLowerBound(layer_class("conv2d"), member=True):  # type: ignore[misc]
    status: ClassVar[str] = "lower-bound"

    def macs(self, xs: Shapes, ys: Shapes) -> Dim:
        return super().macs(xs, ys) * 2  # type: ignore[no-any-return]


class _Fails(layer_class("conv2d"), member=True):  # type: ignore[misc]
    def run(self, torch: Any, part: Any, *xs: Any) -> Any:
        return torch.cat([xs[0], xs[0][:, :, 1:]], 1)


def verified(layer: type[Layer]) -> cnncalc.torch_bridge.verifying.verify.Verification:  # type: ignore[name-defined]
    """A network of one layer on an open size, verified."""
    graph = Graph()
    graph.add_input("input", (symbol("N"), 3, symbol("H"), 9))
    graph.add("layer", layer(out_channels=4, kernel_size=(3, 3)), (0,), 1)
    graph.outputs.append(("output", 1))
    return cnncalc.verify(graph, seed=1)


def shown(found: Any) -> str:
    return verification_text(found, Options(None, 100, False, True))


@pytest.mark.parametrize(
    ("layer", "figure", "text"),
    [
        (_WrongShape, "outputs", "  cnncalc  1x4x2x7\n  torch    1x4x1x7"),
        (_WrongParams, "params", "  cnncalc  bias 5\n  torch    bias 4"),
        (_WrongMacs, "flops", "  cnncalc  1,514\n  torch    1,512"),
        (_NoLowerBound, "flops", "  cnncalc  3,024\n  torch    1,512"),
    ],
)
def test_a_wrong_rule_is_caught(layer: type[Layer], figure: str, text: str) -> None:
    found = verified(layer)
    assert not found.ok
    assert figure in {difference.figure for difference in found.layers[0].differences}
    assert figure not in found.layers[0].agreed
    assert text in shown(found)
    assert "differs in 1 of 1 layer\n" in shown(found)


def test_what_torch_refuses_is_a_difference() -> None:
    found = verified(_Fails)
    (first, *_) = found.differences
    assert (first.path, first.figure) == ("layer", "runs")
    assert "Sizes of tensors must match" in first.torch
    assert "layer: fails in torch at H=3, batch 1" in shown(found)


def test_what_is_not_counted_is_no_agreement() -> None:
    for layer, reason in ((_Uncounted, "cnncalc does not count them"), (_LowerBound, "cnncalc gives a lower bound")):
        found = verified(layer)
        assert found.ok
        assert found.layers[0].not_compared == reason
        assert "flops" not in found.layers[0].agreed
        assert f"FLOPs of layer: {reason}" in shown(found)


def test_what_torch_cannot_count_is_no_agreement() -> None:
    found = cnncalc.verify(
        "batch: none\ninputs: {matrix: 8x4, vector: '(4,)'}\nbody:\n  - matmul(matrix, vector)\n", seed=1
    )
    assert found.ok
    assert found.layers[-1].not_compared == "torch does not count mv"


@pytest.mark.parametrize("name", UNSEEN)
def test_torch_has_no_count_for_what_we_say_it_has_none(name: str) -> None:
    packet = getattr(torch.ops.aten, name)
    assert packet in Counter().mode.flop_registry
    assert packet not in torch.utils.flop_counter.flop_registry


# The command


def test_the_command_says_what_agrees() -> None:
    result = command("verify", "3xHxW -> conv 8 k3 -> relu", "--seed", "1", "--trials", "3")
    assert (result.code, result.err) == (0, "")
    assert "torch 2.13.0 agrees with 2 layers at 3 sizes" in result.out
    assert "drawn with seed 1: H=3 W=3, batch 1;" in result.out


def test_json() -> None:
    result = command("verify", "3x8x8 -> conv 8 k3 -> relu", "--json", "--device", "cpu")
    envelope = json.loads(result.out)
    assert result.code == 0
    assert (envelope["cnncalc"], envelope["ok"], envelope["diagnostics"]) == (1, True, [])
    found = envelope["verification"]
    assert (found["device"], found["trials"]) == ("cpu", [{"N": 1}, {"N": 2}])
    assert [layer["path"] for layer in found["layers"]] == ["conv1", "relu1"]
    assert found["totals"]["agreed"] == ["state_dict", "params", "trainable", "buffers", "flops", "activations"]


BROKEN = """
import sys
from cnncalc.layers.registry import layer_class
from cnncalc.layers.linear import Linear

class Wrong(Linear, name="wronglinear"):
    def run(self, torch, part, *xs):
        return torch.nn.functional.linear(xs[0], part.weight, part.bias)
    def macs(self, xs, ys):
        return super().macs(xs, ys) * 3

sys.argv = ["cnncalc", "verify", *sys.argv[1:]]
from cnncalc.cli.main import run
run()
"""


def python(code: str, *arguments: str, **environment: str) -> Result:
    env = {**os.environ, "COLUMNS": "80", "NO_COLOR": "1", "PYTHONIOENCODING": "utf-8", **environment}
    done = subprocess.run(
        [sys.executable, "-c", code, *arguments], capture_output=True, encoding="utf-8", env=env, timeout=120
    )
    return Result(done.returncode, done.stdout, done.stderr)


def test_the_command_ends_with_3_where_torch_disagrees() -> None:
    result = python(BROKEN, "8 -> wronglinear 4 -> relu", "--json")
    envelope = json.loads(result.out)
    assert result.code == 3
    assert envelope["ok"] is False
    (difference,) = [d for d in envelope["verification"]["layers"][0]["differences"] if d["sizes"] == {"N": 1}]
    assert (difference["figure"], difference["cnncalc"], difference["torch"]) == ("flops", 192, 64)
    assert envelope["verification"]["layers"][1]["differences"] == []


def test_without_torch_one_sentence_says_what_to_install(tmp_path: Path) -> None:
    # A path entry that is loaded before all: Python refuses to import what is None in sys.modules.
    (tmp_path / "sitecustomize.py").write_text("import sys\nsys.modules['torch'] = None\n", encoding="utf-8")
    path = os.pathsep.join([str(tmp_path), *filter(None, [os.environ.get("PYTHONPATH")])])
    for arguments in (["3x8x8 -> conv 4 k3"], ["--self-test"]):
        result = command("verify", *arguments, PYTHONPATH=path)
        assert result.code == 2
        assert result.err == (
            "error[no-torch]: verify needs torch, which is not installed\n = hint: pip install torch\n"
        )
    assert command("3x8x8 -> conv 4 k3", PYTHONPATH=path).code == 0


@pytest.mark.parametrize(
    ("arguments", "code", "says"),
    [
        (["3x8x8 -> conv 4 k9"], 1, "error["),
        ([], 2, "verify needs a SPEC"),
        (["3x8x8 -> relu", "--device", "gpu"], 2, "there is no device gpu"),
        (["3x8x8 -> relu", "--layer", "conv"], 2, "--layer goes with --self-test"),
        (["3x8x8 -> relu", "--self-test"], 2, "takes no SPEC"),
        (["--self-test", "--layer", "convv"], 2, "there is no layer called convv"),
    ],
)
def test_error(arguments: list[str], code: int, says: str) -> None:
    result = command("verify", *arguments)
    assert (result.code, result.out) == (code, "")
    assert says in result.err


# Progress


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_progress_is_shown_on_a_terminal_alone() -> None:
    for stream, shows in ((Terminal(), True), (io.StringIO(), False)):
        with Bar(stream) as bar:
            for done in range(1001):
                bar.show(done, 1000, "layers")
        assert stream.getvalue().count("\r") == (102 if shows else 0)  # once a percent, and once to clear it
        assert stream.getvalue().endswith("\r\x1b[K") is shows


def test_progress_counts_the_layers() -> None:
    seen: list[Progress] = []
    cnncalc.verify("3x8x8 -> conv 4 k3 -> relu", progress=seen.append)
    assert seen == [(1, 1, 2), (1, 2, 2), (2, 1, 2), (2, 2, 2)]


@pytest.mark.parametrize("size", ["8x8", "HxW"])
def test_whatever_a_report_counts_by_it_is_held_to_what_torch_counts(size: str) -> None:
    report = cnncalc.calc(f"3x{size} -> conv 4 k3 -> relu -> conv 4 k1", convention="macs")
    found = cnncalc.verify(report, trials=2)
    assert found.ok
    assert found.report.totals.flops == report.totals.macs * 2
