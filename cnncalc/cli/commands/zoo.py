"""`cnncalc zoo [NAME]`: the networks there are, computed, and one network's spec."""

from __future__ import annotations

import re
import sys
from typing import Any, Optional

import typer

from cnncalc.cli.common import fail, write
from cnncalc.diagnostics import CnncalcError, Diagnostic, UsageError

PANEL = "Reference"  # of the help page
FAMILY = typer.Option([], "--family", metavar="F", help="Only this family, such as resnet; can be repeated.")
SEARCH = typer.Option("", "--search", metavar="TEXT", help="Only with this text in the name or the source.")
YEAR = typer.Option(None, "--year", metavar="YEAR", help="Only of this year, or of years such as 2015-2017.")
SORT = typer.Option(
    "family", "--sort", metavar="KEY", help="family, name, params, macs or year; -params for the largest first."
)


def bound(option: str, help: str) -> Any:
    return typer.Option(None, option, metavar="FIGURE", help=help, rich_help_panel="Figures, such as 25M or 1.5G")


MIN_PARAMS = bound("--min-params", "Only with so many parameters or more.")
MAX_PARAMS = bound("--max-params", "Only with so many parameters or fewer.")
MIN_MACS = bound("--min-macs", "Only with so many MACs or more.")
MAX_MACS = bound("--max-macs", "Only with so many MACs or fewer.")


def command(
    name: Optional[str] = typer.Argument(None, metavar="NAME", help="A network; shows its spec.", show_default=False),  # noqa: UP045
    family: list[str] = FAMILY,
    search: str = SEARCH,
    year: Optional[str] = YEAR,  # noqa: UP045
    min_params: Optional[str] = MIN_PARAMS,  # noqa: UP045
    max_params: Optional[str] = MAX_PARAMS,  # noqa: UP045
    min_macs: Optional[str] = MIN_MACS,  # noqa: UP045
    max_macs: Optional[str] = MAX_MACS,  # noqa: UP045
    sort: str = SORT,
    json: bool = typer.Option(False, "--json", help="A list of objects."),
) -> None:
    """The networks of the zoo with their figures, and one network's spec.

    cnncalc zoo --family resnet --max-macs 5G --sort params
    """
    from cnncalc.render.style import terminal_width, wants_colour
    from cnncalc.render.zoo import entries_json, entries_text, none_text, spec_text
    from cnncalc.zoo.catalog import Filter, entries

    try:
        if name is not None:
            text = spec_text(name)
        else:
            wanted = Filter(
                family,
                search,
                _years(year) if year is not None else None,
                (_figure("--min-params", min_params), _figure("--max-params", max_params)),
                (_figure("--min-macs", min_macs), _figure("--max-macs", max_macs)),
            )
            about = entries(wanted, sort)
            found = [entry for entry in about if wanted.figures(entry)]
            if json:
                text = entries_json(found)
            elif found:
                text = entries_text(found, terminal_width(), wants_colour(sys.stdout))
            else:
                text = none_text(about)
    except CnncalcError as error:
        fail(error, json)
    write(text)


PREFIXES = {"": 0, "K": 3, "M": 6, "G": 9, "T": 12}


def _figure(option: str, text: str | None) -> int | None:
    """25M, 1.5G or 1,000,000."""
    if text is None:
        return None
    match = re.fullmatch(r"(\d{1,15})(?:\.(\d{1,15}))?([KMGT]?)", text.replace(",", "").replace("_", "").upper())
    if match is None:
        message = f"{option} takes a figure, not {text}"
        raise UsageError(Diagnostic("bad-option", message, hint="such as 1000000, 25.6M or 4G"))
    whole, part, prefix = match[1], match[2] or "", PREFIXES[match[3]]
    return int(whole + part[:prefix].ljust(prefix, "0"))


def _years(text: str) -> tuple[int, int]:
    """2015, or 2015-2017."""
    match = re.fullmatch(r"(\d{4})(?:-(\d{4}))?", text)
    if match is None:
        message = f"--year takes a year, not {text}"
        raise UsageError(Diagnostic("bad-option", message, hint="such as 2015, or 2015-2017"))
    return int(match[1]), int(match[2] or match[1])
