"""The options that several commands have, each stated once, and what they come to.

A group of them is one argument of a command: a keyword whose type is one of the classes below. `cnncalc.cli.command`
hands its fields to Typer one by one.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import typer

from cnncalc.analysis.conventions import convention_names
from cnncalc.cli.command import Result
from cnncalc.diagnostics import Diagnostic, UsageError, listed

if TYPE_CHECKING:
    from cnncalc.analysis.trace import Report
    from cnncalc.checks.targets import Asked

SPEC_HELP = "A line of text, a file, - for standard input, or zoo:NAME."
SPEC: Any = typer.Argument(..., metavar="SPEC", help=SPEC_HELP, show_default=False)
CONVENTION: Any = typer.Option(
    "torch", "--convention", metavar="C", help=f"By whose rules FLOPs count: {listed(convention_names(), 'or')}."
)
JSON: Any = typer.Option(False, "--json", help="JSON instead of text.")
SHORT_JSON: Any = typer.Option(False, "--json", help="Short for --format json.")


def format_option(names: Sequence[str], usual: str) -> Any:
    """`--format`, with the formats that there are on the help page."""
    return typer.Option(usual, "--format", metavar="F", help=f"How to write: {listed(list(names), 'or')}.")


class Overrides(NamedTuple):
    """What the command line says of a network in place of its spec, and the bounds on the work."""

    input: list[str] = typer.Option([], "-i", "--input", metavar="SHAPE", help="Input shape, 3x224x224 or NAME=SHAPE.")
    set: list[str] = typer.Option(
        [], "--set", metavar="NAME=VALUE", help="An argument of the spec, or a number for an open size."
    )
    batch: int | None = typer.Option(
        None, "--batch", min=1, metavar="N", help="Samples. Left open, figures are for one."
    )
    limit: list[str] = typer.Option([], "--limit", metavar="NAME=VALUE", help="Raise a bound on the work.")

    def report(self, spec: str, convention: str = "torch") -> Report:
        """The figures of a spec. Raises CnncalcError."""
        from cnncalc import calc

        return calc(
            spec,
            input=self.input,
            set=settings(self.set),
            batch=self.batch,
            convention=convention,
            limits=raised_limits(self.limit),
        )

    def asked(self, model: Model) -> Asked:
        """What a command says of all its targets. Raises UsageError."""
        from cnncalc.checks.targets import Asked

        return Asked(
            tuple(self.input),
            settings(self.set),
            self.batch,
            model.kwargs,
            limits=raised_limits(self.limit),
            debug=model.debug,
        )


class Model(NamedTuple):
    """What goes with a PyTorch model as a target."""

    kwargs: str | None = typer.Option(
        None, "--kwargs", metavar="JSON", help="Arguments for a PyTorch class or function."
    )
    debug: bool = typer.Option(False, "--debug", help="Show the whole traceback of what fails in a PyTorch model.")


class Destination(NamedTuple):
    """Where a text goes that can be a file."""

    output: str | None = typer.Option(
        None, "-o", "--output", metavar="FILE", help="Write to a file instead of standard output."
    )
    force: bool = typer.Option(False, "--force", help="Write over a file that is there.")

    def refuse_to_lose(self) -> None:
        """Raises UsageError, before any work is done, if the file may not be written."""
        from cnncalc.files import refuse_to_lose

        if self.output is not None:
            refuse_to_lose(Path(self.output), self.force)

    def result(self, text: str, notes: Sequence[str] = ()) -> Result:
        """A text for the file, or for standard output."""
        return (
            Result(text, notes=notes) if self.output is None else Result("", notes=notes, files=[(self.output, text)])
        )


def settings(values: Sequence[str]) -> dict[str, str]:
    """`--set NAME=VALUE` as a dictionary. Raises UsageError."""
    return dict(_pair("--set", value) for value in values)


def raised_limits(values: Sequence[str]) -> dict[str, int]:
    """`--limit NAME=VALUE` as a dictionary. Raises UsageError."""
    from cnncalc.language.text.limits import Limits

    found = {}
    for text in values:
        name, value = _pair("--limit", text)
        Limits({name: 0})  # refuses a name that there is not
        if not value.isdecimal() or len(value) > 15:
            raise UsageError(Diagnostic("bad-limit", f"the limit {name} is a whole number, not {value}"))
        found[name] = int(value)
    return found


def _pair(option: str, text: str) -> tuple[str, str]:
    name, equals, value = text.partition("=")
    if not equals or not name.strip():
        raise UsageError(Diagnostic("bad-option", f"{option} takes NAME=VALUE, not {text}"))
    return name.strip(), value.strip()
