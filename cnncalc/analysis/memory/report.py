"""The memory that a network takes, in use and in training."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import cached_property
from typing import TYPE_CHECKING, Any

from cnncalc.analysis.memory.effect import Setting
from cnncalc.analysis.memory.largest import Largest, largest
from cnncalc.analysis.memory.optimizers import check_optimizer, state_bytes
from cnncalc.analysis.memory.walk import Walk, again, in_use, newly_saved, walk
from cnncalc.diagnostics import CnncalcError, Diagnostic, UsageError, listed, nearest
from cnncalc.given import plain_text
from cnncalc.layers.memory import DECIMALS, SIZES
from cnncalc.named_tuples import NamedTuple
from cnncalc.symbolic.compile import compiled
from cnncalc.symbolic.expr import Dim, Total, greatest, product

if TYPE_CHECKING:
    from cnncalc.analysis.devices import Device
    from cnncalc.analysis.layer_report import LayerReport
    from cnncalc.analysis.trace import Report

MODES = ("infer", "train")
TYPES = {
    "float32": "float32",
    "float16": "float16",
    "bfloat16": "bfloat16",
    "float64": "float64",
    "fp32": "float32",
    "fp16": "float16",
    "bf16": "bfloat16",
    "amp": "float32",  # of parameters; torch.amp chooses that of values
}
"""What `--dtype` takes, and the type that it is."""


USUAL = (224, 300, 32)
"""Sizes at which closed forms are compared with numbers."""


class MemoryOptions(NamedTuple):
    """What is asked for."""

    mode: str | None = "infer"  # of memory; None: it is not asked for
    dtype: str = "float32"
    optimizer: str = "adam"
    on_gpu: bool = True
    device: Device | None = None  # whose least time is asked for
    mixed: bool = False  # does torch.amp choose the types of values?


class Alive(NamedTuple):
    """Something in memory at the worst moment."""

    name: str  # the path of the layer that made it, or the name of an input
    bytes: Dim


class LayerMemory(NamedTuple):
    """What one layer takes."""

    use: Dim  # bytes of all values while it runs
    saved: Dim  # bytes that autograd keeps from it on; 0 for what an earlier layer has kept
    kept: tuple[str, ...] | None  # which of input, output, mask, indices, statistics and inner; None: not in training
    known: bool = True  # else it takes as much at least

    def to_dict(self) -> dict[str, Any]:
        """The figures as the JSON has them, beside those of the layer."""
        saved = {} if self.kept is None else {"saved": written(self.saved), "kept": list(self.kept)}
        status = {} if self.known else {"memory_status": "lower-bound"}
        return {"memory": written(self.use), **saved, **status}


def asked_for(
    mode: str | None,
    dtype: str | None = None,
    optimizer: str | None = None,
    device: str | None = None,
    peak: str | None = None,
    bandwidth: str | None = None,
    devices: str | None = None,
) -> MemoryOptions:
    """What a command or a call asks for. Raises UsageError."""
    timed = any(given is not None for given in (device, peak, bandwidth))
    if devices is not None and device is None:
        raise UsageError(Diagnostic("bad-option", "a file of devices goes with --device NAME"))
    if device is not None and (peak is not None or bandwidth is not None):
        raise UsageError(Diagnostic("bad-option", "--device says its peak and bandwidth", hint="leave them out"))
    if mode is None and (not timed or optimizer is not None):
        what = "an optimizer" if dtype is None else "a type of parameters"
        hint = "--memory infer, or --memory train"
        raise UsageError(Diagnostic("bad-option", f"{what} is said, but no memory is asked for", hint=hint))
    if mode is not None and plain_text("memory", mode) not in MODES:
        message = f"memory is asked for to infer or to train, not to {mode}"
        raise UsageError(Diagnostic("unknown-memory", message, hint=near_one(mode, MODES)))
    dtype = plain_text("dtype", dtype or "float32")
    if dtype not in TYPES:
        raise UsageError(
            Diagnostic("unknown-dtype", f"there is no type {dtype} of parameters", hint=near_one(dtype, tuple(TYPES)))
        )
    if optimizer is not None:
        check_optimizer(plain_text("optimizer", optimizer))
        if mode != "train":
            message = f"{optimizer} keeps nothing without training"
            raise UsageError(Diagnostic("bad-option", message, hint=f"--memory train --optimizer {optimizer}"))
    on = None
    if timed and dtype == "amp":
        message = "a least time is at one peak, and amp works in two types"
        raise UsageError(Diagnostic("bad-option", message, hint="--dtype float16, or float32"))
    if timed:
        from cnncalc.analysis.devices import device as known_device
        from cnncalc.analysis.devices import stated

        on = stated(peak, bandwidth) if device is None else known_device(device, TYPES[dtype], devices)
    return MemoryOptions(mode, TYPES[dtype], optimizer or "adam", device=on, mixed=dtype == "amp")


def meant(memory: str | None, dtype: str | None, optimizer: str | None) -> MemoryOptions | None:
    """Which memory is meant where memory is wanted; None where nothing says it. Raises UsageError."""
    if memory is dtype is optimizer is None:
        return None
    return asked_for(memory or "infer", dtype, optimizer)


def near_one(name: str, names: tuple[str, ...]) -> str:
    """A hint: the name that is near, or all there are."""
    near = nearest(name, list(names))
    return f"did you mean {near[0]}?" if near else f"there are {listed(list(names))}"


class MemoryReport:
    """The memory of a network. Figures are bytes, of one sample while the batch is open.

    >>> import cnncalc
    >>> memory = cnncalc.calc("zoo:resnet50", memory="infer").memory
    >>> memory.weights, memory.peak, memory.peak_at
    (102441032, 9633792, 'layer1.0.downsample.1')
    """

    def __init__(self, report: Report, chosen: MemoryOptions) -> None:
        self.report = report
        self.asked = chosen
        self.training = chosen.mode == "train"

    @cached_property
    def walk(self) -> Walk:
        """Every value in memory."""
        setting = Setting(self.asked.dtype, self.training, self.asked.on_gpu, mixed=self.asked.mixed)
        return walk(self.report.graph, self.report.flow, setting)

    @cached_property
    def weights(self) -> Dim:
        """Parameters and buffers."""
        total = Total()
        for layer in self.owners():
            for shape in layer.weights.values():
                total.add(product(shape) * self.size(layer))
            for name, shape in layer.buffer_shapes.items():
                whole = name == "num_batches_tracked"
                total.add(product(shape) * (SIZES["int64"] if whole else self.size(layer)))
        return total.value

    @cached_property
    def gradients(self) -> Dim:
        """The gradients of what is trained; 0 where nothing is."""
        if not self.training:
            return 0
        total = Total()
        for layer in self.owners():
            total.add(layer.trainable * self.size(layer))
        return total.value

    @cached_property
    def optimizer(self) -> Dim:
        """What the optimizer keeps."""
        if not self.training:
            return 0
        total = Total()
        for layer in self.owners():
            for shape in layer.trained.values():
                total.add(state_bytes(self.asked.optimizer, shape, self.size(layer)))
        return total.value

    @cached_property
    def saved(self) -> Dim:
        """What autograd keeps for the backward pass, each piece of memory once."""
        total = Total()
        for layer in self.layers:
            total.add(layer.saved)
        return total.value

    @property
    def peak(self) -> Dim:
        """Bytes of all values at the worst moment of the forward pass, without weights.

        Raises CnncalcError where sizes are open and the form is too long to be written.
        """
        try:
            return self.worst.value
        except OverflowError:
            message = "the peak of memory is the largest of too many forms to be written as one"
            hint = "give the open sizes numbers, by -i or --set"
            raise CnncalcError(Diagnostic("limit", message, hint=hint)) from None

    @property
    def peak_at(self) -> str:
        """The layer that runs at the worst moment; of several the one at large sizes."""
        return self.at(self.worst.pieces[-1].at)

    @property
    def total(self) -> Dim:
        """Weights, gradients, the optimizer's state and the values at the worst moment. Raises as `peak` does."""
        return self.weights + self.gradients + self.optimizer + self.peak

    @property
    def status(self) -> str:
        """exact, or lower-bound where it is not known what all layers keep, or need within."""
        return "lower-bound" if self.uncounted else "exact"

    @cached_property
    def uncounted(self) -> list[str]:
        """The paths of layers of which it is not known what they keep, or need within."""
        nodes = zip(self.report.graph.nodes, self.walk.work)
        return [node.path for node, work in nodes if not node.train_only and not work.known]

    @property
    def warnings(self) -> list[Diagnostic]:
        """Layers that are written over their input to save memory, and save none in training; each kind once."""
        found: dict[str, Diagnostic] = {}
        for node in self.report.graph.nodes if self.training else ():
            layer = node.layer
            if layer.in_place and layer.copied_in_place and layer.name not in found:
                message = f"{layer.name} in place saves no memory in training, as autograd copies its input first"
                span = node.place.argument("inplace") or node.place.span
                found[layer.name] = Diagnostic("no-gain-in-place", message, "warning", span)
        return list(found.values())

    @cached_property
    def worst(self) -> Largest:
        """The worst moment."""
        use, _ = self.use
        return self.largest(use or [sum_of(self.walk.memory[at].bytes for at in self.walk.given)])

    def largest(self, forms: Sequence[Dim]) -> Largest:
        """The largest of some bytes, at legal sizes."""
        return largest(forms, {} if all(isinstance(form, int) for form in forms) else self.least)

    @cached_property
    def least(self) -> dict[str, int]:
        """What each open size is at least, where the conditions say so of each by itself."""
        smallest = self.report.smallest_input
        return {} if smallest is None or self.report.smallest_input_note else smallest

    @cached_property
    def note(self) -> str | None:
        """Sizes at which a layer takes less than its form says, as nothing has to be copied: an axis is 1 there, or a
        cut takes all of one. None where none were found.
        """
        if self.is_numeric or not any(map(self.may_be_view, range(len(self.walk.work)))):
            return None
        forms = compiled(self.use[0])
        for sizes in self.usual_sizes():
            try:
                plain = MemoryReport(self.report.at(**sizes), self.asked).use[0]
            except CnncalcError:
                continue
            differ = [at for at, (form, number) in enumerate(zip(forms(sizes), plain)) if form != number]
            if differ:
                where = ", ".join(f"{name} = {size}" for name, size in sizes.items())
                return f"with {where} torch copies less from {self.at(differ[0])} on, and the figures with numbers hold"
        return None

    def may_be_view(self, at: int) -> bool:
        """Does a layer copy with open sizes what it may have in the memory of its input with others?"""
        layer, tensors = self.report.graph.nodes[at].layer, self.walk.tensors
        xs = [tensor for value in self.report.graph.nodes[at].inputs if (tensor := tensors[value]) is not None]
        if all(isinstance(size, int) for x in xs for size in x.shape):
            return False
        makes = bool(self.walk.work[at].makes)
        return makes and (layer.view or layer.run_as(self.training, xs, (False,) * len(xs)) is not None)

    def usual_sizes(self) -> Iterator[dict[str, int]]:
        """Sizes of pictures and texts, and the smallest there are."""
        names = self.report.symbols
        for size in USUAL:
            given = dict.fromkeys(names, size)
            for condition in self.report.conditions:
                if condition.sizes is not None and condition.sizes.name in given:
                    given[condition.sizes.name] = condition.sizes.smallest(size) or size
            yield given
        if self.report.smallest_input:
            yield self.report.smallest_input

    @property
    def is_numeric(self) -> bool:
        """Is the peak a number?"""
        return len(self.worst.winners) == 1 and isinstance(self.worst.winners[0], int)

    @property
    def pieces(self) -> list[tuple[int, str]]:
        """From which size on which layer runs at the worst moment, with all open sizes alike."""
        return [(piece.start, self.at(piece.at)) for piece in self.worst.pieces]

    @cached_property
    def alive(self) -> list[Alive]:
        """What is in memory at the worst moment, the largest first where sizes are numbers."""
        at = self.worst.pieces[-1].at
        _, frees = self.use
        found = self.walk
        if not found.work:
            return [Alive(found.memory[m].name, found.memory[m].bytes) for m in found.given]
        there = dict.fromkeys(found.given)
        if at in self.again and self.again[at][0] == self.use[0][at]:
            return self.named(dict.fromkeys(self.again[at][1]), at)
        for before in range(at):
            there.update(dict.fromkeys(found.work[before].makes))
            if self.training:
                there.update(dict.fromkeys(memory for _, memory in found.work[before].kept))
            for memory in frees[before]:
                there.pop(memory, None)
        there.update(dict.fromkeys(found.work[at].makes))
        return self.named(there, at)

    def named(self, there: dict[int, None], at: int) -> list[Alive]:
        """Memory by the names of what made it, with what a layer needs within."""
        found, work = self.walk, self.walk.work[at]
        named = [Alive(found.memory[m].name, found.memory[m].bytes) for m in there if not found.memory[m].held]
        if work.extra != 0:
            named.append(Alive(f"within {self.at(at)}", work.extra))
        by_size = [(-one.bytes if isinstance(one.bytes, int) else 0, at) for at, one in enumerate(named)]
        return [named[at] for _, at in sorted(by_size)]

    @cached_property
    def use(self) -> tuple[list[Dim], list[list[int]]]:
        use, frees = in_use(self.walk, self.training)
        for at, (more, _) in self.again.items():
            use[at] = greatest(use[at], more)
        return use, frees

    @cached_property
    def again(self) -> dict[int, tuple[Dim, list[int]]]:
        """What is in use while layers of a checkpoint are computed once more."""
        return again(self.walk)

    @cached_property
    def layers(self) -> list[LayerMemory]:
        """What each layer takes, in their order."""
        found = []
        use, _ = self.use
        for work, used, saved in zip(self.walk.work, use, newly_saved(self.walk)):
            kept = tuple(dict.fromkeys(what for what, _ in work.kept)) if self.training else None
            found.append(LayerMemory(used, saved, kept, work.known))
        return found

    def at(self, index: int) -> str:
        """The path of a layer; the input where there are none."""
        nodes = self.report.graph.nodes
        return nodes[index].path if nodes else self.report.graph.inputs[0].name

    def owners(self) -> list[LayerReport]:
        """The layers whose parameters are their own."""
        return [layer for layer in self.report.layers if not layer.node.shared]

    def size(self, layer: LayerReport) -> int:
        """The bytes of an element of its parameters and buffers."""
        own = getattr(layer.layer, "dtype", None)
        return SIZES[self.asked.dtype if own is None or own in DECIMALS else own]

    def to_dict(self) -> dict[str, Any]:
        """The memory as the JSON has it."""
        figures = ("weights", "gradients", "optimizer", "saved")
        found: dict[str, Any] = {"mode": self.asked.mode, "dtype": "amp" if self.asked.mixed else self.asked.dtype}
        if self.training:
            found["optimizer_name"] = self.asked.optimizer
        found |= {name: written(getattr(self, name)) for name in figures}
        try:
            found |= {"peak": written(self.peak), "total": written(self.total)}
        except CnncalcError:
            found |= {"peak": None, "total": None}
        found["peak_at"] = self.peak_at
        if not self.is_numeric:
            found["peak_from"] = [{"from": start or None, "at": path} for start, path in self.pieces]
            found["note"] = self.note
        found["alive"] = [{"name": one.name, "bytes": written(one.bytes)} for one in self.alive]
        return found | {"status": self.status}


def written(value: Dim) -> int | str:
    """A figure as the JSON has it: a closed form as Python text."""
    return value if isinstance(value, int) else str(value)


def sum_of(sizes: Any) -> Dim:
    total: Dim = 0
    for size in sizes:
        total = total + size
    return total
