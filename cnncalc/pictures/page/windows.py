"""What a page needs to move a layer's window: its axes, with the places of their sizes, and what is said of it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from cnncalc.analysis.layer_report import LayerReport
from cnncalc.layers.conv import _Convolution
from cnncalc.layers.layer import Layer
from cnncalc.layers.pool import AdaptiveAvgPool, AdaptiveMaxPool, AvgPool, LPPool, MaxPool
from cnncalc.pictures.page.formulas import Names
from cnncalc.pictures.page.values import Pieces, Values, plain_pieces
from cnncalc.pictures.window.slide import Slide
from cnncalc.pictures.window.sweep import ruling, slides
from cnncalc.pictures.window.values import ALONG, FILTERS, MOST_CHANNELS, MOST_POWER, PICTURE, SIDE
from cnncalc.pictures.window.words import ADDED, NO_BIAS, OF_VALUES, SAME_WEIGHTS, channel_words, padding_words

NUMBERS = ("kernel", "stride", "dilation", "left", "right")
"""What of a window is the same at all sizes."""

FIRST = 7_310_000_000_000_000_000
"""A number that no layer is given."""


def window(layer: LayerReport, values: Values) -> dict[str, Any] | None:
    """The window of a layer along one or two axes; None where it has none such."""
    ruled: Any = ruling(layer)
    if ruled is None or ruled.ndim > 2:
        return None
    found = slides(ruled, layer.xs[0], layer.outputs[0])
    if not all(isinstance(getattr(slide, key), int) for slide in found for key in NUMBERS):
        return None
    padded = any(slide.left or slide.right for slide in found)
    spread = found[0].spread
    words = [_channels(ruled, layer, values), ADDED if spread else "", *(padding_words(ruled) if padded else [])]
    return {
        "spread": spread,
        "adaptive": found[0].adaptive,
        "edge": found[-1].edge,
        "axes": [_axis(slide, values) for slide in found],
        "numbers": _numbers(ruled, layer, found, values),
        "notes": [text for text in words if text],
    }


def _numbers(ruled: Any, layer: LayerReport, found: Sequence[Slide], values: Values) -> dict[str, Any] | None:
    """What the window does to numbers: a pool's rule, or that a filter fits its kernel; None where neither is shown."""
    if isinstance(ruled, MaxPool | AdaptiveMaxPool):
        return {"kind": "max"}
    if isinstance(ruled, AvgPool):
        return {"kind": "mean", "pads": ruled.count_include_pad, "divisor": ruled.divisor_override}
    if isinstance(ruled, AdaptiveAvgPool):
        return {"kind": "mean", "pads": True, "divisor": None}
    if isinstance(ruled, LPPool):
        return {"kind": "power", "power": ruled.norm_type} if 0 < ruled.norm_type <= MOST_POWER else None
    if isinstance(ruled, _Convolution) and all(slide.kernel == SIDE for slide in found):
        summed: Any = layer.xs[0][-int(ruled.ndim or 1) - 1]
        return {"kind": "filter", "summed": values.add(summed // ruled.groups), "bias": bool(ruled.bias)}
    return None


def picture_numbers(calls: Iterable[Mapping[str, Any]]) -> dict[str, Any] | None:
    """The picture and the filters, where a window works on them."""
    if not any(call["window"] and call["window"]["numbers"] for call in calls):
        return None
    filters = {name: one._asdict() for name, one in FILTERS.items()}
    words = {"values": OF_VALUES, "same": SAME_WEIGHTS, "bias": NO_BIAS}
    return {"picture": PICTURE, "line": ALONG, "filters": filters, "most": MOST_CHANNELS, "words": words}


def _axis(slide: Slide, values: Values) -> list[Any]:
    """Its name, the places of its sizes, and its numbers."""
    return [slide.name, values.add(slide.size), values.add(slide.out), *(getattr(slide, key) for key in NUMBERS)]


def _channels(ruled: Layer, layer: LayerReport, values: Values) -> Pieces:
    """How input channels become output channels, where their numbers may be open."""
    axes: Any = ruled.ndim
    channels, out_channels = layer.xs[0][-axes - 1], layer.outputs[0][-axes - 1]
    groups = ruled.groups if isinstance(ruled, _Convolution) else 1
    summed = channels // groups if isinstance(ruled, _Convolution) else 0
    names = Names(lambda at: FIRST + at)
    told: Any = [names.dim(number) for number in (channels, out_channels, summed, groups)]
    text = channel_words(*told)
    places = {f"{FIRST + at:,}": values.add(size) for at, size in enumerate(names.sizes)}
    parts = [part for part in re.split(f"({'|'.join(places)})" if places else "$^", text) if part]
    return plain_pieces([places.get(part, part) for part in parts]) if parts else ""
