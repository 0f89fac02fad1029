"""`cnncalc solve SPEC`: the numbers with which a network is as wanted."""

from __future__ import annotations

import typer

from cnncalc.cli.command import Result, shown
from cnncalc.cli.exits import FINE, WRONG_SPEC
from cnncalc.cli.options import JSON, SPEC, Footprint, Overrides, Wishes, raised_limits, settings

PANEL = "Planning"  # of the help page
FREE_HELP = "What may change: an argument, an open size, or a ?; with its values, 1:8, 0.5:1:0.25 or 1,3,5."


def command(
    spec: str = SPEC,
    *,
    free: list[str] = typer.Option([], "--free", metavar="NAME[=RANGE]", help=FREE_HELP),
    wishes: Wishes,
    maximize: list[str] = typer.Option(
        [], "--maximize", metavar="FIGURE", help="Of what fits, the most of it: macs; or H."
    ),
    minimize: list[str] = typer.Option([], "--minimize", metavar="FIGURE", help="Of what fits, the least of it."),
    all: bool = typer.Option(False, "--all", help="List every solution."),
    overrides: Overrides,
    footprint: Footprint,
    json: bool = JSON,
) -> Result:
    """The numbers for ?, open sizes and free arguments with which a network is as wanted.

    Exit code 0: there are some; 1: there are none.

    \b
    cnncalc solve "3x224x224 -> conv 64 k? s? p?" --expect-output 64x112x112
    cnncalc solve zoo:mobilenet_v2 --free width --max-params 3M --maximize macs
    cnncalc solve zoo:resnet50 -i 3xHxH --expect layers.layer4=2048x7x7
    cnncalc solve zoo:resnet50 --free batch --max-memory 24G --memory train
    """
    from cnncalc.language.text.limits import Limits
    from cnncalc.models.read import network as network_of
    from cnncalc.planning.best import aim
    from cnncalc.planning.ranges import read_free
    from cnncalc.planning.solve import LISTED, MOST_LISTED, solve

    limits = Limits(raised_limits(overrides.limit))
    network = network_of(spec, overrides.input, settings(overrides.set), overrides.batch, limits, footprint.asked())
    aims = [aim("--maximize", figure, True) for figure in maximize]
    aims += [aim("--minimize", figure, False) for figure in minimize]
    answer = solve(network, wishes.expected(), list(map(read_free, free)), MOST_LISTED if all else LISTED, aims)
    if json:
        from cnncalc.render.envelope import json_text

        text = json_text(answer.to_dict())
    else:
        from cnncalc.render.solutions import answer_text

        text = answer_text(answer, shown())
    return Result(text, FINE if answer.found else WRONG_SPEC)
