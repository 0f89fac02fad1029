"""`cnncalc explain SPEC [LAYER]`: every figure with the sum that gives it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import typer

from cnncalc.cli.command import Result, shown
from cnncalc.cli.options import JSON, SPEC, Overrides
from cnncalc.diagnostics import Diagnostic, UsageError, nearest

if TYPE_CHECKING:
    from cnncalc.analysis.trace import LayerReport, Report

PANEL = "Figures"  # of the help page


def command(
    spec: str = SPEC,
    layer: str | None = typer.Argument(
        None, metavar="LAYER", help="A path, or the level above it.", show_default=False
    ),
    *,
    overrides: Overrides,
    json: bool = JSON,
) -> Result:
    """Each formula with its numbers, and a drawing of the windows.

    \b
    cnncalc explain "3x224x224 -> conv 64 k7 s2 p3"
    cnncalc explain zoo:resnet50 layer1.0.conv2
    """
    from cnncalc.render.explanation import explanations_json, explanations_text

    report = overrides.report(spec)
    layers = report.layers if layer is None else layers_at(report, layer)
    return Result(explanations_json(report, layers) if json else explanations_text(layers, shown()))


def layers_at(report: Report, path: str) -> list[LayerReport]:
    """The layer at a path, or those of a level. Raises UsageError if there is none."""
    found = [layer for layer in report.layers if layer.path == path or layer.path.startswith(f"{path}.")]
    if not found:
        near = nearest(path, [layer.path for layer in report.layers], 3)
        hint = f"did you mean {' or '.join(near)}?" if near else "without LAYER, all are explained"
        raise UsageError(Diagnostic("unknown-path", f"there is no layer at {path}", hint=hint))
    return found
