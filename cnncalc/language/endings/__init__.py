"""Files of specs by what their names end with: one file for each ending, found by its name."""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING

from cnncalc.diagnostics import Diagnostic, Source, UsageError
from cnncalc.discovery import module_names

if TYPE_CHECKING:
    from cnncalc.graph import Graph
    from cnncalc.language.read.given import Options

ALSO = {"yml": "yaml"}
"""Endings that are read as another is."""

SAID = {"inputs": "-i", "settings": "--set", "batch": "--batch", "unknowns": "number that is to be found"}
"""What a caller may give beside the text, and how a message calls it."""


def endings() -> list[str]:
    """What the names of files of specs end with, without the dot.

    >>> endings()
    ['yaml', 'yml']
    """
    return [*module_names(__name__), *ALSO]


def suffixes() -> tuple[str, ...]:
    """The same with the dot, as `str.endswith` takes them."""
    return tuple([f".{ending}" for ending in endings()])


def ending_of(path: Path | None) -> str:
    """The ending by which a file is read; empty where it is none of them.

    >>> ending_of(Path("net.YML")), ending_of(Path("net.txt"))
    ('yaml', '')
    """
    if path is None:
        return ""
    found = path.suffix.lower().removeprefix(".")
    found = ALSO.get(found, found)
    return found if found in module_names(__name__) else ""


def read_file(ending: str, source: Source, options: Options) -> Graph:
    """The graph of a file with this ending. Raises UsageError for what is given and such a file does not take."""
    module = import_module(f"{__name__}.{ending}")
    for field, said in SAID.items():
        if field not in module.TAKES and getattr(options, field) not in (None, (), {}):
            raise UsageError(Diagnostic("bad-option", f"{source.name} is a .{ending} file, which takes no {said}"))
    read: Callable[[Source, Options], Graph] = module.read
    return read(source, options)
