"""A network's figures against real torch, layer by layer and in total."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import torch

from cnncalc.analysis.conventions import CountedCall, convention
from cnncalc.analysis.costs import plain
from cnncalc.analysis.layer_report import LayerReport
from cnncalc.analysis.trace import Report, trace
from cnncalc.diagnostics import CnncalcError, Diagnostic, UsageError
from cnncalc.graph import Graph
from cnncalc.layers.shapes import BATCH_NAME, Shape
from cnncalc.named_tuples import NamedTuple
from cnncalc.symbolic.compile import compiled
from cnncalc.symbolic.expr import Dim
from cnncalc.torch_bridge.verifying.build import TorchRefused
from cnncalc.torch_bridge.verifying.measure import Measured, TorchRun, measure
from cnncalc.torch_bridge.verifying.memory import MEMORY, MemoryClaims
from cnncalc.torch_bridge.verifying.sizes import drawn_sizes

TORCH = convention("torch")  # what torch itself counts, and what its figures are compared with

if TYPE_CHECKING:
    from cnncalc.torch_bridge.importing.original import Found, Original
    from cnncalc.torch_bridge.importing.second import Second

FIGURES = ("outputs", "params", "buffers", "flops")
"""What is compared for each layer: the shapes of the outputs, of the parameters and buffers by name, and the FLOPs."""

TOTALS = ("state_dict", "params", "trainable", "buffers", "flops", "activations")
"""What is compared for the network: the names and shapes of its state dict, and its totals."""


class Claim(NamedTuple):
    """What cnncalc says of a layer, or of a network; closed forms where sizes are open."""

    outputs: Any  # a tuple of shapes
    params: Any  # shapes by name
    buffers: Any
    flops: Any
    inner: Any  # elements of what the layers inside of it give, which torch shows no outputs of


class Difference(NamedTuple):
    """A figure that cnncalc and torch give differently, at some sizes."""

    path: str  # of the layer; empty for the whole network
    figure: str  # one of FIGURES or TOTALS, or `runs` where torch refuses what cnncalc accepts
    cnncalc: Any
    torch: Any
    sizes: dict[str, int]

    def to_dict(self) -> dict[str, Any]:
        return self._asdict() | {"cnncalc": listed(self.cnncalc), "torch": listed(self.torch)}


class Checked(NamedTuple):
    """What came of one layer, or of the totals."""

    path: str
    type: str
    agreed: tuple[str, ...]  # figures that were compared at all sizes, and are the same
    differences: tuple[Difference, ...]
    not_compared: str | None  # why its FLOPs are not compared

    def to_dict(self) -> dict[str, Any]:
        return {
            "path": self.path,
            "type": self.type,
            "agreed": list(self.agreed),
            "differences": [difference.to_dict() for difference in self.differences],
            "not_compared": self.not_compared,
        }


class Verification(NamedTuple):
    """How a network's figures compare with those of real torch."""

    name: str | None
    report: Report
    torch: str  # its version
    device: str
    seed: int
    trials: tuple[dict[str, int], ...]  # the sizes that were drawn; N is the batch
    layers: tuple[Checked, ...]
    totals: Checked
    module: Checked | None = None  # the totals beside the module that the network was imported from
    capture: Checked | None = None  # and beside what torch's capture makes of it

    @property
    def differences(self) -> list[Difference]:
        """All of them, in the order of the layers."""
        every = (*self.layers, self.totals, *(one for one in (self.module, self.capture) if one))
        return [difference for checked in every for difference in checked.differences]

    @property
    def ok(self) -> bool:
        """Has nothing differed?"""
        return not self.differences

    def to_dict(self) -> dict[str, Any]:
        return {
            "torch": self.torch,
            "device": self.device,
            "seed": self.seed,
            "trials": list(self.trials),
            "totals": self.totals.to_dict(),
            "layers": [layer.to_dict() for layer in self.layers],
            **({"module": self.module.to_dict()} if self.module else {}),
            **({"capture": self.capture.to_dict()} if self.capture else {}),
        }


class Progress(NamedTuple):
    """How far a verification is."""

    trial: int
    layer: int
    layers: int


def verify(
    source: Graph | Report,
    *,
    trials: int = 5,
    seed: int = 0,
    device: str = "meta",
    progress: Callable[[Progress], None] = lambda progress: None,
    original: Original | None = None,
    second: Second | None = None,
    memory: bool = False,
) -> Verification:
    """Build the network in torch, run it, and compare every figure; those of a network that was imported with its
    module's too.

    Open sizes are drawn `trials` times, and the closed forms at those numbers compared. On the device `meta`
    torch works out shapes alone; on others it runs on real tensors, and FLOPs are counted on `meta` as well,
    where no operators are fused.
    With `memory` the bytes that each layer takes are compared too.

    Raises UsageError where there are no legal sizes to draw.
    """
    report = source if isinstance(source, Report) else trace(source, chosen=TORCH.name)
    if report.convention.name != TORCH.name:
        report = trace(report.graph, report.flow, TORCH.name)
    claims = Claims(report)
    in_memory = MemoryClaims(report) if memory else None
    differences: list[Difference] = []
    uncounted: dict[int, str] = {}
    beside: list[Found] = []
    captured: list[Found] = []
    tried: list[dict[str, int]] = []
    for sizes in drawn_sizes(report, trials, random.Random(seed)):
        tried.append(sizes)
        if original is not None:
            beside.append(original.compared(report, sizes))
        if second is not None:
            captured.append(second.compared(report, sizes))

        def step(index: int) -> None:
            progress(Progress(len(tried), index + 1, len(report.graph.nodes)))

        try:
            at = report.at(**sizes) if sizes else report
            run = measure(at, device, step)
            if device != "meta":
                counted = measure(at).calls
                calls = [real._replace(flops=c.flops, unseen=c.unseen) for real, c in zip(run.calls, counted)]
                run = run._replace(calls=calls)
        except TorchRefused as refused:
            differences.append(Difference(refused.path, "runs", "runs", str(refused), sizes))
            continue
        except CnncalcError as error:
            # The closed forms say that these sizes are legal, and the layers do not.
            differences.append(Difference("", "runs", "legal by its conditions", error.message, sizes))
            continue
        differences += compared(report, claims.at(sizes), run, sizes, uncounted)
        if in_memory is not None:
            differences += [Difference(*one, sizes) for one in in_memory.compared(at, sizes)]
    if not tried:
        raise UsageError(
            Diagnostic("no-sizes", "no legal sizes were found to verify at", hint="set them: --set H=224, or -i")
        )
    return Verification(
        report.name,
        report,
        torch.__version__.partition("+")[0],
        device,
        seed,
        tuple(tried),
        tuple(
            checked(layer.path, layer.type, differences, uncounted.get(i), figures_of(in_memory, i))
            for i, layer in enumerate(report.layers)
        ),
        checked("", "network", differences, left_out(uncounted.values())),
        None if original is None else of_whole(original, beside),
        None if second is None else of_whole(second, captured),
    )


def of_whole(other: Original | Second, found: Sequence[Found]) -> Checked:
    """What came of the comparison with a module or its capture, at all sizes."""
    differences = tuple(difference for one in found for difference in one.differences)
    reason = next((one.not_compared for one in found if one.not_compared), None)
    failed = {difference.figure for difference in differences} | ({other.figures[-1]} if reason else set())
    agreed = () if "module_runs" in failed else tuple(figure for figure in other.figures if figure not in failed)
    return Checked("", other.name, agreed, differences, reason)


def figures_of(in_memory: MemoryClaims | None, index: int) -> tuple[str, ...]:
    """What is compared for a layer."""
    if in_memory is None or not in_memory.known[index]:
        return FIGURES
    return (*FIGURES, *MEMORY)


def checked(
    path: str,
    type: str,
    differences: Sequence[Difference],
    not_compared: str | None,
    of_layer: tuple[str, ...] = FIGURES,
) -> Checked:
    own = tuple(difference for difference in differences if difference.path == path)
    figures = of_layer if path else TOTALS
    failed = {difference.figure for difference in own} | ({"flops"} if not_compared else set())
    agreed = () if "runs" in failed else tuple(figure for figure in figures if figure not in failed)
    return Checked(path, type, agreed, own, not_compared)


def left_out(reasons: Iterable[str]) -> str | None:
    """Why the total of the FLOPs is not compared."""
    count = len(list(reasons))
    return f"without {count} {'layer' if count == 1 else 'layers'} that cannot be compared" if count else None


class Claims:
    """What a report says of every layer, as functions of its open sizes and of the batch."""

    def __init__(self, report: Report) -> None:
        self.report = report
        self.claims = [claim(layer) for layer in report.layers]
        totals = report.totals
        self.totals: tuple[Dim, ...] = tuple([getattr(totals, figure) for figure in TOTALS[1:]])
        flat: list[Dim] = list(self.totals)
        for each in self.claims:
            put_in(each, lambda dim: flat.append(dim) or dim)  # type: ignore[func-returns-value]
        self._values = compiled(flat)

    def at(self, sizes: Mapping[str, int]) -> tuple[list[Claim], tuple[int, ...]]:
        """Every claim, and the totals of one sample, at numbers for the open sizes."""
        values = iter(self._values(sizes))
        totals = tuple(next(values) for _ in self.totals)
        return [put_in(each, lambda _: next(values)) for each in self.claims], totals


def claim(layer: LayerReport) -> Claim:
    """What a report says of a layer, with the batch still open where it is."""
    macs = layer.layer.macs(layer.xs, layer.outputs)
    flops = TORCH.flops(CountedCall(layer.layer, layer.xs, layer.outputs, layer.weights, macs))
    inner = layer.layer.inner(layer.xs, layer.outputs)
    return Claim(layer.outputs, layer.weights, layer.buffer_shapes, flops, inner)


def put_in(claimed: Claim, value: Callable[[Dim], Any]) -> Claim:
    """The claim with every size replaced."""

    def shape(dims: Shape) -> tuple[Any, ...]:
        return tuple([value(dim) for dim in dims])

    return Claim(
        tuple([shape(dims) for dims in claimed.outputs]),
        {name: shape(dims) for name, dims in claimed.params.items()},
        {name: shape(dims) for name, dims in claimed.buffers.items()},
        value(claimed.flops),
        value(claimed.inner),
    )


def compared(
    report: Report,
    claimed: tuple[list[Claim], tuple[int, ...]],
    run: TorchRun,
    sizes: dict[str, int],
    uncounted: dict[int, str],
) -> list[Difference]:
    """Every difference at some sizes. Layers whose FLOPs cannot be compared are added to `uncounted`."""
    found: list[Difference] = []
    claims, totals = claimed
    for index, (layer, ours, theirs) in enumerate(zip(report.layers, claims, run.calls)):
        for figure in FIGURES[:-1]:
            if figure == "outputs" and theirs.outputs is None:
                continue
            left, right = getattr(ours, figure), getattr(theirs, figure)
            if left != right:
                found.append(Difference(layer.path, figure, left, right, sizes))
        if theirs.outputs is None:
            continue
        if reason := not_comparable(layer, ours.flops, theirs):
            uncounted[index] = reason
        elif ours.flops != theirs.flops:
            found.append(Difference(layer.path, "flops", ours.flops, theirs.flops, sizes))
    return found + compared_totals(report, totals, claims, run, sizes, uncounted)


def not_comparable(layer: LayerReport, ours: int, theirs: Measured) -> str | None:
    """Why the FLOPs of a layer are no agreement; None where they are compared."""
    if theirs.unseen and theirs.flops <= ours:
        return f"torch does not count {', '.join(theirs.unseen)}"
    if layer.status == "uncounted":
        return "cnncalc does not count them"
    if layer.status == "lower-bound" and theirs.flops >= ours:
        return "cnncalc gives a lower bound"
    return None


def compared_totals(
    report: Report,
    totals: tuple[int, ...],
    claims: Sequence[Claim],
    run: TorchRun,
    sizes: dict[str, int],
    uncounted: Mapping[int, str],
) -> list[Difference]:
    """The totals, which are those of one sample where the batch is open."""
    owners = [i for i, layer in enumerate(report.layers) if not layer.node.shared]
    measured = run.calls
    counted = [i for i, layer in enumerate(report.layers) if not layer.node.train_only]
    params = {key(report, i, name): count(shape) for i in owners for name, shape in measured[i].params.items()}
    theirs: dict[str, Any] = {
        "state_dict": run.state,
        "params": sum(params.values()),
        "trainable": sum(elements for name, elements in params.items() if name in run.trained),
        "buffers": sum(count(shape) for i in owners for shape in measured[i].buffers.values()),
        "flops": sum(measured[i].flops for i in counted if i not in uncounted),
        "activations": sum(count(shape) for i in counted for shape in measured[i].outputs or ()),
    }
    ours: dict[str, Any] = dict(zip(TOTALS[1:], totals))
    ours["state_dict"] = {
        key(report, i, name): shape for i in owners for name, shape in {**claims[i].params, **claims[i].buffers}.items()
    }
    ours["activations"] -= sum(claims[i].inner for i in counted)
    ours["flops"] -= sum(claims[i].flops for i in counted if i in uncounted)
    if sizes.get(BATCH_NAME, 1) != 1:
        del ours["flops"], ours["activations"]
    return [
        Difference("", figure, value, theirs[figure], sizes)
        for figure, value in ours.items()
        if value != theirs[figure]
    ]


def key(report: Report, index: int, name: str) -> str:
    """The key in the state dict of a parameter or buffer of a layer."""
    path = report.layers[index].path
    return f"{path}.{name}" if name else path


def count(shape: Sequence[int]) -> int:
    result = 1
    for size in shape:
        result *= size
    return result


def listed(value: Any) -> Any:
    """A value as JSON has it."""
    if isinstance(value, dict):
        return {name: plain(shape) for name, shape in value.items()}
    return [plain(item) for item in value] if isinstance(value, tuple) else value
