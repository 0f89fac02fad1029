"""`.svg`: the picture itself."""

from __future__ import annotations

from cnncalc.analysis.trace import Report
from cnncalc.pictures import draw
from cnncalc.pictures.look import Look


def write(report: Report, view: str, look: Look) -> str:
    """One file, in which nothing is fetched from anywhere."""
    return draw(report, view, look).svg
