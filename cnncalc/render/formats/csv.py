"""Comma-separated values, a line for each layer."""

from __future__ import annotations

import csv
import io

from cnncalc.analysis.trace import Report
from cnncalc.layers.shapes import dims_text
from cnncalc.render import Options

COLUMNS = ("path", "type", "output", "params", "buffers", "macs", "flops", "activations", "status", "trainable")


def render(report: Report, options: Options) -> str:
    """The layers as CSV (RFC 4180, with plain line ends), with a line of totals."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(COLUMNS)
    for layer in report.layers:
        figures = (layer.params, layer.buffers, layer.macs, layer.flops, layer.activations)
        writer.writerow([layer.path, layer.type, dims_text(layer.output), *figures, layer.status, layer.trainable])
    totals = report.totals
    figures = (totals.params, totals.buffers, totals.macs, totals.flops, totals.activations)
    writer.writerow(["total", "", dims_text(report.output), *figures, totals.status, totals.trainable])
    return text.getvalue()
