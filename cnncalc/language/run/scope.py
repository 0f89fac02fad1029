"""What names mean while an expression is worked out, and what a value has to be where it is used."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, TypeAlias

from cnncalc.diagnostics import CnncalcError, Diagnostic, Source, Span, listed, nearest
from cnncalc.language.text.limits import Limits
from cnncalc.language.text.synonyms import find
from cnncalc.language.text.tree import Call, Expression, Function, Operation, Several
from cnncalc.layers.kinds import FALSE, TRUE, Value, Word, is_fraction, said
from cnncalc.layers.shapes import BATCH_NAME
from cnncalc.named_tuples import NamedTuple
from cnncalc.symbolic.expr import Dim, Expr

if TYPE_CHECKING:
    from fractions import Fraction


class Tap(NamedTuple):
    """A value of the graph that a name stands for: one output, or all of a layer with several."""

    values: tuple[int, ...]


class Asked:
    """A number that is to be found, as a value: it goes where it is used, which tells what numbers it may be."""

    __slots__ = ("key", "name", "span")

    def __init__(self, key: Key, name: str, span: Span) -> None:
        self.key = key
        self.name = name
        self.span = span

    def __str__(self) -> str:
        return f"?{self.name}"


Key: TypeAlias = "tuple[str, int] | str"
"""Which unknown it is: by its name, else by the text and the place where it is."""


class NeedsNumber(Exception):
    """Going on takes a number that is still to be found. `what` is its use: a count, or any number."""

    def __init__(self, asked: Asked, what: str) -> None:
        self.asked = asked
        self.what = what


class Scope:
    """What names mean while an expression is worked out."""

    __slots__ = ("layer", "limits", "local", "lookup", "open", "shape", "unknowns")

    def __init__(
        self,
        limits: Limits,
        local: dict[str, Value],
        open: frozenset[str] = frozenset(),
        shape: Callable[[Tap | None], tuple[Dim, ...] | None] | None = None,
        lookup: Callable[[str], Tap | None] | None = None,
        layer: Callable[[Call], Value] | None = None,
        unknowns: Mapping[Key, Value] | None = None,
    ) -> None:
        self.limits = limits
        self.local = local
        self.open = open  # names that are open sizes
        self.shape = shape  # the shape of a value of the graph; of None, the running one
        self.lookup = lookup  # the value of the graph that a name stands for
        self.layer = layer  # the layer of a call among values
        self.unknowns = unknowns  # the numbers that are tried for what is to be found; None where nothing is


def fail(code: str, message: str, span: Span | None, hint: str | None = None) -> CnncalcError:
    """An error at a span."""
    return CnncalcError(Diagnostic(code, message, span=span, hint=hint))


def is_open_name(name: str) -> bool:
    """Is this an open size where nothing defines it: a capital, with digits or without?"""
    return name[:1].isascii() and name[:1].isupper() and (len(name) == 1 or name[1:].isdecimal())


def check_open_name(name: str, setting: Source, texts: Sequence[Source]) -> None:
    """Refuse to set an open size that none of the texts has."""
    place = Span(setting, 0, len(name))
    if name == BATCH_NAME:
        raise fail("unknown-argument", "N is the batch, and no argument", place, "--batch sets it")
    words = {
        size
        for text in texts
        for word in re.findall(r"[\w.]+", re.sub("#.*", "", text.text))
        for size in word.split("x")
        if size
    }
    if name not in words:
        found = sorted(word for word in words if is_open_name(word) and word != BATCH_NAME)
        hint = f"it has {listed(found)}" if found else "it has none: open sizes are capitals, as in 3xHxW"
        raise fail("unknown-argument", f"the spec has no open size {name}", place, hint)


def describe(value: Value) -> str:
    """A value in a sentence."""
    if isinstance(value, Tap):
        return "a value of the network"
    if isinstance(value, tuple):
        return f"the list {said(value)}"
    return said(value)


def defined(value: Value, node: Expression, scope: Scope) -> Value:
    """The value, once it is sure that no undefined name is in it."""
    if isinstance(value, Word) and value not in TRUE | FALSE and not isinstance(node, Several):
        raise unknown_name(value, node.span, scope)
    return value


IN_CHANNELS = frozenset({"in_channels", "in_ch", "in_planes", "inplanes", "c_in", "cin", "in_c", "in_features"})


def unknown_name(name: str, span: Span, scope: Scope, *, opens: bool = True) -> CnncalcError:
    """The error for a name that has no value here. `opens`: an open size could be here."""
    near = nearest(name, [*scope.local, *(["channels"] if scope.shape else [])])
    hint = f"did you mean {near[0]}?" if near else None
    if hint is None and find(name) is not None:
        return fail("unknown-name", f"{name} is a layer, where a value is expected", span, "layers are joined by ->")
    if name in IN_CHANNELS and scope.shape:
        hint = "write channels, which is the number of channels that come in"
    if hint is None and opens and name.isascii() and name.isidentifier():
        capital = next((part[0].upper() for part in reversed(name.split("_")) if part[:1].isalpha()), "K")
        capital = "K" if capital == BATCH_NAME else capital
        hint = f"write its number, or a single capital such as {capital} for an open size"
    return fail("unknown-name", f"nothing here is called {name}", span, hint)


def numeric(value: Value, node: Expression, scope: Scope) -> int | Fraction | Expr:
    value = defined(value, node, scope)
    if isinstance(value, Asked):
        raise NeedsNumber(value, "number")
    if isinstance(value, bool) or not (isinstance(value, int | Expr) or is_fraction(value)):
        raise fail("wrong-kind", f"expected a number here, not {describe(value)}", node.span)
    return value


def truth(value: Value, node: Expression, scope: Scope) -> bool:
    """The value as a condition."""
    if isinstance(value, Word | str) and value in TRUE | FALSE:
        return value in TRUE
    value = defined(value, node, scope)
    if isinstance(value, bool):
        return value
    raise fail("wrong-kind", f"a condition is yes or no, not {describe(value)}", node.span)


def whole(value: Any, node: Operation | Function) -> Any:
    if is_fraction(value):
        if value.denominator == 1:
            return int(value)
        which = f"{node.name} of {said(value)} and" if isinstance(node, Function) else f"{said(value)} times"
        raise fail("wrong-kind", f"{which} an open size may be a fraction", node.span, "write //")
    return value


def checked(value: Any, span: Span, limits: Limits) -> Any:
    parts: tuple[int, ...] = ()
    if isinstance(value, int):
        parts = (value,)
    elif is_fraction(value):
        parts = (value.numerator, value.denominator)
    elif isinstance(value, Expr):
        if len(value.terms) > limits["values"]:
            raise limits.exceeded("values", f"this expression has {len(value.terms):,} terms", span)
        parts = tuple(value.terms.values())
    # One decimal digit is 3.3 bits; a fraction of a table may need somewhat more than a written number.
    if any(part.bit_length() > 8 * limits["digits"] for part in parts):
        raise limits.exceeded("digits", "this number has too many digits", span)
    return value
