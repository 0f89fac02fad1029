"""Drawn cases moved to the edge of what is legal: values of another type, length or sign, and inputs with an axis
more, an axis less, no axis, no sample or no elements."""

from __future__ import annotations

import random
from typing import Any

from cnncalc.layers import Layer
from cnncalc.layers.kinds import Text

Sample = tuple[int, ...]

VALUES: tuple[Any, ...] = (
    *(0, -1, -2, 1, 2, 3, 1.0, 2.0, 0.5, -0.5, True, False, None, "same", "x"),
    *((), (1,), (2,), (1, 2), (2, 1, 1), (0, 1), (-1, 1), (1.0,), [], [2], [1, 2]),
)
"""What any argument is given now and then."""


def moved(
    layer: type[Layer], arguments: dict[str, Any], shapes: list[Sample], draw: random.Random
) -> tuple[dict[str, Any], list[Sample]]:
    """The arguments and shapes with one thing changed, or two."""
    arguments, shapes = dict(arguments), list(shapes)
    for _ in range(draw.choice((1, 1, 2))):
        if shapes and (not layer.arguments or draw.random() < 0.5):
            at = draw.randrange(len(shapes))
            shapes[at] = moved_shape(shapes[at], draw)
        elif layer.arguments:
            change_argument(layer, arguments, draw)
    return arguments, shapes


def change_argument(layer: type[Layer], arguments: dict[str, Any], draw: random.Random) -> None:
    """Give one argument another value, or leave it out."""
    own = [
        key
        for key, argument in layer.arguments.items()
        if key != layer.number_argument
        and not isinstance(argument.kind, Text)
        and (key in arguments or draw.random() < 0.2)
    ]
    if not own:
        return
    key = draw.choice(own)
    if key in arguments and draw.random() < 0.05:
        del arguments[key]
    elif not isinstance(arguments.get(key), Layer):
        arguments[key] = moved_value(arguments.get(key), draw)


def moved_value(value: Any, draw: random.Random) -> Any:
    """A value near the given one, of another type, length or sign; or any."""
    if value is None or draw.random() < 0.3:
        return draw.choice(VALUES)
    if isinstance(value, bool):
        return draw.choice((0, 1, None, 1.0, not value))
    if isinstance(value, int):
        return draw.choice((0, -1, -value, value + 1, float(value), bool(value), (value,), [value], (value,) * 2, None))
    if isinstance(value, float):
        return draw.choice((0, 0.0, -1, -value, 1, True, False, None, (value,), value + 1))
    if isinstance(value, str):
        return draw.choice(("x", "", "same", "zeros", "none", None, 0, True))
    items = tuple(value)
    floats = tuple(float(item) if isinstance(item, int) else item for item in items)
    first = items[0] if items else 1
    shapes: tuple[Any, ...] = (
        items[:1],
        items[:-1],
        (*items, 1),
        list(items),
        [],
        (),
        (0,) * len(items),
        (-1,) * len(items),
    )
    return draw.choice((*shapes, floats, first))


def moved_shape(shape: Sample, draw: random.Random) -> Sample:
    """A shape near the given one: with an axis emptied, gone, new, or alone."""
    if not shape:
        return draw.choice(((1,), (2,), (0,), (1, 1)))
    at = draw.randrange(len(shape))
    return draw.choice(
        (
            (),
            (0, *shape[1:]),
            (*shape[:at], 0, *shape[at + 1 :]),
            (*shape[:at], 0, *shape[at + 1 :]),
            (*shape[:at], 1, *shape[at + 1 :]),
            (*shape[:at], shape[at] + 1, *shape[at + 1 :]),
            (1, *shape),
            shape[1:],
            shape[:-1],
        )
    )
