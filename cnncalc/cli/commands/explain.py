"""`cnncalc explain SPEC [LAYER]`: every figure with the sum that gives it."""

from __future__ import annotations

import sys
from typing import Optional

import typer

from cnncalc.cli.commands.calc import BATCH, INPUT, LIMIT, SET, SPEC_HELP
from cnncalc.cli.common import fail, raised_limits, settings, write
from cnncalc.diagnostics import CnncalcError, Diagnostic, UsageError, nearest

PANEL = "Figures"  # of the help page


def command(
    spec: str = typer.Argument(..., metavar="SPEC", help=SPEC_HELP, show_default=False),
    layer: Optional[str] = typer.Argument(  # noqa: UP045
        None, metavar="LAYER", help="A path, or the level above it.", show_default=False
    ),
    input: list[str] = INPUT,
    set: list[str] = SET,
    batch: Optional[int] = BATCH,  # noqa: UP045
    limit: list[str] = LIMIT,
) -> None:
    """Each formula with its numbers, and a drawing of the windows.

    \b
    cnncalc explain "3x224x224 -> conv 64 k7 s2 p3"
    cnncalc explain zoo:resnet50 layer1.0.conv2
    """
    try:
        from cnncalc import calc
        from cnncalc.render import Options
        from cnncalc.render.explanation import explanations_text
        from cnncalc.render.style import terminal_width, wants_colour, writes_unicode

        report = calc(spec, input=input, set=settings(set), batch=batch, limits=raised_limits(limit))
        layers = report.layers
        if layer is not None:
            layers = [found for found in layers if found.path == layer or found.path.startswith(f"{layer}.")]
            if not layers:
                near = nearest(layer, [found.path for found in report.layers], 3)
                hint = f"did you mean {' or '.join(near)}?" if near else "without LAYER, all are explained"
                raise UsageError(Diagnostic("unknown-path", f"there is no layer at {layer}", hint=hint))
        options = Options(None, terminal_width(), wants_colour(sys.stdout), writes_unicode(sys.stdout))
        text = explanations_text(layers, options)
    except CnncalcError as error:
        fail(error)
    write(text)
