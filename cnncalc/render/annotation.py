"""A model's source with the shapes of what its statements give, as text and as JSON."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from cnncalc.layers.shapes import Shape, dims_text
from cnncalc.render import Options
from cnncalc.render.columns import figure
from cnncalc.render.envelope import envelope_text
from cnncalc.render.style import styled

if TYPE_CHECKING:
    from cnncalc.models.annotation import Annotation, Statement

FEW = 3  # shapes that can be read at once


def annotation_text(found: Annotation, params: bool, macs: bool, options: Options) -> str:
    """The classes and functions that ran, each line with its comment; where they are of several files, under names."""
    comments = {name: comments_of(found, name, params, macs) for name in found.files}
    named = len({part.file for part in found.parts}) > 1
    pieces, before = [], ""
    for part in found.parts:
        text = ""
        if named and part.file != before:
            text, before = f"# {part.file}\n", part.file
        lines = found.files[part.file].bare()[part.first - 1 : part.last]
        for number, line in enumerate(lines, part.first):
            comment = comments[part.file].get(number)
            beside = "" if comment is None else "  " + styled(f"# {comment}", "cyan", options.colour)
            text += line.rstrip() + beside + "\n"
        pieces.append(text)
    return "\n\n".join(pieces) or "# no class or function of the file has run\n"


def annotation_json(found: Annotation) -> str:
    return envelope_text(True, {"lines": [line.to_dict() for line in found.lines]}, found.report.graph.warnings)


def comments_of(found: Annotation, file: str, params: bool, macs: bool) -> dict[int, str]:
    """What is beside the lines of a file."""
    texts = {line.line: comment(line, params, macs) for line in found.lines if line.file == file}
    return {number: text for number, text in texts.items() if text}


def comment(line: Statement, params: bool, macs: bool) -> str:
    """`64x56x56; 36,864 params; 115,605,504 MACs`, of which there may be nothing to say."""
    return "; ".join(parts(line, params, macs))


def parts(line: Statement, params: bool, macs: bool) -> Iterator[str]:
    if all(line.shapes):
        yield runs_text([run_text(run) for run in line.shapes])
    if params and line.params != 0:
        yield f"{figure(line.params)} params"
    if macs and line.macs != 0:
        yield f"{'' if line.status == 'exact' else 'at least '}{figure(line.macs)} MACs"


def runs_text(runs: list[str]) -> str:
    """The shapes of all runs, if these are few; else the first and the last."""
    each = list(dict.fromkeys(runs))
    return ", ".join(each) if len(each) <= FEW else f"{runs[0]} ... {runs[-1]} ({len(runs)} times)"


def run_text(shapes: tuple[Shape, ...]) -> str:
    """`64x56x56`; of several tensors `(64x56x56, 10)`."""
    texts = [dims_text(shape) for shape in shapes]
    if len(texts) == 1:
        return texts[0]
    return f"({', '.join(texts if len(texts) <= FEW else [texts[0], '...', texts[-1]])})"
