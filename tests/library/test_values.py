"""Layers are values, nodes are frozen, and no figure outlives the graph that it was worked out for."""

from __future__ import annotations

import pytest

import cnncalc
from cnncalc.diagnostics import Source
from cnncalc.graph import BATCH
from cnncalc.language.run.interpreter import Interpreter
from cnncalc.language.run.scope import Tap
from cnncalc.language.text.inline import Parser
from cnncalc.language.text.limits import Limits
from cnncalc.layers.axes import Squeeze
from cnncalc.layers.cut import Chunk

LIMITS = Limits()


def layer(text: str) -> object:
    """The last layer of a line."""
    return cnncalc.parse(f"8x32x32 -> {text}").nodes[-1].layer


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("conv 64 k3", "conv 64 kernel_size=3"),
        ("conv 64 k3", "conv 64 k=(3, 3) s1 bias=yes"),
        ("dropout", "dropout 0.5"),  # a default is a float, and what is written an exact decimal
        ("flatten 2 -> transformerencoder(transformerencoderlayer(4), 2)",) * 2,
    ],
)
def test_equal_arguments_make_equal_layers(one: str, other: str) -> None:
    left, right = layer(one), layer(other)
    assert left is not right
    assert left == right
    assert hash(left) == hash(right)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("conv 64 k3", "conv 64 k5"),
        ("conv 64 k3", "convtranspose 64 k3"),
        ("maxpool 3 s1", "maxpool 3 p1"),
        ("relu", "relu6"),
    ],
)
def test_different_layers_differ(one: str, other: str) -> None:
    assert layer(one) != layer(other)


def test_a_layer_cannot_be_changed() -> None:
    found = layer("conv 64 k3")
    with pytest.raises(AttributeError, match="a layer is a value: make another conv2d, with another stride"):
        found.stride = (2, 2)  # type: ignore[attr-defined]
    with pytest.raises(AttributeError):
        del found.stride  # type: ignore[attr-defined]


def test_a_node_cannot_be_changed() -> None:
    node = cnncalc.parse("3x32x32 -> conv 64 k3").nodes[0]
    with pytest.raises(AttributeError):
        node.layer = layer("conv 32 k3")  # type: ignore[misc, assignment]


def test_each_class_has_its_own_defaults() -> None:
    """`dim` of squeeze is `()`, and that of chunk 1, whichever is used first."""
    Squeeze()
    assert Chunk(chunks=2).dim == 1


def test_a_graph_that_is_changed_is_worked_out_again() -> None:
    graph = cnncalc.parse("3x32x32 -> conv 64 k3 -> relu")
    assert cnncalc.trace(graph).output == (64, 30, 30)
    graph.nodes[0] = graph.nodes[0]._replace(layer=cnncalc.parse("3x32x32 -> conv 32 k3").nodes[0].layer)
    report = cnncalc.trace(graph)
    assert report.output == (32, 30, 30)
    assert report.totals.params == 32 * 3 * 3 * 3 + 32
    assert report.totals.macs == 32 * 30 * 30 * 3 * 3 * 3


def test_a_reader_may_drop_its_trees() -> None:
    """Calls of one name with different keywords are different layers, wherever their trees are in memory."""
    texts = ("maxpool(3, stride=1)", "maxpool(3, padding=1)")
    builder = Interpreter("x", LIMITS)
    builder.add_input("input", (BATCH, 3, 32, 32), None)
    sizes = []
    for i in range(40):
        text = texts[i % 2]
        builder.value = Tap((0,))
        builder.item(Parser(Source("t", text), 0, len(text), LIMITS).item())
        shape = builder.shape(builder.value)
        assert shape is not None
        sizes.append(shape[-1])
    assert sizes == [30, 11] * 20  # (32 - 3)//1 + 1 and (32 + 2 - 3)//3 + 1, as torch.nn.MaxPool2d has it


def test_a_field_through_an_open_size_that_has_to_be_one() -> None:
    report = cnncalc.calc("WxW -> maxpool 2 -> squeeze 2")
    assert [str(c) for c in report.conditions] == ["squeeze1 needs W//2 == 1"]
    assert report.to_dict()["layers"][-1]["output"] == ["W"]
    assert report.receptive_field is not None
    assert report.receptive_field.size == (2,)  # the one window of 2


def test_a_size_that_is_divided_by_0() -> None:
    report = cnncalc.calc("(3 % W, 1, 1) -> relu")
    with pytest.raises(cnncalc.CnncalcError, match="with W = 0, a size is divided by 0"):
        report.at(W=0)


def test_a_layer_that_could_not_be_run_is_not_run_again() -> None:
    spec = "inputs: {a: 1x8}\nbody:\n  - linear 8 -> huber_loss(conv 3 3 p1, identity)\n  - again: conv1\n"
    with pytest.raises(cnncalc.CnncalcError, match="conv"):
        cnncalc.calc(spec)
