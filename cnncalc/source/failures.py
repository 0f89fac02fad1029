"""What went wrong in a model's code, at the user's own line."""

from __future__ import annotations

import os
import re
from types import TracebackType

from cnncalc.diagnostics import CnncalcError, Diagnostic, Source, Span
from cnncalc.named_tuples import NamedTuple
from cnncalc.source.errors import (
    ArgumentError,
    Halted,
    NoModule,
    NoName,
    NotCalled,
    NoTensor,
    NotMade,
    ShapeError,
    Stop,
    is_of_python,
    is_user_file,
)
from cnncalc.source.recorder import Files
from cnncalc.source.sizes import Line


class Step(NamedTuple):
    """A frame of a traceback."""

    file: str
    line: int
    function: str
    columns: tuple[int, int] | None  # of the call, where it is in one line


def steps(trace: TracebackType | None) -> list[Step]:
    """The frames that an error came through, the outermost first, without those of the stand-in."""
    found = []
    while trace is not None:
        frame, code = trace.tb_frame, trace.tb_frame.f_code
        if not frame.f_globals.get("__name__", "").startswith(
            ("cnncalc.", "importlib.")
        ) and not code.co_filename.startswith("<"):
            found.append(Step(code.co_filename, trace.tb_lineno, code.co_name, columns(trace)))
        trace = trace.tb_next
    return found


def columns(trace: TracebackType) -> tuple[int, int] | None:
    """Where the call is in its line; None on a Python that does not say."""
    positions = getattr(trace.tb_frame.f_code, "co_positions", None)
    if positions is None:
        return None
    for i, found in enumerate(positions()):
        if i == trace.tb_lasti // 2:
            line, end_line, start, end = found
            if line is None or start is None or end is None or line != trace.tb_lineno:
                return None
            return (start, end if end_line == line else -1)
    return None


def span_of(step: Step, files: Files) -> Span | None:
    """The call of a step, or its whole line."""
    whole = files.line(step.file, step.line)
    if whole is None or step.columns is None:
        return whole
    source = whole.source
    text = source.line(step.line).encode()
    start, end = step.columns
    first = len(text[:start].decode(errors="ignore"))
    last = len(text.decode(errors="ignore")) if end < 0 else len(text[:end].decode(errors="ignore"))
    at = source.offset(step.line, 1)
    return Span(source, at + first, at + last) if last > first else whole


def failed(error: BaseException, files: Files, what: str) -> CnncalcError:
    """The diagnostic for what a model's code raises."""
    if isinstance(error, Halted):
        (one,) = failed(error.cause, files, what).diagnostics
        users = [step for step in steps(error.__traceback__) if is_user_file(step.file)]
        line = files.line(users[-1].file, users[-1].line) if users else None
        used = (
            () if line is None else (f"used by `{shortened(line.text)}` in {line.source.name}, line {users[-1].line}",)
        )
        return CnncalcError(one._replace(notes=(*one.notes, *used)))
    found = steps(error.__traceback__)
    ours = [step for step in found if is_user_file(step.file)]
    ours = ours or [step for step in found if not is_of_python(step.file)]
    spans = [span for step in ours if (span := span_of(step, files)) is not None]
    span = spans[-1] if spans else None
    notes: list[str] = []
    code = "source-failed"
    message, hint = "", None
    if isinstance(error, ShapeError | ArgumentError | NotMade | NoName | Stop):
        finding = error.finding
        code, message, hint = finding.code, finding.message, finding.hint
        notes += finding.notes
        made = getattr(getattr(error, "module", None), "__dict__", {}).get("_line")
        if isinstance(made, Line) and (text := files.line(made.file, made.number)) is not None:
            notes.append(f"`{shortened(text.text)}` in {text.source.name}, line {made.number}")
    elif isinstance(error, SyntaxError) and error.filename:
        span = files.line(error.filename, error.lineno or 1) or span
        if span is not None and error.offset:
            start = span.source.offset(error.lineno or 1, error.offset)
            span = Span(span.source, min(start, span.end), max(span.end, start + 1))
        message = f"{os.path.basename(error.filename)} is no Python that this version reads: {error.msg}"
    elif isinstance(error, ModuleNotFoundError) and error.name:
        code = "missing-module"
        message = f"there is no Python module {error.name}"
        if "." not in error.name:  # else there is what it would be a part of
            hint = f"pip install {error.name}, if it is that package"
    elif isinstance(error, SystemExit):
        message = f"{what} ends the program"
        hint = 'what is run as a program comes after `if __name__ == "__main__":`'
    elif isinstance(error, MemoryError):
        message = f"{what} takes more memory than there is for it"
    elif isinstance(error, RecursionError):
        message = f"{what} calls itself without an end"
    elif isinstance(error, AssertionError):
        message = f"an assertion of {what} fails{f': {said(error)}' if said(error) else ''}"
        from cnncalc.source.asserted import values_in

        notes += values_in(error.__traceback__, files)
    else:
        from cnncalc.source import slips

        words, kind = said(error), type(error)
        if isinstance(error, NoTensor | NoModule | NotCalled):
            kind = kind.__bases__[0]
        message = f"{what} raises {kind.__name__}{f': {words}' if words else ''}"
        if type(error) is NameError and span is not None:
            hint = lacked(str(error.name), span.source)
        hint = hint or slips.hint_for(error, files)
        notes += slips.notes_for(error, files)
    for step in reversed(ours[:-1]):
        line = files.line(step.file, step.line)
        if line is not None and (span is None or line.start != span.start):
            note = f"called by `{shortened(line.text)}` in {line.source.name}, line {step.line}"
            notes += [note] if note not in notes else []
    if len(notes) > 6:
        notes = [*notes[:5], notes[-1]]
    return CnncalcError(Diagnostic(code, message, span=span, notes=tuple(notes), hint=hint))


def of_flax(file: str) -> str:
    """The hint for a file whose modules are Flax's."""
    return f'this is code of Flax, and not of PyTorch: cnncalc "$(cat {file})" says what it is as a spec'


def lacked(name: str, source: Source) -> str | None:
    """The import that a file lacks, of a name that it uses."""
    from cnncalc.language.foreign.python_code import FLAX
    from cnncalc.language.text.torch_text import IMPORTS, lacking

    if name == "nn" and FLAX.search(source.text):
        return of_flax(source.name)
    if name not in IMPORTS:
        return None
    return f"write `{'; '.join(lacking(source.text, name))}` at the start of {source.name}"


def shortened(text: str) -> str:
    return text if len(text) <= 70 else f"{text[:67]}..."


def said(error: BaseException) -> str:
    """An error's text as one line."""
    text = re.sub(r"\s+", " ", str(error.args[0] if isinstance(error, KeyError) and error.args else error)).strip()
    return text if len(text) < 300 else f"{text[:300]}..."
