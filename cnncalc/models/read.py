"""PyTorch models as graphs: their source is read without torch, and by torch where that is wanted or needed.

The one place for every command that takes `FILE.py:NAME` or `MODULE:NAME`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from importlib.util import find_spec
from typing import TYPE_CHECKING

from cnncalc.diagnostics import CnncalcError, Diagnostic
from cnncalc.graph import Graph
from cnncalc.language.text.limits import Limits
from cnncalc.language.text.model_names import names_model
from cnncalc.models.model import FORWARD, Model, ModelOptions
from cnncalc.symbolic.expr import Dim, Expr

if TYPE_CHECKING:
    from cnncalc.analysis.memory.report import MemoryOptions
    from cnncalc.planning.network import Network


def read(
    spec: str,
    *,
    inputs: Sequence[str] = (),
    settings: Mapping[str, str] | None = None,
    batch: Dim | None = None,
    limits: Limits | None = None,
    asked: ModelOptions = FORWARD,
) -> Graph:
    """The graph of a model, with what is to be said of it as warnings. Raises CnncalcError."""
    model = read_model(spec, inputs=inputs, settings=settings, batch=batch, limits=limits, asked=asked)
    model.graph.partial = asked.method != "forward"
    model.graph.warnings += [Diagnostic("import-note", text, "warning") for text in model.remarks]
    return model.graph


def read_model(
    spec: str,
    *,
    inputs: Sequence[str] = (),
    settings: Mapping[str, str] | None = None,
    batch: Dim | None = None,
    limits: Limits | None = None,
    asked: ModelOptions = FORWARD,
) -> Model:
    """The model of `FILE.py:NAME` or `MODULE:NAME`, or a file's only one. Only what is named is imported and run.

    Where its code needs what is not known without torch, torch reads it if it is installed, and a warning says so.
    Raises CnncalcError.
    """
    settings, limits = settings or {}, limits or Limits()
    if not asked.torch:
        from cnncalc.models.by_source import by_source
        from cnncalc.source.reading import Cannot

        try:
            return by_source(spec, inputs, settings, batch, limits, asked)
        except Cannot as cannot:
            if not has_torch() or isinstance(batch, Expr):  # an open batch is of the source alone
                raise
            refused = cannot
    else:
        from cnncalc.torch_bridge import require_torch

        require_torch("--torch")
    from cnncalc.models.by_torch import by_torch

    assert not isinstance(batch, Expr)
    if asked.torch:
        return by_torch(spec, inputs, settings, batch, limits, asked)
    try:
        model = by_torch(spec, inputs, settings, batch, limits, asked)
    except CnncalcError:
        raise refused from None
    model.graph.warnings.insert(0, with_torch(refused))
    return model


def network(
    spec: str,
    inputs: Sequence[str] = (),
    settings: Mapping[str, str] | None = None,
    batch: int | None = None,
    limits: Limits | None = None,
    memory: MemoryOptions | None = None,
) -> Network:
    """What `spec` names, to be read again and again: a text, a file, a network of the zoo, or a PyTorch model.

    Raises CnncalcError as `cnncalc.parse` does.
    """
    from cnncalc.planning.network import ModelNetwork, Network

    if names_model(spec):
        return ModelNetwork(read, spec, inputs, settings, batch, limits, memory)
    return Network(spec, inputs, settings, batch, limits, memory)


def has_torch() -> bool:
    """Is torch installed?"""
    return find_spec("torch") is not None


def with_torch(cannot: CnncalcError) -> Diagnostic:
    """The warning that torch itself has read a model."""
    first = cannot.diagnostics[0]
    message = f"{first.message}, so that torch itself has read the model"
    return Diagnostic("read-with-torch", message.replace(" without torch", " without it"), "warning", first.span)


# As a spec


def written(
    spec: str,
    *,
    inputs: Sequence[str] = (),
    settings: Mapping[str, str] | None = None,
    limits: Limits | None = None,
    asked: ModelOptions = FORWARD,
) -> tuple[Model, str]:
    """The model, and its text as a spec. Raises CnncalcError, also where the language has no words for it."""
    settings, limits = settings or {}, limits or Limits()
    model = read_model(spec, inputs=inputs, settings=settings, limits=limits, asked=asked)
    if model.torchs is not None:
        return model, model.torchs.text
    from cnncalc.models.by_source import by_source, text_of

    try:
        return model, text_of(model)
    except ValueError as error:
        cannot = error
    try:  # a level that is called again, and does not the same then, is written out
        model = by_source(spec, inputs, settings, None, limits, asked, fold_calls=False)
        return model, text_of(model)
    except ValueError:
        message = f"the language has no words for this model: {cannot}"
        raise CnncalcError(Diagnostic("cannot-write", message)) from None
