"""What sizes have to be, at each layer, and what is said where they are not: the sentence of the command line.

A layer is asked again under other names for the open sizes, so that the page can put numbers into what it says.
"""

from __future__ import annotations

from typing import Any

from cnncalc.analysis.trace import Report
from cnncalc.layers.layer import Layer, is_open, put_in
from cnncalc.layers.shapes import Shapes
from cnncalc.layers.site import Refusal, Site
from cnncalc.pictures.page.sentences import Marks, numbered
from cnncalc.pictures.page.values import Values
from cnncalc.symbolic.expr import Dim

ZERO, AT_LEAST_ZERO = 0, 1


class _Told(Site):
    """A site that keeps what would be said."""

    __slots__ = ("told",)

    def __init__(self) -> None:
        super().__init__()
        self.told: list[tuple[int, Dim, str, str | None]] = []

    def unequal(
        self, left: Dim, right: Dim, code: str, message: str, *, arg: str | None = None, hint: str | None = None
    ) -> None:
        count = len(self.conditions)
        super().unequal(left, right, code, message, arg=arg, hint=hint)
        if len(self.conditions) > count:
            self.told.append((ZERO, left - right, message, hint))

    def short(self, spare: Dim, code: str, message: str, *, arg: str | None = None, hint: str | None = None) -> None:
        count = len(self.needs)
        super().short(spare, code, message, arg=arg, hint=hint)
        if len(self.needs) > count:
            self.told.append((AT_LEAST_ZERO, spare, message, hint))


def refusals(report: Report, values: Values) -> list[list[Any]]:
    """For each layer that needs something of the sizes: its path, what has to be so, and what is said if it is not."""
    graph = report.graph
    found: list[list[Any]] = []
    for need in graph.needs:
        said = f"the code of {graph.name} goes another way at these sizes, so that it has other figures"
        found.append(["", AT_LEAST_ZERO, values.add(need), said, "calc reads it at these sizes"])
    seen: set[tuple[Layer, Shapes]] = set()
    marks = Marks(report.symbols)
    for layer, met in zip(report.layers, report.flow.layers):
        key = (layer.layer, layer.xs)
        if met is None or key in seen or not (met.conditions or met.needs):
            continue
        seen.add(key)
        site = _Told()
        try:
            marked = put_in(layer.layer, marks.marks)  # type: ignore[arg-type]  # names are put in as sizes are
            if is_open(layer.layer):
                marked.check(site)
            marked.forward(site, *[tuple(map(marks.put, x)) for x in layer.xs])
            told = [(kind, marks.back(value), text, hint) for kind, value, text, hint in site.told]
        except (Refusal, OverflowError, ZeroDivisionError):
            told = []
        known = {(kind, value) for kind, value, _, _ in told}
        bare = [(ZERO, left - right, f"{left} has to be {right}") for left, right in met.conditions]
        bare += [(AT_LEAST_ZERO, need, f"{need} has to be 0 or more") for need in met.needs]
        told += [(kind, value, text, None) for kind, value, text in bare if (kind, value) not in known]
        for kind, value, text, hint in told:
            parts = [numbered(text, marks, values), None if hint is None else numbered(hint, marks, values)]
            found.append([layer.path, kind, values.add(value), *parts])
    return found
