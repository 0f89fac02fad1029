"""The colours of pages and pictures, on light ground and on dark."""

from __future__ import annotations

from cnncalc.named_tuples import NamedTuple


class Theme(NamedTuple):
    """The colours of a page."""

    page: str
    ink: str
    dim: str  # what is said beside
    line: str  # edges
    frame: str  # the border of a frame
    inside: str  # the ground of a frame
    bar: str  # its head
    warning: str
    params: str  # the bars
    macs: str
    tint: float  # how much of a family's colour is in its box


LIGHT = Theme(
    "#ffffff", "#1f2328", "#57606a", "#57606a", "#b6bec7", "#f6f8fa", "#dde3e9", "#b42318", "#8250b4", "#0b6e99", 0.2
)
DARK = Theme(
    "#0d1117", "#e6edf3", "#9aa4af", "#9aa4af", "#3d444d", "#151b23", "#2a313a", "#ff8f85", "#c297ff", "#5cc8f2", 0.3
)
