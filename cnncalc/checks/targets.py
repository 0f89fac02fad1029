"""What is to be checked: from the words of a command, or the entries of a project, to single networks."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

from cnncalc.checks.project import Entry, Project
from cnncalc.diagnostics import CnncalcError, Diagnostic, Span, nearest
from cnncalc.graph import Expected
from cnncalc.language.text.limits import Limits

SUFFIXES = (".yaml", ".yml")
_MODULE = re.compile(r"(?:[^\W\d]\w*(?:\.[^\W\d]\w*)*|[^:\n]+\.py):[^\W\d]\w*(?:\.[^\W\d]\w*)*")


class Asked(NamedTuple):
    """What holds for every target of one run, over what they say themselves."""

    inputs: tuple[str, ...] = ()
    settings: Mapping[str, str] = {}
    batch: int | None = None
    kwargs: str | None = None
    expected: tuple[Expected, ...] = ()
    baseline: Path | None = None
    verify: bool = False
    convention: str = "torch"
    limits: Mapping[str, int] | None = None
    debug: bool = False  # show the traceback of what fails in a model


class Target(NamedTuple):
    """One network to check."""

    name: str  # as reports call it
    spec: str  # a text, file or zoo name; or MODULE:ATTR
    file: Path | None = None
    inputs: tuple[str, ...] = ()
    settings: Mapping[str, str] = {}
    batch: int | None = None
    kwargs: str | None = None
    expected: tuple[Expected, ...] = ()  # beside what the spec expects itself
    baseline: Path | None = None
    verify: bool = False
    folder: Path | None = None  # of the project, from which a module is imported
    within: Path | None = None  # the folder that was asked for, where the target is a file of it
    place: Span | None = None  # where it is asked for
    problem: Diagnostic | None = None  # why there is nothing to check
    module: object | None = None  # a model that is at hand, which `spec` then only names

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
    """Is this MODULE:ATTR or FILE.py:ATTR?"""
    return _MODULE.fullmatch(text) is not None and not text.startswith("zoo:")


def shown(path: Path) -> str:
    """A path as reports write it: from here, with slashes."""
    try:
        return os.path.relpath(path).replace(os.sep, "/")
    except ValueError:  # another drive
        return str(path)


def targets(words: Sequence[str], project: Project | None, asked: Asked) -> list[Target]:
    """Every network that a command names. What cannot be found is a target with a problem."""
    entries = project.entries if project else {}
    found: dict[tuple[str, str | None], Target] = {}
    for word in words:
        if word in entries and project:
            several = of_entry(entries[word], project, asked)
        else:
            several = of_word(word, asked, list(entries))
        for target in several:
            found.setdefault((target.name, str(target.baseline)), target)
    return list(found.values())


def of_word(word: str, asked: Asked, entries: Sequence[str] = ()) -> list[Target]:
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
    )
    problem = None
    if word.strip().isidentifier() and not os.path.exists(word) and (near := nearest(word, list(entries))):
        message = f"there is no file and no entry {word}"
        problem = Diagnostic("missing-file", message, hint=f"did you mean {near[0]}?")
    return [common._replace(problem=problem)] if problem else list(_expanded(common, Path()))


def of_entry(entry: Entry, project: Project, asked: Asked) -> list[Target]:
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
        project.folder,
        None,
        entry.place,
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
    if os.path.isdir(path):  # which is no for a name that no file can have
        specs = list(specs_in(path))
        if not specs:
            message = f"the folder {shown(path)} has no spec ({' or '.join('*' + s for s in SUFFIXES)})"
            hint = "name a folder that has some, or a single spec"
            yield target._replace(problem=Diagnostic("no-specs", message, span=target.place, hint=hint))
        for spec in specs:
            yield from _variants(target._replace(name=shown(spec), spec=shown(spec), file=spec, within=path))
        return
    base, mark, variant = text.rpartition("#")
    if mark and not os.path.exists(path) and os.path.isfile(folder / base):
        settings = {**target.settings, "variant": variant}
        file = folder / base
        yield target._replace(name=f"{shown(file)}#{variant}", spec=shown(file), file=file, settings=settings)
    elif os.path.isfile(path):
        yield from _variants(target._replace(name=shown(path), spec=shown(path), file=path))
    elif folder != Path() and (not is_module(text) or text.rpartition(":")[0].endswith(".py")):
        yield target._replace(spec=shown(path))
    else:
        yield target


def specs_in(folder: Path) -> Iterator[Path]:
    """The specs of a folder and of those within, in order. Hidden folders are passed over."""
    for at, folders, files in os.walk(folder):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        for name in sorted(files):
            if name.lower().endswith(SUFFIXES) and not name.startswith("."):
                yield Path(at, name)


def _variants(target: Target) -> Iterator[Target]:
    """A file once for each of its variants, and without one where its input and every argument have a value."""
    assert target.file is not None
    if target.file.suffix.lower() not in SUFFIXES:
        yield target
        return
    from cnncalc.language.read.document import Document
    from cnncalc.language.read.given import Options
    from cnncalc.language.text.source import load
    from cnncalc.language.text.yaml_tree import Scalar

    limits = Limits()
    try:
        source = load(target.file, limits, shown(target.file))
        if target.within is not None and "body:" not in source.text:
            document = Document(source, Options())
            if document.tree.get("blocks") is not None:
                return  # blocks for others are no network
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
