"""`cnncalc diff A B`: two networks side by side, layer by layer."""

from __future__ import annotations

import typer

from cnncalc.cli.command import Result, shown
from cnncalc.cli.options import SHORT_JSON, Destination, Model, Overrides, format_by_ending

PANEL = "Figures"  # of the help page
SIDE_HELP = "A spec, FILE#VARIANT, FILE@REVISION of git, zoo:NAME, FILE.py:NAME, or an entry of pyproject.toml."
FORMATS = ("table", "json", "markdown", "html")
READABLE = 40  # changes that can be read at once


def command(
    a: str = typer.Argument(..., metavar="A", help=SIDE_HELP, show_default=False),
    b: str = typer.Argument(..., metavar="B", help="The same.", show_default=False),
    *,
    overrides: Overrides,
    model: Model,
    all: bool = typer.Option(False, "--all", help="Every layer that changed, however many there are."),
    format: str = format_by_ending(FORMATS, "table"),
    json: bool = SHORT_JSON,
    destination: Destination,
    exit_code: bool = typer.Option(False, "--exit-code", help="Exit with 1 if they differ, as git diff does."),
) -> Result:
    """What lies between two networks: totals side by side, and the layers that moved.

    \b
    cnncalc diff zoo:resnet50 zoo:resnet50_v1
    cnncalc diff zoo:resnet18 zoo:resnet34 -o resnets.html
    """
    from cnncalc.checks.compare import compare
    from cnncalc.render import Options
    from cnncalc.render.comparison import comparison_text

    format = destination.format("json" if json else format, FORMATS, "table")
    destination.refuse_to_lose()
    found = compare(a, b, overrides.asked(model))
    code = 1 if exit_code and not found.difference.equal else 0
    if format == "html":
        from cnncalc.pictures.page.compared import comparison_page

        return destination.result(comparison_page(found))._replace(code=code)
    options = shown() if destination.output is None else Options()
    text = comparison_text(found, format, options, None if all else READABLE)
    return destination.result(text)._replace(code=code, warnings=() if format == "json" else found.remarks)
