"""`cnncalc zoo [NAME]`: the networks there are, computed, and one network's spec."""

from __future__ import annotations

import re

import typer

from cnncalc.cli.command import Result, shown
from cnncalc.cli.options import JSON, offered
from cnncalc.diagnostics import Diagnostic, UsageError

PANEL = "Reference"  # of the help page
FIGURES = "Figures, such as 25M or 1.5G"
MIN_PARAMS, MAX_PARAMS, MIN_MACS, MAX_MACS = (
    typer.Option(None, option, metavar="FIGURE", help=f"Only with so many {what}.", rich_help_panel=FIGURES)
    for option, what in (
        ("--min-params", "parameters or more"),
        ("--max-params", "parameters or fewer"),
        ("--min-macs", "MACs or more"),
        ("--max-macs", "MACs or fewer"),
    )
)
SORT_HELP = "family, name, params, macs or year; -params for the largest first."


def command(
    name: str | None = typer.Argument(
        None, metavar="NAME", help="A network; shows its spec.", show_default=False, autocompletion=offered("networks")
    ),
    *,
    family: list[str] = typer.Option(
        [], "--family", metavar="F", help="Only this family, such as resnet; can be repeated."
    ),
    search: str = typer.Option("", "--search", metavar="TEXT", help="Only with this text in the name or the source."),
    year: str | None = typer.Option(
        None, "--year", metavar="YEAR", help="Only of this year, or of years such as 2015-2017."
    ),
    min_params: str | None = MIN_PARAMS,
    max_params: str | None = MAX_PARAMS,
    min_macs: str | None = MIN_MACS,
    max_macs: str | None = MAX_MACS,
    sort: str = typer.Option("family", "--sort", metavar="KEY", help=SORT_HELP),
    json: bool = JSON,
) -> Result:
    """The networks of the zoo with their figures, and one network's spec.

    cnncalc zoo --family resnet --max-macs 5G --sort params
    """
    from cnncalc.render.zoo import entries_json, entries_text, none_text, spec_json, spec_text
    from cnncalc.zoo.catalog import Filter, entries

    if name is not None:
        return Result(spec_json(name) if json else spec_text(name))
    wanted = Filter(
        family,
        search,
        _years(year) if year is not None else None,
        (_bound("--min-params", ">=", min_params), _bound("--max-params", "<=", max_params)),
        (_bound("--min-macs", ">=", min_macs), _bound("--max-macs", "<=", max_macs)),
    )
    about = entries(wanted, sort)
    found = [entry for entry in about if wanted.figures(entry)]
    if json:
        return Result(entries_json(found))
    page = shown()
    return Result(entries_text(found, page.width, page.colour) if found else none_text(about), long=True)


def _bound(option: str, sign: str, text: str | None) -> int | None:
    """`25M`, as an expectation of `check` has it. Raises UsageError."""
    from cnncalc.analysis.quantities import option_bound

    return None if text is None else option_bound(option, sign, text)


def _years(text: str) -> tuple[int, int]:
    """2015, or 2015-2017."""
    match = re.fullmatch(r"(\d{4})(?:-(\d{4}))?", text)
    if match is None:
        message = f"--year takes a year, not {text}"
        raise UsageError(Diagnostic("bad-option", message, hint="such as 2015, or 2015-2017"))
    return int(match[1]), int(match[2] or match[1])
