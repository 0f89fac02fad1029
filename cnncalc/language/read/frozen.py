"""What a spec says is not trained: `frozen: yes` beside an item of a body, and paths under the key `frozen`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cnncalc.diagnostics import Span, listed, nearest
from cnncalc.graph import around, uncalled
from cnncalc.language.read.texts import text_of
from cnncalc.language.run.scope import describe, fail
from cnncalc.language.text.yaml_tree import List, Scalar, Table, Tree
from cnncalc.layers.kinds import FALSE, TRUE

if TYPE_CHECKING:
    from cnncalc.language.read.body import Body
    from cnncalc.language.run.builder import Builder

ADD_NOTHING = ("tap", "require")


def mark_item(body: Body, item: Table, rest: Table) -> None:
    """Run an item, `rest`, and freeze or checkpoint the layers that it adds, where that is said beside it."""
    builder = body.builder
    word = body.control(rest)
    marked = []
    for key, tree in (entry for entry in item.entries if entry not in rest.entries):
        if word in ADD_NOTHING:
            raise fail("unknown-key", f"`{word}` adds no layers, and has no {key.text} beside it", key.span)
        value = body.texts.value(tree, builder.scope)
        if not isinstance(value, bool):
            message = f"{key.text} is yes or no, not {describe(value)}"
            raise fail("wrong-kind", message, tree.span, f"{key.text}: yes")
        if value:
            marked.append(key)
    before = len(builder.graph.nodes)
    body.item(rest)
    for key in marked:
        if key.text == "frozen":
            freeze_since(builder, before, key.span)
        else:
            from cnncalc.language.read.checkpoint import checkpoint_since

            checkpoint_since(builder, before, key.span)


def freeze_since(builder: Builder, before: int, span: Span) -> None:
    """Freeze the parameters that the nodes from `before` on have. Those of an earlier call are as that says."""
    graph = builder.graph
    for node in graph.nodes[before:]:
        if not node.shared:
            graph.frozen.add(node.path)
            continue
        xs = builder.flow.inputs(node.inputs)
        names = node.layer.params(*xs) if xs is not None else {}
        if len(graph.frozen_in(node.owner, names)) < len(names):
            message = f"{node.path} uses the parameters of {node.owner}, which is trained"
            raise fail("cannot-freeze", message, span, f"frozen: [{node.owner}] at the top is for all calls")


def freeze_paths(builder: Builder, tree: Tree) -> None:
    """Freeze what the key `frozen` lists: the paths of layers, of levels, and of single parameters."""
    graph = builder.graph
    if isinstance(tree, Scalar) and tree.text in TRUE | FALSE:
        graph.frozen.update({""} if tree.text in TRUE else ())
        return
    items = tree.items if isinstance(tree, List) else [tree]
    holders, owners = holders_of_parameters(builder)
    for item in items:
        scalar = text_of(item, "what is frozen")
        path = scalar.text
        if path in holders:
            graph.frozen.add(path)
        elif path in owners:
            message = f"{path} has no parameters that could be frozen"
            hint = None
            if owners[path] != path:
                message = f"{path} uses the parameters of {owners[path]}"
                hint = f"write {owners[path]}, which is frozen for all its calls"
            raise fail("cannot-freeze", message, scalar.span, hint)
        else:
            near = nearest(path, list(holders))
            hint = f"did you mean {near[0]}?" if near else f"there are {listed(list(holders)[:8])}" if holders else None
            message = f"there is no layer, level or parameter at {path or 'an empty path'}"
            raise fail("unknown-path", message, scalar.span, hint)


def holders_of_parameters(builder: Builder) -> tuple[dict[str, None], dict[str, str]]:
    """Every path at or under which there are parameters, and every other path with the one whose parameters it uses."""
    holders: dict[str, None] = {}
    owners: dict[str, str] = {}
    for node in builder.graph.nodes:
        xs = builder.flow.inputs(node.inputs)
        names = node.layer.params(*xs) if xs is not None else {}
        for path in around(node.path):
            owners.setdefault(path, uncalled(path))
        owners[node.path] = node.owner
        if not node.shared:
            for name in names:
                holders |= dict.fromkeys(around(f"{node.path}.{name}" if name else node.path))
    holders.pop("", None)
    return holders, owners
