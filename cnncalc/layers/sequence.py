"""What layers on sequences share: which axis is time and which is the batch.

PyTorch's sequence layers take time as axis 0 unless told `batch_first=True`. Under PyTorch's names they do so here,
exactly; a batch that then is where time is taken is warned of. The small-letter names have the batch in front,
as every other layer has.
"""

from __future__ import annotations

from typing import Any

from cnncalc.layers.arguments import arg
from cnncalc.layers.kinds import Bool
from cnncalc.layers.layer import Layer
from cnncalc.layers.shapes import Shape, is_batch, shape_text
from cnncalc.layers.site import Site


def batch_first(*, exact: bool = False) -> Any:
    """The argument that says where the batch is."""
    return arg(
        Bool(exact=exact), True, in_torch=False, help="the batch is axis 0 and time axis 1; else the other way round"
    )


def batch_axis(site: Site, layer: Layer, x: Shape, first: bool) -> int | None:
    """Where the batch is in a sequence: axis 0 or 1 of three; None where two axes hold one sequence alone."""
    name = layer.torch or layer.name
    if len(x) not in (2, 3):
        site.refuse(
            "wrong-rank",
            f"{name} takes sequences, time and features, but {shape_text(x)} arrives",
            hint="unsqueeze and flatten make and merge axes",
        )
    found = batch_as_time(layer, x, first) if is_batch(x[0]) else None
    if found is not None:
        site.warn("batch-not-first", found[0], hint=found[1])
    if len(x) == 2:
        return None
    return 0 if first else 1


def batch_as_time(layer: Layer, x: Shape, first: bool) -> tuple[str, str] | None:
    """What to say, and a hint, where a layer takes the batch, which is axis 0, as time. None where it does not."""
    name = layer.torch or layer.name
    if len(x) == 2:
        return (
            f"{name} takes {shape_text(x, batch=True)} as one sequence without a batch, so that samples are its steps",
            "a sample is time and features: 10x64; `unsqueeze 1` makes it a sequence of one step",
        )
    if not first:
        return (
            f"{name} takes axis 0 of {shape_text(x, batch=True)} as time, where the batch is",
            "write batch_first=True, or bring time to the front by `transpose 0 1`",
        )
    return None


def batch_leads(layer: Layer) -> bool | None:
    """Does a sequence layer, or the one that it is made of, take the batch as axis 0? None for every other layer."""
    model = getattr(layer, "model", None)
    return model()[3] if model else getattr(layer, "batch_first", None)


def same_shape(site: Site, came: Shape, want: Shape, what: str) -> None:
    """A further input has to have the shape that the first one asks for."""
    message = f"{what} has to be {shape_text(want, batch=True)}, but {shape_text(came, batch=True)} arrives"
    if len(came) != len(want):
        site.refuse("shape-mismatch", message)
    for left, right in zip(want, came):
        if left != right:
            site.unequal(left, right, "shape-mismatch", message)


MOST_LAYERS = 10_000


def few_layers(site: Site, layer: Layer, count: int, key: str) -> None:
    """Refuse more layers than any network has, before they take all memory."""
    if count > MOST_LAYERS:
        site.refuse("too-many-parts", f"{layer.name} has at most {MOST_LAYERS:,} layers, not {count:,}", arg=key)
