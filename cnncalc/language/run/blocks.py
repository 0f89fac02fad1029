"""Parts of a network that are called: blocks, and layers that share their parameters."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, NamedTuple

from cnncalc.diagnostics import Span
from cnncalc.language.text.tree import Call, Chain, Expression

if TYPE_CHECKING:
    from cnncalc.language.run.builder import Builder


class Block:
    """A part of a network with a name, arguments and a body that is run at each call."""

    __slots__ = ("body", "chain", "name", "parameters", "span", "uses")

    def __init__(
        self,
        name: str,
        parameters: list[Parameter],
        body: Callable[[Builder], None],
        span: Span,
        chain: Callable[[], Chain] | None,
    ) -> None:
        self.name = name
        self.parameters = parameters
        self.body = body
        self.span = span
        self.chain = chain  # the chain that it is, where it is no list
        self.uses: dict[str, Block] = {}  # the blocks that its body may call

    @property
    def other(self) -> Call | None:
        """The call of another block, where this one does nothing else and takes that one's place."""
        only = self.chain().single if self.chain else None
        return only if isinstance(only, Call) and only.name in self.uses else None


class Parameter(NamedTuple):
    """An argument of a block."""

    name: str
    default: Expression | None
    span: Span


class Shared:
    """A layer or block that is called by its name, with one set of parameters."""

    __slots__ = ("calls", "chain", "span")

    def __init__(self, chain: Chain, span: Span) -> None:
        self.chain = chain
        self.span = span
        self.calls = 0
