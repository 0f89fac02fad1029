"""`cnncalc schema`: the YAML language for editors."""

from __future__ import annotations

from cnncalc.cli.common import write

PANEL = "Reference"  # of the help page


def command() -> None:
    """The YAML language as a JSON Schema, by which editors complete and check specs.

    cnncalc schema > cnncalc.schema.json
    """
    from json import dumps

    from cnncalc.render.schema import schema

    write(dumps(schema(), indent=2, ensure_ascii=False) + "\n")
