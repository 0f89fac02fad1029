"""The report as JUnit's XML, which test dashboards read: a suite for each target, a case for each check."""

from __future__ import annotations

import re

from cnncalc.analysis.expectations import Verdict
from cnncalc.checks.run import Outcome, Run
from cnncalc.diagnostics import escaped
from cnncalc.render import Options
from cnncalc.render.reports import place, whole

# What XML 1.0 has no way to write.
_NO_XML = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def render(run: Run, options: Options) -> str:
    """The run as XML."""
    cases = sum(len(outcome.verdicts) for outcome in run.outcomes)
    failures = sum(not verdict.ok for outcome in run.outcomes for verdict in outcome.verdicts)
    seconds = sum(outcome.seconds for outcome in run.outcomes)
    lines = [
        '<?xml version="1.0" encoding="UTF-8"?>',
        f'<testsuites name="cnncalc" tests="{cases}" failures="{failures}" errors="0" time="{seconds:.3f}">',
    ]
    for outcome in run.outcomes:
        lines += _suite(outcome)
    return "\n".join([*lines, "</testsuites>"]) + "\n"


def _suite(outcome: Outcome) -> list[str]:
    name = _attribute(outcome.name)
    failures = sum(not verdict.ok for verdict in outcome.verdicts)
    counts = f'tests="{len(outcome.verdicts)}" failures="{failures}" errors="0" skipped="0"'
    lines = [f'  <testsuite name="{name}" {counts} time="{outcome.seconds:.3f}">']
    for index, verdict in enumerate(outcome.verdicts):
        seconds = outcome.seconds if index == 0 else 0.0  # one walk computes what all of them look at
        head = f'    <testcase classname="{name}" name="{_attribute(verdict.name)}" time="{seconds:.3f}"'
        if verdict.ok:
            lines.append(f"{head}/>")
        else:
            lines += [f"{head}>", *_failures(verdict, outcome), "    </testcase>"]
    if outcome.warnings:
        texts = [f"{warning.severity}[{warning.code}]: {whole(warning)}" for warning in outcome.warnings]
        lines.append(f"    <system-out>{_text(chr(10).join(texts))}</system-out>")
    return [*lines, "  </testsuite>"]


def _failures(verdict: Verdict, outcome: Outcome) -> list[str]:
    """One failure, as a case can have only one, with every problem in its text."""
    parts = []
    for problem in verdict.problems:
        span = place(problem, outcome)
        at = f"{escaped(span.source.name)}:{span.source.position(span.start)[0]}: " if span else ""
        parts.append(f"{at}{whole(problem)}")
    first = verdict.problems[0]
    message = "; ".join(problem.message for problem in verdict.problems)
    text = _text("\n\n".join(parts))
    return [f'      <failure type="{first.code}" message="{_attribute(message)}">{text}</failure>']


def _text(text: str) -> str:
    text = _NO_XML.sub("\ufffd", text)
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def _attribute(text: str) -> str:
    return _text(text).replace('"', "&quot;").replace("\n", "&#10;").replace("\t", "&#9;").replace("\r", "&#13;")
