"""The rows of a sweep as text. One file for each format, found by its name."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from importlib import import_module
from typing import TYPE_CHECKING, TypeAlias

from cnncalc.discovery import module_names
from cnncalc.named_tuples import NamedTuple
from cnncalc.render import Options, check_choice

if TYPE_CHECKING:
    from cnncalc.planning.sweep import Sweep

Progress: TypeAlias = "Callable[[int, int], None]"


class SweepFormat(NamedTuple):
    """A way to write a sweep: its text in pieces, each as soon as its rows are there."""

    render: Callable[[Sweep, Options, Progress], Iterator[str]]


def sweep_formats() -> list[str]:
    """The names of the formats."""
    return module_names("cnncalc.render.sweeps")


def sweep_format(name: str) -> SweepFormat:
    """The format of a name. Raises UsageError."""
    check_choice(name, sweep_formats())
    return SweepFormat(import_module(f"cnncalc.render.sweeps.{name}").render)
