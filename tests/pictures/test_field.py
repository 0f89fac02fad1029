"""The field view: what is drawn of a position is what its gradients reach."""

from __future__ import annotations

import struct
import zlib
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest
import torch

import cnncalc
from cnncalc.diagnostics import UsageError
from cnncalc.pictures import draw
from cnncalc.pictures.field.photo import photo
from cnncalc.pictures.field.seen import Fields, fields
from cnncalc.pictures.look import Look
from cnncalc.torch_bridge.drawing.dependence import with_weights, zeros
from cnncalc.torch_bridge.verifying.build import build
from tests.command import cnncalc as run
from tests.pictures.geometry import SVG, Area, area, text_area
from tests.pictures.test_graph import BAD, words


def reached(found: Fields, draws: int = 12) -> list[torch.Tensor]:
    """For each station, which positions of its axes the gradient of the chosen position reaches, in any draw."""
    report = found.report
    graph = report.graph
    generator = torch.Generator().manual_seed(1)
    built = build(report)
    with_weights(built, generator)
    axes = len(found.stations[0].spans)
    seen: list[Any] = [None] * len(found.stations)
    for _ in range(draws):
        values: list[torch.Tensor] = [
            torch.rand(zero.shape, generator=generator, dtype=torch.float64).requires_grad_() for zero in zeros(report)
        ]
        for node in graph.nodes:
            values += built.call(node, [values[value] for value in node.inputs], 1)
            for value in values[-node.output_count :]:
                value.retain_grad()
        made = values[found.value]
        if found.at is not None and made.dim() == axes + 2:
            made = made[(..., *found.at)]
        elif found.at is not None:  # tokens, row by row
            assert found.counts is not None
            made = made[:, found.at[0] * found.counts[1] + found.at[1]]
        made.sum().backward()
        for i, station in enumerate(found.stations):
            grad = values[station.value].grad
            assert grad is not None
            touched = (grad != 0).reshape(-1, *grad.shape[-axes:]).any(0)
            seen[i] = touched if seen[i] is None else seen[i] | touched
    return seen


CHAIN = "1x20x20 -> conv 2 k5 -> relu -> maxpool 2 -> conv 3 k3 p1 -> avgpool 2"
RESIDUAL = """
input: 3x24x24
body:
  - stem: conv 4 k3 s2 p1 -> relu
  - conv1: conv 4 k3 s2 p1
  - bn
  - conv2: conv 4 k3 p1
  - short: stem -> conv 4 k1 s2
  - sum: add(conv2, short)
  - last: conv 2 k3
"""
UNET = """
input: 1x16x16
body:
  - down: conv 2 k3 p1 -> relu
  - maxpool 2
  - deep: conv 4 k3 p1
  - up: upsample 2
  - cat(down, up)
  - last: conv 2 k3 p1
"""
INCEPTION = """
input: 2x15x15
body:
  - stem: conv 4 k3
  - a: stem -> conv 2 k1
  - b: stem -> conv 2 k3 p1
  - c: stem -> conv 2 k5 p2
  - d: stem -> maxpool 3 s1 p1
  - both: cat(a, b, c, d)
  - last: conv 2 k3 s2
"""
CASES: list[tuple[str, str | None, tuple[int, ...] | None]] = [
    *((CHAIN, None, at) for at in (None, (0, 0), (3, 1))),
    *((RESIDUAL, "last", at) for at in (None, (0, 0), (3, 3))),
    *((UNET, "last", at) for at in (None, (7, 8), (15, 0))),
    *((INCEPTION, "last", at) for at in (None, (0, 5))),
    ("2x21x21 -> conv 2 k3 d2 -> conv 2 k3 d2 -> conv 2 k3 d4", None, (2, 2)),
    ("2x9x9 -> conv 2 k3 -> convtranspose 2 k3 s2 p1 -> conv 1 k3 p1", None, (6, 7)),
    ("1x11x14 -> maxpool 3 s2 ceil_mode=yes -> conv 2 k3 p1", None, (4, 6)),
    ("1x12x12 -> conv 2 k3 p1 padding_mode=reflect -> conv 2 k3 p1 padding_mode=circular", None, (5, 5)),
    ("2x40 -> conv 3 k5 s2 p2 -> relu -> conv 2 k3 d3", None, (4,)),
    ("2x12x12 -> conv 2 k3 -> adaptiveavgpool 3 -> conv 2 k2", None, (1, 0)),
    ("3x16x16 -> conv 4 k4 s4 -> flatten 2 -> transpose 1 2 -> linear 5", "linear1", (2, 1)),
    ("3x8x8 -> conv 4 k3 -> gap -> flatten -> linear 2", "linear1", None),
    ("2x12x12 -> conv 2 k1 s3 -> conv 2 k2", None, (1, 1)),
]


@pytest.mark.parametrize(("spec", "path", "at"), CASES)
def test_fields_are_those_of_gradients(spec: str, path: str | None, at: tuple[int, ...] | None, tmp_path: Path) -> None:
    if "\n" in spec:
        (tmp_path / "net.yaml").write_text(spec, encoding="utf-8")
        spec = str(tmp_path / "net.yaml")
    found = fields(cnncalc.calc(spec, batch=1), path, at)
    assert len(found.stations) > 1
    for station, touched in zip(found.stations, reached(found)):
        if station.value == found.value:
            continue
        for axis, span in enumerate(station.spans):
            rest = [other for other in range(touched.dim()) if other != axis]
            seen = {int(i) for i in (touched.any(rest[0]) if rest else touched).nonzero()}
            low, high = span.inside
            there = set(range(low, high + 1))
            assert seen <= there, (station.name, axis, span, sorted(seen))
            if span.kind != "bound":
                assert {min(seen), max(seen)} == {low, high}, (station.name, axis, span, sorted(seen))
            if span.kind == "exact":
                assert seen == there, (station.name, axis, span, sorted(seen))


# The picture


@pytest.mark.parametrize(
    ("spec", "look"),
    [
        ("zoo:resnet18", Look(layer="layer3", at=(1, 1))),
        ("zoo:unet", Look()),
        ("zoo:vit_b_16", Look()),
        ("zoo:swin_t", Look()),
        ("zoo:lenet5", Look(layer="output_layer")),
        ("2x40 -> conv 3 k5 s2 p2 -> conv 2 k3 d3", Look(at=(0,))),
    ],
)
def test_texts_are_on_the_page_and_apart(spec: str, look: Look) -> None:
    picture = draw(cnncalc.calc(spec), "field", look)
    root = ElementTree.fromstring(picture.svg)
    page = Area(0, 0, picture.width, picture.height, "page")
    texts = [text_area(text) for text in root.iter(f"{SVG}text")]
    assert all(page.holds(text) for text in texts)
    assert not [(a, b) for i, a in enumerate(texts) for b in texts[i + 1 :] if a.meets(b, 1.5)]


def test_what_is_drawn_is_what_is_seen() -> None:
    """Rows 2 to 7 of 14 and columns 2 to 7, as LeNet-5's s4 sees s2 at 1, 1: read back from the rectangles."""
    root = ElementTree.fromstring(draw(cnncalc.calc("zoo:lenet5"), "field", Look(layer="s4", at=(1, 1))).svg)
    found = {}
    for group in root.iter(f"{SVG}g"):
        if group.get("class") == "plane":
            plane, seen = (area(rect) for rect in group.findall(f"{SVG}rect"))
            size = int((group.get("data-path"), plane.right - plane.left)[1] + 0.5)
            ends = [(seen.left - plane.left) / size, (seen.right - plane.left) / size]
            found[group.get("data-path")] = ends
    sizes = {"input": (32, 4, 19), "c1": (28, 4, 15), "s2": (14, 2, 7), "c3": (10, 2, 3), "s4": (5, 1, 1)}
    assert set(found) == set(sizes)
    for name, (size, low, high) in sizes.items():
        assert found[name] == pytest.approx([low / size, (high + 1) / size], abs=0.003), name


def test_what_is_said() -> None:
    found = words(draw(cnncalc.calc("zoo:vgg16"), "field", Look(layer="features", at=(0, 3))).svg)
    # Of 212 rows from -90 and of 212 columns from 6: Araujo et al. 2019 have a field of 212 in steps of 32.
    assert "Position 0, 3 of 7x7 sees 122x212 of the 224x224 positions of input; with what is padding its field is" in (
        " ".join(found)
    )
    dilated = words(draw(cnncalc.calc("1x21x21 -> conv 1 k3 d2"), "field").svg)
    assert "its ends" in dilated
    assert "ends: the first and the last position are seen, and maybe not all between them." in dilated
    all_seen = words(
        draw(cnncalc.calc("3x8x8 -> conv 4 k3 -> gap -> flatten -> linear 2"), "field", Look(layer="linear1")).svg
    )
    assert "All that it gives sees 8x8 of the 8x8 positions of input." in all_seen


def test_fields_as_data() -> None:
    data = fields(cnncalc.calc("1x9 -> conv 1 k3 s2"), None, None).to_dict()
    seen = {"period": 1, "step": 2, "low": (0,), "high": (2,)}
    itself = {"period": 1, "step": 1, "low": (0,), "high": (0,)}
    assert data == {
        "layer": "conv1",
        "at": [2],
        "positions": [4],
        "stations": [
            {"name": "input", "axes": [{"size": 9, "kind": "exact", "seen": seen}]},
            {"name": "conv1", "axes": [{"size": 4, "kind": "exact", "seen": itself}]},
        ],
    }


@pytest.mark.parametrize("name", BAD)
def test_names_are_text(name: str) -> None:
    graph = cnncalc.parse("3x8x8 -> conv 8 k3 -> maxpool 2")
    graph.nodes = [node._replace(path=f"{name}.{node.path}", owner=f"{name}.{node.path}") for node in graph.nodes]
    graph.inputs[0] = graph.inputs[0]._replace(name=name)
    svg = draw(cnncalc.trace(graph), "field").svg
    plain = draw(cnncalc.calc("3x8x8 -> conv 8 k3 -> maxpool 2"), "field").svg
    kinds, usual = ({(e.tag, *e.attrib) for e in ElementTree.fromstring(text).iter()} for text in (svg, plain))
    assert kinds == usual
    assert not any(ord(char) < 32 and char != "\n" for char in svg)


# A picture under it


def png(width: int, height: int) -> bytes:
    """A grey picture."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    rows = (b"\0" + b"\x80" * width) * height
    head = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    parts = chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + parts


PICTURES = {
    "png": png(30, 20),
    "gif": b"GIF89a" + struct.pack("<HH", 30, 20) + b"\0\0\0",
    # The marks of a JPEG: its start, a comment, then a frame (ITU T.81, B.2.2).
    "jpeg": b"\xff\xd8\xff\xfe\x00\x05abc\xff\xc0\x00\x11\x08" + struct.pack(">HH", 20, 30) + b"\x03" * 12,
    # The header of a lossless WebP: 14 bits each of the width and the height, less one (RFC 9649, 3.4).
    "webp": b"RIFF\0\0\0\0WEBPVP8L\0\0\0\0\x2f" + struct.pack("<I", 29 | 19 << 14) + b"\0" * 9,
}


@pytest.mark.parametrize("kind", PICTURES)
def test_a_picture_is_put_in(kind: str, tmp_path: Path) -> None:
    path = tmp_path / f'<b> & "{kind}"'
    path.write_bytes(PICTURES[kind])
    found = photo(str(path))
    assert (found.width, found.height) == (30, 20)
    svg = draw(cnncalc.calc("3x8x8 -> conv 8 k3"), "field", Look(image=str(path))).svg
    (image,) = ElementTree.fromstring(svg).iter(f"{SVG}image")
    assert (image.get("href") or "").startswith(f"data:image/{kind};base64,")
    assert any(text.startswith(f'<b> & "{kind}", 30x20 pixels, stretched to the 8x8') for text in words(svg))


REFUSED = [
    (b"<svg xmlns='http://www.w3.org/2000/svg'><script/></svg>", "is no picture"),
    (b"", "is no picture"),
    (b"\x89PNG\r\n\x1a\n", "is broken"),
    (png(1, 1)[:16] + struct.pack(">II", 20000, 1), "is 20000x1 pixels large"),
    (b"\xff\xd8\xff\xfe", "is broken"),
]


@pytest.mark.parametrize(("data", "said"), REFUSED)
def test_what_is_no_picture(data: bytes, said: str, tmp_path: Path) -> None:
    (tmp_path / "a.png").write_bytes(data)
    with pytest.raises(UsageError) as raised:
        photo(str(tmp_path / "a.png"))
    assert raised.value.diagnostics[0].message.endswith(said)
    with pytest.raises(UsageError, match="cannot be read: no such file or directory"):
        photo(str(tmp_path / "b.png"))
    with pytest.raises(UsageError, match="cannot be read"):
        photo(str(tmp_path))
    (tmp_path / "large").write_bytes(png(1, 1) + b"\0" * 6_000_000)
    with pytest.raises(UsageError, match=r"large has 6\.0 MB, and a picture may have 5"):
        photo(str(tmp_path / "large"))


# Refusals

NET = "3x32x32 -> conv 8 k5 -> relu -> maxpool 2 -> flatten -> linear 10"


@pytest.mark.parametrize(
    ("look", "message", "hint"),
    [
        (Look(layer="conv7"), "there is no layer at conv7", "did you mean conv1?"),
        (Look(at=(14, 0)), "--at 14,0 is outside of the 14x14 positions of maxpool1", "the last is 13,13"),
        (Look(at=(3,)), "--at names 1 position, but maxpool1 has two axes", "--at 3,5"),
        (
            Look(layer="linear1", at=(0, 0)),
            "the output of linear1 has no positions to choose among: all of it sees the same",
            "leave out --at",
        ),
        (Look(filter="blur"), "the view field takes no --filter", "--view window does"),
    ],
)
def test_what_cannot_be_drawn(look: Look, message: str, hint: str) -> None:
    with pytest.raises(UsageError) as raised:
        draw(cnncalc.calc(NET), "field", look)
    (found,) = raised.value.diagnostics
    assert (found.message, found.hint) == (message, hint)


def test_inputs_without_axes_to_follow() -> None:
    with pytest.raises(UsageError, match="a field is drawn along one or two axes of the input, and there are none"):
        draw(cnncalc.calc("8 -> linear 2"), "field")
    with pytest.raises(UsageError, match="and there are three"):
        draw(cnncalc.calc("1x4x8x8 -> conv 2 k3"), "field")


def test_the_command(tmp_path: Path) -> None:
    result = run("draw", NET, "-o", "f.svg", "--view", "field", "--layer", "conv1", "--at", "3,4", cwd=tmp_path)
    assert (result.code, result.out, result.err) == (0, "", "")
    assert "Position 3, 4 of 28x28" in (tmp_path / "f.svg").read_text(encoding="utf-8")
    result = run("draw", NET, "-o", "g.svg", "--view", "field", "--at", "3,a", cwd=tmp_path)
    said = "error[bad-option]: --at is a position, not 3,a\n = hint: --at 3,5 is row 3, column 5\n"
    assert (result.code, result.err) == (2, said)
