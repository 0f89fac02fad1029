"""A network with as many sizes and arguments open as it allows, and the numbers that it started with."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TypeAlias

from cnncalc.analysis.receptive_field import spatial_axes
from cnncalc.analysis.trace import Report, trace
from cnncalc.diagnostics import CnncalcError
from cnncalc.graph import Graph
from cnncalc.layers.kinds import Value, said
from cnncalc.layers.shapes import is_batch
from cnncalc.named_tuples import NamedTuple
from cnncalc.pictures.chosen import numbers_for

Read: TypeAlias = Callable[[Sequence[str], Mapping[str, str]], Graph]
"""Reads the network with these shapes as its inputs, where there are any, and these settings. Raises CnncalcError."""

AXES = {1: ("T",), 2: ("H", "W"), 3: ("D", "H", "W")}
"""What open axes of an input are called."""


class Opened(NamedTuple):
    """What a page is made of."""

    report: Report
    start: dict[str, int]  # a number for each open size
    arguments: dict[str, str]  # of the open sizes, those that are arguments, with their names
    fixed: dict[str, str]  # the arguments that stay as they are, as they are written
    inputs: tuple[str, ...]  # the shapes that were opened, as `-i` has them; none where the spec has open sizes itself
    batch: int | None = None  # samples to start with; None: figures are for one

    @property
    def at_start(self) -> Report:
        """The report with the numbers that it started with."""
        return self.report.at(**self.start) if self.start else self.report


def as_it_is(report: Report) -> Opened:
    """A report whose open sizes are those that it has. Raises UsageError where they have no numbers to start with."""
    return Opened(report, numbers_for(report)[0], {}, {}, ())


def opened(read: Read, arguments: Mapping[str, Value], batch: int | None = None) -> Opened:
    """A network as open as it can be. Raises CnncalcError where it cannot be read as it is written.

    Sizes of images and sequences are opened where none is open, and so is each whole number among the arguments. What
    would change the layers stays as it is.
    """
    written = trace(read((), {}))
    found = _with_sizes(read, written, arguments, batch)
    numbers = {name: value for name, value in arguments.items() if type(value) is int and value > 0}
    found = _with_arguments(read, found, numbers)
    named = set(found.arguments.values())
    fixed = {name: said(value) for name, value in arguments.items() if name not in named}
    return found._replace(fixed=fixed)


def _with_sizes(read: Read, written: Report, arguments: Mapping[str, Value], batch: int | None) -> Opened:
    if written.symbols:
        return as_it_is(written)._replace(batch=batch)
    shapes, start = _open_shapes(written, arguments)
    whole = Opened(written, {}, {}, {}, (), batch)
    return _tried(read, whole._replace(inputs=shapes), {}, start, written) or whole if start else whole


def _open_shapes(report: Report, taken: Mapping[str, Value]) -> tuple[tuple[str, ...], dict[str, int]]:
    """The shapes of all inputs, those like the first one with axes open; and the sizes that these axes have."""
    graph = report.graph
    followed, axes = spatial_axes(graph)
    whole = graph.inputs[followed].shape if graph.inputs else ()
    labels = AXES.get(len(axes), ())
    start: dict[str, int] = {}
    names: dict[int, str] = {}
    for axis, label in zip(axes, labels):
        size = whole[axis]
        if not isinstance(size, int):
            return (), {}
        name = next(name for name in (label, *(f"{label}{i}" for i in range(1, 99))) if name not in taken)
        names[axis], start[name] = name, size
    texts = []
    for given in graph.inputs:
        dims = [names.get(axis, str(dim)) if given.shape == whole else str(dim) for axis, dim in enumerate(given.shape)]
        dims = dims[1:] if given.shape and is_batch(given.shape[0]) else dims
        shape = "x".join(dims) if dims else "()"
        texts.append(shape if len(graph.inputs) == 1 else f"{given.name}={shape}")
    return tuple(texts), start


def _with_arguments(read: Read, found: Opened, numbers: Mapping[str, int]) -> Opened:
    """All arguments open at once, where that goes; else one after the other."""
    names = {f"A{i}": name for i, name in enumerate(numbers, 1)}
    together = _tried(read, found, names, {symbol: numbers[name] for symbol, name in names.items()}, found.at_start)
    if together is not None or len(names) < 2:
        return together or found
    written = found.at_start
    for symbol, name in names.items():
        more = _tried(read, found, {symbol: name}, {symbol: numbers[name]}, written)
        found = more or found
    return found


def _tried(
    read: Read, base: Opened, arguments: Mapping[str, str], start: Mapping[str, int], written: Report
) -> Opened | None:
    """With more of it open; None where that is refused, changes nothing, or comes to another network."""
    if not start:
        return None
    every = {**base.arguments, **arguments}
    try:
        report = trace(read(base.inputs, {name: symbol for symbol, name in every.items()}))
        numbers = {name: size for name, size in {**base.start, **start}.items() if name in report.symbols}
        same = set(report.symbols) == set(numbers) and not numbers.keys() <= base.start.keys()
        if not same or not _alike(report.at(**numbers), written):
            return None
    except (CnncalcError, OverflowError, ZeroDivisionError):
        return None
    return base._replace(
        report=report, start=numbers, arguments={symbol: name for symbol, name in every.items() if symbol in numbers}
    )


def _alike(report: Report, other: Report) -> bool:
    """Do both have the same layers and figures?"""
    return report.totals == other.totals and [_said(layer) for layer in report] == [_said(layer) for layer in other]


def _said(layer: object) -> tuple[object, ...]:
    return tuple(getattr(layer, name) for name in ("path", "type", "outputs", "inputs", "params", "macs", "flops"))
