"""How each figure of a layer comes about: its own rules, run on sizes that write themselves down."""

from __future__ import annotations

from typing import Any

from cnncalc.analysis.costs import plain, sample
from cnncalc.analysis.layer_report import LayerReport
from cnncalc.layers.conv import ConvTranspose, spread_out
from cnncalc.layers.kinds import Int, Kind
from cnncalc.layers.layer import Layer
from cnncalc.layers.shapes import Shape
from cnncalc.layers.site import Refusal, Site
from cnncalc.layers.window import Window, extent, window_out, window_out_ceil
from cnncalc.named_tuples import NamedTuple
from cnncalc.symbolic.expr import Dim, product
from cnncalc.symbolic.worked import ATOM, Worked, named

AXES = {1: ("length",), 2: ("height", "width"), 3: ("depth", "height", "width")}


class FigureStep(NamedTuple):
    """One figure, with the sum that gives it."""

    label: str  # height, weight, MACs
    worked: Worked
    before: Worked | None = None  # a part that is worked out first, such as the extent of a dilated kernel

    def to_dict(self) -> dict[str, Any]:
        """The step as the JSON has it: the formula in names, the numbers put in, and what it comes to."""
        result = {"label": self.label, **worked_dict(self.worked)}
        return result if self.before is None else result | {"extent": worked_dict(self.before)}


class Explanation(NamedTuple):
    """All the figures of one layer."""

    layer: LayerReport
    sizes: list[FigureStep]
    params: list[FigureStep]
    buffers: list[FigureStep]
    macs: FigureStep | None
    windows: list[tuple[str, Window, int]]  # axis, window and size, where they can be drawn

    def to_dict(self) -> dict[str, Any]:
        """The sums as the JSON has them, by the figure that they give."""
        return {
            "output": [step.to_dict() for step in self.sizes],
            "params": [step.to_dict() for step in self.params],
            "buffers": [step.to_dict() for step in self.buffers],
            "macs": self.macs.to_dict() if self.macs else None,
        }


def worked_dict(worked: Worked) -> dict[str, Any]:
    """`{"formula": "2*n + 1", "numbers": "2*3 + 1", "value": 7}`; the value of open sizes is an expression."""
    return {"formula": worked.names, "numbers": worked.numbers, "value": plain(worked.value)}


def explain(layer: LayerReport) -> Explanation:
    """The sums behind a layer's figures."""
    xs = [sample(x) for x in layer.xs]
    ys = [sample(y) for y in layer.outputs]
    worked = worked_layer(layer.layer, frozenset(layer.layer.written()))
    named_xs = tuple(named_shape(x, layer.layer, "in", i if len(xs) > 1 else None) for i, x in enumerate(xs))
    named_ys = tuple(named_shape(y, layer.layer, "out", i if len(ys) > 1 else None) for i, y in enumerate(ys))
    params = _counts(worked.params(*named_xs))
    buffers = _counts(worked.buffers(*named_xs))
    macs = 0 if layer.node.train_only else worked.macs(named_xs, named_ys)
    sizes = _window_sizes(layer.layer, xs[0]) if xs else []
    if not sizes and layer.outputs[:1] != layer.xs[:1]:
        sizes = _other_sizes(layer.layer, named_xs)
    windows: list[tuple[str, Window, int]] = []
    if xs:
        found = layer.layer.windows(xs[0])
        first = len(xs[0]) - len(found)
        for axis, (window, label) in enumerate(zip(found, AXES.get(len(found), ()))):
            size = xs[0][first + axis]
            if isinstance(size, int):
                windows.append((label, window, size))
    return Explanation(
        layer,
        sizes,
        params,
        buffers,
        FigureStep("MACs", macs) if isinstance(macs, Worked) else None,
        windows,
    )


def worked_layer(layer: Layer, written: frozenset[str]) -> Layer:
    """The layer with names in place of the numbers of some arguments."""
    values: dict[str, Any] = {}
    for key in layer.arguments:
        value = getattr(layer, key)
        if key in written and isinstance(value, tuple) and all(_is_size(v) for v in value):
            axes = AXES.get(len(value), ()) if layer.ndim else ()
            labels = [f"{key.removesuffix('_size')}_{axis}" for axis in axes] or [
                f"{key}[{i}]" for i in range(len(value))
            ]
            value = tuple(named(key if len(value) == 1 else label, v) for v, label in zip(value, labels))
        elif key in written and _is_size(value) and not _counts_axes(layer.arguments[key].kind):
            value = named(key, value)
        values[key] = value
    return type(layer).unchecked(values)


def _counts_axes(kind: Kind[object]) -> bool:
    """Is this the number of an axis or a position, which can count from the end, and no size?"""
    return isinstance(kind, Int) and kind.least is None


def _is_size(value: Any) -> bool:
    return not isinstance(value, bool) and (isinstance(value, int) or hasattr(value, "terms"))


def named_shape(shape: Shape, layer: Layer, side: str, which: int | None) -> Any:
    """The shape with names; a batch of one stays a number, which products leave out."""
    number = "" if which is None else str(which + 1)
    rank = len(shape)
    labels: list[str]
    if layer.ndim and rank >= layer.ndim + 1:
        axes = list(AXES[layer.ndim])
        labels = [
            *[""] * (rank - layer.ndim - 1),
            f"{side}{number}_channels",
            *(f"{side}{number}_{axis}" for axis in axes),
        ]
    elif layer.torch in ("Linear", "Bilinear"):
        labels = [*(f"{side}[{i}]" for i in range(rank - 1)), f"{side}{number}_features"]
    else:
        labels = [f"{side}{number}[{i}]" for i in range(rank)]
    return tuple(dim if dim == 1 and i == 0 else named(label, dim) for i, (dim, label) in enumerate(zip(shape, labels)))


def _counts(shapes: Any) -> list[FigureStep]:
    steps = []
    for name, shape in shapes.items():
        count = product(shape)
        steps.append(FigureStep(name or "elements", count if isinstance(count, Worked) else named("1", count)))
    return steps


class _Content(Site):
    """A site where everything fits, as it did when the layer was traced."""

    def unequal(self, *_: Any, **__: Any) -> None: ...
    def short(self, *_: Any, **__: Any) -> None: ...
    def divides(self, *_: Any, **__: Any) -> None: ...


def _other_sizes(layer: Layer, xs: Any) -> list[FigureStep]:
    """The output sizes that are sums or products of what came in."""
    try:
        out = layer.forward(_Content(), *xs)
    except Refusal:
        return []  # a size that depends on how a computer rounds has no sum
    if not isinstance(out, list | tuple):
        return []  # as many outputs as an axis is long
    dims: list[Any] = list(out[0] if isinstance(out, list) and out and isinstance(out[0], tuple) else out)
    return [
        FigureStep(f"axis {axis}", dim) for axis, dim in enumerate(dims) if isinstance(dim, Worked) and dim.level < ATOM
    ]


def _window_sizes(layer: Layer, x: Shape) -> list[FigureStep]:
    """The output size on each spatial axis."""
    if isinstance(layer, ConvTranspose):
        return _spread_sizes(layer, x)
    windows = layer.windows(x)
    first = len(x) - len(windows)
    return [
        _window_size(label, window, x[first + axis])
        for axis, (window, label) in enumerate(zip(windows, AXES.get(len(windows), ())))
    ]


def _window_size(label: str, window: Window, size: Dim) -> FigureStep:
    """The rules of `cnncalc.layers.layer`, run on names."""
    kernel, stride = named("kernel_size", window.kernel), named("stride", window.stride)
    reach, before = _extent(kernel, window.dilation)
    left = named("padding", window.left) if window.left == window.right else named("left", window.left)
    right = left if window.left == window.right else named("right", window.right)
    rule_in: Any = named("in", size)
    padding = 2 * left if window.left == window.right else left + right
    out: Any
    if window.ceil:
        ceil: Any = window_out_ceil
        out = ceil(rule_in, left, padding, reach, stride)
    else:
        rule: Any = window_out
        out = rule(rule_in, padding, reach, stride)
    return FigureStep(label, out, before)


def _extent(kernel: Worked, dilation: int) -> tuple[Worked, Worked | None]:
    """The reach of a kernel, and the sum after it where that is more than the kernel's size."""
    if dilation == 1:
        return kernel, None
    rule: Any = extent
    before: Worked = rule(kernel, named("dilation", dilation))
    return named("extent", before.value), before


def _spread_sizes(layer: ConvTranspose, x: Shape) -> list[FigureStep]:
    steps = []
    first = len(x) - len(layer.kernel_size)
    rule: Any = spread_out
    for axis, label in enumerate(AXES[len(layer.kernel_size)]):
        kernel, dilation = named("kernel_size", layer.kernel_size[axis]), layer.dilation[axis]
        reach, before = _extent(kernel, dilation)
        more: Dim = layer.output_padding[axis]
        if layer.output_size is not None:
            usual = spread_out(x[first + axis], extent(layer.kernel_size[axis], dilation), layer.stride[axis], 0, 0)
            more = layer.output_size[axis] - usual + 2 * layer.padding[axis]
        out = rule(
            named("in", x[first + axis]),
            reach,
            named("stride", layer.stride[axis]),
            named("padding", layer.padding[axis]),
            named("output_padding", more) if more else 0,
        )
        steps.append(FigureStep(label, out, before))
    return steps
