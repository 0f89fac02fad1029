"""The language in YAML, which `cnncalc.language.read` reads."""

from __future__ import annotations

from cnncalc.diagnostics import Source
from cnncalc.graph import Graph
from cnncalc.language.read.given import Options

TAKES = ("inputs", "settings", "batch", "unknowns")


def read(source: Source, options: Options) -> Graph:
    """The graph of a YAML file."""
    from cnncalc.language.read.running import read_yaml

    return read_yaml(source, options)
