"""The drawing in the terminal: its whole text, and that its lanes lead from where values come to who reads them."""

from __future__ import annotations

from pathlib import Path

import pytest

import cnncalc
from cnncalc.pictures.terminal import text
from cnncalc.render import Options
from cnncalc.render.style import columns
from tests.command import cnncalc as run
from tests.pictures.test_graph import NETWORKS

RESIDUAL = """
input: 8x16x16
blocks:
  b:
    - conv1: conv 8 k3 p1 bias=no
    - bn1: bn
    - act: relu
    - add(act, input)
body:
  - 3 * b
  - gap
  - flatten
"""


def test_a_network_with_skips(tmp_path: Path) -> None:
    (tmp_path / "net.yaml").write_text(RESIDUAL)
    result = run("draw", "net.yaml", cwd=tmp_path)
    assert (result.code, result.err) == (0, "")
    assert result.out == SKIPS


SKIPS = """\
                                                output   params   MACs
●    input                                      8x16x16
│    ╭ b1 … b3 b ×3                                      1.78 k  442 k  ████████
├─╮  │
■ │  │ conv1  8 k3 p1 bias=no · bn1 · act relu  8x16x16     592  147 k  ██▋
├─╯  │
■    ╰ add1                                     8x16x16
■    adaptiveavgpool1  1                        8x1x1
■    flatten1                                   8
●    output                                     8
"""


def test_a_warning_stands_at_its_layer() -> None:
    result = run("draw", "3x295x295 -> conv 10 k3 p1 -> maxpool 2")
    assert result.code == 0
    assert result.out == WARNED


WARNED = """\
                    output      params    MACs
●  input            3x295x295
■  conv1  10 k3 p1  10x295x295     280  23.5 M  ████████
■  maxpool1  k2 ⚠1  10x147x147
●  output           10x147x147

⚠1 no window of maxpool2d reaches the last row and column of its 295x295 input
"""


def test_without_the_characters_of_boxes() -> None:
    result = run("draw", "3x8x8 -> conv 10 k3 p1 -> relu", PYTHONIOENCODING="ascii")
    assert result.code == 0
    assert result.out == PLAIN


PLAIN = """\
                            output  params    MACs
o  input                    3x8x8
#  conv1  10 k3 p1 . relu1  10x8x8     280  17.3 k  ########
o  output                   10x8x8
"""


@pytest.mark.parametrize("width", [40, 60, 80, 120, 200])
@pytest.mark.parametrize("name", ["resnet50", "unet", "gpt2", "inception_v3", "densenet121", "swin_t"])
def test_no_line_is_wider_than_the_terminal(name: str, width: int) -> None:
    drawn = text(cnncalc.calc(f"zoo:{name}"), Options(width=width))
    assert max(map(columns, drawn.splitlines())) <= width


@pytest.mark.parametrize("name", NETWORKS)
def test_a_drawing_can_be_read_at_once(name: str) -> None:
    drawn = text(cnncalc.calc(f"zoo:{name}"), Options(width=100))
    assert len(drawn.splitlines()) < 200


# The lanes, read back


def edges(drawn: str) -> list[set[int]]:
    """For each row with a mark, which rows before it its lanes lead to. Written for people's eyes, as they go."""
    lanes: dict[int, int] = {}  # column -> the row whose value is there
    joined: set[int] = set()
    found: list[set[int]] = []
    fork: int | None = None
    for line in drawn.splitlines():
        marks = [at for at, char in enumerate(line) if char in "■▣●" and line[:at].strip("│ ") == ""]
        if marks:
            (at,) = marks
            found.append(joined | ({lanes[at]} if at in lanes else set()))
            joined = set()
            lanes[at] = len(found) - 1
            fork = at
            for other in list(lanes):
                if other != at and line.ljust(other + 1)[other] != "│":
                    del lanes[other]
            continue
        start = next((at for at, char in enumerate(line) if char != " " and char != "│"), None)
        if start is None or line[start] != "├":
            continue
        end = next(at for at in range(start, len(line)) if line[at] in "╮╯┤")
        for at in range(start + 2, end + 1, 2):
            if line[at] in "╯┴":
                joined.add(lanes.pop(at))
            elif line[at] == "┤":
                joined.add(lanes[at])
            elif line[at] in "╮┬":
                lanes[at] = lanes[start]
    assert fork is not None
    return found


@pytest.mark.parametrize("name", ["resnet50", "unet", "googlenet", "gpt2", "shufflenet_v2_x1_0", "swin_t", "wavenet"])
def test_lanes_lead_from_where_a_value_comes_to_where_it_is_read(name: str) -> None:
    report = cnncalc.calc(f"zoo:{name}")
    from cnncalc.pictures.outline import Outline
    from cnncalc.pictures.terminal import _Lanes, _Rows

    rows = _Rows(report, Outline(report, 99, False)).rows()
    drawn = "\n".join(lane for lane, _ in _Lanes(rows).lines())
    boxes = [row for row in rows if row.kind]
    giver = {value: i for i, row in enumerate(boxes) for value in row.gives}
    assert edges(drawn) == [{giver[value] for value in row.reads} for row in boxes]


def test_what_is_not_counted_is_said() -> None:
    drawn = text(cnncalc.calc("3x8x8 -> opaque(identity, op=frobnicate, shapes=(N, 3, 4, 4))"), Options(width=100))
    assert "not counted" in drawn
