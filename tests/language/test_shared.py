"""`shared`: layers that are called several times see the names of the file, wherever they are called from."""

from __future__ import annotations

from pathlib import Path

import cnncalc


def test_a_shared_layer_sees_the_arguments_of_the_file(tmp_path: Path) -> None:
    path = tmp_path / "net.yaml"
    path.write_text(
        """
input: 3x8x8
arguments: {width: 5, act: relu}
shared: {head: conv width k1 -> act}
blocks:
  # its own width is another one
  inside(width, act=tanh): [head, conv width k1]
body:
  - inside(7)
  - for: width in [8, 9]
    do: [conv 3 k1, head]
""",
        encoding="utf-8",
    )
    layers = cnncalc.calc(str(path)).layers
    found = [(layer.path, layer.type, layer.output[0]) for layer in layers if layer.path.startswith("head")]
    assert found == [
        ("head.0", "conv2d", 5),
        ("head.1", "relu", 5),
        ("head:2.0", "conv2d", 5),
        ("head:2.1", "relu", 5),
        ("head:3.0", "conv2d", 5),
        ("head:3.1", "relu", 5),
    ]


def test_a_shared_layer_sees_the_blocks_of_its_file(tmp_path: Path) -> None:
    (tmp_path / "other.yaml").write_text("blocks: {twice(x): [conv 3 k1, conv 3 k1]}\n", encoding="utf-8")
    path = tmp_path / "net.yaml"
    path.write_text(
        "input: 3x8x8\nuse: {other.yaml: [twice]}\nshared: {head: part(4)}\n"
        "blocks: {part(c): conv c k1, inside(c): head}\nbody: [twice(1), inside(2)]\n",
        encoding="utf-8",
    )
    assert [layer.output[0] for layer in cnncalc.calc(str(path)).layers] == [3, 3, 4]
