"""A PyTorch model as a graph, by running its own code on shapes."""

from __future__ import annotations

import gc
import inspect
import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, nullcontext
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from cnncalc.diagnostics import CnncalcError, Diagnostic, Source, Span, UsageError, listed, nearest
from cnncalc.graph import Graph, numbered
from cnncalc.language.read.given import shape_text_value
from cnncalc.language.run.builder import Builder
from cnncalc.language.run.inputs import input_shape
from cnncalc.language.text.limits import Limits
from cnncalc.layers.shapes import BATCH_NAME, Shape, elements, shape_text
from cnncalc.named_tuples import NamedTuple
from cnncalc.parameters import parameters
from cnncalc.source import arrange, creation, failures, load, recorder, target
from cnncalc.source.containers import ModuleList, Sequential
from cnncalc.source.dtypes import ALIASES, DTYPES, dtype
from cnncalc.source.errors import BatchAsked, Halted, NeedsData, ShapeError, Stop, TooLong
from cnncalc.source.families import Family, type_of
from cnncalc.source.kept import MODULES
from cnncalc.source.module import Module
from cnncalc.source.recorder import Files, Recorder
from cnncalc.source.sizes import Asked, Line, Sample, at
from cnncalc.source.tensor import Tensor, tensor_of
from cnncalc.symbolic.expr import Dim, Expr, Total, product, substitute, symbols

if TYPE_CHECKING:
    from cnncalc.source.statements import Statements

BEGIN = (224, 256, 64, 128, 512, 32, 112, 16, 96, 8, 4)
"""Sizes that stand for open ones while the code runs, the first at which it does."""


class Given(NamedTuple):
    """An input: its name where it goes by one, its whole shape, and its type."""

    name: str | None
    shape: Shape
    dtype: dtype


class Read(NamedTuple):
    """A model that was read."""

    graph: Graph
    module: Any
    inputs: tuple[str, ...]  # the shapes that go in, as texts


class Cannot(CnncalcError):
    """The stand-in does not know enough of torch for this model; torch itself may."""


def read_model(
    spec: str,
    *,
    inputs: Sequence[str] = (),
    settings: Mapping[str, str] | None = None,
    kwargs: Mapping[str, Any] | None = None,
    batch: Dim | None = None,
    method: str = "forward",
    limits: Limits | None = None,
    batchless: bool = False,
    folder: Path = Path(),
    fold_calls: bool = True,
    watch: Statements | None = None,
) -> Read:
    """The graph of `FILE.py:NAME` or `MODULE:NAME`. Only what is named is imported and run.

    What it imports is looked for beside the file, and in `folder`. `fold_calls` keeps the levels of a module that is
    called again. `watch` is told what each statement gives.

    Raises CnncalcError with what is wrong in the user's code, and Cannot where torch has to be asked.
    """
    wanted = target.parsed(spec)
    if wanted is None:
        raise UsageError(
            Diagnostic("bad-target", f"{spec} names no PyTorch model", hint="cnncalc net.py:Net -i 3x224x224")
        )
    limits = limits or Limits()
    named = dict(kwargs or {})
    values = target.set_values(settings or {}, limits)
    with load.stand_in(*wanted.folders, str(folder.resolve())), load.bounded(), collected_later():
        return run(wanted, inputs, values, named, batch, method, batchless, fold_calls, watch)


def run(
    wanted: target.Target,
    inputs: Sequence[str],
    values: Mapping[str, Any],
    named: dict[str, Any],
    batch: Dim | None = None,
    method: str = "forward",
    batchless: bool = False,
    fold_calls: bool = True,
    watch: Statements | None = None,
) -> Read:
    """The graph of a target, where `import torch` finds the stand-in. Raises CnncalcError as `read_model` does."""
    files = Files()
    files.name = partial(shown_path, os.getcwd())
    what = wanted.spec
    again: Callable[[], object] | None = None
    try:
        module, wanted, used, could_be = made(wanted, named, dict(values), files)
        what = wanted.spec
        reader = Reader(wanted, module, files, method, used)
        reader.could_be = could_be
        reader.fold_calls = fold_calls
        reader.watch = watch
        texts = tuple(inputs) or reader.written()
        given, sizes = reader.given(texts, values, batch, batchless)
        again = None if sizes else partial(reader.read, given, sizes)
        graph = reader.read(given, sizes)
        return Read(graph, reader.module, texts)
    except CnncalcError:
        raise
    except Stop as stop:
        found = failures.failed(stop, files, what)
        if isinstance(stop, Halted) and not isinstance(stop.cause, Stop):  # whom torch would not help
            raise found from stop.cause
        if isinstance(stop, TooLong):
            raise found from stop
        raise Cannot(*found.diagnostics) from stop
    except (Exception, SystemExit) as error:
        found = failures.failed(error, files, what)
        if again is not None and isinstance(error, ShapeError):
            from cnncalc.source.mended import further

            found = CnncalcError(*found.diagnostics, *further(error, again, files, what))
        raise found from error


def arguments(spec: str) -> dict[str, Any]:
    """The arguments of what `FILE.py:NAME` or `MODULE:NAME` names, with their defaults, `Parameter.empty` for none.

    Raises CnncalcError as `read_model` does.
    """
    wanted = target.parsed(spec)
    assert wanted is not None
    files = Files()
    files.name = partial(shown_path, os.getcwd())
    with load.stand_in(*wanted.folders), load.bounded():
        try:
            python = target.loaded(wanted)
            name = wanted.name or target.chosen(wanted, python, {})[0]
            found, inner = target.attribute(wanted._replace(name=name), python)
            if inner or not callable(found):
                return {}
            return {one.name: one.default for one in inspect.signature(found).parameters.values()}
        except CnncalcError:
            raise
        except (Exception, SystemExit, Stop) as error:
            raise failures.failed(error, files, wanted.spec) from error


@contextmanager
def collected_later() -> Iterator[None]:
    """Without collecting garbage: a model is many small objects that are kept."""
    enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if enabled:
            gc.enable()


def made(
    wanted: target.Target, named: dict[str, Any], values: dict[str, Any], files: Files
) -> tuple[Any, target.Target, set[str], list[str]]:
    """The module that a target names, the target with its name, and which values are arguments.

    What of `values` is an argument goes to its constructor.
    """
    python = target.loaded(wanted)
    if not wanted.name:
        name, _ = target.chosen(wanted, python, {**named, **values})
        wanted = wanted._replace(name=name, spec=f"{wanted.module}:{name}")
    found, inner = target.attribute(wanted, python)
    given = {**named, **{name: value for name, value in values.items() if takes(found, name)}}
    outer = wanted._replace(spec=wanted.spec.removesuffix("." + ".".join(inner)) if inner else wanted.spec)
    module = target.built(outer, found, given)
    return target.within(outer.spec, module, inner), wanted, set(given), parameters(found)


def takes(found: Any, name: str) -> bool:
    """Is it an argument of the class or function?"""
    try:
        parameters = inspect.signature(found).parameters
    except (TypeError, ValueError):
        return False
    any_name = any(p.kind is p.VAR_KEYWORD for p in parameters.values())
    return name in parameters or (any_name and not (name.isupper() and len(name) == 1))


def shown_path(folder: str, path: str) -> str:
    """A path as short as it can be said from a folder."""
    whole = os.path.abspath(path)
    try:
        short = os.path.relpath(whole, folder)
    except ValueError:  # another drive
        short = whole
    return min(short, whole, key=len).replace(os.sep, "/")


class Alone(Module):
    """A module that holds another one, as a layer is in a level and is no level itself."""

    def __init__(self, name: str, inner: Any) -> None:
        super().__init__()
        self.add_module(name, inner)

    def forward(self, *inputs: Any, **named: Any) -> Any:
        (inner,) = self.children()
        return inner(*inputs, **named)


class Reader:
    """Runs a module on shapes."""

    def __init__(self, wanted: target.Target, module: Any, files: Files, method: str, used: set[str]) -> None:
        self.target = wanted
        self.could_be: list[str] = []  # arguments that there are
        self.fold_calls = True
        self.watch: Statements | None = None
        self.files = files
        self.method = method
        self.arguments_used = used  # of what is set, what is no open size
        self.module = module
        self.name = type(module).__name__
        if isinstance(module, Family) and MODULES.layer_class_of(module) is not None:
            self.module = Alone(numbered(type_of(module).stem, 1), module)
        self.module.eval()

    # What goes in

    def given(
        self, texts: Sequence[str], values: Mapping[str, Any], batch: Dim | None, batchless: bool
    ) -> tuple[list[Given], list[str]]:
        """The inputs, and the names of the open sizes. Raises UsageError."""
        given = [read_shape(text, Source("--input", text), batchless) for text in texts]
        fixed: dict[str, Any] = {} if batch is None else {BATCH_NAME: batch}
        open_names = {name for one in given for dim in one.shape for name in symbols(dim)} - {BATCH_NAME}
        arguments = self.arguments_used
        for name, value in values.items():
            if name in open_names:
                fixed[name] = value
            elif name not in arguments:
                near = nearest(name, [*open_names, *arguments, *self.could_be])
                meant = f"did you mean {near[0]}?" if near else None
                raise UsageError(
                    Diagnostic("unknown-argument", f"{self.target.spec} has no argument {name}", hint=meant)
                )
        given = [one._replace(shape=tuple(substitute(dim, fixed) for dim in one.shape)) for one in given]
        names = {name for one in given for dim in one.shape for name in symbols(dim)}
        names |= {n for v in values.values() for n in symbols_in(v)}
        return given, sorted(names - {BATCH_NAME})

    def written(self) -> tuple[str, ...]:
        """The shapes that a comment of the file gives. Raises CnncalcError where there are none."""
        found = target.written_in(self.target)
        if not found:
            raise target.no_input(self.target.spec, self.target)
        return tuple(text.strip(", ") for text, _ in found)

    # Running

    def read(self, given: list[Given], sizes: list[str]) -> Graph:
        """The graph at the first sizes at which the module runs."""
        first: BaseException | None = None
        for size in BEGIN if sizes else (0,):
            sample = Sample(dict.fromkeys(sizes, size))
            try:
                graph = self.attempt(given, sample)
            except BatchAsked as asked:
                try:
                    return self.of_one(given, sample, asked)
                except Exception as error:
                    first = first or error
                    continue
            except NeedsData as asked:
                try:  # of one sample more is known
                    return self.of_one(given, sample, asked)
                except (Exception, Stop):
                    raise asked from None
            except Stop as stop:
                if not sizes:
                    raise
                first = first or stop
                continue
            except Exception as error:
                first = first or error
                if not sizes:
                    break
                continue
            return self.found(graph, sample, [])
        assert first is not None
        raise first

    def of_one(self, given: list[Given], sample: Sample, asked: Stop) -> Graph:
        """The graph for a batch of one sample, where the code asks what an open batch does not say."""
        single = [g._replace(shape=tuple(substitute(d, {BATCH_NAME: 1}) for d in g.shape)) for g in given]
        if single == given:
            raise asked
        line = failures.failed(asked, self.files, self.name).diagnostics[0]
        graph = self.attempt(single, sample)
        return self.found(graph, sample, [batch_remark(self.name, line)])

    def attempt(self, given: list[Given], sample: Sample) -> Graph:
        """The module's graph. Raises what its code raises."""
        self.settle(given, sample)
        now = Recorder(self.module, self.files, self.fold_calls)
        names = input_names(self.module, given, self.method)
        tensors = []
        for name, one in zip(names, given):
            value = now.assembly.add_input(name, one.shape)
            tensors.append(tensor_of(one.shape, one.dtype, (now, value)))
        positions = [tensor for tensor, one in zip(tensors, given) if one.name is None]
        by_name = {one.name: tensor for tensor, one in zip(tensors, given) if one.name is not None}
        recorder._recording.append(now)
        try:
            with at(sample):
                with nullcontext() if self.watch is None else self.watch.watching(now):
                    result = self.call(positions, by_name)
                outputs = outputs_of(result)
                if not outputs:
                    raise self.no_tensor(result)
                now.frames.clear()
                for name, tensor in outputs:
                    now.graph.outputs.append((name, now.value(tensor)))
                now.add_unused()
        finally:
            recorder._recording.pop()
        graph = now.graph
        graph.name = self.target.name or self.name
        graph.frozen = {
            now.owners.get(name, name) for name, held in self.module.named_parameters() if not held.requires_grad
        }
        graph.blocks |= {
            path: type(inner).__name__
            for path, inner in now.modules.items()
            if path and not isinstance(inner, Sequential | ModuleList)
        }
        self.refuse_lost(now)
        arranged = arrange.arranged(now)
        arranged.warnings += map(unregistered, strangers(now))
        return arranged

    def refuse_lost(self, now: recorder.Recorder) -> None:
        """Refuse a graph that does not have each parameter of the module once. Raises Cannot.

        Where a layer's sizes follow from open ones, a condition says what they are, and their number is not compared.
        """
        held, counted = Total(), Total()
        for parameter in self.module.parameters():
            held.add(product(parameter._shape))
        for node in now.graph.nodes:
            if not node.shared:
                counted.add(elements(node.layer.params(*(now.flow.inputs(node.inputs) or ()))))
        if counted.value != held.value and isinstance(counted.value, int):
            message = f"{self.name} has {held.value} parameters, and its layers {counted.value}, as it is read here"
            raise Cannot(Diagnostic("source-failed", message, hint="this is a bug in cnncalc; --torch reads it"))

    def no_tensor(self, result: Any) -> CnncalcError:
        """The error for a method that returns something else."""
        kind = "None" if result is None else f"a value of the type {type(result).__name__}"
        code = getattr(getattr(type(self.module), self.method, None), "__code__", None)
        span = None if code is None else self.files.line(code.co_filename, code.co_firstlineno)
        hint = "it ends without a `return`" if result is None else None
        message = f"{self.method} of {self.name} returns {kind}, and no tensor"
        return CnncalcError(Diagnostic("model-refused", message, span=span, hint=hint))

    def call(self, positions: list[Tensor], by_name: dict[str, Tensor]) -> Any:
        if self.method == "forward":
            return self.module(*positions, **by_name)
        if not hasattr(self.module, self.method):
            raise UsageError(Diagnostic("missing-attribute", f"{self.name} has no method {self.method}"))
        now = recorder.recorder()
        assert now is not None
        now.enter(self.module)
        return getattr(self.module, self.method)(*positions, **by_name)

    def settle(self, given: list[Given], sample: Sample) -> None:
        """Lazy modules take their sizes from a run."""
        if any(getattr(type(inner), "_lazy", False) for inner in self.module.modules()):
            tensors = [tensor_of(one.shape, one.dtype) for one in given]
            with at(sample):
                self.call(
                    [t for t, one in zip(tensors, given) if one.name is None],
                    {one.name: t for t, one in zip(tensors, given) if one.name is not None},
                )

    def found(self, graph: Graph, sample: Sample, remarks: list[Diagnostic]) -> Graph:
        """The graph, with what its figures rest on."""
        graph.warnings += remarks
        graph.warnings += [remark(asked, self.files) for asked in sample.asked.values()]
        graph.warnings += [resting(condition, line, self.files) for condition, line in sample.told.items()]
        graph.needs += [need for asked in sample.asked.values() for need in needs_of(asked)]
        return graph


def symbols_in(value: Any) -> set[str]:
    if isinstance(value, list | tuple):
        return {name for item in value for name in symbols_in(item)}
    dim = getattr(value, "dim", None)
    return symbols(dim) if isinstance(dim, Expr) else set()


def batch_remark(name: str, asked: Diagnostic) -> Diagnostic:
    goes = "the number of samples" if asked.code == "needs-batch" else "values that are known of one sample alone"
    message = f"{name} goes by {goes}, so that this is a batch of one sample"
    return Diagnostic("assumed-size", message, "warning", asked.span, (), "--batch sets another number")


def strangers(now: recorder.Recorder) -> list[Span | None]:
    """Where modules with parameters are made that have run, and that the network does not know as its own."""
    lines = {}
    for module in now.strangers.values():
        if any(id(tensor) not in now.named for tensor in module.parameters()):
            line = module.__dict__.get("_line")
            lines[line] = None if line is None else now.files.line(line.file, line.number)
    return list(lines.values())


def unregistered(span: Span | None) -> Diagnostic:
    """The warning about modules that are not registered."""
    where = "modules" if span is None else f"the modules that `{failures.shortened(span.text)}` makes"
    message = f"{where} run, but their parameters are none of the network's"
    hint = "a list or a dict does not register them: nn.ModuleList(...) or nn.ModuleDict(...) does"
    return Diagnostic("unregistered-module", message, "warning", span, (), hint)


def remark(asked: Asked, files: Files) -> Diagnostic:
    """On what the figures rest: what the code asked of open sizes."""
    condition = f"{asked.left} {asked.relation} {asked.right}"
    return resting(condition, asked.line, files, asked.number)


def resting(condition: str, line: Line | None, files: Files, number: bool = False) -> Diagnostic:
    """The warning about a condition that a line of the code makes; `number` where it holds for one number alone."""
    span = files.line(line.file, line.number) if line is not None else None
    where = (
        f"`{failures.shortened(span.text)}` in {span.source.name}, line {line.number}" if line and span else "the code"
    )
    if number:
        message = f"the figures hold for {condition} alone, as {where} needs a number"
    else:
        message = f"the figures hold where {condition}, as {where} asks"
    return Diagnostic("assumed-size", message, "warning", span)


def needs_of(asked: Asked) -> list[Dim]:
    """What has to be 0 or more for the code to go the same way."""
    difference = asked.left - asked.right
    return {
        "==": [difference, -difference],
        ">": [difference - 1],
        ">=": [difference],
        "<": [-difference - 1],
        "<=": [-difference],
    }.get(asked.relation, [])


def read_shape(text: str, source: Source, batchless: bool) -> Given:
    """`3x224x224`, `128:int64`, `ids=128:int64`. Raises CnncalcError."""
    shape_part, colon, name_of_type = text.rpartition(":")
    if not colon:
        shape_part, name_of_type = text, creation.default().name
    kind = DTYPES.get(name_of_type)
    if kind is None:
        near = nearest(name_of_type, [name for name in DTYPES if name not in ALIASES])
        hint = f"did you mean {near[0]}?" if near else "-i 128:int64 is a row of indices"
        raise UsageError(Diagnostic("bad-shape", f"torch has no type {name_of_type}", hint=hint))
    name, equals, _ = shape_part.partition("=")
    dims = shape_text_value(Source(source.name, shape_part), Builder(None, Limits()))
    return Given(name.strip() if equals else None, input_shape(dims, None, None, batchless=batchless), kind)


def input_names(module: Any, given: Sequence[Given], method: str) -> list[str]:
    """What the inputs are called: `input` for a single one, else as forward calls them. Raises UsageError."""
    function = getattr(module, method)
    try:
        parameters = list(inspect.signature(function).parameters.values())
    except (TypeError, ValueError):
        parameters = []
    several = any(p.kind is p.VAR_POSITIONAL for p in parameters)
    takes = [p.name for p in parameters if p.kind in (p.POSITIONAL_ONLY, p.POSITIONAL_OR_KEYWORD)]
    positions = [one for one in given if one.name is None]
    any_name = any(p.kind is p.VAR_KEYWORD for p in parameters)
    for one in given:
        if one.name is not None and not any_name and one.name not in [p.name for p in parameters]:
            message = f"{method} of {type(module).__name__} has no argument {one.name}"
            raise UsageError(Diagnostic("unknown-input", message, hint=f"it takes {listed(takes) or 'nothing'}"))
    needed = [p.name for p in parameters if p.default is p.empty and p.name in takes]
    by_name = {one.name for one in given if one.name is not None}
    missing = [name for name in needed[len(positions) :] if name not in by_name]
    if (len(positions) > len(takes) and not several) or missing:
        shapes = listed([shape_text(one.shape) for one in given])
        message = f"{method} of {type(module).__name__} takes {listed(takes) or 'nothing'}, and -i gives {shapes}"
        from cnncalc.source.slips import of_method

        hint = f"-i {' -i '.join(f'{name}=SHAPE' for name in needed)}" if needed else None
        hint = of_method(module, method) or hint
        raise UsageError(Diagnostic("unknown-input", message, hint=hint))
    if len(given) == 1:
        names = ["input"]
    else:
        free = iter([*takes, *(f"input{i}" for i in range(2, len(given) + 2))])
        names = [one.name or next(free) for one in given]
    from cnncalc.language.write.free_names import free_names

    return free_names(names, {*module._modules, *module._parameters, *module._buffers})


def outputs_of(result: Any) -> list[tuple[str, Tensor]]:
    """The tensors that go out, in their order: `output`, `output2`; of a dictionary, its keys."""
    found: list[tuple[str, Tensor]] = []

    def walk(value: Any, keys: tuple[str, ...]) -> None:
        if isinstance(value, Tensor):
            found.append(("_".join(key if key.isidentifier() else "" for key in keys).strip("_"), value))
        elif isinstance(value, Mapping):
            for key, inner in value.items():
                walk(inner, (*keys, str(key)))
        elif isinstance(value, list | tuple):
            for inner in value:
                walk(inner, keys)
        elif hasattr(value, "__dataclass_fields__"):
            for key in value.__dataclass_fields__:
                walk(getattr(value, key), keys)

    walk(result, ())
    plain = [f"output{i + 1}" if i else "output" for i in range(len(found))]
    names = [name or plain[i] for i, (name, _) in enumerate(found)]
    names = names if len(set(names)) == len(found) else plain
    return list(zip(names, [tensor for _, tensor in found]))
