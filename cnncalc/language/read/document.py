"""A spec in YAML: structure, names and parameters around chains of the one-line language."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from functools import cached_property
from pathlib import PurePath

from cnncalc.diagnostics import CnncalcError, Source, Span, listed, nearest
from cnncalc.graph import Expected, Graph
from cnncalc.language.read.given import Options, other_rank, set_value, shape_hint, shape_text_value, value_start
from cnncalc.language.run.blocks import Block, Parameter, Shared
from cnncalc.language.run.builder import Builder, deep_calls, input_shape
from cnncalc.language.run.evaluate import (
    FUNCTIONS,
    Scope,
    Tap,
    check_open_name,
    defined,
    describe,
    evaluate,
    fail,
    is_open_name,
    truth,
)
from cnncalc.language.text.inline import KEYWORDS, Parser
from cnncalc.language.text.tree import Chain, Expression
from cnncalc.language.text.yaml_tree import List, Scalar, Table, Tree, yaml_tree
from cnncalc.layers.kinds import FALSE, TRUE, Value, Word, said
from cnncalc.layers.shapes import BATCH_NAME
from cnncalc.symbolic.expr import Expr, symbols

KEYS = {
    "name": "what the network is called",
    "source": "the paper or code that it follows",
    "year": "when it was published",
    "notes": "what a reader should know",
    "input": "the shape of the one input",
    "inputs": "names and shapes of several inputs",
    "batch": "`none` where shapes are complete as written, or a number",
    "symbols": "names of open sizes, beside single capitals; perhaps each with its number",
    "arguments": "names with their defaults, changed by --set",
    "variants": "named sets of arguments",
    "require": "conditions on the arguments, each perhaps with what to say where it does not hold",
    "use": "blocks of files beside this one",
    "blocks": "parts that are called by their name",
    "shared": "layers that are called more than once with the same parameters",
    "body": "what the network does, a list",
    "outputs": "names of the values that go out",
    "frozen": "paths of the layers, levels and parameters that are not trained; `yes` for all",
    "expect": "what `cnncalc check` has to find: output, params, macs and more",
}
OF_VARIANT = {"input", "source", "year", "expect"}  # keys that a variant may have of its own, beside arguments
CONTROL = {
    "for": ("for", "index", "do"),
    "if": ("if", "then", "else"),
    "tap": ("tap",),
    "again": ("again",),
    "train_only": ("train_only",),
    "require": ("require",),
}
PARTS = {"do": "`for`", "index": "`for`", "then": "`if`", "else": "`if`", "frozen": "a layer or level"}  # no names
NAME = re.compile(r"[^\W\d]\w*")


def quoted(key: Scalar) -> bool:
    """Does a key stand in single quotes, and therefore for a name and no word? JSON's are double, and say nothing."""
    return key.span.text.startswith("'")


def without_frozen(table: Table) -> list[tuple[Scalar, Tree]]:
    """The entries of an item but for `frozen`, which can be beside any that adds layers."""
    return [entry for entry in table.entries if entry[0].text != "frozen" or quoted(entry[0])]


def read_yaml(source: Source, options: Options) -> Graph:
    """The graph of a YAML spec. Raises CnncalcError with everything that is wrong."""
    document = Document(source, options)
    return document.graph()


class Document:
    """One YAML file, read as far as it is needed."""

    def __init__(self, source: Source, options: Options, files: tuple[str, ...] = ()) -> None:
        self.source = source
        self.options = options
        self.limits = options.limits
        self.files = (*files, source.name)  # this file, and those that use it
        tree = yaml_tree(source, self.limits)
        if not isinstance(tree, Table):
            hint = "input: 3x32x32, and under body: a list of layers"
            if tree is None:
                raise fail("empty-spec", "the spec is empty", Span(source, 0, 0), hint)
            message = f"a spec in YAML has keys such as input and body, and is no {kind(tree)}"
            raise fail("bad-spec", message, tree.span, hint)
        self.tree = tree
        for key, _ in tree.entries:
            if key.text not in KEYS:
                near = nearest(key.text, list(KEYS))
                hint = f"did you mean {near[0]}?" if near else f"there are {', '.join(KEYS)}"
                raise fail("unknown-key", f"a spec has no key {key.text}", key.span, hint)
        self._chains: dict[int, Chain] = {}
        self._expressions: dict[int, Expression] = {}
        self._labels: set[int] = set()  # names that need no work
        self._parts: dict[int, list[str | Expression]] = {}

    # Small readers

    def text(self, key: str) -> str | None:
        """A key that holds a text."""
        tree = self.tree.get(key)
        return self.scalar(tree, key).text if tree is not None else None

    def about(self, key: str, variant: str | None) -> str | None:
        """`source` or `year` of a variant: its own, or else the file's."""
        tree = self.variants[variant].get(key) if variant is not None else None
        return self.scalar(tree, key).text if tree is not None else self.text(key)

    def scalar(self, tree: Tree, what: str) -> Scalar:
        if not isinstance(tree, Scalar):
            hint = "write 3x224x224, or (3, 2*H, W)" if what.startswith("the shape") else None
            raise fail("bad-spec", f"{what} is a text here, not a {kind(tree)}", tree.span, hint)
        return tree

    def table(self, key: str) -> list[tuple[Scalar, Tree]]:
        tree = self.tree.get(key)
        if tree is None or (isinstance(tree, Scalar) and not tree.text):
            return []
        if not isinstance(tree, Table):
            example = {"use": "use: {blocks.yaml: [se]}", "blocks": "blocks: {twice(n): ...}"}.get(
                key, f"{key}: {{a: 8}}"
            )
            raise fail("bad-spec", f"{key} holds names with values, not a {kind(tree)}", tree.span, example)
        return tree.entries

    @cached_property
    def own_names(self) -> frozenset[str]:
        """The names of blocks and shared layers, which stand for these and for no layer of the same name."""
        used = [item for _, tree in self.table("use") for item in (tree.items if isinstance(tree, List) else [tree])]
        written = [key for table in ("blocks", "shared") for key, _ in self.table(table)]
        texts = [item.text for item in [*written, *used] if isinstance(item, Scalar)]
        return frozenset(match[0] for text in texts if (match := NAME.match(text)))

    def parser(self, scalar: Scalar) -> Parser:
        return Parser(self.source, scalar.inner.start, scalar.inner.end, self.limits, self.own_names)

    def expression(self, scalar: Scalar) -> Expression:
        """The expression in a text, parsed once."""
        known = self._expressions.get(id(scalar))
        if known is not None:
            return known
        parser = self.parser(scalar)
        if parser.next.kind == "end":
            raise fail("bad-spec", "a value has to stand here", scalar.span)
        if re.fullmatch(r"\d+(:\d+)+", scalar.text):
            hint = "some readers of YAML take it for a time; write one number"
            raise fail("bad-number", f"{scalar.text} is no number", scalar.span, hint)
        expression = parser.value()
        if parser.next.kind != "end":
            parser.unexpected("the end of the value")
        self._expressions[id(scalar)] = expression
        return expression

    def value(self, tree: Tree, scope: Scope) -> Value:
        """A value as it is written in YAML: an expression, or a list."""
        if isinstance(tree, List):
            return tuple(self.value(item, scope) for item in tree.items)
        if isinstance(tree, Table):
            raise fail("bad-spec", "a value is a number, a word or a list, not a table", tree.span)
        if tree.text.isdecimal() and len(tree.text) < 10 and (tree.text[0] != "0" or tree.text == "0"):
            return int(tree.text)
        value = evaluate(self.expression(tree), scope)
        return value in TRUE if isinstance(value, Word) and value in TRUE | FALSE else value

    def chain(self, scalar: Scalar) -> Chain:
        """The chain in a text, parsed once."""
        chain = self._chains.get(id(scalar))
        if chain is None:
            parser = self.parser(scalar)
            if parser.next.kind == "end":
                raise fail("empty-spec", "a layer has to stand here", scalar.span)
            chain = parser.chain()
            if parser.next.kind != "end":
                parser.unexpected("->")
            self._chains[id(scalar)] = chain
        return chain

    # The network

    @property
    def variants(self) -> dict[str, Table]:
        """The named sets of arguments."""
        found = {}
        for key, tree in self.table("variants"):
            if isinstance(tree, Scalar) and not tree.text:
                tree = Table([], key.span)
            if not isinstance(tree, Table):
                message = f"the variant {key.text} holds arguments with values, not a {kind(tree)}"
                raise fail("bad-spec", message, tree.span, f"{key.text}: {{width: 8}}")
            found[key.text] = tree
        return found

    def graph(self) -> Graph:
        settings = dict(self.options.settings)
        variant = self.variant(settings)
        name = variant[0] if variant else self.text("name")
        builder = Builder(name, self.limits, self.options.known)
        builder.batchless = self.text("batch") == "none"
        numbers = self.symbols()
        builder.open = frozenset(numbers)
        builder.locals = self.arguments(variant, settings, builder.open)
        for name in settings:
            if name not in self.argument_names:
                builder.fix(name, builder.locals[name])
        if (requirements := self.tree.get("require")) is not None:
            from cnncalc.language.read.require import check

            check(self, requirements, Scope(self.limits, builder.locals, builder.open), settings)
        self.blocks(builder)
        for key, tree in self.table("shared"):
            self.check_name(key.text, key.span)
            builder.shared[key.text] = Shared(self.chain(self.scalar(tree, key.text)), key.span)
            builder.own_name(key.text, key.span, "a shared layer of this network")
        self.inputs(builder, variant[1] if variant else None, numbers)
        builder.of_shared = (builder.locals, builder.blocks)
        body = self.tree.get("body")
        if body is None:
            raise fail("empty-spec", "a spec needs a body", Span(self.source, 0, 0), "body: a list of layers")
        try:
            self.body(builder, body)
            if builder.errors:
                raise CnncalcError(*builder.errors)
            if (paths := self.tree.get("frozen")) is not None:
                from cnncalc.language.read.frozen import freeze_paths

                freeze_paths(self, builder, paths)
            graph = builder.finished(self.outputs(builder))
            graph.expected = self.expected(variant[1] if variant else None)
            return graph
        except CnncalcError as error:
            if self.options.final:
                raise
            from cnncalc.language.read.smallest import with_smallest_input

            raise with_smallest_input(error, builder.graph, self.again) from None

    def network(self, variant: str | None) -> Graph:
        """The graph of a variant as it is written."""
        settings = {} if variant is None else {"variant": Source("--set", f"variant={variant}")}
        self.options = self.options._replace(settings=settings)
        with deep_calls():
            return self.graph()

    def again(self, shapes: Sequence[tuple[str | None, Source]]) -> Graph:
        """The graph of the same spec with other inputs."""
        return read_yaml(self.source, self.options._replace(inputs=tuple(shapes), final=True))

    def variant(self, settings: dict[str, Source]) -> tuple[str, Table] | None:
        chosen = settings.pop("variant", None)
        if chosen is None:
            return None
        start = value_start(chosen)
        name = chosen.text[start:].strip()
        variants = self.variants
        if name not in variants:
            near = nearest(name, list(variants))
            there_are = f"there are {listed(list(variants))}" if variants else "the spec has no variants"
            hint = f"did you mean {near[0]}?" if near else there_are
            raise fail("unknown-variant", f"there is no variant {name}", Span(chosen, start, len(chosen.text)), hint)
        return name, variants[name]

    def symbols(self) -> dict[str, int | None]:
        """The names of open sizes, each with the number that it has where the caller leaves it."""
        tree = self.tree.get("symbols")
        if tree is None:
            return {}
        if isinstance(tree, Table):
            pairs: list[tuple[Scalar, Tree | None]] = [(key, value) for key, value in tree.entries]
        else:
            items = tree.items if isinstance(tree, List) else [tree]
            pairs = [(self.scalar(item, "a symbol"), None) for item in items]
        found: dict[str, int | None] = {}
        for name, tree in pairs:
            if not NAME.fullmatch(name.text):
                raise fail("bad-spec", f"{name.text!r} is no name for an open size", name.span)
            found[name.text] = None
            if tree is not None and not (isinstance(tree, Scalar) and not tree.text):
                value = self.value(tree, Scope(self.limits, {}))
                if not isinstance(value, int) or isinstance(value, bool) or value < 0:
                    message = f"the number of {name.text} is 0 or more, not {describe(value)}"
                    raise fail("bad-spec", message, tree.span, "symbols: {T: 128}")
                found[name.text] = value
        return found

    @property
    def argument_names(self) -> list[str]:
        return [key.text for key, _ in self.table("arguments")]

    def arguments(
        self, variant: tuple[str, Table] | None, settings: dict[str, Source], opened: frozenset[str]
    ) -> dict[str, Value]:
        """The arguments: defaults, over these the variant's, over these what the caller sets."""
        entries = self.table("arguments")
        names = self.argument_names
        written = {key.text: tree for key, tree in entries if not (isinstance(tree, Scalar) and not tree.text)}
        for key, _ in entries:
            self.check_name(key.text, key.span)
        if variant:
            for key, tree in variant[1].entries:
                if key.text in OF_VARIANT - set(names):
                    continue
                if key.text not in names:
                    raise self.unknown_argument(key.text, key.span, names)
                written[key.text] = tree
        found: dict[str, Value] = {}
        for name, setting in settings.items():
            if name not in names:
                if name in opened or is_open_name(name):
                    free = self.text("batch") == "none" and name == BATCH_NAME
                    if not free:
                        beside = self.options.beside
                        used = [beside(key.text) for key, _ in self.table("use")] if beside else []
                        texts = [self.source, *used, *(shape for _, shape in self.options.inputs)]
                        check_open_name(name, setting, texts)
                    found[name] = set_value(setting, self.limits)
                    continue
                raise self.unknown_argument(name, Span(setting, 0, len(name)), names)
        for key, _ in entries:
            if key.text in settings:
                found[key.text] = set_value(settings[key.text], self.limits)
            elif key.text in written:
                tree = written[key.text]
                value = self.value(tree, Scope(self.limits, found, opened))
                self.defined_word(value, tree, found, opened)
                found[key.text] = value
            else:
                variants = list(self.variants)
                hint = f"--set {key.text}=VALUE"
                if variants:
                    hint = f"--set variant={variants[0]} sets it; there are {listed(variants)}"
                    hint = hint if len(variants) > 1 else f"--set variant={variants[0]} sets it"
                raise fail("missing-argument", f"the argument {key.text} has no value", key.span, hint)
        return found

    def defined_word(self, value: Value, tree: Tree, found: dict[str, Value], opened: frozenset[str]) -> None:
        """A bare word as a value names a layer or block, or is a choice such as `same`."""
        if isinstance(value, Word) and isinstance(tree, Scalar) and "(" in value:
            defined(value, self.expression(tree), Scope(self.limits, found, opened))

    def unknown_argument(self, name: str, span: Span, names: list[str]) -> CnncalcError:
        near = nearest(name, names)
        hint = f"did you mean {near[0]}?" if near else f"it has {listed(names)}" if names else "it has none"
        return fail("unknown-argument", f"{self.text('name') or self.source.name} has no argument {name}", span, hint)

    def check_name(self, name: str, span: Span) -> None:
        """Refuse a name that means something else already."""
        if not NAME.fullmatch(name):
            raise fail("bad-spec", f"{name!r} is no name", span, "a name has letters, digits and _")
        if (
            name in KEYWORDS
            or name in FUNCTIONS
            or name in ("channels", "size", "input", "None")
            or name in TRUE | FALSE
        ):
            raise fail("name-taken", f"{name} is a word of the language", span, "choose another name")

    def blocks(self, builder: Builder) -> None:
        builder.blocks.update(self.own_blocks)
        for block in builder.blocks.values():
            builder.own_name(block.name, block.span, "a block of this network")

    @cached_property
    def own_blocks(self) -> dict[str, Block]:
        """The blocks of this file, and those that it uses."""
        found = self.used_blocks()
        for key, tree in self.table("blocks"):
            name, parameters = self.signature(key)
            if name in found:
                message = f"there are two blocks called {name}"
                raise fail("duplicate-name", message, key.span, "one is of a file under use; rename this one")
            block = Block(name, parameters, self.block_body(tree), key.span, self.block_chain(tree))
            found[name] = block
        for block in found.values():
            if not block.uses:
                block.uses = found
        return found

    def block_body(self, tree: Tree) -> Callable[[Builder], None]:
        """What a block does. Written as one chain, its layers are 0, 1, 2, as those of a Sequential."""

        def run(builder: Builder) -> None:
            builder.level.numbered = isinstance(tree, Scalar)
            self.body(builder, tree)

        return run

    def block_chain(self, tree: Tree) -> Callable[[], Chain] | None:
        """The chain that a block is, parsed when it is called."""
        return (lambda: self.chain(tree)) if isinstance(tree, Scalar) else None

    def signature(self, key: Scalar) -> tuple[str, list[Parameter]]:
        """name [ "(" [ name [ "=" expression ] { "," ... } ] ")" ]"""
        parser = self.parser(key)
        name = parser.take()
        span = parser.span(name, name)
        if name.kind != "name":
            raise fail("bad-spec", "a block starts with its name", key.span, "bottleneck(planes, stride=1):")
        self.check_name(name.text, span)
        parameters: list[Parameter] = []

        def inside() -> None:
            while parser.next.kind == "name":
                token = parser.take()
                place = parser.span(token, token)
                self.check_name(token.text, place)
                if any(p.name == token.text for p in parameters):
                    message = f"{name.text} has two arguments called {token.text}"
                    raise fail("duplicate-argument", message, place, "rename one")
                default = None
                if parser.next.kind == "=":
                    parser.take()
                    default = parser.value()
                parameters.append(Parameter(token.text, default, place))
                if parser.next.kind != ",":
                    break
                parser.take()

        if parser.next.kind == "(":
            parser.bracketed(inside)
        if parser.next.kind != "end":
            parser.unexpected("the end of the block's name")
        return name.text, parameters

    def used_blocks(self) -> dict[str, Block]:
        found: dict[str, Block] = {}
        for key, tree in self.table("use"):
            if self.options.beside is None:
                raise fail("missing-file", "a text that is no file has no files beside it", key.span)
            try:
                source = self.options.beside(key.text)
            except CnncalcError as error:
                raise CnncalcError(error.diagnostics[0]._replace(span=key.span)) from None
            if source.name in self.files:
                chain = [*self.files[self.files.index(source.name) :], source.name]
                uses = ", which uses ".join(PurePath(file).name for file in chain[1:])
                message = f"{PurePath(chain[0]).name} uses {uses}"
                raise fail("use-cycle", message, key.span, "put what both use in a third file")
            blocks = self.beside(source).own_blocks
            names = tree.items if isinstance(tree, List) else [tree]
            for item in names:
                scalar = self.scalar(item, "a block's name")
                if scalar.text not in blocks:
                    near = nearest(scalar.text, list(blocks))
                    has = f"it has {listed(list(blocks))}" if blocks else "it has none"
                    hint = f"did you mean {near[0]}?" if near else has
                    raise fail("unknown-block", f"{key.text} has no block {scalar.text}", scalar.span, hint)
                found[scalar.text] = blocks[scalar.text]
        return found

    def beside(self, source: Source) -> Document:
        """The document of a file under `use`."""
        shared = self.options.shared
        if shared is None:
            return Document(source, self.options, self.files)
        if source.name not in shared:
            shared[source.name] = Document(source, self.options, self.files)
        return shared[source.name]

    def inputs(self, builder: Builder, variant: Table | None, numbers: Mapping[str, int | None]) -> None:
        """Add the inputs: the written ones, where the caller does not give others.

        `numbers` are those that open sizes have where neither a setting nor a given shape says more of them.
        """
        several = self.table("inputs")
        single = (variant.get("input") if variant else None) or self.tree.get("input")
        written: dict[str, tuple[tuple[Value, ...], Span]] = {}
        pairs = [(key.text, tree) for key, tree in several] or ([("input", single)] if single else [])
        if several and single:
            raise fail("bad-spec", "a spec has either input or inputs", single.span)
        for name, tree in pairs:
            scalar = self.scalar(tree, f"the shape of {name}")
            written[name] = (self.shape_of(scalar, builder), scalar.span)
        names = list(written) or ["input"]
        mentioned: set[str] = set(self.options.settings)
        for i, (given, source) in enumerate(self.options.inputs):
            span = Span(source, 0, len(source.text))
            if given is None and i >= len(names):
                takes = "1 input, and a second shape is" if len(names) == 1 else f"{len(names)} inputs, and more are"
                raise fail("unknown-input", f"the spec has {takes} given", span, f"it has {listed(names)}")
            key = given or names[i]
            if written and key not in written:
                hint = f"it has {listed(names)}"
                raise fail("unknown-input", f"there is no input {key}", Span(source, 0, len(key)), hint)
            shape = shape_text_value(source, builder)
            if key in written and len(shape) != len(written[key][0]):
                raise other_rank(key, written[key][0], shape, span)
            builder.replace(written[key][0] if key in written else (), shape, span)
            written[key] = (shape, span)
            mentioned |= {name for dim in shape if isinstance(dim, Expr) for name in symbols(dim)}
        for name, number in numbers.items():
            if number is not None and name not in mentioned and name not in builder.fixed:
                builder.fix(name, number)
        for name, (dims, span) in written.items():
            written[name] = (tuple(builder.put_in(dim) for dim in dims), span)
        if not written:
            raise fail("no-input", "the spec has no input", self.tree.span, "input: 3x224x224, or -i 3x224x224")
        batch = self.options.batch
        if batch is None and (text := self.tree.get("batch")) is not None and not builder.batchless:
            value = self.value(text, builder.scope)
            if not isinstance(value, int) or value < 1:
                message = f"batch is a number, 1 or more, or none, not {describe(value)}"
                raise fail("bad-spec", message, text.span, "left out, the batch is open")
            batch = value
        if batch is not None and not builder.batchless:
            builder.fix(BATCH_NAME, batch)
        for name, (dims, span) in written.items():
            builder.add_input(name, input_shape(dims, span, batch, batchless=builder.batchless), span)

    def shape_of(self, scalar: Scalar, builder: Builder) -> tuple[Value, ...]:
        parser = self.parser(scalar)
        shape = parser.input_shape()
        if shape is None or parser.next.kind != "end":
            raise fail("bad-shape", f"{scalar.text} is no shape", scalar.span, shape_hint(scalar.text))
        return tuple(evaluate(item, builder.scope) for item in shape.items)

    def outputs(self, builder: Builder) -> dict[str, Tap | None] | None:
        tree = self.tree.get("outputs")
        if tree is None:
            return None
        pairs: list[tuple[str, Scalar]]
        if isinstance(tree, Table):
            pairs = [(key.text, self.scalar(value, key.text)) for key, value in tree.entries]
        else:
            items = tree.items if isinstance(tree, List) else [tree]
            pairs = [(s.text, s) for s in (self.scalar(item, "an output") for item in items)]
        if not any(name for name, _ in pairs):
            raise fail("bad-spec", "outputs names no value", tree.span, "left out, the last value is the output")
        found: dict[str, Tap | None] = {}
        for name, scalar in pairs:
            tap, known = builder.level.find(scalar.text)
            if not known:
                known_names = builder.level.known()
                near = nearest(scalar.text, known_names)
                hint = f"did you mean {near[0]}?" if near else f"there are {listed(known_names[:8])}"
                raise fail("unknown-tap", f"no layer or value is called {scalar.text}", scalar.span, hint)
            builder.check_runs(tap.values if tap else (), scalar.span)
            found[name] = tap
        return found

    def expected(self, variant: Table | None) -> list[Expected]:
        """What the spec says that it comes to; a variant's own over the file's."""
        found: dict[tuple[str, ...], Expected] = {}
        for holder in (self.tree, variant):
            tree = holder.get("expect") if holder is not None else None
            if tree is not None:
                from cnncalc.language.read.expect import written_expectations

                found |= {e.name: e for e in written_expectations(tree)}
        return list(found.values())

    # Bodies

    def body(self, builder: Builder, tree: Tree) -> None:
        """Run a body: a chain, or a list of chains, labelled parts, loops and conditions."""
        if isinstance(tree, Scalar):
            scalar = tree
            self.attempt(builder, lambda: builder.chain(self.chain(scalar)))
            return
        if isinstance(tree, Table):
            tree = List([tree], tree.span) if len(without_frozen(tree)) == 1 or self.control(tree) else tree
        if not isinstance(tree, List):
            raise fail("bad-spec", "a body is a list, not a table", tree.span, "put a - before each item")
        builder.level.reserve(
            entries[0][0].text
            for item in tree.items
            if isinstance(item, Table) and len(entries := without_frozen(item)) == 1
        )
        for item in tree.items:
            builder.step(item.span)
            done = self.attempt(builder, self.runner(builder, item))
            if not done and isinstance(item, Table) and self.control(item) == "require":
                return  # the rest is written for what is required

    def runner(self, builder: Builder, item: Tree) -> Callable[[], None]:
        return lambda: self.item(builder, item)

    def attempt(self, builder: Builder, run: Callable[[], None]) -> bool:
        """Run an item; when it fails, what follows it has no value, and its own mistakes are still found."""
        try:
            run()
        except CnncalcError as error:
            builder.failed(error)
            builder.value = None
            return False
        return True

    def control(self, table: Table) -> str | None:
        """`for`, `if`, `tap` and the like, where the table is one of these."""
        words = [key.text for key, _ in table.entries if key.text in CONTROL and not quoted(key)]
        return words[0] if len(words) < 2 and words else next((word for word in CONTROL if word in words), None)

    def item(self, builder: Builder, item: Tree) -> None:
        if isinstance(item, Scalar):
            builder.chain(self.chain(item))
            return
        if isinstance(item, List):
            raise fail("bad-spec", "a list in a list needs a name before it", item.span, "- name: [...]")
        if 0 < len(rest := without_frozen(item)) < len(item.entries):
            from cnncalc.language.read.frozen import freeze_item

            freeze_item(self, builder, item, Table(rest, item.span))
            return
        word = self.control(item)
        if word is None:
            if len(item.entries) != 1:
                message = "one item has one name; start each with its own -"
                hint = None
                if words := [k.text for k, _ in item.entries if k.text in PARTS and not quoted(k)]:
                    hint = f"{words[0]} goes with {PARTS[words[0]]}"
                raise fail("bad-spec", message, item.entries[1][0].span if item.entries else item.span, hint)
            key, tree = item.entries[0]
            if key.text in PARTS and not quoted(key):
                message = f"{key.text} stands without {PARTS[key.text]}"
                raise fail("bad-spec", message, key.span, "the parts of one item stand below each other after one -")
            self.labelled(builder, key, tree)
            return
        for key, _ in item.entries:
            if key.text not in CONTROL[word]:
                parts = listed([part for part in CONTROL[word] if part != word])
                near = nearest(key.text, list(CONTROL[word]))
                hint = f"did you mean {near[0]}?" if near else f"it has {parts}" if parts else None
                raise fail("unknown-key", f"`{word}` has no {key.text} beside it", key.span, hint)
        if word == "for":
            self.loop(builder, item)
        elif word == "if":
            self.condition(builder, item)
        elif word == "train_only":
            with builder.building_only():
                self.body(builder, item.entries[0][1])
        elif word == "again":
            from cnncalc.language.run.again import again

            again(builder, self.scalar(item.entries[0][1], "what is called again"))
        elif word == "require":
            from cnncalc.language.read.require import called_at, check

            notes = [called_at(call.span) for call in builder.calling[-1:]]
            check(self, item.entries[0][1], builder.scope, notes=notes)
        else:
            self.tap(builder, self.scalar(item.entries[0][1], "a name"))

    def tap(self, builder: Builder, scalar: Scalar) -> None:
        """`tap: name` for the running value, `tap: a, b` for each of its outputs."""
        names = [self.label_text(builder, scalar)] if "," not in scalar.text else self.names(scalar)
        for name in names:
            if name in builder.level.taps:
                raise fail("duplicate-name", f"{name} is a value already", scalar.span, "choose another name")
        self.each_output(builder.value, names, scalar, builder.tap_value)

    def each_output(
        self, tap: Tap | None, names: list[str], scalar: Scalar, give: Callable[[str, Tap | None], None]
    ) -> None:
        """Give each output of a value its name; a single name stands for the whole."""
        if len(names) == 1:
            give(names[0], tap)
            return
        if tap is not None and len(tap.values) != len(names):
            given = f"{len(names)} names are given"
            gives = "one value" if len(tap.values) == 1 else f"{len(tap.values)} values"
            hint = f"write {', '.join('abcdefgh'[: len(tap.values)])}:" if 1 < len(tap.values) < 9 else None
            raise fail("wrong-count", f"{given} to what gives {gives}", scalar.span, hint)
        for i, name in enumerate(names):
            give(name, Tap((tap.values[i],)) if tap else None)

    def names(self, scalar: Scalar) -> list[str]:
        """`a, b`"""
        names = [part.strip() for part in scalar.text.split(",")]
        for name in names:
            if not NAME.fullmatch(name):
                raise fail("bad-spec", f"{name!r} is no name", scalar.span)
        return names

    def labelled(self, builder: Builder, key: Scalar, tree: Tree) -> None:
        """`name: chain`, `name: [items]`, or `a, b: chain` for a layer with several outputs."""
        if "," in key.text:
            self.several(builder, key, tree)
            return
        label = self.label_text(builder, key)
        if isinstance(tree, Scalar):
            chain = self.chain(tree)
            builder.labelled(label, chain, key.span)
            return
        builder.claim(label, key.span)
        with builder.entered(label):
            self.body(builder, tree)
        builder.label(label, builder.value)

    def several(self, builder: Builder, key: Scalar, tree: Tree) -> None:
        chain = self.chain(self.scalar(tree, key.text))
        for item in builder.started(chain):
            builder.item(item)
        self.each_output(builder.value, self.names(key), key, builder.label)

    def label_text(self, builder: Builder, key: Scalar) -> str:
        """A name, with `{i + 1}` worked out."""
        text = key.text
        if id(key) in self._labels:
            return text
        if "{" in text:
            parts = [
                part if isinstance(part, str) else str(defined(evaluate(part, builder.scope), part, builder.scope))
                for part in self.label_parts(key)
            ]
            text = "".join(parts)
        if not re.fullmatch(r"\w[\w-]*(\.\w[\w-]*)*", text):
            raise fail("bad-spec", f"{text!r} is no name", key.span, "a name has letters, digits, _ and -")
        if text is key.text:
            self._labels.add(id(key))
        return text

    def label_parts(self, key: Scalar) -> list[str | Expression]:
        """The texts of a name, and the expressions between them, parsed once."""
        known = self._parts.get(id(key))
        if known is not None:
            return known
        parts: list[str | Expression] = []
        at = key.inner.start
        for match in re.finditer(r"([^{}]+)|\{([^{}]*)\}|[{}]", key.inner.text):
            if match[0] in ("{", "}"):
                place = Span(self.source, at + match.start(), at + match.end())
                meaning = "is not closed" if match[0] == "{" else "closes nothing"
                raise fail("unclosed-bracket", f"the {match[0]} {meaning}", place, "write stage{i} or stage{i + 1}")
            if match[1]:
                parts.append(match[1])
            else:
                parser = Parser(self.source, at + match.start(2), at + match.end(2), self.limits)
                parts.append(parser.value())
                if parser.next.kind != "end":
                    parser.unexpected("}")
        self._parts[id(key)] = parts
        return parts

    def loop(self, builder: Builder, item: Table) -> None:
        """`for: t, c, n, s in stages`, with `index` and `do`."""
        head = self.scalar(item.get("for"), "for")  # type: ignore[arg-type]
        match = re.search(r"(?<=\s)in(?=\s)", head.inner.text)
        named = head.inner.text[: match.start()].strip() if match else ""
        body = item.get("do")
        no_list = match is None or not re.fullmatch(r"[\w\s,]+", named)
        if match is None or no_list or body is None:
            what = "no list, as in `for: i in range(3)`" if no_list else "no `do:` with what it repeats"
            raise fail("bad-spec", f"the loop has {what}", head.span)
        names = [name.strip() for name in named.split(",")]
        for name in names:
            self.check_name(name, head.span)
        parser = Parser(self.source, head.inner.start + match.end(), head.inner.end, self.limits)
        node = parser.expression()
        if parser.next.kind != "end":
            parser.unexpected("the end of the list")
        items = defined(evaluate(node, builder.scope), node, builder.scope)
        if not isinstance(items, tuple):
            hint = f"range({node.span.text})" if isinstance(items, int | Expr) else None
            raise fail("wrong-kind", f"a loop runs over a list, not {describe(items)}", node.span, hint)
        index = item.get("index")
        counter = self.scalar(index, "index").text if index is not None else None
        with builder.kept():
            around = builder.locals
            for position, value in enumerate(items):
                builder.step(head.span)
                row = value if isinstance(value, tuple) and len(names) > 1 else (value,)
                if len(row) != len(names):
                    has = "one value" if len(row) == 1 else f"{len(row)} values"
                    message = (
                        f"the loop has {len(names)} names, but item {position} of its list has {has}: {said(value)}"
                    )
                    raise fail("wrong-count", message, head.span)
                builder.locals = around | dict(zip(names, row)) | ({counter: position} if counter else {})
                failures, known = builder.failures, len(builder.errors)
                self.body(builder, body)
                if builder.failures > failures and len(builder.errors) == known:  # a mistake that is known already
                    builder.value = None
                    return

    def condition(self, builder: Builder, item: Table) -> None:
        scalar = self.scalar(item.get("if"), "if")  # type: ignore[arg-type]
        node = self.expression(scalar)
        if item.get("then") is None:
            raise fail("bad-spec", "an `if` needs a `then` beside it", scalar.span)
        holds = truth(evaluate(node, builder.scope), node, builder.scope)
        branch = item.get("then" if holds else "else")
        if branch is not None:
            self.body(builder, branch)


def kind(tree: Tree) -> str:
    """What stands in YAML, in a sentence."""
    return "list" if isinstance(tree, List) else "table" if isinstance(tree, Table) else "text"
