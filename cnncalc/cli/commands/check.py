"""`cnncalc check TARGET...`: expectations, budgets and baselines, with an exit code for scripts."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

from cnncalc.cli.command import Result, shown, write
from cnncalc.cli.exits import FINE, WRONG_SPEC
from cnncalc.cli.options import CONVENTION, Footprint, Model, Overrides, Wishes, offered
from cnncalc.diagnostics import CnncalcError, Diagnostic, UsageError, listed
from cnncalc.discovery import module_names

if TYPE_CHECKING:
    from cnncalc.checks.fix import Mended
    from cnncalc.checks.levels import Named
    from cnncalc.checks.run import Run
    from cnncalc.checks.targets import RunSettings, Target

PANEL = "Guard"  # of the help page
TARGET_HELP = "A spec, a folder of specs, zoo:NAME, FILE.py:NAME, or an entry of pyproject.toml. Default: all entries."
ON_STANDARD_OUTPUT = {"text", "github"}  # what may be there together
DENY: Any = typer.Option(
    [], "--deny", metavar="CODE", help="Warnings that fail; `warnings` for all.", autocompletion=offered("codes")
)
IGNORE: Any = typer.Option(
    [], "--ignore", metavar="CODE", help="Warnings to leave out.", autocompletion=offered("codes")
)
REPORT_HELP = f"{listed(module_names('cnncalc.render.reports'), 'or')}; several at once."


def command(
    targets: list[str] = typer.Argument(None, metavar="[TARGET]...", help=TARGET_HELP, show_default=False),
    *,
    wishes: Wishes,
    baseline: str | None = typer.Option(None, "--baseline", metavar="FILE", help="The agreed figures."),
    update: bool = typer.Option(False, "--update", help="Write what is found as the baseline."),
    verify: bool = typer.Option(False, "--verify", help="Have torch confirm the figures."),
    deny: list[str] = DENY,
    ignore: list[str] = IGNORE,
    table: list[str] = typer.Option([], "--table", metavar="FILE.md", help="Hold the figures that its tables print."),
    fix: bool = typer.Option(False, "--fix", help="Mend specs where a message knows how; --diff shows it first."),
    diff: bool = typer.Option(False, "--diff", help="Show what --fix would write, and write nothing."),
    only_specs: bool = typer.Option(False, "--only-specs", help="Pass over named files that are no specs."),
    report: list[str] = typer.Option([], "--report", metavar="KIND[=FILE]", help=REPORT_HELP),
    json: bool = typer.Option(False, "--json", help="Short for --report json."),
    overrides: Overrides,
    model: Model,
    footprint: Footprint,
    convention: str = CONVENTION,
) -> Result:
    """Hold networks to what is expected of them. Exit code 0: all as expected; 1: not; 3: torch disagrees.

    \b
    cnncalc check zoo:resnet50 --expect-output 1000 --max-params 26M
    cnncalc check zoo:resnet50 --expect "macs=4.09G +- 1%" --report markdown
    """
    reports = ["json", *report] if json else report
    try:
        from cnncalc.analysis.conventions import convention as known_convention
        from cnncalc.analysis.expectations import refuse_unreadable
        from cnncalc.checks.levels import levels
        from cnncalc.checks.run import run

        known_convention(convention)
        wanted = _reports(reports, baseline)
        asked = overrides.asked(model)._replace(
            expected=wishes.expected(),
            baseline=Path(baseline) if baseline is not None else None,
            verify=verify,
            convention=convention,
            levels=levels(_named(deny, "--deny"), _named(ignore, "--ignore")),
            memory=footprint.asked(),
            only_specs=only_specs,
        )
        found = _targets(targets or [], asked, update) if targets or not table else []
        _refuse_to_overwrite(wanted, found, table)
        refuse_unreadable([*asked.expected, *(one for target in found for one in target.expected)])
        if diff:
            return _shown_fixes(found, asked, "json" in reports)
        said = _fixed(found, asked) if fix else []
        done = run(found, asked, update)
        done = done._replace(said=[*said, *done.said])
        if table:
            from cnncalc.checks.published import published
        for name in table:
            page = published(Path(name), found, asked)
            done = done._replace(outcomes=[*done.outcomes, *page.outcomes], said=[*done.said, *page.said])
    except CnncalcError as error:
        if "github" in reports and "json" not in reports:
            _annotate(error)
        raise
    return _written(wanted, done)


def _named(written: list[str], option: str) -> list[Named]:
    """The codes of an option, which may be given several times, or have several with commas."""
    from cnncalc.checks.levels import Named

    return [Named(code.strip(), option) for text in written for code in text.split(",")]


def _annotate(error: CnncalcError) -> None:
    """Annotations for what keeps the whole check from running, such as a mistake in pyproject.toml."""
    from cnncalc.render.reports.github import annotation

    for problem in error.diagnostics:
        span = problem.span if problem.span and os.path.isfile(problem.span.source.name) else None
        write(f"{annotation(problem, span, problem.code)}\n")


def _targets(words: list[str], asked: RunSettings, update: bool) -> list[Target]:
    """What to check: the words of the command, else every entry of the project."""
    from cnncalc.checks.project import find_project
    from cnncalc.checks.source import NO_MODEL
    from cnncalc.checks.targets import targets

    project = find_project(Path.cwd())
    if not words and (project is None or not project.entries):
        hint = "cnncalc check models/, or [tool.cnncalc.check.NAME] with a target in pyproject.toml"
        raise UsageError(Diagnostic("no-target", "there is nothing to check", hint=hint))
    found = targets(words or list(project.entries if project else ()), project, asked)
    if update and not any(target.baseline for target in found):
        hint = "--baseline FILE, or baseline = FILE in an entry of pyproject.toml"
        raise UsageError(Diagnostic("no-target", "--update has no baseline to write", hint=hint))
    if asked.of_model and not any(target.is_module for target in found):
        raise UsageError(NO_MODEL)
    return found


def _reports(written: list[str], baseline: str | None) -> list[tuple[str, str | None]]:
    """Each report as its kind and its file. Text goes to standard output where nothing else does."""
    from cnncalc.render.reports import report

    found: list[tuple[str, str | None]] = []
    files = {os.path.abspath(baseline): "the baseline"} if baseline else {}
    for text in written:
        kind, equals, file = text.partition("=")
        report(kind)
        if equals and not file:
            raise UsageError(Diagnostic("bad-option", f"--report takes KIND or KIND=FILE, not {text}"))
        if file:
            other = files.setdefault(os.path.abspath(file), f"--report {kind}")
            if other != f"--report {kind}" or any(f and os.path.abspath(f) == os.path.abspath(file) for _, f in found):
                message = f"{other} and --report {kind} write one file, {file}"
                raise UsageError(Diagnostic("same-file", message, hint="give each a file of its own"))
        found.append((kind, file or None))
    shown = [kind for kind, file in found if file is None]
    if not shown:
        return [("text", None), *found]
    if len(shown) > 1 and not ON_STANDARD_OUTPUT.issuperset(shown):
        message = f"{' and '.join(shown)} cannot both go to standard output"
        raise UsageError(Diagnostic("bad-option", message, hint=f"give one a file: --report {shown[-1]}=FILE"))
    return found


def _shown_fixes(found: list[Target], asked: RunSettings, json: bool) -> Result:
    """What --fix would write, as a patch. Exit code 1 where it would write something, as of ruff and black."""
    from cnncalc.checks.fix import mended

    files = mended(found, asked)
    count = sum(len(one.said) for one in files)
    code = WRONG_SPEC if count else FINE
    notes = _dropped(files)
    if json:
        from cnncalc.render.envelope import envelope_text

        rows = [{"file": f.name, "fixes": list(f.said), "dropped": list(f.dropped), "diff": f.diff} for f in files]
        return Result(envelope_text(True, {"exit_code": code, "fixes": rows}, ()), code)
    changed = sum(bool(one.said) for one in files)
    what = f"{count} change{'' if count == 1 else 's'} in {changed} file{'' if changed == 1 else 's'}"
    notes.append(f"{what} would be made by --fix" if count else "there is nothing to fix")
    return Result("".join(one.diff for one in files), code, notes=notes)


def _fixed(found: list[Target], asked: RunSettings) -> list[str]:
    """Mend the files, and say what was done."""
    from cnncalc.checks.fix import mended

    files = mended(found, asked)
    for one in files:
        if one.said:
            one.write()
    return [f"fixed {one.name}: {', '.join(one.said)}" for one in files if one.said] + _dropped(files)


def _dropped(files: list[Mended]) -> list[str]:
    return [f"not fixed in {one.name}: {why}" for one in files for why in one.dropped]


def _refuse_to_overwrite(wanted: list[tuple[str, str | None]], found: list[Target], pages: list[str]) -> None:
    """A report takes the place of an older one, and never that of a spec, a baseline or the project's file."""
    kept = {os.path.realpath(page): "a page with tables" for page in pages}
    for target in found:
        for file, what in ((target.file, "a spec"), (target.baseline, "a baseline")):
            if file is not None:
                kept.setdefault(os.path.realpath(file), what)
        if target.folder is not None:
            kept.setdefault(os.path.realpath(target.folder / "pyproject.toml"), "the file of the project")
    for kind, name in wanted:
        there = kept.get(os.path.realpath(name)) if name else None
        if there:
            message = f"{name} is {there}, and --report {kind} would write over it"
            raise UsageError(Diagnostic("same-file", message, hint="give the report a file of its own"))


def _written(wanted: list[tuple[str, str | None]], done: Run) -> Result:
    """The reports, on standard output and in their files."""
    from cnncalc.render import Options
    from cnncalc.render.reports import report

    texts = [(file, report(kind)(done, shown() if file is None else Options())) for kind, file in wanted]
    return Result(
        "".join(text for file, text in texts if file is None),
        done.code,
        files=[(file, text) for file, text in texts if file is not None],
    )
