"""The layers that `--layer` names, and numbers for open sizes: what views of a single layer are drawn at."""

from __future__ import annotations

from cnncalc.analysis.layer_report import LayerReport
from cnncalc.analysis.trace import Report
from cnncalc.diagnostics import CnncalcError, Diagnostic, UsageError, nearest

TRIED = (224, 256, 512, 64, 128)
"""Sizes to draw open ones at."""


def layer_at(report: Report, path: str) -> list[LayerReport]:
    """The layer at a path, or all of a level. Raises UsageError where there is none."""
    found = [layer for layer in report.layers if layer.path == path]
    found = found or [layer for layer in report.layers if layer.path.startswith(f"{path}.")]
    if not found:
        paths = [layer.path for layer in report.layers]
        levels = list(dict.fromkeys(path.rpartition(".")[0] for path in paths if "." in path))
        near = nearest(path, [*paths, *levels], 3)
        hint = f"did you mean {' or '.join(near)}?" if near else "`cnncalc SPEC` shows the paths of all layers"
        raise UsageError(Diagnostic("unknown-path", f"there is no layer at {path}", hint=hint))
    return found


def numbers_for(report: Report) -> tuple[dict[str, int], Report]:
    """Numbers for the open sizes, and the report with them. Raises UsageError where none are known."""
    if not report.symbols:
        return {}, report
    for size in TRIED:
        sizes = dict.fromkeys(report.symbols, size)
        try:
            return sizes, report.at(**sizes)
        except CnncalcError:
            continue
    least = report.smallest_input
    if least:
        return least, report.at(**least)
    hint = " ".join(f"--set {name}=..." for name in report.symbols)
    raise UsageError(Diagnostic("bad-option", "this view is drawn at sizes, and some of them are open", hint=hint))


def drawn_at(sizes: dict[str, int]) -> str:
    """What is said of numbers that open sizes are drawn at."""
    return "drawn at " + ", ".join(f"{name} = {size:,}" for name, size in sizes.items()) if sizes else ""
