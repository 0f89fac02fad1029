"""One run: every target computed and held against all that is expected of it."""

from __future__ import annotations

import os
import traceback
from collections.abc import Sequence
from time import perf_counter
from typing import TYPE_CHECKING, NamedTuple

from cnncalc.analysis.difference import Difference
from cnncalc.analysis.expectations import Verdict, judge
from cnncalc.analysis.record import record
from cnncalc.analysis.trace import Report, trace
from cnncalc.checks.baselines import Baselines
from cnncalc.checks.smallest import smallest_input
from cnncalc.checks.source import place_of, read_target
from cnncalc.checks.targets import Asked, Target, shown
from cnncalc.diagnostics import CnncalcError, Diagnostic, Span, escaped

if TYPE_CHECKING:
    from cnncalc.torch_bridge.importing.original import Original

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

    @property
    def name(self) -> str:
        return escaped(self.target.name)

    @property
    def problems(self) -> list[Diagnostic]:
        return [problem for verdict in self.verdicts for problem in verdict.problems]

    @property
    def ok(self) -> bool:
        return all(verdict.ok for verdict in self.verdicts)

    @property
    def code(self) -> int:
        """The exit code: a wrong spec or a failed expectation goes before torch that disagrees."""
        codes = {problem.code for problem in self.problems}
        return FINE if not codes else TORCH_DISAGREES if codes == {"torch-disagrees"} else FAILED


class Run(NamedTuple):
    """What came of all targets."""

    outcomes: list[Outcome]
    said: list[str]  # on the baselines that were written

    @property
    def ok(self) -> bool:
        return all(outcome.ok for outcome in self.outcomes)

    @property
    def code(self) -> int:
        codes = {outcome.code for outcome in self.outcomes}
        return FAILED if FAILED in codes else max(codes, default=FINE)


def run(targets: Sequence[Target], asked: Asked, update: bool = False) -> Run:
    """Check every target; what fails does not keep the others from being checked."""
    if any(target.verify for target in targets):
        from cnncalc.torch_bridge import require_torch

        require_torch("--verify")
    baselines = Baselines(update)
    outcomes = [check(target, asked, baselines) for target in targets]
    for path, key, problem in baselines.gone():
        verdict = Verdict("baseline", f"as in {shown(path)}", "gone", (problem,))
        outcomes.append(Outcome(Target(key, key), None, (verdict,), place=problem.span))
    return Run(outcomes, baselines.write())


def check(target: Target, asked: Asked, baselines: Baselines) -> Outcome:
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


def _checked(target: Target, asked: Asked, baselines: Baselines, start: float) -> Outcome:
    """What comes of a target that computes. Raises CnncalcError for one that does not."""
    written = read_target(target, asked)
    report = trace(written.graph, chosen=asked.convention)
    verdicts = [Verdict("computes", "figures", "figures")]
    expected = [*written.graph.expected, *target.expected]
    verdicts += judge(expected, report, lambda: smallest_input(target, asked, written, report))
    change: Difference | None = None
    if target.baseline is not None:
        compared = baselines.compared(target, record(report), written.place)
        if compared is not None:
            change = compared.difference
            verdicts.append(compared.verdict)
    if target.verify:
        verdicts.append(confirmed(report, written.original))
    warnings = (*written.remarks, *report.warnings)
    return Outcome(target, report, tuple(verdicts), change, warnings, place_of(target), perf_counter() - start)


def _without_figures(target: Target, problems: tuple[Diagnostic, ...], baselines: Baselines, start: float) -> Outcome:
    baselines.compared(target, None, lambda path, as_before: None)
    verdict = Verdict("computes", "figures", "none", problems)
    return Outcome(target, None, (verdict,), place=place_of(target), seconds=perf_counter() - start)


def confirmed(report: Report, original: Original | None) -> Verdict:
    """What torch says of the figures, and of the model that they are those of."""
    from cnncalc.torch_bridge.importing.original import said
    from cnncalc.torch_bridge.verifying.verify import verify

    same = "the same figures"
    try:
        found = verify(report, original=original)
    except CnncalcError as error:
        return Verdict("torch", same, "", error.diagnostics)
    if found.ok:
        return Verdict("torch", same, same)
    count = len(found.differences)
    notes = [
        f"the module: {said(d)}"
        if d.figure.startswith("module_")
        else f"{d.path or 'total'}: {d.figure} {d.cnncalc}, by torch {d.torch}"
        for d in found.differences[:SHOWN]
    ]
    message = f"torch {found.torch} has {count} other figure{'s' if count > 1 else ''}"
    hint = "this is a bug in cnncalc; `cnncalc verify` shows all of them"
    return Verdict("torch", same, "others", (Diagnostic("torch-disagrees", message, notes=tuple(notes), hint=hint),))
