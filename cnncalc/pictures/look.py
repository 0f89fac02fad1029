"""How a picture is to look, and what comes of it."""

from __future__ import annotations

from cnncalc.named_tuples import NamedTuple

THEMES = ("auto", "light", "dark")
"""`auto` follows what the reader's system is set to."""

LABELS = ("all", "sizes", "none")
"""What is at each map of the maps view."""

FILTER_NAMES = ("blur", "edge", "sharpen")
"""What the window view can be shown with."""


class Look(NamedTuple):
    """What can be chosen."""

    depth: int | None = None  # levels that are open; None: as many as can be read at once
    fold: bool = True  # are repeats drawn once?
    width: int | None = None  # pixels; None: as drawn
    labels: str = "all"
    theme: str = "auto"
    layer: str | None = None  # of the window and field views: a path; None: the first window, the last field
    filter: str | None = None  # of the window view: weights to show it with
    at: tuple[int, ...] | None = None  # of the field view: the output position; None: the one in the middle
    image: str | None = None  # of the field view: a file with a picture to draw it on


DEFAULT = Look()


class Picture(NamedTuple):
    """A picture, with its size in pixels. A notebook shows it."""

    svg: str
    width: float
    height: float

    def _repr_svg_(self) -> str:
        return self.svg

    def scaled(self, width: int) -> Picture:
        """The same picture at another width."""
        from cnncalc.pictures.svg import size_text

        height = self.height * width / self.width
        svg = self.svg.replace(size_text(self.width, self.height), size_text(width, height), 1)
        return Picture(svg, width, height)
