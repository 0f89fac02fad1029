"""The entry point: finds the command, and turns every failure into a message and an exit code."""

from __future__ import annotations

import errno
import gc
import os
import sys
from importlib import import_module
from typing import Any, NoReturn

# Loading makes objects that stay. Looking for garbage among them costs 5 ms of a start of 80 ms.
gc.disable()

import typer  # noqa: E402
from typer.core import TyperGroup  # noqa: E402
from typer.main import get_command  # noqa: E402

from cnncalc.cli.command import fail, runnable  # noqa: E402
from cnncalc.cli.exits import FINE, WRONG_SPEC, WRONG_USAGE, leave, leave_pipe  # noqa: E402
from cnncalc.discovery import module_names  # noqa: E402


def command_names() -> list[str]:
    """The commands, which are the files in `commands`."""
    return [name.removesuffix("_") for name in module_names("cnncalc.cli.commands")]


class Commands(TyperGroup):
    """Commands that are loaded when they are called."""

    def list_commands(self, ctx: Any) -> list[str]:
        return command_names()

    def get_command(self, ctx: Any, cmd_name: str) -> Any:
        if cmd_name not in command_names():
            return None
        module = import_module(f"cnncalc.cli.commands.{'import_' if cmd_name == 'import' else cmd_name}")
        app = typer.Typer(add_completion=False, pretty_exceptions_enable=False)
        app.command(cmd_name, rich_help_panel=module.PANEL)(runnable(module.command))
        return get_command(app)


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
    version: bool = typer.Option(False, "--version", callback=_version, is_eager=True, help="Show the version."),
) -> None:
    """Output sizes, parameters, MACs and FLOPs of neural networks, without torch.

    `cnncalc SPEC` is short for `cnncalc calc SPEC`:

    \b
    cnncalc "3x224x224 -> conv 64 k7 s2 p3 -> bn -> relu -> maxpool 3 s2 p1"
    cnncalc "3xHxW -> nn.Conv2d(3, 16, kernel_size=3) -> nn.MaxPool2d(2)"
    cnncalc zoo:resnet50 --depth 1
    """


def refuse_loose_words(words: list[str]) -> None:
    """Say what is wrong where a command is misspelt, or a spec stands without quotes.

    The shell takes the `>` of an arrow that is not quoted, and leaves a `-` between the words.
    """
    first, second = words[0], words[1] if len(words) > 1 else ""
    an_option = second.startswith("-") and second != "-" and not second.startswith("->")
    if not first.startswith("->") and (first.startswith("-") or not second or an_option):
        return
    from cnncalc.cli.usage import wants_json
    from cnncalc.diagnostics import Diagnostic, UsageError, nearest

    json = wants_json(words)

    near = nearest(first, command_names())
    if first.isalpha() and near:
        fail(
            UsageError(Diagnostic("unknown-command", f"there is no command {first}", hint=f"did you mean {near[0]}?")),
            json,
        )
    if first.startswith("->"):
        fail(
            UsageError(Diagnostic("no-input", "the spec does not say what comes in", hint='write "3x224x224 -> ..."')),
            json,
        )
    message = "a spec is one argument, but several words are given"
    hint = 'put it in quotes: "3x224x224 -> conv 64 k7"; without them, the shell takes the > for itself'
    fail(UsageError(Diagnostic("several-words", message, hint=hint)), json)


def program() -> int:
    """The whole command line; what is no command is a spec for `calc`, which then is all there is."""
    words = sys.argv[1:]
    if words[:1] == ["help"] and not os.path.exists("help"):
        words = [*words[1:2], "--help"]
    if not words:
        app(prog_name="cnncalc")  # shows the help page, and ends with 2
    if words[0] in ("--help", "-h", "--version") or words[0] in command_names():
        return called(app, words)
    refuse_loose_words(words)
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
