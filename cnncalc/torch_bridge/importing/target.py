"""The module that `MODULE:ATTR` names: imported, and built where it is a class or a function."""

from __future__ import annotations

import copy
import importlib
import importlib.util
import os
import sys
from collections.abc import Mapping
from pathlib import Path
from types import FunctionType, ModuleType
from typing import Any

import torch
from torch import nn

from cnncalc.diagnostics import CnncalcError, Diagnostic, UsageError, listed, nearest
from cnncalc.parameters import check_arguments
from cnncalc.source.target import check_file, chosen, parsed, within
from cnncalc.torch_bridge.importing.capture import quiet, said

EXAMPLE = "cnncalc import mypackage.models:Net -i 3x224x224"


def load(
    target: str, kwargs: Mapping[str, Any] | None = None, without_data: bool = True, method: str = "forward"
) -> nn.Module:
    """The module of `MODULE:ATTR` or `FILE.py:ATTR`: a class, a function that returns a module, or a module.

    `kwargs` are arguments, and `method` takes the place of forward. Only what is named is imported and
    run. Raises CnncalcError; the cause of a failure in the user's code is kept as `__cause__`.
    """
    module = named(target, kwargs, without_data)
    if method == "forward":
        return module
    if not hasattr(module, method):
        raise UsageError(Diagnostic("missing-attribute", f"{type(module).__name__} has no method {method}"))
    changed: Any = copy.copy(module)
    changed.forward = getattr(changed, method)
    return changed  # type: ignore[no-any-return]


def named(target: str, kwargs: Mapping[str, Any] | None, without_data: bool) -> nn.Module:
    """The module of a target, as it is. Raises CnncalcError."""
    module_name, colon, attribute = target.partition(":") if "\\" not in target else target.rpartition(":")
    given = dict(kwargs or {})
    if target.endswith(".py") and Path(target).is_file():
        file = parsed(target)
        assert file is not None
        attribute, _ = chosen(file, imported(target), given, nn.Module)
        module_name, target = target, f"{target}:{attribute}"
    elif not colon or not module_name or not attribute:
        message = f"a model is named by its module and its name there, not by {target}"
        raise UsageError(Diagnostic("bad-target", message, hint=EXAMPLE))
    found, inner = attribute_of(imported(module_name), module_name, attribute)
    if inner:
        outer = target.removesuffix("." + ".".join(inner))
        around = found if isinstance(found, nn.Module) else made(outer, found, given, without_data)
        part: nn.Module = within(outer, around, inner)
        return part
    if isinstance(found, nn.Module):
        if given:
            message = f"{target} is a module already, and takes no --kwargs"
            raise UsageError(Diagnostic("bad-target", message, hint="name its class, or a function that returns it"))
        return found
    if not callable(found):
        kind = type(found).__name__
        what = (
            "a module of Python" if isinstance(found, ModuleType) else f"{'an' if kind[0] in 'aeiou' else 'a'} {kind}"
        )
        hint = f"{target}.NAME, for a class in it" if isinstance(found, ModuleType) else f"such as {EXAMPLE}"
        message = f"{target} is {what}, and no torch.nn.Module, class or function that gives one"
        raise CnncalcError(Diagnostic("not-a-module", message, hint=hint))
    return made(target, found, given, without_data)


def imported(name: str) -> ModuleType:
    """The Python module of a name or a file."""
    if os.getcwd() not in sys.path:
        sys.path.insert(0, os.getcwd())
    if name.endswith(".py") or "/" in name or os.sep in name:
        return imported_file(name)
    try:
        with quiet():
            return importlib.import_module(name)
    except ModuleNotFoundError as error:
        missing = error.name
        if missing is None:  # raised by a module that has been found
            raise failed(f"{name} cannot be imported", error) from error
        if name == missing or name.startswith(f"{missing}."):
            near = nearest(missing.rpartition(".")[2], beside(missing.rpartition(".")[0]))
            hint = f"did you mean {near[0]}?" if near else "it is looked for in this folder and among what is installed"
            message = f"there is no Python module {missing}"
            raise CnncalcError(Diagnostic("missing-module", message, hint=hint)) from error
        message = f"{name} cannot be imported, as it imports {missing}, which is not installed"
        raise CnncalcError(Diagnostic("import-failed", message)) from error
    except Exception as error:
        raise failed(f"{name} cannot be imported", error) from error
    except SystemExit as error:
        message = f"{name} ends the program while it is imported"
        hint = 'what is run as a program comes after `if __name__ == "__main__":`'
        raise CnncalcError(Diagnostic("import-failed", message, hint=hint)) from error


def imported_file(name: str) -> ModuleType:
    check_file(name)
    path = os.path.abspath(name)
    stem = os.path.splitext(os.path.basename(path))[0]
    folder = os.path.dirname(path)
    if folder not in sys.path:
        sys.path.insert(0, folder)
    spec = importlib.util.spec_from_file_location(stem, path)
    if spec is None or spec.loader is None:
        raise CnncalcError(Diagnostic("import-failed", f"{name} is no Python file"))
    module = importlib.util.module_from_spec(spec)
    sys.modules[stem] = module
    try:
        with quiet():
            spec.loader.exec_module(module)
    except Exception as error:
        raise failed(f"{name} cannot be imported", error) from error
    except SystemExit as error:
        raise CnncalcError(Diagnostic("import-failed", f"{name} ends the program while it is imported")) from error
    return module


def beside(package: str) -> list[str]:
    """The names of modules in this folder, or in a package."""
    folders = [os.getcwd()]
    if package:
        try:
            folders = list(importlib.import_module(package).__path__)
        except Exception:
            return []
    return [name.removesuffix(".py") for folder in folders for name in os.listdir(folder) if name[0] not in "._"]


def attribute_of(module: ModuleType, module_name: str, attribute: str) -> tuple[Any, list[str]]:
    """The attribute, with dots for those of attributes; and the path within what has to be made first."""
    found: Any = module
    path = module_name
    names = attribute.split(".")
    for i, name in enumerate(names):
        is_class = isinstance(found, type) and issubclass(found, nn.Module)
        if isinstance(found, nn.Module | FunctionType) or (is_class and name not in vars(found)):
            return found, names[i:]
        if not hasattr(found, name):
            near = nearest(name, [other for other in dir(found) if not other.startswith("_")])
            classes = [n for n, v in vars(module).items() if isinstance(v, type) and issubclass(v, nn.Module)]
            own = [n for n in classes if getattr(module, n).__module__ == module.__name__]
            hint = f"did you mean {near[0]}?" if near else f"it has {listed(own[:8])}" if own else None
            raise CnncalcError(Diagnostic("missing-attribute", f"{path} has no {name}", hint=hint))
        found = getattr(found, name)
        path = f"{path}:{name}" if path == module_name else f"{path}.{name}"
    return found, []


def made(target: str, function: Any, given: dict[str, Any], without_data: bool = True) -> nn.Module:
    """What the class or function gives; with `without_data` as shapes alone, where it can be built so."""
    check_arguments(target, function, given, as_kwargs)
    result: Any = None
    for device in ["meta", "cpu"] if without_data else ["cpu"]:
        try:
            with quiet(), torch.device(device):
                result = function(**given)
            break
        except Exception as error:
            if device == "cpu":
                raise failed(f"{target} cannot be built", error) from error
    if not isinstance(result, nn.Module):
        kind = type(result).__name__
        message = f"{target} gives a value of the type {kind}, and no torch.nn.Module"
        raise CnncalcError(Diagnostic("not-a-module", message))
    return result


def as_kwargs(names: list[str]) -> str:
    """How to give arguments."""
    example = ", ".join(f'"{name}": ...' for name in names)
    return f"--kwargs '{{{example}}}'"


def failed(what: str, error: BaseException) -> CnncalcError:
    """The diagnostic for an exception in the user's code, with the place where it was raised."""
    place = None
    trace = error.__traceback__
    own = os.path.dirname(torch.__file__) + os.sep
    while trace is not None:
        name = trace.tb_frame.f_code.co_filename
        if place is None or not name.startswith(own):  # where the model calls torch, and not where torch raises
            place = (name, trace.tb_lineno)
        trace = trace.tb_next
    note: tuple[str, ...] = ()
    if isinstance(error, SyntaxError) and error.filename:
        place = (error.filename, error.lineno or 1)
    if place is not None and os.path.isfile(place[0]):
        note = (f"raised in {shown_path(place[0])}, line {place[1]}",)
    text = error.msg if isinstance(error, SyntaxError) else said(error)
    message = f"{what}: {type(error).__name__}: {text}" if text else f"{what}: {type(error).__name__}"
    return CnncalcError(Diagnostic("import-failed", message, notes=note, hint="--debug shows where"))


def shown_path(path: str) -> str:
    """A path as short as it can be said from here."""
    folder = os.getcwd() + os.sep
    return path.removeprefix(folder)
