"""Questions about a published network: `how many params does ResNet-50 have with 10 classes?`."""

from __future__ import annotations

import re
from collections.abc import Iterator

from cnncalc.diagnostics import Diagnostic, Source, Span, listed, nearest
from cnncalc.graph import Graph
from cnncalc.language.foreign.network import Contradiction, Unclear
from cnncalc.language.foreign.shapes import DATASETS, shape_of
from cnncalc.language.foreign.tongues import in_english
from cnncalc.language.foreign.tries import Tries
from cnncalc.language.text.synonyms import find
from cnncalc.language.text.zoo_files import zoo_names
from cnncalc.named_tuples import NamedTuple

LONGEST = 300
"""Characters of a question."""
_TOKENS = re.compile(r"[A-Za-z]+|\d+")
_BETWEEN = re.compile(r"[-_ /.]?")
_CLASSES = re.compile(
    r"(?i)\b(?:with|for|on|and|has|having|into|to|at|of|,)?\s*(?:only\s+)?(?:num_classes\s*=\s*(?P<named>\d+)|"
    r"(?P<classes>\d+)\s*[- ]*(?:output |target )?(?:class(?:es)?|categories|labels|outputs)\b)"
    r"(?:\s*(?:instead of|rather than|not)\s+(?:the\s+)?(?:usual\s+|default\s+)?\d+(?:\s+classes)?)?"
)
_SHAPE = re.compile(
    r"(?i)\b(?:(?:an?\s+)?(?:input|image|picture|crop)s?\s*(?:of|shape|size|resolution|dimensions?|is|are|=|:|"
    r"at|with)*\s*)?"
    r"(?P<grey>(?:rgb|gr[ae]y(?:scale)?|colou?r)\s+)?"
    r"(?P<shape>[(\[]?\d+\s*(?:[x*,]|\bby\b)\s*\d+(?:\s*(?:[x*,]|\bby\b)\s*\d+)?[)\]]?)"
    r"(?P<colour>\s*(?:pixels?|px|rgb|gr[ae]y(?:scale)?|colou?r))*(?:\s+(?:input|image|picture|crop)s?)?"
)
_SIDE = re.compile(
    r"(?i)\b(?:(?:input|image|crop)\s*(?:size|resolution)|resolution|size)\s*(?:of|is|=|"
    r":)?\s*(?P<after>\d+)(?!\s*x)\b|"
    r"\b(?P<before>\d{2,4})\s*(?:px|pixels?)\b"
)
_WORDS = re.compile(
    r"(?i)\b(?:how|many|much|what|which|is|are|does|do|did|has|have|the|of|in|an?|for|with|on|at|to|and|by|it|"
    r"its|there|"
    r"number|count|total|size|big|large|trainable|learnable|model|network|net|architecture|backbone|classifier|"
    r"please|"
    r"hey|hi|hello|can|could|you|tell|me|show|give|i|we|want|need|would|like|know|calculate|compute|get|find|"
    r"use|using|"
    r"params?|parameters?|weights?|flops?|g?macs?|gflops|memory|output|shape|summary|layers|per|layer|image|"
    r"images|input|"
    r"inputs|pretrained|imagenet|torchvision|pytorch|timm|huggingface|standard|default|original|vanilla|plain|s|"
    r"when|if|"
    r"set|change|changed|run|take|takes|used|cost|costs|required|requires?|need|needs|rgb|pixels?|my|our|stats|"
    r"info|uncased|"
    r"no(?= pretrained))\b"
)


_BATCH = re.compile(r"(?i)\b(?:batch(?:[ _]size)?|bs)\s*(?:of|is|=|:)?\s*(\d+)\b")


_COMPARED = re.compile(
    r"(?i)\b(?:vs|versus|compared?|comparison|between|differences?|more|less|fewer|than|or|bigger|smaller|larger)\b"
)


class Fact(NamedTuple):
    """What a text can say of a network that has it one way alone."""

    said: str  # with a number in it
    number: int
    words: str


FACTS = {
    "unet3d": (
        Fact(r"(?:starting|start|starts|begins|beginning|from|base)\s*(?:at|with|from|of)?\s*(\d+)\s*(?:base\s+)?"
             r"(?:channels|filters|features)", 32, "32 channels at first"),
    ),
    "unet": (
        Fact(r"(\d+)\s+(?:levels?|down(?:sampling)?s?(?: steps)?|stages)", 4, "4 levels"),
        Fact(r"depth\s*(?:of|=|:)?\s*(\d+)", 4, "4 levels"),
        Fact(r"(?:starting|start|starts|begins|beginning|from|base)\s*(?:at|with|from|of)?\s*(\d+)\s*(?:base\s+)?"
             r"(?:channels|filters|features)", 64, "64 channels at first"),
    ),
}  # fmt: skip
PADDED = {"unet": "unet_padded"}
"""Networks of the zoo that take any size, beside those that do not."""
ALSO = {
    "3dunet": "unet3d",
    "gpt2small": "gpt2",
    "bertbaseuncased": "bert_base",
    "bertlargeuncased": "bert_large",
    "vitbase16": "vit_b_16",
}
"""Names by which others are known, without what stands between letters and numbers."""
SETS = {"bert_base": {r"\bcased\b": "vocabulary=28996"}, "bert_large": {r"\bcased\b": "vocabulary=28996"}}
"""What words of a text are as an argument (the configs of Hugging Face's bert-base-cased and bert-large-cased)."""


def of_zoo(text: str, names: dict[str, str], tries: Tries) -> Iterator[tuple[str, list[str]]]:
    """The network that a text of other words names, with its classes and its input. Raises Contradiction.

    `names` are those of the zoo without what stands between letters and numbers.
    """
    text = re.sub(r"[’`'\"]", " ", text.strip()).replace("×", "x")
    if not text.isascii():
        text = in_english(text)
    if limit := re.fullmatch(r"(params|macs|flops)[\s(]+([\w.-]+)\)?\s*<=?\s*([\d.]+\s*[kMG]?)", text):
        found = mentioned(limit[2], names | ALSO)[0]
        if len(found) == 1:
            command = f"cnncalc check zoo:{found[0]} --max-{limit[1]} {limit[3].replace(' ', '')}"
            raise Contradiction("this is a limit on a network, which `cnncalc check` holds", f"{command} does")
    if len(text) > LONGEST or re.search(r"->|→|=>|[|;\n{}]|\w\(", text):
        return
    found, rest = mentioned(text, names | ALSO)
    if len(found) == 2 and not re.search(r"\w", _WORDS.sub(" ", _COMPARED.sub(" ", rest))):
        first, second = (f"zoo:{name}" for name in found)
        raise Contradiction("the text names two networks", f"cnncalc diff {first} {second} has both side by side")
    if len(found) != 1:
        return
    (name,) = found
    options: list[str] = []
    for pattern, value in SETS.get(name, {}).items():
        if re.search(rf"(?i){pattern}", rest):
            rest = re.sub(rf"(?i){pattern}", " ", rest)
            options.append(f"--set {value}")
    if match := _CLASSES.search(rest):
        rest = rest[: match.start()] + " " + rest[match.end() :]
        options.append(f"--set num_classes={match['named'] or match['classes']}")
    for fact in FACTS.get(name, ()):
        if match := re.search(rf"(?i){fact.said}", rest):
            rest = rest[: match.start()] + " " + rest[match.end() :]
            if int(match[1]) != fact.number:
                raise Contradiction(f"the zoo's {name} has {fact.words}, not {match[1]}", None)
    without(rest, name)
    notes: list[str] = []
    if match := _BATCH.search(rest):
        rest = rest[: match.start()] + " " + rest[match.end() :]
        notes.append(f"--batch {match[1]} has the figures of as many samples")
    if match := re.search(r"(?i)\bwidth(?:[ _]mult(?:iplier)?)?\s*(?:of|=|:)?\s*(\d*\.?\d+)(?![\d.])", rest):
        rest = rest[: match.start()] + " " + rest[match.end() :]
        options.append(f"--set width={match[1]}")
    said = rest
    rest = re.sub(r"[A-Za-z]+[- ]?\d*", lambda m: _dataset(m[0]), rest)
    if rest != said and not any("num_classes" in option for option in options):
        notes.append("the classes are the network's own; --set num_classes=N has others")
    if match := _SHAPE.search(rest) or _SIDE.search(rest):
        rest = rest[: match.start()] + " " + rest[match.end() :]
        if not tries.given and not tries.shape:
            options.append(f"-i {sizes_of(match, name, tries)}")
    elif (side := re.fullmatch(r"\W*@?\s*(\d{2,4})\W*", rest)) and int(side[1]) >= 96 and int(side[1]) % 16 == 0:
        rest = ""  # ViT-B/16 224
        if not tries.given and not tries.shape:
            side = _SIDE.match(f"{side[1]}px")
            assert side is not None
            options.append(f"-i {sizes_of(side, name, tries)}")
    if tries.shape:
        options.append(f"-i {tries.shape}")
    if re.search(r"\w", _WORDS.sub(" ", rest)):
        return
    yield " ".join([f"zoo:{name}", *options]), notes
    if other := PADDED.get(name):
        notes.append(f"zoo:{name} is the paper's, without padding, which does not take this size")
        yield " ".join([f"zoo:{other}", *options]), notes


def _dataset(word: str) -> str:
    """The shape of a dataset's images in place of its name; ImageNet's are what networks read anyhow."""
    shape = DATASETS.get(re.sub(r"\W", "", word.lower()))
    return word if shape is None or shape == DATASETS["imagenet"] else shape


def mentioned(text: str, names: dict[str, str]) -> tuple[list[str], str]:
    """The networks that a text names, each by the longest of its words, and the text without them."""
    tokens = list(_TOKENS.finditer(text))
    found: list[str] = []
    rest, since, at = "", 0, 0
    while at < len(tokens):
        best, word = 0, ""
        for end in range(at, min(at + 8, len(tokens))):
            if end > at and not _BETWEEN.fullmatch(text[tokens[end - 1].end() : tokens[end].start()]):
                break
            word += tokens[end][0].lower()
            if word in names and not text[tokens[end].end() : tokens[end].end() + 1].isalnum():
                best, name = end + 1, names[word]
        if best and (at == 0 or tokens[at - 1].end() < tokens[at].start()):
            found.append(name)
            rest += text[since : tokens[at].start()] + " "
            since = tokens[best - 1].end()
        at = max(best, at + 1)
    return found, rest + text[since:]


def without(text: str, name: str) -> None:
    """Raise Contradiction for a network that a part is taken from."""
    part = r"(?:(?:final|last|fully[- ]connected|linear|dense|fc|classification|top)\s+)*"
    part += r"(?:layers?|fc|head|top|classifier)"
    if re.search(rf"(?i)\b(?:without|minus|no|w/o|removed?|drop|excluding)\s+(?:the |its |an? )?{part}\b", text):
        hint = f"zoo:{name} --depth 1 has what each of its parts comes to, to be taken off"
        raise Contradiction(f"the zoo's {name} has all of its layers", hint)


def sizes_of(match: re.Match[str], name: str, tries: Tries) -> str:
    """The input that a match names, with the channels of the network where it names none. Raises Unclear."""
    groups = match.groupdict()
    if "shape" in groups:
        found = shape_of(
            re.sub(r"(?i)\s*\bby\b\s*", "x", groups["shape"]) + f" {groups['grey'] or groups['colour'] or ''}"
        )
        if found is None:
            raise Unclear
        sizes = found[0]
    else:
        sizes = [groups["after"] or groups["before"]] * 2
    if len(sizes) == 2:
        graph = tries.read(f"zoo:{name}")
        if not isinstance(graph, Graph) or len(graph.inputs) != 1 or len(graph.inputs[0].shape) != 4:
            raise Unclear
        sizes = [str(graph.inputs[0].shape[1]), *sizes]
    return "x".join(sizes)


def unknown(source: Source) -> Diagnostic | None:
    """The error for a single word that looks like a published network, which the zoo has not."""
    name = source.text.strip()
    word = re.match(r"[A-Za-z]+", name)
    if (
        word is None
        or not re.fullmatch(r"[\w./-]{2,40}", name)
        or not re.search(r"[A-Za-z][-_/.]?\d|[A-Za-z]-[a-z]", name)
    ):
        return None
    if find(name) or find(word[0]) or find(word[0].lower()):
        return None
    near = nearest(name.lower().replace("-", "_"), list(zoo_names()), 3)
    hint = (
        f"did you mean {listed([f'zoo:{each}' for each in near], 'or')}?"
        if near
        else "`cnncalc zoo` lists those there are"
    )
    start = source.text.index(name)
    message = f"there is no layer called {name}, and no network of the zoo"
    return Diagnostic("unknown-zoo-name", message, span=Span(source, start, start + len(name)), hint=hint)
