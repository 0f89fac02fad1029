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

import os
from collections.abc import Callable, Mapping, Sequence
from importlib import import_module
from typing import TYPE_CHECKING, Any, TypeAlias

from cnncalc.analysis.costs import Cost, Totals
from cnncalc.analysis.layer_report import LayerReport
from cnncalc.analysis.trace import Report, trace
from cnncalc.diagnostics import CnncalcError, Diagnostic, Source, Span, UsageError
from cnncalc.given import described, plain_text, refused, whole_number
from cnncalc.graph import Graph
from cnncalc.language.read.reader import read
from cnncalc.language.text.limits import Limits
from cnncalc.language.text.model_names import names_model
from cnncalc.symbolic.expr import Dim, Expr, symbol

if TYPE_CHECKING:
    from cnncalc.analysis.receptive_field import Field as Field
    from cnncalc.analysis.solve import SolvedCondition as SolvedCondition
    from cnncalc.graph import Node as Node
    from cnncalc.layers.layer import Layer as Layer
    from cnncalc.planning.answer import Answer as Answer
    from cnncalc.planning.sweep import Sweep as Sweep
    from cnncalc.torch_bridge.verifying.build import Built as Built
    from cnncalc.torch_bridge.verifying.verify import Difference as Difference
    from cnncalc.torch_bridge.verifying.verify import Progress as Progress
    from cnncalc.torch_bridge.verifying.verify import Verification as Verification

__version__ = "0.1.0"

LATER = {
    "Answer": "planning.answer",
    "Built": "torch_bridge.verifying.build",
    "Difference": "torch_bridge.verifying.verify",
    "Field": "analysis.receptive_field",
    "Layer": "layers.layer",
    "Node": "graph",
    "Progress": "torch_bridge.verifying.verify",
    "SolvedCondition": "analysis.solve",
    "Sweep": "planning.sweep",
    "Verification": "torch_bridge.verifying.verify",
}
"""What functions return, loaded when it is asked for by name: some of it loads torch."""

ShapeLike: TypeAlias = "str | Sequence[int | Expr]"
"""A shape of one sample: `"3x224x224"`, or `(3, 224, 224)`."""


def __getattr__(name: str) -> Any:
    if name in LATER:
        return getattr(import_module(f"cnncalc.{LATER[name]}"), name)
    raise AttributeError(f"module 'cnncalc' has no attribute {name!r}")


def calc(
    spec: str | os.PathLike[str] | Any,
    *,
    input: ShapeLike | Sequence[ShapeLike] | Mapping[str, ShapeLike] = (),
    set: Mapping[str, object] | None = None,
    batch: int | None = None,
    convention: str = "torch",
    limits: Mapping[str, int] | None = None,
    kwargs: Mapping[str, Any] | None = None,
    torch: bool = False,
    call: str = "forward",
    memory: str | None = None,
    dtype: str | None = None,
    optimizer: str | None = None,
    device: str | None = None,
    peak: str | None = None,
    bandwidth: str | None = None,
    devices: str | None = None,
) -> Report:
    """The figures of a spec.

    `spec` is a line of text, the path of a file, `zoo:NAME`, or a PyTorch model: `FILE.py:NAME`, `MODULE:NAME`, or a
    `torch.nn.Module`. `input` gives the input shape, `"3x224x224"` or `(3, 224, 224)`, without the batch, or one for
    each of several inputs; `set` gives arguments of the spec, or numbers for its open sizes; `batch` a number of
    samples (left open, figures are for one); `convention` says what FLOPs are; `limits` raises bounds on the work.
    Of a PyTorch model, whose code is run, `kwargs` and `set` give arguments of its class, `torch` says that torch
    reads it, and `call` names a method that is not `forward`.
    `memory`, infer or train, asks for bytes, with parameters of a `dtype` and in training with an `optimizer`.
    `device`, by name, or `peak` and `bandwidth` ask for the least time on it; `devices` is a file of more of them.

    Raises CnncalcError with everything that is wrong with the spec, and UsageError where an argument is of
    another kind.

    >>> calc("zoo:resnet50").totals.params
    25557032
    >>> calc("zoo:resnet50", input="3xHxW")["layer4.2.conv3"].output
    (2048, Expr('(H + 31)//32'), Expr('(W + 31)//32'))
    """
    if _is_module(spec):
        return _calc_module(spec, input, set, batch, convention)
    asked = None
    resources = (memory, dtype, optimizer, device, peak, bandwidth, devices)
    if any(given is not None for given in resources):
        from cnncalc.analysis.memory.report import asked_for

        asked = asked_for(*resources)
    graph = parse(spec, input=input, set=set, batch=batch, limits=limits, kwargs=kwargs, torch=torch, call=call)
    report = trace(graph, chosen=convention)
    report.asked = asked
    return report


def parse(
    spec: str | os.PathLike[str],
    *,
    input: ShapeLike | Sequence[ShapeLike] | Mapping[str, ShapeLike] = (),
    set: Mapping[str, object] | None = None,
    batch: int | None = None,
    limits: Mapping[str, int] | None = None,
    kwargs: Mapping[str, Any] | None = None,
    torch: bool = False,
    call: str = "forward",
) -> Graph:
    """The graph of a spec, for `trace`. The arguments are those of `calc`.

    >>> trace(parse("784 -> linear 10")).totals.params
    7850
    """
    spec = plain_text("a spec", os.fspath(spec) if isinstance(spec, os.PathLike) else spec, SPEC_HINT)
    samples = None if batch is None else whole_number("batch", batch, 1)
    if names_model(spec):
        from cnncalc.models.model import ModelOptions
        from cnncalc.models.read import read as read_model

        asked = ModelOptions(None if kwargs is None else dict(kwargs), torch, call)
        return read_model(
            spec, inputs=_shapes(input), settings=_settings(set), batch=samples, limits=Limits(limits), asked=asked
        )
    if kwargs is not None or torch or call != "forward":
        hint = "--set gives arguments to a spec"
        raise UsageError(
            Diagnostic(
                "bad-option", "--kwargs, --torch and --call are for PyTorch models, and there is none", hint=hint
            )
        )
    return read(spec, inputs=_shapes(input), settings=_settings(set), batch=samples, limits=Limits(limits))


def sweep(
    spec: str,
    *,
    over: Mapping[str, object],
    where: Sequence[str] = (),
    columns: Sequence[str] = (),
    sort: str | None = None,
    top: int | None = None,
    pareto: str | None = None,
    input: str | Sequence[str] | Mapping[str, str] = (),
    set: Mapping[str, object] | None = None,
    batch: int | None = None,
    convention: str = "torch",
    limits: Mapping[str, int] | None = None,
    memory: str | None = None,
    dtype: str | None = None,
    optimizer: str | None = None,
) -> Sweep:
    """The figures of a spec over a grid of open sizes and arguments.

    `over` has for each name its values: a list of them, a `range`, or a text such as `128:256:32`. `where` keeps the
    rows for which conditions hold, `columns` chooses figures, `sort` orders by one (`-params`: the largest first),
    `top` keeps the first rows, `pareto` those that no other row is better than, in `params,macs` or more figures. The
    other arguments are those of `calc`.

    Open sizes are put into closed forms; a network is built anew for each choice of arguments alone. Iterating gives a
    dictionary for each row, as `pandas.DataFrame` takes them. Points that the network does not run at have no row;
    `tally` counts them. Where memory is a column or a condition it is that in use, unless `memory`, `dtype` and
    `optimizer` say another, as in `calc`.

    Raises CnncalcError with what is wrong with the spec, and UsageError with what is wrong with the question.

    >>> for row in sweep("zoo:mobilenet_v2", over={"width": [0.5, 1.0]}, columns=["params", "macs"]): print(row)
    {'width': 0.5, 'params': 1968680, 'macs': 97131840}
    {'width': 1, 'params': 3504872, 'macs': 300774272}
    """
    from cnncalc.analysis.memory.report import meant
    from cnncalc.planning.sweep import Networks, Sweep, SweepRequest, of_choice, over_texts, read_axes

    def network(choice: Mapping[str, str]) -> Graph:
        return parse(spec, input=input, **of_choice(set or {}, batch, choice), limits=limits)

    asked = SweepRequest(over_texts(over), tuple(where), tuple(columns), sort, top, pareto)
    return Sweep(Networks(network, convention, meant(memory, dtype, optimizer)), read_axes(asked.over), asked)


def solve(
    spec: str,
    *,
    expect: str | Sequence[str] | Mapping[str, object],
    free: str | Sequence[str] | Mapping[str, object] = (),
    maximize: str | Sequence[str] = (),
    minimize: str | Sequence[str] = (),
    input: str | Sequence[str] | Mapping[str, str] = (),
    set: Mapping[str, object] | None = None,
    batch: int | None = None,
    most: int = 10,
    limits: Mapping[str, int] | None = None,
    memory: str | None = None,
    dtype: str | None = None,
    optimizer: str | None = None,
) -> Answer:
    """The numbers for `?`, open sizes and free arguments with which a network is as wanted, the usual first.

    `expect` is what has to be found, `"output=64x112x112"`, a list of such texts, or a dictionary. `free` names what
    may change, each perhaps with its values: `"depth=1:8"`, or `{"width": "0.25:1.5:0.05", "kernel": [3, 5]}`.
    `maximize` and `minimize` name figures, or open sizes, of which the most or the least is looked for. The answer has
    `solutions`, as many as `most`, and how many there are in all; each has its `values`, `settings` and `sizes`, and a
    `text`.
    Memory that is wanted is that in use, unless `memory`, `dtype` and `optimizer` say another, as in `calc`; the free
    name `batch` is the number of samples.

    Raises CnncalcError for a spec that is wrong, and UsageError for a question that is.

    >>> answer = solve("3x224x224 -> conv 64 k? s2 p?", expect="output=64x112x112")
    >>> answer.count, answer.solutions[0].values
    (15, {'k': 3, 'p': 1})
    >>> solve("zoo:resnet50", input="3xHxH", expect={"layers.layer4": "2048x7x7"}).solutions[0].sizes["H"].words()
    'H is 193 to 224'
    >>> found = solve("zoo:resnet50", free="batch", expect="memory <= 24G", memory="train")
    >>> found.solutions[0].sizes["batch"].largest()
    273
    """
    from cnncalc.analysis.memory.report import meant
    from cnncalc.analysis.wanted import condition
    from cnncalc.models.read import network as network_of
    from cnncalc.planning.best import aim
    from cnncalc.planning.ranges import read_free
    from cnncalc.planning.solve import solve as solved

    plain_text("a spec", spec, "str(...) makes one of a path")
    samples = None if batch is None else whole_number("batch", batch, 1)
    wanted = [condition(text, "expect") for text in _conditions("expect", expect)]
    names = [read_free(text, "free") for text in _conditions("free", free)]
    aims = [aim("maximize", figure, True) for figure in _conditions("maximize", maximize)]
    aims += [aim("minimize", figure, False) for figure in _conditions("minimize", minimize)]
    meant_memory = meant(memory, dtype, optimizer)
    network = network_of(spec, _shapes(input), _settings(set), samples, Limits(limits), meant_memory)
    return solved(network, wanted, names, whole_number("most", most, 1), aims)


def verify(
    source: str | os.PathLike[str] | Graph | Report,
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


def build(source: str | os.PathLike[str] | Graph | Report) -> Built:
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

    Each input is a shape of one sample, `"3x224x224"` or `(3, 224, 224)`, with its type where it has another,
    `"128:int64"`; or a tensor whose first axis is the batch. `cnncalc.write` makes YAML of the graph.

    Raises CnncalcError where the module does not run on the inputs, and UsageError where torch is not installed.

    >>> from torch import nn
    >>> graph = from_torch(nn.Sequential(nn.Conv2d(1, 8, 3), nn.ReLU()), "1x28x28")
    >>> trace(graph).totals.params
    80
    """
    from cnncalc.torch_bridge import require_torch

    require_torch("from_torch")
    from cnncalc.torch_bridge.importing.importer import given_tensor, import_module, read_shape

    if not _is_module(module):
        raise refused(f"a model is a torch.nn.Module, not {described(module)}", "cnncalc.parse reads a spec")
    if not inputs:
        raise refused("a model needs the shape of what goes in", 'from_torch(model, "3x224x224"), without the batch')
    texts = [_shape(one) if isinstance(one, str | tuple | list) else one for one in inputs]
    given = [read_shape(one, False) if isinstance(one, str) else given_tensor(one) for one in texts]
    return import_module(module, given, name).graph


def from_source(
    spec: str,
    *inputs: ShapeLike,
    set: Mapping[str, object] | None = None,
    kwargs: Mapping[str, Any] | None = None,
    call: str = "forward",
) -> Graph:
    """The graph of a PyTorch model by its source, `FILE.py:NAME` or `MODULE:NAME`, as `parse` has it, and no torch's.

    Each input is a shape of one sample, `"3x224x224"` or `(3, 224, 224)`, with its type where it has another,
    `"128:int64"`; a comment in the file can give them. The file is run; a torch in the process is left alone.

    Raises CnncalcError with what is wrong with the model, and UsageError where `spec` names none.
    """
    if not names_model(plain_text("a model", spec)):
        raise refused(f"{spec} names no PyTorch model", 'from_source("net.py:Net", "3x224x224")')
    return parse(spec, input=list(inputs), set=set, kwargs=kwargs, call=call)


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


SPEC_HINT = "a line of text, a path, zoo:NAME, or a torch.nn.Module with an input"
INPUT_HINT = 'input="3x224x224", input=(3, 224, 224), a list of such shapes, or a dictionary of names with them'


def _is_module(value: object) -> bool:
    """Is it a torch.nn.Module? Asked without loading torch: who has one has loaded it."""
    return any(cls.__module__ == "torch.nn.modules.module" and cls.__name__ == "Module" for cls in type(value).__mro__)


def _calc_module(module: Any, input: Any, set: object, batch: object, convention: str) -> Report:
    """The figures of a torch.nn.Module on shapes or tensors."""
    if isinstance(input, Mapping):
        given = [f"{plain_text('the name of an input', name)}={_shape(shape)}" for name, shape in input.items()]
    elif isinstance(input, str) or not isinstance(input, list | tuple) or _is_shape(input):
        given = [input]
    else:
        given = list(input)
    if _settings(set):
        raise refused(
            "set is for the arguments of a spec, and a module has none", "make another module, or cnncalc.write"
        )
    report = trace(from_torch(module, *given), chosen=convention)
    return report if batch is None else report.at(N=whole_number("batch", batch, 1))


def _shapes(input: object) -> list[str]:
    """What is given as the input, as the command line has it."""
    if isinstance(input, str) or (isinstance(input, list | tuple) and _is_shape(input)):
        return [_shape(input)]
    if isinstance(input, Mapping):
        return [f"{plain_text('the name of an input', name)}={_shape(shape)}" for name, shape in input.items()]
    if not isinstance(input, list | tuple):
        raise refused(f"input is a shape, a list or a dictionary, not {described(input)}", INPUT_HINT)
    return [_shape(shape) for shape in input]


def _is_shape(values: Sequence[object]) -> bool:
    """Are these the sizes of one shape, and no list of shapes?"""
    return bool(values) and not any(isinstance(value, str | list | tuple) for value in values)


def _shape(shape: object) -> str:
    """A shape as the command line has it: `3x224x224` as it is, and `(3, 224, 224)`."""
    if not isinstance(shape, list | tuple):
        return plain_text("a shape", shape, INPUT_HINT)
    sizes = [str(size) if isinstance(size, Expr) else str(whole_number("a size", size, 0)) for size in shape]
    return f"({', '.join(sizes)},)" if sizes else "()"


def _conditions(name: str, given: object) -> list[str]:
    """What is given as one text, a list or a dictionary, as the command line has it."""
    if isinstance(given, str):
        return [given]
    if isinstance(given, Mapping):
        return [f"{plain_text(f'a name in {name}', key)}={_range(name, value)}" for key, value in given.items()]
    if not isinstance(given, list | tuple):
        raise refused(f"{name} is a text, a list or a dictionary, not {described(given)}")
    return [plain_text(f"a text in {name}", text) for text in given]


def _range(name: str, value: object) -> str:
    """A value, or several with commas between."""
    if isinstance(value, list | tuple | range):
        return ",".join([_written(name, item) for item in value])
    return _written(name, value)


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
    "ShapeLike",
    "Source",
    "Span",
    "Totals",
    "UsageError",
    "build",
    "calc",
    "from_source",
    "from_torch",
    "parse",
    "solve",
    "sweep",
    "symbol",
    "trace",
    "verify",
    "write",
]
