"""Which commands there are."""

from __future__ import annotations

from cnncalc.discovery import module_names


def command_names() -> list[str]:
    """The commands, which are the files in `commands`."""
    return [name.removesuffix("_") for name in module_names("cnncalc.cli.commands")]
