"""Bounds on the work that a text can ask for. Each has a name, by which `--limit NAME=VALUE` raises it."""

from __future__ import annotations

from collections.abc import Mapping

from cnncalc.diagnostics import CnncalcError, Diagnostic, Span, UsageError, nearest
from cnncalc.given import DIGITS, plain_text, whole_number

DEFAULTS: dict[str, int] = {
    "bytes": 1_000_000,  # size of a text or file
    "layers": 120_000,  # layers in the whole graph
    "steps": 250_000,  # list items, repeats and calls that are worked through
    "depth": 60,  # blocks in blocks, brackets in brackets
    "digits": DIGITS,  # digits of a number
    "values": 1_000,  # values of one call, terms of one sum, axes of one shape
}


class Limits:
    """The limits of one run. Raises UsageError for one that there is not, or that is no number."""

    def __init__(self, changed: Mapping[str, int] | None = None) -> None:
        self.most = dict(DEFAULTS)
        for name, value in (changed or {}).items():
            if name not in DEFAULTS:
                near = nearest(plain_text("the name of a limit", name), list(DEFAULTS))
                hint = f"did you mean {near[0]}?" if near else f"there are {', '.join(DEFAULTS)}"
                raise UsageError(Diagnostic("unknown-limit", f"there is no limit {name}", hint=hint))
            self.most[name] = whole_number(f"the limit {name}", value, 0)

    def __getitem__(self, name: str) -> int:
        return self.most[name]

    def exceeded(self, name: str, what: str, span: Span | None, hint: str = "if it is meant,") -> CnncalcError:
        """The error for work past a limit; `what` is a sentence such as `this makes too many layers`."""
        unit = "levels" if name == "depth" else name
        return CnncalcError(
            Diagnostic(
                "limit",
                f"{what}: the limit is {self.most[name]:,} {unit}",
                span=span,
                hint=f"{hint} raise the limit: --limit {name}=NUMBER",
            )
        )
