"""The one-line language, and PyTorch's constructor text, as a tree. One function for each grammar rule.

text       = [ shape "->" ] chain
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import TYPE_CHECKING, NoReturn

from cnncalc.diagnostics import CnncalcError, Diagnostic, Source, Span
from cnncalc.language.text.limits import Limits
from cnncalc.language.text.tokens import Token, tokens
from cnncalc.language.text.tree import (
    Argument,
    Call,
    Chain,
    Expression,
    Function,
    Item,
    Labelled,
    Name,
    Number,
    Operation,
    Repeat,
    Sequence,
    Several,
    Text,
)
from cnncalc.layers import find

if TYPE_CHECKING:
    from fractions import Fraction

CLOSING = {"(": ")", "[": "]", "{": "}"}
# Loosest first. `not` binds between `and` and the comparisons, as in Python.
BINARY = (
    ("or",),
    ("and",),
    ("==", "!=", "<", "<=", ">", ">=", "in"),
    ("+", "-"),
    ("*", "//", "/", "%"),
)
ENDS = frozenset({"end", "->", ",", ")", "]", "}", "number", "shape", "string"})  # no operator follows
KEYWORDS = frozenset({"or", "and", "not", "if", "else", "in", "for"})


def takes_chains(name: str) -> bool:
    """May chains stand in the brackets? For layers that read several values.

    Not for PyTorch's own text where the further ones are optional: `nn.MultiheadAttention(width, heads)`.
    """
    found = find(name)
    if found is None:
        return False
    fewest, most = found.family.layer.inputs
    return most is None or (most > 1 and not (fewest == 1 and found.torch_style))


def takes_layers(name: str) -> bool:
    """May a layer with its arguments stand among the arguments?"""
    found = find(name)
    return found is not None and found.family.layer.takes_layers


class Parser:
    """Reads the tokens of one text from the left."""

    def __init__(self, source: Source, start: int, end: int, limits: Limits, own: frozenset[str] = frozenset()) -> None:
        self.source = source
        self.limits = limits
        self.own = own  # names of the spec itself, which are no layers
        self.tokens = tokens(source, start, end, limits)
        self.at = 0
        self.depth = 0
        self.operators = 0  # in the call that is read
        self.open: list[Token] = []  # brackets that wait for their end
        self._behind: list[int] | None = None  # for each opening bracket, the token behind its end

    # Tokens

    @property
    def next(self) -> Token:
        return self.tokens[self.at]

    def peek(self, ahead: int) -> Token:
        return self.tokens[min(self.at + ahead, len(self.tokens) - 1)]

    def take(self) -> Token:
        token = self.tokens[self.at]
        if token.kind != "end":
            self.at += 1
        return token

    def span(self, first: Token, last: Token | None = None) -> Span:
        return Span(self.source, first.start, (last or self.tokens[max(0, self.at - 1)]).end)

    def fail(self, code: str, message: str, token: Token, hint: str | None = None) -> NoReturn:
        end = token.end if token.end > token.start else token.start
        raise CnncalcError(Diagnostic(code, message, span=Span(self.source, token.start, end), hint=hint))

    def unexpected(self, wanted: str) -> NoReturn:
        token = self.next
        if token.kind == "end":
            if self.open:
                opened = self.open[-1]
                behind = self.source.text[token.end :].lstrip()[:1]
                hint = f"add {CLOSING[opened.text]}"
                if behind == "," and opened.text == "(":
                    hint = "among items of YAML in brackets a comma ends the text, which therefore stands in quotes"
                self.fail("unclosed-bracket", f"the {opened.text} is not closed", opened, hint)
            self.fail("unexpected-end", f"the text ends where {wanted} has to follow", token)
        if token.kind in CLOSING.values() and (not self.open or CLOSING[self.open[-1].text] != token.kind):
            if not self.open:
                self.fail("unclosed-bracket", f"this {token.text} closes nothing", token, "leave it out")
            opened = self.open[-1]
            _, column = self.source.position(opened.start)
            closing = CLOSING[opened.text]
            message = f"this {token.text} does not close the {opened.text} of column {column}"
            self.fail("unclosed-bracket", message, token, f"write {closing}, or add {closing} before it")
        shown = "a comma" if token.kind == "," else token.text
        self.fail("unexpected-token", f"{wanted} has to stand here, not {shown}", token, self.meant(token))

    def meant(self, token: Token) -> str | None:
        """What may have been meant by a token that has no meaning where it stands."""
        before = self.tokens[self.at - 1] if self.at else None
        if (token.kind in ("-", "=", "==") and self.peek(1).kind == ">") or token.kind in (">", ";"):
            return "layers are joined by ->"
        if token.kind == "->":
            return "between two arrows stands a layer, such as relu" if before else "a spec starts with its input shape"
        if token.kind == "-" and self.at == 0:
            return "behind the - of an item stands a space"
        if before and before.kind == ")" and not self.open and token.kind in (",", "name"):
            if token.text == "x":
                return "a repeat has its number in front: 3 * (...)"
            return "layers are joined by ->, or stand between commas in nn.Sequential(...)"
        if token.kind == "[" and self.open:
            return "layers stand in a Sequential without the brackets of a list"
        if token.kind == "," and not self.open:
            return "a space stands between bare values, and a comma between those in brackets: conv(8, k3)"
        return None

    def bracketed(self, inside: Callable[[], None]) -> Token:
        """An opening bracket, what `inside` reads, and the closing one, which it returns."""
        opening = self.take()
        self.open.append(opening)
        self.deeper(opening)
        inside()
        if self.next.kind != CLOSING[opening.kind]:
            self.unexpected(f"a comma or {CLOSING[opening.kind]}")
        self.depth -= 1
        self.open.pop()
        return self.take()

    def deeper(self, token: Token) -> None:
        self.depth += 1
        if self.depth > self.limits["depth"]:
            raise self.too_deep(token)

    def too_deep(self, token: Token) -> CnncalcError:
        return self.limits.exceeded("depth", "the brackets are too deep", self.span(token, token))

    # Chains

    def whole(self) -> tuple[Several | None, Chain]:
        """text = [ shape "->" ] chain"""
        shape = self.input_shape()
        first = self.next
        if shape is not None and first.kind == "end":
            return shape, Chain([], self.span(first))
        if shape is None and first.kind == "shape":
            behind = self.peek(1)
            hint = f"write {first.text} -> {behind.text}" if behind.kind == "name" else self.shape_hint(behind, 1)
            message = f"-> has to stand behind the input shape {first.text}, not {behind.text}"
            self.fail("unexpected-token", message, behind, hint)
        if shape is None and first.kind == "number":
            self.refuse_spaced_shape(first)
        chain = self.chain()
        if self.next.kind != "end":
            self.unexpected("->")
        return shape, chain

    def shape_hint(self, token: Token, ahead: int) -> str | None:
        """What may have been meant behind a shape."""
        if token.kind in ("+", "-", "*", "//", "/", "%", "**") and self.peek(ahead + 1).kind != ">":
            return "a shape with sums stands in brackets: (3, 2*H, W)"
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
            if not all(isinstance(i, Number | Name | Operation) for i in shape.items):
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
        if first.kind == "(" and not self.repeat_ahead():
            inner: list[Chain] = []
            self.bracketed(lambda: inner.append(self.chain()))
            return inner[0]
        if first.kind == "number" or self.repeat_ahead():
            count = self.operand_of_repeat()
            if self.next.kind != "*":
                self.unexpected("* and what is repeated")
            self.take()
            chain = self.inner_item(first)
            return Repeat(count, chain, self.span(first))
        if first.kind != "name" or first.text in KEYWORDS:
            self.unexpected("a layer")
        if first.text.rpartition(".")[2] == "Sequential":
            return self.sequential()
        return self.call()

    def inner_item(self, first: Token) -> Chain:
        """The item behind a label or a count, as a chain."""
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

    def behind_bracket(self, ahead: int) -> int:
        """How far ahead the token behind a bracket's end stands; behind the token where that is no bracket."""
        if self._behind is None:
            self._behind = self.behind_brackets()
        return self._behind[min(self.at + ahead, len(self.tokens) - 1)] - self.at

    def behind_brackets(self) -> list[int]:
        """For each token the one behind it; for an opening bracket the one behind its end, or the end of the text."""
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
                    if merges and self.chain_ahead():
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
            merges = merges and not passed  # which stand in the second brackets then
            self.bracketed(inside)
            if passed:
                self.passed(arguments, branches)
            return Call(name.text, self.span(name, name), arguments, branches, self.span(name), True, passed)
        while self.argument_ahead():
            arguments.append(self.argument(layers))
        return Call(name.text, self.span(name, name), arguments, branches, self.span(name), False)

    def passed_at(self, ahead: int) -> bool:
        """Do second brackets follow the first, as in PyTorch's `nn.LSTM(10, 20)(x, (h, c))`?"""
        return self.peek(ahead).kind == "(" and not self.peek(ahead).spaced

    def passed(self, arguments: list[Argument], branches: list[Chain]) -> None:
        """passed = "(" [ read { "," read } ] ")"      where read = chain | name "=" expression | passed"""

        def inside() -> None:
            while self.next.kind != ")":
                if self.next.kind == "(" and self.several_in_bracket():
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
        if token.kind == "number":
            return behind.kind == "*"
        return token.kind not in ("shape", "string", "[", "-") and not (ahead == 0 and behind.kind == "=")

    def argument_ahead(self) -> bool:
        kind = self.next.kind
        return kind in ("number", "shape", "string", "(", "[") or (
            (kind == "name" and self.next.text not in ("or", "and", "if", "else", "in", "for"))
            or (kind == "-" and self.peek(1).kind in ("number", "name"))
        )

    def argument(self, layers: bool = False) -> Argument:
        """argument = [ name "=" ] expression      or a call, where a layer may stand"""
        first = self.next
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
            "only a Sequential is a chain; write the others as a spec, with add and cat where branches meet",
        )

    # Expressions

    def value(self) -> Expression:
        """value = expression [ "if" expression "else" value ]"""
        first = self.next
        behind = self.peek(1)
        plain = first.kind in ("number", "shape", "string") or (first.kind == "name" and first.text not in KEYWORDS)
        if plain and (behind.kind in ENDS or (behind.kind == "name" and behind.text not in KEYWORDS)):
            return self.atom()  # what most arguments are, without the way through all precedences
        value = self.expression()
        if self.next.kind != "name" or self.next.text != "if":
            return value
        self.take()
        condition = self.expression()
        if self.next.kind != "name" or self.next.text != "else":
            self.unexpected("else and the other value")
        self.take()
        self.deeper(first)
        other = self.value()
        self.depth -= 1
        return Operation("if", [condition, value, other], self.span(first))

    def expression(self, level: int = 0) -> Expression:
        """expression = operand { operator operand }, by the usual precedence

        Among bare arguments a minus binds two values only with as much space before it as behind it:
        `flatten 1 -1` has two arguments, `conv n - 1` and `conv n-1` have one.
        """
        if level == len(BINARY):
            return self.unary()
        first = self.next
        if level == 2 and first.kind == "name" and first.text == "not":
            self.take()
            self.deeper(first)
            operand = self.expression(2)
            self.depth -= 1
            return Operation("not", [operand], self.span(first))
        left = self.expression(level + 1)
        while self.operator_ahead(BINARY[level]):
            operator = self.take()
            self.operators += 1
            if self.operators > self.limits["values"]:
                raise self.limits.exceeded("values", "these sums have too many terms", self.span(operator, operator))
            right = self.expression(level + 1)
            left = Operation(operator.text, [left, right], self.span(first))
        return left

    def operator_ahead(self, operators: tuple[str, ...]) -> bool:
        token = self.next
        word = token.text if token.kind == "name" else token.kind
        if word not in operators:
            return False
        return not (word in ("+", "-") and token.spaced and not self.peek(1).spaced)

    def unary(self) -> Expression:
        """unary = "-" unary | power"""
        first = self.next
        if first.kind in ("-", "+"):
            self.take()
            self.deeper(first)
            operand = self.unary()
            self.depth -= 1
            return Operation(f"{first.text}1", [operand], self.span(first))
        base = self.postfix()
        if self.next.kind == "**":
            self.take()
            self.deeper(first)
            power = self.unary()
            self.depth -= 1
            return Operation("**", [base, power], self.span(first))
        return base

    def postfix(self) -> Expression:
        """postfix = atom { "[" expression "]" }      the bracket without a space before it"""
        first = self.next
        value = self.atom()
        around = self.depth
        while self.next.kind == "[" and not self.next.spaced:
            inner: list[Expression] = []
            self.bracketed(lambda: inner.append(self.value()))  # noqa: B023
            value = Function("item", [value, inner[0]], self.span(first))
            self.deeper(first)
        self.depth = around
        return value

    def atom(self) -> Expression:
        """atom = number | shape | string | name | name "(" expressions ")" | "(" expressions ")" """
        token = self.next
        if token.kind == "number":
            self.take()
            return Number(number(token.text), self.span(token, token))
        if token.kind == "shape":
            self.take()
            return self.sizes(token)
        if token.kind == "string":
            self.take()
            return Text(token.text[1:-1], self.span(token, token))
        if token.kind == "name" and token.text not in KEYWORDS:
            self.take()
            if self.next.kind == "(" and not self.next.spaced:
                items, _ = self.items()
                return Function(token.text, items, self.span(token))
            return Name(token.text, self.span(token, token))
        if token.kind in ("(", "["):
            items, comma = self.items()
            if len(items) == 1 and not comma and token.kind == "(":
                return items[0]
            return Several(items, self.span(token), square=token.kind == "[")
        return self.unexpected("a value")

    def items(self) -> tuple[list[Expression], bool]:
        """expressions = [ expression { "," expression } [ "," ] ]"""
        items: list[Expression] = []
        comma = False
        closing = CLOSING[self.next.kind]

        def inside() -> None:
            nonlocal comma
            while self.next.kind != closing:
                items.append(self.value())
                if self.next.kind != ",":
                    break
                comma = True
                self.take()

        self.bracketed(inside)
        return items, comma

    def sizes(self, token: Token) -> Several:
        """size { "x" size }, written as one word"""
        items: list[Expression] = []
        at = token.start
        for part in token.text.split("x"):
            span = Span(self.source, at, at + len(part))
            items.append(Number(number(part), span) if part[0].isdecimal() or part[0] == "." else Name(part, span))
            at += len(part) + 1
        return Several(items, self.span(token, token))


def number(text: str) -> int | Fraction:
    """A written number, exactly."""
    if text.isdecimal():
        return int(text)
    from fractions import Fraction  # 2 ms, needed for decimals only

    return Fraction(text)
