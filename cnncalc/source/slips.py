"""What is likely to be meant where the user's code has no such name, or gives what cannot be taken: hints for mistakes
of Python. Loaded on the way to an error alone."""

from __future__ import annotations

import ast
import inspect
import re
import sys
from types import FrameType, TracebackType
from typing import Any

from cnncalc.diagnostics import listed, nearest
from cnncalc.source import places
from cnncalc.source.asserted import outputs, value_of
from cnncalc.source.containers import ModuleDict, ModuleList
from cnncalc.source.dtypes import Size
from cnncalc.source.errors import NoModule, NotCalled, NoTensor, is_ours
from cnncalc.source.module import Module
from cnncalc.source.recorder import Files
from cnncalc.source.tensor import Tensor

MOST_NAMED = 8
"""Parts of a module that a hint names."""


def hint_for(error: BaseException, files: Files) -> str | None:
    """What is likely to be meant."""
    if isinstance(error, NoTensor):
        return error.hint or in_place_of_tensor(error.given)
    if isinstance(error, NoModule):
        return not_a_module(error.given)
    if isinstance(error, NotCalled):
        return not_run(error.given)
    frame = last_frame(error.__traceback__, files)
    if isinstance(error, AttributeError):
        given, name = getattr(error, "obj", None), getattr(error, "name", None)
        if isinstance(given, tuple) and type(given) is not Size:
            return outputs(given)
        if isinstance(given, Module) and isinstance(name, str):
            return of_module(given, name, files)
        if isinstance(given, Tensor) and isinstance(name, str):
            meant = places.elsewhere("torch.Tensor", name)
            return None if meant is None else f"did you mean {meant}?"
    if type(error) is NameError and frame is not None:
        return of_name(str(error.name), frame)
    if isinstance(error, KeyError) and frame is not None:
        return of_key(error, frame, files)
    if isinstance(error, ValueError) and "to unpack" in str(error) and frame is not None:
        return of_state(frame, files)
    text = str(error)
    if isinstance(error, TypeError) and (found := UNEXPECTED.fullmatch(text)):
        return of_argument(*found.groups())
    return next((hint for kind, said, hint in SAID if isinstance(error, kind) and re.match(said, text)), None)


UNEXPECTED = re.compile(r"(\w+)\.__init__\(\) got an unexpected keyword argument '(\w+)'")

SAID = (
    (TypeError, "'float' object cannot be interpreted as an integer", "// divides without a fraction"),
    (
        TypeError,
        r"unsupported operand type\(s\).*'tuple'",
        "`y, _ = ...` takes the first alone of a layer that gives several",
    ),
    (
        TypeError,
        "'list' object is not callable$",
        "nn.Sequential(*layers) can be called, or a loop calls each layer: `for layer in layers: x = layer(x)`",
    ),
    (TypeError, r"super\(type, obj\): ", "`super().__init__()` needs no class between its brackets"),
    (TypeError, "'Size' object is not callable$", "x.shape[0] and x.size(0) are a size"),
    (
        TypeError,
        "'method' object is not subscriptable$",
        "a method is called, as in x.size(0); x.shape[0] is a size too",
    ),
    (TypeError, "cannot assign 'Tensor' object to parameter", "nn.Parameter(...) makes a parameter of it"),
)
"""What is meant, by the kind of an error and how it begins."""


def of_argument(name: str, given: str) -> str | None:
    """An argument that a layer of torch's does not have: one with a slip, or a part of its name."""
    from cnncalc.layers import find

    if name == "Sequential":
        return "nn.Sequential(OrderedDict(name=layer, ...)) names its layers"
    found = find(f"nn.{name}")
    own = [] if found is None else [*found.family.layer.arguments]
    meant = [one for one in own if given in one.split("_")] or nearest(given, own)
    return f"did you mean {meant[0]}=?" if len(meant) == 1 else None


def of_key(error: KeyError, frame: FrameType, files: Files) -> str | None:
    """A name that a ModuleDict does not have."""
    node = statement(frame, files)
    names = {**frame.f_globals, **frame.f_locals}
    for inner in ast.walk(node) if node is not None else ():
        held = value_of(inner.value, names) if isinstance(inner, ast.Subscript) else None
        if isinstance(held, ModuleDict) and error.args[0] not in held._modules and held._modules:
            keys = list(held._modules)
            near = nearest(str(error.args[0]), keys)
            return f"did you mean {near[0]!r}?" if near else f"it has {listed(keys[:MOST_NAMED])}"
    return None


def of_state(frame: FrameType, files: Files) -> str | None:
    """The state of an RNN or a GRU, taken for the two of an LSTM."""
    node = statement(frame, files)
    call = node.value if isinstance(node, ast.Assign) else None
    if not isinstance(call, ast.Call):
        return None
    layer = value_of(call.func, {**frame.f_globals, **frame.f_locals})
    name = type(layer).__name__
    return f"a {name} has one state: `out, h = ...`" if name in ("RNN", "GRU") else None


def notes_for(error: BaseException, files: Files) -> list[str]:
    """What else there is to say."""
    frame = last_frame(error.__traceback__, files)
    if type(error) is not ValueError or "to unpack" not in str(error) or frame is None:
        return []
    node = statement(frame, files)
    asked = node.value if isinstance(node, ast.Assign) else None
    call = asked.func if isinstance(asked, ast.Call) and not asked.args else asked
    if not isinstance(call, ast.Attribute) or call.attr != ("shape" if call is asked else "size"):
        return []
    found = value_of(call.value, {**frame.f_globals, **frame.f_locals})
    if not isinstance(found, Tensor):
        return []
    sizes = ", ".join(map(str, found.shape))
    return [f"`{ast.unparse(call.value)}` has {len(found._shape)} sizes here: {sizes}"]


def last_frame(trace: TracebackType | None, files: Files) -> FrameType | None:
    """The innermost frame that is in a file of the user's."""
    found = None
    while trace is not None:
        if not is_ours(trace.tb_frame) and files.source(trace.tb_frame.f_code.co_filename) is not None:
            found = trace.tb_frame
        trace = trace.tb_next
    return found


def statement(frame: FrameType, files: Files) -> ast.stmt | None:
    """The statement that a frame runs."""
    source = files.source(frame.f_code.co_filename)
    if source is None:
        return None
    found = None
    for node in ast.walk(ast.parse(source.text)):
        if isinstance(node, ast.stmt) and node.lineno <= frame.f_lineno <= (node.end_lineno or node.lineno):
            found = node if found is None or node.lineno >= found.lineno else found
    return found


def of_module(module: Module, name: str, files: Files) -> str | None:
    """An attribute that a module does not have: a slip, a name that __init__ has kept for itself, or no __init__."""
    own = {**module._modules, **module._parameters, **module._buffers}
    methods = [one for one in dir(type(module)) if not one.startswith("_") and not hasattr(Module, one)]
    near = nearest(name, [*own, *(one for one in module.__dict__ if not one.startswith("_")), *methods])
    if near:
        return f"did you mean self.{near[0]}?"
    if hasattr(Module, name):
        return None
    kept = kept_by_init(type(module), name, files)
    if kept:
        return kept
    inner = [one for one, value in module._modules.items() if value is not None]
    if 0 < len(inner) <= MOST_NAMED:
        return f"{type(module).__name__} has {listed(inner)}"
    return None


def kept_by_init(cls: type, name: str, files: Files) -> str | None:
    """`fc = ...` in __init__, where `self.fc = ...` is meant; or an __init__ of another name."""
    for function in vars(cls).values():
        if not inspect.isfunction(function):
            continue
        source = files.source(function.__code__.co_filename)
        if source is None:
            continue
        tree = ast.parse(source.text)
        first = function.__code__.co_firstlineno
        found = next((n for n in ast.walk(tree) if isinstance(n, ast.FunctionDef) and starts(n) == first), None)
        if found is None:
            continue
        if found.name != "__init__" and "__init__" not in vars(cls) and nearest(found.name, ["__init__"]):
            return f"the method {found.name} in line {found.lineno} does not run by itself: __init__ does"
        for node in ast.walk(found):
            targets = node.targets if isinstance(node, ast.Assign) else []
            if found.name == "__init__" and any(isinstance(t, ast.Name) and t.id == name for t in targets):
                return f"line {node.lineno} keeps `{name}` within __init__: write self.{name} = ..."  # type: ignore[attr-defined]
    return None


def starts(node: ast.FunctionDef) -> int:
    return min([node.lineno, *(one.lineno for one in node.decorator_list)])


def of_name(name: str, frame: FrameType) -> str | None:
    """A name that is not defined: one of the module's, or a slip."""
    own = frame.f_locals.get("self")
    if isinstance(own, Module) and name in {**own._modules, **own._parameters, **own._buffers, **own.__dict__}:
        return f"write self.{name}"
    near = nearest(name, [one for one in (*frame.f_locals, *frame.f_globals) if not one.startswith("_")])
    return f"did you mean {near[0]}?" if near else None


def in_place_of_tensor(value: Any) -> str | None:
    """A layer is called with what is no tensor."""
    if value is None:
        return "what gives it ends without a `return`"
    if isinstance(value, tuple | list):
        return outputs(tuple(value)) if value else None
    if isinstance(value, Module):
        return "layers are called with tensors: is a comma missing before it?"
    return None


def not_a_module(value: Any) -> str | None:
    """A container is given what is no module."""
    if isinstance(value, list | tuple):
        return "nn.Sequential(*[...]) takes the layers of a list"
    if isinstance(value, type) and issubclass(value, Module):
        return f"nn.{value.__name__}() makes a layer of the class"
    if callable(value):
        from cnncalc.operators.names import layer_for

        cls = layer_for(getattr(value, "__name__", ""))
        return f"nn.{cls.torch}() is the layer of the function" if cls is not None and cls.torch else None
    return None


def not_run(module: object) -> str | None:
    """A container is called that only holds modules."""
    if isinstance(module, ModuleList):
        return "a ModuleList holds layers: nn.Sequential runs them, or `for layer in ...: x = layer(x)` does"
    if isinstance(module, ModuleDict):
        return "a ModuleDict holds layers, and one of them is called: layers[name](x)"
    return None


def of_method(module: Module, method: str) -> str | None:
    """A method that takes no argument for the module itself."""
    function = getattr(type(module), method, None)
    names = list(inspect.signature(function).parameters) if inspect.isfunction(function) else []
    if not names or names[0] in ("self", "cls") or sys.modules.get(function.__module__) is None:
        return None
    return f"the first argument of a method is the module: def {method}(self, {', '.join(names)})"
