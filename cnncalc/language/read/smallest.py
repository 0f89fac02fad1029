"""A hint for inputs that are too small: the smallest that the same spec takes."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from cnncalc.diagnostics import CnncalcError, Source
from cnncalc.graph import Graph, flow
from cnncalc.layers.shapes import dims_text
from cnncalc.symbolic.expr import Dim

TOO_SMALL = frozenset({"kernel-too-large", "empty-output", "padding-too-large", "too-few-values"})
AXES = {1: ("L",), 2: ("H", "W"), 3: ("D", "H", "W")}


def with_smallest_input(
    error: CnncalcError, graph: Graph, again: Callable[[list[tuple[str | None, Source]]], Graph]
) -> CnncalcError:
    """The error, with the smallest input as a hint where the input is too small.

    `again` reads the spec with other inputs. It is read once more with open sizes, which costs time on the way
    to an error only.
    """
    if not any(d.code in TOO_SMALL and d.hint is None for d in error.diagnostics):
        return error
    written = [(given.name, given.shape[1:]) for given in graph.inputs]
    if len(written[0][1]) == 4 and written[0][1][1] in (1, 3):
        return hinted(error, f"a shape stands without the batch: {dims_text(written[0][1][1:])}")
    sizes: dict[str, Dim] = {}
    opened: list[tuple[str | None, Source]] = []
    for name, dims in written:
        names = AXES.get(len(dims) - 1, ())
        shape = [str(dim) for dim in dims]
        for axis, symbol in enumerate(names, 1):
            if sizes.setdefault(symbol, dims[axis]) == dims[axis]:
                shape[axis] = symbol
        opened.append((name, Source("--input", f"({', '.join(shape)},)")))
    try:
        found = flow(again(opened))
        from cnncalc.analysis.solve import smallest_sizes

        smallest = smallest_sizes(found, list(sizes))
    except CnncalcError:
        return error
    if smallest is None:
        return error
    text = ", ".join(dims_text(at_smallest(dims, smallest)) for _, dims in written)
    return hinted(error, f"the smallest input that works is {text}")


def hinted(error: CnncalcError, hint: str) -> CnncalcError:
    """The error, with a hint where something is too small for want of one."""
    return CnncalcError(
        *(d._replace(hint=hint) if d.code in TOO_SMALL and d.hint is None else d for d in error.diagnostics)
    )


def at_smallest(dims: tuple[Dim, ...], smallest: Mapping[str, int]) -> list[Dim]:
    """A written shape with the smallest sizes in place of its own."""
    names = ("", *AXES.get(len(dims) - 1, [""] * (len(dims) - 1)))
    return [smallest.get(name, dim) for name, dim in zip(names, dims)]
