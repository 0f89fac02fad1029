"""The lines of the project that make the layers of a model."""

from __future__ import annotations

import ast
import os
import re
from collections.abc import Iterable
from pathlib import Path
from types import FunctionType, TracebackType
from typing import Any

from cnncalc.diagnostics import CnncalcError, Source, Span
from cnncalc.graph import Graph
from cnncalc.language.text.limits import Limits
from cnncalc.language.text.source import load


def shown(path: Path) -> str:
    """A path as reports write it: from here, with slashes; as it is where that would be far up."""
    try:
        relative = os.path.relpath(path).replace(os.sep, "/")
        return str(path) if path.is_absolute() and relative.startswith("../../../") else relative
    except ValueError:  # another drive
        return str(path)


class Ours:
    """The files of the project, and no others: what is installed is not what a change is about."""

    def __init__(self, folder: Path) -> None:
        self.top = os.path.join(os.path.realpath(folder), "")
        self.sources: dict[str, Source | None] = {}

    def source(self, file: str) -> Source | None:
        """The text of a file of the project; None for another."""
        real = os.path.realpath(file)
        if real not in self.sources:
            own = real.startswith(self.top) and "site-packages" not in Path(real).parts and real.endswith(".py")
            try:
                self.sources[real] = load(Path(real), Limits(), shown(Path(real))) if own else None
            except CnncalcError:
                self.sources[real] = None
        return self.sources[real]

    def line(self, file: str, number: int) -> Span | None:
        """A line of a file of the project, without the spaces around it."""
        source = self.source(file)
        return None if source is None else source.code(number)

    def raised(self, trace: TracebackType | None) -> Span | None:
        """The innermost line of the project that an exception came through."""
        found = None
        while trace is not None:
            found = self.line(trace.tb_frame.f_code.co_filename, trace.tb_lineno) or found
            trace = trace.tb_next
        return found

    def placed(self, error: CnncalcError) -> CnncalcError:
        """The error with the line of the project that its cause came through."""
        cause = error.__cause__
        if cause is None:
            return error
        span = self.raised(cause.__traceback__)
        if isinstance(cause, SyntaxError) and cause.filename:
            span = self.line(cause.filename, cause.lineno or 1) or span
        if span is None:
            return error
        said = f"raised in {span.source.name}, line {span.source.position(span.start)[0]}"  # where the arrow points
        return CnncalcError(
            *(
                d if d.span else d._replace(span=span, notes=tuple(note for note in d.notes if note != said))
                for d in error.diagnostics
            )
        )


class LayerLines:
    """The lines that make the layers of a model, in the files of the project."""

    def __init__(self, module: Any, graph: Graph, folder: Path) -> None:
        self.module = module
        self.graph = graph
        self.ours = Ours(folder)
        self.lines: dict[tuple[type, str], Span | None] = {}
        self.classes: dict[type, tuple[str, int, str]] = {}

    def __call__(self, path: str, as_before: Iterable[str]) -> Span | None:
        """The innermost line that makes the layer at a path, and none of those that are as they were."""
        runs = {
            node.path: (span, node.layer.stem) for node in self.graph.nodes if (span := self.run_at(node.place.span))
        }
        lines, module = self.chain(path)
        others = [(other, *self.chain(other)) for other in as_before]
        # A line of forward runs several layers, of which the one that changed is told by its kind.
        if not module and path in runs and runs[path] not in [runs.get(other) for other, _, made in others if not made]:
            return runs[path][0]
        innocent = {chain[-1] for _, chain, made in others if made}
        return next((line for line in reversed(lines) if line not in innocent), lines[-1])

    def run_at(self, span: Span | None) -> Span | None:
        """A line that ran, if it is of the project."""
        if span is None:
            return None
        return self.ours.line(os.path.abspath(span.source.name), span.source.position(span.start)[0])

    def chain(self, path: str) -> tuple[list[Span | None], bool]:
        """The line of the model's class, then those of the levels that hold a layer; and is it a module itself?"""
        at, found = self.module, [self.head(type(self.module))]
        for name in path.partition(":")[0].split("."):
            line = self.made(type(at), name)
            found += [line] if line else []
            at = getattr(at, "_modules", {}).get(name)
            if at is None:
                break
            line = self.constructed(at)
            found += [line] if line and line != found[-1] else []
        return found, at is not None

    def constructed(self, module: Any) -> Span | None:
        """The line that has made a layer of torch's, where the stand-in has seen it."""
        seen = getattr(module, "__dict__", {}).get("_line")
        return None if seen is None else self.ours.line(seen.file, seen.number)

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
        if kind not in self.classes:
            self.classes[kind] = self.class_in(kind)
        return self.classes[kind]

    def class_in(self, kind: type) -> tuple[str, int, str]:
        """A class by what its functions know of their file, as its module may be there no longer."""
        codes = [value.__code__ for value in vars(kind).values() if isinstance(value, FunctionType)]
        for code in codes:
            source = self.ours.source(code.co_filename)
            if source is None:
                continue
            lines = source.text.splitlines(keepends=True)
            for node in ast.walk(ast.parse(source.text)):
                if isinstance(node, ast.ClassDef) and node.name == kind.__name__:
                    first, last = node.lineno, node.end_lineno or node.lineno
                    if first <= code.co_firstlineno <= last:
                        return code.co_filename, first, "".join(lines[first - 1 : last])
        return "", 0, ""
