"""Layers with drawn arguments and inputs, legal and illegal, from what the registry says of them."""

from __future__ import annotations

import random
from typing import Any

from cnncalc.language.run.scope import is_open_name
from cnncalc.layers import Layer, families
from cnncalc.layers.arguments import REQUIRED, Argument
from cnncalc.layers.kinds import Bool, Choice, Either, Int, Ints, Kind, Number, Scales, Sides, Sizes, Text, Wrong, said
from cnncalc.layers.site import Refusal, Site
from cnncalc.named_tuples import NamedTuple
from cnncalc.torch_bridge.drawing.edges import moved

Sample = tuple[int, ...]
"""A shape in numbers, complete with the batch."""

BATCH = 2

EDGES = 0.3
"""How many of the cases are moved to the edge of what is legal."""

NOT_DRAWN = frozenset({"opaque"})  # stands for what cnncalc does not know, and is the same on both sides


def layers() -> list[type[Layer]]:
    """Every layer there is, each member of a family by itself."""
    return [member for family in families() for member in family.members if member.name not in NOT_DRAWN]


class Case(NamedTuple):
    """A layer, what it is given, and the shapes that go in."""

    layer: type[Layer]
    arguments: dict[str, Any]  # as Python writes them
    shapes: list[Sample]
    batched: bool = True  # else the first axis is none of samples
    moved: bool = False  # to the edge of what is legal
    by_position: int = 0  # how many arguments of torch's class are written without their names

    @property
    def spec(self) -> str:
        """The case in cnncalc's language, in torch's words."""
        one = self.layer.inputs == (1, 1)
        name = self.layer.torch or self.layer.name
        called = {key for key, argument in self.layer.arguments.items() if argument.at_call}
        given = [text(value) for value in self.positional]
        given += [f"{key}={text(value)}" for key, value in self.named.items() if key not in called]
        later = [f"{key}={text(value)}" for key, value in self.arguments.items() if key in called]
        if self.inline:
            return f"{shape_text(self.shapes[0][1:])} -> {name}({', '.join(given)})"
        if one and not later:
            body = f"input -> {name}({', '.join(given)})"
            inputs = f"input: {shape_text(self.shapes[0])}"
        else:
            inputs = "".join(f"  in{i}: {shape_text(shape)}\n" for i, shape in enumerate(self.shapes, 1)).rstrip()
            inputs = f"inputs:\n{inputs}" if inputs else "input: (1,)"
            read = [f"in{i}" for i in range(1, len(self.shapes) + 1)]
            body = f"{name}({', '.join([*read, *given])})"
            if self.layer.torch:
                body = f"{name}({', '.join(given)})({', '.join([*read, *later])})"
            if not self.shapes:
                body = f"call: {body}"
        return f"batch: none\n{inputs}\nbody:\n  - {body}\n"

    @property
    def positional(self) -> list[Any]:
        """The values that are written without their names, in the order of torch's signature."""
        order = [key for key, argument in self.layer.arguments.items() if not argument.at_call]
        return [self.arguments[key] for key in order[: self.by_position]]

    @property
    def named(self) -> dict[str, Any]:
        """The arguments that are written with their names."""
        return {
            key: self.arguments[key] for key in self.arguments if key not in [*self.layer.arguments][: self.by_position]
        }

    @property
    def inline(self) -> bool:
        """Can one line say it? What torch takes when it calls a layer, it cannot."""
        if any(self.layer.arguments[key].at_call for key in self.arguments):
            return False
        return self.batched and self.layer.inputs == (1, 1) and self.shapes[0][:1] == (BATCH,)

    @property
    def batch(self) -> int | None:
        return BATCH if self.inline else None

    @property
    def reproduction(self) -> str:
        """The case in both languages, to paste."""
        line = f'cnncalc "{self.spec}" --batch {BATCH}'
        ours = line if self.inline else f"cnncalc - <<'END'\n{self.spec}END"
        given = ", ".join([*map(repr, self.positional), *(f"{key}={value!r}" for key, value in self.named.items())])
        whole = self.layer.integer_inputs
        tensors = ", ".join(
            f"torch.zeros({shape}, dtype=torch.long)" if i in whole else f"torch.zeros({shape})"
            for i, shape in enumerate(self.shapes)
        )
        called = {key: value for key, value in self.named.items() if self.layer.arguments[key].at_call}
        made = ", ".join(
            [*map(repr, self.positional), *(f"{k}={v!r}" for k, v in self.named.items() if k not in called)]
        )
        module = f"nn.{self.layer.torch}({made})" if self.layer.torch else None
        if module and self.layer.run is Layer.run:
            return f"{ours}\n{module}({tensors})"
        layer = f'cnncalc.layers.layer_class("{self.layer.name}")({given})'
        return f"{ours}\n{layer}.run(torch, {', '.join(filter(None, [str(module), tensors]))})"


def shape_text(sizes: Sample) -> str:
    return f"({', '.join(map(str, sizes))},)" if sizes else "()"


def text(value: Any) -> str:
    """A value as a spec writes it."""
    if isinstance(value, str):
        return value if value.isidentifier() and not is_open_name(value) else f"'{value}'"
    if isinstance(value, bool):
        return str(value)
    if isinstance(value, list):
        return f"[{', '.join(map(text, value))}]"
    if isinstance(value, tuple):
        return f"({', '.join(map(text, value))},)" if value else "()"
    return repr(value) if isinstance(value, float) else said(value)


def normal(layer: type[Layer], arguments: dict[str, Any]) -> Layer:
    """The layer with arguments in the form that its rules take, those that are no such left as they are."""
    values: dict[str, Any] = {}
    for key, value in arguments.items():
        try:
            kind = layer.arguments[key].kind
            read = kind.read_torch if layer.torch else kind.read
            values[key] = None if value is None else read(exact(value), layer.ndim)
        except (Wrong, TypeError):
            values[key] = value
    return layer(**torch_defaults(layer) | values)


def torch_defaults(layer: type[Layer]) -> dict[str, Any]:
    """The defaults under torch's name that are others under ours."""
    return {key: argument.in_torch for key, argument in layer.arguments.items() if argument.in_torch is not None}


def exact(value: Any) -> Any:
    """A value with its decimals as they are written."""
    if isinstance(value, tuple | list):
        return tuple(map(exact, value))
    if isinstance(value, float):
        from fractions import Fraction

        return Fraction(repr(value))
    return value


def case(layer: type[Layer], draw: random.Random) -> Case:
    """One drawn case. Most are legal, so that figures are compared too."""
    drawn = inner_case(layer, draw)
    if draw.random() < EDGES:
        arguments, shapes = moved(layer, drawn.arguments, drawn.shapes, draw)
        drawn = drawn._replace(arguments=arguments, shapes=shapes, moved=True)
    order = [key for key, argument in layer.arguments.items() if not argument.at_call]
    ordered = next((at for at, key in enumerate(order) if key not in drawn.arguments), len(order))
    if layer.torch and draw.random() < 0.3:
        drawn = drawn._replace(by_position=draw.randint(0, ordered))
    return drawn


def inner_case(layer: type[Layer], draw: random.Random) -> Case:
    """A case of which most are legal."""
    own = getattr(layer, "drawn", None)
    if own is not None:
        arguments, shapes = own(draw)
        return Case(layer, arguments, shapes, batched=draw.random() < 0.5)
    batched = draw.random() < 0.9
    shapes = drawn_shapes(layer, draw, batched)
    found: dict[str, Any] = {}
    if layer.number_argument and draw.random() < 0.3:  # a number in place of the last input
        found[layer.number_argument] = draw.choice([1, 2, 0.5])
        shapes = shapes[: layer.inputs[0]]
    for key, argument in layer.arguments.items():
        if key == layer.number_argument:
            continue
        required = argument.default is REQUIRED or argument.inferred
        if (required or draw.random() < 0.4) and not isinstance(argument.kind, Text):
            found[key] = drawn(layer, argument, shapes, found, draw)
    if "size" in found and "scale_factor" in found and draw.random() < 0.9:
        del found[draw.choice(["size", "scale_factor"])]  # torch takes one of them
    if {"size", "scale_factor"} <= layer.arguments.keys() - found.keys() and draw.random() < 0.9:
        found["scale_factor"] = draw.choice([0.5, 1.5, 2.0, 3.0])
    return Case(layer, found, shapes, batched)


def drawn_shapes(layer: type[Layer], draw: random.Random, batched: bool = True) -> list[Sample]:
    """A shape for each input; the further ones are like the first, or broadcast to it."""
    fewest, most = layer.inputs
    fewest += bool(layer.number_argument)
    count = draw.randint(fewest, min(most, fewest + 1) if most is not None else fewest + 1)
    if count == 0:
        return []
    axes = layer.ndim if layer.ndim else draw.choice([0, 1, 2, 2, 2, 3])
    if draw.random() < 0.08:
        axes = draw.randrange(0, 4)
    channels = draw.choice([1, 2, 3, 4, 4, 6, 8, 12, 16])
    sizes = [draw.choice([1, 2, 3, 4, 5, 6, 7, 8, 9, 11]) for _ in range(axes)]
    first = (BATCH, channels, *sizes) if batched else (channels, *sizes)
    return [first, *(near(first, draw) for _ in range(count - 1))]


def near(first: Sample, draw: random.Random) -> Sample:
    """The shape again, or one that broadcasts to it or does not."""
    if draw.random() < 0.5:
        return first
    changed = [draw.choice([size, size, size, size, 1, 3]) for size in first]
    return tuple(changed[draw.random() < 0.1 :])


def drawn(
    layer: type[Layer], argument: Argument, shapes: list[Sample], found: dict[str, Any], draw: random.Random
) -> Any:
    """A value for one argument."""
    shape = shapes[0] if shapes else ()
    right = draw.random() < 0.9
    if argument.inferred:
        if argument.name == "normalized_shape":
            count = draw.randrange(1, len(shape)) if len(shape) > 1 else 1
            dims = shape[-count:] if right else (5,)
            return dims[0] if len(dims) == 1 and draw.random() < 0.5 else tuple(dims)
        return arriving(layer, argument, shapes, found) if right else draw.choice([1, 2, 3, 5])
    if argument.at_call and isinstance(argument.kind, Sizes):
        return asked(layer, shapes, found, draw)
    if argument.name in ("groups", "num_groups"):
        return draw.choice([1, 1, 2, 2, 3, 4, shape[1:2][0] if len(shape) > 1 else 1])
    if argument.name == "out_channels":
        return draw.choice([1, 2, 3, 4, 6, 8, 2 * shape[1] if len(shape) > 1 else 2])
    if argument.name in ("upscale_factor", "downscale_factor"):
        return draw.choice([1, 2, 2, 3])
    if isinstance(argument.kind, Int) and argument.kind.least is None and "dim" in argument.name:
        return draw.choice([-4, -2, -1, 0, 1, 1, 2, 3])
    return of_kind(argument.kind, layer.ndim or max(0, len(shape) - 2), draw)


def asked(layer: type[Layer], shapes: list[Sample], found: dict[str, Any], draw: random.Random) -> Any:
    """The sizes that a layer gives by itself, or some near them, to be asked for when it is called."""
    try:
        out: Any = normal(layer, found).forward(Site(), *shapes)
    except (Refusal, IndexError, TypeError):
        out = shapes[0]
    near = tuple(max(1, size + draw.choice([0, 0, 0, 0, 1, -1, 2])) for size in out[len(out) - (layer.ndim or 0) :])
    return list(near) if draw.random() < 0.5 else near


def arriving(layer: type[Layer], argument: Argument, shapes: list[Sample], found: dict[str, Any]) -> Any:
    """What an argument has to be to fit what comes in."""
    try:
        return dict(normal(layer, found).arrives(*shapes)).get(argument.name, 1)
    except (IndexError, TypeError):
        return 2


def of_kind(kind: Kind[object], axes: int, draw: random.Random) -> Any:
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
        scales = [0.25, 0.3, 0.5, 1.0, 1.5, 2.0, 3.0]
        if draw.random() < 0.6:
            return draw.choice(scales)
        return tuple(draw.choice(scales) for _ in range(axes))
    if isinstance(kind, Int):
        least = 1 if kind.least is None else kind.least
        return draw.choice([least, least + 1, least + 2, least + 3, least - 1 if draw.random() < 0.2 else least])
    if isinstance(kind, Ints):
        return tuple(draw.randrange(0, 4) for _ in range(axes))
    if isinstance(kind, Either):
        return of_kind(draw.choice(kind.kinds), axes, draw)
    raise AssertionError(f"no way to draw {kind.text}")
