"""The window and the field in the live page, stepped by keys and held against the report."""

from __future__ import annotations

from pathlib import Path
from random import Random

import pytest

import cnncalc
from cnncalc.pictures import write
from cnncalc.pictures.look import Look
from tests.pictures.browser import Browser
from tests.pictures.pages import calculated, moved, write_page
from tests.pictures.stepped import choose, press, problems, shown

MANY = (
    "3xHxW -> a: conv 8 k3 d2 p2 -> b: convtranspose 8 k3x2 s2 p1 -> c: maxpool 3 s2 p1 ceil_mode=yes "
    "-> d: conv 8 k5x2 s3x1 -> e: avgpool 2 -> cat(conv 4 k3 p1, maxpool 3 s1 p1) "
    "-> f: conv 6 k3 p1 padding_mode=reflect -> adaptiveavgpool 5x3 -> flatten -> linear 5"
)
NUMBERS = (
    "2xHxW -> a: conv 4 k3 s2 p1 padding_mode=circular -> b: maxpool 3 s2 p1 ceil_mode=yes -> c: conv 4 k3 p1 groups=4 "
    "-> d: avgpool 3 s2 p1 -> e: convtranspose 2 k3 s2 p1 -> f: avgpool 3 p1 count_include_pad=no "
    "-> g: lppool 2 k2 -> h: conv 1 k3 p1 padding_mode=replicate -> adaptivemaxpool 2 -> adaptiveavgpool 3x2"
)
LINE = "4xL -> a: conv1d 8 k5 s2 p2 -> b: convtranspose1d 4 k4 s3 p2 -> upsample 2 -> c: avgpool1d 3 s2 p1"


@pytest.mark.parametrize(
    ("spec", "sizes"), [(MANY, {"H": 61, "W": 40}), (LINE, {"L": 50}), (NUMBERS, {"H": 65, "W": 74})]
)
def test_positions_are_those_of_the_report(browser: Browser, tmp_path: Path, spec: str, sizes: dict[str, int]) -> None:
    browser.open(write_page(spec, tmp_path))
    page = moved(browser, dict(sizes))
    compared, wrong = problems(browser, calculated(page.command), Random(3), 99)
    assert wrong == []
    assert compared >= 7
    assert browser.problems == []


def test_keys_go_through_the_positions(browser: Browser, tmp_path: Path) -> None:
    browser.open(write_page("1x6x5 -> a: conv 1 k3 -> relu", tmp_path))
    choose(browser, "window", "a")
    at = []
    for key in ("Home", "ArrowRight", "ArrowDown", "ArrowUp", "ArrowLeft", "ArrowLeft", "End", "ArrowRight"):
        press(browser, "window", [key])
        at.append(shown(browser, "window")["hit"][0])
    # Of the 4x3 positions, beyond which no key leads.
    assert at == [[[row], [column]] for row, column in [(0, 0), (0, 1), (1, 1), (0, 1), (0, 0), (0, 0), (3, 2), (3, 2)]]
    # The button goes on row by row, and from the end to the start.
    browser.run("document.querySelectorAll('#view-window .stepper button')[1].click()")
    assert shown(browser, "window")["hit"] == [[[0], [0]]]
    choose(browser, "window", "relu1")
    assert shown(browser, "window")["caption"] == "relu1 has no window that slides. Convolutions and pools have one."


def test_a_page_begins_with_the_layer_that_is_asked_for(browser: Browser, tmp_path: Path) -> None:
    report = cnncalc.calc("3xHxW -> a: conv 8 k3 -> b: conv 8 k5")
    (tmp_path / "page.html").write_text(str(write(report, "html", "window", Look(layer="b"))), encoding="utf-8")
    browser.open(tmp_path / "page.html")
    page = shown(browser, "window")
    assert (page["name"], page["tap"]) == ("b", [[[0, 1, 2, 3, 4]] * 2])


@pytest.mark.parametrize(
    ("view", "look", "message"),
    [
        ("window", Look(layer="relu1", filter="blur"), "relu1 is a relu, which has no window that slides"),
        ("window", Look(layer="b", filter="blur"), "the filter blur is 3x3, but the kernel of b is 5x5"),
        ("field", Look(at=(3, 3)), ".html takes no --at"),
        ("window", Look(layer="relu1"), "relu1 is a relu, which has no window that slides"),
        ("field", Look(layer="c"), "there is no layer at c"),
    ],
)
def test_what_a_page_does_not_take(view: str, look: Look, message: str) -> None:
    with pytest.raises(cnncalc.UsageError) as failed:
        write(cnncalc.calc("3xHxW -> a: conv 8 k3 -> relu -> b: conv 8 k5"), "html", view, look)
    assert failed.value.diagnostics[0].message == message
