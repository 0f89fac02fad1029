"""Parts of a network that are called: blocks, and layers that share their parameters."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from cnncalc.diagnostics import Span, listed, nearest
from cnncalc.language.run.copies import copy, given, made, start
from cnncalc.language.run.evaluate import evaluate
from cnncalc.language.run.scope import Scope, defined, fail
from cnncalc.language.text.synonyms import find
from cnncalc.language.text.tree import Call, Chain, Expression, Name
from cnncalc.language.text.tree import Sequence as Sequential
from cnncalc.layers.kinds import FALSE, TRUE, Value, Word
from cnncalc.named_tuples import NamedTuple

if TYPE_CHECKING:
    from cnncalc.language.run.interpreter import Interpreter

CALL_STEPS = 5  # the work of a call of a block, in steps


class Block:
    """A part of a network with a name, arguments and a body that is run at each call."""

    __slots__ = ("body", "chain", "name", "parameters", "reads", "span", "uses")

    def __init__(
        self,
        name: str,
        parameters: list[BlockArgument],
        body: Callable[[Interpreter], None],
        span: Span,
        chain: Callable[[], Chain] | None,
    ) -> None:
        self.name = name
        self.parameters = parameters
        self.body = body
        self.span = span
        self.chain = chain  # the chain that it is, if it is no list; parsed when it is asked for
        self.reads: frozenset[str] = frozenset()  # arguments of its spec that its text may name
        self.uses: Mapping[str, Block] = {}  # the blocks that its body may call

    @property
    def is_chain(self) -> bool:
        """Is it written as one chain? Then its layers are 0, 1, 2, as those of a Sequential."""
        return self.chain is not None

    @property
    def other(self) -> Call | None:
        """The call of another block, if this one does nothing else and takes that one's place."""
        only = self.chain().single if self.chain else None
        return only if isinstance(only, Call) and only.name in self.uses else None


class BlockArgument(NamedTuple):
    """An argument of a block."""

    name: str
    default: Expression | None
    span: Span


class Shared(NamedTuple):
    """A layer or block that is called by its name, with one set of parameters."""

    chain: Chain
    span: Span


def call_block(run: Interpreter, call: Call, block: Block, name: str | None) -> None:
    """Run a block's body at a level of its own, with its arguments as names."""
    seen = {key: run.arguments[key] for key in block.reads if key in run.arguments}
    values = seen | arguments_of(run, call, block, seen)
    label = name or run.level.unnamed(block.name)
    came_in = run.value
    other = block.other
    if run.work.depth + 1 > run.limits["depth"]:
        inside = any(around.name == call.name for around in run.calling)
        again = f"{block.name} is called inside itself without end" if inside else ""
        end = "give it an `if` that ends it, or" if again else "if it is meant,"
        if again and find(block.name):
            end = f"{block.name} is the block here, and no layer: give it another name, or"
        raise run.limits.exceeded("depth", again or "blocks are called too deeply", call.span, end)
    run.work.step(call.span, CALL_STEPS)
    brought = given(run, block, values) if other is None else None
    if brought and (earlier := run.known.made.get(brought.key)) and copy(run, earlier, brought, label):
        if name is None:
            run.level.unlabelled[label] = run.value
        return
    keep = start(run) if brought and brought.key not in run.known.made else None
    run.calling.append(call)
    level = run.stepped_aside() if other else run.entered(label, block.name, isolated=True, numbered=block.is_chain)
    try:
        with level, run.names({**run.fixed, **values}, block.uses):
            within = run.level
            within.taps["input"] = came_in
            if other:
                run.item(other, False, label)
            else:
                block.body(run)
    finally:
        run.calling.pop()
    if name is None:
        run.level.unlabelled[label] = run.value
    if keep and brought:
        run.known.made[brought.key] = made(run, keep, brought, label, within.taps)


def arguments_of(run: Interpreter, call: Call, block: Block, seen: dict[str, Value]) -> dict[str, Value]:
    """The block's names for the values that the call gives."""
    given: dict[str, Value] = {}
    names = [p.name for p in block.parameters]
    if call.branches:
        raise fail("wrong-kind", f"{block.name} takes values, not chains", call.span)
    for position, argument in enumerate(call.arguments):
        if argument.key is None and position >= len(names):
            takes = f"takes {listed(names)}" if names else "takes no arguments"
            count = sum(given.key is None for given in call.arguments)
            message = f"{block.name} {takes}, but {count} {'value is' if count == 1 else 'values are'} given"
            hint = f"{block.name} is a block of this network, and no layer" if find(block.name) else None
            raise fail("too-many-values", message, argument.span, hint)
        key = argument.key or names[position]
        if key not in names:
            near = nearest(key, names)
            hint = f"did you mean {near[0]}?" if near else f"it has {listed(names)}" if names else "it has none"
            raise fail("unknown-argument", f"{block.name} has no argument {key}", argument.key_span or call.span, hint)
        if key in given:
            raise fail("duplicate-argument", f"{key} of {block.name} is given twice", argument.span, "leave one out")
        given[key] = value_of(run, argument.value)
    for parameter in block.parameters:
        if parameter.name not in given:
            if parameter.default is None:
                hint = f"write {block.name}({', '.join(names)})"
                raise fail("missing-argument", f"{block.name} needs {parameter.name}", call.span, hint)
            scope = Scope(run.limits, {**seen, **given}, run.open, unknowns=run.unknowns)
            given[parameter.name] = evaluate(parameter.default, scope)
    return {key: given[key] for key in names}


def value_of(run: Interpreter, node: Expression) -> Value:
    """A value for a block: a number, a list, a value of the network, or the name of a layer or block."""
    value = run.evaluate(node)
    known = value in run.blocks or find(value) is not None if isinstance(value, Word) else True
    if not known:
        if value in TRUE | FALSE:
            return value in TRUE
        if isinstance(node, Name) and node.text.islower() and node.text.isidentifier():
            return value  # a word such as `same`, for an argument that takes it
        return defined(value, node, run.scope)
    return value


def call_shared(run: Interpreter, call: Call) -> None:
    """Call a shared layer or block: at the path `name`, later at `name:2` and on, with the same parameters."""
    shared = run.shared[call.name]
    if not call.bare:
        raise fail(
            "too-many-values",
            f"{call.name} is shared, and has its arguments already",
            call.span,
            "call it by its name",
        )
    if call.name in run.sharing:
        through = run.sharing[run.sharing.index(call.name) + 1 :]
        message = f"{call.name} calls itself{' through ' + listed(through) if through else ''}, without end"
        raise fail("call-cycle", message, call.span, "a shared layer is made of other layers")
    if len(run.sharing) >= run.limits["depth"]:
        raise run.limits.exceeded("depth", "shared layers are called too deeply", call.span)
    count = run.count_call(call.name)
    label = call.name if count == 1 else f"{call.name}:{count}"
    run.sharing.append(call.name)
    try:
        with run.at_top(label, call.name), run.names(run.own_names, run.own_blocks):
            items = shared.chain.items
            if len(items) == 1 and isinstance(items[0], Call | Sequential):
                run.item(items[0], False, label)
            else:
                with run.entered(label):
                    for item in items:
                        run.item(item)
    finally:
        run.sharing.pop()
