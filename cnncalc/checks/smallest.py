"""The smallest input of a network, also of one whose sizes are numbers."""

from __future__ import annotations

from cnncalc.analysis.trace import Report
from cnncalc.checks.source import WrittenTarget, read_target, reread
from cnncalc.checks.targets import RunSettings, Target
from cnncalc.diagnostics import CnncalcError
from cnncalc.language.read.smallest import AXES
from cnncalc.layers.shapes import Shape, is_batch
from cnncalc.symbolic.expr import Dim, Expr


def smallest_input(target: Target, asked: RunSettings, written: WrittenTarget, report: Report) -> Shape | None:
    """The spatial sizes of the first input at their smallest; None where they were not found."""
    first = next(iter(report.graph.inputs))
    batch = target.batch is not None  # which then leads each input, and has no part in this
    dims = first.shape[1:] if batch or (first.shape and is_batch(first.shape[0])) else first.shape
    names = AXES.get(len(dims) - 1, ())
    if report.symbols:
        found = report.smallest_input
    else:
        from cnncalc.analysis.trace import trace

        shapes = {name: shape[1:] if batch else shape for name, shape in report.inputs.items()}
        texts = tuple(f"{name}={_opened(shape)}" for name, shape in shapes.items())
        target = target._replace(batch=None, inputs=texts)
        try:
            if written.text is not None:
                wide = trace(reread(target, written.text, target.inputs, asked))
            elif written.model is not None:
                opened = zip(written.model.inputs, shapes.values())
                target = target._replace(inputs=tuple(_in_place_of(text, shape) for text, shape in opened))
                wide = trace(read_target(target, asked).graph)
            else:
                wide = trace(read_target(target, asked).graph)
        except CnncalcError:
            return None
        found = wide.smallest_input
        dims = next(iter(wide.inputs.values()))
        names = AXES.get(len(dims) - 1, ())
    if found is None:
        return None
    sizes: list[Dim] = []
    for dim in dims[len(dims) - len(names) :]:
        if isinstance(dim, Expr):
            from cnncalc.symbolic.expr import substitute

            dim = substitute(dim, found)
        sizes.append(dim)
    return tuple(sizes)


def _in_place_of(text: str, shape: Shape) -> str:
    """The input of a model with its spatial sizes left open, with the name and the type that it has."""
    name, equals, rest = text.rpartition("=")
    _, colon, kind = rest.rpartition(":")
    return f"{name}{equals}{_opened(shape)}{colon}{kind if colon else ''}"


def _opened(shape: Shape) -> str:
    """The shape with its spatial sizes left open."""
    names = AXES.get(len(shape) - 1, ())
    return f"({', '.join([*map(str, shape[: len(shape) - len(names)]), *names])},)"
