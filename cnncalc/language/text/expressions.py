"""Values in the line: numbers, names, sums, conditions and lists, by the usual precedence."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cnncalc.diagnostics import Source, Span
from cnncalc.language.text.cursor import CLOSING, Cursor
from cnncalc.language.text.limits import Limits
from cnncalc.language.text.tokens import Token
from cnncalc.language.text.tree import Expression, Function, Name, Number, Operation, Several, Text, Unknown

if TYPE_CHECKING:
    from fractions import Fraction

# Loosest first. `not` binds between `and` and the comparisons, as in Python.
BINARY = (
    ("or",),
    ("and",),
    ("==", "!=", "<", "<=", ">", ">=", "in"),
    ("+", "-"),
    ("*", "//", "/", "%"),
)
ENDS = frozenset({"end", "->", ",", ")", "]", "}", "number", "shape", "string", "unknown"})  # no operator follows
KEYWORDS = frozenset({"or", "and", "not", "if", "else", "in", "for"})


class Expressions(Cursor):
    """Reads values. One function for each rule of the grammar."""

    def __init__(self, source: Source, start: int, end: int, limits: Limits) -> None:
        super().__init__(source, start, end, limits)
        self.operators = 0  # in the call that is read

    def value(self) -> Expression:
        """value = expression [ "if" expression "else" value ]"""
        first = self.next
        behind = self.peek(1)
        plain = first.kind in ("number", "shape", "string", "unknown")
        plain = plain or (first.kind == "name" and first.text not in KEYWORDS)
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

        Among bare arguments a minus binds two values only with as much space before it as after it:
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
        """atom = number | shape | string | unknown | name | name "(" expressions ")" | "(" expressions ")" """
        token = self.next
        if token.kind == "number":
            self.take()
            return Number(number(token.text), self.span(token, token))
        if token.kind == "shape":
            self.take()
            return self.sizes(token)
        if token.kind == "unknown":
            self.take()
            return Unknown(token.text[1:], self.span(token, token))
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
            if part == "?":
                items.append(Unknown("", span, of_shape=True))
            else:
                items.append(Number(number(part), span) if part[0].isdecimal() or part[0] == "." else Name(part, span))
            at += len(part) + 1
        return Several(items, self.span(token, token))


def number(text: str) -> int | Fraction:
    """A written number, exactly."""
    if text.isdecimal():
        return int(text)
    from fractions import Fraction  # 2 ms, needed for decimals only

    return Fraction(text)
