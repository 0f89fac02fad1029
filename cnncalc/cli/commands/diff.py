"""`cnncalc diff A B`: two networks side by side, layer by layer."""

from __future__ import annotations

import typer

from cnncalc.cli.command import Result, shown
from cnncalc.cli.options import SHORT_JSON, Model, Overrides, format_option

PANEL = "Figures"  # of the help page
SIDE_HELP = "A spec, FILE#VARIANT, FILE@REVISION of git, zoo:NAME, MODULE:ATTR, or an entry of pyproject.toml."
FORMATS = ("table", "json", "markdown")
READABLE = 40  # changes that can be read at once


def command(
    a: str = typer.Argument(..., metavar="A", help=SIDE_HELP, show_default=False),
    b: str = typer.Argument(..., metavar="B", help="The same.", show_default=False),
    *,
    overrides: Overrides,
    model: Model,
    all: bool = typer.Option(False, "--all", help="Every layer that changed, however many there are."),
    format: str = format_option(FORMATS, "table"),
    json: bool = SHORT_JSON,
    exit_code: bool = typer.Option(False, "--exit-code", help="Exit with 1 if they differ, as git diff does."),
) -> Result:
    """What lies between two networks: totals side by side, and the layers that moved.

    \b
    cnncalc diff zoo:resnet50 zoo:resnet50_v1
    """
    from cnncalc.checks.compare import compare
    from cnncalc.render import check_choice
    from cnncalc.render.comparison import comparison_text

    format = "json" if json else format
    check_choice(format, FORMATS)
    found = compare(a, b, overrides.asked(model))
    text = comparison_text(found, format, shown(), None if all else READABLE)
    code = 1 if exit_code and not found.difference.equal else 0
    return Result(text, code, warnings=() if format == "json" else found.remarks)
