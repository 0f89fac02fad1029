"""Parts of a line, and what is in each: repeats, words with spaces alone between them, calls."""

from __future__ import annotations

import re

from cnncalc.language.foreign.call import ACTIVATIONS
from cnncalc.language.foreign.plain import COMMA, PLUS, split
from cnncalc.language.text.brackets import enclosed
from cnncalc.language.text.synonyms import find
from cnncalc.language.text.tree import Call, Chain, Item, Labelled, Repeat, Sequence
from cnncalc.language.text.zoo_files import zoo_names

TIMES = r"[x×X*✕]"
REPEATED = re.compile(
    rf"^(?P<n>\d+)\s*{TIMES}\s*(?P<body>[(\[A-Za-z_].*)$|^(?P<body2>.*[\w)\]])\s*(?:\s|"
    rf"(?<=[)\]]))\(?{TIMES}\s*(?P<n2>\d+)\)?$"
    r"|^(?:repeat|stack)\s+(?P<n3>\d+)\s*(?:x|times)?[:\s]\s*(?P<body3>.*)$"
    r"|^(?P<body4>.*?)[\s,]+(?:repeated\s+)?(?P<n4>\d+)\s+times$",
    re.DOTALL | re.IGNORECASE,
)


def bare_number(text: str) -> bool:
    return re.fullmatch(r"\d{1,9}", text) is not None


def network_named(text: str) -> str:
    """The network of the zoo that a text is the name of; empty where it is none."""
    name = re.sub(r"[\W_]", "", text.lower())
    if not re.search(r"[a-z]\d|net", name) or find(text.split()[0]) is not None:
        return ""
    return next((own for own in zoo_names() if re.sub(r"[\W_]", "", own) == name), "")


def in_words_alone(text: str) -> list[str]:
    """The layers of a text with spaces alone between them, each with its numbers; none for other texts."""
    words = text.split()
    at = [i for i, word in enumerate(words) if find(word) is not None or word.lower() in ("pool", "act")]
    numbers = re.compile(r"\d+(?:x\d+)*|[kspdg]\d+(?:x\d+)*|\w+=\w+")
    if len(at) < 2 or at[0] != 0 or not all(i in at or numbers.fullmatch(word) for i, word in enumerate(words)):
        return []
    return [" ".join(words[start:end]) for start, end in zip(at, [*at[1:], len(words)])]


def calls_alone(text: str) -> list[str]:
    """The calls of a text with spaces alone between them: `conv(1,32,3) relu maxpool(2)`; none for other texts."""
    words = split(text, re.compile(r"\s+")) if text.count("(") > 1 else []
    calls = [word for word in words if re.fullmatch(r"[A-Za-z][\w.]*\(.*\)", word) and find(word.partition("(")[0])]
    bare = [word for word in words if word.lower() in (*ACTIVATIONS, "flatten", "gap", "bn", "softmax")]
    return words if len(calls) > 1 and len(calls) + len(bare) == len(words) else []


def apart(text: str, repeated: re.Match[str]) -> list[str]:
    """The parts of a text that has a repeat in brackets and more beside it: `2 x (a, b), c`; none for other texts."""
    for separator in (COMMA, PLUS):
        parts = split(text, separator)
        side = parts[0] if repeated["n"] else parts[-1] if repeated["n2"] else ""
        inner = REPEATED.match(side) if len(parts) > 1 else None
        if inner and enclosed((inner["body"] or inner["body2"] or "").strip()):
            return parts
    return []


def calls_in(item: Item) -> list[Call]:
    """The calls of a chain."""
    if isinstance(item, Call):
        return [item, *(call for branch in item.branches for call in calls_in(branch))]
    if isinstance(item, Chain | Sequence):
        return [call for each in item.items for call in calls_in(each)]
    if isinstance(item, Labelled | Repeat):
        return calls_in(item.body)
    return []
