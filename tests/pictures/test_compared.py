"""Two networks as a page: its tables and marks are those of the comparison, and it asks for nothing."""

from __future__ import annotations

import re
from html.parser import HTMLParser
from pathlib import Path
from xml.etree import ElementTree

import pytest

from cnncalc.checks.compare import Comparison, compare
from cnncalc.checks.targets import RunSettings
from cnncalc.pictures.page.compared import comparison_page
from tests.pictures.browser import Browser, found_browser
from tests.pictures.geometry import SVG

OLD = "3x32x32 -> a: conv 8 k3 -> bn -> b: conv 8 k3 -> maxpool 2 -> flatten -> linear 10"
NEW = "3x32x32 -> a: conv 8 k3 -> bn -> b: conv 16 k3 -> relu -> flatten -> linear 10"


def compared(old: str = OLD, new: str = NEW) -> Comparison:
    return compare(old, new, RunSettings())


class Cells(HTMLParser):
    """The rows of all tables, and how often each tag is opened."""

    def __init__(self) -> None:
        super().__init__()
        self.rows: list[list[str]] = []
        self.tags: dict[str, int] = {}

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags[tag] = self.tags.get(tag, 0) + 1
        if tag == "tr":
            self.rows.append([])
        elif tag in ("td", "th"):
            self.rows[-1].append("")

    def handle_data(self, data: str) -> None:
        if self.rows and self.rows[-1]:
            self.rows[-1][-1] += data


def read(page: str) -> Cells:
    found = Cells()
    found.feed(page.partition("<h2>Graphs")[0])
    return found


def test_tables_have_what_moved() -> None:
    rows = [[cell.strip() for cell in row] for row in read(comparison_page(compared())).rows]
    # By hand: 8*3*9 + 8, twice 8, 8*8*9 + 8, 8*14*14*10 + 10; then 16*8*9 + 16 and 16*28*28*10 + 10.
    old, new = 216 + 8 + 16 + 584 + 15690, 216 + 8 + 16 + 1168 + 125450
    assert ["params", f"{old:,}", f"{new:,}"] in [row[:3] for row in rows]
    kinds = {row[1].strip("* "): row[0].split() for row in rows if row[0][:1] in "+-~>."}
    assert kinds["b"] == ["~", "reshaped"]
    assert kinds["maxpool1"] == ["-", "removed"]
    assert kinds["relu1"] == ["+", "added"]
    assert "a" not in kinds


def test_marks_stand_at_the_layers_that_moved() -> None:
    page = comparison_page(compared())
    sides = [ElementTree.fromstring(svg) for svg in re.findall("<svg.*?</svg>", add_space(page), re.DOTALL)]
    found = []
    for side in sides:
        marks = {}
        for group in side.iter(f"{SVG}g"):
            signs = [text.text for text in group.iter(f"{SVG}text") if text.get("class") == "of-sign"]
            if group.get("class") == "layer" and signs:
                marks[group.get("data-path")] = signs
        found.append(marks)
    assert found[0] == {"b": ["~"], "maxpool1": ["-"], "flatten1": ["~"], "linear1": ["~"]}
    assert found[1] == {"b": ["~"], "relu1": ["+"], "flatten1": ["~"], "linear1": ["~"]}


def add_space(page: str) -> str:
    """The page, whose SVG is read as a file of its own."""
    return page.replace('<svg class="cnncalc"', '<svg class="cnncalc" xmlns="http://www.w3.org/2000/svg"')


BAD = ["<script>alert(1)</script>", 'x" onload="y', "a&b<i>"]


@pytest.mark.parametrize("name", BAD)
def test_names_are_text(name: str) -> None:
    found = compared()
    plain, other = (read(comparison_page(found._replace(names=(said, "zoo:x")))) for said in ("plain", name))
    assert plain.tags == other.tags


def test_equal_networks() -> None:
    page = comparison_page(compared(OLD, OLD))
    assert "No layer moved." in page
    assert 'class="of-sign"' not in page


def test_it_opens_and_hides_what_is_switched_off(tmp_path: Path) -> None:
    if found_browser() is None:
        pytest.skip("there is no chromium here to open a page with")
    (tmp_path / "page.html").write_text(comparison_page(compared()), encoding="utf-8")
    with Browser() as browser:
        browser.open(tmp_path / "page.html")
        seen = "[...document.querySelectorAll('tr.removed, tr.added')].filter((row) => row.offsetHeight > 0).length"
        assert browser.run(seen) == 2
        browser.run("document.getElementById('show-removed').click()")
        assert browser.run(seen) == 1
        assert browser.problems == []
        assert [url.rpartition("/")[2] for url in browser.requests] == ["page.html"]
