"""What is to be checked: from the words of a command, or the entries of a project, to single networks."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from cnncalc.checks.levels import Levels
from cnncalc.checks.project import Entry, Project
from cnncalc.checks.specs import SUFFIXES, other_than_spec, specs_in
from cnncalc.diagnostics import CnncalcError, Diagnostic, Span, nearest
from cnncalc.graph import Expected
from cnncalc.language.endings import ending_of
from cnncalc.language.text.limits import Limits
from cnncalc.language.text.model_names import names_model
from cnncalc.models.lines import shown
from cnncalc.named_tuples import NamedTuple

if TYPE_CHECKING:
    from cnncalc.analysis.memory.report import MemoryOptions

_MODULE = re.compile(r"(?:[^\W\d]\w*(?:\.[^\W\d]\w*)*|[^:\n]+\.py):[^\W\d]\w*(?:\.[^\W\d]\w*)*")


class RunSettings(NamedTuple):
    """What holds for every target of one run, over what they say themselves."""

    inputs: tuple[str, ...] = ()
    settings: Mapping[str, str] = {}
    batch: int | None = None
    kwargs: Mapping[str, Any] | None = None
    expected: tuple[Expected, ...] = ()
    baseline: Path | None = None
    verify: bool = False
    convention: str = "torch"
    limits: Mapping[str, int] | None = None
    torch: bool = False  # torch itself reads the models
    method: str = "forward"  # of the models, which is run
    debug: bool = False  # show the traceback of what fails in a model
    levels: Levels = Levels()  # of warnings
    memory: MemoryOptions | None = None  # which memory is meant where memory is expected
    only_specs: bool = False  # pass over files that are no specs, also where they are named

    @property
    def of_model(self) -> bool:
        """Is anything set that is for PyTorch models alone?"""
        return self.kwargs is not None or self.torch or self.method != "forward"


class Target(NamedTuple):
    """One network to check."""

    name: str  # as reports call it
    spec: str  # a text, file or zoo name; or MODULE:ATTR
    file: Path | None = None
    inputs: tuple[str, ...] = ()
    settings: Mapping[str, str] = {}
    batch: int | None = None
    kwargs: Mapping[str, Any] | None = None
    expected: tuple[Expected, ...] = ()  # beside what the spec expects itself
    baseline: Path | None = None
    verify: bool = False
    torch: bool = False  # torch itself reads it
    method: str = "forward"
    folder: Path | None = None  # of the project, from which a module is imported
    within: Path | None = None  # the folder that was asked for, where the target is a file of it
    place: Span | None = None  # where it is asked for
    problem: Diagnostic | None = None  # why there is nothing to check
    module: object | None = None  # a model that is at hand, which `spec` then only names
    levels: tuple[Levels, ...] = ()  # of warnings, the nearest first
    memory: MemoryOptions | None = None
    passed_over: str | None = None  # why nobody looks at the file
    is_table: bool = False  # a file of published tables, and no network

    @property
    def is_module(self) -> bool:
        return self.module is not None or (self.file is None and is_module(self.spec))

    @property
    def key(self) -> str:
        """The target's name in its baseline: of a file, its path from there, wherever the command runs."""
        if self.file is None or self.baseline is None or not self.name.startswith(shown(self.file)):
            return self.name
        variant = self.name[len(shown(self.file)) :]
        return os.path.relpath(self.file, self.baseline.parent or ".").replace(os.sep, "/") + variant


def is_module(text: str) -> bool:
    """Is this MODULE:ATTR, FILE.py:ATTR, or a file of Python with classes of its own?"""
    return (_MODULE.fullmatch(text) is not None and not text.startswith("zoo:")) or (
        ":" not in text and names_model(text)
    )


def targets(words: Sequence[str], project: Project | None, asked: RunSettings) -> list[Target]:
    """Every network that a command names. What cannot be found is a target with a problem."""
    entries = project.entries if project else {}
    everything = project is not None and set(words) >= set(entries)
    of_project = project.levels if project else Levels()
    if not everything:  # a warning that is ignored may belong to what is not checked now
        of_project = of_project._replace(ignore=tuple(named._replace(whole=False) for named in of_project.ignore))
    found: dict[tuple[str, str | None], Target] = {}
    for word in words:
        if word in entries and project:
            several = of_entry(entries[word], project, asked)
        else:
            several = of_word(word, asked, list(entries))
        several = [one._replace(levels=(*one.levels, of_project)) for one in several]
        for target in several:
            found.setdefault((target.name, str(target.baseline)), target)
    return list(found.values())


def of_word(word: str, asked: RunSettings, entries: Sequence[str] = ()) -> list[Target]:
    """The networks of one word of the command."""
    common = Target(
        word,
        word,
        None,
        asked.inputs,
        asked.settings,
        asked.batch,
        asked.kwargs,
        asked.expected,
        asked.baseline,
        asked.verify,
        levels=(asked.levels,),
        memory=asked.memory,
    )
    problem = None
    if word.strip().isidentifier() and not os.path.exists(word) and (near := nearest(word, list(entries))):
        message = f"there is no file and no entry {word}"
        problem = Diagnostic("missing-file", message, hint=f"did you mean {near[0]}?")
    named = asked.only_specs and word.lower().endswith(SUFFIXES) and os.path.isfile(word)
    if named and (other := other_than_spec(Path(word))):
        return [common._replace(passed_over=other)]
    return [common._replace(problem=problem)] if problem else list(_expanded(common, Path()))


def of_entry(entry: Entry, project: Project, asked: RunSettings) -> list[Target]:
    """The networks of one entry. What the command says goes before what the entry says."""
    baseline = asked.baseline or (project.folder / entry.baseline if entry.baseline else None)
    common = Target(
        entry.name,
        entry.target,
        None,
        asked.inputs or entry.inputs,
        {**entry.settings, **asked.settings},
        asked.batch or entry.batch,
        asked.kwargs or entry.kwargs,
        (*entry.expected, *asked.expected),
        baseline,
        asked.verify or entry.verify,
        entry.torch,
        entry.method,
        project.folder,
        None,
        entry.place,
        levels=(asked.levels, entry.levels),
        memory=asked.memory or entry.memory,
    )
    several = list(_expanded(common, project.folder))
    if len(several) == 1 and several[0].within is None:
        return [several[0]._replace(name=entry.name)]
    return [one._replace(name=f"{entry.name}: {one.name}") if one.file is None else one for one in several]


def _expanded(target: Target, folder: Path) -> Iterator[Target]:
    """A target as single networks: the specs of a folder, the variants of a file."""
    text = target.spec
    if (
        not text.strip()
        or "\n" in text
        or "->" in text
        or "(" in text
        or len(text) > 1000
        or text == "-"
        or text.startswith("zoo:")
    ):
        yield target
        return
    path = folder / text
    if os.path.isdir(path):  # False, and no error, for a name that no file can have
        found = 0
        for spec in specs_in(path):
            one = target._replace(name=shown(spec), spec=shown(spec), file=spec, within=path)
            other = other_than_spec(spec)
            found += other is None
            yield from _variants(one) if other is None else [one._replace(passed_over=other)]
        if not found:
            message = f"the folder {shown(path)} has no spec ({' or '.join('*' + s for s in SUFFIXES)})"
            hint = "name a folder that has some, or a single spec"
            yield target._replace(problem=Diagnostic("no-specs", message, span=target.place, hint=hint))
        return
    base, mark, variant = text.rpartition("#")
    if mark and not os.path.exists(path) and os.path.isfile(folder / base):
        settings = {**target.settings, "variant": variant}
        file = folder / base
        yield target._replace(name=f"{shown(file)}#{variant}", spec=shown(file), file=file, settings=settings)
    elif os.path.isfile(path) and not names_model(shown(path)):
        yield from _variants(target._replace(name=shown(path), spec=shown(path), file=path))
    elif folder != Path() and (not is_module(text) or text.rpartition(":")[0].endswith(".py")):
        yield target._replace(spec=shown(path))
    else:
        yield target


def variants_of(file: Path) -> list[str]:
    """The names of a spec's variants. Raises CnncalcError for a file that is no spec."""
    from cnncalc.language.read.document import Document
    from cnncalc.language.read.given import Options
    from cnncalc.language.text.source import load

    return list(Document(load(file, Limits(), shown(file)), Options()).variants)


def _variants(target: Target) -> Iterator[Target]:
    """A file once for each of its variants, and without one where its input and every argument have a value."""
    assert target.file is not None
    if ending_of(target.file) != "yaml":
        yield target
        return
    from cnncalc.language.read.document import Document
    from cnncalc.language.read.given import Options
    from cnncalc.language.text.source import load
    from cnncalc.language.text.yaml_tree import Scalar

    limits = Limits()
    try:
        source = load(target.file, limits, shown(target.file))
        if "variants:" not in source.text or "variant" in target.settings:
            yield target
            return
        document = Document(source, Options())
        variants = document.variants
        needed = [key.text for key, tree in document.table("arguments") if isinstance(tree, Scalar) and not tree.text]
    except CnncalcError:
        yield target  # it says what is wrong when it is read
        return
    says_input = target.inputs or document.tree.get("input") or document.tree.get("inputs")
    if not variants or (says_input and not set(needed) - set(target.settings)):
        yield target
    for name in variants:
        settings = {**target.settings, "variant": name}
        yield target._replace(name=f"{target.name}#{name}", settings=settings)
