"""The padding by which the branches of a merge would meet. Loaded on the way to an error alone.

Every proposal is worked out with the layers' own rules before it is made, and their number is bounded.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import product
from typing import Any

from cnncalc.diagnostics import listed
from cnncalc.layers.layer import Layer
from cnncalc.layers.shapes import Shape, Shapes, shape_text
from cnncalc.layers.site import Refusal, Site
from cnncalc.named_tuples import NamedTuple

MOST = 15  # padding that is tried
STEPS = 12  # layers of a branch that are looked at


class BranchStep(NamedTuple):
    """A layer of a branch, which has one input and one output."""

    path: str
    layer: Layer


class Branch(NamedTuple):
    """What one input of a merge comes from, as far as it is a chain that is its own."""

    start: Shape
    steps: list[BranchStep]


Change = dict[int, dict[str, tuple[int, ...]]]
"""Other arguments for some steps of a branch."""


def padding_that_fits(merge: Layer, xs: Shapes, branches: Sequence[Branch]) -> str | None:
    """A hint that says which padding makes the inputs of a merge meet; None where none that is usual does."""
    for at, branch in enumerate(branches):
        for change in proposals(branch):
            got = after(branch, change)
            if got is not None and got != xs[at] and meets(merge, (*xs[:at], got, *xs[at + 1 :])):
                return said([(branch, change)], got)
    every = [(branch, kept_size(branch)) for branch in branches]
    gives = [after(branch, change) or x for (branch, change), x in zip(every, xs)]
    if meets(merge, gives):
        return said([one for one, x, got in zip(every, xs, gives) if x != got], gives[0])
    return None


def said(changes: Sequence[tuple[Branch, Change]], got: Shape) -> str:
    """The changes in words: those that are alike together."""
    where: dict[str, list[str]] = {}
    for branch, change in changes:
        for at, given in change.items():
            step = branch.steps[at]
            new = [f"{name}={written(value)}" for name, value in given.items() if getattr(step.layer, name) != value]
            if new:
                where.setdefault(", ".join(new), []).append(step.path)
    each = [f"{words} on {listed(paths)}" for words, paths in where.items()]
    return f"{listed(each)} {'gives' if len(each) == 1 else 'give'} {shape_text(got)}"


def kept_size(branch: Branch) -> Change:
    """The padding that keeps sizes, for all windows of a branch."""
    windows = [(at, step.layer) for at, step in enumerate(branch.steps) if is_window(step.layer)]
    return {at: {"padding": half_of(layer)} for at, layer in windows if not hasattr(layer, "output_padding")}


def proposals(branch: Branch) -> Iterator[Change]:
    """What people write: the padding of one layer, the nearest to the merge first, or of all that lack it."""
    windows = {at: step.layer for at, step in enumerate(branch.steps) if is_window(step.layer)}
    for at in reversed(windows):
        layer = windows[at]
        if hasattr(layer, "output_padding"):
            rank = len(layer.kernel_size)  # type: ignore[attr-defined]
            for each in product(range(max(layer.stride)), repeat=rank):  # type: ignore[attr-defined]
                yield {at: {"output_padding": each}}
            for padding, over in product(range(half_of(layer)[0] + 2), range(max(layer.stride))):  # type: ignore[attr-defined]
                yield {at: {"padding": (padding,) * rank, "output_padding": (over,) * rank}}
    half = kept_size(branch)
    for at in reversed(half):
        yield {at: half[at]}
    yield half
    for at in reversed(half):
        layer = windows[at]
        for padding in range(min(MOST, max(reach_of(layer))) + 1):
            yield {at: {"padding": (padding,) * len(reach_of(layer))}}


def is_window(layer: Layer) -> bool:
    """Does it slide a window, with padding in numbers?"""
    padding, kernel = getattr(layer, "padding", None), getattr(layer, "kernel_size", None)
    return isinstance(kernel, tuple) and isinstance(padding, tuple) and len(padding) == len(kernel)


def reach_of(layer: Any) -> tuple[int, ...]:
    """How far a window reaches after its first position, on each axis."""
    dilation = getattr(layer, "dilation", None) or (1,) * len(layer.kernel_size)
    return tuple([d * (k - 1) for k, d in zip(layer.kernel_size, dilation)])


def half_of(layer: Layer) -> tuple[int, ...]:
    """The padding that keeps a size where the stride is 1 and the kernel odd."""
    return tuple([reach // 2 for reach in reach_of(layer)])


def after(branch: Branch, change: Change) -> Shape | None:
    """What a branch gives with other arguments; None where it does not run."""
    x = branch.start
    try:
        for at, (_, layer) in enumerate(branch.steps):
            if at in change:
                given = {key: getattr(layer, key) for key in layer.arguments}
                layer = type(layer)(**{**given, **change[at]})
                layer.check(Site())
            out = layer.forward(Site(), x)
            if isinstance(out, list):
                return None
            x = out
    except (Refusal, ValueError):
        return None
    return x


def meets(merge: Layer, xs: Sequence[Shape]) -> bool:
    try:
        site = Site()
        merge.forward(site, *xs)
    except Refusal:
        return False
    return not site.conditions


def written(padding: tuple[int, ...]) -> str:
    """The padding as an argument is written."""
    return str(padding[0]) if len(set(padding)) == 1 else f"({', '.join(map(str, padding))})"
