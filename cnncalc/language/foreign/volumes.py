"""Shapes with the layers between them: `3@32x32 -> (5x5 conv) 6@28x28 -> (2x2 avg pool) 6@14x14 -> flatten -> 10`.

Or each shape as a part of its own: `100x1x1 -> convT 512 -> 512x4x4 -> convT 256 -> 256x8x8`.
"""

from __future__ import annotations

import math
import re

from cnncalc.language.foreign import papers
from cnncalc.language.foreign.network import Network, Unclear
from cnncalc.language.foreign.plain import split
from cnncalc.language.foreign.rows import Record, network_of_records
from cnncalc.language.foreign.shapes import shape_of, without_lead
from cnncalc.language.foreign.tries import Tries

_ARROW = re.compile(r"[-–—=]+>|[→⇒➔]|\n")
_AMONG = re.compile(r"(?:[-=]+>|[→⇒➔|\n])\s*[(\[]?\s*\d+(?:\s*[x,*]\s*\d+){2}\s*[)\]]?\s*(?=[-=]+>|[→⇒➔|\n]|$)")
_VOLUME = re.compile(
    r"(?P<out>\d+)\s*@\s*(?P<h>\d+)\s*(?:x\s*(?P<w>\d+))?|[\[(]\s*(?P<list>\d+\s*[x,]\s*\d+\s*[x,]\s*\d+)\s*[\])]"
)


def network_of(text: str, tries: Tries) -> Network | None:
    """The network of a chain of volumes; None where the text is none. Raises Unclear."""
    if _AMONG.search(text):
        return between(split(text, _ARROW), tries)
    if len(re.findall(r"\d\s*@\s*\d+\s*x", text)) < 3 and len(_VOLUME.findall(text)) < 3:
        return None
    parts = split(text, _ARROW)
    start = shape_of(without_lead(re.sub(r"(?i)^\w+\s*(?=\[)", "", parts[0])))
    if start is None:
        raise Unclear
    records = []
    for part in parts[1:]:
        volume = _VOLUME.search(part)
        if volume is None:
            number = re.fullmatch(r"\d+", part)
            records.append(Record("linear", {"out": part}) if number else Record(part, {}))
            continue
        if volume["out"]:
            shape = (int(volume["out"]), int(volume["h"]), int(volume["w"] or volume["h"]))
        else:
            numbers = [int(number) for number in re.findall(r"\d+", volume["list"])]
            shape = (numbers[0], numbers[1], numbers[2])
        kind = (part[: volume.start()] + part[volume.end() :]).strip("() :,")
        if not kind:
            raise Unclear
        records.append(Record(kind, {}, shape))
    return network_of_records(records, start[0], tries)


def between(parts: list[str], tries: Tries) -> Network | None:
    """The network of layers with what each gives after it; None where no part is a layer. Raises Unclear."""
    volumes = [_ALONE.fullmatch(part) for part in parts]
    first = shape_of(without_lead(parts[0]))
    named = [part for part, volume in zip(parts[1:], volumes[1:]) if volume is None and re.search(r"[A-Za-z]", part)]
    if first is None or not named:
        return None
    records: list[Record] = []
    before: list[str] = []  # layers that make a map of features
    unsaid: set[str] = set()
    for at, (part, volume) in enumerate(zip(parts[1:], volumes[1:]), 1):
        if volume is None:
            if re.fullmatch(r"\d+", part) and (not records or records[-1].shape):
                records.append(Record("linear", {"out": part}))
            elif re.fullmatch(r"\d+", part):
                records[-1] = records[-1]._replace(shape=(int(part),))
            elif not re.fullmatch(r"(?i)out(?:put)?s?|image|fake(?: image)?", part):
                records.append(Record(*kind_of(part, unsaid)))
            continue
        shape = tuple(int(number) for number in re.findall(r"\d+", part))
        if at == 1 and len(first[0]) == 1:
            channels, *sides = shape if shape[0] > shape[-1] else (shape[-1], *shape[:-1])
            before = [f"linear {math.prod(shape)}", f"reshape N {channels} {' '.join(map(str, sides))}"]
            first = [str(channels), *map(str, sides)], first[1]
        elif records and not records[-1].shape:
            records[-1] = records[-1]._replace(shape=shape)
        elif not records or records[-1].shape != shape:
            raise Unclear  # no layer says how the one becomes the other
    if before and (tries.given or tries.shape):
        raise Unclear
    net = network_of_records(records, first[0], tries)
    if before:
        start = without_lead(parts[0])
        net.inputs = {"input": tuple(shape_of(start)[0])}  # type: ignore[index]
        net.steps[0].layers[:0] = before
        net.note("a linear and a reshape make the first map, which the text does not say")
    for name in sorted(unsaid):
        net.note(
            f"the text does not say the kernels of {name}: {USUAL[name]} is taken here, on which parameters depend"
        )
    return net


USUAL = {"conv": "3", "convtranspose": "4"}
"""The kernel that is taken where shapes alone are said."""
_ALONE = re.compile(r"[(\[]?\s*\d+(?:\s*[x,*]\s*\d+){1,3}\s*[)\]]?")


def kind_of(part: str, unsaid: set[str]) -> tuple[str, dict[str, str]]:
    """A part as the kind of a record and what it says, with the usual kernel where it says none. Raises Unclear."""
    every = papers.words(part)
    names = [word.text for word in every if word.kind == "name"]
    kind = re.sub(r"[123]d$", "", names[0]) if names else ""
    if kind in USUAL and not any(word.kind in ("k", "square", "attached", "cube") for word in every):
        unsaid.add(kind)
        return part, {"k": USUAL[kind]}
    return part, {}
