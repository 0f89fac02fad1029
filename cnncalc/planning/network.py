"""A spec that is read over and over, with other numbers each time."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from cnncalc.analysis.trace import Report, trace
from cnncalc.diagnostics import CnncalcError, Source
from cnncalc.graph import Graph
from cnncalc.language.endings import read_file
from cnncalc.language.read.reader import form_of, read_input, read_text
from cnncalc.language.run.builder import Known, deep_calls
from cnncalc.language.run.scope import Key
from cnncalc.language.text.limits import Limits
from cnncalc.language.text.source import files_beside, locate
from cnncalc.layers.kinds import Value
from cnncalc.symbolic.expr import Dim, symbol

if TYPE_CHECKING:
    from cnncalc.analysis.memory.report import MemoryOptions
    from cnncalc.language.read.document import Document
    from cnncalc.language.read.given import Options


FREE_BATCH = "batch"
"""The number of samples where it is to be found, as --free has it."""


class Tried(dict["Key", "Value"]):
    """Numbers or open sizes for unknowns, which counts how often each is asked for."""

    def __init__(self, values: Mapping[Key, Dim]) -> None:
        super().__init__(values)
        self.uses = dict.fromkeys(values, 0)

    def __getitem__(self, key: Key) -> Value:
        self.uses[key] += 1
        return super().__getitem__(key)


class Network:
    """A spec, located and read once. Raises CnncalcError as `cnncalc.parse` does."""

    def __init__(
        self,
        spec: str,
        inputs: Sequence[str] = (),
        settings: Mapping[str, str] | None = None,
        batch: Dim | None = None,
        limits: Limits | None = None,
        memory: MemoryOptions | None = None,
    ) -> None:
        self.limits = limits or Limits()
        self.spec = spec
        self.written = dict(settings or {})  # as the caller gave them
        self.settings = dict(self.written)
        self.source, self.path = locate(spec, self.settings, self.limits)
        self.inputs = [read_input(text) for text in inputs]
        self.input_texts = tuple(inputs)
        self.batch = batch
        self.memory = memory  # which is meant where memory is wanted
        self.ending = form_of(self.source, self.path)
        self.yaml = self.ending == "yaml"
        self._document: Document | None = None
        self._known = Known()

    @property
    def document(self) -> Document:
        """The YAML file, read once."""
        if self._document is None:
            from cnncalc.language.read.document import Document

            with deep_calls():
                self._document = Document(self.source, self._options())
        return self._document

    def _options(self, settings: Mapping[str, Source] | None = None, **others: Any) -> Options:
        from cnncalc.language.read.given import Options

        beside = files_beside(self.path, self.limits) if self.path else None
        return Options(tuple(self.inputs), settings or {}, self.batch, self.limits, beside, **others)

    @property
    def arguments(self) -> list[str]:
        """The names that `--set` changes beside open sizes."""
        if not self.yaml:
            return []
        return [*self.document.argument_names, *(["variant"] if self.document.variants else [])]

    def default(self, name: str) -> Value | None:
        """The value of an argument that nothing sets; None if it has none that is known."""
        from cnncalc.language.run.scope import Scope

        for key, tree in self.document.table("arguments"):
            if key.text == name:
                try:
                    return self.document.texts.value(tree, Scope(self.limits, {}))
                except CnncalcError:
                    return None
        return None

    def graph(self, settings: Mapping[str, str] | None = None, unknowns: Tried | None = None) -> Graph:
        """The graph with these settings over the caller's. `unknowns` are tried for what is to be found."""
        values = {
            name: Source("--set", f"{name}={value}") for name, value in {**self.settings, **(settings or {})}.items()
        }
        with deep_calls():
            if self.ending and not self.yaml:
                return read_file(self.ending, self.source, self._options(settings=values, unknowns=unknowns))
            if not self.yaml:
                return read_text(self.source, self.inputs, values, self.batch, self.limits, unknowns=unknowns)
            from cnncalc.language.read.running import Running

            # Blocks may hold unknowns themselves, and are therefore run anew; layers and their shapes are shared.
            known = Known()
            known.bound, known.met = self._known.bound, self._known.met
            options = self._options(settings=values, unknowns=unknowns, known=known)
            return Running(self.document, options).graph()

    def report(self, graph: Graph) -> Report:
        """The figures of a graph, with the memory that is meant."""
        found = trace(graph)
        found.asked = self.memory
        return found

    def open_batch(self) -> None:
        """Let the number of samples be an open size of its own, so that figures are those of all samples."""
        self.batch = symbol(FREE_BATCH)


class ModelNetwork(Network):
    """A PyTorch model, which `read` gives the graph of. Its arguments are those of its class or function."""

    def __init__(
        self,
        read: Callable[..., Graph],
        spec: str,
        inputs: Sequence[str] = (),
        settings: Mapping[str, str] | None = None,
        batch: int | None = None,
        limits: Limits | None = None,
        memory: MemoryOptions | None = None,
    ) -> None:
        self.limits = limits or Limits()
        self.spec = spec
        self.written = dict(settings or {})
        self.source, self.path = Source(spec, ""), Path(spec)  # without a text that could hold unknowns
        self.input_texts = tuple(inputs)
        self.batch: Dim | None = batch
        self.memory = memory
        self._read = read
        self.yaml = True  # its size is in its file, and no last layer can be told from its text

    @cached_property
    def _defaults(self) -> dict[str, Any]:
        from cnncalc.source.reading import arguments

        return arguments(self.spec)

    @property
    def arguments(self) -> list[str]:
        return list(self._defaults)

    def default(self, name: str) -> Any:
        return self._defaults.get(name)

    def graph(self, settings: Mapping[str, str] | None = None, unknowns: Tried | None = None) -> Graph:
        values = {**self.written, **(settings or {})}
        return self._read(self.spec, inputs=self.input_texts, settings=values, batch=self.batch, limits=self.limits)


def arguments_of(spec: str, settings: Mapping[str, str], limits: Mapping[str, int] | None = None) -> dict[str, Value]:
    """The arguments of a spec in YAML, with their values where the caller sets some; none of another one.

    Raises CnncalcError where it cannot be read.

    >>> arguments_of("zoo:crnn", {"hidden": "128"})
    {'classes': 37, 'hidden': 128}
    """
    from cnncalc.language.text.model_names import names_model

    if names_model(spec):
        return {}
    network = Network(spec, settings=settings, limits=Limits(limits))
    if not network.yaml:
        return {}
    from cnncalc.language.read.running import Running

    values = {name: Source("--set", f"{name}={value}") for name, value in network.settings.items()}
    document = network.document
    running = Running(document, network._options(settings=values))
    found = running.arguments(running.variant(values), values, frozenset(document.symbols()))
    return {name: found[name] for name in document.argument_names}
