"""PyTorch's text that is no chain: printed modules that do not say how they compute, and Python code."""

from __future__ import annotations

import re
from collections.abc import Sequence

from cnncalc.diagnostics import CnncalcError, Diagnostic, Source, Span

# Patterns are made where they are used.
# White space is matched within one line alone: across lines, every line of an empty text would be tried to its end.
_REPR = r"(?m)^[ \t]*(?:\((\w+)\): )?([A-Za-z_][\w.]*)\($"
_CODE = (
    r"(?m)^[ \t]*"
    r"(class\s+\w.*:|def\s+\w+\s*\(|return\b|print\s*\(|self\.\w+\s*=|>>>|@\w+|(?:for|if|with)\s.*:\s*$)"
)
_STARTS = ("class", "def", "return", "print", "self.", ">>>", "@", "for", "if", "with")
_ASSIGNED = (
    r"(?:[ \t]*(?:import\s[^\n]*|from\s[^\n]*|#[^\n]*)?\n)*[ \t]*([^\W\d][\w.]*[ \t]*=)(?!=)(?![^\n]*Sequential\b)"
)
_CHILD = r"\n[ \t]*\(\w+\): "


def refuse_repr(source: Source) -> None:
    """Refuse the text of `print(model)` where a module in it is not a Sequential.

    Such a text lists what a module holds. How its `forward` connects it is nowhere in it, so that no
    answer could be right but by luck.
    """
    if "\n" not in source.text or not re.search(_CHILD, source.text):
        return
    for match in re.finditer(_REPR, source.text):
        name = match[2]
        if name.rpartition(".")[2] == "Sequential":
            continue
        raise CnncalcError(
            Diagnostic(
                "module-repr",
                f"{name}(...) is the printed form of a module, which lists its layers but not how its forward "
                "connects them",
                span=Span(source, match.start(2), match.end(2)),
                hint="save its source as net.py, which `cnncalc net.py:Net -i 3x224x224` reads; or write it as a spec",
            )
        )


def refuse_code(source: Source, inputs: Sequence[str] = ()) -> None:
    """Refuse Python code around a network. It is never run. `inputs` are the shapes that the caller gives."""
    text, match = source.text, None
    # Patterns are as much work to make as a short query; a line that they cannot be in is left out by its first word.
    if any(line.lstrip(" \t").startswith(_STARTS) for line in text.split("\n")):
        match = re.search(_CODE, text)
    if match is None and "=" in text and not text.lstrip()[:1].isdecimal():
        match = re.match(_ASSIGNED, text)
    if match is None:
        return
    shapes = " ".join(f"-i '{shape}'" if " " in shape else f"-i {shape}" for shape in inputs or ["3x224x224"])
    hint = "write what its forward does as a spec; `cnncalc layers` lists the layers"
    model = re.search(r"^class (\w+)\([^)]*Module\b", source.text, re.MULTILINE)
    if model and source.name.endswith(".py"):
        hint = f"cnncalc {source.name}:{model[1]} {shapes} reads it, and cnncalc import makes a spec of it"
    elif model:
        hint = f"save it as net.py{behind(source.text)}, which `cnncalc net.py:{model[1]} {shapes}` reads"
    elif re.search(r"\bself\.|\bdef forward\b", source.text):
        hint = f"save the whole class, such as Net, as net.py, which `cnncalc net.py:Net {shapes}` reads"
    elif "Sequential(" in source.text:
        hint = "leave the nn.Sequential(...) alone in the text, with its imports"
    raise CnncalcError(
        Diagnostic(
            "python-code",
            "this is Python code, of which an nn.Sequential(...) alone can be read",
            span=Span(source, match.start(1), match.end(1)),
            hint=hint,
        )
    )


def behind(text: str) -> str:
    """The imports that a class of PyTorch lacks, for a hint."""
    lacks = lacking(text)
    return f" after `{'; '.join(lacks)}`" if lacks else ""


IMPORTS = {
    "torch": "import torch",
    "nn": "import torch.nn as nn",
    "F": "import torch.nn.functional as F",
    "np": "import numpy as np",
    "math": "import math",
    "Tensor": "from torch import Tensor",
    "Parameter": "from torch.nn import Parameter",
    "OrderedDict": "from collections import OrderedDict",
    "partial": "from functools import partial",
    "rearrange": "from einops import rearrange",
    **{
        name: f"from typing import {name}" for name in ("Any", "Callable", "Dict", "List", "Optional", "Tuple", "Union")
    },
}
"""The import of each name that models are written with."""

_BINDS = re.compile(r"(?m)^\s*(?:from\s+[\w.]+\s+)?import\s+(\([^)]*\)|[^\n;#]+)|^\s*(\w+)\s*=(?!=)")


def lacking(text: str, name: str = "") -> list[str]:
    """The imports of `name` and of the modules that a text uses and does not import."""
    bound = {name for match in _BINDS.finditer(text) for name in binds(match[1] or match[2])}
    modules = [one for one, line in IMPORTS.items() if line.startswith("import ")]
    used = [one for one in modules if one not in bound and re.search(rf"(?<![\w.]){one}\.", text)]
    return [line for one, line in IMPORTS.items() if one in used or one == name]


def binds(imported: str) -> list[str]:
    """The names of `torch.nn as nn, numpy`: nn and numpy."""
    parts = [part.split() for part in imported.strip("()").split(",")]
    return [part[-1] if len(part) == 3 else part[0].partition(".")[0] for part in parts if part]
