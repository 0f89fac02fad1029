"""Figures and shapes as an expectation writes them: `<= 5M`, `4.09G +- 1%`, `280*H*W`, `10x(H//2)x(W//2)`."""

from __future__ import annotations

import re

from cnncalc.diagnostics import CnncalcError, Diagnostic, Source, Span, UsageError
from cnncalc.language.run.evaluate import evaluate
from cnncalc.language.run.scope import Scope, defined
from cnncalc.language.text.inline import Parser
from cnncalc.language.text.limits import Limits
from cnncalc.layers.kinds import Value
from cnncalc.named_tuples import NamedTuple
from cnncalc.symbolic.expr import Dim, Expr

PREFIXES = {"": 0, "k": 3, "K": 3, "M": 6, "G": 9, "T": 12, "P": 15}
"""Powers of 10. Of bytes `GiB` is a power of 1,024."""
FIGURE_HINT = 'write 120210, 5M, "<= 5M", ">= 1k" or "4.09G +- 1%"'
SHAPE_HINT = "write 64x56x56, 64xHxW or (64, H//2, W//2)"

LONGEST = 100_000  # characters of a form: many times those of any that is written
_CONDITION = re.compile(r"\s*(==|=|<=|>=|<|>|≤|≥|at most\b|at least\b)?\s*(.*?)\s*", re.DOTALL)
_NUMBER = re.compile(r"(\d{1,3}(?:,\d{3})+|\d+(?:_\d+)*)(?:\.(\d+))?(?:[eE]\+?(\d{1,2}))?\s*([A-Za-z]?i?[Bb]?)")
_COMMAS = re.compile(r"\d+(,\d+)+(\.\d+)?\s*[A-Za-z]?")
_TOLERANCE = re.compile(r"(.*?)\s*(?:\+-|\+/-|±)\s*(.*)", re.DOTALL)
_WORDS = {"≤": "<=", "≥": ">=", "at most": "<=", "at least": ">=", "=": "==", None: "=="}


class Bounds(NamedTuple):
    """What a figure has to be: from `low` to `high`, where there is either; both alike where it is exact."""

    low: Dim | None
    high: Dim | None
    words: str  # "at most 5,000,000"

    @property
    def exact(self) -> bool:
        return self.low is not None and self.low == self.high


class WrittenText(NamedTuple):
    """A text to read, and its place."""

    text: str
    place: Span
    opened: frozenset[str] = frozenset()  # names of open sizes, beside single capitals
    bytes: bool = False  # is it of bytes, whose units are GB and GiB too?


def bad(written: WrittenText, message: str, hint: str) -> CnncalcError:
    return CnncalcError(Diagnostic("bad-expectation", message, span=written.place, hint=hint))


def figure_bounds(written: WrittenText) -> list[Bounds]:
    """`<= 5M`, `>= 1k, <= 5M`, `4.09G +- 1%`, `280*H*W`. Raises CnncalcError.

    >>> from cnncalc.diagnostics import Source, Span
    >>> def read(text): return figure_bounds(WrittenText(text, Span(Source("", text), 0, len(text))))
    >>> [b.words for b in read(">= 1k, < 5M")]
    ['at least 1,000', 'less than 5,000,000']
    >>> read("4.09G +- 1%")[0].low
    4049100000
    """
    return [_figure(part, written) for part in _conditions(written, FIGURE_HINT)]


def option_bound(option: str, sign: str, text: str, bytes: bool = False) -> int:
    """The largest figure that an option such as `--max-params 5M` allows, or with the sign `>=` the smallest.

    Raises UsageError.

    >>> option_bound("--max-params", "<=", "25.6M"), option_bound("--min-params", ">=", "1.5")
    (25600000, 2)
    """
    written = WrittenText(text.strip(), Span(Source(option, text), 0, len(text)), bytes=bytes)
    try:
        number = _number(written.text, written)
    except CnncalcError as error:
        raise UsageError(*error.diagnostics) from None
    if number is None:
        hint = "such as 1000000, 25.6M or 4G"
        raise UsageError(Diagnostic("bad-option", f"{option} takes a figure, not {text}", hint=hint))
    top, bottom = number
    return top // bottom if sign == "<=" else -(-top // bottom)


def _conditions(written: WrittenText, hint: str) -> list[tuple[str, str]]:
    """Each condition as its comparison and its value."""
    found = []
    text = " ".join(written.text.split())  # in which no pattern has to try a run of spaces from each of its places
    for part in re.split(r",\s*(?=[<>=≤≥])", text):
        match = _CONDITION.fullmatch(part)
        if match is None or not match[2]:
            raise bad(written, "an expectation has no value", hint)
        found.append((_WORDS.get(match[1], match[1]), match[2]))
    return found


def _figure(condition: tuple[str, str], written: WrittenText) -> Bounds:
    sign, text = condition
    near = _TOLERANCE.fullmatch(text)
    if near:
        if sign != "==":
            raise bad(written, f"{sign} and +- come together, where one of them says it", FIGURE_HINT)
        return _tolerance(near[1], near[2], written)
    scaled = _number(text, written)
    if scaled is None:
        return _bounds(sign, _expression(text, written))
    top, bottom = scaled
    if sign == "==":
        if top % bottom:
            raise bad(written, f"{text} is no whole number, and every figure is one", FIGURE_HINT)
        return _bounds(sign, top // bottom)
    # A figure is whole: at most 4.5 is at most 4, and less than 4.5 is at most 4 as well.
    if sign in ("<=", ">"):
        return _bounds(sign, top // bottom)
    return _bounds(sign, -(-top // bottom))


def _bounds(sign: str, value: Dim) -> Bounds:
    shown = f"{value:,}" if isinstance(value, int) else str(value)
    if sign == "==":
        return Bounds(value, value, shown)
    if sign == "<=":
        return Bounds(None, value, f"at most {shown}")
    if sign == ">=":
        return Bounds(value, None, f"at least {shown}")
    return (
        Bounds(None, value - 1, f"less than {shown}") if sign == "<" else Bounds(value + 1, None, f"more than {shown}")
    )


def _tolerance(text: str, spare: str, written: WrittenText) -> Bounds:
    middle = _number(text, written)
    percent = spare.endswith("%")
    width = _number(spare.rstrip("% "), written)
    if middle is None or width is None:
        raise bad(written, f"{text if middle is None else spare} is no number", FIGURE_HINT)
    (top, bottom), (wide, parts) = middle, width
    if percent:
        wide, parts = wide * top, parts * bottom * 100
    common = bottom * parts
    low = -((wide * bottom - top * parts) // common)  # the next whole number inside
    high = (top * parts + wide * bottom) // common
    shown = f"{top // bottom:,}" if top % bottom == 0 else text
    return Bounds(low, high, f"{shown} ± {spare}, which is {low:,} to {high:,}")


def _number(text: str, written: WrittenText) -> tuple[int, int] | None:
    """A number as a numerator and a power of 10; None where it is none."""
    match = _NUMBER.fullmatch(text)
    if match is None:
        if _COMMAS.fullmatch(text):
            message = f"a comma groups digits by three, and {text} is grouped differently"
            raise bad(written, message, f"write {text.replace(',', '.')} or {text.replace(',', '')}")
        return None
    whole, decimals, power, unit = match[1].replace(",", "").replace("_", ""), match[2] or "", match[3], match[4]
    scale = _scale(unit, text, written)
    if len(whole) + len(decimals) > 30:
        raise bad(written, f"{text[:12]}... has too many digits", FIGURE_HINT)
    return int(whole + decimals) * scale * 10 ** int(power or 0), int(10 ** len(decimals))


def _scale(unit: str, text: str, written: WrittenText) -> int:
    """What a suffix multiplies by."""
    prefix = unit.removesuffix("B") if written.bytes else unit
    if prefix in PREFIXES:
        return int(10 ** PREFIXES[prefix])
    if written.bytes:
        if prefix[1:] == "i" and prefix[0] in PREFIXES:
            return int(1024 ** (PREFIXES[prefix[0]] // 3))
        hint = "units of bytes are k, M, G and T, with or without B, and KiB, MiB, GiB and TiB"
        raise bad(written, f"{text} has the unit {unit}, which is none of bytes", hint)
    if len(unit) > 1 and unit[-1] in "Bi" and unit[0] in PREFIXES:
        raise bad(written, f"{text} is a number of bytes, which this figure is not", f"write {text[: -len(unit) + 1]}")
    hint = {"B": "write G for billions", "b": "write G for billions", "m": "write M for millions"}.get(
        unit, "suffixes are k, M, G and T"
    )
    raise bad(written, f"{text} has the suffix {unit}, which is none", hint)


def _expression(text: str, written: WrittenText) -> Dim:
    """A closed form."""
    value = _evaluated(text, written, FIGURE_HINT, shape=False)
    if isinstance(value, bool) or not isinstance(value, int | Expr):
        raise bad(written, f"{text} is no figure", FIGURE_HINT)
    return value


def _evaluated(text: str, written: WrittenText, hint: str, *, shape: bool) -> Value:
    """The value of a text by the language's own rules; its messages point at the expectation."""
    from cnncalc.language.run.builder import deep_calls

    if len(text) > LONGEST:
        raise bad(written, f"a form is read up to {LONGEST:,} characters, and this has {len(text):,}", hint)
    scope = Scope(Limits(), {}, written.opened)
    inner = Source("", text)
    try:
        with deep_calls():
            parser = Parser(inner, 0, len(text), scope.limits)
            if shape:
                node = parser.input_shape()
                if node is None or parser.next.kind != "end":
                    raise bad(written, f"{text} is no shape", hint)
                return tuple(evaluate(item, scope) for item in node.items)
            expression = parser.expression()
            if parser.next.kind != "end":
                raise bad(written, f"{text} is no figure", hint)
            return defined(evaluate(expression, scope), expression, scope)
    except CnncalcError as error:
        first = error.diagnostics[0]
        if first.code == "bad-expectation":
            raise
        if first.code == "unknown-name":
            raise bad(written, f"{text} is no {'shape' if shape else 'figure'}", hint) from None
        raise bad(written, first.message, first.hint or hint) from None


# Shapes


def shape_bounds(written: WrittenText, rank: int | None = None) -> list[tuple[Bounds, ...]]:
    """`64x56x56`, or `>= 200` for all `rank` axes alike where that is given. Raises CnncalcError."""
    found = []
    for sign, text in _conditions(written, SHAPE_HINT):
        value = _evaluated(text, written, SHAPE_HINT, shape=True)
        assert isinstance(value, tuple)
        dims: list[Dim] = []
        for dim in value:
            if isinstance(dim, bool) or not isinstance(dim, int | Expr):
                raise bad(written, f"{dim} is no size", SHAPE_HINT)
            dims.append(dim)
        if len(dims) == 1 and rank is not None:
            dims = dims * rank
        found.append(tuple(_bounds(sign, dim) for dim in dims))
    return found
