"""Which files are specs, among the YAML that a project has for other tools."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from pathlib import Path

from cnncalc.diagnostics import CnncalcError, nearest
from cnncalc.language.endings import ending_of, suffixes
from cnncalc.language.read.document import KEYS
from cnncalc.language.text.limits import Limits
from cnncalc.language.text.source import load
from cnncalc.language.text.synonyms import KEYS as SYNONYMS

SUFFIXES = suffixes()
_KEY = re.compile(r"""^(?:"([^"\n]+)"|'([^'\n]+)'|([^\W\d][\w-]*))[ \t]*:(?=\s|$)""", re.MULTILINE)
_FLOW_KEY = re.compile(r"""[{,]\s*["']?([^\W\d][\w-]*)["']?\s*:""")


def specs_in(folder: Path) -> Iterator[Path]:
    """The files of a folder, and of those within, that end as specs do, in order. Hidden ones are passed over."""
    for at, folders, files in os.walk(folder):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        for name in sorted(files):
            if name.lower().endswith(SUFFIXES) and not name.startswith("."):
                yield Path(at, name)


def other_than_spec(file: Path) -> str | None:
    """Why a file is passed over where nobody names it; None for a spec, and for one that is hardly misspelt."""
    if ending_of(file) != "yaml":
        return None  # an ending that is no other tool's
    try:
        text = load(file, Limits()).text
    except CnncalcError:
        return None  # what cannot be read is said when it is checked
    return None if is_spec(text) else "blocks for others" if is_library(text) else "no spec"


def is_spec(text: str) -> bool:
    """Has a YAML text the keys of a spec?

    >>> is_spec("input: 3x8x8\\nbody: conv 8 k3"), is_spec("name: CI\\non: push\\njobs: {}")
    (True, False)
    >>> is_spec("inptu: 3x8x8\\nbdy: conv 8 k3"), is_spec("name: Bug\\ndescription: a form\\nlabels: []\\nbody: []")
    (True, False)
    """
    keys = _keys(text)
    if not keys or is_library(text):
        return False
    if "body" in keys and not keys.isdisjoint({"input", "inputs", "arguments", "variants", "expect"}):
        return True
    near = {key: next(iter(nearest(key, list(KEYS))), SYNONYMS.get(key)) for key in keys}
    if None in near.values():
        return False
    # Forms of other tools have a title, a description and a body too.
    reads = not {"input", "inputs"}.isdisjoint(near.values())
    return reads or ("body" in near.values() and keys.isdisjoint(SYNONYMS))


def is_library(text: str) -> bool:
    """Has it blocks alone, for other files to use?"""
    keys = _keys(text)
    return "blocks" in keys and "body" not in keys and keys <= KEYS.keys()


def _keys(text: str) -> set[str]:
    """The keys that are at the start of lines, also in what is no YAML otherwise."""
    if text.lstrip().startswith("{"):
        return set(_FLOW_KEY.findall(text))
    return {next(filter(None, groups)) for groups in _KEY.findall(text)}
