"""Explanations as text: the formula, the numbers put in, the result, and a drawing of the windows."""

from __future__ import annotations

from collections.abc import Sequence
from textwrap import wrap
from typing import Any

from cnncalc.analysis.costs import plain
from cnncalc.analysis.explain import Explanation, FigureStep, explain
from cnncalc.analysis.layer_report import LayerReport
from cnncalc.analysis.trace import Report
from cnncalc.layers.shapes import dims_text
from cnncalc.layers.window import Window, extent
from cnncalc.render import Options
from cnncalc.render.columns import figure, sentence
from cnncalc.render.envelope import envelope_text
from cnncalc.render.rows import written
from cnncalc.render.style import columns, styled
from cnncalc.render.table_columns import field_text
from cnncalc.symbolic.worked import Worked


def explanations_text(layers: list[LayerReport], options: Options) -> str:
    """Every layer once; equal layers on equal sizes refer to the first."""
    parts = []
    seen: dict[object, LayerReport] = {}
    for layer in layers:
        key = (layer.layer, layer.xs)
        if key in seen:
            other = layer.receptive_field != seen[key].receptive_field
            field = f", but field {field_text(layer)}" if other and layer.receptive_field else ""
            parts.append(f"{styled(layer.path, 'bold', options.colour)}  as {seen[key].path}{field}")
            continue
        seen[key] = layer
        parts.append(explanation_text(explain(layer), options))
    return "\n\n".join(parts) + "\n"


def explanations_json(report: Report, layers: Sequence[LayerReport]) -> str:
    """Every layer as the report has it, with its sums under `explanation`."""
    explained: dict[object, dict[str, Any]] = {}
    entries = []
    for layer in layers:
        key = (layer.layer, layer.xs, layer.node.train_only)
        if key not in explained:
            explained[key] = explain(layer).to_dict()
        entries.append(layer.to_dict() | {"explanation": explained[key]})
    results = {
        "name": report.name,
        "symbols": report.symbols,
        "inputs": {name: plain(shape) for name, shape in report.inputs.items()},
        "outputs": {name: plain(shape) for name, shape in report.outputs.items()},
        "layers": entries,
    }
    return envelope_text(True, results, report.warnings)


def explanation_text(found: Explanation, options: Options) -> str:
    """One layer: what it is, its sizes axis by axis, its parameters and its MACs."""
    layer = found.layer
    arrow = "→" if options.unicode else "->"
    shown = ", ".join(dims_text(layer._report.shown(x)) for x in layer.xs) or "nothing"
    outs = ", ".join(dims_text(layer._report.shown(y)) for y in layer.outputs)
    head = f"{layer.type} {written(layer)}".strip()
    lines = [f"{styled(layer.path, 'bold', options.colour)}  {styled(head, 'cyan', options.colour)}"]
    lines.append(f"  {shown} {arrow} {outs}")
    summary = (layer.layer.__doc__ or "").strip().partition("\n")[0].partition(" Source:")[0]
    if summary:
        lines += [styled(f"  {line}", "dim", options.colour) for line in wrap(summary, options.width - 2)]
    lines += _sizes(found.sizes, options)
    for label, window, size in found.windows[:1]:
        lines += ["", *drawing(label, window, size, options), ""]
    lines += _section("params", found.params, layer.params, options)
    lines += _section("buffers", found.buffers, layer.buffers, options)
    lines += _macs(found, options)
    lines += _field(layer, options)
    while lines and not lines[-1]:
        lines.pop()
    return "\n".join(line.rstrip() for line in lines)


def _sizes(steps: list[FigureStep], options: Options) -> list[str]:
    lines: list[str] = []
    before: list[str] | None = None
    for step in steps:
        texts = [step.worked.names, _sum(step.worked)]
        if step.before is not None:
            texts.insert(0, f"extent = {step.before.names} = {_sum(step.before)}")
        if texts == before:
            lines.append(f"  {step.label:<8}the same")
            continue
        before = texts
        for i, text in enumerate(texts):
            last = i == len(texts) - 1
            lines += _wrapped(f"  {step.label if not i else '':<8}", f"= {text}" if last else text, options)
    return lines


def _sum(worked: Worked) -> str:
    """The numbers, a step on the way where there is one, and the result."""
    value = figure(worked.value)
    steps = [worked.numbers]
    if worked.step != worked.numbers and worked.step != str(worked.value):
        steps.append(worked.step)
    if steps[-1].replace(",", "") != str(worked.value):
        steps.append(value)
    return " = ".join(steps)


def _section(label: str, steps: list[FigureStep], total: object, options: Options) -> list[str]:
    """Named shapes as products, and their sum."""
    lines: list[str] = []
    name_width = max((len(step.label) for step in steps), default=0)
    for i, step in enumerate(steps):
        head = f"  {label if i == 0 else '':<8}{step.label:<{name_width}}  "
        if step.worked.names == "1" or step.worked.names == str(step.worked.value):
            lines.append(f"{head}{figure(step.worked.value)}")
        else:
            lines += _wrapped(head, f"{step.worked.names} = {_sum(step.worked)}", options)
    if len(steps) > 1:
        values = " + ".join(figure(step.worked.value) for step in steps)
        if total == 0:
            lines.append(f"{'':<10}counted where it is called first")
        else:
            lines += _wrapped(f"{'':<10}", f"{values} = {figure(total)}", options)  # type: ignore[arg-type]
    return lines


def _macs(found: Explanation, options: Options) -> list[str]:
    layer = found.layer
    if layer.status == "uncounted":
        return ["  MACs    not counted"]
    if found.macs is None:
        return [f"  MACs    {figure(layer.macs)}"]
    worked = found.macs.worked
    least = "at least " if layer.status == "lower-bound" else ""
    return _wrapped("  MACs    ", f"{worked.names} = {worked.numbers} = {least}{figure(worked.value)}", options)


def _field(layer: LayerReport, options: Options) -> list[str]:
    """The receptive field in words: how much of the input, how far apart, and where the first one starts."""
    field = layer.receptive_field
    if field is None:
        return []
    text = f"{field_text(layer)} of the input"
    if None not in field.jump:
        steps = "x".join(map(str, field.jump))
        starts = " x ".join(map(str, field.start)) if min(field.start) < 0 else "x".join(map(str, field.start))
        text += f", in steps of {steps}, the first from {starts}"
    return sentence("  field   ", text, options.width)


def _wrapped(head: str, text: str, options: Options) -> list[str]:
    """A sum over as many lines as it needs, cut before `=`, with the same margin."""
    width = max(30, options.width - len(head))
    lines = [""]
    for i, part in enumerate(text.split(" = ")):
        piece = part if i == 0 else f"= {part}"
        joined = f"{lines[-1]} {piece}".strip()
        if lines[-1] and columns(joined) > width:
            lines.append(piece)
        else:
            lines[-1] = joined
        while columns(lines[-1]) > width and "*" in lines[-1][:width]:
            cut = lines[-1].rindex("*", 0, width) + 1
            lines[-1:] = [lines[-1][:cut], lines[-1][cut:]]
    return [f"{head}{lines[0]}", *(f"{' ' * len(head)}{line}" for line in lines[1:])]


# The drawing

LABEL = 9  # columns before the pixels


def drawing(axis: str, window: Window, size: int, options: Options) -> list[str]:
    """One axis: the padding, the first windows, the last one, and the pixels that no window reaches."""
    reach = extent(window.kernel, window.dilation)
    count = (size + window.left + window.right - reach) // window.stride + 1
    if window.ceil:
        from cnncalc.layers.window import window_out_ceil

        found = window_out_ceil(size, window.left, window.left + window.right, reach, window.stride)
        count = found if isinstance(found, int) else 0
    first, last = -window.left, size + window.right  # positions drawn, without the end
    end = max(last, (count - 1) * window.stride - window.left + reach)
    cells = max(12, (min(options.width, 110) - LABEL - 2) // 2)
    if reach > cells // 2:
        return [f"  {axis}: a window of {reach} over {size} positions is too wide to draw"]
    positions: list[int | None]
    if end - first <= cells:
        positions = list(range(first, end))
    else:
        tail = min(cells // 2, reach + window.right + 4)
        head = min(cells - tail - 1, window.left + reach + 2 * window.stride + 2)
        positions = [*range(first, first + head), None, *range(end - tail, end)]
    pad, pixel, gap = ("░", "■", "⋯") if options.unicode else (".", "#", "~")
    tap, through = ("●", "─") if options.unicode else ("o", "-")
    picture = " ".join(gap if p is None else pixel if 0 <= p < size else pad for p in positions)
    colour = options.colour
    lines = [f"  {axis:<{LABEL - 2}}{picture}"]
    windows = [i for i in dict.fromkeys([0, 1, 2, count - 1]) if 0 <= i < count]
    unread: set[int] = set()
    if window.stride <= reach:
        covered_to = (count - 1) * window.stride - window.left + reach
        unread = set(range(max(0, covered_to), size))
    for i in windows:
        start = i * window.stride - window.left
        reads = {start + window.dilation * j for j in range(window.kernel)}
        inside = [p is not None and start <= p < start + reach for p in positions]
        if not all(p in positions for p in reads):
            continue
        row = ""
        for place, position in enumerate(positions):
            row += tap if position in reads else through if inside[place] else " "
            more = place + 1 < len(positions) and inside[place] and inside[place + 1]
            row += through if more else " "
        if i == count - 1 and i > len(windows) - 1:
            dots = "⋮" if options.unicode else ":"
            lines.append(f"  {dots}")
        lines.append(f"  {f'out {i}':<{LABEL - 2}}{styled(row.rstrip(), 'blue', colour)}")
    if unread:
        row = " ".join("×" if options.unicode and p in unread else "x" if p in unread else " " for p in positions)
        pixels = "pixel" if len(unread) == 1 else "pixels"
        lines.append(f"  {'unread':<{LABEL - 2}}{styled(row.rstrip(), 'yellow', colour)}  {len(unread)} {pixels}")
    legend = f"{pixel} pixel"
    if window.left or window.right:
        legend += f"   {pad} padding"
    elif end > size:
        legend += f"   {pad} past the end"
    legend += f"   {tap} read by a window"
    lines.append(styled(f"  {'':<{LABEL - 2}}{legend}", "dim", colour))
    return lines
