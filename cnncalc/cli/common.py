"""What the commands share: reading options, writing results, and failing with the right exit code."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from typing import NoReturn, TextIO

import typer

from cnncalc.cli.exits import WRONG_SPEC, WRONG_USAGE, leave_pipe
from cnncalc.diagnostics import CnncalcError, Diagnostic, UsageError, nearest
from cnncalc.render.style import terminal_width, wants_colour


def settings(values: Sequence[str]) -> dict[str, str]:
    """`--set NAME=VALUE` as a dictionary. Raises UsageError."""
    return dict(_pair("--set", value) for value in values)


def raised_limits(values: Sequence[str]) -> dict[str, int]:
    """`--limit NAME=VALUE` as a dictionary. Raises UsageError."""
    from cnncalc.language.text.limits import DEFAULTS

    found = {}
    for text in values:
        name, value = _pair("--limit", text)
        if name not in DEFAULTS:
            near = nearest(name, list(DEFAULTS))
            hint = f"did you mean {near[0]}?" if near else f"there are {', '.join(DEFAULTS)}"
            raise UsageError(Diagnostic("unknown-limit", f"there is no limit {name}", hint=hint))
        if not value.isdigit() or len(value) > 15:
            raise UsageError(Diagnostic("bad-limit", f"the limit {name} is a whole number, not {value}"))
        found[name] = int(value)
    return found


def _pair(option: str, text: str) -> tuple[str, str]:
    name, equals, value = text.partition("=")
    if not equals or not name.strip():
        raise UsageError(Diagnostic("bad-option", f"{option} takes NAME=VALUE, not {text}"))
    return name.strip(), value.strip()


def write(text: str, stream: TextIO | None = None) -> None:
    """A result, to standard output. Where nobody reads on, the rest is dropped, and the exit code stays."""
    stream = stream or sys.stdout
    try:
        stream.write(text)
        stream.flush()
    except BrokenPipeError:
        leave_pipe(stream)


def fail(error: CnncalcError, json: bool = False) -> NoReturn:
    """Say what is wrong, and end: 2 for wrong usage, 1 for a wrong spec. JSON goes to standard output."""
    if json:
        from cnncalc.render.formats.json import envelope

        write(envelope({"cnncalc": 1, "ok": False, "diagnostics": [d.to_dict() for d in error.diagnostics]}))
    else:
        from cnncalc.render.diagnostics import diagnostics_text

        text = diagnostics_text(error.diagnostics, terminal_width(), wants_colour(sys.stderr))
        write(f"{text}\n", sys.stderr)
    raise typer.Exit(WRONG_USAGE if isinstance(error, UsageError) else WRONG_SPEC)
