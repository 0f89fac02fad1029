"""The whole question: what is to be found, in which ranges, and what is wanted of it."""

from __future__ import annotations

import re
import shlex
from collections.abc import Mapping, Sequence
from dataclasses import replace
from fractions import Fraction
from functools import partial
from itertools import product
from math import prod

from cnncalc.diagnostics import CnncalcError, Diagnostic, UsageError, listed, nearest
from cnncalc.graph import Expected
from cnncalc.language.run.scope import Key
from cnncalc.layers.shapes import dims_text
from cnncalc.planning.answer import Answer, Nearest, Solution
from cnncalc.planning.best import Aim, budgets, decimal, halved, with_range
from cnncalc.planning.closed import Best, best_closed
from cnncalc.planning.edge import At, edge, smallest
from cnncalc.planning.extreme import beyond, settled
from cnncalc.planning.network import FREE_BATCH, Network
from cnncalc.planning.pareto import front
from cnncalc.planning.ranges import Free, decimal_text
from cnncalc.planning.search import Near, Search, SolutionFamily
from cnncalc.planning.tried import rank_of
from cnncalc.planning.unknowns import Names
from cnncalc.planning.wishes import Measured, Wishes

LISTED = 10  # solutions that are listed, unless all are asked for
MOST_LISTED = 100_000
MOST_SETTINGS = 20_000  # combinations of free arguments that are tried one by one
UNKNOWN = re.compile(r"\?([^\W\d]\w*)?")


def solve(
    network: Network,
    expected: Sequence[Expected],
    free: Sequence[Free] = (),
    most: int = LISTED,
    aims: Sequence[Aim] = (),
) -> Answer:
    """All numbers for what is to be found in a network, with which it is as wanted.

    Raises CnncalcError for a spec that is wrong, and UsageError for a question that is.
    """
    if not expected:
        hint = "--expect-output 64x112x112, --max-params 5M, --expect NAME=VALUE"
        raise UsageError(Diagnostic("nothing-wanted", "nothing is wanted of the network", hint=hint))
    by_name = {one.name: one for one in free}
    wishes = Wishes(expected)
    if FREE_BATCH in by_name and FREE_BATCH not in network.arguments:
        if network.batch is not None:
            message = f"batch is free, and --batch gives it as {network.batch}"
            raise UsageError(
                Diagnostic("bad-option", message, span=by_name[FREE_BATCH].place, hint="leave one of them out")
            )
        network.open_batch()
        wishes.of_each_sample = True
    arguments = [with_range(network, one) for one in free if one.name in network.arguments]
    names = Names({name: one for name, one in by_name.items() if name not in network.arguments})
    combinations = settings_of(arguments)
    if len(aims) == 1 and not arguments and not network.yaml:
        found = best_closed(network, wishes, Names(names.free), aims[0])
        if found is not None:
            return best_answer(network, found, aims[0], most)
    search = Search(network, wishes, names)
    search.run(combinations)
    refuse_strangers(network, search, names)
    if not search.names.met and not arguments and not search.opened:
        refuse_nothing_to_find(network)
    if search.undecided is not None and not search.families:
        condition = search.undecided.undecided
        assert condition is not None
        message = f"{condition.text}, which ties open sizes together, and is not solved for them"
        hint = "one name makes sizes one, -i 3xHxH, and --set W=224 gives one of them a number"
        raise CnncalcError(Diagnostic("not-decided", message, hint=hint))
    if not aims or not search.families:
        answer = answered(network, search, arguments, len(combinations), most)
        return at_the_edge(network, search, answer)
    opened = search.families
    if len(aims) == 1:
        refuse_several(opened, aims[0])
        search.families = settled(search, aims[0])
    else:
        refuse_open(opened, aims)
    at_best = search.families != opened
    miss, over = None, None
    if len(opened) > 1:
        search.families, miss = best(search, aims)
    elif at_best:  # all of its best are as good
        over = beyond(search, opened[0], search.families[0], aims[0])
    chosen = search.families
    answer = answered(network, search, arguments, len(combinations), most, at_best)
    ranged = [one for one in free if one.name in network.arguments and one.values is None]
    answer = replace(answer, aims=tuple(map(aim_text, aims)), notes=(*answer.notes, *same_everywhere(opened, aims)))
    if len(aims) == 1 and aims[0].largest and len(arguments) == len(ranged) == 1 and miss is not None:
        finer = refined(network, search, answer, arguments[0].name, miss)
        if finer is not None:
            return finer
    after = found_at(network, search, over, "above") if over else nearest_found(network, miss, "above")
    missed = over or miss
    left = budgets(search.wishes.measured(chosen[0].report), missed.measured if missed else None)
    return replace(answer, budgets=tuple(left), next=after)


def aim_text(aim: Aim) -> str:
    if aim.of_size:
        return f"{'largest' if aim.largest else 'smallest'} {aim.figure}"
    return f"{'most' if aim.largest else 'fewest'} {aim.figure}"


def best_answer(network: Network, best: Best, aim: Aim, most: int) -> Answer:
    """The answer that closed forms have given."""
    solutions = []
    for each in best.found[:most]:
        values = {unknown.name: each.numbers[unknown.key] for unknown in best.unknowns}
        solutions.append(Solution(values, {}, {}, spec_text(network, each.numbers, {}), each.report))
    beyond = best.beyond
    after = Nearest("above", what_is_off(beyond.measured), spec_text(network, beyond.numbers, {})) if beyond else None
    left = tuple(budgets(best.found[0].measured, beyond.measured if beyond else None))
    total = prod(unknown.values.count for unknown in best.unknowns)
    return Answer(
        solutions,
        len(best.found),
        best.unknowns,
        [],
        total,
        total,
        0,
        [],
        aims=(aim_text(aim),),
        budgets=left,
        next=after,
    )


def same_everywhere(families: Sequence[SolutionFamily], aims: Sequence[Aim]) -> list[str]:
    """What is said of a figure that the open sizes of the only network do not change."""
    if len(families) != 1 or families[0].sizes is None:
        return []
    figures = [(aim.figure, aim.figure_of(families[0].report)) for aim in aims]
    return [f"{figure} are {value:,} at all of them" for figure, value in figures if isinstance(value, int)]


def refuse_open(families: Sequence[SolutionFamily], aims: Sequence[Aim]) -> None:
    """Refuse several figures that are to be the most or the least where one depends on open sizes."""
    for aim in aims:
        if not all(isinstance(aim.figure_of(family.report), int) for family in families):
            others = listed([other.figure for other in aims if other is not aim])
            message = f"of open sizes one figure alone can be the most or the least, such as {aim.figure}"
            hint = f"leave out {others}; or give the open sizes numbers, -i 3x224x224"
            raise CnncalcError(Diagnostic("not-decided", message, hint=hint))


def refuse_several(families: Sequence[SolutionFamily], aim: Aim) -> None:
    """Refuse to look for the largest of an open size where each of several networks has one of its own."""
    if aim.of_size and len(families) > 1:
        message = (
            f"the {'largest' if aim.largest else 'smallest'} {aim.figure} is one for each of {len(families)} networks"
        )
        hint = f"left out, all {aim.figure} that fit are found; or aim for a figure, such as macs"
        raise UsageError(Diagnostic("bad-option", message, hint=hint))


def at_the_edge(network: Network, search: Search, answer: Answer) -> Answer:
    """The answer with what the largest open size that fits leaves; where none does, with what the smallest comes to."""
    if not answer.found:
        least = smallest(search) if not answer.nearest and len(search.opened) else None
        if least is None or search.names.met or answer.free or least.measured.holds:
            return answer
        found = found_at(network, search, least, "smallest")
        return replace(answer, nearest=[found]) if found.found else answer
    found_edge = edge(search)
    if found_edge is None:
        return answer
    after = found_at(network, search, found_edge.next, "above") if found_edge.next is not None else None
    return replace(answer, budgets=tuple(found_edge.budgets), next=after)


def found_at(network: Network, search: Search, there: At, side: str) -> Nearest:
    """What a network comes to at some sizes, in words."""
    return Nearest(side, what_is_off(there.measured), spec_text(network, {}, {}, there.sizes))


def best(search: Search, aims: Sequence[Aim]) -> tuple[list[SolutionFamily], Near | None]:
    """The best families, and of what does not fit the next: the nearest that would be better."""
    rows = []
    for family in search.families:
        row = [aim.of(family.report) for aim in aims]
        if len(family.settings) > 1 and len(aims) == 1:  # then what the limits leave tells one from the other
            measures = search.wishes.measured(family.report).measures
            row += [m.value for m in measures if isinstance(m.value, int) and m.bounds.high is not None]
        rows.append(tuple(row))
    first = {rows[i]: i for i in reversed(front([(column, False) for column in zip(*rows)], range(len(rows))))}
    kept = [first[row] for row in sorted(first)]
    chosen = [search.families[i] for i in kept]
    top = aims[0].of(chosen[0].report)
    better = [near for near in search.misses if aims[0].of(near.report) < top]
    return chosen, max(better, key=lambda near: aims[0].of(near.report), default=None)


def refined(network: Network, search: Search, answer: Answer, name: str, beyond: Near) -> Answer | None:
    """The answer between two steps of an argument without a range of its own; None where that is a whole number."""
    fits, misses = (Fraction(settings[name]) for settings in (search.families[0].settings, beyond.settings))
    if fits.denominator == misses.denominator == 1 and not decimal(network, name):
        return None
    found = halved(network, search.wishes, name, fits, misses)
    if found is None:
        return None
    settings = {name: decimal_text(found.fits)}
    solution = Solution({}, settings, {}, spec_text(network, {}, settings), found.report)
    step = {name: decimal_text(found.misses)}
    after = nearest_found(network, Near(0, found.report, found.missed, step, ()), "above")
    left = budgets(search.wishes.measured(found.report), found.missed)
    between = f"between {decimal_text(fits)} and {decimal_text(misses)}, where figures are taken to rise with {name}"
    note = f"{answer.total} networks were tried, and then some {between}"
    return replace(answer, solutions=[solution], budgets=tuple(left), next=after, notes=(*answer.notes, note))


def settings_of(free: Sequence[Free]) -> list[dict[str, str]]:
    """Every combination of the free arguments. Raises UsageError for too many."""
    for one in free:
        if one.values is None:
            hint = f"--free {one.name}=1:8, or values with commas between"
            raise UsageError(Diagnostic("bad-range", f"{one.name} has no range", span=one.place, hint=hint))
    ranges = [one.values for one in free if one.values is not None]
    count = prod(values.count for values in ranges)
    if count > MOST_SETTINGS:
        each = ", ".join(f"{one.name} {one.values.words()}" for one in free if one.values is not None)
        makes = "makes" if len(free) == 1 else "make"
        message = f"{each} {makes} {count:,} networks, of which {MOST_SETTINGS:,} are tried at most"
        largest = max(free, key=lambda one: one.values.count if one.values else 0)
        hint = f"give {largest.name} larger steps, or fewer values"
        raise UsageError(Diagnostic("search-too-large", message, span=largest.place, hint=hint))
    names = [one.name for one in free]
    return [dict(zip(names, map(decimal_text, values))) for values in product(*ranges)]


def refuse_strangers(network: Network, search: Search, names: Names) -> None:
    """Refuse free names that the network does not have."""
    for name, one in names.free.items():
        if name in names.used or name in search.opened:
            continue
        known = [*network.arguments, *search.opened, *(unknown.argument for unknown in names.met.values())]
        near = nearest(name, known)
        hint = f"did you mean {near[0]}?" if near else f"there is {listed(known)}" if known else None
        message = f"nothing that could be free is called {name}"
        raise UsageError(Diagnostic("unknown-argument", message, span=one.place, hint=hint))


def refuse_nothing_to_find(network: Network) -> None:
    known = network.arguments
    hint = 'write ? for a number, "3x32x32 -> conv 8 k?", or leave a size open, -i 3xHxH'
    if known:
        hint = f"--free {known[0]}=RANGE lets an argument change, and -i 3xHxH a size"
    raise UsageError(Diagnostic("nothing-to-find", "there is nothing to find: every number is given", hint=hint))


def answered(
    network: Network,
    search: Search,
    arguments: Sequence[Free],
    settings: int,
    most: int,
    at_best: bool = False,
) -> Answer:
    """The answer of a finished search. `at_best`: open sizes are the best ones, put in where there is one choice."""
    solutions: list[Solution] = []
    unknowns = list(search.names.met.values())
    for family, numbers in search.ordered():
        if len(solutions) >= min(most, MOST_LISTED):
            break
        values = {unknown.name: numbers[unknown.key] for unknown in unknowns if unknown.key in numbers}
        sizes, pairs = (family.sizes.sizes, family.sizes.pairs) if family.sizes else ({}, None)
        fixed = {name: n for name, each in sizes.items() if each.number() == 1 and (n := each.smallest())}
        text = spec_text(network, numbers, family.settings, fixed if at_best else {})
        solutions.append(Solution(values, family.settings, sizes, text, family.report, pairs))
    total = search.combinations * settings
    partly = {name for family in search.families if family.sizes for name in family.sizes.partly}
    notes = [f"{name} was looked at from 1 to 4,096 alone: its conditions cannot be solved" for name in sorted(partly)]
    tried = total if not search.stopped else min(search.accounted, total - 1)
    if search.stopped:
        notes.append(f"the search has stopped after {tried:,} of {total:,} combinations")
    near = [nearest_found(network, search.below, "below"), nearest_found(network, search.above, "above")]
    return Answer(
        solutions,
        search.count,
        unknowns,
        [(one.name, one.values.words() if one.values else "") for one in arguments],
        total,
        tried,
        search.refused,
        [found for found in near if found is not None],
        tuple(notes),
        search.first_refusal,
        at_best=at_best,
    )


def nearest_found(network: Network, near: Near | None, side: str) -> Nearest | None:
    """A result that is off in words, with what gives it."""
    if near is None:
        return None
    numbers: dict[Key, int] = {}
    for group in near.groups:
        best = min(group.candidates, key=partial(rank_of, group))
        numbers.update(zip((unknown.key for unknown in group.unknowns), best.numbers))
    return Nearest(side, what_is_off(near.measured), spec_text(network, numbers, near.settings))


def what_is_off(measured: Measured) -> str:
    """Shapes that are wanted as they are, and figures that miss what is wanted, in words."""
    found = [f"{name} is {dims_text(shape)}" for name, shape in measured.shapes]
    for measure in measured.measures:
        off = measure.distance
        if measure.axis is None and off and isinstance(measure.value, int):
            said = measure.subject if measure.bytes else f"{measure.name} are"
            found.append(f"{said} {measure.value:,} ({abs(off):,} too {'many' if off > 0 else 'few'})")
    return listed(list(dict.fromkeys(found)))


def spec_text(
    network: Network, numbers: Mapping[Key, int], settings: Mapping[str, str], sizes: Mapping[str, int] | None = None
) -> str:
    """The spec with the numbers put in, to use as it is."""
    source = network.source

    def put_in(match: re.Match[str]) -> str:
        key: Key = match[1] or (source.name, match.start())
        return str(numbers.get(key, match[0]))

    given = [word for text in network.input_texts for word in ("-i", text)]
    given += [word for pair in {**network.written, **settings}.items() for word in ("--set", "=".join(pair))]
    for name, size in (sizes or {}).items():
        given += ["--batch", str(size)] if name == FREE_BATCH else ["--set", f"{name}={size}"]
    if not network.yaml and network.path is None and network.spec != "-":
        line = UNKNOWN.sub(put_in, source.text).strip()
        return shlex.join([line, *given]) if given else line
    lines = [
        line.strip()
        for line, old in zip(UNKNOWN.sub(put_in, source.text).splitlines(), source.text.splitlines())
        if line != old
    ]
    return "; ".join([shlex.join([network.spec, *given]), *lines])
