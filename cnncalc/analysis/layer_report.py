"""What one layer computes to."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from cnncalc.analysis.conventions import Counts
from cnncalc.analysis.costs import Cost, counts_dict, plain
from cnncalc.graph import Node
from cnncalc.layers.layer import Layer
from cnncalc.layers.shapes import Named, Shape, Shapes, elements
from cnncalc.symbolic.expr import Dim

if TYPE_CHECKING:
    from cnncalc.analysis.least_time import LayerTime
    from cnncalc.analysis.memory.report import LayerMemory
    from cnncalc.analysis.receptive_field import Field
    from cnncalc.analysis.trace import Report


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
    def report(self) -> Report:
        """The report that it is a layer of."""
        return self._report

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
    def counts(self) -> Counts | None:
        """What the convention of the report counts of this call, by name; None where it has no count of it."""
        return self._cost.counts

    @property
    def activations(self) -> Dim:
        """Elements of the outputs, and of what the layers inside of it give."""
        return self._cost.activations

    @property
    def memory(self) -> LayerMemory | None:
        """What it takes in memory; None where that is not asked for."""
        return None if self._report.memory is None else self._report.memory.layers[self.index]

    @property
    def time(self) -> LayerTime | None:
        """What it has to do on a device; None where that is not asked for."""
        return None if self._report.time is None else self._report.time.layers[self.index]

    @property
    def status(self) -> str:
        """What the MACs are: exact, lower-bound or uncounted."""
        return self.node.layer.status

    @property
    def receptive_field(self) -> Field | None:
        """How much of the input an output position sees, in positions for each axis; None where there are no axes."""
        return self._report.fields[self.index]

    def to_dict(self) -> dict[str, Any]:
        """The layer as it is in the JSON."""
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
            **counts_dict(self._report.convention, self.counts),
            "receptive_field": self._report.field_dict(self.receptive_field),
            "status": self.status,
            **({} if self.memory is None else self.memory.to_dict()),
            **({} if self.time is None else {"time": self.time.to_dict()}),
        }
