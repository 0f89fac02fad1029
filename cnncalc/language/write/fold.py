"""Levels that are equal but for some numbers become blocks, each with its numbers as arguments."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import pairwise

from cnncalc.language.run.functions import FUNCTIONS
from cnncalc.language.text.expressions import KEYWORDS
from cnncalc.language.write.call_text import compact, value_text
from cnncalc.language.write.levels import Leaf, Written, WrittenLevel
from cnncalc.layers import find
from cnncalc.layers.arguments import REQUIRED, as_float
from cnncalc.layers.kinds import FALSE, TRUE, Value, is_fraction
from cnncalc.layers.layer import Layer
from cnncalc.named_tuples import NamedTuple
from cnncalc.symbolic.expr import Expr

WIDTHS = frozenset(
    {"out_channels", "out_features", "groups", "num_heads", "hidden_size", "embed_dim", "split_size", "shape"}
)
CALLED = {
    "out_channels": "width",
    "out_features": "width",
    "kernel_size": "kernel",
    "num_heads": "heads",
    "shape": "width",
}
"""What arguments of blocks are called, where it is not the name of the layer's argument."""
MOST_ARGUMENTS = 8
RESERVED = frozenset({"channels", "size", "input", "None"}) | KEYWORDS | TRUE | FALSE | frozenset(FUNCTIONS)

Key = tuple[object, ...]
Site = tuple[int, str]  # a node, counted from the start of its level, and an argument


class FoldedArgument(NamedTuple):
    """An argument of a block."""

    name: str
    kind: str  # the layer's argument that it is
    values: tuple[Value, ...]  # in each place
    default: Value


NO_DEFAULT = REQUIRED


class Block:
    """A part that is written once."""

    __slots__ = ("name", "parameters", "places", "taps", "texts")

    def __init__(self, name: str, places: list[WrittenLevel]) -> None:
        self.name = name
        self.places = places  # where it is; the first is the one that is written
        self.parameters: list[FoldedArgument] = []
        self.texts: dict[Site, str] = {}  # what stands for arguments that differ
        self.taps: list[str] = []  # names of the values it is given beside the running one

    @property
    def body(self) -> WrittenLevel:
        return self.places[0]

    def values(self, place: WrittenLevel) -> list[Value]:
        at = self.places.index(place)
        return [parameter.values[at] for parameter in self.parameters]


class Folding:
    """Which levels are blocks."""

    def __init__(self, written: Written, top: WrittenLevel) -> None:
        self.written = written
        self.block_of: dict[int, Block] = {}  # by the id of a level
        self.blocks: list[Block] = []
        self.names: set[str] = set()
        self.labels = {part for node in written.nodes for part in node.path.split(".")}
        self.labels |= {given.name for given in written.graph.inputs}
        alike: dict[Key, list[WrittenLevel]] = {}
        keys: dict[int, Key] = {}
        for level in top.levels():
            key = self.key(level)
            if key is not None:
                keys[id(level)] = key
                alike.setdefault(key, []).append(level)
        alike = {key: levels for key, levels in alike.items() if len(levels) > 1}
        alike = {key: levels for key, levels in alike.items() if not rows_of(levels[0], alike, keys)}
        for key in self.worth(top, alike, keys):
            self.fold(alike[key])

    def key(self, level: WrittenLevel) -> Key | None:
        """What equal levels have in common; None where a level cannot be a block."""
        written = self.written
        if level.stop - level.start < 2:
            return None
        low, _ = written.values(level.start, level.stop)
        last = written.nodes[level.stop - 1]
        if last.train_only and not all(node.train_only for node in written.nodes[level.start : level.stop]):
            return None
        if any(written.users.get(value, -1) >= level.stop for value in range(low, last.first)):
            return None  # something else than what it ends with is used after it
        outer = {value: i for i, value in enumerate(written.outer(level.start, level.stop))}
        found: list[object] = []
        inside = f"{level.path}."
        for node in written.nodes[level.start : level.stop]:
            if not node.path.startswith(inside) or not (node.owner.startswith(inside)):
                return None
            reads = tuple((value >= low, value - low if value >= low else outer[value]) for value in node.inputs)
            at = len(level.path)
            kind = (type(node.layer), node.output_count, node.train_only, node.way)
            found.append((node.path[at:], node.owner[at:], kind, reads, self.fixed(node.layer)))
        return tuple(found)

    def fixed(self, layer: Layer) -> tuple[Value, ...]:
        """What no argument of a block can stand for: texts that are no words, layers, and how long lists are."""
        found: list[Value] = []
        for key, argument in layer.arguments.items():
            value = getattr(layer, key)
            if isinstance(value, str) and not (value.islower() and value.isidentifier()):
                found.append(value)
            elif isinstance(value, Layer):
                found.append(value_text(value))
            elif argument.variadic and isinstance(value, tuple):
                found.append(len(value))
        return tuple(found)

    def worth(self, top: WrittenLevel, alike: dict[Key, list[WrittenLevel]], keys: dict[int, Key]) -> list[Key]:
        """The keys of levels that would be written more than once, those further in first."""
        seen: Counter[Key] = Counter()
        order: list[Key] = []

        def visit(level: WrittenLevel) -> None:
            for item in level.items:
                if not isinstance(item, WrittenLevel):
                    continue
                key = keys.get(id(item))
                if key is None or key not in alike:
                    visit(item)
                    continue
                seen[key] += 1
                if seen[key] == 1:
                    visit(item)
                    order.append(key)

        visit(top)
        return [key for key in order if seen[key] > 1]

    def fold(self, places: list[WrittenLevel]) -> None:
        """Make a block of equal levels."""
        block = Block("", places)
        if not self.parametrise(block):
            return
        block.name = self.block_name(places)
        self.names.add(block.name)
        count = len(self.written.outer(places[0].start, places[0].stop))
        block.taps = [self.free(name, block) for name in ("skip", "other", "third")[: max(0, count - 1)]]
        block.taps += [self.free(f"value{i}", block) for i in range(4, count)]
        self.blocks.append(block)
        for place in places:
            self.block_of[id(place)] = block

    def free(self, name: str, block: Block) -> str:
        taken = {parameter.name for parameter in block.parameters} | set(block.taps)
        return unused(name, self.labels | taken)

    # Arguments

    def sites(self, level: WrittenLevel, start: int) -> Iterator[tuple[Site, str, Value, Value]]:
        """Each argument in a level: where it is, what it is, its value, and its default."""
        for item in level.items:
            if isinstance(item, Leaf):
                layer = self.written.nodes[item.at].layer
                for key, argument in layer.arguments.items():
                    value = compact(layer, argument, getattr(layer, key))
                    default = NO_DEFAULT
                    if argument.default is not REQUIRED and not argument.inferred:
                        default = compact(layer, argument, layer.default(key))
                    if argument.inferred and key not in self.written.given(item.at):
                        value = None
                    if argument.variadic and isinstance(value, tuple):
                        for i, one in enumerate(value):
                            yield (item.at - start, f"{key}.{i}"), key, one, NO_DEFAULT
                        continue
                    yield (item.at - start, key), key, value, default
            elif isinstance(item, WrittenLevel):
                block = self.block_of.get(id(item))
                if block is None:
                    yield from self.sites(item, start)
                    continue
                for parameter, value in zip(block.parameters, block.values(item)):
                    yield (item.start - start, f":{parameter.name}"), parameter.kind, value, parameter.default

    def parametrise(self, block: Block) -> bool:
        """Find the arguments that differ, and as few names as say how. False: too many do."""
        columns = zip(*(list(self.sites(place, place.start)) for place in block.places))
        found: list[FoldedArgument] = []
        texts: dict[Site, str] = {}
        for column in columns:
            site, kind, _, default = column[0]
            values = tuple(entry[2] for entry in column)
            if all(same(value, values[0]) for value in values):
                continue
            if all(same(entry[2], entry[3]) for entry in column):
                continue  # such as a stride that is the kernel's size
            text = next((text for known in found if (text := derived(known, kind, values)) is not None), None)
            if text is None:
                name = unused(CALLED.get(kind, kind), self.labels | {known.name for known in found})
                if any(entry[3] is NO_DEFAULT or not same(entry[3], default) for entry in column):
                    default = NO_DEFAULT
                if not any(same(value, default) for value in values):
                    default = NO_DEFAULT
                found.append(FoldedArgument(name, kind, values, default))
                text = name
            texts[site] = text
        if len(found) > MOST_ARGUMENTS:
            return False
        block.parameters = sorted(found, key=lambda parameter: parameter.default is not NO_DEFAULT)
        block.texts = texts
        return True

    def block_name(self, places: list[WrittenLevel]) -> str:
        """A name for a block: that of its class, or of its path."""
        hint = self.written.graph.blocks.get(places[0].path, "")
        if hint in ("", "Sequential"):
            hint = next((part for part in reversed(places[0].path.split(".")) if not part[0].isdigit()), "block")
            hint = hint.rstrip("0123456789")
        name = re.sub(r"\W", "_", snake(hint)).strip("_") or "block"
        if not name.isidentifier() or find(name) is not None or name in RESERVED:
            name = f"{name}_block" if name.isidentifier() else f"block_{name}"
        return unused(name, self.labels | self.names)


MOST_RUNS = 3


def rows_of(level: WrittenLevel, alike: dict[Key, list[WrittenLevel]], keys: dict[int, Key]) -> bool:
    """Is a level nothing but one to three rows of equal blocks, which are as short where they are?"""
    inner = [keys.get(id(item)) if isinstance(item, WrittenLevel) else None for item in level.items]
    if any(key is None or key not in alike for key in inner):
        return False
    return sum(a != b for a, b in pairwise(inner)) < MOST_RUNS


def same(left: Value, right: Value) -> bool:
    """Equal values; yes is not 1."""
    if isinstance(left, Layer) and isinstance(right, Layer):
        return left == right
    if isinstance(left, float) != isinstance(right, float) and (is_fraction(left) or is_fraction(right)):
        return bool(
            as_float(left) == as_float(right)
        )  # a decimal is exact where it was written, and a float as a default
    return left is right or (isinstance(left, bool) == isinstance(right, bool) and bool(left == right))


def unused(name: str, taken: set[str]) -> str:
    """The name, with a number where it is taken."""
    name = name if find(name) is None and name not in RESERVED else f"{name}_"
    number, free = 1, name
    while free in taken or find(free) is not None:
        number += 1
        free = f"{name}{number}"
    return free


def snake(name: str) -> str:
    """InvertedResidual as inverted_residual."""
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])", "_", name).lower()


def derived(known: FoldedArgument, kind: str, values: tuple[Value, ...]) -> str | None:
    """The values as an expression in an argument that there is already."""
    width = kind in WIDTHS and known.kind in WIDTHS
    if (width or kind == known.kind) and all(same(a, b) for a, b in zip(known.values, values)):
        return known.name
    numbers, others = whole_numbers(values), whole_numbers(known.values)
    if numbers is None or others is None:
        return None
    if kind == "padding" and known.kind == "kernel_size":
        return f"{known.name}//2" if all(p == k // 2 for p, k in zip(numbers, others)) else None
    if not width or min(*numbers, *others) < 1:
        return None
    a, b = others[0], numbers[0]
    if b % a == 0 and b > a and all(b // a * x == y for x, y in zip(others, numbers)):
        return f"{b // a}*{known.name}"
    if a % b == 0 and a > b and all(a // b * y == x for x, y in zip(others, numbers)):
        return f"{known.name}//{a // b}"
    return None


def whole_numbers(values: Sequence[Value]) -> list[int] | None:
    """The values, if all are whole numbers."""
    numbers = [value for value in values if isinstance(value, int) and not isinstance(value, bool)]
    return numbers if len(numbers) == len(values) else None


def argument_text(value: Value) -> str:
    """A value as an argument of a block."""
    return str(value) if isinstance(value, Expr) else value_text(value)
