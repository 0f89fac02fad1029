"""The report as SARIF 2.1.0, which code scanning reads.

https://docs.oasis-open.org/sarif/sarif/v2.1.0/sarif-v2.1.0.html
"""

from __future__ import annotations

import os
from json import dumps
from typing import Any
from urllib.parse import quote

from cnncalc import __version__
from cnncalc.checks.levels import Silenced
from cnncalc.checks.run import Outcome, Run
from cnncalc.codes import codes as every_code
from cnncalc.diagnostics import Diagnostic, Span
from cnncalc.graph import Allowed
from cnncalc.render import Options
from cnncalc.render.reports import place, repository_path, whole

SCHEMA = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"


def render(run: Run, options: Options) -> str:
    """The run as SARIF, warnings among it; those that are meant or ignored are suppressed."""
    found: list[tuple[Diagnostic, Outcome, Silenced | None]] = []
    for outcome in run.outcomes:
        found += [(problem, outcome, None) for problem in (*outcome.problems, *outcome.warnings)]
        found += [(one.warning, outcome, one) for one in outcome.silenced]
    codes = sorted({problem.code for problem, _, _ in found})
    log = {
        "$schema": SCHEMA,
        "version": "2.1.0",
        "runs": [
            {
                "tool": {
                    "driver": {
                        "name": "cnncalc",
                        "version": __version__,
                        "rules": [_rule(code) for code in codes],
                    }
                },
                "columnKind": "unicodeCodePoints",
                "results": [_result(problem, outcome, codes, silenced) for problem, outcome, silenced in found],
            }
        ],
    }
    return dumps(log, ensure_ascii=False, indent=1) + "\n"


def _name(code: str) -> str:
    """`baseline-changed` as BaselineChanged, which is how SARIF writes names."""
    return "".join(part.capitalize() for part in code.split("-"))


def _rule(code: str) -> dict[str, Any]:
    about = every_code().get(code)
    described = {"shortDescription": {"text": about.text}} if about else {}
    return {"id": code, "name": _name(code), **described}


def _result(
    problem: Diagnostic, outcome: Outcome, codes: list[str], silenced: Silenced | None = None
) -> dict[str, Any]:
    result: dict[str, Any] = {
        "ruleId": problem.code,
        "ruleIndex": codes.index(problem.code),
        "level": problem.severity,
        "message": {"text": f"{outcome.name}: {whole(problem)}"},
    }
    span = place(problem, outcome)
    if span is not None:
        result["locations"] = [{"physicalLocation": _location(span)}]
    if silenced is not None:
        meant = isinstance(silenced.by, Allowed)
        why = silenced.by.reason if isinstance(silenced.by, Allowed) else f"left out by {silenced.by.by}"
        result["suppressions"] = [{"kind": "inSource" if meant else "external", "justification": why}]
    return result


def _location(span: Span) -> dict[str, Any]:
    name = repository_path(span.source.name)
    uri = quote(name) if not os.path.isabs(name) else f"file://{quote(name)}"
    line, column = span.source.position(span.start)
    end_line, end_column = span.source.position(max(span.start, span.end))
    region = {"startLine": line, "startColumn": column, "endLine": end_line, "endColumn": end_column}
    return {"artifactLocation": {"uri": uri}, "region": region}
