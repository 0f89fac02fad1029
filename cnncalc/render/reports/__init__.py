"""What came of a check, as text. One file for each kind of report, found by its name."""

from __future__ import annotations

import os
from collections.abc import Callable
from importlib import import_module
from typing import TYPE_CHECKING

from cnncalc.diagnostics import Diagnostic, Span, UsageError, listed, nearest
from cnncalc.discovery import module_names
from cnncalc.render import Options

if TYPE_CHECKING:  # the help page of `check` lists the kinds, and needs no more
    from cnncalc.checks.run import Outcome, Run


def report_names() -> list[str]:
    """The kinds of reports."""
    return module_names(__name__)


def report(kind: str) -> Callable[[Run, Options], str]:
    """The function that writes a kind of report. Raises UsageError for one that there is not."""
    names = report_names()
    if kind not in names:
        near = nearest(kind, names)
        hint = f"did you mean {near[0]}?" if near else f"there are {listed(names)}"
        raise UsageError(Diagnostic("unknown-format", f"there is no report {kind}", hint=hint))
    render: Callable[[Run, Options], str] = import_module(f"cnncalc.render.reports.{kind}").render
    return render


def summary(run: Run) -> str:
    """`2 of 5 networks fail`"""
    count = len(run.outcomes)
    failed = sum(not outcome.ok for outcome in run.outcomes)
    what = f"{count:,} network{'' if count == 1 else 's'}"
    if not failed:
        return f"{what} as expected"
    return "1 network fails" if count == 1 else f"{failed:,} of {what} fail{'s' if failed == 1 else ''}"


MOST = 10  # warnings that people are shown; programs get all


def remarks(run: Run) -> list[str]:
    """What is to be known beside the verdicts, a line each: what became of baselines, and all warnings.

    What a PyTorch model has and its figures have not is a note, and never left out, as it qualifies the figures.
    """
    found = [(outcome.name, warning) for outcome in run.outcomes for warning in outcome.warnings]
    notes = [f"note: {name}: {warning.message}" for name, warning in found if warning.code == "import-note"]
    warnings = [
        f"warning[{warning.code}]: {name}: {warning.message}{f' ({warning.hint})' if warning.hint else ''}"
        for name, warning in found
        if warning.code != "import-note"
    ]
    more = len(warnings) - MOST
    if more > 0:
        warnings[MOST:] = [f"and {more:,} more warnings; --report json lists all"]
    return [*run.said, *notes, *warnings]


def place(problem: Diagnostic, outcome: Outcome) -> Span | None:
    """Where a problem stands in a file; a limit of the command line stands where the network is written."""
    for span in (problem.span, outcome.place):
        if span is not None and os.path.isfile(span.source.name):
            return span
    return None


def repository_path(name: str) -> str:
    """A file as GitHub knows it: from the top of the repository, wherever in it the command runs."""
    top = os.environ.get("GITHUB_WORKSPACE")
    absolute = os.path.abspath(name)
    if top and absolute.startswith(os.path.join(os.path.abspath(top), "")):
        name = os.path.relpath(absolute, top)
    return name.replace(os.sep, "/")


def whole(problem: Diagnostic) -> str:
    """A problem in one text, with its notes and its hint."""
    lines = [problem.message, *problem.notes]
    if problem.hint:
        lines.append(f"hint: {problem.hint}")
    return "\n".join(lines)
