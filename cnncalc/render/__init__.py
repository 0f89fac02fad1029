"""Results as text. One file for each output format in `formats`, found by its name."""

from __future__ import annotations

import os
from collections.abc import Callable
from importlib import import_module
from typing import NamedTuple

from cnncalc.analysis.trace import Report
from cnncalc.diagnostics import Diagnostic, UsageError, listed, nearest


class Options(NamedTuple):
    """How to write."""

    depth: int | None = None  # levels of the hierarchy; None: as many as can be read at once
    width: int = 80
    colour: bool = False
    unicode: bool = True


def format_names() -> list[str]:
    """The names of the output formats."""
    files = os.listdir(os.path.join(os.path.dirname(__file__), "formats"))
    return sorted(name[:-3] for name in files if name.endswith(".py") and not name.startswith("_"))


def check_format(name: str) -> None:
    """Raises UsageError for a format that a report does not have."""
    check_choice(name, format_names())


def check_choice(name: str, names: list[str]) -> None:
    """Raises UsageError for a format that is not among the names."""
    if name not in names:
        near = nearest(name, names)
        hint = f"did you mean {near[0]}?" if near else f"there are {listed(names)}"
        raise UsageError(Diagnostic("unknown-format", f"there is no format {name}", hint=hint))


def render(report: Report, format: str, options: Options) -> str:
    """A report in a format that there is."""
    check_format(format)
    write: Callable[[Report, Options], str] = import_module(f"cnncalc.render.formats.{format}").render
    return write(report, options)
