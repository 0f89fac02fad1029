"""Layers with drawn arguments and inputs, legal and illegal, from what the registry says of them."""

from __future__ import annotations

import random
from typing import Any, NamedTuple

from cnncalc.layers import Layer, families
from cnncalc.layers.base import REQUIRED, Argument
from cnncalc.layers.kinds import Bool, Choice, Either, Int, Ints, Kind, Number, Scales, Sides, Sizes, said

LAYERS: list[type[Layer]] = [
    member
    for family in families()
    for member in family.members
    if member.torch and member.inputs == (1, 1) and not hasattr(member, "drawn")
]


class Case(NamedTuple):
    """A torch class, what it is given, and the shape of a batch of 2 that goes in."""

    layer: type[Layer]
    arguments: dict[str, Any]
    shape: tuple[int, ...]

    @property
    def spec(self) -> str:
        """The case in cnncalc's language, in torch's words."""
        sample = self.shape[1:]
        shape = f"({', '.join(map(str, sample))},)" if sample else "()"
        given = ", ".join(f"{key}={text(value)}" for key, value in self.arguments.items())
        return f"{shape} -> {self.layer.torch}({given})"

    @property
    def torch_text(self) -> str:
        """The case in Python."""
        given = ", ".join(f"{key}={value!r}" for key, value in self.arguments.items())
        return f"nn.{self.layer.torch}({given})(torch.rand({self.shape}))"


def text(value: Any) -> str:
    if isinstance(value, str):
        return f"'{value}'"
    if isinstance(value, bool):
        return str(value)
    if isinstance(value, tuple):
        return f"({', '.join(map(text, value))},)"
    return said(value)


def case(layer: type[Layer], draw: random.Random) -> Case:
    """One drawn case. Most are legal, so that figures are compared too."""
    shape = drawn_shape(layer, draw)
    found: dict[str, Any] = {}
    for key, argument in layer.arguments.items():
        required = argument.default is REQUIRED or argument.inferred
        if required or draw.random() < 0.4:
            found[key] = drawn(layer, argument, shape, draw)
    if layer.name in ("upsample", "upsamplingnearest2d", "upsamplingbilinear2d") and draw.random() < 0.9:
        found.pop(draw.choice(["size", "scale_factor"]), None)
        if "size" not in found and "scale_factor" not in found:
            found["scale_factor"] = draw.choice([0.5, 1.5, 2.0, 3.0])
    return Case(layer, found, shape)


def drawn_shape(layer: type[Layer], draw: random.Random) -> tuple[int, ...]:
    axes = layer.ndim if layer.ndim else draw.choice([0, 1, 2, 2, 2, 3])
    if draw.random() < 0.08:
        axes = draw.randrange(0, 4)
    channels = draw.choice([1, 2, 3, 4, 4, 6, 8, 12, 16])
    sizes = [draw.choice([1, 2, 3, 4, 5, 6, 7, 8, 9, 11]) for _ in range(axes)]
    return (2, channels, *sizes)


def drawn(layer: type[Layer], argument: Argument, shape: tuple[int, ...], draw: random.Random) -> Any:
    """A value for one argument."""
    right = draw.random() < 0.9
    if argument.inferred:
        if argument.name == "normalized_shape":
            count = draw.randrange(1, len(shape)) if len(shape) > 1 else 1
            dims = shape[-count:] if right else (5,)
            return dims[0] if len(dims) == 1 and draw.random() < 0.5 else tuple(dims)
        axis = -1 if argument.name == "in_features" else 1
        return shape[axis] if right else draw.choice([1, 2, 3, 5])
    if argument.name == "groups" or argument.name == "num_groups":
        return draw.choice([1, 1, 2, 2, 3, 4, shape[1]])
    if argument.name == "out_channels":
        return draw.choice([1, 2, 3, 4, 6, 8, 2 * shape[1]])
    if argument.name in ("upscale_factor", "downscale_factor"):
        return draw.choice([1, 2, 2, 3])
    if argument.name == "unflattened_size":
        return draw.choice([(2, -1), (1, shape[1]), (shape[1], 1), (-1, -1), (3, 2)])
    if argument.name in ("dim", "start_dim", "end_dim"):
        return draw.choice([-4, -2, -1, 0, 1, 1, 2, 3])
    return of_kind(argument.kind, layer.ndim or len(shape) - 2, draw)


def of_kind(kind: Kind, axes: int, draw: random.Random) -> Any:
    if isinstance(kind, Bool):
        return draw.random() < 0.5
    if isinstance(kind, Choice):
        return draw.choice(kind.words)
    if isinstance(kind, Sizes):
        if kind.words and draw.random() < 0.3:
            return draw.choice([*kind.words, "full"] if draw.random() < 0.1 else kind.words)
        least = kind.least if draw.random() < 0.93 else kind.least - 1
        values = [None] if kind.none and draw.random() < 0.2 else []

        def one() -> Any:
            return draw.choice([*values, *range(least, 5)])

        if draw.random() < 0.6 or axes == 0:
            value = one()
            return value if value is not None else (None,) * axes
        return tuple(one() for _ in range(axes if draw.random() < 0.95 else axes + 1))
    if isinstance(kind, Sides):
        low = -2 if draw.random() < 0.2 else 0
        if draw.random() < 0.5:
            return draw.randrange(low, 4)
        return tuple(draw.randrange(low, 4) for _ in range(2 * axes))
    if isinstance(kind, Number):
        return draw.choice([0.1, 0.25, 0.5, 1, 1.0, 2])
    if isinstance(kind, Scales):
        values = [0.25, 0.3, 0.5, 1.0, 1.5, 2.0, 3.0]
        if draw.random() < 0.6:
            return draw.choice(values)
        return tuple(draw.choice(values) for _ in range(axes))
    if isinstance(kind, Int):
        least = 1 if kind.least is None else kind.least
        return draw.choice([least, least + 1, least + 2, least + 3, least - 1 if draw.random() < 0.2 else least])
    if isinstance(kind, Ints):
        return tuple(draw.randrange(0, 4) for _ in range(axes))
    if isinstance(kind, Either):
        return of_kind(draw.choice(kind.kinds), axes, draw)
    raise AssertionError(f"no way to draw {kind.text}")
