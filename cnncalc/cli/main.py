"""The entry point: finds the command, and turns every failure into a message and an exit code."""

from __future__ import annotations

import errno
import gc
import inspect
import os
import sys
from importlib import import_module
from typing import Any, NoReturn

# Loading makes objects that stay. Looking for garbage among them costs 5 ms of a start of 80 ms.
gc.disable()

import typer.core  # noqa: E402
from typer.core import TyperGroup  # noqa: E402
from typer.main import get_command  # noqa: E402

from cnncalc.cli.command import fail, runnable  # noqa: E402
from cnncalc.cli.command_names import command_names  # noqa: E402
from cnncalc.cli.exits import FINE, WRONG_SPEC, WRONG_USAGE, leave, leave_pipe  # noqa: E402

PANELS = ("Figures", "Planning", "Guard", "PyTorch", "Reference")  # of the help page, in their order


class Commands(TyperGroup):
    """Commands that are loaded when they are called."""

    def list_commands(self, ctx: Any) -> list[str]:
        of = {name: command_module(name).PANEL for name in command_names()}
        return sorted(of, key=lambda name: [*PANELS, of[name]].index(of[name]))

    def get_command(self, ctx: Any, cmd_name: str) -> Any:
        if cmd_name not in command_names():
            return None
        module = command_module(cmd_name)
        app = typer.Typer(add_completion=False, pretty_exceptions_enable=False)
        app.command(cmd_name, rich_help_panel=module.PANEL)(runnable(module.command))
        made = get_command(app)
        made.help = flowed(made.help or "")
        return made

    def format_help(self, ctx: Any, formatter: Any) -> None:
        self.help = flowed(self.help or "")
        super().format_help(ctx, formatter)

    def shell_complete(self, ctx: Any, incomplete: str) -> list[Any]:
        """Commands, and specs, as a bare spec is one for `calc`."""
        from cnncalc.cli.completion import items

        return items(super().shell_complete(ctx, incomplete), incomplete)


def flowed(text: str) -> str:
    """A help text whose paragraphs are one line each, as Rich keeps the ends of lines, and has no mark for examples."""
    if not getattr(typer.core, "HAS_RICH", False):
        return text
    paragraphs = inspect.cleandoc(text).split("\n\n")
    return "\n\n".join(
        part.removeprefix("\b\n") if part.startswith("\b") else part.replace("\n", " ") for part in paragraphs
    )


def command_module(name: str) -> Any:
    """The file of a command."""
    return import_module(f"cnncalc.cli.commands.{'import_' if name == 'import' else name}")


def _version(show: bool) -> None:
    if show:
        from cnncalc import __version__

        typer.echo(f"cnncalc {__version__}")
        raise typer.Exit


FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EIO)  # what a file that takes no more says
HELP_NAMES = {"help_option_names": ["-h", "--help"]}

app = typer.Typer(
    cls=Commands,
    add_completion=False,
    pretty_exceptions_enable=False,
    no_args_is_help=True,
    context_settings=HELP_NAMES,
)


@app.callback()
def main(
    version: bool = typer.Option(False, "-V", "--version", callback=_version, is_eager=True, help="Show the version."),
) -> None:
    """Output sizes, parameters, MACs and FLOPs of neural networks, without torch.

    `cnncalc SPEC` is short for `cnncalc calc SPEC`:

    \b
    cnncalc "3x224x224 -> conv 64 k7 s2 p3 -> bn -> relu -> maxpool 3 s2 p1"
    cnncalc "3xHxW -> nn.Conv2d(3, 16, kernel_size=3) -> nn.MaxPool2d(2)"
    cnncalc zoo:resnet50 --depth 1

    `cnncalc help topics` lists the documents, `cnncalc rule CODE` says what a
    message means, and `cnncalc --install-completion` has the shell complete
    commands, networks and layers.
    """


def with_completion() -> typer.Typer:
    """The whole command line, with what shells ask of it. Its own part of Typer takes time to load."""
    whole = typer.Typer(cls=Commands, pretty_exceptions_enable=False, context_settings=HELP_NAMES)
    whole.callback()(main)
    return whole


def refuse_loose_words(words: list[str]) -> None:
    """Say what is wrong where a command is misspelt, or a spec is written without quotes.

    The shell takes the `>` of an arrow that is not quoted, and leaves a `-` between the words.
    """
    first, second = words[0], words[1] if len(words) > 1 else ""
    an_option = second.startswith("-") and second != "-" and not second.startswith("->")
    if not first.startswith("->") and (first.startswith("-") or not second or an_option):
        return
    from cnncalc.cli.usage import wants_json
    from cnncalc.diagnostics import Diagnostic, UsageError, nearest

    json = wants_json(words)

    from cnncalc.language.text.synonyms import COMMANDS

    hint = ""
    if (meant := COMMANDS.get(first.lower())) is not None:
        hint = f"write `cnncalc {meant.replace('SPEC', as_spec(words[1:]))}`"
    elif first.isalpha() and (near := nearest(first, command_names())):
        hint = f"did you mean {near[0]}?"
    if hint:
        fail(UsageError(Diagnostic("unknown-command", f"there is no command {first}", hint=hint)), json)
    given = any(word in ("-i", "--input") or word.startswith("--input=") for word in words)
    if first.startswith("->") and not given:
        fail(
            UsageError(Diagnostic("no-input", "the spec does not say what comes in", hint='write "3x224x224 -> ..."')),
            json,
        )
    if first.startswith("->"):
        return
    message = "a spec is one argument, but several words are given"
    hint = 'put it in quotes: "3x224x224 -> conv 64 k7"; without them, the shell takes the > for itself'
    fail(UsageError(Diagnostic("several-words", message, hint=hint)), json)


def as_spec(words: list[str]) -> str:
    """Words of the command line as they are written again, the name of a network of the zoo as its spec."""
    import shlex

    from cnncalc.language.text.zoo_files import zoo_names

    return shlex.join([f"zoo:{word}" if word in zoo_names() and not os.path.exists(word) else word for word in words])


def program() -> int:
    """The whole command line; what is no command is a spec for `calc`, which then is all there is."""
    words = sys.argv[1:]
    a_spec = words[:1] == ["help"] and os.path.exists("help")  # a file of that name
    if words[:1] == ["help"] and not a_spec and (not words[1:] or words[1] in command_names()):
        words = [*words[1:2], "--help"]
    if "_CNNCALC_COMPLETE" in os.environ or words[:1] in (["--install-completion"], ["--show-completion"]):
        from cnncalc.cli.completion import prepare

        prepare()
        return called(with_completion(), words)
    if not words:
        app(prog_name="cnncalc")  # shows the help page, and ends with 2
    if words[0] in ("--help", "-h", "--version", "-V") or (words[0] in command_names() and not a_spec):
        return called(app, words)
    refuse_loose_words(words)
    words = [word[2:].lstrip() if word.startswith("-> ") else word for word in words]  # which is no option
    from cnncalc.cli.commands import calc

    alone = typer.Typer(add_completion=False, pretty_exceptions_enable=False, context_settings=HELP_NAMES)
    alone.command()(runnable(calc.command))
    return called(alone, words)


def called(program: typer.Typer, words: list[str]) -> int:
    """Call a program; wrong usage that Typer finds is said as every other."""
    try:
        code = program(args=words, prog_name="cnncalc", standalone_mode=False)
    except Exception as error:
        # Typer brings its own Click or takes another's, so that the classes are known by what they have.
        if not hasattr(error, "format_message"):
            raise
        from cnncalc.cli.usage import wrong_usage

        wrong_usage(error, words)
    return code if isinstance(code, int) else FINE


def run() -> NoReturn:
    """The console script."""
    code = WRONG_SPEC
    # A stream that was closed before is None.
    sys.stdout = sys.stdout or open(os.devnull, "w")  # noqa: SIM115
    sys.stderr = sys.stderr or open(os.devnull, "w")  # noqa: SIM115
    try:
        code = _run()
        sys.stdout.flush()
    except BrokenPipeError:
        # Who reads has seen enough. Python would complain when it closes what is left.
        leave_pipe(sys.stdout)
        code = FINE
    except KeyboardInterrupt:
        code = 130
    except Exception as error:
        if os.environ.get("CNNCALC_DEBUG"):
            raise
        if isinstance(error, OSError) and error.errno in FULL:
            leave_pipe(sys.stdout)
            sys.stderr.write(f"error[cannot-write]: the output cannot be written: {str(error.strerror).lower()}\n")
            leave(WRONG_USAGE)
        sys.stderr.write(
            f"error[internal]: cnncalc failed on this input: {type(error).__name__}: {error}\n"
            "  = hint: this is a bug in cnncalc; CNNCALC_DEBUG=1 shows where\n"
        )
    leave(code)


def _run() -> int:
    for stream in (sys.stdout, sys.stderr):
        # A terminal that lacks a character gets its escape rather than an error.
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="backslashreplace")
    try:
        gc.freeze()
        gc.enable()
        gc.set_threshold(100_000, 20, 100)
        return program()
    except typer.Exit as end:
        return end.exit_code
    except SystemExit as end:
        if isinstance(end.__context__, BrokenPipeError):
            # Rich and Typer turn a pipe that closes into an exit with 1: amid a help page, or amid an error.
            return FINE if end.__context__.__context__ is None else WRONG_USAGE
        return end.code if isinstance(end.code, int) else FINE
