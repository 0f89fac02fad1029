"""Bounds on the work that a text can ask for. Each has a name, by which `--limit NAME=VALUE` raises it."""

from __future__ import annotations

from collections.abc import Mapping

from cnncalc.diagnostics import CnncalcError, Diagnostic, Span

DEFAULTS: dict[str, int] = {
    "bytes": 1_000_000,  # size of a text or file
    "layers": 120_000,  # layers in the whole graph
    "steps": 1_000_000,  # list items, repeats and calls that are worked through
    "depth": 60,  # blocks in blocks, brackets in brackets
    "digits": 18,  # digits of a number
    "values": 1_000,  # values that one YAML alias, list or range can make
}


class Limits:
    """The limits of one run."""

    def __init__(self, changed: Mapping[str, int] | None = None) -> None:
        self.most = {**DEFAULTS, **(changed or {})}

    def __getitem__(self, name: str) -> int:
        return self.most[name]

    def exceeded(self, name: str, what: str, span: Span | None) -> CnncalcError:
        """The error for work past a limit; `what` is a clause such as `this makes 10 layers`."""
        most = f"{self.most[name]:,}"
        unit = "levels" if name == "depth" else name
        return CnncalcError(
            Diagnostic(
                "limit",
                f"{what}, more than the limit of {most} {unit}",
                span=span,
                hint=f"if it is meant, raise it: --limit {name}=NUMBER",
            )
        )
