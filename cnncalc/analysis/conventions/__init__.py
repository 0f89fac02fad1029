"""What FLOPs are. One file for each convention, found by its name: a table of rules over layers."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from importlib import import_module
from typing import NamedTuple, TypeAlias

from cnncalc.diagnostics import Diagnostic, UsageError, listed, nearest
from cnncalc.discovery import module_names
from cnncalc.given import plain_text
from cnncalc.layers.layer import Layer
from cnncalc.layers.shapes import Named, Shapes
from cnncalc.symbolic.expr import Dim, Total


class Call(NamedTuple):
    """One call of a layer, as a rule counts it.

    Shapes are complete with the batch. While the batch is open it is 1 in them, as figures are for one sample.
    """

    layer: Layer
    inputs: Shapes
    outputs: Shapes
    params: Named  # the parameters by torch's names, as shapes
    macs: Dim


Rule: TypeAlias = Callable[[Call], Dim]
"""The FLOPs of one call, by `+ - * //` on its sizes alone, so that open sizes give closed forms."""

Rules: TypeAlias = Mapping[type[Layer], Rule]
"""A rule for each kind of layer. Of several that fit a layer, the most special holds: `Layer` is for all others."""


def summed(calls: Iterable[tuple[Dim, int]]) -> Dim:
    """The total of FLOPs of calls, each with how often it is made."""
    total = Total()
    for flops, count in calls:
        total.add(flops * count)
    return total.value


class Convention(NamedTuple):
    """A way to count FLOPs."""

    name: str
    meaning: str  # what it counts and who counts so, for people
    rules: Rules
    total: Callable[[Iterable[tuple[Dim, int]]], Dim] = summed  # of a network

    def flops(self, call: Call) -> Dim:
        """The FLOPs of one call, by the rule for its kind of layer."""
        return next(self.rules[kind] for kind in type(call.layer).__mro__ if kind in self.rules)(call)


def convention_names() -> list[str]:
    """The names of the conventions."""
    return module_names(__name__)


def convention(name: str) -> Convention:
    """The convention of a name. Raises UsageError.

    >>> convention("macs").meaning
    '1 FLOP for each MAC, as the ResNet, MobileNet and EfficientNet papers count'
    """
    names = convention_names()
    if plain_text("convention", name) not in names:
        near = nearest(name, names)
        hint = f"did you mean {near[0]}?" if near else f"there are {listed(names)}"
        raise UsageError(Diagnostic("unknown-convention", f"there is no convention {name}", hint=hint))
    module = import_module(f"{__name__}.{name}")
    return Convention(name, module.MEANING, module.RULES, getattr(module, "total", summed))
