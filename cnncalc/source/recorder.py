"""What a module's forward does, as layers of a graph at the paths of the modules that run."""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Callable, Sequence
from types import FrameType
from typing import Any

from cnncalc.diagnostics import Source, Span
from cnncalc.flow import Assembly
from cnncalc.graph import NOWHERE, Node, Place, next_path
from cnncalc.layers import Layer
from cnncalc.layers.kinds import Value
from cnncalc.layers.layer import WAYS
from cnncalc.layers.registry import layer_class
from cnncalc.layers.shapes import Shape
from cnncalc.layers.site import Finding, Refusal
from cnncalc.named_tuples import NamedTuple
from cnncalc.operators.call import Holder
from cnncalc.operators.ways import kept, of_tensor
from cnncalc.source.errors import ShapeError, is_ours
from cnncalc.source.layout import Laid


class Frame(NamedTuple):
    """A call of a module that is under way."""

    module: Any
    path: str
    call: int  # how often it has been called before


class Files:
    """The texts of the user's files."""

    def __init__(self) -> None:
        self.sources: dict[str, Source | None] = {}
        self.is_shown: Callable[[str], bool] = lambda file: True
        self.name: Callable[[str], str] = lambda file: file

    def source(self, file: str) -> Source | None:
        if file not in self.sources:
            text = None
            if self.is_shown(file):
                try:
                    with open(file, encoding="utf-8") as opened:
                        text = opened.read()
                except (OSError, ValueError):
                    text = None
            self.sources[file] = None if text is None else Source(self.name(file), text)
        return self.sources[file]

    def line(self, file: str, number: int) -> Span | None:
        """A line without the spaces around it."""
        source = self.source(file)
        return None if source is None else source.code(number)


class Recorder:
    """A graph that grows while a module runs."""

    def __init__(self, root: Any, files: Files, fold_calls: bool = True) -> None:
        self.root = root
        self.files = files
        self.fold_calls = fold_calls
        self.assembly = Assembly()
        self.graph, self.flow = self.assembly.graph, self.assembly.flow
        self.frames: list[Frame] = []
        self.paths: dict[int, str] = {}  # a module -> its path
        self.modules: dict[str, Any] = {}
        for path, module in root.named_modules(remove_duplicate=False):
            self.paths.setdefault(id(module), path)
            self.modules[path] = module
        self.tensors: dict[str, Any] = {}
        self.canonical: dict[str, str] = {}
        self.named: dict[int, tuple[str, str]] = {}  # a tensor -> its kind and first name
        for kind, every in (
            ("parameter", root.named_parameters(remove_duplicate=False)),
            ("buffer", root.named_buffers(remove_duplicate=False)),
        ):
            for name, tensor in every:
                self.tensors[name] = tensor
                self.canonical[name] = self.named.setdefault(id(tensor), (kind, name))[1]
        self.calls: Counter[int] = Counter()
        self.count: Counter[str] = Counter()
        self.stems: Counter[tuple[str, str]] = Counter()
        self.free: dict[str, tuple[str, str, set[str]]] = {}  # a path that was free -> its level, stem, and names there
        self.again: set[str] = set()  # modules without tensors that are called more than once
        self.owners: dict[str, str] = {}  # a tensor -> its name in the layer that has it
        self.held: dict[tuple[str, str], int] = {}
        self.constants: dict[int, tuple[Any, int]] = {}
        self.given: dict[int, tuple[Any, Node]] = {}  # the inputs of a call that no input of the network has a part in
        self.final: dict[int, int] = {}  # the first value of a layer -> its place in the arranged graph
        self.strangers: dict[int, Any] = {}  # modules that run and are no part of the network
        self.holding = {
            path
            for path, module in self.modules.items()
            if path and not module._modules and (module._parameters or module._buffers)
        }
        self.composite = {
            path: next(module.parameters(), None) is not None and not hasattr(type(module), "_layer")
            for path, module in self.modules.items()
        }

    # Where

    def enter(self, module: Any) -> bool:
        """A module starts to run. False for one that is no part of the network."""
        path = self.paths.get(id(module))
        if path is None:
            self.strangers.setdefault(id(module), module)
            return False
        self.frames.append(Frame(module, path, self.calls[id(module)]))
        self.calls[id(module)] += 1
        return True

    @property
    def label(self) -> str:
        """`tower:2` in a later call of a module with layers in it, else nothing."""
        if self.fold_calls:
            for frame in self.frames:
                if frame.call and self.composite[frame.path] and frame.path:
                    return f"{frame.path}:{frame.call + 1}"
        return ""

    def placed(self, path: str) -> str:
        """A path, in a later call of a level."""
        label = self.label
        head = label.rpartition(":")[0]
        if label and (path == head or path.startswith(f"{head}.")):
            return label + path[len(head) :]
        return path

    def level(self) -> str:
        """The level in which a function is: that of the module that runs it."""
        path = self.frames[-1].path if self.frames else ""
        while path and path in self.holding:
            path = path.rpartition(".")[0]
        return path

    def unnamed(self, level: str, stem: str) -> str:
        """The next free name for a function in a level."""
        placed = self.placed(level)
        module = self.modules.get(level)
        taken: set[str] = {*module._modules, *module._parameters, *module._buffers} if module is not None else set()
        if not level:
            taken |= {given.name for given in self.graph.inputs}
        path = next_path(self.stems, placed, stem, taken)
        self.free[path] = (placed, stem, taken)
        return path

    def function_path(self, stem: str) -> str:
        """The path of a function."""
        return self.unnamed(self.level(), stem)

    def place(self, frame: FrameType | None) -> Place:
        """The line of the user's that a frame runs."""
        span = None if frame is None else self.files.line(frame.f_code.co_filename, frame.f_lineno)
        return NOWHERE if span is None else Place(span)

    # Values

    def value(self, tensor: Any) -> int:
        """The number in the graph of a tensor: one that has been worked out, a parameter, or a constant."""
        if tensor._node is not None and tensor._node[0] is self:
            return tensor._node[1]  # type: ignore[no-any-return]
        tensor = tensor if tensor._of is None else tensor._of
        found = self.named.get(id(tensor))
        if found is None:
            kept = self.constants.get(id(tensor))
            if kept is None or kept[0] is not tensor:
                kept = (tensor, self.made(tensor) if self.is_made(tensor) else self.constant(tensor))
                self.constants[id(tensor)] = kept
            return kept[1]
        kind, canonical = found
        label = self.label if self.placed(canonical) != canonical else ""
        for key in ((canonical, label), (canonical, "")):
            if key in self.held:
                return self.held[key]
        if canonical in self.owners:
            owner = self.owners[canonical]
            layer = layer_class("parameter")(**typed(tensor), of=owner)
            node = self.add(layer, [], self.unnamed(self.level(), "parameter"), owner=owner)
        else:
            node = self.add(layer_class(kind)(**typed(tensor)), [], canonical)
            label = ""
        self.held[canonical, label] = node.first
        return node.first

    def constant(self, tensor: Any) -> int:
        """A tensor that depends on no input, as it is."""
        return self.add(layer_class("constant")(**typed(tensor)), [], self.unnamed(self.level(), "constant")).first

    def is_made(self, tensor: Any, depth: int = 0) -> bool:
        """Has `forward` made a tensor, of others that it has made, by layers alone?"""
        tensor = tensor if tensor._of is None else tensor._of
        if tensor._memory[0] or depth > DEEPEST or id(tensor) in self.named:
            return False
        if tensor._source is not None:
            return True
        made = tensor._made
        return isinstance(made, Laid) and bool(made.inputs) and all(self.is_made(one, depth + 1) for one in made.inputs)

    def made(self, tensor: Any) -> int:
        """The layers that give a tensor which `forward` has made."""
        if tensor._source is not None:
            return self.add(tensor._source, [], self.unnamed(self.level(), tensor._source.stem)).first
        made = tensor._made
        if id(made.inputs) not in self.given:
            inputs = [self.value(one) for one in made.inputs]
            node = self.add(made.layer, inputs, self.unnamed(self.level(), made.layer.stem))
            self.given[id(made.inputs)] = (made.inputs, node)
        return int(self.given[id(made.inputs)][1].values[made.place])

    def holder(self, given: dict[str, Any]) -> Holder | None:
        """The module whose own these tensors are."""
        names = {key: self.named.get(id(tensor), ("", ""))[1] for key, tensor in given.items()}
        prefixes = {name.rpartition(".")[0] for name in names.values()}
        path = next(iter(prefixes)) if len(prefixes) == 1 else ""
        module = self.modules.get(path)
        whole = all(name == f"{path}.{key}" for key, name in names.items())
        if not path or not whole or module is None or module._modules:
            return None
        return Holder(module, path, self.names_of(path))

    def names_of(self, path: str) -> tuple[str, ...]:
        """The tensors of a module and of those within."""
        prefix = f"{path}." if path else ""
        return tuple(name for name in self.tensors if name.startswith(prefix))

    def own(self, names: Sequence[str]) -> bool:
        """Take tensors for a layer; False where another has one of them."""
        for name in names:
            canonical = self.canonical[name]
            owner = self.owners.get(canonical)
            if owner is not None and owner != name:
                return False
            if owner is None and canonical != name:
                return False
            if any(key[0] == canonical for key in self.held):
                return False
        for name in names:
            self.owners[self.canonical[name]] = name
        return True

    # Adding

    def add(self, layer: Layer, inputs: Sequence[int], path: str, owner: str | None = None, module: Any = None) -> Node:
        """Add a layer. Raises ShapeError."""
        frame, entry = called_by()
        try:
            return self.assembly.add(
                layer,
                inputs,
                path,
                owner=self.graph.owner(path) if owner is None else owner,
                place=self.place(frame),
                way=kept(layer, way(layer, module, entry)),
            )
        except Refusal as refusal:
            raise ShapeError(self.explained(refusal.finding, layer, inputs), module) from None

    def explained(self, finding: Finding, layer: Layer, inputs: Sequence[int]) -> Finding:
        """A finding with notes on where the sizes come from, and what would work."""
        from cnncalc.source.advice import advice

        node = Node("", layer, tuple(inputs), 0, 1, "", NOWHERE)
        xs = self.flow.inputs(inputs) or ()
        known = self.flow.explained(node, finding, xs)
        return finding._replace(notes=known.notes, hint=advice(layer, finding, xs, known.hint))

    def add_owned(self, layer: Layer, inputs: Sequence[int], holder: Holder) -> Node | None:
        """A layer that has the tensors of a module as its own; None where another has one of them."""
        if not self.own(holder.tensors):
            return None
        placed = self.placed(holder.path)
        self.count[placed] += 1
        count = self.count[placed]
        return self.add(layer, inputs, placed if count == 1 else f"{placed}:{count}", module=holder.module)

    def add_plain(self, layer: Layer, inputs: Sequence[int], module: Any) -> Node:
        """A module without tensors that is one layer."""
        path = self.paths.get(id(module))
        if path is None or not path:
            return self.add(layer, inputs, self.function_path(layer.stem), module=module)
        placed = self.placed(path)
        self.count[placed] += 1
        if self.count[placed] > 1:
            level = path.rpartition(".")[0]
            self.again.add(placed)
            return self.add(layer, inputs, self.unnamed(level, layer.stem), module=module)
        return self.add(layer, inputs, placed, module=module)

    def add_unused(self) -> None:
        """Tensors of the module that nothing has read, which count all the same."""
        done = {name for name, _ in self.held}
        for name, tensor in self.tensors.items():
            canonical = self.canonical[name]
            if canonical not in self.owners and canonical not in done:
                kind = self.named[id(tensor)][0]
                self.add(layer_class(kind)(**typed(tensor)), [], canonical)
                done.add(canonical)


def called_by() -> tuple[FrameType | None, FrameType | None]:
    """The frame of the user's code that runs, and that of the stand-in which it has called."""
    frame, entry = sys._getframe(1), None
    while frame is not None and is_ours(frame):
        frame, entry = frame.f_back, frame  # type: ignore[assignment]
    return frame, entry


def way(layer: Layer, module: Any, entry: FrameType | None) -> str:
    """How the user's code calls a layer, one of `WAYS`: by the module that is called, or the frame of the stand-in."""
    known = getattr(type(module), "_layer", None)
    if known is not None and known[1].torch == layer.torch:
        return "module" if known[0] is type(module) else "derived"
    part = "" if entry is None else entry.f_globals["__name__"]
    if part in ("cnncalc.source.tensor", "cnncalc.source.methods"):
        return of_tensor(layer)
    name = "" if entry is None else entry.f_code.co_name
    return name if part == "cnncalc.source.names" and name in WAYS else layer.usual_way


def typed(tensor: Any) -> dict[str, Value]:
    """The shape of a tensor, with its type where that is not the usual one."""
    shape: Shape = tuple(tensor._shape)
    name = tensor.dtype.name
    return {"shape": shape} if name == "float32" else {"shape": shape, "dtype": name}


DEEPEST = 50
"""Layers one after the other that a tensor is made by which no input has a part in."""

_recording: list[Recorder] = []


def recorder() -> Recorder | None:
    """The graph that grows just now."""
    return _recording[-1] if _recording else None
