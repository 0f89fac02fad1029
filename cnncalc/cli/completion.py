"""What a shell offers at the tab key, by Typer's own means; loaded only while a shell asks.

bash takes a colon for the end of a word, so that what it has cut is put together again before Typer sees it.
"""

from __future__ import annotations

import os
from importlib import import_module
from typing import Any

VARIABLE = "_CNNCALC_COMPLETE"
ARGUMENTS = "_TYPER_COMPLETE_ARGS"
_cut = ""  # what bash holds for an earlier word, and does not replace


def joined(words: str, at: int) -> tuple[str, int, str]:
    """The words of a command as bash has them, with `zoo : res` as `zoo:res`; and what comes before the last colon.

    >>> joined("cnncalc zoo : res", 3)
    ('cnncalc zoo:res', 1, 'zoo:')
    """
    found: list[str] = []
    index, number, glued = 0, 0, False
    for i, word in enumerate(words.split(" ")):
        if (word == ":" or glued) and found:
            found[-1] += word
        else:
            found.append(word)
        glued = word == ":"
        if i == at:
            number = len(found) - 1
        index = i
    if at > index:  # an empty word, which was not written
        if glued:
            number = len(found) - 1
        else:
            found.append("")
            number = len(found) - 1
    current = found[number]
    return " ".join(found), number, current[: current.rfind(":") + 1]


def prepare() -> None:
    """Put together what bash has cut at colons."""
    global _cut
    if os.environ.get(VARIABLE, "").endswith("_bash") and os.environ.get("COMP_CWORD", "").isdecimal():
        words, at, _cut = joined(os.environ.get("COMP_WORDS", ""), int(os.environ["COMP_CWORD"]))
        if at > 1 and (longer := with_command(words)) != words:
            words, at = longer, at + 1
        os.environ["COMP_WORDS"], os.environ["COMP_CWORD"] = words, str(at)
    elif ARGUMENTS in os.environ:  # zsh and fish give the whole line
        os.environ[ARGUMENTS] = with_command(os.environ[ARGUMENTS])


def with_command(words: str) -> str:
    """The words of a command, with the `calc` that a bare spec leaves out; as they are while the first is written.

    >>> with_command("cnncalc zoo:vgg16 --dep")
    'cnncalc calc zoo:vgg16 --dep'
    """
    from cnncalc.discovery import module_names

    program, _, rest = words.partition(" ")
    first, space, _ = rest.partition(" ")
    known = [name.removesuffix("_") for name in module_names("cnncalc.cli.commands")]
    return f"{program} calc {rest}" if space and first and first[0] != "-" and first not in known else words


def items(commands: list[Any], incomplete: str) -> list[Any]:
    """What comes first on a line: commands, and after them specs."""
    made = _item_class()
    return [*commands, *(made(name) for name in specs(incomplete))] if incomplete else commands


def _item_class() -> Any:
    """Typer brings its own Click, or takes the one that is installed."""
    try:
        return import_module("typer._click.shell_completion").CompletionItem
    except ImportError:
        return import_module("click.shell_completion").CompletionItem


def _offered(names: list[str], start: str) -> list[str]:
    return [name.removeprefix(_cut) for name in names if name.startswith(start)]


def specs(incomplete: str) -> list[str]:
    """Networks of the zoo, and the specs of the folder."""
    from cnncalc.language.endings import suffixes
    from cnncalc.zoo.catalog import stored

    names = [f"zoo:{entry.name}" for entry in stored()]
    folder = os.path.dirname(incomplete)
    try:
        files = sorted(os.listdir(folder or "."))
    except OSError:
        files = []
    paths = [os.path.join(folder, file) for file in files]
    inside = [path + os.sep if os.path.isdir(path) else path for path in paths]
    return _offered([*names, *(path for path in inside if path.endswith((*suffixes(), os.sep)))], incomplete)


def networks(incomplete: str) -> list[str]:
    """Networks of the zoo by their names."""
    from cnncalc.zoo.catalog import stored

    return _offered([entry.name for entry in stored()], incomplete)


def layer_names(incomplete: str) -> list[str]:
    """Layers by all their names."""
    from cnncalc.layers.registry import names

    return _offered(sorted(names()), incomplete)


def layer_paths(ctx: Any, incomplete: str) -> list[str]:
    """The layers of the spec that comes before, and the levels around them."""
    from cnncalc import CnncalcError, parse

    try:
        graph = parse(ctx.params.get("spec") or "")
    except CnncalcError:
        return []
    paths: dict[str, None] = {}
    for node in graph.nodes:
        parts = node.path.split(".")
        paths.update(dict.fromkeys(".".join(parts[:i]) for i in range(1, len(parts) + 1)))
    return _offered(list(paths), incomplete)


def topics(incomplete: str) -> list[str]:
    """Documents and commands."""
    from cnncalc.discovery import module_names
    from cnncalc.render.documents import topics as documents

    commands = [name.removesuffix("_") for name in module_names("cnncalc.cli.commands")]
    return _offered([*documents(), *commands], incomplete)


def codes(incomplete: str) -> list[str]:
    """The codes of messages."""
    from cnncalc.codes import codes as every

    return _offered(list(every()), incomplete)


def column_names(incomplete: str) -> list[str]:
    """The columns of the table, after those that are named already."""
    from cnncalc.render.table_columns import COLUMNS

    before = incomplete[: incomplete.rfind(",") + 1]
    return _offered([f"{before}{name}" for name in COLUMNS], incomplete)
