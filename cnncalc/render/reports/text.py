"""The report for people: a line for each network, then what failed, with its place and both values."""

from __future__ import annotations

from cnncalc.analysis.expectations import Verdict
from cnncalc.checks.run import Outcome, Run
from cnncalc.layers.shapes import dims_text
from cnncalc.render import Options
from cnncalc.render.columns import GAP, Column, figure
from cnncalc.render.diagnostics import diagnostic_text
from cnncalc.render.difference import change_lines, count_words, totals_lines
from cnncalc.render.reports import remarks, shown_warnings, summary
from cnncalc.render.style import columns, styled


def render(run: Run, options: Options) -> str:
    """The run as text."""
    lines = _targets(run.outcomes, options)
    warnings, more = shown_warnings(run)
    for outcome in run.outcomes:
        said = [] if outcome.ok else _failure(outcome, options)
        for of, warning in warnings:
            if of is outcome:
                said += [*([""] if said else []), diagnostic_text(warning, options.width, options.colour, options.wrap)]
        if said and len(run.outcomes) > 1:
            lines += ["", _heading(outcome, options)]
        lines += ["", *said] if said else []
    lines += ["", more] if more else []
    lines.append("")
    lines += [text.replace("\n", " ") for text in remarks(run)]
    style = "green" if run.ok else "error"
    lines.append(styled(summary(run), style, options.colour))
    return "\n".join(lines) + "\n"


def _targets(outcomes: list[Outcome], options: Options) -> list[str]:
    marks = ("✓", "✗") if options.unicode else ("ok", "FAIL")
    mark = Column("", [marks[0] if outcome.ok else marks[1] for outcome in outcomes])
    chosen = [
        Column("", [outcome.name.replace("\n", " ") for outcome in outcomes], most=max(20, options.width // 2)),
        Column("", [_sizes(outcome, options) for outcome in outcomes]),
        Column("", [_figure(outcome, "params") for outcome in outcomes], right=True),
        Column("", [_figure(outcome, "macs") for outcome in outcomes], right=True),
        Column("", [_held(outcome) for outcome in outcomes]),
    ]
    # What a narrow page has no room for: first the sizes, then the figures.
    for drop in (1, 3, 2):
        if sum(column.width for column in chosen) + len(GAP) * len(chosen) + mark.width <= options.width:
            break
        chosen[drop] = Column("", [""] * len(outcomes))
    chosen = [column for column in chosen if column.width]
    lines = []
    for row, outcome in enumerate(outcomes):
        head = styled(mark.cell(row), "green" if outcome.ok else "error", options.colour)
        cells = GAP.join(column.cell(row) for column in chosen).rstrip()
        lines.append(f"{head} {cells if outcome.ok else styled(cells, 'bold', options.colour)}")
    return lines


def _sizes(outcome: Outcome, options: Options) -> str:
    report = outcome.report
    if report is None:
        return ""
    arrow = "→" if options.unicode else "->"
    inputs, outputs = (", ".join(map(dims_text, side.values())) for side in (report.inputs, report.outputs))
    return f"{inputs} {arrow} {outputs}"


def _figure(outcome: Outcome, name: str) -> str:
    if outcome.report is None:
        return ""
    value = getattr(outcome.report.totals, name)
    unit = {"params": "params", "macs": "MACs"}[name]
    if not isinstance(value, int):
        return f"open {unit}"
    uncounted = name == "macs" and outcome.report.totals.status != "exact"
    return f"{'at least ' if uncounted else ''}{figure(value)} {unit}"


def _held(outcome: Outcome) -> str:
    """What was looked at, beside that it computes."""
    if outcome.target.is_table and outcome.ok:
        return outcome.verdicts[0].actual
    if outcome.report is None:
        return f"fails: {outcome.problems[0].code}"
    looked = [verdict for verdict in outcome.verdicts if verdict.name != "computes"]
    failed = [verdict.name for verdict in looked if not verdict.ok]
    if failed:
        names = ", ".join(dict.fromkeys(failed))
        return f"fails: {names}" if len(names) <= 40 else f"{len(failed)} of {len(looked)} checks fail"
    if not looked:
        return "computes"
    return ", ".join(_said(looked))


def _said(looked: list[Verdict]) -> list[str]:
    expectations = [verdict for verdict in looked if verdict.name not in ("baseline", "torch", "warnings")]
    parts = [f"{len(expectations)} as expected"] if expectations else []
    for verdict in looked:
        if verdict.name == "baseline":
            parts.append("as agreed" if verdict.actual == "as agreed" else f"baseline {verdict.actual}")
        elif verdict.name == "torch":
            parts.append("torch agrees")
        elif verdict.name == "warnings":
            parts.append(verdict.actual if len(verdict.actual) <= 40 else "no warning that is denied")
    return parts


def _heading(outcome: Outcome, options: Options) -> str:
    """The name of a network above what failed there."""
    rule = "─" if options.unicode else "-"
    name = outcome.name.replace("\n", " ")
    line = f"{rule * 2} {name} "
    return styled(line + rule * max(2, options.width - columns(line)), "bold", options.colour)


def _failure(outcome: Outcome, options: Options) -> list[str]:
    lines: list[str] = []
    for problem in outcome.problems:
        if lines:
            lines.append("")
        changed = problem.code == "baseline-changed" and outcome.difference is not None
        said = problem._replace(notes=(), hint=None) if changed else problem
        lines.append(diagnostic_text(said, options.width, options.colour, options.wrap))
        if changed:
            lines += _difference(outcome, problem.hint, options)
    return lines


def _difference(outcome: Outcome, hint: str | None, options: Options) -> list[str]:
    found, baseline = outcome.difference, outcome.target.baseline
    assert found is not None
    assert baseline is not None
    inner = options._replace(width=options.width - 2)
    names = ("baseline", "now")
    moved = [*found.moved, *found.shapes]
    lines = ["", *totals_lines(moved, names, inner)] if moved else []
    if found.changes:
        lines += ["", *change_lines(found, names, inner), count_words(found)]
    lines += [f"hint: {hint}"] if hint else []
    return [f"  {line}".rstrip() for line in lines]
