"""A graph as the levels that its paths make: what is in which list of a spec, and in which order."""

from __future__ import annotations

from collections.abc import Iterator

from cnncalc.flow import Flow
from cnncalc.graph import Graph, Node
from cnncalc.language.write.call_text import given
from cnncalc.layers.kinds import Value
from cnncalc.layers.layer import Layer
from cnncalc.layers.shapes import Shapes, is_batch
from cnncalc.named_tuples import NamedTuple


class Leaf(NamedTuple):
    """One layer."""

    name: str  # what its level calls it; with dots where it opens levels that others have opened too
    at: int  # its node, by its place in the graph


class Again(NamedTuple):
    """A later call of a layer, or of all layers of a level."""

    path: str  # of the first call
    start: int  # its nodes
    stop: int


class WrittenLevel:
    """A level of paths with what is in it."""

    __slots__ = ("items", "name", "path", "start", "stop")

    def __init__(self, name: str, path: str, start: int, stop: int, items: list[Item]) -> None:
        self.name = name
        self.path = path
        self.start = start  # its nodes come one after the other
        self.stop = stop
        self.items = items

    def levels(self) -> Iterator[WrittenLevel]:
        """The levels in it, those further in first."""
        for item in self.items:
            if isinstance(item, WrittenLevel):
                yield from item.levels()
                yield item


Item = Leaf | Again | WrittenLevel


class Cannot(Exception):
    """The graph has something that the language cannot say. The text is a sentence about it."""


class Written:
    """A graph with what the writer needs to know of each node."""

    def __init__(self, graph: Graph, flow: Flow) -> None:
        self.graph = graph
        self.flow = flow
        self.nodes = graph.nodes
        self.xs: list[Shapes | None] = [flow.inputs(node.inputs) for node in graph.nodes]
        self._given: dict[tuple[Layer, Shapes | None], dict[str, Value]] = {}
        self.again = [":" in node.path and node.shared for node in graph.nodes]
        self.batched = all(given.shape and is_batch(given.shape[0]) for given in graph.inputs)
        self.users: dict[int, int] = {}  # value -> the last node that reads it; len(nodes) for an output
        for i, node in enumerate(graph.nodes):
            for value in node.inputs:
                self.users[value] = i
        for _, value in graph.outputs:
            self.users[value] = len(graph.nodes)
        self.spans = self._spans()

    def given(self, index: int) -> dict[str, Value]:
        """The arguments of a node that have to be written."""
        key = (self.nodes[index].layer, self.xs[index])
        if key not in self._given:
            self._given[key] = given(*key)
        return self._given[key]

    def _spans(self) -> dict[str, tuple[int, int]]:
        """For each level whose nodes come one after the other, the first and the one after the last."""
        first: dict[str, int] = {}
        last: dict[str, int] = {}
        counts: dict[str, int] = {}
        before = [0]  # how many nodes are no later calls, up to each node
        for i, node in enumerate(self.nodes):
            before.append(before[-1] + (not self.again[i]))
            for level in () if self.again[i] else above(node.path):
                first.setdefault(level, i)
                last[level] = i + 1
                counts[level] = counts.get(level, 0) + 1
        found = {}
        for level, start in first.items():
            if before[last[level]] - before[start] == counts[level]:
                stop = last[level]
                while stop < len(self.nodes) and self.again[stop] and self.nodes[stop].path.startswith(f"{level}."):
                    stop += 1
                found[level] = (start, stop)
        return found

    def level(self, name: str = "", path: str = "", start: int = 0, stop: int | None = None) -> WrittenLevel:
        """The level of a path, whose nodes are `start` to `stop`."""
        stop = len(self.nodes) if stop is None else stop
        items: list[Item] = []
        i = start
        while i < stop:
            if self.again[i]:
                items.append(self._again(i))
                i = items[-1].stop  # type: ignore[union-attr]
                continue
            node = self.nodes[i]
            rest = node.path[len(path) + 1 if path else 0 :]
            inner = next((level for level in above(node.path, path) if level in self.spans), None)
            if inner is None:
                items.append(Leaf(rest, i))
                i += 1
                continue
            first, last = self.spans[inner]
            last = min(last, stop)
            items.append(self.level(inner[len(path) + 1 if path else 0 :], inner, first, last))
            i = last
        return WrittenLevel(name, path, start, stop, items)

    def _again(self, i: int) -> Again:
        """The later call that starts at a node."""
        node = self.nodes[i]
        head = node.path[: node.path.index(":")]
        number = node.path[len(head) + 1 :].partition(".")[0]
        label = f"{head}:{number}"
        if node.path == label:
            return Again(head, i, i + 1)
        first = [n for n in self.nodes[:i] if n.path == head or n.path.startswith(f"{head}.")]
        stop = i + len(first)
        if not self._same(first, self.nodes[i:stop], head, label):
            raise Cannot(f"{label} does not do what {head} did")
        return Again(head, i, stop)

    def _same(self, first: list[Node], later: list[Node], head: str, label: str) -> bool:
        """Do later nodes repeat the first ones?"""
        if len(first) != len(later):
            return False
        match: dict[int, int] = {}
        for a, b in zip(first, later):
            if (
                a.path[len(head) :] != b.path[len(label) :]
                or a.layer != b.layer
                or a.way != b.way
                or a.owner != b.owner
            ):
                return False
            if len(a.inputs) != len(b.inputs) or a.output_count != b.output_count:
                return False
            if any(match.setdefault(x, y) != y for x, y in zip(a.inputs, b.inputs)):
                return False
            match |= {a.first + k: b.first + k for k in range(a.output_count)}
        return True

    def values(self, start: int, stop: int) -> tuple[int, int]:
        """The values that nodes give: the first, and the one after the last."""
        behind = self.nodes[stop - 1]
        return self.nodes[start].first, behind.first + behind.output_count

    def outer(self, start: int, stop: int) -> list[int]:
        """The values that nodes read from before them, in the order of their use."""
        low = self.nodes[start].first
        return list(dict.fromkeys(v for node in self.nodes[start:stop] for v in node.inputs if v < low))


def above(path: str, inside: str = "") -> Iterator[str]:
    """The levels above a path, the outermost first; with `inside`, those below that level."""
    at = len(inside) + 1 if inside else 0
    while (at := path.find(".", at)) >= 0:
        yield path[:at]
        at += 1
