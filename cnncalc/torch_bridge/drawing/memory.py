"""The types and the memory of one drawn layer, in torch and in cnncalc."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
from torch import nn

from cnncalc.analysis.layer_report import LayerReport
from cnncalc.analysis.memory.effect import Effect, effect
from cnncalc.analysis.memory.walk import is_held
from cnncalc.layers.memory import MemoryTensor, rows
from cnncalc.named_tuples import NamedTuple
from cnncalc.torch_bridge.verifying.build import ran
from cnncalc.torch_bridge.verifying.follow import Followers, Keeper, one_path, storage
from cnncalc.torch_bridge.verifying.memory import ON_CPU


class Taken(NamedTuple):
    """What a layer gives and takes."""

    types: list[str]  # of its outputs
    kept: int  # bytes that autograd keeps
    use: int  # bytes in use outside of training, at the worst moment


def memory_difference(layer: LayerReport, part: Any, inputs: Sequence[Any]) -> str | None:
    """What torch and cnncalc give differently of a layer that runs on inputs.

    `part` is what holds its parameters. With an axis of no positions torch goes ways of its own, and is not asked.
    """
    if is_held(layer.layer) or any(size == 0 for shape in (*layer.xs, *layer.outputs) for size in shape):
        return None
    kinds = [str(x.dtype).removeprefix("torch.") for x in inputs]
    xs = tuple([MemoryTensor(shape, kind, rows(shape)) for shape, kind in zip(layer.xs, kinds)])
    needs = tuple([x.is_floating_point() for x in inputs])
    trained = layer.layer.trainable and bool(layer.weights)
    idle, training = (
        effect(layer.layer, xs, layer.outputs, needs, trained, ON_CPU._replace(training=mode)) for mode in (False, True)
    )
    ours = Taken([out.tensor.type for out in training.outputs], bytes_kept(training, xs), bytes_used(idle, xs))
    with one_path():
        theirs = by_torch(layer, part, inputs)
    if isinstance(theirs, str):  # such as a function that has no derivative in one of its inputs
        return None
    if not training.known:
        ours = Taken(ours.types, theirs.kept, theirs.use)
    return None if ours == theirs else f"memory\ntorch:   {theirs}\ncnncalc: {ours}"


def by_torch(layer: LayerReport, part: Any, inputs: Sequence[Any]) -> Taken | str:
    """What torch takes; what it says where it does not run with gradients."""
    own = [*part.parameters(), *part.buffers()] if isinstance(part, nn.Module) else [] if part is None else [part]
    for tensor in own:
        if tensor.is_floating_point() and isinstance(tensor, nn.Parameter):
            tensor.requires_grad_(True)
    keeper = Keeper(own)
    if isinstance(part, nn.Module):
        part.train()
    try:
        with torch.enable_grad(), keeper.hooks:
            # An input that is written over cannot be a leaf.
            given = [x.clone().requires_grad_(True) + 0 if x.is_floating_point() else x for x in inputs]
            outputs = ran(layer.layer, part, given)
    except (RuntimeError, ValueError) as error:  # such as a norm of one value for each channel
        return str(error)
    types = [str(out.dtype).removeprefix("torch.") for out in outputs]
    kept = keeper.bytes()
    del outputs, given
    if isinstance(part, nn.Module):
        part.eval()
    followers = Followers(own)
    given = [x.clone() for x in inputs]
    for x in given:
        followers.take(x)
    with torch.no_grad(), followers:
        outputs = ran(layer.layer, part, given)
        use = max(followers.worst, sum_of([*given, *outputs], own))
    return Taken(types, kept, use)


def sum_of(tensors: Sequence[Any], own: Sequence[Any]) -> int:
    """The bytes of their storages, each once, but for those of parameters."""
    there = {storage(tensor)._cdata for tensor in own}
    return sum({storage(t)._cdata: storage(t).nbytes() for t in tensors if storage(t)._cdata not in there}.values())


def bytes_kept(done: Effect, xs: Sequence[MemoryTensor]) -> Any:
    """What autograd keeps, each piece of memory once."""
    total: Any = 0
    seen: set[tuple[str, int]] = set()
    for one in done.kept:
        if one.tensor is not None:
            total = total + one.tensor.bytes
            continue
        assert one.place is not None
        shares = done.outputs[one.place].shares if one.what != "input" else one.place
        key = ("output", one.place) if shares is None else ("input", shares)
        if key not in seen:
            seen.add(key)
            total = total + (xs[key[1]].bytes if key[0] == "input" else done.outputs[key[1]].tensor.bytes)
    return total


def bytes_used(done: Effect, xs: Sequence[MemoryTensor]) -> Any:
    """What is in use at the worst moment, the inputs included."""
    total: Any = done.extra
    for tensor in (*xs, *(out.tensor for out in done.outputs if out.shares is None)):
        total = total + tensor.bytes
    return total
