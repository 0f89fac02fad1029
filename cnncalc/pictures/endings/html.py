"""`.html`: the live page, which has the pictures in it."""

from __future__ import annotations

from cnncalc.analysis.trace import Report
from cnncalc.pictures.look import Look

VIEWS = ("graph", "maps", "window", "field")
TAKES = ("layer", "filter")


def write(report: Report, view: str, look: Look) -> str:
    """The page of a report, whose open sizes can be set. It begins with the view."""
    from cnncalc.pictures.page.document import page
    from cnncalc.pictures.page.opened import as_it_is

    return page(as_it_is(report), look, view=view)
