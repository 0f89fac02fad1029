"""What is said of a sweep in words: where each step is, and what else there is to know."""

from __future__ import annotations

from typing import Any

from cnncalc.diagnostics import listed
from cnncalc.layers.pool import AvgPool, MaxPool
from cnncalc.pictures.window.slide import PADDING, PAST, Drawn, Slide
from cnncalc.pictures.window.sweep import WindowSweep

COUNTED = 1_000_000
"""Looks that may be taken to count what no window reads."""


def signed(value: int) -> str:
    return str(value).replace("-", "−")


def run_words(slide: Slide, step: int) -> str:
    """`rows −1 to 1`, `rows 0, 2 and 4`, `row 3`."""
    positions = [at for _, at in slide.taps(step)]
    if len(positions) == 1:
        return f"{slide.name} {signed(positions[0])}"
    apart = positions[1] - positions[0]
    if apart == 1 or len(positions) == 2:
        joint = "to" if apart == 1 else "and"
        return f"{slide.name}s {signed(positions[0])} {joint} {signed(positions[-1])}"
    if len(positions) <= 4:
        return f"{slide.name}s {listed([signed(at) for at in positions])}"
    return f"{slide.name}s {signed(positions[0])} to {signed(positions[-1])} in steps of {apart}"


def place_words(sweep: WindowSweep, row: int, column: int) -> str:
    """Which positions a step is about: `output row 0, column 1 reads rows −1 to 1, columns 0 to 2`."""
    slides, steps = sweep.slides, (row, column)[-len(sweep.slides) :]
    place = ", ".join(f"{slide.name} {step}" for slide, step in zip(slides, steps))
    runs = ", ".join(run_words(slide, step) for slide, step in zip(slides, steps))
    if sweep.spread:
        return f"input {place} is spread over {runs} of the output"
    return f"output {place} reads {runs} of the input"


def notes(sweep: WindowSweep, drawn: tuple[Drawn, Drawn], filter: str | None, numbers: bool) -> list[str]:
    """Sentences below the picture."""
    layer: Any = sweep.layer
    kinds = {slide.kind(at) for slide, found in zip(sweep.both(), drawn) for at in found.positions if at is not None}
    found: list[str] = []
    channels = channel_words(sweep.channels, sweep.out_channels, sweep.summed, getattr(layer, "groups", 1))
    found += [channels] if channels else []
    if sweep.spread:
        found.append(ADDED)
    if PADDING in kinds:
        found += padding_words(layer)
    if PAST in kinds:
        found.append("With ceil_mode the last window hangs over the end, and takes what is there.")
    found += [sentence for slide in sweep.slides for sentence in _missed(slide)]
    gone = [_left_out(slide, one) for slide, one in zip(sweep.both(), drawn)]
    if any(gone):
        found.append(f"Left out: {listed([words for words in gone if words])}.")
    if numbers:
        found.append(OF_VALUES)
        if filter and sweep.summed > 1:
            found.append(SAME_WEIGHTS)
        if filter and getattr(layer, "bias", False):
            found.append(NO_BIAS)
    return found


OF_VALUES = "The values are those of a small picture, stretched to the input; larger ones are tinted more."
SAME_WEIGHTS = "Here the filter has the same weights for each of them."
NO_BIAS = "The bias is 0 here."
ADDED = "Where windows meet, what they bring is added up."


def padding_words(layer: Any) -> list[str]:
    """What padding does in a pool."""
    if isinstance(layer, MaxPool):
        return ["Padding of a max pool is less than any value, so that it is never the largest."]
    if isinstance(layer, AvgPool):
        return [f"Padding holds zeros, and {'counts' if layer.count_include_pad else 'does not count'} in the mean."]
    return []


def channel_words(channels: int, out_channels: int, summed: int, groups: int) -> str:
    """How input channels become output channels. `summed` as in a sweep."""
    if summed == 0:
        return f"Each of the {channels:,} channels is treated like this by itself." if channels > 1 else ""
    if summed == 1:
        if groups > 1:
            return f"Each of the {channels:,} input channels has filters of its own: nothing is added up."
        if out_channels == 1:
            return "One filter makes one output channel."
        return f"This is one of {out_channels:,} filters, each of which makes one output channel."
    which = f"the {summed:,} input channels of its group" if groups > 1 else f"all {summed:,} input channels"
    which = which.replace("all 2 ", "both ")
    many = f", and {out_channels:,} filters make {out_channels:,} of them" if out_channels > 1 else ""
    return f"One output channel is the sum over {which}, each with its own part of the filter{many}."


def _missed(slide: Slide) -> list[str]:
    """The positions that no window has."""
    if slide.kernel * slide.under > COUNTED:
        return []
    missed = [at for at in range(slide.under) if slide.missed(at)]
    if not missed:
        return []
    verb = "Nothing lands on" if slide.spread else "No window reads"
    if len(missed) <= 3:
        s = "s" if len(missed) > 1 else ""
        return [f"{verb} {slide.name}{s} {listed([str(at) for at in missed])} of {slide.under}."]
    return [f"{verb} {len(missed):,} of the {slide.under:,} {slide.name}s."]


def _left_out(slide: Slide, drawn: Drawn) -> str:
    """What of the input is not drawn: `rows 9 to 215`."""
    shown = drawn.steps if slide.spread else drawn.positions
    inside = [at for at in shown if at is not None and 0 <= at < slide.size]
    gaps = [(a + 1, b - 1) for a, b in zip([-1, *inside], [*inside, slide.size]) if b > a + 1]
    words = [f"{a} to {b}" if b > a else str(a) for a, b in gaps]
    return f"{slide.name}s {listed(words)}" if words else ""
