"""`cnncalc help [TOPIC]`: the documents, in the terminal."""

from __future__ import annotations

import typer

from cnncalc.cli.command import Result, shown
from cnncalc.cli.options import offered

PANEL = "Reference"  # of the help page


def command(
    topic: str | None = typer.Argument(
        None, metavar="TOPIC", help="A document or a command.", show_default=False, autocompletion=offered("topics")
    ),
) -> Result:
    """The documents: what figures mean, the language, and the rest. Of a command, its options.

    \b
    cnncalc help topics
    cnncalc help language
    """
    from cnncalc.render.documents import topic_text, topics_text

    page = shown()
    return Result(topics_text(page) if topic is None or topic == "topics" else topic_text(topic, page), long=True)
