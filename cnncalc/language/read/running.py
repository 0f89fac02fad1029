"""One run of a YAML spec: its arguments, inputs, body and outputs, with what the caller gives."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial

from cnncalc.diagnostics import CnncalcError, Source, Span, listed, nearest
from cnncalc.graph import Expected, Graph
from cnncalc.language.read.body import Body
from cnncalc.language.read.document import Document
from cnncalc.language.read.given import Options, other_rank, set_value, shape_text_value, value_start
from cnncalc.language.read.texts import check_name, text_of
from cnncalc.language.run.inputs import input_shape
from cnncalc.language.run.interpreter import Interpreter
from cnncalc.language.run.scope import Scope, Tap, check_open_name, defined, describe, fail, is_open_name
from cnncalc.language.text.yaml_tree import List, Scalar, Table, Tree
from cnncalc.layers.kinds import Value, Word
from cnncalc.layers.shapes import BATCH_NAME
from cnncalc.symbolic.expr import Expr, symbols

OF_VARIANT = {"input", "source", "year", "expect"}  # keys that a variant may have of its own, beside arguments


def read_yaml(source: Source, options: Options) -> Graph:
    """The graph of a YAML spec. Raises CnncalcError with everything that is wrong."""
    return Running(Document(source, options), options).graph()


class Running:
    """One run of a document."""

    def __init__(self, document: Document, options: Options) -> None:
        self.document = document
        self.options = options
        self.limits = options.limits
        self.texts = document.texts

    def graph(self) -> Graph:
        """The graph. Raises CnncalcError with everything that is wrong."""
        document = self.document
        settings = dict(self.options.settings)
        variant = self.variant(settings)
        numbers = document.symbols()
        names = self.arguments(variant, settings, frozenset(numbers))
        if (requirements := document.tree.get("require")) is not None:
            from cnncalc.language.read.require import check

            check(self.texts, requirements, Scope(self.limits, names, frozenset(numbers)), settings)
        builder = Interpreter(
            variant[0] if variant else document.text("name"),
            self.limits,
            self.options.known,
            arguments={key: names[key] for key in document.argument_names},
            blocks=document.blocks,
            shared=document.shared,
            open=numbers,
            unknowns=self.options.unknowns,
            batchless=document.text("batch") == "none",
        )
        for name in settings:
            if name not in builder.arguments:
                builder.fix(name, names[name])
        for block in builder.blocks.values():
            builder.warn_of_own(block.name, block.span, "a block of this network")
        for key, _ in document.table("shared"):
            builder.warn_of_own(key.text, key.span, "a shared layer of this network")
        self.inputs(builder, variant[1] if variant else None, numbers)
        body = document.tree.get("body")
        if body is None:
            raise fail("empty-spec", "a spec needs a body", Span(document.source, 0, 0), "body: a list of layers")
        try:
            Body(self.texts, builder).run(body)
            if builder.errors:
                raise CnncalcError(*builder.errors)
            if (paths := document.tree.get("frozen")) is not None:
                from cnncalc.language.read.frozen import freeze_paths

                freeze_paths(builder, paths)
            if (paths := document.tree.get("checkpoint")) is not None:
                from cnncalc.language.read.checkpoint import checkpoint_paths

                checkpoint_paths(builder, paths)
            graph = builder.finished(self.outputs(builder))
        except CnncalcError as error:
            if self.options.final or self.options.unknowns is not None:
                raise
            from cnncalc.language.read.smallest import with_smallest_input

            raise with_smallest_input(error, builder.graph, self.graph_at).reached(builder.graph) from None
        graph.expected = self.expected(variant[1] if variant else None)
        if (allowed := self.document.tree.get("allow")) is not None:
            from cnncalc.language.read.allow import allowed_warnings

            graph.allowed = allowed_warnings(allowed)
        own = document.tree.get("input") or document.tree.get("inputs")
        if own and self.options.inputs and not self.options.final:
            from cnncalc.language.read.resized import warn_of_features

            warn_of_features(graph, partial(self.graph_at, ()))
        return graph

    def graph_at(self, shapes: Sequence[tuple[str | None, Source]]) -> Graph:
        """The graph of the same spec with other inputs."""
        return Running(self.document, self.options._replace(inputs=tuple(shapes), final=True)).graph()

    def variant(self, settings: dict[str, Source]) -> tuple[str, Table] | None:
        chosen = settings.pop("variant", None)
        if chosen is None:
            return None
        start = value_start(chosen)
        name = chosen.text[start:].strip()
        variants = self.document.variants
        if name not in variants:
            near = nearest(name, list(variants))
            there_are = f"there are {listed(list(variants))}" if variants else "the spec has no variants"
            hint = f"did you mean {near[0]}?" if near else there_are
            raise fail("unknown-variant", f"there is no variant {name}", Span(chosen, start, len(chosen.text)), hint)
        return name, variants[name]

    def arguments(
        self, variant: tuple[str, Table] | None, settings: dict[str, Source], opened: frozenset[str]
    ) -> dict[str, Value]:
        """The arguments: defaults, over these the variant's, over these what the caller sets."""
        entries = self.document.table("arguments")
        names = self.document.argument_names
        written = {key.text: tree for key, tree in entries if not (isinstance(tree, Scalar) and not tree.text)}
        for key, _ in entries:
            check_name(key.text, key.span)
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
                    free = self.document.text("batch") == "none" and name == BATCH_NAME
                    if not free:
                        beside = self.options.beside
                        used = [beside(key.text) for key, _ in self.document.table("use")] if beside else []
                        texts = [self.document.source, *used, *(shape for _, shape in self.options.inputs)]
                        check_open_name(name, setting, texts)
                    found[name] = set_value(setting, self.limits)
                    continue
                raise self.unknown_argument(name, Span(setting, 0, len(name)), names)
        for key, _ in entries:
            if key.text in settings:
                found[key.text] = set_value(settings[key.text], self.limits)
            elif key.text in written:
                tree = written[key.text]
                value = self.texts.value(tree, Scope(self.limits, found, opened))
                self.defined_word(value, tree, found, opened)
                found[key.text] = value
            else:
                variants = list(self.document.variants)
                hint = f"--set {key.text}=VALUE"
                if variants:
                    hint = f"--set variant={variants[0]} sets it; there are {listed(variants)}"
                    hint = hint if len(variants) > 1 else f"--set variant={variants[0]} sets it"
                raise fail("missing-argument", f"the argument {key.text} has no value", key.span, hint)
        return found

    def defined_word(self, value: Value, tree: Tree, found: dict[str, Value], opened: frozenset[str]) -> None:
        """A bare word as a value names a layer or block, or is a choice such as `same`."""
        if isinstance(value, Word) and isinstance(tree, Scalar) and "(" in value:
            defined(value, self.texts.expression(tree), Scope(self.limits, found, opened))

    def unknown_argument(self, name: str, span: Span, names: list[str]) -> CnncalcError:
        near = nearest(name, names)
        hint = f"did you mean {near[0]}?" if near else f"it has {listed(names)}" if names else "it has none"
        network = self.document.text("name") or self.document.source.name
        return fail("unknown-argument", f"{network} has no argument {name}", span, hint)

    def inputs(self, builder: Interpreter, variant: Table | None, numbers: Mapping[str, int | None]) -> None:
        """Add the inputs: the written ones, where the caller does not give others.

        `numbers` are those that open sizes have where neither a setting nor a given shape says more of them.
        """
        several = self.document.table("inputs")
        single = (variant.get("input") if variant else None) or self.document.tree.get("input")
        written: dict[str, tuple[tuple[Value, ...], Span]] = {}
        pairs = [(key.text, tree) for key, tree in several] or ([("input", single)] if single else [])
        if several and single:
            raise fail("bad-spec", "a spec has either input or inputs", single.span)
        for name, tree in pairs:
            if isinstance(tree, List):  # [3, 32, 32]
                sizes = tuple(self.texts.value(item, builder.scope) for item in tree.items)
                written[name] = (sizes, tree.span)
                continue
            scalar = text_of(tree, f"the shape of {name}")
            written[name] = (self.texts.shape(scalar, builder.scope), scalar.span)
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
            hint = "input: 3x224x224, or -i 3x224x224"
            raise fail("no-input", "the spec has no input", self.document.tree.span, hint)
        batch = self.options.batch
        if batch is None and (text := self.document.tree.get("batch")) is not None and not builder.batchless:
            value = self.texts.value(text, builder.scope)
            if not isinstance(value, int) or value < 1:
                message = f"batch is a number, 1 or more, or none, not {describe(value)}"
                raise fail("bad-spec", message, text.span, "left out, the batch is open")
            batch = value
        if batch is not None and not builder.batchless:
            builder.fix(BATCH_NAME, batch)
        for name, (dims, span) in written.items():
            builder.add_input(name, input_shape(dims, span, batch, batchless=builder.batchless), span)

    def outputs(self, builder: Interpreter) -> dict[str, Tap | None] | None:
        tree = self.document.tree.get("outputs")
        if tree is None:
            return None
        pairs: list[tuple[str, Scalar]]
        if isinstance(tree, Table):
            pairs = [(key.text, text_of(value, key.text)) for key, value in tree.entries]
        else:
            items = tree.items if isinstance(tree, List) else [tree]
            pairs = [(s.text, s) for s in (text_of(item, "an output") for item in items)]
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
        for holder in (self.document.tree, variant):
            tree = holder.get("expect") if holder is not None else None
            if tree is not None:
                from cnncalc.language.read.expect import written_expectations

                found |= {e.name: e for e in written_expectations(tree)}
        return list(found.values())
