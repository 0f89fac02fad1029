"""Numbers that a window is shown at work on: a small picture, three filters, and what layers make of them, exactly."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from fractions import Fraction
from typing import Any

from cnncalc.diagnostics import Diagnostic, UsageError
from cnncalc.layers.conv import _Convolution
from cnncalc.layers.pool import AdaptiveAvgPool, AdaptiveMaxPool, AvgPool, LPPool, MaxPool
from cnncalc.layers.shapes import dims_text
from cnncalc.named_tuples import NamedTuple
from cnncalc.pictures.window.slide import PAST, Slide
from cnncalc.pictures.window.sweep import WindowSweep

PICTURE = (
    "22244222",
    "22477422",
    "24788742",
    "47888874",
    "16555561",
    "16599561",
    "16599561",
    "11199111",
)
"""A house, in tones from 0 to 9. It is made as large as the input."""

ALONG = "24786521"
"""The same of one axis."""

SIDE = 3
"""The kernel that a filter fits."""

MOST_CHANNELS = 512
"""Channels that are added up."""

MOST_POWER = 16
"""Up to which norms are worked out."""


class Filter(NamedTuple):
    """A filter of 3x3, and of 3 along one axis: whole numbers, and what they are divided by."""

    weights: tuple[tuple[int, ...], ...]
    divisor: int
    along: tuple[int, ...]
    along_divisor: int = 1


FILTERS = {
    "blur": Filter(((1, 1, 1), (1, 1, 1), (1, 1, 1)), 9, (1, 1, 1), 3),
    "edge": Filter(((-1, -1, -1), (-1, 8, -1), (-1, -1, -1)), 1, (-1, 2, -1)),
    "sharpen": Filter(((0, -1, 0), (-1, 5, -1), (0, -1, 0)), 1, (-1, 3, -1)),
}


class Made(NamedTuple):
    """An output value, and the sum that gives it."""

    value: Fraction | float | None  # None: no number, as the largest of nothing
    parts: tuple[Fraction, ...] = ()  # what each input channel adds
    words: str = ""


class Values:
    """The numbers of a sweep."""

    def __init__(self, sweep: WindowSweep, filter: str | None) -> None:
        self.sweep = sweep
        self.rows, self.columns = sweep.both()
        self.filter = self._filter(filter) if filter else None

    @property
    def shown(self) -> bool:
        """Are there numbers to show? Those of a convolution are known with a filter."""
        layer = self.sweep.layer
        if isinstance(layer, LPPool):
            return 0 < layer.norm_type <= MOST_POWER
        return self.filter is not None or isinstance(layer, MaxPool | AvgPool | AdaptiveAvgPool | AdaptiveMaxPool)

    def _filter(self, name: str) -> tuple[Sequence[Sequence[int]], int]:
        """Raises UsageError where the layer has no such weights."""
        layer: Any = self.sweep.layer
        path = self.sweep.report.path
        if not isinstance(layer, _Convolution):
            message = f"{path} is a {self.sweep.report.type}, which has no weights to put a filter in"
            raise UsageError(Diagnostic("bad-option", message, hint="--filter is for convolutions"))
        wanted = (SIDE,) * len(self.sweep.slides)
        kernel = tuple(slide.kernel for slide in self.sweep.slides)
        if kernel != wanted:
            message = f"the filter {name} is {dims_text(wanted)}, but the kernel of {path} is {dims_text(kernel)}"
            raise UsageError(Diagnostic("bad-option", message, hint="draw a layer with k3"))
        if self.sweep.summed > MOST_CHANNELS:
            message = f"filters are shown on {MOST_CHANNELS} channels at most, but {path} adds up {self.sweep.summed}"
            raise UsageError(Diagnostic("bad-option", message, hint=f"set {MOST_CHANNELS} or fewer channels"))
        found = FILTERS[name]
        if len(wanted) == 1:
            return (found.along,), found.along_divisor
        return found.weights, found.divisor

    # The input

    def pixel(self, channel: int, row: int, column: int) -> int:
        """The picture at a position of the input, made as large as that is; channels show it differently."""
        if len(self.sweep.slides) == 1:
            tone = int(ALONG[column * len(ALONG) // self.columns.size])
            return (tone, 9 - tone, int(ALONG[-1 - column * len(ALONG) // self.columns.size]))[channel % 3]
        down, across = row * len(PICTURE) // self.rows.size, column * len(PICTURE) // self.columns.size
        if channel % 3 == 1:
            return 9 - int(PICTURE[down][across])
        return int(PICTURE[across][down] if channel % 3 == 2 else PICTURE[down][across])

    def under(self, channel: int, row: int, column: int) -> int | None:
        """What is at a position that a window is on; None where that is nothing."""
        down, across = self.rows.source(row), self.columns.source(column)
        if down is None or across is None:
            past = PAST in (self.rows.kind(row), self.columns.kind(column))
            return None if past or not self._zeros else 0
        return self.pixel(channel, down, across)

    @property
    def _zeros(self) -> bool:
        """Does padding hold zeros? That of a max pool is less than anything."""
        return not isinstance(self.sweep.layer, MaxPool)

    # The output

    def made(self, row: int, column: int) -> Made:
        """An output value."""
        if self.filter is not None:
            return self._convolved(row, column)
        taps = [(down, across) for _, down in self.rows.taps(row) for _, across in self.columns.taps(column)]
        return self._pooled(row, column, [self.under(0, *place) for place in taps])

    def terms(self, row: int, column: int) -> Iterator[tuple[int, int, int]]:
        """The weights that make an output value, each with the row and the column that it is put on."""
        assert self.filter is not None
        if not self.sweep.spread:
            for i, down in self.rows.taps(row):
                for j, across in self.columns.taps(column):
                    yield self.filter[0][i][j], down, across
            return
        for i, down in _from(self.rows, row):
            for j, across in _from(self.columns, column):
                yield self.filter[0][i][j], down, across

    def _convolved(self, row: int, column: int) -> Made:
        assert self.filter is not None
        divisor = self.filter[1]
        terms = list(self.terms(row, column))
        parts = []
        for channel in range(self.sweep.summed):
            total = 0
            for weight, down, across in terms:
                if self.sweep.spread:
                    total += weight * self.pixel(channel, down, across)
                else:
                    total += weight * (self.under(channel, down, across) or 0)
            parts.append(Fraction(total, divisor))
        value = sum(parts, Fraction(0))
        if self.sweep.summed > 1:
            named = [f"channel {i}: {text(part, 2)}" for i, part in enumerate(parts)]
            if len(named) > 3:
                named = [*named[:2], "…", named[-1]]
            return Made(value, tuple(parts), f"{' + '.join(named)} = {text(value, 2)}")
        found = [
            (weight, self.pixel(0, d, a) if self.sweep.spread else self.under(0, d, a) or 0)
            for weight, d, a in terms
            if weight
        ]
        words = f"({' + '.join(str(pixel) for _, pixel in found)})/{divisor}" if divisor > 1 else _weighted(found)
        return Made(value, tuple(parts), f"{words or '0'} = {text(value, 2)}")

    def _pooled(self, row: int, column: int, held: list[int | None]) -> Made:
        """A pool's value, by the rules of torch (ATen/native/AvgPool2d.cpp, MaxPool2d; nn.functional.lp_pool2d)."""
        layer: Any = self.sweep.layer
        there = [value for value in held if value is not None]
        if isinstance(layer, MaxPool | AdaptiveMaxPool):
            if not there:
                return Made(None, words="nothing in the window: −∞")
            return Made(Fraction(max(there)), words=f"max({_some(list(map(str, there)), ', ')}) = {max(there)}")
        if isinstance(layer, LPPool):
            return self._powers(there, layer.norm_type, len(held))
        total, count = sum(there), len(there)
        if isinstance(layer, AvgPool):
            pixels = [
                (d, a)
                for _, d in self.rows.taps(row)
                for _, a in self.columns.taps(column)
                if 0 <= d < self.rows.size and 0 <= a < self.columns.size
            ]
            count = count if layer.count_include_pad else len(pixels)
            count = layer.divisor_override or count
            there = there if layer.count_include_pad else [self.pixel(0, *place) for place in pixels]
        if not count:
            return Made(None, words="nothing in the window")
        value = Fraction(total, count)
        return Made(value, words=f"({_some(list(map(str, there)), ' + ')})/{count} = {text(value, 2)}")

    def _powers(self, there: list[int], power: float, whole: int) -> Made:
        """The norm of a window. Of one that hangs over the end torch takes the mean of what is there, times all."""
        total = sum(float(value) ** power for value in there) / len(there) * whole
        value = total ** (1 / power)
        words = _some([f"{value}^{power:g}" for value in there], " + ")
        return Made(value, words=f"({words})^(1/{power:g}) = {text(value, 2)}")


def _from(slide: Slide, position: int) -> Iterator[tuple[int, int]]:
    """The parts of the kernel that land on an output position, each with the input that it comes from."""
    for tap in range(slide.kernel):
        step, rest = divmod(position + slide.left - tap * slide.dilation, slide.stride)
        if rest == 0 and 0 <= step < slide.size:
            yield tap, step


def _weighted(terms: list[tuple[int, int]]) -> str:
    """`8·4 − 2 − 2`."""
    words = ""
    for weight, pixel in terms:
        sign = " − " if weight < 0 else " + "
        times = "" if abs(weight) == 1 else f"{abs(weight)}·"
        words += f"{sign if words else sign.strip() if weight < 0 else ''}{times}{pixel}"
    return words


def _some(words: Sequence[str], joint: str) -> str:
    """Terms in a row, the first and the last of many."""
    shown = [*words[:6], "…", *words[-2:]] if len(words) > 12 else words
    return joint.join(shown)


def text(value: Fraction | float | int, digits: int) -> str:
    """A number with at most so many decimals, rounded to the nearest, a half to even.

    >>> text(Fraction(-38, 3), 1), text(Fraction(4), 1), text(Fraction(1, 4), 1)
    ('−12.7', '4', '0.2')
    """
    scaled = round(value * 10**digits)
    whole, rest = divmod(abs(scaled), 10**digits)
    shown = f"{whole}.{rest:0{digits}d}".rstrip("0").rstrip(".") if rest else str(whole)
    return f"−{shown}" if scaled < 0 else shown
