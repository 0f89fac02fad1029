"""One operator of torch as one layer, or as a few."""

from __future__ import annotations

import operator
from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import Any

import torch
from torch import fx, nn

from cnncalc.layers import Layer, find
from cnncalc.layers.kinds import Value, Wrong
from cnncalc.layers.loss import REDUCTIONS
from cnncalc.layers.registry import layer_class
from cnncalc.layers.shapes import Shape
from cnncalc.layers.site import Refusal
from cnncalc.symbolic.expr import Expr
from cnncalc.torch_bridge.importing import operators
from cnncalc.torch_bridge.importing.batch import Unlike, operator_name, tensors
from cnncalc.torch_bridge.importing.modules import agrees, checked, layer_class_of, without_inferred
from cnncalc.torch_bridge.importing.operators import ARGUMENTS, IGNORED, PASSED_ON, RESIZED, TENSORS, WEIGHTED
from cnncalc.torch_bridge.importing.translate import Inexpressible, Translation, dtype_of, typed, with_dtype


class Call:
    """A call of an operator, while its layer is looked for."""

    def __init__(self, made: Translation, node: fx.Node) -> None:
        self.made = made
        self.node = node
        self.name = operators.base_name(node.target)
        self.args = operators.bound(node.target, *made.captures.call(node))
        self.label = made.label(node)

    # Reading

    def tensor(self, key: str) -> int:
        """The value of an argument that is a tensor."""
        return self.made.number_of(self.args[key], self.label)

    def tensors(self) -> list[int]:
        """All tensors among the arguments, in their order."""
        found: list[int] = []
        for value in self.args.values():
            for item in value if isinstance(value, list | tuple) else [value]:
                if isinstance(item, fx.Node):
                    given = self.made.value_of(item, self.label)
                    found += [v for v in (given if isinstance(given, list) else [given]) if v is not None]
        return found

    def shape(self, value: int) -> Shape:
        """The shape of a value of the graph."""
        shape = self.made.flow.shapes[value]
        assert shape is not None
        return shape

    @property
    def several(self) -> bool:
        """Does the operator give a list of tensors?"""
        return not isinstance(self.node.meta.get("val"), torch.Tensor)

    def uses(self, index: int) -> bool:
        """Does something read a tensor of the list that the operator gives?"""
        picks = [user for user in self.node.users if user.target is operator.getitem and user.args[1] == index]
        return any(user in self.made.live for user in picks)

    # Adding

    def add(self, name: str, inputs: list[int], values: Mapping[str, Any] | None = None, path: str = "") -> int:
        """A layer by its name with its arguments, at the next free path of the level; its first value."""
        cls = layer_class(name)
        read = {key: operators.value_for(cls.arguments[key], raw, cls.ndim) for key, raw in (values or {}).items()}
        return self.add_layer(cls(**read), inputs, path)

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
        return self.made.add(layer, inputs, path, named)

    def fits(self, layer: Layer, inputs: list[int]) -> bool:
        """Does the layer give the shapes that torch gives?"""
        xs = self.made.flow.inputs(inputs)
        assert xs is not None
        try:
            outputs = self.made.flow.forward(layer, xs).outputs
        except (Refusal, IndexError, TypeError, ZeroDivisionError):
            return False
        return self.made.captures.gives(self.node, outputs)


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
    if operators.in_place(node.target) and isinstance(target, fx.Node) and made.owned(target) is None:
        made.values[target] = value


def inlined(made: Translation, node: fx.Node) -> None:
    """A part that was run with or without gradients, as if it stood where it is called."""
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
        if call.name in RULES:
            return RULES[call.name](call)
        if call.name in WEIGHTED:
            return weighted(call)
        if call.name in RESIZED:
            return resized(call)
        return generic(call)
    except operators.DependsOnBatch as wrong:
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
    return call.add("constant", [], typed(call.node, shapes[0]))


def filled(call: Call, shape: Shape) -> int:
    """What is made as the layer of the same name. Raises Inexpressible where that is none, or has another type."""
    name = call.name.removeprefix("new_").removesuffix("_like")
    cls = operators.layer_for(name)
    if cls is None or dtype_of(call.node) != ("int64" if name == "arange" else "float32"):
        raise Inexpressible(f"no layer makes what {call.name} does")
    if "size" in cls.arguments:
        given = {key: call.args[key] for key in ("fill_value",) if key in cls.arguments}
        return call.add(cls.name, [], {"size": shape, **given})
    values = {key: raw for key, raw in call.args.items() if key in cls.arguments and raw is not None}
    if name == "arange" and "start" not in values:
        values = {"start": values["end"]}
    made = finished(call, cls(**{k: operators.value_for(cls.arguments[k], v, None) for k, v in values.items()}), [])
    assert isinstance(made, int)
    return made


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


def generic(call: Call) -> int | list[int]:
    """An operator with the name and the arguments of a layer."""
    cls = operators.layer_for(call.name)
    if cls is None:
        raise Inexpressible(f"there is no layer {call.name}")
    inputs: list[int] = []
    values: dict[str, Value] = {}
    defaults = operators.defaults(call.node.target)
    types = {a.name: str(a.type) for a in call.node.target._schema.arguments}  # type: ignore[union-attr]
    names = ARGUMENTS.get(call.name) or ARGUMENTS.get(cls.name) or {}
    for key, raw in call.args.items():
        items = raw if isinstance(raw, list | tuple) else [raw]
        if any(isinstance(item, fx.Node) for item in items):
            for item in items:
                if not isinstance(item, fx.Node):
                    raise Inexpressible(f"{key} mixes tensors and numbers")
                given = call.made.value_of(item, call.label)
                inputs += given if isinstance(given, list) else [given]
            continue
        name = names.get(key, key)
        if name not in cls.arguments or key in IGNORED - set(names):
            if "Tensor" in types[key] and raw is not None and cls.number and inputs:
                name = cls.number
            elif isinstance(raw, int | float) and before_tensor(call, key) and cls.inputs[0] > len(inputs):
                inputs.append(call.add("full", [], {"size": [], "fill_value": raw}))
                continue
            elif (key in defaults and raw == defaults[key]) or key in IGNORED:
                continue
            else:
                raise Inexpressible(f"{cls.name} has no {key}")
        argument = cls.arguments[name]
        if raw is None and not (argument.default is None or argument.inferred):
            continue
        if raw is None or (raw == [] and defaults.get(key) == []):
            continue
        if name == cls.number and of_batch(raw):  # a number that is another at each batch
            inputs.append(call.add("constant", [], {"shape": ()}))
            continue
        values[name] = operators.value_for(argument, raw, cls.ndim)
    if cls.number and len(inputs) == 1 and (cls.inputs[0] > 1 or cls.number not in values) and cls.inputs[0] > 1:
        raise Inexpressible(f"{cls.name} needs a second value")
    if "return_indices" in cls.arguments and call.uses(1):
        values["return_indices"] = True
    missing = [key for key in operators.required(cls) if key not in values]
    if missing == ["dim"] and cls.arguments["dim"].variadic:
        values["dim"] = tuple(range(len(call.shape(inputs[0]))))
        missing = []
    if missing:
        raise Inexpressible(f"{cls.name} needs {missing[0]}")
    return finished(call, cls(**values), inputs)


def of_batch(raw: Any) -> bool:
    """Is it a value that is another at each batch?"""
    return isinstance(raw, Expr | operators.OfBatch)


def before_tensor(call: Call, key: str) -> bool:
    """Does a tensor stand behind an argument?"""
    names = list(call.args)
    return any(isinstance(call.args[name], fx.Node) for name in names[names.index(key) + 1 :])


def finished(call: Call, layer: Layer, inputs: list[int]) -> int | list[int]:
    """Add the layer that a call is, where it gives torch's shapes."""
    fewest, most = type(layer).inputs
    if not fewest <= len(inputs) <= (len(inputs) if most is None else most) or not checked(layer):
        raise Inexpressible(f"{layer.name} does not take {len(inputs)} values")
    if not call.fits(layer, inputs):
        raise Inexpressible(f"{layer.name} gives another shape")
    first = call.add_layer(layer, inputs)
    count = call.made.graph.nodes[-1].output_count
    if not call.several:
        return first
    return [first + i if i < count else None for i in range(len(tensors(call.node)))]  # type: ignore[misc]


# Layers with parameters


def weighted(call: Call) -> int:
    """An operator that reads parameters: the layer that owns them, or the operator on values."""
    given = {key: raw for key in TENSORS if isinstance(raw := call.args.get(key), fx.Node)}
    cls = weighted_class(call)
    x = call.tensor("indices" if call.name == "embedding" else "self" if call.name == "prelu" else "input")
    owned = {key: call.made.owned(raw) for key, raw in given.items()}
    prefixes = {found[1].rpartition(".")[0] for found in owned.values() if found is not None}
    path = next(iter(prefixes)) if len(prefixes) == 1 else ""
    whole = all(found is not None and found[1] == f"{path}.{key}" for key, found in owned.items())
    module = call.made.modules.get(path)
    if path and whole and module is not None and not module._modules and own_kind(module, cls):
        xs = (call.shape(x),)
        layer = cls(**without_inferred(cls, weighted_values(call, cls, given), xs))
        tensors = [f"{path}.{name}" for name in (*module._parameters, *module._buffers)]
        tensors = [name for name in tensors if name in call.made.tensors]
        if checked(layer) and agrees(layer, module, xs) and call.fits(layer, [x]) and call.made.own(tensors):
            call.made.leaves.add(path)
            placed = call.made.placed(path, call.label)
            call.made.calls[placed] += 1
            count = call.made.calls[placed]
            return call.add_layer(layer, [x], placed if count == 1 else f"{placed}:{count}", path)
    return functional(call, x, given)


def own_kind(module: nn.Module, cls: type[Layer]) -> bool:
    """May a module be this layer? torch's own are the layer that they are, whoever else reads their weights."""
    known = layer_class_of(module)
    return known is None or known is cls


def weighted_class(call: Call) -> type[Layer]:
    name = call.name
    if call.name in ("batch_norm", "instance_norm"):
        rank = len(call.shape(call.tensor("input")))
        name += f"{min(3, max(1, rank - 2))}d"
    found = find(name)
    if found is None:
        raise Inexpressible(f"there is no layer {name}")
    return found.family.member(found.ndim)


def weighted_values(call: Call, cls: type[Layer], given: Mapping[str, fx.Node]) -> dict[str, Value]:
    """The arguments of the layer that an operator with these weights is."""
    args = call.args
    weight = call.made.captures.shape(given["weight"]) if "weight" in given else None
    raw: dict[str, Any] = {}
    if call.name.startswith("conv"):
        assert weight is not None
        transposed = call.name.startswith("conv_transpose")
        raw = {key: args[key] for key in ("stride", "padding", "dilation", "groups", "output_padding") if key in args}
        raw["out_channels"] = weight[1] * args["groups"] if transposed else weight[0]
        raw["kernel_size"] = list(weight[2:])
        raw["bias"] = "bias" in given
        raw = singled(raw)
    elif call.name == "linear":
        assert weight is not None
        raw = {"out_features": weight[0], "bias": "bias" in given}
    elif call.name == "embedding":
        assert weight is not None
        padding = args.get("padding_idx", -1)
        raw = {"num_embeddings": weight[0], "embedding_dim": weight[1]}
        raw |= {"padding_idx": padding} if padding >= 0 else {}
    elif call.name == "prelu":
        raw = {"num_parameters": weight[0] if weight else 1}
    elif call.name in ("layer_norm", "rms_norm"):
        raw = {"normalized_shape": list(args["normalized_shape"]), "elementwise_affine": weight is not None}
        raw |= {"eps": args["eps"]} if args.get("eps") is not None else {}
        raw |= {"bias": "bias" in given} if "bias" in cls.arguments and weight is not None else {}
    elif call.name == "group_norm":
        raw = {"num_groups": args["num_groups"], "eps": args["eps"], "affine": weight is not None}
    else:
        raw = {"eps": args["eps"], "momentum": args["momentum"], "affine": weight is not None}
        raw["track_running_stats"] = "running_mean" in given
    return {key: operators.value_for(cls.arguments[key], value, cls.ndim) for key, value in raw.items()}


def singled(raw: Mapping[str, Any]) -> dict[str, Any]:
    """Arguments of which torch makes a list with one item as that item."""
    return {key: value[0] if isinstance(value, list) and len(value) == 1 else value for key, value in raw.items()}


def functional(call: Call, x: int, given: Mapping[str, fx.Node]) -> int:
    """The operator on weights that are values of the graph."""
    weights = {key: call.made.number_of(raw, call.label) for key, raw in given.items()}
    found = find(f"F.{call.name}")
    if found is not None:
        of_values = found.family.member(found.ndim)
        names = of_values.input_names[1:]
        taken = [name for name in names if name in weights]
        if of_values.inputs[0] <= 1 + len(taken) and tuple(taken) == names[: len(weights)]:
            raw = {key: call.args[key] for key in of_values.arguments if call.args.get(key) is not None}
            return call.add(of_values.name, [x, *(weights[name] for name in taken)], singled(raw))
    if call.name == "prelu":
        raise Inexpressible("prelu on a value")
    weight, bias = weights.get("weight"), weights.get("bias")
    cls = weighted_class(call)
    values = weighted_values(call, cls, {})
    value = call.add_layer(cls(**without_inferred(cls, values, (call.shape(x),))), [x])
    for name, other in (("mul", weight), ("add", bias)):
        if other is not None:
            if "layer" not in cls.name and cls.name != "rmsnorm":
                rank = len(call.shape(x))
                other = call.add("reshape", [other], {"shape": (1, -1, *[1] * (rank - 2))})
            value = call.add(name, [value, other])
    return value


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
    read = {key: operators.value_for(cls.arguments[key], raw, None) for key, raw in values.items()}
    made = finished(call, cls(**read), [x])
    assert isinstance(made, int)
    return made


# Operators that take a rule of their own


def scaled_sum(call: Call) -> int | list[int]:
    """add and sub, whose second value may have a factor."""
    alpha = call.args.pop("alpha", 1)
    if is_number(call.args["other"], 0):
        return call.tensor("self")
    if alpha == 1:
        return generic(call)
    if not isinstance(call.args["other"], fx.Node):
        call.args["other"] = call.args["other"] * alpha
        return generic(call)
    first, second = call.tensor("self"), call.tensor("other")
    return call.add(operators.RENAMED.get(call.name, call.name), [first, times(call, second, alpha)])


def scaled(call: Call) -> int | list[int]:
    """mul and div; a factor of 1 is left out, as settings leave it behind."""
    exact = call.args.get("rounding_mode") is None
    return call.tensor("self") if is_number(call.args["other"], 1) and exact else generic(call)


def is_number(raw: Any, number: int) -> bool:
    return isinstance(raw, int | float) and not isinstance(raw, bool) and raw == number


def times(call: Call, value: int, factor: Any) -> int:
    return value if factor == 1 else call.add("mul", [value], {"other": factor})


def inner_product(call: Call) -> int | list[int]:
    """inner, which sums over the last axis of both."""
    inputs = [call.tensor("self"), call.tensor("other")]
    ranks = [len(call.shape(value)) for value in inputs]
    if 0 in ranks:
        return call.add("mul", inputs)
    left, right = "abcdefgh"[: ranks[0] - 1], "ijklmnop"[: ranks[1] - 1]
    return call.add("einsum", inputs, {"equation": f"{left}z,{right}z->{left}{right}"})


def sliced(call: Call) -> int | list[int]:
    x = call.tensor("self")
    dim = call.args.get("dim", 0)
    start, stop, step = call.args.get("start"), call.args.get("end"), call.args.get("step", 1)
    start = None if start in (None, 0) else start
    at = call.made.captures.at
    if isinstance(stop, int | Expr) and all(end >= size for end, size in at((stop, call.shape(x)[dim]))):
        stop = None
    if start is None and stop is None and step == 1:
        return x
    values = {"dim": dim, "start": start, "stop": stop, "step": step}
    cls = layer_class("slice")
    read = {
        key: operators.value_for(cls.arguments[key], value, None) for key, value in values.items() if value is not None
    }
    return finished(call, cls(**read), [x])


def turned(call: Call) -> int:
    x = call.tensor("self")
    return x if len(call.shape(x)) < 2 else call.add("transpose", [x], {"dim0": 0, "dim1": 1})


def squeezed(call: Call) -> int | list[int]:
    """Axes of size 1 by their numbers, so that the batch is not meant."""
    x = call.tensor("self")
    dims = call.args.get("dim")
    shape = call.shape(x)
    axes = list(range(len(shape))) if dims is None else [dims] if isinstance(dims, int) else list(dims)
    axes = [axis for axis in axes if shape and shape[axis] == 1]
    if not axes:
        return x
    cls = layer_class("squeeze")
    return finished(call, cls(dim=tuple(axes)), [x])


def indexed(call: Call) -> int | list[int]:
    """x[:, i], with tensors of positions."""
    x = call.tensor("self")
    found = {axis: index for axis, index in enumerate(call.args["indices"]) if index is not None}
    axes = tuple(found)
    dims = axes[:1] if axes == tuple(range(axes[0], axes[0] + len(axes))) else axes
    positions = [call.made.number_of(index, call.label) for index in found.values()]
    return finished(call, layer_class("index")(dim=dims), [x, *positions])


def clamped(call: Call) -> int | list[int]:
    """clamp, whose ends may be tensors."""
    ends = {"min": "maximum", "max": "minimum"}
    if not any(isinstance(call.args.get(key), fx.Node) for key in ends):
        return generic(call)
    value = call.tensor("self")
    for key, name in ends.items():
        end = call.args.get(key)
        if isinstance(end, fx.Node):
            value = call.add(name, [value, call.made.number_of(end, call.label)])
        elif end is not None:
            value = call.add("clamp", [value], {key: end})
    return value


def extreme(call: Call) -> int | list[int]:
    """max and min: of two values, along an axis, or of all."""
    if isinstance(call.args.get("other"), fx.Node):
        return call.add(f"{call.name}imum", [call.tensor("self"), call.tensor("other")])
    if "dim" in call.args:
        return generic(call)
    x = call.tensor("self")
    return call.add(f"a{call.name}", [x], {"dim": list(range(len(call.shape(x))))}) if call.shape(x) else x


def repeated(call: Call) -> int | list[int]:
    """repeat_interleave by a number, which may be told the size that comes out."""
    call.args.pop("output_size", None)
    if call.args.get("dim") is None and isinstance(call.args.get("repeats"), int):
        row = call.add("reshape", [call.tensor("self")], {"shape": [-1]})
        return call.add(call.name, [row], {"repeats": call.args["repeats"], "dim": 0})
    return generic(call)


def joined(call: Call) -> int | list[int]:
    """cat, which passes over what has no values and one axis, such as a cache at its start."""
    held = [node for node in call.args["tensors"] if call.made.captures.shape(node) != (0,)]
    if len(held) == 1:
        return call.made.number_of(held[0], call.label)
    call.args["tensors"] = held or call.args["tensors"]
    return generic(call)


def along_all(call: Call) -> int | list[int]:
    """An operator along one axis; where none is given, over all values as if in one row."""
    if call.args.get("dim") is not None:
        return generic(call)
    row = call.add("reshape", [call.tensor("self")], {"shape": [-1]})
    return call.add(call.name, [row], {"dim": 0})  # where there is a second value, it says where the first was


def differences(call: Call) -> int | list[int]:
    """diff, which cannot have something behind it alone."""
    if call.args.get("prepend") is None and call.args.get("append") is not None:
        raise Inexpressible("diff with append alone")
    return generic(call)


def copied(call: Call) -> int:
    """A write over a value, or over a part of one: the new value where it is whole."""
    target, source = call.tensor("self"), call.tensor("src") if "src" in call.args else call.tensor("self")
    return source if call.shape(target) == call.shape(source) else target


def written_into(call: Call) -> int:
    return call.tensor("self")


def reduced(call: Call) -> int | list[int]:
    """A reduction; over all axes where none is given."""
    if not call.args.get("dim"):
        call.args["dim"] = list(range(len(call.shape(call.tensor("self")))))
        if not call.args["dim"]:
            return call.tensor("self")
    return generic(call)


def reversed_axes(call: Call) -> int:
    x = call.tensor("self")
    rank = len(call.shape(x))
    if rank < 2:
        return x
    if rank == 2:
        return call.add("transpose", [x], {"dim0": 0, "dim1": 1})
    return call.add("permute", [x], {"dims": list(range(rank))[::-1]})


def last_two(call: Call) -> int:
    """x.mT, x.mH"""
    return call.add("transpose", [call.tensor("self")], {"dim0": -2, "dim1": -1})


INTERPOLATIONS = ("bilinear", "nearest", "bicubic")
PADDINGS = ("zeros", "border", "reflection")


def sampled(call: Call) -> int:
    """grid_sample, whose modes are numbers here."""
    values = {
        "mode": INTERPOLATIONS[call.args["interpolation_mode"]],
        "padding_mode": PADDINGS[call.args["padding_mode"]],
        "align_corners": call.args["align_corners"],
    }
    return call.add("grid_sample", [call.tensor("input"), call.tensor("grid")], values)


def affine_grid(call: Call) -> int:
    values = {"size": call.args["size"], "align_corners": call.args["align_corners"]}
    return call.add("affine_grid", [call.tensor("theta")], values)


def unpooled(call: Call) -> int | list[int]:
    """max_unpool, which is told the size that goes out; the window is what that is to the size that arrives."""
    x, indices = call.tensor("self"), call.tensor("indices")
    size = tuple(call.args["output_size"])
    arrives = call.shape(x)[-len(size) :]
    if not all(isinstance(one, int) for one in (*size, *arrives)):
        raise Inexpressible("max_unpool to a size that depends on the batch")
    window = tuple(max(1, round(out / one)) for out, one in zip(size, arrives))
    cls = layer_class(f"maxunpool{len(size)}d")
    values: dict[str, Value] = {"kernel_size": window}
    if tuple(a * b for a, b in zip(window, arrives)) != size:
        values["output_size"] = size
    return finished(call, cls(**values), [x, indices])


def weight_normed(call: Call) -> int:
    """A weight with its own norm taken off, and another one given: v * g / |v|."""
    v, g = call.tensor("v"), call.tensor("g")
    rank, kept = len(call.shape(v)), call.args.get("dim", 0)
    norm = call.add("norm", [v], {"dim": [axis for axis in range(rank) if axis != kept % rank], "keepdim": True})
    return call.add("mul", [v, call.add("div", [g, norm])])


def lost(call: Call) -> int | list[int]:
    """A loss, whose reduction is a number here."""
    call.args["reduction"] = REDUCTIONS[call.args["reduction"]]
    if call.args.get("pos_weight") is not None:
        raise Inexpressible("a weight for what is true alone")
    return generic(call)


def stretched(call: Call) -> list[int]:
    """broadcast_tensors, which leaves values of one shape as they are."""
    values = call.tensors()
    if len({call.shape(value) for value in values}) == 1:
        return values
    found = generic(call)
    assert isinstance(found, list)
    return found


def searched(call: Call) -> int | list[int]:
    """searchsorted, whose side is a word or yes."""
    side = call.args.pop("side", None)
    call.args["right"] = bool(call.args.get("right")) or side == "right"
    return generic(call)


def sized(call: Call) -> int | list[int]:
    """linalg.norm: of matrices where it has an order and two axes, else of vectors."""
    x, dims, order = call.tensor("self"), call.args.get("dim"), call.args.get("ord")
    rank = len(call.shape(x))
    matrices = order is not None and (len(dims) == 2 if dims is not None else rank == 2)
    values: dict[str, Any] = {"dim": dims or list(range(rank)), "keepdim": call.args.get("keepdim", False)}
    if order is not None:
        values["ord" if matrices else "p"] = order
    if not values["dim"]:
        return call.add("abs", [x])
    return call.add("linalg_matrix_norm" if matrices else "norm", [x], values)


def crossed(call: Call) -> int | list[int]:
    """cross, which takes the first axis of 3 where it is told none."""
    if call.args.get("dim") is None:
        call.args["dim"] = call.shape(call.tensor("self")).index(3)
    return generic(call)


LOSSES = (
    *("mse_loss", "l1_loss", "huber_loss", "smooth_l1_loss", "kl_div", "nll_loss", "nll_loss_nd", "nll_loss2d"),
    *("binary_cross_entropy", "binary_cross_entropy_with_logits", "cross_entropy_loss"),
)

RULES: Mapping[str, Callable[[Call], Any]] = {
    **dict.fromkeys(LOSSES, lost),
    "broadcast_tensors": stretched,
    "searchsorted": searched,
    "linalg_norm": sized,
    "cross": crossed,
    "opaque": opaque,
    "_weight_norm": weight_normed,
    "grid_sampler": sampled,
    "affine_grid_generator": affine_grid,
    **dict.fromkeys(("max_unpool2d", "max_unpool3d"), unpooled),
    "numpy_T": reversed_axes,
    "mT": last_two,
    "mH": last_two,
    "adjoint": last_two,
    "add": scaled_sum,
    "sub": scaled_sum,
    "subtract": scaled_sum,
    **dict.fromkeys(("mul", "multiply", "div", "divide", "true_divide"), scaled),
    "inner": inner_product,
    "slice": sliced,
    "t": turned,
    "squeeze": squeezed,
    "index": indexed,
    "clamp": clamped,
    "clip": clamped,
    "diff": differences,
    **dict.fromkeys(("cat", "concat", "concatenate"), joined),
    "max": extreme,
    "repeat_interleave": repeated,
    "min": extreme,
    "copy": copied,
    "index_put": written_into,
    "zero": written_into,
    "mean": reduced,
    "sum": reduced,
    "amax": reduced,
    "amin": reduced,
    **dict.fromkeys(("all", "any", "argmax", "argmin", "median", "prod"), along_all),
    "linalg_vector_norm": reduced,
}
