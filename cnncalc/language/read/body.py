"""The bodies of a YAML file: lists of chains, labelled parts, loops and conditions, run one after the other."""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import partial

from cnncalc.diagnostics import CnncalcError, listed, nearest
from cnncalc.language.read.texts import NAME, Texts, check_name, quoted, text_of
from cnncalc.language.run.evaluate import evaluate
from cnncalc.language.run.interpreter import Interpreter
from cnncalc.language.run.scope import Tap, defined, describe, fail, truth
from cnncalc.language.text import synonyms
from cnncalc.language.text.inline import Parser
from cnncalc.language.text.tree import Call, Chain
from cnncalc.language.text.yaml_tree import List, Scalar, Table, Tree
from cnncalc.layers.kinds import said
from cnncalc.layers.registry import loaded
from cnncalc.symbolic.expr import Expr

CONTROL = {
    "for": ("for", "index", "do"),
    "if": ("if", "then", "else"),
    "tap": ("tap",),
    "again": ("again",),
    "train_only": ("train_only",),
    "require": ("require",),
}
MARKS = ("frozen", "checkpoint")
"""What can be said beside any item that adds layers."""
PARTS = {"do": "`for`", "index": "`for`", "then": "`if`", "else": "`if`", **dict.fromkeys(MARKS, "a layer or level")}
PLAIN = r"[-\d.\"'(\[].*|\w+(\s*=.*)?"  # what a value in a list can look like, and few chains do


def without_marks(table: Table) -> list[tuple[Scalar, Tree]]:
    """The entries of an item but for those that can be beside any that adds layers."""
    return [entry for entry in table.entries if entry[0].text not in MARKS or quoted(entry[0])]


class Body:
    """Runs the bodies of one file."""

    def __init__(self, texts: Texts, builder: Interpreter) -> None:
        self.texts = texts
        self.builder = builder

    def run(self, tree: Tree) -> None:
        """Run a body: a chain, or a list of chains, labelled parts, loops and conditions."""
        if isinstance(tree, Scalar):
            scalar = tree
            self.builder.attempt(lambda: self.builder.chain(self.texts.chain(scalar)))
            return
        if isinstance(tree, Table):
            tree = List([tree], tree.span) if len(without_marks(tree)) == 1 or self.control(tree) else tree
        if not isinstance(tree, List):
            raise fail("bad-spec", "a body is a list, not a table", tree.span, "put a - before each item")
        self.builder.level.reserve(
            entries[0][0].text
            for item in tree.items
            if isinstance(item, Table) and len(entries := without_marks(item)) == 1
        )
        passed: Scalar | None = None  # the item before, where it names a value and does nothing else
        for item in tree.items:
            self.builder.work.step(item.span)
            if passed is not None and (named := self.starts_from(item)):
                self.builder.failed(passed_by(passed, named))
            done = self.builder.attempt(partial(self.item, item))
            alone = isinstance(item, Scalar) and re.fullmatch(r"[\w.{}]+", item.text)
            passed = item if alone and isinstance(item, Scalar) and self.starts_from(item) else None
            if not done and isinstance(item, Table) and self.control(item) == "require":
                return  # the rest is written for what is required

    def starts_from(self, item: Tree) -> str | None:
        """The name of the value that a chain starts from, if it names one."""
        if isinstance(item, Table) and len(item.entries) == 1 and not self.control(item):
            item = item.entries[0][1]
        chain = None
        if isinstance(item, Scalar) and (self.texts.is_parsed(item) or re.match(r"[\w.{}]+\s*(->|$)", item.text)):
            chain = self.texts.chain(item)
        first = chain.items[0] if chain and chain.items else None
        return first.name if isinstance(first, Call) and self.builder.is_tap(first) else None

    def control(self, table: Table) -> str | None:
        """`for`, `if`, `tap` and the like, where the table is one of these."""
        words = [key.text for key, _ in table.entries if key.text in CONTROL and not quoted(key)]
        return words[0] if len(words) < 2 and words else next((word for word in CONTROL if word in words), None)

    def item(self, item: Tree) -> None:
        if isinstance(item, Scalar):
            self.builder.chain(self.texts.chain(item))
            return
        if isinstance(item, List):
            row = len(item.items) == 4 and isinstance(item.items[3], List)  # [from, repeats, module, arguments]
            hint = synonyms.ROWS if row else "- name: [...]"
            raise fail("bad-spec", "a list in a list needs a name before it", item.span, hint)
        if 0 < len(rest := without_marks(item)) < len(item.entries):
            from cnncalc.language.read.frozen import mark_item

            mark_item(self, item, Table(rest, item.span))
            return
        word = self.control(item)
        if word is None:
            if len(item.entries) != 1:
                message = "one item has one name; start each with its own -"
                hint = ""
                if words := [k.text for k, _ in item.entries if k.text in PARTS and not quoted(k)]:
                    hint = f"{words[0]} goes with {PARTS[words[0]]}"
                elif described := described_call(item):
                    hint = f"write - {described}"
                raise fail("bad-spec", message, item.entries[1][0].span if item.entries else item.span, hint or None)
            key, tree = item.entries[0]
            if key.text in PARTS and not quoted(key):
                message = f"{key.text} is written without {PARTS[key.text]}"
                raise fail(
                    "bad-spec", message, key.span, "the parts of one item are written one below the other, after one -"
                )
            self.labelled(key, tree)
            return
        for key, _ in item.entries:
            if key.text not in CONTROL[word]:
                parts = listed([part for part in CONTROL[word] if part != word])
                near = nearest(key.text, list(CONTROL[word]))
                beside = f"did you mean {near[0]}?" if near else f"it has {parts}" if parts else None
                raise fail("unknown-key", f"`{word}` has no {key.text} beside it", key.span, beside)
        if word == "for":
            self.loop(item)
        elif word == "if":
            self.condition(item)
        elif word == "train_only":
            with self.builder.building_only():
                self.run(item.entries[0][1])
        elif word == "again":
            from cnncalc.language.run.again import again

            again(self.builder, text_of(item.entries[0][1], "what is called again"))
        elif word == "require":
            from cnncalc.language.read.require import called_at, check

            notes = [called_at(call.span) for call in self.builder.calling[-1:]]
            check(self.texts, item.entries[0][1], self.builder.scope, notes=notes)
        else:
            self.tap(text_of(item.entries[0][1], "a name"))

    def tap(self, scalar: Scalar) -> None:
        """`tap: name` for the running value, `tap: a, b` for each of its outputs."""
        names = [self.texts.label(scalar, self.builder.scope)] if "," not in scalar.text else self.names(scalar)
        for name in names:
            if name in self.builder.level.taps:
                raise fail("duplicate-name", f"{name} is a value already", scalar.span, "choose another name")
        self.each_output(self.builder.value, names, scalar, self.builder.tap_value)

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

    def labelled(self, key: Scalar, tree: Tree) -> None:
        """`name: chain`, `name: [items]`, or `a, b: chain` for a layer with several outputs."""
        if "," in key.text:
            self.several(key, tree)
            return
        label = self.texts.label(key, self.builder.scope)
        if isinstance(tree, Scalar):
            chain = self.labelled_chain(key, tree)
            if chain is not None:
                self.builder.labelled(label, chain, key.span)
            return
        if self.may_call(key, tree) and (call := self.call_of(key, tree)):
            self.builder.item(call)
            return
        self.builder.claim(label, key.span)
        with self.builder.entered(label):
            self.run(tree)
        self.builder.label(label, self.builder.value)

    def labelled_chain(self, key: Scalar, scalar: Scalar) -> Chain | None:
        """The chain after a name; None where the item is a call of a layer, which is run then."""
        if scalar.text:
            try:
                return self.texts.chain(scalar)
            except CnncalcError:
                call = self.call_of(key, scalar)
                if call is None:
                    raise
        else:
            call = self.call_of(key, scalar)
            if call is None:
                return self.texts.chain(scalar)
        self.builder.item(call)
        return None

    def may_call(self, key: Scalar, tree: Tree) -> bool:
        """Could a key with a list or table after it be a layer with its arguments? As far as it costs nothing."""
        if isinstance(tree, Table) or loaded(key.text) is not None:
            return True
        items = tree.items if isinstance(tree, List) else []
        return any(isinstance(item, Scalar) and re.fullmatch(PLAIN, item.text) for item in items)

    def call_of(self, key: Scalar, tree: Tree) -> Call | None:
        """The call that an item with this key says, worked out once."""
        from cnncalc.language.read.calls import call_of

        known = self.texts.calls.get(key)
        if known is None:
            known = self.texts.calls[key] = call_of(self.texts, self.builder, key, tree)
        return known

    def several(self, key: Scalar, tree: Tree) -> None:
        chain = self.texts.chain(text_of(tree, key.text))
        for item in self.builder.started(chain):
            self.builder.item(item)
        self.each_output(self.builder.value, self.names(key), key, self.builder.label)

    def loop(self, item: Table) -> None:
        """`for: t, c, n, s in stages`, with `index` and `do`."""
        head = text_of(item.get("for"), "for")  # type: ignore[arg-type]
        match = re.search(r"(?<=\s)in(?=\s)", head.inner.text)
        named = head.inner.text[: match.start()].strip() if match else ""
        body = item.get("do")
        no_list = match is None or not re.fullmatch(r"[\w\s,]+", named)
        if match is None or no_list or body is None:
            what = "no list, as in `for: i in range(3)`" if no_list else "no `do:` with what it repeats"
            raise fail("bad-spec", f"the loop has {what}", head.span)
        names = [name.strip() for name in named.split(",")]
        for name in names:
            check_name(name, head.span)
        parser = Parser(self.texts.source, head.inner.start + match.end(), head.inner.end, self.texts.limits)
        node = parser.expression()
        if parser.next.kind != "end":
            parser.unexpected("the end of the list")
        items = defined(evaluate(node, self.builder.scope), node, self.builder.scope)
        if not isinstance(items, tuple):
            hint = f"range({node.span.text})" if isinstance(items, int | Expr) else None
            raise fail("wrong-kind", f"a loop runs over a list, not {describe(items)}", node.span, hint)
        index = item.get("index")
        counter = text_of(index, "index").text if index is not None else None
        around = self.builder.locals
        for position, value in enumerate(items):
            self.builder.work.step(head.span)
            row = value if isinstance(value, tuple) and len(names) > 1 else (value,)
            if len(row) != len(names):
                has = "one value" if len(row) == 1 else f"{len(row)} values"
                message = f"the loop has {len(names)} names, but item {position} of its list has {has}: {said(value)}"
                raise fail("wrong-count", message, head.span)
            failures, known = self.builder.failures, len(self.builder.errors)
            with self.builder.names(around | dict(zip(names, row)) | ({counter: position} if counter else {})):
                self.run(body)
            if self.builder.failures > failures and len(self.builder.errors) == known:  # it is known already
                self.builder.value = None
                return

    def condition(self, item: Table) -> None:
        scalar = text_of(item.get("if"), "if")  # type: ignore[arg-type]
        node = self.texts.expression(scalar)
        if item.get("then") is None:
            raise fail("bad-spec", "an `if` needs a `then` beside it", scalar.span)
        holds = truth(evaluate(node, self.builder.scope), node, self.builder.scope)
        branch = item.get("then" if holds else "else")
        if branch is not None:
            self.run(branch)


def described_call(item: Table) -> str | None:
    """The call that a table describes with its layer under a key of its own: `{type: conv, filters: 64}`."""
    texts = {key.text: value.text for key, value in item.entries if isinstance(value, Scalar)}
    layer = next((texts.pop(word) for word in ("type", "layer", "op", "class", "class_name") if word in texts), None)
    if layer is None or synonyms.find(layer) is None or len(texts) + 1 < len(item.entries):
        return None
    name = texts.pop("name", None)
    values = ", ".join(f"{key}={text}" for key, text in texts.items())
    return f"{f'{name}: ' if name else ''}{layer}({values})"


def passed_by(passed: Scalar, named: str) -> CnncalcError:
    """The error for an item that names a value where the next one starts from another."""
    message = f"nothing is done with {passed.text}, as the next item starts from {named}"
    hint = f"what reads both has them in its brackets: cat({passed.text}, {named})"
    return fail("unread-name", message, passed.span, hint)
