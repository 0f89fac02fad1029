"""`cnncalc import MODULE:ATTR -i SHAPE`: a PyTorch model as a spec."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Optional

import typer

from cnncalc.cli.common import fail, write
from cnncalc.diagnostics import CnncalcError, Diagnostic, UsageError
from cnncalc.files import refuse_to_lose, write_whole

PANEL = "PyTorch"  # of the help page
SHAPE_HELP = "One sample's shape, 3x224x224, with a type 128:int64, or NAME=SHAPE for an argument of forward."

INPUT = typer.Option([], "-i", "--input", metavar="SHAPE", help=SHAPE_HELP)


def command(
    target: str = typer.Argument(
        ..., metavar="MODULE:ATTR", help="A class, a function that returns a module, or a module.", show_default=False
    ),
    input: list[str] = INPUT,
    output: Optional[str] = typer.Option(  # noqa: UP045
        None, "-o", "--output", metavar="FILE", help="Write to a file instead of standard output."
    ),
    kwargs: Optional[str] = typer.Option(  # noqa: UP045
        None, "--kwargs", metavar="JSON", help="Arguments of the class or function."
    ),
    name: Optional[str] = typer.Option(None, "--name", metavar="NAME", help="What the network is called."),  # noqa: UP045
    batch: Optional[str] = typer.Option(  # noqa: UP045
        None, "--batch", metavar="none", help="`none` where the shapes are complete as written."
    ),
    force: bool = typer.Option(False, "--force", help="Write over a file that is there."),
    debug: bool = typer.Option(False, "--debug", help="Show the whole traceback of what fails in the model."),
) -> None:
    """A PyTorch model as a spec that can be read, and computed without torch.

    \b
    cnncalc import mypackage.models:Net -i 3x32x32
    cnncalc import mypackage.models:Net --kwargs '{"classes": 10}' -i 3x32x32 -o net.yaml
    """
    try:
        if batch not in (None, "none"):
            hint = "left out, the batch is open"
            raise UsageError(Diagnostic("bad-option", f"--batch is none here, not {batch}", hint=hint))
        if not input:
            message = "an import needs the shape of what goes in"
            raise UsageError(Diagnostic("no-input", message, hint="-i 3x224x224, without the batch"))
        if output is not None:
            refuse_to_lose(Path(output), force)
        from cnncalc.torch_bridge import require_torch

        require_torch("import")
        from cnncalc.torch_bridge.importing.importer import import_target

        made = import_target(target, input, kwargs=kwargs, name=name, batchless=batch == "none")
        if output is not None:
            write_whole(Path(output), made.text)
    except CnncalcError as error:
        if debug and error.__cause__ is not None:
            import traceback

            sys.stderr.write("".join(traceback.format_exception(error.__cause__)))
        fail(error)
    if output is None:
        write(made.text)
    for note in made.remarks:
        sys.stderr.write(f"note: {note}\n")
