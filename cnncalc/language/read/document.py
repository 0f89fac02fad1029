"""A spec in YAML: what its keys say, read as far as it is needed."""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import cached_property, partial
from pathlib import PurePath

from cnncalc.diagnostics import CnncalcError, Source, Span, listed, nearest
from cnncalc.language.read.body import Body
from cnncalc.language.read.given import Options
from cnncalc.language.read.texts import NAME, Texts, check_name, kind, text_of
from cnncalc.language.run.blocks import Block, BlockArgument, Shared
from cnncalc.language.run.interpreter import Interpreter
from cnncalc.language.run.scope import Scope, describe, fail
from cnncalc.language.text import synonyms
from cnncalc.language.text.yaml_tree import List, Scalar, Table, Tree, yaml_tree

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
    "checkpoint": "paths of the layers and levels that training computes again instead of keeping their values",
    "expect": "what `cnncalc check` has to find: output, params, macs and more",
    "allow": "warnings that are meant, by their codes, each with its reason",
}


class Document:
    """One YAML file, read as far as it is needed."""

    def __init__(self, source: Source, options: Options, files: tuple[str, ...] = ()) -> None:
        self.source = source
        self.limits = options.limits
        self.options = options  # how files beside it are found
        self.files = (*files, source.name)  # this file, and those that use it
        tree = yaml_tree(source, self.limits)
        if not isinstance(tree, Table):
            hint = "input: 3x32x32, and under body: a list of layers"
            if tree is None:
                raise fail("empty-spec", "the spec is empty", Span(source, 0, 0), hint)
            message = f"a spec in YAML has keys such as input and body, and is no {kind(tree)}"
            raise fail("bad-spec", message, tree.span, hint)
        tree = self.tree = Table([self.meant(entry, tree) for entry in tree.entries], tree.span)
        for key, _ in tree.entries:
            if key.text not in KEYS:
                if said := synonyms.KEYS_EXPLAINED.get(key.text):
                    raise fail("unknown-key", f"a spec has no key {key.text}", key.span, said)
                near = nearest(key.text, list(KEYS))
                hint = f"did you mean {near[0]}?" if near else f"there are {', '.join(KEYS)}"
                raise fail("unknown-key", f"a spec has no key {key.text}", key.span, hint)

    def meant(self, entry: tuple[Scalar, Tree], tree: Table) -> tuple[Scalar, Tree]:
        """An entry under the name of its key here, where another tool's name can mean that alone."""
        key, value = entry
        own = synonyms.KEYS.get(key.text)
        if own is None or tree.get(own) is not None:
            return entry
        if sum(synonyms.KEYS.get(other.text) == own for other, _ in tree.entries) > 1:
            return entry
        if (own == "body" and not isinstance(value, List)) or (own == "arguments" and not isinstance(value, Table)):
            return entry
        return Scalar(own, key.span, key.inner, key.plain), value

    # Small readers

    def text(self, key: str) -> str | None:
        """A key that holds a text."""
        tree = self.tree.get(key)
        return text_of(tree, key).text if tree is not None else None

    def about(self, key: str, variant: str | None) -> str | None:
        """`source` or `year` of a variant: its own, or else the file's."""
        tree = self.variants[variant].get(key) if variant is not None else None
        return text_of(tree, key).text if tree is not None else self.text(key)

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
    def texts(self) -> Texts:
        """Its texts, in which the names of its blocks and shared layers stand for these."""
        used = [item for _, tree in self.table("use") for item in (tree.items if isinstance(tree, List) else [tree])]
        written = [key for table in ("blocks", "shared") for key, _ in self.table(table)]
        texts = [item.text for item in [*written, *used] if isinstance(item, Scalar)]
        own = [match[0] for text in texts if (match := NAME.match(text))]
        return Texts(self.source, self.limits, own)

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

    def symbols(self) -> dict[str, int | None]:
        """The names of open sizes, each with the number that it has where the caller leaves it."""
        tree = self.tree.get("symbols")
        if tree is None:
            return {}
        if isinstance(tree, Table):
            pairs: list[tuple[Scalar, Tree | None]] = [(key, value) for key, value in tree.entries]
        else:
            items = tree.items if isinstance(tree, List) else [tree]
            pairs = [(text_of(item, "a symbol"), None) for item in items]
        found: dict[str, int | None] = {}
        for name, tree in pairs:
            if not NAME.fullmatch(name.text):
                raise fail("bad-spec", f"{name.text!r} is no name for an open size", name.span)
            found[name.text] = None
            if tree is not None and not (isinstance(tree, Scalar) and not tree.text):
                value = self.texts.value(tree, Scope(self.limits, {}))
                if not isinstance(value, int) or isinstance(value, bool) or value < 0:
                    message = f"the number of {name.text} is 0 or more, not {describe(value)}"
                    raise fail("bad-spec", message, tree.span, "symbols: {T: 128}")
                found[name.text] = value
        return found

    @property
    def argument_names(self) -> list[str]:
        return [key.text for key, _ in self.table("arguments")]

    @property
    def shared(self) -> dict[str, Shared]:
        """Layers that are called more than once."""
        found = {}
        for key, tree in self.table("shared"):
            check_name(key.text, key.span)
            found[key.text] = Shared(self.texts.chain(text_of(tree, key.text)), key.span)
        return found

    @cached_property
    def blocks(self) -> dict[str, Block]:
        """The blocks of this file, and those that it uses."""
        found = self.used_blocks()
        words: dict[str, set[str]] = {}  # in the text of each
        for key, tree in self.table("blocks"):
            name, parameters = self.signature(key)
            if name in found:
                message = f"there are two blocks called {name}"
                raise fail("duplicate-name", message, key.span, "one is of a file under use; rename this one")
            chain = partial(self.texts.chain, tree) if isinstance(tree, Scalar) else None
            block = Block(name, parameters, self.body(tree), key.span, chain)
            found[name] = block
            words[name] = set(re.findall(r"[^\W\d]\w*", f"{key.text} {tree.span.text}"))
        own = set(self.argument_names)
        for name, near in words.items():
            seen, ahead = {name}, [name]
            while ahead:  # what the blocks read that it calls
                new = (words[ahead.pop()] & words.keys()) - seen
                seen |= new
                ahead += new
            near = set().union(*(words[other] for other in seen))
            found[name].reads = frozenset(near & own - {p.name for p in found[name].parameters})
        for block in found.values():
            if not block.uses:
                block.uses = found
        return found

    def body(self, tree: Tree) -> Callable[[Interpreter], None]:
        """What a block does."""
        return lambda builder: Body(self.texts, builder).run(tree)

    def signature(self, key: Scalar) -> tuple[str, list[BlockArgument]]:
        """name [ "(" [ name [ "=" expression ] { "," ... } ] ")" ]"""
        parser = self.texts.parser(key)
        name = parser.take()
        span = parser.span(name, name)
        if name.kind != "name":
            raise fail("bad-spec", "a block starts with its name", key.span, "bottleneck(planes, stride=1):")
        check_name(name.text, span)
        parameters: list[BlockArgument] = []

        def inside() -> None:
            while parser.next.kind == "name":
                token = parser.take()
                place = parser.span(token, token)
                check_name(token.text, place)
                if any(p.name == token.text for p in parameters):
                    message = f"{name.text} has two arguments called {token.text}"
                    raise fail("duplicate-argument", message, place, "rename one")
                default = None
                if parser.next.kind == "=":
                    parser.take()
                    default = parser.value()
                parameters.append(BlockArgument(token.text, default, place))
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
            blocks = self.beside(source).blocks
            names = tree.items if isinstance(tree, List) else [tree]
            for item in names:
                scalar = text_of(item, "a block's name")
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
