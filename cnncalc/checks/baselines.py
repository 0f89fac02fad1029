"""Networks against their baselines, and the baselines written anew."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable
from pathlib import Path

from cnncalc.analysis.difference import Difference, difference, folded
from cnncalc.analysis.expectations import Verdict
from cnncalc.analysis.record import Record
from cnncalc.checks.baseline_file import Baseline, baseline_text, parse_baseline
from cnncalc.checks.specs import SUFFIXES
from cnncalc.checks.targets import Target
from cnncalc.checks.words import change_words, moved_words
from cnncalc.diagnostics import CnncalcError, Diagnostic, Span, escaped, listed
from cnncalc.files import write_whole
from cnncalc.language.text.limits import Limits
from cnncalc.language.text.source import load
from cnncalc.models.lines import shown
from cnncalc.named_tuples import NamedTuple

SHOWN = 8  # changes that a message names

Where = Callable[[str, Iterable[str]], Span | None]
"""Where the layer at a path is written, given the paths of those that are as they were."""


class Compared(NamedTuple):
    """What came of one network and its baseline."""

    verdict: Verdict
    difference: Difference | None = None


class Baselines:
    """The baseline files of one run, each read once and written once."""

    def __init__(self, update: bool) -> None:
        self.update = update
        self.files: dict[Path, Baseline | CnncalcError | None] = {}
        self.records: dict[Path, dict[str, Record]] = {}
        self.folders: dict[Path, set[Path]] = {}  # that were checked as a whole
        self.failed: dict[Path, str] = {}  # a target whose figures are missing

    def read(self, path: Path) -> Baseline | None:
        """The file; None where there is none yet. Raises CnncalcError where it cannot be read."""
        if path not in self.files:
            try:
                if os.path.isdir(path):
                    hint = "name a file in it, such as baseline.json"
                    raise CnncalcError(Diagnostic("bad-baseline", f"the baseline {shown(path)} is a folder", hint=hint))
                limits = Limits({"bytes": 500_000_000})
                self.files[path] = parse_baseline(load(path, limits, shown(path))) if os.path.exists(path) else None
            except CnncalcError as error:
                self.files[path] = error
        found = self.files[path]
        if isinstance(found, CnncalcError):
            raise found
        return found

    def compared(self, target: Target, record: Record | None, place: Where) -> Compared | None:
        """A network against its baseline; with --update it becomes the baseline. `place` finds a layer's text."""
        path = target.baseline
        if path is None:
            return None
        if target.within is not None:
            self.folders.setdefault(path, set()).add(target.within)
        if record is None:
            self.failed.setdefault(path, target.name)
            return None
        self.records.setdefault(path, {})[target.key] = record
        name = shown(path)
        try:
            baseline = self.read(path)
        except CnncalcError as error:
            return Compared(Verdict("baseline", f"as in {name}", "", error.diagnostics))
        before = baseline.targets.get(target.key) if baseline else None
        if before is None:
            return Compared(self.missing(target, baseline, name))
        assert baseline is not None
        found = difference(before, record)
        if found.equal or self.update:
            return Compared(Verdict("baseline", f"as in {name}", "as agreed" if found.equal else "updated"), found)
        problem = changed(found, name, first_place(found, record, baseline, target.key, place))
        return Compared(Verdict("baseline", f"as in {name}", "changed", (problem,)), found)

    def missing(self, target: Target, baseline: Baseline | None, name: str) -> Verdict:
        if self.update:
            return Verdict("baseline", f"as in {name}", "written")
        message = f"the baseline {name} has no {target.key}" if baseline else f"there is no baseline {name}"
        problem = Diagnostic("missing-baseline", message, span=target.place, hint="--update writes it")
        return Verdict("baseline", f"as in {name}", "missing", (problem,))

    def gone(self) -> list[tuple[Path, str, Diagnostic]]:
        """What a baseline holds of a folder that was checked, and that is there no longer."""
        found = []
        for path, folders in self.folders.items():
            for key in [] if self.update else self.lost(path, folders):
                baseline = self.files.get(path)
                span = baseline.place(key) if isinstance(baseline, Baseline) else None
                message = f"{key} is in the baseline {shown(path)}, and is there no longer"
                hint = "if this is meant, --update takes it out"
                found.append((path, key, Diagnostic("baseline-changed", message, span=span, hint=hint)))
        return found

    def lost(self, path: Path, folders: set[Path]) -> list[str]:
        baseline = self.files.get(path)
        if not isinstance(baseline, Baseline):
            return []
        own = self.records.get(path, {})
        inside = tuple(os.path.relpath(f, path.parent or ".").replace(os.sep, "/").removeprefix(".") for f in folders)
        failed = self.failed.get(path)
        if failed is not None:
            return []
        prefixes = tuple(f"{folder}/" if folder else "" for folder in inside)
        return [key for key in baseline.targets if key not in own and _is_file_key(key) and key.startswith(prefixes)]

    def write(self) -> list[str]:
        """Write what was updated, and say what was written."""
        said = []
        for path, records in self.records.items():
            name = escaped(shown(path))
            if not self.update or isinstance(self.files.get(path), CnncalcError):
                continue
            if path in self.failed:
                said.append(f"{name} is not written, as {self.failed[path]} has no figures")
                continue
            before = self.files.get(path)
            kept = dict(before.targets) if isinstance(before, Baseline) else {}
            for key in self.lost(path, self.folders.get(path, set())):
                del kept[key]
            text = baseline_text(kept | records)
            if isinstance(before, Baseline) and before.source.text == text:
                said.append(f"{name} is up to date")
                continue
            write_whole(path, text, make_folder=True)
            count = len(records)
            said.append(f"{name} is written, with {count} network{'s' if count > 1 else ''} of this run")
        return said


def _is_file_key(key: str) -> bool:
    return key.split("#")[0].lower().endswith(SUFFIXES)


def first_place(found: Difference, new: Record, baseline: Baseline, key: str, place: Where) -> Span | None:
    """Where the first change is, as what follows mostly comes of it: in the spec, else in the baseline."""
    moved = {change.path for change in found.changes if change.kind != "arguments"}
    as_before = [row.path for row in new.layers if row.path not in moved]
    added = {
        change.path.rpartition(".")[0]: change.path for change in reversed(found.changes) if change.kind == "added"
    }
    for change in found.changes:
        if change.kind == "arguments":
            continue
        path = change.path  # what is gone has no path now; what has come in its level mostly takes its place
        span = place(added.get(path.rpartition(".")[0], path) if change.kind == "removed" else path, as_before)
        if span is None and change.old is not None:
            span = baseline.place(key, change.old.path)
        if span is not None:
            return span
    return baseline.place(key)


def changed(found: Difference, name: str, place: Span | None) -> Diagnostic:
    """The one message for all that differs from a baseline."""
    parts = [moved_words(moved) for moved in found.moved if moved.name in ("params", "macs")]
    parts += [moved_words(moved) for moved in found.shapes if moved.name.startswith(("input", "output"))]
    counts = found.counts
    counts.pop("arguments", None)
    if counts:
        parts.append(listed([f"{n} layer{'s' if n > 1 else ''} {kind}" for kind, n in counts.items()]))
    rest = [moved_words(moved) for moved in [*found.moved, *found.shapes]]
    message = f"the figures are not those of {name}: {'; '.join(parts or rest)}"
    strict = found._replace(changes=[change for change in found.changes if change.kind != "arguments"])
    lines = [change_words(change) for change in folded(strict)]
    if len(lines) > SHOWN:
        lines = [*lines[: SHOWN - 1], f"and {len(lines) - SHOWN + 1} more"]
    hint = "if this is meant, --update makes it the baseline"
    return Diagnostic("baseline-changed", message, span=place, notes=tuple(lines), hint=hint)
