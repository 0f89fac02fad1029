"""The registry as text and as data."""

from __future__ import annotations

import inspect
from textwrap import wrap
from typing import Any

from cnncalc.analysis.costs import plain
from cnncalc.analysis.reference import Reference, ReferenceTensor, reference
from cnncalc.layers import Family, Found, Layer, families, find
from cnncalc.layers.arguments import REQUIRED, Argument
from cnncalc.layers.kinds import said
from cnncalc.layers.shapes import dims_text
from cnncalc.render import Options
from cnncalc.render.columns import figure
from cnncalc.render.style import columns, styled


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
    """All layers, a line for each family, under the headings of their files, those of most networks first."""
    lines: list[str] = []
    heading = ""
    for family in sorted(families(), key=_place):
        module = _module(family)
        if module != heading:
            heading = module
            lines += (
                ["", styled(heading, "bold", options.colour)] if lines else [styled(heading, "bold", options.colour)]
            )
        line = f"  {_title(family):<{TITLES}}"
        if columns(line) > TITLES + 2:  # a title with many names has a line of its own
            lines.append(line)
            line = " " * (TITLES + 2)
        line = f"{line}  {_summary(family.layer)}"
        if columns(line) > options.width:
            line = line[: options.width - 4].rsplit(" ", 1)[0] + " ..."
        lines.append(line)
    lines += ["", "cnncalc layers NAME shows one layer with its arguments."]
    return "\n".join(lines) + "\n"


FIRST = ["conv", "pool", "linear", "norm", "activation", "merge", "arrange", "pad", "resize", "recurrent", "attention"]
"""The files of the layers that networks are mostly made of. The others follow by their names."""
TITLES = 26  # columns of most titles
SHORT = 8  # letters of a name that the list shows beside a layer's own


def _module(family: Family) -> str:
    return family.layer.__module__.rpartition(".")[2]


def _place(family: Family) -> tuple[int, str]:
    module = _module(family)
    return FIRST.index(module) if module in FIRST else len(FIRST), module


def _title(family: Family) -> str:
    """A family's name with its axes, and the short names that it goes by."""
    name = family.name.removesuffix("{n}d")
    dims = f" {family.dims[0]}d-{family.dims[-1]}d" if family.dims else ""
    short = [alias for alias in (*family.aliases, *family.presets) if len(alias) <= min(SHORT, len(name) - 1)]
    return ", ".join([f"{name}{dims}", *short])


def _summary(layer: type[Layer]) -> str:
    return inspect.getdoc(layer).partition("\n")[0].partition(" Source:")[0] if layer.__doc__ else ""  # type: ignore[union-attr]


def layer_text(found: Found, options: Options) -> str:
    """One layer: what it does, its names, its arguments and an example with its output."""
    family = found.family
    member = family.member(found.ndim) if found.ndim is not None else usual_member(family)
    title = styled(member.name, "bold", options.colour)
    names = [*aliases(family, member.ndim)]
    lines = [f"{title}  {(member.torch and f'torch.nn.{member.torch}') or ''}".rstrip(), ""]
    about, source = described(family.layer)
    lines += _paragraphs(about, options.width)
    facts = [("source", source), ("other names", ", ".join(names)), ("inputs", inputs_text(member))]
    facts += [("outputs", ", ".join(member.output_names))] if len(member.output_names) > 1 else []
    facts = [(label, text) for label, text in facts if text]
    lines += [""] if facts else []
    for label, text in facts:
        lines += wrap(f"{label}: {text}", options.width, subsequent_indent="  ")
    lines += preset_lines(family, member)
    lines += ["", *_arguments(member, options)]
    shown = reference(member)
    lines += ["", *_formulas(shown, options.width)]
    arrow = "→" if options.unicode else "->"
    totals = shown.report.totals
    cost = "MACs not counted" if shown.layer.status == "uncounted" else f"{figure(totals.macs)} MACs"
    figures = f"{figure(totals.params)} params, {cost}"
    lines += ["", "example:", f'  cnncalc "{shown.example}"', f"  {arrow} {dims_text(shown.report.output)}, {figures}"]
    if shown.refused:
        lines += ["", "refused, with one thing of the example changed, or two:"]
        for refused in shown.refused:
            changes = [refused.argument, refused.shapes and f"on {refused.shapes}"]
            text = f"{' '.join(filter(None, changes))}: {refused.message}"
            lines += wrap(text, options.width, initial_indent="  ", subsequent_indent="    ")
    return "\n".join(line.rstrip() for line in lines) + "\n"


def described(layer: type[Layer]) -> tuple[str, str]:
    """What a class says of itself, and the source that it names at the end."""
    paragraphs = (inspect.getdoc(layer) or "").split("\n\n")
    sources = []
    for i, paragraph in enumerate(paragraphs):
        paragraphs[i], _, source = paragraph.partition("Source: ")
        sources += [" ".join(source.split()).removesuffix(".")] if source else []
    return "\n\n".join(text.strip() for text in paragraphs if text.strip()), "; ".join(sources)


def inputs_text(member: type[Layer]) -> str:
    """How many, where that is not one, and what they are called."""
    fewest, most = member.inputs
    if fewest == most == 1:
        return ""
    if most is None:
        return f"{fewest} or more"
    count = (
        "none"
        if most == 0
        else str(most)
        if fewest == most
        else f"{fewest} {'or' if most == fewest + 1 else 'to'} {most}"
    )
    return f"{count} ({', '.join(member.input_names)})" if len(member.input_names) > 1 else count


def sizes_text(tensor: ReferenceTensor) -> str:
    """`out_channels x (in_channels + 1)`"""
    held = [f"({size})" if " " in size and not size.endswith(")") else size for size in tensor.sizes]
    return " x ".join(held if len(held) > 1 else tensor.sizes)


def _paragraphs(text: str, width: int) -> list[str]:
    """A docstring, folded to a width."""
    lines: list[str] = []
    for paragraph in text.split("\n\n"):
        lines += ["", *wrap(" ".join(paragraph.split()), width)]
    return lines[1:]


def _formulas(found: Reference, width: int) -> list[str]:
    """Parameters, buffers and MACs in names."""
    rows = [
        (tensor.name or "elements", sizes_text(tensor) or "one number", tensor.when)
        for tensor in (*found.params, *found.buffers)
    ]
    status = found.layer.status
    if found.macs and status != "uncounted":
        rows.append(("MACs", found.macs.names.replace("*", " * "), "at least" if status == "lower-bound" else ""))
    if not rows:
        cost = "its MACs are not counted" if status == "uncounted" else "it costs no MACs"
        return [f"It has no parameters, and {cost}."]
    label = max(len(row[0]) for row in rows)
    lines = []
    for name, formula, when in rows:
        text = f"{formula}  ({when})" if when else formula
        lines += wrap(f"{name:<{label}}  {text}", width, subsequent_indent=" " * (label + 2), break_on_hyphens=False)
    return lines


def usual_member(family: Family) -> type[Layer]:
    """The one that an example shows: of images, where there is one."""
    return family.member(2 if 2 in family.dims else family.dims[0] if family.dims else None)


def preset_lines(family: Family, member: type[Layer]) -> list[str]:
    """The aliases that set arguments."""
    return [
        f"{alias} is {member.name} with {', '.join(f'{k}={v}' for k, v in values.items())}"
        for alias, values in family.presets.items()
    ]


def default_text(argument: Argument) -> str:
    """What an argument is when it is left out."""
    if argument.inferred:
        return "from the input"
    if argument.same_as:
        return argument.same_as
    return "required" if argument.default is REQUIRED else said(argument.default)


def _arguments(member: type[Layer], options: Options) -> list[str]:
    rows = []
    for argument in member.arguments.values():
        name = f"{argument.name} ({argument.short})" if argument.short else argument.name
        rows.append((name, default_text(argument), argument.help))
    if not rows:
        return ["It takes no arguments."]
    first = max(len("argument"), *(len(row[0]) for row in rows))
    second = max(len("default"), *(len(row[1]) for row in rows))
    lines = [styled(f"{'argument':<{first}}  {'default':<{second}}  meaning", "bold", options.colour)]
    room = max(20, options.width - first - second - 4)
    for name, default, help in rows:
        words = wrap(help, room)
        lines.append(f"{name:<{first}}  {default:<{second}}  {words[0]}")
        lines += [f"{'':<{first + second + 4}}{more}" for more in words[1:]]
    return lines
