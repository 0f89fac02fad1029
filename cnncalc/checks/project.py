"""The entries `[tool.cnncalc.check.NAME]` of a `pyproject.toml`."""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Mapping
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

from cnncalc.checks.levels import Levels, Named, levels
from cnncalc.checks.toml_places import TomlPlaces
from cnncalc.diagnostics import Diagnostic, Source, Span, UsageError, listed, nearest
from cnncalc.graph import Expected
from cnncalc.language.text.limits import Limits
from cnncalc.language.text.source import load
from cnncalc.named_tuples import NamedTuple

if TYPE_CHECKING:
    from cnncalc.analysis.memory.report import MemoryOptions

FILE = "pyproject.toml"
TABLE = ("tool", "cnncalc", "check")
KEYS = {
    "target": "a spec, a folder of specs, zoo:NAME, FILE.py:NAME or MODULE:NAME",
    "input": "the input shape; a list or a table for several",
    "set": "arguments of the spec, and numbers for open sizes",
    "batch": "a number of samples",
    "kwargs": "arguments for the PyTorch class or function",
    "call": "a method of the PyTorch model that is not forward",
    "torch": "true to have torch read the PyTorch model",
    "expect": "what has to be found, as in a spec",
    "baseline": "the file that holds the agreed figures",
    "verify": "true to have torch confirm the figures",
    "deny": "codes of warnings that fail the check, or `warnings` for all",
    "ignore": "codes of warnings that are left out",
    "memory": "infer or train: which memory is meant where memory is expected",
    "dtype": "with memory, the type of parameters",
    "optimizer": "with memory in training, the optimizer",
}
"""What an entry can say."""
OF_PROJECT = ("deny", "ignore")  # what stands for all entries, and for specs that a command names
DEEPEST = 60  # tables in tables of expectations


class Entry(NamedTuple):
    """One entry. Paths are as written, and start at the project's folder."""

    name: str
    target: str
    inputs: tuple[str, ...]
    settings: Mapping[str, str]
    batch: int | None
    kwargs: Mapping[str, Any] | None
    method: str
    torch: bool
    expected: tuple[Expected, ...]
    baseline: str | None
    verify: bool
    levels: Levels
    place: Span  # of its head
    baseline_place: Span
    memory: MemoryOptions | None = None  # which memory is meant


class Project(NamedTuple):
    """A folder with a `pyproject.toml` that has entries."""

    folder: Path
    entries: dict[str, Entry]
    levels: Levels = Levels()  # of warnings


def find_project(start: Path) -> Project | None:
    """The nearest `pyproject.toml` upwards that speaks of cnncalc. Raises UsageError where it is wrong."""
    for folder in (start, *start.parents):
        path = folder / FILE
        if path.is_file():
            found = read_project(path)
            if found is not None:
                return found
    return None


def read_project(path: Path) -> Project | None:
    """The entries of a file; None where it does not speak of cnncalc."""
    source = load(path, Limits(), os.path.relpath(path).replace(os.sep, "/"))
    if "cnncalc" not in source.text:
        return None
    table = _parsed(source)
    for name in TABLE[:-1]:
        table = table.get(name, {})
        if not isinstance(table, dict):
            return None
    if not table:
        return None
    places = TomlPlaces(source)
    for key in table:
        if key != "check":
            near = nearest(key, ["check"])
            hint = "did you mean check?" if near else "there is [tool.cnncalc.check.NAME]"
            raise _fail("unknown-key", f"[tool.cnncalc] has no key {key}", places.key(*TABLE[:-1], key), hint)
    entries = table["check"]
    own = {key: value for key, value in entries.items() if key in OF_PROJECT} if isinstance(entries, dict) else {}
    own = {key: value for key, value in own.items() if not isinstance(value, dict)}
    entries = {key: value for key, value in entries.items() if key not in own} if own else entries
    if not isinstance(entries, dict) or not all(isinstance(value, dict) for value in entries.values()):
        stray = (
            next((k for k, v in entries.items() if not isinstance(v, dict)), "") if isinstance(entries, dict) else ""
        )
        place = places.key(*TABLE, stray) if stray else places.key(*TABLE)
        message = f"an entry has a name: [tool.cnncalc.check.NAME], and {stray or 'check'} is none"
        raise _fail("bad-entry", message, place, "write [tool.cnncalc.check.small], and its keys below")
    found = {name: _Reader(places, name, value).entry() for name, value in entries.items()}
    _one_file_each(path.parent, found)
    return Project(path.parent, found, _Reader(places, None, own).levels())


def _parsed(source: Source) -> dict[str, Any]:
    # Python 3.10 has no reader of its own; tomli is the same one.
    toml: Any = import_module("tomllib" if sys.version_info >= (3, 11) else "tomli")
    try:
        found: dict[str, Any] = toml.loads(source.text)
    except RecursionError:
        message = "the lists or tables of this TOML are too deep"
        raise _fail("bad-toml", message, Span(source, 0, 0), None) from None
    except ValueError as error:  # for a number of more digits than Python reads too
        place = re.search(r"\(at line (\d+), column (\d+)\)", str(error))
        start = source.offset(int(place[1]), int(place[2])) if place else 0
        span = Span(source, min(start, len(source.text)), min(start + 1, len(source.text)))
        message = str(error).split(" (at ")[0]
        message = f"this is no TOML: {message[0].lower()}{message[1:]}"
        raise _fail("bad-toml", message, span, None) from None
    return found


def _fail(code: str, message: str, place: Span, hint: str | None) -> UsageError:
    return UsageError(Diagnostic(code, message, span=place, hint=hint))


def _one_file_each(folder: Path, entries: Mapping[str, Entry]) -> None:
    """Refuse two entries that would write one file."""
    owners: dict[Path, Entry] = {}
    for entry in entries.values():
        if entry.baseline is None:
            continue
        first = owners.setdefault((folder / entry.baseline).resolve(), entry)
        if first is not entry:
            message = f"the entries {first.name} and {entry.name} write one file, {entry.baseline}"
            hint = "give each a baseline of its own; one entry can check a whole folder"
            raise _fail("same-file", message, entry.baseline_place, hint)


class _Reader:
    """One entry, key by key."""

    def __init__(self, places: TomlPlaces, name: str | None, values: Mapping[str, Any]) -> None:
        self.places = places
        self.name = name or ""
        self.table = TABLE if name is None else (*TABLE, name)
        self.values = values

    def key(self, *keys: str) -> Span:
        return self.places.key(*self.table, *keys)

    def value(self, *keys: str) -> Span:
        return self.places.value(*self.table, *keys)

    def entry(self) -> Entry:
        for key in self.values:
            if key not in KEYS:
                near = nearest(key, list(KEYS))
                hint = f"did you mean {near[0]}?" if near else f"there are {listed(list(KEYS))}"
                raise _fail("unknown-key", f"an entry has no key {key}", self.key(key), hint)
        if "target" not in self.values:
            hint = 'target = "models/net.yaml", or "package.module:Net"'
            raise _fail("missing-argument", f"the entry {self.name} has no target", self.key(), hint)
        kwargs = self.values.get("kwargs")
        return Entry(
            self.name,
            self.of("target", str, "a text"),
            self.inputs(),
            {name: _written(value) for name, value in self.of("set", dict, "a table", {}).items()},
            self.batch(),
            self.of("kwargs", dict, "a table") if kwargs is not None else None,
            self.of("call", str, "the name of a method", "forward"),
            self.of("torch", bool, "true or false", False),
            tuple(self.expected(self.of("expect", dict, "a table", {}), ())),
            self.of("baseline", str, "the name of a file", None),
            self.of("verify", bool, "true or false", False),
            self.levels(),
            self.key(),
            self.value("baseline"),
            self.memory(),
        )

    def of(self, key: str, kind: type[Any], what: str, default: Any = None) -> Any:
        """The value of a key, which has to be of a kind."""
        value = self.values.get(key, default)
        if key in self.values and (not isinstance(value, kind) or value == ""):
            raise _fail("bad-entry", f"{key} is {what} here", self.value(key), KEYS[key])
        if isinstance(value, str) and "\0" in value:
            raise _fail("bad-entry", f"{key} has a zero byte, which no name of a file can have", self.value(key), None)
        return value

    def levels(self) -> Levels:
        """The codes of warnings that are denied and ignored."""
        return levels(self.codes("deny"), self.codes("ignore"))

    def codes(self, key: str) -> list[Named]:
        value = self.values.get(key, [])
        written = [value] if isinstance(value, str) else value
        if not isinstance(written, list) or not all(isinstance(code, str) and code for code in written):
            example = 'deny = ["warnings"], or ignore = ["dropped-pixels"]'
            raise _fail("bad-entry", f"{key} is a list of codes here", self.value(key), example)
        by = f"the entry {self.name}" if self.name else "the project"
        return [Named(code, by, self.places.inside(self.value(key), code)) for code in written]

    def memory(self) -> MemoryOptions | None:
        """Which memory is meant, with the place of what is wrong about it."""
        named = ("memory", "dtype", "optimizer")
        if not any(key in self.values for key in named):
            return None
        from cnncalc.analysis.memory.report import meant

        given = [self.of(key, str, "a word", None) for key in named]
        try:
            return meant(*given)
        except UsageError as error:
            wrong = {"unknown-dtype": "dtype", "unknown-memory": "memory"}.get(error.diagnostics[0].code, "optimizer")
            place = self.value(wrong if wrong in self.values else "memory")
            raise UsageError(*[one._replace(span=place) for one in error.diagnostics]) from None

    def batch(self) -> int | None:
        batch: int | None = self.of("batch", int, "a number")
        if batch is not None and (isinstance(batch, bool) or batch < 1):
            raise _fail("bad-entry", "batch is a number, 1 or more", self.value("batch"), None)
        return batch

    def inputs(self) -> tuple[str, ...]:
        """`"3x224x224"`, a list of these, a list of numbers, or a table of names."""
        value = self.values.get("input", [])
        if isinstance(value, str):
            return (value,)
        if isinstance(value, list) and value and all(isinstance(item, int) for item in value):
            return ("x".join(map(str, value)),)
        if isinstance(value, list) and all(isinstance(item, str) for item in value):
            return tuple(value)
        if isinstance(value, dict) and all(isinstance(item, str) for item in value.values()):
            return tuple(f"{name}={shape}" for name, shape in value.items())
        hint = 'input = "3x224x224", or input = {image = "3x224x224", mask = "1x224x224"}'
        raise _fail("bad-entry", "input is a shape, a list or a table of shapes here", self.value("input"), hint)

    def expected(self, table: Mapping[str, Any], names: tuple[str, ...]) -> list[Expected]:
        found: list[Expected] = []
        for key, value in table.items():
            name = (*names, key)
            if isinstance(value, dict) and len(name) > DEEPEST:
                raise _fail("bad-entry", "these tables are too deep", self.key("expect", *name), None)
            if isinstance(value, dict):
                found += self.expected(value, name)
                continue
            if isinstance(value, bool) or not isinstance(value, str | int | list):
                message = "an expectation is a text, a number or a list of sizes"
                raise _fail("bad-entry", message, self.value("expect", *name), 'params = "<= 5M"')
            found.append(Expected(name, _written(value), self.key("expect", *name), self.value("expect", *name)))
        return found


def _written(value: Any) -> str:
    """A value as a spec writes it."""
    if isinstance(value, list):
        return f"({', '.join(map(_written, value))}{',' if len(value) == 1 else ''})"
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value)
