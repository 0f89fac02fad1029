"""Branches side by side, and the merge after them: `(a | b) -> cat`, `split: [a] [b]`, `[a | b] -> relu`."""

from __future__ import annotations

import re

from cnncalc.language.foreign.plain import split
from cnncalc.language.text.brackets import balanced, enclosed
from cnncalc.language.text.synonyms import find

COMMA = re.compile(r"[,、，]")
BAR = re.compile(r"\|\|?(?!>)|/{2}")
SIDES = re.compile(r"\|\|?(?!>)|/{2}|¦")
_MERGE = re.compile(
    r"(?i)(?:depth|filter)?[\s_-]*(cat|concat\w*|add|sum|mul|multiply|merge by adding|\+)\s*(?:\(\s*\)|all|both)?"
)
MERGES = {"cat": "cat", "con": "cat", "add": "add", "sum": "add", "mul": "mul", "+": "add", "mer": "add"}


def skips(text: str) -> str:
    """Lines that name what they give after an arrow, with labels: `conv 64 k3 => skip1` as `skip1: (conv 64 k3)`."""
    names = [name for name in re.findall(r"(?m)(?:=>|->|→)\s*([a-z]\w*)\s*$", text) if find(name) is None]
    names = [name for name in names if len(re.findall(rf"\b{name}\b", text)) > 1]
    for name in names:
        text = re.sub(rf"(?m)^(?:\s*\w+\s*:)?\s*(.*?)\s*(?:=>|->|→)\s*{name}\s*$", rf"{name}: (\1)", text)
    if names:  # what other lines are called is no name of a value
        text = re.sub(r"(?m)^\s*(?!(?:" + "|".join(names) + r")\b)\w+\s*:\s+(?=\S)", "", text)
    return text


def branched(parts: list[str], notes: list[str]) -> list[str]:
    """The parts with branches side by side and the merge after them in one: `(a | b) -> cat` as `cat(a ¦ b)`."""
    made: list[str] = []
    for part in parts:
        merge = _MERGE.fullmatch(part)
        if merge and made and (sides := sides_of(made[-1])):
            made[-1] = f"{MERGES[merge[1].lower()[:3]]}({' ¦ '.join(sides)})"
        else:
            made.append(part)
    for at, part in enumerate(made):
        if sides := sides_of(part):
            made[at] = f"cat({' ¦ '.join(sides)})"
            notes.append("branches side by side are joined along their channels; add(a, b) would add them")
    return made


def sides_of(text: str) -> list[str]:
    """The branches of a part: `(a | b)`, `[a] [b]`, `split: [a], [b]`; none where it has none."""
    rest = re.sub(r"(?i)^(?:in )?(?:split|branch(?:es)?|parallel|inception|fork)\b\s*[:=]?\s*", "", text)
    inside = rest[1:-1] if enclosed(rest) else ""
    if inside and balanced(inside) and len(sides := split(inside, BAR)) > 1:
        return sides
    groups = split(re.sub(r"(?<=[\])}])\s*(?:,|and|&|\||\+)?\s*(?=[\[({])", "¦", rest), re.compile("¦"))
    if len(groups) > 1 and all(enclosed(group) for group in groups):
        return [group[1:-1] for group in groups]
    named = rest != text and (inside or rest)
    sides = split(named, COMMA) if named and balanced(named) else []
    return sides if len(sides) > 1 else []
