"""One JSON object for each row, each on its line: `pandas.read_json(FILE, lines=True)`, `polars.read_ndjson(FILE)`."""

from __future__ import annotations

from collections.abc import Iterator

from cnncalc.planning.sweep import Sweep
from cnncalc.render import Options
from cnncalc.render.envelope import dumps
from cnncalc.render.sweeps import Progress


def render(sweep: Sweep, options: Options, progress: Progress) -> Iterator[str]:
    """The rows, a line each."""
    for block in sweep.blocks(progress):
        names = list(block.columns)
        yield "".join([f"{dumps(dict(zip(names, row)))}\n" for row in zip(*block.columns.values())])
