"""The window view: what is drawn is what torch does, to the cell and to the digit."""

from __future__ import annotations

from typing import Any
from xml.etree import ElementTree

import pytest
import torch
from torch import nn

import cnncalc
from cnncalc.diagnostics import UsageError
from cnncalc.pictures import draw
from cnncalc.pictures.look import Look
from cnncalc.pictures.window.sweep import chosen, sweep
from tests.command import cnncalc as run
from tests.pictures.geometry import SVG, Area, text_area
from tests.pictures.test_graph import BAD, words
from tests.pictures.windows import run as compared
from tests.pictures.windows import sides


def test_windows_are_those_of_torch() -> None:
    assert compared(30, 1) == (30, [])


# Values

FILTERS = {
    "blur": [[1 / 9] * 3] * 3,
    "edge": [[-1.0, -1, -1], [-1, 8, -1], [-1, -1, -1]],
    "sharpen": [[0.0, -1, 0], [-1, 5, -1], [0, -1, 0]],
}
ALONG = {"blur": [1 / 3] * 3, "edge": [-1.0, 2, -1], "sharpen": [-1.0, 3, -1]}

VALUES: list[tuple[str, nn.Module, str | None]] = [
    *(("1x8x8 -> conv 1 k3 p1", nn.Conv2d(1, 1, 3, padding=1), name) for name in FILTERS),
    ("3x8x8 -> conv 2 k3 s2 p1", nn.Conv2d(3, 2, 3, 2, 1), "edge"),
    ("2x6x5 -> conv 1 k3 d2", nn.Conv2d(2, 1, 3, dilation=2), "sharpen"),
    (
        "1x6x7 -> conv 1 k3 p2 padding_mode=reflect",
        nn.Conv2d(1, 1, 3, padding=2, padding_mode="reflect"),
        "blur",
    ),
    ("1x4x5 -> convtranspose 1 k3 s2 p1", nn.ConvTranspose2d(1, 1, 3, 2, 1), "edge"),
    (
        "2x3x3 -> convtranspose 1 k3 s2 output_padding=1",
        nn.ConvTranspose2d(2, 1, 3, 2, output_padding=1),
        "sharpen",
    ),
    ("1x12 -> conv 1 k3 p1", nn.Conv1d(1, 1, 3, padding=1), "edge"),
    ("1x8x8 -> maxpool 3 s2 p1", nn.MaxPool2d(3, 2, 1), None),
    ("1x8x8 -> maxpool 3 s2 ceil_mode=yes", nn.MaxPool2d(3, 2, ceil_mode=True), None),
    ("4x7x7 -> avgpool 3 s2 p1 ceil_mode=yes", nn.AvgPool2d(3, 2, 1, ceil_mode=True), None),
    ("1x6x6 -> avgpool 3 s2 ceil_mode=yes", nn.AvgPool2d(3, 2, ceil_mode=True), None),
    (
        "1x7x7 -> avgpool 3 s2 p1 ceil_mode=yes count_include_pad=no",
        nn.AvgPool2d(3, 2, 1, ceil_mode=True, count_include_pad=False),
        None,
    ),
    ("1x8x8 -> avgpool 3 s2 p1 divisor_override=4", nn.AvgPool2d(3, 2, 1, divisor_override=4), None),
    ("1x8x7 -> lppool 2 3 s2 ceil_mode=yes", nn.LPPool2d(2, 3, 2, ceil_mode=True), None),
    ("1x7x5 -> adaptiveavgpool 3", nn.AdaptiveAvgPool2d(3), None),
    ("1x7x5 -> adaptivemaxpool 4", nn.AdaptiveMaxPool2d(4), None),
]


@pytest.mark.parametrize(("spec", "layer", "name"), VALUES, ids=lambda value: value if isinstance(value, str) else "")
def test_values_are_those_of_torch(spec: str, layer: Any, name: str | None) -> None:
    """The input is read from the picture, run through torch, and compared with the output on the picture."""
    svg = draw(cnncalc.calc(spec), "window", Look(filter=name)).svg
    grids = sides(ElementTree.fromstring(svg))
    *inputs, output = grids
    planes = []
    for grid in inputs:
        inside = {place: int(value) for place, value in grid.values.items() if grid.kinds[place] == "pixel"}
        high, wide = (max(place[axis] for place in inside) + 1 for axis in (0, 1))
        planes.append([[inside[row, column] for column in range(wide)] for row in range(high)])
    x = torch.tensor(planes, dtype=torch.float64)
    layer.double()
    along = isinstance(layer, nn.Conv1d)
    if name:
        with torch.no_grad():
            layer.weight.copy_(torch.tensor(ALONG[name] if along else FILTERS[name]))
            layer.bias.zero_()
    made = (layer(x[:, 0]) if along else layer(x)).detach()
    made = made[0][None] if along else made[0]
    shown = {place: float(value.replace("−", "-")) for place, value in output.values.items()}
    assert set(shown) == {(row, column) for row in range(made.shape[0]) for column in range(made.shape[1])}
    for place, value in shown.items():
        assert abs(value - made[place].item()) <= 0.05 + 1e-9, place


def test_the_sum_of_a_step() -> None:
    found = words(draw(cnncalc.calc("1x8x8 -> conv 1 k3 p1"), "window", Look(filter="edge")).svg)
    assert "output row 1, column 1 reads rows 0 to 2, columns 0 to 2 of the input" in found
    assert "−2 − 2 − 2 − 2 + 8·2 − 4 − 2 − 4 − 7 = −9" in found
    found = words(draw(cnncalc.calc("3x8x8 -> conv 4 k3"), "window", Look(filter="sharpen")).svg)
    assert "channel 0: −2 + channel 1: 11 + channel 2: −2 = 7" in found
    assert "max(2, 2, 2, 2, 2, 4, 2, 4, 7) = 7" in words(draw(cnncalc.calc("1x8x8 -> maxpool 3"), "window").svg)


# What is said


def test_what_is_dropped_and_left_out_is_said() -> None:
    found = words(draw(cnncalc.calc("10x295x295 -> maxpool 2"), "window").svg)
    assert "No window reads row 294 of 295." in found
    assert "read by no window" in found
    assert "Left out: rows 6 to 289 and columns 6 to 289." in found
    assert "Each of the 10 channels is treated like this by itself." in found


def test_open_sizes_are_drawn_at_numbers() -> None:
    assert "drawn at H = 224, W = 224" in words(draw(cnncalc.calc("3xHxW -> conv 8 k3"), "window").svg)


@pytest.mark.parametrize(
    "spec",
    [
        *("3x224x224 -> conv 64 k7 s2 p3", "64x9x9 -> conv 8 k3 g2", "64x9x9 -> conv 64 k3 g64", "1x200 -> conv 2 k99"),
        *("8x4x4 -> convtranspose 4 k3 s2 p1", "3x224x224 -> conv 768 k16 s16", "512x64x64 -> gap"),
        *("1x1x1 -> conv 1 k1", "2x300x300 -> conv 1 k3 d90 p90", "1x9x9 -> conv 1 k2 s4"),
    ],
)
def test_texts_are_on_the_page_and_apart(spec: str) -> None:
    picture = draw(cnncalc.calc(spec), "window")
    root = ElementTree.fromstring(picture.svg)
    page = Area(0, 0, picture.width, picture.height, "page")
    moving = {text for g in root.iter(f"{SVG}g") if g.get("class") == "f" for text in g.iter(f"{SVG}text")}
    forms = {text for defs in root.iter(f"{SVG}defs") for text in defs.iter(f"{SVG}text")}
    texts = [text_area(text) for text in root.iter(f"{SVG}text") if text not in moving | forms]
    assert all(page.holds(text) for text in texts)
    assert not [(a, b) for i, a in enumerate(texts) for b in texts[i + 1 :] if a.meets(b, 1.5)]


def test_it_moves_unless_the_reader_wants_rest() -> None:
    svg = draw(cnncalc.calc("1x5x5 -> conv 1 k3"), "window").svg
    moved, rest = svg.split("@media (prefers-reduced-motion:no-preference)")
    assert "animation:" not in moved
    assert "animation:sweep9 4.5s step-end infinite" in rest
    assert ".f{visibility:hidden}.cnncalc .f0{visibility:visible}" in moved
    assert svg.count('class="f f0"') == 1
    assert "<script" not in svg


@pytest.mark.parametrize("name", BAD)
def test_names_are_text(name: str) -> None:
    graph = cnncalc.parse("3x8x8 -> conv 8 k3")
    graph.name = name
    graph.nodes = [node._replace(path=f"{name}.{node.path}", owner=f"{name}.{node.path}") for node in graph.nodes]
    svg = draw(cnncalc.trace(graph), "window").svg
    plain = draw(cnncalc.calc("3x8x8 -> conv 8 k3"), "window").svg
    drawn, usual = ([(e.tag, *e.attrib) for e in ElementTree.fromstring(text).iter()] for text in (svg, plain))
    assert drawn == usual
    assert not any(ord(char) < 32 and char != "\n" for char in svg)


# As data


def test_a_sweep_as_data() -> None:
    report = cnncalc.calc("1x20 -> conv 2 k3 s2 p1")
    found = sweep(chosen(report, None)).to_dict()
    assert found == {
        "layer": "conv1",
        "type": "conv1d",
        "input": [1, 20],
        "output": [2, 10],
        "transposed": False,
        "summed": 1,
        "axes": [
            {
                "name": "position",
                "size": 20,
                "out": 10,
                "kernel": 3,
                "stride": 2,
                "dilation": 1,
                "padding": [1, 1],
                "edge": "zeros",
                "spread": False,
                "adaptive": False,
                "positions": list(range(-1, 21)),
                "steps": [{"step": step, "reads": [2 * step - 1, 2 * step, 2 * step + 1]} for step in range(10)],
            }
        ],
    }


# Refusals

NET = "3x32x32 -> conv 8 k5 -> relu -> maxpool 2 -> flatten -> linear 10"


@pytest.mark.parametrize(
    ("look", "message", "hint"),
    [
        (Look(layer="conv7"), "there is no layer at conv7", "did you mean conv1?"),
        (
            Look(layer="relu1"),
            "relu1 is a relu, which has no window that slides",
            "these have one: conv1, maxpool1",
        ),
        (
            Look(layer="conv1", filter="blur"),
            "the filter blur is 3x3, but the kernel of conv1 is 5x5",
            "draw a layer with k3",
        ),
        (
            Look(layer="maxpool1", filter="blur"),
            "maxpool1 is a maxpool2d, which has no weights to put a filter in",
            "--filter is for convolutions",
        ),
        (Look(filter="blurr"), "there is no filter blurr", "did you mean blur?"),
    ],
)
def test_what_cannot_be_drawn(look: Look, message: str, hint: str) -> None:
    with pytest.raises(UsageError) as raised:
        draw(cnncalc.calc(NET), "window", look)
    (found,) = raised.value.diagnostics
    assert (found.message, found.hint) == (message, hint)


def test_other_views_have_no_layer() -> None:
    with pytest.raises(UsageError, match="the view graph takes no --layer"):
        draw(cnncalc.calc(NET), "graph", Look(layer="conv1"))


def test_a_window_along_three_axes_is_refused() -> None:
    with pytest.raises(UsageError, match="conv1 slides along three axes, and a window is drawn along one or two"):
        draw(cnncalc.calc("1x4x8x8 -> conv 2 k3"), "window")
    with pytest.raises(UsageError, match="no layer of this network has a window that slides"):
        draw(cnncalc.calc("8 -> linear 2"), "window")


def test_the_command(tmp_path: Any) -> None:
    result = run("draw", NET, "-o", "w.svg", "--view", "window", "--layer", "maxpool1", cwd=tmp_path)
    assert (result.code, result.out, result.err) == (0, "", "")
    assert "maxpool1: how its window moves" in (tmp_path / "w.svg").read_text(encoding="utf-8")
