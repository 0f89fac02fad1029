"""`cnncalc check TARGET...`: expectations, budgets and baselines, with an exit code for scripts."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from cnncalc.cli.command import Result, shown, write
from cnncalc.cli.options import CONVENTION, Model, Overrides
from cnncalc.diagnostics import CnncalcError, Diagnostic, Source, Span, UsageError, listed
from cnncalc.discovery import module_names

if TYPE_CHECKING:
    from cnncalc.checks.run import Run
    from cnncalc.checks.targets import Asked, Target
    from cnncalc.graph import Expected

PANEL = "Guard"  # of the help page
TARGET_HELP = "A spec, a folder of specs, zoo:NAME, MODULE:ATTR, or an entry of pyproject.toml. Default: all entries."
LIMITS = ("params", "macs", "flops", "activations")
ON_STANDARD_OUTPUT = {"text", "github"}  # what may stand there together
REPORT_HELP = f"{listed(module_names('cnncalc.render.reports'), 'or')}; several at once."


def command(
    targets: list[str] = typer.Argument(None, metavar="[TARGET]...", help=TARGET_HELP, show_default=False),
    *,
    expect: list[str] = typer.Option([], "--expect", metavar="NAME=VALUE", help="What has to be found: params=<=5M."),
    expect_output: str | None = typer.Option(None, "--expect-output", metavar="SHAPE", help="The output shape."),
    max_params: str | None = typer.Option(None, "--max-params", metavar="N", help="At most so many params: 5M."),
    max_macs: str | None = typer.Option(None, "--max-macs", metavar="N", help="At most so many MACs: 300M."),
    max_flops: str | None = typer.Option(None, "--max-flops", metavar="N", help="At most so many FLOPs."),
    max_activations: str | None = typer.Option(None, "--max-activations", metavar="N", help="At most so many."),
    baseline: str | None = typer.Option(None, "--baseline", metavar="FILE", help="The agreed figures."),
    update: bool = typer.Option(False, "--update", help="Write what is found as the baseline."),
    verify: bool = typer.Option(False, "--verify", help="Have torch confirm the figures."),
    report: list[str] = typer.Option([], "--report", metavar="KIND[=FILE]", help=REPORT_HELP),
    json: bool = typer.Option(False, "--json", help="Short for --report json."),
    overrides: Overrides,
    model: Model,
    convention: str = CONVENTION,
) -> Result:
    """Hold networks to what is expected of them. Exit code 0: all as expected; 1: not; 3: torch disagrees.

    \b
    cnncalc check zoo:resnet50 --expect-output 1000 --max-params 26M
    cnncalc check zoo:resnet50 --expect "macs=4.09G +- 1%" --report markdown
    """
    limits = dict(zip(LIMITS, (max_params, max_macs, max_flops, max_activations)))
    reports = ["json", *report] if json else report
    try:
        from cnncalc.analysis.conventions import convention as known_convention
        from cnncalc.checks.run import run

        known_convention(convention)
        wanted = _reports(reports, baseline)
        asked = overrides.asked(model)._replace(
            expected=_expected(expect, expect_output, limits),
            baseline=Path(baseline) if baseline is not None else None,
            verify=verify,
            convention=convention,
        )
        found = _targets(targets or [], asked, update)
        _refuse_to_overwrite(wanted, found)
        done = run(found, asked, update)
    except CnncalcError as error:
        if "github" in reports and "json" not in reports:
            _annotate(error)
        raise
    return _written(wanted, done)


def _annotate(error: CnncalcError) -> None:
    """Annotations for what keeps the whole check from running, such as a mistake in pyproject.toml."""
    from cnncalc.render.reports.github import annotation

    for problem in error.diagnostics:
        span = problem.span if problem.span and os.path.isfile(problem.span.source.name) else None
        write(f"{annotation(problem, span, problem.code)}\n")


def _targets(words: list[str], asked: Asked, update: bool) -> list[Target]:
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
    if asked.kwargs is not None and not any(target.is_module for target in found):
        raise UsageError(NO_MODEL)
    return found


def _expected(written: list[str], output: str | None, limits: dict[str, str | None]) -> tuple[Expected, ...]:
    """The expectations of the command line."""
    from cnncalc.graph import Expected

    found = []
    for text in written:
        name, sign, value = _split(text)
        if not sign or not name:
            raise UsageError(
                Diagnostic("bad-option", f"--expect takes NAME=VALUE, not {text}", hint='--expect "params=<=5M"')
            )
        start = len(text) - len(value)
        source = Source("--expect", text)
        found.append(
            Expected(tuple(name.split(".")), value, Span(source, 0, len(name)), Span(source, start, len(text)))
        )
    shorts = [("--expect-output", ("output",), output, "")]
    shorts += [(f"--max-{name}", (name,), value, "<= ") for name, value in limits.items()]
    for option, path, given, before in shorts:
        if given is not None:
            source = Source(option, given)
            span = Span(source, 0, len(given))
            found.append(Expected(path, before + given, span, span))
    return tuple(found)


def _split(text: str) -> tuple[str, str, str]:
    """`params=<=5M` and `params <= 5M` as name, sign and value."""
    at = next((i for i, char in enumerate(text) if char in "=<>"), len(text))
    name, rest = text[:at].strip(), text[at:]
    value = rest[1:].lstrip() if rest.startswith("=") and not rest.startswith("==") else rest
    return name, rest[:1], value


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


def _refuse_to_overwrite(wanted: list[tuple[str, str | None]], found: list[Target]) -> None:
    """A report takes the place of an older one, and never that of a spec, a baseline or the project's file."""
    kept: dict[str, str] = {}
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
