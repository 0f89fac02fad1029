"""What FLOPs mean: factors on MACs, by name."""

from __future__ import annotations

from typing import NamedTuple

from cnncalc.diagnostics import Diagnostic, UsageError, listed, nearest


class Convention(NamedTuple):
    """A way to count FLOPs."""

    name: str
    per_mac: int
    meaning: str


CONVENTIONS = {
    c.name: c
    for c in (
        Convention("torch", 2, "2 FLOPs for each MAC, as torch.utils.flop_counter.FlopCounterMode reports"),
        Convention("macs", 1, "1 FLOP for each MAC, as the ResNet, MobileNet and EfficientNet papers count"),
    )
}


def convention(name: str) -> Convention:
    """The convention of a name. Raises UsageError."""
    if name not in CONVENTIONS:
        near = nearest(name, list(CONVENTIONS))
        hint = f"did you mean {near[0]}?" if near else f"there are {listed(list(CONVENTIONS))}"
        raise UsageError(Diagnostic("unknown-convention", f"there is no convention {name}", hint=hint))
    return CONVENTIONS[name]
