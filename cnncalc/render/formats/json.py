"""The JSON envelope, version 1: one layer to a line, so that files of it can be compared."""

from __future__ import annotations

from json import JSONEncoder

from cnncalc.analysis.trace import Report
from cnncalc.render import Options

dumps = JSONEncoder(ensure_ascii=False).encode


def render(report: Report, options: Options) -> str:
    """The report as JSON."""
    return envelope(report.to_dict())


def envelope(result: dict[str, object]) -> str:
    """A dictionary as JSON, with each key on its line and each item of a list of objects on its own."""
    parts = []
    for key, value in result.items():
        if isinstance(value, list) and value and isinstance(value[0], dict):
            text = "[\n  " + ",\n  ".join(map(dumps, value)) + "]"
        else:
            text = dumps(value)
        parts.append(f'"{key}": {text}')
    return "{" + ",\n ".join(parts) + "}\n"
