"""The figures of a network over a grid of sizes and arguments."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from itertools import product
from math import prod
from typing import TYPE_CHECKING, Any

from cnncalc.analysis.costs import STATUS, Costs
from cnncalc.analysis.expectations import FIGURES, NAMES, SHAPES, Court, of_bytes
from cnncalc.analysis.quantities import WrittenText, figure_bounds, shape_bounds
from cnncalc.analysis.trace import Report, trace
from cnncalc.analysis.wanted import condition
from cnncalc.diagnostics import CnncalcError, Diagnostic, Source, Span, UsageError, listed, nearest
from cnncalc.given import described, plain_text, refused
from cnncalc.graph import Expected, Graph
from cnncalc.language.run.scope import is_open_name
from cnncalc.named_tuples import NamedTuple
from cnncalc.planning.grid import Forms, points
from cnncalc.planning.pareto import front, read_goals
from cnncalc.planning.ranges import Number, Range, decimal_text, read_free
from cnncalc.symbolic.expr import Dim, Expr

if TYPE_CHECKING:
    from cnncalc.analysis.memory.report import MemoryOptions

MOST = 20_000_000
"""Points of a sweep, whose rows are written as they come."""
MOST_KEPT = 5_000_000
"""Rows that are held in memory to be put in order."""
MOST_NETWORKS = 20_000
"""Values of arguments together, each of which is a network to be built."""
USUAL = ("output", "params", "macs", "flops", "activations")
"""The columns of a sweep that asks for none."""


class Axis(NamedTuple):
    """A name that changes, with its values in order."""

    name: str
    values: Range
    place: Span


class SweepRequest(NamedTuple):
    """What is asked of a sweep, as the caller wrote it."""

    over: Sequence[str]  # H=128:256:32
    where: Sequence[str] = ()  # params <= 5M
    columns: Sequence[str] = ()
    sort: str | None = None  # a column; with - before it the largest comes first
    top: int | None = None
    pareto: str | None = None  # params,macs


class Block(NamedTuple):
    """Rows as columns of one length, by name."""

    columns: dict[str, list[Any]]

    @property
    def length(self) -> int:
        return len(next(iter(self.columns.values())))


class Tally:
    """What became of the points of a sweep, complete when all rows have been taken."""

    def __init__(self, points: int) -> None:
        self.points = points
        self.done = 0
        self.rows = 0
        self.illegal = 0  # the network does not run at them
        self.outside = 0  # they do not keep what --where asks
        self.first_refusal: Diagnostic | None = None
        self.smallest: dict[str, int] | None = (
            None  # sizes that the network runs at, where there are some that it does not
        )
        self.status = "exact"  # what the MACs are, in the worst of the networks

    def notes(self) -> list[str]:
        """What is to be said beside the rows."""
        found = []
        if self.illegal:
            sizes = ", ".join(f"{name} = {size}" for name, size in (self.smallest or {}).items())
            why = f"; the smallest input is {sizes}" if sizes else ""
            why = f": {self.first_refusal.message}" if self.first_refusal else why
            found.append(f"the network does not run at {_points(self.illegal)} of {self.points:,}{why}")
        if self.status != "exact":
            found.append("MACs and FLOPs are at least these, as the network has layers that are not counted")
        if self.outside and not self.rows:
            found.append(f"none of the {_points(self.points)} keeps the conditions")
        return found


def _points(count: int) -> str:
    return "1 point" if count == 1 else f"{count:,} points"


class Sweep:
    """A grid of figures, worked out as its rows are taken.

    Rows are dictionaries; those of one choice of arguments come together, the last open size changing first.

    >>> from cnncalc import sweep
    >>> found = sweep("3xHxW -> conv 8 k3 s2", over={"H": "32:34", "W": [32]}, columns=["output", "macs"])
    >>> for row in found: print(row)
    {'H': 32, 'W': 32, 'output': '8x15x15', 'macs': 48600}
    {'H': 33, 'W': 32, 'output': '8x16x15', 'macs': 51840}
    {'H': 34, 'W': 32, 'output': '8x16x15', 'macs': 51840}
    """

    def __init__(self, networks: Networks, axes: Sequence[Axis], asked: SweepRequest) -> None:
        self.asked = asked
        self.axes = tuple(axes)
        self.sizes, self.arguments = networks.split(self.axes)
        self.networks = networks
        self.columns = (*(axis.name for axis in self.axes), *(asked.columns or USUAL))
        """The names of the columns, in order."""
        count = prod(axis.values.count for axis in self.axes)
        kept = asked.sort or asked.top is not None or asked.pareto
        _check_count(count, MOST_KEPT if kept else MOST, self.axes)
        _check_count(prod(axis.values.count for axis in self.arguments), MOST_NETWORKS, self.arguments, "networks")
        self.tally = Tally(count)
        self.goals = read_goals(asked.pareto, self._known_column) if asked.pareto else ()
        self.order = asked.sort.removeprefix("-") if asked.sort else None
        if self.order:
            self._known_column(self.order, "--sort")
        self._wanted = [_Column(name) for name in self._worked_out()]
        self._conditions = [condition(text, "--where") for text in asked.where]
        self._check_first()

    # Rows

    def __iter__(self) -> Iterator[dict[str, Any]]:
        for block in self.blocks():
            for values in zip(*block.columns.values()):
                yield dict(zip(block.columns, values))

    @property
    def rows(self) -> list[dict[str, Any]]:
        """All rows, as `pandas.DataFrame` takes them."""
        return list(self)

    def to_dict(self, progress: Callable[[int, int], None] = lambda done, of: None) -> dict[str, Any]:
        """The rows as the JSON has them, and how many points have none."""
        rows = [
            dict(zip(block.columns, row)) for block in self.blocks(progress) for row in zip(*block.columns.values())
        ]
        tally = self.tally
        return {
            "columns": list(self.columns),
            "status": tally.status,
            "points": tally.points,
            "illegal": tally.illegal,
            "outside": tally.outside,
            "rows": rows,
        }

    def every(self) -> Iterator[Block]:
        """The rows that keep the conditions, those that others beat among them, as blocks of columns."""
        self.tally = Tally(self.tally.points)
        return self._found(lambda done, of: None)

    def blocks(self, progress: Callable[[int, int], None] = lambda done, of: None) -> Iterator[Block]:
        """The rows as blocks of columns: each as it is worked out, or all in one where they are to be put in order."""
        self.tally = Tally(self.tally.points)
        found = self._found(progress)
        if self.order is None and not self.goals:
            yield from self._first_of(found)
            return
        merged: dict[str, list[Any]] = {}
        for block in found:
            for name, column in block.columns.items():
                merged.setdefault(name, []).extend(column)
        rows = list(range(len(next(iter(merged.values()), []))))
        if self.goals:
            rows = front([(merged[goal.name], goal.largest) for goal in self.goals], rows)
        if self.order is not None:
            key = merged.get(self.order, [])
            rows.sort(key=key.__getitem__, reverse=(self.asked.sort or "").startswith("-"))
        rows = rows[: self.asked.top]
        self.tally.rows = len(rows)
        yield Block({name: [merged[name][row] for row in rows] if merged else [] for name in self.columns})

    def _first_of(self, found: Iterator[Block]) -> Iterator[Block]:
        left = self.asked.top
        for block in found:
            if left is not None:
                block = Block({name: column[:left] for name, column in block.columns.items()})
                left -= block.length
            self.tally.rows += block.length
            yield Block({name: block.columns[name] for name in self.columns})
            if left == 0:
                return

    def _found(self, progress: Callable[[int, int], None]) -> Iterator[Block]:
        """The rows that run and keep the conditions, in the order of the grid."""
        tally = self.tally
        numbers = {axis.name: [int(size) for size in axis.values] for axis in self.sizes}
        each = prod(map(len, numbers.values()))
        for chosen in product(*(axis.values for axis in self.arguments)):
            choice = {axis.name: value for axis, value in zip(self.arguments, chosen)}
            try:
                report = self.networks.report(choice)
                forms, bounds = self._forms(report)
            except CnncalcError as error:
                tally.illegal += each
                tally.done += each
                tally.first_refusal = tally.first_refusal or error.diagnostics[0]
                continue
            tally.status = max(tally.status, report.totals.status, key=STATUS.index)
            for part in points(Forms(forms, report.flow.needs, _equal(report), bounds), numbers):
                if part.illegal and not tally.smallest:
                    tally.smallest = report.smallest_input
                tally.illegal += part.illegal
                tally.outside += part.outside
                kept = len(part.values[0]) if part.values else 0
                tally.done += kept + part.illegal + part.outside
                columns: dict[str, list[Any]] = dict(zip(numbers, part.sizes))
                columns |= {name: [_shown(value)] * kept for name, value in choice.items()}
                at = 0
                for column in self._wanted:
                    width = abs(column.width)
                    columns[column.name] = column.shown(part.values[at : at + width])
                    at += width
                yield Block(columns)
                progress(tally.done, tally.points)

    # What is worked out

    def _worked_out(self) -> list[str]:
        """The columns that are figures; those that are sorted by are worked out and may not be shown."""
        names = [axis.name for axis in self.axes]
        more = [*([self.order] if self.order else []), *(goal.name for goal in self.goals)]
        return [name for name in dict.fromkeys([*self.columns, *more]) if name not in names]

    def _forms(self, report: Report) -> tuple[list[Dim], list[tuple[Dim, int | None, int | None]]]:
        """The values of each column, an axis of a shape being a value; and the conditions as bounds."""
        left = sorted(set(report.symbols) - {axis.name for axis in self.sizes})
        if left:
            message = f"{listed(left)} {'is' if len(left) == 1 else 'are'} open, and nothing says what to put in"
            hint = f"--over {left[0]}=128:256:32, or --set {left[0]}=224"
            raise UsageError(Diagnostic("open-size", message, hint=hint))
        court = Court(report, lambda: None)
        forms: list[Dim] = []
        for column in self._wanted:
            value = _subject(court, column.name)
            column.width = len(value) if isinstance(value, tuple) else -1
            forms += value if isinstance(value, tuple) else [value]
        bounds: list[tuple[Dim, int | None, int | None]] = []
        names = {axis.name for axis in self.sizes}
        for one in self._conditions:
            value = _of_axis(one, names) or _subject(court, ".".join(one.name), one)
            written = WrittenText(one.text, one.span, bytes=of_bytes(one.name))
            if isinstance(value, tuple):
                for axes in shape_bounds(written, None if one.name[-1] == "output" else len(value)):
                    if len(axes) != len(value):
                        bounds.append((1, 0, 0))  # another number of axes is another shape
                    else:
                        bounds += [(dim, _number(b.low, one), _number(b.high, one)) for dim, b in zip(value, axes)]
            else:
                bounds += [(value, _number(b.low, one), _number(b.high, one)) for b in figure_bounds(written)]
        return forms, bounds

    def _known_column(self, name: str, option: str) -> None:
        names = [axis.name for axis in self.axes]
        if name not in names:
            _check_column(name, option, names)
            figure = name in FIGURES or name.partition(".")[0] in ("layers", "memory")
            if name.rpartition(".")[2] in SHAPES or not figure:
                raise _wrong(option, f"{name} is a shape, and has no order", f"there are {listed(list(FIGURES))}")

    def _check_first(self) -> None:
        """Refuse at once what is wrong at every point: an unknown column or condition, or a wrong network."""
        names = [axis.name for axis in self.axes]
        for name in self.asked.columns:
            _check_column(name, "--columns", names)
        first: CnncalcError | None = None
        arguments = {axis.name for axis in self.arguments}
        for one in self._conditions:
            if one.name[0] in arguments:
                message = f"--where asks for figures and sizes, and {one.name[0]} is an argument"
                raise UsageError(Diagnostic("bad-option", message, span=one.key, hint=f"--over {one.name[0]}=RANGE"))
        for count, chosen in enumerate(product(*(axis.values for axis in self.arguments))):
            try:
                report = self.networks.report({axis.name: value for axis, value in zip(self.arguments, chosen)})
                self._forms(report)
                break
            except UsageError:
                raise
            except CnncalcError as error:
                if any(d.code in ("bad-expectation", "unknown-key", "unknown-path") for d in error.diagnostics):
                    raise
                first = first or error
                if count >= 20:  # the rest is tried as its rows are asked for
                    break
        else:
            if first is not None:
                raise first


class _Column:
    """A column that is worked out."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.width = -1  # axes of its shape in the network at hand; -1 for a figure
        self._texts: dict[tuple[int, ...], str] = {}

    def shown(self, values: list[list[int]]) -> list[Any]:
        """A figure as it is; a shape as text."""
        if self.width < 0:
            return values[0]
        known = self._texts
        found = []
        for shape in zip(*values):
            text = known.get(shape)
            if text is None:
                text = known[shape] = "x".join(map(str, shape))
            found.append(text)
        return found


class Networks:
    """A spec whose arguments change: a network for each of their values."""

    def __init__(
        self, parse: Callable[[Mapping[str, str]], Graph], convention: str, memory: MemoryOptions | None = None
    ) -> None:
        self.parse = parse
        self.memory = memory  # which is meant where memory is a column or a condition
        self.convention = convention
        self._costs: Costs = {}
        self._places: dict[str, Span] = {}  # where each name that changes is written
        self._last: tuple[Mapping[str, Any], Report] | None = None

    def split(self, axes: Sequence[Axis]) -> tuple[list[Axis], list[Axis]]:
        """The axes that are open sizes, and those that are arguments. Raises UsageError for a name that is neither."""
        self._places = {axis.name: axis.place for axis in axes}
        try:
            opened = set(self.report({}).symbols)
        except CnncalcError:  # an argument without a default, perhaps
            opened = {axis.name for axis in axes if is_open_name(axis.name)}
        sizes = [axis for axis in axes if axis.name in opened]
        arguments = [axis for axis in axes if axis.name not in opened]
        for axis in arguments:
            if is_open_name(axis.name):
                message = f"{axis.name} is no open size of the network"
                there = f"there are {listed(sorted(opened))}" if opened else f"-i 3x{axis.name}x{axis.name} opens one"
                raise UsageError(Diagnostic("unknown-name", message, span=axis.place, hint=there))
        for axis in axes:
            if axis.name != "batch" and axis not in sizes:
                continue
            if not axis.values.numeric or any(isinstance(p.first, bool) or p.first < 1 for p in _steps(axis.values)):
                message = f"{axis.name} takes whole numbers from 1"
                raise UsageError(Diagnostic("bad-range", message, span=axis.place, hint=f"{axis.name}=128:256:32"))
            if any(p.first.denominator != 1 or p.step.denominator != 1 for p in _steps(axis.values)):
                message = f"{axis.name} takes whole numbers"
                raise UsageError(Diagnostic("bad-range", message, span=axis.place, hint=f"{axis.name}=128:256:32"))
        return sizes, arguments

    def _placed(self, diagnostic: Diagnostic) -> Diagnostic:
        """An error about a value, at the place where the sweep names what takes it."""
        span = diagnostic.span
        name = span.source.text.partition("=")[0] if span and span.source.name == "--set" else ""
        return diagnostic._replace(span=self._places[name]) if name in self._places else diagnostic

    def report(self, choice: Mapping[str, Number | str]) -> Report:
        """The figures with these arguments, the last of which are kept. Raises CnncalcError."""
        if self._last is None or self._last[0] != choice:
            try:
                graph = self.parse({name: decimal_text(value) for name, value in choice.items()})
            except CnncalcError as error:
                raise type(error)(*[self._placed(diagnostic) for diagnostic in error.diagnostics]) from None
            report = trace(graph, chosen=self.convention, costs=self._costs)
            report.asked = self.memory
            self._last = (dict(choice), report)
        return self._last[1]


def read_axes(over: Sequence[str]) -> list[Axis]:
    """`H=128:256:32` for each axis. Raises UsageError."""
    found: dict[str, Axis] = {}
    for text in over:
        name, values, place = read_free(text, "--over")
        if values is None:
            hint = f"--over {name}=128:256:32"
            raise UsageError(Diagnostic("bad-range", f"--over {name} has no values", span=place, hint=hint))
        if name in found:
            raise UsageError(
                Diagnostic("bad-option", f"--over {name} is given twice", span=place, hint="leave one out")
            )
        found[name] = Axis(name, values, place)
    if not found:
        raise UsageError(Diagnostic("bad-option", "a sweep needs something to change", hint="--over H=128:256:32"))
    return list(found.values())


def of_choice(set: Mapping[str, object], batch: int | None, choice: Mapping[str, str]) -> dict[str, Any]:
    """A choice of values as keywords for reading a spec: `batch` is the number of samples, the rest are arguments."""
    values = {**set, **choice}
    samples = values.pop("batch", None) if "batch" in choice else None
    return {"set": values, "batch": batch if samples is None else int(str(samples))}


def over_texts(over: object) -> tuple[str, ...]:
    """What a call gives for its axes, as the command line has it. Raises UsageError."""
    if not isinstance(over, Mapping):
        raise refused(f"over is a dictionary, not {described(over)}", 'over={"H": "128:256:32"}')
    return tuple(f"{plain_text('a name in over', name)}={_values_text(name, values)}" for name, values in over.items())


def _values_text(name: str, values: object) -> str:
    if isinstance(values, str):
        return values
    if isinstance(values, range) and values.step > 0 and values:
        return f"{values[0]}:{values[-1]}:{values.step}"
    if isinstance(values, Iterable):
        return ",".join(str(value) for value in values)
    raise refused(f"over has {described(values)} for {name}", f'over={{"{name}": [128, 256]}}, or a text such as "1:8"')


def _steps(values: Range) -> list[Any]:
    return [part for part in values.parts if not isinstance(part, str)]


def _check_count(count: int, most: int, axes: Sequence[Axis], what: str = "points") -> None:
    if count > most:
        sizes = " * ".join(f"{axis.values.count:,}" for axis in axes)
        sum_ = f" ({sizes})" if len(axes) > 1 else ""
        message = f"this is {count:,} {what}{sum_}, and a sweep takes {most:,}"
        raise UsageError(Diagnostic("limit", message, hint="take larger steps: a:b:step"))


def _check_column(name: str, option: str, axes: Sequence[str]) -> None:
    first = name.partition(".")[0]
    known = [*axes, *(key for key in NAMES if key != "smallest_input")]
    if first not in known:
        near = nearest(first, known)
        hint = f"did you mean {near[0]}?" if near else f"there are {listed(known)}"
        raise _wrong(option, f"there is no column {name}", hint)


def _wrong(option: str, message: str, hint: str) -> UsageError:
    return UsageError(Diagnostic("unknown-option", f"{option}: {message}", hint=hint))


def _subject(court: Court, name: str, one: Expected | None = None) -> Dim | tuple[Dim, ...]:
    """A figure or shape of a report by its name. Raises CnncalcError."""
    source = Source("--columns", name)
    place = Span(source, 0, len(name))
    _, subject, value = court.subject(one or Expected(tuple(name.split(".")), "", place, place))
    if value is None:
        raise CnncalcError(Diagnostic("unknown-key", f"{subject.removesuffix(' is')} was not found", span=place))
    return value


def _of_axis(one: Expected, names: set[str]) -> Dim | None:
    if len(one.name) == 1 and one.name[0] in names:
        from cnncalc.symbolic.expr import symbol

        return symbol(one.name[0])
    return None


def _number(bound: Dim | None, one: Expected) -> int | None:
    if isinstance(bound, Expr):
        raise CnncalcError(
            Diagnostic("bad-expectation", f"{one.text} is no number", span=one.span, hint='write "params <= 5M"')
        )
    return bound


def _equal(report: Report) -> list[tuple[Dim, Dim]]:
    return [(one.left, one.right) for one in report.flow.requirements]


def _shown(value: Number | str) -> int | float | str:
    """A value of an argument as a row has it: a decimal is the nearest float."""
    return value if isinstance(value, int | str) else float(value)
