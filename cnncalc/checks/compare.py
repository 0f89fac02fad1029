"""Two targets side by side."""

from __future__ import annotations

from pathlib import Path

from cnncalc.analysis.difference import Difference, difference
from cnncalc.analysis.record import record
from cnncalc.analysis.trace import Report, trace
from cnncalc.checks.project import Project, find_project
from cnncalc.checks.revisions import at_revision, revised
from cnncalc.checks.source import NO_MODEL, WrittenTarget, read_target
from cnncalc.checks.targets import RunSettings, Target, is_module, targets
from cnncalc.diagnostics import CnncalcError, Diagnostic, Source, UsageError, listed
from cnncalc.language.read.reader import read_source
from cnncalc.language.text.limits import Limits
from cnncalc.models.lines import shown
from cnncalc.named_tuples import NamedTuple
from cnncalc.source.target import parsed, written_in


class Comparison(NamedTuple):
    """Two networks, and what lies between them."""

    names: tuple[str, str]
    reports: tuple[Report, Report]
    difference: Difference
    remarks: tuple[Diagnostic, ...] = ()  # what a PyTorch model does that its figures leave out


def compare(a: str, b: str, asked: RunSettings) -> Comparison:
    """Compare two targets. Raises CnncalcError with what is wrong with both."""
    project = find_project(Path.cwd())
    each = [_of_side(asked, letter) for letter in "AB"]
    sides = [_side(word, project, own) for word, own in zip((a, b), each)]
    if asked.of_model and not any(isinstance(side, Target) and side.is_module for side in sides):
        raise UsageError(NO_MODEL)
    waiting = [isinstance(side, Target) and side.is_module and not _says_input(side) for side in sides]
    found: dict[int, WrittenTarget] = {}
    reports: dict[int, Report] = {}
    errors: dict[int, CnncalcError] = {}
    # A model for which nothing is said takes what goes into the other side.
    for i in (1, 0) if waiting == [True, False] else (0, 1):
        side = sides[i]
        if isinstance(side, Target) and waiting[i] and 1 - i in reports:
            side = side._replace(inputs=_inputs(reports[1 - i]))
        try:
            found[i] = read_target(side, each[i]) if isinstance(side, Target) else _old(side, each[i])
            reports[i] = trace(found[i].graph, chosen=asked.convention)
        except CnncalcError as error:
            errors[i] = error
            if waiting == [False, True] or waiting == [True, False]:
                break
    if errors:
        raise _joined([errors[i] for i in sorted(errors)])
    first, second = reports[0], reports[1]
    remarks = (*found[0].remarks, *found[1].remarks)
    names = (_with_settings(a, asked, "A"), _with_settings(b, asked, "B"))
    return Comparison(names, (first, second), difference(record(first), record(second)), remarks)


def _of_side(asked: RunSettings, letter: str) -> RunSettings:
    """What is asked of one side: `--set A:width=0.5` is for the first alone."""
    own = {name.partition(":")[2]: value for name, value in asked.settings.items() if name.startswith(f"{letter}:")}
    both = {name: value for name, value in asked.settings.items() if not name.startswith(("A:", "B:"))}
    return asked._replace(settings={**both, **own})


def _with_settings(word: str, asked: RunSettings, letter: str) -> str:
    """A side as reports call it, with what is set for it alone."""
    own = [f"{name[2:]}={value}" for name, value in asked.settings.items() if name.startswith(f"{letter}:")]
    return f"{word} ({', '.join(own)})" if own else word


def _joined(errors: list[CnncalcError]) -> CnncalcError:
    """What is wrong with both sides, said once where it is the same."""
    every = dict.fromkeys(problem for error in errors for problem in error.diagnostics)
    usage = all(isinstance(error, UsageError) for error in errors)
    joined = UsageError(*every) if usage else CnncalcError(*every)
    joined.__cause__ = next((error.__cause__ for error in errors if error.__cause__), None)
    return joined


def _says_input(target: Target) -> bool:
    """Is it said what comes into a model: by the command, its entry, or its file?"""
    named = parsed(target.spec)
    return bool(target.inputs or (named is not None and written_in(named)))


def _inputs(report: Report) -> tuple[str, ...]:
    """The inputs of a network, as the command line says them."""
    texts = {name: "x".join(map(str, shape)) for name, shape in report.inputs.items()}
    return tuple(texts.values()) if len(texts) == 1 else tuple(f"{name}={text}" for name, text in texts.items())


def _side(word: str, project: Project | None, asked: RunSettings) -> Target | Old:
    old = revised(word)
    if old is not None:
        return Old(old.file, old.revision, word)
    found = targets([word], project, asked)
    if len(found) != 1 or found[0].within is not None:
        return _one_of(word, found)
    if found[0].problem is not None:
        raise CnncalcError(found[0].problem)
    return found[0]


class Old(NamedTuple):
    """A file at a revision."""

    file: str
    revision: str
    word: str  # as it was asked for


def _one_of(word: str, found: list[Target]) -> Target:
    """A file is meant without a variant where that computes; a folder or variants alone are no single network."""
    plain = [target for target in found if target.name == word and target.within is None]
    if plain:
        return plain[0]
    names = [target.name for target in found][:6]
    hint = f"name one, such as {listed(names, 'or')}" if names else None
    message = f"{word} is more than one network, and a comparison is of two"
    raise UsageError(Diagnostic("several-networks", message, hint=hint))


def _old(old: Old, asked: RunSettings) -> WrittenTarget:
    """A file at a revision; the files that it uses come from there too."""
    file, revision = old.file, old.revision
    base, _, variant = file.rpartition("#")
    if base:
        file = base
    if is_module(file):
        hint = f"check {revision} out beside this, and import the model of each to a spec"
        message = f"{old.word} is a PyTorch model, and only files have revisions"
        raise UsageError(Diagnostic("unknown-revision", message, hint=hint))
    limits = Limits(asked.limits)
    path = Path(file)

    def load(inner: Path) -> Source:
        return at_revision(inner, revision, f"{shown(inner)}@{revision}", limits)

    graph = read_source(
        load(path),
        path,
        lambda name: load(path.parent / name),
        inputs=asked.inputs,
        settings={**asked.settings, **({"variant": variant} if base else {})},
        batch=asked.batch,
        limits=limits,
    )
    return WrittenTarget(graph, lambda path, as_before: None)
