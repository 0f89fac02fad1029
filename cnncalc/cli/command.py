"""A command is read, called and rendered; it returns a result, and this is the one place that writes it and ends."""

from __future__ import annotations

import inspect
import sys
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn, TextIO, get_type_hints

import typer

from cnncalc.cli.exits import FINE, TORCH_DISAGREES, WRONG_SPEC, WRONG_USAGE, leave_pipe
from cnncalc.diagnostics import CnncalcError, Diagnostic, UsageError
from cnncalc.named_tuples import NamedTuple
from cnncalc.render.style import terminal_width, wants_colour, writes_unicode

if TYPE_CHECKING:
    from cnncalc.render import Options


class Result(NamedTuple):
    """What a command came to."""

    text: str | Iterable[str]  # for standard output; in pieces, if it is long and made as it is written
    code: int = FINE
    warnings: Sequence[Diagnostic] = ()  # that the text does not show; for standard error, as `notes`
    notes: Sequence[str] = ()  # read when the text and the files are written
    files: Sequence[tuple[str, str | bytes | Iterable[str]]] = ()  # each with what is in it
    long: bool = False  # to be read page by page where it is longer than the terminal


def runnable(command: Callable[..., Result]) -> Callable[..., None]:
    """The function that Typer runs for a command, with the fields of its groups of options as its parameters.

    A group is a keyword whose type is a NamedTuple (`cnncalc.cli.options`). What the command raises is said, as JSON
    if that was asked for.
    """
    signature, hints = inspect.signature(command), get_type_hints(command)
    groups: dict[str, Any] = {}
    parameters: list[inspect.Parameter] = []
    for name, parameter in signature.parameters.items():
        group = hints[name]
        if not hasattr(group, "_fields"):
            parameters.append(parameter.replace(kind=inspect.Parameter.KEYWORD_ONLY, annotation=group))
            continue
        groups[name] = group
        for field, annotation in get_type_hints(group).items():
            default = group._field_defaults[field]
            parameters.append(
                inspect.Parameter(field, inspect.Parameter.KEYWORD_ONLY, default=default, annotation=annotation)
            )

    def run(**values: Any) -> None:
        debug = values.get("debug")
        json = values.get("json") or values.get("format") == "json" or "json" in values.get("report", ())
        try:
            for name, group in groups.items():
                values[name] = group(*[values.pop(field) for field in group._fields])
            result = command(**values)
        except CnncalcError as error:
            if debug and error.__cause__ is not None:
                import traceback

                traceback.print_exception(error.__cause__)
            fail(error, json)
        finish(result)

    run.__name__, run.__doc__ = command.__name__, command.__doc__
    run.__signature__ = inspect.Signature(parameters)  # type: ignore[attr-defined]
    run.__annotations__ = {parameter.name: parameter.annotation for parameter in parameters}
    return run


def finish(result: Result) -> None:
    """Write a result: its text, its files, and what there is to say beside it. Ends with its code if that is not 0."""
    if not (result.long and sys.stdout.isatty() and isinstance(result.text, str) and _paged(result.text)):
        write(result.text)
    if result.files:
        from cnncalc.files import write_whole

        try:
            for path, text in result.files:
                write_whole(Path(path), text)
        except CnncalcError as error:
            fail(error)  # in words, as standard output has the result
    write("".join(f"note: {note}\n" for note in result.notes), sys.stderr)
    if result.warnings:
        from cnncalc.render.diagnostics import diagnostics_text

        page = (terminal_width(), wants_colour(sys.stderr), sys.stderr.isatty())
        write(f"{diagnostics_text(result.warnings, *page)}\n", sys.stderr)
    if result.code != FINE:
        raise typer.Exit(result.code)


def _paged(text: str) -> bool:
    from cnncalc.cli.pager import paged

    return paged(text)


def shown(depth: int | None = None) -> Options:
    """How to write on standard output: as wide as it is, in colour and with block characters if it takes them."""
    from cnncalc.render import Options

    return Options(depth, terminal_width(), wants_colour(sys.stdout), writes_unicode(sys.stdout), sys.stdout.isatty())


def write(text: str | Iterable[str], stream: TextIO | None = None) -> None:
    """A text, to standard output. If nobody reads on, the rest is dropped, and the exit code stays."""
    stream = stream or sys.stdout
    try:
        stream.writelines((text,) if isinstance(text, str) else text)
        stream.flush()
    except BrokenPipeError:
        leave_pipe(stream)


def fail(error: CnncalcError, json: bool = False) -> NoReturn:
    """Say what is wrong, and end: 2 for wrong usage, 3 if torch disagrees, else 1. JSON goes to standard output."""
    if json:
        from cnncalc.render.envelope import envelope_text

        write(envelope_text(False, {}, error.diagnostics))
    else:
        from cnncalc.render.diagnostics import diagnostics_text

        colour = wants_colour(sys.stderr)
        if error.so_far is not None and sys.stderr.isatty():  # elsewhere a message stands alone
            from cnncalc.graph import Graph
            from cnncalc.render import Options
            from cnncalc.render.so_far import so_far_text

            assert isinstance(error.so_far, Graph)
            page = Options(None, terminal_width(), colour, writes_unicode(sys.stderr))
            if rows := so_far_text(error.so_far, page):
                write(f"{rows}\n", sys.stderr)
        text = diagnostics_text(error.diagnostics, terminal_width(), colour, wrap=sys.stderr.isatty())
        write(f"{text}\n", sys.stderr)
    disagrees = all(diagnostic.code == "torch-disagrees" for diagnostic in error.diagnostics)
    code = TORCH_DISAGREES if disagrees else WRONG_SPEC
    raise typer.Exit(WRONG_USAGE if isinstance(error, UsageError) else code)
