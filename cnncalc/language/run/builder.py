"""From what a text says to the graph: calls are bound, blocks are entered, repeats are run."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager

from cnncalc.diagnostics import CnncalcError, Diagnostic, Span, listed, nearest
from cnncalc.graph import BATCH, Assembly, Graph, Met, Node, Place
from cnncalc.language.run.bind import Bound, bind, check_arguments, family_of, member_of, place_of, unknown_layer
from cnncalc.language.run.blocks import Block, Shared
from cnncalc.language.run.copies import Known, copy, given, made, start
from cnncalc.language.run.evaluate import Scope, Tap, defined, describe, evaluate, fail
from cnncalc.language.run.level import Level
from cnncalc.language.text.limits import Limits
from cnncalc.language.text.tree import Call, Chain, Expression, Item, Labelled, Name, Number, Repeat
from cnncalc.language.text.tree import Sequence as Sequential
from cnncalc.layers import Found, Layer, find
from cnncalc.layers.arguments import REQUIRED
from cnncalc.layers.kinds import FALSE, TRUE, Value, Word, said, typed
from cnncalc.layers.shapes import BATCH_NAME, Shape, dims_text
from cnncalc.layers.site import Refusal
from cnncalc.symbolic.expr import Dim, Expr, substitute, symbols

MAX_ERRORS = 20  # reported together
MAX_FAILURES = 100  # after which no more are looked for, as most of them are the same
BLOCK_STEPS = 5  # the work of a call of a block, in steps


class Builder:
    """Runs a spec. Its state is the running value, the level of paths, and the names that are known."""

    def __init__(self, name: str | None, limits: Limits, known: Known | None = None) -> None:
        self.known = known or Known()
        self.assembly = Assembly(name, self.known.met)
        self.graph, self.flow = self.assembly.graph, self.assembly.flow
        self.limits = limits
        self.level = Level("", False, None)
        self.value: Tap | None = None
        self.locals: dict[str, Value] = {}
        self.fixed: dict[str, Value] = {}  # open sizes that the caller has set, everywhere
        self.blocks: dict[str, Block] = {}
        self.shared: dict[str, Shared] = {}
        self.of_shared: tuple[dict[str, Value], dict[str, Block]] = ({}, {})  # the names and blocks that these see
        self.open: frozenset[str] = frozenset()
        self.train_only = False  # what is added now is built and not run
        self.batchless = False  # shapes are complete as written
        self.errors: list[Diagnostic] = []
        self._own_names: set[str] = set()  # names of the spec that layers have too, and that have been warned of
        self.steps = 0
        self._most_steps = limits["steps"]
        self.depth = 0
        self.deepest = 0  # where it has been since the call began that is kept for copies
        self.unique = 0  # counts what cannot be copied, as it is the first or a later call of its kind
        self._sharing: list[str] = []  # shared layers that are being called, one inside the other
        self.first_calls: dict[str, tuple[Shape, ...]] = {}
        self._owner: list[tuple[str, str]] = []  # (path of a later call, path of the first), while it runs
        self.calling: list[Call] = []  # blocks that are being called, one inside the other
        self.again: dict[str, int] = {}  # how often a layer or level has been called, where it is called again
        self.failures = 0  # mistakes that were met, those that are reported once already among them
        self._at_path: dict[str, list[Node]] = {}
        self._entered = 0  # nodes that are in it
        self._scope: Scope | None = None

    # Errors and limits

    def failed(self, error: CnncalcError) -> None:
        """Keep an error and go on, so that independent mistakes are reported together."""
        if any(d.code == "limit" for d in error.diagnostics):
            raise error
        for diagnostic in error.diagnostics:
            # A size that is not known behind another mistake is no mistake of its own.
            if diagnostic not in self.errors and not (diagnostic.code == "unknown-size" and self.errors):
                self.errors.append(diagnostic)
        self.failures += 1
        if len(self.errors) >= MAX_ERRORS or self.failures >= MAX_FAILURES:
            raise CnncalcError(*self.errors)

    def own_name(self, name: str, span: Span, what: str) -> None:
        """A name of the spec means what the spec says, and no layer of the same name; warn of it once."""
        if find(name) is not None and name not in self._own_names:
            self._own_names.add(name)
            message = f"{name} means {what}, and not the layer of that name"
            hint = "another name leaves no doubt"
            self.graph.warnings.append(Diagnostic("ambiguous-name", message, "warning", span, hint=hint))

    def step(self, span: Span | None, count: int = 1) -> None:
        """Count work that a text asks for."""
        self.steps += count
        if self.steps > self._most_steps:
            raise self.limits.exceeded("steps", "the spec repeats itself too often", span)

    def nodes_at(self, path: str) -> list[Node]:
        """The node at a path, or those of the level there. Each node is entered once, when first asked for."""
        for index in range(self._entered, len(self.graph.nodes)):
            node = self.graph.nodes[index]
            end = len(node.path)
            while end >= 0:
                self._at_path.setdefault(node.path[:end], []).append(node)
                end = node.path.rfind(".", 0, end)
        self._entered = len(self.graph.nodes)
        return self._at_path.get(path, [])

    # Values

    @property
    def scope(self) -> Scope:
        """What names mean here."""
        if self._scope is None or self._scope.local is not self.locals:
            self._scope = Scope(self.limits, self.locals, self.open, self.shape, self.tap, self.layer_of)
        return self._scope

    def shape(self, tap: Tap | None) -> Shape | None:
        """The shape of a value; of the running one for None."""
        tap = tap or self.value
        return self.flow.shapes[tap.values[0]] if tap and tap.values else None

    def tap(self, name: str) -> Tap | None:
        """The value that a name stands for; without outputs, where a mistake has kept it from having any."""
        found, known = self.level.find(name)
        return found or (Tap(()) if known else None)

    def evaluate(self, node: Expression) -> Value:
        return evaluate(node, self.scope)

    def local(self, name: str, value: Value) -> None:
        """Define a name from here on; earlier users of the dictionary keep theirs."""
        self.locals = {**self.locals, name: value}

    def fix(self, name: str, value: Value) -> None:
        """Give an open size a number, everywhere."""
        self.fixed[name] = value
        self.local(name, value)

    def put_in(self, dim: Value) -> Value:
        """The size with the numbers that open sizes were given."""
        sizes = {name: value for name, value in self.fixed.items() if isinstance(value, int)}
        return substitute(dim, sizes) if isinstance(dim, Expr) and sizes else dim

    def replace(self, written: Sequence[Value], given: Sequence[Value], span: Span) -> None:
        """A caller's shape stands in place of the written one, whose open sizes take its numbers everywhere."""
        if len(written) != len(given):
            return
        for dim, number in zip(written, given):
            name = str(dim)
            if not isinstance(dim, Expr) or symbols(dim) != {name} or not isinstance(number, int):
                continue
            if self.fixed.get(name, number) != number:
                sizes = [size for size in written if isinstance(size, int | Expr)]
                message = f"{name} stands for one size, but is {self.fixed[name]} and {number} here"
                raise fail("bad-shape", message, span, f"the spec is written for {dims_text(sizes)}")
            self.fix(name, number)

    @contextmanager
    def building_only(self) -> Iterator[None]:
        """What is added here is built and not run; the running value is the same afterwards."""
        running, around = self.value, self.train_only
        self.train_only = True
        try:
            yield
        finally:
            self.value, self.train_only = running, around

    @contextmanager
    def kept(self) -> Iterator[None]:
        """Restore names and level afterwards."""
        locals_, level = self.locals, self.level
        try:
            yield
        finally:
            self.locals, self.level = locals_, level

    # Inputs and outputs

    def add_input(self, name: str, shape: Shape, span: Span | None) -> None:
        """A new input, which is the running value if it is the first."""
        value = Tap((self.assembly.add_input(name, shape),))
        self.level.names[name] = span
        self.level.taps[name] = value
        if self.value is None:
            self.value = value

    def label(self, name: str, tap: Tap | None) -> None:
        """Let a name stand for a value."""
        self.level.taps[name] = tap

    def tap_value(self, name: str, tap: Tap | None) -> None:
        """Name a value, here and for the levels around."""
        self.level.taps[name] = self.level.tapped[name] = tap

    def claim(self, name: str, span: Span | None) -> None:
        """Take a name at this level. Each can be taken once; `a.b` opens the level a for others such as `a.c`."""
        parts = name.split(".")
        around = [".".join(parts[:i]) for i in range(1, len(parts))]
        if (
            name in self.level.names
            or name in self.level.opened
            or any(level in self.level.names and level not in self.level.opened for level in around)
        ):
            raise CnncalcError(
                Diagnostic(
                    "duplicate-name",
                    f"two layers at one level are called {name}",
                    span=span,
                    hint="the names of a level make the paths of its layers, and have to differ",
                )
            )
        for level in around:
            self.level.opened.add(level)
            self.level.names[level] = span
        self.level.names[name] = span

    # Chains

    def chain(self, chain: Chain, first: bool = True) -> None:
        """Run a chain from the running value. Only its start may name another value."""
        for item in chain.items:
            self.item(item, first)
            first = False

    def item(self, item: Item, first: bool = False, name: str | None = None) -> None:
        """Run one item; with a name, it is what the level calls it."""
        if isinstance(item, Call):
            self.call(item, first, name)
        elif isinstance(item, Repeat):
            self.repeat(item)
        elif isinstance(item, Chain):
            self.chain(item, first)
        elif isinstance(item, Labelled):
            self.labelled(item.label, item.body, item.span)
        else:
            self.sequence(item, name)

    def repeat(self, item: Repeat) -> None:
        try:
            count = defined(self.evaluate(item.count), item.count, self.scope)
            if isinstance(count, Expr):
                raise fail(
                    "open-count",
                    f"a repeat needs a number, but {count} is open, and the graph would change with it",
                    item.count.span,
                    f"--set {count}=3 gives it one" if str(count).isidentifier() else "give it a number",
                )
            if not isinstance(count, int) or isinstance(count, bool) or count < 0:
                raise fail("wrong-kind", f"a repeat is a whole number, 0 or more, not {said(count)}", item.count.span)
        except CnncalcError as error:
            self.failed(error)
            self.value = None
            return
        if count > 1 and self.value is not None:
            self._check_product(item, count)
        for _ in range(count):
            failures = self.failures
            self.step(item.span)
            self.chain(item.body, False)
            if self.failures > failures:  # the next pass would make the same mistake
                self.value = None
                return

    def _check_product(self, item: Repeat, count: int) -> None:
        """Refuse repeats in repeats whose product is too large, before any of them is run."""
        if len(self.graph.nodes) + count * self._least_layers(item.body) > self.limits["layers"]:
            raise self.limits.exceeded("layers", "the spec makes too many layers", item.span)

    def _least_layers(self, chain: Chain) -> int:
        """How many layers a chain makes at least, as far as its text alone says so."""
        least = 0
        for item in chain.items:
            if isinstance(item, Chain):
                least += self._least_layers(item)
            elif isinstance(item, Labelled):
                least += self._least_layers(item.body)
            elif isinstance(item, Repeat):
                count = item.count.value if isinstance(item.count, Number) else 0
                least += count * self._least_layers(item.body) if isinstance(count, int) else 0
            elif isinstance(item, Call):
                own = item.name in self.blocks or item.name in self.shared or item.name in self.locals
                least += not own and not self.level.find(item.name)[1] and find(item.name) is not None
        return least

    def labelled(self, label: str, chain: Chain, span: Span) -> None:
        """Run a chain under a name: a single call gets it as its path, others a level of their own."""
        items = self.started(chain)
        self.claim(label, span)
        if len(items) == 1 and isinstance(items[0], Call | Sequential):
            self.item(items[0], False, label)
        else:
            with self.entered(label):
                for item in items:
                    self.item(item)
        self.label(label, self.value)

    def started(self, chain: Chain) -> list[Item]:
        """Move to the value that a chain starts from, if it names one; returns the rest of the chain."""
        items = chain.items
        while len(items) == 1 and isinstance(items[0], Chain):
            items = items[0].items
        if items and isinstance(items[0], Call) and len(items) > 1 and self.is_tap(items[0]):
            self.call(items[0], True)
            return items[1:]
        return items

    def is_tap(self, call: Call) -> bool:
        if not call.bare:
            return False
        if isinstance(self.locals.get(call.name), Tap):
            return True
        return self.level.find(call.name)[1]

    @contextmanager
    def entered(self, label: str, block: str | None = None, isolated: bool = False) -> Iterator[None]:
        """A level of its own under a name. `isolated`: a block, which does not see the names around it."""
        around = self.level
        inner = Level(around.path(label), not isolated, None if isolated else around)
        if block:
            self.graph.blocks[inner.prefix] = block
        self.depth += 1
        if self.depth > self.limits["depth"]:
            raise self.limits.exceeded("depth", "blocks call each other too deeply", None)
        self.deepest = max(self.deepest, self.depth)
        self.level = inner
        try:
            yield
        finally:
            self.level = around
            self.depth -= 1
        for name, tap in inner.taps.items():
            if not isolated or name != "input":
                around.taps.setdefault(f"{label}.{name}", tap)
        if not isolated:
            around.tapped.update(inner.tapped)

    @contextmanager
    def stepped_aside(self) -> Iterator[None]:
        """The names of a block without a level: what it calls stands in its place."""
        around = self.level
        inner = self.level = Level(around.prefix, around.numbered, None)
        self.depth += 1
        self.deepest = max(self.deepest, self.depth)
        try:
            yield
        finally:
            self.level = around
            self.depth -= 1
        for name, tap in inner.taps.items():
            if name != "input":
                around.taps.setdefault(name, tap)

    def sequence(self, item: Sequential, name: str | None) -> None:
        """The children of a Sequential, in a level of their own unless it is the whole network."""
        if name is None and not self.level.prefix and not self.graph.nodes and not self.level.numbered:
            self.level.numbered = True
            for child in item.items:
                self.child(child)
            return
        label = name or self.level.unnamed("sequential")
        with self.entered(label, "Sequential"):
            for child in item.items:
                self.child(child)

    def child(self, item: Item) -> None:
        if isinstance(item, Labelled):
            self.labelled(item.label, item.body, item.span)
        else:
            self.item(item)

    # Calls

    def call(self, call: Call, first: bool, name: str | None = None) -> None:
        """Run one call: a value by its name, a shared layer, a block, or a layer."""
        self.step(call.span)
        try:
            if first and self.is_tap(call):
                self.start_from(call)
                return
            call = self.renamed(call)
            if call.name in self.shared:
                self.call_shared(call)
            elif call.name in self.blocks:
                self.call_block(call, self.blocks[call.name], name)
            else:
                self.call_layer(call, name)
        except CnncalcError as error:
            self.failed(error)
            self.value = None
        except OverflowError as error:
            # Open sizes have no form that could be written; numbers have.
            raise fail("limit", str(error), call.span, "give the open sizes numbers, by -i or --set") from None

    def renamed(self, call: Call) -> Call:
        """The layer that a local name stands for, such as the activation that a block was given."""
        value = self.locals.get(call.name)
        if isinstance(value, str):
            return call.called(str(value))
        if call.name in self.locals:
            kind = "a value of the network" if isinstance(value, Tap) else describe(value)
            hint = (
                "a value can only start a chain, or be merged: add(...), cat(...)" if isinstance(value, Tap) else None
            )
            raise fail("not-a-layer", f"{call.name} is {kind}, not a layer", call.name_span, hint)
        return call

    def start_from(self, call: Call) -> None:
        """Go on from a named value."""
        local = self.locals.get(call.name)
        tap = local if isinstance(local, Tap) else self.level.find(call.name)[0]
        if call.name in self.blocks or call.name in self.shared:
            what = "a block" if call.name in self.blocks else "a shared layer"
            raise fail(
                "ambiguous-name",
                f"{call.name} is both a value and {what} of this network",
                call.name_span,
                "give the value another name",
            )
        found = find(call.name)
        if found is not None and stands_alone(found.family.layer):
            maker = self.graph.producers[tap.values[-1]] if tap and tap.values else -1
            if maker >= 0 and isinstance(self.graph.nodes[maker].layer, found.family.layer):
                raise fail(
                    "ambiguous-name",
                    f"{call.name} is both a layer and a value that this layer gave",
                    call.name_span,
                    f"write {call.name}() for the layer, or give the value another name",
                )
            self.own_name(call.name, call.name_span, "a value of this network")
        self.value = tap if tap and tap.values else None

    def branch(self, chain: Chain) -> Tap | None:
        """The value at the end of a branch; the running value stays where it is."""
        running = self.value
        self.chain(chain)
        result, self.value = self.value, running
        return result

    def call_layer(self, call: Call, name: str | None) -> None:
        """Bind a layer to its arguments and to what it reads, and add it."""
        found = find(call.name)
        if found is None:
            raise CnncalcError(self.unknown(call))
        fewest, most = found.family.layer.inputs
        sources: list[Tap | None]
        if fewest == 0:
            sources = []
        elif not call.branches and (
            (fewest == 1 and (most is not None or found.family.layer.number)) or self.fits(fewest, most)
        ):
            sources = [self.value]
        else:
            sources = self.branches(call, fewest, most)
        self.check_outputs(sources, call, most)
        values = [value for tap in sources if tap for value in self.taken(tap)]
        known = None not in sources
        xs = self.flow.inputs(values) if known else None
        rank = len(xs[0]) if xs else None
        if xs and self.batchless and found.family.dims and found.ndim is None:
            self.refuse_either_rank(call, found, len(xs[0]))
        bound = self.bound(call, found, rank)
        if not known:
            if name is None:
                self.level.unnamed(bound.layer.stem)
            self.value = None
            return
        self.add(call, bound, values, xs, name)

    def refuse_either_rank(self, call: Call, found: Found, rank: int) -> None:
        """Without a batch, three axes can be (C, H, W) or (N, C, L): the layer has to say how many it slides on."""
        fits = [found.family.name.format(n=n) for n in (rank - 1, rank - 2) if n in found.family.dims]
        raise fail(
            "ambiguous-rank",
            f"without a batch, {call.name} on {rank} axes can be meant in two ways",
            call.name_span,
            f"write {' or '.join(fits)}" if fits else None,
        )

    def unknown(self, call: Call) -> Diagnostic:
        """Nothing has this name: a layer, a block, or a value that is misspelt."""
        known = self.level.known()
        if call.name in known:
            return Diagnostic(
                "not-a-layer",
                f"{call.name} is a value of the network, not a layer",
                span=call.name_span,
                hint=f"it can start a chain, `{call.name} -> relu`, and be merged, `add(identity, {call.name})`",
            )
        if call.bare and (near := nearest(call.name, known)) and not nearest(call.name, list(self.blocks)):
            hint = f"did you mean {near[0]}?"
            return Diagnostic("unknown-tap", f"no layer or value is called {call.name}", span=call.name_span, hint=hint)
        diagnostic = unknown_layer(call.name, call.name_span, (*self.blocks, *self.shared))
        if call.name != call.name_span.text:
            diagnostic = diagnostic._replace(notes=(f"{call.name_span.text} is {call.name} here",))
        own = call.name[:1].isupper() and "." not in call.name and call.bracketed
        if own and not (diagnostic.hint and "did you mean" in diagnostic.hint):
            return diagnostic._replace(hint="a module of your own is not in the text; write what its forward does")
        return diagnostic

    def branches(self, call: Call, fewest: int, most: int | None) -> list[Tap | None]:
        """What a merge reads."""
        taps = [self.branch(chain) for chain in call.branches]
        count = sum(len(self.taken(tap)) if tap else 1 for tap in taps)
        if count < fewest or (most is not None and count > most):
            wanted = f"{fewest} inputs" if most == fewest else f"{fewest} or more inputs"
            found = find(call.name)
            example = found.family.layer.example.rpartition("-> ")[2].format(name=call.name) if found else call.name
            raise fail(
                "wrong-count",
                f"{call.name} takes {wanted}, not {count}",
                call.span,
                f"branches stand in brackets: {example}" if count < fewest else None,
            )
        return taps

    def taken(self, tap: Tap) -> tuple[int, ...]:
        """What a layer reads of a value: all parts of one that was cut, else the first output."""
        if len(tap.values) < 2 or self.graph.nodes[self.graph.producers[tap.values[0]]].layer.parts:
            return tap.values
        return tap.values[:1]

    def fits(self, fewest: int, most: int | None) -> bool:
        """Has the running value been cut in as many parts as a layer reads, such as query, key and value?"""
        parts = len(self.taken(self.value)) if self.value else 0
        return parts > 1 and fewest <= parts and (most is None or parts <= most)

    def check_outputs(self, sources: list[Tap | None], call: Call, most: int | None) -> None:
        """A layer that cuts into parts has to have its parts named, or merged."""
        for tap in sources:
            if tap is not None and most is not None and len(tap.values) > max(1, most) and not call.branches:
                maker = self.graph.nodes[self.graph.producers[tap.values[0]]]
                if maker.layer.parts:
                    names = ", ".join("abcdefghij"[: len(tap.values)])
                    raise fail(
                        "several-outputs",
                        f"{maker.layer.name} gives {len(tap.values)} values, and {call.name} takes one",
                        call.name_span,
                        f"name them in YAML, `{names}: {maker.layer.name} ...`, and go on from one",
                    )

    def bound(self, call: Call, found: Found, rank: int | None) -> Bound:
        """The layer of a call. Equal calls give the same layer, so that its rules run once for each shape."""
        scope = self.scope
        values = tuple([evaluate(argument.value, scope) for argument in call.arguments])
        keys = tuple([argument.key for argument in call.arguments])
        key = (call.name, call.passed, rank, keys, tuple(map(typed, values)))
        bound = self.known.bound.get(key)
        if bound is None:
            bound = bind(call, found, member_of(found, rank, call, values), values, scope)
            check_arguments(bound, call)
            self.known.bound[key] = bound
        return bound

    def layer_of(self, call: Call) -> Layer:
        """The layer of a call that stands among the values of another, which makes copies of it."""
        if call.branches:
            raise fail("wrong-kind", f"{call.name} takes values here, not chains", call.span)
        return self.bound(call, family_of(call), None).layer

    def add(self, call: Call, bound: Bound, values: list[int], xs: tuple[Shape, ...] | None, name: str | None) -> None:
        """Add a node, and go on from its outputs."""
        path = self.level.path(name or self.level.unnamed(bound.layer.stem))
        owner = path
        for later, earlier in self._owner:
            if path == later or path.startswith(f"{later}."):
                owner = earlier + path[len(later) :]
        place = place_of(call, bound)
        if bound.layer.name == "parameter" and bound.layer.of is not None:  # type: ignore[attr-defined]
            from cnncalc.language.run.again import tied

            self.unique += 1
            owner = tied(self, bound.layer, place.argument("of") or call.span)
        shared = bool(self._sharing) or owner != path
        self.add_node(path, bound.layer, values, xs, owner, place, shared)

    def add_node(
        self,
        path: str,
        layer: Layer,
        values: Sequence[int],
        xs: tuple[Shape, ...] | None,
        owner: str,
        place: Place,
        shared: bool,
    ) -> None:
        """Add a layer at a path, with the parameters of its owner, and go on from its outputs."""
        if len(self.graph.nodes) >= self.limits["layers"]:
            raise self.limits.exceeded("layers", "the spec makes too many layers", place.span)
        self.check_runs(values, place.span)
        train_only = self.train_only
        known = self.flow.count_met
        try:
            node = self.assembly.add(layer, values, path, owner=owner, place=place, train_only=train_only)
        except Refusal as refusal:
            node = self.assembly.add_refused(layer, values, path, owner=owner, place=place, train_only=train_only)
            assert xs is not None
            self.failed(CnncalcError(self.flow.explained(node, refusal.finding, xs)))
        met = self.flow.layers[-1]
        if met is not None and self.flow.count_met > known:  # each size is met once
            self._check_sizes(met, place.span)
        if shared and met is not None and xs is not None and layer.name != "parameter":
            self.check_shared(place.span, layer, owner, xs)
        self.value = Tap(node.values) if met else None

    def check_runs(self, values: Iterable[int], span: Span | None) -> None:
        """What is run cannot read what is built alone."""
        for producer in (self.graph.producers[value] for value in values):
            if producer >= 0 and self.graph.nodes[producer].train_only and not self.train_only:
                maker = self.graph.nodes[producer].path
                message = f"{maker} stands under train_only, and gives nothing where the network is run"
                raise fail("train-only", message, span, "read it under train_only too, or take it out of there")

    def check_shared(self, span: Span | None, layer: Layer, owner: str, xs: tuple[Shape, ...]) -> None:
        """A later call uses the parameters that the first one made, so that they have to be the same."""
        first = self.first_calls.setdefault(owner, xs)
        if first is xs:
            return
        made, asked = layer.params(*first), layer.params(*xs)
        for name, shape in made.items():
            if shape != asked[name]:
                raise fail(
                    "shared-mismatch",
                    f"{owner} is shared, and its {name or 'value'} is {dims_text(shape)} since its first call, "
                    f"but this one needs {dims_text(asked[name])}",
                    span,
                    "every call of a shared layer has to bring the same features",
                )

    def _check_sizes(self, met: Met, span: Span | None) -> None:
        for shape in met.outputs:
            if len(shape) > self.limits["values"]:
                raise self.limits.exceeded("values", f"this shape has {len(shape):,} axes", span)
            for dim in shape:
                if isinstance(dim, int) and dim.bit_length() > 8 * self.limits["digits"]:
                    raise self.limits.exceeded("digits", "this size has too many digits", span)
                if isinstance(dim, Expr) and len(dim.terms) > self.limits["values"]:
                    raise self.limits.exceeded("values", f"this size has {len(dim.terms):,} terms", span)

    # Blocks and shared layers

    @property
    def inside_shared(self) -> bool:
        """Is a shared layer being called?"""
        return bool(self._sharing)

    def call_block(self, call: Call, block: Block, name: str | None) -> None:
        """Run a block's body at a level of its own, with its arguments as names."""
        values = self.block_arguments(call, block)
        label = name or self.level.unnamed(block.name)
        around = (self.locals, self.blocks)
        start_value = self.value
        other = block.other
        if self.depth + 1 > self.limits["depth"]:
            inside = any(around.name == call.name for around in self.calling)
            again = f"{block.name} is called inside itself without end" if inside else ""
            end = "give it an `if` that ends it, or" if again else "if it is meant,"
            if again and find(block.name):
                end = f"{block.name} is the block here, and no layer: give it another name, or"
            raise self.limits.exceeded("depth", again or "blocks are called too deeply", call.span, end)
        self.step(call.span, BLOCK_STEPS)
        brought = given(self, block, values) if other is None else None
        if brought and (earlier := self.known.made.get(brought.key)) and copy(self, earlier, brought, label):
            return
        keep = start(self) if brought and brought.key not in self.known.made else None
        self.calling.append(call)
        try:
            with self.stepped_aside() if other else self.entered(label, block.name, isolated=True):
                self.locals, self.blocks = {**self.fixed, **values}, block.uses
                within = self.level
                within.taps["input"] = start_value
                if other:
                    self.item(other, False, label)
                else:
                    block.body(self)
        finally:
            self.calling.pop()
            self.locals, self.blocks = around
        if keep and brought:
            self.known.made[brought.key] = made(self, keep, brought, label, within.taps)

    def block_arguments(self, call: Call, block: Block) -> dict[str, Value]:
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
                raise fail(
                    "unknown-argument", f"{block.name} has no argument {key}", argument.key_span or call.span, hint
                )
            if key in given:
                raise fail(
                    "duplicate-argument", f"{key} of {block.name} is given twice", argument.span, "leave one out"
                )
            given[key] = self.block_value(argument.value)
        for parameter in block.parameters:
            if parameter.name not in given:
                if parameter.default is None:
                    hint = f"write {block.name}({', '.join(names)})"
                    raise fail("missing-argument", f"{block.name} needs {parameter.name}", call.span, hint)
                given[parameter.name] = evaluate(parameter.default, Scope(self.limits, given, self.open))
        return {key: given[key] for key in names}

    def block_value(self, node: Expression) -> Value:
        """A value for a block: a number, a list, a value of the network, or the name of a layer or block."""
        value = self.evaluate(node)
        known = value in self.blocks or find(value) is not None if isinstance(value, Word) else True
        if not known:
            if value in TRUE | FALSE:
                return value in TRUE
            if isinstance(node, Name) and node.text.islower() and node.text.isidentifier():
                return value  # a word such as `same`, for an argument that takes it
            return defined(value, node, self.scope)
        return value

    def call_shared(self, call: Call) -> None:
        """A layer of its own path, called once more with the same parameters."""
        shared = self.shared[call.name]
        self.unique += 1
        if not call.bare:
            raise fail(
                "too-many-values",
                f"{call.name} is shared, and has its arguments already",
                call.span,
                "call it by its name",
            )
        if call.name in self._sharing:
            through = self._sharing[self._sharing.index(call.name) + 1 :]
            message = f"{call.name} calls itself{' through ' + listed(through) if through else ''}, without end"
            raise fail("call-cycle", message, call.span, "a shared layer is made of other layers")
        if len(self._sharing) >= self.limits["depth"]:
            raise self.limits.exceeded("depth", "shared layers are called too deeply", call.span)
        shared.calls += 1
        again = shared.calls > 1
        label = f"{call.name}:{shared.calls}" if again else call.name
        top = Level("", False, None)
        top.taps = self.level.taps
        around, self.level = self.level, top
        names, self.locals = self.locals, self.of_shared[0]
        blocks, self.blocks = self.blocks, self.of_shared[1]
        if again:
            self._owner.append((label, call.name))
        self._sharing.append(call.name)
        try:
            items = shared.chain.items
            if len(items) == 1 and isinstance(items[0], Call | Sequential):
                self.item(items[0], False, label)
            else:
                with self.entered(label):
                    for item in items:
                        self.item(item)
        finally:
            self._sharing.pop()
            self.level, self.locals, self.blocks = around, names, blocks
            if again:
                self._owner.pop()

    # The end

    def finished(self, outputs: Mapping[str, Tap | None] | None = None) -> Graph:
        """The graph, or every error together."""
        if self.errors:
            raise CnncalcError(*self.errors)
        batch = self.fixed.get(BATCH_NAME)
        if isinstance(batch, int) and not self.batchless:
            self.graph.batch = batch
        if outputs is None:
            values = self.value.values if self.value else ()
            names = [f"output{i + 1}" for i in range(len(values))]
            if len(values) > 1:
                maker = self.graph.nodes[self.graph.producers[values[0]]].layer
                names = names if maker.parts else list(maker.output_names)
            outputs = {name: Tap((value,)) for name, value in zip(["output", *names[1:]], values)}
        for name, tap in outputs.items():
            if tap is not None:
                self.graph.outputs.append((name, tap.values[0]))
        return self.graph


def stands_alone(layer: type[Layer]) -> bool:
    """Can a bare name at the start of a chain be this layer? Else a value of that name is meant."""
    fewest, most = layer.inputs
    return fewest <= 1 and most is not None and all(a.default is not REQUIRED for a in layer.arguments.values())


def input_shape(dims: tuple[Value, ...], span: Span | None, batch: Dim | None, *, batchless: bool = False) -> Shape:
    """A written shape, complete with the batch."""
    sizes: list[Dim] = []
    for dim in dims:
        if isinstance(dim, Word) or not isinstance(dim, int | Expr) or isinstance(dim, bool):
            raise CnncalcError(
                Diagnostic("bad-shape", f"{dim} is no size", span=span, hint="sizes are numbers or open names: 3xHxW")
            )
        if isinstance(dim, int) and dim < 0:
            raise CnncalcError(Diagnostic("bad-shape", f"a size is 0 or more, not {dim}", span=span))
        if BATCH_NAME in symbols(dim) and not batchless:
            raise CnncalcError(
                Diagnostic(
                    "bad-shape",
                    "N is the batch, which stands in front of every shape already",
                    span=span,
                    hint="write one sample, 3x224x224, and --batch for a number",
                )
            )
        sizes.append(dim)
    return tuple(sizes) if batchless else (BATCH if batch is None else batch, *sizes)


@contextmanager
def deep_calls() -> Iterator[None]:
    """Room for blocks in blocks: their depth is bounded by `limits`, and Python's is set above it."""
    before = sys.getrecursionlimit()
    sys.setrecursionlimit(max(before, 20_000))
    try:
        yield
    finally:
        sys.setrecursionlimit(before)
