"""PyTorch models as targets: imported and built, with the lines of the project that make their layers."""

from __future__ import annotations

import inspect
import os
import re
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, redirect_stdout
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, NamedTuple

from cnncalc.checks.targets import Target, shown
from cnncalc.diagnostics import CnncalcError, Diagnostic, Source, Span
from cnncalc.graph import Graph
from cnncalc.language.text.limits import Limits
from cnncalc.language.text.source import load

if TYPE_CHECKING:
    from cnncalc.torch_bridge.importing.original import Original


class Model(NamedTuple):
    """A PyTorch model that was read."""

    graph: Graph
    text: str  # the same as YAML
    remarks: list[str]  # what differs from the model, and what is not counted
    places: Places
    original: Original


def read_model(target: Target) -> Model:
    """The graph of a PyTorch model. Only what is named is imported and run. Raises CnncalcError."""
    from cnncalc.torch_bridge import require_torch

    if not target.inputs:
        hint = '-i 3x224x224, or input = "3x224x224" in pyproject.toml'
        message = f"nothing says what comes into {target.spec}"
        raise CnncalcError(Diagnostic("no-input", message, span=target.place, hint=hint))
    require_torch("a PyTorch model")
    from cnncalc.torch_bridge.importing.importer import import_module, import_named, read_shape

    ours = Ours(target.folder or Path())
    name = target.spec.rpartition(":")[2]
    given = [read_shape(text, False) for text in target.inputs]
    with importable(ours.folder), redirect_stdout(sys.stderr):  # what a model prints is no report
        try:
            module: Any = target.module
            if module is not None:
                found = import_module(module, given, name)
            else:
                module, found = import_named(target.spec, given, target.kwargs)
        except CnncalcError as error:
            raise _placed(error, ours) from error.__cause__
        except SystemExit as error:
            message = f"{target.spec} ends the program where it is built or run"
            failed = CnncalcError(Diagnostic("import-failed", message, span=ours.raised(error.__traceback__)))
            raise failed from error
    return Model(found.graph, found.text, found.remarks, Places(module, ours), found.original)


@contextmanager
def importable(folder: Path) -> Iterator[None]:
    """Let modules be found in the project's folder, as its own tests would find them, and then in this one."""
    before = list(sys.path)
    sys.path[:0] = [str(folder.resolve()), os.getcwd()]
    try:
        yield
    finally:
        sys.path[:] = before


class Ours:
    """The files of the project, and no others: what is installed is not what a change is about."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.top = os.path.join(os.path.realpath(folder), "")
        self.sources: dict[str, Source | None] = {}

    def source(self, file: str) -> Source | None:
        """The text of a file of the project; None for another."""
        if file not in self.sources:
            real = os.path.realpath(file)
            own = real.startswith(self.top) and "site-packages" not in Path(real).parts and real.endswith(".py")
            try:
                self.sources[file] = load(Path(file), Limits(), shown(Path(file))) if own else None
            except CnncalcError:
                self.sources[file] = None
        return self.sources[file]

    def line(self, file: str, number: int) -> Span | None:
        """A line of a file of the project, without the spaces around it."""
        source = self.source(file)
        if source is None or not 1 <= number <= source.text.count("\n") + 1:
            return None
        text = source.line(number)
        start = source.offset(number, 1) + len(text) - len(text.lstrip())
        return Span(source, start, start + len(text.strip()))

    def raised(self, trace: TracebackType | None) -> Span | None:
        """The innermost line of the project that an exception came through."""
        found = None
        while trace is not None:
            found = self.line(trace.tb_frame.f_code.co_filename, trace.tb_lineno) or found
            trace = trace.tb_next
        return found


def _placed(error: CnncalcError, ours: Ours) -> CnncalcError:
    """The error with the line of the project that its cause came through."""
    cause = error.__cause__
    if cause is None:
        return error
    span = ours.raised(cause.__traceback__)
    if isinstance(cause, SyntaxError) and cause.filename:
        span = ours.line(cause.filename, cause.lineno or 1) or span
    if span is None:
        return error
    said = f"raised in {span.source.name}, line {span.source.position(span.start)[0]}"  # where the arrow points
    return CnncalcError(
        *(
            d if d.span else d._replace(span=span, notes=tuple(note for note in d.notes if note != said))
            for d in error.diagnostics
        )
    )


class Places:
    """The lines that make the layers of a model, in the classes of the project."""

    def __init__(self, module: Any, ours: Ours) -> None:
        self.module = module
        self.ours = ours
        self.lines: dict[tuple[type, str], Span | None] = {}

    def __call__(self, path: str, as_before: Iterable[str]) -> Span | None:
        """The innermost line that makes the layer at a path, and none of those that are as they were."""
        lines, _ = self.chain(path)
        others = [self.chain(other) for other in as_before]
        innocent = {chain[-1] for chain, made in others if made}
        return next((line for line in reversed(lines) if line not in innocent), lines[-1])

    def chain(self, path: str) -> tuple[list[Span | None], bool]:
        """The line of the model's class, then those of the levels that hold a layer; and is it a module itself?"""
        at, found = self.module, [self.head(type(self.module))]
        for name in path.partition(":")[0].split("."):
            line = self.made(type(at), name)
            found += [line] if line else []
            at = getattr(at, "_modules", {}).get(name)
            if at is None:
                break
        return found, at is not None

    def head(self, kind: type) -> Span | None:
        """The line that starts a class."""
        file, first, _ = self.written(kind)
        return self.ours.line(file, first)

    def made(self, kind: type, name: str) -> Span | None:
        """The line of a class, or of one that it is made of, that gives an attribute its value."""
        if (kind, name) not in self.lines:
            spans = (self.line_in(base, name) for base in kind.__mro__)
            self.lines[kind, name] = next((span for span in spans if span), None)
        return self.lines[kind, name]

    def line_in(self, kind: type, name: str) -> Span | None:
        file, first, text = self.written(kind)
        quoted = re.escape(name)
        pattern = rf"""\bself\.{quoted}\s*(?::[^=\n]*)?=(?!=)|["']{quoted}["']"""
        found = re.search(pattern, text)
        return self.ours.line(file, first + text.count("\n", 0, found.start())) if found else None

    def written(self, kind: type) -> tuple[str, int, str]:
        """The file of a class, its first line there, and its text; empty where it is not of the project."""
        try:
            file = inspect.getsourcefile(kind) or ""
            if self.ours.source(file) is None:
                return "", 0, ""
            lines, first = inspect.getsourcelines(kind)
        except (OSError, TypeError):
            return "", 0, ""
        return file, first, "".join(lines)
