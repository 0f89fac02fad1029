"""From a target to its graph, and to the places where it is written."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

from cnncalc.checks.baselines import Where
from cnncalc.checks.targets import RunSettings, Target
from cnncalc.diagnostics import CnncalcError, Diagnostic, Source, Span
from cnncalc.graph import Graph
from cnncalc.language.read.reader import read, read_source
from cnncalc.language.text.limits import Limits
from cnncalc.language.text.source import load
from cnncalc.models.lines import LayerLines, shown
from cnncalc.models.model import Model, ModelOptions
from cnncalc.models.read import read_model
from cnncalc.named_tuples import NamedTuple

if TYPE_CHECKING:
    from cnncalc.torch_bridge.importing.original import Original
    from cnncalc.torch_bridge.importing.second import Second

NO_MODEL = Diagnostic(
    "bad-option",
    "--kwargs, --torch and --call are for PyTorch models, and there is none",
    hint="--set gives arguments to a spec",
)


class WrittenTarget(NamedTuple):
    """What a target names, as it is written."""

    graph: Graph
    place: Where
    model: Model | None = None  # where it is one of PyTorch
    remarks: tuple[Diagnostic, ...] = ()  # what a PyTorch model has, and the graph has not

    @property
    def text(self) -> str | None:
        """The YAML that torch has made of a model."""
        return self.model.torchs.text if self.model and self.model.torchs else None

    @property
    def original(self) -> Original | None:
        """The model itself, where torch has read it."""
        return self.model.torchs.original if self.model and self.model.torchs else None


def read_target(target: Target, asked: RunSettings, text: str | None = None) -> WrittenTarget:
    """The graph of a target, and where its layers are written. Raises CnncalcError.

    `text` takes the place of what its file has.
    """
    limits = Limits(asked.limits)
    if target.is_module:
        model = model_of(target, asked, limits)
        remarks = tuple(Diagnostic("import-note", text, "warning", target.place) for text in model.remarks)
        return WrittenTarget(
            model.graph, LayerLines(model.module, model.graph, target.folder or Path()), model, remarks
        )
    if target.file is not None:
        source = load(target.file, limits, shown(target.file)) if text is None else Source(shown(target.file), text)
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
    return WrittenTarget(graph, lambda path, _: next((n.place.span for n in graph.nodes if n.path == path), None))


def model_of(target: Target, asked: RunSettings, limits: Limits) -> Model:
    """The PyTorch model of a target. Only what is named is imported and run. Raises CnncalcError."""
    given, wanted = given_to(target), of_model(target, asked)
    try:
        if target.module is not None:
            from cnncalc.models.by_torch import of_module

            return of_module(target.module, target.spec, **given, asked=wanted)
        return read_model(target.spec, **given, limits=limits, asked=wanted)
    except CnncalcError as error:
        if error.diagnostics[0].code == "no-input" and target.place is not None:
            hint = '-i 3x224x224, or input = "3x224x224" in pyproject.toml'
            (problem,) = error.diagnostics
            raise CnncalcError(problem._replace(span=target.place, hint=hint)) from None
        raise


class Both(NamedTuple):
    """What a target names, with what torch says of it where it is a PyTorch model."""

    written: WrittenTarget
    original: Original | None = None  # the model itself
    second: Second | None = None  # what torch captures of a model whose source was read


def by_both(target: Target, asked: RunSettings) -> Both:
    """A target, and of a model that was read without torch what torch makes of it. Raises CnncalcError."""
    written = read_target(target, asked)
    model = written.model
    if model is None or model.torchs is not None:
        return Both(written, written.original)
    from cnncalc.models.beside import beside_torch

    original, second, cannot = beside_torch(target.spec, model, **given_to(target), asked=of_model(target, asked))
    if cannot is not None:
        message = f"torch does not capture the model, which is compared as it runs: {cannot.diagnostics[0].message}"
        written = written._replace(remarks=(*written.remarks, Diagnostic("import-note", message, "warning")))
    return Both(written, original, second)


def given_to(target: Target) -> dict[str, Any]:
    """What comes into a model, and is set of it."""
    return {"inputs": target.inputs, "settings": target.settings, "batch": target.batch}


def of_model(target: Target, asked: RunSettings) -> ModelOptions:
    """What is asked of a model: what the command says goes before what the target says."""
    method = asked.method if asked.method != "forward" else target.method
    return ModelOptions(target.kwargs, asked.torch or target.torch, method, target.folder or Path())


def reread(target: Target, text: str, inputs: tuple[str, ...], asked: RunSettings) -> Graph:
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
    name, _, attribute = target.spec.rpartition(":") if ":" in target.spec else (target.spec, "", "")
    file = Path(name) if name.endswith(".py") else file_of(name, target.folder or Path())
    try:
        source = load(file, Limits(), shown(file)) if file is not None else None
    except CnncalcError:
        source = None
    if source is None:
        return target.place
    first = attribute.split(".")[0]
    line = re.search(rf"^(?:(?:class|def)\s+)?({re.escape(first)})\b", source.text, re.MULTILINE) if first else None
    return Span(source, line.start(1), line.end(1)) if line else Span(source, 0, 0)


def file_of(module: str, folder: Path) -> Path | None:
    """The file of a module of Python, in the project or here; None for one that is installed."""
    path = Path(*module.split("."))
    places = [around / inside for around in (folder, Path()) for inside in (f"{path}.py", path / "__init__.py")]
    return next((place for place in places if place.is_file()), None)
