"""Texts that hold data, as data."""

from __future__ import annotations

import re
import sys
from importlib import import_module
from typing import Any

from cnncalc.language.foreign import python_code


def data_of(text: str, yaml: bool) -> object:
    """YAML, JSON, TOML or Python's dicts as data; None where a text is none of them."""
    if re.search(r"\bdict\(|\b\w+\s*=\s*[\[{]\s*(\n\s*)?['\"{]", text):
        return python_code.data_of(text)
    if not yaml and re.search(r"(?m)^\[\[?[\w.]+\]\]?\s*$", text) and re.search(r"(?m)^\w+\s*=", text):
        toml: Any = import_module("tomllib" if sys.version_info >= (3, 11) else "tomli")
        try:
            return dict(toml.loads(text))
        except toml.TOMLDecodeError:
            return None
    if not yaml and not re.match(r"\s*[\[{]\s*[{\[\"']", text):
        return None
    if re.match(r"\s*[\[{]", text):
        import json

        try:
            return json.loads(text)
        except ValueError:
            import ast

            try:
                return ast.literal_eval(text.strip())
            except (ValueError, TypeError, SyntaxError, MemoryError, RecursionError):
                pass
    from yaml import YAMLError, safe_load

    try:
        return safe_load(text)
    except (YAMLError, RecursionError):
        return None
