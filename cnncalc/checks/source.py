"""From a target to its graph, and to the places where it is written."""

from __future__ import annotations

import re
import sys
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from cnncalc.checks.baselines import Where
from cnncalc.checks.model import read_model
from cnncalc.checks.targets import Asked, Target, shown
from cnncalc.diagnostics import CnncalcError, Diagnostic, Source, Span
from cnncalc.graph import Graph
from cnncalc.language.read.reader import read, read_source
from cnncalc.language.text.limits import Limits
from cnncalc.language.text.source import load

if TYPE_CHECKING:
    from cnncalc.torch_bridge.importing.original import Original

NO_MODEL = Diagnostic(
    "bad-option", "--kwargs is for PyTorch models, and there is none", hint="--set gives arguments to a spec"
)


class Written(NamedTuple):
    """What a target names, as it is written."""

    graph: Graph
    place: Where
    text: str | None = None  # of a PyTorch model, as YAML
    remarks: tuple[Diagnostic, ...] = ()  # what a PyTorch model has, and the graph has not
    original: Original | None = None  # the PyTorch model itself


def read_target(target: Target, asked: Asked) -> Written:
    """The graph of a target, and where its layers are written. Raises CnncalcError."""
    limits = Limits(asked.limits)
    if target.is_module:
        model = read_model(target)
        remarks = tuple(Diagnostic("import-note", text, "warning", target.place) for text in model.remarks)
        graph = model.graph
        if target.settings or target.batch is not None:  # which the text of a spec takes, and a model does not
            graph = reread(target, model.text, (), asked)
        return Written(graph, model.places, model.text, remarks, model.original)
    if target.file is not None:
        source = load(target.file, limits, shown(target.file))
        folder = target.file.parent
        graph = read_source(
            source,
            target.file,
            lambda name: load(folder / name, limits, shown(folder / name)),
            inputs=target.inputs,
            settings=target.settings,
            batch=target.batch,
            limits=limits,
        )
    else:
        graph = read(target.spec, inputs=target.inputs, settings=target.settings, batch=target.batch, limits=limits)
    return Written(graph, lambda path, _: next((n.place.span for n in graph.nodes if n.path == path), None))


def reread(target: Target, text: str, inputs: tuple[str, ...], asked: Asked) -> Graph:
    """The graph of a model's text, at other inputs or sizes. Raises CnncalcError."""
    return read_source(
        Source(target.spec, text),
        Path(f"{target.spec}.yaml"),
        None,
        inputs=inputs,
        settings=target.settings,
        batch=target.batch,
        limits=Limits(asked.limits),
    )


def place_of(target: Target) -> Span | None:
    """Where a network is written: the start of its file, or the line of its class or function."""
    if target.file is not None:
        return Span(Source(shown(target.file), ""), 0, 0)
    if not target.is_module:
        return target.place
    name, _, attribute = target.spec.rpartition(":")
    file = name if name.endswith(".py") else getattr(sys.modules.get(name), "__file__", None)
    if file is None or not str(file).endswith(".py"):
        return target.place
    try:
        source = load(Path(file), Limits(), shown(Path(file)))
    except CnncalcError:
        return target.place
    first = attribute.split(".")[0]
    line = re.search(rf"^(?:(?:class|def)\s+)?({re.escape(first)})\b", source.text, re.MULTILINE)
    return Span(source, line.start(1), line.end(1)) if line else Span(source, 0, 0)
