"""Baselines: the figures that were agreed on, in a file that can be read and compared in review.

One JSON file holds any number of networks under their names, one layer to a line:

    {"cnncalc_baseline": 1,
     "targets": {
      "small.yaml": {
       "inputs": {"input": [3, 32, 32]},
       "outputs": {"output": [10]},
       "totals": {"params": 62006, "trainable": 62006, "buffers": 0, "macs": 651720, "activations": 8634},
       "receptive_field": [32, 32],
       "layers": [
        {"path": "conv1", "type": "conv2d", "args": {...}, "output": [6, 28, 28], "params": 456, ...}
       ]}}}
"""

from __future__ import annotations

import json
from typing import Any, NoReturn

from cnncalc.analysis.costs import plain
from cnncalc.analysis.record import TOTALS, LayerRecord, Record, row_dict
from cnncalc.diagnostics import CnncalcError, Diagnostic, Source, Span
from cnncalc.layers.shapes import Shape
from cnncalc.named_tuples import NamedTuple
from cnncalc.symbolic.expr import Dim, Expr

VERSION = 1
KEY = "cnncalc_baseline"
"""The key that says what the file is, and of which version."""


class Baseline(NamedTuple):
    """What a baseline file says."""

    source: Source
    targets: dict[str, Record]

    def place(self, target: str, path: str | None = None) -> Span | None:
        """Where a target, or one of its layers, is in the file."""
        text = self.source.text
        at = text.find(f"{_dumps(target)}:")
        if at < 0:
            return None
        key = Span(self.source, at, at + len(_dumps(target)))
        if path is None:
            return key
        line = text.find(f'"path": {_dumps(path)}', at)
        return Span(self.source, line, line + len(f'"path": {_dumps(path)}')) if line >= 0 else key


_dumps = json.JSONEncoder(ensure_ascii=False).encode


def baseline_text(targets: dict[str, Record]) -> str:
    """Networks as the text of a baseline file."""
    parts = [f"  {_dumps(name)}: {_record_text(targets[name])}" for name in sorted(targets)]
    inner = ",\n".join(parts)
    return f'{{"{KEY}": {VERSION},\n "targets": {{\n{inner}}}}}\n'


def _record_text(record: Record) -> str:
    head = {
        "inputs": {name: plain(shape) for name, shape in record.inputs.items()},
        "outputs": {name: plain(shape) for name, shape in record.outputs.items()},
        "totals": {name: plain(value) for name, value in record.totals.items()},
        "receptive_field": plain(record.receptive_field),
    }
    lines = [f"   {_dumps(key)}: {_dumps(value)}" for key, value in head.items()]
    rows = ",\n".join(f"    {_dumps(row_dict(row))}" for row in record.layers)
    lines.append(f'   "layers": [\n{rows}]' if rows else '   "layers": []')
    return "{\n" + ",\n".join(lines) + "}"


def parse_baseline(source: Source) -> Baseline:
    """A baseline file as figures. Raises CnncalcError for what is none, or is of a newer version."""
    try:
        found = json.loads(source.text)
    except json.JSONDecodeError as error:
        _broken(source, f"it is no JSON: {error.msg.lower().removesuffix(' at')}", error.pos)
    except (RecursionError, ValueError):
        _broken(source, "it is no JSON that can be read", 0)
    if not isinstance(found, dict) or KEY not in found:
        _broken(source, f"it has no {KEY}", 0)
    version = found[KEY]
    if isinstance(version, int) and not isinstance(version, bool) and version > VERSION:
        at = source.text.find(f'"{KEY}"')
        message = f"the baseline {source.name} is of version {version}, and this cnncalc reads version {VERSION}"
        raise CnncalcError(
            Diagnostic(
                "newer-baseline",
                message,
                span=Span(source, at, at + len(KEY) + 2),
                hint="update cnncalc; or delete the file, and --update writes it as this one does",
            )
        )
    targets = found.get("targets")
    if version is True or version != VERSION or not isinstance(targets, dict):
        _broken(source, f"{KEY} is no version" if version is True or version != VERSION else "it has no targets", 0)
    records = {}
    for name, value in targets.items():
        try:
            records[name] = _record(value)
        except (KeyError, TypeError, ValueError, AttributeError, CnncalcError):
            at = source.text.find(f"{_dumps(name)}:")
            _broken(source, f"what is under {name} are not the figures of a network", at)
    return Baseline(source, records)


def _broken(source: Source, why: str, at: int) -> NoReturn:
    hint = "bring it back from version control; or delete it, and --update writes it anew"
    at = max(0, at)
    span = Span(source, at, min(at + 1, len(source.text)))
    raise CnncalcError(Diagnostic("bad-baseline", f"{source.name} is no baseline: {why}", span=span, hint=hint))


def _record(value: dict[str, Any]) -> Record:
    field = value.get("receptive_field")
    return Record(
        {name: _shape(shape) for name, shape in value["inputs"].items()},
        {name: _shape(shape) for name, shape in value["outputs"].items()},
        {name: _dim(value["totals"][name]) for name in TOTALS},
        None if field is None else _shape(field),
        [_row(row) for row in value["layers"]],
    )


def _row(row: dict[str, Any]) -> LayerRecord:
    shapes = row.get("outputs") or [row["output"]]
    args = row["args"]
    if not isinstance(row["path"], str) or not isinstance(row["type"], str) or not isinstance(args, dict):
        raise TypeError
    return LayerRecord(
        row["path"],
        row["type"],
        args,
        tuple(map(_shape, shapes)),
        _dim(row["params"]),
        _dim(row.get("trainable", row["params"])),
        _dim(row["buffers"]),
        _dim(row["macs"]),
        row.get("status", "exact"),
        row.get("shared_with"),
    )


def _shape(value: Any) -> Shape:
    if not isinstance(value, list):
        raise TypeError
    return tuple(map(_dim, value))


def _dim(value: Any) -> Dim:
    """A number, or a closed form as Python writes it."""
    if isinstance(value, int) and not isinstance(value, bool):
        return value
    if not isinstance(value, str):
        raise TypeError
    from cnncalc.language.run.builder import deep_calls
    from cnncalc.language.run.evaluate import evaluate
    from cnncalc.language.run.scope import Scope
    from cnncalc.language.text.expressions import Expressions
    from cnncalc.language.text.limits import Limits
    from cnncalc.symbolic.expr import symbol

    limits = Limits({"digits": 60})  # a closed form can hold large numbers
    source = Source("", value)
    parser = Expressions(source, 0, len(value), limits)
    names = frozenset(token.text for token in parser.tokens if token.kind == "name")
    with deep_calls():
        node = parser.expression()
        found = evaluate(node, Scope(limits, {name: symbol(name) for name in names}))
    if parser.next.kind != "end" or not isinstance(found, int | Expr):
        raise ValueError
    return found
