"""Every way to put numbers in for the unknowns of a spec, exactly, without running through each.

A spec is read as far as its first layer with unknowns. What arrives there is known, so that all numbers of that layer
are tried with the layer's own rules, and those that it treats alike become one group: equal outputs, and equal figures
where figures are wanted. One of each group is put in and the spec read on, to the next such layer, to a refusal, or to
the end. A refusal excludes its whole group, together with all that would have come after it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from heapq import merge
from itertools import product
from math import prod
from typing import Any

from cnncalc.analysis.conventions import convention
from cnncalc.analysis.costs import costed
from cnncalc.analysis.trace import Report
from cnncalc.diagnostics import CnncalcError, Diagnostic, Span, UsageError
from cnncalc.graph import Graph
from cnncalc.language.run.builder import NeedsArguments
from cnncalc.language.run.scope import Key, NeedsNumber
from cnncalc.named_tuples import NamedTuple
from cnncalc.planning.network import Network, Tried
from cnncalc.planning.ranges import Range
from cnncalc.planning.sizes import Solved, solved
from cnncalc.planning.tried import Candidate, Group, Layers, rank_of
from cnncalc.planning.unknowns import USUAL, Names, Unknown, numbers_of
from cnncalc.planning.wishes import Measured, Wishes

MOST_AT_A_LAYER = 300_000  # numbers that are tried at one layer
MOST_NODES = 400_000  # layers that are worked out in one search
A_READING = 20  # layers that are worked out in the time of reading a spec again, besides its own
OF_TEXT = {
    "unknown-layer",
    "unknown-name",
    "unknown-tap",
    "unknown-argument",
    "missing-argument",
    "too-many-values",
    "not-a-layer",
}
"""What is wrong whatever numbers are put in."""
RANKED = 20_000  # solutions of one family that are put in order


class SolutionFamily(NamedTuple):
    """Solutions that are the same but for which candidate of each group they take."""

    settings: dict[str, str]
    groups: tuple[Group, ...]
    sizes: Solved | None  # of what is open; None where nothing is
    report: Report

    def measured(self, wishes: Wishes) -> Measured:
        return wishes.measured(self.report)

    @property
    def solutions(self) -> int:
        return prod(len(group.candidates) for group in self.groups)

    def members(self) -> Iterator[tuple[tuple[int, ...], dict[Key, int]]]:
        """Each solution with how unusual it is, the most usual first; of very many those of the most usual parts."""
        ranked = [sorted((rank_of(group, each), each.numbers) for each in group.candidates) for group in self.groups]
        while prod(map(len, ranked)) > RANKED:
            longest = max(ranked, key=len)
            del longest[max(1, len(longest) // 2) :]
        found: list[tuple[tuple[int, ...], dict[Key, int]]] = []
        for rows in product(*ranked):
            rank = (sum(row[0][0] for row in rows), *(n for row in rows for n in row[0][1:]))
            numbers: dict[Key, int] = {}
            for group, row in zip(self.groups, rows):
                numbers.update(zip((unknown.key for unknown in group.unknowns), row[1]))
            found.append((rank, numbers))
        yield from sorted(found, key=lambda each: each[0])


class Near(NamedTuple):
    """A result that is off, and what gives it."""

    distance: int
    report: Report
    measured: Measured
    settings: dict[str, str]
    groups: tuple[Group, ...]


class _Again(Exception):
    """An unknown is used more than once, so that its numbers cannot be grouped by what a single layer does."""


class Search:
    """One run through all numbers. Afterwards its fields say what came of it."""

    def __init__(self, network: Network, wishes: Wishes, names: Names) -> None:
        self.network = network
        self.wishes = wishes
        self.names = names
        self.alone: set[Key] = set()  # unknowns that are used more than once
        self.reset()

    def reset(self) -> None:
        self.families: list[SolutionFamily] = []
        self.below: Near | None = None
        self.above: Near | None = None
        self.refused = 0  # combinations that do not run
        self.accounted = 0  # combinations that were tried or excluded
        self.first_refusal: Diagnostic | None = None
        self.misses: list[Near] = []  # networks that run and do not fit, one for each combination of settings
        self.undecided: Solved | None = None
        self.nodes = 0
        self.stopped = False
        self.checked = False  # for wishes that contradict each other
        self.universal: frozenset[str] = frozenset()  # open sizes that wishes speak of, and hold for
        self.opened: list[str] = []  # sizes of which all that fit are found
        self.opened_report: Report | None = None  # the first network that has some
        self.last: Span | None = None  # where the layer is written that gives the output

    def run(self, combinations: Sequence[Mapping[str, str]]) -> None:
        """Try everything, for each combination of settings. Raises CnncalcError for a spec that is wrong itself."""
        while True:
            try:
                self.reset()
                for settings in combinations:
                    self.explore(dict(settings), {}, ())
                return
            except _Again:
                self.names.met.clear()

    @property
    def combinations(self) -> int:
        """How many there are of the unknowns that were met."""
        return prod(unknown.values.count for unknown in self.names.met.values())

    @property
    def count(self) -> int:
        return sum(family.solutions for family in self.families)

    def ordered(self) -> Iterator[tuple[SolutionFamily, dict[Key, int]]]:
        """The solutions, the most usual first."""

        def rows(at: int, family: SolutionFamily) -> Iterator[tuple[tuple[tuple[int, ...], int], dict[Key, int]]]:
            for rank, numbers in family.members():
                yield (rank, at), numbers

        every = [rows(at, family) for at, family in enumerate(self.families)]
        for (_, at), numbers in merge(*every, key=lambda row: row[0]):
            yield self.families[at], numbers

    def explore(self, settings: dict[str, str], numbers: dict[Key, int], groups: tuple[Group, ...]) -> None:
        """Read the spec with these numbers, and go on with what it still asks for."""
        if self.nodes > MOST_NODES:
            self.stopped = True
            return
        tried = Tried(numbers)
        weight = prod(len(group.candidates) for group in groups)
        self.nodes += A_READING
        try:
            graph = self.network.graph(settings, tried)
        except NeedsNumber as need:
            low, high = USUAL[need.what]
            unknown = self.names.add(need.asked, need.what, "", Range.to(low, high))
            self.refuse_too_many([unknown])
            for value in numbers_of(unknown):
                group = Group((unknown,), [Candidate((value,), None, ())])
                self.explore(settings, {**numbers, unknown.key: value}, (*groups, group))
            return
        except NeedsArguments as need:
            for group in self.groups_at(need, weight):
                if self.last is not None and self.last == need.call.span and self.cannot_be_nearer(group):
                    self.accounted += weight * len(group.candidates)
                    continue
                chosen = zip((unknown.key for unknown in group.unknowns), group.candidates[0].numbers)
                self.explore(settings, {**numbers, **dict(chosen)}, (*groups, group))
            return
        except CnncalcError as error:
            if (not numbers and not settings) or isinstance(error, UsageError):
                raise
            if of_text := [each for each in error.diagnostics if each.code in OF_TEXT]:
                raise CnncalcError(*of_text) from None
            self.refuse(error.diagnostics[0], weight)
            return
        self.arrived(graph, tried, groups)
        self.accounted += weight
        self.weigh(settings, groups, self.network.report(graph))

    def arrived(self, graph: Graph, tried: Tried, groups: tuple[Group, ...]) -> None:
        """Take in a whole run. Raises _Again where an unknown that was grouped turns out to be used more than once."""
        twice = {key for key, count in tried.uses.items() if count > 1} - self.alone
        grouped = {unknown.key for group in groups if len(group.candidates) > 1 for unknown in group.unknowns}
        if twice & grouped:
            self.alone |= twice
            raise _Again
        self.nodes += len(graph.nodes)
        if graph.nodes and not self.network.yaml and graph.outputs[0][1] == graph.nodes[-1].first and not twice:
            self.last = graph.nodes[-1].place.span

    def groups_at(self, need: NeedsArguments, weight: int) -> list[Group]:
        """The numbers for the unknowns of one layer. Raises UsageError for too many."""
        layers = Layers(need, self.names)
        self.refuse_too_many(layers.unknowns)
        figures = not self.wishes.of_shapes_alone or self.network.yaml
        cost = convention("torch")
        named = {unknown.key for unknown in layers.unknowns if unknown.span.text != "?"} | self.alone
        groups: dict[Any, Group] = {}
        for numbers, layer, met, problem in layers.tried():
            if layer is None or met is None:
                assert problem is not None
                self.refuse(problem, weight)
                continue
            signature: Any = (met.outputs, tuple(met.conditions), tuple(met.needs))
            if figures:
                paid = costed(layer, need.xs, met.outputs, True, cost)
                figures_of = (paid.param_count, paid.trainable_count, paid.buffer_count, paid.macs, paid.flops)
                signature = (*signature, *figures_of, paid.activations, tuple(paid.params.items()))
            if self.wishes.of_whole_layers:
                signature = layer
            if named:
                own = [n for unknown, n in zip(layers.unknowns, numbers) if unknown.key in named]
                signature = (signature, *own)
            candidate = Candidate(numbers, layer, need.xs[0] if need.xs else ())
            if signature in groups:
                groups[signature].candidates.append(candidate)
            else:
                groups[signature] = Group(tuple(layers.unknowns), [candidate], met.outputs)
        return list(groups.values())

    def weigh(self, settings: dict[str, str], groups: tuple[Group, ...], report: Report) -> None:
        """Keep what is as wanted, and of the rest what comes nearest."""
        measured = self.wishes.measured(report)
        if not self.checked:
            self.wishes.refuse_contradictions(measured)
            self.checked = True
            if groups or settings:  # then what is wanted at open sizes is wanted at all of them
                self.universal = frozenset(self.wishes.names(report))
        opened = [name for name in report.symbols if name not in self.universal]
        self.opened += [name for name in opened if name not in self.opened]
        found: Solved | None = None
        if opened:
            self.opened_report = self.opened_report or report
            found = solved(report, measured, opened, self.names.free)
            if found.undecided is not None:
                self.undecided = self.undecided or found
                return
        if measured.holds if found is None else found.some:
            self.families.append(SolutionFamily(settings, groups, found, report))
        else:
            near = Near(0, report, measured, settings, groups)
            self.keep_nearest(near)
            if settings and not groups:
                self.misses.append(near)

    def keep_nearest(self, near: Near) -> None:
        distances = [measure.distance for measure in near.measured.measures]
        known = [distance for distance in distances if distance]
        if near.measured.wrong_rank is not None or None in distances or not known:
            return
        near = near._replace(distance=sum(map(abs, known)))
        if all(distance < 0 for distance in known) and (self.below is None or near.distance < self.below.distance):
            self.below = near
        if all(distance > 0 for distance in known) and (self.above is None or near.distance < self.above.distance):
            self.above = near

    def cannot_be_nearer(self, group: Group) -> bool:
        """Is what the last layer gives neither as wanted, nor nearer to it than what has been found?"""
        if any(one.name != ("output",) for one in self.wishes.expected):
            return False
        distances = self.wishes.distances(group.outputs[0][1:])
        if distances is None:
            return False
        known = [distance for distance in distances if distance]
        total = sum(map(abs, known))
        for side, best in ((-1, self.below), (1, self.above)):
            if all(side * distance > 0 for distance in known) and (best is None or total < best.distance):
                return False
        return True

    def refuse(self, why: Diagnostic, weight: int) -> None:
        self.refused += weight
        self.accounted += weight
        self.first_refusal = self.first_refusal or why

    def refuse_too_many(self, unknowns: Sequence[Unknown]) -> None:
        """Raises UsageError for more numbers than are tried at one layer."""
        count = prod(unknown.values.count for unknown in unknowns)
        if count <= MOST_AT_A_LAYER:
            return
        each = ", ".join(f"{unknown.name} {unknown.values.words()}" for unknown in unknowns)
        makes = "makes" if len(unknowns) == 1 else "make"
        message = f"{each} {makes} {count:,} combinations, of which {MOST_AT_A_LAYER:,} are tried at most"
        largest = max(unknowns, key=lambda unknown: unknown.values.count)
        hint = f"--free {largest.name}=RANGE gives it fewer values"
        raise UsageError(Diagnostic("search-too-large", message, span=largest.span, hint=hint))
