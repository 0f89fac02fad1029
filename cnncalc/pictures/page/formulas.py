"""The sums of `explain` for the page: in names, and with numbers that follow the sizes."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from cnncalc.analysis.explain import FigureStep, explain
from cnncalc.analysis.layer_report import LayerReport
from cnncalc.analysis.trace import Report
from cnncalc.graph import BATCH
from cnncalc.layers.layer import Layer
from cnncalc.layers.shapes import Shape, one_sample
from cnncalc.layers.site import Refusal
from cnncalc.pictures.page.values import Values, pieces, plain_pieces
from cnncalc.symbolic.expr import Dim, Expr, substitute, symbol, symbols

MARK = "ǁ"  # a letter, of which no name of a formula is made


class Names:
    """A name for each open size, so that a sum holds the name and not what the size is made of."""

    def __init__(self, name: Callable[[int], Dim] = lambda at: symbol(f"{MARK}{at}")) -> None:
        self.sizes: list[Dim] = []
        self._name = name
        self._names: dict[Dim, Dim] = {}

    def dim(self, dim: Dim) -> Dim:
        """A size, or the name in its place."""
        if not isinstance(dim, Expr) or dim == BATCH:
            return dim
        if dim not in self._names:
            self._names[dim] = self._name(len(self.sizes))
            self.sizes.append(dim)
        return self._names[dim]

    def shape(self, shape: Shape) -> Shape:
        return tuple(map(self.dim, shape))

    def layer(self, layer: Layer) -> Layer:
        """A layer with names for its open arguments."""
        given = {key: getattr(layer, key) for key in layer.arguments}
        found = {key: self._argument(value) for key, value in given.items()}
        return layer if found == given else type(layer).unchecked(found)

    def _argument(self, value: Any) -> Any:
        if isinstance(value, Expr):
            return self.dim(value)
        if isinstance(value, tuple) and not isinstance(value, str):
            return tuple(self._argument(item) for item in value)
        return value

    def back(self, value: Dim) -> Dim:
        """The size that a value in names comes to."""
        return substitute(value, {f"{MARK}{i}": size for i, size in enumerate(self.sizes)})


def formulas(layer: LayerReport, report: Report, values: Values) -> dict[str, Any] | None:
    """The sums of a layer, for one sample; None where they cannot be written for open sizes."""
    names = Names()
    try:
        xs, ys = (tuple(map(names.shape, shapes)) for shapes in (layer.xs, layer.outputs))
        node = layer.node._replace(layer=names.layer(layer.layer))
        found = explain(LayerReport(report, layer.index, node, xs, ys, layer._cost))
        places = {f"{MARK}{i}": values.add(one_sample(size)) for i, size in enumerate(names.sizes)}

        def line(step: FigureStep) -> list[Any]:
            value = one_sample(names.back(step.worked.value))
            if any(name.startswith(MARK) for name in symbols(value)):
                raise ValueError(step.label)
            parts = [step.worked.names, plain_pieces(pieces(step.worked.numbers, places)), values.add(value)]
            if step.before is not None:
                parts += [step.before.names, step.before.numbers, values.add(one_sample(step.before.value))]
            return [step.label, *parts]

        return {
            "sizes": list(map(line, found.sizes)),
            "params": list(map(line, found.params)),
            "buffers": list(map(line, found.buffers)),
            "macs": line(found.macs) if found.macs else None,
        }
    except (Refusal, TypeError, ValueError, OverflowError, ZeroDivisionError, AssertionError):
        return None
