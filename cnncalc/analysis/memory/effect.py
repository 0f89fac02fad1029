"""What one call of a layer does to memory: what it makes, what shares, and what autograd keeps of it."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress

from cnncalc.analysis.memory import mixed
from cnncalc.flow import meet
from cnncalc.layers.layer import Layer
from cnncalc.layers.memory import DECIMALS, REAL_OF, SIZES, InnerStep, Kept, MemoryCall, MemoryTensor, made
from cnncalc.layers.shapes import Shapes
from cnncalc.layers.site import Refusal
from cnncalc.named_tuples import NamedTuple
from cnncalc.symbolic.expr import Dim, greatest, product


class Setting(NamedTuple):
    """What holds in the whole network."""

    decimals: str = "float32"  # the type of parameters, and of what is made without a type
    training: bool = False
    on_gpu: bool = True  # see `cnncalc.layers.memory.MemoryCall`
    checkpoints: bool = True  # are the checkpoints of the graph as it says?
    mixed: bool = False  # does torch.amp choose the types, with parameters in float32?


class Output(NamedTuple):
    """An output in memory."""

    tensor: MemoryTensor
    shares: int | None  # the input in whose memory it is; None: in its own
    needs: bool  # does it need a gradient?


class Effect(NamedTuple):
    """What one call does."""

    outputs: tuple[Output, ...]
    kept: tuple[Kept, ...]  # by autograd
    extra: Dim  # bytes beside inputs and outputs, at the worst moment
    known: bool  # is it known what it keeps, and what it needs while it runs?


def effect(
    layer: Layer,
    xs: tuple[MemoryTensor, ...],
    ys: Shapes,
    needs: tuple[bool, ...],
    trained: bool,
    setting: Setting,
) -> Effect:
    """What a call of a layer on inputs does. `trained` says whether a parameter of it needs a gradient."""
    steps = layer.run_as(setting.training, xs, needs if setting.training else (False,) * len(xs))
    if steps is not None:
        with suppress(Refusal):  # some take no empty values, though the whole does
            found = together(steps, xs, needs, trained, setting)
            # Casts of parameters within, and of inputs before it, are not followed.
            casts = setting.mixed and bool(mixed.target(layer) or layer.params(*[x.shape for x in xs]))
            return found._replace(known=found.known and not casts)
    if setting.mixed:
        return cast(layer, xs, ys, needs, trained, setting)
    types = layer.types([x.type for x in xs], setting.decimals, len(ys))
    wanted = setting.training and (trained or any(needs))
    outputs: list[Output] = []
    shared = layer.shares(setting.training, [x.type for x in xs])
    for place, (y, type) in enumerate(zip(ys, types)):
        given = place if len(xs) == len(ys) else 0
        strides = None
        if shared and xs:
            in_place = layer.in_place and not layer.view
            strides = xs[given].strides if in_place else layer.viewed(xs[given], y)
        own = strides is None
        tensor = MemoryTensor(y, type, layer.laid(xs, y) if strides is None else strides)
        outputs.append(Output(tensor, None if own else given, wanted and (type in DECIMALS or type in REAL_OF)))
    wanted = wanted and any(output.needs for output in outputs)
    asking = needs if wanted else (False,) * len(xs)
    call = MemoryCall(xs, tuple([output.tensor for output in outputs]), asking, trained and wanted, setting.on_gpu)
    kept = layer.saved(call)
    known = kept is not None and layer.all_within
    if kept and wanted and layer.in_place and layer.copied_in_place:
        kept = [made("input", xs[0].shape, xs[0].type) if one == Kept("input", 0) else one for one in kept]
    extra: Dim = 0
    for one in kept or ():
        if one.tensor is not None and (setting.training or not one.training):
            extra = extra + one.tensor.bytes
    held = tuple([one for one in kept or () if one.what != "passing"]) if wanted else ()
    return Effect(tuple(outputs), held, extra, known)


def cast(
    layer: Layer,
    xs: tuple[MemoryTensor, ...],
    ys: Shapes,
    needs: tuple[bool, ...],
    trained: bool,
    setting: Setting,
) -> Effect:
    """What a call does under autocast, which casts inputs first."""
    type = mixed.target(layer)
    casts = {at: x._replace(type=type) for at, x in enumerate(xs) if type and x.type in DECIMALS and x.type != type}
    given = tuple([casts.get(at, x) for at, x in enumerate(xs)])
    done = effect(layer, given, ys, needs, trained, setting._replace(mixed=False))
    outputs = done.outputs
    if mixed.stem(layer) in mixed.OUTPUT:
        outputs = tuple([one._replace(tensor=one.tensor._replace(type="float32")) for one in outputs])
    if casts:
        outputs = tuple([one._replace(shares=None) if one.shares in casts else one for one in outputs])
    kept = [
        Kept("input", None, casts[one.place]) if one.what == "input" and one.place in casts else one
        for one in done.kept
    ]
    extra = done.extra
    for tensor in casts.values():
        extra = extra + tensor.bytes
    return Effect(outputs, tuple(kept), extra, done.known and mixed.is_known(layer))


class _Value(NamedTuple):
    """A value within a layer that torch runs as several."""

    tensor: MemoryTensor
    memory: int  # which memory it is in: those of the inputs first, then each that is made
    needs: bool


def together(
    steps: Sequence[InnerStep], xs: tuple[MemoryTensor, ...], needs: tuple[bool, ...], trained: bool, setting: Setting
) -> Effect:
    """What several layers do, one after the other."""
    values = [_Value(x, place, need) for place, (x, need) in enumerate(zip(xs, needs))]
    sizes: list[Dim] = [0] * len(xs)  # of each memory; those of the inputs are counted where they are made
    work: list[tuple[list[int], list[int], Dim]] = []  # for each step: the memory it reads and makes, and its extra
    kept: list[tuple[int | None, Kept]] = []
    known = True
    stays: set[int] = set()
    outputs: list[_Value] = []
    for step in steps:
        given = [values[at] for at in step.inputs]
        shapes = tuple([value.tensor.shape for value in given])
        done = effect(
            step.layer,
            tuple([value.tensor for value in given]),
            meet(step.layer, shapes).outputs,
            tuple([value.needs for value in given]),
            trained and bool(step.layer.params(*shapes)),
            setting,
        )
        known = known and done.known
        outputs, makes = [], []
        for output in done.outputs:
            if output.shares is None:
                makes.append(len(sizes))
                sizes.append(product(output.tensor.shape) * SIZES[output.tensor.type])
                outputs.append(_Value(output.tensor, makes[-1], output.needs))
            else:
                outputs.append(_Value(output.tensor, given[output.shares].memory, output.needs))
        values += outputs
        if step.held:
            stays.update(value.memory for value in outputs)
        for one in done.kept:
            if one.place is None:
                kept.append((None, one))
            else:
                kept.append(((given if one.what == "input" else outputs)[one.place].memory, one))
        work.append(([value.memory for value in given], makes, done.extra))
    given_out = [value.memory for value in outputs]
    peak = worst(work, sizes, stays.union(given_out), len(xs))
    own = [memory for memory in given_out if memory >= len(xs)]
    for memory in dict.fromkeys(own):
        peak = peak - sizes[memory]
    found = [Output(v.tensor, v.memory if v.memory < len(xs) else None, v.needs) for v in outputs]
    return Effect(tuple(found), tuple(named(kept, values, given_out, len(xs))), peak, known)


def worst(work: Sequence[tuple[list[int], list[int], Dim]], sizes: Sequence[Dim], stays: set[int], inputs: int) -> Dim:
    """The most that the steps need at once beside the inputs."""
    last = {memory: at for at, (reads, makes, _) in enumerate(work) for memory in (*reads, *makes)}
    live: Dim = 0
    peaks: list[Dim] = []
    for at, (reads, makes, extra) in enumerate(work):
        for memory in makes:
            live = live + sizes[memory]
        peaks.append(live + extra)
        for memory in dict.fromkeys((*reads, *makes)):
            if memory >= inputs and memory not in stays and last[memory] == at:
                live = live - sizes[memory]
    return greatest(*peaks)


def named(
    kept: Sequence[tuple[int | None, Kept]], values: Sequence[_Value], outputs: Sequence[int], inputs: int
) -> list[Kept]:
    """What is kept within, as inputs and outputs of the whole where it is those, each memory once."""
    found: list[Kept] = []
    seen: set[int] = set()
    first = {value.memory: value.tensor for value in reversed(values)}
    for memory, one in kept:
        if memory is None:
            found.append(one)
        elif memory not in seen:
            seen.add(memory)
            if memory < inputs:
                found.append(Kept("input", memory))
            elif memory in outputs:
                found.append(Kept("output", outputs.index(memory)))
            else:
                found.append(Kept("inner", None, first[memory]))
    return found
