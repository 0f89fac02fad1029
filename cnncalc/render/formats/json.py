"""The JSON envelope, version 1: one layer to a line, so that files of it can be compared."""

from __future__ import annotations

from json import dumps

from cnncalc.analysis.trace import Report
from cnncalc.render import Options


def render(report: Report, options: Options) -> str:
    """The report as JSON."""
    return envelope(report.to_dict())


def envelope(result: dict[str, object]) -> str:
    """A dictionary as JSON, with each key on its line and each item of a list of objects on its own."""
    parts = []
    for key, value in result.items():
        text = dumps(value, ensure_ascii=False)
        if isinstance(value, list) and value and isinstance(value[0], dict):
            items = ",\n  ".join(dumps(item, ensure_ascii=False) for item in value)
            text = f"[\n  {items}]"
        parts.append(f'"{key}": {text}')
    return "{" + ",\n ".join(parts) + "}\n"
