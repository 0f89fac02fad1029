"""The kinds of argument that layers take: what may be written, and what becomes of it.

A written value is an int, an open size (`Expr`), a `Fraction` (a decimal), a bool, `None`, a `str`
(quoted), a `Word` (a bare name that nothing in the spec defines), a tuple of these, or a `List` of them.

Under the language's own names a decimal may be whole, `conv 0.5*32`, and yes and no are no numbers. Under torch's
names (`read_torch`) a value is what Python makes of it: 16.0 is no whole number, and True is the number 1.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Generic, Literal, TypeAlias, TypeGuard, TypeVar, overload

from cnncalc.symbolic.expr import Dim, Expr

if TYPE_CHECKING:
    from fractions import Fraction

    from cnncalc.layers.layer import Layer

Value: TypeAlias = "int | Expr | Fraction | float | bool | str | Layer | tuple[Value, ...] | None"


def is_layer(value: object) -> TypeGuard[Layer]:
    """Is the value a layer? Known by what it has, as layers are declared with kinds."""
    return hasattr(value, "written")


def is_fraction(value: object) -> TypeGuard[Fraction]:
    """Is the value a decimal? By its name, as `fractions` takes 2 ms to load and most specs have none."""
    return value.__class__.__name__ == "Fraction"


class Word(str):
    """A bare name that nothing defines: a choice such as `same`, or a mistake."""

    __slots__ = ()


class List(tuple["Value", ...]):
    """Values in square brackets, which torch tells from a tuple in few places."""

    __slots__ = ()


class Wrong(Exception):
    """A written value that its argument cannot take. The text goes on after the argument's name."""


TRUE = frozenset({"yes", "true", "True", "on"})
FALSE = frozenset({"no", "false", "False", "off"})


def said(value: Value) -> str:
    """A value as it is written in a spec."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if value is None:
        return "None"
    if is_fraction(value) or isinstance(value, float):
        number = float(value)
        return str(int(number)) if number.is_integer() and abs(number) < 1e15 else repr(number)
    if isinstance(value, tuple):
        return f"({', '.join(map(said, value))}{',' if len(value) == 1 else ''})"
    return str(value)


def typed(value: Value) -> object:
    """The value with its type, by which `yes` is not 1, and a quoted text is no bare word."""
    if value.__class__ is int:
        return value
    return tuple(map(typed, value)) if value.__class__ is tuple else (value.__class__, value)


T = TypeVar("T", covariant=True)


class Kind(Generic[T]):
    """What an argument may be. `read` gives the normal form, or raises `Wrong`.

    T is the type of the normal form, as the rules of layers see it; a decimal is a `Fraction` where they see a float.
    """

    text = "anything"

    def read(self, value: Value, ndim: int | None) -> Value:
        raise NotImplementedError

    def read_torch(self, value: Value, ndim: int | None) -> Value:
        """The same for a layer that is written under torch's own name."""
        return self.read(value, ndim)

    def refuse(self, value: Value) -> Wrong:
        return Wrong(f"is {self.text}, not {said(value)}")


class _Whole(Kind[T]):
    """Whole numbers. A decimal may be one, as in `0.5*32`, but not under torch's names."""

    def read_torch(self, value: Value, ndim: int | None) -> Value:
        for item in value if isinstance(value, tuple) else (value,):
            if is_fraction(item):
                whole = f"{item.numerator}.0" if item.denominator == 1 else said(item)
                raise Wrong(f"is {self.text}, not the decimal {whole}")
        return self.read(value, ndim)


class Int(_Whole[T]):
    """A whole number, `least` or more; with `open`, also an expression in open symbols, with `batch` in N too."""

    @overload
    def __init__(self: Int[int], least: int | None = None) -> None: ...
    @overload
    def __init__(self: Int[int | None], least: int | None = None, *, none: Literal[True]) -> None: ...
    @overload
    def __init__(self: Int[Dim], least: int | None = None, *, open: Literal[True], batch: bool = False) -> None: ...
    @overload
    def __init__(
        self: Int[Dim | None],
        least: int | None = None,
        *,
        open: Literal[True],
        none: Literal[True],
        batch: bool = False,
    ) -> None: ...
    @overload
    def __init__(self: Int[Any], least: int | None, *, open: bool) -> None: ...
    def __init__(
        self, least: int | None = None, *, open: bool = False, none: bool = False, batch: bool = False
    ) -> None:
        self.least = least
        self.open = open
        self.batch = batch
        self.none = none
        self.text = "a whole number" if least is None else f"a whole number, {least} or more"

    def read(self, value: Value, ndim: int | None) -> Value:
        if is_fraction(value) and value.denominator == 1:
            value = int(value)
        if isinstance(value, int) and not isinstance(value, bool):
            if self.least is not None and value < self.least:
                raise Wrong(f"is {value}, but has to be {self.least} or more")
            return value
        if isinstance(value, Expr):
            if self.open:
                return value
            raise Wrong(f"has to be a number, but {value} is open")
        if self.none and (value is None or value in ("None", "none")):
            return None
        raise self.refuse(value)


class Sizes(_Whole[T]):
    """One whole number for every axis, or one for each. The normal form has one for each axis; of a layer that counts
    its axes itself, one number stays one.

    With `alone`, one in brackets is for all axes too, as torch's functions take it; with `empty`, empty brackets are
    as good as None; with `listed`, torch takes no number without brackets.
    """

    @overload
    def __init__(
        self: Sizes[tuple[int, ...]], least: int, *, axes: int | None = None, alone: bool = False, empty: bool = False
    ) -> None: ...
    @overload
    def __init__(
        self: Sizes[tuple[int | None, ...]], least: int, *, none: Literal[True], alone: bool = False
    ) -> None: ...
    @overload
    def __init__(
        self: Sizes[tuple[Dim, ...]],
        least: int,
        *,
        opens: Literal[True],
        axes: int | None = None,
        alone: bool = False,
        listed: bool = False,
    ) -> None: ...
    @overload
    def __init__(
        self: Sizes[tuple[int, ...] | str], least: int, *, words: tuple[str, ...], alone: bool = False
    ) -> None: ...
    def __init__(
        self,
        least: int,
        *,
        none: bool = False,
        opens: bool = False,
        words: tuple[str, ...] = (),
        axes: int | None = None,
        alone: bool = False,
        empty: bool = False,
        listed: bool = False,
    ) -> None:
        self.least = least
        self.listed = listed
        self.alone = alone
        self.empty = empty
        self.axes = axes  # of a layer that is no member of a family
        self.none = none  # an axis may be None
        self.opens = opens  # an axis may be open, and the layer sees to it that it is large enough
        self.words = words
        self.text = f"one whole number, {least} or more, or one for each axis"
        if words:
            self.text += f", or {' or '.join(words)}"

    def read_torch(self, value: Value, ndim: int | None) -> Value:
        if self.listed and not isinstance(value, tuple):
            raise Wrong(f"is a list of sizes, one for each axis, not {said(value)}")
        return super().read_torch(value, ndim)

    def read(self, value: Value, ndim: int | None) -> Value:
        if isinstance(value, str) and value in self.words:
            return str(value)
        if self.empty and value == ():
            return None
        if value is None or value in ("None", "none"):
            raise self.refuse(value)
        items = value if isinstance(value, tuple) else (value,)
        if not (self.axes or ndim):  # the layer counts its axes itself, and one number is for all of them
            read = tuple(self._axis(item) for item in items)
            return read if items is value else read[0]
        axes = self.axes or ndim or 1
        if len(items) != axes and (len(items) != 1 or (items is value and not self.alone)):
            count = f"{len(items)} {'value' if len(items) == 1 else 'values'}"
            raise Wrong(f"has {count}, but there {'is 1 axis' if axes == 1 else f'are {axes} axes'}")
        read = tuple(self._axis(item) for item in items)
        return read * axes if len(read) == 1 else read

    def _axis(self, item: Value) -> Dim | None:
        if is_fraction(item) and item.denominator == 1:
            item = int(item)
        if isinstance(item, Expr):
            if self.opens:
                return item
            raise Wrong(f"has to be a number, but {item} is open")
        if self.none and (item is None or item in ("None", "none")):
            return None
        if not isinstance(item, int) or isinstance(item, bool):
            raise self.refuse(item)
        if item < self.least:
            raise Wrong(f"is {item}, but has to be {self.least} or more")
        return item


class Sides(_Whole[tuple[int, ...]]):
    """Padding at every side, torch's order: the last axis first, left before right.

    Under torch's names every two values are one axis, however many axes the name says.
    """

    text = "one whole number, or two for each axis, the last axis first"

    def __init__(self, least: int | None = None) -> None:
        self.least = least

    def read(self, value: Value, ndim: int | None) -> Value:
        items = value if isinstance(value, tuple) else (value,)
        sides = 2 * (ndim or 1)
        read = tuple(Int(self.least).read(item, None) for item in items)
        if items is not value:
            return read * sides
        if len(read) != sides:
            raise Wrong(f"has {len(read)} {'value' if len(read) == 1 else 'values'}, but there are {sides} sides")
        return read

    def read_torch(self, value: Value, ndim: int | None) -> Value:
        if isinstance(value, tuple) and len(value) % 2 == 0:
            return super().read_torch(value, len(value) // 2) if value else ()
        return super().read_torch(value, ndim)


class Bool(Kind[bool]):
    """`yes` or `no`, `True` or `False`.

    Under torch's names numbers and None are taken too, as Python takes them: all but 0 and None are yes. With `exact`
    they are not, for arguments that torch reads in C++.
    """

    text = "yes or no"

    def __init__(self, *, exact: bool = False) -> None:
        self.exact = exact

    def read_torch(self, value: Value, ndim: int | None) -> Value:
        if not self.exact and (value is None or isinstance(value, int) or is_fraction(value)):
            return bool(value)
        if isinstance(value, str) and not isinstance(value, Word):
            raise Wrong(f"is {self.text}, and Python takes any text as yes: not {value!r}")
        return self.read(value, ndim)

    def read(self, value: Value, ndim: int | None) -> Value:
        if isinstance(value, bool):
            return value
        if isinstance(value, str) and value in TRUE | FALSE:
            return value in TRUE
        raise self.refuse(value)


class Number(Kind[T]):
    """Any number, kept exactly as it is written.

    Under torch's names True and False are numbers too; with `exact` they are not.
    """

    text = "a number"

    @overload
    def __init__(
        self: Number[float], *, least: float | None = None, most: float | None = None, exact: bool = False
    ) -> None: ...
    @overload
    def __init__(
        self: Number[float | None], *, least: float | None = None, most: float | None = None, none: Literal[True]
    ) -> None: ...
    def __init__(
        self, *, least: float | None = None, most: float | None = None, none: bool = False, exact: bool = False
    ) -> None:
        self.least = least
        self.most = most
        self.none = none
        self.exact = exact

    def read(self, value: Value, ndim: int | None) -> Value:
        if self.none and (value is None or value in ("None", "none")):
            return None
        if isinstance(value, bool) or not (isinstance(value, int) or is_fraction(value)):
            raise self.refuse(value)
        if (self.least is not None and value < self.least) or (self.most is not None and value > self.most):
            limits = f"{self.least:g} or more" if self.most is None else f"{self.least:g} to {self.most:g}"
            raise Wrong(f"is {said(value)}, but has to be {limits}")
        return value

    def read_torch(self, value: Value, ndim: int | None) -> Value:
        truth = isinstance(value, bool) or (isinstance(value, Word) and value in ("True", "False"))
        return self.read(int(value in (True, "True")) if truth and not self.exact else value, ndim)


class Choice(Kind[str]):
    """One of a few words."""

    def __init__(self, *words: str) -> None:
        self.words = words
        self.text = f"{', '.join(words[:-1])} or {words[-1]}"

    def read(self, value: Value, ndim: int | None) -> Value:
        if isinstance(value, str) and value in self.words:
            return str(value)
        raise self.refuse(value)


class Text(Kind[str]):
    """A text; in quotes where it is no name."""

    text = "a text"

    def read(self, value: Value, ndim: int | None) -> Value:
        if isinstance(value, str):
            return str(value)
        raise self.refuse(value)


class Ints(_Whole[T]):
    """A list of whole numbers, or one, but for `listed`; with `open`, expressions too."""

    @overload
    def __init__(self: Ints[tuple[int, ...]], least: int | None = None, *, listed: bool = False) -> None: ...
    @overload
    def __init__(
        self: Ints[tuple[Dim, ...]], least: int | None = None, *, open: Literal[True], listed: bool = False
    ) -> None: ...
    def __init__(self, least: int | None = None, *, open: bool = False, listed: bool = False) -> None:
        self.item: Int[Dim] = Int(least, open=open)
        self.listed = listed
        self.text = "a list of whole numbers" if listed else "one or more whole numbers"

    def read(self, value: Value, ndim: int | None) -> Value:
        if self.listed and not isinstance(value, tuple):
            raise self.refuse(value)
        items = value if isinstance(value, tuple) else (value,)
        return tuple(self.item.read(item, None) for item in items)


class Either(Kind[T]):
    """The first kind that takes the value."""

    def __init__(self, *kinds: Kind[T]) -> None:
        self.kinds = kinds
        self.text = ", or ".join(kind.text for kind in kinds)

    def read(self, value: Value, ndim: int | None) -> Value:
        return self._first(value, ndim, torch_style=False)

    def read_torch(self, value: Value, ndim: int | None) -> Value:
        return self._first(value, ndim, torch_style=True)

    def _first(self, value: Value, ndim: int | None, *, torch_style: bool) -> Value:
        wrong: Wrong | None = None
        for kind in self.kinds:
            try:
                return kind.read_torch(value, ndim) if torch_style else kind.read(value, ndim)
            except Wrong as error:
                wrong = wrong or error
        assert wrong is not None
        raise wrong


class Scales(Kind["tuple[Fraction, ...]"]):
    """One positive number, or one for each axis. With `tuples`, torch takes the latter as a tuple alone.

    The normal form has one for each axis; of a layer that counts its axes itself, one number stays one.
    """

    text = "one positive number, or one for each axis"

    def __init__(self, *, tuples: bool = False) -> None:
        self.tuples = tuples

    def read_torch(self, value: Value, ndim: int | None) -> Value:
        if self.tuples and isinstance(value, List):
            raise Wrong("is a tuple where there is one for each axis, and torch takes no list: write (...)")
        return self.read(value, ndim)

    def read(self, value: Value, ndim: int | None) -> Value:
        items = value if isinstance(value, tuple) else (value,)
        for item in items:
            if isinstance(item, bool) or not (isinstance(item, int) or is_fraction(item)):
                raise self.refuse(item)
            if item <= 0:
                raise Wrong(f"is {said(item)}, but has to be positive")
        if items is not value:
            return (value,) * ndim if ndim else value
        if ndim and len(items) != ndim:
            count = f"{len(items)} {'value' if len(items) == 1 else 'values'}"
            raise Wrong(f"has {count}, but there are {ndim} axes")
        return tuple(items)


class OfLayer(Kind["Layer"]):
    """A layer with its arguments, of which the layer that takes it makes copies: `transformerencoderlayer(8)`."""

    def __init__(self, *names: str) -> None:
        self.names = names
        self.text = f"a layer, {' or '.join(f'{name}(...)' for name in names)}" if names else "left out here"

    def read(self, value: Value, ndim: int | None) -> Value:
        if is_layer(value) and value.name in self.names:
            return value
        raise self.refuse(value)
