"""Drawn modules imported: torch's figures, a text that reads back, and a network that torch builds again."""

from __future__ import annotations

import warnings
from typing import Any

import pytest

import cnncalc
from cnncalc.analysis.trace import Report

torch = pytest.importorskip("torch", reason="torch reads the modules")

from cnncalc.language.write.writer import write  # noqa: E402
from cnncalc.torch_bridge.importing.capture import Figures, figures, without_data  # noqa: E402
from cnncalc.torch_bridge.importing.importer import Imported, import_module, import_target, read_shape  # noqa: E402
from tests.torch.drawn_modules import draw  # noqa: E402

COUNT = 220
UNCOUNTED = {"affine_grid", "irfft2", "linalg_qr", "rfft2"}
"""Of the drawn modules, the operators that no layer is, and the layers that are not counted."""


def imported(module: Any, *inputs: str) -> Imported:
    return import_module(module, [read_shape(text, False) for text in inputs], "net")


def torchs(module: Any, *inputs: str) -> tuple[Figures, list[str]]:
    """What torch counts for one sample, and the operators that it has no count for."""
    unseen: list[str] = []
    given = [read_shape(text, False) for text in inputs]
    try:
        return figures(without_data(module), given, {"N": 1}, "meta", unseen), unseen
    except RuntimeError:  # it looks at values
        return figures(module, given, {"N": 1}, "cpu", unseen), unseen


def ours(report: Report) -> Figures:
    totals = report.totals
    shapes = [(1, *shape) for shape in report.to_dict()["outputs"].values()]
    assert all(isinstance(total, int) for total in totals[:5])
    return Figures(totals.params, totals.buffers, shapes, totals.macs)  # type: ignore[arg-type]


@pytest.mark.parametrize("seed", range(COUNT))
def test_a_drawn_module(seed: int) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        drawn = draw(seed)
        theirs, unseen = torchs(drawn.module.eval(), *drawn.inputs)
        found = imported(drawn.module, *drawn.inputs)
    graph = cnncalc.parse(found.text)
    report = cnncalc.trace(graph)
    mine = ours(report)
    operators = {one.operator for one in found.uncounted}
    assert operators <= UNCOUNTED
    assert (report.totals.status == "uncounted") == bool(operators)
    if unseen:
        assert mine.macs >= theirs.macs
        theirs = theirs._replace(macs=mine.macs)
    assert mine == theirs
    assert operators or found.remarks == []
    assert write(graph, found.notes) == found.text  # text -> graph -> text
    verified = cnncalc.verify(report)
    assert verified.differences == []
    again = imported(cnncalc.build(graph), *drawn.inputs)
    assert ours(cnncalc.calc(again.text)) == mine
    assert {one.operator for one in again.uncounted} == operators


def lazy() -> Any:
    nn = torch.nn
    norm = nn.LazyBatchNorm2d()
    return nn.Sequential(nn.LazyConv2d(8, 3), norm, nn.AdaptiveAvgPool2d(2), nn.Flatten(), nn.LazyLinear(10))


@pytest.mark.parametrize("shape", ["3x9x9", "3xHxW"])
def test_lazy_layers_take_their_sizes_from_the_input(shape: str) -> None:
    module = lazy()
    found = imported(module, shape)
    assert found.remarks == []
    totals = cnncalc.calc(found.text).totals
    assert torch.nn.parameter.is_lazy(module[0].weight)  # the module is as it was
    module(torch.zeros(2, 3, 9, 9))
    assert totals.params == sum(p.numel() for p in module.parameters())
    assert totals.buffers == sum(b.numel() for b in module.buffers())


def test_lazy_layers_that_do_not_fit_are_torchs_error() -> None:
    wrong = torch.nn.Sequential(torch.nn.LazyConv2d(8, 3), torch.nn.Conv2d(9, 2, 1), torch.nn.LazyLinear(4))
    with pytest.raises(cnncalc.CnncalcError, match=r"torch refuses it in 1 \(Conv2d\)"):
        imported(wrong, "3x9x9")


def test_a_buffer_counts_as_it_is_before_the_run() -> None:
    class Grows(torch.nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.register_buffer("seen", torch.zeros(1))

        def forward(self, x: Any) -> Any:
            self.seen = torch.zeros(5)
            return x + self.seen

    found = imported(Grows(), "3x5")
    assert found.remarks == []
    assert cnncalc.calc(found.text).totals.buffers == 1


VALUES = """
import torch
import torch.nn.functional as F
from torch import nn

class Attribute(nn.Module):
    def __init__(self):
        super().__init__()
        self.size = torch.tensor(7)

    def forward(self, x):
        return F.interpolate(x, size=int(self.size))

class Buffer(nn.Module):
    def __init__(self):
        super().__init__()
        self.register_buffer("size", torch.tensor(7))

    def forward(self, x):
        return F.interpolate(x, size=int(self.size))

class NotOnMeta(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv = nn.Conv2d(3, 4, 1)

    def forward(self, x):
        with torch.autocast(x.device.type, enabled=False):
            return self.conv(x)
"""


@pytest.mark.parametrize(("name", "output"), [("Attribute", (3, 7, 7)), ("Buffer", None), ("NotOnMeta", (4, 5, 5))])
def test_what_goes_by_values_is_built_with_them(name: str, output: Any, tmp_path: Any) -> None:
    (tmp_path / "values.py").write_text(VALUES, encoding="utf-8")
    target = f"{tmp_path / 'values.py'}:{name}"
    if output is None:
        with pytest.raises(cnncalc.CnncalcError, match="depends on the values that go in"):
            import_target(target, ["3x5x5"])
    else:
        assert cnncalc.trace(import_target(target, ["3x5x5"]).graph).output == output


class Cache:
    """What torch cannot look into."""

    def __init__(self, keys: Any) -> None:
        self.keys = keys


class Cached(torch.nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.key = torch.nn.Linear(6, 6)

    def forward(self, x: Any) -> dict[str, Any]:
        keys = torch.cat([torch.zeros(0), self.key(x)], dim=-1)
        return {"last": keys, "cache": Cache(keys)}


def test_what_is_no_tensor_is_left_out_of_the_outputs() -> None:
    found = imported(Cached(), "4x6")
    assert found.remarks == ["a Cache goes out too, and is left out"]
    report = cnncalc.calc(found.text)
    assert report.outputs == {"last": (4, 6)}
    assert [layer.type for layer in report.layers if layer.type != "zeros"] == ["linear"]


class Keys(torch.nn.Module):
    """Modules under any names."""

    def __init__(self, *names: str) -> None:
        super().__init__()
        self.parts: Any = torch.nn.ModuleDict({name: torch.nn.Linear(4, 4) for name in names})
        self.repeat = torch.nn.Linear(4, 4)
        self.require = torch.nn.Sequential(torch.nn.Linear(4, 4), torch.nn.ReLU(), torch.nn.Linear(4, 4))
        self.tap = torch.nn.Linear(4, 4)

    def forward(self, x: Any) -> Any:
        for part in self.parts.values():
            x = x + part(x)
        return self.tap(self.require(self.repeat(x)))


def test_words_of_the_language_are_names_of_modules() -> None:
    module = Keys("for", "N", "true", "null", "0", "input", "conv1", "1x1", "a-b", "é")
    found = imported(module, "4")
    assert found.remarks == []
    graph = cnncalc.parse(found.text)
    assert write(graph) == found.text
    assert set(cnncalc.build(graph).state_dict()) == set(module.state_dict())


def test_names_that_a_spec_cannot_hold_are_changed() -> None:
    found = imported(Keys("a b", "a_b", "~"), "4")
    assert found.remarks == ["parts.a b is called parts.a_b_ here", "parts.~ is called parts._ here"]
    paths = [layer.path for layer in cnncalc.calc(found.text).layers if layer.params]
    assert paths[:3] == ["parts.a_b_", "parts.a_b", "parts._"]


class Mapped(torch.nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.linear = torch.nn.Linear(4, 4)

    def forward(self, x: Any) -> Any:
        return torch.vmap(self.linear)(x)


def test_torchscript_is_refused() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # newer torches want no new ones of it
        script = torch.jit.script(torch.nn.Linear(4, 4))
    for module in (script, torch.nn.Sequential(script)):
        with pytest.raises(cnncalc.CnncalcError, match=r"holds TorchScript, which torch\.export does not take"):
            imported(module, "5x4")


def test_what_cannot_be_said_in_layers_is_refused() -> None:
    with pytest.raises(cnncalc.CnncalcError, match="what Mapped does cannot be said in layers"):
        imported(Mapped(), "5x4")
