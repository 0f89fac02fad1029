"""`cnncalc import MODULE:ATTR -i SHAPE`: a PyTorch model as a spec."""

from __future__ import annotations

import typer

from cnncalc.cli.command import Result
from cnncalc.cli.options import Destination, Model
from cnncalc.diagnostics import Diagnostic, UsageError

PANEL = "PyTorch"  # of the help page
SHAPE_HELP = "One sample's shape, 3x224x224, with a type 128:int64, or NAME=SHAPE for an argument of forward."


def command(
    target: str = typer.Argument(
        ..., metavar="MODULE:ATTR", help="A class, a function that returns a module, or a module.", show_default=False
    ),
    *,
    input: list[str] = typer.Option([], "-i", "--input", metavar="SHAPE", help=SHAPE_HELP),
    destination: Destination,
    model: Model,
    name: str | None = typer.Option(None, "--name", metavar="NAME", help="What the network is named."),
    batch: str | None = typer.Option(
        None, "--batch", metavar="none", help="`none` if the shapes are complete as written."
    ),
) -> Result:
    """A PyTorch model as a spec that can be read, and computed without torch.

    \b
    cnncalc import mypackage.models:Net -i 3x32x32
    cnncalc import mypackage.models:Net --kwargs '{"classes": 10}' -i 3x32x32 -o net.yaml
    """
    if batch not in (None, "none"):
        hint = "left out, the batch is open"
        raise UsageError(Diagnostic("bad-option", f"--batch is none here, not {batch}", hint=hint))
    if not input:
        message = "an import needs the shape of what goes in"
        raise UsageError(Diagnostic("no-input", message, hint="-i 3x224x224, without the batch"))
    destination.refuse_to_lose()
    from cnncalc.torch_bridge import require_torch

    require_torch("import")
    from cnncalc.torch_bridge.importing.importer import import_target

    made = import_target(target, input, kwargs=model.kwargs, name=name, batchless=batch == "none")
    return destination.result(made.text, made.remarks)
