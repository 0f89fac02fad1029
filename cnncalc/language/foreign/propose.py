"""What a text of another notation would be here, as the hint of its error, or why nothing can be said of it."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

from cnncalc.diagnostics import CnncalcError, Diagnostic, Source, Span
from cnncalc.graph import Graph
from cnncalc.language.foreign import (
    asked,
    blocks,
    caffe,
    configs,
    darknet,
    data,
    decoders,
    formulas,
    keys,
    lines,
    matlab,
    onnx,
    pasted,
    patterns,
    printed,
    prose,
    published,
    python_code,
    questions,
    summaries,
    tables,
    transformers,
    volumes,
    widths,
    yolo,
)
from cnncalc.language.foreign.items import with_items
from cnncalc.language.foreign.network import NOT_UNDERSTOOD, Contradiction, Network, Refused
from cnncalc.language.foreign.patterns import said
from cnncalc.language.foreign.plain import plain
from cnncalc.language.foreign.shapes import first_input, shape_of, without_lead
from cnncalc.language.foreign.tries import LOOKED_INTO, Tries, fits_both
from cnncalc.language.foreign.typos import SPELT, corrected
from cnncalc.language.text.brackets import outside
from cnncalc.language.text.limits import Limits
from cnncalc.language.text.synonyms import explained, find
from cnncalc.language.text.zoo_files import zoo_names
from cnncalc.named_tuples import NamedTuple

READERS = (
    decoders.network_of,
    decoders.attention_of,
    *(
        form.network_of
        for form in (
            matlab,
            darknet,
            caffe,
            summaries,
            printed,
            pasted,
            yolo,
            onnx,
            volumes,
            widths,
            keys,
            blocks,
            formulas,
            transformers,
            tables,
            questions,
            prose,
        )
    ),
)
"""Each gives None for a text that is of another form, and raises Unclear for one that it does not understand."""
LONGEST = 20_000  # characters of a text that is looked into
LONGEST_WORD = re.compile(r"\w{200}|\s{400}")  # longer ones are no words, and no spaces between them
DEEPEST = 50  # brackets in each other
UNREAD = (
    "unknown-key",
    "unexpected-token",
    "unexpected-character",
    "python-code",
    "unknown-layer",
    "bad-yaml",
    "no-input",
    "foreign-text",
)
"""Mistakes whose hints know less than what a reading of the text says."""
OF_SPECS = ("duplicate-key", "no-input", "unknown-key", "bad-shape")
"""Mistakes of a spec of this language, in whose place no other is proposed."""
AS_READ = "the text is read as this line"
_BODY = re.compile(r"(?m)^body\s*:")
OF_SUMMARY = "this is the summary of a model, which has no kernels, strides and paddings"
_SUMMARY = re.compile(r"(?i)layer \(type|output shape\s+param|\btotal params\b|Kernel Shape")
_ONNX = re.compile(r"onnx::|graph\s+\w+\s*\(\s*%|%\w+\s*[:=].*\b(Conv|Gemm|Relu)\b|op_type\s*[:=]")


def with_proposal(
    error: CnncalcError,
    source: Source,
    yaml: bool,
    inputs: list[str],
    again: Callable[[str, list[str], bool], Graph],
    limits: Limits,
) -> CnncalcError:
    """The error, with the text that was meant as its hint where there is one that works.

    `again` reads another text with other inputs and the same settings; it raises CnncalcError, and says at length
    what is wrong where it is told so.
    """
    text = source.text
    first = error.diagnostics[0]
    of_input = first.span is not None and first.span.source.name == "--input"
    if first.code not in LOOKED_INTO or not can_be_looked_into(text):
        return error
    if yaml and first.code in OF_SPECS and _BODY.search(text):
        return error

    if summary := _SUMMARY.search(text):
        first = first._replace(
            code="foreign-text", message=OF_SUMMARY, span=Span(source, summary.start(), summary.end())
        )
    found = Found(first, source, of_input)
    ways = ways_to_read(inputs, of_input)
    if not ways:
        return error
    for way in ways:
        own = reading(again, way.inputs)
        tries = Tries(own, bool(way.inputs), way.shape, inputs=way.inputs, alone=reading(again, []))
        try:
            for line, notes in proposals(text, yaml, tries, limits):
                if (said := found.of_line(line, [*way.notes, *notes], tries, SPELT in "".join(notes[:1]))) is not None:
                    return said
        except AsWritten:
            return error
        except Contradiction as contradiction:
            found.contradicted(contradiction)
        except NOT_UNDERSTOOD:
            continue
    if found.mistakes and (first.code in UNREAD or of_input or found.fits_both(found.mistakes[0].diagnostics[0])):
        return found.mistakes[0]
    if (bare := patterns.pattern(source, tries, limits)) is not None:
        return CnncalcError(bare)
    if found.named is not None:
        return found.named
    if first.code != "module-repr" and (said_of := explanation(source, inputs)) is not None:
        return CnncalcError(said_of)
    if first.code == "no-input" and not yaml and (named := asked.unknown(source)) is not None:
        return CnncalcError(named)
    if not yaml and (words := words_alone(first, source)) is not None:
        return CnncalcError(words)
    if first.code == "no-input" and not yaml and (first.hint or "").startswith('write "3x'):
        return without_input(error, again)
    return with_items(error, source, reading(again, inputs), limits) if yaml else error


INPUTS = ("3x224x224", "128x64", "784", "3x100", "3x16x112x112", "128")
"""Shapes that stand for an input: of an image, a sequence, features, a signal, a video, and of tokens."""


def without_input(error: CnncalcError, again: Callable[[str, list[str], bool], Graph]) -> CnncalcError:
    """The error of a text that does not say what comes in, with a shape at which it works as its hint.

    Where it works at none, as it has words that are not known, it is they that are said.
    """
    first = error.diagnostics[0]
    assert first.span is not None
    text = first.span.source.text
    mistakes: list[CnncalcError] = []
    for shape in INPUTS:
        try:
            again(text, [shape], False)
        except CnncalcError as mistake:
            mistakes.append(mistake)
            if mistake.diagnostics[0].code in OF_WORDS:
                break
        else:
            return CnncalcError(first._replace(hint=f'write "{shape} -> ...", or -i {shape}'))
    if mistakes[-1].diagnostics[0].code not in OF_WORDS:
        return error
    said = mistakes[-1].diagnostics
    note = f'the shape of the input is missing too: "{first_input(text)} -> ..."'
    return CnncalcError(said[0]._replace(notes=(*said[0].notes, note)), *said[1:3])


def words_alone(first: Diagnostic, source: Source) -> Diagnostic | None:
    """The error for a text of words that were not understood; None for one that is nearly of this language."""
    text = source.text.strip()
    word = re.match(r"[^\W\d]\w*", text)
    if first.code not in ("no-input", "unexpected-token", "unexpected-character") or word is None:
        return None
    if len(text.split()) < 4 or re.search(r"->|[(=:|{\[]", text) or find(word[0]) or known(word[0]):
        return None
    message = "no network could be read from these words"
    hint = 'write what comes in, and the layers: "3x224x224 -> conv 64 k7 s2 p3 -> relu -> gap -> flatten"'
    start = source.text.index(word[0])
    return Diagnostic("foreign-text", message, span=Span(source, start, start + len(word[0])), hint=hint)


def known(word: str) -> bool:
    """Is a word the name of a network, or of a layer elsewhere?"""
    return word in zoo_names() or explained(word) is not None


OF_WORDS = frozenset({
    "unknown-layer", "missing-argument", "unexpected-token", "unexpected-character", "unexpected-end", "bad-argument",
    "unknown-argument", "not-a-layer", "too-many-values", "unknown-name", "unknown-function", "bad-number",
    "unclosed-bracket", "unclosed-string",
})  # fmt: skip
"""Mistakes of a text that no input mends."""


def can_be_looked_into(text: str) -> bool:
    """Is a text short enough, with no word that is none, and with brackets that a network can have?"""
    if len(text) > LONGEST or LONGEST_WORD.search(text):
        return False
    return max((depth for _, _, depth in outside(text)), default=0) <= DEEPEST


class AsWritten(Exception):
    """The line that is proposed is the text that was written, after the shape that its error asks for."""


class Found:
    """What has been found of a text whose first mistake this is."""

    def __init__(self, first: Diagnostic, source: Source, of_input: bool) -> None:
        self.first = first
        self.source = source
        self.of_input = of_input
        self.tried: set[str] = set()
        self.mistakes: list[CnncalcError] = []  # of sizes, in lines that say what the text does
        self.named: CnncalcError | None = None  # with the explanation of a name that is no layer

    def of_line(self, line: str, notes: list[str], tries: Tries, spelt: bool) -> CnncalcError | None:
        """The error with a line as its hint; None where it does not run. Raises AsWritten."""
        first, text = self.first, self.source.text
        known = line in self.tried or (line.strip() == text.strip() and not self.of_input)
        if not line or known or (spelt and (first.hint or "").startswith("did you mean")):
            return None
        self.tried.add(line)
        if line.startswith("?"):
            if first.code.startswith("unexpected"):
                hint = f"{line[1:]} is no layer: {explained(line[1:])}"
                self.named = CnncalcError(first._replace(hint=f"{first.hint}; {hint}" if first.hint else hint))
            return None
        if tries.runs_whole(line):
            if self.of_input and first.hint and "".join(line.split()).endswith("".join(text.split())):
                raise AsWritten
            return CnncalcError(answer(first, text, line, notes))
        mistake = tries.mistake(line)
        if mistake is not None and not self.mistakes and not line.startswith("zoo:"):
            self.mistakes.append(in_line(tries.explained(line, mistake), notes))
        return None

    def fits_both(self, mistake: Diagnostic) -> bool:
        """Is a mistake that of numbers which fit two orders, as the text itself has them?"""
        own = mistake.span.text if mistake.span is not None else ""
        return fits_both(mistake) and own in self.source.text

    def contradicted(self, contradiction: Contradiction) -> None:
        """The text cannot be: that is said before any mistake of sizes."""
        at = self.first.span
        span = at if at is not None and at.source is self.source else Span(self.source, 0, 0)
        said = Diagnostic("foreign-text", contradiction.message, span=span, hint=contradiction.hint)
        self.mistakes.insert(0, CnncalcError(said))


def reading(again: Callable[[str, list[str], bool], Graph], inputs: list[str]) -> Callable[[str, bool], Graph]:
    """`again` with these inputs."""
    return lambda text, explained: again(text, inputs, explained)


class Way(NamedTuple):
    """One way to read what the caller says comes in."""

    inputs: list[str]
    shape: str = ""  # in place of them
    notes: tuple[str, ...] = ()


def ways_to_read(inputs: list[str], of_input: bool) -> list[Way]:
    """The inputs as they are, unless the mistake is theirs, and what they mean where they are written as elsewhere."""
    plainly = [] if of_input else [Way(inputs)]
    if len(inputs) != 1:
        return plainly
    written = plain(inputs[0].partition("=")[2] if re.match(r"\w+=", inputs[0]) else inputs[0])
    found = shape_of(without_lead(written)) or shape_of(written)
    if found is None:
        return plainly
    shape = "x".join(found[0])
    last = "channels come first" in found[1]
    same = re.sub(r"[\s,()\[\]]+", "x", written).strip("x") == shape
    note = f"{inputs[0]} is {shape} here" + (", channels first" if last else "")
    meant = Way([], shape, () if same else (note,))
    return [meant, *plainly] if last and not same else [*plainly, meant]


def answer(first: Diagnostic, text: str, line: str, notes: list[str]) -> Diagnostic:
    """The error with a line that works as its hint."""
    if first.code == "no-input" and not line.startswith("zoo:"):
        shape = line.partition(" -> ")[0]
        if "".join(line.split()).endswith("".join(text.split())):
            return first._replace(hint=f'write "{shape} -> ...", or -i {shape}')
    said = line if line.startswith("zoo:") else f'"{" ".join(line.split())}"'
    return first._replace(hint=f"write {said}", notes=tuple(notes))


def in_line(mistake: CnncalcError, notes: list[str]) -> CnncalcError:
    """The mistake of a line that says what a text does, shown in that line."""
    said = [d._replace(notes=(*d.notes, *(notes if at == 0 else []), *([AS_READ] if at == 0 else [])))
            for at, d in enumerate(mistake.diagnostics[:3])]  # fmt: skip
    return CnncalcError(*said)


def proposals(text: str, yaml: bool, tries: Tries, limits: Limits) -> Iterator[tuple[str, list[str]]]:
    """Lines that may say what a text means, the surest first, each with what it takes for granted."""
    for read in (published.of_zoo, of_network):
        try:
            yield from read(text, yaml, tries)
        except Refused as refused:
            yield refused.line, []
        except Contradiction:
            raise
        except NOT_UNDERSTOOD:
            continue
    if yaml and re.search(r"(?m)^(body|layers|inputs?|blocks|model|network):\s*$|^input:", text):
        return
    for patient in (False, True):  # at last, with a mistake of sizes
        try:
            line = lines.Line(text, tries, limits, patient=patient)
        except NOT_UNDERSTOOD:
            return
        try:
            yield line.line(), line.notes
        except Contradiction:
            raise
        except Refused as refused:
            yield refused.line, []
        except NOT_UNDERSTOOD:
            if line.unknown and patient:
                yield f"?{line.unknown}", []
    spelt, typos = corrected(text)
    if typos and not yaml:
        try:
            line = lines.Line(spelt, tries, limits)
            yield line.line(), [*typos, *line.notes]
        except NOT_UNDERSTOOD:
            return


def of_network(text: str, yaml: bool, tries: Tries) -> Iterator[tuple[str, list[str]]]:
    """A text that describes a network in a form of its own: code, data, prototxt, cfg, a table."""
    whole = text if yaml else plain(text)
    net = next(
        (found for read in (*READERS, of_data, of_code) if (found := understood(read, whole, tries, yaml))), None
    )
    if net is None:
        return
    line = net.line()
    notes = list(net.notes)
    if not net.inputs and not tries.given:
        shape = tries.shape or first_input(whole)
        if not tries.shape:
            notes.append(f"{shape} stands for the shape of your input, channels first")
        line = f"{shape} -> {line}"
    elif net.inputs and net.channels_last and any(len(shape) > 2 for shape in net.inputs.values()):
        notes.append("channels come first here")
    yield line, notes


def understood(read: Callable[..., Network | None], text: str, tries: Tries, yaml: bool) -> Network | None:
    """What a reader makes of a text; None where it makes nothing of it."""
    try:
        return read(text, yaml) if read in (of_data, of_code) else read(text, tries)
    except (Refused, Contradiction):
        raise
    except NOT_UNDERSTOOD:
        return None


def of_data(text: str, yaml: bool) -> Network | None:
    """Lists and tables of layers."""
    found = data.data_of(text, yaml)
    return None if found is None else configs.network_of(found)


def of_code(text: str, yaml: bool) -> Network | None:
    """Code in Python."""
    return None if yaml or "(" not in text else python_code.network_of(text)


def explanation(source: Source, inputs: list[str]) -> Diagnostic | None:
    """The error for a text that is known, and that does not hold what figures need."""
    text = source.text
    run = "cnncalc net.py:Net " + " ".join(f"-i {shape}" for shape in inputs or ["3x224x224"])
    if match := _SUMMARY.search(text):
        return said(OF_SUMMARY, source, match, f"{run} reads the model itself from its source")
    parts = re.split(r"\s*-+>\s*", text.strip())
    if len(parts) > 1 and all(re.fullmatch(r"\(?\d+(\s*[x,*]\s*\d+)+\)?", part) for part in parts):
        message = "these are shapes of values, and not the layers between them"
        whole = re.match(r"(?s).*", text)
        assert whole is not None
        first = re.sub(r"\s*[x,*]\s*", "x", parts[0].strip("() "))
        return said(message, source, whole, f'name the layers, as in "{first} -> conv 64 k3 s2 p1"')
    if match := re.search(r"(?m)^\s*\(\w+\): \w+\(", text):
        message = "this is the printed form of a module, which lists its layers but not how its forward connects them"
        hint = f"save its source as net.py, which `{run}` reads; or write it as a spec"
        return Diagnostic("module-repr", message, span=Span(source, match.start(), match.end()), hint=hint)
    if match := re.search(r"['\"](?:ir|ds|dsa|cn|er|ep|ca)_r\d+_k\d", text):
        message = "these are block strings of timm, which are not read"
        hint = "write its layers, as in conv 96 k1 bias=no -> bn -> relu6 -> conv channels k3 s2 p1 g=channels bias=no"
        return said(message, source, match, hint)
    if match := _ONNX.search(text):
        message = "this is the graph of an ONNX model, whose weights have the sizes that it leaves out"
        return said(message, source, match, f"{run} reads the PyTorch model that it was exported from")
    return None
