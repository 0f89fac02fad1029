"""What a verification found, as a table for people."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from cnncalc.diagnostics import listed
from cnncalc.layers.shapes import BATCH_NAME, dims_text
from cnncalc.render import Options
from cnncalc.render.columns import GAP, Column, figure
from cnncalc.render.envelope import envelope_text
from cnncalc.render.style import columns, styled

if TYPE_CHECKING:
    from cnncalc.diagnostics import Diagnostic
    from cnncalc.torch_bridge.verifying.verify import Checked, Difference, Verification

READABLE = 40  # layers that have a row each; more are counted by their types
MOST = 10  # differences that are shown; --json has all
AGREES, DIFFERS, NOT_COMPARED = "agrees", "DIFFERS", "FLOPs not compared"
TITLES = {
    "runs": "in torch",
    "state_dict": "state dict",
    "flops": "FLOPs",
    "outputs": "output",
    "module_runs": "in torch",
    "module_params": "params",
    "module_buffers": "buffers",
    "module_outputs": "outputs",
    "module_macs": "MACs",
    "capture_params": "params",
    "capture_trainable": "trainable params",
    "capture_buffers": "buffers",
    "capture_outputs": "outputs",
    "capture_macs": "MACs",
}
WHOLE = {"module": "the module", "capture": "torch's capture"}
"""What a figure of the whole is compared with, by the first part of its name."""


def verification_text(found: Verification, options: Options) -> str:
    """The layers, what differs and what cannot be compared, and the verdict."""
    columns = by_layer(found) if len(found.layers) <= READABLE else by_type(found)
    lines = [*table(columns, options), ""] if found.layers else []
    lines += differences(found, options)
    lines += not_compared(found)
    lines += sizes(found)
    lines.append(verdict(found, options))
    return "\n".join(line.rstrip() for line in lines) + "\n"


def verification_json(found: Verification, remarks: Sequence[Diagnostic] = ()) -> str:
    """Everything, with the warnings about the network, and what is to be said of its import."""
    results = {"name": found.report.name, "verification": found.to_dict()}
    return envelope_text(found.ok, results, [*remarks, *found.report.warnings])


def word(checked: Checked) -> str:
    """The verdict on one layer."""
    return DIFFERS if checked.differences else NOT_COMPARED if checked.not_compared else AGREES


def by_layer(found: Verification) -> list[Column]:
    layers = found.report.layers
    return [
        Column("layer", [layer.path for layer in layers]),
        Column("type", [layer.type for layer in layers], style="cyan"),
        Column("output", [dims_text(layer.output) for layer in layers], most=30),
        Column("params", [figure(layer.params) for layer in layers], right=True),
        Column("FLOPs", [figure(layer.flops) for layer in layers], right=True, most=30),
        Column("torch", [word(checked) for checked in found.layers]),
    ]


def by_type(found: Verification) -> list[Column]:
    """How many layers of each type agree."""
    groups: dict[str, list[Checked]] = {}
    for checked in found.layers:
        groups.setdefault(checked.type, []).append(checked)
    rows = list(groups.values())

    def counts(wanted: str) -> list[str]:
        return [figure(sum(word(checked) == wanted for checked in row)) for row in rows]

    titles = [("agree", AGREES), ("DIFFER", DIFFERS), (NOT_COMPARED, NOT_COMPARED)]
    numbers = [Column(title, counts(wanted), right=True) for title, wanted in titles]
    return [
        Column("type", list(groups), style="cyan"),
        Column("layers", [figure(len(row)) for row in rows], right=True),
        *(column for column in numbers if column.title == "agree" or set(column.cells) != {"0"}),
    ]


def table(chosen: list[Column], options: Options) -> list[str]:
    """The columns side by side; those of figures go first where the terminal is narrow."""
    for title in ("FLOPs", "output", "type"):
        if width(chosen) > options.width:
            chosen = [column for column in chosen if column.title != title]
    rule = "─" if options.unicode else "-"
    heads = [Column(column.title, [column.title], right=column.right, most=column.width) for column in chosen]
    head = GAP.join(
        title.cells[0].rjust(c.width) if c.right else title.cells[0].ljust(c.width) for title, c in zip(heads, chosen)
    )
    lines = [
        styled(head.rstrip(), "bold", options.colour),
        styled(rule * min(options.width, width(chosen)), "dim", options.colour),
    ]
    for row in range(len(chosen[0].cells)):
        cells = []
        for column in chosen:
            style = {DIFFERS: "error", NOT_COMPARED: "yellow", AGREES: "green"}.get(column.cells[row], column.style)
            cells.append(styled(column.cell(row), style, options.colour))
        lines.append(GAP.join(cells))
    return lines


def width(chosen: Sequence[Column]) -> int:
    return sum(column.width for column in chosen) + len(GAP) * (len(chosen) - 1)


def differences(found: Verification, options: Options) -> list[str]:
    """Each difference with both values; the first sizes at which it shows."""
    seen: dict[tuple[str, str], Difference] = {}
    for difference in found.differences:
        seen.setdefault((difference.path, difference.figure), difference)
    lines = []
    for difference in list(seen.values())[:MOST]:
        whole = WHOLE.get(difference.figure.partition("_")[0], "the network")
        head = f"{difference.path or whole}: {TITLES.get(difference.figure, difference.figure)} differ"
        at = f" at {at_sizes(difference.sizes)}" if difference.sizes else ""
        head = head.replace("in torch differ", "fails in torch").replace("output differ", "output differs")
        ours, theirs = narrowed(difference.cnncalc, difference.torch)
        lines += [styled(head, "error", options.colour) + at, f"  cnncalc  {ours}", f"  torch    {theirs}"]
    if len(seen) > MOST:
        lines.append(f"and {len(seen) - MOST} more; --json lists all")
    return [*lines, ""] if lines else []


def narrowed(ours: object, theirs: object) -> tuple[str, str]:
    """Both values as text; of named shapes, only those that differ."""
    if isinstance(ours, dict) and isinstance(theirs, dict):
        names = [name for name in {**ours, **theirs} if ours.get(name) != theirs.get(name)]
        return tuple(  # type: ignore[return-value]
            ", ".join(f"{name or 'itself'} {dims_text(named[name])}" for name in names if name in named) or "none"
            for named in (ours, theirs)
        )
    if isinstance(ours, tuple) and isinstance(theirs, tuple):
        return ", ".join(map(dims_text, ours)), ", ".join(map(dims_text, theirs))
    return tuple(figure(value) if isinstance(value, int) else str(value) for value in (ours, theirs))  # type: ignore[return-value]


def not_compared(found: Verification) -> list[str]:
    """The layers whose FLOPs are no agreement, by the reason."""
    reasons: dict[str, list[str]] = {}
    for checked in found.layers:
        if checked.not_compared:
            reasons.setdefault(checked.not_compared, []).append(checked.path)
    lines = []
    for reason, paths in reasons.items():
        more = f" and {len(paths) - 3} more" if len(paths) > 3 else ""
        lines.append(f"FLOPs of {', '.join(paths[:3])}{more}: {reason}")
    if found.module is not None and found.module.not_compared:
        lines.append(f"MACs of the module: {found.module.not_compared}")
    return [*lines, ""] if lines else []


def sizes(found: Verification) -> list[str]:
    """The sizes that were drawn."""
    if not found.report.symbols:
        return []
    texts = [at_sizes(trial) for trial in found.trials]
    lines = [f"drawn with seed {found.seed}:"]
    for text in texts:
        if columns(lines[-1]) + columns(text) + 2 > 78:
            lines.append(" ")
        lines[-1] += f" {text};"
    lines[-1] = lines[-1].rstrip(";")
    return lines


def at_sizes(given: dict[str, int]) -> str:
    """`H=32 W=48, batch 2`."""
    named = " ".join(f"{name}={size}" for name, size in given.items() if name != BATCH_NAME)
    batch = f"batch {given[BATCH_NAME]}" if BATCH_NAME in given else ""
    return ", ".join(filter(None, [named, batch]))


def verdict(found: Verification, options: Options) -> str:
    """One sentence."""
    version = f"torch {found.torch}"
    count = len(found.layers)
    layers = f"{count} {'layer' if count == 1 else 'layers'}"
    if not found.ok:
        wrong = sum(bool(checked.differences) for checked in found.layers)
        module = found.module is not None and bool(found.module.differences)
        capture = found.capture is not None and bool(found.capture.differences)
        whole = "the module itself" if module else "what its capture gives" if capture else "a total"
        what = f"{wrong} of {layers}" if wrong else whole
        return styled(f"{version} differs in {what}", "error", options.colour)
    from cnncalc.torch_bridge.verifying.memory import MEMORY

    in_memory = sum(MEMORY[0] in checked.agreed for checked in found.layers)
    whole = "" if in_memory == count else f" of {in_memory} {'layer' if in_memory == 1 else 'layers'}"
    what = listed(["shapes", "parameters", "buffers", "FLOPs", *([f"memory{whole}"] if in_memory else [])])
    at = f" at {len(found.trials)} sizes" if found.report.symbols else ""
    others = ["the module itself"] if found.module is not None else []
    others += [f"its capture ({found.capture.type})"] if found.capture is not None else []
    layers = listed([layers, *others])
    return styled(f"{version} agrees with {layers}{at}: {what}", "green", options.colour)
