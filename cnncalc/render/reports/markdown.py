"""The report as Markdown, for the summary of a job or a comment on a pull request."""

from __future__ import annotations

from cnncalc.checks.run import Outcome, Run
from cnncalc.diagnostics import escaped
from cnncalc.layers.shapes import dims_text
from cnncalc.render import Options
from cnncalc.render.columns import figure
from cnncalc.render.difference import code, count_words, markdown_lines
from cnncalc.render.reports import place, remarks, shown_warnings, summary


def render(run: Run, options: Options) -> str:
    """A table of all targets, then what failed."""
    head = "✅" if run.ok else "❌"
    lines = [
        f"### {head} cnncalc: {summary(run)}",
        "",
        "| | network | output | params | MACs | |",
        "|---|---|---|---:|---:|---|",
    ]
    lines += [_row(outcome) for outcome in run.outcomes]
    for outcome in run.outcomes:
        if not outcome.ok:
            lines += ["", *_failure(outcome)]
    warnings, more = shown_warnings(run)
    said = [f"- {_plain(text.removeprefix('note: '))}" for text in remarks(run)]
    for outcome, warning in warnings:
        span = place(warning, outcome)
        at = f" ({code(f'{escaped(span.source.name)}:{span.source.position(span.start)[0]}')})" if span else ""
        hint = f": {warning.hint}" if warning.hint else ""
        said.append(f"- ⚠️ {code(warning.code)} {_plain(f'{outcome.name}: {warning.message}{hint}')}{at}")
    said += [f"- {more}"] if more else []
    lines += ["", *said] if said else []
    return "\n".join(lines) + "\n"


def _row(outcome: Outcome) -> str:
    report = outcome.report
    mark = "✅" if outcome.ok else "❌"
    if report is None and outcome.ok:
        return f"| {mark} | {code(outcome.name)} | | | | {outcome.verdicts[0].actual} |"
    if report is None:
        return f"| {mark} | {code(outcome.name)} | | | | {outcome.verdicts[0].problems[0].code} |"
    outputs = ", ".join(map(dims_text, report.outputs.values()))
    failed = ", ".join(dict.fromkeys(code(verdict.name) for verdict in outcome.verdicts if not verdict.ok))
    macs = figure(report.totals.macs)
    macs = macs if report.totals.status == "exact" else f"at least {macs}"
    cells = [mark, code(outcome.name), _plain(outputs), _plain(figure(report.totals.params)), _plain(macs), failed]
    return f"| {' | '.join(cells)} |"


def _failure(outcome: Outcome) -> list[str]:
    lines = [f"**{_plain(outcome.name)}**", ""]
    for problem in outcome.problems:
        span = place(problem, outcome)
        at = f" ({code(f'{escaped(span.source.name)}:{span.source.position(span.start)[0]}')})" if span else ""
        lines.append(f"- {_plain(problem.message)}{at}")
        if problem.code != "baseline-changed":
            lines += [f"  - {_plain(note)}" for note in problem.notes]
        if problem.hint:
            lines.append(f"  - hint: {_plain(problem.hint)}")
    found = outcome.difference
    if found is not None and not found.equal:
        lines += [
            "",
            f"<details><summary>{count_words(found)}</summary>",
            "",
            *markdown_lines(found, ("baseline", "now"))[:-2],
            "",
            "</details>",
        ]
    return lines


def _plain(text: str) -> str:
    """A text in which nothing is taken for Markdown."""
    for mark in "\\`*_|<>[]#~":
        text = text.replace(mark, f"\\{mark}")
    return text.replace("\n", " ")
