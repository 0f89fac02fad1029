"""Comma-separated values, a line for each layer."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from typing import Any

from cnncalc.analysis.trace import Report
from cnncalc.layers.shapes import dims_text
from cnncalc.render import Options
from cnncalc.render.table_columns import COLUMNS, View

USUAL = ("path", "type", "output", "params", "buffers", "macs", "flops", "activations", "status", "trainable")


def render(report: Report, options: Options) -> str:
    """The layers as CSV (RFC 4180, with plain line ends), with a line of totals where all rows are there."""
    names = options.selection.names(USUAL)
    stated = [COLUMNS[name] for name in names]
    flat = options.selection.is_flat
    rows = options.selection.rows(report, options.depth if flat else 10**9)
    if not flat:
        rows = [row for row in rows if row.layer]
    view = View(report, rows, flat=True)
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(names)
    for row in rows:
        if row.layer is not None:
            writer.writerow([_cell(name, column.value(row.layer)) for name, column in zip(names, stated)])
        else:
            writer.writerow([column.text(row, view) for column in stated])
    if not flat:
        totals = [_cell(name, column.total(report)) if column.total else "" for name, column in zip(names, stated)]
        writer.writerow(["total" if name in ("path", "layer") else cell for name, cell in zip(names, totals)])
    return text.getvalue()


def _cell(name: str, value: Any) -> Any:
    """Shapes as they are written, a list of names with spaces between."""
    if isinstance(value, tuple):
        return dims_text(value)
    if isinstance(value, Sequence) and not isinstance(value, str):
        return " ".join(value)
    return "" if value is None else round(value, 3) if isinstance(value, float) else value
