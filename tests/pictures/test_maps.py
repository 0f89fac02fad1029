"""The maps view: what is drawn is as large as it says."""

from __future__ import annotations

import re
from itertools import pairwise
from math import log2
from xml.etree import ElementTree

import pytest

import cnncalc
from cnncalc.diagnostics import UsageError
from cnncalc.pictures import draw
from cnncalc.pictures.look import Look
from tests.pictures.geometry import SVG, Area, area, text_area
from tests.pictures.test_graph import NETWORKS, words


def maps(svg: str) -> list[tuple[str, list[Area]]]:
    """Each map: its shape, and its planes from the front."""
    found = []
    for group in ElementTree.fromstring(svg).iter(f"{SVG}g"):
        title = group.findtext(f"{SVG}title") or ""
        found.append((title.splitlines()[-1], [area(rect) for rect in group.findall(f"{SVG}rect")][::-1]))
    return found


def test_lenet() -> None:
    svg = draw(cnncalc.calc("zoo:lenet5"), "maps").svg
    found = maps(svg)
    assert [shape for shape, _ in found] == [
        *("1x32x32", "6x28x28", "6x14x14", "16x10x10", "16x5x5"),
        *("400", "120", "84", "10"),
    ]
    sides = [planes[0].right - planes[0].left for _, planes in found[:5]]
    assert sides == pytest.approx([150 * size / 32 for size in (32, 28, 14, 10, 5)], abs=0.2)
    # A plane for each doubling of the channels: 1; 6 is 2 to the 2.6; 16 is 2 to the 4.
    assert [len(planes) for _, planes in found[:5]] == [1, 4, 4, 5, 5]
    heights = [planes[0].bottom - planes[0].top for _, planes in found[5:]]
    assert heights == sorted(heights, reverse=True)
    assert "height and width on a linear scale; one plane for each doubling of the channels; bars on a log scale" in (
        words(svg)
    )
    # The window of c1 on the input: 5 of 32 positions.
    window = next(rect for rect in ElementTree.fromstring(svg).iter(f"{SVG}rect") if rect.get("class") == "window")
    assert float(window.get("width", "0")) == pytest.approx(150 * 5 / 32, abs=0.1)


@pytest.mark.parametrize("name", NETWORKS)
def test_maps_of_the_zoo(name: str) -> None:
    picture = draw(cnncalc.calc(f"zoo:{name}"), "maps")
    found = maps(picture.svg)
    assert 2 <= len(found) <= 25
    page = Area(0, 0, picture.width, picture.height, "page")
    for shape, planes in found:
        assert all(page.holds(plane) for plane in planes)
        channels = [int(size) for size in shape.split("x")]
        wanted = 1 + round(log2(max(1, channels[0]))) if len(channels) > 2 else 1
        assert len(planes) == wanted, shape
    for (_, planes), (_, others) in pairwise(found):
        assert not any(plane.meets(other) for plane in planes for other in others)
    texts = [text_area(text) for text in ElementTree.fromstring(picture.svg).iter(f"{SVG}text")]
    assert all(page.holds(text) for text in texts)
    assert not [(a, b) for i, a in enumerate(texts) for b in texts[i + 1 :] if a.meets(b, 1)]


def test_skips_of_a_unet_are_drawn() -> None:
    svg = draw(cnncalc.calc("zoo:unet"), "maps").svg
    paths = [path.get("d", "") for path in ElementTree.fromstring(svg).iter(f"{SVG}path") if path.get("class") == "e"]
    assert len([path for path in paths if re.fullmatch(r"M[\d. ]+V.*H.*V[\d.]+", path)]) == 4


def test_labels() -> None:
    report = cnncalc.calc("zoo:lenet5")
    assert "conv2d 6 k5" in words(draw(report, "maps").svg)
    sizes = words(draw(report, "maps", Look(labels="sizes")).svg)
    assert "6x28x28" in sizes
    assert "conv2d 6 k5" not in sizes
    assert "6x28x28" not in words(draw(report, "maps", Look(labels="none")).svg)


def test_open_sizes_are_drawn_at_numbers_that_it_names() -> None:
    found = words(draw(cnncalc.calc("zoo:vgg16", input="3xHxW"), "maps").svg)
    assert "drawn at H = 224, W = 224" in found
    assert "64x224x224" in found


def test_a_kind_of_labels_that_there_is_not() -> None:
    with pytest.raises(UsageError, match="there is no kind of labels size"):
        draw(cnncalc.calc("3x8x8 -> relu"), "maps", Look(labels="size"))
