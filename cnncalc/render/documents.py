"""The documents, as they travel with the package."""

from __future__ import annotations

import re
from pathlib import Path

from cnncalc.codes import codes, folder
from cnncalc.diagnostics import Diagnostic, UsageError, listed, nearest
from cnncalc.render import Options
from cnncalc.render.columns import sentence
from cnncalc.render.style import styled


def topics() -> dict[str, Path]:
    """Each document by its name."""
    return {path.stem: path for path in sorted(folder().glob("*.md"))}


MORE = (
    "cnncalc help TOPIC shows one, cnncalc help COMMAND the options of a command, "
    "cnncalc rule CODE what a message means, and cnncalc layers NAME a layer."
)


def topics_text(options: Options) -> str:
    """The topics, each with the title of its document."""
    found = topics()
    width = max(map(len, found))
    lines = [styled("topics", "bold", options.colour)]
    lines += [f"  {name:<{width}}  {_title(path)}" for name, path in found.items()]
    lines += ["", *sentence("", MORE, options.width)]
    return "\n".join(lines) + "\n"


def _title(path: Path) -> str:
    with open(path, encoding="utf-8") as file:
        return next((line.lstrip("# ").strip() for line in file if line.startswith("# ")), "")


def topic_text(name: str, options: Options) -> str:
    """A document, its paragraphs as wide as a terminal. Raises UsageError for one that there is not."""
    found = topics()
    path = found.get(name.lower().removesuffix(".md"))
    if path is None:
        from cnncalc.layers import find

        near = nearest(name, list(found))
        hint = f"did you mean {near[0]}?" if near else "`cnncalc help topics` lists them"
        if find(name) is not None:
            hint = f"`cnncalc layers {name}` shows the layer"
        elif name.lower() in codes():
            hint = f"`cnncalc rule {name.lower()}` says what it means"
        raise UsageError(Diagnostic("unknown-topic", f"there is no topic {name}", hint=hint))
    text = path.read_text(encoding="utf-8")
    return "\n".join(flowed(text.splitlines(), options.width)) + "\n" if options.wrap else text


_BEGINS = re.compile(r"\s*(?:[-*]|\d+\.)\s")  # an item of a list


def flowed(lines: list[str], width: int) -> list[str]:
    """The lines of a document with its paragraphs and items filled anew. Code, tables and headings stay."""
    made: list[str] = []
    held = ""  # the paragraph that goes on
    code = False

    def let_go() -> None:
        nonlocal held
        if held:
            item = _BEGINS.match(held)
            made.extend(sentence(item[0] if item else "", held[item.end() if item else 0 :], width))
        held = ""

    for line in lines:
        fence = line.lstrip().startswith("```")
        if code or fence or not line.strip() or line.startswith(("#", "|")) or _BEGINS.match(line):
            let_go()
        if code or fence or not line.strip() or line.startswith(("#", "|")):
            made.append(line)
            code = code != fence
        else:
            held = f"{held} {line.strip()}" if held else line
    let_go()
    return made


def rule_text(code: str, options: Options) -> str:
    """What a message with a code means. Raises UsageError for a code that there is not."""
    found = codes()
    bare = code.strip("[]").rpartition("[")[2].lower()
    if bare not in found:
        near = nearest(bare, list(found))
        hint = f"did you mean {near[0]}?" if near else "`cnncalc rule` lists all"
        raise UsageError(Diagnostic("unknown-rule", f"no message has the code {code}", hint=hint))
    kinds, text = found[bare]
    head = f"{styled(bare, 'bold', options.colour)}  {listed(kinds, 'or')}"
    lines = [head, "", *sentence("", text, options.width)]
    if "warning" in kinds:
        said = f"--ignore {bare} leaves it out of a check, and --deny {bare} has it fail; "
        said += f"a spec that means it says so: allow: {{{bare}: its reason}}"
        lines += ["", *sentence("", said, options.width)]
    lines += ["", *sentence("", "cnncalc help errors has all of them, and the form of every message.", options.width)]
    return "\n".join(lines) + "\n"


def rules_text(options: Options) -> str:
    """Every code with what it means."""
    found = codes()
    width = max(map(len, found))
    lines: list[str] = []
    for kind in dict.fromkeys(kind for code in found.values() for kind in code.kinds):
        lines += [*([""] if lines else []), styled(f"{kind}s", "bold", options.colour)]
        for name, code in found.items():
            if kind in code.kinds:
                lines += sentence(f"  {name:<{width}}  ", code.text, options.width)
    return "\n".join(lines) + "\n"
