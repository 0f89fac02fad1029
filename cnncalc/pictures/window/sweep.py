"""The sweep of a layer: its windows on each axis, and which layers have any."""

from __future__ import annotations

from typing import Any

from cnncalc.analysis.layer_report import LayerReport
from cnncalc.analysis.trace import Report
from cnncalc.diagnostics import Diagnostic, UsageError, listed
from cnncalc.layers.conv import ConvTranspose, _Convolution
from cnncalc.layers.layer import Layer
from cnncalc.layers.pool import _AdaptivePool
from cnncalc.layers.shapes import Shape
from cnncalc.layers.site import Site
from cnncalc.named_tuples import NamedTuple
from cnncalc.pictures.chosen import layer_at
from cnncalc.pictures.window.slide import ALONE, Drawn, Slide

AXES = {1: ("position",), 2: ("row", "column"), 3: ("slice", "row", "column")}
MOST = 14
"""Positions of an axis that are drawn without leaving some out."""
MOST_OF_MANY = 12
"""The same where several channels are drawn."""
MOST_ALONE = 22
"""The same where there is one axis."""


class WindowSweep(NamedTuple):
    """How a layer's window moves over its input."""

    report: LayerReport
    layer: Layer  # whose rules it follows
    slides: tuple[Slide, ...]  # of each spatial axis
    channels: int  # that come in
    out_channels: int
    summed: int  # channels that one output channel is a sum of; 0: each channel by itself

    @property
    def spread(self) -> bool:
        """Is it a transposed convolution, whose windows are on the output?"""
        return self.slides[0].spread

    @property
    def planes(self) -> list[int | None]:
        """The input channels that are drawn, with None for those left out."""
        if self.summed <= 1:
            return [0]
        return list(range(self.summed)) if self.summed <= 3 else [0, 1, None, self.summed - 1]

    def both(self) -> tuple[Slide, Slide]:
        """Rows and columns; the rows of a single axis are one."""
        return self.slides if len(self.slides) == 2 else (ALONE, self.slides[-1])

    def drawn(self) -> tuple[Drawn, Drawn]:
        """What of the rows and the columns is drawn."""
        if len(self.slides) == 1:
            return ALONE.drawn(1), self.slides[0].drawn(MOST_ALONE)
        most = MOST if len(self.planes) == 1 else MOST_OF_MANY
        rows, columns = self.both()
        return rows.drawn(most), columns.drawn(most)

    def to_dict(self) -> dict[str, Any]:
        """The geometry as data, without a pixel of it: what a page needs to move the window by itself."""
        found = self.drawn()[-len(self.slides) :]
        shown = self.report.report.shown
        return {
            "layer": self.report.path,
            "type": self.report.type,
            "input": list(shown(self.report.xs[0])),
            "output": list(shown(self.report.outputs[0])),
            "transposed": self.spread,
            "summed": self.summed,
            "axes": [slide.to_dict(drawn) for slide, drawn in zip(self.slides, found)],
        }


def ruling(layer: LayerReport) -> Layer | None:
    """The layer whose window slides, if there is one. A function that is given its weight follows another's rules."""
    found: Any = layer.layer
    if not layer.xs or found.ndim is None:
        return None
    if hasattr(found, "like"):
        found = found.like(Site(), layer.xs[1])
    if isinstance(found, ConvTranspose | _AdaptivePool) or found.windows(layer.xs[0]):
        return found  # type: ignore[no-any-return]
    return None


def chosen(report: Report, path: str | None) -> LayerReport:
    """The layer that is to be drawn: the one at a path, or the first that has a window.

    Raises UsageError where there is no such layer, or where it has no window.
    """
    having = [layer for layer in report.layers if ruling(layer) is not None]
    if path is None:
        if not having:
            message = "no layer of this network has a window that slides"
            raise UsageError(Diagnostic("no-window", message, hint="convolutions and pools have one"))
        return having[0]
    found = layer_at(report, path)
    inside = [layer for layer in found if ruling(layer) is not None]
    if len(inside) == 1:
        return inside[0]
    if inside:
        names = [layer.path for layer in inside[:4]]
        message = f"{path} holds {len(inside)} layers with a window, and one of them is drawn"
        raise UsageError(Diagnostic("no-window", message, hint=f"--layer {listed(names, 'or')}"))
    message = f"{path} has no window that slides"
    if len(found) == 1:
        message = f"{path} is a {found[0].type}, which has no window that slides"
    shown = [layer.path for layer in having[:6]]
    more = f", and {len(having) - 6} more" if len(having) > 6 else ""
    hint = f"these have one: {', '.join(shown)}{more}" if having else "no layer of this network has one"
    raise UsageError(Diagnostic("no-window", message, hint=hint))


def sweep(layer: LayerReport) -> WindowSweep:
    """The sweep of a layer that has one, at sizes that are numbers. Raises UsageError for one along three axes."""
    ruled: Any = ruling(layer)
    x, y = layer.xs[0], layer.outputs[0]
    axes = ruled.ndim
    if axes > 2:
        message = f"{layer.path} slides along three axes, and a window is drawn along one or two"
        raise UsageError(Diagnostic("no-window", message, hint=f"cnncalc explain SPEC {layer.path}"))
    channels, out_channels = int(x[-axes - 1]), int(y[-axes - 1])
    summed = channels // int(ruled.groups) if isinstance(ruled, _Convolution) else 0  # type: ignore[arg-type]
    return WindowSweep(layer, ruled, slides(ruled, x, y), channels, out_channels, summed)


def slides(ruled: Any, x: Shape, y: Shape) -> tuple[Slide, ...]:
    """The window of a layer along each of its axes. Sizes that are open stay so."""
    axes = ruled.ndim
    sizes = zip(AXES[axes], x[-axes:], y[-axes:])
    return tuple(_slide(ruled, x, axis, name, size, out) for axis, (name, size, out) in enumerate(sizes))


def _slide(ruled: Any, x: Shape, axis: int, name: str, size: Any, out: Any) -> Slide:
    if isinstance(ruled, ConvTranspose):
        cut = ruled.padding[axis]
        kernel, stride, dilation = ruled.kernel_size[axis], ruled.stride[axis], ruled.dilation[axis]
        return Slide(name, size, out, kernel, stride, dilation, cut, cut, spread=True)
    if isinstance(ruled, _AdaptivePool):
        return Slide(name, size, out, adaptive=True)
    window = ruled.windows(x)[axis]
    edge = getattr(ruled, "padding_mode", "zeros")
    return Slide(name, size, out, window.kernel, window.stride, window.dilation, window.left, window.right, edge)
