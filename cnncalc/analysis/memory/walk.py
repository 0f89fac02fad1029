"""The memory of every value of a network, from where it is made to where it is last read."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TypeAlias

from cnncalc.analysis.memory import mixed
from cnncalc.analysis.memory.effect import Effect, Setting, effect
from cnncalc.analysis.memory.types import input_types
from cnncalc.flow import Flow
from cnncalc.graph import Graph, span_of
from cnncalc.layers.layer import Layer
from cnncalc.layers.memory import SIZES, MemoryTensor, rows
from cnncalc.layers.shapes import BATCH_NAME, Shape, Shapes
from cnncalc.named_tuples import NamedTuple
from cnncalc.symbolic.expr import Dim, Expr, product, substitute


class Memory(NamedTuple):
    """A piece of memory that one or several values are in."""

    bytes: Dim
    name: str  # the path of the layer that makes it, or the name of an input
    held: bool  # is it a parameter or buffer, which is there whether it is read or not?


class MemoryWork(NamedTuple):
    """What a layer does: which memory it reads and makes, and what else it needs while it runs."""

    reads: tuple[int, ...]
    makes: tuple[int, ...]
    extra: Dim
    holds: tuple[int, ...]  # what is made for autograd to keep, and no output
    kept: tuple[tuple[str, int], ...]  # what autograd keeps: what it is of the layer, and where it is
    known: bool  # is it known what it keeps, and what it needs while it runs?
    moves: bool = True  # does it write an output, and is no view or tensor that is there?


class Region(NamedTuple):
    """Layers whose values are not kept, and computed once more in the backward pass."""

    start: int
    stop: int  # after the last layer that keeps something: torch goes no further
    inputs: tuple[int, ...]  # the memory that it reads from outside, which is kept for it
    work: list[MemoryWork]  # what its layers do the second time


class Walk(NamedTuple):
    """A network in memory."""

    tensors: list[MemoryTensor | None]  # each value
    memory: list[Memory]
    work: list[MemoryWork]  # of each layer
    given: tuple[int, ...]  # the memory of the inputs
    stays: frozenset[int]  # that of the outputs
    regions: tuple[Region, ...] = ()  # what is checkpointed


Known: TypeAlias = "dict[tuple[Layer, tuple[MemoryTensor, ...], tuple[bool, ...], bool], Effect]"

NOTHING = MemoryWork((), (), 0, (), (), True, False)


def walk(graph: Graph, flow: Flow, setting: Setting, batch_is_open: bool = False) -> Walk:
    """Every layer in the order of execution. While the batch is open it is 1, or stays N where that is asked for."""
    shapes = sampled(flow.shapes if batch_is_open or not graph.batched else list(map(one_sample, flow.shapes)))
    types = input_types(graph, setting.decimals)
    tensors: list[MemoryTensor | None] = []
    memory: list[Memory] = []
    where: list[int] = []
    needs: list[bool] = []
    for value, (given, type) in enumerate(zip(graph.inputs, types)):
        tensor = MemoryTensor(shapes[value], type, rows(shapes[value]))
        tensors.append(tensor)
        where.append(len(memory))
        needs.append(False)
        memory.append(Memory(tensor.bytes, given.name, False))
    inputs = tuple(where)
    known: Known = {}
    work: list[MemoryWork] = []
    for node in graph.nodes:
        if node.train_only:
            tensors += [None] * node.output_count
            where += [-1] * node.output_count
            needs += [False] * node.output_count
            work.append(NOTHING)
            continue
        xs: tuple[MemoryTensor, ...] = tuple([tensors[value] for value in node.inputs])  # type: ignore[misc]
        given_needs = tuple([needs[value] for value in node.inputs])
        trained = is_trained(graph, node.owner, node.layer, xs)
        call = (node.layer, xs, given_needs, trained)
        done = known.get(call)
        if done is None:
            ys: Shapes = tuple(shapes[node.first : node.first + node.output_count])
            done = known[call] = effect(node.layer, xs, ys, given_needs, trained, setting)
        held = not node.inputs and is_held(node.layer)
        makes = []
        places = []
        for output in done.outputs:
            if output.shares is None:
                places.append(len(memory))
                makes.append(len(memory))
                memory.append(Memory(0 if held else output.tensor.bytes, node.path, held))
            else:
                places.append(where[node.inputs[output.shares]])
            tensors.append(output.tensor)
            needs.append(output.needs or (held and trained))
        where += places
        kept, holds = [], []
        for one in done.kept:
            if one.tensor is not None:
                holds.append(len(memory))
                kept.append((one.what, len(memory)))
                memory.append(Memory(one.tensor.bytes, node.path, False))
            elif one.place is not None:
                at = where[node.inputs[one.place]] if one.what == "input" else places[one.place]
                kept.append((one.what, at))
        extra, sure = done.extra, done.known
        if setting.mixed and mixed.target(node.layer) == mixed.HALF and not node.shared:
            params = node.layer.params(*[x.shape for x in xs])
            sure = sure and (not params or not graph.frozen_in(node.owner, params))  # of frozen ones no copy stays
            for name, shape in params.items():
                copy = Memory(product(shape) * SIZES[mixed.HALF], node.path, False)
                if setting.training and trained and mixed.keeps_weight(node.layer, name, any(given_needs)):
                    kept.append(("weights", len(memory)))
                holds.append(len(memory))
                memory.append(copy)
                extra = extra + copy.bytes
        reads = tuple(dict.fromkeys(where[value] for value in node.inputs))
        moves = not held and (bool(makes) or node.layer.in_place)
        work.append(MemoryWork(reads, tuple(makes), extra, tuple(holds), tuple(kept), sure, moves))
    stays = frozenset(where[value] for _, value in graph.outputs)
    regions = checkpointed(graph, work) if setting.training and setting.checkpoints and graph.checkpoints else ()
    return Walk(tensors, memory, work, inputs, stays, regions)


def checkpointed(graph: Graph, work: list[MemoryWork]) -> tuple[Region, ...]:
    """What is checkpointed, the outermost of it; its work keeps the inputs, and nothing else."""
    found: list[Region] = []
    for start, stop in sorted((span_of(graph, path) for path in graph.checkpoints), key=lambda at: (at[0], -at[1])):
        if found and start < found[-1].stop:
            continue
        inside = work[start:stop]
        keeps = [at for at, one in enumerate(inside) if one.kept]
        if not keeps:
            continue
        made = {memory for one in inside for memory in (*one.makes, *one.holds)}
        inputs = tuple(dict.fromkeys(memory for one in inside for memory in one.reads if memory not in made))
        for at in range(start, stop):
            work[at] = work[at]._replace(kept=(), holds=())
        work[start] = work[start]._replace(kept=tuple(("input", memory) for memory in inputs))
        found.append(Region(start, stop, inputs, inside[: keeps[-1] + 1]))
    return tuple(found)


def again(found: Walk) -> dict[int, tuple[Dim, list[int]]]:
    """Of each layer that is computed once more: the bytes in use then, and the memory that is there.

    That is what the layers before it have kept, and what its region has made so far: what came after is free by then.
    """
    done: dict[int, tuple[Dim, list[int]]] = {}
    for region in found.regions:
        before = (memory for one in found.work[: region.start] for _, memory in one.kept)
        there = dict.fromkeys((*before, *region.inputs))
        kept = {memory for one in region.work for _, memory in one.kept}
        last = {memory: at for at, one in enumerate(region.work) for memory in (*one.reads, *one.makes)}
        for at, one in enumerate(region.work):
            there |= dict.fromkeys(one.makes)
            use: Dim = one.extra
            for memory in there:
                use = use + found.memory[memory].bytes
            done[region.start + at] = (use, list(there))
            there |= dict.fromkeys(one.holds)
            for memory in (*one.reads, *one.makes):
                made = memory in there and memory not in region.inputs
                if made and memory not in kept and last[memory] == at and at < len(region.work) - 1:
                    del there[memory]
    return done


def is_held(layer: Layer) -> bool:
    """Is the layer a parameter or a buffer itself?"""
    return layer.name in ("parameter", "buffer")


def is_trained(graph: Graph, owner: str, layer: Layer, xs: Iterable[MemoryTensor]) -> bool:
    """Does a parameter of the layer need a gradient?"""
    if not layer.trainable:
        return False
    params = layer.params(*[x.shape for x in xs])
    return bool(params) and (not graph.frozen or len(graph.frozen_in(owner, params)) < len(params))


def sampled(shapes: list[Shape | None]) -> list[Shape]:
    """The shapes, which are all known where a network is right."""
    return [shape if shape is not None else () for shape in shapes]


def one_sample(shape: Shape | None) -> Shape | None:
    """The shape for a batch of one."""
    if shape is None or all(dim.__class__ is int for dim in shape):
        return shape
    return tuple([substitute(dim, {BATCH_NAME: 1}) if isinstance(dim, Expr) else dim for dim in shape])


def last_reads(found: Walk) -> dict[int, int]:
    """The layer after which each memory is free; that of the outputs stays."""
    last: dict[int, int] = {}
    for at, work in enumerate(found.work):
        for memory in (*work.reads, *work.makes):
            last[memory] = at
    return {memory: at for memory, at in last.items() if memory not in found.stays}


def in_use(found: Walk, training: bool) -> tuple[list[Dim], list[list[int]]]:
    """The bytes in use while each layer runs, and the memory that is free after it.

    In training nothing of what autograd keeps becomes free.
    """
    last = last_reads(found)
    kept = {memory for work in found.work for _, memory in work.kept} if training else set()
    frees: list[list[int]] = [[] for _ in found.work]
    for memory, at in last.items():
        if memory not in kept:
            frees[at].append(memory)
    live: Dim = 0
    for memory in found.given:
        live = live + found.memory[memory].bytes
        if memory not in last and memory not in kept and memory not in found.stays and found.work:
            frees[0].append(memory)  # nothing reads it
    use: list[Dim] = []
    for at, work in enumerate(found.work):
        for memory in work.makes:
            live = live + found.memory[memory].bytes
        use.append(live + work.extra)
        for memory in work.holds:
            live = live + found.memory[memory].bytes
        for memory in frees[at]:
            live = live - found.memory[memory].bytes
    return use, frees


def newly_saved(found: Walk) -> list[Dim]:
    """For each layer the bytes that autograd keeps from it on; what an earlier one keeps is not counted again."""
    seen: set[int] = set()
    saved: list[Dim] = []
    for work in found.work:
        own: Dim = 0
        for _, memory in work.kept:
            if memory not in seen:
                seen.add(memory)
                own = own + found.memory[memory].bytes
        saved.append(own)
    return saved
