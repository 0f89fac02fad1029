"""The options that several commands have, each stated once, and what they come to.

A group of them is one argument of a command: a keyword whose type is one of the classes below. `cnncalc.cli.command`
hands its fields to Typer one by one.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

from cnncalc.analysis.conventions import convention_names
from cnncalc.cli.command import Result
from cnncalc.diagnostics import Diagnostic, UsageError, listed
from cnncalc.named_tuples import NamedTuple

if TYPE_CHECKING:
    from cnncalc.analysis.memory.report import MemoryOptions
    from cnncalc.analysis.trace import Report
    from cnncalc.checks.targets import RunSettings
    from cnncalc.graph import Expected, Graph
    from cnncalc.models.model import ModelOptions
    from cnncalc.render.selection import Selection


def offered(name: str) -> Callable[[typer.Context, str], list[str]]:
    """What `cnncalc.cli.completion` offers at the tab key, which is loaded only there."""

    def complete(ctx: typer.Context, incomplete: str) -> list[str]:
        from cnncalc.cli import completion

        found: list[str] = (
            getattr(completion, name)(ctx, incomplete)
            if name == "layer_paths"
            else getattr(completion, name)(incomplete)
        )
        return found

    return complete


SPEC_HELP = "A line of text, a file, - for standard input, zoo:NAME, or a PyTorch model, FILE.py:NAME."


def offered_specs(ctx: Any, param: Any, incomplete: str) -> list[str]:
    """Specs at the tab key, as Click itself asks for them."""
    return offered("specs")(ctx, incomplete)


SPEC: Any = typer.Argument(
    ...,
    metavar="SPEC",
    help=SPEC_HELP,
    show_default=False,
    # `autocompletion` would drop what does not begin with the whole word, of which bash holds a part already.
    shell_complete=offered_specs,
)
CONVENTION: Any = typer.Option(
    "torch", "--convention", metavar="C", help=f"By whose rules FLOPs count: {listed(convention_names(), 'or')}."
)
JSON: Any = typer.Option(False, "--json", help="JSON instead of text.")
SHORT_JSON: Any = typer.Option(False, "--json", help="Short for --format json.")


def format_option(names: Sequence[str], usual: str) -> Any:
    """`--format`, with the formats that there are on the help page."""
    return typer.Option(usual, "--format", metavar="F", help=f"How to write: {listed(list(names), 'or')}.")


def format_by_ending(names: Sequence[str], usual: str) -> Any:
    """`--format` of a command with `-o FILE`, whose ending says the format where the option does not."""
    said = f"How to write: {listed(list(names), 'or')}. Default: as the file of -o ends, or {usual}."
    return typer.Option("", "--format", metavar="F", help=said, show_default=False)


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

    def report(
        self,
        spec: str,
        convention: str = "torch",
        model: Model | None = None,
        resources: Resources | None = None,
    ) -> Report:
        """The figures of a spec. Raises CnncalcError."""
        from cnncalc import calc

        return calc(
            spec,
            input=self.input,
            set=settings(self.set),
            batch=self.batch,
            convention=convention,
            limits=raised_limits(self.limit),
            **({} if model is None else model.of_call()),
            **({} if resources is None else resources._asdict()),
        )

    def graph(self, spec: str, choice: Mapping[str, str], model: Model) -> Graph:
        """The graph of a spec, with a choice of values over what is set. Raises CnncalcError."""
        from cnncalc import parse
        from cnncalc.planning.sweep import of_choice

        return parse(
            spec,
            input=self.input,
            **of_choice(settings(self.set), self.batch, choice),
            limits=raised_limits(self.limit),
            **model.of_call(),
        )

    def asked(self, model: Model) -> RunSettings:
        """What a command says of all its targets. Raises UsageError."""
        from cnncalc.checks.targets import RunSettings

        return RunSettings(
            tuple(self.input),
            settings(self.set),
            self.batch,
            model.arguments(),
            limits=raised_limits(self.limit),
            torch=model.torch,
            method=model.call,
            debug=model.debug,
        )


class Wishes(NamedTuple):
    """What is wanted of a network."""

    expect: list[str] = typer.Option([], "--expect", metavar="NAME=VALUE", help="What has to be found: params=<=5M.")
    expect_output: str | None = typer.Option(None, "--expect-output", metavar="SHAPE", help="The output shape.")
    max_params: str | None = typer.Option(None, "--max-params", metavar="N", help="At most so many params: 5M.")
    max_macs: str | None = typer.Option(None, "--max-macs", metavar="N", help="At most so many MACs: 300M.")
    max_flops: str | None = typer.Option(None, "--max-flops", metavar="N", help="At most so many FLOPs.")
    max_activations: str | None = typer.Option(None, "--max-activations", metavar="N", help="At most so many.")

    max_memory: str | None = typer.Option(None, "--max-memory", metavar="N", help="At most so many bytes: 24G, 8GiB.")

    def expected(self) -> tuple[Expected, ...]:
        """All of it as conditions. Raises UsageError."""
        from cnncalc.analysis.wanted import LIMITS, conditions

        limits = {name: getattr(self, f"max_{name}") for name in LIMITS}
        return conditions(self.expect, self.expect_output, limits)


MEMORY: Any = typer.Option(
    None, "--memory", metavar="MODE", help="Bytes as well: infer, or train with what the backward pass needs."
)
DTYPE: Any = typer.Option(
    None, "--dtype", metavar="T", help="The type of parameters: float32, float16, bfloat16 (bf16) or float64; or amp."
)
OPTIMIZER: Any = typer.Option(
    None,
    "--optimizer",
    metavar="O",
    help="With --memory train: none, sgd, momentum, adam, adamw, adafactor or lion. Default: adam.",
)


class Footprint(NamedTuple):
    """Which memory is meant where memory is wanted: that in use, unless something else is said."""

    memory: str | None = MEMORY
    dtype: str | None = DTYPE
    optimizer: str | None = OPTIMIZER

    def asked(self) -> MemoryOptions | None:
        """What is said of it; None where nothing is. Raises UsageError."""
        from cnncalc.analysis.memory.report import meant

        return meant(*self)


class Resources(NamedTuple):
    """What is asked of the machine that a network runs on."""

    memory: str | None = MEMORY
    dtype: str | None = DTYPE
    optimizer: str | None = OPTIMIZER
    device: str | None = typer.Option(None, "--device", metavar="NAME", help="The least time on it: a100-40gb.")
    peak: str | None = typer.Option(None, "--peak", metavar="N", help="The same by operations a second: 19.5T.")
    bandwidth: str | None = typer.Option(None, "--bandwidth", metavar="N", help="And bytes a second: 1555G.")
    devices: str | None = typer.Option(None, "--devices", metavar="FILE", help="A file of more devices.")


class Shown(NamedTuple):
    """Which rows and columns of a table are shown."""

    depth: int | None = typer.Option(
        None, "--depth", min=1, metavar="N", help="Levels to show. Default: as many as can be read at once."
    )
    columns: str = typer.Option(
        "",
        "--columns",
        metavar="NAMES",
        help="Columns to show: layer,output,macs%; or +flops,-type beside the usual.",
        autocompletion=offered("column_names"),
    )
    filter: list[str] = typer.Option(
        [], "--filter", metavar="WHAT", help="Only such rows: conv, layer3.*, params>=1M. Several hold together."
    )
    sort: str = typer.Option("", "--sort", metavar="FIGURE", help="Rows in this order; -macs for the largest first.")
    top: int | None = typer.Option(None, "--top", min=1, metavar="N", help="At most so many rows.")

    def selection(self, format: str) -> Selection:
        """What is asked for. Raises UsageError, also where the format has everything."""
        from cnncalc.render.selection import Selection

        asked = Selection(self.columns, tuple(self.filter), self.sort, self.top)
        if format == "json" and asked != Selection():
            message = "--columns, --filter, --sort and --top are for tables; JSON has everything"
            raise UsageError(Diagnostic("bad-option", message, hint="--format csv"))
        asked.check()
        return asked


class Model(NamedTuple):
    """What goes with a PyTorch model as a target."""

    kwargs: str | None = typer.Option(
        None, "--kwargs", metavar="JSON", help="Arguments for a PyTorch class or function; or as Python writes them."
    )
    torch: bool = typer.Option(False, "--torch", help="Read a PyTorch model with torch itself.")
    call: str = typer.Option("forward", "--call", metavar="METHOD", help="A method of a PyTorch model to run.")
    debug: bool = typer.Option(False, "--debug", help="Show the whole traceback of what fails in a PyTorch model.")

    def asked(self, **more: Any) -> ModelOptions:
        """What is asked of a model, beside what goes in."""
        from cnncalc.models.model import ModelOptions

        return ModelOptions(self.arguments(), self.torch, self.call, **more)

    def arguments(self) -> dict[str, Any] | None:
        """What --kwargs gives. Raises UsageError."""
        if self.kwargs is None:
            return None
        from cnncalc.source.target import kwargs_of

        return kwargs_of(self.kwargs)

    def of_call(self) -> dict[str, Any]:
        """What is asked of a model, as `cnncalc.calc` takes it. Raises UsageError."""
        return {"kwargs": self.arguments(), "torch": self.torch, "call": self.call}


OF_ENDING = {"md": "markdown", "htm": "html"}
"""Formats that files do not end with by their own names."""


class Destination(NamedTuple):
    """Where a text goes that can be a file."""

    output: str | None = typer.Option(
        None, "-o", "--output", metavar="FILE", help="Write to a file instead of standard output."
    )
    force: bool = typer.Option(False, "--force", help="Write over a file that is there.")

    def refuse_to_lose(self) -> None:
        """Raises UsageError, before any work is done, if the file may not be written."""
        if self.output is not None:
            from cnncalc.files import refuse_to_lose

            refuse_to_lose(Path(self.output), self.force)

    def format(self, asked: str, names: Sequence[str], usual: str) -> str:
        """The format that is asked for, or that the file's ending says. Raises UsageError if there is none such."""
        from cnncalc.render import check_choice

        if asked:
            check_choice(asked, names)
            return asked
        ending = "" if self.output is None else Path(self.output).suffix.lower().removeprefix(".")
        found = OF_ENDING.get(ending, ending)
        return found if found in names else usual

    def result(self, text: str | Iterable[str], notes: Sequence[str] = ()) -> Result:
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
