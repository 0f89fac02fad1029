"""The JSON of every command: one envelope, with one object of a list to a line, so that files of it can be compared."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from json import JSONEncoder
from typing import Any

from cnncalc.diagnostics import Diagnostic, envelope

dumps = JSONEncoder(ensure_ascii=False).encode


def envelope_text(ok: bool, results: Mapping[str, Any], diagnostics: Iterable[Diagnostic] = ()) -> str:
    """Results in the envelope, as text."""
    return json_text(envelope(ok, results, diagnostics))


def json_text(result: Mapping[str, Any]) -> str:
    """A dictionary as JSON, with each key on its line and each item of a list of objects on its own."""
    parts = []
    for key, value in result.items():
        if isinstance(value, list) and value and isinstance(value[0], dict):
            text = "[\n  " + ",\n  ".join(map(dumps, value)) + "]"
        else:
            text = dumps(value)
        parts.append(f'"{key}": {text}')
    return "{" + ",\n ".join(parts) + "}\n"
