"""A graph as the YAML that reads back to it: the inverse of `cnncalc.language.text.source`."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from cnncalc.flow import Flow, flow
from cnncalc.graph import Graph, span_of
from cnncalc.language.run.scope import is_open_name
from cnncalc.language.write.bodies import Body
from cnncalc.language.write.fold import NO_DEFAULT, Block, Folding, argument_text
from cnncalc.language.write.frozen import frozen_paths
from cnncalc.language.write.levels import Cannot, Written
from cnncalc.language.write.lines import WIDTH, as_chain, text_of
from cnncalc.layers.shapes import Shape
from cnncalc.symbolic.expr import Dim, symbols


def write(graph: Graph, notes: Sequence[str] = (), shapes: Flow | None = None) -> str:
    """The YAML of a graph, with the same paths, layers, values and outputs.

    Levels that are equal but for some numbers are blocks; what is read off the input is left out. `notes` are
    sentences for the reader. Raises ValueError where the language has no words for the graph.
    """
    try:
        return _text(Written(graph, shapes or flow(graph)), notes)
    except Cannot as cannot:
        raise ValueError(str(cannot)) from None


def _text(written: Written, notes: Sequence[str]) -> str:
    graph = written.graph
    top = written.level()
    folding = Folding(written, top)
    body = Body(written, folding, top, None)
    lines = text_of(body.lines(False), 2, body.words)
    out = [f"name: {graph.name}"] if graph.name else []
    out += [f"{'notes: ' if i == 0 else '  '}{note}" for i, note in enumerate(_plain(note) for note in notes)]
    out += _inputs(graph, written.batched)
    names = sorted(name for name in graph.symbols if not is_open_name(name))
    out += [f"symbols: [{', '.join(names)}]"] if names else []
    if folding.blocks:
        out += ["", "blocks:"]
        for block in folding.blocks:
            out += _block(written, folding, block)
    out += ["", "body:", *lines] if lines else ["body: []"]
    outputs = body.outputs()
    if outputs:
        plain = all(name == value for name, value in outputs)
        listed = ", ".join(name if plain else f"{name}: {value}" for name, value in outputs)
        out.append(f"outputs: {'[' if plain else '{'}{listed}{']' if plain else '}'}")
    out += _paths("frozen", frozen_paths(graph, written.flow))
    out += _paths("checkpoint", in_order(graph, graph.checkpoints))
    return "\n".join(out) + "\n"


def in_order(graph: Graph, paths: Collection[str]) -> list[str]:
    """Paths of levels and layers in the order in which they run."""
    return sorted(paths, key=lambda path: span_of(graph, path)) if paths else []


def _paths(key: str, paths: list[str]) -> list[str]:
    """`frozen:` with its paths, in one line or below each other."""
    if not paths:
        return []
    if paths == [""]:
        return [f"{key}: yes"]
    line = f"{key}: [{', '.join(paths)}]"
    return [line] if len(line) <= WIDTH else [f"{key}:", *(f"  - {path}" for path in paths)]


def _plain(note: str) -> str:
    """A sentence as YAML takes it without quotes."""
    return note.replace(": ", " - ").replace(" #", " no. ")


def _inputs(graph: Graph, batched: bool) -> list[str]:
    """`input:` or `inputs:`, and `batch: none` where the batch does not lead in all."""
    head = [] if batched else ["batch: none"]
    shapes = [(given.name, _shape(given.shape[1:] if batched else given.shape)) for given in graph.inputs]
    if [name for name, _ in shapes] == ["input"]:
        return [f"input: {shapes[0][1]}", *head]
    return ["inputs:", *(f"  {name}: {shape}" for name, shape in shapes), *head]


def _shape(shape: Shape) -> str:
    """A shape as a reader takes it: 3x224x224, or (3, 2*H)."""
    texts = [str(dim) for dim in shape]
    if len(texts) > 1 and all(isinstance(d, int) or _capital(d) for d in shape):
        return "x".join(texts)
    if len(texts) == 1 and isinstance(shape[0], int):
        return texts[0]
    return f"({', '.join(texts)}{',' if len(texts) == 1 else ''})"


def _capital(dim: Dim) -> bool:
    return str(dim).isidentifier() and is_open_name(str(dim)) and bool(symbols(dim))


def _block(written: Written, folding: Folding, block: Block) -> list[str]:
    """A block with its arguments, as one chain where it is one."""
    arguments = [p.name for p in block.parameters if p.default is NO_DEFAULT] + block.taps
    arguments += [f"{p.name}={argument_text(p.default)}" for p in block.parameters if p.default is not NO_DEFAULT]
    head = f"  {block.name}({', '.join(arguments)}):" if arguments else f"  {block.name}:"
    body = Body(written, folding, block.body, block)
    chain = as_chain(body.lines(True), body.words, single=True)
    if chain is not None and len(head) + len(chain) < WIDTH:
        return [f"{head} {chain}"]
    body = Body(written, folding, block.body, block)
    return [head, *text_of(body.lines(False), 4, body.words)]
