"""Where the figure of a convention and the MACs part: by which rule, at which layers, and how much."""

from __future__ import annotations

from typing import Any

from cnncalc.analysis.costs import plain
from cnncalc.analysis.layer_report import LayerReport
from cnncalc.analysis.trace import Report
from cnncalc.layers.layer import Layer
from cnncalc.named_tuples import NamedTuple
from cnncalc.symbolic.expr import Dim, Total, number_at, symbols

SIZE = 64
"""What open sizes are taken for, to tell the larger of two differences."""


class CountedPart(NamedTuple):
    """Layers of one kind that one rule counts."""

    type: str
    way: str  # how torch's code calls them
    layers: list[LayerReport]
    rule: str  # what is counted, in words
    wrong: str  # what is wrong with that; empty where nothing is, or it makes no difference
    flops: Dim | None  # what the convention counts of them; None: it has no count
    macs: Dim
    difference: Dim  # of the FLOPs to what the MACs come to

    def to_dict(self, per_mac: int) -> dict[str, Any]:
        """The part as the JSON has it; `right` is what the MACs come to, where the count of products is wrong."""
        found: dict[str, Any] = {
            "type": self.type,
            "as": self.way,
            "layers": [layer.path for layer in self.layers],
            "rule": self.rule,
            "flops": plain(self.flops),
            "macs": plain(self.macs),
            "difference": plain(self.difference),
        }
        if self.wrong:
            found["wrong"] = self.wrong
            if self.macs != 0:
                found["right"] = plain(self.macs * per_mac)
        return found


class Why(NamedTuple):
    """What parts the figure of a convention from the MACs of a network."""

    report: Report
    flops: Dim
    macs: Dim
    difference: Dim
    parts: list[CountedPart]  # the largest difference first
    of_batch: Dim  # what the whole differs in from the sum of its layers

    @property
    def per_mac(self) -> int:
        return self.report.convention.per_mac

    def to_dict(self) -> dict[str, Any]:
        """The key `convention` of the JSON."""
        chosen = self.report.convention
        return {
            "name": chosen.name,
            "tool": chosen.tool or None,
            "meaning": chosen.meaning,
            "per_mac": self.per_mac,
            "flops": plain(self.flops),
            "macs": plain(self.macs),
            "difference": plain(self.difference),
            "of_batch": plain(self.of_batch),
            "parts": [part.to_dict(self.per_mac) for part in self.parts],
        }


def why(report: Report, layers: list[LayerReport] | None = None) -> Why:
    """Why the FLOPs of a report are not its MACs; of some layers alone, if they are given."""
    chosen = report.convention
    groups: dict[tuple[str, str, str, bool, bool], list[LayerReport]] = {}
    for layer in report.layers if layers is None else layers:
        if not layer.node.train_only:
            way = layer.node.way or layer.layer.usual_way
            less = size_of(layer.flops - layer.macs * chosen.per_mac) < 0
            key = (layer.type, way, in_words(report, layer.layer), layer.counts is None, less)
            groups.setdefault(key, []).append(layer)
    parts = [part(report, *key[:3], found) for key, found in groups.items()]
    parts.sort(key=lambda one: -abs(size_of(one.difference)))
    flops, macs = Total(), Total()
    for one in parts:
        flops.add(0 if one.flops is None else one.flops)
        macs.add(one.macs)
    whole = report.totals.flops if layers is None else flops.value
    return Why(report, whole, macs.value, whole - macs.value * chosen.per_mac, parts, whole - flops.value)


def in_words(report: Report, layer: Layer) -> str:
    """What the convention counts of a layer."""
    chosen = report.convention
    made_of_others = chosen.rule(layer) is chosen.rules[Layer] and hasattr(layer, "model")
    return "as the layers that it is made of" if made_of_others else chosen.rule(layer).words


def part(report: Report, kind: str, way: str, words: str, layers: list[LayerReport]) -> CountedPart:
    """What a rule counts of layers of one kind."""
    chosen = report.convention
    flops, macs = Total(), Total()
    for layer in layers:
        flops.add(layer.flops)
        macs.add(layer.macs)
    counted = None if layers[0].counts is None else flops.value
    difference = flops.value - macs.value * chosen.per_mac
    rule = chosen.rule(layers[0].layer)
    wrong = rule.wrong if difference != 0 else ""
    if not wrong and size_of(difference) < 0:
        wrong = rule.missed
    return CountedPart(kind, way, layers, words, wrong, counted, macs.value, difference)


def size_of(value: Dim) -> int:
    """The value, with a number for each open size."""
    return number_at(value, dict.fromkeys(symbols(value), SIZE))
