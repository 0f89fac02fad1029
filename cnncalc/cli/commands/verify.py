"""`cnncalc verify SPEC`: the figures against real torch."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Optional

import typer

from cnncalc.cli.commands.calc import BATCH, INPUT, LIMIT, SET, SPEC_HELP
from cnncalc.cli.common import fail, raised_limits, settings, write
from cnncalc.cli.main import TORCH_DISAGREES
from cnncalc.diagnostics import CnncalcError, Diagnostic, UsageError

if TYPE_CHECKING:
    from cnncalc.torch_bridge.verify import Progress

DEVICES = ("meta", "cpu")


def command(
    spec: str = typer.Argument(..., metavar="SPEC", help=SPEC_HELP, show_default=False),
    input: list[str] = INPUT,
    set: list[str] = SET,
    batch: Optional[int] = BATCH,  # noqa: UP045
    trials: int = typer.Option(5, "--trials", min=1, metavar="N", help="Draws of the open sizes."),
    seed: Optional[int] = typer.Option(  # noqa: UP045
        None, "--seed", metavar="S", help="What the draws start from. Left out, another each time.", show_default=False
    ),
    device: str = typer.Option("meta", "--device", metavar="D", help="meta for shapes alone, cpu for real tensors."),
    json: bool = typer.Option(False, "--json", help="JSON instead of a table."),
    limit: list[str] = LIMIT,
) -> None:
    """Build the network in torch and compare every figure, layer by layer."""
    try:
        from cnncalc import calc, verify

        if device not in DEVICES:
            raise UsageError(Diagnostic("unknown-device", f"there is no device {device}", hint="meta or cpu"))
        report = calc(spec, input=input, set=settings(set), batch=batch, limits=raised_limits(limit))
        bar = Bar()
        found = verify(report, trials=trials, seed=drawn_seed(seed), device=device, progress=bar.show)
        bar.clear()
    except CnncalcError as error:
        fail(error, json)
    if json:
        from cnncalc.render.formats.json import envelope

        write(
            envelope(
                {
                    "cnncalc": 1,
                    "ok": found.ok,
                    "name": report.name,
                    "verification": found.to_dict(),
                    "diagnostics": [d.to_dict() for d in report.warnings],
                }
            )
        )
    else:
        from cnncalc.render import Options
        from cnncalc.render.style import terminal_width, wants_colour, writes_unicode
        from cnncalc.render.verification import verification_text

        write(
            verification_text(
                found, Options(None, terminal_width(), wants_colour(sys.stdout), writes_unicode(sys.stdout))
            )
        )
    if not found.ok:
        raise typer.Exit(TORCH_DISAGREES)


def drawn_seed(seed: int | None) -> int:
    """The seed that was given, or one to print."""
    if seed is not None:
        return seed
    import random

    return random.SystemRandom().randrange(10**6)


class Bar:
    """How far the work is, on one line of a terminal."""

    def __init__(self) -> None:
        self.shown = sys.stderr.isatty()
        self._percent = -1

    def show(self, at: Progress) -> None:
        """Write where the trial is, when it has moved."""
        percent = 100 * at.layer // at.layers
        if self.shown and percent != self._percent:
            self._percent = percent
            sys.stderr.write(f"\r\x1b[Ktrial {at.trial}: {percent}% of {at.layers} layers")
            sys.stderr.flush()

    def clear(self) -> None:
        if self.shown:
            sys.stderr.write("\r\x1b[K")
