"""Where cnncalc and torch differ, each with the cases that it covers: the rows of docs/torch-differences.md."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from cnncalc.layers import Layer
from cnncalc.layers.kinds import Bool, Choice, Either, Int, Ints, Kind, Number, Scales, Sizes, Text
from cnncalc.named_tuples import NamedTuple
from cnncalc.torch_bridge.drawing.draw import Case, Sample, normal


class Figures(NamedTuple):
    """What both say of a case."""

    outputs: list[Sample]
    params: dict[str, Sample]
    buffers: dict[str, Sample]
    flops: int | None  # None where torch has no count

    def __str__(self) -> str:
        return f"outputs {self.outputs}, params {self.params}, buffers {self.buffers}, FLOPs {self.flops}"


def refused_alone(theirs: Figures | str, ours: Figures | str) -> bool:
    """Does torch run what cnncalc refuses?"""
    return isinstance(theirs, Figures) and isinstance(ours, str)


def wrong_type(kind: Kind[object], value: Any) -> bool:
    """Has a value another type than its argument?"""
    if isinstance(kind, Either):
        return all(wrong_type(each, value) for each in kind.kinds)
    if isinstance(value, tuple | list):
        return isinstance(kind, Int | Bool | Number | Choice | Text) or any(wrong_item(kind, item) for item in value)
    return wrong_item(kind, value) or (isinstance(kind, Ints) and kind.listed)


def wrong_item(kind: Kind[object], item: Any) -> bool:
    """The same of one value, or of one in a list."""
    if isinstance(kind, Choice):
        return item not in kind.words
    if isinstance(kind, Bool):
        return not isinstance(item, bool)
    if isinstance(item, str):
        return item not in getattr(kind, "words", ())
    if item is None:
        return not getattr(kind, "none", False)
    if isinstance(item, bool):
        return True
    return isinstance(item, float) and not isinstance(kind, Number | Scales)


def too_small(kind: Kind[object], value: Any) -> bool:
    """Is a number below what an argument can be, or above?"""
    if isinstance(kind, Either):
        return any(too_small(each, value) for each in kind.kinds)
    items = [item for item in (value if isinstance(value, tuple | list) else (value,)) if isinstance(item, int | float)]
    if isinstance(kind, Scales):
        return any(item <= 0 for item in items)
    least, most = getattr(getattr(kind, "item", kind), "least", None), getattr(kind, "most", None)
    return any((least is not None and item < least) or (most is not None and item > most) for item in items)


def kinds(case: Case) -> list[tuple[Kind[object], Any]]:
    """The kind of each argument of a case, and its value."""
    return [(case.layer.arguments[key].kind, value) for key, value in case.arguments.items() if not is_layer(value)]


def is_layer(value: Any) -> bool:
    return isinstance(value, Layer)


def more_than_axes(case: Case) -> bool:
    """Are there values for more axes than a layer has?"""
    axes = case.layer.ndim or 0
    return any(
        isinstance(kind, Sizes | Scales) and isinstance(value, tuple | list) and len(value) > axes > 0
        for kind, value in kinds(case)
    )


def whole_decimals(value: Any) -> bool:
    """Is a whole number written as a decimal, or one in a list?"""
    return any(
        isinstance(item, float) and item.is_integer()
        for item in (value if isinstance(value, tuple | list) else (value,))
    )


DIFFERENCES: dict[str, Callable[[Case, Figures | str, Figures | str], bool]] = {
    "A layer whose output would have no elements": lambda case, theirs, ours: (
        isinstance(theirs, Figures)
        and isinstance(ours, str)
        and (any(0 in out for out in theirs.outputs) or not theirs.outputs)
    ),
    "A value of another type, where torch takes what Python lets it": lambda case, theirs, ours: (
        refused_alone(theirs, ours) and any(wrong_type(kind, value) for kind, value in kinds(case))
    ),
    "A number below or above what an argument can be, where torch does not look": lambda case, theirs, ours: (
        refused_alone(theirs, ours) and any(too_small(kind, value) for kind, value in kinds(case))
    ),
    "Values for more axes than there are, where torch reads the first": lambda case, theirs, ours: (
        refused_alone(theirs, ours) and more_than_axes(case)
    ),
    "A whole number written as a decimal under a name of the language: `topk 2.0`": lambda case, theirs, ours: (
        refused_alone(ours, theirs)
        and case.layer.torch is None
        and any(whole_decimals(value) and wrong_type(kind, value) for kind, value in kinds(case))
    ),
    "`Conv2d(..., padding=(1,))`, one item for several axes": lambda case, theirs, ours: (
        (refused_alone(theirs, ours) or refused_alone(ours, theirs))
        and case.layer.name.startswith("conv")
        and isinstance(case.arguments.get("padding"), tuple | list)
        and len(case.arguments["padding"]) != case.layer.ndim
    ),
    "`AdaptiveAvgPool2d(1)` on an input with too few or too many axes, or without pixels": lambda case, theirs, ours: (
        refused_alone(theirs, ours)
        and case.layer.name.startswith("adaptiveavgpool")
        and (len(case.shapes[0]) != (case.layer.ndim or 0) + 2 or 0 in case.shapes[0])
    ),
    "`CircularPad2d` that crops one side and pads the other by more than is left": lambda case, theirs, ours: (
        refused_alone(theirs, ours)
        and ("circular" in case.layer.name or case.arguments.get("mode") == "circular")
        and any(
            isinstance(value, tuple | list) and any(side < 0 for side in value) for value in case.arguments.values()
        )
    ),
    "Sizes that depend on values: `one_hot -1`, `bincount`": lambda case, theirs, ours: (
        refused_alone(theirs, ours) and case.layer.name in ("one_hot", "bincount")
    ),
    "`F.batch_norm` with a weight that has as many elements in more axes, or in none": lambda case, theirs, ours: (
        refused_alone(theirs, ours)
        and case.layer.name == "F.batch_norm"
        and any(len(shape) != 1 for shape in case.shapes[3:])
    ),
    "Alignment of `grouped_mm`": lambda case, theirs, ours: (
        isinstance(theirs, str) and refused_alone(ours, theirs) and "multiple of 16 bytes" in theirs
    ),
    "`grouped_mm` of two matrices whose summed axes differ": lambda case, theirs, ours: (
        refused_alone(theirs, ours)
        and case.layer.name == "grouped_mm"
        and [len(shape) for shape in case.shapes[:2]] == [2, 2]
        and case.shapes[0][1] != case.shapes[1][0]
    ),
    "`Conv2d` on an image without channels, whose batch torch takes for them": lambda case, theirs, ours: (
        refused_alone(theirs, ours)
        and case.layer.name.startswith("conv")
        and len(case.shapes[0]) == (case.layer.ndim or 0) + 1
        and "needs channels in front of" in str(ours)
    ),
    "Attention over inputs without elements": lambda case, theirs, ours: (
        refused_alone(theirs, ours)
        and ("attention" in case.layer.name or case.layer.name.startswith("transformer"))
        and any(0 in shape for shape in case.shapes)
    ),
}
"""Where cnncalc and torch differ: the rows of docs/torch-differences.md, each with the cases that it covers."""


CRASHES: dict[str, Callable[[Case], bool]] = {
    "Attention of grouped heads over no heads": lambda case: (
        case.layer.name == "scaled_dot_product_attention" and any(0 in shape[:-2] for shape in case.shapes)
    ),
    "`EmbeddingBag(..., include_last_offset=True)` with one offset, which is no bag": lambda case: (
        case.layer.name == "embeddingbag"
        and case.arguments.get("include_last_offset", False)
        and (1,) in case.shapes[1:]
    ),
}
"""Rows of docs/torch-differences.md where torch ends the process, so that these cases are not run in it."""


def cropped_away(case: Case) -> bool:
    """Does a circular padding crop all of an axis before it repeats it?"""
    name = case.layer.name
    if not (name.startswith("circularpad") or (name == "pad" and case.arguments.get("mode") == "circular")):
        return False
    layer: Any = normal(case.layer, case.arguments)
    shape = case.shapes[0]
    return any(shape[axis] + min(left, 0) + min(right, 0) < 1 for axis, left, right in layer.sides(len(shape)))


UNWRITTEN: dict[str, Callable[[Case], bool]] = {
    "Circular padding of an axis of which its other side crops all": cropped_away,
}
"""Rows of docs/torch-differences.md where torch gives memory that it has not written to."""
