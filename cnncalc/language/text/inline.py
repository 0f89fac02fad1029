"""The one-line language, and PyTorch's constructor text, as a tree. One function for each grammar rule.

text       = [ shape "->" ] chain
"""

from __future__ import annotations

import re
from typing import NoReturn

from cnncalc.diagnostics import CnncalcError, Diagnostic, Source, Span
from cnncalc.language.text.cursor import CLOSING
from cnncalc.language.text.expressions import KEYWORDS, Expressions
from cnncalc.language.text.limits import Limits
from cnncalc.language.text.synonyms import find
from cnncalc.language.text.tokens import Token
from cnncalc.language.text.tree import (
    Argument,
    Call,
    Chain,
    Expression,
    Item,
    Labelled,
    Name,
    Number,
    Operation,
    Repeat,
    Sequence,
    Several,
    Unknown,
)


def takes_chains(name: str) -> bool:
    """May chains be in the brackets? For layers that read several values.

    Not for PyTorch's own text where the further ones are optional: `nn.MultiheadAttention(width, heads)`.
    """
    found = find(name)
    if found is None:
        return False
    fewest, most = found.family.layer.inputs
    return most is None or (most > 1 and not (fewest == 1 and found.torch_style))


def takes_layers(name: str) -> bool:
    """May a layer with its arguments be among the arguments?"""
    found = find(name)
    return found is not None and found.family.layer.takes_layers


class Parser(Expressions):
    """Reads the tokens of one text from the left."""

    def __init__(self, source: Source, start: int, end: int, limits: Limits, own: frozenset[str] = frozenset()) -> None:
        super().__init__(source, start, end, limits)
        self.own = own  # names of the spec itself, which are no layers
        self._behind: list[int] | None = None  # for each opening bracket, the token after its end

    def named_shapes(self) -> dict[str, Several]:
        """name "=" shape { "," name "=" shape } "->"      for a line with several inputs"""
        found: dict[str, Several] = {}
        start = self.at
        while self.next.kind == "name" and self.peek(1).kind == "=" and self.next.text not in found:
            name = self.take()
            self.take()
            token = self.next
            if token.kind in ("shape", "number") or (token.kind == "name" and re.fullmatch(r"[A-Z]\d*", token.text)):
                self.take()
                found[name.text] = self.sizes(token)
            elif token.kind == "(":
                value = self.atom()
                found[name.text] = value if isinstance(value, Several) else Several([value], value.span)
            else:
                break
            if self.next.kind == ",":
                self.take()
            elif self.next.kind == "->":
                self.take()
                return found
            else:
                break
        self.at = start
        return {}

    def whole(self) -> tuple[Several | None, Chain]:
        """text = [ shape "->" ] chain"""
        if self.next.kind == "->":  # the shape is elsewhere
            self.take()
            return None, self.whole_chain()
        shape = self.input_shape()
        first = self.next
        if shape is not None and first.kind == "end":
            return shape, Chain([], self.span(first))
        if shape is None and first.kind == "shape":
            behind = self.peek(1)
            known = behind.kind == "name" and find(behind.text) is not None
            hint = f"write {first.text} -> {behind.text}" if known else self.shape_hint(behind, 1)
            message = f"expected -> after the input shape {first.text}, not {behind.text}"
            self.fail("unexpected-token", message, behind, hint)
        if shape is None and first.kind == "number":
            self.refuse_spaced_shape(first)
        return shape, self.whole_chain()

    def whole_chain(self) -> Chain:
        """A chain up to the end of the text."""
        chain = self.chain()
        if self.next.kind != "end":
            self.unexpected("->")
        return chain

    def shape_hint(self, token: Token, ahead: int) -> str | None:
        """What may have been meant after a shape."""
        if token.kind in ("+", "-", "*", "//", "/", "%", "**") and self.peek(ahead + 1).kind != ">":
            return "a shape with sums goes in brackets: (3, 2*H, W)"
        return "layers are joined by ->"

    def refuse_spaced_shape(self, first: Token) -> None:
        """`3 x 32 x 32`, `3, 32, 32` and `3 32 32` at the start, where a shape is one word."""
        end = next(at for at in range(self.at, len(self.tokens)) if self.tokens[at].kind in ("->", "end"))
        words = [token.text for token in self.tokens[self.at : end]]
        sizes = [word for word in words if word not in (",", "x", "X", "*")]
        if len(sizes) < 2 or not all(re.fullmatch(r"\d+|[A-Z]\d*", size) for size in sizes):
            return
        span = Span(self.source, first.start, self.tokens[end - 1].end)
        raise CnncalcError(
            Diagnostic("bad-shape", f"{span.text} is no shape", span=span, hint=f"write {'x'.join(sizes)}, as one word")
        )

    def input_shape(self) -> Several | None:
        """shape = size { "x" size } | "(" expression { "," expression } ")"      before "->" or the end"""
        start, token = self.at, self.next
        shape: Several | None = None
        if token.kind in ("shape", "number") or (token.kind == "name" and re.fullmatch(r"[A-Z]\d*", token.text)):
            self.take()
            shape = self.sizes(token)
        elif token.kind in ("(", "["):
            depth = 0
            for ahead in range(len(self.tokens) - self.at):
                kind = self.peek(ahead).kind
                depth += (kind in ("(", "[")) - (kind in (")", "]"))
                if kind in ("->", "end") or (depth == 0 and self.peek(ahead + 1).kind not in ("->", "end")):
                    if depth == 0 and self.peek(ahead).kind in ("->", "end"):
                        break
                    return None
                if depth == 0:
                    break
            value = self.atom()
            shape = value if isinstance(value, Several) else Several([value], value.span)
            if not all(isinstance(i, Number | Name | Operation | Unknown) for i in shape.items):
                self.at = start
                return None
        if shape is None or self.next.kind not in ("->", "end"):
            self.at = start
            return None
        if self.next.kind == "->":
            self.take()
            if self.next.kind == "end":
                self.unexpected("a layer")
        return shape

    def chain(self) -> Chain:
        """chain = item { "->" item }"""
        first = self.next
        items = [self.item()]
        while self.next.kind == "->":
            self.take()
            items.append(self.item())
        return Chain(items, self.span(first))

    def item(self) -> Item:
        """item = label ":" item | count "*" item | "(" chain ")" | sequential | call"""
        first = self.next
        if first.kind == "name" and self.peek(1).kind == ":" and self.peek(2).kind != "end":
            self.take()
            self.take()
            chain = self.inner_item(first)
            return Labelled(first.text, chain, self.span(first))
        if first.kind == "(" and (not self.repeat_ahead() or self.chain_in_bracket()):
            inner: list[Chain] = []
            self.bracketed(lambda: inner.append(self.chain()))
            if self.next.kind == "*":
                self.take()
                return Repeat(self.operand_of_repeat(), inner[0], self.span(first))
            return inner[0]
        if first.kind in ("number", "unknown") or self.repeat_ahead():
            count = self.operand_of_repeat()
            if self.next.kind == "name" and find(self.next.text) is not None and first.kind == "number":
                called = self.next
                hint = f"the name of a layer comes first: {called.text} {first.text}"
                self.fail(
                    "unexpected-token", f"expected * after the count {first.text}, not {called.text}", called, hint
                )
            if self.next.kind != "*":
                if first.kind == "unknown":
                    self.fail("unexpected-token", f"{first.text} is a number, and a layer has to be here", first)
                self.unexpected("* and what is repeated")
            self.take()
            chain = self.inner_item(first)
            return Repeat(count, chain, self.span(first))
        if first.kind != "name" or first.text in KEYWORDS:
            self.unexpected("a layer")
        made: Item = self.sequential() if first.text.rpartition(".")[2] == "Sequential" else self.call()
        while self.next.kind == "method":  # .to(device), .cuda()
            self.take()
            self.at += self.behind_bracket(0)
        return made

    def inner_item(self, first: Token) -> Chain:
        """The item after a label or a count, as a chain."""
        self.deeper(first)
        body = self.item()
        self.depth -= 1
        return body if isinstance(body, Chain) else Chain([body], body.span)

    def repeat_ahead(self) -> bool:
        """Does a count with its * follow: `n * (`, `(n + 1) * block`, `layers[0] * block`?"""
        if self.next.kind == "name":
            ahead = 1
            if self.peek(1).kind == "[" and not self.peek(1).spaced:
                ahead = self.behind_bracket(1)
            return self.peek(ahead).kind == "*"
        if self.next.kind == "(":
            return self.peek(self.behind_bracket(0)).kind == "*"
        return False

    def chain_in_bracket(self) -> bool:
        """Does the bracket hold layers, and no count: `(conv 8 k3 -> relu) * 3`?"""
        inside = range(1, self.behind_bracket(0) - 1)
        return any(self.peek(ahead).kind == "->" for ahead in inside) or (
            self.peek(1).kind == "name" and self.peek(2).kind in ("name", "number", "shape")
        )

    def behind_bracket(self, ahead: int) -> int:
        """How far ahead the token after a bracket's end is; after the token where that is no bracket."""
        if self._behind is None:
            self._behind = self.behind_brackets()
        return self._behind[min(self.at + ahead, len(self.tokens) - 1)] - self.at

    def behind_brackets(self) -> list[int]:
        """For each token the one after it; for an opening bracket the one after its end, or the end of the text."""
        behind = list(range(1, len(self.tokens) + 1))
        open: list[int] = []
        for at, token in enumerate(self.tokens):
            if token.kind in CLOSING:
                open.append(at)
                if len(open) > self.limits["depth"]:
                    raise self.too_deep(token)
            elif token.kind in CLOSING.values() and open:
                behind[open.pop()] = at + 1
        behind[-1] = len(self.tokens) - 1
        for at in open:
            behind[at] = len(self.tokens) - 1
        return behind

    def operand_of_repeat(self) -> Expression:
        return self.postfix()

    def call(self) -> Call:
        """call = name "(" [ given { "," given } ] ")" [ passed ] | name { argument }"""
        name = self.take()
        self.operators = 0
        arguments: list[Argument] = []
        branches: list[Chain] = []
        known = name.text not in self.own
        merges, layers = known and takes_chains(name.text), known and takes_layers(name.text)
        # `split (16, 48)` has one argument, a list; `split(16, 48)` and `Split (16, 48)` have two.
        if self.next.kind == "(" and (not self.next.spaced or merges or name.text.rpartition(".")[2][0].isupper()):

            def inside() -> None:
                while self.next.kind != ")":
                    if self.next.kind == "(" and self.peek(2).kind == ")" and self.peek(3).kind == ":":
                        self.refuse_repr(name)
                    if merges and not branches and self.next.kind in ("[", "(") and self.several_in_bracket():
                        self.listed_branches(branches)  # torch.cat([a, b], dim=1)
                    elif merges and self.chain_ahead():
                        branches.append(self.chain())
                    else:
                        arguments.append(self.argument(layers))
                    if self.next.kind == "->":
                        self.fail(
                            "unexpected-token",
                            f"{name.text} takes values in its brackets, not a chain",
                            self.next,
                            "add, cat, mul and the like take chains",
                        )
                    if self.next.kind != ",":
                        break
                    self.take()

            passed = self.passed_at(self.behind_bracket(0))
            merges = merges and not passed  # which are in the second brackets then
            self.bracketed(inside)
            if passed:
                self.passed(arguments, branches)
            return Call(name.text, self.span(name, name), arguments, branches, self.span(name), True, passed)
        while self.argument_ahead():
            arguments.append(self.argument(layers))
            self.refuse_sum_of_values(name, arguments[-1])
        return Call(name.text, self.span(name, name), arguments, branches, self.span(name), False)

    def listed_branches(self, branches: list[Chain]) -> None:
        """What a merge reads, as the list that PyTorch's functions take."""

        def inside() -> None:
            while self.next.kind not in ("]", ")"):
                branches.append(self.chain())
                if self.next.kind != ",":
                    break
                self.take()

        self.bracketed(inside)

    def refuse_sum_of_values(self, name: Token, argument: Argument) -> None:
        """`conv 3 k3 p1 + identity` and `conv 8 k3 * 3`, of which the sign would belong to the last argument."""
        value = argument.value
        if not isinstance(value, Operation) or value.operator not in ("+", "-", "*", "@"):
            return
        left, right = value.operands[0], value.operands[-1]
        if not isinstance(left, Name) or not re.fullmatch(r"[a-z]\d+", left.text):
            return
        call = Span(self.source, name.start, left.span.end).text
        if value.operator == "*" and isinstance(right, Number):
            hint = f"a repeat has its number in front: {right.span.text} * ({call})"
        else:
            merge = {"+": "add", "-": "sub", "*": "mul", "@": "matmul"}[value.operator]
            hint = f"values of the network meet in a layer: {merge}({call}, {right.span.text})"
        message = f"{value.operator} comes between numbers, and {left.text} is an argument of {name.text}"
        raise CnncalcError(Diagnostic("unexpected-token", message, span=value.span, hint=hint))

    def passed_at(self, ahead: int) -> bool:
        """Do second brackets follow the first, as in PyTorch's `nn.LSTM(10, 20)(x, (h, c))`?"""
        return self.peek(ahead).kind == "(" and not self.peek(ahead).spaced

    def passed(self, arguments: list[Argument], branches: list[Chain]) -> None:
        """passed = "(" [ read { "," read } ] ")"      where read = chain | name "=" expression | passed"""

        closing = CLOSING[self.next.kind]

        def inside() -> None:
            while self.next.kind != closing:
                if self.next.kind in ("(", "[") and self.several_in_bracket():
                    self.passed(arguments, branches)
                elif self.next.kind == "name" and self.peek(1).kind == "=":
                    arguments.append(self.argument())
                else:
                    branches.append(self.chain())
                if self.next.kind != ",":
                    break
                self.take()

        self.bracketed(inside)

    def several_in_bracket(self) -> bool:
        """Does the bracket hold several values, with commas between them?"""
        ahead, end = 1, self.behind_bracket(0) - 1
        while ahead < end:
            if self.peek(ahead).kind == ",":
                return True
            ahead = self.behind_bracket(ahead)
        return False

    def chain_ahead(self) -> bool:
        """In the brackets of a layer that takes chains: does one follow, or an argument?

        A chain starts with a name, or with the count of a repeat.
        """
        ahead = 0
        while self.peek(ahead).kind == "(" and ahead <= self.limits["depth"]:
            ahead += 1
        token, behind = self.peek(ahead), self.peek(ahead + 1)
        if token.kind in ("number", "unknown"):
            return behind.kind == "*"
        return token.kind not in ("shape", "string", "[", "-") and not (ahead == 0 and behind.kind == "=")

    def argument_ahead(self) -> bool:
        kind = self.next.kind
        return kind in ("number", "shape", "string", "unknown", "(", "[") or (
            (kind == "name" and self.next.text not in ("or", "and", "if", "else", "in", "for"))
            or (kind == "-" and self.peek(1).kind in ("number", "name"))
        )

    def argument(self, layers: bool = False) -> Argument:
        """argument = [ name "=" ] expression | name unknown      or a call, where a layer may be"""
        first = self.next
        if first.kind == "name" and self.peek(1).kind == "unknown" and not self.peek(1).spaced:
            self.take()  # k? is k=?, as k3 is k=3
            return Argument(first.text, self.span(first, first), self.atom(), self.span(first))
        if first.kind == "name" and self.peek(1).kind == "=":
            self.take()
            self.take()
            value = self.layer_or_value(layers)
            return Argument(first.text, self.span(first, first), value, self.span(first))
        value = self.layer_or_value(layers)
        return Argument(None, None, value, self.span(first))

    def layer_or_value(self, layers: bool) -> Expression:
        """The layer whose copies another is made of, or an expression."""
        name, behind = self.next, self.peek(1)
        if layers and name.kind == "name" and behind.kind == "(" and not behind.spaced and find(name.text):
            return self.call()
        return self.value()

    # PyTorch's text

    def sequential(self) -> Sequence:
        """sequential = "Sequential" "(" { [ "(" name ")" ":" ] item [ "," ] } ")", or of an OrderedDict"""
        name = self.take()
        items: list[Item] = []
        if self.next.kind != "(":
            self.unexpected("( and the layers")

        def inside() -> None:
            if self.next.kind == "name" and self.next.text.rpartition(".")[2] == "OrderedDict":
                self.take()
                if self.next.kind != "(":
                    self.unexpected("( and a list of names and layers")
                self.bracketed(lambda: self.pairs(items))
                if self.next.kind == ",":
                    self.take()
                return
            while self.next.kind != ")":
                if self.next.kind == "*":
                    self.starred(items)
                else:
                    items.append(self.child())
                if self.next.kind == ",":
                    self.take()
                elif not (self.next.kind == "(" and self.next.spaced):
                    break

        self.bracketed(inside)
        return Sequence(items, self.span(name))

    def starred(self, items: list[Item]) -> None:
        """starred = "*" "[" { item "," } "]" """
        hint = "write the layers out, or 3 * (...)"
        if self.peek(1).kind != "[":
            message = "a starred list holds layers that the text does not show"
            self.fail("unexpected-token", message, self.next, hint)
        self.take()

        def inside() -> None:
            while self.next.kind != "]":
                items.append(self.item())
                if self.next.text == "for":
                    self.fail("unexpected-token", "a list is written out here, not made by for", self.next, hint)
                if self.next.kind != ",":
                    break
                self.take()

        self.bracketed(inside)

    def child(self) -> Item:
        """child = [ "(" name ")" ":" ] item      the second form is that of print(model)"""
        first = self.next
        if first.kind == "(" and self.peek(2).kind == ")" and self.peek(3).kind == ":":
            self.take()
            label = self.take()
            self.take()
            self.take()
            body = self.item()
            return Labelled(label.text, Chain([body], body.span), self.span(first))
        return self.item()

    def pairs(self, items: list[Item]) -> None:
        """pairs = "[" { "(" string "," item ")" "," } "]" | "{" { string ":" item "," } "}" """

        def one_pair() -> None:
            label = self.take()
            if label.kind != "string" or self.next.kind not in (",", ":"):
                self.at -= 1
                self.unexpected("a quoted name and its layer")
            self.take()
            body = self.item()
            if self.next.kind == "," and self.peek(1).kind == ")":
                self.take()
            items.append(Labelled(label.text[1:-1], Chain([body], body.span), self.span(label)))

        def all_pairs() -> None:
            while self.next.kind not in ("]", "}"):
                if self.next.kind == "(":
                    self.bracketed(one_pair)
                else:
                    one_pair()
                if self.next.kind != ",":
                    break
                self.take()

        if self.next.kind not in ("[", "{"):
            self.unexpected("a list of names and layers")
        self.bracketed(all_pairs)

    def refuse_repr(self, name: Token) -> NoReturn:
        self.fail(
            "module-repr",
            f"{name.text}(...) is the printed form of a module, which lists its layers but not how its forward "
            "connects them",
            name,
            "save its source as net.py, which `cnncalc net.py:Net -i 3x224x224` reads; or write it as a spec",
        )
