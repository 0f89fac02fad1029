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

from collections.abc import Mapping, Sequence

from cnncalc.analysis.trace import Cost, LayerReport, Report, Totals, trace
from cnncalc.diagnostics import CnncalcError, Diagnostic, Source, Span, UsageError
from cnncalc.graph import Graph
from cnncalc.spec.limits import Limits
from cnncalc.spec.read import read
from cnncalc.symbolic.expr import Dim, Expr, symbol

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

    Raises CnncalcError with everything that is wrong with the spec.

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
    if isinstance(input, str):
        shapes: list[str] = [input]
    elif isinstance(input, Mapping):
        shapes = [f"{name}={shape}" for name, shape in input.items()]
    else:
        shapes = list(input)
    settings = {name: _written(value) for name, value in (set or {}).items()}
    return read(spec, inputs=shapes, settings=settings, batch=batch, limits=Limits(limits))


def _written(value: object) -> str:
    """A value as a spec writes it."""
    if isinstance(value, list | tuple):
        return f"({', '.join(map(_written, value))},)" if value else "()"
    return str(value)


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
    "calc",
    "parse",
    "symbol",
    "trace",
]
