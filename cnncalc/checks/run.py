"""One run: every target computed and held against all that is expected of it."""

from __future__ import annotations

import os
import traceback
from collections.abc import Iterable, Sequence
from time import perf_counter

from cnncalc.analysis.difference import Difference
from cnncalc.analysis.expectations import Verdict, judge
from cnncalc.analysis.record import record
from cnncalc.analysis.trace import Report, trace
from cnncalc.checks import levels
from cnncalc.checks.baselines import Baselines
from cnncalc.checks.levels import Named, Silenced
from cnncalc.checks.smallest import smallest_input
from cnncalc.checks.source import Both, by_both, place_of, read_target
from cnncalc.checks.targets import RunSettings, Target, variants_of
from cnncalc.diagnostics import CnncalcError, Diagnostic, Span, escaped
from cnncalc.graph import Allowed, Expected
from cnncalc.models.lines import shown
from cnncalc.named_tuples import NamedTuple

FINE, FAILED, TORCH_DISAGREES = 0, 1, 3
SHOWN = 8  # differences from torch that a message names


class Outcome(NamedTuple):
    """What came of one target."""

    target: Target
    report: Report | None  # None where it does not compute
    verdicts: tuple[Verdict, ...]
    difference: Difference | None = None  # from its baseline
    warnings: tuple[Diagnostic, ...] = ()
    place: Span | None = None  # where the network is written, as far as that is known
    seconds: float = 0.0
    silenced: tuple[Silenced, ...] = ()  # warnings that are meant, or ignored

    @property
    def name(self) -> str:
        return escaped(self.target.name)

    @property
    def problems(self) -> list[Diagnostic]:
        return [problem for verdict in self.verdicts for problem in verdict.problems]

    @property
    def findings(self) -> list[Diagnostic]:
        """All that was found, including what is allowed or ignored."""
        return [*self.problems, *self.warnings, *(one.warning for one in self.silenced)]

    @property
    def ok(self) -> bool:
        return all(verdict.ok for verdict in self.verdicts)

    @property
    def code(self) -> int:
        """The exit code. A wrong spec or a failed expectation takes precedence over torch disagreeing."""
        codes = {problem.code for problem in self.problems}
        return FINE if not codes else TORCH_DISAGREES if codes == {"torch-disagrees"} else FAILED


class Run(NamedTuple):
    """What came of all targets."""

    outcomes: list[Outcome]
    said: list[str]  # on the baselines that were written
    passed_over: Sequence[tuple[str, str]] = ()  # files that nobody looked at, and why

    @property
    def ok(self) -> bool:
        return all(outcome.ok for outcome in self.outcomes)

    @property
    def code(self) -> int:
        codes = {outcome.code for outcome in self.outcomes}
        return FAILED if FAILED in codes else max(codes, default=FINE)


def run(targets: Sequence[Target], asked: RunSettings, update: bool = False) -> Run:
    """Check every target; what fails does not keep the others from being checked."""
    if any(target.verify for target in targets):
        from cnncalc.torch_bridge import require_torch

        require_torch("--verify")
    baselines = Baselines(update)
    passed_over = [(escaped(target.name), why) for target in targets if (why := target.passed_over)]
    outcomes = with_unused([check(target, asked, baselines) for target in targets if not target.passed_over])
    for path, key, problem in baselines.gone():
        verdict = Verdict("baseline", f"as in {shown(path)}", "gone", (problem,))
        outcomes.append(Outcome(Target(key, key), None, (verdict,), place=problem.span))
    return Run(outcomes, baselines.write(), passed_over)


def check(target: Target, asked: RunSettings, baselines: Baselines) -> Outcome:
    """Check one target."""
    start = perf_counter()
    if target.problem is not None:
        return _without_figures(target, (target.problem,), baselines, start)
    try:
        return _checked(target, asked, baselines, start)
    except CnncalcError as error:
        if asked.debug and error.__cause__ is not None:
            traceback.print_exception(error.__cause__)
        return _without_figures(target, error.diagnostics, baselines, start)
    except Exception as error:
        if os.environ.get("CNNCALC_DEBUG"):
            raise
        message = f"cnncalc failed on this target: {type(error).__name__}: {error}"
        hint = "this is a bug in cnncalc; CNNCALC_DEBUG=1 shows where"
        return _without_figures(target, (Diagnostic("internal", message, hint=hint),), baselines, start)


def _checked(target: Target, asked: RunSettings, baselines: Baselines, start: float) -> Outcome:
    """What comes of a target that computes. Raises CnncalcError for one that does not."""
    both = by_both(target, asked) if target.verify else Both(read_target(target, asked))
    written = both.written
    report = trace(written.graph, chosen=asked.convention)
    report.asked = target.memory
    verdicts = [Verdict("computes", "figures", "figures")]
    expected = [*written.graph.expected, *target.expected]
    judged = judge(expected, report, lambda: smallest_input(target, asked, written, report))
    verdicts += [_with_hint(verdict, target, asked, report, one) for verdict, one in zip(judged, expected)]
    change: Difference | None = None
    if target.baseline is not None:
        compared = baselines.compared(target, record(report), written.place)
        if compared is not None:
            change = compared.difference
            verdicts.append(compared.verdict)
    if target.verify:
        verdicts.append(confirmed(report, both))
    remarks = (*written.remarks, *report.suspicious, *_bounds(expected, report))
    found = levels.sorted_out(remarks, written.graph.allowed, target.levels)
    verdicts += filter(None, [levels.verdict(found, target.levels)])
    seconds = perf_counter() - start
    return Outcome(target, report, tuple(verdicts), change, found.shown, place_of(target), seconds, found.silenced)


def with_unused(outcomes: list[Outcome]) -> list[Outcome]:
    """The outcomes, with what is allowed or ignored and never comes. What was not read whole may have it."""
    found = list(outcomes)
    unread = {outcome.target.spec for outcome in outcomes if outcome.report is None}
    allowed: dict[object, list[tuple[int, Allowed]]] = {}
    for at, outcome in enumerate(found):
        for one in outcome.report.graph.allowed if outcome.report else ():  # each variant of a file reads it anew
            allowed.setdefault((one.span.source.name, one.span.start), []).append((at, one))
    used = {id(silenced.by) for outcome in found for silenced in outcome.silenced}
    for group in allowed.values():
        at, first = group[0]
        unused = not any(id(one) in used for _, one in group) and found[at].target.spec not in unread
        if unused and whole(found[i].target for i, _ in group):
            found[at] = with_warning(found[at], levels.unused_allow(first))
    came = [{problem.code for problem in outcome.findings} for outcome in found]
    ignored: dict[int, tuple[Named, list[int]]] = {}
    for at, outcome in enumerate(found):
        for named in (named for level in outcome.target.levels for named in level.ignore):
            ignored.setdefault(id(named), (named, []))[1].append(at)
    for named, group_at in ignored.values():
        if named.whole and all(found[at].report and named.code not in came[at] for at in group_at):
            found[group_at[-1]] = with_warning(found[group_at[-1]], levels.unused_ignore(named))
    return found


def whole(targets: Iterable[Target]) -> bool:
    """Are these all the networks of their file?"""
    of_file = list(targets)
    chosen = {target.settings.get("variant") for target in of_file}
    file = of_file[0].file
    return None in chosen or file is None or chosen >= set(variants_of(file))


def with_warning(outcome: Outcome, warning: Diagnostic) -> Outcome:
    """The outcome with one more warning."""
    found = levels.sorted_out([warning], [], outcome.target.levels)
    if found.denied:
        verdicts = [
            verdict._replace(actual="warnings", problems=(*verdict.problems, *found.denied))
            if verdict.name == "warnings"
            else verdict
            for verdict in outcome.verdicts
        ]
        return outcome._replace(verdicts=tuple(verdicts))
    return outcome._replace(warnings=(*outcome.warnings, *found.shown), silenced=(*outcome.silenced, *found.silenced))


def _with_hint(verdict: Verdict, target: Target, asked: RunSettings, report: Report, one: Expected) -> Verdict:
    """A verdict, of a limit that is broken with what would keep it."""
    if len(verdict.problems) != 1 or verdict.problems[0].hint or verdict.problems[0].code != "expectation-failed":
        return verdict
    from cnncalc.checks.within import kept_by

    hint = kept_by(target, asked, report, one)
    return verdict if hint is None else verdict._replace(problems=(verdict.problems[0]._replace(hint=hint),))


def _bounds(expected: Sequence[Expected], report: Report) -> list[Diagnostic]:
    """A warning where an expectation is about memory of which only a lower bound is known."""
    if not any(one.name[0] == "memory" for one in expected):
        return []
    from cnncalc.analysis.memory.named import asked_by

    return asked_by([one.name for one in expected], report)


def _without_figures(target: Target, problems: tuple[Diagnostic, ...], baselines: Baselines, start: float) -> Outcome:
    baselines.compared(target, None, lambda path, as_before: None)
    verdict = Verdict("computes", "figures", "none", problems)
    return Outcome(target, None, (verdict,), place=place_of(target), seconds=perf_counter() - start)


def confirmed(report: Report, both: Both) -> Verdict:
    """What torch says of the figures, and of the model that they are those of."""
    from cnncalc.torch_bridge.importing.original import said
    from cnncalc.torch_bridge.verifying.verify import verify

    same = "the same figures"
    try:
        found = verify(report, original=both.original, second=both.second)
    except CnncalcError as error:
        return Verdict("torch", same, "", error.diagnostics)
    if found.ok:
        return Verdict("torch", same, same)
    count = len(found.differences)
    notes = [
        f"{'the module' if d.figure.startswith('module_') else 'its capture'}: {said(d)}"
        if d.figure.startswith(("module_", "capture_"))
        else f"{d.path or 'total'}: {d.figure} {d.cnncalc}, by torch {d.torch}"
        for d in found.differences[:SHOWN]
    ]
    message = f"torch {found.torch} has {count} other figure{'s' if count > 1 else ''}"
    hint = "this is a bug in cnncalc; `cnncalc verify` shows all of them"
    return Verdict("torch", same, "others", (Diagnostic("torch-disagrees", message, notes=tuple(notes), hint=hint),))
