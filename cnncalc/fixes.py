"""Changes of a text that do what a message asks for. Each keeps all that it does not mean, spaces and comments too."""

from __future__ import annotations

import re

from cnncalc.diagnostics import Edit, Fix, Span

_CALL = re.compile(r"[\w.]+(?:\(.*\)|[^\n(\[{]*|:\s*\[.*\]|:\s*\{.*\})", re.DOTALL)
_FALSE = {"True": "False", "true": "false", "yes": "no", "on": "off"}
_NUMBER = re.compile(r"\d[\d\s*+]*")


def without_bias(call: Span, written: Span | None, paths: tuple[str, ...]) -> Fix | None:
    """The layers of a call without their bias; None where that is not written as a plain word.

    >>> from cnncalc.diagnostics import Source
    >>> def fixed(text):
    ...     fix = without_bias(Span(Source("", text), 0, len(text)), None, ("conv1",))
    ...     return fix.edits[0].text if fix else None
    >>> fixed("conv 8 k3"), fixed("nn.Conv2d(3, 8, 3)"), fixed("conv: [8, k3]")
    (' bias=no', ', bias=False', ', bias=no')
    """
    said = f"{paths[0]} without its bias"
    if len(paths) > 1:
        said = f"{paths[0]} and {len(paths) - 1} more without their bias"
    if written is not None:
        word = _FALSE.get(written.text)
        return Fix(said, (Edit(written, word),), paths) if word else None
    text = call.text
    if not _CALL.fullmatch(text):
        return None
    end = text[-1]
    name = re.match(r"[\w.]+", text)
    word = "False" if name and name[0].rpartition(".")[2][:1].isupper() else "no"
    if end not in ")]}":
        return Fix(said, (Edit(Span(call.source, call.end, call.end), f" bias={word}"),), paths)
    inner = text[:-1].rstrip()
    at = call.start + len(inner)
    comma = "" if inner[-1] in "([{," else ","
    given = f"{comma} bias: {word}" if end == "}" else f"{comma} bias={word}"
    return Fix(said, (Edit(Span(call.source, at, at), given if comma else given.lstrip()),), paths)


def other_number(value: Span | None, number: int, said: str) -> Fix | None:
    """A number in place of one that is written out; None where a name is there."""
    if value is None or not _NUMBER.fullmatch(value.text):
        return None
    return Fix(said, (Edit(value, str(number)),))


def flatten_before(call: Span | None, said: str) -> Fix | None:
    """A flatten in front of a layer: as an item of its own in a list of YAML, in the chain, or in a Sequential."""
    if call is None or not _CALL.fullmatch(call.text):
        return None
    text = call.source.text
    line = text.rfind("\n", 0, call.start) + 1
    before = text[line : call.start]
    item = re.fullmatch(r"(\s*)-\s+(?:[\w.]+:\s+)?", before)
    if item:
        return Fix(said, (Edit(Span(call.source, line, line), f"{item[1]}- flatten\n"),), layer="flatten")
    came = text[: call.start].rstrip()
    if came.endswith(("(", ",")):
        prefix = re.match(r"((?:torch\.)?(?:nn\.)?)[A-Z]", call.text)
        if prefix is None or "Sequential" not in came:
            return None
        return Fix(said, (Edit(Span(call.source, call.start, call.start), f"{prefix[1]}Flatten(), "),), layer="flatten")
    return Fix(said, (Edit(Span(call.source, call.start, call.start), "flatten -> "),), layer="flatten")


def applied(text: str, edits: list[Edit]) -> str:
    """A text with changes that do not touch each other.

    >>> from cnncalc.diagnostics import Source
    >>> source = Source("", "abc")
    >>> applied("abc", [Edit(Span(source, 1, 2), "-"), Edit(Span(source, 3, 3), "d")])
    'a-cd'
    """
    for edit in sorted(set(edits), key=lambda edit: (edit.span.start, edit.span.end), reverse=True):
        text = text[: edit.span.start] + edit.text + text[edit.span.end :]
    return text
