"""`cnncalc sweep SPEC --over NAME=RANGE`: the figures of many sizes and arguments."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from cnncalc.cli.command import Result, shown
from cnncalc.cli.options import CONVENTION, SHORT_JSON, SPEC, Destination, Footprint, Model, Overrides, format_by_ending
from cnncalc.render.sweeps import SweepFormat, sweep_format, sweep_formats

if TYPE_CHECKING:
    from cnncalc.planning.sweep import Sweep

PANEL = "Planning"  # of the help page


def command(
    spec: str = SPEC,
    *,
    over: list[str] = typer.Option(
        [], "--over", metavar="NAME=RANGE", help="What changes: H=128:256:32, width=0.5,0.75,1.0."
    ),
    where: list[str] = typer.Option(
        [], "--where", metavar="CONDITION", help='Rows to keep, as `check` has it: "params <= 5M".'
    ),
    columns: str | None = typer.Option(
        None, "--columns", metavar="NAMES", help="Figures to show: output,params,layers.layer4.macs."
    ),
    sort: str | None = typer.Option(None, "--sort", metavar="COLUMN", help="-params has the largest first."),
    top: int | None = typer.Option(None, "--top", min=1, metavar="N", help="The first N rows."),
    pareto: str | None = typer.Option(
        None, "--pareto", metavar="FIGURES", help="Rows that no other beats: params,macs or params,activations:max."
    ),
    plot: str | None = typer.Option(
        None, "--plot", metavar="FILE", help="Plot to a .svg, .png or .html file, or with - to the terminal."
    ),
    plot_axes: str | None = typer.Option(
        None, "--plot-axes", metavar="X,Y[,COLOUR]", help="What the plot shows: macs,params,width."
    ),
    overrides: Overrides,
    footprint: Footprint,
    model: Model,
    convention: str = CONVENTION,
    format: str = format_by_ending(sweep_formats(), "table"),
    json: bool = SHORT_JSON,
    destination: Destination,
) -> Result:
    """The figures over a grid of sizes and arguments.

    \b
    cnncalc sweep "3xHxW -> conv 64 k7 s2 p3 -> maxpool 3 s2 p1" --over H=224:256:16 --over W=224,256
    cnncalc sweep zoo:mobilenet_v2 --over width=0.35:1.4:0.35 --where "params <= 5M" --sort -macs
    cnncalc sweep zoo:resnet50 -i 3xHxW --over H=160:256:32 --over W=224 --columns output,macs --format csv
    """
    from cnncalc.files import refuse_to_lose
    from cnncalc.planning import sweep as planning

    chosen = sweep_format(destination.format("json" if json else format, sweep_formats(), "table"))
    destination.refuse_to_lose()
    names = tuple(name.strip() for name in columns.split(",")) if columns else ()
    asked = planning.SweepRequest(tuple(over), tuple(where), names, sort, top, pareto)
    networks = planning.Networks(lambda choice: overrides.graph(spec, choice, model), convention, footprint.asked())
    found = planning.Sweep(networks, planning.read_axes(over), asked)
    notes: list[str] = []
    aside = destination.output is not None or not sys.stdout.isatty()
    if plot is None:
        return destination.result(_pieces(found, chosen, aside, notes), notes)
    from cnncalc.render.plot import check_plot, picture, plot_file, read_axes, terminal_plot

    check_plot(plot)
    drawn = picture(found, read_axes(plot_axes, found), spec)
    if plot == "-" and destination.output is None:
        options = shown()
        return Result(terminal_plot(drawn, options.width, options.colour), notes=found.tally.notes())
    result = destination.result(_pieces(found, chosen, aside, notes), notes)
    if plot == "-":
        options = shown()
        return result._replace(text=terminal_plot(drawn, options.width, options.colour))
    refuse_to_lose(Path(plot), destination.force)
    file = plot_file(drawn, [axis.name for axis in found.axes], Path(plot).suffix.lower())
    return result._replace(files=[*result.files, (plot, file)])


def _pieces(found: Sweep, chosen: SweepFormat, aside: bool, notes: list[str]) -> Iterator[str]:
    """The text as it is made, with a bar on standard error if that is not where the rows go; and then the notes."""
    from cnncalc.render.progress import Bar

    with Bar(sys.stderr) as bar:

        def show(done: int, of: int) -> None:
            if aside:
                bar.show(done, of, "points")

        yield from chosen.render(found, shown(), show)
    notes += found.tally.notes()
