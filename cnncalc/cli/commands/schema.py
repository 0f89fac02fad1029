"""`cnncalc schema`: the YAML language for editors."""

from __future__ import annotations

from cnncalc.cli.command import Result

PANEL = "Reference"  # of the help page


def command() -> Result:
    """The YAML language as a JSON Schema, by which editors complete and check specs.

    cnncalc schema > cnncalc.schema.json
    """
    from json import dumps

    from cnncalc.render.schema import schema

    return Result(dumps(schema(), indent=2, ensure_ascii=False) + "\n")
