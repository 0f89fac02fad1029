"""What an import knows of torch's operators: every layer of the registry, and tables in which every row occurs."""

from __future__ import annotations

import random
import warnings
from typing import Any

import pytest

torch = pytest.importorskip("torch", reason="torch reads the modules")

from torch import nn  # noqa: E402

import cnncalc  # noqa: E402
import cnncalc.torch_bridge.verifying.unknown  # noqa: E402  # defines the operator cnncalc::opaque
from cnncalc.layers import Layer, find  # noqa: E402
from cnncalc.operators import names as operators  # noqa: E402
from cnncalc.operators import rules  # noqa: E402
from cnncalc.torch_bridge.drawing.compare import Figures, by_torch, held, tensors  # noqa: E402
from cnncalc.torch_bridge.drawing.draw import Case, inner_case, layers, normal  # noqa: E402
from cnncalc.torch_bridge.importing.capture import TracedInput  # noqa: E402
from cnncalc.torch_bridge.importing.importer import import_module, read_shape  # noqa: E402
from cnncalc.torch_bridge.verifying.build import ran  # noqa: E402

# Every layer


class Called(nn.Module):
    """A module that calls one layer."""

    def __init__(self, layer: Layer, part: Any) -> None:
        super().__init__()
        self.layer = layer
        if isinstance(part, torch.Tensor) and not isinstance(part, nn.Parameter):
            self.register_buffer("part", part)
        else:
            self.part = part

    def forward(self, *xs: Any) -> Any:
        return tuple(ran(self.layer, self.part, xs[: self.layer.inputs[1]]))


APART = {
    "constant": "torch.zeros, whose layer is zeros",
    "layernorm2d": "torch has no function for it",
    "normalize": "torch.nn.functional.normalize is a Python function that calls others",
    "transformer": "its encoder and its decoder are layers",
    "multiheadattention": "where the inputs are one tensor and the module has weights for several",
}
"""Layers that an import says in others, and why."""

REFUSED = {
    "adaptivelogsoftmaxwithloss": "what runs depends on the classes that go in",
    "bincount": "what goes out is as large as the largest value",
}
OPAQUE = {
    f"maxunpool{n}d": "torch's function is told the size, and not the window, which may be padded" for n in (1, 2, 3)
}
CASES = 3


def legal_cases(layer: type[Layer]) -> list[tuple[Case, Figures]]:
    """Drawn cases that torch runs and that have values."""
    draw, found = random.Random(layer.name), []
    for _ in range(60):
        drawn = inner_case(layer, draw)
        figures = by_torch(drawn)
        if isinstance(figures, Figures) and all(0 not in shape for shape in (*drawn.shapes, *figures.outputs)):
            found.append((drawn, figures))
        if len(found) == CASES:
            break
    return found


@pytest.mark.parametrize("layer", layers(), ids=lambda layer: layer.name)
def test_a_layer_that_is_called_is_imported_as_that_layer(layer: type[Layer]) -> None:
    drawn = legal_cases(layer)
    assert drawn
    for one, figures in drawn:
        module = Called(normal(layer, one.arguments), held(one, normal(layer, one.arguments))).eval()
        given = [TracedInput(None, tuple(x.shape), x.dtype) for x in tensors(one, "cpu")]
        given = given or [TracedInput(None, (1,), torch.float32)]  # a module has an input, and may not read it
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            if layer.name in REFUSED:
                with pytest.raises(cnncalc.CnncalcError, match="depends on the values that go in"):
                    import_module(module, given)
                continue
            found = import_module(module, given)
        names = [node.layer.name for node in found.graph.nodes]
        unchanged = not names and figures.outputs == one.shapes[: len(figures.outputs)]
        assert unchanged or layer.name in names or layer.name in {*APART, *OPAQUE}, one.reproduction
        assert "opaque" not in names or layer.name in OPAQUE, one.reproduction
        assert [note for note in found.remarks if "is uncounted" not in note] == [], one.reproduction
        report = cnncalc.trace(found.graph)
        assert list(report.outputs.values()) == figures.outputs, one.reproduction
        assert report.totals.params == sum(torch.Size(shape).numel() for shape in figures.params.values())


FUNCTIONS = {
    "bitwise_not": lambda x: (~(x > 0)).float(),
    "bitwise_xor": lambda x: torch.bitwise_xor(x.long(), 5).float(),
    "bitwise_and": lambda x: ((x > 0) & (x < 1)).float(),
    "fill": lambda x: torch.empty_like(x).fill_(0.5) + x,
    "mul": lambda x: x.clone().multiply_(2),
    "einsum": lambda x: torch.inner(x, x),
    "addmm": lambda x: torch.addmm(x[0], x[0], x[0], beta=2),
    "baddbmm": lambda x: torch.baddbmm(x, x, x, alpha=2),
    "arange": lambda x: x + torch.arange(x.shape[-1]),
    "zeros": lambda x: torch.zeros_like(x) + x,
    "ones": lambda x: x.new_ones(x.shape) + x,
    "full": lambda x: torch.full_like(x, 3.0) + x,
    "sigmoid": lambda x: torch.special.expit(x),
    "log1p": lambda x: torch.special.log1p(x),
    "acos": lambda x: torch.arccos(x),
    "ge": lambda x: torch.greater_equal(x, 1).float(),
    "trunc": lambda x: torch.fix(x),
    "maxpool2d": lambda x: torch.nn.functional.max_pool2d(x, 2, return_indices=True)[1],
    "maxunpool2d": lambda x: torch.nn.functional.max_unpool2d(
        *torch.nn.functional.max_pool2d(x[:, None], 2, return_indices=True), 2
    ),
}


class Function(nn.Module):
    def __init__(self, name: str) -> None:
        super().__init__()
        self.function = FUNCTIONS[name]

    def forward(self, x: Any) -> Any:
        return self.function(x)


@pytest.mark.parametrize("name", FUNCTIONS)
def test_a_function_is_its_layer(name: str) -> None:
    found = import_module(Function(name), [read_shape("4x4", False)])
    names = [node.layer.name for node in found.graph.nodes]
    assert name in names
    assert "opaque" not in names
    assert found.remarks == []
    assert cnncalc.verify(cnncalc.calc(found.text)).differences == []


# The tables

SCHEMAS: dict[str, list[Any]] = {}
for _schema in torch._C._jit_get_all_schemas():
    _space, _, _name = _schema.name.partition("::")
    if _space in ("aten", "cnncalc"):
        _base = _name.removesuffix("_") if not _name.startswith("__") else _name
        SCHEMAS.setdefault(_base, []).append(_schema)

ELSEWHERE = {"grouped_mm_fallback"}
"""An operator of the package transformers, which is not installed here."""

TABLES: dict[str, Any] = {
    "RENAMED": operators.RENAMED,
    "PASSED_ON": operators.PASSED_ON,
    "RESIZED": operators.RESIZED,
    "WEIGHTED": operators.WEIGHTED,
    "CELLS": operators.CELLS,
    "RULES": rules.RULES,
}


def argument_names(operator: str) -> set[str]:
    return {argument.name for schema in SCHEMAS.get(operator, ()) for argument in schema.arguments}


@pytest.mark.parametrize("table", TABLES)
def test_every_key_of_a_table_is_an_operator(table: str) -> None:
    assert sorted(set(TABLES[table]) - {*SCHEMAS, *ELSEWHERE}) == []


def test_every_other_name_is_that_of_a_layer_and_none_that_the_registry_finds_anyway() -> None:
    for name, other in operators.RENAMED.items():
        found = find(other)
        assert found is not None, f"{name} -> {other}"
        anyway = find(name)
        assert anyway is None or anyway.family is not found.family, name


def test_every_argument_of_the_table_occurs() -> None:
    for key, names in operators.ARGUMENTS.items():
        layer = operators.layer_for(key)
        assert layer is not None, key
        several = [name for name in SCHEMAS if name == key or operators.layer_for(name) is layer]
        for theirs, ours in names.items():
            assert theirs != ours
            assert ours in layer.arguments, f"{key}: {ours}"
            assert any(theirs in argument_names(name) for name in several), f"{key}: {theirs}"


def test_every_argument_that_is_ignored_occurs() -> None:
    known = {argument.name for schemas in SCHEMAS.values() for schema in schemas for argument in schema.arguments}
    assert sorted(operators.IGNORED - known) == []


def test_every_operator_with_weights_is_a_layer_that_has_them() -> None:
    for name in operators.WEIGHTED:
        found = find(name)
        assert found is not None, name
        layer = found.family.member(found.ndim or next(iter(found.family.dims), None))
        assert layer.params is not Layer.params
        assert set(operators.TENSORS) & argument_names(name)
