"""A call of an operator on tensors, by which the layer that it is joins the graph."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from cnncalc.flow import Met, meet
from cnncalc.layers import Layer
from cnncalc.layers.shapes import Shape
from cnncalc.layers.site import Refusal, Site
from cnncalc.operators import call as calls
from cnncalc.operators.call import Holder, Inexpressible
from cnncalc.operators.names import WEIGHTED, layer_for
from cnncalc.source.absent import Absent
from cnncalc.source.dtypes import dtype
from cnncalc.source.errors import ShapeError
from cnncalc.source.kinds import checked_kinds, is_real, result_types
from cnncalc.source.layout import Laid
from cnncalc.source.positions import checked_positions
from cnncalc.source.recorder import Recorder, recorder
from cnncalc.source.signatures import signature
from cnncalc.source.sizes import OpenReal, OpenSize
from cnncalc.source.tensor import Tensor, full, small, tensor_of
from cnncalc.source.values import FUNCTIONS, Later
from cnncalc.symbolic.expr import Expr


class Called(calls.Call):
    """A call of an operator on tensors. Its values are the tensors themselves."""

    def __init__(self, name: str, args: dict[str, Any]) -> None:
        self.name = name
        self.args = {key: _plain(value) for key, value in args.items()}
        found = signature(name)
        self.defaults: Mapping[str, Any] = found.defaults if found else {}
        now = recorder()
        given = self.tensors()
        known = now is not None and any(is_of_graph(now, tensor) for tensor in given)
        if now is not None and not known:
            cls = layer_for(name)
            known = name in WEIGHTED or (cls is not None and cls.macs is not Layer.macs)
        self.recorder = now if known else None
        self.outputs: list[Tensor] = []
        self.parts = False

    def is_value(self, raw: Any) -> bool:
        return isinstance(raw, Tensor)

    def value(self, raw: Tensor) -> Tensor:
        return raw

    def number(self, raw: Any) -> Tensor:
        if isinstance(raw, Tensor):
            return raw
        if isinstance(raw, int | float):
            return full((), raw)
        raise Inexpressible("a list where one value has to be")

    def shape(self, value: Tensor) -> Shape:
        return value._shape

    def raw_shape(self, raw: Tensor) -> Shape | None:
        return raw._shape

    def may_be_tensor(self, key: str) -> bool:
        return key in ("self", "other", "input", "exponent", "value", "end", "weight")

    def reaches_end(self, stop: Any, size: Any) -> bool:
        difference = stop - size
        if isinstance(difference, int):
            return difference >= 0
        from cnncalc.symbolic.decide import bounds

        low = bounds(difference)[0]
        return low is not None and low >= 0

    def uses(self, index: int) -> bool:
        return bool(self.args.get("return_indices"))

    def fits(self, layer: Layer, inputs: Sequence[Tensor]) -> bool:
        return True

    def add_layer(self, layer: Layer, inputs: list[Tensor], path: str = "", named: str | None = None) -> Tensor:
        return self._added(
            layer, inputs, lambda now, values: now.add(layer, values, path or now.function_path(layer.stem))
        )

    def _added(self, layer: Layer, inputs: list[Tensor], add: Callable[[Recorder, list[int]], Any]) -> Tensor:
        checked_arguments(layer)
        checked_kinds(layer, inputs)
        checked_positions(layer, inputs)
        self.parts = type(layer).parts
        now = self.recorder
        if now is None:
            shapes = met_without_graph(layer, tuple(t._shape for t in inputs)).outputs
            kinds = result_types(layer, inputs, len(shapes))
            self.outputs = [tensor_of(shape, kind) for shape, kind in zip(shapes, kinds)]
        else:
            node = add(now, [now.value(tensor) for tensor in inputs])
            kinds = result_types(layer, inputs, len(node.values))
            self.outputs = [tensor_of(now.flow.shapes[v] or (), kind, (now, v)) for v, kind in zip(node.values, kinds)]
        for i, made in enumerate(self.outputs):
            made._data = worked_out(layer, inputs, made, i)
            made._made = Laid(layer, inputs, i)
            if type(layer).view and inputs:
                made._within(inputs[i if len(inputs) == len(self.outputs) else 0])
        return self.outputs[0]

    def given(self, first: Tensor) -> Any:
        return list(self.outputs) if len(self.outputs) > 1 or self.parts else first

    def holder(self, given: Mapping[str, Tensor]) -> Holder | None:
        if self.recorder is None or not given:
            return None
        return self.recorder.holder({key: original(tensor) for key, tensor in given.items()})

    def own(self, holder: Holder, layer: Layer, inputs: list[Tensor]) -> Tensor | None:
        now = self.recorder
        assert now is not None
        if any(now.canonical[name] != name or any(k[0] == name for k in now.held) for name in holder.tensors):
            return None
        if any(now.owners.get(name, name) != name for name in holder.tensors):
            return None
        return self._added(layer, inputs, lambda now, values: now.add_owned(layer, values, holder))

    def own_kind(self, module: Any, cls: type[Layer]) -> bool:
        known = getattr(type(module), "_layer", None)
        if known is None or type(module) is not known[0]:
            return True
        return known[1] is cls


def original(tensor: Tensor) -> Tensor:
    """The tensor that this is another name of."""
    return tensor if tensor._of is None else tensor._of


def is_of_graph(now: Recorder, tensor: Tensor) -> bool:
    """Is it a value of the graph, or a tensor that the network holds?"""
    return (tensor._node is not None and tensor._node[0] is now) or id(original(tensor)) in now.named


_MET: dict[tuple[Layer, tuple[Shape, ...]], Met] = {}


def met_without_graph(layer: Layer, xs: tuple[Shape, ...]) -> Met:
    """What a layer gives, outside of a graph. Raises ShapeError."""
    try:
        found = _MET.get((layer, xs))
        if found is None:
            found = _MET[layer, xs] = meet(layer, xs)
        return found
    except Refusal as refusal:
        raise ShapeError(refusal.finding) from None


def checked_arguments(layer: Layer) -> None:
    try:
        layer.check(Site())
    except Refusal as refusal:
        raise ShapeError(refusal.finding) from None


def _plain(value: Any) -> Any:
    """An argument as the table of operators takes it."""
    if isinstance(value, Tensor):
        return value
    if type(value).__module__ == "numpy":
        return value.tolist() if hasattr(value, "tolist") else value
    if isinstance(value, OpenSize):
        return value.dim
    if isinstance(value, OpenReal):
        return float(value)
    if isinstance(value, Absent):
        value.refuse()
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    if isinstance(value, bool | int | float | str | dtype | Expr) or value is None:
        return value
    if hasattr(value, "__index__"):
        return int(value)
    if hasattr(value, "__float__"):
        return float(value)
    return list(map(_plain, value)) if hasattr(value, "__iter__") else value


# Values

SHAPED = frozenset({"reshape", "flatten", "unflatten", "unsqueeze", "squeeze", "identity"})
ARGUMENTS = {
    "permute": ("dims",),
    "transpose": ("dim0", "dim1"),
    "select": ("dim", "index"),
    "slice": ("dim", "start", "stop", "step"),
    "cumsum": ("dim",),
    "cumprod": ("dim",),
    "tril": ("diagonal",),
    "triu": ("diagonal",),
    "clamp": ("min", "max"),
    "flip": ("dims",),
    **dict.fromkeys(("sum", "mean", "amax", "amin", "all", "any", "argmax", "argmin", "prod"), ("dim", "keepdim")),
}
"""Layers whose values are worked out, and their arguments that matter."""


def worked_out(layer: Layer, inputs: Sequence[Tensor], made: Tensor, index: int) -> Later | None:
    """The values of an output, where all that it is made of is known and small."""
    if layer.name == "full" and small(made._shape):
        value = vars(layer)["fill_value"]
        number_ = float(value) if is_real(value) else value
        return Later("filled", [], {"shape": made._shape, "number": number_}, made.dtype.name)
    if not inputs or not small(made._shape) or any(t._data is None or not small(t._shape) for t in inputs):
        return None
    name, own = layer.name, vars(layer)
    data: list[Any] = [t._data for t in inputs]
    kind = made.dtype.name

    def number(value: Any) -> Any:
        return float(value) if is_real(value) else value

    if name in SHAPED or (name in ("repeat", "tile") and len(made._shape) == 0):
        return Later("shaped", data, {"shape": made._shape}, kind)
    if name in ("expand", "expand_as", "broadcast_tensors"):
        return Later("expand", [data[index if name == "broadcast_tensors" else 0], list_of(made._shape)], {}, kind)
    if name in ("cat", "stack"):
        return Later(name, [data], {"dim": own["dim"]}, kind)
    if name in ("chunk", "split", "unbind", "tensor_split") and len(inputs) == 1:
        dim = own["dim"] % len(inputs[0]._shape)
        if name == "unbind":
            return Later("select", data, {"dim": dim, "index": index}, kind)
        width = made._shape[dim]
        if name == "chunk" or (name == "split" and isinstance(own["split_size"], int)):
            whole = inputs[0]._shape[dim]
            first = own["split_size"] if name == "split" else -(-whole // own["chunks"])
            return Later("slice", data, {"dim": dim, "start": index * first, "stop": index * first + width}, kind)
        if name == "split":
            start = sum(own["split_size"][:index])
            return Later("slice", data, {"dim": dim, "start": start, "stop": start + width}, kind)
        return None
    if name == "diff":
        return Later("diff", data, {"dim": own["dim"]}, kind) if own["n"] == 1 else None
    if name == "meshgrid":
        return Later("meshgrid", data, {"at": index, "indexing": own["indexing"]}, kind)
    if name == "index" and len(inputs) == 2 and own["dim"] in ((0,), 0):
        return Later("picked", data, {}, kind)
    if name == "where" and len(data) == 2:
        return Later("where", [*data, number(own["other"])], {}, kind)
    if name in FUNCTIONS and len(data) <= 3:
        if name in ARGUMENTS:
            named = {
                ("low" if k == "min" else "high" if k == "max" else k): number(own.get(k)) for k in ARGUMENTS[name]
            }
            if name in ("max", "min", "median"):
                return None
            return Later(name, data, named, kind)
        numbers = [number(own[type(layer).number_argument])] if len(data) == 1 and type(layer).number_argument else []
        if len(data) + len(numbers) <= 2 or name == "where":
            return Later(name, [*data, *numbers], {}, kind)
    return None


def list_of(shape: Shape) -> Any:
    return tuple(shape)
