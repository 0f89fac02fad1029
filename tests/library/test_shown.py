"""What Python and a notebook show, and what natural calls come to."""

from __future__ import annotations

import subprocess
import sys
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest

import cnncalc
from cnncalc.render.table_columns import RECORD
from tests.command import cnncalc as command

SPEC = "1x28x28 -> conv 6 k5 -> bn -> relu -> flatten -> linear 10"


def test_print_is_the_table_and_repr_is_short(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    report = cnncalc.calc(SPEC)
    assert f"{report}\n" == command(SPEC).out
    assert repr(report) == "<Report of a spec: 5 layers, output 10>"
    assert repr(report.graph) == "<Graph of a spec: 5 layers on 1x28x28>"
    assert [layer.path for layer in report] == ["conv1", "bn1", "relu1", "flatten1", "linear1"]


def test_an_error_is_what_the_command_line_says() -> None:
    line = "1x28x28 -> Linear(784, 10)"
    with pytest.raises(cnncalc.CnncalcError) as caught:
        cnncalc.calc(line)
    assert f"{caught.value}\n" == command(line).err
    assert caught.value.message == "Linear expects 784 input features, but 28 arrive"


def test_rows_are_a_data_frame() -> None:
    pandas = pytest.importorskip("pandas")
    report = cnncalc.calc(SPEC)
    frame = pandas.DataFrame(report.rows())
    assert list(frame.columns) == list(RECORD)
    assert frame["params"].sum() == report.totals.params
    assert list(frame["output"])[-1] == (10,)


def test_rows_have_what_the_layers_have() -> None:
    report = cnncalc.calc("3xHxW -> a: conv 8 k3 p1 -> add(a, conv 8 k1)")
    assert [set(row) for row in report.rows()] == [set(RECORD)] * 3
    for row, layer in zip(report.rows(), report.layers):
        assert (row["path"], row["type"], row["output"], row["macs"]) == (
            layer.path,
            layer.type,
            layer.output,
            layer.macs,
        )
    assert report.rows()[2]["reads"] == ["a", "conv1"]


# Natural calls


def test_a_path_is_a_spec(tmp_path: Path) -> None:
    file = tmp_path / "net.yaml"
    file.write_text("input: 3x8x8\nbody:\n  - conv 4 k3\n", encoding="utf-8")
    assert cnncalc.calc(file).totals == cnncalc.calc("3x8x8 -> conv 4 k3").totals
    assert cnncalc.parse(file).nodes[0].path == "conv1"


@pytest.mark.parametrize(
    "given", [(3, 32, 32), [3, 32, 32], "3x32x32", [(3, 32, 32)], ["3x32x32"], {"input": (3, 32, 32)}], ids=repr
)
def test_shapes_as_python_has_them(given: Any) -> None:
    assert cnncalc.calc("conv 6 k5", input=given).output == (6, 28, 28)


def test_an_open_size_in_a_tuple() -> None:
    H = cnncalc.symbol("H")
    assert str(cnncalc.calc("conv 6 k5", input=(3, H, 32)).output[1]) == "H - 4"


def test_a_module_of_torch_with_an_input() -> None:
    from torch import nn, zeros

    model = nn.Sequential(nn.Conv2d(3, 4, 3), nn.ReLU())
    for given in ((3, 8, 8), "3x8x8", [(3, 8, 8)], zeros(2, 3, 8, 8)):
        assert cnncalc.calc(model, input=given).totals == cnncalc.calc("3x8x8 -> conv 4 k3 -> relu").totals
    assert cnncalc.calc(model, input=(3, 8, 8), batch=2).output == (2, 4, 6, 6)
    assert cnncalc.trace(cnncalc.from_torch(model, (3, 8, 8))).output == (4, 6, 6)


@pytest.mark.parametrize("call", ["calc", "from_torch", "from_torch of a text", "an array"])
def test_what_a_module_needs_is_said(call: str) -> None:
    from torch import nn

    model = nn.Conv2d(3, 4, 3)
    calls = {
        "calc": (lambda: cnncalc.calc(model), "a model needs the shape of what goes in"),
        "from_torch": (lambda: cnncalc.from_torch(model), "a model needs the shape of what goes in"),
        "from_torch of a text": (lambda: cnncalc.from_torch("net", "3x8x8"), "a model is a torch.nn.Module"),
        "an array": (lambda: cnncalc.from_torch(model, b"3x8x8"), "an input is a shape or a tensor"),
    }
    run, words = calls[call]
    with pytest.raises(cnncalc.UsageError, match=words):
        run()


def test_what_functions_return_is_exported() -> None:
    report = cnncalc.calc(SPEC)
    assert type(report.layers[0].receptive_field) is cnncalc.Field
    assert type(report.graph.nodes[0]) is cnncalc.Node
    assert isinstance(report.layers[0].layer, cnncalc.Layer)
    condition = cnncalc.calc("3xHxW -> maxpool 2 -> upsample 2 -> add(identity, input)").conditions[0]
    assert type(condition) is cnncalc.SolvedCondition
    assert type(cnncalc.build("3 -> linear 2")) is cnncalc.Built
    seen: list[Any] = []
    found = cnncalc.verify("3 -> linear 2", progress=seen.append)
    assert type(found) is cnncalc.Verification
    assert {type(one) for one in seen} == {cnncalc.Progress}
    with pytest.raises(AttributeError, match="no attribute 'nothing'"):
        _ = cnncalc.nothing


def test_names_of_torch_are_loaded_when_they_are_asked_for() -> None:
    loaded = "print('torch' in sys.modules)"
    code = f"import cnncalc, sys; cnncalc.Field; {loaded}; cnncalc.Built; {loaded}"
    done = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, encoding="utf-8")
    assert done.stdout.split() == ["False", "True"]


# The notebook


class Page(HTMLParser):
    """The tags of a page, and the cells of its table."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.open: list[str] = []
        self.cells: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: Any) -> None:
        self.tags.append(tag)
        self.open.append(tag)
        if tag in ("td", "th"):
            self.cells.append("")

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if self.cells and {"td", "th"} & set(self.open):
            self.cells[-1] += data


def test_a_notebook_shows_the_table() -> None:
    report = cnncalc.calc(SPEC)
    text = report._repr_html_()
    page = Page(text)
    assert page.open == []
    assert page.cells[:8] == ["layer", "type", "arguments", "output", "field", "params", "MACs", "activations"]
    assert page.cells[8:16] == ["conv1", "conv2d", "6 k5", "6x24x24", "5x5", "156", "86,400", "3,456"]
    assert f"{report.totals.params:,}" in page.cells[-3]
    assert "the bias of conv1 has no effect" in text


def test_the_page_is_small_and_has_colours_of_its_own_only_where_they_are_thin() -> None:
    text = cnncalc.calc("zoo:resnet152")._repr_html_()
    assert len(text) < 40_000
    assert "color:#" not in text
    assert "background:#" not in text


def test_names_are_no_markup(tmp_path: Path) -> None:
    file = tmp_path / "net.yaml"
    file.write_text("name: '<script>alert(1)</script>'\ninput: 3x8x8\nbody:\n  - conv 4 k3\n", encoding="utf-8")
    page = Page(cnncalc.calc(file)._repr_html_())
    assert "script" not in page.tags
