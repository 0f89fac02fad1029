"""The graph view: what is drawn of a network, and that nothing lies on anything else."""

from __future__ import annotations

import time
from pathlib import Path
from xml.etree import ElementTree

import pytest

import cnncalc
from cnncalc.layers.shapes import shape_text
from cnncalc.pictures import draw
from cnncalc.pictures.letters import text_width
from cnncalc.pictures.look import Look
from cnncalc.pictures.outline import Outline, OutlinePart
from cnncalc.zoo.catalog import Filter, entries
from tests.pictures.geometry import SVG, Area, faults, geometry, text_area

NETWORKS = [entry.name for entry in entries(Filter([], "", None, (), ()), "name")]


def words(svg: str) -> list[str]:
    """Every text of a picture that is seen."""
    return [text.text or "" for text in ElementTree.fromstring(svg).iter(f"{SVG}text")]


@pytest.mark.parametrize("name", NETWORKS)
def test_nothing_lies_on_anything(name: str) -> None:
    report = cnncalc.calc(f"zoo:{name}")
    assert faults(draw(report).svg) == []


@pytest.mark.parametrize("name", ["resnet50", "densenet121", "inception_v3", "unet", "gpt2", "googlenet"])
def test_nothing_lies_on_anything_where_all_is_open(name: str) -> None:
    report = cnncalc.calc(f"zoo:{name}")
    picture = draw(report, look=Look(depth=20, fold=False))
    assert faults(picture.svg) == []
    root = ElementTree.fromstring(picture.svg)
    drawn = [group.get("data-path") for group in root.iter(f"{SVG}g") if group.get("class") == "layer"]
    assert sorted(map(str, drawn)) == sorted(layer.path for layer in report.layers)


def test_the_check_finds_what_is_wrong() -> None:
    svg = draw(cnncalc.calc("3x8x8 -> conv 8 k3 -> maxpool 2")).svg
    assert faults(svg) == []
    box = geometry(svg).boxes[1]
    more = f'<rect class="o" x="{box.left + 9}" y="{box.top + 9}" width="300" height="40"/></svg>'
    assert any("boxes on each other" in fault for fault in faults(svg.replace("</svg>", more)))
    line = f'<path class="e" d="M{box.left + 9} {box.top - 5}L{box.left + 9} {box.bottom + 5}"/></svg>'
    assert any("a line through a box" in fault for fault in faults(svg.replace("</svg>", line)))
    label = next(text for text, strip in geometry(svg).texts if strip is None and text.name == "8x6x6")
    line = f'<path class="e" d="M{label.left + 9} {label.top - 5}L{label.left + 9} {label.bottom + 5}"/></svg>'
    assert any("a line through a text" in fault for fault in faults(svg.replace("</svg>", line)))
    longer = svg.replace(">conv1<", f">{'conv1' * 20}<")
    assert any("out of its box" in fault for fault in faults(longer))


def test_a_line_of_layers() -> None:
    report = cnncalc.calc("3x224x224 -> conv 64 k7 s2 p3 bias=no -> bn -> relu -> maxpool 3 s2 p1")
    found = words(draw(report).svg)
    assert found[0] == "3x224x224 → 64x56x56 · 9,536 params · 118,013,952 MACs"
    assert found[1:] == [
        "64x112x112",
        "64x56x56",
        "input",
        "3x224x224",
        "conv1",
        "64 k7 s2 p3 bias=no",
        "9.41 k params · 118 M MACs",
        "bn1",
        "128 params",
        "relu1",
        "maxpool1",
        "k3 s2 p1",
        "output",
        "64x56x56",
        "convolution",
        "norm",
        "activation, function",
        "pool, resize, reduce",
        "params, of the largest box",
        "MACs, of the largest box",
    ]


def test_open_sizes_are_formulas() -> None:
    found = words(draw(cnncalc.calc("3xHxW -> conv 64 k7 s2 p3")).svg)
    assert "64 x (H + 1)//2 x (W + 1)//2" in found
    assert any("9408·⌊(H + 1)/2⌋·⌊(W + 1)/2⌋ MACs" in text for text in found)


def test_every_value_has_its_shape_where_all_is_open() -> None:
    report = cnncalc.calc("zoo:googlenet")
    found = set(words(draw(report, look=Look(depth=9, fold=False)).svg))
    assert {shape_text(layer.outputs[0]) for layer in report.layers if layer.type == "conv2d"} <= found


# Repeats


def outline(spec: str, depth: int | None = None) -> list[str]:
    """The parts of a network, each with what is in it indented below."""

    def lines(parts: tuple[OutlinePart, ...], deep: int) -> list[str]:
        found = []
        for part in parts:
            times = f" ×{part.copies.times}" if part.copies.times > 1 else ""
            found.append(f"{'  ' * deep}{part.label}{times}")
            found += lines(part.children, deep + 1)
        return found

    return lines(Outline(cnncalc.calc(spec), depth).parts, 0)


def test_equal_blocks_are_drawn_once() -> None:
    assert outline("zoo:resnet50", 2) == [
        *("conv1", "bn1", "relu1", "maxpool"),
        *("layer1", "  0", "  1 … 2 ×2"),
        *("layer2", "  0", "  1 … 3 ×3"),
        *("layer3", "  0", "  1 … 5 ×5"),
        *("layer4", "  0", "  1 … 2 ×2"),
        *("avgpool", "flatten1", "fc"),
    ]


def test_blocks_that_differ_in_width_alone_are_drawn_once_with_both_ends() -> None:
    report = cnncalc.calc("zoo:densenet121")
    first, last = report["features.denseblock1.denselayer1.cat1"], report["features.denseblock1.denselayer6.cat1"]
    assert (first.output[0], last.output[0]) == (96, 256)
    found = words(draw(report).svg)
    assert "96…256x56x56" in found
    assert "denselayer1 … denselayer6 dense_layer ×6" in found


def test_blocks_in_turns_are_drawn_as_a_pair() -> None:
    pair = "a: conv 8 k3 p1 -> relu", "b: conv 8 k5 p2 -> sigmoid"
    spec = "8x16x16 -> " + " -> ".join(f"{text[0]}{i}: {text[3:]}" for i in range(6) for text in pair)
    assert len(cnncalc.calc(spec).layers) == 24
    assert outline(spec) == ["a0 … sigmoid6 ×6", "  a0", "  relu1", "  b0", "  sigmoid1"]


def test_what_is_read_from_outside_is_not_hidden_in_a_repeat(tmp_path: Path) -> None:
    # The end of each level is read again after all of them.
    inner = "conv 8 k3 p1 -> relu"
    text = f"input: 8x16x16\nblocks:\n  b: {inner}\nbody:\n" + "".join(f"  - b{i}: b\n" for i in range(4))
    path = tmp_path / "net.yaml"
    path.write_text(text)
    assert outline(str(path), 1) == ["b0 … b3 ×4"]
    path.write_text(text + "  - cat(b0, b1, b2, b3)\n")
    assert outline(str(path), 1) == ["b0", "b1", "b2", "b3", "cat1"]


# Size and time


def test_a_network_of_two_thousand_layers_folds_by_itself() -> None:
    spec = "3x64x64 -> " + " -> ".join(f"conv {8 + i % 7} k3 p1 -> relu" if i % 3 else "bn" for i in range(1200))
    report = cnncalc.calc(spec)
    assert len(report.layers) == 2000
    svg = draw(report).svg
    assert len(svg) < 100_000
    assert faults(svg) == []


def test_sizes_of_files() -> None:
    assert len(draw(cnncalc.calc("zoo:resnet50")).svg) < 80_000


def test_five_hundred_layers_take_less_than_three_seconds() -> None:
    report = cnncalc.calc("zoo:resnet152")
    assert len(report.layers) == 515
    start = time.process_time()
    draw(report, look=Look(depth=9, fold=False))
    draw(report)
    assert time.process_time() - start < 3


# What somebody wrote


BAD = [
    "<script>alert(1)</script>",
    'a" onload="b',
    "&lt;",
    "a'b",
    "\x1b[31m",
    "\ufffe\uffff",
    "\ud800",
    "]]>",
    "名前",
    "\u202e",
]


@pytest.mark.parametrize("name", BAD)
def test_names_are_text(name: str) -> None:
    graph = cnncalc.parse("3x8x8 -> conv 8 k3 -> relu")
    graph.name = name
    graph.nodes = [node._replace(path=f"{name}.{node.path}", owner=f"{name}.{node.path}") for node in graph.nodes]
    graph.inputs[0] = graph.inputs[0]._replace(name=name)
    graph.outputs = [(name, value) for _, value in graph.outputs]
    graph.blocks = {name: name}
    svg = draw(cnncalc.trace(graph)).svg
    root = ElementTree.fromstring(svg)
    kinds = {element.tag.removeprefix(SVG) for element in root.iter()}
    assert kinds == {"svg", "title", "style", "rect", "g", "path", "text"}
    plain = draw(cnncalc.calc("3x8x8 -> conv 8 k3 -> relu")).svg
    allowed = {key for element in ElementTree.fromstring(plain).iter() for key in element.attrib}
    assert {key for element in root.iter() for key in element.attrib} == allowed
    if name.isprintable() and len(name) < 12:
        assert name in {"".join(element.itertext()) for element in root.iter(f"{SVG}text")}
    assert not any(ord(char) < 32 and char != "\n" for char in svg)
    assert faults(svg) == []


def test_it_fetches_nothing() -> None:
    svg = draw(cnncalc.calc("zoo:resnet50")).svg
    assert svg.count("http") == 1  # the name of SVG itself
    assert not any(mark in svg for mark in ("<script", "<image", "href", "@import", "@font-face", "url("))


def test_themes() -> None:
    report = cnncalc.calc("3x8x8 -> conv 8 k3")
    auto, light, dark = (draw(report, look=Look(theme=theme)).svg for theme in ("auto", "light", "dark"))
    assert "prefers-color-scheme:dark" in auto
    assert "prefers-color-scheme" not in light + dark
    assert ".page{fill:#ffffff}" in light
    assert ".page{fill:#0d1117}" in dark
    assert "var(" not in auto


def test_a_width_scales_the_picture() -> None:
    report = cnncalc.calc("3x8x8 -> conv 8 k3")
    picture = draw(report, look=Look(width=1200))
    assert picture.width == 1200
    assert 'width="1200"' in picture.svg
    assert f'viewBox="0 0 {draw(report).width:g} ' in picture.svg


def test_warnings_stand_at_their_layer() -> None:
    svg = draw(cnncalc.calc("3x295x295 -> conv 10 k3 p1 -> maxpool 2")).svg
    root = ElementTree.fromstring(svg)
    (marked,) = [g for g in root.iter(f"{SVG}g") if any(t.text == "⚠1" for t in g.findall(f"{SVG}text"))]
    assert marked.get("data-path") == "maxpool1"
    assert "⚠1 no window of maxpool2d reaches the last row and column of its" in " ".join(words(svg))


def test_the_widths_of_texts_are_those_of_the_stated_font() -> None:
    # DejaVu Sans 2.37: advances of 613, 278 and 1000 thousandths of an em for a, i and @, 675 for a bold a.
    assert [text_width(char, 1000) for char in "ai@"] == [613, 278, 1000]
    assert text_width("a", 1000, bold=True) == 675
    text = ElementTree.fromstring('<text class="s" x="10" y="20">aa</text>')
    assert text_area(text) == Area(10, 12.5, 10 + 2 * 6.13, 22, "aa")
