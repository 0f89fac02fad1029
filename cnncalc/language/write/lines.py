"""The lines of one body as text: equal ones repeated, those without a name joined to chains."""

from __future__ import annotations

import re

from cnncalc.language.read.body import CONTROL, PARTS

WIDTH = 100  # of a line
WORDS_OF_YAML = frozenset({*CONTROL, *PARTS})


class BodyLine:
    """One item of a body: a chain with or without a label, a level, a tap, or a later call."""

    __slots__ = ("inner", "kind", "label", "start", "text")

    def __init__(
        self, kind: str, text: str, label: str = "", start: bool = False, inner: list[BodyLine] | None = None
    ) -> None:
        self.kind = kind
        self.text = text
        self.label = label
        self.start = start  # the chain starts with the name of a value
        self.inner = [] if inner is None else inner


def joined(lines: list[BodyLine], width: int, words: frozenset[str]) -> list[BodyLine]:
    """Equal neighbours as repeats, and what follows without a name in one chain."""
    out: list[BodyLine] = []
    for line in lines:
        last = out[-1] if out else None
        free = line.kind == "chain" and not line.label and not line.start
        if free and last is not None and last.kind == "chain" and not last.label:
            text = f"{last.text} -> {line.text}"
            if len(text) <= width:
                out[-1] = BodyLine("chain", text, "", last.start)
                continue
        out.append(line)
    return [guarded(line, words) for line in out]


def repeats(lines: list[BodyLine]) -> list[BodyLine]:
    """`3 * block(64)` for equal calls without a name of their own."""
    out: list[BodyLine] = []
    counts: list[int] = []
    for line in lines:
        plain = line.kind == "chain" and not line.label and not line.start
        if plain and out and counts[-1] and out[-1].text == line.text:
            counts[-1] += 1
        else:
            out.append(line)
            counts.append(1 if plain else 0)
    return [BodyLine("chain", f"{n} * {line.text}") if n > 1 else line for line, n in zip(out, counts)]


def guarded(line: BodyLine, words: frozenset[str]) -> BodyLine:
    """A layer's name alone at the start of a chain gets brackets where a value has that name too."""
    if line.kind == "chain" and not line.start:
        first, arrow, rest = line.text.partition(" -> ")
        if first in words and (arrow or not line.label):
            return BodyLine("chain", f"{first}(){arrow}{rest}", line.label)
    return line


def loops(lines: list[BodyLine]) -> list[BodyLine]:
    """`for` over equal calls whose names count up."""
    out: list[BodyLine] = []
    i = 0
    stems = {re.sub(r"\d+$", "", line.text.split("(")[0].split(" ")[0]) for line in lines if not line.label}
    while i < len(lines):
        line = lines[i]
        match = re.fullmatch(r"(.*?)(\d+)", line.label) if line.kind == "chain" and not line.start else None
        stop = i + 1
        if match and match[1] and match[1] not in stems:
            first = int(match[2])
            while (
                stop < len(lines)
                and lines[stop].kind == "chain"
                and not lines[stop].start
                and lines[stop].text == line.text
                and lines[stop].label == f"{match[1]}{first + stop - i}"
            ):
                stop += 1
        if match and stop - i > 3 and not (match[2][0] == "0" and len(match[2]) > 1):
            first = int(match[2])
            count = f"range({stop - i})" if first == 0 else f"range({first}, {first + stop - i})"
            out.append(BodyLine("for", f"i in {count}", inner=[BodyLine("chain", line.text, f"{match[1]}{{i}}")]))
            i = stop
        else:
            out.append(line)
            i += 1
    return out


def text_of(lines: list[BodyLine], indent: int, words: frozenset[str]) -> list[str]:
    """The lines of YAML of a list."""
    pad = " " * indent
    out: list[str] = []
    for line in joined(repeats(loops(lines)), WIDTH - indent - 2, words):
        if line.kind == "level":
            out += level_text(line, indent, words)
        elif line.kind == "for":
            out += [f"{pad}- for: {line.text}", f"{pad}  do:", *text_of(line.inner, indent + 6, words)]
        elif line.kind == "train_only":
            out += [f"{pad}- train_only:", *text_of(line.inner, indent + 4, words)]
        elif line.kind in ("tap", "again"):
            out.append(f"{pad}- {line.kind}: {line.text}")
        elif line.label:
            out.append(f"{pad}- {key(line.label)}: {line.text}")
        else:
            out.append(f"{pad}- {line.text}")
    return out


def key(label: str) -> str:
    """A name; in single quotes where it would be a word of the language."""
    return f"'{label}'" if label in WORDS_OF_YAML else label


def level_text(line: BodyLine, indent: int, words: frozenset[str]) -> list[str]:
    """A level: one chain after its name where that fits, else a list below it."""
    pad = " " * indent
    name = key(line.text)
    chain = as_chain(line.inner, words)
    if chain is not None and indent + len(name) + len(chain) + 4 <= WIDTH:
        return [f"{pad}- {name}: {chain}"]
    return [f"{pad}- {name}:", *text_of(line.inner, indent + 4, words)]


def as_chain(lines: list[BodyLine], words: frozenset[str], single: bool = False) -> str | None:
    """All lines as one chain, where they are one and it is not for a single layer."""
    whole = joined(repeats(lines), 10**9, words)
    if len(whole) != 1 or whole[0].kind != "chain" or whole[0].label:
        return None
    several = " -> " in whole[0].text.partition(" -> ")[2] if whole[0].start else " -> " in whole[0].text
    return whole[0].text if several or single or re.match(r"\d+ \* ", whole[0].text) else None
