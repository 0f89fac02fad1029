"""`cnncalc layers [NAME]`: what there is, and one layer's arguments, formula and example."""

from __future__ import annotations

import sys
from typing import Any

import typer

from cnncalc.cli.common import fail, write
from cnncalc.diagnostics import CnncalcError, UsageError

PANEL = "Reference"  # of the help page


def command(
    name: str | None = typer.Argument(None, metavar="NAME", help="A layer, by any of its names.", show_default=False),
    format: str = typer.Option("text", "--format", metavar="F", help="text, json or markdown."),
    json: bool = typer.Option(False, "--json", help="Short for --format json: name, aliases, torch and arguments."),
) -> None:
    """The layers there are, and one layer's arguments.

    \b
    cnncalc layers
    cnncalc layers conv
    """
    from cnncalc.render import Options, check_choice
    from cnncalc.render.layers import layer_entries, layer_text, list_text
    from cnncalc.render.style import terminal_width, wants_colour, writes_unicode

    options = Options(None, terminal_width(), wants_colour(sys.stdout), writes_unicode(sys.stdout))
    format = "json" if json else format
    try:
        check_choice(format, ["text", "json", "markdown"])
        found = _found(name) if name is not None else None
    except CnncalcError as error:
        fail(error, format == "json")
    if format == "json":
        write(_json(layer_entries(found)))
    elif format == "markdown":
        from cnncalc.render.reference import entry, markdown

        write(markdown() if found is None else "\n".join(entry(found.family)) + "\n")
    else:
        write(list_text(options) if found is None else layer_text(found, options))


def _found(name: str) -> Any:
    from cnncalc.diagnostics import Source, Span
    from cnncalc.language.run.bind import unknown_layer
    from cnncalc.layers import find

    found = find(name)
    if found is None:
        raise UsageError(unknown_layer(name, Span(Source("", ""), 0, 0))._replace(span=None))
    return found


def _json(entries: list[dict[str, Any]]) -> str:
    from json import dumps

    return "[" + ",\n ".join(dumps(entry, ensure_ascii=False) for entry in entries) + "]\n"
