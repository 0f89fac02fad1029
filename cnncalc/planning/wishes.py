"""What is wanted, held against many reports: read once, and refused where it contradicts itself."""

from __future__ import annotations

from collections.abc import Sequence

from cnncalc.analysis.expectations import BYTES, OF_LAYER, SHAPES, Court, outside
from cnncalc.analysis.quantities import Bounds, WrittenText, figure_bounds, shape_bounds
from cnncalc.analysis.trace import Report
from cnncalc.diagnostics import CnncalcError, Diagnostic, UsageError
from cnncalc.graph import Expected
from cnncalc.layers.shapes import Shape, dims_text
from cnncalc.named_tuples import NamedTuple
from cnncalc.symbolic.expr import Dim, Expr, symbols


class Measure(NamedTuple):
    """One size or figure, and what it has to be."""

    name: str  # params, output
    subject: str  # "the output is"
    value: Dim
    bounds: Bounds
    axis: int | None  # of a shape
    wish: int  # the index of the wish
    bytes: bool = False  # is it a number of bytes?

    @property
    def distance(self) -> int | None:
        """How far it is off, negative where it is below; None where that is open."""
        low, high, value = self.bounds.low, self.bounds.high, self.value
        if not isinstance(value, int) or isinstance(low, Expr) or isinstance(high, Expr):
            return None
        if low is not None and value < low:
            return value - low
        return value - high if high is not None and value > high else 0


class Measured(NamedTuple):
    """What a report says to all that is wanted."""

    measures: list[Measure]
    shapes: list[tuple[str, Shape]]  # what each wish for a shape found
    wrong_rank: str | None  # a shape has other axes than the wish

    @property
    def holds(self) -> bool:
        """Is all as wanted, at every size of what is open?"""
        return self.wrong_rank is None and all(outside(m.value, m.bounds) is None for m in self.measures)


class Wishes:
    """The conditions of one question."""

    def __init__(self, expected: Sequence[Expected]) -> None:
        self.expected = tuple(expected)
        self.of_each_sample = False  # are shapes wanted without the batch, though that has a size?
        self._read: dict[tuple[int, frozenset[str], int | None], list[Bounds] | list[tuple[Bounds, ...]]] = {}
        for one in self.expected:
            if one.name[0] == "smallest_input":
                message = "smallest_input is worked out of all sizes, and cannot be wanted here"
                raise UsageError(Diagnostic("bad-expectation", message, span=one.key))

    @property
    def of_shapes_alone(self) -> bool:
        """Are outputs all that is wanted?"""
        figures = {*OF_LAYER} - {"output"}
        return all(
            one.name[0] in ("output", "outputs", "layers") and one.name[-1].rpartition(".")[2] not in figures
            for one in self.expected
        )

    @property
    def of_whole_layers(self) -> bool:
        """Is a receptive field or memory wanted, which depend on all that a layer is?"""
        depend = ("receptive_field", *BYTES)
        return any(one.name[0] == "memory" or one.name[-1].endswith(depend) for one in self.expected)

    def names(self, report: Report) -> set[str]:
        """The open sizes that the wishes speak of."""
        found: set[str] = set()
        for measure in self.measured(report).measures:
            for bound in (measure.bounds.low, measure.bounds.high):
                found |= symbols(bound) if bound is not None else set()
        return found

    def measured(self, report: Report) -> Measured:
        """What is wanted beside what is there. Raises UsageError for a wish that cannot be read."""
        court = Court(report, lambda: None)
        measures: list[Measure] = []
        shapes: list[tuple[str, Shape]] = []
        wrong: str | None = None
        for at, one in enumerate(self.expected):
            try:
                kind, subject, value = court.subject(one)
                name = ".".join(one.name)
                if kind not in SHAPES:
                    figure: Dim = value  # type: ignore[assignment]
                    for bounds in self._figure(at, one, court.opened, kind in BYTES):
                        measures.append(Measure(name, subject, figure, bounds, None, at, kind in BYTES))
                    continue
                if not isinstance(value, tuple):
                    message = f"{subject.removesuffix(' is')} is not known"
                    raise CnncalcError(Diagnostic("bad-expectation", message, span=one.key))
                if self.of_each_sample and value and value[0] == report.graph.inputs[0].shape[0]:
                    value = value[1:]
                shapes.append((name, value))
                for axes in self._shape(at, one, court.opened, None if kind == "output" else len(value)):
                    if len(axes) != len(value):
                        wrong = f"{subject} {dims_text(value)}, which has {_axes(len(value))} and not {len(axes)}"
                    else:
                        for axis, (dim, bound) in enumerate(zip(value, axes)):
                            measures.append(Measure(name, subject, dim, bound, axis, at))
            except CnncalcError as error:
                raise UsageError(*error.diagnostics) from None
        return Measured(measures, shapes, wrong)

    def distances(self, shape: Shape) -> list[int] | None:
        """How far an output is off on each axis, where the output is all that is wanted; None where that is open."""
        found: list[int] = []
        for at, one in enumerate(self.expected):
            for axes in self._shape(at, one, frozenset(), None):
                if len(axes) != len(shape):
                    return None
                for axis, (dim, bounds) in enumerate(zip(shape, axes)):
                    distance = Measure("", "", dim, bounds, axis, at).distance
                    if distance is None:
                        return None
                    found.append(distance)
        return found

    def _figure(self, at: int, one: Expected, opened: frozenset[str], bytes: bool) -> list[Bounds]:
        key = (at, opened, None)
        if key not in self._read:
            self._read[key] = figure_bounds(WrittenText(one.text, one.span, opened, bytes))
        return self._read[key]  # type: ignore[return-value]

    def _shape(self, at: int, one: Expected, opened: frozenset[str], rank: int | None) -> list[tuple[Bounds, ...]]:
        key = (at, opened, rank)
        if key not in self._read:
            self._read[key] = shape_bounds(WrittenText(one.text, one.span, opened), rank)
        return self._read[key]  # type: ignore[return-value]

    def refuse_contradictions(self, measured: Measured) -> None:
        """Raises UsageError where two wishes leave no value for one thing."""
        for at, one in enumerate(measured.measures):
            for other in measured.measures[:at]:
                if (one.name, one.axis) != (other.name, other.axis) or not _apart(one.bounds, other.bounds):
                    continue
                first, second = self.expected[other.wish], self.expected[one.wish]
                what = other.name if one.axis is None else f"axis {one.axis} of {other.name}"
                message = f"{what} cannot be both {other.bounds.words} and {one.bounds.words}"
                notes = (f"one is {_shown(first)}", f"the other is {_shown(second)}") if first is not second else ()
                raise UsageError(Diagnostic("contrary-wishes", message, "error", second.span, notes))


def _shown(one: Expected) -> str:
    source = one.span.source
    return f"{source.name} {source.text}"


def _axes(count: int) -> str:
    return "1 axis" if count == 1 else f"{count} axes"


def _apart(a: Bounds, b: Bounds) -> bool:
    """Does no number keep both?"""
    for low, high in ((a.low, b.high), (b.low, a.high)):
        if isinstance(low, int) and isinstance(high, int) and low > high:
            return True
    return False
