"""`cnncalc calc SPEC`, and the bare `cnncalc SPEC`."""

from __future__ import annotations

import sys
from typing import Optional

import typer

from cnncalc.cli.common import fail, raised_limits, settings, write
from cnncalc.diagnostics import CnncalcError

PANEL = "Figures"  # of the help page
SPEC_HELP = "A line of text, a file, - for standard input, or zoo:NAME."
INPUT = typer.Option([], "-i", "--input", metavar="SHAPE", help="Input shape, 3x224x224 or NAME=SHAPE.")
SET = typer.Option([], "--set", metavar="NAME=VALUE", help="An argument of the spec, or a number for an open size.")
BATCH = typer.Option(None, "--batch", min=1, metavar="N", help="Samples. Left open, figures are for one.")
CONVENTION = typer.Option("torch", "--convention", metavar="C", help="What FLOPs are: torch (2 per MAC) or macs.")
LIMIT = typer.Option([], "--limit", metavar="NAME=VALUE", help="Raise a bound on the work.")


def command(
    spec: str = typer.Argument(..., metavar="SPEC", help=SPEC_HELP, show_default=False),
    input: list[str] = INPUT,
    set: list[str] = SET,
    batch: Optional[int] = BATCH,  # noqa: UP045
    depth: Optional[int] = typer.Option(  # noqa: UP045
        None, "--depth", min=1, metavar="N", help="Levels to show. Default: as many as can be read at once."
    ),
    convention: str = CONVENTION,
    format: str = typer.Option("table", "--format", metavar="F", help="table, json, csv or markdown."),
    json: bool = typer.Option(False, "--json", help="Short for --format json."),
    limit: list[str] = LIMIT,
) -> None:
    """Output sizes, parameters, MACs and FLOPs, layer by layer.

    \b
    cnncalc "1x28x28 -> conv 6 k5 p2 -> maxpool 2 -> flatten -> linear 10"
    cnncalc "3xHxW -> conv 64 k7 s2 p3 -> maxpool 3 s2 p1"
    cnncalc zoo:mobilenet_v2 --set width=0.75 -i 3x192x192 --depth 1
    cnncalc zoo:resnet50 --batch 32 --json
    """
    format = "json" if json else format
    try:
        from cnncalc import calc
        from cnncalc.render import Options, check_format, render
        from cnncalc.render.style import terminal_width, wants_colour, writes_unicode

        check_format(format)
        report = calc(
            spec,
            input=input,
            set=settings(set),
            batch=batch,
            convention=convention,
            limits=raised_limits(limit),
        )
        options = Options(depth, terminal_width(), wants_colour(sys.stdout), writes_unicode(sys.stdout))
        text = render(report, format, options)
    except CnncalcError as error:
        fail(error, format == "json")
    write(text)
    if format in ("csv", "markdown") and report.warnings:
        from cnncalc.render.diagnostics import diagnostics_text

        write(diagnostics_text(report.warnings, terminal_width(), wants_colour(sys.stderr)) + "\n", sys.stderr)
