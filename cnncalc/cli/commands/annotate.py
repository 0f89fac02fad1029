"""`cnncalc annotate FILE.py:NAME`: the source of a PyTorch model with shapes beside its lines."""

from __future__ import annotations

import typer

from cnncalc.cli.command import Result, shown
from cnncalc.cli.options import JSON, Model, Overrides, raised_limits, settings
from cnncalc.diagnostics import Diagnostic, UsageError

PANEL = "PyTorch"  # of the help page


def command(
    spec: str = typer.Argument(
        ..., metavar="MODEL", help="FILE.py:NAME, or a file with one model.", show_default=False
    ),
    *,
    overrides: Overrides,
    model: Model,
    params: bool = typer.Option(False, "--params", help="Parameters of the layers that a line adds."),
    macs: bool = typer.Option(False, "--macs", help="MACs of these layers, in all runs of the line."),
    write: bool = typer.Option(False, "--write", help="Put the comments into the file, in place of earlier ones."),
    remove: bool = typer.Option(False, "--remove", help="Take the comments out of the file that --write put there."),
    json: bool = JSON,
) -> Result:
    """The lines of a PyTorch model, each with the shape of what it gives.

    \b
    cnncalc annotate net.py:Net -i 3x32x32
    cnncalc annotate net.py:Net -i 3x32x32 --params --macs
    """
    if write and remove:
        raise UsageError(Diagnostic("bad-option", "--write puts comments in, and --remove takes them out"))
    if remove and json:
        raise UsageError(Diagnostic("bad-option", "--remove reads no model, and has nothing for --json"))
    if model.torch:
        hint = "without --torch, it is read from its source"
        raise UsageError(Diagnostic("bad-option", "torch does not say which line gives what", hint=hint))
    from cnncalc.models.annotation import annotation, named_file

    path = named_file(spec)
    if remove:
        from cnncalc.models.comments import File

        return Result(said(spec.partition(":")[0], File(path).write({})))
    from cnncalc.language.text.limits import Limits
    from cnncalc.render.annotation import annotation_json, annotation_text, comments_of

    limits = Limits(raised_limits(overrides.limit))
    found = annotation(spec, overrides.input, settings(overrides.set), overrides.batch, limits, model.asked())
    text = annotation_json(found) if json else ""
    if write:
        name, file = next(iter(found.files.items()))
        changed = file.write(comments_of(found, name, params, macs))
        text = text or said(name, changed)
    text = text or annotation_text(found, params, macs, shown())
    return Result(text, warnings=() if json else found.report.graph.warnings)


def said(name: str, changed: int) -> str:
    lines = f"{changed} line{'' if changed == 1 else 's'}" if changed else "nothing"
    return f"{name}: {lines} changed\n"
