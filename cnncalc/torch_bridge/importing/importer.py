"""A PyTorch module as a graph: captured, turned into layers, and compared with what torch itself counts."""

from __future__ import annotations

import copy
from collections.abc import Mapping, Sequence
from contextlib import suppress
from typing import Any

import torch
from torch import nn

from cnncalc.analysis.spec_text import spec_text
from cnncalc.analysis.trace import Report, trace
from cnncalc.diagnostics import CnncalcError, Diagnostic, listed
from cnncalc.flow import Flow
from cnncalc.given import described
from cnncalc.given import refused as bad_call
from cnncalc.graph import BATCH, Graph, numbered
from cnncalc.language.run.builder import Builder
from cnncalc.language.text.limits import Limits
from cnncalc.language.write.free_names import free_names
from cnncalc.language.write.legal_names import with_legal_names
from cnncalc.layers.shapes import BATCH_NAME, Shape
from cnncalc.named_tuples import NamedTuple
from cnncalc.operators.call import Inexpressible
from cnncalc.symbolic.expr import substitute, symbols
from cnncalc.torch_bridge.importing.batch import Captures, Unlike, captured_at, trial_batches
from cnncalc.torch_bridge.importing.capture import (
    Captured,
    TracedInput,
    arguments,
    capture,
    has_lazy,
    input_names,
    on_meta,
    quiet,
    refused,
    refuses_batch,
    too_large,
    without_data,
)
from cnncalc.torch_bridge.importing.modules import layer_class_of
from cnncalc.torch_bridge.importing.original import Original, said
from cnncalc.torch_bridge.importing.translate import Translation, Uncounted

CHECKED_BATCH = 2
UNCOUNTED = "costs is not counted"  # how the note ends


class Imported(NamedTuple):
    """What came of an import."""

    graph: Graph
    uncounted: list[Uncounted]  # operators that no layer is, and layers that are not counted
    notes: list[str]  # what differs from the module, and what could not be done
    text: str  # as YAML
    original: Original

    @property
    def remarks(self) -> list[str]:
        """The notes, with each layer that is not counted."""
        where: dict[str, list[str]] = {}
        for one in self.uncounted:
            where.setdefault(one.operator, []).append(one.path)
        return [
            *(note for note in self.notes if not note.endswith(UNCOUNTED)),
            *(
                f"{name} is uncounted: {listed(paths[:5])}{' and others' if paths[5:] else ''}"
                for name, paths in where.items()
            ),
        ]


def import_target(
    target: str,
    inputs: Sequence[str],
    *,
    kwargs: Mapping[str, Any] | None = None,
    name: str | None = None,
    batchless: bool = False,
) -> Imported:
    """What `cnncalc import` does. Raises CnncalcError."""
    given = [read_shape(text, batchless) for text in inputs]
    return import_named(target, given, kwargs, name)[1]


def import_named(
    target: str,
    given: Sequence[TracedInput],
    kwargs: Mapping[str, Any] | None = None,
    name: str | None = None,
    method: str = "forward",
) -> tuple[nn.Module, Imported]:
    """The module of `MODULE:ATTR`, built without data where what it does needs none, and what came of its import."""
    from cnncalc.torch_bridge.importing.target import load

    module = load(target, kwargs, method=method)
    name = name or (target.rpartition(":")[2] if ":" in target else type(module).__name__)
    try:
        return module, import_module(module, given, name)
    except CnncalcError as refusal:
        if refusal.diagnostics[0].code != "model-refused" or not on_meta(module) or too_large(module):
            raise
    module = load(target, kwargs, without_data=False, method=method)  # it may go by values, which are lost without data
    return module, import_module(module, given, name)


def import_module(module: nn.Module, given: Sequence[TracedInput], name: str | None = None) -> Imported:
    """The graph of a module on inputs whose batch is N, or complete. Raises CnncalcError.

    What the language cannot say with an open batch, such as a loop over it, is imported at a batch of one sample.
    """
    module = settled(module, given)
    cls = layer_class_of(module)
    if cls is not None:
        module = Alone(cls.stem, module)
    try:
        return import_batched(module, given, name, [])
    except Unlike as reason:
        note = f"{type(alone(module)).__name__} {reason}, so that this is a batch of one sample"
        return import_batched(module, single(given), name, [note])


def import_batched(module: nn.Module, given: Sequence[TracedInput], name: str | None, notes: Sequence[str]) -> Imported:
    """The graph of a module. Raises Unlike where it has none at an open batch, and CnncalcError."""
    if any(set(symbols(dim)) - {BATCH_NAME} for one in given for dim in one.shape):
        return import_open(module, given, name, notes)
    return translated(captures_of(module, given, {}), given, name, notes)


def single(given: Sequence[TracedInput]) -> list[TracedInput]:
    """The inputs with a batch of one sample."""
    return [one._replace(shape=tuple(substitute(dim, {BATCH_NAME: 1}) for dim in one.shape)) for one in given]


def is_batched(given: Sequence[TracedInput]) -> bool:
    """Is the batch of the inputs open?"""
    return any(BATCH_NAME in symbols(dim) for one in given for dim in one.shape)


def settled(module: nn.Module, given: Sequence[TracedInput]) -> nn.Module:
    """The module; where it has lazy layers, a copy in which they have taken their sizes from a run."""
    from cnncalc.torch_bridge.importing import opened

    if not has_lazy(module):
        return module
    names = opened.open_names(given)
    for size in opened.BEGIN if names else (0,):
        made = copied(module).eval()
        sizes = {**dict.fromkeys(names, size), BATCH_NAME: 1}
        args, kwargs = arguments(given, sizes, "meta" if on_meta(made) else "cpu")
        try:
            with quiet(), torch.no_grad():
                made(*args, **kwargs)
        except Exception as error:
            failure = refused(made, opened.at(given, dict.fromkeys(names, size)), error)
            continue
        return made
    raise failure


def copied(module: nn.Module) -> nn.Module:
    """A copy of a module with lazy layers; torch copies their parameters, and not their buffers."""
    lazy: Any = nn.parameter.UninitializedBuffer
    buffers = [buffer for buffer in module.buffers() if isinstance(buffer, lazy)]
    memo = {id(b): lazy(device=b.device, dtype=b.dtype, persistent=b.persistent) for b in buffers}
    return copy.deepcopy(module, memo)


class Alone(nn.Module):
    """A module that holds another one, as a layer is in a level and is no level itself."""

    def __init__(self, name: str, inner: nn.Module) -> None:
        super().__init__()
        self.add_module(numbered(name, 1), inner)

    @property
    def inner(self) -> nn.Module:
        (inner,) = self.children()
        return inner

    def forward(self, *inputs: Any, **named: Any) -> Any:
        return self.inner(*inputs, **named)


def alone(module: nn.Module) -> nn.Module:
    """The module that was given."""
    return module.inner if isinstance(module, Alone) else module


def captures_of(module: nn.Module, given: Sequence[TracedInput], sizes: dict[str, int]) -> Captures:
    """The module captured at several batches, or once where its inputs are complete. Raises Unlike and CnncalcError."""
    if not is_batched(given):
        return Captures([captured_somehow(module, given, sizes)])
    numbers = {*sizes.values(), *(dim for one in given for dim in one.shape)}
    return captured_at(
        trial_batches(numbers), lambda batch: captured_somehow(module, given, {BATCH_NAME: batch, **sizes})
    )


def captured_somehow(module: nn.Module, given: Sequence[TracedInput], sizes: dict[str, int]) -> Captured:
    """The captured module: without data where it runs so, else as it is. Raises Unlike and CnncalcError."""
    try:
        return with_gradients(capture(without_data(module), given, sizes, "meta"), module)
    except Exception:
        try:
            with torch.no_grad():
                whole = copy.deepcopy(module).eval()
            return capture(whole, given, sizes, "meta" if on_meta(whole) else "cpu")
        except Exception as second:
            words = refuses_batch(module, given, sizes) if BATCH_NAME in sizes else None
            if words:
                raise Unlike(f"runs on one sample, and not on a batch of {sizes[BATCH_NAME]} ({words})") from second
            raise refused(module, given, second) from second


def with_gradients(captured: Captured, module: nn.Module) -> Captured:
    """The captured module, whose parameters ask for gradients where those of the module do."""
    for parameter, own in zip(captured.module.parameters(), module.parameters()):
        parameter.requires_grad_(own.requires_grad)
    return captured


def translated(captures: Captures, given: Sequence[TracedInput], name: str | None, notes: Sequence[str]) -> Imported:
    """The graph, its text, and what differs from what torch counts."""
    cannot = ""
    for fold_calls in (True, False):
        made = translation(captures, given, fold_calls)
        try:
            return finished(made.graph, made.flow, made, given, name, notes)
        except ValueError as error:
            cannot = str(error)
    raise CnncalcError(Diagnostic("cannot-write", f"the language has no words for this model: {cannot}"))


def translation(captures: Captures, given: Sequence[TracedInput], fold_calls: bool) -> Translation:
    """The captured module as layers."""
    captured = captures.first
    module = captured.module
    taken = {*module._modules, *module._parameters, *module._buffers}
    names = free_names(input_names(alone(module), given), taken)
    made = Translation(captures, names, [one.shape for one in given], fold_calls)
    try:
        graph = made.run()
    except Inexpressible as error:
        what = type(alone(captured.module)).__name__
        message = f"what {what} does cannot be said in layers"
        raise CnncalcError(
            Diagnostic("model-refused", message, notes=(str(error),), hint="--debug shows where")
        ) from error
    graph.frozen = made.frozen()
    graph.blocks |= {
        path: type(inner).__name__
        for path, inner in captured.module.named_modules()
        if path and not isinstance(inner, nn.Sequential | nn.ModuleList)
    }
    made.renamed = with_legal_names(graph)
    return made


def finished(
    graph: Graph, flow: Flow, made: Translation, given: Sequence[TracedInput], name: str | None, more: Sequence[str]
) -> Imported:
    """The graph with its text. Raises ValueError where the language has no words for it."""
    graph.name = name
    report = trace(graph, flow)
    original = Original(made.captured.module, given, made.renamed)
    notes = [*more, *compared(report, original, {**made.captured.sizes, BATCH_NAME: CHECKED_BATCH})]
    notes += [f"{old} is called {new} here" for old, new in made.renamed.items()]
    notes += [f"a {kind} goes out too, and is left out" for kind in made.captured.left_out]
    uncounted = [
        Uncounted(node.path, getattr(node.layer, "op", node.layer.name))
        for node in graph.nodes
        if node.layer.status == "uncounted"
    ]
    if uncounted:
        kinds = list(dict.fromkeys(one.operator for one in uncounted))
        notes.append(f"what {listed(kinds)} {UNCOUNTED}")
    return Imported(graph, uncounted, notes, spec_text(report, notes), original)


def import_open(module: nn.Module, given: Sequence[TracedInput], name: str | None, notes: Sequence[str]) -> Imported:
    """The graph with closed forms in the open sizes of its inputs; with numbers, and a note, where it has none.

    Raises Unlike and CnncalcError.
    """
    from cnncalc.torch_bridge.importing import opened

    names = opened.open_names(given)
    begin = first_sizes(module, given)
    captures: dict[tuple[int, ...], Captures] = {}

    def captured(at: list[TracedInput], sizes: dict[str, int]) -> Captures:
        key = tuple(sizes[name] for name in names)
        if key not in captures:
            captures[key] = captures_of(module, at, sizes)
        return captures[key]

    cannot = ""
    try:
        for fold_calls in (True, False):

            def translate(at: list[TracedInput], sizes: dict[str, int], fold_calls: bool = fold_calls) -> Translation:
                return translation(captured(at, sizes), at, fold_calls)

            try:
                return finished(*opened.translated_open(module, given, begin, translate), given, name, notes)
            except ValueError as error:
                cannot = str(error)
        raise opened.NotOpen(f"the language has no words for them: {cannot}")
    except opened.NotOpen as reason:
        fixed = opened.at(given, dict(begin))
        verb = "are" if len(names) > 1 else "is"
        note = f"{listed(names)} {verb} fixed at {begin[names[0]]}, as {reason}"
        return translated(captured(fixed, begin), fixed, name, [*notes, note])


def first_sizes(module: nn.Module, given: Sequence[TracedInput]) -> dict[str, int]:
    """Sizes at which the module runs. Raises Unlike where it does on one sample alone, and CnncalcError."""
    from cnncalc.torch_bridge.importing import opened

    try:
        return opened.first_sizes(module, given)
    except CnncalcError:
        if is_batched(given):
            with suppress(CnncalcError):
                opened.first_sizes(module, single(given))
                raise Unlike(f"runs on one sample, and not on a batch of {opened.HELD_BATCH}") from None
        raise


def compared(report: Report, original: Original, sizes: Mapping[str, int]) -> list[str]:
    """What is to be said of a graph beside its module. Raises CnncalcError where its figures are not the module's."""
    try:
        found = original.measured(report, sizes)
    except Exception as error:
        return [f"the MACs are not confirmed, as torch raises {type(error).__name__} where it counts them"]
    if found.differences:
        message = f"the import of {original.name} would have other figures than the module, so that there is none"
        notes = [said(difference) for difference in found.differences]
        hint = "this is a bug in cnncalc, unless the module does something else while torch.export captures it"
        raise CnncalcError(Diagnostic("torch-disagrees", message, notes=tuple(notes), hint=hint))
    if not found.missed:
        return []
    samples = f" for {sizes[BATCH_NAME]} samples" if report.graph.batched else ""
    return [f"torch counts {found.missed:,} MACs more{samples}, in layers that are not counted here"]


# What goes in


def read_shape(text: str, batchless: bool) -> TracedInput:
    """`3x224x224`, `128:int64`, `ids=128:int64`. Raises CnncalcError."""
    from cnncalc.diagnostics import Source, UsageError, nearest
    from cnncalc.language.read.given import shape_text_value
    from cnncalc.language.run.inputs import input_shape

    shape_part, colon, dtype_name = text.rpartition(":")
    if not colon:
        shape_part, dtype_name = text, "float32"
    dtype = getattr(torch, dtype_name, None)
    if not isinstance(dtype, torch.dtype):
        near = nearest(dtype_name, ["int64", "int32", "float32", "float64", "float16", "bfloat16", "bool", "complex64"])
        hint = f"did you mean {near[0]}?" if near else "-i 128:int64 is a row of indices"
        raise UsageError(Diagnostic("bad-shape", f"torch has no type {dtype_name}", hint=hint))
    name, equals, _ = shape_part.partition("=")
    source = Source("--input", shape_part)
    dims = shape_text_value(source, Builder(None, Limits()))
    shape = input_shape(dims, None, None, batchless=batchless)
    return TracedInput(name.strip() if equals else None, shape, dtype)


def given_tensor(tensor: object) -> TracedInput:
    """An example input, whose first axis is the batch. Raises UsageError for what is no tensor."""
    if not isinstance(tensor, torch.Tensor):
        raise bad_call(f"an input is a shape or a tensor, not {described(tensor)}", '"3x224x224", or (3, 224, 224)')
    shape: Shape = (BATCH, *tensor.shape[1:]) if tensor.dim() else ()
    return TracedInput(None, shape, tensor.dtype)
