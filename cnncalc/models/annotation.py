"""A model's source with what its statements give."""

from __future__ import annotations

import ast
from collections.abc import Mapping, Sequence
from pathlib import Path

from cnncalc.analysis.costs import STATUS, plain
from cnncalc.analysis.trace import Report, trace
from cnncalc.diagnostics import Diagnostic, UsageError
from cnncalc.language.text.limits import Limits
from cnncalc.layers.shapes import Shape
from cnncalc.models.by_source import by_source
from cnncalc.models.comments import File
from cnncalc.models.lines import shown
from cnncalc.models.model import FORWARD, ModelOptions
from cnncalc.named_tuples import NamedTuple
from cnncalc.source.statements import Statements
from cnncalc.source.target import parsed
from cnncalc.symbolic.expr import Dim


class Statement(NamedTuple):
    """A statement of the user's: what it has given at each run, and what its layers come to in all of them."""

    file: str
    line: int  # the last of the statement
    shapes: tuple[tuple[Shape, ...], ...]  # for each run, of the tensors that it gave
    params: Dim
    macs: Dim
    status: str  # what the MACs are: exact, lower-bound or uncounted

    def to_dict(self) -> dict[str, object]:
        """The line as the JSON has it."""
        return {
            "file": self.file,
            "line": self.line,
            "shapes": [[plain(shape) for shape in run] for run in self.shapes],
            "params": plain(self.params),
            "macs": plain(self.macs),
            "status": self.status,
        }


class CodePart(NamedTuple):
    """A class or function of a file that ran: its lines, counted from 1, both included."""

    file: str
    first: int
    last: int


class Annotation(NamedTuple):
    """The lines of all files, each file's in their order; the named file first."""

    report: Report
    files: dict[str, File]  # by the names that lines have
    lines: list[Statement]
    parts: list[CodePart]


def named_file(spec: str) -> str:
    """The path of the file that a spec names. Raises UsageError where it names none."""
    target = parsed(spec)
    if target is None or not target.is_file:
        message = f"{spec} names no file of Python, and it is the lines of one that are annotated"
        raise UsageError(Diagnostic("bad-target", message, hint="cnncalc annotate net.py:Net -i 3x224x224"))
    return target.path


def annotation(
    spec: str,
    inputs: Sequence[str] = (),
    settings: Mapping[str, str] | None = None,
    batch: int | None = None,
    limits: Limits | None = None,
    asked: ModelOptions = FORWARD,
) -> Annotation:
    """The statements of a model's files that ran, with shapes and figures. Raises CnncalcError."""
    path = named_file(spec)
    watch = Statements()
    model = by_source(spec, inputs, settings or {}, batch, limits or Limits(), asked, watch=watch)
    model.graph.warnings += [Diagnostic("import-note", text, "warning") for text in model.remarks]
    report = trace(model.graph)
    told = {run.file for run in watch.runs if run.shapes or run.values}  # not what ran beside, as import hooks do
    paths = sorted({path, *told}, key=lambda file: (file != path, file))
    files = {shown(Path(one)): File(one) for one in paths}
    names = {file.path: name for name, file in files.items()}
    lines = lines_of(report, watch, names)
    order = list(files)
    lines.sort(key=lambda line: (order.index(line.file), line.line))
    ran = {(names[file], line) for file, line in watch.called if file in names}
    parts = [
        CodePart(name, first, last)
        for name, file in files.items()
        for first, last, title in definitions(file)
        if any(where == name and first <= line <= last for where, line in ran)
        or (file.path == path and title == type(model.module).__name__)
    ]
    return Annotation(report, files, lines, parts)


def lines_of(report: Report, watch: Statements, names: Mapping[str, str]) -> list[Statement]:
    found: dict[tuple[str, int], Statement] = {}
    for run in watch.runs:
        file = names.get(run.file)
        if file is None:
            continue
        before = found.get((file, run.line)) or Statement(file, run.line, (), 0, 0, STATUS[0])
        layers = [report.layers[i] for i in watch.layers(run)]
        params, macs, worst = before.params, before.macs, STATUS.index(before.status)
        for layer in layers:
            params, macs = params + layer.params, macs + layer.macs
            worst = max(worst, STATUS.index(layer.status))
        shapes = (*before.shapes, tuple(report.shown(shape) for shape in run.shapes))
        found[file, run.line] = Statement(file, run.line, shapes, params, macs, STATUS[worst])
    return [line for line in found.values() if any(line.shapes) or line.params != 0 or line.macs != 0]


def definitions(file: File) -> list[tuple[int, int, str]]:
    """The classes and functions of a file, with the decorators before them: first and last line, and name."""
    return [
        (min([node.lineno, *(one.lineno for one in node.decorator_list)]), node.end_lineno or node.lineno, node.name)
        for node in ast.parse(file.data).body
        if isinstance(node, ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef)
    ]
