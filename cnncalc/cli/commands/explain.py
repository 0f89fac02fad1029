"""`cnncalc explain SPEC [LAYER]`: every figure with the sum that gives it, or why a tool has another one."""

from __future__ import annotations

from typing import TYPE_CHECKING

import typer

from cnncalc.cli.command import Result, shown
from cnncalc.cli.options import JSON, SPEC, Model, Overrides, offered
from cnncalc.diagnostics import Diagnostic, UsageError, nearest

if TYPE_CHECKING:
    from cnncalc.analysis.layer_report import LayerReport
    from cnncalc.analysis.trace import Report

PANEL = "Figures"  # of the help page


def command(
    spec: str = SPEC,
    layer: str | None = typer.Argument(
        None,
        metavar="LAYER",
        help="A path, or the level above it.",
        show_default=False,
        autocompletion=offered("layer_paths"),
    ),
    *,
    overrides: Overrides,
    model: Model,
    why: str | None = typer.Option(
        None, "--why", metavar="C", help="Why the FLOPs of this convention are not the MACs.", show_default=False
    ),
    json: bool = JSON,
) -> Result:
    """Each formula with its numbers, and a drawing of the windows; or why another tool counts otherwise.

    \b
    cnncalc explain "3x224x224 -> conv 64 k7 s2 p3"
    cnncalc explain zoo:resnet50 layer1.0.conv2
    cnncalc explain zoo:resnet50 --why fvcore
    """
    if why is not None:
        from cnncalc.analysis.why import why as reason
        from cnncalc.render.why import why_json, why_text

        counted = overrides.report(spec, why, model)
        found = reason(counted, None if layer is None else layers_at(counted, layer))
        return Result(why_json(found) if json else why_text(found, shown()))
    from cnncalc.render.explanation import explanations_json, explanations_text

    report = overrides.report(spec, model=model)
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
