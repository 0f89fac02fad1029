"""PyTorch models as torch itself runs and captures them."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, redirect_stdout
from pathlib import Path
from typing import Any

from cnncalc.diagnostics import CnncalcError, Diagnostic, Source
from cnncalc.language.read.reader import read_source
from cnncalc.language.text.limits import Limits
from cnncalc.models.lines import Ours
from cnncalc.models.model import Model, ModelOptions, Torchs
from cnncalc.source.target import no_input, parsed, set_values, written_in
from cnncalc.symbolic.expr import symbols
from cnncalc.torch_bridge.importing.capture import TracedInput
from cnncalc.torch_bridge.importing.importer import Imported, import_module, import_named, read_shape


def by_torch(
    spec: str,
    inputs: Sequence[str],
    settings: Mapping[str, str],
    batch: int | None,
    limits: Limits,
    asked: ModelOptions,
) -> Model:
    """The model as torch captures it. Raises CnncalcError."""
    texts = tuple(inputs) or file_inputs(spec)
    given, kwargs, rest = arguments_of(texts, settings, limits, asked)
    with placed(asked.folder, spec):
        module, found = import_named(spec, given, kwargs, asked.name, asked.method)
    return model_of(spec, module, found, texts, rest, batch, limits)


def of_module(
    module: Any, name: str, inputs: Sequence[str], settings: Mapping[str, str], batch: int | None, asked: ModelOptions
) -> Model:
    """A module that is at hand. Raises CnncalcError."""
    if not inputs:
        raise no_input(name, None)
    with placed(asked.folder, name):
        found = import_module(module, [read_shape(text, False) for text in inputs], name)
    return model_of(name, module, found, tuple(inputs), settings, batch, Limits())


def model_of(
    spec: str,
    module: Any,
    found: Imported,
    inputs: tuple[str, ...],
    rest: Mapping[str, str],
    batch: int | None,
    limits: Limits,
) -> Model:
    """What was imported, with numbers for its open sizes and its batch."""
    graph = found.graph
    if rest or batch is not None:  # which the text of a spec takes
        source = Source(spec, found.text)
        graph = read_source(source, Path(f"{spec}.yaml"), None, settings=rest, batch=batch, limits=limits)
    return Model(graph, module, inputs, tuple(found.remarks), Torchs(found.text, found.original))


def arguments_of(
    inputs: Sequence[str], settings: Mapping[str, str], limits: Limits, asked: ModelOptions
) -> tuple[list[TracedInput], dict[str, Any], dict[str, str]]:
    """The inputs, the arguments, and the settings that are for open sizes."""
    given = [read_shape(text, asked.batchless) for text in inputs]
    open_names = {name for one in given for dim in one.shape for name in symbols(dim)}
    values = set_values({k: v for k, v in settings.items() if k not in open_names}, limits)
    return (
        given,
        {**(asked.kwargs or {}), **values},
        {name: value for name, value in settings.items() if name in open_names},
    )


def file_inputs(spec: str) -> tuple[str, ...]:
    """The shapes that a comment of the file gives. Raises CnncalcError where there are none."""
    target = parsed(spec)
    found = written_in(target) if target is not None else []
    if not found:
        raise no_input(spec, target)
    return tuple(text.strip(", ") for text, _ in found)


@contextmanager
def placed(folder: Path, what: str) -> Iterator[None]:
    """Let modules be found in the project's folder, as its own tests would find them, and then in this one.

    What fails is raised with the line of the project that it came through, and what is printed is no result.
    """
    ours = Ours(folder)
    before = list(sys.path)
    sys.path[:0] = [str(folder.resolve()), os.getcwd()]
    try:
        with redirect_stdout(sys.stderr):
            yield
    except CnncalcError as error:
        raise ours.placed(error) from error.__cause__
    except SystemExit as error:
        message = f"{what} ends the program where it is built or run"
        raise CnncalcError(Diagnostic("import-failed", message, span=ours.raised(error.__traceback__))) from error
    finally:
        sys.path[:] = before
