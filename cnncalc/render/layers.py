"""The registry as text and as data."""

from __future__ import annotations

import inspect
from typing import Any

from cnncalc.analysis.trace import plain, trace
from cnncalc.layers import Family, Found, Layer, families, find
from cnncalc.layers.base import REQUIRED, Argument, dims_text
from cnncalc.layers.kinds import said
from cnncalc.render import Options
from cnncalc.render.formats.table import figure
from cnncalc.render.style import columns, styled
from cnncalc.spec.read import read


def aliases(family: Family, ndim: int | None) -> list[str]:
    """The other names of a member: of its own, and those that it shares with its family."""
    stem = family.name.removesuffix("{n}d")
    own = find(stem)
    shared = [*([stem] if family.dims and own and own.family is family else []), *family.aliases, *family.presets]
    return [*(f"{alias}{ndim}d" for alias in family.aliases if family.dims), *shared]


def layer_entries(found: Found | None) -> list[dict[str, Any]]:
    """Every layer, or the one that was found, as the JSON has it."""
    shown = families() if found is None else [found.family]
    return [
        {
            "name": member.name,
            "aliases": aliases(family, member.ndim),
            "torch": member.torch,
            "arguments": [argument_entry(argument) for argument in member.arguments.values()],
        }
        for family in shown
        for member in family.members
        if found is None or found.ndim in (None, member.ndim)
    ]


def argument_entry(argument: Argument) -> dict[str, Any]:
    """One argument. Without a default, `required` says so; `inferred` is read off the input."""
    default = None if argument.default is REQUIRED else plain(argument.default)
    return {
        "name": argument.name,
        "short": argument.short or None,
        "kind": argument.kind.text,
        "default": default,
        "required": argument.default is REQUIRED,
        "inferred": argument.inferred,
        "help": argument.help,
    }


def list_text(options: Options) -> str:
    """All layers, a line for each family, under the headings of their files."""
    lines: list[str] = []
    heading = ""
    width = max(len(_title(family)) for family in families())
    for family in sorted(families(), key=lambda f: f.layer.__module__):
        module = family.layer.__module__.rpartition(".")[2]
        if module != heading:
            heading = module
            lines += (
                ["", styled(heading, "bold", options.colour)] if lines else [styled(heading, "bold", options.colour)]
            )
        summary = _summary(family.layer)
        line = f"  {_title(family):<{width}}  {summary}"
        if columns(line) > options.width:
            line = line[: options.width - 4].rsplit(" ", 1)[0] + " ..."
        lines.append(line)
    lines += ["", "cnncalc layers NAME shows one layer with its arguments."]
    return "\n".join(lines) + "\n"


def _title(family: Family) -> str:
    name = family.name.removesuffix("{n}d")
    dims = f"{family.dims[0]}d-{family.dims[-1]}d" if family.dims else ""
    return f"{name} {dims}".strip()


def _summary(layer: type[Layer]) -> str:
    return inspect.getdoc(layer).partition("\n")[0].partition(" Source:")[0] if layer.__doc__ else ""  # type: ignore[union-attr]


def layer_text(found: Found, options: Options) -> str:
    """One layer: what it does, its names, its arguments and an example with its output."""
    family = found.family
    member = family.member(found.ndim if found.ndim is not None or not family.dims else _usual(family))
    title = styled(member.name, "bold", options.colour)
    names = [*aliases(family, member.ndim)]
    lines = [f"{title}  {(member.torch and f'torch.nn.{member.torch}') or ''}".rstrip(), ""]
    lines += (inspect.getdoc(family.layer) or "").splitlines()
    if names:
        lines += ["", f"other names: {', '.join(names)}"]
    if family.presets:
        for alias, values in family.presets.items():
            lines.append(f"{alias} is {member.name} with {', '.join(f'{k}={v}' for k, v in values.items())}")
    lines += ["", *_arguments(member, options)]
    example = member.example.format(name=member.name)
    if example:
        report = trace(read(example))
        arrow = "→" if options.unicode else "->"
        figures = f"{figure(report.totals.params)} params, {figure(report.totals.macs)} MACs"
        lines += ["", "example:", f'  cnncalc "{example}"', f"  {arrow} {dims_text(report.output)}, {figures}"]
    return "\n".join(line.rstrip() for line in lines) + "\n"


def _usual(family: Family) -> int:
    return 2 if 2 in family.dims else family.dims[0]


def _arguments(member: type[Layer], options: Options) -> list[str]:
    rows = []
    for argument in member.arguments.values():
        name = f"{argument.name} ({argument.short})" if argument.short else argument.name
        if argument.inferred:
            default = "from the input"
        elif argument.same_as:
            default = argument.same_as
        elif argument.default is REQUIRED:
            default = "required"
        else:
            default = said(argument.default)
        rows.append((name, default, argument.help))
    if not rows:
        return ["It takes no arguments."]
    first = max(len("argument"), *(len(row[0]) for row in rows))
    second = max(len("default"), *(len(row[1]) for row in rows))
    lines = [styled(f"{'argument':<{first}}  {'default':<{second}}  meaning", "bold", options.colour)]
    room = max(20, options.width - first - second - 4)
    for name, default, help in rows:
        words = _folded(help, room)
        lines.append(f"{name:<{first}}  {default:<{second}}  {words[0]}")
        lines += [f"{'':<{first + second + 4}}{more}" for more in words[1:]]
    return lines


def _folded(text: str, width: int) -> list[str]:
    from textwrap import wrap

    return wrap(text, width) or [""]
