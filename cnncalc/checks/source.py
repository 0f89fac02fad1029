"""From a target to its graph, and to the place where it is written."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module
from pathlib import Path
from typing import Any

from cnncalc.checks.targets import Asked, Target, shown
from cnncalc.diagnostics import CnncalcError, Diagnostic, Source, Span
from cnncalc.graph import Graph
from cnncalc.spec.limits import Limits
from cnncalc.spec.read import load, read, read_source


def graph_of(target: Target, asked: Asked) -> Graph:
    """The graph of a target. Raises CnncalcError."""
    limits = Limits(asked.limits)
    if target.is_module:
        return module_graph(target)
    if target.file is not None:
        source = load(target.file, limits, shown(target.file))
        folder = target.file.parent
        return read_source(
            source,
            target.file,
            lambda name: load(folder / name, limits, shown(folder / name)),
            inputs=target.inputs,
            settings=target.settings,
            batch=target.batch,
            limits=limits,
        )
    return read(target.spec, inputs=target.inputs, settings=target.settings, batch=target.batch, limits=limits)


def module_graph(target: Target) -> Graph:
    """The graph of a PyTorch model. Only what is named is imported."""
    if not target.inputs:
        hint = '-i 3x224x224, or input = "3x224x224" in pyproject.toml'
        message = f"nothing says what comes into {target.spec}"
        raise CnncalcError(Diagnostic("no-input", message, span=target.place, hint=hint))
    from_torch: Any = vars(import_module("cnncalc"))["from_torch"]
    with importable(target.folder):
        module = target.module
        if module is None:
            module = import_module("cnncalc.torch_bridge.target").load(target.spec, target.kwargs)
        graph: Graph = from_torch(module, *target.inputs)
    return graph


@contextmanager
def importable(folder: Path | None) -> Iterator[None]:
    """Let modules be found in the project's folder, as its own tests would find them."""
    path = str((folder or Path()).resolve())
    sys.path.insert(0, path)
    try:
        yield
    finally:
        sys.path.remove(path)


def place_of(target: Target) -> Span | None:
    """Where a network is written: the start of its file, or the line of its class or function."""
    if target.file is not None:
        return Span(Source(shown(target.file), ""), 0, 0)
    if not target.is_module:
        return target.place
    name, _, attribute = target.spec.partition(":")
    file = getattr(sys.modules.get(name), "__file__", None)
    if file is None or not str(file).endswith(".py"):
        return target.place
    try:
        source = load(Path(file), Limits(), shown(Path(file)))
    except CnncalcError:
        return target.place
    first = attribute.split(".")[0]
    line = re.search(rf"^(?:(?:class|def)\s+)?({re.escape(first)})\b", source.text, re.MULTILINE)
    return Span(source, line.start(1), line.end(1)) if line else Span(source, 0, 0)
