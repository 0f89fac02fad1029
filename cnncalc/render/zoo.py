"""The zoo as a table and as data, and the spec of one network."""

from __future__ import annotations

import re

from cnncalc.analysis.costs import plain
from cnncalc.diagnostics import CnncalcError, UsageError
from cnncalc.language.text.zoo_files import zoo_file, zoo_names
from cnncalc.layers.shapes import dims_text
from cnncalc.render.columns import figure, scaled, sentence
from cnncalc.render.envelope import envelope_text
from cnncalc.render.style import columns, styled
from cnncalc.symbolic.expr import Dim
from cnncalc.zoo.catalog import Entry

WIDE = 120  # from here on figures are written in full


def entries_text(found: list[Entry], width: int, colour: bool) -> str:
    """The networks as a table."""
    write = figure if width >= WIDE else _short
    titles = ("name", "input", "params", "MACs", "year", "source")
    rows = [
        (entry.name, inputs_text(entry), write(entry.params), write(entry.macs), str(entry.year), entry.source)
        for entry in found
    ]
    widths = [max(columns(row[i]) for row in [titles, *rows]) for i in range(5)]
    room = width - sum(widths) - 2 * len(widths)
    if room < 0:
        return _narrow([titles, *rows], widths, width, len(found), colour)
    forms = (str, _without_year, _number)
    form = next((f for f in forms if all(columns(f(row[5])) <= room for row in rows if "arXiv " in row[5])), _number)
    lines = []
    for row in [titles, *rows]:
        cells = [text.rjust(w) if i in (2, 3) else text.ljust(w) for i, (text, w) in enumerate(zip(row, widths))]
        line = _cut("  ".join([*cells, form(row[5])]), width)
        lines.append(styled(line, "bold", colour) if row is titles else line)
    count = _count(len(found))
    said = count if form is str else f"{count}; sources with a number such as 1512.03385 are on arxiv.org"
    lines += ["", *sentence("", said, width), *sentence("", SPECS, width)]
    return "\n".join(lines) + "\n"


SPECS = "cnncalc zoo NAME shows the spec, and zoo:NAME works wherever a spec does."


def _count(found: int) -> str:
    return f"{found} networks" if found > 1 else "1 network"


def _narrow(rows: list[tuple[str, ...]], widths: list[int], width: int, found: int, colour: bool) -> str:
    """The table where it has no room for sources, nor for years or inputs where they do not fit."""
    shown = [0, 1, 2, 3, 4]
    for drop in (4, 1):
        if sum(widths[i] + 2 for i in shown) - 2 > width:
            shown.remove(drop)
    lines = []
    for at, row in enumerate(rows):
        cells = [row[i].rjust(widths[i]) if i in (2, 3) else row[i].ljust(widths[i]) for i in shown]
        line = _cut("  ".join(cells), width)
        lines.append(styled(line, "bold", colour) if at == 0 else line)
    return "\n".join([*lines, "", _count(found), *sentence("", SPECS, width)]) + "\n"


def none_text(others: list[Entry]) -> str:
    """What is said where no network has the figures that are wanted. `others` are like it but for these."""
    if not others:
        return "No network of the zoo is like that.\n"
    ranges = []
    for what, values in (("parameters", [e.params for e in others]), ("MACs", [e.macs for e in others])):
        numbers = sorted(value for value in values if isinstance(value, int))
        texts = dict.fromkeys(map(_short, numbers[:1] + numbers[-1:]))
        ranges.append(f"{' to '.join(texts)} {what}")
    one = len(others) == 1
    have = "The one that is else like it has" if one else f"The {len(others)} that are else like it have"
    return f"No network of the zoo is like that.\n{have} {ranges[0]},\nand {ranges[1]}.\n"


def _without_year(source: str) -> str:
    """Authors and number of a paper on arXiv; of other sources, the whole."""
    return re.sub(r" \d{4}, arXiv ", ", ", source)


def _number(source: str) -> str:
    """The number of a paper on arXiv, for which there is room; of other sources, the whole."""
    return source.rpartition("arXiv ")[2]


def inputs_text(entry: Entry) -> str:
    """The shapes that go in."""
    return ", ".join(map(dims_text, entry.inputs.values()))


def _short(value: Dim) -> str:
    """25.6 M"""
    return scaled(value, "", zeros=True) if isinstance(value, int) else str(value)


def _cut(line: str, width: int) -> str:
    line = line.rstrip()
    if columns(line) <= width:
        return line
    return line[: width - 4].rstrip() + " ..."


def entries_json(found: list[Entry]) -> str:
    """The networks as JSON."""
    networks = [
        {
            "name": entry.name,
            "family": entry.family,
            "year": entry.year,
            "input": inputs_text(entry),
            "params": plain(entry.params),
            "macs": plain(entry.macs),
            "source": entry.source,
        }
        for entry in found
    ]
    return envelope_text(True, {"networks": networks})


def spec_json(name: str) -> str:
    """The YAML of a network in the envelope."""
    return envelope_text(True, {"name": name, "spec": spec_text(name)})


def spec_text(name: str) -> str:
    """The YAML of a network, as it is in the zoo: by a network's name, or by its family's."""
    families = {path.stem: path for path, _ in zoo_names().values()}
    try:
        path, _ = zoo_file(name.removeprefix("zoo:"))
    except CnncalcError as error:
        if name not in families:
            raise UsageError(*error.diagnostics) from None
        path = families[name]
    return path.read_text(encoding="utf-8")
