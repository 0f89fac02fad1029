"""A graph as a real `torch.nn.Module`, whose attribute paths are the graph's."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
from torch import nn

from cnncalc.analysis.trace import Report
from cnncalc.diagnostics import CnncalcError, Diagnostic
from cnncalc.flow import Flow, flow
from cnncalc.graph import Graph, Node
from cnncalc.layers.kinds import Sizes
from cnncalc.layers.layer import Layer, put_in
from cnncalc.layers.shapes import BATCH_NAME, Shape
from cnncalc.symbolic.expr import Expr, symbols
from cnncalc.torch_bridge.verifying import unknown  # noqa: F401  (registers an operator)

Tensor = Any  # torch.Tensor, whose stubs are not strict
WHOLE = (torch.int64, torch.int32, torch.int16, torch.int8, torch.uint8)


class TorchRefused(Exception):
    """torch does not build or run the layer at a path. Its own exception is the cause."""

    def __init__(self, path: str, error: Exception) -> None:
        said = " ".join(str(error).split()) or "no message"
        super().__init__(f"{type(error).__name__}: {said}")
        self.path = path


class Built(nn.Module):
    """The module of a graph. `state_dict` keys read as the paths in the spec."""

    def __init__(self, graph: Graph, found: Flow) -> None:
        super().__init__()
        self.graph = graph
        self._at_batch: dict[tuple[Layer, int], Layer] = {}
        for node in graph.nodes:
            if node.path == node.owner:
                try:
                    attach(self, node.path, made(node.layer, found.inputs(node.inputs) or ()))
                except CnncalcError:
                    raise
                except Exception as error:
                    raise TorchRefused(node.path, error) from error
        for key, parameter in self.named_parameters() if graph.frozen else ():
            if graph.is_frozen(key):
                parameter.requires_grad_(False)

    def forward(self, *inputs: Tensor) -> Any:
        values: list[Tensor] = list(inputs)
        made_on = inputs[0].device if inputs else torch.get_default_device()  # what the network makes itself
        with torch.device(made_on):
            for node in self.graph.nodes:
                if node.train_only:
                    values += [None] * node.output_count
                else:
                    values += self.call(node, [values[value] for value in node.inputs], self.batch(inputs))
        outputs = [values[value] for _, value in self.graph.outputs]
        return outputs[0] if len(outputs) == 1 else tuple(outputs)

    def batch(self, inputs: tuple[Tensor, ...]) -> int:
        """What N is: the leading size of the first input."""
        return int(inputs[0].shape[0]) if self.graph.batched and inputs else 1

    def call(self, node: Node, inputs: list[Tensor], batch: int) -> list[Tensor]:
        """Run one node; its outputs as a list."""
        return ran(self.with_batch(node.layer, batch), find(self, node.owner), inputs)

    def with_batch(self, layer: Layer, batch: int) -> Layer:
        """The layer with a number for the batch, where its arguments depend on it."""
        if (layer, batch) not in self._at_batch:
            self._at_batch[layer, batch] = put_in(layer, {BATCH_NAME: batch})
        return self._at_batch[layer, batch]


def ran(layer: Layer, part: nn.Module | Tensor | None, inputs: Sequence[Tensor]) -> list[Tensor]:
    """What a layer gives, as a list."""
    if isinstance(part, torch.Tensor):  # a parameter or buffer is its own value
        return [part]
    decimals = isinstance(part, nn.Module) and any(p.is_floating_point() for p in part.parameters())
    result = layer.run(torch, part, *typed(inputs, layer.integer_inputs, decimals))
    return list(result) if isinstance(result, tuple | list) else [result]


def typed(inputs: Sequence[Tensor], indices: Sequence[int], decimals: bool) -> list[Tensor]:
    """The inputs in the types that they are read in, as the language has none and leaves casts out.

    Indices are whole numbers; others are decimals beside decimals, as torch's sums promote them, or parameters are.
    """
    decimals = decimals or any(x.is_floating_point() for i, x in enumerate(inputs) if i not in indices)
    found = list(inputs)
    for i, x in enumerate(inputs):
        if i in indices:
            found[i] = x.long() if x.is_floating_point() else x
        elif decimals and x.dtype in WHOLE:
            found[i] = x.float()
    return found


def build(source: Graph | Report) -> Built:
    """The real module of a graph or a report, for torch to run.

    Its parameters are as torch initialises them; those that are frozen ask for no
    gradients. Open sizes that parameters depend on have to be numbers.
    Raises CnncalcError where they are not, and TorchRefused where torch does not make a layer.
    """
    if isinstance(source, Report):
        return Built(source.graph, source.flow)
    return Built(source, flow(source))


def made(layer: Layer, xs: tuple[Shape, ...]) -> nn.Module | Tensor | None:
    """What holds the state of a layer: torch's module, a plain one, a tensor, or None where there is none."""
    if layer.torch is not None:
        module: nn.Module = getattr(nn, layer.torch)(**arguments(layer, xs))
        return module
    params, buffers = layer.params(*xs), layer.buffers(*xs)
    if "" in params:  # the layer is a parameter itself
        value = torch.zeros(numbers(layer, params[""]), dtype=getattr(torch, layer.dtype))  # type: ignore[attr-defined]
        return nn.Parameter(value, requires_grad=value.is_floating_point() or value.is_complex())
    if "" in buffers:
        return torch.zeros(numbers(layer, buffers[""]), dtype=getattr(torch, layer.dtype))  # type: ignore[attr-defined]
    if not params and not buffers:
        return None
    holder = nn.Module()
    for name, shape in params.items():
        holder.register_parameter(name, nn.Parameter(torch.zeros(numbers(layer, shape))))
    for name, shape in buffers.items():
        holder.register_buffer(name, torch.zeros(numbers(layer, shape)))
    return holder


def arguments(layer: Layer, xs: tuple[Shape, ...]) -> dict[str, Any]:
    """The arguments of torch's class, with those that are read off the input filled in."""
    arrives = layer.arrives(*xs)
    found: dict[str, Any] = {}
    for key, argument in layer.arguments.items():
        value = getattr(layer, key)
        if value is None:
            value = arrives.get(key)
        if isinstance(argument.kind, Sizes) and isinstance(value, tuple) and len(value) == 1:
            (value,) = value  # LPPool1d takes no tuple
        # None is left out where it is the default: one class of a family may not know the argument.
        if not argument.at_call and not (value is None and argument.default is None):
            found[key] = made(value, xs) if isinstance(value, Layer) else plain(layer, key, value)
    return found


def plain(layer: Layer, key: str, value: Any) -> Any:
    """A value as torch takes it."""
    if isinstance(value, tuple):
        return tuple(plain(layer, key, item) for item in value)
    if isinstance(value, Expr):
        return number(layer, value)
    if value is None or isinstance(value, int | str | bool):
        return value
    return float(value)


def numbers(layer: Layer, shape: Shape) -> list[int]:
    """A shape without open sizes."""
    return [number(layer, size) for size in shape]


def number(layer: Layer, size: Any) -> int:
    """A size that has to be known. Raises CnncalcError where it is open."""
    if isinstance(size, int):
        return size
    names = ", ".join(sorted(symbols(size) - {BATCH_NAME}))
    raise CnncalcError(
        Diagnostic("open-size", f"{layer.name} depends on {size}, which is open", hint=f"give {names} a number")
    )


def attach(root: nn.Module, path: str, part: nn.Module | Tensor | None) -> None:
    """Hang a part on the module, with plain modules for the levels above it."""
    *levels, name = path.split(".")
    at = root
    for level in levels:
        if level not in at._modules:
            at.add_module(level, nn.Module())
        at = at._modules[level]  # type: ignore[assignment]
    if isinstance(part, nn.Parameter):
        at.register_parameter(name, part)
    elif isinstance(part, torch.Tensor):
        at.register_buffer(name, part)
    elif part is not None:
        at.add_module(name, part)


def find(root: nn.Module, path: str) -> Any:
    """The module, parameter or buffer at a path, None where there is none."""
    *levels, name = path.split(".")
    at: Any = root
    for level in levels:
        at = at._modules.get(level)
        if at is None:
            return None
    return next(
        (part for held in (at._modules, at._parameters, at._buffers) if (part := held.get(name)) is not None), None
    )
