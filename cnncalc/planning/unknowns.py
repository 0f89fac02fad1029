"""What is to be found at a layer: the arguments that it stands for, and the numbers that people use there."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from cnncalc.diagnostics import CnncalcError, Diagnostic, Span, UsageError
from cnncalc.language.run.scope import Asked, Key
from cnncalc.layers.arguments import Argument
from cnncalc.layers.kinds import Either, Int, Ints, Kind, Number, Scales, Sides, Sizes
from cnncalc.layers.shapes import Shape
from cnncalc.named_tuples import NamedTuple
from cnncalc.planning.ranges import Free, Range, decimal_text

USUAL: Mapping[str, tuple[int, int]] = {
    "kernel_size": (1, 15),
    "stride": (1, 8),
    "padding": (0, 15),
    "output_padding": (0, 7),
    "dilation": (1, 8),
    "scale_factor": (1, 16),
    "upscale_factor": (1, 8),
    "downscale_factor": (1, 8),
    "size": (1, 1024),
    "output_size": (1, 1024),
    "count": (1, 64),
    "number": (1, 256),
}
"""From where to where people choose."""
CHANNELS = (1, 4096)
WIDTHS = ("channels", "features", "dim", "size", "width")  # what arguments of channels end with
DIVIDE = ("groups", "num_heads", "num_groups")  # which have to divide the channels that come in


class Unknown(NamedTuple):
    """A number that is to be found."""

    key: Key
    name: str  # by which it is shown: k, groups, a name of its own
    argument: str  # what it stands for: kernel_size, count
    values: Range
    span: Span  # where it first is

    def to_dict(self) -> dict[str, object]:
        return {"name": self.name, "argument": self.argument, "range": self.values.words(), "values": self.values.count}


class Names:
    """The unknowns that have been met, and what the caller says of their ranges."""

    def __init__(self, free: Mapping[str, Free]) -> None:
        self.free = free
        self.used: set[str] = set()
        self.met: dict[Key, Unknown] = {}

    def of_argument(self, asked: Asked, argument: Argument, layer: str, x: Shape) -> Unknown:
        """The unknown that stands for an argument of a layer. Raises CnncalcError where no number can be there."""
        if asked.key in self.met:
            return self.met[asked.key]
        if not takes_numbers(argument.kind):
            message = f"{argument.name} of {layer} is {argument.kind.text}, and no number: {asked} cannot be there"
            raise CnncalcError(Diagnostic("wrong-kind", message, span=asked.span))
        return self.add(asked, argument.name, argument.short, usual_range(argument, x))

    def add(self, asked: Asked, argument: str, short: str, usual: Range) -> Unknown:
        """A new unknown, with the range that the caller gives or the usual one."""
        known = [name for name in (asked.name, argument, short) if name and name in self.free]
        # A name such as `kernel` is that of kernel_size.
        known += [name for name in self.free if len(name) > 2 and argument.startswith(name)]
        given = self.free[known[0]] if known else None
        if given is not None:
            self.used.add(given.name)
        shown = asked.name or short or argument
        taken = [unknown.name for unknown in self.met.values()]
        name, count = shown, 1
        while name in taken:
            count += 1
            name = f"{shown}_{count}"
        found = Unknown(asked.key, name, argument, given.values if given and given.values else usual, asked.span)
        self.met[asked.key] = found
        return found


def takes_numbers(kind: Kind[Any]) -> bool:
    """Can a whole number be there?"""
    if isinstance(kind, Either):
        return any(map(takes_numbers, kind.kinds))
    return isinstance(kind, Int | Ints | Sides | Sizes | Number | Scales)


def usual_range(argument: Argument, x: Shape) -> Range:
    """The numbers that people use for an argument on what arrives."""
    name = argument.name
    if name in DIVIDE:
        channels = x[1] if len(x) > 2 and name != "num_heads" else x[-1] if x else 1
        if isinstance(channels, int) and 0 < channels <= 1_000_000:
            return Range.of([n for n in range(1, channels + 1) if channels % n == 0])
        return Range.to(1, 64)
    if name in USUAL:
        low, high = USUAL[name]
    elif name.endswith(WIDTHS) or "channel" in name or "feature" in name:
        low, high = CHANNELS
    else:
        low, high = 0, 64
    least = least_of(argument.kind)
    return Range.to(max(low, least) if least is not None else low, high)


def least_of(kind: Kind[Any]) -> int | None:
    """The least number that a kind takes, where it has one."""
    if isinstance(kind, Either):
        return next((n for each in kind.kinds if (n := least_of(each)) is not None), None)
    if isinstance(kind, Ints):
        return kind.item.least
    return kind.least if isinstance(kind, Int | Sizes | Sides) else 1 if isinstance(kind, Scales) else None


def asked_in(value: object) -> list[Asked]:
    """The unknowns in a value, in their order."""
    if isinstance(value, Asked):
        return [value]
    return [each for item in value for each in asked_in(item)] if isinstance(value, tuple) else []


def put_in_numbers(value: Any, numbers: Mapping[Key, int]) -> Any:
    """The value with a number for each unknown."""
    if isinstance(value, Asked):
        return numbers[value.key]
    return tuple(put_in_numbers(item, numbers) for item in value) if isinstance(value, tuple) else value


def numbers_of(unknown: Unknown) -> list[int]:
    """The whole numbers of an unknown's range. Raises UsageError for others."""
    found = []
    for value in unknown.values:
        if not isinstance(value, int):
            message = f"{unknown.name} is a whole number, and its range has {decimal_text(value)}"
            raise UsageError(Diagnostic("bad-range", message, span=unknown.span))
        found.append(value)
    return found
