"""The layers in front of a mistake, with their shapes: what did work of a network that does not."""

from __future__ import annotations

from cnncalc.analysis.trace import trace
from cnncalc.diagnostics import CnncalcError
from cnncalc.graph import Graph
from cnncalc.render import Options
from cnncalc.render.formats.table import table
from cnncalc.render.rows import hierarchy, unfolded
from cnncalc.render.selection import Selection
from cnncalc.render.style import styled

MOST = 8  # rows, the last ones
COLUMNS = "path,type,arguments,output,params"


def so_far_text(graph: Graph, options: Options) -> str:
    """The last layers that have shapes, up to the first that refuses; nothing where none does, or it is the first."""
    found = reached(graph)
    if found is None:
        return ""
    try:
        report = trace(found)
    except CnncalcError:
        return ""  # its own shapes do not come out alone
    rows = [row for row in unfolded(hierarchy(report), 10**9) if row.layer]
    lines = []
    if len(rows) > MOST:
        lines.append(styled(f"{len(rows) - MOST} layers before", "dim", options.colour))
    selection = Selection(columns=COLUMNS)
    lines += table(report, rows[-MOST:], options._replace(selection=selection))
    return "\n".join(line.rstrip() for line in lines) + "\n"


def reached(graph: Graph) -> Graph | None:
    """The part of a graph in front of the first layer that refuses what it is given."""
    flow = graph.flow
    refused = next((i for i, met in enumerate(flow.layers) if met is None), 0) if flow else 0
    if not refused:
        return None
    part = Graph(graph.name)
    part.inputs = graph.inputs
    part.nodes = graph.nodes[:refused]
    part.producers = graph.producers[: graph.nodes[refused].first]
    part.blocks = graph.blocks
    part.batch = graph.batch
    part.outputs = [("output", part.nodes[-1].first)]
    return part
