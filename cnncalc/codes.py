"""The codes of messages: the one list of them is docs/errors.md, which travels with the package."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path

from cnncalc.diagnostics import CnncalcError, Diagnostic, Span, UsageError, nearest
from cnncalc.named_tuples import NamedTuple

PACKAGE = Path(__file__).parent
DOCUMENT = "errors"  # which lists what messages say


class Code(NamedTuple):
    """A code, and what messages with it say."""

    kinds: tuple[str, ...]  # error, warning or both
    text: str


def folder() -> Path:
    """Where the documents are: in the package, or beside it in a clone. Raises UsageError."""
    for place in (PACKAGE / "documents", PACKAGE.parent / "docs"):
        if (place / f"{DOCUMENT}.md").is_file():
            return place
    raise UsageError(Diagnostic("missing-file", "the documents are not installed", hint="install cnncalc anew"))


@cache
def codes() -> dict[str, Code]:
    """Every code of the document. Raises UsageError where there is no document.

    >>> codes()["bias-before-norm"].kinds, codes()["ambiguous-name"].kinds
    (('warning',), ('error', 'warning'))
    """
    found: dict[str, Code] = {}
    kind = ""
    for line in (folder() / f"{DOCUMENT}.md").read_text(encoding="utf-8").splitlines():
        if line.startswith("## "):
            kind = line.removeprefix("## ").lower().rstrip("s")
        row = re.fullmatch(r"\| `([\w-]+)` \| (.+) \|", line)
        if row:
            text = row[2].replace("\\|", "|")
            before = found.get(row[1])
            found[row[1]] = Code((*before.kinds, kind), f"{before.text} {text}") if before else Code((kind,), text)
    return found


def warning_code(text: str, place: Span | None, verb: str) -> str:
    """A text that names a warning. Raises CnncalcError for one that there is not; `verb` is what is done to it.

    >>> warning_code("warning[unused-layer]", None, "allowed")
    'unused-layer'
    """
    bare = text.strip().strip("[]").rpartition("[")[2].lower()
    found = codes().get(bare)
    if found is None:
        names = [name for name, code in codes().items() if "warning" in code.kinds]
        names += ["warnings"] if verb == "denied" else []
        words = set(bare.split("-"))
        near = nearest(bare, names) or [name for name in names if len(words & set(name.split("-"))) > 1]
        hint = f"did you mean {near[0]}?" if near else "`cnncalc rule` lists all, warnings last"
        raise CnncalcError(Diagnostic("unknown-rule", f"no warning has the code {text}", span=place, hint=hint))
    if "warning" not in found.kinds:
        message = f"{bare} is an error, and only warnings can be {verb}"
        hint = "an error always fails" if verb == "denied" else "an error is mended, or the spec stays wrong"
        raise CnncalcError(Diagnostic("unknown-rule", message, span=place, hint=hint))
    return bare
