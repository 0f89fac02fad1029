"""One figure of a sweep against another, coloured by a third, with the trade-off drawn."""

from __future__ import annotations

import io
from collections.abc import Sequence
from html import escape
from pathlib import Path
from typing import Any

from cnncalc.diagnostics import Diagnostic, UsageError, escaped, listed, nearest
from cnncalc.named_tuples import NamedTuple
from cnncalc.planning.pareto import front
from cnncalc.planning.sweep import Sweep
from cnncalc.render.columns import scaled

ENDINGS = (".svg", ".png", ".html")
LABELLED = 12  # points of the trade-off that are labelled
MOST = 20_000  # points of a plot
WORDS = {"params": "parameters", "macs": "MACs", "flops": "FLOPs"}


class Picture(NamedTuple):
    """What is drawn: points by their figures, some of which are the trade-off."""

    x: str
    y: str
    hue: str | None
    points: dict[str, list[Any]]  # the columns
    front: list[int]  # rows, in the order of x
    title: str


def check_plot(path: str) -> None:
    """Raises UsageError for a file of an ending that there is not, and for a library that is missing."""
    if path != "-" and Path(path).suffix.lower() not in ENDINGS:
        ending = Path(path).suffix or "no ending"
        hint = f"there are {listed(list(ENDINGS))}, and - for the terminal"
        raise UsageError(Diagnostic("unknown-format", f"a plot cannot be written with the ending {ending}", hint=hint))
    name = "plotext" if path == "-" else "matplotlib"
    from importlib.util import find_spec

    if find_spec(name) is None:
        message = f"a plot {'in the terminal' if path == '-' else 'in a file'} needs {name}, which is not installed"
        raise UsageError(Diagnostic("no-package", message, hint="pip install 'cnncalc[plot]'"))


def read_axes(text: str | None, sweep: Sweep) -> tuple[str, str, str | None]:
    """`macs,params,H`: across, up, and the colour. Raises UsageError for a column that the rows do not have."""
    names = [part.strip() for part in text.split(",")] if text else _usual(sweep)
    if not 2 <= len(names) <= 3:
        message = f"--plot-axes takes two columns or three, not {text}"
        raise UsageError(Diagnostic("bad-option", message, hint="--plot-axes macs,params,H"))
    for name in names:
        if name not in sweep.columns or (name not in _numbers(sweep) and name != names[-1]):
            near = nearest(name, list(sweep.columns))
            there = f"the rows have {listed(list(sweep.columns))}"
            hint = f"did you mean {near[0]}?" if near and near[0] != name else there
            raise UsageError(Diagnostic("unknown-option", f"--plot-axes: {name} is no figure of the rows", hint=hint))
    return names[0], names[1], names[2] if len(names) == 3 else None


def _numbers(sweep: Sweep) -> list[str]:
    return [name for name in sweep.columns if name.rpartition(".")[2] not in ("output", "receptive_field")]


def _usual(sweep: Sweep) -> list[str]:
    """The figures of the trade-off, or the first two that change; coloured by the first thing that changes."""
    axes = [axis.name for axis in sweep.axes]
    goals = [goal.name for goal in sweep.goals][:2]
    if len(goals) == 2:
        return [*goals, axes[0]]
    figures = [name for name in _numbers(sweep) if name not in axes]
    chosen = [name for name in ("macs", "params") if name in figures] or figures
    if len(chosen) < 2 or len(axes) == 1:
        return [axes[0], chosen[0]]
    return [*chosen[:2], axes[0]]


def picture(sweep: Sweep, axes: tuple[str, str, str | None], title: str) -> Picture:
    """The points of a sweep. The trade-off is between small figures, or as --pareto asks."""
    if sweep.tally.points > MOST:
        message = f"a plot takes {MOST:,} points, and the sweep has {sweep.tally.points:,}"
        raise UsageError(Diagnostic("limit", message, hint="take larger steps: a:b:step"))
    x, y, hue = axes
    merged: dict[str, list[Any]] = {name: [] for name in sweep.columns}
    for block in sweep.every():
        for name in merged:
            merged[name] += block.columns[name]
    largest = {goal.name: goal.largest for goal in sweep.goals}
    changing = {axis.name for axis in sweep.axes}
    rows: list[int] = []
    if merged[x] and not {x, y} & changing:
        rows = front([(merged[x], largest.get(x, False)), (merged[y], largest.get(y, False))], range(len(merged[x])))
        rows.sort(key=merged[x].__getitem__)
    return Picture(x, y, hue, merged, rows, title)


def _label(name: str) -> str:
    return WORDS.get(name, name)


def _named(picture: Picture, row: int, axes: Sequence[str]) -> str:
    return ", ".join(f"{name} {picture.points[name][row]}" for name in axes)


def terminal_plot(picture: Picture, width: int, colour: bool) -> str:
    """The plot in characters."""
    import plotext

    plotext.clear_figure()
    plotext.plot_size(width, 24)
    plotext.theme("clear")
    if picture.points[picture.x]:
        if len(picture.front) > 1:
            line = [[picture.points[name][row] for row in picture.front] for name in (picture.x, picture.y)]
            plotext.plot(*line, marker="braille", label="trade-off")
        plotext.scatter(picture.points[picture.x], picture.points[picture.y], marker="dot")
    for name, ticks in ((picture.x, plotext.xticks), (picture.y, plotext.yticks)):
        at = _ticks(picture.points[name])
        ticks(at, [scaled(value, "") if isinstance(value, int) else f"{value:.3g}" for value in at])
    plotext.title(escaped(picture.title))
    plotext.xlabel(_label(picture.x))
    plotext.ylabel(_label(picture.y))
    text: str = plotext.build()
    return f"{text if colour else plotext.uncolorize(text)}\n"


def _ticks(values: Sequence[float]) -> list[float]:
    """Five places from the smallest value to the largest."""
    low, high = min(values, default=0), max(values, default=0)
    places = [low + (high - low) * i / 4 for i in range(5)] if high > low else [low]
    return [round(place) for place in places] if isinstance(low, int) and isinstance(high, int) else places


def plot_file(picture: Picture, axes: Sequence[str], ending: str) -> bytes:
    """The plot as the content of a file; `axes` are the names that change, which label its points."""
    drawn = _drawn(picture, axes, "png" if ending == ".png" else "svg")
    if ending == ".html":
        svg = drawn.decode().partition("<svg")[2]
        return f"<!DOCTYPE html>\n<meta charset='utf-8'>\n<title>{escape(picture.title)}</title>\n<svg{svg}".encode()
    return drawn


def _drawn(picture: Picture, axes: Sequence[str], format: str) -> bytes:
    from matplotlib import rc_context
    from matplotlib.figure import Figure
    from matplotlib.ticker import EngFormatter

    with rc_context({"svg.fonttype": "none", "svg.hashsalt": "cnncalc"}):
        figure = Figure(figsize=(8, 5), layout="constrained")
        plot = figure.add_subplot()
        xs, ys = picture.points[picture.x], picture.points[picture.y]
        shades = picture.points[picture.hue] if picture.hue else None
        if picture.hue and shades and isinstance(shades[0], str):
            for word in dict.fromkeys(shades):
                rows = [row for row, shade in enumerate(shades) if shade == word]
                plot.scatter([xs[row] for row in rows], [ys[row] for row in rows], s=14, label=str(word))
            plot.legend(title=picture.hue)
        else:
            dots = plot.scatter(xs, ys, s=14, c=shades, cmap="viridis" if shades else None)
            if shades:
                figure.colorbar(dots, label=picture.hue)
        line = [[picture.points[name][row] for row in picture.front] for name in (picture.x, picture.y)]
        if len(picture.front) > 1:
            plot.plot(*line, linewidth=1, color="0.4", zorder=0)
        for row in picture.front if len(picture.front) <= LABELLED else []:
            at = (xs[row], ys[row])
            plot.annotate(_named(picture, row, axes), at, xytext=(5, -9), textcoords="offset points", fontsize=7)
        for axis, name in ((plot.xaxis, picture.x), (plot.yaxis, picture.y)):
            if name not in axes:
                axis.set_major_formatter(EngFormatter())
            axis.set_label_text(_label(name))
        plot.set_title(escaped(picture.title))
        plot.grid(alpha=0.3)
        text = io.BytesIO()
        figure.savefig(text, format=format, dpi=150, metadata={"Date": None} if format == "svg" else None)
        return text.getvalue()
