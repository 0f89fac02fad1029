"""`cnncalc layers [NAME]`: what there is, and one layer's arguments, formula and example."""

from __future__ import annotations

import typer

from cnncalc.cli.command import Result, shown
from cnncalc.cli.options import SHORT_JSON, format_option, offered

PANEL = "Reference"  # of the help page
FORMATS = ("text", "json", "markdown")


def command(
    name: str | None = typer.Argument(
        None,
        metavar="NAME",
        help="A layer, by any of its names.",
        show_default=False,
        autocompletion=offered("layer_names"),
    ),
    *,
    format: str = format_option(FORMATS, "text"),
    json: bool = SHORT_JSON,
) -> Result:
    """The layers there are, and one layer's arguments.

    \b
    cnncalc layers
    cnncalc layers conv
    """
    from cnncalc.render import check_choice
    from cnncalc.render.layer_formats import layers_text

    format = "json" if json else format
    check_choice(format, FORMATS)
    return Result(layers_text(name, format, shown()), long=format == "text")
