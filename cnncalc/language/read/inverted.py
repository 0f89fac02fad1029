"""A hint for a linear after a flatten that another number of features arrives at: the inputs that give what it has."""

from __future__ import annotations

from collections.abc import Callable

from cnncalc.diagnostics import CnncalcError, Diagnostic, Source
from cnncalc.flow import flow
from cnncalc.graph import Graph
from cnncalc.layers.shapes import BATCH_NAME, dims_text
from cnncalc.symbolic.expr import Dim, substitute, symbols
from cnncalc.symbolic.sets import Sizes, nonnegative, zeros

SIDE = "H"
NEAR = 4  # inputs are at most so many times as large as the one that is given, or as small

Again = Callable[[list[tuple[str | None, Source]]], Graph]


def fits_other_features(diagnostic: Diagnostic) -> bool:
    """Do other features arrive than a linear has, through a flatten?"""
    return diagnostic.code == "channel-mismatch" and any(", from `" in note for note in diagnostic.notes)


def with_inputs_that_fit(error: CnncalcError, graph: Graph, again: Again) -> CnncalcError:
    """The error, with the inputs at which all of the network fits, where these are square as the given one is.

    `again` reads the spec with other inputs: once with an open size, and once to try what is said.
    """
    wrong = [one for one in error.diagnostics if fits_other_features(one)]
    if len(wrong) != 1 or len(graph.inputs) != 1:
        return error
    given = graph.inputs[0].shape[1:]
    sides = given[1:]
    if not sides or not all(isinstance(side, int) and side == sides[0] for side in sides):
        return error
    name = graph.inputs[0].name
    found = sizes_that_fit(again, name, given[0], len(sides))
    if found is None:
        return error
    side = int(sides[0])  # type: ignore[arg-type]
    nearest = min(
        (
            n
            for n in (found.smallest(side), before(found, side))
            if n is not None and side <= NEAR * n <= NEAR**2 * side
        ),
        key=lambda n: abs(n - side),
        default=None,
    )
    if nearest is None:
        return error
    low, high = run_around(found, nearest)
    shapes = list(dict.fromkeys(dims_text((given[0], *[n] * len(sides))) for n in (low, high)))
    try:
        for shape in shapes:
            flow(again([(name, Source("--input", shape))]))
    except CnncalcError:
        return error
    inputs = f"an input of {shapes[0]} fits" if len(shapes) == 1 else f"inputs of {' to '.join(shapes)} fit"
    changed = {one: one._replace(hint=f"{one.hint}; {inputs}" if one.hint else f"{inputs} it") for one in wrong}
    return CnncalcError(*(changed.get(one, one) for one in error.diagnostics))


def sizes_that_fit(again: Again, name: str, channels: Dim, rank: int) -> Sizes | None:
    """The sides of a square input at which the network runs; None where that is not decided."""
    shape = ", ".join([str(channels), *[SIDE] * rank])
    try:
        found = flow(again([(name, Source("--input", f"({shape},)"))]))
    except CnncalcError:
        return None
    one = {BATCH_NAME: 1}
    wanted = [(substitute(need, one), False) for need in found.needs]
    wanted += [(substitute(each.left - each.right, one), True) for each in found.requirements]
    sizes: Sizes | None = Sizes.every(SIDE)
    for value, equation in wanted:
        more = (zeros if equation else nonnegative)(value, SIDE) if symbols(value) <= {SIDE} else None
        sizes = sizes.both(more) if sizes is not None and more is not None else None
        if sizes is None:
            return None
    return sizes


def before(sizes: Sizes, side: int) -> int | None:
    """The largest of the sizes below one."""
    return next((n for n in range(side - 1, max(0, side // NEAR - 1), -1) if sizes.has(n)), None)


def run_around(sizes: Sizes, side: int) -> tuple[int, int]:
    """The sizes without a gap around one of them."""
    low = high = side
    while sizes.has(low - 1):
        low -= 1
    while sizes.has(high + 1) and high < 2 * side:
        high += 1
    return low, high
