"""`cnncalc verify SPEC`: the figures against real torch; `--self-test` does it with drawn layers and networks."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import typer

from cnncalc.cli.command import Result, shown
from cnncalc.cli.exits import FINE, TORCH_DISAGREES
from cnncalc.cli.options import JSON, SPEC_HELP, Model, Overrides
from cnncalc.diagnostics import Diagnostic, UsageError
from cnncalc.render.progress import Bar

if TYPE_CHECKING:
    from cnncalc.checks.source import Both
    from cnncalc.checks.targets import RunSettings, Target
    from cnncalc.torch_bridge.drawing.self_test import SelfTest
    from cnncalc.torch_bridge.verifying.verify import Progress, Verification

PANEL = "PyTorch"  # of the help page
HELP = f"{SPEC_HELP[:-1]}; or a PyTorch model, FILE.py:NAME."
DEVICES = ("meta", "cpu")
TRIALS, CASES, CASES_PER_NETWORK = 5, 10_000, 20


def command(
    spec: str | None = typer.Argument(
        None, metavar="SPEC", help=f"{SPEC_HELP[:-1]}; or FILE.py:NAME.", show_default=False
    ),
    *,
    overrides: Overrides,
    model: Model,
    trials: int | None = typer.Option(
        None, "--trials", min=1, metavar="N", help="Draws of the open sizes, 5; or layers of a self-test, 10000."
    ),
    seed: int | None = typer.Option(
        None, "--seed", metavar="S", help="What the draws start from. Left out, another each time."
    ),
    device: str = typer.Option("meta", "--device", metavar="D", help="meta for shapes alone, cpu for real tensors."),
    memory: bool = typer.Option(False, "--memory", help="The bytes that each layer takes as well."),
    self_test: bool = typer.Option(False, "--self-test", help="Draw layers and networks, legal and illegal."),
    layer: str | None = typer.Option(None, "--layer", metavar="NAME", help="Self-test of this layer."),
    networks: int | None = typer.Option(
        None, "--networks", min=0, metavar="N", help="Networks of a self-test. Default: one for 20 layers."
    ),
    jobs: int = typer.Option(1, "--jobs", min=1, metavar="N", help="Processes of a self-test."),
    json: bool = JSON,
) -> Result:
    """Build the network in torch and compare every figure, layer by layer; of FILE.py:NAME with the module too.

    \b
    cnncalc verify "3xHxW -> conv 64 k7 s2 p3 -> bn -> relu"
    cnncalc verify zoo:resnet18 --memory
    cnncalc verify --self-test --layer conv2d --trials 50
    """
    from cnncalc.render.verification import verification_json, verification_text

    if self_test:
        if spec is not None:
            raise UsageError(Diagnostic("bad-option", "--self-test draws its own networks, and takes no SPEC"))
        from cnncalc.render.self_test import self_test_json, self_test_text

        drawn = draw(trials or CASES, networks, seed, layer, jobs)
        text = self_test_json(drawn) if json else self_test_text(drawn, shown().colour)
        return Result(text, FINE if drawn.ok else TORCH_DISAGREES)
    if spec is None:
        hint = 'cnncalc verify "3x32x32 -> conv 16 k3", or --self-test'
        raise UsageError(Diagnostic("missing-argument", "verify needs a SPEC", hint=hint))
    for given, option in ((layer, "--layer"), (networks, "--networks")):
        if given is not None:
            raise UsageError(Diagnostic("bad-option", f"{option} goes with --self-test"))
    if device not in DEVICES:
        raise UsageError(Diagnostic("unknown-device", f"there is no device {device}", hint="meta or cpu"))
    from cnncalc.checks.source import by_both
    from cnncalc.torch_bridge import require_torch

    require_torch("verify")
    beside = by_both(*target_of(spec, overrides.asked(model)))
    found = compare(beside, trials or TRIALS, seed, device, memory)
    remarks = beside.written.remarks
    text = verification_json(found, remarks) if json else verification_text(found, shown())
    return Result(text, FINE if found.ok else TORCH_DISAGREES, warnings=() if json else remarks)


def target_of(spec: str, asked: RunSettings) -> tuple[Target, RunSettings]:
    """The network of a spec, or of a PyTorch model. Raises UsageError."""
    from cnncalc.checks.source import NO_MODEL
    from cnncalc.checks.targets import Target, is_module

    if asked.of_model and not is_module(spec):
        raise UsageError(NO_MODEL)
    target = Target(spec, spec, inputs=asked.inputs, settings=asked.settings, batch=asked.batch, kwargs=asked.kwargs)
    return target, asked


def compare(beside: Both, trials: int, seed: int | None, device: str, memory: bool) -> Verification:
    """Verify a network, with a bar for how far it is."""
    from cnncalc.analysis.trace import trace
    from cnncalc.torch_bridge.verifying.verify import verify

    report = trace(beside.written.graph)

    with Bar(sys.stderr) as bar:

        def progress(at: Progress) -> None:
            bar.show(at.layer, at.layers, f"layers of trial {at.trial}")

        return verify(
            report,
            trials=trials,
            seed=drawn_seed(seed),
            device=device,
            progress=progress,
            original=beside.original,
            second=beside.second,
            memory=memory,
        )


def draw(trials: int, networks: int | None, seed: int | None, layer: str | None, jobs: int) -> SelfTest:
    """Run a self-test, with a bar for how far it is."""
    from cnncalc.torch_bridge import require_torch

    require_torch("verify")
    from cnncalc.torch_bridge.drawing.self_test import self_test

    if networks is None:
        networks = 0 if layer else trials // CASES_PER_NETWORK
    with Bar(sys.stderr) as bar:
        return self_test(
            trials=trials,
            networks=networks,
            seed=drawn_seed(seed),
            layer=layer,
            jobs=jobs,
            progress=lambda done, of: bar.show(done, of, "cases"),
        )


def drawn_seed(seed: int | None) -> int:
    """The seed that was given, or one to print."""
    if seed is not None:
        return seed
    import random

    return random.SystemRandom().randrange(10**6)
