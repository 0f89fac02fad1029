"""The least time that a network can take on a device: what it has to work out, and what it has to move.

The roofline of Williams, Waterman and Patterson 2009: no layer is faster than its operations at the device's peak, nor
than its bytes at the memory's bandwidth. It is a floor and never a prediction: kernels reach neither, and start late.
Each layer is taken by itself. Where a compiler fuses several, what comes between them is not moved.
"""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, Any

from cnncalc.analysis.devices import Device
from cnncalc.analysis.memory.effect import Setting
from cnncalc.analysis.memory.report import written
from cnncalc.analysis.memory.walk import Walk, walk
from cnncalc.layers.memory import DECIMALS, SIZES
from cnncalc.named_tuples import NamedTuple
from cnncalc.symbolic.expr import Dim, Total, product

if TYPE_CHECKING:
    from cnncalc.analysis.layer_report import LayerReport
    from cnncalc.analysis.trace import Report

FLOOR = "a floor, not a prediction: each layer by itself, at the device's peak and full bandwidth"


class LayerTime(NamedTuple):
    """What one layer has to do."""

    operations: Dim  # 2 for each MAC
    bytes: Dim  # of its inputs, outputs and parameters
    device: Device

    @property
    def seconds(self) -> float | None:
        """The least time; None where sizes are open."""
        if not isinstance(self.operations, int) or not isinstance(self.bytes, int):
            return None
        return max(self.operations / self.device.peak, self.bytes / self.device.bandwidth)

    @property
    def bound(self) -> str | None:
        """Which roof it is under: compute, or memory; None where sizes are open, or where it does nothing."""
        if not isinstance(self.operations, int) or not isinstance(self.bytes, int) or self.bytes == 0:
            return None
        over = self.operations * self.device.bandwidth > self.bytes * self.device.peak
        return "compute" if over else "memory"

    @property
    def intensity(self) -> float | None:
        """Operations for each byte that is moved."""
        if not isinstance(self.operations, int) or not isinstance(self.bytes, int) or self.bytes == 0:
            return None
        return self.operations / self.bytes

    @property
    def form(self) -> str:
        """The least time in seconds, as Python can read it."""
        return f"max(({self.operations})/{self.device.peak}, ({self.bytes})/{self.device.bandwidth})"

    def to_dict(self) -> dict[str, Any]:
        """The figures as the JSON has them."""
        return {
            "operations": written(self.operations),
            "bytes": written(self.bytes),
            "intensity": self.intensity,
            "bound": self.bound,
            "seconds": self.form if self.seconds is None else self.seconds,
        }


class TimeReport:
    """The least time of a network on a device, for one sample while the batch is open.

    >>> import cnncalc
    >>> time = cnncalc.calc("zoo:resnet50", batch=8, device="a100-40gb").time
    >>> round(time.seconds * 1000, 2), time.layers[0].bound
    (4.58, 'compute')
    """

    def __init__(self, report: Report, device: Device, dtype: str) -> None:
        self.report = report
        self.device = device
        self.dtype = dtype

    @cached_property
    def layers(self) -> list[LayerTime]:
        """Each layer, in their order."""
        found = walk(self.report.graph, self.report.flow, Setting(self.dtype))
        layers = self.report.layers
        return [LayerTime(2 * layer.macs, self.moved(layer, found), self.device) for layer in layers]

    @property
    def seconds(self) -> float | None:
        """The least time of all layers, one after the other; None where sizes are open."""
        every = [layer.seconds for layer in self.layers]
        return None if None in every else sum(one for one in every if one is not None)

    @property
    def memory_bound(self) -> float | None:
        """How much of the time is that of layers that the memory holds up."""
        whole = self.seconds
        if not whole:
            return None
        return sum(layer.seconds or 0.0 for layer in self.layers if layer.bound == "memory") / whole

    def moved(self, layer: LayerReport, found: Walk) -> Dim:
        """The bytes that a layer reads and writes: nothing for a view, and of a table what is looked up."""
        node = layer.node
        if node.train_only or not found.work[layer.index].moves:
            return 0
        total = Total()
        outputs = [found.tensors[value] for value in node.values]
        for tensor in outputs:
            total.add(tensor.bytes if tensor is not None else 0)
        inputs = list(dict.fromkeys(node.inputs))
        if layer.layer.picks is not None:  # as much is read as is written
            inputs = [value for at, value in enumerate(inputs) if at != layer.layer.picks]
            total.add(outputs[0].bytes if outputs[0] is not None else 0)
        for value in inputs:
            tensor = found.tensors[value]
            total.add(tensor.bytes if tensor is not None else 0)
        if layer.layer.picks_weights:
            total.add(outputs[0].bytes if outputs[0] is not None else 0)
        else:
            for shape in (*layer.weights.values(), *layer.buffer_shapes.values()):
                total.add(product(shape) * self.size(layer))
        return total.value

    def size(self, layer: LayerReport) -> int:
        """The bytes of an element of its parameters."""
        own = getattr(layer.layer, "dtype", None)
        return SIZES[self.dtype if own is None or own in DECIMALS else own]

    def to_dict(self) -> dict[str, Any]:
        """The least time as the JSON has it."""
        seconds = self.seconds
        return {
            "device": self.device.name,
            "peak": self.device.peak,
            "bandwidth": self.device.bandwidth,
            "source": self.device.source,
            "dtype": self.dtype,
            "seconds": " + ".join(layer.form for layer in self.layers) if seconds is None else seconds,
            "kind": "floor",
            "meaning": FLOOR,
        }
