"""A table for people."""

from __future__ import annotations

from collections.abc import Iterator

from cnncalc.planning.sweep import Block, Sweep
from cnncalc.render import Options
from cnncalc.render.columns import GAP, Column
from cnncalc.render.style import styled
from cnncalc.render.sweeps import Progress

TOGETHER = 10_000  # points of a sweep whose rows are all there before the first is written


def render(sweep: Sweep, options: Options, progress: Progress) -> Iterator[str]:
    """The rows as a table: numbers to the right, with thousands separators, under one head."""
    numbers: dict[str, Column] = {}
    axes = {axis.name for axis in sweep.axes}
    for count, block in enumerate(_together(sweep, progress)):
        made = []
        for name, cells in block.columns.items():
            texts = [f"{cell:,}" if isinstance(cell, int) and name not in axes else f"{cell}" for cell in cells]
            made.append(Column(name, texts, right=not cells or not isinstance(cells[0], str)))
        for column in made:
            if column.title in numbers:
                column.width = max(column.width, numbers[column.title].width)
            numbers[column.title] = column
        lines = []
        if count == 0:
            head = GAP.join(f"{c.title:>{c.width}}" if c.right else f"{c.title:<{c.width}}" for c in made).rstrip()
            rule = ("─" if options.unicode else "-") * (sum(c.width + len(GAP) for c in made) - len(GAP))
            lines = [styled(head, "bold", options.colour), styled(rule, "dim", options.colour)]
        lines += [GAP.join(column.cell(row) for column in made).rstrip() for row in range(block.length)]
        yield "".join(f"{line}\n" for line in lines)


def _together(sweep: Sweep, progress: Progress) -> Iterator[Block]:
    """The rows as one block, so that columns are as wide as all of their cells; as several where there are many."""
    if sweep.tally.points > TOGETHER:
        yield from sweep.blocks(progress)
        return
    merged: dict[str, list[object]] = {name: [] for name in sweep.columns}
    for block in sweep.blocks(progress):
        for name, column in block.columns.items():
            merged[name] += column
    yield Block(merged)
