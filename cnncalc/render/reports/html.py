"""The report as a page of HTML: a table of all networks, what failed and why, and what changed from the baseline."""

from __future__ import annotations

from cnncalc.checks.run import Outcome, Run
from cnncalc.diagnostics import Diagnostic
from cnncalc.layers.shapes import dims_text
from cnncalc.render import Options
from cnncalc.render.columns import figure
from cnncalc.render.difference import count_words, html_changes, html_totals
from cnncalc.render.reports import place, remarks, summary
from cnncalc.render.web import PLAIN, code, page, said, table

MARKS = {True: '<span class="good">✓ passes</span>', False: '<span class="bad">✗ fails</span>'}
STYLE = "section { border-left: 4px solid var(--warning); padding-left: .8rem; margin: 1rem 0; }"


def render(run: Run, options: Options) -> str:
    """The run as a page."""
    heading = f"cnncalc: {summary(run)}"
    lines = [f"<body>\n<h1>{said(heading)}</h1>"]
    rows = [("", _row(outcome)) for outcome in run.outcomes]
    lines += [table(["", "network", "output", "params", "MACs", "failed"], rows, (3, 4))] if rows else []
    failed = [outcome for outcome in run.outcomes if not outcome.ok]
    lines += ["<h2>What failed</h2>", *map(_failure, failed)] if failed else []
    warned = [(outcome, one) for outcome in run.outcomes for one in outcome.warnings if one.code != "import-note"]
    if warned:
        items = [f"<li>{code(outcome.name)}: {_problem(one, outcome)}</li>" for outcome, one in warned]
        lines += [f"<h2>Warnings ({len(warned):,})</h2>", "<ul>", *items, "</ul>"]
    told = [f"<li>{said(text.removeprefix('note: '))}</li>" for text in remarks(run)]
    lines += ["<h2>Notes</h2>", "<ul>", *told, "</ul>"] if told else []
    lines.append("<footer>Made by <code>cnncalc check</code>.</footer>\n</body>")
    return page(heading, "\n".join(lines), f"{PLAIN}\n{STYLE}")


def _row(outcome: Outcome) -> list[str]:
    report = outcome.report
    head = [MARKS[outcome.ok], code(outcome.name)]
    if report is None:
        last = said(outcome.verdicts[0].actual) if outcome.ok else code(outcome.verdicts[0].problems[0].code)
        return [*head, "", "", "", last]
    macs = figure(report.totals.macs)
    macs = macs if report.totals.status == "exact" else f"at least {macs}"
    outputs = ", ".join(map(dims_text, report.outputs.values()))
    failed = ", ".join(dict.fromkeys(code(verdict.name) for verdict in outcome.verdicts if not verdict.ok))
    return [*head, said(outputs), said(figure(report.totals.params)), said(macs), failed]


def _failure(outcome: Outcome) -> str:
    lines = [f"<section><h3>{code(outcome.name)}</h3>", "<ul>"]
    lines += [f"<li>{_problem(problem, outcome)}</li>" for problem in outcome.problems]
    lines.append("</ul>")
    found = outcome.difference
    if found is not None and not found.equal:
        names = ("baseline", "now")
        lines += [f"<details open><summary>{said(count_words(found))}</summary>", html_totals(found, names)]
        lines += [html_changes(found, names), "</details>"]
    return "\n".join([*lines, "</section>"])


def _problem(problem: Diagnostic, outcome: Outcome) -> str:
    """A problem with its place, its code, its notes and its hint."""
    span = place(problem, outcome)
    at = ""
    if span is not None:
        at = f" ({code(f'{span.source.name}:{span.source.position(span.start)[0]}')})"
    notes = () if problem.code == "baseline-changed" else problem.notes  # the tables have them
    more = [said(note) for note in notes] + ([f"hint: {said(problem.hint)}"] if problem.hint else [])
    below = "".join(f"<li>{text}</li>" for text in more)
    return f"{said(problem.message)} {code(problem.code)}{at}{f'<ul>{below}</ul>' if below else ''}"
