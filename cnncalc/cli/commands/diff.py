"""`cnncalc diff A B`: two networks side by side, layer by layer."""

from __future__ import annotations

import sys
import traceback
from typing import Optional

import typer

from cnncalc.cli.commands.calc import BATCH, INPUT, LIMIT, SET
from cnncalc.cli.commands.check import DEBUG, KWARGS
from cnncalc.cli.common import fail, raised_limits, settings, write
from cnncalc.diagnostics import CnncalcError

PANEL = "Figures"  # of the help page
SIDE_HELP = "A spec, FILE#VARIANT, FILE@REVISION of git, zoo:NAME, MODULE:ATTR, or an entry of pyproject.toml."


def command(
    a: str = typer.Argument(..., metavar="A", help=SIDE_HELP, show_default=False),
    b: str = typer.Argument(..., metavar="B", help="The same.", show_default=False),
    input: list[str] = INPUT,
    set: list[str] = SET,
    batch: Optional[int] = BATCH,  # noqa: UP045
    kwargs: Optional[str] = KWARGS,  # noqa: UP045
    all: bool = typer.Option(False, "--all", help="Every layer that changed, however many there are."),
    format: str = typer.Option("table", "--format", metavar="F", help="table, json or markdown."),
    json: bool = typer.Option(False, "--json", help="Short for --format json."),
    exit_code: bool = typer.Option(False, "--exit-code", help="Exit with 1 where they differ, as git diff does."),
    limit: list[str] = LIMIT,
    debug: bool = DEBUG,
) -> None:
    """What lies between two networks: totals side by side, and the layers that moved.

    \b
    cnncalc diff zoo:resnet50 zoo:resnet50_v1
    """
    format = "json" if json else format
    try:
        from cnncalc.checks.compare import compare
        from cnncalc.checks.targets import Asked
        from cnncalc.render import Options
        from cnncalc.render.comparison import check_format, comparison_text
        from cnncalc.render.style import terminal_width, wants_colour, writes_unicode

        check_format(format)
        asked = Asked(tuple(input), settings(set), batch, kwargs, limits=raised_limits(limit))
        found = compare(a, b, asked)
        options = Options(None, terminal_width(), wants_colour(sys.stdout), writes_unicode(sys.stdout))
        text = comparison_text(found, format, options, None if all else 40)
    except CnncalcError as error:
        if debug and error.__cause__ is not None:
            traceback.print_exception(error.__cause__)
        fail(error, format == "json")
    write(text)
    if found.remarks and format != "json":
        from cnncalc.render.diagnostics import diagnostics_text

        write(diagnostics_text(found.remarks, terminal_width(), wants_colour(sys.stderr)) + "\n", sys.stderr)
    raise typer.Exit(1 if exit_code and not found.difference.equal else 0)
