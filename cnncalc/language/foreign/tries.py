"""Texts tried before they are proposed, within a bound."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence

from cnncalc.diagnostics import CnncalcError, Diagnostic
from cnncalc.graph import Graph
from cnncalc.language.foreign.network import Unclear
from cnncalc.layers.shapes import elements, is_batch
from cnncalc.named_tuples import NamedTuple
from cnncalc.symbolic.expr import Dim

LOOKED_INTO = frozenset({
    "ambiguous-features", "bad-argument", "bad-number", "bad-shape", "bad-spec", "bad-yaml", "duplicate-argument",
    "duplicate-key", "empty-spec", "missing-argument", "module-repr", "no-input", "not-a-layer", "python-code",
    "same-with-stride", "too-many-values", "unclosed-bracket", "unclosed-string",
    "unexpected-character", "unexpected-end",
    "unexpected-token", "unknown-argument", "unknown-function", "unknown-key", "unknown-layer", "unknown-name",
    "unknown-tap", "wrong-count", "wrong-kind", "wrong-rank",
})  # fmt: skip
"""Mistakes that another notation makes. Those of sizes have hints of their own, which know what arrives."""
MOST = 4_000
"""Layers that are worked out for all texts that are tried on the way to one error."""
OF_A_LAYER = 10
"""Characters of a layer, in a text with a mistake."""


def fits_both(mistake: Diagnostic) -> bool:
    """Is a mistake that of numbers which fit the order of the language, and that of PyTorch?"""
    return mistake.code == "ambiguous-order" and ", or " in (mistake.hint or "")


NAMES = re.compile(r":|\binput\b|[(,]\s*[a-z_]+\d+\s*[,)]")
"""What reads a value before, by its name."""


def end_of(graph: Graph) -> str:
    """The shape at the end of a network, as a line begins with it; empty where a line cannot begin with it."""
    if graph.flow is None or len(graph.outputs) != 1:
        return ""
    shape = graph.flow.shapes[graph.outputs[0][1]]
    if not shape or not is_batch(shape[0]) or len(shape) < 2:
        return ""
    return "x".join(map(str, shape[1:])) if all(isinstance(size, int) for size in shape[1:]) else ""


class Given(NamedTuple):
    """What a text comes to: the shape of its last value, without the batch, and its parameters."""

    shape: tuple[object, ...]
    params: Dim


class Tries:
    """Reads texts with the inputs and settings of the caller.

    `again` raises CnncalcError; it is told whether the mistake is to be explained, which takes longer.
    `shape` is what the caller's input means, where it was written as elsewhere; lines begin with it then.
    """

    def __init__(
        self,
        again: Callable[[str, bool], Graph],
        given: bool,
        shape: str = "",
        accepts: Callable[[str], bool] | None = None,
        inputs: Sequence[str] = (),
        alone: Callable[[str, bool], Graph] | None = None,
    ) -> None:
        self.inputs = inputs  # as the caller writes them
        self.alone = alone  # `again` without the caller's inputs
        self.ran: dict[str, str] = {}  # lines that ran, and the shape at their end as a line begins with it
        self.again = again
        self.given = given  # the caller says what comes in
        self.shape = shape
        self.accepts = accepts  # what decides in place of `again` whether a text runs
        self.left = MOST
        self.known: dict[str, Graph | CnncalcError | None] = {}

    def read(self, text: str, alone: bool = False) -> Graph | CnncalcError | None:
        """The graph of a text, or its mistake. Raises Unclear after too many layers."""
        if text not in self.known:
            if self.left <= 0:
                raise Unclear
            cost = len(text) // OF_A_LAYER
            try:
                graph = self.alone(text, False) if alone and self.alone else self.again(text, False)
                self.known[text] = graph
                cost = max(cost, len(graph.nodes))
            except CnncalcError as error:
                self.known[text] = error
            except RecursionError:
                self.known[text] = None
            self.left -= cost
        return self.known[text]

    def explained(self, text: str, mistake: CnncalcError) -> CnncalcError:
        """The mistake of a text with everything that can be said of it."""
        try:
            self.again(text, True)
        except CnncalcError as error:
            return error
        except RecursionError:
            pass
        return mistake

    def runs(self, text: str) -> bool:
        """Does a line run? What a line that ran gives is not worked out again for one that goes on with it."""
        if self.accepts:
            return self.accepts(text)
        if text in self.ran:
            return True
        graph = self.goes_on(text) or self.read(text)
        if not isinstance(graph, Graph):
            return False
        self.ran[text] = end_of(graph)
        return True

    def goes_on(self, text: str) -> Graph | None:
        """The graph of the end of a line after one that ran; None where none did, or where it reads names before it."""
        if self.alone is None or NAMES.search(text):
            return None
        at = text.rfind(" -> ")
        while at > 0:
            if shape := self.ran.get(text[:at]):
                end = f"{shape}{text[at:]}"
                graph = self.read(end, alone=True) if end != text else None
                return graph if isinstance(graph, Graph) else None
            at = text.rfind(" -> ", 0, at)
        return None

    def runs_whole(self, text: str) -> bool:
        """Does a line run, read from its start?"""
        return self.accepts(text) if self.accepts else isinstance(self.read(text), Graph)

    def mistake(self, text: str) -> CnncalcError | None:
        """The mistake of a text in which every word is known and sizes do not fit."""
        found = None if self.accepts else self.read(text)
        return found if isinstance(found, CnncalcError) and found.diagnostics[0].code not in LOOKED_INTO else None

    def gives(self, text: str) -> Given | None:
        """What a line comes to; None where it has a mistake or several outputs."""
        graph = self.read(text)
        if not isinstance(graph, Graph) or graph.flow is None or len(graph.outputs) != 1:
            return None
        flow = graph.flow
        params: Dim = 0
        for node in graph.nodes:
            xs = flow.inputs(node.inputs)
            if xs is not None and not node.shared:
                params = params + elements(node.layer.params(*xs))
        shape = flow.shapes[graph.outputs[0][1]]
        return None if shape is None else Given(tuple(shape)[1:], params)
