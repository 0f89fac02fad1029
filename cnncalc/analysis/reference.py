"""What can be said of a layer for its readers, found out from the layer itself.

Its example is run; its own rules give the parameters, buffers and MACs in names; and what it refuses is what
it does refuse when the example is changed, in the words that it uses.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from cnncalc.analysis.costs import sample
from cnncalc.analysis.explain import named_shape, worked_layer
from cnncalc.analysis.layer_report import LayerReport
from cnncalc.analysis.trace import Report, trace
from cnncalc.language.read.reader import read
from cnncalc.language.run.bind import choices
from cnncalc.layers.kinds import Bool, Value, Wrong, said
from cnncalc.layers.layer import Layer
from cnncalc.layers.shapes import Named, Shape, Shapes, shape_text
from cnncalc.layers.site import Refusal, Site
from cnncalc.named_tuples import NamedTuple
from cnncalc.symbolic.expr import Dim, product
from cnncalc.symbolic.worked import Worked


class ReferenceTensor(NamedTuple):
    """A parameter or buffer, with its shape in names."""

    name: str
    sizes: tuple[str, ...]
    elements: Dim  # how many in the example
    when: str  # `unless bias=no`, `with affine=yes`; empty where it is always there


class Refused(NamedTuple):
    """A change of the example that the layer refuses."""

    argument: str  # groups=2; empty where it is not changed
    shapes: str  # 3x1x1, what comes in; empty where it is not changed
    code: str
    message: str


class Reference(NamedTuple):
    """A layer with all that its class does not state in words."""

    member: type[Layer]
    example: str
    report: Report
    layer: LayerReport  # the call of it in the example
    params: list[ReferenceTensor]
    buffers: list[ReferenceTensor]
    macs: Worked | None  # in names; None where there are none
    refused: list[Refused]


def reference(member: type[Layer]) -> Reference:
    """The layer as its example shows it. Raises CnncalcError where the example does not run."""
    example = member.shown_example()
    report = trace(read(example))
    calls = [layer for layer in report.layers if isinstance(layer.layer, member.__bases__[0])]
    call = calls[-1]
    xs, ys = tuple(map(sample, call.xs)), tuple(map(sample, call.outputs))
    worked = worked_layer(call.layer, frozenset(call.layer.arguments))
    named_xs = tuple(named_shape(x, call.layer, "in", i if len(xs) > 1 else None) for i, x in enumerate(xs))
    named_ys = tuple(named_shape(y, call.layer, "out", i if len(ys) > 1 else None) for i, y in enumerate(ys))
    macs: Any = worked.macs(named_xs, named_ys)
    return Reference(
        member,
        example,
        report,
        call,
        _tensors(worked, "params", named_xs),
        _tensors(worked, "buffers", named_xs),
        macs if isinstance(macs, Worked) else None,
        list(_refused(call.layer, call.xs)),
    )


def _tensors(layer: Layer, rule: str, xs: Any) -> list[ReferenceTensor]:
    """The parameters or buffers in names, and which `yes` or `no` they depend on."""
    given: Named = getattr(layer, rule)(*xs)
    unless: dict[str, str] = {}
    more: dict[str, ReferenceTensor] = {}
    for key, argument in layer.arguments.items():
        if not isinstance(argument.kind, Bool):
            continue
        given_values = {name: getattr(layer, name) for name in layer.arguments}
        other = type(layer).unchecked(given_values | {key: not given_values[key]})
        change = f"{key}={said(getattr(other, key))}"
        found: Named = getattr(other, rule)(*xs)
        for name in given:
            if name not in found:
                unless[name] = f"{unless[name]} or {change}" if name in unless else f"unless {change}"
        for name, shape in found.items():
            if name not in given and name not in more:
                more[name] = ReferenceTensor(name, *_names(shape), f"with {change}")
    return [
        *(ReferenceTensor(name, *_names(shape), unless.get(name, "")) for name, shape in given.items()),
        *more.values(),
    ]


def _names(shape: Shape) -> tuple[tuple[str, ...], Dim]:
    """The sizes in names, and how many elements these make."""
    count: Any = product(shape)
    names = tuple(dim.names if isinstance(dim, Worked) else str(dim) for dim in shape)
    return names, count.value if isinstance(count, Worked) else count


# What is refused

VALUES: tuple[Value, ...] = (0, 1, 2, 3, 5, 100, -1, -9, 100_000, True, False, (2, 3), (2, 3, 5), (1, 1))


def _refused(layer: Layer, xs: Shapes) -> Iterator[Refused]:
    """The first change of the example for each thing that the layer refuses; one change before two."""
    seen: set[tuple[str, str | None]] = set()
    arguments, inputs = list(_other_arguments(layer)), list(_other_inputs(xs))
    pairs = [
        *((change, other, xs) for change, other in arguments),
        *(("", layer, shapes) for shapes in inputs),
        *((change, other, shapes) for change, other in arguments for shapes in inputs),
    ]
    for change, other, shapes in pairs:
        site = Site()
        try:
            other.check(site)
            other.forward(site, *shapes)
        except Refusal as refusal:
            finding = refusal.finding
            if (finding.code, finding.arg) not in seen:
                seen.add((finding.code, finding.arg))
                arrives = "" if shapes is xs else " and ".join(map(shape_text, shapes))
                yield Refused(change, arrives, finding.code, finding.message)


def _other_arguments(layer: Layer) -> Iterator[tuple[str, Layer]]:
    """The layer with one argument changed to something that its kind takes."""
    values = {key: getattr(layer, key) for key in layer.arguments}
    for key, argument in layer.arguments.items():
        for written in (*choices(argument.kind), *VALUES):
            try:
                value = argument.kind.read(written, layer.ndim)
            except Wrong:
                continue
            if value != values[key]:
                yield f"{key}={said(written)}", type(layer)(**{**values, key: value})


def _other_inputs(xs: Shapes) -> Iterator[Shapes]:
    """The shapes that come in with one of them changed: other sizes, and axes more or fewer."""
    for i, x in enumerate(xs):
        batch, sizes = x[:1], x[1:]
        changed = [
            *((*batch, *sizes[:axis], size, *sizes[axis + 1 :]) for axis in range(len(sizes)) for size in (1, 5, 0)),
            (*batch, *sizes[:1], *(1 for _ in sizes[1:])),
            x[:-1],
            (*x, 8),
            batch,
        ]
        for other in changed:
            yield (*xs[:i], other, *xs[i + 1 :])
