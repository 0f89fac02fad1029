"""Shapes with the layers between them: `3@32x32 -> (5x5 conv) 6@28x28 -> (2x2 avg pool) 6@14x14 -> flatten -> 10`."""

from __future__ import annotations

import re

from cnncalc.language.foreign.network import Network, Unclear
from cnncalc.language.foreign.plain import split
from cnncalc.language.foreign.rows import Record, network_of_records
from cnncalc.language.foreign.shapes import shape_of, without_lead
from cnncalc.language.foreign.tries import Tries

_ARROW = re.compile(r"[-–—=]+>|[→⇒➔]|\n")
_VOLUME = re.compile(
    r"(?P<out>\d+)\s*@\s*(?P<h>\d+)\s*(?:x\s*(?P<w>\d+))?|[\[(]\s*(?P<list>\d+\s*[x,]\s*\d+\s*[x,]\s*\d+)\s*[\])]"
)


def network_of(text: str, tries: Tries) -> Network | None:
    """The network of a chain of volumes; None where the text is none. Raises Unclear."""
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
