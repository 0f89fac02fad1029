"""The field view: what one output position of a layer sees, value by value back to the input."""

from __future__ import annotations

from cnncalc.analysis.trace import Report
from cnncalc.pictures.chosen import drawn_at, layer_at, numbers_for
from cnncalc.pictures.field.painting import paint
from cnncalc.pictures.field.photo import photo
from cnncalc.pictures.field.seen import fields
from cnncalc.pictures.look import Look, Picture

TAKES = ("layer", "at", "image")


def draw(report: Report, look: Look) -> Picture:
    """The field of a position. Raises UsageError where there is none, or the image is none."""
    if look.layer is not None:
        layer_at(report, look.layer)
    under = None if look.image is None else photo(look.image)
    sizes, drawn = numbers_for(report)
    return paint(fields(drawn, look.layer, look.at), look, under, drawn_at(sizes))
