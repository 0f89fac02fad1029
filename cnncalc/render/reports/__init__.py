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
    networks = [outcome for outcome in run.outcomes if not outcome.target.is_table or not outcome.ok]
    count = len(networks)
    failed = sum(not outcome.ok for outcome in networks)
    what = f"{count:,} network{'' if count == 1 else 's'}"
    said = f"{what} as expected" if count else "nothing to check"
    if failed:
        said = "1 network fails" if count == 1 else f"{failed:,} of {what} fail{'s' if failed == 1 else ''}"
    more = sum(warning.code != "import-note" for outcome in run.outcomes for warning in outcome.warnings)
    return f"{said}, with {more:,} warning{'' if more == 1 else 's'}" if more else said


MOST = 10  # warnings that people are shown; programs get all


def remarks(run: Run) -> list[str]:
    """What is to be known beside the verdicts, a line each: baselines, files passed over, what figures are without.

    What a PyTorch model has and its figures have not is a note, and never left out, as it qualifies the figures.
    """
    found = [(outcome.name, warning) for outcome in run.outcomes for warning in outcome.warnings]
    notes = [f"note: {name}: {warning.message}" for name, warning in found if warning.code == "import-note"]
    return [*run.said, *passed_over(run), *notes, *fixable(run)]


def fixable(run: Run) -> list[str]:
    """How many findings `--fix` would mend."""
    found = {
        (edit.span.source.name, edit.span.start)
        for outcome in run.outcomes
        if outcome.target.file is not None
        for problem in (*outcome.problems, *outcome.warnings)
        if problem.fix is not None
        for edit in problem.fix.edits
    }
    count = len(found)
    return [f"{count} can be fixed: --diff shows how, and --fix does it"] if count else []


FILES = 4  # that a line names


def passed_over(run: Run) -> list[str]:
    """Files that nobody looked at: `passed over 2 files: ci.yaml (no spec), blocks.yaml (blocks for others)`."""
    count = len(run.passed_over)
    if not count:
        return []
    names = [f"{name} ({why})" for name, why in run.passed_over[:FILES]]
    names += [f"and {count - FILES:,} more"] if count > FILES else []
    return [f"passed over {count:,} file{'' if count == 1 else 's'}: {', '.join(names)}"]


def shown_warnings(run: Run) -> tuple[list[tuple[Outcome, Diagnostic]], str]:
    """The warnings that people are shown, and what is said of the rest.

    One that the variants of a file have at one place is shown once.
    """
    found: dict[object, list[tuple[Outcome, Diagnostic]]] = {}
    for outcome in run.outcomes:
        for warning in outcome.warnings:
            if warning.code != "import-note":
                at = (warning.span.source.name, warning.span.start) if warning.span else len(found)
                found.setdefault((warning.code, at), []).append((outcome, warning))
    once = []
    for (outcome, warning), *more in found.values():
        others = len({other.name for other, _ in more} - {outcome.name})
        if others:
            note = f"{others:,} more network{'s have' if others > 1 else ' has'} it there"
            warning = warning._replace(notes=(*warning.notes, note))
        once.append((outcome, warning))
    rest = len(once) - MOST
    return once[:MOST], f"and {rest:,} more warning{'' if rest == 1 else 's'}; --json lists all" if rest > 0 else ""


def place(problem: Diagnostic, outcome: Outcome) -> Span | None:
    """Where a problem is in a file; a limit of the command line is where the network is written."""
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
