"""One operator of torch as one layer, or as a few."""

from __future__ import annotations

import operator
from collections.abc import Mapping, Sequence
from contextlib import suppress
from typing import Any

import torch
from torch import fx, nn

from cnncalc.layers import Layer
from cnncalc.layers.kinds import Wrong
from cnncalc.layers.registry import layer_class
from cnncalc.layers.shapes import Shape
from cnncalc.layers.site import Refusal
from cnncalc.operators import call as calls
from cnncalc.operators.call import Holder, Inexpressible
from cnncalc.operators.generic import finished, generic
from cnncalc.operators.modules import checked
from cnncalc.operators.names import PASSED_ON, RESIZED, WEIGHTED, layer_for
from cnncalc.operators.rules import RULES
from cnncalc.operators.values import DependsOnBatch, value_for
from cnncalc.operators.weights import weighted
from cnncalc.torch_bridge.importing import schema
from cnncalc.torch_bridge.importing.batch import Unlike, operator_name, tensors
from cnncalc.torch_bridge.importing.modules import layer_class_of
from cnncalc.torch_bridge.importing.translate import Translation, dtype_of, stack, typed, with_dtype
from cnncalc.torch_bridge.importing.ways import way_of


class Call(calls.Call):
    """A call in torch's graph, while its layer is looked for."""

    def __init__(self, made: Translation, node: fx.Node) -> None:
        self.made = made
        self.node = node
        self.name = schema.base_name(node.target)
        self.args = schema.bound(node.target, *made.captures.call(node))
        self.defaults = schema.defaults(node.target)
        self.label = made.label(node)

    # Reading

    def is_value(self, raw: Any) -> bool:
        return isinstance(raw, fx.Node)

    def value(self, raw: Any) -> Any:
        return self.made.value_of(raw, self.label)

    def number(self, raw: Any) -> int:
        return self.made.number_of(raw, self.label)

    def shape(self, value: int) -> Shape:
        shape = self.made.flow.shapes[value]
        assert shape is not None
        return shape

    def raw_shape(self, raw: Any) -> Shape | None:
        return self.made.captures.shape(raw)

    def may_be_tensor(self, key: str) -> bool:
        arguments = self.node.target._schema.arguments  # type: ignore[union-attr]
        return any("Tensor" in str(a.type) for a in arguments if a.name == key)

    def reaches_end(self, stop: Any, size: Any) -> bool:
        return all(end >= axis for end, axis in self.made.captures.at((stop, size)))

    @property
    def several(self) -> bool:
        """Does the operator give a list of tensors?"""
        return not isinstance(self.node.meta.get("val"), torch.Tensor)

    def uses(self, index: int) -> bool:
        picks = [user for user in self.node.users if user.target is operator.getitem and user.args[1] == index]
        return any(user in self.made.live for user in picks)

    # Adding

    def add_layer(self, layer: Layer, inputs: list[int], path: str = "", named: str | None = None) -> int:
        if not checked(layer):
            raise Inexpressible(f"{layer.name} does not take these arguments")
        xs = self.made.flow.inputs(inputs)
        assert xs is not None
        try:
            self.made.flow.forward(layer, xs)
        except (Refusal, IndexError, TypeError, ZeroDivisionError) as error:
            raise Inexpressible(f"{layer.name}: {error}") from error
        if not path:
            path = self.made.function_path(self.node, layer.stem, self.label)
        frames = stack(self.node)
        module = self.made.modules.get(frames[-1].path) if frames else None
        return self.made.add(layer, inputs, path, named, way=way_of(self.node, layer, module))

    def fits(self, layer: Layer, inputs: Sequence[int]) -> bool:
        xs = self.made.flow.inputs(inputs)
        assert xs is not None
        try:
            outputs = self.made.flow.forward(layer, xs).outputs
        except (Refusal, IndexError, TypeError, ZeroDivisionError):
            return False
        return self.made.captures.gives(self.node, outputs)

    def given(self, first: int) -> int | list[int | None]:
        if not self.several:
            return first
        count = self.made.graph.nodes[-1].output_count
        return [first + i if i < count else None for i in range(len(tensors(self.node)))]

    def holder(self, given: Mapping[str, Any]) -> Holder | None:
        owned = {key: self.made.owned(raw) for key, raw in given.items()}
        prefixes = {found[1].rpartition(".")[0] for found in owned.values() if found is not None}
        path = next(iter(prefixes)) if len(prefixes) == 1 else ""
        whole = all(found is not None and found[1] == f"{path}.{key}" for key, found in owned.items())
        module = self.made.modules.get(path)
        if not path or not whole or module is None or module._modules:
            return None
        names = [f"{path}.{name}" for name in (*module._parameters, *module._buffers)]
        return Holder(module, path, tuple(name for name in names if name in self.made.tensors))

    def own(self, holder: Holder, layer: Layer, inputs: list[int]) -> int | None:
        if not self.made.own(list(holder.tensors)):
            return None
        self.made.leaves.add(holder.path)
        placed = self.made.placed(holder.path, self.label)
        self.made.calls[placed] += 1
        count = self.made.calls[placed]
        return self.add_layer(layer, inputs, placed if count == 1 else f"{placed}:{count}", holder.path)

    def own_kind(self, module: nn.Module, cls: type[Layer]) -> bool:
        known = layer_class_of(module)
        return known is None or known is cls


def express(made: Translation, node: fx.Node) -> None:
    """Add what a node does to the graph."""
    if node not in made.live and node.target is operator.getitem:
        return
    if node.target is operator.getitem:
        source = made.value_of(node.args[0], "")
        index: Any = node.args[1]
        made.values[node] = source[index] if isinstance(source, list) else source
        return
    if not isinstance(node.target, torch._ops.OpOverload):
        inlined(made, node)
        return
    call = Call(made, node)
    if call.name.startswith("_assert") or not tensors(node):
        return
    if node not in made.live:
        return
    value = expressed(call)
    made.values[node] = value
    target = node.args[0] if node.args else None
    if schema.in_place(node.target) and isinstance(target, fx.Node) and made.owned(target) is None:
        made.values[target] = value


def inlined(made: Translation, node: fx.Node) -> None:
    """A part that was run with or without gradients, as if it was where it is called."""
    inner = [arg for arg in node.args if isinstance(arg, fx.Node) and arg.op == "get_attr"]
    root = made.captured.graph.owning_module
    part = getattr(root, str(inner[0].target), None) if inner and root is not None else None
    if not isinstance(part, fx.GraphModule):
        return
    given = list(node.args[node.args.index(inner[0]) + 1 :])
    nodes = list(part.graph.nodes)
    for placeholder, value in zip([n for n in nodes if n.op == "placeholder"], given):
        found = made.owned(value)
        if found is not None:
            made.captured.owned[placeholder.name] = found
        else:
            made.values[placeholder] = made.value_of(value, "")
    made.live |= set(nodes)
    made.walk([n for n in nodes if n.op == "call_function"])
    (output,) = [n for n in nodes if n.op == "output"]
    results = [made.value_of(item, "") for item in output.args[0]]
    made.values[node] = results


def expressed(call: Call) -> Any:
    """The value of a call: a number of the graph, or a list of them."""
    if call.name in PASSED_ON:
        (first, *_) = call.tensors()
        if call.made.captures.gives(call.node, [call.shape(first)]):
            return first
    if not call.node.all_input_nodes or call.name.startswith("new_") or call.name.endswith("_like"):
        return created(call)
    try:
        if call.name == "opaque":
            return opaque(call)
        if call.name in RULES:
            return RULES[call.name](call)
        if call.name in WEIGHTED:
            return weighted(call)
        if call.name in RESIZED:
            return resized(call)
        return generic(call)
    except DependsOnBatch as wrong:
        raise Unlike(f"goes by the batch in {operator_name(call.node)}, whose layer does not: {wrong}") from wrong
    except (Inexpressible, Wrong, KeyError):
        return opaque(call)


def created(call: Call) -> int | list[int]:
    """A tensor that is made without reading the values of one."""
    shapes = call.made.captures.shapes(call.node)
    if len(shapes) != 1:
        return [call.add("constant", [], {"shape": shape}) for shape in shapes]
    with suppress(Inexpressible, Wrong, KeyError):
        return filled(call, shapes[0])
    made: int = call.add("constant", [], typed(call.node, shapes[0]))
    return made


def filled(call: Call, shape: Shape) -> int:
    """What is made as the layer of the same name. Raises Inexpressible where that is none, or has another type."""
    name = call.name.removeprefix("new_").removesuffix("_like")
    cls = layer_for(name)
    if cls is None or dtype_of(call.node) != ("int64" if name == "arange" else "float32"):
        raise Inexpressible(f"no layer makes what {call.name} does")
    if "size" in cls.arguments:
        given = {key: call.args[key] for key in ("fill_value",) if key in cls.arguments}
        made: int = call.add(cls.name, [], {"size": shape, **given})
        return made
    values = {key: raw for key, raw in call.args.items() if key in cls.arguments and raw is not None}
    if name == "arange" and "start" not in values:
        values = {"start": values["end"]}
    first = finished(call, cls(**{k: value_for(cls.arguments[k], v, None) for k, v in values.items()}), [])
    assert isinstance(first, int)
    return first


def opaque(call: Call) -> int | list[int]:
    """What no layer is: its shapes alone."""
    inputs = call.tensors()
    shapes = call.made.captures.shapes(call.node)
    values: dict[str, Any] = {
        "op": call.args["op"] if call.name == "opaque" else call.name,
        "shapes": tuple(shapes),
        "takes": tuple(call.shape(value) for value in inputs),
    }
    first = call.add("opaque", inputs, with_dtype(values, dtype_of(call.node)))
    return [first + i for i in range(len(shapes))] if call.several else first


def resized(call: Call) -> int:
    """torch.nn.functional.interpolate."""
    args, mode = call.args, RESIZED[call.name]
    x = call.tensor("input" if "input" in args else "self")
    values: dict[str, Any] = {"mode": mode}
    factors = args.get("scale_factors")
    if factors is not None:
        values["scale_factor"] = factors[0] if len(set(factors)) == 1 else factors
    else:
        size = args.get("output_size") or list(call.made.captures.shapes(call.node)[0][2:])
        values["size"] = size[0] if len(set(size)) == 1 else size
    if args.get("align_corners"):
        values["align_corners"] = True
    cls = layer_class("upsample")
    read = {key: value_for(cls.arguments[key], raw, None) for key, raw in values.items()}
    made = finished(call, cls(**read), [x])
    assert isinstance(made, int)
    return made
