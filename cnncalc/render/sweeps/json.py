"""The envelope of every command, with the rows in it."""

from __future__ import annotations

from collections.abc import Iterator

from cnncalc.planning.sweep import Sweep
from cnncalc.render import Options
from cnncalc.render.envelope import envelope_text
from cnncalc.render.sweeps import Progress


def render(sweep: Sweep, options: Options, progress: Progress) -> Iterator[str]:
    """All rows in one object; `illegal` and `outside` count the points that have none."""
    yield envelope_text(True, sweep.to_dict(progress))
