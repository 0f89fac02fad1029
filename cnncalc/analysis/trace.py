"""One walk over a graph: shapes, parameters, buffers, MACs, FLOPs, activations, and what they are worth."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property
from typing import TYPE_CHECKING, Any, NamedTuple, TypeAlias

from cnncalc.analysis.conventions import Call, Convention, convention
from cnncalc.diagnostics import CnncalcError, Diagnostic, envelope
from cnncalc.given import whole_number
from cnncalc.graph import BATCH, Flow, Graph, Node, flow
from cnncalc.layers.layer import Layer, put_in
from cnncalc.layers.shapes import BATCH_NAME, Named, Shape, Shapes, elements, one_sample
from cnncalc.symbolic.expr import Dim, Expr, Total, product

if TYPE_CHECKING:
    from cnncalc.analysis.receptive_field import Field
    from cnncalc.analysis.solve import SolvedCondition

STATUS = ("exact", "lower-bound", "uncounted")
"""From good to bad; a total is worth what its worst part is."""


class Cost(NamedTuple):
    """The figures of one layer on given shapes, for one sample where the batch is open."""

    params: Named
    buffers: Named
    param_count: Dim
    trainable_count: Dim  # of them, those that can be trained at all
    buffer_count: Dim
    macs: Dim
    flops: Dim  # by the convention
    activations: Dim


Costs: TypeAlias = "dict[tuple[str, bool], dict[tuple[Layer, Shapes], Cost]]"
"""What layers cost on shapes: by each convention, while the batch is open and when it is set."""


class LayerReport:
    """One call of a layer, with its figures, which are for one sample while the batch is open.

    >>> import cnncalc
    >>> layer = cnncalc.calc("3x224x224 -> conv 64 k7 s2 p3").layers[0]
    >>> layer.path, layer.type, layer.output, layer.macs
    ('conv1', 'conv2d', (64, 112, 112), 118013952)
    """

    __slots__ = ("_cost", "_report", "index", "node", "outputs", "xs")

    def __init__(self, report: Report, index: int, node: Node, xs: Shapes, outputs: Shapes, cost: Cost) -> None:
        self._report = report
        self._cost = cost
        self.index = index
        """Its place among the layers of the report, from 0."""
        self.node = node
        """The node of the graph that it is a view of."""
        self.xs = xs
        """The shape of each input, complete with the batch: the symbol `N` while that is open."""
        self.outputs = outputs
        """The shape of each output, complete with the batch."""

    def __repr__(self) -> str:
        return f"<{self.path}: {self.type} {self.output}>"

    @property
    def path(self) -> str:
        """Where it is in the network: the names of its blocks and its own, joined by dots."""
        return self.node.path

    @property
    def type(self) -> str:
        """The layer's name: conv2d."""
        return self.node.layer.name

    @property
    def layer(self) -> Layer:
        """The layer with its arguments. Calls of equal layers on equal shapes have equal figures."""
        return self.node.layer

    @property
    def output(self) -> Shape:
        """The first output's shape; without the batch while that is open."""
        return self._report.shown(self.outputs[0])

    @property
    def inputs(self) -> list[str]:
        """The paths that it reads from."""
        return [self._report.graph.source(value) for value in self.node.inputs]

    @property
    def weights(self) -> Named:
        """The parameters by name, as shapes; of a shared layer's later calls too."""
        return self._cost.params

    @property
    def buffer_shapes(self) -> Named:
        """The buffers by name, as shapes."""
        return self._cost.buffers

    @property
    def params(self) -> Dim:
        """Elements of the parameters; 0 where an earlier call has counted them."""
        return 0 if self.node.shared else self._cost.param_count

    @property
    def trained(self) -> Named:
        """The parameters that are trained by name, as shapes; of a shared layer's later calls too."""
        if not self.layer.trainable:
            return {}
        frozen = self._report.graph.frozen_in(self.node.owner, self.weights)
        return {name: shape for name, shape in self.weights.items() if name not in frozen} if frozen else self.weights

    @property
    def trainable(self) -> Dim:
        """Elements of the parameters that are trained; 0 where an earlier call has counted them."""
        return 0 if self.node.shared else elements(self.trained)

    @property
    def buffers(self) -> Dim:
        """Elements of the buffers; 0 where an earlier call has counted them."""
        return 0 if self.node.shared else self._cost.buffer_count

    @property
    def macs(self) -> Dim:
        """Multiply-accumulates of this call, without biases; a shared layer has them at each call."""
        return self._cost.macs

    @property
    def flops(self) -> Dim:
        """FLOPs of this call, as the convention of the report counts them."""
        return self._cost.flops

    @property
    def activations(self) -> Dim:
        """Elements of the outputs, and of what the layers inside of it give."""
        return self._cost.activations

    @property
    def status(self) -> str:
        """What the MACs are: exact, lower-bound or uncounted."""
        return self.node.layer.status

    @property
    def receptive_field(self) -> Field | None:
        """How much of the input an output position sees, in positions for each axis; None where there are no axes."""
        return self._report.fields[self.index]

    def to_dict(self) -> dict[str, Any]:
        """The layer as it stands in the JSON."""
        result: dict[str, Any] = {
            "path": self.path,
            "type": self.type,
            "args": self._report.arguments(self.layer),
            "inputs": self.inputs,
            "output": plain(self.output),
        }
        if len(self.outputs) > 1:
            result["outputs"] = [plain(self._report.shown(shape)) for shape in self.outputs]
        if self.node.shared:
            result["shared_with"] = self.node.owner
        if self.node.train_only:
            result["train_only"] = True
        return result | {
            "params": plain(self.params),
            "trainable": plain(self.trainable),
            "buffers": plain(self.buffers),
            "macs": plain(self.macs),
            "flops": plain(self.flops),
            "receptive_field": self._report.field_dict(self.receptive_field),
            "status": self.status,
        }


class Totals(NamedTuple):
    """The figures of a whole network, which are for one sample while the batch is open."""

    params: Dim  # elements of all parameters; those of a shared layer once
    trainable: Dim  # elements of the parameters that are trained
    buffers: Dim  # elements of all buffers
    macs: Dim  # multiply-accumulates, of every call
    flops: Dim  # by the convention
    activations: Dim  # elements of all outputs
    convention: str  # the name of what FLOPs are
    status: str  # what the MACs are: exact, lower-bound or uncounted

    def to_dict(self) -> dict[str, Any]:
        """The totals as the JSON has them. Its keys are a contract, and written here alone."""
        return {
            "params": plain(self.params),
            "trainable": plain(self.trainable),
            "buffers": plain(self.buffers),
            "macs": plain(self.macs),
            "flops": plain(self.flops),
            "activations": plain(self.activations),
            "convention": self.convention,
            "status": self.status,
        }


class Report:
    """What a spec computes to. Figures are for one sample while the batch is open."""

    def __init__(self, graph: Graph, found: Flow, chosen: Convention, costs: Costs | None = None) -> None:
        self.graph = graph
        self.flow = found
        self.convention = chosen
        self._costs: list[tuple[Shapes, Shapes, Cost]] = []  # of each node: what comes in, what goes out
        self._arguments: dict[Layer, dict[str, Any]] = {}
        self._field_dicts: dict[Field | None, dict[str, Any] | None] = {}
        memo = costs.setdefault((chosen.name, graph.batched), {}) if costs is not None else {}
        # Equal calls: what one costs, how often it is paid, how often its parameters are.
        calls: dict[tuple[Layer, Shapes, bool], list[Any]] = {}
        shapes = found.shapes
        worst = 0
        for node in graph.nodes:
            xs: Shapes = tuple([shapes[value] for value in node.inputs])  # type: ignore[misc]
            outputs: Shapes = tuple(shapes[node.first : node.first + node.output_count])  # type: ignore[arg-type]
            layer = node.layer
            call = (layer, xs, node.train_only)
            paid = calls.get(call)
            if paid is None:
                cost = memo.get((layer, xs))
                if cost is None:
                    cost = memo[layer, xs] = costed(layer, xs, outputs, graph.batched, chosen)
                if node.train_only:
                    cost = cost._replace(macs=0, flops=0, activations=0)
                paid = calls[call] = [cost, 0, 0]
            self._costs.append((xs, outputs, paid[0]))
            paid[1] += 1
            paid[2] += node.path == node.owner
            if layer.status != "exact" and not node.train_only:
                worst = max(worst, STATUS.index(layer.status))
        params, trainable, buffers, macs, activations = Total(), Total(), Total(), Total(), Total()
        for cost, count, owned in calls.values():
            params.add(cost.param_count * owned)
            trainable.add(cost.trainable_count * owned)
            buffers.add(cost.buffer_count * owned)
            macs.add(cost.macs * count)
            activations.add(cost.activations * count)
        if graph.frozen:
            for node, (_, _, cost) in zip(graph.nodes, self._costs):
                if node.path == node.owner and node.layer.trainable:
                    frozen = graph.frozen_in(node.owner, cost.params)
                    trainable.add(-elements({name: cost.params[name] for name in frozen}))
        self.totals = Totals(
            params.value,
            trainable.value,
            buffers.value,
            macs.value,
            chosen.total((cost.flops, count) for cost, count, _ in calls.values()),
            activations.value,
            chosen.name,
            STATUS[worst],
        )

    def __repr__(self) -> str:
        return f"<Report of {self.graph.name or 'a spec'}: {len(self.layers)} layers, output {self.output}>"

    @cached_property
    def layers(self) -> list[LayerReport]:
        """Every call of a layer, with its figures."""
        found = zip(self.graph.nodes, self._costs)
        return [LayerReport(self, i, node, *costs) for i, (node, costs) in enumerate(found)]

    def __getitem__(self, path: str) -> LayerReport:
        """The layer at a path. Raises KeyError."""
        for layer in self.layers:
            if layer.path == path:
                return layer
        raise KeyError(path)

    def arguments(self, layer: Layer) -> dict[str, Any]:
        """A layer's arguments as the JSON has them; each layer's are worked out once."""
        found = self._arguments.get(layer)
        if found is None:
            found = self._arguments[layer] = {key: plain(value) for key, value in layer.written().items()}
        return found

    def shown(self, shape: Shape) -> Shape:
        """The shape of one sample while the batch is open and leads, else all of it."""
        return shape[1:] if shape and shape[0] == BATCH else shape

    @property
    def name(self) -> str | None:
        return self.graph.name

    @cached_property
    def symbols(self) -> list[str]:
        """The open sizes, without the batch."""
        return self.graph.symbols

    @property
    def inputs(self) -> dict[str, Shape]:
        return {given.name: self.shown(given.shape) for given in self.graph.inputs}

    @property
    def outputs(self) -> dict[str, Shape]:
        return {name: self.shown(self.flow.shapes[value] or ()) for name, value in self.graph.outputs}

    @property
    def output(self) -> Shape:
        """The shape of the first output; of the input, where there are no layers."""
        return next(iter(self.outputs.values()))

    @cached_property
    def fields(self) -> list[Field | None]:
        """The receptive field of each layer."""
        from cnncalc.analysis.receptive_field import receptive_fields

        return receptive_fields(self.graph, self.flow)

    def field_dict(self, field: Field | None) -> dict[str, Any] | None:
        """A receptive field as the JSON has it; equal ones are worked out once."""
        if field not in self._field_dicts:
            self._field_dicts[field] = field.to_dict() if field else None
        return self._field_dicts[field]

    @property
    def receptive_field(self) -> Field | None:
        """The receptive field of the first output; None where no layer makes it, or it has no spatial input."""
        producer = self.graph.producers[self.graph.outputs[0][1]]
        return self.fields[producer] if producer >= 0 else None

    @property
    def warnings(self) -> tuple[Diagnostic, ...]:
        """What is legal and suspicious."""
        from cnncalc.analysis.suspicions import suspicions

        return (*self.graph.warnings, *self.flow.warnings, *suspicions(self.graph, self.flow))

    @cached_property
    def conditions(self) -> list[SolvedCondition]:
        """What open sizes have to satisfy, each where it first stands."""
        if not any(met.conditions for met in self.flow.met.values()):
            return []
        from cnncalc.analysis.solve import solved_conditions

        return solved_conditions(self.flow)

    @property
    def legal_sizes(self) -> list[str]:
        """What the conditions together ask of each open size: `H is a multiple of 16`."""
        if not self.conditions:
            return []
        from cnncalc.analysis.solve import legal_sizes

        return legal_sizes(self.conditions)

    @cached_property
    def smallest_input(self) -> dict[str, int] | None:
        """The smallest legal value of each open size; None where it was not found."""
        from cnncalc.analysis.solve import smallest_sizes

        return smallest_sizes(self.flow, self.symbols)

    def at(self, **sizes: int) -> Report:
        """The report with numbers put in for open sizes; `N` is the batch.

        Raises CnncalcError with every layer that does not fit them, and UsageError for what is no size.

        >>> import cnncalc
        >>> cnncalc.calc("3xHxW -> conv 64 k7 s2 p3").at(H=224, W=224).output
        (64, 112, 112)
        """
        known = {*self.symbols, *([BATCH_NAME] if self.graph.batched else [])}
        for name in sizes:
            if name not in known:
                listed = ", ".join(sorted(known)) or "none"
                raise CnncalcError(
                    Diagnostic("unknown-name", f"there is no open size {name}", hint=f"there are {listed}")
                )
        sizes = {name: whole_number(name, size, int(name == BATCH_NAME)) for name, size in sizes.items()}
        try:
            return Report(*_put_in(self.graph, sizes), self.convention)
        except ZeroDivisionError:
            at = ", ".join(f"{name} = {size}" for name, size in sizes.items())
            raise CnncalcError(Diagnostic("division-by-zero", f"with {at}, a size is divided by 0")) from None

    def to_dict(self) -> dict[str, Any]:
        """The JSON envelope, version 1."""
        results = {
            "name": self.name,
            "symbols": self.symbols,
            "conditions": [c.to_dict() for c in self.conditions],
            "legal_sizes": self.legal_sizes,
            "smallest_input": self.smallest_input if self.symbols else {},
            "inputs": {name: plain(shape) for name, shape in self.inputs.items()},
            "outputs": {name: plain(shape) for name, shape in self.outputs.items()},
            "totals": self.totals.to_dict(),
            "layers": [layer.to_dict() for layer in self.layers],
        }
        return envelope(True, results, self.warnings)


def plain(value: Any) -> Any:
    """A value as JSON has it: an open size as Python text, a decimal as a float."""
    if value is None or isinstance(value, (int, str)):
        return value
    if isinstance(value, tuple):
        return [item if item.__class__ is int else plain(item) for item in value]
    if isinstance(value, (Expr, Layer)):
        return str(value)
    return float(value)


def costed(layer: Layer, xs: Shapes, ys: Shapes, batched: bool, chosen: Convention) -> Cost:
    """The figures of a layer; with an open batch, of a batch of one."""
    if batched:
        xs, ys = tuple(map(sample, xs)), tuple(map(sample, ys))
    params, buffers = layer.params(*xs), layer.buffers(*xs)
    activations = layer.inner(xs, ys)
    for y in ys:
        activations = activations + product(y)
    macs = layer.macs(xs, ys)
    param_count = elements(params) if params else 0
    return Cost(
        params,
        buffers,
        param_count,
        param_count if layer.trainable else 0,
        elements(buffers) if buffers else 0,
        macs,
        chosen.flops(Call(layer, xs, ys, params, macs)),
        activations,
    )


def sample(shape: Shape) -> Shape:
    """The shape for a batch of one."""
    if shape and shape[0] == BATCH:
        shape = (1, *shape[1:])
    for dim in shape:
        if isinstance(dim, Expr):
            return tuple(map(one_sample, shape))
    return shape


def trace(graph: Graph, found: Flow | None = None, chosen: str = "torch", costs: Costs | None = None) -> Report:
    """The report of a graph. Raises CnncalcError with every layer that does not fit.

    Where several graphs are traced, `costs` keeps what is worked out for all of them.
    """
    return Report(graph, found or flow(graph), convention(chosen), costs)


def _put_in(graph: Graph, sizes: Mapping[str, int]) -> tuple[Graph, Flow]:
    """The graph with numbers for open sizes, and its shapes."""
    result = Graph(graph.name)
    result.blocks, result.frozen, result.warnings = graph.blocks, graph.frozen, graph.warnings
    result.batch = sizes.get(BATCH_NAME, graph.batch) if graph.batched else graph.batch
    for given in graph.inputs:
        result.add_input(given.name, put_in(given.shape, sizes))
    layers = {layer: put_in(layer, sizes) for layer in {node.layer for node in graph.nodes}}
    result.nodes = [node._replace(layer=layers[node.layer]) for node in graph.nodes]
    result.producers = list(graph.producers)
    result.outputs = list(graph.outputs)
    return result, flow(result)
