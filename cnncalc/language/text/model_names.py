"""Which specs name a PyTorch model."""

from __future__ import annotations

import os
import re

_MODEL = r"(?:[^:\n]+\.py|[^\W\d][\w.]*):[^\W\d][\w.]*"  # FILE.py:NAME or MODULE:NAME


def names_model(spec: str) -> bool:
    """Does a spec name a PyTorch model: `FILE.py:NAME`, `MODULE:NAME`, or a file with classes of its own?"""
    if not (spec.endswith(".py") or ":" in spec) or "\n" in spec or spec.startswith("zoo:") or len(spec) > 1000:
        return False
    if re.fullmatch(_MODEL, spec):
        return not os.path.exists(spec)
    if not spec.endswith(".py") or "->" in spec or "(" in spec:
        return False
    try:
        with open(spec, encoding="utf-8") as file:
            return re.search(r"(?m)^(?:class|def)\s", file.read(1_000_000)) is not None
    except (OSError, ValueError):
        return False
