"""The memory that torch itself takes for a network: every storage from its birth to its death, and what autograd keeps.

Storages are followed by weak references, under a mode that sees every operator that torch runs.
"""

from __future__ import annotations

import gc
import warnings
import weakref
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import Any

import torch
from torch.multiprocessing.reductions import StorageWeakRef
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves

from cnncalc.analysis.trace import Report
from cnncalc.graph import Graph
from cnncalc.named_tuples import NamedTuple
from cnncalc.torch_bridge.verifying.build import Built, Tensor, build, find
from cnncalc.torch_bridge.verifying.measure import inputs

PRODUCTS = (torch.ops.aten._unsafe_view.default, torch.ops.aten.squeeze_.dim, torch.ops.aten.dot.default)
"""The last operator of a product of several axes, of a vector and a matrix, and of two vectors."""


class Followed(NamedTuple):
    """What one layer took."""

    use: int  # bytes of all values while it ran, at the worst moment; without parameters and buffers
    saved: int  # bytes that autograd keeps since, and did not before


class Followers(TorchDispatchMode):  # type: ignore[no-untyped-call]
    """The bytes of all storages that are alive, but for some that are there anyway."""

    def __init__(self, own: Iterable[Tensor]) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self.own = {storage(tensor)._cdata for tensor in own}
        self.alive: dict[int, tuple[Any, int]] = {}
        self.worst = 0
        self.product: Tensor | None = None  # if it is what was made last

    def __torch_dispatch__(self, function: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        if function is torch.ops.aten.add.Tensor and self.is_bias_of_linear(*args):
            # Without a mode that looks on, the bias is added where the product is (ATen/native/Linear.cpp).
            result = torch.ops.aten.alias(args[0].add_(args[1]))
        else:
            result = function(*args, **(kwargs or {}))
        self.product = result if function in PRODUCTS else None
        if function is torch.ops.aten.convolution.default and storage(result).nbytes() > result.nbytes:
            result = result.clone()  # one in 3-d, transposed, is on a CPU in memory of its input's size
        made = tree_leaves(result)
        if function is torch.ops.aten.native_batch_norm.default and made[0].is_meta and not args[5]:
            made = made[:1]  # outside of training the statistics are empty, but on the meta device
        for tensor in made:
            if isinstance(tensor, torch.Tensor):
                self.take(tensor)
        self.worst = max(self.worst, self.bytes())
        return result

    def is_bias_of_linear(self, product: object, bias: object) -> bool:
        """Are these what linear has multiplied just now, and another tensor?"""
        return product is not None and product is self.product and isinstance(bias, torch.Tensor)

    def take(self, tensor: Tensor) -> None:
        """Follow the storage of a tensor."""
        one = storage(tensor)
        if one._cdata not in self.own:
            reference = StorageWeakRef(one)  # type: ignore[no-untyped-call]
            self.alive.setdefault(one._cdata, (reference, one.nbytes()))

    def bytes(self) -> int:
        """What is alive now."""
        for key in [key for key, (reference, _) in self.alive.items() if reference.expired()]:
            del self.alive[key]
        return sum(size for _, size in self.alive.values())


class Saved:
    """A tensor that autograd keeps; it dies with what keeps it."""

    def __init__(self, tensor: Tensor) -> None:
        self.tensor = tensor


class Keeper:
    """The storages that autograd keeps, each once."""

    def __init__(self, own: Iterable[Tensor]) -> None:
        self.own = {storage(tensor)._cdata for tensor in own}
        self.saved: weakref.WeakSet[Saved] = weakref.WeakSet()
        self.hooks = torch.autograd.graph.saved_tensors_hooks(self.pack, lambda saved: saved.tensor)

    def pack(self, tensor: Tensor) -> Saved:
        one = Saved(tensor.detach() if tensor.requires_grad else tensor)
        if storage(tensor)._cdata not in self.own:
            self.saved.add(one)
        return one

    def bytes(self) -> int:
        """What is kept now."""
        return sum({storage(one.tensor)._cdata: storage(one.tensor).nbytes() for one in self.saved}.values())


def storage(tensor: Tensor) -> Any:
    return tensor.untyped_storage()


def follow(report: Report, training: bool, device: str = "meta") -> list[Followed]:
    """Build the network of a report without open sizes, run it once, and follow its memory, layer by layer.

    A value is let go after the last layer that reads it. In training it is the forward pass of a network whose
    parameters ask for gradients and whose inputs do not.
    """
    graph = report.graph
    with warnings.catch_warnings(), torch.device(device), torch.set_grad_enabled(training), one_path():
        warnings.simplefilter("ignore")
        built = build(report).train(training)
        own = [*built.parameters(), *built.buffers()]
        followers, keeper = Followers(own), Keeper(own)
        values: list[Tensor | None] = list(inputs(report))
        for value in values:
            followers.take(value)
        found = []
        drops = dropped_after(graph)
        with followers, keeper.hooks, prompt_collection() as collect:
            for node, free in zip(graph.nodes, drops):
                if node.train_only:
                    values += [None] * node.output_count
                    found.append(Followed(followers.bytes(), 0))
                    continue
                before = keeper.bytes()
                followers.worst, followers.product = followers.bytes(), None
                values += called(built, node, values)
                worst = max(followers.worst, followers.bytes())
                found.append(Followed(worst, keeper.bytes() - before))
                for value in free:
                    values[value] = None
                collect()
    return found


@contextmanager
def prompt_collection() -> Iterator[Callable[[], object]]:
    """What collects circles of objects made since, at once: torch leaves some with frames that hold values."""
    gc.collect()
    gc.freeze()
    try:
        yield gc.collect
    finally:
        gc.unfreeze()


def called(built: Built, node: Any, values: list[Tensor | None]) -> list[Tensor]:
    """Run one node on its values as they are, or as it reads them where torch takes them in other types alone."""
    given = [values[value] for value in node.inputs]
    part = find(built, node.owner)
    if isinstance(part, torch.Tensor):
        return [part]
    layer = built.with_batch(node.layer, 1)
    try:
        result = layer.run(torch, part, *given)
    except (RuntimeError, IndexError, TypeError):
        return built.call(node, given, 1)
    return list(result) if isinstance(result, tuple | list) else [result]


def dropped_after(graph: Graph) -> Iterator[list[int]]:
    """The values that no later layer reads, for each layer."""
    last: dict[int, int] = {}
    for at, node in enumerate(graph.nodes):
        for value in (*node.inputs, *node.values):
            last[value] = at
    for _, value in graph.outputs:
        last.pop(value, None)
    free: dict[int, list[int]] = {}
    for value, at in last.items():
        free.setdefault(at, []).append(value)
    return iter([free.get(at, []) for at in range(len(graph.nodes))])


class one_path:
    """Attention as its layers are written, without the fused kernels that hide what they need."""

    def __enter__(self) -> None:
        self.before = torch.backends.mha.get_fastpath_enabled()
        torch.backends.mha.set_fastpath_enabled(False)

    def __exit__(self, *error: object) -> None:
        torch.backends.mha.set_fastpath_enabled(self.before)
