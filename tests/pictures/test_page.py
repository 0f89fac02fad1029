"""The live page in a real browser: that it computes what cnncalc does, says what cnncalc says, and asks for nothing."""

from __future__ import annotations

import json
import re
from html.parser import HTMLParser
from pathlib import Path
from random import Random

import pytest

import cnncalc
from cnncalc.pictures import write
from tests.pictures.browser import Browser
from tests.pictures.pages import drawn_sizes, moved, same_reason, specs, write_page, wrong
from tests.pictures.test_endings import named
from tests.pictures.test_graph import BAD

RESIDUAL = """
name: residual
input: 3x32x32
arguments: {width: 16, groups: 2, classes: 10, blocks: 2}
blocks:
  residual(c, g):
    - conv1: conv c k3 p1 g=g
    - relu
    - conv2: conv c k3 p1
    - add(input, conv2)
body:
  - stem: conv width k3
  - stage: blocks * residual(width, groups)
  - maxpool 2
  - up: convtranspose width k2 s2
  - cat(up, stage)
  - gap
  - flatten
  - head: linear classes
"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("pages")


@pytest.fixture(scope="module")
def residual(folder: Path) -> Path:
    spec = folder / "residual.yaml"
    spec.write_text(RESIDUAL, encoding="utf-8")
    return spec


def seen(browser: Browser, name: str) -> str:
    text = browser.run(f"document.getElementById({name!r}).innerText")
    assert isinstance(text, str)
    return text


def fine(browser: Browser) -> None:
    """Nothing was wrong, and nothing was asked for but the page."""
    assert browser.problems == []
    assert {url.partition("#")[0].rpartition("/")[2] for url in browser.requests} == {"page.html"}


def test_figures_are_those_of_the_command_line(browser: Browser, folder: Path, residual: Path) -> None:
    draw = Random(7)
    for spec in [str(residual), "zoo:unet", *specs(1, 2, draw)]:
        browser.open(write_page(spec, folder))
        for _ in range(3):
            shown = moved(browser, drawn_sizes(draw, browser))
            assert wrong(shown) == []
            assert shown.refusal is None or same_reason(shown) or "has to be divisible by" in shown.refusal
        fine(browser)


def test_arguments_follow_and_structure_stays(browser: Browser, folder: Path, residual: Path) -> None:
    browser.open(write_page(str(residual), folder, set=["classes=7"], batch=4))
    assert "blocks = 2" in seen(browser, "fixed")
    shown = moved(browser, {"H": 64, "width": 96, "groups": 3})
    assert shown.command == f"cnncalc {residual} -i 3x64x32 --set width=96 --set groups=3 --set classes=7 --batch 4"
    assert wrong(shown) == []
    assert shown.totals["params"] != moved(browser, {}).totals["params"]
    # What comes to its default is not written.
    shown = moved(browser, {"groups": 1})
    assert wrong(shown) == []
    assert "conv2d 16 k3 p1" in [row[1] for row in shown.rows]


def test_past_what_a_float_holds(browser: Browser, folder: Path) -> None:
    browser.open(write_page("3xHxW -> conv 64 k7 s2 p3 -> gap -> flatten -> linear 10", folder))
    shown = moved(browser, {"H": 10**17 + 1, "W": 10**17 + 3, "batch": 10**17 + 7})
    assert wrong(shown) == []
    assert len(shown.totals["macs"].replace(",", "")) > 50


def test_sizes_that_do_not_fit_are_refused(browser: Browser, folder: Path) -> None:
    browser.open(
        write_page("3xHxW -> conv 8 k7 -> a: maxpool 2 -> up: convtranspose 8 k2 s2 -> add(up, conv1)", folder)
    )
    assert moved(browser, {"H": 9, "W": 5}).refusal == (
        "conv1: the kernel of conv2d is 7x7, but its input is only 9x5. The smallest sizes are H = 8, W = 8"
    )
    shown = moved(browser, {"H": 9, "W": 8})
    assert shown.refusal is not None
    assert same_reason(shown)
    assert set(shown.totals.values()) == {"–"}
    assert "does not hold" in seen(browser, "about")
    assert moved(browser, {"H": 8, "W": 8}).refusal is None


def test_by_keys_alone(browser: Browser, folder: Path) -> None:
    browser.open(write_page("3xHxW -> stem: conv 8 k3 p1 -> bn -> relu -> maxpool 2", folder))
    browser.run("document.activeElement.blur()")
    # The skip link, a slider, its number.
    for _ in range(3):
        browser.key("Tab")
    assert browser.run("document.activeElement.id") == "size-H"
    browser.key("ArrowUp")
    browser.run("new Promise((done) => requestAnimationFrame(() => setTimeout(done)))")
    assert seen(browser, "flow") == "3x225x224 → 8x112x112"
    browser.run("document.activeElement.blur()")
    for key in ("/", "r", "e", "l", "u", "Enter"):
        browser.key(key)
    browser.run("new Promise((done) => requestAnimationFrame(() => setTimeout(done)))")
    assert browser.run("document.querySelectorAll('#rows tr').length") == 1
    assert seen(browser, "details").split("\n")[:2] == ["×", "relu1"]
    assert browser.run("document.querySelector('.view .chosen').dataset.path") == "relu1"


def test_the_sums_are_those_of_explain(browser: Browser, folder: Path) -> None:
    browser.open(write_page("3xHxW -> stem: conv 8 k3 s2 p1 d2", folder), "#H=300&W=224&layer=stem")
    text = seen(browser, "details")
    layer = cnncalc.calc("3x300x224 -> stem: conv 8 k3 s2 p1 d2").layers[0]
    from cnncalc.analysis.explain import explain

    found = explain(layer)
    assert found.macs is not None
    for step in [*found.sizes, found.macs]:
        assert f"{step.worked.names} = {step.worked.numbers} = {step.worked.value:,}" in text
    assert "extent = dilation*(kernel_size - 1) + 1 = 2*(3 - 1) + 1 = 5" in text


def test_labels_of_the_pictures_follow(browser: Browser, folder: Path) -> None:
    browser.open(write_page("3xHxW -> conv 8 k3 -> maxpool 2", folder), "#H=50&W=40")
    for view in ("graph", "maps"):
        browser.run(f"document.getElementById('tab-{view}').click()")
        texts = browser.run(f"[...document.querySelectorAll('#view-{view} text')].map((node) => node.textContent)")
        assert {"3x50x40", "8x48x38", "8x24x19"} <= set(texts)
    bars = browser.run("[...document.querySelectorAll('#view-graph .m')].map((node) => node.getAttribute('width'))")
    assert float(bars[0]) > 100
    fine(browser)


class Found(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.tags: dict[str, int] = {}
        self.attributes: set[str] = set()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags[tag] = self.tags.get(tag, 0) + 1
        self.attributes |= {name for name, _ in attrs}


def test_names_are_text(browser: Browser, folder: Path) -> None:
    """Nothing in a name is markup, neither in the file nor in what the page makes of it."""
    plain = Found()
    plain.feed(str(write(cnncalc.trace(named("x")), "html")))
    elements = "JSON.stringify([...document.querySelectorAll('*')].map((node) => node.localName).sort())"
    browser.open(_written(folder, "x"))
    made = browser.run(elements)
    for name in BAD:
        path = _written(folder, name)
        found = Found()
        found.feed(path.read_text(encoding="utf-8"))
        assert (found.tags, found.attributes) == (plain.tags, plain.attributes)
        browser.open(path)
        assert browser.run(elements) == made
        # Nor in what is drawn of the layer when it is chosen.
        browser.run("document.querySelector('#rows button.name').click()")
        for view in ("window", "field"):
            browser.run(f"document.getElementById('tab-{view}').click()")
            assert browser.run("document.querySelectorAll('main script, main img, main a, main b b').length") == 0
        fine(browser)


def _written(folder: Path, name: str) -> Path:
    path = folder / "page.html"
    path.write_text(str(write(cnncalc.trace(named(name)), "html")), encoding="utf-8")
    return path


def test_the_page_forbids_itself_all_requests(browser: Browser, folder: Path) -> None:
    browser.open(write_page("3xHxW -> conv 8 k3", folder))
    fine(browser)
    browser.run("fetch('http://127.0.0.1:9/').catch(() => null).then(() => null)")
    assert any("Content Security Policy" in text for text in browser.problems)
    browser.problems.clear()
    # Nor does it run what is put into it.
    browser.run(
        "document.body.append(Object.assign(document.createElement('script'), {textContent: 'window.ran = 1'}))"
    )
    assert browser.run("typeof window.ran") == "undefined"
    browser.problems.clear()


def test_a_network_without_closed_forms_says_so(folder: Path) -> None:
    page = write_page("784 -> linear 10", folder).read_text(encoding="utf-8")
    held = re.search(r'<script type="application/json" id="data">(.*?)</script>', page, re.DOTALL)
    assert held
    assert [size["kind"] for size in json.loads(held[1])["sizes"]] == ["batch"]
