"""`cnncalc zoo [NAME]`: the networks there are, computed, and one network's spec."""

from __future__ import annotations

import sys
from typing import Optional

import typer

from cnncalc.cli.common import fail, write
from cnncalc.diagnostics import CnncalcError


def command(
    name: Optional[str] = typer.Argument(None, metavar="NAME", help="A network; shows its spec.", show_default=False),  # noqa: UP045
    family: Optional[str] = typer.Option(None, "--family", metavar="F", help="Only this family, such as resnet."),  # noqa: UP045
    sort: str = typer.Option("family", "--sort", metavar="KEY", help="family, name, params, macs or year."),
    json: bool = typer.Option(False, "--json", help="A list of objects."),
) -> None:
    """The networks of the zoo with their figures, and one network's spec."""
    from cnncalc.render.style import terminal_width, wants_colour
    from cnncalc.render.zoo import entries, entries_json, entries_text, spec_text

    try:
        if name is not None:
            text = spec_text(name)
        else:
            found = entries(family, sort)
            text = entries_json(found) if json else entries_text(found, terminal_width(), wants_colour(sys.stdout))
    except CnncalcError as error:
        fail(error, json)
    write(text)
