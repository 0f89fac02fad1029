"""The one form that every reader makes and every analysis takes: layers, and the values between them."""

from __future__ import annotations

import re
from collections.abc import Container, Iterable, Iterator, Sequence
from typing import TYPE_CHECKING

from cnncalc.diagnostics import Diagnostic, Span
from cnncalc.layers.layer import Layer, open_sizes
from cnncalc.layers.shapes import BATCH_NAME, Shape, is_batch, shape_text
from cnncalc.named_tuples import NamedTuple
from cnncalc.symbolic.expr import Dim, symbol, symbols

if TYPE_CHECKING:
    from cnncalc.flow import Flow

BATCH = symbol(BATCH_NAME)


def numbered(stem: str, count: int) -> str:
    """What an unnamed layer is called: conv1; relu6_1, as relu61 would be another layer."""
    return f"{stem}_{count}" if stem[-1:].isdigit() else f"{stem}{count}"


def next_path(counts: dict[tuple[str, str], int], level: str, stem: str, taken: Container[str]) -> str:
    """The next free path for an unnamed layer in a level, of which `counts` keeps how many there have been.

    >>> counts: dict[tuple[str, str], int] = {}
    >>> [next_path(counts, "head", "add", {"add1"}) for _ in range(2)]
    ['head.add2', 'head.add3']
    """
    while True:
        count = counts[level, stem] = counts.get((level, stem), 0) + 1
        name = numbered(stem, count)
        if name not in taken:
            return f"{level}.{name}" if level else name


class Place(NamedTuple):
    """Where a layer is written, for messages: its call, and the values that its arguments are given."""

    span: Span | None
    names: tuple[str, ...] = ()  # for each value in the call, the argument that takes it
    values: tuple[Span, ...] = ()

    def argument(self, name: str | None) -> Span | None:
        """Where an argument is written, from its first value to its last."""
        found = [span for key, span in zip(self.names, self.values) if key == name]
        return found[0].to(found[-1]) if len(found) > 1 else found[0] if found else None


NOWHERE = Place(None)


class Node(NamedTuple):
    """One call of a layer. Values are numbered: the inputs of the graph first, then what each node gives."""

    path: str  # unique; dots separate the levels
    layer: Layer
    inputs: tuple[int, ...]  # the values that it reads
    first: int  # its first output value
    output_count: int
    owner: str  # the path of the node whose parameters it uses: its own, but for later calls of a shared layer
    place: Place
    train_only: bool = False  # built and not run: it has parameters, and neither MACs nor activations
    way: str = ""  # how torch's code calls it, one of cnncalc.layers.layer.WAYS; empty: as it usually does

    @property
    def values(self) -> tuple[int, ...]:
        """The values that it gives."""
        return tuple(range(self.first, self.first + self.output_count))

    @property
    def shared(self) -> bool:
        """Does it use the parameters of an earlier call?"""
        return self.owner != self.path


class Expected(NamedTuple):
    """What a text says that its network comes to, as written; `cnncalc.analysis.expectations` reads it."""

    name: tuple[str, ...]  # ("params",), ("layers", "conv1", "output")
    text: str  # "<= 5M"
    key: Span
    span: Span


class Allowed(NamedTuple):
    """A kind of warning that a text says is meant."""

    code: str
    reason: str
    span: Span


class Input(NamedTuple):
    """An input of the graph, its shape complete with the batch."""

    name: str
    shape: Shape


class Graph:
    """Layers in the order of their calls."""

    def __init__(self, name: str | None = None) -> None:
        self.name = name
        self.inputs: list[Input] = []
        self.batch: int | None = None  # how many samples lead every input, where that is a number
        self.nodes: list[Node] = []
        self.outputs: list[tuple[str, int]] = []
        self.blocks: dict[str, str] = {}  # path of a scope -> the name of the block that it holds
        self.producers: list[int] = []  # for each value, the index of its node, or ~index of its input
        self.frozen: set[str] = set()  # paths of what is not trained: parameters, layers, levels; "" is all
        self.checkpoints: set[str] = set()  # paths of layers and levels that are computed again for the backward pass
        self.needs: list[Dim] = []  # sizes that have to be 0 or more for its code to go the way that it went
        self.expected: list[Expected] = []  # what its text says that it comes to
        self.flow: Flow | None = None  # its shapes, where they have been worked out with it
        self.warnings: list[Diagnostic] = []  # what is suspicious in its text, whatever the sizes are
        self.allowed: list[Allowed] = []  # which warnings its text says are meant
        self.first_calls: dict[str, str] = {}  # for each path in the state dict, that of its first call
        self.partial = False  # is it what a part of a model does, whose other tensors nothing reads?

    def __repr__(self) -> str:
        inputs = ", ".join(shape_text(given.shape) for given in self.inputs)
        layers = f"{len(self.nodes)} layer{'' if len(self.nodes) == 1 else 's'}"
        return f"<Graph of {self.name or 'a spec'}: {layers} on {inputs}>"

    @property
    def batched(self) -> bool:
        """Is the batch open?"""
        return any(i.shape and is_batch(i.shape[0]) for i in self.inputs)

    @property
    def symbols(self) -> list[str]:
        """The open sizes of the inputs and the arguments, the batch left out."""
        found: set[str] = set()
        for given in self.inputs:
            for dim in given.shape:
                found |= symbols(dim)
        for layer in {node.layer for node in self.nodes}:
            found |= open_sizes(layer)
        return sorted(found - {BATCH_NAME})

    def add_input(self, name: str, shape: Shape) -> int:
        """A new input; returns its value."""
        if self.nodes:
            raise ValueError("inputs come before layers")
        self.inputs.append(Input(name, shape))
        self.producers.append(~(len(self.inputs) - 1))
        return len(self.producers) - 1

    def add(
        self,
        path: str,
        layer: Layer,
        inputs: Sequence[int],
        count: int,
        owner: str = "",
        place: Place = NOWHERE,
        train_only: bool = False,
        way: str = "",
    ) -> Node:
        """A new node, with `count` outputs."""
        node = Node(path, layer, tuple(inputs), len(self.producers), count, owner or path, place, train_only, way)
        self.producers.extend([len(self.nodes)] * count)
        self.nodes.append(node)
        return node

    def owner(self, path: str) -> str:
        """The path of the first call of what is called at a path, which may be within a later call of a level.

        >>> graph = Graph()
        >>> [graph.owner(path) for path in ("a.conv", "a:2.conv", "a:2.bn", "a:3.bn")]
        ['a.conv', 'a.conv', 'a:2.bn', 'a:2.bn']
        """
        return self.first_calls.setdefault(uncalled(path), path)

    def is_frozen(self, key: str) -> bool:
        """Is the parameter with this key in the state dict frozen? It is if its path is, or one around it."""
        return bool(self.frozen) and any(path in self.frozen for path in around(uncalled(key)))

    def frozen_in(self, owner: str, names: Iterable[str]) -> list[str]:
        """Of the parameters of a layer, those that are not trained. `owner` is the path of the layer that has them."""
        return [name for name in names if self.is_frozen(f"{owner}.{name}" if name else owner)] if self.frozen else []

    def source(self, value: int) -> str:
        """The path of the node, or the name of the input, that a value comes from."""
        producer = self.producers[value]
        return self.nodes[producer].path if producer >= 0 else self.inputs[~producer].name


def uncalled(path: str) -> str:
    """The path in the state dict of what is called: `a.conv` for `a:2.conv`."""
    return re.sub(r":\d+", "", path) if ":" in path else path


def around(path: str) -> Iterator[str]:
    """A path and all paths around it, from the outermost: nothing for the whole, `a`, `a.b`, `a.b.c`."""
    yield ""
    at = path.find(".")
    while at >= 0:
        yield path[:at]
        at = path.find(".", at + 1)
    yield path


def span_of(graph: Graph, path: str) -> tuple[int, int]:
    """The nodes of a level or layer: the first, and the one after the last. Raises ValueError where there are none."""
    within = [at for at, node in enumerate(graph.nodes) if node.path == path or node.path.startswith(f"{path}.")]
    return min(within), max(within) + 1
