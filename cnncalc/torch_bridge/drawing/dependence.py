"""Receptive fields against torch: an output depends on a position of the input if a change there changes the output.

Inputs, weights and changes are drawn, positive and negative, small and large, until all that is claimed is seen: a max
pool shows what it reads to a large value, and a rectifier to positive ones.
"""

from __future__ import annotations

import math
import random
from collections.abc import Callable, Sequence
from typing import Any

import torch
from torch import nn

from cnncalc.analysis.lines import Axis, walk
from cnncalc.analysis.memory.types import indices
from cnncalc.analysis.pattern import NOTHING, Seen
from cnncalc.analysis.receptive_field import spatial_axes
from cnncalc.analysis.trace import Report
from cnncalc.layers.window import ALL
from cnncalc.named_tuples import NamedTuple
from cnncalc.symbolic.expr import Dim
from cnncalc.torch_bridge.verifying.build import Tensor, build, ran

Values = list[torch.Tensor]

ATTEMPTS = 44  # draws before what is claimed and was not seen is taken as not there
CLOSE = 1e-13  # relative changes below it are rounding
MOST = 12  # positions of an axis of a network that are changed; fewer of a network with more values than LARGE
LARGE = 200_000
TOO_LARGE = 3_000_000


# What cnncalc says


class Claim(NamedTuple):
    """What cnncalc says a value sees of an axis of the input, for every position of the value."""

    axis: Axis
    size: int  # positions of the input's axis
    low: torch.Tensor  # of what is seen, broadcast to the value's shape
    high: torch.Tensor  # less than low where nothing is
    line: torch.Tensor  # the position on the line
    alone: bool  # of a single layer, whose intervals are right at the border too
    mixed: int | None  # the axis of a single layer's output, each of whose positions sees all

    def together(self, seen: torch.Tensor) -> torch.Tensor:
        """What is seen at a position of the line, by any of the values there."""
        others = [dim for dim in range(seen.dim()) if self.line.shape[dim] == 1 and dim != self.mixed]
        seen = seen.any(others, keepdim=True) if others else seen
        if self.mixed is not None:
            return seen
        places = torch.zeros(int(self.line.max()) + 1, dtype=torch.long)
        places.scatter_add_(0, self.line.flatten(), seen.flatten().long())
        return places[self.line] > 0

    def _within(self, margin: int) -> torch.Tensor:
        return (self.low >= margin) & (self.high < self.size - margin)

    def may(self, position: int) -> torch.Tensor:
        """Which places may depend on a position of the input; those that read padding see what it is filled with."""
        allowed = (self.low <= position) & (position <= self.high)
        return allowed | ~self._within(self._margin) if self.axis.folded else allowed

    def must(self, position: int) -> torch.Tensor:
        """Which have to."""
        axis = self.axis
        if not axis.tight:
            return torch.zeros_like(self.low, dtype=torch.bool)
        inner = self._within(self._margin)
        if axis.clear is not None:
            inner = (axis.clear[0] <= self.line) & (self.line <= axis.clear[1])
        if axis.seen is None or (self.alone and not axis.folded):
            inner = torch.ones_like(inner)
        inside = (self.low <= position) & (position <= self.high)
        ends = (self.low == position) | (self.high == position)
        return inner & inside & (ends | axis.dense)

    @property
    def _margin(self) -> int:
        """How far from the border intervals are right, where positions that were cut off have been read."""
        return self.size // 4 if self.axis.blurred else 0

    def text(self, place: tuple[int, ...]) -> str:
        kind = "at most " if not self.axis.tight else "" if self.axis.dense else "the hull of "
        at = tuple(0 if size == 1 else index for index, size in zip(place, self.low.shape))
        return f"{kind}{self.low[at].item()} to {self.high[at].item()}"


def claim(axis: Axis, size: int, sizes: Sequence[Dim], alone: bool = False, mixed: int | None = None) -> Claim:
    """An axis, position by position of a value."""
    shape = [int(dim) for dim in sizes]  # type: ignore[arg-type]
    line = torch.zeros([1] * len(shape), dtype=torch.long)
    for dim, below, span, weight in axis.digits or ():
        place = torch.arange(shape[dim]) // int(below)  # type: ignore[arg-type]
        place = place if span is None else place % int(span)  # type: ignore[arg-type]
        place = int(weight) * place  # type: ignore[arg-type]
        line = line + place.reshape([-1 if other == dim else 1 for other in range(len(shape))])
    if axis.seen is None or axis.digits is None:  # everything, or of a line that is lost: anything so wide
        return Claim(axis, size, torch.zeros_like(line), torch.full_like(line, size - 1), line, alone, mixed)
    ends = [axis.seen.at(int(position)) or (size, -1) for position in line.flatten()]
    low, high = (torch.tensor(end, dtype=torch.long).reshape(line.shape) for end in zip(*ends))
    return Claim(axis, size, low, high, line, alone, mixed)


def widest(seen: Seen) -> int:
    """The size of the largest interval."""
    return max((h - low + 1 for low, h in zip(seen.low, seen.high) if low is not None and h is not None), default=0)


# What torch does


class Draw(NamedTuple):
    """Between what the inputs are drawn, and what they are changed to."""

    low: float
    high: float
    to_low: float
    to_high: float
    whole: bool = False  # whole numbers, which can be equal


DRAWS = (
    Draw(0.5, 1.5, 20, 40),
    Draw(0.5, 1.5, -40, -20),
    Draw(0, 2, 0, 2, whole=True),
    Draw(-1, 1, -2, 2),
    Draw(0, 0, 1, 2),
    Draw(20, 40, 0, 1),
    Draw(0.01, 0.1, 0.1, 0.2),
    Draw(-3, 3, 3, 6),
    Draw(-6, -3, -3, 3),
    Draw(-1, 2, -1, 2, whole=True),
    Draw(0, 5, 0, 5, whole=True),
    Draw(1, 1, 0, 0),
    Draw(2, 2, 5, 5),
    Draw(3, 3, 5, 5),
)

LAST = (Draw(0.5, 1.5, math.nan, math.nan), Draw(0.5, 1.5, math.inf, math.inf))
"""For what has not changed with any of them. They can change too much, as 0 times infinity is no number: that they
change a value is no reason to say that it depends on them, but one to believe it.
"""


def uniform(like: torch.Tensor, low: float, high: float, generator: torch.Generator) -> torch.Tensor:
    """Numbers in the shape of a tensor; indices are 0 or 1."""
    if not like.is_floating_point():
        return torch.randint(0, 2, like.shape, generator=generator)
    if low == high:
        return torch.full(like.shape, low, dtype=torch.float64)
    return low + (high - low) * torch.rand(like.shape, dtype=torch.float64, generator=generator)


def with_weights(part: Any, generator: torch.Generator) -> Any:
    """A layer in double precision with positive weights, scaled so that values keep their size."""
    if isinstance(part, nn.Module):
        part.double().eval().requires_grad_(False)
        for parameter in part.parameters():
            _draw_weights(parameter, generator)
    elif isinstance(part, torch.Tensor) and part.is_floating_point():
        part = part.detach().double()
        _draw_weights(part, generator)
    return part


def _draw_weights(parameter: torch.Tensor, generator: torch.Generator) -> None:
    if parameter.is_floating_point() and parameter.numel():
        summed = parameter[0].numel() if parameter.dim() > 1 else 1
        parameter.copy_(uniform(parameter, 0.5 / summed, 1.5 / summed, generator))


def changes(before: torch.Tensor, after: torch.Tensor) -> torch.Tensor:
    """Where a value is another one, beyond rounding."""
    same = (before == after) | (before.isnan() & after.isnan())
    if before.is_floating_point() or before.is_complex():
        same |= (before - after).abs() <= CLOSE * (before.abs() + after.abs())
    return ~same


class Observed:
    """Which places of some values depend on positions of an axis of an input, as far as it has been seen."""

    def __init__(self, run: Callable[[Values], Values], like: Values, which: int, axis: int) -> None:
        self.run = run
        self.like = like
        self.which = which
        self.axis = axis
        self.seed = 0  # of what is drawn on the way, such as what is dropped
        self.seen: dict[int, Values] = {}  # by position of the axis: for each value, the places that depend on it
        self.unsteady: set[int] = set()  # values that are not the same twice, as of memory that nothing was written to

    def any_change(self) -> bool:
        """Has anything been seen?"""
        return any(place.any() for found in self.seen.values() for place in found)

    def all_change(self, claims: Sequence[Claim | None]) -> bool:
        """Has something been seen of each value that is claimed to depend on the input, and can be held to it?"""
        return all(
            claimed is None
            or claimed.axis.seen == NOTHING
            or value in self.unsteady
            or any(found[value].any() for found in self.seen.values())
            for value, claimed in enumerate(claims)
        )

    def _outputs(self, inputs: Values) -> Values:
        torch.manual_seed(self.seed)
        return self.run(inputs)

    def look(self, positions: Sequence[int], attempt: int, seed: int) -> None:
        """Draw inputs, and change them at each of the positions. What torch does not take is drawn in vain."""
        draw = LAST[attempt - ATTEMPTS] if attempt >= ATTEMPTS else DRAWS[attempt % len(DRAWS)]
        generator = torch.Generator().manual_seed(seed + attempt)
        inputs = [
            torch.full_like(x, attempt % 3) if attempt % 3 < 2 and not x.is_floating_point() else drawn
            for x, drawn in zip(self.like, [uniform(x, draw.low, draw.high, generator) for x in self.like])
        ]
        if draw.whole:
            inputs = [x.floor() if x.is_floating_point() else x for x in inputs]
        inputs = [x + base for x, base in zip(inputs, self.like)]
        self.seed = seed + attempt
        try:
            before = self._outputs(inputs)
            again = self._outputs(inputs)
            self.unsteady.update(i for i, pair in enumerate(zip(before, again)) if changes(*pair).any())
            for position in positions:
                changed = [x.clone() for x in inputs]
                slab = changed[self.which].select(self.axis, position)
                fresh = uniform(slab, draw.to_low, draw.to_high, generator)
                fresh = fresh.floor() if draw.whole and slab.is_floating_point() else fresh
                fresh = fresh if slab.is_floating_point() or attempt % 2 else 1 - slab
                slab.copy_(fresh + self.like[self.which].select(self.axis, position))
                found = [
                    torch.zeros_like(old, dtype=torch.bool) if value in self.unsteady else changes(old, new)
                    for value, (old, new) in enumerate(zip(before, self._outputs(changed)))
                ]
                known = self.seen.get(position)
                self.seen[position] = [a | b for a, b in zip(known, found)] if known else found
        except (IndexError, RuntimeError):
            return  # these values are none that it takes


def disagreement(
    observed: Observed, claims: Sequence[Claim | None], positions: Sequence[int], seed: int, deep: bool = False
) -> str | None:
    """What values depend on in torch and not in cnncalc, or the other way round. A claim of None: on nothing.

    Numbers do not always come through all layers of a `deep` network; what is no number does, and shows what is read.
    """
    for attempt in range(len(DRAWS) if deep else ATTEMPTS):
        observed.look(positions, attempt, seed)
        wrong = _too_much(observed, claims)
        if wrong is not None:
            return wrong
        if observed.all_change(claims) and _too_little(observed, claims) is None:
            return None
    for attempt in range(ATTEMPTS, ATTEMPTS + len(LAST)) if deep or not observed.any_change() else ():
        observed.look(positions, attempt, seed)
    return _too_little(observed, claims)


def _too_much(observed: Observed, claims: Sequence[Claim | None]) -> str | None:
    """A dependence that is not claimed."""
    for value, claimed in enumerate(claims):
        for position, found in observed.seen.items():
            together = found[value] if claimed is None else claimed.together(found[value])
            wrong = together if claimed is None else together & ~claimed.may(position)
            if wrong.any():
                place = tuple(wrong.nonzero()[0].tolist())
                what = "nothing" if claimed is None else claimed.text(place)
                return f"torch:   output {value} at {place} depends on position {position}\ncnncalc: {what}"
        if claimed is not None and claimed.axis.seen is not None and len(observed.seen) == claimed.size:
            lost = claimed.axis.digits is None
            width = _width(
                {p: found[value] if lost else claimed.together(found[value]) for p, found in observed.seen.items()}
            )
            if width > widest(claimed.axis.seen):
                return f"torch:   output {value} depends on {width} positions\ncnncalc: {widest(claimed.axis.seen)}"
    return None


def _too_little(observed: Observed, claims: Sequence[Claim | None]) -> str | None:
    """A claim that has not been seen. Of a value that never changes nothing can be."""
    for value, claimed in enumerate(claims):
        if claimed is None or claimed.axis.digits is None:
            continue
        if not any(found[value].any() for found in observed.seen.values()):
            continue
        for position, found in observed.seen.items():
            missing = claimed.must(position) & ~claimed.together(found[value])
            if missing.any():
                place = tuple(missing.nonzero()[0].tolist())
                return (
                    f"torch:   output {value} at {place} does not depend on position {position}\n"
                    f"cnncalc: {claimed.text(place)}"
                )
    return None


def _width(seen: dict[int, torch.Tensor]) -> int:
    """The most positions, from the first to the last, that one place depends on."""
    where = torch.stack(list(seen.values())).reshape(len(seen), -1)
    positions = torch.tensor(list(seen)).reshape(-1, 1)
    last = torch.where(where, positions, -1).amax(0)
    first = torch.where(where, positions, 10**9).amin(0)
    return max(0, int((last - first + 1).max()))


# Layers and networks


def layer_disagreement(report: Report, part: Any, seed: int = 0) -> str | None:
    """What torch and cnncalc say differently of the one layer of a report: what each output depends on, by every axis
    of every input. `part` holds its parameters.
    """
    graph = report.graph
    (node,) = graph.nodes
    held = with_weights(part, torch.Generator().manual_seed(seed))
    like = [
        x if value not in node.inputs else node.layer.fed(node.inputs.index(value), x)
        for value, x in enumerate(zeros(report))
    ]

    def run(inputs: Values) -> Values:
        return ran(node.layer, held, [inputs[value].clone() for value in node.inputs])

    for which in dict.fromkeys(node.inputs):
        for axis, size in enumerate(like[which].shape):
            claims = claimed(report, which, axis, alone=True)
            wrong = disagreement(Observed(run, like, which, axis), claims, range(size), seed)
            if wrong is not None:
                return f"input {which} along axis {axis}\n{wrong}"
    return None


def network_disagreement(report: Report, draw: random.Random) -> str | None:
    """The same of a network without open sizes: of every value in it, by the axes that its receptive fields are of.

    Networks with more than TOO_LARGE values are passed over.
    """
    graph = report.graph
    values_in_all = int(report.totals.activations)  # type: ignore[arg-type]
    if values_in_all > TOO_LARGE:
        return None
    seed = draw.randrange(10**6)
    built = build(report)
    with_weights(built, torch.Generator().manual_seed(seed))
    like = zeros(report)

    def run(inputs: Values) -> Values:
        values: list[Tensor] = list(inputs)
        for node in graph.nodes:
            given = [values[value] for value in node.inputs]
            values += (
                [None] * node.output_count if node.train_only else built.call(node, given, built.batch(tuple(inputs)))
            )
        return [value for value in values[len(inputs) :] if value is not None]

    followed, axes = spatial_axes(graph)
    most = max(2, min(MOST, MOST * LARGE // max(1, values_in_all)))
    for axis in axes:
        size = like[followed].shape[axis]
        positions = sorted(draw.sample(range(size), min(size, most)))
        wrong = disagreement(
            Observed(run, like, followed, axis), claimed(report, followed, axis), positions, seed, deep=True
        )
        if wrong is not None:
            return f"input {followed} along axis {axis}\n{wrong}"
    return None


def zeros(report: Report) -> Values:
    """The inputs of a report without open sizes."""
    whole = indices(report.graph)
    return [
        torch.zeros([int(size) for size in given.shape], dtype=torch.long if value in whole else torch.float64)  # type: ignore[arg-type]
        for value, given in enumerate(report.graph.inputs)
    ]


def claimed(report: Report, followed: int, axis: int, alone: bool = False) -> list[Claim | None]:
    """What is said of every value that layers give, by one axis of an input."""
    graph, flow = report.graph, report.flow
    size = int(graph.inputs[followed].shape[axis])  # type: ignore[arg-type]
    states = walk(graph, flow, followed, [axis])
    found: list[Claim | None] = []
    for node in graph.nodes:
        for value in node.values if not node.train_only else ():
            state, shape = states[value], flow.shapes[value]
            assert shape is not None
            if state is None or 0 in shape:
                found.append(None)
                continue
            mixed = mixed_axis(report, value, followed, axis) if alone else None
            found.append(claim(state[0], size, shape, alone, mixed))
    return found


def mixed_axis(report: Report, value: int, followed: int, axis: int) -> int | None:
    """The axis of a layer's output each of whose positions reads a whole axis of an input, where the layer says so."""
    (node,) = report.graph.nodes
    shapes = report.flow.shapes
    xs, ys = report.flow.inputs(node.inputs), tuple(shape for shape in shapes[node.first :] if shape is not None)
    assert xs is not None
    if node.inputs.count(followed) != 1:
        return None
    reach = node.layer.reaches(xs, ys)[value - node.first][node.inputs.index(followed)]
    to, steps = (reach or {}).get(axis, (None, ALL))
    return to if isinstance(to, int) and steps == ALL else None
