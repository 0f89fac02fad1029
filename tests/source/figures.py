"""The figures of a model that are compared with torch's."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import cnncalc
from cnncalc.symbolic.expr import number_at


def figures_of(report: cnncalc.Report, sizes: Mapping[str, int]) -> dict[str, Any]:
    """Parameters, buffers, the shapes of the outputs, and MACs, at numbers for what is open."""
    return {
        "params": number_at(report.totals.params, sizes),
        "buffers": number_at(report.totals.buffers, sizes),
        "outputs": [
            tuple(number_at(dim, sizes) for dim in report.flow.shapes[value] or ()) for _, value in report.graph.outputs
        ],
        "macs": sum(number_at(one.layer.macs(one.xs, one.outputs), sizes) for one in report.layers),
    }
