"""What somebody expects of a network, held against what it comes to."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cached_property
from typing import TYPE_CHECKING

from cnncalc.analysis.layer_report import LayerReport
from cnncalc.analysis.quantities import Bounds, WrittenText, figure_bounds, shape_bounds
from cnncalc.analysis.trace import Report
from cnncalc.diagnostics import CnncalcError, Diagnostic, UsageError, escaped, listed, nearest
from cnncalc.graph import Expected
from cnncalc.layers.shapes import Shape, dims_text
from cnncalc.named_tuples import NamedTuple
from cnncalc.symbolic.expr import Dim, Expr, symbols

if TYPE_CHECKING:
    from cnncalc.analysis.memory.named import Named

FIGURES = {
    "params": "params",
    "trainable": "trainable params",
    "buffers": "buffers",
    "macs": "MACs",
    "flops": "FLOPs",
    "activations": "activations",
}
"""What the totals are called in a sentence."""
NAMES = {
    "output": "the shape of the first output",
    "outputs": "the shapes of outputs, by their names",
    **{name: f"the {said} of the whole network" for name, said in FIGURES.items()},
    "memory": "bytes, in use or as --memory says; or a table of them: peak, weights, saved, of infer and train",
    "receptive_field": "how much of the input the first output sees",
    "smallest_input": "the smallest input that works",
    "layers": "by path: a layer's output shape, or a table of output, params, trainable, macs, memory, receptive_field",
}
"""Everything that can be expected."""
BYTES = ("memory", "saved")
"""Kinds of figures that are bytes."""
SHAPES = ("output", "receptive_field", "smallest_input")
LONG = 200
"""Characters of a closed form in a sentence."""
OF_LAYER = ("output", *FIGURES, *BYTES, "receptive_field")


LARGEST = 2048  # sizes that are tried for a shape that is wanted


class Verdict(NamedTuple):
    """What came of one expectation. It holds where there is no problem."""

    name: str  # params, layers.conv1.output, baseline
    expected: str
    actual: str
    problems: tuple[Diagnostic, ...] = ()

    @property
    def ok(self) -> bool:
        return not self.problems


def of_bytes(name: Sequence[str]) -> bool:
    """Does a name stand for bytes? Its parts may hold dots themselves."""
    first, *rest = ".".join(name).split(".")
    return first == "memory" or (first == "layers" and bool(rest) and rest[-1] in BYTES)


def judge(
    expected: Sequence[Expected], report: Report, smallest: Callable[[], Shape | None] = lambda: None
) -> list[Verdict]:
    """Each expectation against a report. `smallest` finds the smallest input, spatial axes alone.

    >>> import cnncalc
    >>> from cnncalc.diagnostics import Source, Span
    >>> place = Span(Source("", "<= 5M"), 0, 5)
    >>> report = cnncalc.calc("zoo:resnet50")
    >>> judge([Expected(("params",), "<= 5M", place, place)], report)[0].problems[0].message
    'params are 25,557,032, expected at most 5,000,000 (20,557,032 too many, +411 %)'
    """
    court = Court(report, smallest)
    return [court.verdict(one) for one in expected]


def refuse_unreadable(expected: Sequence[Expected]) -> None:
    """Raises UsageError for an expectation that cannot be read, before any network is computed."""
    from re import findall

    problems: dict[tuple[str, str], Diagnostic] = {}
    for one in expected:
        first, last = one.name[0], one.name[-1]
        try:
            if first not in NAMES:
                raise _unknown(one, first, list(NAMES), "there is no expectation called")
            kind = first if first != "layers" else last if last in OF_LAYER else "outputs"
            names = frozenset(findall(r"\b[^\W\d]\w*", one.text))  # which may be those of open sizes
            written = WrittenText(one.text, one.span, names, kind in BYTES)
            if kind in SHAPES:
                shape_bounds(written, 1)
            elif kind != "outputs":
                figure_bounds(written)
        except CnncalcError as error:
            for problem in error.diagnostics:
                if problem.code in ("bad-expectation", "unknown-key"):
                    problems.setdefault((problem.message, one.text), problem)
    if problems:
        raise UsageError(*problems.values())


class Court:
    """A report, against which expectations are held."""

    def __init__(self, report: Report, smallest: Callable[[], Shape | None]) -> None:
        self.report = report
        self.smallest = smallest
        self.layers = {layer.path: layer for layer in report.layers}
        self.opened = frozenset(report.symbols)

    def verdict(self, one: Expected) -> Verdict:
        name = escaped(".".join(one.name))
        try:
            return self.weighed(one, name)
        except CnncalcError as error:
            return Verdict(name, escaped(one.text), "", error.diagnostics)

    def weighed(self, one: Expected, name: str) -> Verdict:
        kind, subject, value = self.subject(one)
        written = WrittenText(one.text, one.span, self.opened, kind in BYTES)
        if kind in SHAPES:
            shape: Shape | None = value if isinstance(value, tuple) else None
            if shape is None:
                message = f"{subject.removesuffix(' is')} was not found"
                raise CnncalcError(Diagnostic("expectation-failed", message, span=one.span))
            rank = None if kind == "output" else len(shape)
            return self.at_legal_sizes(
                _shape_verdict(name, subject, shape, shape_bounds(written, rank), one), shape, one
            )
        figure: Dim = value  # type: ignore[assignment]
        unit = " bytes" if kind in BYTES else ""
        return _figure_verdict(name, subject, figure, figure_bounds(written), one, unit)

    def at_legal_sizes(self, verdict: Verdict, shape: Shape, one: Expected) -> Verdict:
        """The verdict on an open shape, with an example that runs, and with the sizes that give what is wanted."""
        names = sorted(set().union(*map(symbols, shape)))
        least = self.report.smallest_input if verdict.problems and names else None
        if least is None or not set(names) <= set(least):
            return verdict
        from cnncalc.symbolic.scan import evaluator

        wanted = shape_bounds(WrittenText(one.text, one.span, self.opened))[0]
        if len(verdict.problems) > 1 or len(wanted) != len(shape) or not all(_number(bounds) for bounds in wanted):
            return verdict
        sizes = [bounds.low for bounds in wanted]
        at = evaluator(shape)
        message = verdict.problems[0].message.partition(": with ")[0]
        example = {name: least[name] for name in names}
        if (got := at(example)) is not None and list(got) != sizes:
            message += f": with {_sizes(example)} it is {dims_text(got)}"
        hint = None
        if len(names) == 1:
            (name,) = names
            right = [n for n in range(least[name], least[name] + LARGEST) if list(at({name: n}) or ()) == sizes]
            hint = f"it is with {name} = {_numbers(right)}" if right else f"no {name} up to {LARGEST:,} gives it"
        return verdict._replace(problems=(verdict.problems[0]._replace(message=message, hint=hint),))

    @cached_property
    def memory(self) -> Named:
        """The memory of the report, worked out where it is asked for."""
        from cnncalc.analysis.memory.named import Named

        return Named(self.report)

    def subject(self, one: Expected) -> tuple[str, str, Dim | Shape | None]:
        """What an expectation is about: its kind, what a sentence calls it, and its value."""
        first, *rest = one.name
        report = self.report
        if first not in NAMES:
            raise _unknown(one, first, list(NAMES), "there is no expectation called")
        if first == "layers":
            return self.of_layer(one, rest)
        if first == "memory":
            return "memory", *self.memory.figure(rest, one.key)
        if first == "outputs":
            if len(rest) != 1:
                raise _shape_of_nothing(one, "outputs holds names of outputs with shapes", "outputs: {output: 1000}")
            if rest[0] not in report.outputs:
                raise _unknown(one, rest[0], list(report.outputs), "there is no output called")
            return "output", f"the output {rest[0]} is", report.outputs[rest[0]]
        if rest:
            raise _shape_of_nothing(one, f"{first} is one value, not a table", f"{first}: VALUE")
        if first == "output":
            return "output", "the output is", report.output
        if first == "receptive_field":
            field = report.receptive_field
            return first, "the receptive field is", field.size if field else None
        if first == "smallest_input":
            return first, "the smallest input is", self.smallest()
        return first, f"{FIGURES[first]} are", getattr(report.totals, first)

    def of_layer(self, one: Expected, rest: list[str]) -> tuple[str, str, Dim | Shape | None]:
        if not rest:
            raise _shape_of_nothing(one, "layers holds paths with shapes", "layers: {conv1: 64x112x112}")
        # A path may be written with dots, or a level at a time; its last part may be the name of a figure.
        rest = ".".join(rest).split(".")
        path, kind = ".".join(rest), "output"
        if rest[-1] in OF_LAYER and not self.inside(path):
            path, kind = ".".join(rest[:-1]), rest[-1]
        inside = self.inside(path)
        if not inside:
            raise _unknown(one, path, list(self.layers), "there is no layer at the path", "unknown-path")
        if kind == "output":
            return kind, f"the output of {path} is", inside[-1].output
        if kind == "receptive_field":
            field = inside[-1].receptive_field
            return kind, f"the receptive field of {path} is", field.size if field else None
        if kind in BYTES:
            return kind, *self.memory.of_layers(kind, inside, path, one.key)
        total: Dim = 0
        for layer in inside:
            total = total + getattr(layer, kind)
        return kind, f"{FIGURES[kind]} of {path} are", total

    def inside(self, path: str) -> list[LayerReport]:
        """The layer at a path; of a level, its layers, the last of which gives what the level gives."""
        if path in self.layers:
            return [self.layers[path]]
        return [layer for layer in self.report.layers if layer.path.startswith(f"{path}.")]


def _unknown(one: Expected, name: str, names: list[str], message: str, code: str = "unknown-key") -> CnncalcError:
    near = nearest(name, names)
    hint = f"did you mean {near[0]}?" if near else f"there are {listed(names[:12])}" if names else None
    return CnncalcError(Diagnostic(code, f"{message} {name}", span=one.key, hint=hint))


def _shape_of_nothing(one: Expected, message: str, hint: str) -> CnncalcError:
    return CnncalcError(Diagnostic("bad-expectation", message, span=one.key, hint=hint))


# Figures


def _figure_verdict(
    name: str, subject: str, value: Dim, wanted: list[Bounds], one: Expected, unit: str = ""
) -> Verdict:
    expected = " and ".join(bounds.words for bounds in wanted)
    shown = f"{value:,}{unit}" if isinstance(value, int) else shortened(str(value))
    problems = []
    for bounds in wanted:
        wrong = outside(value, bounds)
        if wrong is not None:
            message = f"{subject} {shown}, expected {bounds.words}{wrong}"
            problems.append(Diagnostic("expectation-failed", message, span=one.span, hint=_rounding(value, one.text)))
    return Verdict(name, expected, shown, tuple(problems))


def shortened(form: str) -> str:
    """A closed form that is too long for a sentence, as far as it can be read."""
    return form if len(form) <= LONG else f"{form[:LONG].rpartition(' ')[0]} ..."


def outside(value: Dim, bounds: Bounds) -> str | None:
    """How a figure misses its bounds; None where it keeps them."""
    if bounds.exact:
        assert bounds.low is not None
        return _unequal(value, bounds.low)
    if bounds.low is not None and (wrong := _below(value, bounds.low, "few")) is not None:
        return wrong
    if bounds.high is not None:
        return _below(bounds.high, value, "many")
    return None


def _unequal(value: Dim, wanted: Dim) -> str | None:
    if isinstance(value, int) and isinstance(wanted, int):
        return None if value == wanted else _by(value - wanted, wanted)
    from cnncalc.symbolic.decide import Proved, Witness, equal

    answer = equal(value, wanted)
    if isinstance(answer, Proved):
        return None
    if isinstance(answer, Witness):
        return f": with {_sizes(answer.sizes)} it is {answer.left:,}, not {answer.right:,}"
    return f", which could not be decided ({answer.reason})"


def _below(value: Dim, least: Dim, what: str) -> str | None:
    """How a value falls below another; None where it does at no sizes."""
    if isinstance(value, int) and isinstance(least, int):
        missing = least - value
        wanted = value if what == "many" else least
        return None if missing <= 0 else f" ({missing:,} too {what}{_percent(missing, wanted, what)})"
    from cnncalc.symbolic.decide import always_at_least
    from cnncalc.symbolic.scan import evaluator, tries

    answer = always_at_least(value - least, 0)
    if answer:
        return None
    at = evaluator([value, least])
    for sizes in tries([value, least]):
        got = at(sizes)
        if got and got[0] < got[1]:
            actual, wanted = (got[1], got[0]) if what == "many" else got
            return f": with {_sizes(sizes)} it is {actual:,}" + ("" if _plain(value, least) else f", not {wanted:,}")
    return " at all sizes: it is not" if answer is False else ", which could not be decided for all sizes"


def _plain(value: Dim, least: Dim) -> bool:
    return isinstance(value, int) or isinstance(least, int)


def _sizes(sizes: dict[str, int]) -> str:
    return ", ".join(f"{name} = {size:,}" for name, size in sorted(sizes.items()))


def _by(more: int, wanted: int) -> str:
    what = "many" if more > 0 else "few"
    return f" ({abs(more):,} too {what}{_percent(abs(more), wanted, what)})"


def _percent(by: int, wanted: int, what: str) -> str:
    share = percent_text(by, wanted)
    return f", {'+' if what == 'many' else '-'}{share}" if share else ""


def percent_text(part: int, whole: int) -> str:
    """How much a part is of the whole, in three digits; empty where that says nothing.

    >>> percent_text(1, 3), percent_text(1, 100_000), percent_text(411, 10), percent_text(1, 10**9)
    ('33.3 %', '0.001 %', '4,110 %', '')
    """
    share = 100 * part / whole if whole else 0.0
    return f"{share:,.0f} %" if share >= 100 else f"{share:.3g} %" if share >= 0.001 else ""


def _rounding(value: Dim, text: str) -> str | None:
    """A hint for a rounded figure that was taken for an exact one: `4.09G` for 4,089,184,256."""
    from re import fullmatch

    match = fullmatch(r"(\d+(?:\.(\d+))?)\s*([kKMGT])", text)
    if match is None or not isinstance(value, int):
        return None
    from cnncalc.analysis.quantities import PREFIXES

    half = 10 ** (PREFIXES[match[3]] - len(match[2] or "")) / 2
    if abs(float(match[1]) * 10 ** PREFIXES[match[3]] - value) > half:
        return None
    return f"{text} is taken exactly; write {text} +- 1%, or {value}"


# Shapes


def _shape_verdict(name: str, subject: str, shape: Shape, wanted: list[tuple[Bounds, ...]], one: Expected) -> Verdict:
    shown, parts, problems = dims_text(shape), [], []
    for axes in wanted:
        words = _shape_words(axes)
        parts.append(words)
        wrong: str | None
        if len(axes) != len(shape):
            wrong = f": it has {_count(len(shape))}, not {len(axes)}"
        else:
            wrongs = [w for dim, bounds in zip(shape, axes) if (w := outside(dim, bounds)) is not None]
            # Of two numbers the reader sees the difference; of closed forms the sizes tell it.
            closed = any(isinstance(dim, Expr) for dim in (*shape, *(b.low for b in axes), *(b.high for b in axes)))
            wrong = None if not wrongs else wrongs[0] if closed and not wrongs[0].startswith(" (") else ""
        if wrong is not None:
            message = f"{subject} {shown}, expected {words}{wrong}"
            problems.append(Diagnostic("expectation-failed", message, span=one.span))
    return Verdict(name, " and ".join(parts), shown, tuple(problems))


def _number(bounds: Bounds) -> bool:
    return bounds.exact and isinstance(bounds.low, int)


def _numbers(numbers: Sequence[int]) -> str:
    """`31 or 32`; the first and the last of many."""
    if len(numbers) > 2 and numbers[-1] - numbers[0] + 1 == len(numbers):
        return f"{numbers[0]:,} to {numbers[-1]:,}"
    most = [f"{number:,}" for number in numbers[:6]]
    return listed(most, "or") if len(numbers) <= 6 else f"{', '.join(most)} and others"


def _count(rank: int) -> str:
    return "one axis" if rank == 1 else f"{rank} axes"


def _shape_words(axes: tuple[Bounds, ...]) -> str:
    if all(bounds.exact for bounds in axes):
        return dims_text([bounds.low for bounds in axes if bounds.low is not None])
    lows = [bounds.low for bounds in axes if bounds.low is not None]
    if lows:
        return f"at least {dims_text(lows)}"
    return f"at most {dims_text([bounds.high for bounds in axes if bounds.high is not None])}"
