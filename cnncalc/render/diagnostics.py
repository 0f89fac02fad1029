"""Diagnostics as text: the sentence, the line with a caret, notes and a hint."""

from __future__ import annotations

from collections.abc import Sequence

from cnncalc.diagnostics import Diagnostic, Span, escaped
from cnncalc.render.columns import sentence
from cnncalc.render.style import columns, styled


def diagnostics_text(
    diagnostics: Sequence[Diagnostic], width: int = 80, colour: bool = False, wrap: bool = False
) -> str:
    """All diagnostics, with an empty line between two."""
    return "\n\n".join(diagnostic_text(d, width, colour, wrap) for d in diagnostics)


def diagnostic_text(diagnostic: Diagnostic, width: int = 80, colour: bool = False, wrap: bool = False) -> str:
    """One diagnostic, in the form that compilers have made familiar.

    `wrap`: sentences are cut at words, as a terminal would cut them anywhere. Elsewhere each is one line, to be found
    by its text.
    """
    most = width if wrap else None
    name = f"{diagnostic.severity}[{diagnostic.code}]"
    first, *rest = sentence(f"{name}: ", diagnostic.message, most)
    first = first[len(name) + 2 :]
    lines = [f"{styled(name, diagnostic.severity, colour)}: {styled(first, 'bold', colour)}"]
    lines += [styled(line, "bold", colour) for line in rest]
    gutter = ""
    if diagnostic.span is not None:
        gutter = " " * len(str(diagnostic.span.source.position(diagnostic.span.start)[0]))
        lines += _place(diagnostic.span, width, gutter, diagnostic.severity, colour)
    remarks = [("note", note) for note in diagnostic.notes]
    if diagnostic.hint:
        remarks.append(("hint", diagnostic.hint))
    equals = styled("=", "blue", colour)
    for kind, text in remarks:
        head = f"{gutter} = {kind}: "
        first, *rest = sentence(head, text, most)
        lines += [f"{gutter} {equals}{first[len(gutter) + 2 :]}", *rest]
    return "\n".join(lines)


def _place(span: Span, width: int, gutter: str, severity: str, colour: bool) -> list[str]:
    line, column = span.source.position(span.start)
    end_line, end_column = span.source.position(span.end)
    text = span.source.line(line).expandtabs(1)
    first = min(column - 1, len(text))
    last = max(first, len(text) if end_line > line else min(end_column - 1, len(text)))
    if not text.isprintable():
        parts = [escaped(text[:first]), escaped(text[first:last]), escaped(text[last:])]
        first, last, text = len(parts[0]), len(parts[0]) + len(parts[1]), "".join(parts)
    shown, offset = _excerpt(text, first, max(first + 1, last), width - len(gutter) - 3)
    before = columns(shown[: first - offset])
    marked = columns(shown[first - offset : last - offset])
    bar = styled("|", "blue", colour)
    arrow = styled("-->", "blue", colour)
    caret = styled("^" * max(1, marked), severity, colour)
    return [
        f"{gutter}{arrow} {escaped(span.source.name)}:{line}:{column}",
        f"{gutter} {bar}",
        f"{styled(str(line), 'blue', colour)} {bar} {shown}".rstrip(),
        f"{gutter} {bar} {' ' * before}{caret}",
    ]


def _excerpt(text: str, first: int, last: int, width: int) -> tuple[str, int]:
    """The part of a long line around what is marked, and the offset that its positions have lost.

    A cut is shown by `... `, which takes the place of four characters.
    """
    width = max(20, width)
    shown, offset = text, 0
    if columns(text) > width and columns(text[: last + 4]) > width:
        start = max(0, min(first - 8, last + 12 - width))
        # Cut at a space, where one is near.
        space = text.find(" ", start, first)
        start = space + 1 if 0 <= space < first else start
        if start > 4:
            shown, offset = f"... {text[start:]}", start - 4
    shown = shown[: 8 * width]
    while columns(shown) > width:
        shown = (
            f"{shown[: max(1, len(shown) - 8)].rstrip()} ..." if not shown.endswith(" ...") else f"{shown[:-12]} ..."
        )
        if len(shown) < 16:
            break
    return shown, offset
