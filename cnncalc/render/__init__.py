"""Results as text. One file for each output format in `formats`, found by its name."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from importlib import import_module

from cnncalc.analysis.trace import Report
from cnncalc.diagnostics import Diagnostic, UsageError, listed, nearest
from cnncalc.discovery import module_names
from cnncalc.named_tuples import NamedTuple
from cnncalc.render.selection import Selection


class Options(NamedTuple):
    """How to write."""

    depth: int | None = None  # levels of the hierarchy; None: as many as can be read at once
    width: int = 80
    colour: bool = False
    unicode: bool = True
    wrap: bool = False  # sentences over several lines, as a terminal would cut words; in a file each is one line
    selection: Selection = Selection()


class Format(NamedTuple):
    """A way to write a report."""

    render: Callable[[Report, Options], str]
    shows_warnings: bool  # the file says so; if not, whoever writes the text says them beside it


def format_names() -> list[str]:
    """The names of the output formats."""
    return module_names("cnncalc.render.formats")


def report_format(name: str) -> Format:
    """The output format of a name. Raises UsageError."""
    check_choice(name, format_names())
    module = import_module(f"cnncalc.render.formats.{name}")
    return Format(module.render, getattr(module, "SHOWS_WARNINGS", False))


def check_choice(name: str, names: Sequence[str]) -> None:
    """Raises UsageError for a format that is not among the names."""
    if name not in names:
        near = nearest(name, list(names))
        hint = f"did you mean {near[0]}?" if near else f"there are {listed(list(names))}"
        raise UsageError(Diagnostic("unknown-format", f"there is no format {name}", hint=hint))


def render(report: Report, format: str, options: Options) -> str:
    """A report in a format. Raises UsageError for one that there is not."""
    return report_format(format).render(report, options)
