"""A graph as a real `torch.nn.Module`, whose attribute paths are the graph's."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from torch import nn

from cnncalc.analysis.trace import Report
from cnncalc.diagnostics import CnncalcError, Diagnostic
from cnncalc.graph import Flow, Graph, Node, flow
from cnncalc.layers.base import BATCH_NAME, Layer, Shape
from cnncalc.layers.shape import Parameter
from cnncalc.symbolic.expr import Expr, symbols

Tensor = Any  # torch.Tensor, whose stubs are not strict


class LayerNorm2d(nn.LayerNorm):
    """LayerNorm over the channels of each pixel."""

    def forward(self, x: Tensor) -> Tensor:
        return super().forward(x.permute(0, 2, 3, 1)).permute(0, 3, 1, 2)


def _reshape(layer: Any, x: Tensor) -> Tensor:
    # N in the shape is the batch, whatever it is now.
    return x.reshape([x.shape[0] if isinstance(size, Expr) else size for size in layer.shape])


def _slice(layer: Any, x: Tensor) -> Tensor:
    index: list[Any] = [slice(None)] * x.dim()
    index[layer.dim] = slice(layer.start, layer.stop, layer.step)
    return x[tuple(index)]


def _squeeze(layer: Any, x: Tensor) -> Tensor:
    if layer.dim:
        return x.squeeze(layer.dim)
    return x.squeeze(tuple(range(1, x.dim())))


def _sum(tensors: tuple[Tensor, ...]) -> Tensor:
    total = tensors[0]
    for other in tensors[1:]:
        total = total + other
    return total


def _multiplied(tensors: tuple[Tensor, ...]) -> Tensor:
    total = tensors[0]
    for other in tensors[1:]:
        total = total * other
    return total


FUNCTIONS: dict[str, Callable[..., Any]] = {
    "add": lambda layer, *xs: _sum(xs),
    "sub": lambda layer, a, b: a - b,
    "mul": lambda layer, *xs: _multiplied(xs),
    "div": lambda layer, a, b: a / b,
    "cat": lambda layer, *xs: torch.cat(xs, layer.dim),
    "stack": lambda layer, *xs: torch.stack(xs, layer.dim),
    "matmul": lambda layer, a, b: torch.matmul(a, b),
    "reshape": _reshape,
    "permute": lambda layer, x: x.permute(layer.dims),
    "transpose": lambda layer, x: x.transpose(layer.dim0, layer.dim1),
    "squeeze": _squeeze,
    "unsqueeze": lambda layer, x: x.unsqueeze(layer.dim),
    "slice": _slice,
    "chunk": lambda layer, x: torch.chunk(x, layer.chunks, layer.dim),
    "split": lambda layer, x: torch.split(
        x, list(layer.split_size) if isinstance(layer.split_size, tuple) else layer.split_size, layer.dim
    ),
    "mean": lambda layer, x: x.mean(layer.dim, keepdim=layer.keepdim),
    "sum": lambda layer, x: x.sum(layer.dim, keepdim=layer.keepdim),
}
"""How the layers that are no class of torch run."""


class Built(nn.Module):
    """The module of a graph. `state_dict` keys read as the paths in the spec."""

    def __init__(self, graph: Graph, found: Flow) -> None:
        super().__init__()
        self._graph = graph
        for node in graph.nodes:
            if node.path == node.owner:
                xs = found.inputs(node.inputs) or ()
                _attach(self, node.path, made(node.layer, xs))

    def forward(self, *inputs: Tensor) -> Any:
        values: list[Tensor] = list(inputs)
        for node in self._graph.nodes:
            values += self.call(node, [values[value] for value in node.inputs])
        outputs = [values[value] for _, value in self._graph.outputs]
        return outputs[0] if len(outputs) == 1 else tuple(outputs)

    def call(self, node: Node, inputs: list[Tensor]) -> list[Tensor]:
        """Run one node; its outputs as a list."""
        part = _find(self, node.owner)
        if isinstance(node.layer, Parameter):
            result: Any = part
        elif part is None:
            result = FUNCTIONS[node.layer.name](node.layer, *inputs)
        else:
            result = part(*inputs)
        return list(result) if isinstance(result, tuple | list) else [result]


def build(source: Graph | Report) -> Built:
    """The real module of a graph or a report, for torch to run.

    Its parameters are as torch initialises them. Open sizes that parameters depend on have to be numbers.
    Raises CnncalcError where they are not.
    """
    if isinstance(source, Report):
        return Built(source.graph, source.flow)
    return Built(source, flow(source))


def made(layer: Layer, xs: tuple[Shape, ...]) -> nn.Module | nn.Parameter | None:
    """The part of a layer that holds its state: a module, a parameter, or None for a plain function."""
    if isinstance(layer, Parameter):
        return nn.Parameter(torch.zeros([_number(layer, size) for size in layer.shape]))
    if layer.name == "layernorm2d":
        return LayerNorm2d(_number(layer, xs[0][1]), eps=float(layer.eps))  # type: ignore[attr-defined]
    if layer.torch is None:
        if layer.name not in FUNCTIONS:
            raise CnncalcError(Diagnostic("no-torch", f"torch has nothing that is {layer.name}"))
        return None
    module: nn.Module = getattr(nn, layer.torch)(**arguments(layer, xs))
    return module


def arguments(layer: Layer, xs: tuple[Shape, ...]) -> dict[str, Any]:
    """The arguments of torch's class, with those that are read off the input filled in."""
    found: dict[str, Any] = {}
    for key, argument in layer.arguments.items():
        value = getattr(layer, key)
        if argument.inferred and value is None:
            value = _inferred(layer, key, xs)
        found[key] = _plain(layer, key, value)
    return found


def _inferred(layer: Layer, key: str, xs: tuple[Shape, ...]) -> Any:
    """What torch has to be told of the input: the size that the layer's own rule takes."""
    x = xs[0]
    if key in ("in_features", "in1_features", "normalized_shape"):
        return x[-1]
    if key == "in2_features":
        return xs[1][-1]
    if layer.ndim and key == "in_channels":
        return x[-layer.ndim - 1]
    if key == "num_features" and layer.ndim and layer.name.startswith("instancenorm"):
        return x[-layer.ndim - 1]
    return x[1]


def _plain(layer: Layer, key: str, value: Any) -> Any:
    if isinstance(value, tuple):
        plain = tuple(_plain(layer, key, item) for item in value)
        return plain[0] if key == "scale_factor" and len(plain) == 1 else plain
    if isinstance(value, Expr):
        return _number(layer, value)
    if value is None or isinstance(value, int | str | bool):
        return value
    return float(value)


def _number(layer: Layer, size: Any) -> int:
    if isinstance(size, int):
        return size
    names = ", ".join(sorted(symbols(size) - {BATCH_NAME}))
    raise CnncalcError(
        Diagnostic("open-size", f"{layer.name} depends on {size}, which is open", hint=f"give {names} a number")
    )


def _attach(root: nn.Module, path: str, part: nn.Module | nn.Parameter | None) -> None:
    """Hang a part on the module, with plain modules for the levels above it."""
    *levels, name = path.split(".")
    at = root
    for level in levels:
        if level not in at._modules:
            at.add_module(level, nn.Module())
        at = at._modules[level]  # type: ignore[assignment]
    if isinstance(part, nn.Parameter):
        at.register_parameter(name, part)
    elif part is not None:
        at.add_module(name, part)


def _find(root: nn.Module, path: str) -> Any:
    """The module or parameter at a path, None where there is none."""
    *levels, name = path.split(".")
    at: Any = root
    for level in levels:
        at = at._modules.get(level)
        if at is None:
            return None
    part = at._modules.get(name)
    return at._parameters.get(name) if part is None else part
