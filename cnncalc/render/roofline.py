"""The roofline of a device with the layers of a network on it: how much they work out for each byte that they move."""

from __future__ import annotations

import io
from html import escape

from cnncalc.analysis.trace import Report
from cnncalc.diagnostics import Diagnostic, UsageError, escaped
from cnncalc.named_tuples import NamedTuple
from cnncalc.render.columns import scaled
from cnncalc.render.least_time import duration
from cnncalc.render.plot import check_plot

TICKS = 5  # stretches between the texts of an axis
SHARE = 0.005  # of the time that a layer has to take for a label
APART = 1.3  # how many times the operations a byte another label has
LABELLED = 8  # of the layers that take longest


class Spot(NamedTuple):
    """A layer under its roof."""

    path: str
    intensity: float  # operations for each byte
    rate: float  # operations a second at best
    seconds: float


class Roofline(NamedTuple):
    """What is drawn."""

    title: str
    device: str
    peak: int
    bandwidth: int
    spots: list[Spot]  # those that work something out, the longest first
    movers: int  # layers that only move bytes, which have no place on it
    moving: float  # their seconds


def roofline(report: Report, path: str) -> Roofline:
    """The picture of a report for a file. Raises UsageError where there is no device, no number, or no library."""
    check_plot(path)
    time = report.time
    if time is None:
        message = "a plot is the roofline of a device, and none is named"
        raise UsageError(Diagnostic("bad-option", message, hint="--device a100-40gb, or --peak and --bandwidth"))
    if time.seconds is None:
        sizes = ", ".join(f"--set {name}=224" for name in report.symbols)
        raise UsageError(Diagnostic("open-size", "a roofline is drawn at sizes that are numbers", hint=sizes))
    spots, movers, moving = [], 0, 0.0
    for layer, found in zip(report.layers, time.layers):
        if found.operations and found.intensity and found.seconds:
            spots.append(Spot(layer.path, found.intensity, int(found.operations) / found.seconds, found.seconds))  # type: ignore[arg-type]
        elif found.seconds:
            movers += 1
            moving += found.seconds
    spots.sort(key=lambda spot: -spot.seconds)
    device = time.device
    named = "" if device.name == "stated" else f"{device.name}: "
    rates = f"{named}{scaled(device.peak, 'FLOP/s')} in {time.dtype}, {scaled(device.bandwidth, 'B/s')}"
    return Roofline(report.name or "a spec", rates, device.peak, device.bandwidth, spots, movers, moving)


def caption(drawn: Roofline) -> str:
    """What is said of the layers that are not on it."""
    if not drawn.movers:
        return "a floor, not a prediction"
    layers = "1 layer only moves" if drawn.movers == 1 else f"{drawn.movers:,} layers only move"
    return f"{layers} bytes, in {duration(drawn.moving)} at least; a floor, not a prediction"


def across(drawn: Roofline) -> tuple[float, float]:
    """From which intensity to which the roof is drawn: around its corner and all layers."""
    corner = drawn.peak / drawn.bandwidth
    every = [corner, *(spot.intensity for spot in drawn.spots)]
    return min(every) / 4, max(every) * 4


def labelled(drawn: Roofline) -> list[Spot]:
    """The layers that take longest, of those at nearly one place the first."""
    found: list[Spot] = []
    whole = sum(spot.seconds for spot in drawn.spots)
    for spot in drawn.spots:
        if spot.seconds > SHARE * whole and all(
            not 1 / APART < spot.intensity / other.intensity < APART for other in found
        ):
            found.append(spot)
    return found[:LABELLED]


def terminal_roofline(drawn: Roofline, width: int, colour: bool) -> str:
    """The roofline in characters."""
    import plotext

    plotext.clear_figure()
    plotext.plot_size(width, 24)
    plotext.theme("clear")
    low, high = across(drawn)
    corner = drawn.peak / drawn.bandwidth
    plotext.plot([low, corner, high], [low * drawn.bandwidth, drawn.peak, drawn.peak], marker="braille")
    if drawn.spots:
        plotext.scatter([s.intensity for s in drawn.spots], [s.rate for s in drawn.spots], marker="dot")
    plotext.xscale("log")
    plotext.yscale("log")
    ways = ((low, high, plotext.xticks), (low * drawn.bandwidth, drawn.peak, plotext.yticks))
    for first, last, ticks in ways:
        at = [first * (last / first) ** (i / TICKS) for i in range(TICKS + 1)]
        ticks(at, [scaled(round(value), "") if value >= 1000 else f"{value:.3g}" for value in at])
    plotext.title(escaped(f"{drawn.title} on {drawn.device}"))
    plotext.xlabel("operations for each byte")
    plotext.ylabel("operations a second at best")
    text: str = plotext.build()
    return f"{text if colour else plotext.uncolorize(text)}\n{caption(drawn)}\n"


def roofline_file(drawn: Roofline, ending: str) -> bytes:
    """The roofline as the content of a file."""
    picture = _drawn(drawn, "png" if ending == ".png" else "svg")
    if ending == ".html":
        svg = picture.decode().partition("<svg")[2]
        return f"<!DOCTYPE html>\n<meta charset='utf-8'>\n<title>{escape(drawn.title)}</title>\n<svg{svg}".encode()
    return picture


def _drawn(drawn: Roofline, format: str) -> bytes:
    from matplotlib import rc_context
    from matplotlib.figure import Figure
    from matplotlib.ticker import EngFormatter

    with rc_context({"svg.fonttype": "none", "svg.hashsalt": "cnncalc"}):
        figure = Figure(figsize=(8, 5), layout="constrained")
        plot = figure.add_subplot()
        low, high = across(drawn)
        corner = drawn.peak / drawn.bandwidth
        plot.loglog([low, corner, high], [low * drawn.bandwidth, drawn.peak, drawn.peak], color="0.3", zorder=0)
        plot.axvline(corner, color="0.8", linewidth=1, zorder=0)
        longest = drawn.spots[0].seconds if drawn.spots else 1.0
        for spot in drawn.spots:
            size = 12 + 120 * spot.seconds / longest
            plot.scatter(spot.intensity, spot.rate, s=size, alpha=0.6, color="C1" if spot.intensity < corner else "C0")
        row = 0
        for spot in labelled(drawn):
            text = f"{spot.path} {duration(spot.seconds)}"
            at, below = (spot.intensity, spot.rate), (7, -4)
            if spot.intensity > corner:  # under the flat roof one below the other
                row, below = row + 1, (4, -14 - 10 * row)
            plot.annotate(escaped(text), at, xytext=below, textcoords="offset points", fontsize=7)
        plot.xaxis.set_major_formatter(EngFormatter())
        for set_formatter in (plot.yaxis.set_major_formatter, plot.yaxis.set_minor_formatter):
            set_formatter(EngFormatter())
        plot.set_xlabel(f"operations for each byte that is moved\n{caption(drawn)}", fontsize=9)
        plot.set_ylabel("operations a second at best")
        plot.set_title(escaped(f"{drawn.title} on {drawn.device}"), fontsize=10)
        plot.grid(alpha=0.3)
        text_of = io.BytesIO()
        figure.savefig(text_of, format=format, dpi=150, metadata={"Date": None} if format == "svg" else None)
        return text_of.getvalue()
