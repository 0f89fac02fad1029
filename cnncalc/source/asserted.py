"""What stands for the names where the user's code has failed. Loaded on the way to an error alone."""

from __future__ import annotations

import ast
from collections.abc import Mapping
from types import TracebackType
from typing import Any

from cnncalc.diagnostics import listed
from cnncalc.source.recorder import Files
from cnncalc.source.sizes import OpenSize
from cnncalc.source.tensor import Tensor


def values_in(trace: TracebackType | None, files: Files) -> list[str]:
    """What stands for the names of the assertion that failed, where those are numbers or shapes."""
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    if trace is None:
        return []
    frame = trace.tb_frame
    source = files.source(frame.f_code.co_filename)
    if source is None:
        return []
    for node in ast.walk(ast.parse(source.text)):
        if isinstance(node, ast.Assert) and node.lineno <= trace.tb_lineno <= (node.end_lineno or node.lineno):
            found = {}
            for part in ast.walk(node.test):
                if isinstance(part, ast.Name | ast.Attribute) and (name := ast.unparse(part)) not in found:
                    value = value_of(part, {**frame.f_globals, **frame.f_locals})
                    if isinstance(value, int | float | str | OpenSize | tuple) and not isinstance(value, bool):
                        found[name] = f"{name} = {value!r}" if isinstance(value, str) else f"{name} = {value}"
            return [f"here {listed(list(found.values()))}"] if found else []
    return []


def value_of(node: ast.expr, names: Mapping[str, Any]) -> Any:
    """What a name or an attribute of one holds; None where that is not there."""
    if isinstance(node, ast.Name):
        return names.get(node.id)
    return getattr(value_of(node.value, names), node.attr, None) if isinstance(node, ast.Attribute) else None


def outputs(given: tuple[Any, ...]) -> str | None:
    """A hint where the outputs of a layer are used as one tensor."""
    if not given or not isinstance(given[0], Tensor):
        return None
    return f"`{', '.join(['y', *'_' * (len(given) - 1)])} = ...` takes the first of the {len(given)} outputs alone"
