"""The report as annotations of GitHub Actions, one command to a line, at the file and line of each problem.

https://docs.github.com/actions/reference/workflows-and-actions/workflow-commands
"""

from __future__ import annotations

from cnncalc.checks.run import Run
from cnncalc.diagnostics import Diagnostic, Span, escaped
from cnncalc.render import Options
from cnncalc.render.reports import place, repository_path, whole


def render(run: Run, options: Options) -> str:
    """A line for each problem and each warning; nothing if there are none."""
    lines = [
        annotation(problem, place(problem, outcome), f"{outcome.name}: {problem.code}")
        for outcome in run.outcomes
        for problem in (*outcome.problems, *outcome.warnings)
    ]
    return "".join(f"{line}\n" for line in lines)


def annotation(problem: Diagnostic, span: Span | None, title: str) -> str:
    """The command that makes one annotation, at a place in a file where there is one."""
    fields = []
    if span is not None:
        line, column = span.source.position(span.start)
        end_line, end_column = span.source.position(max(span.start, span.end))
        fields = [("file", escaped(repository_path(span.source.name))), ("line", str(line)), ("endLine", str(end_line))]
        if end_line == line:  # columns are of one line only
            fields += [("col", str(column)), ("endColumn", str(max(column, end_column - 1)))]
    fields.append(("title", title))
    written = ",".join(f"{name}={_property(value)}" for name, value in fields)
    return f"::{problem.severity} {written}::{_message(whole(problem))}"


def _message(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _message(text).replace(":", "%3A").replace(",", "%2C")
