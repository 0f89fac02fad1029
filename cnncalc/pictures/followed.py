"""What changes in a picture when sizes do, for a page that follows them: texts and bars, by what they show."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias

from cnncalc.named_tuples import NamedTuple

if TYPE_CHECKING:
    from cnncalc.pictures.svg import Canvas


class FollowedShape(NamedTuple):
    """The shape of a value, and of the same one in the last copy of a repeat."""

    first: int
    last: int


class FollowedFigures(NamedTuple):
    """The params and MACs of layers in a row, and of the last copy, which is so many layers further on."""

    start: int
    stop: int
    further: int = 0


class FollowedBar(NamedTuple):
    """A bar for the params or the MACs of layers in a row, beside the longest of them."""

    figure: str  # params or macs
    start: int
    stop: int


class FollowedWords(NamedTuple):
    """The type of a layer where it is written, and its arguments; of the last copy those that differ."""

    type: str
    layer: int
    last: int


Follows: TypeAlias = FollowedShape | FollowedFigures | FollowedBar | FollowedWords


class Followed:
    """What is followed in a picture, each with the pixels that there are for it."""

    def __init__(self) -> None:
        self.items: list[tuple[Follows, float]] = []

    def add(self, follows: Follows, room: float) -> int:
        """The place of one more."""
        self.items.append((follows, room))
        return len(self.items) - 1

    def __bool__(self) -> bool:
        return True  # an empty list is followed too


class Drawn(NamedTuple):
    """A picture that is part of a page: its elements, its size, and the rules that it adds to the style."""

    canvas: Canvas
    width: float
    height: float
    extra: str = ""
