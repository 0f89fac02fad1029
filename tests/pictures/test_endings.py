"""The kinds of files: that each holds the same network, and that nothing in a name is more than text."""

from __future__ import annotations

import re
import shutil
import struct
import subprocess
import sys
from pathlib import Path

import pytest

import cnncalc
from cnncalc.graph import Graph
from cnncalc.pictures import ending_names, write
from cnncalc.pictures.look import Look
from tests.command import cnncalc as run
from tests.pictures.test_graph import BAD, NETWORKS


def wires(text: str) -> list[tuple[str, str]]:
    """The lines between boxes, in Graphviz's text and in Mermaid's."""
    return re.findall(r"^ *(n\d+) (?:->|-->)(?:\|[^|]*\|)? (n\d+)", text, re.MULTILINE)


@pytest.mark.parametrize("name", ["resnet18", "unet", "googlenet", "gpt2"])
def test_both_texts_have_the_edges_of_the_graph(name: str) -> None:
    report = cnncalc.calc(f"zoo:{name}")
    look = Look(depth=99, fold=False)
    dot, mmd = (str(write(report, ending, look=look)) for ending in ("dot", "mmd"))
    assert wires(dot) == wires(mmd)
    # Values that are read by another box than the one that they are made in: a strip reads what is above it.
    graph = report.graph
    boxes = re.findall(r"^ *(n\d+) \[", dot, re.MULTILINE)
    ends = {wire[1] for wire in wires(dot)} | {wire[0] for wire in wires(dot)}
    assert ends == set(boxes)
    strips = sum(len(re.findall(r"\\n", label)) for label in re.findall(r'label="([^"]*)" fillcolor', dot))
    reads = sum(len(set(node.inputs)) for node in graph.nodes) + len(graph.outputs)
    glued = len(graph.nodes) + len(graph.inputs) + len(graph.outputs) - len(boxes)
    assert len(wires(dot)) == reads - glued
    assert strips >= glued


@pytest.mark.parametrize("name", NETWORKS[::6])
def test_texts_of_the_zoo(name: str) -> None:
    report = cnncalc.calc(f"zoo:{name}")
    for ending in ("dot", "mmd"):
        text = str(write(report, ending))
        boxes = set(re.findall(r"^ *(n\d+)\[?(?: \[|\")", text, re.MULTILINE))
        assert {end for wire in wires(text) for end in wire} <= boxes


def named(name: str) -> Graph:
    graph = cnncalc.parse("3x8x8 -> conv 8 k3 -> relu")
    graph.name = name
    graph.nodes = [node._replace(path=f"{name}.{node.path}", owner=f"{name}.{node.path}") for node in graph.nodes]
    graph.outputs = [(name, value) for _, value in graph.outputs]
    return graph


@pytest.mark.parametrize("name", [*BAD, 'x"]', "x\\", "\\n", "a|b", "`a`", "#quot;", "end"])
def test_names_are_text(name: str) -> None:
    report = cnncalc.trace(named(name))
    dot, mmd = str(write(report, "dot")), str(write(report, "mmd"))
    # Outside of quotes there is nothing but what cnncalc writes, however long the name is.
    string = r'"(?:[^"\\]|\\.)*"'
    plain_dot, plain_mmd = (str(write(cnncalc.trace(named("x")), ending)) for ending in ("dot", "mmd"))
    assert re.sub(string, '""', dot) == re.sub(string, '""', plain_dot)
    assert re.sub(r'"[^"]*"', '""', mmd) == re.sub(r'"[^"]*"', '""', plain_mmd)
    assert not re.search(r"[<>&`\\](?!br>)", "".join(re.findall(r'"[^"]*"', mmd)).replace("<br>", ""))
    assert dot.isprintable() or {char for char in dot if not char.isprintable()} == {"\n"}


@pytest.mark.skipif(shutil.which("dot") is None, reason="Graphviz is not installed")
@pytest.mark.parametrize("name", ["resnet18", "unet", "gpt2"])
def test_graphviz_reads_it(name: str) -> None:
    text = str(write(cnncalc.calc(f"zoo:{name}"), "dot"))
    done = subprocess.run(["dot", "-Tplain"], input=text, capture_output=True, encoding="utf-8")
    assert (done.returncode, done.stderr) == (0, "")


def test_pixels(tmp_path: Path) -> None:
    pytest.importorskip("resvg_py")
    result = run("draw", "zoo:lenet5", "-o", "lenet.png", "--view", "maps", "--width", "640", cwd=tmp_path)
    assert (result.code, result.out, result.err) == (0, "", "")
    data = (tmp_path / "lenet.png").read_bytes()
    assert data[:8] == b"\x89PNG\r\n\x1a\n"
    width, height = struct.unpack(">II", data[16:24])
    assert (width, 150 < height < 300) == (640, True)


def test_pixels_without_what_draws_them(tmp_path: Path) -> None:
    code = "import sys; sys.modules['resvg_py'] = None; sys.argv = ['cnncalc', 'draw', '3 -> linear 2', '-o', 'a.png']"
    done = subprocess.run(
        [sys.executable, "-c", f"{code}\nfrom cnncalc.cli.main import run\nrun()"],
        cwd=tmp_path,
        capture_output=True,
        encoding="utf-8",
    )
    assert done.returncode == 2
    assert done.stderr == (
        "error[no-resvg]: a .png needs resvg, which is not installed\n"
        " = hint: pip install 'cnncalc[png]', or -o FILE.svg\n"
    )


def test_endings() -> None:
    assert {"svg", "png", "dot", "mmd"} <= set(ending_names())
