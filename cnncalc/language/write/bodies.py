"""What one body is written as: what is named in it, what is read by name, and what comes again."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from cnncalc.graph import Node
from cnncalc.language.run.level import Level
from cnncalc.language.write.call_text import call_text
from cnncalc.language.write.fold import NO_DEFAULT, RESERVED, Block, Folding, argument_text, same, unused
from cnncalc.language.write.levels import Again, Cannot, Item, Leaf, Written, WrittenLevel
from cnncalc.language.write.lines import WORDS_OF_YAML, BodyLine
from cnncalc.layers import find

NAME = re.compile(r"[^\W\d]\w*")

Place = tuple[WrittenLevel, ...]  # the levels around something in a body, the outermost first


class Read:
    """A value that is read by its name, and from where."""

    def __init__(self) -> None:
        self.places: list[Place] = []
        self.by_chains = False  # not by the list of outputs alone, where any name can be


class Body:
    """The body of the network or of a block, as the lines of a list."""

    def __init__(self, written: Written, folding: Folding, level: WrittenLevel, block: Block | None) -> None:
        self.written = written
        self.folding = folding
        self.top = level
        self.block = block
        self.nodes = written.nodes
        self.external: dict[int, str] = {}  # the names of values that come from outside
        self.labelled: dict[int, set[int]] = {}  # of each level, its items that have their name written
        self.forced: dict[int, set[int]] = {}  # and those that need it for others to read them
        self.read: dict[int, Read] = {}
        self.names: dict[int, str] = {}  # of values that are read by name
        self.taps: dict[tuple[int, int], list[str]] = {}  # after an item of a level, the names it gives
        self.words = frozenset(
            {item.name for inner in self.plain_levels() for item in inner.items if not isinstance(item, Again)}
        )
        self.numbered = False

    # Levels

    def plain_levels(self, level: WrittenLevel | None = None) -> Iterator[WrittenLevel]:
        """The levels that are written out in this body."""
        level = level or self.top
        yield level
        for item in level.items:
            if isinstance(item, WrittenLevel) and id(item) not in self.folding.block_of:
                yield from self.plain_levels(item)

    def block_at(self, item: Item) -> Block | None:
        return self.folding.block_of.get(id(item)) if isinstance(item, WrittenLevel) else None

    def stem(self, item: Item) -> str | None:
        """What an unnamed item is numbered by."""
        if isinstance(item, Leaf):
            return self.nodes[item.at].layer.stem
        block = self.block_at(item)
        return block.name if block else None

    def choose_labels(self, level: WrittenLevel, numbered: bool) -> set[int]:
        """The items of a level whose name does not come out by itself."""
        forced = self.forced.get(id(level), set())
        written: set[int] = {
            i
            for i, item in enumerate(level.items)
            if not isinstance(item, Again)
            and (
                self.stem(item) is None
                or "." in item.name
                or i in forced
                or (not numbered and isinstance(item, WrittenLevel))
            )
        }
        while True:
            names = Level("", numbered, None)
            names.reserve(level.items[i].name for i in written)  # type: ignore[union-attr]
            if level is self.top and self.block is None:
                names.names = {given.name: None for given in self.written.graph.inputs}
            more: set[int] = set()
            for i, item in enumerate(level.items):
                if isinstance(item, Again):
                    continue
                stem = self.stem(item)
                if i in written or stem is None:
                    names.names[item.name] = None
                elif names.unnamed(stem) != item.name:
                    more.add(i)
                    break
            if not more:
                return written
            written |= more

    # Which values are read by name

    def lines(self, numbered: bool) -> list[BodyLine]:
        """The body; `numbered` says how its own unnamed layers are called."""
        self.numbered = numbered
        self.forced = {}
        for _ in range(50):
            for level in self.plain_levels():
                self.labelled[id(level)] = self.choose_labels(level, level is not self.top or numbered)
            self.read, self.taps, self.names = {}, {}, {}
            running = self.start()
            self.walk(self.top, (self.top,), running)
            if self.block is None:
                for value in self.written_outputs():
                    self.read.setdefault(value, Read()).places.append((self.top,))
            if not self.name_all():
                break
        self.ahead: list[BodyLine] = []
        if shadowed := [v for v in self.external if v in self.read and self.external[v] in self.words]:
            if self.block is None and shadowed != [0]:
                raise Cannot(f"a layer has the name of the input {self.external[shadowed[-1]]}")
            name = self.tap_name()
            self.ahead = [BodyLine("tap", name)]
            self.external[shadowed[0]] = name
        return [*self.ahead, *self.render(self.top, self.start())[0]]

    def start(self) -> tuple[int, ...]:
        """The running value at the start of the body; names what comes in."""
        if self.block is None:
            self.external = {i: given.name for i, given in enumerate(self.written.graph.inputs)}
            return (0,) if self.external else ()
        outer = self.written.outer(self.block.body.start, self.block.body.stop)
        self.external = dict(zip(outer, ["input", *self.block.taps]))
        return tuple(outer[:1])

    def written_outputs(self) -> list[int]:
        """The outputs that are named at the end; none where it is the last value alone."""
        outputs = self.written.graph.outputs
        last = next((node for node in reversed(self.nodes) if not node.train_only), None)
        if last is not None and last.output_count == 1 and outputs == [("output", last.first)]:
            return []
        return [value for _, value in outputs]

    def outputs(self) -> list[tuple[str, str]]:
        """The outputs with the names of their values, as far as they have to be written."""
        named = dict.fromkeys(self.written_outputs())
        return [(name, self.name(value)) for name, value in self.written.graph.outputs if value in named]

    def walk(self, level: WrittenLevel, place: Place, running: tuple[int, ...]) -> tuple[int, ...]:
        """Go through a level as a reader does; keeps what is read by name. Returns the running value."""
        around: tuple[int, ...] | None = None  # the running value, while layers are built and not run
        for item in level.items:
            if self.aside(level, item):
                around = running if around is None else around
            elif around is not None:
                running, around = around, None
            for value in self.reads_by_name(item, running):
                read = self.read.setdefault(value, Read())
                read.places.append(place)
                read.by_chains = True
            if isinstance(item, WrittenLevel) and self.block_at(item) is None:
                running = self.walk(item, (*place, item), running)
            else:
                running = self.given(item)
        return running if around is None else around

    def aside(self, level: WrittenLevel, item: Item) -> bool:
        """Is an item built and not run, in a level that is run?"""
        if (
            not self.trained(item.at, item.at + 1)
            if isinstance(item, Leaf)
            else not self.trained(item.start, item.stop)
        ):
            return False
        whole = self.trained(level.start, level.stop)  # then what is around it says so
        return not whole or (level is self.top and self.block is None)

    def trained(self, start: int, stop: int) -> bool:
        return all(node.train_only for node in self.nodes[start:stop])

    def given(self, item: Item) -> tuple[int, ...]:
        """What an item leaves as the running value."""
        node = self.nodes[item.at if isinstance(item, Leaf) else item.stop - 1]
        return node.values

    def is_running(self, value: int, running: tuple[int, ...]) -> bool:
        """Does the running value stand for this one where a single one is read?"""
        if not running or running[0] != value:
            return False
        return len(running) == 1 or not self.producer(value).layer.parts

    def producer(self, value: int) -> Node:
        return self.nodes[self.written.graph.producers[value]]

    def reads_by_name(self, item: Item, running: tuple[int, ...]) -> list[int]:
        if isinstance(item, Leaf):
            node = self.nodes[item.at]
            return list(node.inputs) if self.in_brackets(node) else self.start_of(node.inputs, running)
        if isinstance(item, Again):
            outer = self.written.outer(item.start, item.stop)
            inputs = self.nodes[item.start].inputs if item.stop - item.start == 1 else tuple(outer)
            return list(inputs) if len(inputs) > 1 else self.start_of(inputs, running)
        if self.block_at(item) is None:
            return []
        outer = self.written.outer(item.start, item.stop)
        return [*self.start_of(tuple(outer[:1]), running), *outer[1:]]

    def in_brackets(self, node: Node) -> bool:
        """Does a layer name what it reads?"""
        fewest, most = type(node.layer).inputs
        return len(node.inputs) > 1 or (len(node.inputs) > 0 and (most is None or fewest > 1))

    def start_of(self, inputs: tuple[int, ...], running: tuple[int, ...]) -> list[int]:
        return [value for value in inputs if not self.is_running(value, running)]

    # Names for them

    def name_all(self) -> bool:
        """Find a name for each value that is read by one. True: a label has been added, and all is to be done again."""
        where = dict(self.producers())
        changed = False
        for value, read in self.read.items():
            if value in self.external:
                continue
            if value not in where:
                raise Cannot(f"a value of {self.producer(value).path} is used where it has no name")
            level, i, place = where[value]
            item = level.items[i]
            if outside := self.level_label(value, place, read):
                self.names[value] = outside
                continue
            label = self.usable_label(value, item, level, place, read)
            if label is not None:
                self.names[value] = label
                if i not in self.labelled[id(level)]:
                    self.forced.setdefault(id(level), set()).add(i)
                    changed = True
        if changed:
            return True
        for value in self.read:
            if value in self.external or value in self.names:
                continue
            level, i, _ = where[value]
            values = self.given(level.items[i])
            known = self.taps.get((id(level), i))
            if known is None:
                known = self.taps[id(level), i] = []
                known += [self.tap_name(len(known) + k) for k in range(len(values))]
            self.names |= dict(zip(values, known))
        return False

    def tap_name(self, more: int = 0) -> str:
        """A name that nothing in the body has."""
        count = sum(len(names) for names in self.taps.values())
        return unused(f"x{count + more + 1}", {*self.words, *(given.name for given in self.written.graph.inputs)})

    def producers(self) -> Iterator[tuple[int, tuple[WrittenLevel, int, Place]]]:
        """Each value that an item ends with, and where that is."""

        def visit(level: WrittenLevel, place: Place) -> Iterator[tuple[int, tuple[WrittenLevel, int, Place]]]:
            for i, item in enumerate(level.items):
                if isinstance(item, WrittenLevel) and self.block_at(item) is None:
                    yield from visit(item, (*place, item))
                else:
                    for value in self.given(item):
                        yield value, (level, i, place)

        return visit(self.top, (self.top,))

    def usable_label(self, value: int, item: Item, level: WrittenLevel, place: Place, read: Read) -> str | None:
        """The item's own name, where all that read the value can say it."""
        if isinstance(item, Again) or value != self.given(item)[0] or not self.can_name(item.name, read):
            return None
        if len(self.given(item)) > 1 and self.producer(value).layer.parts:
            return None
        for other in read.places:
            if other[: len(place)] != place:
                return None
            if any(item.name == inner.name for between in other[len(place) :] for inner in named(between)):
                return None
        return item.name

    def level_label(self, value: int, place: Place, read: Read) -> str | None:
        """The name of a level that ends with the value."""
        for depth in range(len(place) - 1, 0, -1):
            level, around = place[depth], place[depth - 1]
            if self.given(level)[0] != value:
                return None
            if self.usable_label(value, level, around, place[:depth], read):
                return level.name
        return None

    def can_name(self, name: str, read: Read) -> bool:
        """Can a chain start with this name?"""
        if not read.by_chains:
            return re.fullmatch(r"[\w.-]+", name) is not None and name not in self.external.values()
        return (
            NAME.fullmatch(name) is not None
            and name not in RESERVED
            and name not in WORDS_OF_YAML
            and find(name) is None
            and name not in self.folding.names
            and name not in set(self.external.values())
            and (self.block is None or name not in [p.name for p in self.block.parameters])
        )

    def name(self, value: int) -> str:
        return self.external[value] if value in self.external else self.names[value]

    # Lines

    def render(self, level: WrittenLevel, running: tuple[int, ...]) -> tuple[list[BodyLine], tuple[int, ...]]:
        """The lines of a level, and the running value after it."""
        lines: list[BodyLine] = []
        run = lines
        around: tuple[int, ...] | None = None
        labelled = self.labelled[id(level)]
        for i, item in enumerate(level.items):
            if self.aside(level, item):
                if around is None:
                    around, lines = running, []
                    run.append(BodyLine("train_only", "", inner=lines))
            elif around is not None:
                running, around, lines = around, None, run
            starts = self.start_of_item(item, running)
            if isinstance(item, Again):
                lines += [BodyLine("chain", start, start=True) for start in starts]
                lines.append(BodyLine("again", self.again_text(item, level)))
                running = self.given(item)
            elif isinstance(item, WrittenLevel) and self.block_at(item) is None:
                inner, running = self.render(item, running)
                lines.append(BodyLine("level", item.name, inner=inner))
            else:
                text = self.call(item)
                label = item.name if i in labelled else ""
                chain = " -> ".join([*starts, text])
                lines.append(BodyLine("chain", chain, label, bool(starts)))
                running = self.given(item)
            if names := self.taps.get((id(level), i)):
                lines.append(BodyLine("tap", ", ".join(names)))
        return run, running if around is None else around

    def start_of_item(self, item: Item, running: tuple[int, ...]) -> list[str]:
        """The name of the value that an item starts from, where that is not the running one."""
        if isinstance(item, Leaf):
            node = self.nodes[item.at]
            inputs: tuple[int, ...] = () if self.in_brackets(node) else node.inputs
        elif isinstance(item, Again):
            outer = self.written.outer(item.start, item.stop)
            inputs = self.nodes[item.start].inputs if item.stop - item.start == 1 else tuple(outer)
            inputs = inputs if len(inputs) == 1 else ()
        elif self.block_at(item) is None:
            return []
        else:
            inputs = tuple(self.written.outer(item.start, item.stop)[:1])
        return [self.name(value) for value in self.start_of(inputs, running)]

    def call(self, item: Leaf | WrittenLevel) -> str:
        if isinstance(item, WrittenLevel):
            return self.block_call(item)
        node = self.nodes[item.at]
        branches = [self.name(value) for value in node.inputs] if self.in_brackets(node) else None
        xs = self.written.xs[item.at]
        rank = len(xs[0]) if xs and self.written.batched else None
        texts: Mapping[str, str] = {}
        if self.block is not None:
            offset = item.at - self.block.body.start
            texts = {key: text for (at, key), text in self.block.texts.items() if at == offset and key[0] != ":"}
        return call_text(node.layer, xs, rank, branches, texts, self.words, node.way)

    def block_call(self, item: WrittenLevel) -> str:
        """`bottleneck(64, stride=2)`"""
        block = self.folding.block_of[id(item)]
        texts: dict[str, str] = {}
        if self.block is not None:
            offset = item.start - self.block.body.start
            texts = {key[1:]: text for (at, key), text in self.block.texts.items() if at == offset and key[0] == ":"}
        positions: list[str] = []
        keys: list[str] = []
        for parameter, value in zip(block.parameters, block.values(item)):
            text = texts.get(parameter.name) or argument_text(value)
            if parameter.default is NO_DEFAULT:
                positions.append(text)
            elif parameter.name in texts or not same(value, parameter.default):
                keys.append(f"{parameter.name}={text}")
        outer = self.written.outer(item.start, item.stop)[1:]
        return f"{block.name}({', '.join([*positions, *(self.name(value) for value in outer), *keys])})"

    def again_text(self, item: Again, level: WrittenLevel) -> str:
        """`again: path`, as short as it is found from this level."""
        inputs = self.nodes[item.start].inputs if item.stop - item.start == 1 else ()
        inputs = inputs or tuple(self.written.outer(item.start, item.stop))
        branches = f"({', '.join(map(self.name, inputs))})" if len(inputs) > 1 else ""
        levels = level.path.split(".") if level.path else []
        for depth in range(len(levels), -1, -1):
            prefix = "".join(f"{part}." for part in levels[:depth])
            if not item.path.startswith(prefix):
                continue
            rest = item.path[len(prefix) :]
            deeper = [".".join([*levels[:d], rest]) for d in range(len(levels), depth, -1)]
            if not any(self.is_above(path, item.start) for path in deeper):
                return rest + branches
        raise Cannot(f"{item.path} cannot be called again from {level.path or 'the top'}")

    def is_above(self, path: str, index: int) -> bool:
        return any(n.path == path or n.path.startswith(f"{path}.") for n in self.nodes[:index])


def named(level: WrittenLevel) -> list[Leaf | WrittenLevel]:
    return [item for item in level.items if not isinstance(item, Again)]
