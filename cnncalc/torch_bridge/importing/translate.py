"""torch's operators as layers of a graph, at the paths of the modules that ran them."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from functools import cached_property
from typing import Any

import torch
from torch import fx, nn

from cnncalc.diagnostics import CnncalcError, Diagnostic
from cnncalc.flow import Assembly
from cnncalc.graph import Graph, next_path
from cnncalc.layers import Layer
from cnncalc.layers.kinds import Value
from cnncalc.layers.registry import layer_class
from cnncalc.layers.shapes import Shape
from cnncalc.layers.site import Refusal
from cnncalc.named_tuples import NamedTuple
from cnncalc.operators.call import Inexpressible
from cnncalc.operators.modules import agrees, checked, without_inferred
from cnncalc.operators.names import TENSORS, WEIGHTED, counts_unread
from cnncalc.symbolic.expr import Dim
from cnncalc.torch_bridge.importing import schema
from cnncalc.torch_bridge.importing.batch import Captures
from cnncalc.torch_bridge.importing.modules import arguments_of, layer_class_of


class Frame(NamedTuple):
    """A call of a module that was under way."""

    path: str
    call: int  # how often it had been called before
    key: str  # the same for all that ran in this call


class Uncounted(NamedTuple):
    """What the spec holds as an opaque layer."""

    path: str
    operator: str


class Translation:
    """Turns a captured graph into a graph of layers."""

    def __init__(self, captures: Captures, names: Sequence[str], shapes: Sequence[Shape], fold_calls: bool) -> None:
        self.captures = captures
        self.captured = captured = captures.first
        self.fold_calls = fold_calls  # a module that is called again keeps its levels
        self.modules = dict(captured.module.named_modules(remove_duplicate=False))
        self.assembly = Assembly()
        self.graph, self.flow = self.assembly.graph, self.assembly.flow
        self.values: dict[fx.Node, Any] = {}  # a node's value: a number of the graph, a list of them, or a constant
        self.shapes: dict[int, tuple[int, ...]] = {}  # of values, in the first capture
        self.stems: Counter[tuple[str, str]] = Counter()
        self.calls: Counter[str] = Counter()
        self.taken: set[str] = set()
        self.renamed: dict[str, str] = {}  # paths that a spec cannot hold, and what they are called there
        self.owners: dict[str, str] = {}  # a tensor of the module -> the path of the layer that has it
        self.held: dict[tuple[str, str], int] = {}  # a tensor that is a value of the graph, in a later call of a level
        self.canonical = canonical_names(captured.module)
        self.leaves: set[str] = set()  # paths of modules that are one layer
        self.apart: set[str] = set()  # calls of modules that could be one layer, and are not
        self.tensors: dict[str, torch.Tensor] = {
            **dict(captured.module.named_parameters(remove_duplicate=False)),
            **dict(captured.module.named_buffers(remove_duplicate=False)),
        }
        for name, shape in zip(names, shapes):
            self.assembly.add_input(name, shape)
        self.nodes = list(captured.graph.nodes)
        inputs = dict(zip(captured.inputs, range(len(names))))
        for node in self.nodes:
            if node.op == "placeholder" and node.name in inputs:
                self.values[node] = inputs[node.name]
                self.shapes[inputs[node.name]] = captures.at(shapes[inputs[node.name]])[0]
        self.live = live_nodes(self.nodes)
        self.weighted = self.holders()
        self.single = self.single_operators()
        self.early = self.used_early()

    # The walk

    def run(self) -> Graph:
        """The whole graph."""
        self.walk([node for node in self.nodes if node.op == "call_function"])
        for level in list(self.early):
            self.open_levels(f"{level}.x" if level else "x")
        self.add_unused()
        for name, node in self.captured.outputs:
            if isinstance(node, fx.Node):
                value = self.value_of(node, "")
                if isinstance(value, int):
                    self.graph.outputs.append((name, value))
        if not self.graph.outputs:
            name = type(self.captured.module).__name__
            raise CnncalcError(Diagnostic("model-refused", f"{name} gives no tensor"))
        return self.graph

    def walk(self, work: list[fx.Node]) -> None:
        """Calls of operators, one after the other; those that one layer has run together."""
        at = 0
        while at < len(work):
            node = work[at]
            while (leaf := self.leaf_of(node)) is not None:
                stop = at + 1
                while stop < len(work) and any(frame.key == leaf.key for frame in stack(work[stop])):
                    stop += 1
                if self.module_call(leaf, work[at:stop]):
                    at = stop
                    break
                self.leaves.discard(leaf.path)
                self.apart.add(leaf.key)
            else:
                self.operator(node)
                at += 1

    def leaf_of(self, node: fx.Node) -> Frame | None:
        """The outermost module around a node that is one layer of the registry, and is not taken apart."""
        for frame in stack(node):
            module = self.modules.get(frame.path)
            if frame.path and frame.key not in self.apart and module is not None and layer_class_of(module) is not None:
                return frame
        return None

    def module_call(self, leaf: Frame, group: list[fx.Node]) -> bool:
        """A call of one of torch's modules as one layer. False: it has to be taken apart."""
        module = self.modules[leaf.path]
        cls = layer_class_of(module)
        assert cls is not None
        values = arguments_of(module, cls)
        if values is None:
            return False
        inside = set(group)
        outer = list(
            dict.fromkeys(
                arg
                for node in group
                for arg in node.all_input_nodes
                if arg not in inside and not self.belongs(arg, leaf.path) and not self.is_constant(arg)
            )
        )
        label = self.label(group[0])
        try:
            inputs = [self.number_of(arg, label) for arg in outer]
        except Inexpressible:
            return False
        fewest, most = cls.inputs
        if cls.torch == "MultiheadAttention" and len(inputs) == 2:
            inputs.append(inputs[1])
        if not fewest <= len(inputs) <= (most or len(inputs)):
            return False
        xs = self.flow.inputs(inputs)
        assert xs is not None
        try:
            layer = cls(**without_inferred(cls, values, xs))
            if not checked(layer) or not agrees(layer, module, xs):
                return False
            outputs = self.flow.forward(layer, xs).outputs
        except (Refusal, KeyError, IndexError, TypeError):
            return False
        used = [node for node in group if node in self.live and any(user not in inside for user in node.users)]
        match: dict[fx.Node, int] = {}
        free = list(range(len(outputs)))
        for node in used:
            index = next((i for i in free if self.captures.gives(node, [outputs[i]])), None)
            if index is None:
                return False
            free.remove(index)
            match[node] = index
        names = [name for name, _ in module.named_parameters(remove_duplicate=False)]
        names += [name for name, _ in module.named_buffers(remove_duplicate=False)]
        whole = [f"{leaf.path}.{name}" for name in names]
        if any(self.canonical[name] != self.canonical.get(name, name) for name in whole) or not self.own(whole):
            return False
        first = self.add(layer, inputs, self.module_path(leaf, label, bool(whole), layer), leaf.path if whole else None)
        for node, index in match.items():
            self.values[node] = first + index
        return True

    def own(self, names: list[str]) -> bool:
        """Take tensors of the module for a layer; False where another has one of them."""
        for name in names:
            canonical = self.canonical[name]
            owner = self.owners.get(canonical)
            if owner is not None and owner != name:
                return False
            if owner is None and canonical != name and canonical.rpartition(".")[0] in self.leaf_paths():
                return False
            if any(key[0] == canonical for key in self.held):
                return False
        for name in names:
            self.owners[self.canonical[name]] = name
        return True

    def leaf_paths(self) -> set[str]:
        return set(self.modules)

    # Paths

    def label(self, node: fx.Node) -> str:
        """`tower:2` in a later call of a module with layers in it, else nothing."""
        if not self.fold_calls:
            return ""
        for frame in stack(node):
            module = self.modules.get(frame.path)
            if frame.call and module is not None and layer_class_of(module) is None and holds_parameters(module):
                return f"{frame.path}:{frame.call + 1}"
        return ""

    def placed(self, path: str, label: str) -> str:
        """A path, in a later call of a level."""
        head = label.partition(":")[0]
        if label and (path == head or path.startswith(f"{head}.")):
            return label + path[len(head) :]
        return path

    def module_path(self, leaf: Frame, label: str, weighted: bool, layer: Layer) -> str:
        """The path of a call of a module that is one layer."""
        path = self.placed(leaf.path, label)
        self.leaves.add(leaf.path)
        if not weighted and self.times_called(leaf.path) > 1:
            return self.unnamed(leaf.path.rpartition(".")[0], layer.stem, label)
        self.calls[path] += 1
        return path if self.calls[path] == 1 else f"{path}:{self.calls[path]}"

    def times_called(self, path: str) -> int:
        """How often a module is called in all, or in one call of the level that is called again."""
        return self.called.get(path, 1)

    @cached_property
    def called(self) -> dict[str, int]:
        """How often each module is called."""
        keys: dict[str, set[str]] = {}
        for node in self.nodes:
            label = self.label(node) if node.op == "call_function" else ""
            for frame in stack(node) if not label else ():
                keys.setdefault(frame.path, set()).add(frame.key)
        return {path: len(found) for path, found in keys.items()}

    def function_level(self, node: fx.Node) -> str:
        """The level in which a function is: that of the module that ran it."""
        frames = stack(node)
        path = frames[-1].path if frames else ""
        while path and (path in self.leaves or path in self.weighted or path in self.single):
            path = path.rpartition(".")[0]
        return path

    def holders(self) -> set[str]:
        """Modules that are not torch's own and hold the weights of one operator: a layer each."""
        found = set()
        for node in self.nodes:
            if not isinstance(node.target, torch._ops.OpOverload):
                continue
            if schema.base_name(node.target) not in WEIGHTED:
                continue
            args = schema.bound(node.target, node.args, node.kwargs)
            for name in TENSORS:
                held = self.owned(args.get(name))
                if held is not None and held[1].rpartition(".")[2] == name:
                    found.add(held[1].rpartition(".")[0])
        return {path for path in found if path and path in self.modules and not self.modules[path]._modules}

    def single_operators(self) -> set[str]:
        """Modules without parts or tensors that run one operator, once: a layer each."""
        ran: dict[str, set[fx.Node]] = {}
        for node in self.nodes:
            frames = stack(node) if node.op == "call_function" else []
            if frames and isinstance(node.target, torch._ops.OpOverload) and node in self.live:
                ran.setdefault(frames[-1].path, set()).add(node)
        found = set()
        for path, nodes in ran.items():
            module = self.modules.get(path)
            if not path or module is None or len(nodes) != 1:
                continue
            if not (module._modules or module._parameters or module._buffers):
                found.add(path)
        return found

    def function_path(self, node: fx.Node, stem: str, label: str) -> str:
        """The path of a function: that of a module that does nothing else, or the next free one in its level."""
        frames = stack(node)
        path = frames[-1].path if frames else ""
        if path in self.single and path not in self.leaves:
            self.leaves.add(path)
            return self.placed(path, label)
        return self.unnamed(self.function_level(node), stem, label)

    def unnamed(self, level: str, stem: str, label: str) -> str:
        """The next free name for a function in a level."""
        placed = self.placed(level, label)
        module = self.modules.get(level)
        taken: set[str] = set()
        if module is not None:
            taken = {*module._modules, *module._parameters, *module._buffers}
        if not level:
            taken |= {given.name for given in self.graph.inputs}
        return next_path(self.stems, placed, stem, taken)

    # Values

    def owned(self, node: Any) -> tuple[str, str] | None:
        """The kind and the name of a tensor that the module holds."""
        if not isinstance(node, fx.Node) or node.op not in ("placeholder", "get_attr"):
            return None
        found = self.captured.owned.get(node.name)
        if found is None and node.op == "get_attr":
            return ("constant", str(node.target))
        return found

    def belongs(self, node: fx.Node, path: str) -> bool:
        """Is it a tensor of the module at a path?"""
        found = self.owned(node)
        if found is None or found[0] == "constant":
            return found is not None
        tensor = self.tensors.get(found[1])
        module = self.modules[path]
        return any(tensor is t for t in (*module.parameters(), *module.buffers()))

    def is_constant(self, node: fx.Node) -> bool:
        return self.owned(node) is None and node.op == "get_attr"

    def value_of(self, node: Any, label: str) -> Any:
        """The value of an argument: a number in the graph, a list, or a plain one."""
        if not isinstance(node, fx.Node):
            return node
        if node in self.values:
            return self.values[node]
        found = self.owned(node)
        if found is None:
            raise Inexpressible(f"{node.name} has no value")
        return self.tensor_value(found, node, label)

    def tensor_value(self, found: tuple[str, str], node: fx.Node, label: str) -> int:
        """A tensor of the module as a value of the graph: a layer `parameter`, `buffer` or `constant`."""
        kind, name = found
        canonical = self.canonical.get(name, name)
        shape = self.captures.shape(node) or ()
        if (canonical, label) in self.held:
            return self.held[canonical, label]
        inside = self.placed(canonical, label) != canonical
        if kind != "constant" and canonical not in self.owners:
            self.open_levels(self.placed(canonical, label))  # which may be what asks for it
        if not inside and (canonical, "") in self.held:
            return self.held[canonical, ""]
        if kind == "constant":
            layer = layer_class("constant")(**typed(node, shape))
            value = self.add(layer, [], self.unnamed(self.node_level(node), "constant", label))
        elif canonical in self.owners:
            layer = layer_class("parameter")(**typed(node, shape), of=self.owners[canonical])
            path = self.unnamed(self.node_level(node), "parameter", label)
            value = self.add(layer, [], path, owner=self.owners[canonical])
        else:
            layer = layer_class(kind)(**typed(node, shape))
            path = self.placed(canonical, label)
            value = self.add(layer, [], path, canonical)
        self.held[canonical, label if inside else ""] = value
        return value

    def node_level(self, node: fx.Node) -> str:
        """The level of the first that reads a tensor."""
        users = [user for user in node.users if user.op == "call_function"]
        return self.function_level(users[0]) if users else ""

    def number_of(self, node: Any, label: str) -> int:
        """The value of an argument that has to be a tensor."""
        value = self.value_of(node, label)
        if isinstance(value, int) and not isinstance(value, bool) and isinstance(node, fx.Node):
            return value
        raise Inexpressible("a list where one value has to be")

    # Adding

    def add(
        self,
        layer: Layer,
        inputs: list[int],
        path: str,
        named: str | None = None,
        owner: str | None = None,
        way: str = "",
    ) -> int:
        """Add a layer; returns its first value. `named`: the path in the module that its tensors have."""
        self.open_levels(path)
        if owner is None:
            owner = self.assembly.graph.owner(path)
        node = self.assembly.add(layer, inputs, path, owner=owner, way=way)
        for value in node.values:
            shape = self.flow.shapes[value]
            assert shape is not None
            self.shapes[value] = self.captures.at(shape)[0]
        return node.first

    def open_levels(self, path: str) -> None:
        """Before the first layer of a level, the tensors of it that are read further in."""
        levels = [""]
        for part in path.split(".")[:-1]:
            levels.append(f"{levels[-1]}.{part}" if levels[-1] else part)
        for level in levels:
            for node in self.early.pop(level, ()):
                found = self.owned(node)
                assert found is not None
                canonical = self.canonical.get(found[1], found[1])
                if canonical not in self.owners and (canonical, "") not in self.held:
                    self.tensor_value(found, node, "")

    def used_early(self) -> dict[str, list[fx.Node]]:
        """Tensors that are values of the graph and are read in another level than their own, or not at all."""
        early: dict[str, list[fx.Node]] = {}
        for node in self.nodes:
            found = self.owned(node)
            if found is None or found[0] == "constant":
                continue
            level = self.canonical.get(found[1], found[1]).rpartition(".")[0]
            users = [user for user in node.users if user.op == "call_function" and user in self.live]
            if not users:
                early.setdefault(self.run_level(level), []).append(node)
                continue
            if any(self.is_weight(user, node) for user in users):
                continue
            if any((frames := stack(user)) and frames[-1].path != level for user in users):
                early.setdefault(level, []).append(node)
        return early

    def run_level(self, level: str) -> str:
        """The level, or the nearest one around it, in which something runs."""
        while level and level not in self.run_levels:
            level = level.rpartition(".")[0]
        return level

    @cached_property
    def run_levels(self) -> set[str]:
        """The paths of all modules in which something runs."""
        return {frame.path for node in self.live for frame in stack(node)}

    def is_weight(self, user: fx.Node, node: fx.Node) -> bool:
        """May a layer have the tensor as its own?"""
        if self.leaf_of(user) is not None:
            return True
        return isinstance(user.target, torch._ops.OpOverload) and schema.base_name(user.target) in WEIGHTED

    def add_unused(self) -> None:
        """Tensors of the module that nothing has read, which count all the same."""
        names: list[tuple[str, str]] = []
        for path, module in self.captured.module.named_modules():
            prefix = f"{path}." if path else ""
            names += [("parameter", prefix + name) for name, held in module._parameters.items() if held is not None]
            names += [("buffer", prefix + name) for name, held in module._buffers.items() if held is not None]
        done = {name for name, _ in self.held}
        for kind, name in names:
            canonical = self.canonical[name]
            if canonical in self.owners or canonical in done:
                continue
            tensor = self.tensors[name]
            values = with_dtype({"shape": tuple(tensor.shape)}, str(tensor.dtype).removeprefix("torch."))
            self.add(layer_class(kind)(**values), [], canonical, canonical)
            done.add(canonical)

    def frozen(self) -> set[str]:
        """The paths in the graph of the parameters of the module that ask for no gradients."""
        names = (name for name, held in self.captured.module.named_parameters() if not held.requires_grad)
        return {self.owners.get(name, name) for name in names}

    # Operators

    def operator(self, node: fx.Node) -> None:
        """One call of an operator."""
        from cnncalc.torch_bridge.importing.express import express

        express(self, node)


def holds_parameters(module: nn.Module) -> bool:
    return next(module.parameters(), None) is not None


def stack(node: fx.Node) -> list[Frame]:
    """The modules that were being called when a node ran, the outermost first."""
    found = []
    for key, (path, _) in (node.meta.get("nn_module_stack") or {}).items():
        match = re.search(r"@(\d+)$", key)
        found.append(Frame(path, int(match[1]) if match else 0, key))
    return found


def canonical_names(module: nn.Module) -> dict[str, str]:
    """Every name of a tensor of the module -> the first that it has."""
    first: dict[int, str] = {}
    found: dict[str, str] = {}
    for named in (module.named_parameters(remove_duplicate=False), module.named_buffers(remove_duplicate=False)):
        for name, tensor in named:
            found[name] = first.setdefault(id(tensor), name)
    return found


def live_nodes(nodes: list[fx.Node]) -> set[fx.Node]:
    """The nodes that something depends on: an output, a write, or a product, which costs what it costs."""
    live: set[fx.Node] = set()
    for node in reversed(nodes):
        known = isinstance(node.target, torch._ops.OpOverload)
        kept = known and (schema.in_place(node.target) or counts_unread(schema.base_name(node.target)))
        if node.op == "output" or kept or any(user in live for user in node.users):
            live.add(node)
    return live


def dtype_of(node: fx.Node) -> str:
    value = node.meta.get("val")
    return str(value.dtype).removeprefix("torch.") if isinstance(value, torch.Tensor) else "float32"


def typed(node: fx.Node, shape: tuple[Dim, ...]) -> dict[str, Value]:
    """A shape, with the type of the node's value."""
    return with_dtype({"shape": tuple(shape)}, dtype_of(node))


def with_dtype(values: dict[str, Value], dtype: str) -> dict[str, Value]:
    """The arguments with a type that is not the usual one."""
    return values if dtype == "float32" else {**values, "dtype": dtype}
