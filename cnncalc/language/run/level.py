"""Levels of paths: what is in them, and how unnamed layers are named."""

from __future__ import annotations

from collections.abc import Iterable

from cnncalc.diagnostics import Span
from cnncalc.graph import numbered
from cnncalc.language.run.scope import Tap
from cnncalc.language.text.synonyms import find


class Level:
    """A level of paths: what is in it, and how its unnamed layers are called."""

    __slots__ = (
        "counts",
        "names",
        "numbered",
        "opened",
        "parent",
        "prefix",
        "reserved",
        "tapped",
        "taps",
        "unlabelled",
    )

    def __init__(self, prefix: str, numbered: bool, parent: Level | None) -> None:
        self.prefix = prefix
        self.numbered = numbered  # 0, 1, 2 as in a Sequential; else conv1, conv2, relu1
        self.parent = parent  # where names are looked up next; None for the level of a block
        self.counts: dict[str, int] = {}
        self.names: dict[str, Span | None] = {}
        self.reserved: set[str] = set()  # labels further down, which no unnamed layer may take
        self.opened: set[str] = set()  # levels that names with dots have opened, such as a for a.b
        self.taps: dict[str, Tap | None] = {}
        self.unlabelled: dict[str, Tap | None] = {}  # by the names that are given to layers without one: conv1
        self.tapped: dict[str, Tap | None] = {}  # names given by `tap` here and further down, for the levels around

    def path(self, name: str) -> str:
        return f"{self.prefix}.{name}" if self.prefix else name

    def unnamed(self, stem: str) -> str:
        """The next free name."""
        key = "" if self.numbered else stem
        while True:
            count = self.counts.get(key, -1 if self.numbered else 0) + 1
            self.counts[key] = count
            name = str(count) if self.numbered else numbered(stem, count)
            if name not in self.names and name not in self.reserved:
                self.names[name] = None
                return name

    def reserve(self, labels: Iterable[str]) -> None:
        """Keep unnamed layers from the names of labels further down; `a.b` takes a too."""
        for label in labels:
            self.reserved.update((label, label.partition(".")[0]))

    def find(self, name: str) -> tuple[Tap | None, bool]:
        """What a name stands for, here or around; and whether it is known at all."""
        level: Level | None = self
        while level is not None:
            for known in (level.taps, level.tapped):
                if name in known:
                    return known[name], True
            if name in level.unlabelled and find(name) is None:  # relu6 is a layer, and no sixth relu
                return level.unlabelled[name], True
            level = level.parent
        return None, False

    def known(self) -> list[str]:
        """The names that can be used here."""
        level: Level | None = self
        found: list[str] = []
        while level is not None:
            found += [*level.taps, *(name for name in level.tapped if name not in level.taps)]
            level = level.parent
        return found
