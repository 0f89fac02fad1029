"""Calls of a block that do what an earlier one did: their nodes are copied, and not built once more.

A block sees its arguments and the value that it is given, and nothing around it. So two calls with equal arguments,
on values of equal shapes, give the same nodes but for their paths and the values that they read.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from cnncalc.graph import Graph
from cnncalc.language.run.scope import Tap
from cnncalc.language.run.work import Mark, Spent
from cnncalc.layers.kinds import Value
from cnncalc.named_tuples import NamedTuple

if TYPE_CHECKING:
    from cnncalc.language.run.blocks import Block
    from cnncalc.language.run.builder import Builder


class CallKey(NamedTuple):
    """What a call brings: equal keys make equal nodes."""

    key: tuple[Any, ...]
    outer: dict[int, int]  # each value of the graph among it, by its place in the order of appearance


class Start(NamedTuple):
    """Where a builder is before a call."""

    nodes: int
    values: int
    blocks: int
    errors: int
    work: Mark


class Made(NamedTuple):
    """What a call has made."""

    graph: Graph
    start: int  # its nodes
    stop: int
    first: int  # the values that they give
    last: int
    prefix: str
    outer: dict[int, int]
    blocks: list[tuple[str, str]]  # levels with blocks, by their paths after the prefix
    frozen: list[str]  # its nodes that are not trained, by their paths after the prefix
    checkpoints: list[str]  # its checkpointed levels and nodes, by their paths after the prefix
    taps: list[tuple[str, Tap]]  # names of values, as seen from around
    value: Tap
    spent: Spent


def given(builder: Builder, block: Block, values: dict[str, Value]) -> CallKey | None:
    """What a call brings; None if it cannot be known, or if paths matter: inside of shared layers."""
    if builder.sharing or builder.value is None or not builder.value.values:
        return None
    outer: dict[int, int] = {}
    parts: list[Any] = [block, builder.train_only, tuple(builder.fixed.items())]
    for value in (builder.value, *values.values()):
        part = comparable(value, outer)
        if part is None:
            return None
        parts.append(part)
    graph, shapes = builder.graph, builder.flow.shapes
    for value in outer:
        producer = graph.producers[value]
        if shapes[value] is None:
            return None
        maker = graph.nodes[producer] if producer >= 0 else None
        # A layer with several outputs may be taken as a whole.
        about = (maker.train_only, maker.layer.parts, maker.output_count) if maker else (False, False, 1)
        parts.append((shapes[value], about))
    return CallKey(tuple(parts), outer)


def comparable(value: Value, outer: dict[int, int]) -> Any:
    """The value with its type, as 1 == True in Python; values of the graph by the order in which they appear."""
    if isinstance(value, Tap):
        return (Tap, *[outer.setdefault(v, len(outer)) for v in value.values]) if value.values else None
    if isinstance(value, tuple):
        parts = [comparable(item, outer) for item in value]
        return None if None in parts else (tuple, *parts)
    return type(value), value


def start(builder: Builder) -> Start:
    """Where the builder is."""
    graph = builder.graph
    return Start(len(graph.nodes), len(graph.producers), len(graph.blocks), len(builder.errors), builder.work.mark())


def made(builder: Builder, before: Start, call: CallKey, label: str, taps: dict[str, Tap | None]) -> Made | None:
    """What has been made since, at a label; None where it cannot be copied."""
    spent = builder.work.since(before.work)
    names = {name: tap for name, tap in taps.items() if tap is not None and name != "input"}
    if (
        builder.errors[before.errors :]
        or spent is None
        or builder.value is None
        or len(names) < len(taps) - ("input" in taps)
    ):
        return None
    prefix = builder.level.path(label)
    blocks = list(builder.graph.blocks.items())[before.blocks :] if len(builder.graph.blocks) > before.blocks else []
    return Made(
        builder.graph,
        before.nodes,
        len(builder.graph.nodes),
        before.values,
        len(builder.graph.producers),
        prefix,
        call.outer,
        [(path[len(prefix) :], name) for path, name in blocks],
        frozen_since(builder.graph, before.nodes, len(prefix)),
        [path[len(prefix) :] for path in sorted(builder.graph.checkpoints) if path.startswith(f"{prefix}.")],
        list(names.items()),
        builder.value,
        spent,
    )


def frozen_since(graph: Graph, before: int, cut: int) -> list[str]:
    """The nodes from `before` on that are not trained, by their paths without the first `cut` letters."""
    return [node.path[cut:] for node in graph.nodes[before:] if node.path in graph.frozen] if graph.frozen else []


def copy(builder: Builder, first: Made, call: CallKey, label: str) -> bool:
    """Do at a label what an earlier call did; no, where that goes past a limit, so that it is built and refused."""
    graph, flow, limits = builder.graph, builder.flow, builder.limits
    nodes, producers = graph.nodes, graph.producers
    source = first.graph
    assert source.flow is not None
    if not builder.work.allows(first.spent) or len(nodes) + first.stop - first.start > limits["layers"]:
        return False
    prefix, cut = builder.level.path(label), len(first.prefix)
    moved, shift = len(nodes) - first.start, len(producers) - first.first
    outer = list(call.outer)
    value_of = {old: outer[i] for old, i in first.outer.items()}
    for old in range(first.first, first.last):
        value_of[old] = old + shift
    for node in source.nodes[first.start : first.stop]:
        path = prefix + node.path[cut:]
        inputs = tuple([value_of[value] for value in node.inputs])
        nodes.append(node._replace(path=path, inputs=inputs, first=node.first + shift, owner=path))
    flow.nodes_seen.extend(nodes[len(flow.nodes_seen) :])
    producers.extend([index + moved for index in source.producers[first.first : first.last]])
    flow.layers.extend(source.flow.layers[first.start : first.stop])
    flow.shapes.extend(source.flow.shapes[first.first : first.last])
    if source is not graph:
        for node, met in zip(nodes[first.start + moved :], source.flow.layers[first.start : first.stop]):
            flow.know(node, met)
    for path, name in first.blocks:
        graph.blocks[prefix + path] = name
    graph.frozen.update(prefix + path for path in first.frozen)
    graph.checkpoints.update(prefix + path for path in first.checkpoints)
    for name, tap in first.taps:
        moved_tap = Tap(tuple([value_of[value] for value in tap.values]))
        builder.level.taps.setdefault(f"{label}.{name}", moved_tap)
    builder.value = Tap(tuple([value_of[value] for value in first.value.values]))
    builder.work.spend(first.spent)
    return True
