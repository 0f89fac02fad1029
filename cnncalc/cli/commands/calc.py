"""`cnncalc calc SPEC`, and the bare `cnncalc SPEC`."""

from __future__ import annotations

import typer

from cnncalc.cli.command import Result, shown
from cnncalc.cli.options import CONVENTION, SHORT_JSON, SPEC, Overrides, format_option
from cnncalc.render import format_names, report_format

PANEL = "Figures"  # of the help page


def command(
    spec: str = SPEC,
    *,
    overrides: Overrides,
    depth: int | None = typer.Option(
        None, "--depth", min=1, metavar="N", help="Levels to show. Default: as many as can be read at once."
    ),
    convention: str = CONVENTION,
    format: str = format_option(format_names(), "table"),
    json: bool = SHORT_JSON,
) -> Result:
    """Output sizes, parameters, MACs and FLOPs, layer by layer.

    \b
    cnncalc "1x28x28 -> conv 6 k5 p2 -> maxpool 2 -> flatten -> linear 10"
    cnncalc "3xHxW -> conv 64 k7 s2 p3 -> maxpool 3 s2 p1"
    cnncalc zoo:mobilenet_v2 --set width=0.75 -i 3x192x192 --depth 1
    cnncalc zoo:resnet50 --batch 32 --json
    """
    chosen = report_format("json" if json else format)
    report = overrides.report(spec, convention)
    text = chosen.render(report, shown(depth))
    return Result(text, warnings=() if chosen.shows_warnings else report.warnings)
