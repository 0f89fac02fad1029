"""Calls of blocks that are copied: the graph is the one that is built without copies."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

import cnncalc
from cnncalc.graph import Graph
from cnncalc.language.read.reader import read
from cnncalc.language.run import blocks
from cnncalc.language.text.limits import Limits
from cnncalc.language.text.zoo_files import zoo_names
from cnncalc.zoo.computed import written_entries

HEAD = "input: 4x16x16\n"

# What a copy has to keep, one thing in each.
SPECS = {
    "paths and names from inside": """
blocks:
  part(c):
    - a: conv c k3 p1
    - inner:
        - b: relu
        - tap: kept
    - add(input, inner)
body: [one: part(4), two: part(4), 2 * part(4), "cat(one.a, two.a, two.inner.b)"]
""",
    "values among the arguments": """
blocks:
  join(skip): ["cat(input, skip)", conv 4 k1]
body:
  - a: conv 4 k1
  - b: relu
  - same: a -> join(a)
  - other: a -> join(b)
  - same_again: b -> join(b)
  - other_again: b -> join(a)
""",
    "values that are handed on": """
blocks:
  first(a, b): ["sub(a, b)"]
  join(a, b): [x: conv 4 k1, y: "first(a, b)", "cat(x, y)", conv 4 k1]
body: [a: relu, b: tanh, "join(a, b)", "join(b, a)", "join(a, a)", last: "a -> join(a, b)", "a -> join(a, b)"]
""",
    "numbers and words that are equal": """
blocks:
  part(flag, act): [conv 4 k1 bias=flag, act]
body: ["part(yes, relu)", "part(1 == 1, relu)", "part(no, relu)", "part(yes, tanh)", "part(no, relu)"]
""",
    "shapes": """
blocks: {part(c): [conv c k3, bn, relu]}
body: [part(4), part(4), part(4)]
""",
    "shared layers": """
shared: {head: conv 4 k1 -> relu}
blocks: {part(c): [conv c k1, head], around(c): [part(c), relu]}
body: [part(4), part(4), around(4), around(4)]
""",
    "layers that are called again": """
blocks: {part(c): [x: conv c k1, relu, again: x]}
body: [part(4), part(4)]
""",
    "tied parameters": """
blocks:
  part(c):
    - w: parameter c c 1 1
    - F.conv2d(input, w)
    - tied: parameter c c 1 1 of='w'
    - F.conv2d(input, tied)
body: [part(4), part(4)]
""",
    "what is not run": """
blocks: {part(c): [conv c k1, relu]}
body:
  - part(4)
  - train_only: [aside: part(4), more: part(4)]
  - part(4)
""",
    "several outputs": """
blocks:
  halves():
    - left, right: chunk 2
    - cat(right, left)
  cut(): chunk 2
body:
  - halves()
  - halves()
  - a, b: cut()
  - sum: add(a, b)
  - back: cat(a, b) -> halves()
""",
    "blocks in blocks, and one in place of another": """
blocks:
  small(c, k=3): conv c k=k p=k//2 -> relu
  stands_for(c): small(c, 5)
  large(c):
    - small(c)
    - s: stands_for(c)
    - 2 * stands_for(c)
    - add(identity, s)
body: [large(4), l: large(4), large(8), stands_for(8), stands_for(8)]
""",
    "nothing at all": """
blocks: {none(flag): [{if: flag, then: relu}]}
body: [conv 4 k1, none(no), none(no), none(yes), none(yes)]
""",
}


def state(graph: Graph) -> list[Any]:
    """All that a graph says, spans by their places."""

    def place(span: Any) -> Any:
        return span and (span.source.name, span.start, span.end)

    nodes = [
        (
            *(node.path, repr(node.layer), node.inputs, node.first, node.output_count, node.owner, node.train_only),
            *(place(node.place.span), [*zip(node.place.names, map(place, node.place.values))]),
        )
        for node in graph.nodes
    ]
    flow = graph.flow
    assert flow is not None
    needs = sorted(map(str, flow.needs))
    met = [(m and m.outputs, m and m.conditions) for m in flow.layers]
    return [nodes, list(graph.blocks.items()), graph.producers, graph.outputs, flow.shapes, met, needs]


def both(monkeypatch: pytest.MonkeyPatch, spec: str, **options: Any) -> tuple[Any, Any, int]:
    """What is said with copies and without, and how many there were."""
    copies = 0
    copy = blocks.copy

    def counted(*arguments: Any) -> bool:
        nonlocal copies
        done = copy(*arguments)
        copies += done
        return done

    def said() -> Any:
        try:
            return state(read(spec, **options))
        except cnncalc.CnncalcError as error:
            return [(d.code, d.message, d.span and d.span.text, d.notes, d.hint) for d in error.diagnostics]

    with monkeypatch.context() as patch:
        patch.setattr(blocks, "copy", counted)
        with_copies = said()
    with monkeypatch.context() as patch:
        patch.setattr(blocks, "given", lambda *_: None)
        without = said()
    return with_copies, without, copies


@pytest.mark.parametrize("title", SPECS)
def test_a_copy_is_what_would_be_built(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, title: str) -> None:
    path = tmp_path / "net.yaml"
    path.write_text(HEAD + SPECS[title].strip("\n"), encoding="utf-8")
    for inputs in ([], ["4xHxW"]):
        copied, built, copies = both(monkeypatch, str(path), inputs=inputs)
        assert copied == built
        assert len(copied) == 7, copied  # no mistake
        assert (copies > 0) == (
            title not in ("shapes", "shared layers", "layers that are called again", "tied parameters")
        )


@pytest.mark.parametrize("name", {path.stem: name for name, (path, _) in zoo_names().items()}.values())
def test_the_networks_of_the_zoo(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    copied, built, _ = both(monkeypatch, f"zoo:{name}")
    assert copied == built


@pytest.mark.parametrize(
    "body",
    [
        "[2 * part(3), conv 0 k1, part(5)]",
        "[part(3), part(3, 1), 3 * part(4), part(x)]",
        "[3 * bad(4), relu, cat(nothing, bad1)]",
        "[part(4), part(4) -> linear 3 -> conv 8 k99, part(4)]",
        "[a: part(4), a: part(4)]",
    ],
)
def test_mistakes_are_found_as_without_copies(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, body: str) -> None:
    path = tmp_path / "net.yaml"
    blocks = "blocks: {part(c): [conv c k1, relu], bad(c): [conv c k77, linear(3, c)]}\n"
    path.write_text(f"{HEAD}{blocks}body: {body}\n", encoding="utf-8")
    copied, built, _ = both(monkeypatch, str(path))
    assert copied == built
    assert isinstance(copied[0], tuple)  # mistakes


@pytest.mark.parametrize(
    ("limit", "most"),
    [("layers", 20), ("layers", 21), ("layers", 22), ("steps", 30), ("steps", 40), ("steps", 50), ("depth", 2)],
)
def test_limits_hold_for_copies(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, limit: str, most: int) -> None:
    path = tmp_path / "net.yaml"
    blocks = "blocks: {a(c): [conv c k1, relu], b(c): [a(c), a(c)], deep(c): [b(c)]}\n"
    path.write_text(f"{HEAD}{blocks}body: [b(4), deep(4), 4 * b(4)]\n", encoding="utf-8")
    copied, built, _ = both(monkeypatch, str(path), limits=Limits({limit: most}))
    assert copied == built


def test_a_network_is_the_same_alone_and_beside_all_others() -> None:
    seen: set[str] = set()
    for entry, running in written_entries():
        together = running.graph()
        if entry.family not in seen or entry.name.endswith(("50", "_s")):  # some with others of their family before
            assert state(together) == state(read(f"zoo:{entry.name}")), entry.name
        seen.add(entry.family)


def test_most_of_the_zoo_is_copied(monkeypatch: pytest.MonkeyPatch) -> None:
    copied = every = 0
    copy = blocks.copy

    def counted(builder: Any, first: Any, *arguments: Any) -> bool:
        nonlocal copied
        done = copy(builder, first, *arguments)
        copied += done * (first.stop - first.start)
        return done

    monkeypatch.setattr(blocks, "copy", counted)
    for _, running in written_entries():
        every += len(running.graph().nodes)
    assert copied > 0.6 * every


def test_calls_of_a_shared_layer_are_counted_together(tmp_path: Path) -> None:
    """Whether it is called by its name or by `again`, so that no two calls have one path."""
    path = tmp_path / "net.yaml"
    path.write_text("input: 4x8x8\nshared: {head: conv 4 k3 p1}\nbody: [head, again: head, head, again: head]\n")
    assert [node.path for node in cnncalc.parse(str(path)).nodes] == ["head", "head:2", "head:3", "head:4"]
