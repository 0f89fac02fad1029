"""PyTorch models as their own code runs on shapes, without torch."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from cnncalc.diagnostics import listed
from cnncalc.graph import Graph
from cnncalc.language.text.limits import Limits
from cnncalc.models.model import Model, ModelOptions
from cnncalc.source.reading import read_model
from cnncalc.symbolic.expr import Dim

if TYPE_CHECKING:
    from cnncalc.source.statements import Statements


def by_source(
    spec: str,
    inputs: Sequence[str],
    settings: Mapping[str, str],
    batch: Dim | None,
    limits: Limits,
    asked: ModelOptions,
    fold_calls: bool = True,
    watch: Statements | None = None,
) -> Model:
    """The model as its code runs on shapes. Raises CnncalcError, and Cannot where torch has to be asked."""
    found = read_model(
        spec,
        inputs=inputs,
        settings=settings,
        kwargs=asked.kwargs,
        batch=batch,
        method=asked.method,
        limits=limits,
        batchless=asked.batchless,
        folder=asked.folder,
        fold_calls=fold_calls,
        watch=watch,
    )
    if asked.name is not None:
        found.graph.name = asked.name
    return Model(found.graph, found.module, found.inputs, remarks_on(found.graph))


def uncounted(graph: Graph) -> dict[str, list[str]]:
    """The operators that are not counted, each with the paths of its layers."""
    found: dict[str, list[str]] = {}
    for node in graph.nodes:
        if node.layer.status == "uncounted":
            found.setdefault(getattr(node.layer, "op", node.layer.name), []).append(node.path)
    return found


def remarks_on(graph: Graph) -> tuple[str, ...]:
    """A sentence for each operator that is not counted."""
    return tuple(
        f"{name} is uncounted: {listed(paths[:5])}{' and others' if paths[5:] else ''}"
        for name, paths in uncounted(graph).items()
    )


def text_of(model: Model) -> str:
    """A model that was read without torch as YAML. Raises ValueError where the language has no words for it."""
    from cnncalc.analysis.spec_text import spec_text
    from cnncalc.analysis.trace import trace
    from cnncalc.language.write.legal_names import with_legal_names

    renamed = with_legal_names(model.graph)
    notes = [warning.message for warning in model.graph.warnings]
    notes += [f"{old} is called {new} here" for old, new in renamed.items()]
    kinds = list(uncounted(model.graph))
    notes += [f"what {listed(kinds)} costs is not counted"] if kinds else []
    return spec_text(trace(model.graph), notes)
