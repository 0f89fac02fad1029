"""`cnncalc draw SPEC`: pictures of a network, in a file or in the terminal."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import typer

from cnncalc.cli.command import Result, shown
from cnncalc.cli.options import SPEC, Destination, Model, Overrides, offered
from cnncalc.diagnostics import Diagnostic, UsageError

if TYPE_CHECKING:
    from cnncalc.graph import Graph
    from cnncalc.pictures.look import Look

PANEL = "Figures"  # of the help page


def command(
    spec: str = SPEC,
    *,
    overrides: Overrides,
    model: Model,
    destination: Destination,
    view: str = typer.Option(
        "graph",
        "--view",
        metavar="V",
        help="What to draw: graph, the layers; maps, the sizes of what they give; window, how one layer's "
        "window moves; or field, what one position sees of the input.",
    ),
    layer: str | None = typer.Option(
        None,
        "--layer",
        metavar="PATH",
        help="The layer of the view window or field. Default: the first window, the last field.",
        show_default=False,
        autocompletion=offered("layer_paths"),
    ),
    filter: str | None = typer.Option(
        None,
        "--filter",
        metavar="F",
        help="Weights to show a window with, on a small picture: blur, edge or sharpen.",
        show_default=False,
    ),
    at: str | None = typer.Option(
        None,
        "--at",
        metavar="R,C",
        help="The position of a field: row,column. Default: the middle.",
        show_default=False,
    ),
    image: str | None = typer.Option(
        None, "--image", metavar="FILE", help="A picture to draw a field on.", show_default=False
    ),
    depth: int | None = typer.Option(
        None, "--depth", min=1, metavar="N", help="Levels to open. Default: as many as can be read at once."
    ),
    unfold: bool = typer.Option(False, "--unfold", help="Draw each repeat, and not one with a count."),
    width: int | None = typer.Option(None, "--width", min=100, metavar="PIXELS", help="How wide the picture is."),
    labels: str = typer.Option("all", "--labels", metavar="L", help="What is written at maps: all, sizes or none."),
    theme: str = typer.Option(
        "auto", "--theme", metavar="T", help="light, dark, or auto, as the reader's system is set to."
    ),
) -> Result:
    """A picture of a network: in the terminal, or in a file as its name ends: .svg, .html, .png, .dot or .mmd.

    A .html is a page that computes: its reader sets the sizes, the batch and the arguments, and all figures follow.

    \b
    cnncalc draw zoo:resnet18
    cnncalc draw zoo:resnet50 -o resnet50.html
    cnncalc draw zoo:resnet50 -o resnet50.svg
    cnncalc draw zoo:vgg16 -o vgg16.svg --view maps
    cnncalc draw zoo:vgg16 -o conv.svg --view window --layer features.0
    cnncalc draw zoo:vgg16 -o field.svg --view field --layer features --at 3,3
    """
    from cnncalc.pictures import check, check_file, write
    from cnncalc.pictures.look import Look

    look = Look(depth, not unfold, width, labels, theme, layer, filter, position(at), image)
    if destination.output is None:
        check(view, look)
        if view != "graph":
            message = f"the terminal shows the view graph, not {view}"
            raise UsageError(Diagnostic("unknown-view", message, hint="-o FILE.svg, or .png"))
        from cnncalc.pictures.terminal import text

        return Result(text(overrides.report(spec, model=model), shown(), depth, not unfold))
    ending = check_file(destination.output, view, look)
    destination.refuse_to_lose()
    if ending == "html":
        return Result("", files=[(destination.output, live_page(spec, overrides, model, view, look))])
    return Result("", files=[(destination.output, write(overrides.report(spec, model=model), ending, view, look))])


def position(text: str | None) -> tuple[int, ...] | None:
    """What `--at 3,5` says. Raises UsageError."""
    if text is None:
        return None
    parts = [part.strip() for part in text.replace("x", ",").split(",")]
    if not all(part.isascii() and part.isdecimal() and len(part) < 10 for part in parts):
        raise UsageError(
            Diagnostic("bad-option", f"--at is a position, not {text}", hint="--at 3,5 is row 3, column 5")
        )
    return tuple(map(int, parts))


def live_page(spec: str, overrides: Overrides, model: Model, view: str, look: Look) -> str:
    """The page of a network, with all open that can be. Raises CnncalcError."""
    from cnncalc import parse
    from cnncalc.cli.options import raised_limits, settings
    from cnncalc.pictures.page.content import command_words
    from cnncalc.pictures.page.document import page
    from cnncalc.pictures.page.opened import opened
    from cnncalc.planning.network import arguments_of

    given, limits = settings(overrides.set), raised_limits(overrides.limit)

    def read(inputs: Sequence[str], more: Mapping[str, str]) -> Graph:
        return parse(
            spec, input=list(inputs) or overrides.input, set={**given, **more}, limits=limits, **model.of_call()
        )

    found = opened(read, arguments_of(spec, given, limits), overrides.batch)
    # What is opened is written with its number by the page.
    words = command_words(spec, found, overrides.input, overrides.set)
    if model.kwargs is not None:
        words += ["--kwargs", model.kwargs]
    words += ["--torch"] * model.torch
    words += [] if model.call == "forward" else ["--call", model.call]
    return page(found, look, spec, words, view)
