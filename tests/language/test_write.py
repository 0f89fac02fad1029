"""Graphs written as YAML read back to the same graph, and to the same text."""

from __future__ import annotations

from typing import Any

import pytest

import cnncalc
from cnncalc.graph import Graph
from cnncalc.language.text.zoo_files import zoo_names
from cnncalc.language.write.writer import write

FIRST = {file.stem: name for name, (file, *_) in reversed(list(zoo_names().items()))}
"""One network of each family of the zoo."""

TRAINED = """
input: 3x8x8
body:
  - stem: conv 16 k3
  - train_only:
      - aux: gap -> flatten -> linear 10
  - train_only:
      - linear 4
  - conv 3 k1
  - train_only:
      - last: conv 3 k3
"""


def nodes(graph: Graph) -> list[Any]:
    return [
        (n.path, n.layer.name, repr(n.layer.written()), n.inputs, n.owner, n.output_count, n.train_only)
        for n in graph.nodes
    ]


@pytest.mark.parametrize(
    "spec", [*(f"zoo:{name}" for name in FIRST.values()), "zoo:googlenet", TRAINED], ids=[*FIRST, "aux", "trained"]
)
def test_a_written_graph_reads_back(spec: str) -> None:
    graph = cnncalc.parse(spec)
    try:
        text = write(graph)
    except ValueError as cannot:
        pytest.skip(str(cannot))
    again = cnncalc.parse(text)
    assert nodes(again) == nodes(graph)
    assert [(given.name, given.shape) for given in again.inputs] == [(g.name, g.shape) for g in graph.inputs]
    assert again.outputs == graph.outputs
    assert write(again) == text
    assert cnncalc.trace(again).totals == cnncalc.trace(graph).totals


def test_what_is_built_and_not_run_is_written_as_such() -> None:
    assert write(cnncalc.parse(TRAINED)).count("train_only:") == 2
