"""The graph that a text makes: its values by their names, its levels of paths, its layers bound to what they read."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING

from cnncalc.diagnostics import CnncalcError, Diagnostic, Span
from cnncalc.flow import Assembly, Met
from cnncalc.graph import Graph, Node, Place
from cnncalc.language.run.bind import Bound, bind, check_arguments, family_of, member_of, place_of
from cnncalc.language.run.evaluate import evaluate
from cnncalc.language.run.level import Level
from cnncalc.language.run.scope import Asked, Key, Scope, Tap, fail
from cnncalc.language.run.work import Work
from cnncalc.language.text.limits import Limits
from cnncalc.language.text.tree import Call, Expression
from cnncalc.layers import Found, Layer, registry
from cnncalc.layers.kinds import Value, typed
from cnncalc.layers.shapes import BATCH_NAME, Shape, Shapes, dims_text
from cnncalc.layers.site import Refusal, Site
from cnncalc.symbolic.expr import Expr, substitute, symbols

if TYPE_CHECKING:
    from cnncalc.language.run.blocks import Block, Shared
    from cnncalc.language.run.copies import Made

MAX_ERRORS = 20  # reported together
MAX_FAILURES = 100  # after which no more are looked for, as most of them are the same


class Known:
    """What graphs of documents that stay in memory can share: layers, and calls of blocks."""

    def __init__(self) -> None:
        self.bound: dict[object, Bound] = {}
        self.met: dict[tuple[Layer, Shapes], Met] = {}
        self.made: dict[object, Made | None] = {}  # calls of blocks, by what they were given


class NeedsArguments(Exception):
    """A layer has arguments that are to be found. What arrives at it is known, and nothing after it."""

    def __init__(
        self, scope: Scope, call: Call, found: Found, values: tuple[Value, ...], xs: tuple[Shape, ...]
    ) -> None:
        self.scope = scope
        self.call = call
        self.found = found
        self.values = values
        self.xs = xs


class Builder:
    """A graph that grows. Its state is the running value, the level of paths, and the names that are known.

    `arguments` are those of the spec, which its blocks see too; `open` are names of open sizes beside single capitals;
    `unknowns` is what is tried for the unknowns of the text. `batchless`: shapes are complete as written.
    """

    def __init__(
        self,
        name: str | None,
        limits: Limits,
        known: Known | None = None,
        *,
        arguments: Mapping[str, Value] | None = None,
        blocks: Mapping[str, Block] | None = None,
        shared: Mapping[str, Shared] | None = None,
        open: Iterable[str] = (),
        unknowns: Mapping[Key, Value] | None = None,
        batchless: bool = False,
    ) -> None:
        self.known = known or Known()
        self.assembly = Assembly(name, self.known.met)
        self.graph, self.flow = self.assembly.graph, self.assembly.flow
        self.limits = limits
        self.arguments = dict(arguments or {})
        self.open = frozenset(open)
        self.unknowns = unknowns
        self.batchless = batchless
        self.level = Level("", False, None)
        self.value: Tap | None = None
        self.locals: dict[str, Value] = dict(self.arguments)  # names for numbers, lists, values and layers, here
        self.fixed: dict[str, Value] = {}  # open sizes that the caller has set, everywhere
        self.own_blocks: Mapping[str, Block] = blocks or {}  # those of the spec, which its shared layers see
        self.blocks = self.own_blocks  # those that are seen here
        self.shared: Mapping[str, Shared] = shared or {}
        self.train_only = False  # what is added now is built and not run
        self.errors: list[Diagnostic] = []
        self._warned_of: set[str] = set()  # names of the spec that layers have too
        self.work = Work(limits)
        self.sharing: list[str] = []  # shared layers that are being called, one inside the other
        self.first_calls: dict[str, tuple[Shape, ...]] = {}  # what came to the layers of each path at their first call
        self.owners: list[tuple[str, str]] = []  # (path of a later call, path of the first), while it runs
        self.calling: list[Call] = []  # blocks that are being called, one inside the other
        self._calls: dict[str, int] = {}  # how often a layer or level has been called, if it is called again
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
            # A size that is not known after another mistake is no mistake of its own.
            if diagnostic not in self.errors and not (diagnostic.code == "unknown-size" and self.errors):
                self.errors.append(diagnostic)
        self.failures += 1
        if len(self.errors) >= MAX_ERRORS or self.failures >= MAX_FAILURES:
            raise CnncalcError(*self.errors)

    def warn_of_own(self, name: str, span: Span, what: str) -> None:
        """Warn, once, of a name of the spec that a layer has too: it means what the spec says."""
        if registry.find(name) is not None and name not in self._warned_of:
            self._warned_of.add(name)
            message = f"{name} means {what}, and not the layer of that name"
            hint = "another name leaves no doubt"
            self.graph.warnings.append(Diagnostic("ambiguous-name", message, "warning", span, hint=hint))

    def attempt(self, run: Callable[[], None]) -> bool:
        """Run a part of the text. If it fails, what follows has no value, and its own mistakes are still found."""
        try:
            run()
        except CnncalcError as error:
            self.failed(error)
            self.value = None
            return False
        return True

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
            self._scope = Scope(self.limits, self.locals, self.open, self.shape, self.tap, self.layer_of, self.unknowns)
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

    @property
    def own_names(self) -> dict[str, Value]:
        """What names mean outside of blocks and loops."""
        return {**self.arguments, **self.fixed}

    def fix(self, name: str, value: Value) -> None:
        """Give an open size a number, everywhere."""
        self.fixed[name] = value
        self.local(name, value)

    def put_in(self, dim: Value) -> Value:
        """The size with the numbers that open sizes were given."""
        sizes = {name: value for name, value in self.fixed.items() if isinstance(value, int)}
        return substitute(dim, sizes) if isinstance(dim, Expr) and sizes else dim

    def replace(self, written: Sequence[Value], given: Sequence[Value], span: Span) -> None:
        """A caller's shape takes the place of the written one, whose open sizes take its numbers everywhere."""
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
    def names(self, values: dict[str, Value], blocks: Mapping[str, Block] | None = None) -> Iterator[None]:
        """Within it, these names and blocks are known; for None, the blocks around it."""
        around = self.locals, self.blocks
        self.locals = values
        if blocks is not None:
            self.blocks = blocks
        try:
            yield
        finally:
            self.locals, self.blocks = around

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

    # Levels

    @contextmanager
    def entered(
        self, label: str, block: str | None = None, *, isolated: bool = False, numbered: bool = True
    ) -> Iterator[None]:
        """A level of its own under a name. `isolated`: a block, which does not see the names around it.

        `numbered`: its layers are 0, 1, 2 as in a Sequential; else conv1, conv2, relu1.
        """
        around = self.level
        inner = Level(around.path(label), numbered, None if isolated else around)
        if block:
            self.graph.blocks[inner.prefix] = block
        self.work.enter()
        self.level = inner
        try:
            yield
        finally:
            self.level = around
            self.work.leave()
        for name, tap in inner.taps.items():
            if not isolated or name != "input":
                around.taps.setdefault(f"{label}.{name}", tap)
        if not isolated:
            around.tapped.update(inner.tapped)

    @contextmanager
    def stepped_aside(self) -> Iterator[None]:
        """For a block that only calls another: names of its own, but no level in the paths."""
        around = self.level
        inner = self.level = Level(around.prefix, around.numbered, None)
        self.work.enter()
        try:
            yield
        finally:
            self.level = around
            self.work.leave()
        for name, tap in inner.taps.items():
            if name != "input":
                around.taps.setdefault(name, tap)

    @contextmanager
    def at_top(self, label: str, owner: str) -> Iterator[None]:
        """The top level, which sees the values that are known here. A later call uses the parameters of `owner`."""
        around, self.level = self.level, Level("", False, None)
        self.level.taps = around.taps
        self.owners.append((label, owner))
        try:
            yield
        finally:
            self.owners.pop()
            self.level = around

    def count_call(self, path: str, before: int = 0) -> int:
        """Which call of a layer or level this is, counted from 1, when `before` of them were made uncounted."""
        self.work.unique += 1
        self._calls[path] = self._calls.get(path, before) + 1
        return self._calls[path]

    # Layers

    def bound(self, call: Call, found: Found, rank: int | None, xs: tuple[Shape, ...] | None) -> Bound:
        """The layer of a call. Equal calls give the same layer, so that its rules run once for each shape."""
        scope = self.scope
        values = tuple([evaluate(argument.value, scope) for argument in call.arguments])
        if self.unknowns is not None and any(map(asks, values)):
            if xs is None:
                raise CnncalcError(*self.errors)  # what arrives is not known for another mistake
            raise NeedsArguments(self.scope, call, found, values, xs)
        keys = tuple([argument.key for argument in call.arguments])
        key = (call.name, call.passed, rank, keys, tuple(map(typed, values)))
        bound = self.known.bound.get(key)
        if bound is None:
            bound = bind(call, found, member_of(found, rank, call, values), values, scope)
            check_arguments(bound, call, xs or ())
            self.known.bound[key] = bound
        return bound

    def taken(self, tap: Tap) -> tuple[int, ...]:
        """What a layer reads of a value: all parts of one that was cut, else the first output."""
        if len(tap.values) < 2 or self.graph.nodes[self.graph.producers[tap.values[0]]].layer.parts:
            return tap.values
        return tap.values[:1]

    def layer_of(self, call: Call) -> Layer:
        """The layer of a call that is among the values of another, which makes copies of it."""
        if call.branches:
            raise fail("wrong-kind", f"{call.name} takes values here, not chains", call.span)
        return self.bound(call, family_of(call), None, ()).layer

    def add(self, call: Call, bound: Bound, values: list[int], xs: tuple[Shape, ...] | None, name: str | None) -> None:
        """Add a node, and go on from its outputs."""
        own = name or self.level.unnamed(bound.layer.stem)
        path = self.level.path(own)
        owner = path
        for later, earlier in self.owners:
            if path == later or path.startswith(f"{later}."):
                owner = earlier + path[len(later) :]
        place = place_of(call, bound)
        if bound.layer.name == "parameter" and bound.layer.of is not None:  # type: ignore[attr-defined]
            from cnncalc.language.run.again import tied

            self.work.unique += 1
            owner = tied(self, bound.layer, place.argument("of") or call.span)
        shared = bool(self.sharing) or owner != path
        self.add_node(path, bound.layer, values, xs, owner, place, shared, bound.way)
        if name is None:
            self.level.unlabelled[own] = self.value

    def add_node(
        self,
        path: str,
        layer: Layer,
        values: Sequence[int],
        xs: tuple[Shape, ...] | None,
        owner: str,
        place: Place,
        shared: bool,
        way: str = "",
    ) -> None:
        """Add a layer at a path, with the parameters of its owner, and go on from its outputs."""
        if len(self.graph.nodes) >= self.limits["layers"]:
            raise self.limits.exceeded("layers", "the spec makes too many layers", place.span)
        self.check_runs(values, place.span)
        train_only = self.train_only
        known = self.flow.count_met
        try:
            if xs and isinstance(self.fixed.get(BATCH_NAME), int) and not self.batchless:
                self._check_channels(layer, values[0], xs[0])
            node = self.assembly.add(layer, values, path, owner=owner, place=place, train_only=train_only, way=way)
        except Refusal as refusal:
            node = self.assembly.add(layer, values, path, owner=owner, place=place, train_only=train_only, refused=True)
            assert xs is not None
            self.failed(CnncalcError(self.flow.explained(node, refusal.finding, xs)))
        met = self.flow.layers[-1]
        if met is not None and self.flow.count_met > known:  # each size is met once
            self._check_sizes(met, place.span)
        if shared and met is not None and xs is not None and layer.name != "parameter":
            self.check_shared(place.span, layer, owner, xs)
        self.value = Tap(node.values) if met else None

    def _check_channels(self, layer: Layer, value: int, x: Shape) -> None:
        """Refuse a map without channels. The layer does so itself unless the batch is a number."""
        if not layer.name.startswith("conv") or len(x) != (layer.ndim or 0) + 1:
            return
        while (producer := self.graph.producers[value]) >= 0:
            maker = self.graph.nodes[producer]
            if len(maker.inputs) != 1 or self.flow.shapes[maker.inputs[0]] != x:
                return
            value = maker.inputs[0]
        from cnncalc.layers.conv import no_channels

        no_channels(Site(), layer.name, x)

    def check_runs(self, values: Iterable[int], span: Span | None) -> None:
        """What is run cannot read what is built alone."""
        for producer in (self.graph.producers[value] for value in values):
            if producer >= 0 and self.graph.nodes[producer].train_only and not self.train_only:
                maker = self.graph.nodes[producer].path
                message = f"{maker} belongs under train_only, and gives nothing where the network is run"
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
                largest = dim if isinstance(dim, int) else max(map(abs, dim.terms.values()))
                if largest.bit_length() > 8 * self.limits["digits"]:
                    raise self.limits.exceeded("digits", "this size has too many digits", span)
                if isinstance(dim, Expr) and len(dim.terms) > self.limits["values"]:
                    raise self.limits.exceeded("values", f"this size has {len(dim.terms):,} terms", span)

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


def asks(value: Value) -> bool:
    """Is there a number in it that is to be found?"""
    return any(map(asks, value)) if isinstance(value, tuple) else isinstance(value, Asked)


@contextmanager
def deep_calls() -> Iterator[None]:
    """Room for blocks in blocks: their depth is bounded by `limits`, and Python's is set above it."""
    before = sys.getrecursionlimit()
    sys.setrecursionlimit(max(before, 20_000))
    try:
        yield
    finally:
        sys.setrecursionlimit(before)
