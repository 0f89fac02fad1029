"""`cnncalc import MODULE:ATTR -i SHAPE`: a PyTorch model as a spec."""

from __future__ import annotations

import os
import sys
from typing import Optional

import typer

from cnncalc.cli.common import fail, write
from cnncalc.diagnostics import CnncalcError, Diagnostic, UsageError

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
            check_file(output, force)
        from cnncalc.torch_bridge import require_torch

        require_torch("import")
        from cnncalc.torch_bridge.importing.importer import import_target

        made = import_target(target, input, kwargs=kwargs, name=name, batchless=batch == "none")
    except CnncalcError as error:
        if debug and error.__cause__ is not None:
            import traceback

            sys.stderr.write("".join(traceback.format_exception(error.__cause__)))
        fail(error)
    if output is None:
        write(made.text)
    else:
        write_whole(output, made.text)
    for note in made.remarks:
        sys.stderr.write(f"note: {note}\n")


def check_file(path: str, force: bool) -> None:
    """Refuse to write over a file, or where there is no folder, before any work is done."""
    if os.path.isdir(path):
        raise UsageError(Diagnostic("bad-file", f"{path} is a folder"))
    if os.path.exists(path) and not force:
        raise UsageError(Diagnostic("file-exists", f"{path} is there already", hint="--force writes over it"))
    folder = os.path.dirname(path)
    if folder and not os.path.isdir(folder):
        raise UsageError(Diagnostic("bad-file", f"there is no folder {folder}"))


def write_whole(path: str, text: str) -> None:
    """Write a file whole or not at all."""
    beside = f"{path}.{os.getpid()}.part"
    try:
        with open(beside, "w", encoding="utf-8") as file:
            file.write(text)
        os.replace(beside, path)
    except OSError as error:
        if os.path.exists(beside):
            os.remove(beside)
        reason = (error.strerror or str(error)).lower()
        fail(UsageError(Diagnostic("bad-file", f"{path} cannot be written: {reason}")))
