"""`cnncalc rule [CODE]`: what the code of a message means."""

from __future__ import annotations

import typer

from cnncalc.cli.command import Result, shown
from cnncalc.cli.options import offered

PANEL = "Reference"  # of the help page


def command(
    code: str | None = typer.Argument(
        None,
        metavar="CODE",
        help="The code of a message: channel-mismatch.",
        show_default=False,
        autocompletion=offered("codes"),
    ),
) -> Result:
    """What a message means, by its code.

    cnncalc rule channel-mismatch
    """
    from cnncalc.render.documents import rule_text, rules_text

    page = shown()
    return Result(rules_text(page) if code is None else rule_text(code, page), long=True)
