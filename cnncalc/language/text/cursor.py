"""A place in the tokens of a text: what comes next, what is taken, and what is said of a token that does not fit."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import NoReturn

from cnncalc.diagnostics import CnncalcError, Diagnostic, Source, Span
from cnncalc.language.text.limits import Limits
from cnncalc.language.text.synonyms import find
from cnncalc.language.text.tokens import Token, tokens

CLOSING = {"(": ")", "[": "]", "{": "}"}
MERGING = {"+": "add", "*": "mul", "/": "div"}


class Cursor:
    """Reads the tokens of one text from the left."""

    def __init__(self, source: Source, start: int, end: int, limits: Limits) -> None:
        self.source = source
        self.limits = limits
        self.tokens = tokens(source, start, end, limits)
        self.at = 0
        self.depth = 0
        self.open: list[Token] = []  # brackets that wait for their end

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
                    hint = "among items of YAML in brackets a comma ends the text, which therefore goes in quotes"
                self.fail("unclosed-bracket", f"the {opened.text} is not closed", opened, hint)
            self.fail("unexpected-end", f"the text ends where {wanted} is expected", token)
        if token.kind in CLOSING.values() and (not self.open or CLOSING[self.open[-1].text] != token.kind):
            if not self.open:
                self.fail("unclosed-bracket", f"this {token.text} closes nothing", token, "leave it out")
            opened = self.open[-1]
            _, column = self.source.position(opened.start)
            closing = CLOSING[opened.text]
            message = f"this {token.text} does not close the {opened.text} of column {column}"
            self.fail("unclosed-bracket", message, token, f"write {closing}, or add {closing} before it")
        shown = "a comma" if token.kind == "," else token.text
        self.fail("unexpected-token", f"expected {wanted} here, not {shown}", token, self.meant(token))

    def meant(self, token: Token) -> str | None:
        """What may have been meant by a token that has no meaning where it is."""
        before = self.tokens[self.at - 1] if self.at else None
        if token.kind == "*" and self.peek(1).kind == "number" and not self.open:
            return f"a repeat has its number in front: {self.peek(1).text} * (...)"
        if token.text in ("x", "X") and before is not None and before.kind == "number":
            return f"a repeat is {before.text} * (...)"
        if token.kind in MERGING and not self.open:
            return f"values of the network meet in a layer: {MERGING[token.kind]}(a, b)"
        if before and before.kind == "name" and self.open and self.at > 2 and token.kind == "number":
            outer = self.tokens[self.tokens.index(self.open[-1]) - 1]
            if outer.text == "repeat" or (outer.kind == "number" and self.at > 3):
                return "a repeat has its number in front: 3 * (conv 8 k3)"
            if outer.kind == "*":
                return "a count that is a sum goes in brackets: (n - 1) * (conv 3 k3 p1)"
            if find(before.text) is not None:
                return f"several values meet in add(...), cat(...) and the like, and {outer.text} takes numbers"
        if (token.kind in ("-", "=", "==") and self.peek(1).kind == ">") or token.kind in (">", ";"):
            return "layers are joined by ->"
        if token.kind == "->":
            return "a layer goes between two arrows, such as relu" if before else "a spec starts with its input shape"
        if token.kind == "-" and self.at == 0:
            return "a space follows the - of an item"
        if before and before.kind == ")" and not self.open and token.kind in (",", "name"):
            if re.fullmatch(r"[xX]\d*", token.text):
                return "a repeat has its number in front: 3 * (...)"
            return "layers are joined by ->, or come between commas in nn.Sequential(...)"
        if token.kind == "[" and self.open:
            return "layers go in a Sequential without the brackets of a list"
        if token.kind == "," and not self.open:
            return "a space comes between bare values, and a comma between those in brackets: conv(8, k3)"
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
