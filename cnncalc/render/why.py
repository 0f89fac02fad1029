"""Why the figure of a convention is not the MACs, as text and as JSON."""

from __future__ import annotations

from textwrap import wrap

from cnncalc.analysis.why import CountedPart, Why
from cnncalc.diagnostics import listed
from cnncalc.render import Options
from cnncalc.render.columns import NARROWEST, figure, filled
from cnncalc.render.envelope import envelope_text
from cnncalc.render.style import styled
from cnncalc.symbolic.expr import Dim
from cnncalc.symbolic.show import unicode_text

NAMED = 3  # layers of a part that are named


def why_text(found: Why, options: Options) -> str:
    """The figure beside the MACs, then each rule that parts them, the largest difference first."""
    chosen = found.report.convention
    who = chosen.tool or chosen.name
    each = f"{found.per_mac} for each of " if found.per_mac > 1 else ""
    lines = wrap(f"{who}: {chosen.meaning}", options.width)
    label = max(len("difference"), len(chosen.name)) + 2
    lines += ["", *beside("MACs", said(found.macs, options), label, options)]
    lines += beside(chosen.name, said(found.flops, options), label, options)
    if found.difference == 0:
        lines += ["", f"{chosen.name} counts {found.per_mac} for each MAC, and nothing else"]
        return "\n".join(lines) + "\n"
    lines += beside("difference", signed(found.difference, options), label, options)
    lines[-1] += f"  to {each}the MACs"
    for part in found.parts:
        if part.difference != 0:
            lines += ["", *part_lines(part, found.per_mac, options)]
    if found.of_batch != 0:
        lines += ["", styled(signed(found.of_batch, options), "bold", options.colour)]
        lines += indented("modules count for one sample of the batch", options)
    same = [part for part in found.parts if part.difference == 0 and part.macs != 0]
    if same:
        kinds = [f"{part.type} ({count(part)})" for part in same]
        lines += ["", *wrap(f"as the MACs: {listed(kinds)}", options.width)]
    left = [part.type for part in found.parts if part.flops is None]
    if left:
        lines += ["", *wrap(f"without {listed(list(dict.fromkeys(left)))}, which it has no count of", options.width)]
    return "\n".join(line.rstrip() for line in lines) + "\n"


def part_lines(part: CountedPart, per_mac: int, options: Options) -> list[str]:
    """The difference and where it is; below, what is counted, and what would be right."""
    kind = styled(part.type, "cyan", options.colour)
    way = "" if part.way == part.layers[0].layer.usual_way else f" as {part.way}"
    head, form = f"{count(part)} of {kind}{way}", []
    if isinstance(part.difference, int):
        head = f"{styled(signed(part.difference, options), 'bold', options.colour)}  {head}"
    else:
        form = [f"  {line}" for line in filled(signed(part.difference, options), options.width - 2)]
    lines = [head, *form, *indented(where(part), options)]
    lines += indented(f"counted: {part.rule}", options)
    if part.wrong:
        right = f"; {said(part.macs * per_mac, options)} is right" if part.macs != 0 else ""
        lines += indented(f"wrong: {part.wrong}{right}", options)
    return lines


def where(part: CountedPart) -> str:
    """The first layers by name, and how many more there are."""
    paths = [layer.path for layer in part.layers]
    more = len(paths) - NAMED
    return f"{', '.join(paths[:NAMED])} and {more:,} more" if more > 0 else listed(paths)


def count(part: CountedPart) -> str:
    return f"{len(part.layers):,} {'layer' if len(part.layers) == 1 else 'layers'}"


def beside(label: str, text: str, width: int, options: Options) -> list[str]:
    """A label, and a figure on as many lines as it needs."""
    first, *rest = filled(text, max(NARROWEST, options.width - width))
    return [f"{label:<{width}}{first}", *(f"{'':<{width}}{line}" for line in rest)]


def indented(text: str, options: Options) -> list[str]:
    return [f"  {line}" for line in wrap(text, options.width - 2)]


def said(value: Dim, options: Options) -> str:
    """A figure with separators, a closed form as the terminal shows it."""
    return figure(value) if isinstance(value, int) or not options.unicode else unicode_text(value)


def signed(value: Dim, options: Options) -> str:
    """A difference with its sign."""
    text = f"{value:+,}" if isinstance(value, int) else said(value, options)
    return text if text.startswith(("+", "-")) else f"+{text}"


def why_json(found: Why) -> str:
    """The key `convention`: the figure, and the parts of its difference to the MACs."""
    report = found.report
    results = {"name": report.name, "symbols": report.symbols, "convention": found.to_dict()}
    return envelope_text(True, results, report.warnings)
