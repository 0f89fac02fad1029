"""PyTorch's calls without the code around them: in a question, or as the lines of an `__init__` alone."""

from __future__ import annotations

import re

from cnncalc.language.foreign.chatter import without_chatter
from cnncalc.language.foreign.network import Network, Unclear
from cnncalc.language.foreign.printed import ORDER, in_order
from cnncalc.language.foreign.questions import LONGEST, words_alone
from cnncalc.language.foreign.shapes import first_input, shape_of
from cnncalc.language.foreign.tries import Tries
from cnncalc.language.text.brackets import outside
from cnncalc.language.text.synonyms import find

_CALL = re.compile(r"(?:\btorch\.)?(?:\bnn\.)?\b([A-Z]\w*)\(")
_LINE = re.compile(r"\s*(?:self\.)?(?P<name>\w+)\s*=\s*(?P<call>[\w.]+\(.*\))\s*,?\s*(?:#.*)?")
_AROUND = re.compile(
    r"\s*(?:(?:import|from)\s.*|class\s+(?P<class>\w+).*:|def\s+__init__\s*\(.*|super\(.*|#.*|'''.*|\"\"\".*)?"
)
_SHAPE = re.compile(
    r"(?i)\b(?:on|for|to|given|with|of|from|if|when|input|inputs|is|has|shape|size)\b[\s:=]*(?:an?\s+|the\s+)?"
    r"(?:(?:input|image|tensor|batch|feature map)s?\s+)?(?:of\s+)?(?:(?:shape|size)\s+)?(?:is\s+)?[:=]?\s*"
    r"(?P<shape>[(\[]?\d+(?:\s*[x*,]\s*\d+){1,4}[)\]]?)"
)


def network_of(text: str, tries: Tries) -> Network | None:
    """The layer that a question names as PyTorch writes it; None where the text is none. Raises Unclear."""
    kept, text = text.strip(), without_chatter(text.strip())
    if re.search(r"(?m)^\s*self\.\w+\s*=", text):
        return defined(text, tries)
    if len(text) > LONGEST or "\n" in text or re.search(r"->|=>|→|\||;", text):
        return None
    calls = [match for match in _CALL.finditer(text) if (found := find(match[1])) is not None and found.torch_style]
    if len(calls) != 1 or (end := closed(text, calls[0].end() - 1)) is None:
        return None
    call = text[calls[0].start() : end]
    rest = f"{text[: calls[0].start()]} {text[end:]}"
    sizes: list[str] | None = None
    if match := _SHAPE.search(rest):
        found_shape = shape_of(match["shape"])
        if found_shape is None:
            raise Unclear
        sizes = found_shape[0]
        rest = f"{rest[: match.start()]} {rest[match.end() :]}"
    said = re.search(r"[a-z]", rest) is not None or text != kept  # more than the call alone
    if not said or not words_alone(re.sub(r"(?i)\bnn\.Module\b|\bmodule\b|[`'\":=]", " ", rest)):
        return None
    net = Network()
    if tries.given or tries.shape:
        net.running = "input"
    else:
        net.start("input", tuple(arriving(call, sizes, net)))
    net.add([call])
    return net


def closed(text: str, at: int) -> int | None:
    """Where the bracket that opens at a place has been closed; None where it is not."""
    return next((at + place + 1 for place, char, depth in outside(text[at:]) if depth == 0 and char), None)


def arriving(call: str, sizes: list[str] | None, net: Network) -> list[str]:
    """What comes into a call: as said, with its channels and without its batch. Raises Unclear."""
    own = first_input(call).split("x")
    if sizes is None:
        return own
    if len(sizes) == len(own) + 1 and sizes[1] == own[0]:
        net.note("a shape is written without the batch, which --batch sets")
        return sizes[1:]
    if len(sizes) == len(own) - 1:
        return [own[0], *sizes]
    if len(sizes) != len(own):
        raise Unclear
    return sizes


def defined(text: str, tries: Tries) -> Network | None:
    """The layers that an `__init__` makes, where the text has no forward. Raises Unclear."""
    if re.search(r"\bdef\s+(?!__init__)\w+|\breturn\b|\bfor\b|\bx\s*=", text):
        return None
    layers: list[str] = []
    own = "Net"
    for line in joined_lines(text):
        match = _LINE.fullmatch(line)
        if match is None:
            around = _AROUND.fullmatch(line)
            if around is None:
                raise Unclear
            own = around["class"] or own
            continue
        call = match["call"]
        named = re.match(r"(?:torch\.)?(?:nn\.)?([A-Z]\w*)\(", call)
        found = find(named[1]) if named else None
        if closed(call, call.index("(")) != len(call):
            raise Unclear
        sequential = named is not None and named[1] == "Sequential"
        if not sequential and (found is None or not found.torch_style):
            raise Unclear
        layers.append(call)
    if not layers or (len(layers) == 1 and "Sequential(" in layers[0]):
        return None
    net = in_order(layers, tries)
    if len(layers) > 1:
        net.note(ORDER.format(how="defined", run=f"cnncalc net.py:{own} -i {(tries.inputs or ['3x224x224'])[0]}"))
    return net


def joined_lines(text: str) -> list[str]:
    """The lines of a text, each with those that its open brackets go on in. Raises Unclear where none closes them."""
    found: list[str] = []
    held = ""
    for line in text.splitlines():
        held = f"{held} {line.strip()}" if held else line
        if max(0, *[depth for _, _, depth in outside(held)][-1:]) == 0:
            found.append(held)
            held = ""
    if held:
        raise Unclear
    return found
