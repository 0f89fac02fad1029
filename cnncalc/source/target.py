"""Which model a name means: `FILE.py:NAME`, `MODULE:NAME`, dots for what is inside, or a file's only model."""

from __future__ import annotations

import json
import os
import re
import tokenize
from ast import literal_eval
from collections.abc import Mapping
from types import ModuleType
from typing import Any

from cnncalc.diagnostics import CnncalcError, Diagnostic, Source, Span, UsageError, listed, nearest
from cnncalc.language.read.given import set_value
from cnncalc.language.run.scope import is_open_name
from cnncalc.language.text.limits import Limits
from cnncalc.layers.kinds import List, Value, Word, is_fraction
from cnncalc.named_tuples import NamedTuple
from cnncalc.parameters import check_arguments, needed
from cnncalc.source import load
from cnncalc.source.absent import Absent
from cnncalc.source.failures import of_flax
from cnncalc.source.module import Module
from cnncalc.source.sizes import shown
from cnncalc.symbolic.expr import Expr, symbol

_TARGET = re.compile(r"(?P<module>[^:\n]+\.py|[^\W\d]\w*(?:\.[^\W\d]\w*)*):(?P<name>[^\W\d]\w*(?:\.\w+)*)")


class Target(NamedTuple):
    """What a spec names."""

    spec: str
    module: str  # a file, or the name of a module of Python
    name: str  # with dots; empty for the only model of a file
    path: str  # of the file, from the root; empty for a module of Python

    @property
    def is_file(self) -> bool:
        return bool(self.path)

    @property
    def folders(self) -> list[str]:
        """Where its file is."""
        return [os.path.dirname(self.path)] if self.is_file else []


def parsed(spec: str) -> Target | None:
    """The target that a spec is; None for one of another kind."""
    match = _TARGET.fullmatch(spec)
    if match is not None and not spec.startswith("zoo:"):
        module = match["module"]
        return Target(spec, module, match["name"], os.path.abspath(module) if module.endswith(".py") else "")
    if spec.endswith(".py") and "\n" not in spec and "->" not in spec and "(" not in spec:
        return Target(spec, spec, "", os.path.abspath(spec))
    return None


def no_input(spec: str, target: Target | None) -> CnncalcError:
    """The error for a model of which nothing says what comes in."""
    comment = "`# cnncalc: input 3x224x224`"
    commented = target is not None and target.is_file and "." not in target.name
    hint = f"-i 3x224x224, or {comment} in {os.path.basename(target.module)}" if target and commented else None
    message = f"nothing says what comes into {spec}"
    return CnncalcError(Diagnostic("no-input", message, hint=hint or "-i 3x224x224"))


def kwargs_of(text: str) -> dict[str, Any]:
    """The arguments of --kwargs: JSON, or a dictionary as Python writes it, which has tuples. Raises UsageError."""
    hint = """--kwargs '{"num_classes": 10}'"""
    try:
        value = json.loads(text)
    except json.JSONDecodeError as error:
        try:
            value = literal_eval(text)
        except (ValueError, SyntaxError, MemoryError, RecursionError):
            message = f"--kwargs is no JSON: {error.msg.lower()} at column {error.colno}"
            raise UsageError(Diagnostic("bad-kwargs", message, hint=hint)) from None
    if not isinstance(value, dict) or not all(isinstance(name, str) for name in value):
        raise UsageError(Diagnostic("bad-kwargs", f"--kwargs is a JSON object, not {text}", hint=hint))
    return value


def set_values(settings: Mapping[str, str], limits: Limits) -> dict[str, Any]:
    """What --set gives, as Python has it."""
    return {name: python(set_value(Source("--set", f"{name}={text}"), limits)) for name, text in settings.items()}


def python(value: Value) -> Any:
    """A written value as Python has it; a capital letter is an open size."""
    if isinstance(value, Word):
        if value == "None":
            return None
        return shown(symbol(str(value))) if is_open_name(str(value)) else str(value)
    if is_fraction(value):
        return float(value)
    if isinstance(value, tuple):
        return (list if isinstance(value, List) else tuple)([python(item) for item in value])
    return shown(value) if isinstance(value, Expr) else value


def loaded(target: Target) -> ModuleType:
    """The module of a target. What fails after the name that is asked for is passed over."""
    if not target.is_file:
        return module_of(target.module)
    check_file(target.module)
    module, failure = load.load_file(target.path)
    if failure is not None and not has(module, target.name.partition(".")[0]):
        raise failure
    return module


def check_file(name: str) -> None:
    """Raises CnncalcError if there is no such file, with the name of one beside it that is meant."""
    path = os.path.abspath(name)
    if os.path.isfile(path):
        return
    folder = os.path.dirname(path)
    near = nearest(os.path.basename(path), os.listdir(folder) if os.path.isdir(folder) else [])
    hint = f"did you mean {os.path.join(os.path.dirname(name), near[0])}?" if near else None
    raise CnncalcError(Diagnostic("missing-file", f"there is no file {name}", hint=hint))


def has(module: ModuleType, name: str) -> bool:
    """Does a file have what is asked of it? Without a name, any model."""
    if name:
        return name in vars(module) and not isinstance(vars(module)[name], Absent)
    return any(isinstance(v, Module) or (isinstance(v, type) and issubclass(v, Module)) for v in vars(module).values())


def module_of(name: str) -> ModuleType:
    """A module of Python. Raises CnncalcError where there is none, and what it raises."""
    try:
        return load.load_module(name)
    except ModuleNotFoundError as error:
        missing = error.name
        if missing is None or not (name == missing or name.startswith(f"{missing}.")):
            raise
        around, _, last = missing.rpartition(".")
        folders = load.load_module(around).__path__ if around else [os.getcwd()]
        beside = [entry.removesuffix(".py") for folder in folders for entry in os.listdir(folder)]
        near = nearest(last, [entry for entry in beside if entry.isidentifier()])
        hint = f"did you mean {near[0]}?" if near else "it is looked for in this folder and among what is installed"
        raise CnncalcError(Diagnostic("missing-module", f"there is no Python module {missing}", hint=hint)) from error


def chosen(target: Target, module: ModuleType, takes: Mapping[str, Any], base: type[Any] = Module) -> tuple[str, Any]:
    """What a file's only model is called, and it. Raises CnncalcError with the list of what could be meant.

    A model is an object of the class `base`, or a class that inherits from it.
    """
    own = {
        name: value
        for name, value in vars(module).items()
        if (isinstance(value, type) and issubclass(value, base) and value.__module__ == module.__name__)
        or isinstance(value, base)
    }
    classes = {n: v for n, v in own.items() if isinstance(v, type)}
    used = inner_classes(module, classes)
    outer = {n: v for n, v in classes.items() if n not in used}
    free = {n: v for n, v in outer.items() if not needed(v, takes)}
    instances = {n: v for n, v in own.items() if isinstance(v, base)}
    for found in (instances, free, outer, classes):
        if len(found) == 1:
            return next(iter(found.items()))
    names = list(own)
    if not names:
        flax = any(issubclass(type(v), ModuleType) and v.__name__ == "flax.linen" for v in vars(module).values())
        message, hint = f"{target.spec} defines no torch.nn.Module", of_flax(target.spec) if flax else None
        raise CnncalcError(Diagnostic("no-model", message, hint=hint))
    message = f"{target.spec} has {len(names)} models, and does not say which is meant"
    raise UsageError(
        Diagnostic("which-model", message, hint=f"write {listed([f'{target.spec}:{n}' for n in names[:8]], 'or')}")
    )


def inner_classes(module: ModuleType, classes: Mapping[str, type]) -> set[str]:
    """Classes that others of the file are made of."""
    found = set()
    for name, kind in classes.items():
        for base in kind.__mro__[1:]:
            found |= {n for n, v in classes.items() if v is base}
        for function in vars(kind).values():
            code = getattr(function, "__code__", None)
            stack = [code] if code is not None else []
            while stack:
                inner = stack.pop()
                found |= {n for n in inner.co_names if n in classes and n != name}
                stack += [c for c in inner.co_consts if hasattr(c, "co_names")]
    return found


def attribute(target: Target, module: ModuleType) -> tuple[Any, list[str]]:
    """What a target names, and the path within what has to be made first. Raises CnncalcError."""
    found: Any = module
    path = target.module
    names = target.name.split(".")
    for i, name in enumerate(names):
        if isinstance(found, type) and issubclass(found, Module) and name not in vars(found):
            return found, names[i:]
        if callable(found) and not isinstance(found, type | Module | ModuleType):
            return found, names[i:]
        if isinstance(found, Module):
            return found, names[i:]
        if not hasattr(found, name):
            near = nearest(name, [other for other in dir(found) if not other.startswith("_")])
            own = [n for n, v in vars(module).items() if isinstance(v, type) and issubclass(v, Module)]
            own = [n for n in own if getattr(module, n).__module__ == module.__name__]
            hint = f"did you mean {near[0]}?" if near else f"it has {listed(own[:8])}" if own else None
            raise CnncalcError(Diagnostic("missing-attribute", f"{path} has no {name}", hint=hint))
        found = getattr(found, name)
        path = f"{path}:{name}" if i == 0 else f"{path}.{name}"
    return found, []


def built(target: Target, found: Any, given: dict[str, Any]) -> Any:
    """The module that a class or function gives. Raises CnncalcError, and what the user's code raises."""
    if isinstance(found, Module):
        if given:
            message = f"{target.spec} is a module already, and takes no {listed(list(given))}"
            raise UsageError(Diagnostic("bad-target", message, hint="name its class, or a function that returns it"))
        return found
    if not callable(found):
        kind = "a module of Python" if isinstance(found, ModuleType) else f"a value of the type {type(found).__name__}"
        message = f"{target.spec} is {kind}, and no torch.nn.Module, class or function that gives one"
        raise CnncalcError(Diagnostic("not-a-module", message))
    check_arguments(target.spec, found, given, lambda names: f"--set {' --set '.join(f'{n}=...' for n in names)}")
    result = found(**given)
    if not isinstance(result, Module):
        message = f"{target.spec} gives a value of the type {type(result).__name__}, and no torch.nn.Module"
        raise CnncalcError(Diagnostic("not-a-module", message))
    return result


def within(path: str, module: Any, names: list[str]) -> Any:
    """A module inside of the one that `path` names. Raises CnncalcError."""
    for name in names:
        inner = module._modules.get(name)
        if inner is None:
            near = nearest(name, list(module._modules))
            hint = f"did you mean {near[0]}?" if near else f"it has {listed(list(module._modules)[:8])}"
            message = f"{path} has no module {name}"
            raise CnncalcError(Diagnostic("missing-attribute", message, hint=hint if module._modules else None))
        module, path = inner, f"{path}.{name}"
    return module


_COMMENT = re.compile(r"^[ \t]*#\s*cnncalc:\s*input\s+(?P<shapes>\S.*?)\s*$", re.MULTILINE)


def written_in(target: Target) -> list[tuple[str, Span]]:
    """The shapes that a comment in the file of a target gives, if it is no module inside of another."""
    if "." in target.name or not os.path.isfile(target.path):
        return []
    with tokenize.open(target.path) as file:
        return written_inputs(Source(target.module, file.read()), target.name)


def written_inputs(source: Source | None, name: str) -> list[tuple[str, Span]]:
    """The shapes of a comment `# cnncalc: input 3x32x32`: on the class, else the file's."""
    if source is None:
        return []
    found = list(_COMMENT.finditer(source.text))
    if not found:
        return []
    start = re.search(rf"(?m)^(?:class|def)\s+{re.escape(name.partition('.')[0])}\b", source.text) if name else None
    chosen = None
    if start is not None:
        end = re.search(r"(?m)^\S", source.text[start.end() :].partition("\n")[2])
        stop = len(source.text) if end is None else source.text.index("\n", start.end()) + 1 + end.start()
        inside = [one for one in found if start.start() <= one.start() < stop]
        above = [one for one in found if not source.text[one.end() : start.start()].strip("\n \t")]
        chosen = (inside or above or [None])[0]  # type: ignore[list-item]
    chosen = chosen or next((one for one in found if not source.text[one.start()].isspace()), found[0])
    at = chosen.start("shapes")
    return [
        (text[0], Span(source, at + text.start(), at + text.end()))
        for text in re.finditer(r"[^\s,]+(?:,\s*)?", chosen["shapes"])
        if text[0].strip(", ")
    ]
