"""What the one-line language says, as a tree: chains of calls, and expressions. Positions are kept."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias

from cnncalc.diagnostics import Span

if TYPE_CHECKING:
    from fractions import Fraction


class Number:
    """`64`, `0.5`"""

    __slots__ = ("span", "value")

    def __init__(self, value: int | Fraction, span: Span) -> None:
        self.value = value
        self.span = span


class Name:
    """`planes`, `same`, `H`"""

    __slots__ = ("span", "text")

    def __init__(self, text: str, span: Span) -> None:
        self.text = text
        self.span = span


class Unknown:
    """`?`, a number that is to be found; `?k` is the same one wherever it is."""

    __slots__ = ("name", "of_shape", "span")

    def __init__(self, name: str, span: Span, of_shape: bool = False) -> None:
        self.name = name  # empty where it has none
        self.span = span
        self.of_shape = of_shape  # is it a size of a shape that is one word?


class Text:
    """`'same'`"""

    __slots__ = ("span", "text")

    def __init__(self, text: str, span: Span) -> None:
        self.text = text
        self.span = span


class Several:
    """`(3, 5)`, `[1, 2]`, `3x5`"""

    __slots__ = ("items", "span", "square")

    def __init__(self, items: list[Expression], span: Span, square: bool = False) -> None:
        self.items = items
        self.span = span
        self.square = square  # in square brackets


class Operation:
    """`4*planes`, `not last`, `a <= b`, and `a if b else c` with its condition first."""

    __slots__ = ("operands", "operator", "span")

    def __init__(self, operator: str, operands: list[Expression], span: Span) -> None:
        self.operator = operator
        self.operands = operands
        self.span = span


class Function:
    """`max(8, planes)`, and `stages[i]` as `item(stages, i)`."""

    __slots__ = ("arguments", "name", "span")

    def __init__(self, name: str, arguments: list[Expression], span: Span) -> None:
        self.name = name
        self.arguments = arguments
        self.span = span


class Argument:
    """One argument of a call, with its name where it has one."""

    __slots__ = ("key", "key_span", "span", "value")

    def __init__(self, key: str | None, key_span: Span | None, value: Expression, span: Span) -> None:
        self.key = key
        self.key_span = key_span
        self.value = value
        self.span = span


class Call:
    """A layer, a block, or at the start of a chain the name of a value. `branches` are a merge's."""

    __slots__ = ("arguments", "bracketed", "branches", "name", "name_span", "passed", "span")

    def __init__(
        self,
        name: str,
        name_span: Span,
        arguments: list[Argument],
        branches: list[Chain],
        span: Span,
        bracketed: bool,
        passed: bool = False,
    ) -> None:
        self.name = name
        self.name_span = name_span
        self.arguments = arguments
        self.branches = branches
        self.span = span
        self.bracketed = bracketed
        self.passed = passed  # what it reads goes in brackets of its own: nn.LSTM(10, 20)(x, (h, c))

    def called(self, name: str) -> Call:
        """The same call of another name."""
        return Call(name, self.name_span, self.arguments, self.branches, self.span, self.bracketed, self.passed)

    @property
    def bare(self) -> bool:
        """A name alone."""
        return not self.bracketed and not self.arguments and not self.branches


Expression: TypeAlias = Number | Name | Unknown | Text | Several | Operation | Function | Call
"""What an argument may be; a call is a layer that another makes copies of."""


class Repeat:
    """`3 * (conv 64 k3 p1 -> relu)`"""

    __slots__ = ("body", "count", "span")

    def __init__(self, count: Expression, body: Chain, span: Span) -> None:
        self.count = count
        self.body = body
        self.span = span


class Labelled:
    """`stem: conv 64 k7`, and the children of a Sequential."""

    __slots__ = ("body", "label", "span")

    def __init__(self, label: str, body: Chain, span: Span) -> None:
        self.label = label
        self.body = body
        self.span = span


class Sequence:
    """`nn.Sequential(...)`: a level of its own, with the labels or the numbers of its children."""

    __slots__ = ("items", "span")

    def __init__(self, items: list[Item], span: Span) -> None:
        self.items = items
        self.span = span


class Chain:
    """`conv 64 k3 -> bn -> relu`; a bracketed chain is one item of the chain around it."""

    __slots__ = ("items", "span")

    def __init__(self, items: list[Item], span: Span) -> None:
        self.items = items
        self.span = span

    @property
    def single(self) -> Call | Sequence | None:
        """The only item, where it is one call."""
        if len(self.items) == 1:
            item = self.items[0]
            if isinstance(item, Chain):
                return item.single
            if isinstance(item, Call | Sequence):
                return item
        return None


Item: TypeAlias = Call | Repeat | Labelled | Sequence | Chain
