"""What torch itself says of a network: the shapes, the parameters and buffers, and the FLOPs of every call."""

from __future__ import annotations

import copy
import warnings
from collections.abc import Callable
from typing import Any

import torch
from torch import nn
from torch.utils.flop_counter import FlopCounterMode, flop_registry

from cnncalc.analysis.memory.types import indices
from cnncalc.analysis.trace import Report
from cnncalc.named_tuples import NamedTuple
from cnncalc.torch_bridge.verifying.build import Built, Tensor, TorchRefused, build, find, ran

UNSEEN = (
    *("mv", "addmv", "dot", "vdot", "addr", "ger", "_trilinear", "_native_multi_head_attention", "lstm", "gru"),
    *("affine_grid_generator", "mkldnn_rnn_layer", "_transformer_encoder_layer_fwd"),
    *("_scaled_dot_product_flash_attention_for_cpu", "_grouped_mm"),
)
"""Operators of `torch.ops.aten` that multiply and accumulate, and that FlopCounterMode has no formula for."""


class Measured(NamedTuple):
    """One call in torch."""

    outputs: tuple[tuple[int, ...], ...] | None  # None for a layer of training alone that does not run at these sizes
    params: dict[str, tuple[int, ...]]
    buffers: dict[str, tuple[int, ...]]
    flops: int
    unseen: tuple[str, ...]  # operators in it that torch has no count for


class TorchRun(NamedTuple):
    """A whole network in torch."""

    calls: list[Measured]
    state: dict[str, tuple[int, ...]]  # its state dict, as shapes
    trained: frozenset[str]  # the keys of the parameters that ask for gradients


class Counter:
    """The FLOPs of one call after the other, by torch's FlopCounterMode."""

    def __init__(self) -> None:
        self.unseen: list[str] = []
        names = [name for name in UNSEEN if hasattr(torch.ops.aten, name)]
        packets = {getattr(torch.ops.aten, name): self._missed(name) for name in names}
        missing = {packet: formula for packet, formula in packets.items() if packet not in flop_registry}
        self.mode = FlopCounterMode(display=False, custom_mapping=missing)
        self._before = 0

    def _missed(self, name: str) -> Callable[..., int]:
        def formula(*shapes: Any, **more: Any) -> int:
            self.unseen.append(name)
            return 0

        return formula

    def taken(self) -> tuple[int, tuple[str, ...]]:
        """The FLOPs since the last time that this was asked, and which operators were not counted."""
        total = self.mode.get_total_flops()
        found, self._before = total - self._before, total
        unseen = tuple(dict.fromkeys(self.unseen))
        self.unseen.clear()
        return found, unseen


def measure(report: Report, device: str = "meta", step: Callable[[int], None] = lambda done: None) -> TorchRun:
    """Build the network of a report without open sizes, run it, and measure every call.

    Raises TorchRefused with the path of the layer that torch does not build or run.
    """
    with warnings.catch_warnings(), torch.device(device):
        warnings.simplefilter("ignore")
        built = build(report).eval()
        trained = frozenset(key for key, parameter in built.named_parameters() if parameter.requires_grad)
        built.requires_grad_(False)
        values: list[Tensor] = inputs(report)  # None for what a layer that does not run would give
        found = []
        counter = Counter()
        # Gradients stay enabled, though nothing asks for them: without them torch fuses attention, and counts nothing.
        with counter.mode:
            for index, node in enumerate(report.graph.nodes):
                given = [values[value] for value in node.inputs]
                shapes_out: tuple[tuple[int, ...], ...] | None = None
                try:
                    outputs = called(built, report, index, given)
                    shapes_out = tuple(tuple(out.shape) for out in outputs)
                except Exception as error:
                    if not node.train_only:
                        raise TorchRefused(node.path, error) from error
                    outputs = [None] * node.output_count
                values += outputs
                part = find(built, node.owner)
                found.append(Measured(shapes_out, *state(part), *counter.taken()))
                step(index)
    return TorchRun(found, shapes(built.state_dict().items()), trained)


def called(built: Built, report: Report, index: int, given: list[Tensor]) -> list[Tensor]:
    """Run one node; on the CPU where torch has it for real tensors alone."""
    node = report.graph.nodes[index]
    try:
        return built.call(node, given, 1)  # the batch is a number in the report's own arguments
    except (NotImplementedError, RuntimeError) as error:
        if not any(value.is_meta for value in given) or not needs_values(error):
            raise
    part = copy.deepcopy(find(built, node.owner))
    if isinstance(part, nn.Module):
        part = part.to_empty(device="cpu")
        for tensor in part.state_dict().values():
            tensor.zero_()
    with torch.device("cpu"):
        real = [torch.zeros(value.shape, dtype=value.dtype) for value in given]
        outputs = ran(node.layer, part, real)
    return [out.to("meta") for out in outputs]


def needs_values(error: Exception) -> bool:
    """Does torch say that the operation needs real tensors?"""
    text = str(error)
    return isinstance(error, NotImplementedError) or "meta" in text.lower() or "data-dependent" in text


def inputs(report: Report) -> list[Tensor]:
    """A tensor for every input: zeros, whole numbers where they are indices."""
    whole = indices(report.graph)
    return [
        torch.zeros([int(size) for size in given.shape], dtype=torch.long if value in whole else torch.float32)  # type: ignore[arg-type]
        for value, given in enumerate(report.graph.inputs)
    ]


def state(part: Any) -> tuple[dict[str, tuple[int, ...]], dict[str, tuple[int, ...]]]:
    """Parameters and buffers by name, as shapes."""
    if isinstance(part, nn.Parameter):
        return {"": tuple(part.shape)}, {}
    if isinstance(part, torch.Tensor):
        return {}, {"": tuple(part.shape)}
    if part is None:
        return {}, {}
    return shapes(part.named_parameters()), shapes(part.named_buffers())


def shapes(named: Any) -> dict[str, tuple[int, ...]]:
    return {name: tuple(tensor.shape) for name, tensor in named}
