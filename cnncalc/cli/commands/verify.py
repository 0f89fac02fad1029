"""`cnncalc verify SPEC`: the figures against real torch; `--self-test` does it with drawn layers and networks."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any, Optional

import typer

from cnncalc.cli.commands.calc import BATCH, INPUT, LIMIT, SET, SPEC_HELP
from cnncalc.cli.common import fail, raised_limits, settings, write
from cnncalc.cli.exits import TORCH_DISAGREES
from cnncalc.diagnostics import CnncalcError, Diagnostic, UsageError
from cnncalc.render.progress import Bar

if TYPE_CHECKING:
    from cnncalc.torch_bridge.verifying.verify import Progress

PANEL = "PyTorch"  # of the help page
DEVICES = ("meta", "cpu")
TRIALS, CASES, CASES_PER_NETWORK = 5, 10_000, 20


def command(
    spec: Optional[str] = typer.Argument(None, metavar="SPEC", help=SPEC_HELP, show_default=False),  # noqa: UP045
    input: list[str] = INPUT,
    set: list[str] = SET,
    batch: Optional[int] = BATCH,  # noqa: UP045
    trials: Optional[int] = typer.Option(  # noqa: UP045
        None, "--trials", min=1, metavar="N", help="Draws of the open sizes, 5; or layers of a self-test, 10000."
    ),
    seed: Optional[int] = typer.Option(  # noqa: UP045
        None, "--seed", metavar="S", help="What the draws start from. Left out, another each time."
    ),
    device: str = typer.Option("meta", "--device", metavar="D", help="meta for shapes alone, cpu for real tensors."),
    self_test: bool = typer.Option(False, "--self-test", help="Draw layers and networks, legal and illegal."),
    layer: Optional[str] = typer.Option(None, "--layer", metavar="NAME", help="Self-test of this layer."),  # noqa: UP045
    networks: Optional[int] = typer.Option(  # noqa: UP045
        None, "--networks", min=0, metavar="N", help="Networks of a self-test. Default: one for 20 layers."
    ),
    jobs: int = typer.Option(1, "--jobs", min=1, metavar="N", help="Processes of a self-test."),
    json: bool = typer.Option(False, "--json", help="JSON instead of a table."),
    limit: list[str] = LIMIT,
) -> None:
    """Build the network in torch and compare every figure, layer by layer.

    \b
    cnncalc verify "3xHxW -> conv 64 k7 s2 p3 -> bn -> relu"
    cnncalc verify zoo:resnet18
    cnncalc verify --self-test --layer conv2d --trials 50
    """
    try:
        if self_test:
            if spec is not None:
                raise UsageError(Diagnostic("bad-option", "--self-test draws its own networks, and takes no SPEC"))
            ok = drawn(trials or CASES, networks, seed, layer, jobs, json)
        else:
            if spec is None:
                hint = 'cnncalc verify "3x32x32 -> conv 16 k3", or --self-test'
                raise UsageError(Diagnostic("missing-argument", "verify needs a SPEC", hint=hint))
            for given, option in ((layer, "--layer"), (networks, "--networks")):
                if given is not None:
                    raise UsageError(Diagnostic("bad-option", f"{option} goes with --self-test"))
            ok = verified(spec, input, settings(set), batch, raised_limits(limit), trials or TRIALS, seed, device, json)
    except CnncalcError as error:
        fail(error, json)
    if not ok:
        raise typer.Exit(TORCH_DISAGREES)


def verified(
    spec: str,
    input: list[str],
    set: dict[str, str],
    batch: int | None,
    limits: dict[str, int],
    trials: int,
    seed: int | None,
    device: str,
    json: bool,
) -> bool:
    """Verify a spec and write what came of it. Does torch agree?"""
    from cnncalc import calc, verify

    if device not in DEVICES:
        raise UsageError(Diagnostic("unknown-device", f"there is no device {device}", hint="meta or cpu"))
    report = calc(spec, input=input, set=set, batch=batch, limits=limits)
    with Bar(sys.stderr) as bar:

        def progress(at: Progress) -> None:
            bar.show(at.layer, at.layers, f"layers of trial {at.trial}")

        found = verify(report, trials=trials, seed=drawn_seed(seed), device=device, progress=progress)
    if json:
        warnings = [warning.to_dict() for warning in report.warnings]
        write(enveloped(found.ok, {"name": report.name, "verification": found.to_dict(), "diagnostics": warnings}))
    else:
        from cnncalc.render import Options
        from cnncalc.render.style import terminal_width, wants_colour, writes_unicode
        from cnncalc.render.verification import verification_text

        options = Options(None, terminal_width(), wants_colour(sys.stdout), writes_unicode(sys.stdout))
        write(verification_text(found, options))
    return found.ok


def drawn(trials: int, networks: int | None, seed: int | None, layer: str | None, jobs: int, json: bool) -> bool:
    """Run a self-test and write what came of it. Does torch agree?"""
    from cnncalc.torch_bridge import require_torch

    require_torch("verify")
    from cnncalc.torch_bridge.drawing.self_test import self_test

    if networks is None:
        networks = 0 if layer else trials // CASES_PER_NETWORK
    with Bar(sys.stderr) as bar:
        found = self_test(
            trials=trials,
            networks=networks,
            seed=drawn_seed(seed),
            layer=layer,
            jobs=jobs,
            progress=lambda done, of: bar.show(done, of, "cases"),
        )
    if json:
        write(enveloped(found.ok, {"self_test": found.to_dict(), "diagnostics": []}))
    else:
        from cnncalc.render.self_test import self_test_text
        from cnncalc.render.style import wants_colour

        write(self_test_text(found, wants_colour(sys.stdout)))
    return found.ok


def enveloped(ok: bool, rest: dict[str, Any]) -> str:
    from cnncalc.render.formats.json import envelope

    return envelope({"cnncalc": 1, "ok": ok, **rest})


def drawn_seed(seed: int | None) -> int:
    """The seed that was given, or one to print."""
    if seed is not None:
        return seed
    import random

    return random.SystemRandom().randrange(10**6)
