"""Runs what a text says: chains, repeats and labels, and calls of values, blocks, shared layers and layers."""

from __future__ import annotations

from cnncalc.diagnostics import CnncalcError, Diagnostic, Span, nearest
from cnncalc.language.run.bind import Bound, member_of, unknown_layer
from cnncalc.language.run.builder import Builder
from cnncalc.language.run.evaluate import evaluate, filled
from cnncalc.language.run.scope import Asked, NeedsNumber, Tap, defined, describe, fail
from cnncalc.language.text.synonyms import RUNNING, explained, find
from cnncalc.language.text.tree import Call, Chain, Item, Labelled, Name, Number, Repeat
from cnncalc.language.text.tree import Sequence as Sequential
from cnncalc.layers import Found, Layer, registry
from cnncalc.layers.arguments import REQUIRED
from cnncalc.layers.kinds import said
from cnncalc.layers.shapes import Shape, dims_text, is_batch
from cnncalc.symbolic.expr import Expr, TooLarge, product


class Interpreter(Builder):
    """A builder that runs texts: each part changes the running value, and adds its layers where it is."""

    # Chains

    def chain(self, chain: Chain, first: bool = True) -> None:
        """Run a chain from the running value. Only its start may name another value."""
        for item in chain.items:
            self.item(item, first)
            first = False

    def item(self, item: Item, first: bool = False, name: str | None = None) -> None:
        """Run one item; with a name, it is what the level calls it."""
        if isinstance(item, Call):
            self.call(self.with_name(item), first, name)
        elif isinstance(item, Repeat):
            self.repeat(item)
        elif isinstance(item, Chain):
            self.chain(item, first)
        elif isinstance(item, Labelled):
            self.labelled(item.label, item.body, item.span)
        else:
            self.sequence(item, name)

    def with_name(self, call: Call) -> Call:
        """The call, whose name may hold expressions: `enc{i}`."""
        return call.called(filled(call.name, call.name_span, self.scope)) if "{" in call.name else call

    def repeat(self, item: Repeat) -> None:
        try:
            count = defined(self.evaluate(item.count), item.count, self.scope)
            if isinstance(count, Asked):
                raise NeedsNumber(count, "count")
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
            self.work.step(item.span)
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
        label = filled(label, span, self.scope)
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
            self.call(self.with_name(items[0]), True)
            return items[1:]
        return items

    def is_tap(self, call: Call) -> bool:
        if not call.bare:
            return False
        name = filled(call.name, call.name_span, self.scope)
        if isinstance(self.locals.get(name), Tap):
            return True
        return self.level.find(name)[1]

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
        self.work.step(call.span)
        try:
            if first and self.is_tap(call):
                self.start_from(call)
                return
            call = self.renamed(call)
            if call.name in self.shared:
                from cnncalc.language.run.blocks import call_shared

                call_shared(self, call)
            elif call.name in self.blocks:
                from cnncalc.language.run.blocks import call_block

                call_block(self, call, self.blocks[call.name], name)
            else:
                self.call_layer(call, name)
        except CnncalcError as error:
            self.failed(error)
            self.value = None
        except OverflowError as error:
            # Open sizes have no form that could be written; numbers have.
            hint = None if isinstance(error, TooLarge) else "give the open sizes numbers, by -i or --set"
            raise fail("limit", str(error), call.span, hint) from None

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
            if call.arguments and isinstance(value, int | Expr):
                hint = f"a count that is a sum goes in brackets: ({call.name} - 1) * ..."
                kind = "a number"  # the same at every pass of a loop
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
        found = registry.find(call.name)
        if found is not None and stands_alone(found.family.layer):
            maker = self.graph.producers[tap.values[-1]] if tap and tap.values else -1
            if maker >= 0 and isinstance(self.graph.nodes[maker].layer, found.family.layer):
                raise fail(
                    "ambiguous-name",
                    f"{call.name} is both a layer and a value that this layer gave",
                    call.name_span,
                    f"write {call.name}() for the layer, or give the value another name",
                )
            self.warn_of_own(call.name, call.name_span, "a value of this network")
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
        call = self.read_first(call, found)
        sources: list[Tap | None]
        if fewest == 0:
            sources = []
        elif not call.branches and (
            (fewest == 1 and (most is not None or found.family.layer.number_argument)) or self.fits(fewest, most)
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
        if xs and found.torch_style and not call.bracketed and len(call.arguments) > 1:
            self.refuse_bare_order(call, found, xs)
        if xs and not found.torch_style and found.family.name == "linear":
            self.refuse_pixel(call, values[0], xs[0])
        ordered = xs and not found.torch_style
        bound = self.in_order(call, found, xs) if xs and ordered else self.bound(call, found, rank, xs)
        if xs and bound.layer.name == "reshape":
            self.refuse_lost_batch(call, bound, xs[0])
        if not known:
            if name is None:
                self.level.unnamed(bound.layer.stem)
            self.value = None
            return
        self.add(call, bound, values, xs, name)

    def read_first(self, call: Call, found: Found) -> Call:
        """The call with what it reads as a branch, where that comes in front as in a function: `relu(x)`."""
        first = call.arguments[0] if call.arguments else None
        if first is None or first.key is not None or not isinstance(first.value, Name) or not call.bracketed:
            return call
        name = first.value.text
        known = isinstance(self.locals.get(name), Tap) or (name not in self.locals and self.level.find(name)[1])
        passed_on = name in RUNNING and name not in self.locals
        if found.torch_style or call.branches or not (known or passed_on):
            return call
        if call.name.startswith(("F.max", "nn.functional.max")) and len(call.arguments) > 5:
            message = f"{call.name} has ceil_mode and return_indices the other way round than MaxPool2d"
            raise fail("ambiguous-order", message, call.span, "write them by name: ceil_mode=yes")
        read = [Chain([Call(name, first.span, [], [], first.span, False)], first.span)] if known else []
        return Call(call.name, call.name_span, call.arguments[1:], read, call.span, True, call.passed)

    def in_order(self, call: Call, found: Found, xs: tuple[Shape, ...]) -> Bound:
        """The layer of a call under a name of the language, unless its values may be in PyTorch's order."""
        error: CnncalcError | None = None
        bound: Bound | None = None
        try:
            bound = self.bound(call, found, len(xs[0]), xs)
        except CnncalcError as caught:
            error = caught
        bare = sum([argument.key is None for argument in call.arguments])
        member = type(bound.layer) if bound else None
        if bound is not None and (bare < 2 or not any(a.inferred for a in bound.layer.arguments.values())):
            return bound
        from cnncalc.language.run.order import refuse_channels, refuse_either, torch_reading, with_order

        values = tuple([evaluate(argument.value, self.scope) for argument in call.arguments])
        member = member or member_of(found, len(xs[0]), call, values)
        read = torch_reading(call, found, member, values, xs)
        if error is not None:
            raise with_order(error, member, read) if read else error
        assert bound is not None
        if read:
            raise refuse_either(call, bound, read, xs)
        refuse_channels(call, bound, values, xs)
        return bound

    def refuse_bare_order(self, call: Call, found: Found, xs: tuple[Shape, ...]) -> None:
        """`Conv2d 16 3 1 1`, whose first value is what comes in, and which was perhaps meant as `conv 16 3 1 1`."""
        bound = self.bound(call, found, len(xs[0]), xs)
        arrives = bound.layer.arrives(*xs)
        if all(getattr(bound.layer, key) in (None, came) for key, came in arrives.items()):
            return
        name = found.family.name.format(n=found.ndim)
        here = call.called(name)
        try:
            self.bound(here, found._replace(torch_style=False), len(xs[0]), xs)
        except CnncalcError:
            return
        key, came = next((key, came) for key, came in arrives.items() if getattr(bound.layer, key) != came)
        text = call.span.text.replace(call.name, name, 1)
        raise fail(
            "ambiguous-order",
            f"{call.name} has PyTorch's order, in which {key} is {getattr(bound.layer, key)}, but {came} arrive",
            call.span,
            f"write {text}, which reads off what comes in; or put {came} in front",
        )

    def refuse_lost_batch(self, call: Call, bound: Bound, x: Shape) -> None:
        """A reshape to the sizes of one sample, which torch takes for a batch of one alone."""
        sizes: Shape = bound.layer.shape  # type: ignore[attr-defined]
        if not x or not is_batch(x[0]) or not all(isinstance(size, int) and size > 0 for size in (*sizes, *x[1:])):
            return
        if product(sizes) == product(x[1:]):
            raise fail(
                "size-mismatch",
                f"{call.name} to {dims_text(sizes)} leaves the batch out, whose first size it is",
                call.span,
                f"write {call.name} N {' '.join(map(str, sizes))}",
            )

    def refuse_pixel(self, call: Call, value: int, x: Shape) -> None:
        """A linear after a global pool, whose one feature would be the width of a map of one pixel."""
        producer = self.graph.producers[value]
        if producer < 0 or not self.graph.nodes[producer].layer.ndim or any(size != 1 for size in x[2:]) or len(x) < 3:
            return
        if any(argument.key == "in_features" for argument in call.arguments):
            return
        raise fail(
            "ambiguous-features",
            f"{call.name} works on the last axis, and {dims_text(x[1:])} has its features on the first",
            call.name_span,
            f"write flatten -> {call.span.text}, or in_features=1 for the last axis",
        )

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
        if call.bare and call.name in RUNNING:
            hint = "the running value is identity, and what came in first is input"
            return Diagnostic("unknown-tap", f"no value is called {call.name}", span=call.name_span, hint=hint)
        if call.bare and (near := nearest(call.name, known)) and not nearest(call.name, list(self.blocks)):
            hint = f"did you mean {near[0]}?"
            return Diagnostic("unknown-tap", f"no layer or value is called {call.name}", span=call.name_span, hint=hint)
        diagnostic = unknown_layer(call.name, call.name_span, (*self.blocks, *self.shared))
        if call.name != call.name_span.text:
            diagnostic = diagnostic._replace(notes=(f"{call.name_span.text} is {call.name} here",))
        own = call.name[:1].isupper() and "." not in call.name and call.bracketed and not explained(call.name)
        if own and not (diagnostic.hint and "did you mean" in diagnostic.hint):
            return diagnostic._replace(hint="a module of your own is not in the text; write what its forward does")
        return diagnostic

    def branches(self, call: Call, fewest: int, most: int | None) -> list[Tap | None]:
        """What a merge reads."""
        taps = [self.value if call.passed and self.is_running(chain) else self.branch(chain) for chain in call.branches]
        count = sum(len(self.taken(tap)) if tap else 1 for tap in taps)
        if count < fewest or (most is not None and count > most):
            wanted = f"{fewest} inputs" if most == fewest else f"{fewest} or more inputs"
            found = find(call.name)
            example = found.family.layer.example.rpartition("-> ")[2].format(name=call.name) if found else call.name
            hint = f"branches go in brackets: {example}"
            names = found.family.layer.input_names[:fewest] if found else ()
            if len(names) == 2 and "input" not in names and "(identity, identity" in example:
                wanted += f", {names[0]} and {names[1]}"
                xs = self.flow.inputs(self.taken(self.value)) if self.value else None
                shape = dims_text(xs[0][1:]) if xs and len(xs[0]) > 1 else "LxC"
                two = example.replace("identity, identity", ", ".join(names))
                given = ", ".join(f"{name}={shape}" for name in names)
                hint = f"write {given} -> {two}; {example} reads one value twice"
            raise fail(
                "wrong-count",
                f"{call.name} takes {wanted}, not {count}",
                call.span,
                hint if count < fewest else None,
            )
        return taps

    def is_running(self, chain: Chain) -> bool:
        """Is this what code calls the value that it passes on, as in `nn.Flatten()(x)`?"""
        call = chain.single
        name = call.name if isinstance(call, Call) and call.bare else ""
        return name in RUNNING and name not in self.locals and not self.level.find(name)[1]

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


def stands_alone(layer: type[Layer]) -> bool:
    """Can a bare name at the start of a chain be this layer? Else a value of that name is meant."""
    fewest, most = layer.inputs
    return fewest <= 1 and most is not None and all(a.default is not REQUIRED for a in layer.arguments.values())
