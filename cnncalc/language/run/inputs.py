"""The shape of an input, as a spec has it."""

from __future__ import annotations

from collections.abc import Sequence

from cnncalc.diagnostics import CnncalcError, Diagnostic, Span
from cnncalc.graph import BATCH
from cnncalc.language.run.scope import Asked
from cnncalc.layers.kinds import Value, Word
from cnncalc.layers.shapes import BATCH_NAME, Shape
from cnncalc.symbolic.expr import Dim, Expr, symbol, symbols


def input_shape(dims: tuple[Value, ...], span: Span | None, batch: Dim | None, *, batchless: bool = False) -> Shape:
    """A written shape, complete with the batch. A size that is to be found is an open one, with a name of its own."""
    if not batchless and len(dims) > 2 and str(dims[0]) == "B" and (str(dims[1]) == "C" or dims[1] in (1, 3, 4)):
        sample = "x".join(map(str, dims[1:]))
        message = "B is an open size here, and comes where a sample has its channels"
        raise CnncalcError(Diagnostic("bad-shape", message, span=span, hint=f"without the batch, write {sample}"))
    sizes: list[Dim] = []
    for at, dim in enumerate(dims):
        if isinstance(dim, Asked):
            dim = symbol(dim.name or free_name(dims, at))
        if isinstance(dim, Word) or not isinstance(dim, int | Expr) or isinstance(dim, bool):
            raise CnncalcError(
                Diagnostic("bad-shape", f"{dim} is no size", span=span, hint="sizes are numbers or open names: 3xHxW")
            )
        if isinstance(dim, int) and dim < 0:
            raise CnncalcError(Diagnostic("bad-shape", f"a size is 0 or more, not {dim}", span=span))
        if BATCH_NAME in symbols(dim) and not batchless:
            raise CnncalcError(
                Diagnostic(
                    "bad-shape",
                    "N is the batch, which comes in front of every shape already",
                    span=span,
                    hint="write one sample, 3x224x224, and --batch for a number",
                )
            )
        sizes.append(dim)
    return tuple(sizes) if batchless else (BATCH if batch is None else batch, *sizes)


AXES = "DHW"
"""What the last axes of a shape are called."""


def free_name(dims: Sequence[Value], at: int) -> str:
    """A name for a size that has none: H and W for an image, L for a sequence, C for its channels."""
    last = len(dims) - 1
    name = "L" if last < 2 and at == last else "C" if at == 0 else AXES[at - last - 1 :][:1] if last - at < 3 else "T"
    taken = {name for dim in dims if isinstance(dim, Expr) for name in symbols(dim)}
    return (
        name if name not in taken else next(f"{name}{n}" for n in range(1, len(dims) + 2) if f"{name}{n}" not in taken)
    )
