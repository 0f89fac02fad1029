"""`cnncalc calc SPEC`, and the bare `cnncalc SPEC`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import typer

from cnncalc.cli.command import Result, shown
from cnncalc.cli.options import CONVENTION, SHORT_JSON, SPEC, Model, Overrides, Resources, Shown, format_option
from cnncalc.render import format_names, report_format

if TYPE_CHECKING:
    from cnncalc.analysis.trace import Report
    from cnncalc.render import Format
    from cnncalc.render.selection import Selection

PANEL = "Figures"  # of the help page


def command(
    spec: str = SPEC,
    *,
    overrides: Overrides,
    model: Model,
    rows: Shown,
    convention: str = CONVENTION,
    resources: Resources,
    plot: str | None = typer.Option(
        None, "--plot", metavar="FILE", help="With a device: its roofline, as .svg, .png or .html; - in the terminal."
    ),
    force: bool = typer.Option(False, "--force", help="Write over a file that is there."),
    format: str = format_option(format_names(), "table"),
    json: bool = SHORT_JSON,
) -> Result:
    """Output sizes, parameters, MACs and FLOPs, layer by layer.

    \b
    cnncalc "1x28x28 -> conv 6 k5 p2 -> maxpool 2 -> flatten -> linear 10"
    cnncalc "3xHxW -> conv 64 k7 s2 p3 -> maxpool 3 s2 p1"
    cnncalc zoo:mobilenet_v2 --set width=0.75 -i 3x192x192 --depth 1
    cnncalc zoo:resnet50 --filter conv --sort -macs --top 5 --columns +field
    cnncalc zoo:resnet50 --batch 32 --json
    cnncalc zoo:resnet50 --memory train --optimizer adam --batch 32 --depth 1
    """
    format = "json" if json else format
    chosen = report_format(format)
    selection = rows.selection(format)
    report = overrides.report(spec, convention, model, resources)
    if plot is not None:
        return _with_roofline(report, plot, force, chosen, selection, rows.depth)
    text = chosen.render(report, shown(rows.depth)._replace(selection=selection))
    return Result(text, warnings=() if chosen.shows_warnings else report.warnings)


def _with_roofline(
    report: Report, plot: str, force: bool, chosen: Format, selection: Selection, depth: int | None
) -> Result:
    """The roofline in the terminal, or in a file beside the figures."""
    from cnncalc.files import refuse_to_lose
    from cnncalc.render.roofline import roofline, roofline_file, terminal_roofline

    drawn = roofline(report, plot)
    options = shown(depth)
    if plot == "-":
        return Result(terminal_roofline(drawn, options.width, options.colour))
    refuse_to_lose(Path(plot), force)
    text = chosen.render(report, options._replace(selection=selection))
    warnings = () if chosen.shows_warnings else report.warnings
    return Result(text, warnings=warnings, files=[(plot, roofline_file(drawn, Path(plot).suffix.lower()))])
