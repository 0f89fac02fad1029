"""PyTorch's text that is no chain: printed modules that do not say how they compute, and Python code."""

from __future__ import annotations

import re

from cnncalc.diagnostics import CnncalcError, Diagnostic, Source, Span

# White space is matched within one line alone: across lines, every line of an empty text would be tried to its end.
_REPR = re.compile(r"^[ \t]*(?:\((\w+)\): )?([A-Za-z_][\w.]*)\($", re.MULTILINE)
_CODE = re.compile(
    r"^[ \t]*(class\s+\w.*:|def\s+\w+\s*\(|return\b|print\s*\(|self\.\w+\s*=|>>>|@\w+|(?:for|if|with)\s.*:\s*$)",
    re.MULTILINE,
)
_CHILD = re.compile(r"\n[ \t]*\(\w+\): ")


def refuse_repr(source: Source) -> None:
    """Refuse the text of `print(model)` where a module in it is not a Sequential.

    Such a text lists what a module holds. How its `forward` connects it stands nowhere in it, so that no
    answer could be right but by luck.
    """
    if not _CHILD.search(source.text):
        return
    for match in _REPR.finditer(source.text):
        name = match[2]
        if name.rpartition(".")[2] == "Sequential":
            continue
        raise CnncalcError(
            Diagnostic(
                "module-repr",
                f"{name}(...) is the printed form of a module, which lists its layers but not how its forward "
                "connects them",
                span=Span(source, match.start(2), match.end(2)),
                hint="only a Sequential is a chain; write the others as a spec, with add and cat where branches meet",
            )
        )


def refuse_code(source: Source) -> None:
    """Refuse Python code around a network. It is never run."""
    match = _CODE.search(source.text)
    if match is None:
        return
    hint = "write what its forward does as a spec; `cnncalc layers` lists the layers"
    model = re.search(r"^class (\w+)\([^)]*Module\b", source.text, re.MULTILINE)
    if model and source.name.endswith(".py"):
        hint = f"cnncalc import {source.name}:{model[1]} -i 3x224x224 runs it, and makes a spec of it"
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
