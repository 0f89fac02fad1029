"""What one position of a layer's output sees: of each value on the way from the input, and of the input.

`cnncalc.analysis.lines` says what every value sees of another; here it is asked of each value on the way.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from cnncalc.analysis.lines import Axis, State, walk
from cnncalc.analysis.pattern import START
from cnncalc.analysis.receptive_field import BOUND, EXACT, HULL, spatial_axes
from cnncalc.analysis.trace import Report
from cnncalc.diagnostics import Diagnostic, UsageError
from cnncalc.layers.shapes import dims_text
from cnncalc.named_tuples import NamedTuple
from cnncalc.pictures.chosen import layer_at

MOST = 14
"""Values on the way that are told of."""

MOST_PLANES = 4
"""Values between the input and the layer that are drawn."""


class Span(NamedTuple):
    """What is seen of one axis of a value. Positions outside of the axis are padding."""

    size: int  # of the axis
    low: int
    high: int  # the last; less than low where nothing is seen
    kind: str  # exact, hull or bound, as of a Field
    whole: bool = False  # everything, wherever the position is

    @property
    def inside(self) -> tuple[int, int]:
        """The first and the last position that is none of padding."""
        return max(0, self.low), min(self.size - 1, self.high)

    @property
    def crosses(self) -> bool:
        """Does it reach into the padding?"""
        return self.low < 0 or self.high >= self.size


class Station(NamedTuple):
    """A value on the way, and what is seen of it."""

    value: int
    name: str  # the path of the layer that gives it, or the name of the input
    spans: tuple[Span, ...]  # for each axis
    state: State  # what the chosen layer sees of its axes; nothing of the layer itself

    @property
    def sizes(self) -> tuple[int, ...]:
        return tuple(span.size for span in self.spans)


class Fields(NamedTuple):
    """What an output position sees."""

    report: Report
    layer: str  # the path of the layer
    value: int
    at: tuple[int, ...] | None  # None: its output has no positions
    counts: tuple[int, ...] | None  # how many there are
    stations: list[Station]  # from the input to the layer, which is the last
    planes: list[Station]  # those that are drawn: the input, some that are of other sizes, the layer
    left_out: int  # layers on the way that are not among them

    def to_dict(self) -> dict[str, Any]:
        """The fields of every position, as patterns: what a page needs to move the position.

        Position `period*q + i` of an axis sees from `low[i] + step*q` to `high[i] + step*q`; null is all of it.
        """
        return {
            "layer": self.layer,
            "at": None if self.at is None else list(self.at),
            "positions": None if self.counts is None else list(self.counts),
            "stations": [
                {
                    "name": station.name,
                    "axes": [
                        {"size": span.size, "kind": span.kind, "seen": _pattern(axis)}
                        for span, axis in zip(station.spans, station.state or [ITSELF] * len(station.spans))
                    ],
                }
                for station in self.stations
            ],
        }


ITSELF = Axis((), START)


def _pattern(axis: Axis) -> dict[str, Any] | None:
    return None if axis.seen is None else {**axis.seen._asdict()}


def fields(report: Report, path: str | None, at: tuple[int, ...] | None) -> Fields:
    """What a position of a layer's output sees, at sizes that are numbers. Without a path, of the last that has any.

    Raises UsageError where there is no such layer or position, or where there is nothing to draw.
    """
    graph, flow = report.graph, report.flow
    followed, axes = spatial_axes(graph)
    if not axes or len(axes) > 2:
        count = {0: "none", 3: "three"}.get(len(axes), str(len(axes)))
        message = f"a field is drawn along one or two axes of the input, and there are {count}"
        raise UsageError(Diagnostic("no-field", message))
    base = walk(graph, flow, followed, axes)
    if path is None:
        having = [layer for layer in report.layers if _plain(base[layer.node.first])]
        layer = having[-1] if having else report.layers[-1]
    else:
        layer = layer_at(report, path)[-1]
    value = layer.node.first
    state = base[value]
    if state is None:
        message = f"{layer.path} sees nothing of the input {graph.inputs[followed].name}"
        raise UsageError(Diagnostic("no-field", message))
    shape = [size if isinstance(size, int) else 1 for size in flow.shapes[value] or ()]  # the batch may be open
    counts = tuple(_count(axis, shape) for axis in state) if _has_positions(state) else None
    chosen = _position(layer.path, at, counts)
    index = _index(state, chosen)
    way = _way(report, base, value)
    changing = [one for one in way if one == value or _changes(report, base, one)]
    told = changing
    if len(told) > MOST:
        told = [*told[: MOST // 2], *told[-(MOST - MOST // 2) :]]

    def dims_of(one: int) -> list[int]:
        return axes if one == followed else [axis.digits[0].dim for axis in base[one] or () if axis.digits]

    def station(one: int) -> Station:
        if one == value:
            spans = tuple(Span(count, place, place, EXACT) for count, place in zip(counts or (), chosen or ()))
            return Station(one, layer.path, spans, ())
        seen = walk(graph, flow, one, dims_of(one))[value] or ()
        whole = flow.shapes[one] or ()
        spans = tuple(_span(axis, int(whole[dim]), index) for axis, dim in zip(seen, dims_of(one)))  # type: ignore[arg-type]
        return Station(one, graph.inputs[one].name if one == followed else graph.source(one), spans, seen)

    sizes = {one: [(flow.shapes[one] or ())[dim] for dim in dims_of(one)] for one in changing if one != value}
    drawn = [followed, *_of_each_size(sizes), *([value] if counts else [])]
    shown = [followed, *(one for one in told if one != value or counts)]
    stations = {one: station(one) for one in dict.fromkeys([*shown, *drawn])}
    left_out = len(changing) - len(told)
    listed, planes = [stations[one] for one in shown], [stations[one] for one in drawn]
    return Fields(report, layer.path, value, chosen, counts, listed, planes, left_out)


def _of_each_size(sizes: dict[int, list[Any]]) -> list[int]:
    """The last value of each size; of more than four some, the smallest among them."""
    last: dict[tuple[Any, ...], int] = {}
    for one, size in sizes.items():
        last.pop(tuple(size), None)
        last[tuple(size)] = one
    rest = list(last.values())
    if len(rest) <= MOST_PLANES:
        return rest
    least = rest.index(min(rest, key=lambda one: sizes[one]))
    picked = {0, (len(rest) - 1) // 3, 2 * (len(rest) - 1) // 3, len(rest) - 1}
    picked.discard(min(sorted(picked)[1:-1], key=lambda i: abs(i - least)))
    return [rest[i] for i in sorted({*picked, least})]


def _has_positions(state: State | None) -> bool:
    """Does a value have an axis for each that is followed?"""
    return state is not None and all(axis.digits for axis in state)


def _count(axis: Axis, shape: Sequence[int]) -> int:
    """How many positions a line has."""
    total = 1
    for digit in axis.digits or ():
        total *= shape[digit.dim] // int(digit.below) if digit.span is None else int(digit.span)  # type: ignore[arg-type]
    return total


def _position(path: str, at: tuple[int, ...] | None, counts: tuple[int, ...] | None) -> tuple[int, ...] | None:
    """The position that was chosen, or the one in the middle. Raises UsageError where there is none such."""
    if counts is None:
        if at is not None:
            message = f"the output of {path} has no positions to choose among: all of it sees the same"
            raise UsageError(Diagnostic("bad-option", message, hint="leave out --at"))
        return None
    if at is None:
        return tuple(count // 2 for count in counts)
    if len(at) != len(counts):
        axes = "one axis" if len(counts) == 1 else "two axes"
        positions = "1 position" if len(at) == 1 else f"{len(at)} positions"
        message = f"--at names {positions}, but {path} has {axes}"
        raise UsageError(Diagnostic("bad-option", message, hint="--at 3" if len(counts) == 1 else "--at 3,5"))
    if any(place >= count for place, count in zip(at, counts)):
        said = ",".join(map(str, at))
        message = f"--at {said} is outside of the {dims_text(counts)} positions of {path}"
        most = ",".join(str(count - 1) for count in counts)
        raise UsageError(Diagnostic("bad-option", message, hint=f"the last is {most}"))
    return at


def _index(state: State, chosen: tuple[int, ...] | None) -> dict[int, int]:
    """The position of each axis of the value where the chosen one is."""
    found: dict[int, int] = {}
    for axis, place in zip(state, chosen or ()):
        for digit in axis.digits or ():
            part = place // int(digit.weight)  # type: ignore[arg-type]
            part = part if digit.span is None else part % int(digit.span)  # type: ignore[arg-type]
            found[digit.dim] = found.get(digit.dim, 0) + part * int(digit.below)  # type: ignore[arg-type]
    return found


def _span(axis: Axis, size: int, index: dict[int, int]) -> Span:
    """What the position sees of an axis."""
    kind = BOUND if not axis.tight else EXACT if axis.dense else HULL
    if axis.seen is None or axis.digits is None:
        return Span(size, 0, size - 1, kind, whole=True)
    place = 0
    for digit in axis.digits:
        part = index.get(digit.dim, 0) // int(digit.below)  # type: ignore[arg-type]
        part = part if digit.span is None else part % int(digit.span)  # type: ignore[arg-type]
        place += part * int(digit.weight)  # type: ignore[arg-type]
    found = axis.seen.at(place)
    if found is None:
        return Span(size, 0, -1, kind)
    low, high = found
    near = low < size // 4 or high >= size - size // 4
    if (axis.blurred and near) or (axis.folded and (low < 0 or high >= size)):
        kind = BOUND  # the pattern is that of the middle
    return Span(size, low, high, kind)


def _way(report: Report, base: Sequence[State | None], value: int) -> list[int]:
    """The values that are seen through, in their order: those with an axis for each that is followed."""
    graph = report.graph
    wanted = {value}
    found = []
    for node in reversed(graph.nodes):
        used = [one for one in node.values if one in wanted]
        if not used:
            continue
        wanted.update(one for one in node.inputs if base[one] is not None)
        found += [one for one in reversed(used) if one == value or _plain(base[one])]
    return found[::-1]


def _plain(state: State | None) -> bool:
    return state is not None and all(axis.plain for axis in state)


def _changes(report: Report, base: Sequence[State | None], value: int) -> bool:
    """Is more, or something else, seen through this value's layer?"""
    node = report.graph.nodes[report.graph.producers[value]]
    return any(base[one] != base[value] for one in node.inputs)
