"""Two targets side by side."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

from cnncalc.analysis.difference import Difference, difference
from cnncalc.analysis.record import record
from cnncalc.analysis.trace import Report, trace
from cnncalc.checks.project import Project, find_project
from cnncalc.checks.revisions import at_revision, revised
from cnncalc.checks.source import graph_of
from cnncalc.checks.targets import Asked, Target, is_module, shown, targets
from cnncalc.diagnostics import CnncalcError, Diagnostic, Source, UsageError, listed
from cnncalc.graph import Graph
from cnncalc.spec.limits import Limits
from cnncalc.spec.read import read_source


class Comparison(NamedTuple):
    """Two networks, and what lies between them."""

    names: tuple[str, str]
    reports: tuple[Report, Report]
    difference: Difference


def compare(a: str, b: str, asked: Asked) -> Comparison:
    """Compare two targets. Raises CnncalcError for one that cannot be read."""
    project = find_project(Path.cwd())
    first, second = (trace(_graph(word, project, asked), chosen=asked.convention) for word in (a, b))
    return Comparison((a, b), (first, second), difference(record(first), record(second)))


def _graph(word: str, project: Project | None, asked: Asked) -> Graph:
    old = revised(word)
    if old is not None:
        return _old_graph(old.file, old.revision, word, asked)
    found = targets([word], project, asked)
    if len(found) != 1 or found[0].within is not None:
        return graph_of(_one_of(word, found), asked)
    if found[0].problem is not None:
        raise CnncalcError(found[0].problem)
    return graph_of(found[0], asked)


def _one_of(word: str, found: list[Target]) -> Target:
    """A file is meant without a variant where that computes; a folder or variants alone are no single network."""
    plain = [target for target in found if target.name == word and target.within is None]
    if plain:
        return plain[0]
    names = [target.name for target in found][:6]
    hint = f"name one, such as {listed(names, 'or')}" if names else None
    message = f"{word} is more than one network, and a comparison is of two"
    raise UsageError(Diagnostic("several-networks", message, hint=hint))


def _old_graph(file: str, revision: str, word: str, asked: Asked) -> Graph:
    """The graph of a file at a revision; the files that it uses come from there too."""
    base, _, variant = file.rpartition("#")
    if base:
        file = base
    if is_module(file):
        hint = f"check {revision} out beside this, and import the model of each to a spec"
        raise UsageError(
            Diagnostic("unknown-revision", f"{word} is a PyTorch model, and only files have revisions", hint=hint)
        )
    limits = Limits(asked.limits)
    path = Path(file)

    def load(inner: Path) -> Source:
        return at_revision(inner, revision, f"{shown(inner)}@{revision}", limits)

    return read_source(
        load(path),
        path,
        lambda name: load(path.parent / name),
        inputs=asked.inputs,
        settings={**asked.settings, **({"variant": variant} if base else {})},
        batch=asked.batch,
        limits=limits,
    )
