"""What FLOPs are. One file for each convention, found by its name: a table of rules over layers."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from importlib import import_module
from typing import TypeAlias

from cnncalc.diagnostics import Diagnostic, UsageError, listed, nearest
from cnncalc.discovery import module_names
from cnncalc.given import plain_text
from cnncalc.layers.layer import Layer
from cnncalc.layers.shapes import Named, Shapes
from cnncalc.named_tuples import NamedTuple
from cnncalc.symbolic.expr import Dim, Total


class CountedCall(NamedTuple):
    """One call of a layer, as a rule counts it.

    Shapes are complete with the batch. While the batch is open it is 1 in them, as figures are for one sample.
    """

    layer: Layer
    inputs: Shapes
    outputs: Shapes
    params: Named  # the parameters by torch's names, as shapes
    macs: Dim
    way: str = ""  # how torch's code calls it, one of cnncalc.layers.layer.WAYS

    @property
    def pieces(self) -> list[CountedCall]:
        """Calls of the layers that it is made of; none for a layer of its own."""
        return [
            CountedCall(part, xs, ys, part.params(*xs), part.macs(xs, ys), part.usual_way)
            for _, part, xs, ys in self.layer.pieces(*self.inputs)
        ]


Counts: TypeAlias = Mapping[str, Dim]
"""What a rule counts, by the names that a convention has for it."""


class Rule(NamedTuple):
    """What a convention counts of one call, by `+ - * //` on its sizes alone, so that open sizes give closed forms.

    `counts` gives a number, or one for each of several counts by name; None says that there is no count.
    """

    counts: Callable[[CountedCall], Dim | Counts | None]
    words: str  # what is counted, for people: "2 for each element of the input"
    wrong: str = ""  # what is wrong with it, where it is no count of what the layer does
    missed: str = "it is computed all the same"  # what is wrong with it where it comes to less than the MACs


Rules: TypeAlias = Mapping[type[Layer], Rule]
"""A rule for each kind of layer. Of several that fit a layer, the most special holds: `Layer` is for all others."""

FLOPS = "flops"
"""What the one count of most conventions is called."""


def figure(counts: Counts, samples: Dim) -> Dim:
    """The FLOPs, where a convention has a count of them, else the sum of its counts."""
    if FLOPS in counts:
        return counts[FLOPS]
    return sum_of(counts.values())


class Convention(NamedTuple):
    """A way to count FLOPs."""

    name: str
    meaning: str  # what it counts and who counts so, for people
    rules: Rules
    counts: tuple[str, ...] = (FLOPS,)  # the names of what it counts
    total: Callable[[Counts, Dim], Dim] = figure  # the FLOPs, from the sums of its counts and the samples of a batch
    per_mac: int = 1  # how many each MAC is, where it counts MACs alone
    tool: str = ""  # the release whose figures it gives

    def rule(self, layer: Layer) -> Rule:
        """The rule for a kind of layer."""
        return next(self.rules[kind] for kind in type(layer).__mro__ if kind in self.rules)

    def counted(self, call: CountedCall) -> Counts | None:
        """What it counts of one call, by the rule for its kind of layer; None where it has no count of it.

        A layer that is made of others, such as an encoder of a transformer, counts as they do.
        """
        own = any(kind in self.rules for kind in type(call.layer).__mro__ if kind is not Layer)
        pieces = () if own else call.pieces
        if pieces:
            parts = [found for found in map(self.counted, pieces) if found is not None]
            return {name: sum_of([part[name] for part in parts]) for name in self.counts}
        found = self.rule(call.layer).counts(call)
        if found is None:
            return None
        return {name: found.get(name, 0) for name in self.counts} if isinstance(found, Mapping) else {FLOPS: found}

    def flops(self, call: CountedCall) -> Dim:
        """The FLOPs of one call."""
        found = self.counted(call)
        return 0 if found is None else self.total(found, 1)


def sum_of(dims: Iterable[Dim]) -> Dim:
    """The sum of sizes."""
    total = Total()
    for dim in dims:
        total.add(dim)
    return total.value


def convention_names() -> list[str]:
    """The names of the conventions."""
    return [name.replace("_", "-") for name in module_names(__name__)]


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
    module = import_module(f"{__name__}.{name.replace('-', '_')}")
    return Convention(
        name,
        module.MEANING,
        module.RULES,
        getattr(module, "COUNTS", (FLOPS,)),
        getattr(module, "total", figure),
        getattr(module, "PER_MAC", 1),
        getattr(module, "TOOL", ""),
    )
