"""`cnncalc import FILE.py:NAME -i SHAPE`: a PyTorch model as a spec."""

from __future__ import annotations

import typer

from cnncalc.cli.command import Result
from cnncalc.cli.options import Destination, Model, settings
from cnncalc.diagnostics import Diagnostic, UsageError

PANEL = "PyTorch"  # of the help page
SHAPE_HELP = "One sample's shape, 3x224x224, with a type 128:int64, or NAME=SHAPE for an argument of forward."


def command(
    target: str = typer.Argument(
        ...,
        metavar="MODEL",
        help="FILE.py:NAME or MODULE:NAME of a class, a function that returns a module, or a module.",
        show_default=False,
    ),
    *,
    input: list[str] = typer.Option([], "-i", "--input", metavar="SHAPE", help=SHAPE_HELP),
    set: list[str] = typer.Option(
        [], "--set", metavar="NAME=VALUE", help="An argument of the model, or a number for an open size."
    ),
    destination: Destination,
    model: Model,
    name: str | None = typer.Option(None, "--name", metavar="NAME", help="What the network is named."),
    batch: str | None = typer.Option(
        None, "--batch", metavar="none", help="`none` if the shapes are complete as written."
    ),
) -> Result:
    """A PyTorch model as a spec that can be read, and computed without torch.

    \b
    cnncalc import net.py:Net -i 3x32x32
    cnncalc import mypackage.models:Net --set classes=10 -i 3x32x32 -o net.yaml
    """
    if batch not in (None, "none"):
        hint = "left out, the batch is open"
        raise UsageError(Diagnostic("bad-option", f"--batch is none here, not {batch}", hint=hint))
    destination.refuse_to_lose()
    from cnncalc.models.read import written

    asked = model.asked(batchless=batch == "none", name=name)
    made, text = written(target, inputs=input, settings=settings(set), asked=asked)
    return destination.result(text, made.remarks)._replace(warnings=made.graph.warnings)
