"""The reference of all layers as a Markdown document, an entry for each family."""

from __future__ import annotations

import inspect
import re
import sys
from itertools import groupby

from cnncalc.analysis.reference import Reference, ReferenceTensor, Refused, reference
from cnncalc.layers import Family, families
from cnncalc.layers.shapes import shape_text
from cnncalc.render.columns import figure
from cnncalc.render.layers import aliases, default_text, described, inputs_text, preset_lines, sizes_text, usual_member

HEAD = """\
# Layers

{count} layers by their own names, as `cnncalc layers --format markdown` writes them: `cnncalc layers NAME` shows
one. The formulas are the layers' own rules with names for the numbers. In these, `in_channels` and `out_height`
are sizes of what goes in and out; where axes have no such names, `in[i]` and `out[i]` count them with the batch as 0,
and `in1`, `in2` are the first and the second input. Figures are for one sample. What is refused is shown on the
example, with one thing changed, or two.
"""


def markdown() -> str:
    """An entry for each family, under the headings of their files."""
    sections = [
        (_heading(module), list(members))
        for module, members in groupby(
            sorted(families(), key=lambda f: f.layer.__module__), key=lambda f: f.layer.__module__
        )
    ]
    lines = [HEAD.format(count=sum(len(family.members) for family in families()))]
    for heading, members in sections:
        links = ", ".join(f"[{family.name.removesuffix('{n}d')}](#{_anchor(_title(family))})" for family in members)
        lines.append(f"- {heading}: {links}")
    for heading, members in sections:
        lines += ["", f"## {heading}"]
        for family in members:
            lines += ["", *entry(family)]
    return "\n".join(lines) + "\n"


def _heading(module: str) -> str:
    """What a file says of itself, without its sources."""
    return re.split(r" \(|: |\.(?:\s|$)", inspect.getdoc(sys.modules[module]) or module)[0].replace("\n", " ")


def _title(family: Family) -> str:
    return ", ".join(member.name for member in family.members)


def _anchor(title: str) -> str:
    return title.replace(",", "").replace(" ", "-")


def entry(family: Family) -> list[str]:
    """One family: what it is, its arguments, its formulas, an example, and what it refuses."""
    member = usual_member(family)
    found = reference(member)
    about, source = described(family.layer)
    names = ", ".join(f"`{name}`" for name in dict.fromkeys(aliases(family, member.ndim)))
    torch = ", ".join(f"`torch.nn.{member.torch}`" for member in family.members if member.torch)
    lines = [f"### {_title(family)}", "", about, ""]
    lines += [f"- In torch: {torch}"] if torch else []
    lines += [f"- Other names: {names}"] if names else []
    lines += [f"- {line}" for line in preset_lines(family, member)]
    lines += [f"- {label}: {text}" for label, text in facts(found)]
    lines += [f"- Source: {source}"] if source else []
    if member.arguments:
        lines += ["", "| argument | short | what it is | default | meaning |", "|---|---|---|---|---|"]
        for argument in member.arguments.values():
            short = f"`{argument.short}`" if argument.short else ""
            default, kind = _cell(default_text(argument)), _cell(argument.kind.text)
            lines.append(f"| `{argument.name}` | {short} | {kind} | {default} | {_cell(argument.help)} |")
    if found.refused:
        lines += ["", "Refused:", ""]
        lines += [f"- {refused_text(refused)}" for refused in found.refused]
    return lines


def _cell(text: str) -> str:
    return text.replace("|", "\\|")


def refused_text(refused: Refused) -> str:
    """A change of the example, and what is said of it."""
    changes = [f"`{refused.argument}`"] if refused.argument else []
    changes += [f"on `{refused.shapes}`"] if refused.shapes else []
    message = refused.message.replace("*", "\\*")
    return f"{' '.join(changes)}: {message} (`{refused.code}`)"


def facts(found: Reference) -> list[tuple[str, str]]:
    """Inputs, formulas and example, as label and text."""
    lines = []
    if inputs := inputs_text(found.member):
        lines.append(("Inputs", inputs))
    if len(found.member.output_names) > 1:
        lines.append(("Outputs", ", ".join(found.member.output_names)))
    if found.params:
        lines.append(("Parameters", "; ".join(map(_tensor, found.params))))
    if found.buffers:
        lines.append(("Buffers", "; ".join(map(_tensor, found.buffers))))
    macs = f"`{found.macs.names}`" if found.macs else "none"
    lines.append(
        ("MACs", {"lower-bound": f"{macs} at least", "uncounted": "not counted"}.get(found.layer.status, macs))
    )
    outputs = " and ".join(shape_text(shape) for shape in found.layer.outputs)
    params, cost = figure(found.layer.params), figure(found.layer.macs)
    has = f", with {params} {'param' if params == '1' else 'params'}" if found.params else ""
    has += f"{' and' if has else ', with'} {cost} MACs" if found.macs else ""
    lines.append(("Example", f"`{found.example}` gives {outputs}{has}"))
    return lines


def _tensor(tensor: ReferenceTensor) -> str:
    sizes = f"`{sizes_text(tensor)}`" if tensor.sizes else "one number"
    name = f"`{tensor.name}` " if tensor.name else ""
    return f"{name}{sizes}" + (f" ({tensor.when})" if tensor.when else "")
