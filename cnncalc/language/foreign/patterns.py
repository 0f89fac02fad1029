"""Patterns of layers without their numbers: `[[CONV -> RELU]*2 -> POOL]*3 -> FC`, `[INPUT - CONV - RELU - POOL]`."""

from __future__ import annotations

import re

from cnncalc.diagnostics import Diagnostic, Source, Span
from cnncalc.language.foreign import lines
from cnncalc.language.foreign.network import NOT_UNDERSTOOD
from cnncalc.language.foreign.plain import plain
from cnncalc.language.foreign.tries import Tries
from cnncalc.language.text.limits import Limits

_FILTERS = re.compile(r"(?i)[,\s]*(?:,|with|of|using)\s*(\d+)\s*(?:filters|kernels|channels|feature maps)\b")
_BARE = re.compile(r"(?i)\b(conv|fc|dense|linear)\b(?!\s*[-_]?\s*[\d(\[{@:=])(?=\s*(?:[-=]+>|→|[\])},;|+]|-\s|$))")


def pattern(source: Source, tries: Tries, limits: Limits) -> Diagnostic | None:
    """The error for a pattern of layers without their numbers: `[[CONV -> RELU]*2 -> POOL]*3 -> FC`."""
    text = re.sub(r"(?<=[A-Za-z])\?(?![^\s\])])", "", plain(source.text))  # POOL?
    filters = "64"
    if match := _FILTERS.search(text):
        text, filters = f"{text[: match.start()]} {text[match.end() :]}", match[1]
    if re.search(r"(?i)\bconv\b", text):
        text = re.sub(r"\s+[-–—]\s+", " -> ", text)
    bare = list(_BARE.finditer(text))
    if not bare:
        return None
    dense = [match.start() for match in bare if match[1].lower() != "conv"]

    def filled(match: re.Match[str]) -> str:
        if match[1].lower() == "conv":
            return f"conv {filters} k3 p1"
        last = match.start() == dense[-1] and re.fullmatch(r"[\])\s]*(?:(?:on|for) .*)?", text[match.end() :])
        return "linear 10" if last else "linear 128"

    full = re.sub(r"(?i)\bpool\b(?!\s*\d)", "maxpool 2", _BARE.sub(filled, text))
    full = re.sub(r"(?i)^(\s*\[?)\s*input\s*(?:[-=]+>|→)\s*", r"\1", full)
    try:
        line = lines.Line(full, tries, limits).line()
        works = tries.runs(line)
    except NOT_UNDERSTOOD:
        return None
    names = list(dict.fromkeys(match[1] for match in bare))
    what = "how many features it gives"
    if names[0].lower() == "conv":
        what = "how many channels it gives, nor its kernel" if filters == "64" else "its kernel"
    message = f"{' and '.join(names)} do not say their sizes" if len(names) > 1 else f"{names[0]} does not say {what}"
    found = re.search(re.escape(names[0]), source.text)
    if found is None or not works:
        return None
    return said(message, source, found, f'with your numbers in place of these: "{line}"')


def said(message: str, source: Source, match: re.Match[str], hint: str) -> Diagnostic:
    """The error for a text of another notation, with what can be said of it."""
    return Diagnostic("foreign-text", message, span=Span(source, match.start(), match.end()), hint=hint)
