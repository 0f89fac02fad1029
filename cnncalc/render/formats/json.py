"""The JSON envelope, version 1."""

from __future__ import annotations

from cnncalc.analysis.trace import Report
from cnncalc.render import Options
from cnncalc.render.envelope import json_text

SHOWS_WARNINGS = True


def render(report: Report, options: Options) -> str:
    """The report as JSON."""
    return json_text(report.to_dict())
