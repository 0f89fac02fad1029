"""The report as JSON: the envelope of the command line, with one object for each target."""

from __future__ import annotations

from typing import Any

from cnncalc.analysis.costs import plain
from cnncalc.checks.levels import Silenced
from cnncalc.checks.run import Outcome, Run
from cnncalc.graph import Allowed
from cnncalc.models.lines import shown
from cnncalc.render import Options
from cnncalc.render.envelope import envelope_text


def render(run: Run, options: Options) -> str:
    """The run as JSON, one target to a line."""
    targets = [target(outcome) for outcome in run.outcomes]
    results = {"exit_code": run.code, "baselines": run.said, "targets": targets}
    results["passed_over"] = [{"file": file, "why": why} for file, why in run.passed_over]
    found = [problem for outcome in run.outcomes for problem in (*outcome.problems, *outcome.warnings)]
    return envelope_text(run.ok, results, found)


def _silenced(one: Silenced) -> dict[str, Any]:
    """A warning that is meant or ignored, and who says so."""
    by, reason = ("allow", one.by.reason) if isinstance(one.by, Allowed) else (one.by.by, None)
    return {"by": by, "reason": reason, "warning": one.warning.to_dict()}


def target(outcome: Outcome) -> dict[str, Any]:
    """One target."""
    report, baseline = outcome.report, outcome.target.baseline
    return {
        "name": outcome.name,
        "target": outcome.target.spec,
        "file": shown(outcome.target.file) if outcome.target.file else None,
        "ok": outcome.ok,
        "exit_code": outcome.code,
        "inputs": {name: plain(shape) for name, shape in report.inputs.items()} if report else None,
        "outputs": {name: plain(shape) for name, shape in report.outputs.items()} if report else None,
        "totals": report.totals.to_dict() if report else None,
        "checks": [
            {
                "name": verdict.name,
                "ok": verdict.ok,
                "expected": verdict.expected,
                "actual": verdict.actual,
                "diagnostics": [problem.to_dict() for problem in verdict.problems],
            }
            for verdict in outcome.verdicts
        ],
        "baseline": shown(baseline) if baseline else None,
        "difference": outcome.difference.to_dict() if outcome.difference else None,
        "warnings": [warning.to_dict() for warning in outcome.warnings],
        "silenced": [_silenced(one) for one in outcome.silenced],
        "seconds": round(outcome.seconds, 4),
    }
