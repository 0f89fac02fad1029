"""PyTorch's printed modules: which of them are chains, and which do not say how they compute."""

from __future__ import annotations

import re

from cnncalc.diagnostics import CnncalcError, Diagnostic, Source, Span

_REPR = re.compile(r"^\s*(?:\((\w+)\): )?([A-Za-z_][\w.]*)\($", re.MULTILINE)
_CHILD = re.compile(r"\n\s*\(\w+\): ")


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
