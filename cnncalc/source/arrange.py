"""The order and the names of what was recorded, as a spec has them."""

from __future__ import annotations

from collections import Counter
from typing import Any

from cnncalc.flow import Assembly
from cnncalc.graph import Graph, Node, next_path, numbered, uncalled
from cnncalc.source.recorder import Recorder


def arranged(now: Recorder) -> Graph:
    """The graph with the tensors of each level before its first layer, and functions of a module of their own."""
    graph = now.graph
    nodes = ordered(renumbered(now) if now.again else graph.nodes)
    renamed = names_of_functions(nodes, now)
    made = Assembly(graph.name, dict(now.flow.met))
    for one in graph.inputs:
        made.add_input(one.name, one.shape)
    values: dict[int, int] = {i: i for i in range(len(graph.inputs))}
    for node in nodes:
        path = renamed.get(node.path, node.path)
        owner = path if node.owner == node.path else node.owner
        inputs = [values[v] for v in node.inputs]
        again = made.add(node.layer, inputs, path, owner=owner, place=node.place, way=node.way)
        values.update(zip(node.values, again.values))
        now.final[node.first] = len(now.final)
    made.graph.outputs = [(name, values[v]) for name, v in graph.outputs]
    made.graph.blocks, made.graph.frozen = graph.blocks, graph.frozen
    return made.graph


def renumbered(now: Recorder) -> list[Node]:
    """The layers, where a module without tensors that is called more than once is a function in its level each time."""
    counts: Counter[tuple[str, str]] = Counter()
    found = []
    for node in now.graph.nodes:
        path = node.path
        if path in now.again:
            bare = path.rpartition(".")[0]
            module = now.modules.get(uncalled(bare))
            taken = {*module._modules, *module._parameters, *module._buffers} if module is not None else set()
            taken |= set() if bare else {given.name for given in now.graph.inputs}
            path = next_path(counts, bare, node.layer.stem, taken)
        elif path in now.free:
            level, stem, taken = now.free[path]
            path = next_path(counts, level, stem, taken)
        found.append(node._replace(path=path, owner=path if node.owner == node.path else node.owner))
    return found


def ordered(nodes: list[Node]) -> list[Node]:
    """Tensors that are values of the graph go before the first layer of their level."""
    held = [n for n in nodes if n.layer.name in ("parameter", "buffer") and not n.inputs and n.owner == n.path]
    if not held:
        return nodes
    moved = {node.path for node in held}
    run = {""}  # levels in which something runs
    for node in nodes:
        level = node.path.rpartition(".")[0]
        while node.path not in moved and level not in run:
            run.add(level)
            level = level.rpartition(".")[0]
    by_level: dict[str, list[Node]] = {}
    for node in held:
        level = node.path.rpartition(".")[0]
        while level not in run:
            level = level.rpartition(".")[0]
        by_level.setdefault(level, []).append(node)
    waiting = {node.first: node for some in by_level.values() for node in some}
    found: list[Node] = []
    for node in nodes:
        if node.path in moved:
            continue
        levels = [""]
        for part in node.path.split(".")[:-1]:
            levels.append(f"{levels[-1]}.{part}" if levels[-1] else part)
        for level in levels:
            for one in by_level.pop(level, []):
                if waiting.pop(one.first, None):
                    found.append(one)
        for value in node.inputs:  # of a level that runs later
            if value in waiting:
                found.append(waiting.pop(value))
        found.append(node)
    found += waiting.values()
    return found


def names_of_functions(nodes: list[Node], now: Recorder) -> dict[str, str]:
    """A module without parts or tensors that runs one function is that layer; what is in a layer is beside it."""
    inside: dict[str, list[Node]] = {}
    paths = {node.path for node in nodes}
    for node in nodes:
        level = node.path.rpartition(".")[0]
        inside.setdefault(level, []).append(node)
    renamed: dict[str, str] = {}
    stems: Counter[tuple[str, str]] = Counter()
    for level, some in inside.items():
        bare = level.partition(":")[0]
        module: Any = now.modules.get(bare)
        if level in paths:  # a layer with functions around its operator
            around = level.rpartition(".")[0]
            for node in some:
                while True:
                    stems[around, node.layer.stem] += 1
                    name = numbered(node.layer.stem, 1000 + stems[around, node.layer.stem])
                    path = f"{around}.{name}" if around else name
                    if path not in paths:
                        break
                renamed[node.path] = path
        elif len(some) == 1 and level and is_bare(module) and level.rpartition(".")[2] == bare.rpartition(".")[2]:
            renamed[some[0].path] = level
    return renamed


def is_bare(module: Any) -> bool:
    """Has a module neither parts nor tensors?"""
    return module is not None and not (module._modules or module._parameters or module._buffers)
