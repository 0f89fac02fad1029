"""Shapes through a graph, and the graph that grows with them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from cnncalc.diagnostics import CnncalcError, Diagnostic
from cnncalc.graph import NOWHERE, Graph, Node, Place
from cnncalc.layers.layer import Layer, is_open
from cnncalc.layers.shapes import Shape, Shapes, shape_text
from cnncalc.layers.site import Finding, Refusal, Site
from cnncalc.named_tuples import NamedTuple
from cnncalc.symbolic.expr import Dim, symbol, symbols

if TYPE_CHECKING:
    from cnncalc.padded import Branch


class Met(NamedTuple):
    """What came of a layer on given input shapes."""

    outputs: Shapes
    warnings: list[Finding]
    conditions: list[tuple[Dim, Dim]]
    needs: list[Dim]


class Requirement(NamedTuple):
    """A condition on open sizes, kept with the layer that has it."""

    node: Node
    left: Dim
    right: Dim


class Flow:
    """Shapes through a graph, node by node. Equal layers on equal shapes are worked out once.

    A node that refuses gives no shapes; those after it are passed over, so that mistakes that do not
    depend on each other are all found.
    """

    def __init__(self, graph: Graph, known: dict[tuple[Layer, Shapes], Met] | None = None) -> None:
        self.graph = graph
        self.known = known if known is not None else {}  # what has come of layers in other graphs
        self.inputs_seen = list(graph.inputs)
        self.nodes_seen: list[Node] = []
        self.shapes: list[Shape | None] = [given.shape for given in graph.inputs]
        self.errors: list[Diagnostic] = []
        self.met: dict[tuple[Layer, Shapes], Met] = {}
        self.met_in_training: dict[tuple[Layer, Shapes], Met] = {}
        self.layers: list[Met | None] = []  # for each node
        self.unchecked: frozenset[Layer] = frozenset()  # whose arguments have not been held against each other

    def forward(self, layer: Layer, xs: Shapes, train_only: bool = False) -> Met:
        """The layer on these shapes. Raises Refusal."""
        memo = self.met_in_training if train_only else self.met
        met = memo.get((layer, xs))
        if met is None:
            if layer in self.unchecked:
                layer.check(Site())
            if train_only:
                met = built(layer, xs)
            else:
                met = self.known.get((layer, xs)) or meet(layer, xs)
                self.known[layer, xs] = met
            memo[layer, xs] = met
        return met

    @property
    def count_met(self) -> int:
        """How many different layers on different shapes have been worked out."""
        return len(self.met) + len(self.met_in_training)

    @property
    def is_of_all(self) -> bool:
        """Are these the shapes of the graph as it is now, and of all of it?"""
        return self.nodes_seen == self.graph.nodes and self.inputs_seen == self.graph.inputs

    def inputs(self, values: Sequence[int]) -> Shapes | None:
        """The shapes of values, or None where one is not known."""
        xs = [self.shapes[value] for value in values]
        return None if None in xs else tuple(xs)  # type: ignore[arg-type]

    def pass_node(self, node: Node) -> None:
        """Work out the next node of the graph."""
        xs = self.inputs(node.inputs)
        met: Met | None = None
        if xs is not None:
            try:
                met = self.forward(node.layer, xs, node.train_only)
            except Refusal as refusal:
                self.errors.append(self.explained(node, refusal.finding, xs))
        if met is not None and len(met.outputs) != node.output_count:
            gives = f"{node.layer.name} gives {len(met.outputs)} values at these sizes"
            message = f"{gives}, and {node.output_count} as it is written"
            hint = "a graph stays as it is when sizes are put in; calc reads the spec at others"
            self.errors.append(Diagnostic("wrong-count", message, span=node.place.span, hint=hint))
            met = None
        self.take(node, met)

    def take(self, node: Node, met: Met | None) -> None:
        """Keep what came of a node."""
        self.nodes_seen.append(node)
        self.layers.append(met)
        if met is None or len(met.outputs) != node.output_count:
            self.shapes.extend([None] * node.output_count)
        else:
            self.shapes.extend(met.outputs)

    def know(self, node: Node, met: Met | None) -> None:
        """Keep what has come of a node in another graph, as if it had been worked out here."""
        xs = self.inputs(node.inputs)
        if xs is not None and met is not None:
            (self.met_in_training if node.train_only else self.met)[node.layer, xs] = met

    def explained(self, node: Node, finding: Finding, xs: Shapes) -> Diagnostic:
        """The finding at its place, with a note on where the sizes come from."""
        notes = list(finding.notes)
        from cnncalc.layers.meant import hint_for

        from_input = bool(node.inputs) and self.graph.producers[node.inputs[0]] < 0
        if hint := hint_for(node.layer, finding, xs, from_input):
            finding = finding._replace(hint=hint, notes=())
            notes = []
        if finding.code == "channel-mismatch":
            notes += self._flattened(node)
        elif finding.code == "shape-mismatch" and len(node.inputs) > 1:
            notes += [f"{shape_text(x)} comes from `{self.graph.source(v)}`" for x, v in zip(xs, node.inputs)]
            from cnncalc.padded import padding_that_fits

            padded = padding_that_fits(node.layer, xs, self._branches(node))
            if meant := padded or self._projected(node, xs) or self._resized(node, xs):
                finding = finding._replace(hint=meant)
        said = placed(node, finding, notes=notes)
        if finding.code == "channel-mismatch":
            from cnncalc.layers.meant import fix_for

            value = node.place.argument(finding.arg)
            return said._replace(fix=fix_for(node.layer, finding, xs[0], node.path, node.place.span, value))
        return said

    def _branches(self, node: Node) -> list[Branch]:
        """What each input of a merge comes from: layers in a chain that no other of its inputs is after."""
        from cnncalc.padded import STEPS, Branch, BranchStep

        graph, chains = self.graph, []
        for value in node.inputs:
            chain = [value]
            while (producer := graph.producers[chain[-1]]) >= 0 and len(chain) <= STEPS:
                maker = graph.nodes[producer]
                if len(maker.inputs) != 1 or maker.output_count != 1:
                    break
                chain.append(maker.inputs[0])
            chains.append(chain)
        found = []
        for at, chain in enumerate(chains):
            others = {value for i, other in enumerate(chains) if i != at for value in other}
            own = [value for value in chain if value not in others]
            behind = chain[: len(own) + 1]
            steps = [graph.nodes[graph.producers[value]] for value in behind[:-1]]
            start = self.shapes[behind[-1]]
            found.append(Branch(start or (), [BranchStep(maker.path, maker.layer) for maker in reversed(steps)]))
        return found

    def _projected(self, node: Node, xs: Shapes) -> str | None:
        """The convolution that would give a shortcut the channels of what it is added to."""
        from cnncalc.layers.meant import projection

        makers = [self.graph.producers[value] for value in node.inputs]
        straight = [maker < 0 or self.graph.nodes[maker].layer.name == "identity" for maker in makers]
        found = projection(node.layer, xs, straight)
        if found is None:
            return None
        at, call = found
        return f"{call} after `{self.graph.source(node.inputs[at])}` gives {shape_text((*xs[at][:1], *xs[1 - at][1:]))}"

    def _resized(self, node: Node, xs: Shapes) -> str | None:
        """The size to which an upsampling would bring what the other input of a merge has."""
        for at, value in enumerate(node.inputs):
            producer = self.graph.producers[value]
            others = [other[2:] for other in xs if len(other) == len(xs[at]) and other[2:] != xs[at][2:]]
            while producer >= 0 and self.graph.nodes[producer].layer.name in ("identity", "relu"):
                producer = self.graph.producers[self.graph.nodes[producer].inputs[0]]
            if producer < 0 or not others or self.graph.nodes[producer].layer.name != "upsample":
                continue
            if all(isinstance(size, int) for size in others[0]):
                sizes = ", ".join(map(str, others[0]))
                return f"upsample size=({sizes}) gives `{self.graph.nodes[producer].path}` the size of the other"
        return None

    def _flattened(self, node: Node) -> list[str]:
        """Where the features of a linear come from: the axes that a flatten multiplied."""
        graph = self.graph
        value = node.inputs[0]
        while (producer := graph.producers[value]) >= 0:
            maker = graph.nodes[producer]
            if maker.layer.name == "flatten":
                before, after = self.shapes[maker.inputs[0]], self.shapes[value]
                if before is None or after is None:
                    return []
                factors = " * ".join(map(str, before[1:]))
                return [f"{after[-1]} = {factors}, from `{graph.source(maker.inputs[0])}` through `{maker.path}`"]
            if len(maker.inputs) != 1 or self.shapes[maker.inputs[0]] != self.shapes[value]:
                return []
            value = maker.inputs[0]
        return []

    @property
    def warnings(self) -> list[Diagnostic]:
        return [
            placed(node, finding, severity="warning")
            for node, met in zip(self.graph.nodes, self.layers)
            if met is not None
            for finding in met.warnings
        ]

    @property
    def requirements(self) -> list[Requirement]:
        """Each different condition, where it first is."""
        found: dict[tuple[Dim, Dim], Requirement] = {}
        for node, met in zip(self.graph.nodes, self.layers):
            for left, right in met.conditions if met else ():
                found.setdefault((left, right), Requirement(node, left, right))
        return list(found.values())

    @property
    def needs(self) -> list[Dim]:
        """Sizes that have to be 0 or more."""
        of_layers = (need for met in self.met.values() for need in met.needs)
        return list(dict.fromkeys((*self.graph.needs, *of_layers)))


def meet(layer: Layer, xs: Shapes) -> Met:
    """What comes of a layer on these shapes. Raises Refusal."""
    site = Site()
    if is_open(layer):
        layer.check(site)  # open arguments have to fit each other: those that are numbers have been checked
    out = layer.forward(site, *xs)
    outputs = tuple(out) if isinstance(out, list) else (out,)
    return Met(outputs, site.warnings, [(c.left, c.right) for c in site.conditions], site.needs)


TOO_SMALL = tuple(f"size{axis}" for axis in range(20))
"""Names of axes that a layer for training alone would not run on."""


def built(layer: Layer, xs: Shapes) -> Met:
    """What comes of a layer that is built and not run: its parameters have to be known, and no size has to fit.

    Where the sizes after the channels are too small for it, they are left open. Raises Refusal.
    """
    try:
        met = meet(layer, xs)
    except Refusal as refusal:
        opened = tuple((*x[:2], *map(symbol, TOO_SMALL[2 : len(x)])) for x in xs)
        met = meet(layer, opened)
        if layer.params(*opened) != layer.params(*xs):
            raise refusal from None
    unknown = {name for shape in layer.params(*xs).values() for dim in shape for name in symbols(dim)}
    if not unknown.isdisjoint(TOO_SMALL):
        message = f"the parameters of {layer.name} depend on a size that is too small for the layers before it"
        raise Refusal(Finding("train-only", message, None, (), "a larger input has it"))
    return met._replace(warnings=[], conditions=[], needs=[])


def placed(node: Node, finding: Finding, *, severity: str = "error", notes: Sequence[str] | None = None) -> Diagnostic:
    """A finding of a layer as a diagnostic at its text."""
    place = node.place
    span = place.argument(finding.arg) if finding.arg else None
    all_notes = finding.notes if notes is None else tuple(notes)
    return Diagnostic(finding.code, finding.message, severity, span or place.span, all_notes, finding.hint)


def flow(graph: Graph, unchecked: frozenset[Layer] = frozenset()) -> Flow:
    """Every shape of the graph. Raises CnncalcError with all that does not fit.

    `unchecked` are layers whose arguments have not been held against each other.
    """
    if graph.flow is not None and graph.flow.is_of_all:
        return graph.flow
    found = Flow(graph)
    found.unchecked = unchecked
    for node in graph.nodes:
        found.pass_node(node)
    if found.errors:
        raise CnncalcError(*found.errors)
    return found


class Assembly:
    """A graph that grows layer by layer, with its shapes worked out at once. Every reader adds its layers here."""

    def __init__(self, name: str | None = None, known: dict[tuple[Layer, Shapes], Met] | None = None) -> None:
        self.graph = Graph(name)
        self.flow = self.graph.flow = Flow(self.graph, known)

    def add_input(self, name: str, shape: Shape) -> int:
        """A new input, its shape complete with the batch; returns its value."""
        value = self.graph.add_input(name, shape)
        self.flow.inputs_seen.append(self.graph.inputs[-1])
        self.flow.shapes.append(shape)
        return value

    def add(
        self,
        layer: Layer,
        values: Sequence[int],
        path: str,
        *,
        owner: str = "",
        place: Place = NOWHERE,
        train_only: bool = False,
        way: str = "",
        refused: bool = False,
    ) -> Node:
        """A layer on values, at a path. `owner` is the path whose parameters it uses, if that is another.

        `way` is how torch's code calls it, where that is not how it usually does. Where the shape of a value is not
        known, its own outputs have none; so they do of one that is `refused`, which has its place alone. Raises
        Refusal, and adds nothing.
        """
        xs = None if refused else self.flow.inputs(values)
        met = self.flow.forward(layer, xs, train_only) if xs is not None else None
        node = self.graph.add(path, layer, values, len(met.outputs) if met else 1, owner, place, train_only, way)
        self.flow.take(node, met)
        return node
