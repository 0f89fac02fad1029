"""Texts tried before they are proposed, within a bound."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from cnncalc.diagnostics import CnncalcError, Diagnostic
from cnncalc.graph import Graph
from cnncalc.language.foreign.network import Unclear
from cnncalc.layers.shapes import elements
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
MOST = 10_000
"""Layers that are worked out for all texts that are tried on the way to one error."""
OF_A_LAYER = 10
"""Characters of a layer, in a text with a mistake."""


def fits_both(mistake: Diagnostic) -> bool:
    """Is a mistake that of numbers which fit the order of the language, and that of PyTorch?"""
    return mistake.code == "ambiguous-order" and ", or " in (mistake.hint or "")


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
    ) -> None:
        self.inputs = inputs  # as the caller writes them
        self.again = again
        self.given = given  # the caller says what comes in
        self.shape = shape
        self.accepts = accepts  # what decides in place of `again` whether a text runs
        self.left = MOST
        self.known: dict[str, Graph | CnncalcError | None] = {}

    def read(self, text: str) -> Graph | CnncalcError | None:
        """The graph of a text, or its mistake. Raises Unclear after too many layers."""
        if text not in self.known:
            if self.left <= 0:
                raise Unclear
            cost = len(text) // OF_A_LAYER
            try:
                graph = self.again(text, False)
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
