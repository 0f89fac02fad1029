"""A hint for inputs that do not fit: the smallest that the same spec takes, the nearest, or channels in front."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from cnncalc.diagnostics import CnncalcError, Diagnostic, Source
from cnncalc.flow import Flow, flow
from cnncalc.graph import Graph
from cnncalc.layers.shapes import BATCH_NAME, ONE_SAMPLE, dims_text
from cnncalc.symbolic.expr import Dim, Expr, substitute, symbols

TOO_SMALL = frozenset({"kernel-too-large", "empty-output", "padding-too-large", "too-few-values"})
AXES = {1: ("L",), 2: ("H", "W"), 3: ("D", "H", "W")}
FARTHEST = 256  # how far from a size the nearest is looked for


def with_smallest_input(
    error: CnncalcError, graph: Graph, again: Callable[[list[tuple[str | None, Source]]], Graph]
) -> CnncalcError:
    """The error, with the inputs that work as a hint where the input is too small, or sizes do not meet.

    `again` reads the spec with other inputs. It is read once more with open sizes, which costs time on the way
    to an error only.
    """
    wanted = {d.code for d in error.diagnostics if wants_input(d)}
    merges = any(is_merge(d) for d in error.diagnostics)
    if graph.inputs and any(", from `" in note for d in error.diagnostics for note in d.notes):
        from cnncalc.language.read.inverted import with_inputs_that_fit

        error = with_inputs_that_fit(error, graph, again)
    if not (wanted & TOO_SMALL or merges) or not graph.inputs:
        return error
    written = [(given.name, given.shape[1:]) for given in graph.inputs]
    shape = written[0][1]
    if wanted & TOO_SMALL and len(shape) == 4 and shape[1] in (1, 3):
        return hinted(error, f"a shape is written without the batch: {dims_text(shape[1:])}")
    if (
        wanted & TOO_SMALL
        and len(written) == 1
        and len(shape) == 3
        and shape[2] in (1, 3, 4)
        and shape[1] not in (1, 3)
    ):
        first = dims_text((shape[2], *shape[:2]))
        if _runs(again, first):
            return hinted(error, f"channels come first: write {first}")
    sizes: dict[str, Dim] = {}
    opened: list[tuple[str | None, Source]] = []
    for name, dims in written:
        names = AXES.get(len(dims) - 1, ())
        texts = [str(dim) for dim in dims]
        for axis, symbol in enumerate(names, 1):
            if sizes.setdefault(symbol, dims[axis]) == dims[axis]:
                texts[axis] = symbol
        opened.append((name, Source("--input", f"({', '.join(texts)},)")))
    try:
        found = flow(again(opened))
        if merges:
            return _with_nearest(error, found, written, sizes)
        from cnncalc.analysis.solve import smallest_sizes

        smallest = smallest_sizes(found, list(sizes))
    except CnncalcError:
        return error
    if smallest is None:
        return error
    text = ", ".join(dims_text(at_sizes(dims, sizes, smallest)) for _, dims in written)
    return hinted(error, f"the smallest input that works is {text}", beside=True)


def _runs(again: Callable[[list[tuple[str | None, Source]]], Graph], shape: str) -> bool:
    try:
        flow(again([(None, Source("--input", shape))]))
    except CnncalcError:
        return False
    return True


def _with_nearest(
    error: CnncalcError, found: Flow, written: Sequence[tuple[str, tuple[Dim, ...]]], sizes: Mapping[str, Dim]
) -> CnncalcError:
    """The error of a merge, with the nearest inputs at which its sizes meet."""
    one = {BATCH_NAME: 1}
    equal = [substitute(r.left - r.right, one) for r in found.requirements]
    least = [substitute(need, one) for need in found.needs]
    if any(len(symbols(value)) > 1 for value in [*equal, *least] if isinstance(value, Expr)):
        return error
    above: dict[str, int] = {}
    below: dict[str, int] = {}
    for name, size in sizes.items():
        if not isinstance(size, int):
            return error
        zero = [value for value in equal if isinstance(value, Expr) and symbols(value) == {name}]
        some = [value for value in least if isinstance(value, Expr) and symbols(value) == {name}]

        def legal(number: int, name: str = name, zero: list[Expr] = zero, some: list[Expr] = some) -> bool:
            at = {name: number}
            return all(substitute(v, at) == 0 for v in zero) and all(substitute(v, at) >= 0 for v in some)  # type: ignore[operator]

        up = next((n for n in range(size, min(2 * size, size + FARTHEST)) if legal(n)), None)
        down = next((n for n in range(size, max(size // 2, size - FARTHEST), -1) if legal(n)), None)
        if up is not None:
            above[name] = up
        if down is not None:
            below[name] = down
    fits = [
        ", ".join(dims_text(at_sizes(dims, sizes, ends)) for _, dims in written)
        for ends in (below, above)
        if len(ends) == len(sizes)
    ]
    given = ", ".join(dims_text(dims) for _, dims in written)
    fits = [text for text in dict.fromkeys(fits) if text != given]
    if not fits:
        return error
    hint = f"the nearest inputs that work are {' and '.join(fits)}" if len(fits) > 1 else f"{fits[0]} works"
    return CnncalcError(
        *(d._replace(hint=f"{d.hint}; {hint}" if d.hint else hint) if is_merge(d) else d for d in error.diagnostics)
    )


def is_merge(diagnostic: Diagnostic) -> bool:
    """Does a layer read several values whose sizes do not meet?"""
    return diagnostic.code == "shape-mismatch" and any(" comes from `" in note for note in diagnostic.notes)


def wants_input(diagnostic: Diagnostic) -> bool:
    """Is something too small, without a hint that says more than which kernel would fit?"""
    fits = diagnostic.code == "kernel-too-large" and ONE_SAMPLE not in diagnostic.notes
    return diagnostic.code in TOO_SMALL and (diagnostic.hint is None or fits)


def hinted(error: CnncalcError, hint: str, beside: bool = False) -> CnncalcError:
    """The error with a hint where something is too small; `beside` the kernel that would fit, or in its place."""
    return CnncalcError(
        *(
            d._replace(hint=f"{hint}; {d.hint} here" if beside and d.hint else hint) if wants_input(d) else d
            for d in error.diagnostics
        )
    )


def at_sizes(dims: tuple[Dim, ...], opened: Mapping[str, Dim], sizes: Mapping[str, int]) -> list[Dim]:
    """A written shape with other sizes in place of those that were opened."""
    names = ("", *AXES.get(len(dims) - 1, [""] * (len(dims) - 1)))
    return [sizes.get(name, dim) if opened.get(name) == dim else dim for name, dim in zip(names, dims)]
