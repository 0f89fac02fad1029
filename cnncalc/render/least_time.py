"""The least time of a network in the table: columns, and lines below."""

from __future__ import annotations

from collections.abc import Sequence

from cnncalc.analysis.trace import Report
from cnncalc.render.columns import Column, scaled
from cnncalc.render.rows import Row

UNITS = ("s", "ms", "µs", "ns")


def time_columns(report: Report, rows: Sequence[Row]) -> list[Column]:
    """The least time of each layer, and what holds it up: compute or memory."""
    time = report.time
    if time is None:
        return []
    times, bounds = [], []
    for row in rows:
        inside = time.layers[row.first.index : row.first.index + row.layers]
        every = [layer.seconds for layer in inside]
        times.append("" if None in every else duration(sum(one for one in every if one is not None)))
        kinds = list(dict.fromkeys(layer.bound for layer in inside if layer.bound))
        bounds.append(kinds[0] if len(kinds) == 1 else "both" if kinds else "")
    return [Column("at least", times, right=True), Column("bound by", bounds)]


def time_lines(report: Report) -> list[str]:
    """The least time of the whole, and what that means."""
    time = report.time
    if time is None:
        return []
    device = time.device
    rates = f"{scaled(device.peak, 'FLOP/s')} in {time.dtype}, {scaled(device.bandwidth, 'B/s')}"
    named = rates if device.name == "stated" else f"{device.name}: {rates}"
    if time.seconds is None:
        return [f"least time   open sizes: --json has its closed form ({named})"]
    share = time.memory_bound
    held = "" if share is None else f", {share:.0%} of it bound by memory"
    return [
        f"least time   {duration(time.seconds)}{held}",
        f"             {named}",
        "             a floor, not a prediction: each layer by itself",
    ]


def duration(seconds: float) -> str:
    """A time in three digits.

    >>> duration(0.00412), duration(2.5e-7), duration(0.0)
    ('4.12 ms', '250 ns', '0')
    """
    if seconds == 0:
        return "0"
    for at, unit in enumerate(UNITS):
        value = seconds * 1000**at
        if value >= 0.9995:
            return f"{value:.3g} {unit}"
    return f"{seconds * 1e9:.3g} ns"
