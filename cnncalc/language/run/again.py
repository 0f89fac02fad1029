"""Parameters that are used more than once: a layer or level that is called again, and a tied parameter."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cnncalc.diagnostics import Span, nearest
from cnncalc.graph import Node
from cnncalc.language.run.scope import fail
from cnncalc.language.text.yaml_tree import Scalar
from cnncalc.layers.layer import Layer
from cnncalc.layers.shapes import dims_text

if TYPE_CHECKING:
    from cnncalc.language.run.builder import Builder


def around(builder: Builder, name: str) -> list[str]:
    """The paths that a name can mean: in this level, in those around it, at the top."""
    levels = builder.level.prefix.split(".") if builder.level.prefix else []
    return [".".join([*levels[:depth], name]) for depth in range(len(levels), -1, -1)]


def again(builder: Builder, scalar: Scalar) -> None:
    """`again: path`, or `again: path(a, b)` for a layer that reads several values.

    The layer, or all layers of the level, are called once more with the same parameters. The new path is
    the old one with `:2`, `:3` and so on after it.
    """
    name, bracket, inside = scalar.text.partition("(")
    if not name.strip() or ")" in name or (bracket and not inside.endswith(")")):
        raise fail("bad-spec", f"{scalar.text} is no path", scalar.span, "again: PATH, or again: PATH(a, b)")
    path, nodes = called(builder, name.strip(), scalar.span)
    values: list[int] = []
    if bracket:
        for name in (part.strip() for part in inside[:-1].split(",")):
            tap, known = builder.level.find(name)
            if not known:
                raise fail("unknown-tap", f"no layer or value is called {name}", scalar.span)
            if tap is None:
                builder.value = None
                return
            values += builder.taken(tap)
    elif builder.value is None:
        return
    elif nodes[0].layer.inputs != (0, 0):
        values = list(builder.taken(builder.value))
    label = f"{path}:{builder.count_call(path, 1)}"
    start = {value: i for i, value in enumerate(outer(builder, nodes))}
    if len(values) != len(start) and not (len(nodes) == 1 and nodes[0].inputs):
        raise fail("wrong-count", f"{path} reads {len(start)} values, and {len(values)} come in", scalar.span)
    given = {value: values[i] for value, i in start.items()} if len(nodes) > 1 else {}
    for node in nodes:
        inputs = [given[value] for value in node.inputs] if len(nodes) > 1 else values
        known_inputs = builder.flow.inputs(inputs)
        first = len(builder.graph.producers)
        if (brought := builder.flow.inputs(node.inputs)) is not None:
            builder.first_calls.setdefault(node.owner, brought)
        path_again = label + node.path[len(path) :]
        builder.add_node(path_again, node.layer, inputs, known_inputs, node.owner, node.place, True, node.way)
        if builder.value is None:
            return
        given |= {node.first + i: first + i for i in range(node.output_count)}


def called(builder: Builder, name: str, span: Span) -> tuple[str, list[Node]]:
    """The path that is meant, and the nodes at it."""
    nodes = builder.graph.nodes
    for path in around(builder, name):
        found = builder.nodes_at(path)
        if found:
            return path, found
    near = nearest(name, [node.path for node in nodes])
    hint = f"did you mean {near[0]}?" if near else "it has to be above"
    raise fail("unknown-path", f"there is no layer at {name} that could be called again", span, hint)


def outer(builder: Builder, nodes: list[Node]) -> list[int]:
    """The values that nodes read from outside, in the order of their use."""
    own = {node.first + i for node in nodes for i in range(node.output_count)}
    return list(dict.fromkeys(value for node in nodes for value in node.inputs if value not in own))


def tied(builder: Builder, layer: Layer, span: Span) -> str:
    """The path of the parameter that `parameter of=PATH` means. Raises CnncalcError where its sizes are others."""
    name: str = layer.of  # type: ignore[attr-defined]
    shape = layer.params()[""]
    for path in around(builder, name):
        level, _, key = path.rpartition(".")
        for node in builder.graph.nodes:
            if node.path not in (path, level):
                continue
            xs = builder.flow.inputs(node.inputs)
            there = node.layer.params(*xs).get("" if node.path == path else key) if xs is not None else None
            if there is None:
                continue
            if there != shape:
                message = f"{path} is {dims_text(there)}, but {dims_text(shape)} is written here"
                raise fail("shared-mismatch", message, span, "a parameter has the same sizes wherever it is used")
            return node.owner if node.path == path else f"{node.owner}.{key}"
    raise fail("unknown-path", f"there is no parameter {name} above", span)
