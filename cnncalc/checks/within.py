"""What would keep a budget that a network breaks: the largest number of an argument, or of samples, that does.

Each is tried before it is said. A search is a bisection, and figures are taken to rise with what is searched.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from fractions import Fraction

from cnncalc.analysis.expectations import FIGURES, Court, of_bytes
from cnncalc.analysis.quantities import WrittenText, figure_bounds
from cnncalc.analysis.trace import Report, trace
from cnncalc.checks.targets import RunSettings, Target
from cnncalc.diagnostics import CnncalcError
from cnncalc.graph import Expected
from cnncalc.language.text.limits import Limits
from cnncalc.planning.best import default_of
from cnncalc.planning.network import Network
from cnncalc.planning.ranges import decimal_text

LAYERS = 5000  # of a network that is built again and again
ARGUMENTS = 3  # that are tried
OTHERS = ("class", "group", "stride", "kernel", "head", "patch", "size", "in_")
"""Parts of names of arguments that say what a network is for, and not how large it is."""
STEP = Fraction(1, 20)


def kept_by(target: Target, asked: RunSettings, report: Report, one: Expected) -> str | None:
    """A hint for a limit of a whole network that is broken; None where no number that can be changed keeps it."""
    figure = len(one.name) == 1 and (one.name[0] in FIGURES or one.name[0] == "memory")
    if not figure or target.is_module or len(report.graph.nodes) > LAYERS or report.symbols:
        return None
    try:
        bounds = figure_bounds(WrittenText(one.text, one.span, bytes=of_bytes(one.name)))
        highs = [each.high for each in bounds if each.low is None]
        if len(highs) != len(bounds) or not isinstance(most := min(highs), int):  # type: ignore[type-var]
            return None
        for option, numbers, run in changes(target, asked):
            found = largest(numbers, lambda value, run=run: value_of(run(value), one), most)  # type: ignore[misc]
            if found is not None:
                number, value = found
                said = "it is" if one.name[0] == "memory" else "they are"
                return f"with {option.format(decimal_text(number))} {said} {value:,}"
    except CnncalcError:
        return None
    return None


Change = tuple[str, Sequence[Fraction], Callable[[Fraction], Report]]
"""An option with a place for its number, the numbers below that of the target in order, and what comes of each."""


def changes(target: Target, asked: RunSettings) -> Iterator[Change]:
    """What could be smaller: the number of samples where it is given, then arguments of the spec."""

    def report(settings: Mapping[str, str], batch: int | None) -> Report:
        spec = str(target.file) if target.file is not None else target.spec
        network = Network(spec, target.inputs, {**target.settings, **settings}, batch, Limits(asked.limits))
        found = trace(network.graph(), chosen=asked.convention)
        found.asked = target.memory
        return found

    if target.batch is not None and target.batch > 1:
        smaller = [Fraction(n) for n in range(1, target.batch)]
        yield "--batch {}", smaller, lambda n: report({}, int(n))
    spec = str(target.file) if target.file is not None else target.spec
    network = Network(spec, target.inputs, target.settings, target.batch, Limits(asked.limits))
    tried = 0
    for name in network.arguments:
        if name in target.settings or any(part in name for part in OTHERS) or tried == ARGUMENTS:
            continue
        default = default_of(network, name)
        if default is None or default <= 0:
            continue
        tried += 1
        if isinstance(default, int) and default > 1:
            numbers = [Fraction(n) for n in range(1, default)]
        else:
            numbers = [STEP * n for n in range(1, int(default / STEP))]
        yield f"--set {name}={{}}", numbers, lambda n, name=name: report({name: decimal_text(n)}, target.batch)  # type: ignore[misc]


def value_of(report: Report, one: Expected) -> int | None:
    _, _, value = Court(report, lambda: None).subject(one)
    return value if isinstance(value, int) else None


def largest(
    numbers: Sequence[Fraction], value: Callable[[Fraction], int | None], most: int
) -> tuple[Fraction, int] | None:
    """The largest of the numbers whose value is within a limit, with that value; None where none is."""
    found: tuple[Fraction, int] | None = None
    low, high = 0, len(numbers)
    while low < high:
        middle = (low + high) // 2
        try:
            got = value(numbers[middle])
        except CnncalcError:
            got = None
        if got is not None and got <= most:
            found, low = (numbers[middle], got), middle + 1
        else:
            high = middle
    return found
