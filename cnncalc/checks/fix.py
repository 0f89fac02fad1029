"""Specs mended where a message knows how: bias before a norm, a missing flatten, other features than arrive.

A change is kept where the spec, computed again in each of its variants, comes to what the change means and to nothing
else. A file is written whole, or stays as it is.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from difflib import unified_diff
from pathlib import Path
from typing import TypeAlias

from cnncalc.analysis.expectations import judge
from cnncalc.analysis.record import LayerRecord, Record, record
from cnncalc.analysis.trace import Report, trace
from cnncalc.checks import levels
from cnncalc.checks.source import read_target
from cnncalc.checks.targets import RunSettings, Target
from cnncalc.diagnostics import CnncalcError, Diagnostic, Edit, Fix
from cnncalc.files import write_whole
from cnncalc.fixes import applied
from cnncalc.language.text.limits import Limits
from cnncalc.language.text.source import load
from cnncalc.models.lines import shown
from cnncalc.named_tuples import NamedTuple

ROUNDS = 20  # as what is mended can show the next mistake
Came: TypeAlias = "Report | CnncalcError"


class Mended(NamedTuple):
    """A file that can be mended."""

    file: Path
    before: str
    after: str
    said: tuple[str, ...]  # what was done
    dropped: tuple[str, ...]  # and what was not, and why

    @property
    def name(self) -> str:
        return shown(self.file)

    @property
    def diff(self) -> str:
        """The change as patch and git read it."""
        lines = unified_diff(
            self.before.splitlines(keepends=True),
            self.after.splitlines(keepends=True),
            f"a/{self.name}",
            f"b/{self.name}",
        )
        end = "\n\\ No newline at end of file\n"
        return "".join(line if line.endswith("\n") else line + end for line in lines)

    def write(self) -> None:
        """Put the text in place of the file's, with its own ends of lines. Raises UsageError."""
        data = self.file.read_bytes()
        text = self.after.replace("\n", "\r\n") if b"\r\n" in data else self.after
        write_whole(self.file, (b"\xef\xbb\xbf" if data.startswith(b"\xef\xbb\xbf") else b"") + text.encode("utf-8"))


def mended(targets: Sequence[Target], asked: RunSettings) -> list[Mended]:
    """The files among the targets that can be mended, and those where a change was dropped."""
    files: dict[Path, list[Target]] = {}
    for target in targets:
        if target.file is not None and not target.passed_over and target.problem is None:
            files.setdefault(target.file, []).append(target)
    found = [_File(file, of_file, asked).mended() for file, of_file in files.items()]
    return [one for one in found if one is not None and (one.said or one.dropped)]


class _File:
    """One file with all of its networks."""

    def __init__(self, file: Path, targets: Sequence[Target], asked: RunSettings) -> None:
        self.file, self.targets, self.asked = file, targets, asked
        self.dropped: dict[tuple[Edit, ...], str] = {}

    def mended(self) -> Mended | None:
        try:
            before = load(self.file, Limits(self.asked.limits), shown(self.file)).text
        except CnncalcError:
            return None
        data = self.file.read_bytes()
        if b"\r\n" in data and data.count(b"\r\n") != data.count(b"\n"):
            return Mended(self.file, before, before, (), ("its lines end in two ways",))
        text, came, said = before, self.computed(before), []
        for _ in range(ROUNDS):
            fixes = self.fixes(text, came)
            done = self.tried(text, came, fixes) if fixes else None
            if done is None:  # all at once, else one by one
                for fix in fixes:
                    done = self.tried(text, came, [fix])
                    if done is not None:
                        fixes = [fix]
                        break
                    self.dropped[fix.edits] = f"{fix.said}: the network would come to other figures than that means"
            if done is None:
                break
            text, came = done
            said += [fix.said for fix in fixes]
        if text != before and any(isinstance(one, CnncalcError) for one in came):
            return Mended(
                self.file, before, before, (), (f"{said[0]}: the spec has more mistakes, to be mended first",)
            )
        return Mended(self.file, before, text, tuple(said), tuple(self.dropped.values()))

    def computed(self, text: str) -> list[Came]:
        """What each network of the file comes to."""
        found: list[Came] = []
        for target in self.targets:
            try:
                written = read_target(target, self.asked, text)
                found.append(trace(written.graph, chosen=self.asked.convention))
            except CnncalcError as error:
                found.append(error)
        return found

    def fixes(self, text: str, came: Sequence[Came]) -> list[Fix]:
        """The changes that messages know, but for those that are in another file or were dropped."""
        found: dict[tuple[Edit, ...], Fix] = {}
        taken: list[Edit] = []
        for target, one in zip(self.targets, came):
            for problem in _findings(target, one):
                fix = problem.fix
                if fix is None or any(e.span.source.name != shown(self.file) for e in fix.edits):
                    continue
                # The variants of a file read it anew each, so that equal places are those of equal numbers.
                edits = tuple((e.span.start, e.span.end, e.text) for e in fix.edits)
                known = next((key for key in found if _places(key) == edits), None)
                if known is not None:
                    paths = tuple(dict.fromkeys((*found[known].paths, *fix.paths)))
                    found[known] = found[known]._replace(paths=paths)
                elif not any(_places(key) == edits for key in self.dropped) and not _touches(fix.edits, taken):
                    found[fix.edits] = fix
                    taken += fix.edits
        return list(found.values())

    def tried(self, text: str, came: Sequence[Came], fixes: Sequence[Fix]) -> tuple[str, list[Came]] | None:
        """The text with the changes, and what it comes to; None where that is not what they mean."""
        changed = applied(text, [edit for fix in fixes for edit in fix.edits])
        after = self.computed(changed)
        right = all(self.meant(*each, fixes) for each in zip(self.targets, came, after))
        return (changed, after) if right else None

    def meant(self, target: Target, before: Came, after: Came, fixes: Sequence[Fix]) -> bool:
        if isinstance(before, CnncalcError):
            codes = {problem.code for problem in before.diagnostics}
            return isinstance(after, Report) or not _codes(after.diagnostics) & {"bad-yaml", "unknown-argument"} - codes
        if isinstance(after, CnncalcError):
            return False
        if any(fix.layer for fix in fixes):
            layers = {fix.layer for fix in fixes if fix.layer}
            kept = _layers(record(before), layers) == _layers(record(after), layers)
            return kept and not _broken(target, before, after)
        return _only_fewer_params(record(before), record(after), {path for fix in fixes for path in fix.paths})


def _findings(target: Target, came: Came) -> Iterable[Diagnostic]:
    if isinstance(came, CnncalcError):
        return came.diagnostics
    found = levels.sorted_out(came.suspicious, came.graph.allowed, target.levels)
    return (*found.denied, *found.shown)


def _codes(problems: Iterable[Diagnostic]) -> set[str]:
    return {problem.code for problem in problems}


def _places(edits: tuple[Edit, ...]) -> tuple[tuple[int, int, str], ...]:
    return tuple((edit.span.start, edit.span.end, edit.text) for edit in edits)


def _touches(edits: Iterable[Edit], taken: Iterable[Edit]) -> bool:
    return any(a.span.start <= b.span.end and b.span.start <= a.span.end for a in edits for b in taken)


def _layers(network: Record, added: set[str]) -> list[tuple[str, str]]:
    return [(row.path, row.type) for row in network.layers if row.type not in added]


def _broken(target: Target, before: Report, after: Report) -> bool:
    """Does an expectation fail that held?"""
    expected = [*before.graph.expected, *target.expected]
    expected = [one for one in expected if one.name != ("smallest_input",)]
    return any(was.ok and not now.ok for was, now in zip(judge(expected, before), judge(expected, after)))


def _only_fewer_params(before: Record, after: Record, paths: set[str]) -> bool:
    """Has each of the layers at these paths fewer parameters, and is nothing else changed?"""
    if (before.inputs, before.outputs, len(before.layers)) != (after.inputs, after.outputs, len(after.layers)):
        return False
    return all(_kept(old, new, paths) for old, new in zip(before.layers, after.layers))


def _kept(old: LayerRecord, new: LayerRecord, paths: set[str]) -> bool:
    same = (old.path, old.type, old.outputs, old.buffers, old.macs) == (
        new.path,
        new.type,
        new.outputs,
        new.buffers,
        new.macs,
    )
    fewer = old.params - new.params
    if old.path in paths and old.shared_with is None:
        return same and old.args != new.args and not (isinstance(fewer, int) and fewer <= 0)
    return same and fewer == 0
