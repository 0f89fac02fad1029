"""Where the keys of a TOML file are. Python's own reader gives values without places."""

from __future__ import annotations

import re

from cnncalc.diagnostics import Source, Span

_KEY = r"""(?:[A-Za-z0-9_-]+|"[^"\n]*"|'[^'\n]*')"""
_HEADER = re.compile(rf"[ \t]*\[\[?[ \t]*({_KEY}(?:[ \t]*\.[ \t]*{_KEY})*)[ \t]*\]\]?")
_ENTRY = re.compile(rf"[ \t]*({_KEY}(?:[ \t]*\.[ \t]*{_KEY})*)[ \t]*=[ \t]*")
_INNER = re.compile(rf"""({_KEY})[ \t]*=[ \t]*("[^"\n]*"|'[^'\n]*'|\[[^\]]*\]|[^,}}\s]+)""")
_VALUE = re.compile(r"""(?:"(?:\\.|[^"\\\n])*"|'[^'\n]*'|[^#\n"'])*""")


class TomlPlaces:
    """The places of the keys and values in a file that Python's reader has found to be right."""

    def __init__(self, source: Source) -> None:
        self.source = source
        self.keys: dict[tuple[str, ...], Span] = {}
        self.values: dict[tuple[str, ...], Span] = {}
        table: tuple[str, ...] = ()
        at, quoted = 0, ""
        for line in source.text.splitlines(keepends=True):
            if not quoted:
                if header := _HEADER.match(line):
                    table = _parts(header[1])
                    place = Span(source, at + header.start(1), at + header.end(1))
                    self.keys[table] = self.values[table] = place
                    for length in range(1, len(table)):
                        self.keys.setdefault(table[:length], place)
                elif entry := _ENTRY.match(line):
                    self.entry(table, entry, line, at)
            quoted = _still_quoted(line, quoted)
            at += len(line)

    def entry(self, table: tuple[str, ...], entry: re.Match[str], line: str, at: int) -> None:
        name = (*table, *_parts(entry[1]))
        value = _VALUE.match(line, entry.end())
        end = entry.end() + len(value[0].rstrip()) if value else entry.end()
        self.keys[name] = Span(self.source, at + entry.start(1), at + entry.end(1))
        self.values[name] = Span(self.source, at + entry.end(), at + max(end, entry.end() + 1))
        for inner in _INNER.finditer(line, entry.end(), end):
            key = (*name, *_parts(inner[1]))
            self.keys[key] = Span(self.source, at + inner.start(1), at + inner.end(1))
            self.values[key] = Span(self.source, at + inner.start(2), at + inner.end(2))

    def key(self, *name: str) -> Span:
        """Where a key is, or the nearest table around it that was found."""
        return self._found(self.keys, name)

    def value(self, *name: str) -> Span:
        """Where the value of a key is, or the nearest table around it that was found."""
        return self._found(self.values, name)

    def inside(self, value: Span, text: str) -> Span:
        """Where a text is in the value of a key, which may go on over several lines; else the value."""
        at = self.source.text.find(f'"{text}"', value.start)
        if at < 0:
            at = self.source.text.find(f"'{text}'", value.start)
        return Span(self.source, at + 1, at + 1 + len(text)) if at >= 0 else value

    def _found(self, places: dict[tuple[str, ...], Span], name: tuple[str, ...]) -> Span:
        for length in range(len(name), 0, -1):
            # A table in a table on one line is found by its last key.
            for key in (name[:length], (*name[: length - 2], name[length - 1])):
                if key in places:
                    return places[key]
        return Span(self.source, 0, 0)


def _parts(text: str) -> tuple[str, ...]:
    return tuple(part.strip("\"'") for part in re.findall(_KEY, text))


def _still_quoted(line: str, quoted: str) -> str:
    """The quotes of the text over several lines that goes on after a line; empty where there is none."""
    for mark in re.findall(r'"""|\'\'\'', line):
        if not quoted:
            quoted = mark
        elif quoted == mark:
            quoted = ""
    return quoted
