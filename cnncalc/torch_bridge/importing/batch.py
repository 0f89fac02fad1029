"""What of a module depends on the batch: captures that differ in the batch alone are read side by side.

A number that is the same in all captures is a number; one that differs is a formula in N. So no size of a network is
taken for the batch, whatever number it is.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from typing import Any, cast

import torch
from torch import fx

from cnncalc.diagnostics import CnncalcError, Diagnostic
from cnncalc.graph import BATCH
from cnncalc.layers.shapes import BATCH_NAME, Shape
from cnncalc.operators.values import OF_BATCH, OfBatch
from cnncalc.symbolic.expr import Dim, number_at
from cnncalc.torch_bridge.importing import schema
from cnncalc.torch_bridge.importing.capture import Captured

FIRST, SECOND, THIRD = (5, 7, 11, 15, 21), (22, 26, 34, 38, 46), (13, 17, 19, 29, 31)
"""What the batch may be in each capture.

Small, so that a loop over the batch is short, and that what is cut off at a large batch is not. Odd and even, and far
enough apart that a half, a third or an eighth of the batch, or the rest of a division by these, is not in both what a
multiple of the batch or a constant would be.
"""


class Unlike(Exception):
    """Why captures do not become one graph: the end of a sentence that starts with the name of the module."""


def trial_batches(numbers: Collection[object]) -> tuple[int, ...]:
    """A batch for each capture; none of the numbers, as a model may ask whether two of its sizes are equal."""
    return tuple(next((b for b in some if b not in numbers), some[0]) for some in (FIRST, SECOND, THIRD))


def captured_at(batches: Sequence[int], capture: Callable[[int], Captured]) -> Captures:
    """A module captured at two batches, and at a third where a number is not simply a multiple of the batch.

    Raises Unlike, and what `capture` raises.
    """
    captures = [capture(batch) for batch in batches[:2]]
    found = Captures(captures)
    return Captures([*captures, capture(batches[2])]) if found.doubt else found


class Captures:
    """Captures of one module that differ in the batch alone, as one graph; a single one where the batch is a number.

    Raises Unlike where they do not run the same operators on the same values.
    """

    def __init__(self, captures: Sequence[Captured]) -> None:
        self.first = captures[0]
        self.sizes = [captured.sizes for captured in captures]
        self.doubt = False  # is there a number that differs, and is no multiple of the batch?
        self._columns: dict[fx.Node, tuple[fx.Node, ...]] = {}  # a node of the first, with those that it is in each
        self._lay([captured.graph for captured in captures])

    # Reading

    def call(self, node: fx.Node) -> tuple[tuple[Any, ...], dict[str, Any]]:
        """The arguments of a call, by position and by name, with formulas in N."""
        return self._merged(tuple((one.args, one.kwargs) for one in self._columns[node]))  # type: ignore[no-any-return]

    def shape(self, node: fx.Node) -> Shape | None:
        """The shape of a node's value; None where it gives several, or none. Raises Unlike without a formula in N."""
        return self.shapes(node)[0] if isinstance(node.meta.get("val"), torch.Tensor) else None

    def shapes(self, node: fx.Node) -> list[Shape]:
        """The shapes of all that a node gives. Raises Unlike where there is no formula in N."""
        shapes: list[tuple[Dim | OfBatch, ...]] = self._merged(self.numbers(node))
        if any(isinstance(size, OfBatch) for shape in shapes for size in shape):
            raise Unlike(f"has a size in {operator_name(node)} that no formula in the batch was found for")
        return cast(list[Shape], shapes)

    def numbers(self, node: fx.Node) -> tuple[list[tuple[int, ...]], ...]:
        """The shapes of all that a node gives, in each capture. Raises CnncalcError where values decide them."""
        return tuple([sizes_of(value, one) for value in tensors(one)] for one in self._columns[node])

    def at(self, shape: Shape) -> list[tuple[int, ...]]:
        """The sizes of a shape in each capture."""
        return [tuple(number_at(dim, sizes) for dim in shape) for sizes in self.sizes]

    def gives(self, node: fx.Node, shapes: Sequence[Shape]) -> bool:
        """Does a node give these shapes, in all captures? It may give more."""
        ours = zip(*(self.at(shape) for shape in shapes))
        return all(wanted[: len(shapes)] == list(found) for found, wanted in zip(ours, self.numbers(node)))

    # Laying side by side

    def _lay(self, graphs: Sequence[fx.Graph]) -> None:
        """Lay the nodes of graphs side by side, with those of the parts that they call."""
        if len({len(graph.nodes) for graph in graphs}) > 1:
            raise Unlike(self._difference(graphs))
        for column in zip(*(graph.nodes for graph in graphs)):
            first = column[0]
            self._columns[first] = column
            try:
                if len({(node.op, node.target) for node in column}) > 1:
                    raise Different
                self._merged(tuple([node.args, node.kwargs] for node in column))
                self._merged(tuple([[*value.shape] for value in tensors(node)] for node in column))
            except Different:
                raise Unlike(self._difference(graphs)) from None
            parts = [getattr(node.graph.owning_module, str(node.target), None) for node in column]
            inner = [part.graph for part in parts if isinstance(part, fx.GraphModule)]
            if first.op == "get_attr" and len(inner) == len(column):
                self._lay(inner)

    def _merged(self, values: tuple[Any, ...]) -> Any:
        """What has these values in the captures: formulas in N where numbers differ, and the nodes of the first."""
        first = values[0]
        if isinstance(first, fx.Node):
            if any(self._columns[first][i] is not value for i, value in enumerate(values)):
                raise Different
            return first
        if isinstance(first, list | tuple):
            if not all(isinstance(value, list | tuple) and len(value) == len(first) for value in values):
                raise Different
            items = [self._merged(column) for column in zip(*values)]
            return items if isinstance(first, list) else tuple(items)
        if isinstance(first, dict):
            if not all(isinstance(value, dict) and value.keys() == first.keys() for value in values):
                raise Different
            return {key: self._merged(tuple(value[key] for value in values)) for key in first}
        if any(isinstance(value, fx.Node) for value in values):
            raise Different
        if all(type(value) is type(first) for value in values):
            if isinstance(first, torch.SymInt) or all(value == first for value in values):
                return first
            if type(first) is int:
                return self._formula(values)
        return OF_BATCH

    def _formula(self, numbers: Sequence[int]) -> Dim | OfBatch:
        """What different numbers are of the batch: a multiple of it or of its square, or one and a constant."""
        batches = [sizes[BATCH_NAME] for sizes in self.sizes]
        number, batch = numbers[0], batches[0]
        if number % batch == 0 and all(n * batch == number * b for n, b in zip(numbers, batches)):
            return BATCH * (number // batch)
        self.doubt = True
        if len(batches) < 3:  # two are not enough to tell more
            return OF_BATCH
        square = batch * batch
        if number % square == 0 and all(n * square == number * b * b for n, b in zip(numbers, batches)):
            return BATCH * BATCH * (number // square)
        factor, left = divmod(numbers[1] - number, batches[1] - batch)
        constant = number - factor * batch
        if left == 0 and all(n == factor * b + constant for n, b in zip(numbers, batches)):
            return BATCH * factor + constant
        return OF_BATCH

    def _difference(self, graphs: Sequence[fx.Graph]) -> str:
        """In which way graphs differ: in a module that is called more often, or in what they run."""
        batches = [sizes[BATCH_NAME] for sizes in self.sizes]
        first, second = (calls(graph) for graph in graphs[:2])
        for path, count in first.items():
            other = second.get(path, 0)
            if path and count != other:
                times = f"{path} runs {often(count)} at a batch of {batches[0]} and {often(other)} at {batches[1]}"
                loops = count * batches[1] == other * batches[0]
                return f"loops over its batch: {times}" if loops else f"does not run the same at each batch: {times}"
        more, larger = len(graphs[1].nodes) - len(graphs[0].nodes), batches[1] - batches[0]
        if more > 0 and more % larger == 0:
            return f"runs {more // larger} more operators for each further sample, as a loop over the batch does"
        return f"runs other operators at a batch of {batches[1]} than at {batches[0]}"


class Different(Exception):
    """Two calls do not read the same values."""


def calls(graph: fx.Graph) -> dict[str, int]:
    """How often each module is called."""
    keys: dict[str, set[str]] = {}
    for node in graph.nodes:
        for key, (path, _) in (node.meta.get("nn_module_stack") or {}).items():
            keys.setdefault(path, set()).add(key)
    return {path: len(found) for path, found in keys.items()}


def often(count: int) -> str:
    return {0: "never", 1: "once", 2: "twice"}.get(count, f"{count} times")


def tensors(node: fx.Node) -> list[torch.Tensor]:
    """What a node gives that is a tensor."""
    value = node.meta.get("val")
    items = value if isinstance(value, list | tuple) else [value]
    return [item for item in items if isinstance(item, torch.Tensor)]


def sizes_of(value: torch.Tensor, node: fx.Node) -> tuple[int, ...]:
    """The shape as numbers. Raises CnncalcError where the values decide it."""
    if not all(isinstance(size, int) for size in value.shape):
        message = f"the shape of what {operator_name(node)} gives depends on the values that go in"
        raise CnncalcError(
            Diagnostic("model-refused", message, hint="a spec holds shapes that the inputs' shapes decide")
        )
    return tuple(value.shape)


def operator_name(node: fx.Node) -> str:
    return schema.base_name(node.target) if isinstance(node.target, torch._ops.OpOverload) else str(node.target)
