"""Comma-separated values with a line of names, as pandas and polars read them."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator

from cnncalc.planning.sweep import Sweep
from cnncalc.render import Options
from cnncalc.render.sweeps import Progress


def render(sweep: Sweep, options: Options, progress: Progress) -> Iterator[str]:
    """The rows as CSV (RFC 4180, with plain line ends)."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(sweep.columns)
    for block in sweep.blocks(progress):
        writer.writerows(zip(*block.columns.values()))
        yield text.getvalue()
        text.seek(0)
        text.truncate()
    yield text.getvalue()
