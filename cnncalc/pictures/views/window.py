"""The window view: one layer's window, step by step: what it reads of the input, and what is made of it."""

from __future__ import annotations

from cnncalc.analysis.trace import Report
from cnncalc.pictures.chosen import drawn_at, numbers_for
from cnncalc.pictures.look import Look, Picture
from cnncalc.pictures.window.painting import paint
from cnncalc.pictures.window.sweep import chosen, sweep

TAKES = ("layer", "filter")


def draw(report: Report, look: Look) -> Picture:
    """The sweep of the layer that is chosen. Raises UsageError where it has no window."""
    chosen(report, look.layer)
    sizes, drawn = numbers_for(report)
    return paint(sweep(chosen(drawn, look.layer)), look, drawn_at(sizes))
