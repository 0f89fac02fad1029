"""What Typer says of a command that is wrong, in the words and the form of every other message."""

from __future__ import annotations

import re
from typing import Any, NoReturn

from cnncalc.cli.command import fail
from cnncalc.cli.command_names import command_names
from cnncalc.diagnostics import Diagnostic, UsageError, nearest

_OF = r"Invalid value for '(?:.* / )?([^']*)': "
SENTENCES = [
    (r"No such option: (\S+).*", "there is no option {}"),
    (r"Option '(.*)' requires (?:an argument|\d+ arguments).*", "the option {} needs a value"),
    (r"Option '(.*)' does not take a value.*", "the option {} takes no value"),
    (r"Missing argument '?\[?([^'\]]*).*", "the argument {} is missing"),
    (_OF + r"'?(.*?)'? is not a valid int(?:eger)?(?: range)?.*", "{} takes a whole number, not {}"),
    (_OF + r"(\S+) is not in the range x>=(\d+).*", "{0} is at least {2}, not {1}"),
    (r"Got unexpected extra arguments?(?:\(s\))? \((.*)\)", "there is one argument too many: {}"),
]
"""What Click says, and what is said of it."""


def wrong_usage(error: Any, words: list[str]) -> NoReturn:
    """Say what is wrong with a command, and end with 2."""
    text = " ".join(error.format_message().split())
    message = f"{text[:1].lower()}{text[1:].rstrip('.')}"
    for pattern, sentence in SENTENCES:
        if found := re.fullmatch(pattern, text):
            message = sentence.format(*found.groups())
            break
    context = getattr(error, "ctx", None)
    options = [name for given in context.command.params for name in given.opts] if context else []
    unknown = getattr(error, "option_name", None)
    near = nearest(unknown, options) if unknown is not None and unknown not in options else []
    command = words[0] if words[0] in command_names() else "calc"
    hint = meant(command, unknown, words) or f"`cnncalc {command} --help` shows what there is"
    hint = f"did you mean {near[0]}?" if near else hint
    fail(UsageError(Diagnostic("bad-option", message, hint=hint)), wants_json(words))


def meant(command: str, unknown: str | None, words: list[str]) -> str | None:
    """What may be meant by an option that there is not, or by an argument too many."""
    if unknown is None:
        file = words[-1]
        return f"write -o {file}" if command in ("draw", "import") and re.search(r"\.\w{2,4}$", file) else None
    if unknown in ("--output", "-o", "--out", "--save"):
        return "`cnncalc draw SPEC -o FILE.svg` draws it, and > FILE keeps what is printed"
    if unknown.strip("-") in ("shape", "size", "input-size", "input-shape", "image-size", "img-size", "imgsz"):
        return "write -i 3x224x224"
    value = words[words.index(unknown) + 1] if unknown in words[:-1] else ""
    if re.fullmatch(r"--?([A-Z]\d*|width|height|classes|num_classes|channels)", unknown) and re.fullmatch(
        r"[\d.]+", value
    ):
        return f"open sizes and arguments are set by --set {unknown.strip('-')}={value}"
    return None


def wants_json(words: list[str]) -> bool:
    """Does a command ask for JSON?"""
    pairs = zip(words, [*words[1:], ""])
    return any(
        word in ("--json", "--format=json") or (word in ("--format", "--report") and value == "json")
        for word, value in pairs
    )
