"""The window view and the field view of live pages, read back and held against what the report says of the same layer.

    python -m tests.pictures.stepped --networks 40 --drawn 20 --seed 1

The report's windows and fields, and the numbers of windows, are held against torch by themselves.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from pathlib import Path
from random import Random
from typing import Any

from cnncalc import Report, UsageError
from cnncalc.analysis.layer_report import LayerReport
from cnncalc.layers.shapes import dims_text
from cnncalc.pictures.field.painting import _range
from cnncalc.pictures.field.seen import Span, fields
from cnncalc.pictures.window.sweep import WindowSweep, ruling, sweep
from cnncalc.pictures.window.values import FILTERS, Values
from cnncalc.pictures.window.values import text as number_text
from cnncalc.pictures.window.words import place_words
from tests.pictures.browser import Browser
from tests.pictures.pages import calculated, drawn_sizes, moved, specs, write_page

READ = """
(() => {
  const panel = document.getElementById("view-VIEW");
  const text = (node) => node.textContent;
  const numbers = (node, name) => node.dataset[name].split(" ").map(Number);
  const both = (node) => [numbers(node, "rows"), numbers(node, "columns")];
  const place = (kind) => [...panel.querySelectorAll(`svg > path.${kind}[data-rows]`)].map(both);
  return {
    name: text(panel.querySelector(".stepper b") ?? panel),
    caption: text(panel.querySelector(".caption") ?? panel),
    tap: place("tap"),
    hit: place("hit"),
    sum: panel.querySelector(".sum")?.textContent ?? null,
    filter: panel.querySelector(".filter:not([hidden]) select")?.value ?? null,
    values: [...panel.querySelectorAll(".values text")].map(
      (node) => [node.closest("g").dataset.side, node.dataset.at, text(node)]
    ),
    rows: [...panel.querySelectorAll("table.seen tbody tr")].map((row) => [...row.children].map(text)),
  };
})()
"""


def choose(browser: Browser, view: str, path: str) -> None:
    """Choose a layer by the search, and show a view."""
    browser.run(
        f"document.getElementById('tab-{view}').click();"
        "(() => { const [search] = [document.getElementById('search')];"
        f"search.value = {path!r}; search.dispatchEvent(new Event('input'));"
        "const found = [...document.querySelectorAll('#rows button.name')];"
        f"found.find((node) => node.textContent === {path!r}).click(); }})()"
    )


def press(browser: Browser, view: str, keys: list[str]) -> None:
    """Press keys with the focus on a view."""
    browser.run(f"document.getElementById('view-{view}').focus()")
    for key in keys:
        browser.run(
            f"document.getElementById('view-{view}').dispatchEvent("
            f"new KeyboardEvent('keydown', {{key: {key!r}, bubbles: true, cancelable: true}}))"
        )


def shown(browser: Browser, view: str) -> dict[str, Any]:
    found = browser.run(READ.replace("VIEW", view))
    assert isinstance(found, dict)
    return found


def wrong_window(page: dict[str, Any], layer: LayerReport) -> str | None:
    """What a page's window shows otherwise than the report has it."""
    found = sweep(layer)
    rows, columns = found.both()
    (tap,), (hit,) = page["tap"], page["hit"]
    (row,), (column,) = hit
    wanted = [[position for _, position in slide.taps(at)] for slide, at in ((rows, row), (columns, column))]
    if tap != wanted:
        return f"{layer.path} at {row}, {column}: reads {tap} on the page, and {wanted}"
    words = place_words(found, row, column)
    if page["caption"] != words:
        return f"{layer.path}: {page['caption']!r} on the page, and {words!r}"
    return wrong_numbers(page, found, row, column)


def wrong_numbers(page: dict[str, Any], found: WindowSweep, row: int, column: int) -> str | None:
    """What numbers a page's window shows otherwise than the picture of that window has them."""
    values = Values(found, None if page["filter"] in (None, "none") else page["filter"])
    if not values.shown:
        return f"{found.report.path}: has numbers" if page["values"] else None
    if not page["values"]:
        return f"{found.report.path}: has no numbers"
    if not found.spread and page["sum"] != values.made(row, column).words:
        return f"{found.report.path}: {page['sum']!r} on the page, and {values.made(row, column).words!r}"
    for side, place, shown_text in page["values"]:
        down, across = map(int, place.split())
        if side == "output":
            value = values.made(down, across).value
            wanted = "−∞" if value is None else number_text(value, 1)
        else:
            wanted = str(values.pixel(0, down, across) if found.spread else values.under(0, down, across))
        if shown_text != wanted:
            return f"{found.report.path}: {side} {place} is {shown_text} on the page, and {wanted}"
    return None


def choose_filter(browser: Browser, name: str) -> None:
    """Choose a filter, where the window can be shown with one."""
    browser.run(
        "(() => { const select = document.querySelector('#view-window .filter:not([hidden]) select');"
        f"if (select) {{ select.value = {name!r}; select.dispatchEvent(new Event('change')); }} }})()"
    )


def wrong_field(page: dict[str, Any], report: Report, path: str) -> str | None:
    """What a page's field shows otherwise than the report has it, at each value that both tell of."""
    if not page["rows"]:
        return None
    own = page["rows"][0][2:]
    found = fields(report, path, tuple(int(text) for text in own))
    stations = {station.name: station.spans for station in found.stations}
    for name, sizes, *ranges in (row for row in page["rows"][1:] if len(row) > 1):
        spans = stations.get(name)
        if spans is None or dims_text([span.size for span in spans]) != sizes:
            continue
        for text, span in zip(ranges, spans):
            if text != _range(span) and not ((text == "all" or span.whole) and _same_ends(text, span)):
                return f"{path} at {own}: sees {ranges} of {name} on the page, and {list(map(_range, spans))}"
    return None


def _same_ends(text: str, span: Span) -> bool:
    """Does a range have the ends of a span, where all of it has those of the axis?"""
    ends = (
        [0, span.size - 1]
        if text == "all"
        else [int(end) for end in text.replace("−", "-").split(" to ") if end != "none"]
    )
    inside = [max(0, ends[0]), min(span.size - 1, ends[-1])] if ends else []
    wanted = [0, span.size - 1] if span.whole else list(span.inside) if span.low <= span.high else []
    return inside == wanted


KEYS = ["ArrowRight", "ArrowRight", "ArrowDown", "ArrowUp", "ArrowLeft", "End", "Home"]


def problems(browser: Browser, report: Report, draw: Random, count: int) -> tuple[int, list[str]]:
    """How many layers of a page were stepped through, and what was wrong."""
    compared, found = 0, []
    sliding = [layer for layer in report.layers if (ruled := ruling(layer)) is not None and (ruled.ndim or 0) <= 2]
    for layer in draw.sample(sliding, min(count, len(sliding))):
        choose(browser, "window", layer.path)
        press(browser, "window", draw.choices(KEYS, k=4))
        choose_filter(browser, draw.choice(["none", *FILTERS]))
        found.append(wrong_window(shown(browser, "window"), layer))
        compared += 1
    for layer in draw.sample(report.layers, min(count, len(report.layers))):
        choose(browser, "field", layer.path)
        press(browser, "field", draw.choices(KEYS, k=4))
        try:
            found.append(wrong_field(shown(browser, "field"), report, layer.path))
            compared += 1
        except UsageError:
            pass
    return compared, [text for text in found if text]


def main() -> int:
    """Draw, step, compare, and say what was found."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--networks", type=int, default=40)
    parser.add_argument("--drawn", type=int, default=20)
    parser.add_argument("--layers", type=int, default=6)
    parser.add_argument("--seed", type=int, default=1)
    asked = parser.parse_args()
    draw = Random(asked.seed)
    total = wrong = 0
    with Browser() as browser, tempfile.TemporaryDirectory() as folder:
        for spec in specs(asked.networks, asked.drawn, draw):
            browser.open(write_page(spec, Path(folder)))
            page = moved(browser, {})
            for sizes in ({}, drawn_sizes(draw, browser)):
                page = moved(browser, {**sizes, "batch": None} if sizes else {})
                if page.refusal is not None or any(size is not None and size > 10**6 for size in sizes.values()):
                    continue
                compared, found = problems(browser, calculated(page.command), draw, asked.layers)
                total += compared
                found += [f"{spec}: {text}" for text in browser.problems]
                browser.problems.clear()
                wrong += len(found)
                print("\n".join([f"{spec}: {compared} compared", *found]), flush=True)
    print(f"{total} layers compared, {wrong} problems")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
