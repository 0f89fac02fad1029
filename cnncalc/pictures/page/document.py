"""The file of a page: everything in it, and nothing fetched from anywhere."""

from __future__ import annotations

import json
from collections.abc import Sequence
from functools import cache
from importlib import import_module
from importlib.resources import files
from typing import Any

from cnncalc.analysis.trace import Report
from cnncalc.diagnostics import UsageError
from cnncalc.pictures.chosen import layer_at
from cnncalc.pictures.followed import Drawn
from cnncalc.pictures.letters import clean, shortened
from cnncalc.pictures.look import Look
from cnncalc.pictures.page.content import Content
from cnncalc.pictures.page.opened import Opened
from cnncalc.pictures.palette import FAMILIES
from cnncalc.pictures.svg import family_rules, number, style_rules
from cnncalc.pictures.window.sweep import chosen, sweep
from cnncalc.pictures.window.values import Values
from cnncalc.render import web
from cnncalc.render.theme import Theme
from cnncalc.symbolic.javascript import marked

SCRIPTS = (
    "texts",
    "state",
    "table",
    "details",
    "pictures",
    "stepped",
    "window",
    "numbers",
    "field",
    "controls",
    "start",
)
TITLE = 400.0  # pixels of the title, in letters of 10
VIEWS = {"graph": "Graph", "maps": "Maps", "window": "Window", "field": "Field"}
STEPPED = ("window", "field")
"""Views that the page draws for the layer that is chosen."""


@cache
def part(name: str) -> str:
    """A file of the page."""
    return (files("cnncalc.pictures.page") / name).read_text(encoding="utf-8")


def page(opened: Opened, look: Look, source: str = "", command: Sequence[Any] = (), view: str = "graph") -> str:
    """The live page of a network, which shows one of its views first.

    Raises UsageError where that view has nothing to draw, or is of a layer that there is not.
    """
    begin = {"view": view, "layer": beginning(opened.report, look, view), "filter": look.filter}
    content = Content(opened)
    drawn = pictures(opened, look)
    data = {**content.data(drawn, source, command), "begin": begin}
    script = "\n".join(
        [
            '"use strict";',
            "(() => {",
            f"const compute = {content.values.program()};",
            *(part(f"{name}.js") for name in SCRIPTS),
            "})();",
        ]
    )
    name = opened.report.name or source or "network"
    return document(name, part("page.html"), look, drawn, data, script)


def beginning(report: Report, look: Look, view: str) -> str | None:
    """The path of the layer that is chosen at first. Raises UsageError where its view cannot be drawn."""
    if view == "window":
        if look.filter is not None:
            layer = chosen(report, look.layer)
            Values(sweep(layer), look.filter)  # refuses a filter that does not fit
            return layer.path
        return chosen(report, look.layer).path if look.layer is not None else None
    return look.layer if look.layer is None else layer_at(report, look.layer)[-1].path


def pictures(opened: Opened, look: Look) -> list[tuple[str, Drawn]]:
    """The pictures of a page, by their views. A view that has nothing to draw is left out."""
    at_start = opened.at_start
    look = look._replace(width=None)
    graph = import_module("cnncalc.pictures.views.graph").follow(at_start, look, opened.report)
    found = [("graph", graph)]
    try:
        shown = {opened.arguments.get(name, name): size for name, size in opened.start.items()}
        found.append(("maps", import_module("cnncalc.pictures.views.maps").follow(at_start, look, shown)))
    except UsageError:
        pass
    return found


def document(
    name: str, body: str, look: Look, drawn: Sequence[tuple[str, Drawn]], data: dict[str, Any], script: str
) -> str:
    """One page, with its pictures and what runs in it."""
    places = {
        "pictures": "".join([*(_picture(view, one) for view, one in drawn), *map(_panel, STEPPED)]),
        "tabs": "".join(map(_tab, [*(view for view, _ in drawn), *STEPPED])),
    }
    for place, text in places.items():
        body = body.replace(f"<!-- {place} -->", text)
    extra = "\n".join(dict.fromkeys(one.extra for _, one in drawn if one.extra))
    style = f"{part('page.css')}\n{style_rules(extra)}"
    held = marked(json.dumps(data, separators=(",", ":")))
    title = shortened(clean(name), TITLE, 10)
    return web.page(title, body, style, look.theme, family_colours, held, script)


def family_colours(theme: Theme) -> str:
    """The colours of families of layers."""
    return family_rules(FAMILIES, theme)


def _tab(view: str) -> str:
    return f'<button role="tab" id="tab-{view}" aria-controls="view-{view}" tabindex="-1">{VIEWS[view]}</button>'


def _picture(view: str, drawn: Drawn) -> str:
    size = f'width="{number(drawn.width)}" height="{number(drawn.height)}"'
    box = f'viewBox="0 0 {number(drawn.width)} {number(drawn.height)}"'
    label = f'role="img" aria-label="{VIEWS[view]}"'
    return _panel(view, f'<svg class="cnncalc" {label} {size} {box}>{"".join(drawn.canvas.parts)}</svg>')


def _panel(view: str, held: str = "") -> str:
    panel = f'id="view-{view}" class="view" aria-labelledby="tab-{view}" tabindex="0" hidden'
    return f'<div role="tabpanel" {panel}>{held}</div>'
