"""Open sizes of an import: the model is captured at several sizes, and what depends on them becomes a formula.

torch.export's own open sizes can take minutes, and refuse much that is only arithmetic. Here each capture is at
plain numbers. Where all of them run the same layers, a number that differs between them is looked for among the
sizes that flow through the network as closed forms, and what is simply made of these. The formulas are then held to
what torch counts at sizes that they were not made from.
"""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from typing import Any

from torch import nn

from cnncalc.diagnostics import CnncalcError, Diagnostic, listed
from cnncalc.flow import Assembly, Flow
from cnncalc.graph import BATCH, Graph
from cnncalc.layers import Layer
from cnncalc.layers.kinds import Value, Wrong
from cnncalc.layers.shapes import BATCH_NAME, Shape
from cnncalc.layers.site import Refusal
from cnncalc.named_tuples import NamedTuple
from cnncalc.operators.modules import checked
from cnncalc.symbolic.expr import Dim, Expr, number_at, substitute, symbol, symbols
from cnncalc.torch_bridge.importing.capture import Figures, TracedInput, counted, without_data
from cnncalc.torch_bridge.importing.translate import Translation

BEGIN = (224, 256, 64, 128, 512, 32, 112, 16, 96, 8, 4)
"""Sizes at which a model is tried first."""

TIME_LIMIT = 120.0
"""Seconds, after which the sizes stay numbers."""

SAMPLES = 6  # captures: at equal sizes, at multiples of much and at odd sizes
LEAST = 3  # captures that run the same layers
ATTEMPTS = 24  # draws until there are as many
HELD = 2  # further sizes at which the figures are compared
HELD_BATCH = 2  # samples, so that what depends on the batch is seen

Sizes = dict[str, int]


class NotOpen(Exception):
    """Why the sizes stay numbers: the end of a sentence that starts with `as`."""


class Sample(NamedTuple):
    """The model as layers, at some sizes."""

    sizes: Sizes
    made: Translation


def open_names(given: Sequence[TracedInput]) -> list[str]:
    """The open sizes of the inputs, without the batch."""
    return sorted({name for one in given for dim in one.shape for name in symbols(dim)} - {BATCH_NAME})


def at(given: Sequence[TracedInput], sizes: Mapping[str, Dim]) -> list[TracedInput]:
    """The inputs with numbers for their open sizes."""
    return [one._replace(shape=tuple(substitute(dim, sizes) for dim in one.shape)) for one in given]


class Ran(NamedTuple):
    """What torch counts at some sizes, of two samples."""

    sizes: Sizes
    figures: Figures
    unseen: list[str]  # operators that it has no count for


def ran(module: nn.Module, given: Sequence[TracedInput], sizes: Sizes) -> Ran | None:
    """What torch counts of the module at these sizes; None where it does not run."""
    unseen: list[str] = []
    try:
        return Ran(sizes, counted(module, given, {**sizes, BATCH_NAME: HELD_BATCH}, unseen), unseen)
    except Exception:
        return None


def runner(module: nn.Module) -> nn.Module:
    """The module as it is tried at many sizes: without data."""
    return without_data(module)


def first_sizes(module: nn.Module, given: Sequence[TracedInput]) -> Sizes:
    """Sizes at which the model runs. Raises CnncalcError where none of those that are tried do."""
    names = open_names(given)
    for tried in (runner(module), module.eval()):
        for size in BEGIN:
            sizes = dict.fromkeys(names, size)
            if ran(tried, given, sizes):
                return sizes
    raise CnncalcError(
        Diagnostic(
            "no-size",
            f"{type(module).__name__} runs at no size that was tried for {listed(names)}",
            notes=(f"these were {listed([str(size) for size in sorted(BEGIN)])}",),
            hint="give a number for each: -i 3x224x224",
        )
    )


def other_sizes(begin: Sizes, draw: random.Random) -> Iterator[Sizes]:
    """Sizes that differ from each other: in turn odd ones, and whole multiples of much."""
    first = next(iter(begin.values()))
    steps = [step for step in (32, 16, 8, 4, 2) if first % step == 0] or [1]
    for attempt in range(ATTEMPTS):
        step, rest = (steps[min(attempt // 6, len(steps) - 1)], 0) if attempt % 2 else (2, 1)
        numbers = [size for size in range(max(1, first // 2), first + first // 2 + 2 * step) if size % step == rest]
        if len(numbers) >= len(begin):
            yield dict(zip(begin, draw.sample(numbers, len(begin))))


def translated_open(
    module: nn.Module,
    given: Sequence[TracedInput],
    begin: Sizes,
    translate: Callable[[list[TracedInput], Sizes], Translation],
) -> tuple[Graph, Flow, Translation]:
    """The graph with closed forms, and the translation at the first sizes. Raises NotOpen."""
    start = time.monotonic()
    draw = random.Random(0)
    samples = [Sample(begin, translate(at(given, dict(begin)), begin))]
    tried = runner(module)
    first = ran(tried, given, begin)
    if first is None:
        tried = module.eval()
        first = ran(tried, given, begin)
    taken = [] if first is None else [first]
    for sizes in other_sizes(begin, draw):
        if time.monotonic() - start > TIME_LIMIT / 2:
            raise NotOpen(f"it takes more than {TIME_LIMIT:.0f} seconds to see how it depends on them")
        if sizes in [one.sizes for one in taken] or sizes == begin:
            continue
        other = ran(tried, given, sizes)
        if other is None:
            continue
        taken.append(other)
        if len(samples) < SAMPLES:
            samples.append(Sample(sizes, translate(at(given, dict(sizes)), sizes)))
        if len(taken) == SAMPLES + HELD:
            break
    if len(samples) < LEAST:
        raise NotOpen("torch runs it at none of the other sizes that were tried")
    failed = NotOpen("it runs other layers at other sizes")
    for group in alike(samples):
        try:
            graph, flow = Aligned(given, group).run()
            for each in taken:
                hold(graph, flow, each)
        except NotOpen as reason:
            failed = reason
            continue
        return graph, flow, group[0].made
    raise failed


def alike(samples: Sequence[Sample]) -> list[list[Sample]]:
    """Groups that run the same layers, those with the most layers first.

    At some sizes a slice or a padding takes or adds nothing, and is left out.
    """
    groups: dict[object, list[Sample]] = {}
    for sample in samples:
        nodes = sample.made.graph.nodes
        groups.setdefault(tuple((n.path, type(n.layer), n.inputs, n.owner, n.output_count) for n in nodes), []).append(
            sample
        )
    enough = [group for group in groups.values() if len(group) >= LEAST]
    return sorted(enough, key=lambda group: -len(group[0].made.graph.nodes))


class Aligned:
    """Graphs that differ in numbers alone, as one graph with closed forms."""

    def __init__(self, given: Sequence[TracedInput], samples: Sequence[Sample]) -> None:
        self.samples = samples
        self.assembly = Assembly()
        self.graph, self.flow = self.assembly.graph, self.assembly.flow
        self.known: dict[Dim, tuple[int, ...]] = {}  # closed forms that are sizes in the network, with their values
        for one, shape in zip(samples[0].made.graph.inputs, given):
            self.assembly.add_input(one.name, shape.shape)
            self.learn(shape.shape)
        for name in open_names(given):
            self.learn((symbol(name),))

    def learn(self, shape: Shape) -> None:
        for dim in shape:
            if isinstance(dim, Expr) and dim not in self.known and BATCH_NAME not in symbols(dim):
                self.known[dim] = tuple(number_at(dim, sample.sizes) for sample in self.samples)

    def run(self) -> tuple[Graph, Flow]:
        graphs = [sample.made.graph for sample in self.samples]
        for nodes in zip(*(graph.nodes for graph in graphs)):
            first = nodes[0]
            xs = self.flow.inputs(first.inputs)
            assert xs is not None
            near = [dim for x in xs for dim in x if isinstance(dim, Expr)]
            layer = self.layer(first.path, [node.layer for node in nodes], near)
            try:
                node = self.assembly.add(layer, first.inputs, first.path, owner=first.owner, way=first.way)
            except Refusal as refusal:
                raise NotOpen(f"{first.path} takes no open sizes: {refusal.finding.message}") from refusal
            if node.output_count != first.output_count:
                raise NotOpen(f"{first.path} gives another number of values at other sizes")
            for value in node.values:
                shape = self.flow.shapes[value]
                assert shape is not None
                self.learn(shape)
                for sample in self.samples:
                    there = sample.made.shapes[value]
                    here = {**sample.made.captured.sizes, **sample.sizes}
                    if tuple(number_at(dim, here) for dim in shape) != there:
                        raise NotOpen(f"what {first.path} gives has no closed form that was found")
        self.graph.outputs = list(graphs[0].outputs)
        if any(graph.outputs != self.graph.outputs for graph in graphs):
            raise NotOpen("it gives other values at other sizes")
        self.graph.blocks, self.graph.frozen = dict(graphs[0].blocks), set(graphs[0].frozen)
        return self.graph, self.flow

    def layer(self, path: str, layers: Sequence[Layer], near: Sequence[Dim]) -> Layer:
        """The layer with closed forms where its numbers differ."""
        cls = type(layers[0])
        values: dict[str, Value] = {}
        found: dict[str, Value] = {}
        for name in cls.arguments:
            column = [getattr(layer, name) for layer in layers]
            values[name] = self.value(path, column, near)
            if values[name] is not column[0]:
                found[name] = values[name]
        if not found:
            return layers[0]
        if cls.name == "reshape":
            found["shape"] = with_rest(found["shape"])
        try:
            made = cls(
                **{**values, **{name: cls.arguments[name].kind.read(value, cls.ndim) for name, value in found.items()}}
            )
        except Wrong as wrong:
            raise NotOpen(f"{path} takes no open sizes") from wrong
        if not checked(made):
            raise NotOpen(f"{path} takes no open sizes")
        return made

    def value(self, path: str, column: Sequence[Any], near: Sequence[Dim]) -> Any:
        """A value for all samples: the same, or a closed form."""
        first = column[0]
        if all(type(value) is type(first) and value == first for value in column):
            return first
        if any(isinstance(value, tuple) for value in column):  # one number stands for all axes
            column = [value if isinstance(value, tuple) else (value,) for value in column]
            longest = max(map(len, column))
            column = [value * longest if len(value) == 1 else value for value in column]
            first = column[0]
        if all(isinstance(value, tuple) and len(value) == len(first) for value in column):
            return tuple(self.value(path, items, near) for items in zip(*column))
        if not all(type(value) is int or isinstance(value, Expr) for value in column):
            raise NotOpen(
                f"an argument of {path} is {first} at one size and {next(v for v in column if v != first)} else"
            )
        form: Dim = 0
        for power, numbers in enumerate(zip(*(by_batch(value) for value in column))):
            found = self.closed_form(numbers, near) if any(numbers) else 0
            if found is None:
                raise NotOpen(f"{path} has a number that is {listed([str(n) for n in numbers])}, without a closed form")
            for _ in range(power):
                found = found * BATCH
            form = form + found
        return form

    def closed_form(self, numbers: tuple[int, ...], near: Sequence[Dim]) -> Dim | None:
        """The sizes that arrive first, then all others, then what is made of one or two."""
        ordered = [*dict.fromkeys([*near, *reversed(self.known)])]
        known = [(dim, self.known.get(dim) or self.values(dim)) for dim in ordered if BATCH_NAME not in symbols(dim)]
        for form in (*PLAIN, *scaled()):
            for dim, values in known:
                if all(form(value) == number for value, number in zip(values, numbers)):
                    return form(dim)  # type: ignore[no-any-return]
        for i, (dim, values) in enumerate(known[:60]):
            for other, others in known[i:60]:
                for two in OF_TWO:
                    if all(two(a, b) == number for a, b, number in zip(values, others, numbers)):
                        return two(dim, other)  # type: ignore[no-any-return]
        return None

    def values(self, dim: Dim) -> tuple[int, ...]:
        return tuple(number_at(dim, sample.sizes) for sample in self.samples)


def by_batch(value: Dim) -> tuple[int, int, int]:
    """The factors of 1, N and N*N in a size, which the batch is the only name in."""
    at = [number_at(value, {BATCH_NAME: batch}) for batch in range(3)]
    square = (at[2] - 2 * at[1] + at[0]) // 2
    return at[0], at[1] - at[0] - square, square


PLAIN: list[Callable[[Any], Any]] = [lambda d: d, lambda d: -d]
OF_TWO: list[Callable[[Any, Any], Any]] = [
    lambda a, b: a * b,
    lambda a, b: a + b,
    lambda a, b: a - b,
    lambda a, b: b - a,
    lambda a, b: a * b + 1,
]


OF_FACTOR: list[Callable[..., Any]] = [
    lambda d, k: d * k,
    lambda d, k: d // k,
    lambda d, k: -(-d // k),
    lambda d, k: (-d) % k,
    lambda d, k: d % k,
    lambda d, k: -(-d // k) * k,
]
FACTORS = (2, 3, 4, 5, 6, 7, 8, 12, 14, 16, 32)
OF_CONSTANT: list[Callable[..., Any]] = [
    lambda d, c: d + c,
    lambda d, c: d - c,
    lambda d, c: 2 * d - c,
    lambda d, c: (2 * d - c) * (2 * d - c),
]


def scaled() -> Iterator[Callable[[Any], Any]]:
    """What a number can be of one size: a multiple, a part, the rest to a multiple, more or less by a constant."""
    for k in FACTORS:
        yield from (partial(form, k=k) for form in OF_FACTOR)
    for c in range(1, 9):
        yield from (partial(form, c=c) for form in OF_CONSTANT)
    yield lambda d: d * d
    yield lambda d: d * d + 1


def with_rest(shape: Any) -> Any:
    """A reshape with -1 in place of its only closed form."""
    open_ones = [i for i, dim in enumerate(shape) if isinstance(dim, Expr) and symbols(dim) - {BATCH_NAME}]
    if len(open_ones) != 1 or -1 in shape:
        return shape
    return tuple(-1 if i == open_ones[0] else dim for i, dim in enumerate(shape))


def hold(graph: Graph, flow: Flow, run: Ran) -> None:
    """Compare with what torch counts at some sizes. Raises NotOpen."""
    sizes, theirs, unseen = run
    everywhere = {**sizes, BATCH_NAME: HELD_BATCH}
    outputs = [tuple(number_at(dim, everywhere) for dim in flow.shapes[value] or ()) for _, value in graph.outputs]
    macs = 0
    for node, met in zip(graph.nodes, flow.layers):
        xs = flow.inputs(node.inputs)
        if xs is not None and met is not None:
            macs += number_at(node.layer.macs(xs, met.outputs), everywhere)
    if any(number_at(need, everywhere) < 0 for need in flow.needs):
        raise NotOpen(f"its closed forms do not allow {text_of(sizes)}, at which it runs")
    if any(number_at(r.left, everywhere) != number_at(r.right, everywhere) for r in flow.requirements):
        raise NotOpen(f"its closed forms do not allow {text_of(sizes)}, at which it runs")
    uncounted = any(node.layer.status != "exact" for node in graph.nodes) or bool(unseen)
    if outputs != theirs.outputs or (macs != theirs.macs and not uncounted):
        raise NotOpen(f"it does something else at {text_of(sizes)}")


def text_of(sizes: Mapping[str, int]) -> str:
    """`H=224 and W=256`"""
    return listed([f"{name}={size}" for name, size in sizes.items() if name != BATCH_NAME])
