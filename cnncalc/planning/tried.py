"""All numbers for the unknowns of one layer, tried with its own rules on what arrives at it."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import product
from typing import Any

from cnncalc.diagnostics import CnncalcError, Diagnostic
from cnncalc.flow import Met, meet
from cnncalc.language.run.bind import Bound, bind, member_of, taken_by
from cnncalc.language.run.builder import NeedsArguments
from cnncalc.language.run.order import refuse_either, torch_reading
from cnncalc.layers import Layer
from cnncalc.layers.kinds import Wrong
from cnncalc.layers.shapes import Shape, Shapes
from cnncalc.layers.site import Refusal, Site
from cnncalc.named_tuples import NamedTuple
from cnncalc.planning.unknowns import Names, Unknown, asked_in, numbers_of, put_in_numbers
from cnncalc.planning.usual import unusual


class Candidate(NamedTuple):
    """Numbers for the unknowns of one layer, or for one unknown."""

    numbers: tuple[int, ...]
    layer: Layer | None
    x: Shape


class Group(NamedTuple):
    """Candidates with the same outcome."""

    unknowns: tuple[Unknown, ...]
    candidates: list[Candidate]
    outputs: Shapes = ()  # of their layer


Result = tuple[tuple[int, ...], "Layer | None", "Met | None", "Diagnostic | None"]
"""The numbers, with the layer and what comes of it, or why it does not run."""


def rank_of(group: Group, candidate: Candidate) -> tuple[int, ...]:
    """How unusual the numbers of a candidate are."""
    if candidate.layer is None:
        return (0, *candidate.numbers)
    names = [unknown.argument for unknown in group.unknowns]
    return unusual(candidate.layer, candidate.x, dict(zip(names, candidate.numbers)))


class Layers:
    """The layers that a call with unknowns can stand for."""

    def __init__(self, need: NeedsArguments, names: Names) -> None:
        self.need = need
        call, xs = need.call, need.xs
        self.member = member_of(need.found, len(xs[0]) if xs else None, call, need.values)
        self.taken, self.takers, _ = taken_by(call, need.found, self.member, need.values, need.scope)
        self.unknowns: list[Unknown] = []
        for value, taker in zip(need.values, self.takers):
            for asked in asked_in(value):
                argument = self.member.arguments.get(taker)
                if argument is None:
                    message = f"{asked} is written where {self.member.name} takes no number"
                    raise CnncalcError(Diagnostic("wrong-kind", message, span=asked.span))
                unknown = names.of_argument(asked, argument, self.member.name, xs[0] if xs else ())
                if unknown not in self.unknowns:
                    self.unknowns.append(unknown)
        # Bare values may be in PyTorch's order, where some numbers leave open which order is meant.
        bare = sum(argument.key is None for argument in call.arguments)
        inferred = any(argument.inferred for argument in self.member.arguments.values())
        self.either = not need.found.torch_style and bare > 1 and inferred

    def tried(self) -> Iterator[Result]:
        """What comes of each combination. Raises CnncalcError for a call that no number makes right."""
        keys = [unknown.key for unknown in self.unknowns]
        base: dict[str, Any] | None = None
        first: CnncalcError | None = None
        for numbers in product(*map(numbers_of, self.unknowns)):
            put_in = dict(zip(keys, numbers))
            try:
                layer = self.bound(put_in) if base is None else self.made(base, put_in)
                base = base or self.given(layer)
                self.check(layer, put_in)
                met = meet(layer, self.need.xs)
            except Wrong as wrong:
                message = f"{self.member.name}: {wrong}"
                yield numbers, None, None, Diagnostic("bad-argument", message, span=self.unknowns[0].span)
            except CnncalcError as error:
                if base is None and error.diagnostics[0].code != "bad-argument":
                    first = first or error
                yield numbers, None, None, error.diagnostics[0]
            except Refusal as refusal:
                finding = refusal.finding
                at = self.need.call.span
                yield numbers, None, None, Diagnostic(finding.code, finding.message, span=at, hint=finding.hint)
            else:
                yield numbers, layer, met, None
        if base is None and first is not None:
            raise first

    def values(self, numbers: dict[Any, int]) -> tuple[Any, ...]:
        return tuple([put_in_numbers(value, numbers) for value in self.need.values])

    def bound(self, numbers: dict[Any, int]) -> Layer:
        """The layer as the language binds it."""
        need = self.need
        return bind(need.call, need.found, self.member, self.values(numbers), need.scope).layer

    def given(self, layer: Layer) -> dict[str, Any]:
        """The arguments of a layer, but for those that were left out and follow another."""
        return {
            key: None if argument.same_as and key not in self.taken else getattr(layer, key)
            for key, argument in self.member.arguments.items()
        }

    def made(self, base: dict[str, Any], numbers: dict[Any, int]) -> Layer:
        """The same call with other numbers; only what differs is worked out again."""
        own = dict(base)
        for key, given in self.taken.items():
            if asked_in(given.value):
                kind = self.member.arguments[key].kind
                read = kind.read_torch if self.need.found.torch_style else kind.read
                own[key] = read(put_in_numbers(given.value, numbers), self.member.ndim)
        return self.member(**own)

    def check(self, layer: Layer, numbers: dict[Any, int]) -> None:
        if self.either:
            need = self.need
            in_torch = torch_reading(need.call, need.found, self.member, self.values(numbers), need.xs)
            if in_torch:
                raise refuse_either(need.call, Bound(layer, tuple(self.takers)), in_torch, need.xs)
        layer.check(Site())
