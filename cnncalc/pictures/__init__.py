"""Pictures of networks. A view is a file in `views`, an ending of files one in `endings`; both are found by its name.

A view has `draw(report, look)`, which gives a `Picture`, and `TAKES`, what of a look it goes by and others do not. An
ending has `write(report, view, look)`, which gives the text or the bytes of a file, and `VIEWS` where it does not take
all of them.
"""

from __future__ import annotations

from importlib import import_module
from pathlib import Path
from typing import Any

from cnncalc.analysis.trace import Report
from cnncalc.diagnostics import Diagnostic, UsageError, listed, nearest
from cnncalc.discovery import module_names
from cnncalc.pictures.look import DEFAULT, FILTER_NAMES, LABELS, THEMES, Look, Picture


def view_names() -> list[str]:
    """The views that there are."""
    return module_names("cnncalc.pictures.views")


def ending_names() -> list[str]:
    """The endings of files that can be written, without the dot."""
    return module_names("cnncalc.pictures.endings")


def draw(report: Report, view: str = "graph", look: Look = DEFAULT) -> Picture:
    """A picture of a report. Raises UsageError for a view or a look that there is not."""
    check(view, look)
    picture: Picture = import_module(f"cnncalc.pictures.views.{view}").draw(report, look)
    return picture if look.width is None else picture.scaled(look.width)


def write(report: Report, ending: str, view: str = "graph", look: Look = DEFAULT) -> str | bytes:
    """A picture of a report as a file has it. Raises UsageError."""
    made: str | bytes = _ending(ending, view, look).write(report, view, look)
    return made


def check_file(name: str, view: str, look: Look) -> str:
    """The ending of a file. Raises UsageError, before any work is done, where no such picture can be written."""
    ending = Path(name).suffix.removeprefix(".").lower()
    names = [f".{known}" for known in ending_names()]
    if f".{ending}" not in names:
        message = (
            f"{name} ends in .{ending}, which is no picture" if ending else f"{name} does not say what it is to be"
        )
        near = nearest(f".{ending}", names)
        hint = f"did you mean {near[0]}?" if near else f"its ending says so: {listed(names, 'or')}"
        raise UsageError(Diagnostic("unknown-ending", message, hint=hint))
    module = _ending(ending, view, look)
    if hasattr(module, "require"):
        module.require()
    return ending


def _ending(ending: str, view: str, look: Look) -> Any:
    check(view, look)
    module = import_module(f"cnncalc.pictures.endings.{ending}")
    for key in OF_SOME_VIEWS:
        if getattr(look, key) is not None and key not in getattr(module, "TAKES", OF_SOME_VIEWS):
            raise UsageError(Diagnostic("bad-option", f".{ending} takes no --{key}", hint=f".svg takes --{key}"))
    views = getattr(module, "VIEWS", None)
    if views is not None and view not in views:
        message = f".{ending} holds the view {listed(list(views), 'or')}, not {view}"
        raise UsageError(Diagnostic("unknown-view", message, hint=f".svg holds the view {view}"))
    return module


def check(view: str, look: Look) -> None:
    """Raises UsageError for a view, a theme or labels that there are not, and for what the view does not go by."""
    _choice("unknown-view", "view", view, view_names())
    for key in OF_SOME_VIEWS:
        if getattr(look, key) is not None and key not in _takes(view):
            views = [name for name in view_names() if key in _takes(name)]
            hint = f"--view {listed(views, 'or')} does"
            raise UsageError(Diagnostic("bad-option", f"the view {view} takes no --{key}", hint=hint))
    if look.filter is not None:
        _choice("bad-option", "filter", look.filter, FILTER_NAMES)
    _choice("bad-option", "theme", look.theme, THEMES)
    _choice("bad-option", "kind of labels", look.labels, LABELS)


OF_SOME_VIEWS = ("layer", "filter", "at", "image")
"""What not all views go by."""


def _takes(view: str) -> tuple[str, ...]:
    """What of `OF_SOME_VIEWS` a view goes by."""
    return getattr(import_module(f"cnncalc.pictures.views.{view}"), "TAKES", ())


def _choice(code: str, what: str, name: str, names: tuple[str, ...] | list[str]) -> None:
    if name not in names:
        near = nearest(name, list(names))
        hint = f"did you mean {near[0]}?" if near else f"there are {listed(list(names))}"
        if code == "unknown-view":
            raise UsageError(Diagnostic("unknown-view", f"there is no view {name}", hint=hint))
        raise UsageError(Diagnostic("bad-option", f"there is no {what} {name}", hint=hint))
