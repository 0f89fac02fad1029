"""What a spec says is computed again for the backward pass: `checkpoint: yes` beside an item, and paths under it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cnncalc.diagnostics import Span, listed, nearest
from cnncalc.graph import around, span_of
from cnncalc.language.read.texts import text_of
from cnncalc.language.run.scope import fail
from cnncalc.language.text.yaml_tree import List, Tree

if TYPE_CHECKING:
    from cnncalc.language.run.builder import Builder

NAMED = "give it a name: `- stage: ...`, which has a path"


def checkpoint_since(builder: Builder, before: int, span: Span) -> None:
    """Checkpoint what the nodes from `before` on are: their level, or each repetition in it by itself."""
    graph = builder.graph
    paths = [node.path for node in graph.nodes[before:]]
    if not paths:
        return
    outer = {path for node in graph.nodes[:before] for path in around(node.path)}
    parts = [path.split(".") for path in paths]
    common = 0
    while all(len(each) > common and each[common] == parts[0][common] for each in parts):
        common += 1
    level = ".".join(parts[0][:common])
    repeated = all(len(each) > common + 1 and each[common].isdecimal() for each in parts)
    found = [f"{level}.{each[common]}" if level else each[common] for each in parts] if repeated else [level]
    found = list(dict.fromkeys(found))
    if not level or any(path in outer for path in found):
        raise fail("cannot-checkpoint", "what is checkpointed is one level or layer, and this has none", span, NAMED)
    graph.checkpoints.update(found)


def checkpoint_paths(builder: Builder, tree: Tree) -> None:
    """Checkpoint what the key `checkpoint` lists: the paths of layers and levels."""
    graph = builder.graph
    known: dict[str, None] = {}
    for node in graph.nodes:
        known |= dict.fromkeys(path for path in around(node.path) if path)
    for item in tree.items if isinstance(tree, List) else [tree]:
        scalar = text_of(item, "what is checkpointed")
        path = scalar.text
        if path not in known:
            near = nearest(path, list(known))
            hint = f"did you mean {near[0]}?" if near else f"there are {listed(list(known)[:8])}" if known else None
            raise fail("unknown-path", f"there is no layer or level at {path or 'an empty path'}", scalar.span, hint)
        first, last = span_of(graph, path)
        inside = [node for node in graph.nodes[first:last] if path not in around(node.path)]
        if inside:
            message = f"{path} does not run in one go, as {inside[0].path} runs between its layers"
            raise fail("cannot-checkpoint", message, scalar.span, "checkpoint its parts by their own paths")
        graph.checkpoints.add(path)
