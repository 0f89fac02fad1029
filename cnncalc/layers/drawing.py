"""Shapes and axes to draw, most of them legal, to compare layers with torch."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from random import Random


Drawn = tuple[dict[str, Any], list[tuple[int, ...]]]
"""Arguments and input shapes, most of them legal, to compare with torch."""


def drawn_shape(draw: Random) -> tuple[int, ...]:
    """A shape to rearrange."""
    return (2, *(draw.choice([1, 2, 3, 4, 6, 8]) for _ in range(draw.randrange(0, 4))))


def drawn_axis(draw: Random, rank: int) -> int:
    """An axis from either end; now and then one that is not there."""
    return draw.randrange(-rank, rank) if draw.random() < 0.95 else draw.choice([-6, 5])
