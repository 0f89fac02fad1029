"""Boxes and the values between them, laid out in layers from top to bottom: places, and lines with right angles.

One level at a time: what is in a box has been laid out before, so that a box knows at which of its places a value
enters and leaves. The steps are those of Sugiyama, Tagawa and Toda (1981): ranks; lanes through the ranks that a value
passes by, one for all its readers; few crossings, by the means of neighbours; then places, where boxes that follow each
other keep one line (as Brandes and Köpf, 2001) and everything else moves as near to its neighbours as there is room.
"""

from __future__ import annotations

from collections.abc import Sequence

from cnncalc.pictures.layered.boxes import Box, Placed, Stroke
from cnncalc.pictures.layered.columns import in_columns, in_one
from cnncalc.pictures.layered.lines import OneColumn
from cnncalc.pictures.layered.places import Places
from cnncalc.pictures.layered.ranks import Ranks

__all__ = ["Box", "Placed", "Stroke", "arrange"]


def arrange(boxes: Sequence[Box], ratio: float | None = None, tall: float = 900.0) -> Placed:
    """Places for boxes, which are placed so that each comes after those that it reads from.

    With a `ratio` of width to height, what is higher than `tall` is broken into columns where a single value passes.
    """
    drawn = OneColumn(Places(Ranks(boxes)))
    return in_one(drawn) if ratio is None or drawn.height <= tall else in_columns(drawn, ratio)
