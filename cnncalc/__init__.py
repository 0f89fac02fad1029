"""Output sizes, parameters, MACs and FLOPs of neural networks, without torch.

>>> import cnncalc
>>> r = cnncalc.calc("3x224x224 -> conv 64 k7 s2 p3")
>>> r.output
(64, 112, 112)
>>> r.totals.params, r.totals.macs
(9472, 118013952)
>>> r.layers[0].weights
{'weight': (64, 3, 7, 7), 'bias': (64,)}

Open sizes give closed forms:

>>> r = cnncalc.calc("3xHxW -> conv 64 k7 s2 p3")
>>> str(r.output[1])
'(H + 1)//2'
>>> r.at(H=224, W=224).totals == cnncalc.calc("3x224x224 -> conv 64 k7 s2 p3").totals
True
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from cnncalc.analysis.trace import Cost, LayerReport, Report, Totals, trace
from cnncalc.diagnostics import CnncalcError, Diagnostic, Source, Span, UsageError
from cnncalc.given import described, plain_text, refused, whole_number
from cnncalc.graph import Graph
from cnncalc.language.read.reader import read
from cnncalc.language.text.limits import Limits
from cnncalc.symbolic.expr import Dim, Expr, symbol

if TYPE_CHECKING:
    from cnncalc.torch_bridge.verifying.build import Built
    from cnncalc.torch_bridge.verifying.verify import Progress, Verification

__version__ = "0.1.0"


def calc(
    spec: str,
    *,
    input: str | Sequence[str] | Mapping[str, str] = (),
    set: Mapping[str, object] | None = None,
    batch: int | None = None,
    convention: str = "torch",
    limits: Mapping[str, int] | None = None,
) -> Report:
    """The figures of a spec.

    `spec` is a line of text, the path of a file, or `zoo:NAME`. `input` gives the input shape, or one for
    each of several inputs; `set` gives arguments of the spec, or numbers for its open sizes; `batch` a
    number of samples (left open, figures are for one); `convention` says what FLOPs are; `limits` raises
    bounds on the work.

    Raises CnncalcError with everything that is wrong with the spec, and UsageError where an argument is of
    another kind.

    >>> calc("zoo:resnet50").totals.params
    25557032
    >>> calc("zoo:resnet50", input="3xHxW")["layer4.2.conv3"].output
    (2048, Expr('(H + 31)//32'), Expr('(W + 31)//32'))
    """
    graph = parse(spec, input=input, set=set, batch=batch, limits=limits)
    return trace(graph, chosen=convention)


def parse(
    spec: str,
    *,
    input: str | Sequence[str] | Mapping[str, str] = (),
    set: Mapping[str, object] | None = None,
    batch: int | None = None,
    limits: Mapping[str, int] | None = None,
) -> Graph:
    """The graph of a spec, for `trace`. The arguments are those of `calc`.

    >>> trace(parse("784 -> linear 10")).totals.params
    7850
    """
    plain_text("a spec", spec, "str(...) makes one of a path")
    samples = None if batch is None else whole_number("batch", batch, 1)
    return read(spec, inputs=_shapes(input), settings=_settings(set), batch=samples, limits=Limits(limits))


def verify(
    source: str | Graph | Report,
    *,
    trials: int = 5,
    seed: int = 0,
    device: str = "meta",
    progress: Callable[[Progress], None] = lambda progress: None,
) -> Verification:
    """A network's figures against real torch: shapes, parameters, buffers and FLOPs, layer by layer and in total.

    `source` is a spec, a graph or a report; for a report with open sizes, numbers are drawn `trials` times and
    its closed forms compared at them. On the device `meta` torch works out shapes alone, on `cpu` it runs on
    real tensors.

    Raises CnncalcError with everything that is wrong with the spec, and UsageError where torch is not installed.

    >>> verify("3xHxW -> conv 64 k7 s2 p3 -> bn -> relu").ok
    True
    """
    from cnncalc.torch_bridge import require_torch

    require_torch("verify")
    from cnncalc.torch_bridge.verifying.verify import verify as verified

    report = source if isinstance(source, Graph | Report) else calc(source)
    return verified(report, trials=trials, seed=seed, device=device, progress=progress)


def build(source: str | Graph | Report) -> Built:
    """The real `torch.nn.Module` of a network. The keys of its `state_dict` are the paths in the spec.

    Raises CnncalcError with everything that is wrong with the spec, and for open sizes that parameters depend on;
    UsageError where torch is not installed.

    >>> list(build("1x28x28 -> stem: conv 8 k3 -> relu").state_dict())
    ['stem.weight', 'stem.bias']
    """
    from cnncalc.torch_bridge import require_torch

    require_torch("build")
    from cnncalc.torch_bridge.verifying.build import build as built

    return built(source if isinstance(source, Graph | Report) else parse(source))


def from_torch(module: Any, *inputs: Any, name: str | None = None) -> Graph:
    """The graph of a `torch.nn.Module`, whose paths are those of its submodules.

    Each input is a shape of one sample, `3x224x224`, with its type where it has another, `128:int64`; or a tensor
    whose first axis is the batch. `cnncalc.write` makes YAML of the graph.

    Raises CnncalcError where the module does not run on the inputs, and UsageError where torch is not installed.

    >>> from torch import nn
    >>> graph = from_torch(nn.Sequential(nn.Conv2d(1, 8, 3), nn.ReLU()), "1x28x28")
    >>> trace(graph).totals.params
    80
    """
    from cnncalc.torch_bridge import require_torch

    require_torch("from_torch")
    from cnncalc.torch_bridge.importing.importer import given_tensor, import_module, read_shape

    given = [read_shape(one, False) if isinstance(one, str) else given_tensor(one) for one in inputs]
    return import_module(module, given, name).graph


def write(graph: Graph) -> str:
    """The graph as YAML that reads back to it.

    >>> print(write(parse("784 -> linear 10")), end="")
    input: 784
    <BLANKLINE>
    body:
      - linear 10
    """
    from cnncalc.language.write.writer import write as written

    return written(graph)


def _shapes(input: object) -> list[str]:
    """What is given as the input, as the command line has it."""
    hint = 'input="3x224x224", a list of such texts, or a dictionary of names with them'
    if isinstance(input, str):
        return [input]
    if isinstance(input, Mapping):
        return [f"{plain_text('the name of an input', k)}={plain_text('a shape', v, hint)}" for k, v in input.items()]
    if not isinstance(input, list | tuple):
        raise refused(f"input is a text, a list or a dictionary, not {described(input)}", hint)
    return [plain_text("a shape", shape, hint) for shape in input]


def _settings(set: object) -> dict[str, str]:
    """What is given for arguments and open sizes, as a spec writes it."""
    if set is None:
        return {}
    if not isinstance(set, Mapping):
        raise refused(f"set is a dictionary, not {described(set)}", 'set={"H": 224}')
    return {plain_text("a name in set", name): _written(name, value) for name, value in set.items()}


def _written(name: str, value: object) -> str:
    """A value as a spec writes it."""
    if isinstance(value, list | tuple):
        return f"({', '.join([_written(name, item) for item in value])},)" if value else "()"
    if value is None or isinstance(value, str | bool | Expr) or hasattr(value, "__float__"):
        return str(value)
    raise refused(f"{name} is set to {described(value)}", "a number, a text, or a list of them")


__all__ = [
    "CnncalcError",
    "Cost",
    "Diagnostic",
    "Dim",
    "Expr",
    "Graph",
    "LayerReport",
    "Report",
    "Source",
    "Span",
    "Totals",
    "UsageError",
    "build",
    "calc",
    "from_torch",
    "parse",
    "symbol",
    "trace",
    "verify",
    "write",
]
