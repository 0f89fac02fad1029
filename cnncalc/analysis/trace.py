"""One walk over a graph: shapes, parameters, buffers, MACs, FLOPs, activations, and what they are worth."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping
from functools import cached_property
from typing import TYPE_CHECKING, Any

from cnncalc.analysis.conventions import Convention, convention
from cnncalc.analysis.costs import STATUS, Cost, Costs, Totals, costed, plain, samples
from cnncalc.analysis.layer_report import LayerReport
from cnncalc.diagnostics import CnncalcError, Diagnostic, envelope, listed
from cnncalc.flow import Flow, flow
from cnncalc.given import whole_number
from cnncalc.graph import BATCH, Graph
from cnncalc.layers.layer import Layer, put_in
from cnncalc.layers.shapes import BATCH_NAME, Shape, Shapes, dims_text, elements
from cnncalc.symbolic.expr import TooLarge, Total, substitute

if TYPE_CHECKING:
    from cnncalc.analysis.least_time import TimeReport
    from cnncalc.analysis.memory.report import MemoryOptions, MemoryReport
    from cnncalc.analysis.receptive_field import Field
    from cnncalc.analysis.solve import SolvedCondition
    from cnncalc.pictures.look import Picture


class Report:
    """What a spec computes to. Figures are for one sample while the batch is open."""

    def __init__(self, graph: Graph, found: Flow, chosen: Convention, costs: Costs | None = None) -> None:
        self.asked: MemoryOptions | None = None
        """What is asked for of its memory."""
        self.graph = graph
        self.flow = found
        self.convention = chosen
        self._costs: list[tuple[Shapes, Shapes, Cost]] = []  # of each node: what comes in, what goes out
        self._arguments: dict[Layer, dict[str, Any]] = {}
        self._field_dicts: dict[Field | None, dict[str, Any] | None] = {}
        memo = costs.setdefault((chosen.name, graph.batched), {}) if costs is not None else {}
        # Equal calls: what one costs, how often it is paid, how often its parameters are.
        calls: dict[tuple[Layer, Shapes, str, bool], list[Any]] = {}
        shapes = found.shapes
        worst = 0
        for node in graph.nodes:
            xs: Shapes = tuple([shapes[value] for value in node.inputs])  # type: ignore[misc]
            outputs: Shapes = tuple(shapes[node.first : node.first + node.output_count])  # type: ignore[arg-type]
            layer = node.layer
            call = (layer, xs, node.way, node.train_only)
            paid = calls.get(call)
            if paid is None:
                cost = memo.get((layer, xs, node.way))
                if cost is None:
                    cost = memo[layer, xs, node.way] = costed(layer, xs, outputs, graph.batched, chosen, node.way)
                if node.train_only:
                    cost = cost._replace(macs=0, flops=0, counts={}, activations=0)
                paid = calls[call] = [cost, 0, 0]
            self._costs.append((xs, outputs, paid[0]))
            paid[1] += 1
            paid[2] += node.path == node.owner
            if layer.status != "exact" and not node.train_only:
                worst = max(worst, STATUS.index(layer.status))
        params, trainable, buffers, macs, activations = Total(), Total(), Total(), Total(), Total()
        counts = {name: Total() for name in chosen.counts}
        for cost, count, owned in calls.values():
            params.add(cost.param_count * owned)
            trainable.add(cost.trainable_count * owned)
            buffers.add(cost.buffer_count * owned)
            macs.add(cost.macs * count)
            for name, found_count in (cost.counts or {}).items():
                counts[name].add(found_count * count)
            activations.add(cost.activations * count)
        if graph.frozen:
            for node, (_, _, cost) in zip(graph.nodes, self._costs):
                if node.path == node.owner and node.layer.trainable:
                    frozen = graph.frozen_in(node.owner, cost.params)
                    trainable.add(-elements({name: cost.params[name] for name in frozen}))
        sums = {name: total.value for name, total in counts.items()}
        self.totals = Totals(
            params.value,
            trainable.value,
            buffers.value,
            macs.value,
            chosen.total(sums, samples(graph)),
            activations.value,
            chosen.name,
            STATUS[worst],
            sums,
        )

    def __repr__(self) -> str:
        layers = f"{len(self.layers)} layer{'' if len(self.layers) == 1 else 's'}"
        return f"<Report of {self.graph.name or 'a spec'}: {layers}, output {dims_text(self.output)}>"

    def __str__(self) -> str:
        """The table, as wide as the terminal; 80 columns where there is none."""
        from cnncalc.render import Options
        from cnncalc.render.formats.table import render
        from cnncalc.render.style import terminal_width, writes_unicode

        return render(self, Options(width=terminal_width(), unicode=writes_unicode(sys.stdout))).rstrip("\n")

    def _repr_html_(self) -> str:
        """The table as a notebook shows it."""
        from cnncalc.render.html import html

        return html(self)

    def rows(self) -> list[dict[str, Any]]:
        """A dictionary for each layer, as `pandas.DataFrame` takes it. docs/figures.md has what its keys mean.

        Shapes and receptive fields are tuples, sources a list of paths, figures whole numbers, and closed forms `Expr`.

        >>> import cnncalc
        >>> row = cnncalc.calc("3x224x224 -> conv 64 k7 s2 p3").rows()[0]
        >>> row["path"], row["arguments"], row["reads"], row["output"], row["field"], row["params"]
        ('conv1', '64 k7 s2 p3', ['input'], (64, 112, 112), (7, 7), 9472)
        """
        from cnncalc.render.table_columns import RECORD, records

        return records(self, RECORD)

    def __iter__(self) -> Iterator[LayerReport]:
        """The layers, in the order of their calls."""
        return iter(self.layers)

    @cached_property
    def layers(self) -> list[LayerReport]:
        """Every call of a layer, with its figures."""
        found = zip(self.graph.nodes, self._costs)
        return [LayerReport(self, i, node, *costs) for i, (node, costs) in enumerate(found)]

    def __getitem__(self, path: str) -> LayerReport:
        """The layer at a path. Raises KeyError."""
        for layer in self.layers:
            if layer.path == path:
                return layer
        raise KeyError(path)

    def arguments(self, layer: Layer) -> dict[str, Any]:
        """A layer's arguments as the JSON has them; each layer's are worked out once."""
        found = self._arguments.get(layer)
        if found is None:
            found = self._arguments[layer] = {key: plain(value) for key, value in layer.written().items()}
        return found

    def shown(self, shape: Shape) -> Shape:
        """The shape of one sample while the batch is open and leads, else all of it."""
        return shape[1:] if shape and shape[0] == BATCH else shape

    @property
    def name(self) -> str | None:
        return self.graph.name

    @cached_property
    def symbols(self) -> list[str]:
        """The open sizes, without the batch."""
        return self.graph.symbols

    @property
    def inputs(self) -> dict[str, Shape]:
        return {given.name: self.shown(given.shape) for given in self.graph.inputs}

    @property
    def outputs(self) -> dict[str, Shape]:
        return {name: self.shown(self.flow.shapes[value] or ()) for name, value in self.graph.outputs}

    @property
    def output(self) -> Shape:
        """The shape of the first output; of the input, where there are no layers."""
        return next(iter(self.outputs.values()))

    @cached_property
    def memory(self) -> MemoryReport | None:
        """The memory that it takes; None where that is not asked for."""
        if self.asked is None or self.asked.mode is None:
            return None
        from cnncalc.analysis.memory.report import MemoryReport

        return MemoryReport(self, self.asked)

    @cached_property
    def time(self) -> TimeReport | None:
        """The least time that it takes on a device; None where that is not asked for."""
        if self.asked is None or self.asked.device is None:
            return None
        from cnncalc.analysis.least_time import TimeReport

        return TimeReport(self, self.asked.device, self.asked.dtype)

    @cached_property
    def fields(self) -> list[Field | None]:
        """The receptive field of each layer."""
        from cnncalc.analysis.receptive_field import receptive_fields

        return receptive_fields(self.graph, self.flow)

    def field_dict(self, field: Field | None) -> dict[str, Any] | None:
        """A receptive field as the JSON has it; equal ones are worked out once."""
        if field not in self._field_dicts:
            self._field_dicts[field] = field.to_dict() if field else None
        return self._field_dicts[field]

    @property
    def receptive_field(self) -> Field | None:
        """The receptive field of the first output; None where no layer makes it, or it has no spatial input."""
        producer = self.graph.producers[self.graph.outputs[0][1]]
        return self.fields[producer] if producer >= 0 else None

    @property
    def warnings(self) -> tuple[Diagnostic, ...]:
        """What is legal and suspicious, without what the spec allows."""
        allowed = {one.code for one in self.graph.allowed}
        return tuple([warning for warning in self.suspicious if warning.code not in allowed])

    @property
    def suspicious(self) -> tuple[Diagnostic, ...]:
        """What is legal and suspicious, also where the spec allows it."""
        from cnncalc.analysis.suspicions import suspicions

        return (
            *self.graph.warnings,
            *self.flow.warnings,
            *suspicions(self.graph, self.flow),
            *self._without_count(),
            *(self.memory.warnings if self.memory is not None else []),
        )

    def _without_count(self) -> list[Diagnostic]:
        """What the convention has no count of, which its figure is therefore without."""
        first = next((node for node, (_, _, cost) in zip(self.graph.nodes, self._costs) if cost.counts is None), None)
        if first is None:
            return []
        names = {n.layer.name: None for n, (_, _, cost) in zip(self.graph.nodes, self._costs) if cost.counts is None}
        message = f"the FLOPs are without {listed(list(names))}, which {self.convention.name} has no count of"
        return [Diagnostic("uncounted-operations", message, "warning", first.place.span)]

    @cached_property
    def conditions(self) -> list[SolvedCondition]:
        """What open sizes have to satisfy, each where it first is."""
        if not any(met.conditions or met.needs for met in self.flow.met.values()):
            return []
        from cnncalc.analysis.solve import solved_conditions

        return solved_conditions(self.flow)

    @property
    def legal_sizes(self) -> list[str]:
        """What the conditions together ask of each open size: `H is a multiple of 16`."""
        if not self.conditions:
            return []
        from cnncalc.analysis.solve import legal_sizes

        return legal_sizes(self.conditions)

    @cached_property
    def smallest_input(self) -> dict[str, int] | None:
        """The smallest legal value of each open size; None where it was not found.

        Where layers hold sizes together, these are sizes with the smallest sum, and `smallest_input_note` says more.
        """
        from cnncalc.analysis.solve import smallest_sizes

        return smallest_sizes(self.flow, self.symbols)

    @cached_property
    def smallest_input_note(self) -> str | None:
        """Which sizes can be smaller beside larger ones of others: `others are smaller in W: H = 9, W = 1`."""
        from cnncalc.analysis.solve import smallest_note

        return smallest_note(self.flow, self.smallest_input) if self.smallest_input else None

    def at(self, **sizes: int) -> Report:
        """The report with numbers put in for open sizes; `N` is the batch.

        Raises CnncalcError with every layer that does not fit them, and UsageError for what is no size.

        >>> import cnncalc
        >>> cnncalc.calc("3xHxW -> conv 64 k7 s2 p3").at(H=224, W=224).output
        (64, 112, 112)
        """
        known = {*self.symbols, *([BATCH_NAME] if self.graph.batched else [])}
        for name in sizes:
            if name not in known:
                listed = ", ".join(sorted(known)) or "none"
                raise CnncalcError(
                    Diagnostic("unknown-name", f"there is no open size {name}", hint=f"there are {listed}")
                )
        sizes = {name: whole_number(name, size, int(name == BATCH_NAME)) for name, size in sizes.items()}
        try:
            report = Report(*_put_in(self.graph, sizes), self.convention)
        except ZeroDivisionError:
            at = ", ".join(f"{name} = {size}" for name, size in sizes.items())
            raise CnncalcError(Diagnostic("division-by-zero", f"with {at}, a size is divided by 0")) from None
        report.asked = self.asked
        return report

    def draw(
        self,
        view: str = "graph",
        *,
        depth: int | None = None,
        fold: bool = True,
        width: int | None = None,
        labels: str = "all",
        theme: str = "auto",
        layer: str | None = None,
        filter: str | None = None,
        at: tuple[int, ...] | None = None,
        image: str | None = None,
    ) -> Picture:
        """A picture of the network, which a notebook shows; `svg` is its text. `width` is in pixels.

        `view` is `graph`, `maps`, `window` or `field`; `depth` says how many levels are open, and without `fold` each
        repeat is drawn. `labels` are those of the maps: `all`, `sizes` or `none`; `theme` is `auto`, `light` or `dark`.
        `layer` is the path of the layer whose window or field is drawn, `filter` weights to show a window with: `blur`,
        `edge` or `sharpen`; `at` is the output position of a field, and `image` a file with a picture to draw it on.

        Raises UsageError for what there is not.

        >>> import cnncalc
        >>> picture = cnncalc.calc("1x28x28 -> conv 6 k5 -> relu -> maxpool 2").draw()
        >>> picture.svg.startswith("<svg")
        True
        """
        from cnncalc.pictures import draw
        from cnncalc.pictures.look import Look

        return draw(self, view, Look(depth, fold, width, labels, theme, layer, filter, at, image))

    def to_dict(self) -> dict[str, Any]:
        """The JSON envelope, version 1."""
        results = {
            "name": self.name,
            "symbols": self.symbols,
            "conditions": [c.to_dict() for c in self.conditions],
            "legal_sizes": self.legal_sizes,
            "smallest_input": self.smallest_input if self.symbols else {},
            "smallest_input_note": self.smallest_input_note if self.symbols else None,
            "inputs": {name: plain(shape) for name, shape in self.inputs.items()},
            "outputs": {name: plain(shape) for name, shape in self.outputs.items()},
            "totals": self.totals.to_dict(),
            **({} if self.memory is None else {"memory": self.memory.to_dict()}),
            **({} if self.time is None else {"time": self.time.to_dict()}),
            "layers": [layer.to_dict() for layer in self.layers],
        }
        return envelope(True, results, self.warnings)


def trace(graph: Graph, found: Flow | None = None, chosen: str = "torch", costs: Costs | None = None) -> Report:
    """The report of a graph. Raises CnncalcError with every layer that does not fit.

    Where several graphs are traced, `costs` keeps what is worked out for all of them.
    """
    try:
        return Report(graph, found or flow(graph), convention(chosen), costs)
    except OverflowError as error:
        # Open sizes have no form that could be written; numbers have.
        hint = None if isinstance(error, TooLarge) else "give the open sizes numbers, by -i or --set"
        raise CnncalcError(Diagnostic("limit", str(error), hint=hint)) from None


def _put_in(graph: Graph, sizes: Mapping[str, int]) -> tuple[Graph, Flow]:
    """The graph with numbers for open sizes, and its shapes."""
    result = Graph(graph.name)
    result.blocks, result.frozen, result.warnings = graph.blocks, graph.frozen, graph.warnings
    result.checkpoints = graph.checkpoints
    result.allowed, result.partial = graph.allowed, graph.partial
    result.needs = [substitute(need, sizes) for need in graph.needs]
    if any(isinstance(need, int) and need < 0 for need in result.needs):
        message = f"the code of {graph.name} goes another way at these sizes, so that it has other figures"
        raise CnncalcError(Diagnostic("other-way", message, hint="calc reads it at these sizes"))
    result.batch = sizes.get(BATCH_NAME, graph.batch) if graph.batched else graph.batch
    for given in graph.inputs:
        result.add_input(given.name, put_in(given.shape, sizes))
    layers = {layer: put_in(layer, sizes) for layer in {node.layer for node in graph.nodes}}
    result.nodes = [node._replace(layer=layers[node.layer]) for node in graph.nodes]
    result.producers = list(graph.producers)
    result.outputs = list(graph.outputs)
    return result, flow(result, frozenset(layer for old, layer in layers.items() if layer is not old))
