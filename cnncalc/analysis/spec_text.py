"""The text of a graph, which is given only where it reads back to the same figures."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from cnncalc.analysis.trace import Report, trace
from cnncalc.diagnostics import CnncalcError, Source
from cnncalc.language.read.reader import read_source
from cnncalc.language.text.limits import Limits
from cnncalc.language.write.writer import write

LARGE = dict.fromkeys(("bytes", "layers", "steps", "values"), 10**9)
"""Limits of a text that is read again."""


def spec_text(report: Report, notes: Sequence[str]) -> str:
    """The network of a report as YAML. Raises ValueError where the language has no words for it."""
    text = write(report.graph, notes, report.flow)
    try:
        again = trace(read_source(Source("import", text), Path("import.yaml"), None, limits=Limits(LARGE)))
    except CnncalcError as error:
        raise ValueError(f"what is written is not read: {error.diagnostics[0].message}") from error
    if (again.totals, again.outputs) != (report.totals, report.outputs):
        raise ValueError("what is written is read as another network")
    return text
