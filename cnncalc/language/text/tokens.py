"""A text of the one-line language as tokens."""

from __future__ import annotations

import re
from functools import cache

from cnncalc.diagnostics import CnncalcError, Diagnostic, Source, Span
from cnncalc.language.text.limits import Limits
from cnncalc.named_tuples import NamedTuple

# In the order in which they are tried. A shape is written without spaces: 3x224x224, HxW, k=3x5, 3x?x?.
_TOKEN = re.compile(
    r"""(?P<space>[\s]+|\#[^\n]*)
    |(?P<shape>(?:\d+|[A-Z]\d*)(?:x(?:\d+|[A-Z]\d*|\?))+(?![A-Za-z0-9_]))
    |(?P<number>(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d+)?(?![A-Za-z0-9_.]))
    |(?P<name>[^\W\d]\w*(?:\{[^{}\n]*\}\w*)*(?:\.(?:\w+|\{[^{}\n]*\})+)*)
    |(?P<method>\.(?:to|cuda|cpu|eval|train|half|float|double|bfloat16|apply)(?=\())
    |(?P<unknown>\?(?:[^\W\d]\w*)?)
    |(?P<string>"[^"\n]*"|'[^'\n]*')
    |(?P<arrow>[-–—]+>|=+>|[→⇒➔➜⟶⟹])
    |(?P<mark>\*\*|//|==|!=|<=|>=|[-+*/%<>=(),:\[\]{}])
    """,
    re.VERBOSE,
)


class Token(NamedTuple):
    """A word, number or mark. `kind` is shape, number, name, unknown, method, string, end, or the mark itself.

    A name may hold expressions: `stage{i + 1}`. A method is what PyTorch calls on a module and no figure depends on.
    """

    kind: str
    text: str
    start: int
    end: int
    spaced: bool  # white space comes before it


def tokens(source: Source, start: int, end: int, limits: Limits) -> list[Token]:
    """The tokens of a stretch of a source, with one of kind `end` at its end."""
    text, behind = source.text, 0  # and where in the source the text starts
    if not text.isascii():  # one character for each, so that places stay
        text, behind = text[start:end].translate(plain_characters()), start
    found: list[Token] = []
    at, spaced = start, False
    while at < end:
        match = _TOKEN.match(text, at - behind, end - behind)
        if match is None:
            raise _unexpected(source, at, end)
        kind = match.lastgroup or ""
        first, at = at, match.end() + behind
        if kind == "space":
            spaced = True
            continue
        word = match.group()
        if kind == "arrow":
            kind = "->"
        elif kind == "mark":
            kind = word
        elif kind in ("number", "shape"):
            _check_digits(word, Span(source, first, at), limits)
            if word[0] == "0" and len(word) > 1 and word.isdecimal():
                raise _leading_zero(word, Span(source, first, at))
        found.append(Token(kind, word, first, at, spaced))
        spaced = False
    found.append(Token("end", "", end, end, spaced))
    return found


@cache
def plain_characters() -> dict[int, str]:
    """What editors, keyboards of other scripts and PDFs make of plain characters, one for one."""
    full_width = {code: chr(code - 0xFEE0) for code in range(0xFF01, 0xFF5F)}
    others = {"×": "x", "✕": "x", "“": '"', "”": '"', "‘": "'", "’": "'", "−": "-", "‐": "-", "‑": "-", "、": ","}
    return full_width | {ord(char): plain for char, plain in others.items()}


def _unexpected(source: Source, at: int, end: int) -> CnncalcError:
    char = source.text[at]
    if char in "\"'":
        stop = source.text.find("\n", at, end)
        span = Span(source, at, stop if stop >= 0 else end)
        return CnncalcError(Diagnostic("unclosed-string", "a quoted text is not closed", span=span, hint=f"add {char}"))
    word = re.compile(r"[\w.]+").match(source.text, at, end)
    if word and (word.group()[0].isalnum() or len(word.group()) > 1):
        return _no_word(word.group(), Span(source, at, word.end()))
    shown = char if char.isprintable() else f"the character U+{ord(char):04X}"
    hint = MEANT.get(char)
    return CnncalcError(
        Diagnostic("unexpected-character", f"{shown} has no meaning here", span=Span(source, at, at + 1), hint=hint)
    )


MEANT = {
    "|": "layers are joined by ->",
    ">": "layers are joined by ->",
    ";": "layers are joined by ->",
    "~": "write None for nothing, and 1.8G +- 1% for about a figure",
    "–": "write -",
    "!": "write not, or !=",
    "&": "write and",
    "^": "a power is **",
}
"""What is in the language for characters that others use."""


def _no_word(word: str, span: Span) -> CnncalcError:
    """The error for what starts as a number and goes on as a name."""
    lower = word.lower()
    hint = "sizes are whole numbers or single capitals, joined by a small x: 3x224x224, 3xHxW"
    if re.fullmatch(r"\d+(_\d+)+", word):
        hint = f"write {word.replace('_', '')}"
    elif re.fullmatch(r"\d+(x\d+)+", lower):
        hint = f"write {lower}"
    elif re.fullmatch(r"\d+(x[a-z])+", word):
        hint = f"open sizes are capitals: {word.replace('x', ' ').upper().replace(' ', 'x')}"
    elif re.fullmatch(r"\d+x", lower):
        hint = f"a repeat is {word[:-1]} * (...)"
    elif re.fullmatch(r"\d+[kmb]", lower):
        hint = f"write {word[:-1]}{'000' * ('kmb'.index(lower[-1]) + 1)}"
    elif re.fullmatch(r"[\d.]+[kmgt]i?b", lower):
        hint = f"write {word.rstrip('bBi')}"
    message = f"{word} is no number, name or shape"
    return CnncalcError(Diagnostic("unexpected-character", message, span=span, hint=hint))


def _leading_zero(word: str, span: Span) -> CnncalcError:
    meant = word.lstrip("0") or "0"
    message = f"{word} starts with a 0, which some languages read as octal"
    return CnncalcError(Diagnostic("bad-number", message, span=span, hint=f"write {meant}"))


def _check_digits(word: str, span: Span, limits: Limits) -> None:
    if len(word) <= limits["digits"] and "e" not in word and "E" not in word:
        return
    mantissa, _, exponent = word.lower().partition("e")
    longest = max((len(part) for part in re.split(r"[^0-9]", mantissa)), default=0)
    if exponent:
        longest += abs(int(exponent)) if len(exponent) < 6 else limits["digits"] + 1
    if longest > limits["digits"]:
        raise limits.exceeded("digits", "this number has too many digits", span)
