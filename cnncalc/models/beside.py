"""What torch makes of a model whose source was read without it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from cnncalc.analysis.trace import trace
from cnncalc.diagnostics import CnncalcError
from cnncalc.language.text.limits import Limits
from cnncalc.models.by_torch import arguments_of, by_torch, placed
from cnncalc.models.model import Model, ModelOptions
from cnncalc.models.read import written
from cnncalc.torch_bridge.importing.capture import without_data
from cnncalc.torch_bridge.importing.original import Original
from cnncalc.torch_bridge.importing.second import Second
from cnncalc.torch_bridge.importing.target import load


def beside_torch(
    spec: str, model: Model, inputs: Sequence[str], settings: Mapping[str, str], batch: int | None, asked: ModelOptions
) -> tuple[Original | None, Second | None, CnncalcError | None]:
    """The module itself, and its capture or why there is none. Raises CnncalcError where torch does not make it."""
    limits = Limits()
    inputs = inputs or model.inputs
    try:
        found = by_torch(spec, inputs, settings, batch, limits, asked)
    except CnncalcError as error:
        given, kwargs, _ = arguments_of(inputs, settings, limits, asked)
        with placed(asked.folder, spec):
            module = without_data(load(spec, kwargs, method=asked.method))
        return Original(module, given), None, error
    assert found.torchs is not None
    try:
        _, text = written(spec, inputs=inputs, settings=settings, asked=asked)
    except CnncalcError:
        text = ""
    return found.torchs.original, Second(trace(found.graph), text == found.torchs.text), None
