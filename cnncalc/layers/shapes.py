"""Shapes: tuples of sizes as torch sees them, with the batch in front; and their texts."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TypeAlias

from cnncalc.symbolic.expr import Dim, Expr, product, substitute, symbols

Shape: TypeAlias = tuple[Dim, ...]


Shapes: TypeAlias = tuple[Shape, ...]


Named: TypeAlias = dict[str, Shape]


def shape_text(shape: Shape, batch: bool = False) -> str:
    """A shape as it is written: `3x224x224`. A leading open batch is left out unless asked for."""
    dims = shape[1:] if not batch and shape and is_batch(shape[0]) else shape
    return dims_text(dims)


def dims_text(dims: Sequence[Dim]) -> str:
    """`64x112x112`; where a size is more than a name, `64 x (H + 1)//2 x W`; `scalar` for none."""
    if not dims:
        return "scalar"
    texts = [str(d) for d in dims]
    plain = all(isinstance(d, int) or t.isidentifier() for d, t in zip(dims, texts))
    if plain:
        return "x".join(texts)
    held = [f"({t})" if isinstance(d, Expr) and len(d.terms) > 1 else t for d, t in zip(dims, texts)]
    return " x ".join(held if len(held) > 1 else texts)


BATCH_NAME = "N"


def is_batch(dim: Dim) -> bool:
    """Is this the open batch?"""
    return isinstance(dim, Expr) and str(dim) == BATCH_NAME


def one_sample(dim: Dim) -> Dim:
    """The size for a batch of one, which figures are for while the batch is open."""
    return substitute(dim, {BATCH_NAME: 1}) if BATCH_NAME in symbols(dim) else dim


ONE_SAMPLE = "figures are for one sample, N = 1, while the batch is open"


def rank_hint(name: str, axes: int, x: Shape) -> str | None:
    """The member of the family that fits, or what is missing."""
    arrives = len(x) - 2
    if name.endswith(f"{axes}d") and 1 <= arrives <= 3:
        other = f"for {arrives} spatial {'axis' if arrives == 1 else 'axes'} write {name[:-2]}{arrives}d"
        return f"a shape is written without the batch; {other}" if arrives == axes + 1 and is_batch(x[0]) else other
    if arrives < 1:
        return "there is no spatial axis left to work on"
    return None


def wrapped(x: Shape) -> int:
    """How many axes an axis is counted among where torch takes a scalar for a list of one value.

    Source: c10/core/WrapDimMinimal.h, `wrap_scalar`.
    """
    return max(1, len(x))


def elements(shapes: Mapping[str, Shape]) -> Dim:
    """The number of elements of named shapes together."""
    total: Dim = 0
    for shape in shapes.values():
        total = total + product(shape)
    return total


def keep_axes(kept: Sequence[int], rank: int) -> Iterator[int]:
    """The axes of a rank that are not in `kept`."""
    return (axis for axis in range(rank) if axis not in kept)
